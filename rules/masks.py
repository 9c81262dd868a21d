"""Masks of run lengths (RLE) as a whole: `size` is [height, width], `counts` the runs of background and foreground in turn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from msgspec.structs import replace

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
    Runs,
    Severity,
    Stage,
    Task,
    rule,
)

from ._runs import Mask, runs_of, sides_of, size_of, turned, whole

MASK_TASKS = OBJECT_TASKS | {Task.RESULTS_SEGM, Task.RESULTS_STUFF}
UNSOUND_SUM = ("rle-counts-sum", "rle-counts-negative", "rle-counts-overflow", "rle-counts-string-invalid")

_DIGITS = re.compile(r"[0-9]{1,10}")


def of_masks(annotations: Annotations, faulty: Bools, part: str, message: str, **values: Any) -> Iterable[Finding]:
    """Yield one finding for the annotations of the `faulty` masks. `values` are arrays as long as the masks."""
    chosen: dict[str, Any] = {name: np.asarray(column)[faulty] for name, column in values.items()}
    yield from annotations.at(annotations.runs.owner[faulty], f"segmentation/{part}".rstrip("/"), message, **chosen)


def pixels_of(runs: Runs) -> Floats:
    """The number of pixels of each mask; as floats, since any two integers may stand in `size`."""
    return runs.height.astype(float) * runs.width


def extreme(runs: Runs, function: np.ufunc) -> Any:
    """The least or the greatest run of each mask, 0 where there is none."""
    out = np.zeros(len(runs.length), np.int64)
    filled = runs.length > 0
    if filled.any():
        out[filled] = function.reduceat(runs.counts, runs.start[:-1][filled])
    return out


def _image_sizes(annotations: Annotations) -> tuple[Floats, Floats]:
    """The height and width of the image of each mask, NaN where they are not known."""
    height, width = annotations.height[annotations.runs.owner], annotations.width[annotations.runs.owner]
    known = (height > 0) & (width > 0)
    return np.where(known, height, np.nan), np.where(known, width, np.nan)


@rule("R001", "rle-keys", Severity.ERROR, tasks=ALL_TASKS)
def rle_keys(faults: Faults) -> Iterable[Finding]:
    """The run-length mask has no `size` or no `counts`.

    What breaks: pycocotools raises "input type is not supported."
    Definition: `segmentation` is an object in which one of the two keys is absent.
    Fix: take `size` from the image where `counts` add up to its pixels. Safe: a mask has the size of its image. Without
    `counts` there is nothing to mend.
    """
    return faults


@rle_keys.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def add_size(record: Record, image: Image | None) -> Record:
    """Say what the runs fill."""
    return _with_size_of(image, record)


def _with_size_of(image: Image | None, record: Record) -> Record:
    """Return the record with the size of its image where the runs fill that and no size that is there."""
    fields, size, mask = record.get("segmentation"), size_of(image), Mask.of(record)
    if not size or not isinstance(fields, dict) or (mask and mask.runs):
        return record
    return record | {"segmentation": fields | {"size": [*size]}} if runs_of(fields.get("counts"), size[0] * size[1]) else record


@rule("R002", "rle-size-type", Severity.ERROR, impact=3, tasks=MASK_TASKS)
def rle_size_type(faults: Faults, annotations: Annotations) -> Iterable[Finding]:
    """The `size` of the run-length mask is not two positive integers.

    What breaks: pycocotools cannot read the mask, or reads an empty one.
    Definition: `size` is anything but `[height, width]` with two integers above 0.
    Fix: write numbers in quotes as integers; otherwise take the size of the image where `counts` add up to its pixels.
    Safe: a mask has the size of its image. Other values need a person.
    """
    yield from faults
    runs = annotations.runs
    empty = (runs.height <= 0) | (runs.width <= 0)
    yield from of_masks(annotations, empty, "size", "size is [{h}, {w}]", h=runs.height, w=runs.width)


@rle_size_type.fix(Stage.CAST, safe=True, writes=["segmentation"])
def cast_size(record: Record) -> Record:
    """Take the numbers out of their quotes."""
    fields = record.get("segmentation")
    size = fields.get("size") if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or not isinstance(size, list):
        return record
    sides = [int(side) if isinstance(side, str) and _DIGITS.fullmatch(side) else whole(side) for side in size]
    return record if sides_of(sides) is None else record | {"segmentation": fields | {"size": sides}}


@rle_size_type.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def replace_size(record: Record, image: Image | None) -> Record:
    """Say what the runs fill."""
    return _with_size_of(image, record)


@rule("R003", "rle-size-order", Severity.ERROR, requires=["rle-size-type"], tasks=OBJECT_TASKS)
def rle_size_order(annotations: Annotations) -> Iterable[Finding]:
    """The `size` of the run-length mask is [width, height]; it must be [height, width].

    What breaks: pycocotools compares masks of other shapes as wholly different: AP is 0, without an error. Datumaro
    refuses the mask.
    Definition: `size` equals `[W, H]` of the image, and W and H differ.
    Fix: swap the two numbers. Unsafe: that is right only if the runs go down the columns of the image.
    """
    runs = annotations.runs
    height, width = _image_sizes(annotations)
    swapped = (runs.height == width) & (runs.width == height) & (height != width)
    message = "size is [{h}, {w}], the image is {w} high and {h} wide"
    yield from of_masks(annotations, swapped, "size", message, h=runs.height, w=runs.width)


@rle_size_order.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def swap_size(record: Record) -> Record:
    """Put the height first."""
    mask = Mask.of(record)
    return record | {"segmentation": mask.fields | {"size": [mask.width, mask.height]}} if mask else record


@rule("R004", "rle-size-mismatch", Severity.ERROR, requires=["rle-size-type"], tasks=OBJECT_TASKS)
def rle_size_mismatch(annotations: Annotations) -> Iterable[Finding]:
    """The `size` of the run-length mask is not the size of its image.

    What breaks: pycocotools gives such a mask an overlap of -1 with all others, so it never matches; detectron2 stops at
    an assertion.
    Definition: `size` is neither `[H, W]` of the image nor `[W, H]`.
    Fix: take the size of the image where `counts` add up to its pixels and not to those of `size`. Unsafe: the image may be
    the wrong one. A mask that fills its own size must be made anew.
    """
    runs = annotations.runs
    height, width = _image_sizes(annotations)
    same = (runs.height == height) & (runs.width == width)
    swapped = (runs.height == width) & (runs.width == height)
    other = np.isfinite(height) & ~same & ~swapped
    message = "size is [{h}, {w}], the image is {height:g} high and {width:g} wide"
    yield from of_masks(annotations, other, "size", message, h=runs.height, w=runs.width, height=height, width=width)


@rle_size_mismatch.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def correct_size(record: Record, image: Image | None) -> Record:
    """Say what the runs fill."""
    return _with_size_of(image, record)


@rule(
    "R012", "rle-empty", Severity.WARNING, impact=3,
    requires=["rle-size-type", "bbox-degenerate", *UNSOUND_SUM], tasks=OBJECT_TASKS,
)  # fmt: skip
def rle_empty(annotations: Annotations) -> Iterable[Finding]:
    """The run-length mask has no pixel.

    What breaks: mask losses become NaN or are divided by zero, and evaluation can never match the object.
    Definition: no run of foreground is longer than 0.
    Fix: take the annotation out, or draw its mask. Unsafe: the object may be real.
    """
    blank = (annotations.runs.mark == 0) & (annotations.runs.shapes.area == 0)
    yield from of_masks(annotations, blank, "", "the mask has no foreground")


@rle_empty.fix(Stage.DROP, safe=False, reads=["segmentation"], drops=True)
def drop_empty(record: Record) -> Record | None:
    """Take it out."""
    mask = Mask.of(record)
    runs = mask.runs if mask else None
    return record if not runs or any(runs[1::2]) else None


@rule(
    "R013", "rle-row-major", Severity.ERROR, impact=3,
    requires=["rle-size-type", "rle-size-order", "rle-size-mismatch", "bbox-degenerate", *UNSOUND_SUM],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def rle_row_major(annotations: Annotations, *, tolerance: float = 2.0) -> Iterable[Finding]:
    """The runs of the mask go along the rows; they must go down the columns.

    What breaks: every reader sees a mask that is torn into stripes, without an error: mask AP is 0.
    Definition: read by columns, the bounds of the mask are more than 2 px off its box; read by rows, all four agree
    within 2 px. Masks as wide as the image when read by rows prove nothing.
    Tolerance: 2 px cover boxes of inclusive pixels and a mask border half a pixel off. All four sides must agree, so one
    mask is proof enough.
    Fix: write the runs column by column. Unsafe: it changes every mask it is applied to.
    """
    runs = annotations.runs
    x, y, w, h = annotations.bbox[runs.owner].T
    box = np.stack([x, y, x + w, y + h], axis=1)
    with np.errstate(all="ignore"):
        off = np.abs(runs.shapes.bounds - box).max(axis=1, initial=0)
        suspect = (w > 0) & (h > 0) & (off > tolerance)
        if not suspect.any():
            return
        by_rows = replace(runs, height=runs.width, width=runs.height).shapes.bounds[:, [1, 0, 3, 2]]
        fits = np.abs(by_rows - box).max(axis=1) <= tolerance
        narrow = by_rows[:, 2] - by_rows[:, 0] < runs.width - tolerance
    message = "by columns the mask is {off:.0f} px off its box, by rows it fits"
    yield from of_masks(annotations, suspect & fits & narrow, "counts", message, off=off)


@rle_row_major.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def turn(record: Record) -> Record:
    """Read the runs along the rows, and write them down the columns."""
    mask = Mask.of(record)
    runs = mask.runs if mask else None
    columns = turned(runs, mask.height, mask.width) if mask and runs else None
    return record | {"segmentation": mask.holding(columns)} if mask and columns else record
