"""torchvision: CocoDetection with targets for training, the checks that a detector makes of them, and COCOeval."""

from __future__ import annotations

import contextlib
from typing import Any

from _coco import corners_to_sizes, scores, versions
from _torchvision import torch  # noqa: F401
from pycocotools.cocoeval import COCOeval
from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn as fasterrcnn
from torchvision.transforms import v2

VERSION = versions("torchvision", "pycocotools")
MODEL = fasterrcnn(weights=None, weights_backbone=None, num_classes=3).train()


class Enough(Exception):
    """The detector has looked at its targets."""


def _stop(*_: Any) -> None:
    raise Enough


MODEL.backbone.register_forward_pre_hook(_stop)


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Give every image and its target to a detector until its backbone would begin."""
    plain = CocoDetection(job["images"], job["truth"])
    data = wrap_dataset_for_transforms_v2(plain, target_keys=["boxes", "labels", "masks", "iscrowd", "area", "image_id"])
    boxes = []
    for image, target in data:
        if "boxes" not in target:
            continue
        boxes += corners_to_sizes(target["boxes"])
        with contextlib.suppress(Enough):
            MODEL([v2.functional.to_image(image).float()], [target])
    numbers = scores(plain.coco, plain.coco.loadRes(job["results"]), COCOeval, "bbox")
    return {"images": len(data), "objects": len(boxes), "boxes": boxes, "numbers": numbers}
