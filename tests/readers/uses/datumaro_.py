"""Datumaro: import a data set in COCO's layout."""

from __future__ import annotations

from typing import Any

from _coco import versions
from datumaro.components.annotation import AnnotationType
from datumaro.components.dataset import Dataset

VERSION = versions("datumaro")
FORMATS = {"instances": "coco_instances", "person_keypoints": "coco_person_keypoints", "captions": "coco_captions",
           "labels": "coco_labels", "stuff": "coco_stuff"}  # fmt: skip
KINDS = {
    "instances": (AnnotationType.bbox, AnnotationType.polygon, AnnotationType.mask),
    "person_keypoints": (AnnotationType.points,),
    "captions": (AnnotationType.caption,),
    "labels": (AnnotationType.label,),
    "stuff": (AnnotationType.mask, AnnotationType.polygon),
}


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Count the objects that have a label that exists; those of several polygons count once."""
    data = Dataset.import_from(job["root"], FORMATS[job["task"]])
    labels = data.categories().values()
    known = max((len(group.items) for group in labels if hasattr(group, "items")), default=0)
    kinds = KINDS[job["task"]]
    found = set()
    count = 0
    for item in data:
        for annotation in item.annotations:
            if annotation.type not in kinds:
                continue
            if annotation.type is AnnotationType.mask:
                annotation.image.sum()  # it is not decoded before that
            label = getattr(annotation, "label", 0)
            if annotation.type is AnnotationType.caption or (label is not None and 0 <= label < known):
                count += 1
                found.add((item.id, annotation.group or -count))
    return {"images": len(data), "objects": len(found)}
