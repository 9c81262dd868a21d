"""FiftyOne: the importer of COCO detection data sets, without the database behind it."""

from __future__ import annotations

from typing import Any

from _coco import versions
from fiftyone.utils.coco import COCODetectionDatasetImporter

VERSION = versions("fiftyone")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Count what the importer yields."""
    keypoints = job["task"] == "person_keypoints"
    wanted = ["detections", "segmentations", *(["keypoints"] if keypoints else [])]
    importer = COCODetectionDatasetImporter(data_path=job["images"], labels_path=job["truth"], label_types=wanted)
    images = objects = 0
    with importer:
        for _, _, label in importer:
            images += 1
            objects += len(label["detections"].detections) + len(label["segmentations"].detections)
            objects += len(label["keypoints"].keypoints) if keypoints else 0
    return {"images": images, "objects": objects}
