"""Files whose boxes count pixels in another way: with both ends, or from 1 on. One finding for the whole file."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import OBJECT_TASKS, Finding, Index, Record, Severity, Stage, distinct, rule

from ._shapes import bounds_of, is_box, is_sound_polygon, with_box
from .box_formats import ENOUGH, every, sample_of, share, usable
from .boxes import BOX_FORMATS

FEW = 3
ROUNDING = 0.05
"""How far a box may be off its polygon by rounding, in pixels."""

CLOSE = 0.5
"""So near to its box starts a polygon that was made with it, in pixels."""


@rule("B024", "bbox-inclusive", Severity.INFO, impact=3, requires=BOX_FORMATS, tasks=OBJECT_TASKS)
def bbox_inclusive(index: Index) -> Iterable[Finding]:
    """The boxes count the pixels at both ends: they are one pixel wider and higher than their polygons.

    What breaks: little: readers take width and height for a length, so every box ends a pixel too far.
    Definition: of 20 or more single objects with polygons, 80 % have a box wider than the polygon by 1 px and higher by
    1 px, each within 0.05 px: the writer took `max - min + 1`.
    Tolerance: 0.05 px for rounding.
    Fix: take 1 off width and height of those boxes. Unsafe: it is right where the polygons are the outline, not where they
    are the centres of pixels.
    """
    boxes = sample_of(index, index.is_polygon & ~index.crowd)
    boxes = boxes.of(usable(boxes.xywh) & usable(boxes.bounds))
    wider = boxes.xywh[:, 2:] - (boxes.bounds[:, 2:] - boxes.bounds[:, :2])
    inclusive = every(np.abs(wider - 1) <= ROUNDING)
    if len(boxes) >= ENOUGH and share(inclusive) >= 0.8:
        yield Finding(f"{inclusive.sum()} of {len(boxes)} boxes are 1 px wider and higher than their polygons", "annotations")


@bbox_inclusive.fix(Stage.SHAPE, safe=False, reads=["segmentation"], writes=["bbox", "area"])
def as_wide_as_the_polygon(record: Record) -> Record:
    """Take 1 off width and height of a box that is 1 px wider and higher than its polygon."""
    bbox, bounds = record.get("bbox"), bounds_of(record.get("segmentation"))
    if not is_box(bbox) or bounds is None or isinstance(record["segmentation"], dict):
        return record
    over = (bbox[2] - (bounds[2] - bounds[0]) - 1, bbox[3] - (bounds[3] - bounds[1]) - 1)
    if max(map(abs, over)) > ROUNDING or min(bbox[2:]) <= 1:
        return record
    return with_box(record, [*bbox[:2], round(bbox[2] - 1, 6), round(bbox[3] - 1, 6)])


@rule("B025", "bbox-one-based", Severity.INFO, impact=3, requires=BOX_FORMATS, tasks=OBJECT_TASKS)
def bbox_one_based(index: Index) -> Iterable[Finding]:
    """The boxes seem to count pixels from 1, as in MATLAB and Pascal VOC.

    What breaks: little: every box lies a pixel too far right and down.
    Definition: of 20 or more boxes, the least x and the least y are exactly 1; a box starts there in 5 % of the images with
    boxes and in three at least; and three boxes or more reach the right or lower border of their image.
    Tolerance: none; where a box starts at 0 nothing is said.
    Fix: take 1 off x and y, and off the points of polygons that start where the box does, in the whole file. Unsafe: every
    box changes, but those that start where their run-length mask does.
    """
    count, at_one, at_end = 0, np.zeros(2, bool), 0
    touched, images = np.empty(0, np.int64), np.empty(0, np.int64)
    for part in index.parts():
        known = usable(part.bbox) & every(part.bbox[:, 2:] > 0) & (part.width > 0) & (part.height > 0)
        origin, extent, image = part.bbox[known, :2], part.bbox[known, 2:], part.image[known]
        if (origin < 1).any():
            return
        size = np.column_stack([part.width[known], part.height[known]])
        count += len(origin)
        at_one |= (origin == 1).any(axis=0)
        at_end += int(np.count_nonzero(~every(origin + extent < size)))
        touched = distinct(np.append(touched, image[~every(origin != 1)]))
        images = distinct(np.append(images, image))
    if count >= ENOUGH and at_one.all() and len(touched) >= max(FEW, 0.05 * len(images)) and at_end >= FEW:
        there = f"one does there in {len(touched)} of {len(images)} images"
        yield Finding(f"no box starts before 1, {there}, and {at_end} reach the far border", "annotations")


@bbox_one_based.fix(Stage.SHAPE, safe=False, writes=["bbox", "segmentation"])
def from_zero(record: Record) -> Record:
    """Take 1 off x and y, and off the points of a polygon that starts where the box does."""
    bbox, rings = record.get("bbox"), record.get("segmentation")
    if not is_box(bbox):
        return record
    changed = record | {"bbox": [round(bbox[0] - 1, 6), round(bbox[1] - 1, 6), *bbox[2:]]}
    bounds = bounds_of(rings)
    if bounds is None or max(abs(bbox[0] - bounds[0]), abs(bbox[1] - bounds[1])) > CLOSE:
        return changed
    if not is_sound_polygon(rings):
        return record
    return changed | {"segmentation": [[round(value - 1, 6) for value in ring] for ring in rings]}
