"""DETR as in Hugging Face transformers, whose preparation of targets is that of the original, and COCOeval."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from _coco import corners_to_sizes, scores, versions
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from transformers.models.detr.image_processing_detr import DetrImageProcessor

VERSION = versions("transformers", "pycocotools")
torch.set_num_threads(1)


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Prepare boxes and masks of every image."""
    truth = COCO(job["truth"])
    prepare = DetrImageProcessor(do_resize=False, do_normalize=False, do_convert_annotations=False, do_pad=False)
    boxes = []
    for key in truth.getImgIds():
        image = np.asarray(Image.open(f"{job['images']}/{truth.loadImgs(key)[0]['file_name']}").convert("RGB"))
        target = {"image_id": key, "annotations": truth.loadAnns(truth.getAnnIds(imgIds=key))}
        done = prepare(
            images=image, annotations=target, format="coco_detection", return_segmentation_masks=True, return_tensors="pt"
        )
        boxes += corners_to_sizes(done["labels"][0]["boxes"])
    numbers = scores(truth, truth.loadRes(job["results"]), COCOeval, "bbox")
    return {"images": len(truth.imgs), "objects": len(boxes), "boxes": boxes, "numbers": numbers}
