"""Boxes whose numbers are sound, but of a size or a spelling that is seldom meant."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import OBJECT_TASKS, Annotations, Finding, Record, Severity, Stage, Task, rule

from ._shapes import box_between, is_box
from .boxes import BOX_FORMATS, corners, finite, placed

OUTSIDE = ("bbox-out-of-image", "bbox-negative-origin", "bbox-fully-outside")
FLOAT_NOISE = 0.005
"""Of the last decimal: what computing with 64-bit floats leaves behind, as in 473.07000000000005."""
EXACT = 1e12
"""In units of the last decimal: beyond it, 64-bit floats have no room for what would follow."""


@rule(
    "B014", "bbox-whole-image", Severity.INFO, impact=4, requires=[*BOX_FORMATS, "bbox-degenerate", *OUTSIDE],
    tasks={Task.INSTANCES, Task.PERSON_KEYPOINTS},
)  # fmt: skip
def bbox_whole_image(annotations: Annotations, *, share: float = 0.995) -> Iterable[Finding]:
    """The box covers its whole image.

    What breaks: such a box is often a placeholder for an object that nobody drew; a detector learns to answer with the image.
    Definition: of a single object, the part of the box in its image is 99.5 % of the image or more.
    Fix: draw the box where the object is; only a person can tell whether it fills the image.
    """
    x, y, right, bottom = corners(annotations.bbox).T
    width, height = annotations.width, annotations.height
    with np.errstate(all="ignore"):
        across = np.minimum(right, width) - np.maximum(x, 0)
        down = np.minimum(bottom, height) - np.maximum(y, 0)
        covered = across.clip(0) * down.clip(0) / (width * height)
    whole = placed(annotations) & ~annotations.crowd & (covered >= share)
    return annotations.where(
        whole, "bbox", "{covered:.1%} of the image of {width:g} x {height:g}", covered=covered, width=width, height=height
    )


@rule(
    "B020", "bbox-tiny", Severity.INFO, impact=4, requires=[*BOX_FORMATS, "bbox-degenerate", "bbox-subpixel"],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def bbox_tiny(annotations: Annotations, *, least: float = 4.0) -> Iterable[Finding]:
    """The box is smaller than four pixels.

    What breaks: nothing can be learnt from so few pixels; on a smaller scale of the image the box is gone.
    Definition: `w * h < 4`, in square pixels, with both sides of a pixel or more; thinner ones are `bbox-subpixel`.
    Fix: only a person can tell whether there is an object.
    """
    width, height = annotations.bbox[:, 2], annotations.bbox[:, 3]
    with np.errstate(all="ignore"):
        tiny = finite(annotations) & (width * height < least)
    return annotations.where(tiny, "bbox", "{width:.3g} x {height:.3g} px", width=width, height=height)


@rule(
    "B021", "bbox-aspect-outlier", Severity.INFO, impact=4, requires=[*BOX_FORMATS, "bbox-degenerate", "bbox-subpixel"],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def bbox_aspect_outlier(annotations: Annotations, *, most: float = 100.0) -> Iterable[Finding]:
    """The box is more than a hundred times as long as it is wide.

    What breaks: no anchor comes near such a box, so it is never learnt. It is often a slip of the mouse.
    Definition: of a single object, `max(w / h, h / w) > 100`, with both sides of a pixel or more; thinner ones are
    `bbox-subpixel`.
    Fix: only a person can tell whether there is an object.
    """
    width, height = annotations.bbox[:, 2], annotations.bbox[:, 3]
    with np.errstate(all="ignore"):
        aspect = np.maximum(width / height, height / width)
        long = finite(annotations) & ~annotations.crowd & (aspect > most)
    message = "{width:g} x {height:g} px, {aspect:.0f} to 1"
    return annotations.where(long, "bbox", message, width=width, height=height, aspect=aspect)


@rule("B022", "bbox-precision", Severity.INFO, impact=4, requires=BOX_FORMATS, tasks=OBJECT_TASKS)
def bbox_precision(annotations: Annotations, *, decimals: int = 6) -> Iterable[Finding]:
    """A number of the `bbox` has more than six decimals.

    What breaks: nothing but the size of the file: a millionth of a pixel means nothing.
    Definition: one of the four numbers cannot be written with six decimals.
    Tolerance: 0.000000005 px, which is noise of 64-bit floats and not a decimal that anybody wrote; of numbers from
    1,000,000 on floats do not tell it.
    Fix: round to two decimals, as official files are. Unsafe: rounding can move the score a little.
    """
    with np.errstate(all="ignore"):
        scaled = np.abs(annotations.bbox) * 10.0**decimals
        long = (scaled < EXACT) & (np.abs(scaled - np.rint(scaled)) > FLOAT_NOISE)
    rows = np.flatnonzero(np.logical_or.reduce(long, axis=1))
    value = annotations.bbox[rows, long[rows].argmax(axis=1)]
    return annotations.at(rows, "bbox", "{value:.10g} has more than {decimals} decimals", value=value,
                          decimals=np.full(len(rows), decimals))  # fmt: skip


@bbox_precision.fix(Stage.CLIP, safe=False, writes=["bbox"])
def rounded(record: Record) -> Record:
    """Round the corners, so that the box still ends where it did."""
    bbox = record.get("bbox")
    box = box_between(bbox[0], bbox[1], bbox[0] + bbox[2], bbox[1] + bbox[3]) if is_box(bbox) else None
    return record if box is None else record | {"bbox": box}
