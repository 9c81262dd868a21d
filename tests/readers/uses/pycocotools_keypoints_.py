"""pycocotools: load, and evaluate keypoints."""

from __future__ import annotations

from typing import Any

from _coco import evaluate, versions
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

VERSION = versions("pycocotools")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Evaluate keypoints."""
    return {"numbers": evaluate(COCO, COCOeval, job, "keypoints")}
