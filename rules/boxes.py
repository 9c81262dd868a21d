"""Bounding boxes: `[x, y, width, height]` in pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard

import numpy as np

from cocolint.api import (
    ALL_TASKS,
    OBJECT_TASKS,
    Annotations,
    Bools,
    Faults,
    Finding,
    Floats,
    Image,
    Record,
    Severity,
    Stage,
    rule,
)

from ._shapes import box_between, box_meant_by, box_of, is_box, is_number, with_box

BOX_FORMATS = ("bbox-normalized", "bbox-xyxy", "bbox-cxcywh", "bbox-percent")
"""Each says of a whole file that its boxes mean something else, so that no box of it can be judged."""

LARGEST = float(np.finfo(np.float32).max)
"""What 32-bit floats can hold; a tensor of them turns anything larger into infinity."""

ROUNDING = 1e-6
"""The noise of sums of decimal numbers, in pixels."""

MANY, MANY_OF = 20, 0.1
"""So many boxes outside, and that share of all, speak of another scale or other images, not of stray objects."""


def box_of_mask(record: Record) -> Record:
    """Take the bounds of the segmentation where it is sound and has an extent."""
    box = box_of(record.get("segmentation"))
    return record if box is None else with_box(record, box)


@rule("B001", "bbox-missing", Severity.ERROR, impact=1, tasks=ALL_TASKS)
def bbox_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has no `bbox`.

    What breaks: pycocotools raises KeyError 'bbox'; mmpose skips the person; Datumaro refuses the item.
    Definition: the key `bbox` is absent in a file of instances or person_keypoints.
    Fix: take the bounds of the segmentation where it is sound. Safe: nothing else says where the object is.
    """
    return faults


bbox_missing.fix(Stage.DERIVE, safe=True, reads=["segmentation"], writes=["bbox"])(box_of_mask)


@rule("B002", "bbox-empty", Severity.ERROR, tasks=ALL_TASKS)
def bbox_empty(faults: Faults) -> Iterable[Finding]:
    """The `bbox` is an empty array.

    What breaks: detectron2 raises ValueError "contains empty 'bbox' value!"; pycocotools cannot compute an overlap.
    Definition: `bbox` is `[]`.
    Fix: take the bounds of the segmentation where it is sound. Safe: nothing else says where the object is.
    """
    return faults


bbox_empty.fix(Stage.DERIVE, safe=True, reads=["segmentation"], writes=["bbox"])(box_of_mask)


@rule("B003", "bbox-length", Severity.ERROR, tasks=ALL_TASKS)
def bbox_length(faults: Faults) -> Iterable[Finding]:
    """The `bbox` does not hold four numbers.

    What breaks: pycocotools raises "list input can be bounding box (Nx4) or RLEs"; Datumaro refuses the item.
    Definition: `bbox` is an array of one or more numbers, but not of four. Five are often a rotated box, eight its corners.
    Fix: take the bounds of the segmentation where it is sound, else those of four corners. Unsafe: what the numbers mean is
    a guess.
    """
    return faults


@bbox_length.fix(Stage.DERIVE, safe=False, reads=["segmentation"], writes=["bbox"])
def bounds_of_numbers(record: Record) -> Record:
    """Take the bounds of the segmentation, or of four corners."""
    numbers = record.get("bbox")
    box = box_of(record.get("segmentation"))
    if box is None and isinstance(numbers, list) and len(numbers) == 8 and all(map(is_number, numbers)):
        box = box_between(min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2]))
    return record if box is None else record | {"bbox": box}


@rule("B004", "bbox-type", Severity.ERROR, tasks=ALL_TASKS)
def bbox_type(faults: Faults) -> Iterable[Finding]:
    """The `bbox` is something else than an array of numbers.

    What breaks: in pycocotools a null matches every detection and so raises the score, while strings pass by accident;
    other readers raise TypeError.
    Definition: `bbox` is no array, or an item of it is no number: a string, null, an object, an array in an array.
    Fix: write the numbers as `[x, y, width, height]`. Safe: strings, named sides and doubled brackets lose nothing; for a
    null the bounds of a sound segmentation are taken. Anything else needs a person.
    """
    return faults


@bbox_type.fix(Stage.CAST, safe=True, writes=["bbox"])
def plain_numbers(record: Record) -> Record:
    """Write what is there as an array of four numbers."""
    numbers = box_meant_by(record.get("bbox"))
    return record if numbers is None else record | {"bbox": numbers}


@bbox_type.fix(Stage.DERIVE, safe=True, reads=["segmentation"], writes=["bbox"])
def box_for_null(record: Record) -> Record:
    """Take the bounds of the segmentation where nothing is said."""
    bbox = record.get("bbox")
    says_nothing = bbox is None or (isinstance(bbox, list) and None in bbox)
    return box_of_mask(record) if says_nothing else record


