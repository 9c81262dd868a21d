"""PaddleDetection: its training set, and COCOeval."""

from __future__ import annotations

from typing import Any

from _coco import corners_to_sizes, evaluate, versions
from ppdet.data.source.coco import COCODataSet
from ppdet.data.transform.operators import Decode
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

VERSION = versions("paddledet", "pycocotools")
FIELDS = ["image", "gt_bbox", "gt_class", "gt_poly", "is_crowd"]


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Read the records of all images, the empty ones too."""
    data = COCODataSet("", job["images"], job["truth"], FIELDS, load_crowd=True, allow_empty=True)
    data.parse_dataset()
    decode = Decode()
    for record in data.roidbs:
        decode(dict(record))
    boxes = [box for record in data.roidbs for box in corners_to_sizes(record["gt_bbox"])]
    numbers = evaluate(COCO, COCOeval, job, "bbox")
    return {"images": len(data.roidbs), "objects": len(boxes), "boxes": boxes, "numbers": numbers}
