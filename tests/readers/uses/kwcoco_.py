"""kwcoco: load, and make detections of the annotations of every image."""

from __future__ import annotations

from typing import Any

import kwcoco
from _coco import corners_to_sizes, versions

VERSION = versions("kwcoco")
TINY = {"images": [{"id": 1}], "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}],
        "categories": [{"id": 1, "name": "a"}]}  # fmt: skip
assert kwcoco.CocoDataset(TINY).annots().detections  # loads here what every child would have to load


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Count the detections."""
    data = kwcoco.CocoDataset(job["truth"])
    found = [data.annots(image_id=image).detections for image in data.images()]
    for one in found:
        if "segmentations" in one.data:
            one.data["segmentations"].to_mask_list((480, 640))
    boxes = [box for one in found for box in corners_to_sizes(one.boxes.to_ltrb().data)]
    return {"images": len(found), "objects": len(boxes), "boxes": boxes}
