"""hotcoco: load, and evaluate boxes."""

from __future__ import annotations

from typing import Any

from _coco import evaluate, versions
from hotcoco import COCO, COCOeval

VERSION = versions("hotcoco")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Evaluate boxes."""
    return {"numbers": evaluate(COCO, COCOeval, job, "bbox")}
