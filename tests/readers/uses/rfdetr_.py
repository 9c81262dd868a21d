"""RF-DETR: the data set in Roboflow's layout as its training reads it, and COCOeval."""

from __future__ import annotations

from typing import Any

from _coco import corners_to_sizes, scores, versions
from _torchvision import torch
from pycocotools.cocoeval import COCOeval
from rfdetr.datasets.coco import CocoDetection

VERSION = versions("rfdetr", "pycocotools")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Read every image and its target with masks, the labels made contiguous."""
    data = CocoDetection(job["images"], job["truth"], transforms=None, include_masks=True, remap_category_ids=True)
    boxes = []
    for _, target in (data[place] for place in range(len(data))):
        assert torch.isfinite(target["boxes"]).all()
        boxes += corners_to_sizes(target["boxes"])
    numbers = scores(data.coco, data.coco.loadRes(job["results"]), COCOeval, "bbox")
    return {"images": len(data), "objects": len(boxes), "boxes": boxes, "numbers": numbers}
