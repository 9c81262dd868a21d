"""The crowd flag: `iscrowd` is 1 where one mask stands for a group of objects that are not told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from cocolint.api import (
    ALL_TASKS,
    OBJECT_TASKS,
    Bools,
    Faults,
    Finding,
    Image,
    Index,
    Record,
    Severity,
    Stage,
    Task,
    median,
    rule,
)

from ._runs import rasterised, size_of

FLAGS = {"0": 0, "1": 1, "false": 0, "true": 1}
"""What texts say of `iscrowd`."""


@rule("R016", "iscrowd-missing", Severity.ERROR, impact=1, tasks=ALL_TASKS, relaxed=["lvis"])
def iscrowd_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has no `iscrowd`.

    What breaks: COCOeval, torchvision's references, YOLOX and mmpose's metric raise KeyError 'iscrowd'; others take it
    for 0.
    Definition: the key is absent in a file of instances, person_keypoints or stuff.
    Fix: set it to 0. Safe: DETR, detectron2 and mmdetection read such files the same way.
    """
    return faults


@iscrowd_missing.fix(Stage.DEFAULT, safe=True, writes=["iscrowd"])
def no_crowd(record: Record) -> Record:
    """Say what readers take it for."""
    return record | {"iscrowd": 0}


@rule("R017", "iscrowd-type", Severity.ERROR, tasks=ALL_TASKS)
def iscrowd_type(faults: Faults) -> Iterable[Finding]:
    """The `iscrowd` is neither 0 nor 1.

    What breaks: the text "0" counts as true, so the object becomes a crowd and AP is -1; null raises TypeError in COCOeval.
    Definition: anything but the integers 0 and 1; true and false are `bool-as-int`.
    Fix: write the texts "0" and "1", and "false" and "true", as numbers. Safe: they say nothing else. For null write 0.
    Unsafe: null may stand for a flag that is not known. Other values need a person.
    """
    return faults


@iscrowd_type.fix(Stage.CAST, safe=True, writes=["iscrowd"])
def cast_flag(record: Record) -> Record:
    """Take the number for the text."""
    text = record.get("iscrowd")
    flag = FLAGS.get(text.strip().lower()) if isinstance(text, str) else None
    return record if flag is None else record | {"iscrowd": flag}


@iscrowd_type.fix(Stage.DEFAULT, safe=False, writes=["iscrowd"])
def no_crowd_for_null(record: Record) -> Record:
    """Take null for no crowd."""
    return record | {"iscrowd": 0} if "iscrowd" in record and record["iscrowd"] is None else record


@rule("R018", "iscrowd-polygon", Severity.WARNING, requires=["iscrowd-on-single-object"], tasks=OBJECT_TASKS, cumulative=True)
def iscrowd_polygon(index: Index) -> Iterable[Finding]:
    """A crowd has polygons; crowds have run-length masks.

    What breaks: tools accept the polygon, but evaluation ignores crowds and most training code leaves them out: one
    object marked by mistake counts for nothing.
    Definition: `iscrowd` is 1 and `segmentation` holds at least one ring.
    Source: the COCO data format; in the official files every crowd has run lengths.
    Fix: turn the polygons into run lengths of the pixels that pycocotools has them cover. Unsafe: pixels lose the outline,
    and it may be one object: then set `iscrowd` to 0 instead.
    """
    return index.where(index.crowd & index.is_polygon, "iscrowd", "iscrowd is 1, but the mask is a polygon")


@iscrowd_polygon.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def run_lengths_of_polygon(record: Record, image: Image | None) -> Record:
    """Write the runs as an array, as official files have it for crowds."""
    runs, size = rasterised(record.get("segmentation"), image), size_of(image)
    return record | {"segmentation": {"counts": runs, "size": [*size]}} if runs and size else record


@rule(
    "R019", "iscrowd-0-rle", Severity.WARNING,
    tasks={Task.INSTANCES, Task.PERSON_KEYPOINTS}, relaxed=["panoptic-detection"], cumulative=True,
)  # fmt: skip
def iscrowd_0_rle(index: Index) -> Iterable[Finding]:
    """A single object has a run-length mask; single objects have polygons.

    What breaks: ultralytics' converter fails, darwin drops the object, detectron2 with polygon masks stops with "Failed
    to use mask_format=='polygon'".
    Definition: `iscrowd` is 0 and `segmentation` is an object with `size` and `counts`. Files of panoptic segments
    written as objects, in which every category has its colour and every object its run lengths, hold them by design.
    Source: the COCO data format; in the official instances every single object has polygons.
    Fix: set `iscrowd` to 1 if it is a crowd, otherwise trace polygons. Only a person can: polygons do not follow every
    pixel, and they cannot hold holes.
    """
    single = index.has("iscrowd") & (index.iscrowd == 0)
    return index.where(single & index.is_rle, "iscrowd", "iscrowd is 0, but the mask is run lengths")


def marked(index: Index, **_: Any) -> Iterable[Finding]:
    """Name the crowds."""
    return index.where(index.crowd, "iscrowd", "a crowd")


@rule("R020", "iscrowd-on-single-object", Severity.WARNING, impact=1, tasks=OBJECT_TASKS, cumulative=marked)
def iscrowd_on_single_object(
    index: Index, *, least: int = 20, nearly_all: float = 0.95, share: float = 0.2, parts: float = 2.0
) -> Iterable[Finding]:
    """Single objects are marked as crowds.

    What breaks: training leaves crowds out and evaluation ignores them: the objects count for nothing, and AP is -1 where
    all are crowds.
    Definition: of at least 20 annotations, 95 % or more have `iscrowd` 1; or exactly those with run lengths have it,
    they are 20 % or more, and half of their masks or more have at most 2 connected parts.
    Tolerance: official files have 1.2 % crowds, with 5 parts in the median. The parts of a sample are counted.
    Fix: set `iscrowd` to 0 for all. Unsafe: some may be crowds indeed. Datumaro, CVAT and Encord export every mask this way.
    """
    crowds = int(np.count_nonzero(index.crowd))
    if not crowds or len(index) < least or crowds < share * len(index):
        return
    facts = f"{crowds} of {len(index)} annotations are crowds"
    if crowds >= nearly_all * len(index):
        yield Finding(facts, "annotations")
    elif np.array_equal(index.crowd, index.is_rle) and _median_parts(index, index.crowd) <= parts:
        middle = _median_parts(index, index.crowd)
        yield Finding(f"{facts}: all masks of run lengths, with {middle:g} connected parts in the median", "annotations")


@iscrowd_on_single_object.fix(Stage.DEFAULT, safe=False, writes=["iscrowd"])
def single_object(record: Record) -> Record:
    """Take every crowd for one object."""
    return record | {"iscrowd": 0} if record.get("iscrowd") == 1 else record


def _median_parts(index: Index, crowd: Bools) -> float:
    counted = index.part_count[crowd & (index.part_count >= 0)]
    return median(counted) if len(counted) else float("inf")
