"""faster-coco-eval: load, and evaluate boxes and masks."""

from __future__ import annotations

from typing import Any

from _coco import evaluate, versions
from faster_coco_eval import COCO, COCOeval_faster

VERSION = versions("faster-coco-eval")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Evaluate boxes."""
    return {"numbers": evaluate(COCO, COCOeval_faster, job, "bbox")}