@rule("B005", "bbox-nonfinite", Severity.ERROR, requires=["json-nan"], tasks=ALL_TASKS)
def bbox_nonfinite(annotations: Annotations) -> Iterable[Finding]:
    """A number of the `bbox` is infinite or not a number.

    What breaks: in COCOeval such a box matches any detection, wherever it is, so the score is too high; losses become NaN.
    Definition: one of the four is NaN, or beyond 3.4e38 in absolute value, which is infinite in the 32-bit floats that
    training uses. The bare words NaN and Infinity are reported by `json-nan`, what not even 64-bit floats can hold by
    `json-number-overflow`.
    Fix: take the bounds of the segmentation. Safe: the value says nothing; without a sound segmentation only a person can.
    """
    x, y, width, height = annotations.bbox.T
    broken = annotations.has("bbox") & ~finite(annotations)
    message = "[{x:g}, {y:g}, {width:g}, {height:g}] is not finite"
    return annotations.where(broken, "bbox", message, x=x, y=y, width=width, height=height)


bbox_nonfinite.fix(Stage.DERIVE, safe=True, reads=["segmentation"], writes=["bbox"])(box_of_mask)


@rule("B006", "bbox-degenerate", Severity.ERROR, impact=1, requires=BOX_FORMATS, tasks=OBJECT_TASKS)
def bbox_degenerate(annotations: Annotations) -> Iterable[Finding]:
    """The box has no width or no height.

    What breaks: torchvision raises "All bounding boxes should have positive height and width"; albumentations raises
    ValueError; detr and mmdetection drop the object silently; elsewhere the loss becomes NaN.
    Definition: `w <= 0 or h <= 0`.
    Fix: take the bounds of the segmentation if it has an extent. Safe: no reader could use the box. Without one, a negative
    side is counted from the other end, and an object without width or height is dropped, unless it has keypoints. Unsafe:
    what was meant is a guess, and an object may be lost.
    """
    width, height = annotations.bbox[:, 2], annotations.bbox[:, 3]
    flat = finite(annotations) & ((width <= 0) | (height <= 0))
    return annotations.where(flat, "bbox", "width {width:g}, height {height:g}", width=width, height=height)


bbox_degenerate.fix(Stage.DERIVE, safe=True, reads=["segmentation"], writes=["bbox"])(box_of_mask)


@bbox_degenerate.fix(Stage.SHAPE, safe=False, reads=["segmentation"], writes=["bbox"])
def from_the_other_end(record: Record) -> Record:
    """Let a negative side begin where it ends."""
    bbox = record.get("bbox")
    if not _is_four(bbox) or 0 in bbox[2:] or box_of(record.get("segmentation")):
        return record
    x, y, width, height = bbox
    return record | {"bbox": [round(min(x, x + width), 6), round(min(y, y + height), 6), abs(width), abs(height)]}


@bbox_degenerate.fix(Stage.DROP, safe=False, reads=["bbox", "segmentation", "num_keypoints"], drops=True)
def without_extent(record: Record) -> Record | None:
    """Drop an object that nothing gives an extent."""
    bbox, points = record.get("bbox"), record.get("num_keypoints")
    is_flat = _is_four(bbox) and 0 in bbox[2:] and box_of(record.get("segmentation")) is None
    return None if is_flat and not (is_number(points) and points > 0) else record


def _is_four(bbox: Any) -> TypeGuard[list[float]]:
    return isinstance(bbox, list) and len(bbox) == 4 and all(map(is_number, bbox))


@rule("B007", "bbox-subpixel", Severity.INFO, impact=3, requires=[*BOX_FORMATS, "bbox-degenerate"], tasks=OBJECT_TASKS)
def bbox_subpixel(annotations: Annotations) -> Iterable[Finding]:
    """The box is less than one pixel wide or high.

    What breaks: mmdetection ignores the object; torchvision's reference code drops images with no larger box.
    Definition: `0 < w < 1 or 0 < h < 1`, in pixels.
    Fix: only a person can tell whether there is an object.
    """
    width, height = annotations.bbox[:, 2], annotations.bbox[:, 3]
    thin = finite(annotations) & (np.minimum(width, height) < 1)
    return annotations.where(thin, "bbox", "{width:.3g} x {height:.3g} px", width=width, height=height)


