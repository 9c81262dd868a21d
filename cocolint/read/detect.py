"""What a file is, told from its content: its task where the name does not say, and the dialect of its writer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from msgspec import Struct

from cocolint.model import Task

Record = Mapping[str, Any]

PLAIN = "coco"
"""The dialect of files without anybody's marks."""
SECTIONS = frozenset({"images", "annotations", "categories"})


class Sample(Struct, frozen=True, dict=True):
    """A look into a file: the names of its top-level keys, its `info`, and its first records of each section."""

    keys: frozenset[str]
    info: Record
    licenses: Sequence[Any]
    images: Sequence[Record]
    categories: Sequence[Record]
    annotations: Sequence[Record]
    is_array: bool

    @cached_property
    def image_keys(self) -> set[str]:
        """The keys of all images."""
        return set().union(*self.images)

    @cached_property
    def annotation_keys(self) -> set[str]:
        """The keys of all annotations."""
        return set().union(*self.annotations)

    @cached_property
    def category_keys(self) -> set[str]:
        """The keys of all categories."""
        return set().union(*self.categories)


def looks_like_coco(sample: Sample) -> bool:
    """Whether the content has anything of an annotation file or of results."""
    if sample.is_array:
        return "image_id" in sample.annotation_keys
    named = not sample.image_keys.isdisjoint(("file_name", "width"))
    return named or len(sample.keys & SECTIONS) >= 2 or ("annotations" in sample.keys and bool(sample.annotations))


def fits(task: Task, sample: Sample) -> bool:
    """Whether a file may be of the task that its name tells; what cannot be is told by the content alone."""
    if sample.is_array or "annotations" not in sample.keys:
        return not sample.is_array or task.is_results
    segments = "segments_info" in sample.annotation_keys and "segments_info" in _keys_of(sample.annotations)
    return segments == (task in (Task.PANOPTIC, Task.RESULTS_PANOPTIC)) or not sample.annotations


def task_of(sample: Sample) -> Task:
    """Return the task that the records fit best; instances where nothing tells."""
    if sample.is_array:
        return _results_task(sample.annotations)
    seen = _keys_of(sample.annotations)
    if "segments_info" in seen:
        return Task.PANOPTIC if sample.categories or "images" in sample.keys else Task.RESULTS_PANOPTIC
    if not sample.annotations and "annotations" not in sample.keys:
        return Task.IMAGE_INFO
    if any(record.get("keypoints") for record in (*sample.annotations, *sample.categories)):
        return Task.PERSON_KEYPOINTS
    if "caption" in seen:
        return Task.CAPTIONS
    if sample.annotations and not seen & {"bbox", "segmentation"} and "category_id" in seen:
        return Task.LABELS
    return Task.INSTANCES


def _results_task(records: Sequence[Record]) -> Task:
    """Return the task that the first result tells, since evaluation looks at no other.

    With a run-length mask and a box the mask says more: evaluation of boxes reads such files as well.
    """
    first = records[0] if records else {}
    masked = Task.RESULTS_SEGM if any("score" in record for record in records) else Task.RESULTS_STUFF
    if "caption" in first:
        return Task.RESULTS_CAPTIONS
    if "keypoints" in first:
        return Task.RESULTS_KEYPOINTS
    if isinstance(first.get("segmentation"), dict):
        return masked
    if first.get("bbox") or "segmentation" not in first:
        return Task.RESULTS_BBOX
    return masked


def _keys_of(records: Sequence[Record]) -> set[str]:
    return {key for record in records for key, value in record.items() if value is not None}


def dialect_of(sample: Sample) -> str:
    """Return the name of the dialect whose marks the file carries, or `PLAIN`."""
    return next((name for name, carries in DIALECTS.items() if carries(sample)), PLAIN)


def _attributes(sample: Sample) -> set[str]:
    if "attributes" not in sample.annotation_keys:
        return set()
    bags = (record.get("attributes") for record in sample.annotations)
    return {key for bag in bags if isinstance(bag, dict) for key in bag}


def _is_datumaro(sample: Sample) -> bool:
    blank = {"name": "", "id": 0, "url": ""}
    texts = [value for key, value in sample.info.items() if key != "year"]
    return list(sample.licenses) == [blank] and bool(texts) and not any(texts)


def _is_encord(sample: Sample) -> bool:
    return bool(_attributes(sample) & {"encord_track_uuid", "manual_annotation"}) or (
        not sample.image_keys.isdisjoint(("image_title", "video_title")) and not sample.licenses
    )


def _is_roboflow(sample: Sample) -> bool:
    names = [str(record.get("file_name", "")) for record in sample.images]
    return any(".rf." in name and re.search(r"\.rf\.[0-9A-Za-z]{16,}\.", name) for name in names)


def _is_panoptic_detection(sample: Sample) -> bool:
    """Panoptic segments written as objects: every category has its colour, every object its run-length mask."""
    if "color" not in sample.category_keys:
        return False
    colours = [record.get("color") for record in sample.categories]
    masks = [record.get("segmentation") for record in sample.annotations]
    return all(isinstance(c, list) for c in colours) and all(isinstance(m, dict) for m in masks) and bool(colours and masks)


DIALECTS: dict[str, Callable[[Sample], bool]] = {
    "encord": _is_encord,
    "cvat": lambda s: _is_datumaro(s) and bool(_attributes(s) & {"occluded", "rotation", "track_id", "keyframe"}),
    "datumaro": _is_datumaro,
    "roboflow": _is_roboflow,
    "label-studio": lambda s: s.info.get("contributor") == "Label Studio",
    "fiftyone": lambda s: "voxel51" in str(s.info.get("url")),
    "lvis": lambda s: "neg_category_ids" in s.image_keys or "synset" in s.category_keys,
    "coco-wholebody": lambda s: not s.annotation_keys.isdisjoint(("face_kpts", "lefthand_kpts")),
    "crowdpose": lambda s: "crowdIndex" in s.image_keys,
    "posetrack": lambda s: "bbox_head" in s.annotation_keys or "vid_id" in s.image_keys,
    "v7": lambda s: "darwin_url" in s.image_keys or "tag_categories" in s.keys,
    "via": lambda s: "VGG Image Annotator" in str(s.info) or "robots.ox.ac.uk/~vgg" in str(s.info),
    "coco-annotator": lambda s: "isbbox" in s.annotation_keys or "num_annotations" in s.image_keys,
    "panoptic-detection": _is_panoptic_detection,
    "kwcoco": lambda s: bool(s.keys & {"scene_annotations", "scene_categories", "videos", "tracks"}),
}
