"""albumentations: boxes and keypoints of each image go through a transform, as a training set does it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import albumentations
import numpy as np
from _coco import load, versions

VERSION = versions("albumentations")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Flip every image with all that is on it."""
    data = load(job["truth"])
    by_image = defaultdict(list)
    for annotation in data["annotations"]:
        by_image[annotation["image_id"]].append(annotation)
    boxes = albumentations.BboxParams(format="coco", label_fields=["labels"])
    points = albumentations.KeypointParams(format="xy", remove_invisible=True)
    if job["task"] == "person_keypoints":
        flip = albumentations.Compose([albumentations.NoOp()], bbox_params=boxes, keypoint_params=points)
    else:
        flip = albumentations.Compose([albumentations.NoOp()], bbox_params=boxes)
    found = 0
    for image in data["images"]:
        here = by_image[image["id"]]
        given: dict[str, Any] = {
            "image": np.zeros((image["height"], image["width"], 3), np.uint8),
            "bboxes": [annotation["bbox"] for annotation in here],
            "labels": [annotation["category_id"] for annotation in here],
        }
        if job["task"] == "person_keypoints":
            triples = [np.reshape(annotation["keypoints"], (-1, 3)) for annotation in here]
            given["keypoints"] = [point[:2] for triple in triples for point in triple if point[2] > 0]
        out = flip(**given)
        found += len(out["bboxes"]) + len(out.get("keypoints", ()))
    return {"objects": found}