@rule(
    "B010", "bbox-out-of-image", Severity.WARNING, impact=1, tasks=OBJECT_TASKS,
    requires=[*BOX_FORMATS, "image-size-swapped", "bbox-degenerate", "bbox-fully-outside", "bbox-negative-origin"],
)  # fmt: skip
def bbox_out_of_image(annotations: Annotations, *, tolerance: float = 1.0) -> Iterable[Finding]:
    """The box reaches over the border of its image.

    What breaks: albumentations raises ValueError; YOLOX and PaddleDetection clip the box where mmdetection keeps it, so
    models learn from different boxes.
    Definition: `max(-x, -y, x + w - W, y + h - H) > tolerance`, in pixels. A box whose origin is outside is left to
    `bbox-negative-origin`, one that has no part in the image to `bbox-fully-outside`.
    Tolerance: 1 px is the most that the inclusive/exclusive and 0/1-based conventions can explain.
    Fix: clip the box to the image, and let an `area` that was that of the box follow. Unsafe: it changes the geometry.
    """
    over = annotations.overshoot
    outside = placed(annotations) & (over > tolerance + ROUNDING)
    return annotations.where(
        outside, "bbox", "{over:.1f} px over the image of {width:g} x {height:g}",
        over=over, width=annotations.width, height=annotations.height,
    )  # fmt: skip


def clipped(record: Record, image: Image | None) -> Record:
    """Clip the box to its image; declined where nothing would remain."""
    bbox = record.get("bbox")
    if not is_box(bbox) or image is None:
        return record
    x, width = _within(bbox[0], bbox[2], image.width)
    y, height = _within(bbox[1], bbox[3], image.height)
    return with_box(record, [x, y, width, height]) if width > 0 and height > 0 else record


def _within(start: float, length: float, size: float) -> tuple[float, float]:
    """Return start and length of what lies between 0 and `size`."""
    first, stop = max(start, type(start)(0)), min(start + length, size if size % 1 else int(size))
    return first, length if (first, stop) == (start, start + length) else round(stop - first, 6)


bbox_out_of_image.fix(Stage.CLIP, safe=False, reads=["segmentation"], writes=["bbox", "area"])(clipped)


@rule(
    "B011", "bbox-slightly-outside", Severity.INFO, tasks=OBJECT_TASKS,
    requires=[*BOX_FORMATS, "image-size-swapped", "bbox-degenerate", "bbox-fully-outside"],
)  # fmt: skip
def bbox_slightly_outside(annotations: Annotations, *, tolerance: float = 1.0) -> Iterable[Finding]:
    """The box reaches over the border of its image by no more than a pixel.

    What breaks: albumentations raises ValueError for any box that is not within the image.
    Definition: `1e-6 < max(-x, -y, x + w - W, y + h - H) <= tolerance`, in pixels.
    Tolerance: as in `bbox-out-of-image`, which reports what lies beyond it.
    Fix: clip the box to the image, and let an `area` that was that of the box follow. Safe: the change is below what
    conventions differ in.
    """
    over = annotations.overshoot
    beside = placed(annotations) & (over > ROUNDING) & (over <= tolerance + ROUNDING)
    return annotations.where(beside, "bbox", "{over:.3g} px over the image", over=over)


bbox_slightly_outside.fix(Stage.CLIP, safe=True, reads=["segmentation"], writes=["bbox", "area"])(clipped)


@rule(
    "B012", "bbox-fully-outside", Severity.ERROR, tasks=OBJECT_TASKS,
    requires=[*BOX_FORMATS, "image-size-swapped", "bbox-degenerate"],
)  # fmt: skip
def bbox_fully_outside(annotations: Annotations) -> Iterable[Finding]:
    """No part of the box lies in its image.

    What breaks: mmdetection drops the object silently; other losses get a target without pixels.
    Definition: `x >= W or y >= H or x + w <= 0 or y + h <= 0`.
    Fix: look whether the box belongs to another image or another scale; else take the bounds of a segmentation that is in
    the image, or drop the object. Unsafe: an object is lost. Where many boxes are outside, none is dropped.
    """
    x, y, w, h = annotations.bbox.T
    with np.errstate(all="ignore"):
        right, bottom = x + w, y + h
    width, height = annotations.width, annotations.height
    outside = placed(annotations) & ((x >= width) | (y >= height) | (right <= 0) | (bottom <= 0))
    count = np.count_nonzero(outside)
    are_many = np.full(len(outside), count >= MANY and count > MANY_OF * len(outside))
    return annotations.where(
        outside, "bbox", "from ({x:g}, {y:g}) to ({right:g}, {bottom:g}), image {width:g} x {height:g}",
        x=x, y=y, right=right, bottom=bottom, width=width, height=height, are_many=are_many,
    )  # fmt: skip


@bbox_fully_outside.fix(Stage.DROP, safe=False, reads=["segmentation"], writes=["bbox", "area"], drops=True)
def inside_or_nowhere(record: Record, image: Image | None, are_many: bool) -> Record | None:
    """Take the bounds of a segmentation that is in the image, or drop the object."""
    box = box_of(record.get("segmentation"))
    if image and box and -box[2] < box[0] < image.width and -box[3] < box[1] < image.height:
        return with_box(record, box)
    return record if are_many else None


