"""YOLOX: its training set, and COCOeval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from _coco import corners_to_sizes, scores, versions
from _torchvision import *  # noqa: F403 (makes torchvision importable)
from pycocotools.cocoeval import COCOeval
from yolox.data.datasets.coco import COCODataset

VERSION = versions("yolox", "pycocotools")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Read the labels of every image, at its own size."""
    truth = Path(job["truth"])
    data = COCODataset(str(truth.parent.parent), truth.name, job["images"], img_size=(480, 640))
    boxes = [box for labels, _, _, _ in data.annotations for box in corners_to_sizes(labels[:, :4])]
    for place in range(len(data)):
        data.load_image(place)
    numbers = scores(data.coco, data.coco.loadRes(job["results"]), COCOeval, "bbox")
    return {"images": len(data), "objects": len(boxes), "boxes": boxes, "numbers": numbers}
