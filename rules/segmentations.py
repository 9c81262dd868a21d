"""The form of segmentations: a list of rings, each a flat list of numbers, or an object with `size` and `counts`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np

from cocolint.api import ALL_TASKS, OBJECT_TASKS, Annotations, Faults, Finding, Index, Record, Severity, Stage, Task, rule

from ._shapes import as_number, is_number, is_sound_polygon, is_sound_ring
from .polygons import per_annotation, saying


@rule("P001", "segmentation-missing", Severity.WARNING, tasks=ALL_TASKS, cumulative=True)
def segmentation_missing(faults: Faults, index: Index) -> Iterable[Finding]:
    """The annotation has no `segmentation`, though others of the file have masks.

    What breaks: mask evaluation, torchvision's references and DETR with masks raise KeyError 'segmentation'; CVAT's
    importer refuses the item.
    Definition: the key is absent in a file in which at least one annotation has a mask. In files of boxes only it may be.
    Fix: write an empty list. Safe: readers of boxes see no difference. The mask itself must be drawn.
    """
    if faults:
        return faults
    masks = index.is_polygon | index.is_rle
    return index.where(index.lacks("segmentation") & masks.any(), None, "`segmentation` is missing, others have a mask")


@segmentation_missing.fix(Stage.DEFAULT, safe=True, writes=["segmentation"])
def no_mask(record: Record, task: Task) -> Record:
    """Say that there is no mask; a result without one is no result."""
    return record if task.is_results else record | {"segmentation": []}


@rule(
    "P002", "segmentation-empty", Severity.WARNING, impact=1,
    requires=["bbox-degenerate", "polygon-too-few-points", "polygon-nonfinite"], tasks=OBJECT_TASKS, cumulative=True,
)  # fmt: skip
def segmentation_empty(index: Index) -> Iterable[Finding]:
    """The `segmentation` is empty.

    What breaks: mask training raises IndexError in `frPyObjects` or "input type is not supported."; readers of boxes do
    not mind.
    Definition: `[]`, or rings without a number. A warning where other annotations of the file have masks; information
    in files of boxes only, which Datumaro and Label Studio write this way.
    Fix: draw the mask, or train on boxes only.
    """
    rows, masks = [], 0
    for part in index.parts():
        pointless = (part.mask_area == 0) & np.isnan(part.mask_bounds[:, 0]) & ~part.is_rle
        rows.append(np.flatnonzero(part.has("segmentation") & ~part.is_rle & (~part.is_polygon | pointless)) + part.offset)
        masks += int(np.count_nonzero(part.is_rle | (part.is_polygon & ~pointless)))
    found = np.concatenate(rows)
    message, severity = ("empty, but {masks} others have a mask", None) if masks else ("empty", Severity.INFO)
    return index.at(found, "segmentation", message, severity=severity, masks=np.full(len(found), masks))


@rule("P003", "segmentation-type", Severity.ERROR, tasks=ALL_TASKS)
def segmentation_type(faults: Faults) -> Iterable[Finding]:
    """The `segmentation` is neither a list of polygons nor a run-length mask.

    What breaks: mask code raises "string indices must be integers" or another TypeError.
    Definition: null, a text, a number or anything else that is not one of the two forms.
    Fix: write null as an empty list, and numbers in quotes without them. Safe: null and the empty list both say that there is
    no mask. Other values need a person.
    """
    return faults


@segmentation_type.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def empty_for_null(record: Record, task: Task) -> Record:
    """Write null as readers expect it; a result without a mask is no result."""
    return record if task.is_results or record.get("segmentation") is not None else record | {"segmentation": []}


@segmentation_type.fix(Stage.CAST, safe=True, writes=["segmentation"])
def plain_numbers(record: Record) -> Record:
    """Write texts in rings as the numbers that they spell."""
    rings = record.get("segmentation")
    if not isinstance(rings, list) or not all(isinstance(ring, list) for ring in rings):
        return record
    numbers = [[as_number(value) for value in ring] for ring in rings]
    return record if None in chain.from_iterable(numbers) else record | {"segmentation": numbers}


@rule("P004", "segmentation-flat", Severity.ERROR, tasks=ALL_TASKS)
def segmentation_flat(faults: Faults) -> Iterable[Finding]:
    """The `segmentation` is one list of numbers; it must be a list of rings.

    What breaks: pycocotools raises "object of type 'int' has no len()".
    Definition: the elements of the list are numbers.
    Fix: put the list into another one where it has an even count of at least 6 numbers. Safe: it can only be one ring.
    """
    return saying("numbers where rings should be", faults)


@segmentation_flat.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def one_ring(record: Record) -> Record:
    """Make the list a ring."""
    ring = record.get("segmentation")
    return record | {"segmentation": [ring]} if is_sound_ring(ring) else record


@rule("P005", "segmentation-nested-points", Severity.ERROR, tasks=ALL_TASKS)
def segmentation_nested_points(faults: Faults, annotations: Annotations) -> Iterable[Finding]:
    """The points of the polygon are lists of their own; a ring is one flat list of numbers.

    What breaks: pycocotools raises "input type is not supported.", a TypeError on 'bb' or "Buffer has wrong number of
    dimensions".
    Definition: an element of a ring is a list, or the segmentation has 3 or more rings of exactly 2 numbers and no other.
    Fix: write x1, y1, x2, y2, ... as one list where that makes sound rings. Safe: the points stay as they are.
    """
    yield from saying("a list where a number should be", faults)
    pairs = per_annotation(annotations, annotations.rings.length == 2)
    points = (annotations.ring_count >= 3) & (pairs == annotations.ring_count)
    yield from annotations.where(points, "segmentation", "{pairs} pairs of numbers instead of one ring", pairs=pairs)


@segmentation_nested_points.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def flat_rings(record: Record) -> Record:
    """Write the points of each ring one after the other."""
    rings = record.get("segmentation")
    if not isinstance(rings, list):
        return record
    lone = _flat(rings)
    flat = [_flat(ring) for ring in rings] if lone is None else [lone]
    return record | {"segmentation": flat} if is_sound_polygon(flat) else record


def _flat(ring: Any) -> Any:
    """Return a ring as one list if it is made of points or stands in doubled brackets, None if it is made of anything else."""
    if is_sound_ring(ring):
        return ring
    if not isinstance(ring, list):
        return None
    if len(ring) == 1 and is_sound_ring(ring[0]):
        return ring[0]
    return list(chain.from_iterable(ring)) if all(map(_is_point, ring)) else None


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


@rule("P006", "segmentation-rle-in-list", Severity.WARNING, impact=3, tasks=ALL_TASKS)
def segmentation_rle_in_list(faults: Faults) -> Iterable[Finding]:
    """The run-length mask stands in a list.

    What breaks: compressed masks raise "invalid literal for int()"; uncompressed ones are read by pycocotools, not by
    others.
    Definition: an element of `segmentation` is an object.
    Fix: take the list away where it has one element. Safe: the mask stays as it is.
    """
    return saying("a run-length mask where a ring should be", faults)


@segmentation_rle_in_list.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def out_of_the_list(record: Record) -> Record:
    """Take a lone mask out of its list."""
    masks = record.get("segmentation")
    if not isinstance(masks, list) or len(masks) != 1 or not isinstance(masks[0], dict):
        return record
    return record | {"segmentation": masks[0]} if masks[0].keys() >= {"size", "counts"} else record