@rule(
    "B013", "bbox-negative-origin", Severity.WARNING, tasks=OBJECT_TASKS,
    requires=[*BOX_FORMATS, "image-size-swapped", "bbox-degenerate", "bbox-fully-outside"],
)  # fmt: skip
def bbox_negative_origin(annotations: Annotations, *, tolerance: float = 1.0) -> Iterable[Finding]:
    """The box starts left of its image or above it.

    What breaks: YOLOX sets the corner to 0 and then adds the width, so the box is shifted silently;
    albumentations raises ValueError.
    Definition: `min(x, y) < -tolerance`, in pixels, and a part of the box is in the image.
    Tolerance: 1 px, as in `bbox-out-of-image`.
    Fix: clip the box to the image, and let an `area` that was that of the box follow. Unsafe: it changes the geometry.
    """
    x, y = annotations.bbox[:, 0], annotations.bbox[:, 1]
    before = placed(annotations) & (np.minimum(x, y) < -tolerance - ROUNDING)
    return annotations.where(before, "bbox", "starts at ({x:g}, {y:g})", x=x, y=y)


bbox_negative_origin.fix(Stage.CLIP, safe=False, reads=["segmentation"], writes=["bbox", "area"])(clipped)


@rule(
    "B019", "bbox-vs-segmentation", Severity.WARNING, tasks=OBJECT_TASKS,
    requires=[
        *BOX_FORMATS, "bbox-degenerate", "bbox-fully-outside", "bbox-negative-origin", "bbox-out-of-image",
        "polygon-coordinate-huge", "polygon-out-of-image",
        "rle-counts-negative", "rle-counts-overflow", "rle-counts-sum", "rle-row-major", "rle-size-mismatch", "rle-size-order",
    ],
)  # fmt: skip
def bbox_vs_segmentation(annotations: Annotations, *, tolerance: float = 2.0, share: float = 0.01) -> Iterable[Finding]:
    """The box is not where the segmentation is.

    What breaks: crops are wrong and Mask R-CNN learns from masks that are cut off; nobody can tell which of the two is right.
    Definition: of the differences in left, top, right and bottom between the box and the bounds of the mask, the largest
    is above `max(tolerance, share * max(w, h))`, in pixels. An error where the two overlap by an IoU below 0.5. Masks
    without extent and rotated boxes are left to other rules.
    Tolerance: official boxes fit to 1e-12 px, and are 1 px smaller for crowds and inclusive exporters; 2 px leave room
    for rounding, 1 % for boxes of large objects drawn by hand.
    Fix: take the bounds of the segmentation, and let an `area` that was that of the box follow. Unsafe: either may be the
    wrong one.
    """
    x, y, w, h = annotations.bbox.T
    left, top, right, bottom = annotations.mask_bounds.T
    with np.errstate(all="ignore"):
        apart = np.abs([x - left, y - top, x + w - right, y + h - bottom]).max(axis=0)
    comparable = finite(annotations) & (left < right) & (top < bottom) & (annotations.rotation == 0)
    wrong = comparable & (apart > np.maximum(tolerance, share * np.maximum(w, h)) + ROUNDING)
    rows = np.flatnonzero(wrong)
    iou = _iou(corners(annotations.bbox[rows]), annotations.mask_bounds[rows])
    near = iou >= 0.5
    for chosen, severity in ((~near, Severity.ERROR), (near, None)):
        yield from annotations.at(
            rows[chosen], "bbox", "{apart:.1f} px off the bounds of the segmentation, IoU {iou:.2f}",
            severity=severity, apart=apart[rows[chosen]], iou=iou[chosen],
        )  # fmt: skip


bbox_vs_segmentation.fix(Stage.DERIVE, safe=False, reads=["segmentation"], writes=["bbox", "area"])(box_of_mask)


def finite(annotations: Annotations) -> Bools:
    x, y, w, h = (np.abs(annotations.bbox) <= LARGEST).T  # a reduction along so short an axis takes longer
    mask: Bools = x & y & w & h
    return mask


def placed(annotations: Annotations) -> Bools:
    """Return for which rows both the box and the size of the image are usable."""
    mask: Bools = finite(annotations) & (annotations.width > 0) & (annotations.height > 0)
    return mask


def corners(bbox: Floats) -> Floats:
    """Return left, top, right and bottom of boxes."""
    with np.errstate(all="ignore"):
        return np.hstack([bbox[:, :2], bbox[:, :2] + bbox[:, 2:]])


def _iou(first: Floats, second: Floats) -> Floats:
    """Return intersection over union of boxes given by their corners."""
    with np.errstate(all="ignore"):
        shared = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2])
        intersection = shared.clip(0).prod(axis=1)
        areas = [(corners[:, 2:] - corners[:, :2]).prod(axis=1) for corners in (first, second)]
        iou: Floats = intersection / (areas[0] + areas[1] - intersection)
    return iou
