"""Masks of run lengths (RLE): `size` is [height, width], `counts` the runs of background and foreground in turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from cocolint.api import ALL_TASKS, OBJECT_TASKS, Annotations, Bools, Faults, Finding, Fix, Floats, Runs, Severity, Task, rule

MASK_TASKS = OBJECT_TASKS | {Task.RESULTS_SEGM, Task.RESULTS_STUFF}
UNSOUND_SUM = ("rle-counts-sum", "rle-counts-negative", "rle-counts-overflow", "rle-counts-string-invalid")


def _of_masks(annotations: Annotations, faulty: Bools, part: str, message: str, **values: Any) -> Iterable[Finding]:
    """Yield one finding for the annotations of the `faulty` masks. `values` are arrays as long as the masks."""
    chosen: dict[str, Any] = {name: np.asarray(column)[faulty] for name, column in values.items()}
    yield from annotations.at(annotations.runs.owner[faulty], f"segmentation/{part}".rstrip("/"), message, **chosen)


def _pixels(runs: Runs) -> Floats:
    """The number of pixels of each mask; as floats, since any two integers may stand in `size`."""
    return runs.height.astype(float) * runs.width


def _image_sizes(annotations: Annotations) -> tuple[Floats, Floats]:
    """The height and width of the image of each mask, NaN where they are not known."""
    height, width = annotations.height[annotations.runs.owner], annotations.width[annotations.runs.owner]
    known = (height > 0) & (width > 0)
    return np.where(known, height, np.nan), np.where(known, width, np.nan)


@rule("R001", "rle-keys", Severity.ERROR, tasks=ALL_TASKS, fix=Fix.SAFE)
def rle_keys(faults: Faults) -> Iterable[Finding]:
    """The run-length mask has no `size` or no `counts`.

    What breaks: pycocotools raises "input type is not supported."
    Definition: `segmentation` is an object in which one of the two keys is absent.
    Fix: take `size` from the image where `counts` add up to its pixels. Safe: no other size fits. Without `counts` there
    is nothing to mend.
    """
    return faults


@rule("R002", "rle-size-type", Severity.ERROR, impact=3, tasks=MASK_TASKS, fix=Fix.SAFE)
def rle_size_type(faults: Faults, annotations: Annotations) -> Iterable[Finding]:
    """The `size` of the run-length mask is not two positive integers.

    What breaks: pycocotools cannot read the mask, or reads an empty one.
    Definition: `size` is anything but `[height, width]` with two integers above 0.
    Fix: write numbers in quotes as integers. Safe: the value stays. Other values need a person.
    """
    yield from faults
    runs = annotations.runs
    empty = (runs.height <= 0) | (runs.width <= 0)
    yield from _of_masks(annotations, empty, "size", "size is [{h}, {w}]", h=runs.height, w=runs.width)


@rule("R003", "rle-size-order", Severity.ERROR, requires=["rle-size-type"], tasks=OBJECT_TASKS, fix=Fix.UNSAFE)
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
    yield from _of_masks(annotations, swapped, "size", message, h=runs.height, w=runs.width)


@rule("R004", "rle-size-mismatch", Severity.ERROR, requires=["rle-size-type"], tasks=OBJECT_TASKS, fix=Fix.UNSAFE)
def rle_size_mismatch(annotations: Annotations) -> Iterable[Finding]:
    """The `size` of the run-length mask is not the size of its image.

    What breaks: pycocotools gives such a mask an overlap of -1 with all others, so it never matches; detectron2 stops at
    an assertion.
    Definition: `size` is neither `[H, W]` of the image nor `[W, H]`.
    Fix: find out which of the two sizes is right; a mask of another size must be made anew. Unsafe: it changes the mask.
    """
    runs = annotations.runs
    height, width = _image_sizes(annotations)
    same = (runs.height == height) & (runs.width == width)
    swapped = (runs.height == width) & (runs.width == height)
    other = np.isfinite(height) & ~same & ~swapped
    message = "size is [{h}, {w}], the image is {height:g} high and {width:g} wide"
    yield from _of_masks(annotations, other, "size", message, h=runs.height, w=runs.width, height=height, width=width)


@rule(
    "R005", "rle-counts-sum", Severity.ERROR, impact=1,
    requires=[
        "rle-size-type", "rle-size-mismatch", "rle-counts-negative", "rle-counts-overflow", "rle-label-studio",
        "rle-start-length-pairs",
    ],
    tasks=MASK_TASKS, fix=Fix.UNSAFE,
)  # fmt: skip
def rle_counts_sum(annotations: Annotations) -> Iterable[Finding]:
    """The runs of the mask do not add up to its size.

    What breaks: with too many pixels mask evaluation never ends and older pycocotools crash; with too few, `decode`
    returns memory that was never written.
    Definition: the sum of a list `counts` is not `size[0] * size[1]`; sums of compressed strings are
    `rle-counts-string-invalid`.
    Fix: fill up with background, or cut the last runs. Unsafe: the pixels may be shifted all the same.
    """
    runs = annotations.runs
    off = ~runs.compressed & (runs.shapes.total != _pixels(runs))
    message = "the runs sum up to {total}, size is {h} x {w} = {pixels:.0f} pixels"
    yield from _of_masks(
        annotations, off, "counts", message, total=runs.shapes.total, h=runs.height, w=runs.width, pixels=_pixels(runs)
    )


@rule("R006", "rle-counts-negative", Severity.ERROR, impact=3, tasks=MASK_TASKS)
def rle_counts_negative(annotations: Annotations) -> Iterable[Finding]:
    """A run of the mask has a negative length.

    What breaks: pycocotools raises OverflowError.
    Definition: a number below 0 in a list `counts`.
    Fix: make the mask anew from its source; only a person knows what was meant.
    """
    runs = annotations.runs
    least = _extreme(runs, np.minimum)
    yield from _of_masks(annotations, ~runs.compressed & (least < 0), "counts", "a run of {least}", least=least)


@rule("R007", "rle-counts-float", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def rle_counts_float(faults: Faults) -> Iterable[Finding]:
    """A run of the mask is not an integer.

    What breaks: pycocotools cuts the fraction off in silence, and the mask no longer fills its size; texts and nulls
    raise TypeError.
    Definition: an element of a list `counts` is no whole number; `12.0` is one.
    Fix: make the mask anew from its source; only a person knows what was meant.
    """
    return faults


@rule("R008", "rle-counts-overflow", Severity.ERROR, impact=3, tasks=MASK_TASKS)
def rle_counts_overflow(annotations: Annotations) -> Iterable[Finding]:
    """A run of the mask is longer than the mask code can hold.

    What breaks: pycocotools raises OverflowError.
    Definition: a number above 2^32 - 1 in a list `counts`.
    Fix: make the mask anew from its source; only a person knows what was meant.
    """
    runs = annotations.runs
    most = _extreme(runs, np.maximum)
    message = "a run of {most} or more, at most 4294967295 fit"
    yield from _of_masks(annotations, ~runs.compressed & (most > 2**32 - 1), "counts", message, most=most)


def _extreme(runs: Runs, function: np.ufunc) -> Any:
    """The least or the greatest run of each mask, 0 where there is none."""
    out = np.zeros(len(runs.length), np.int64)
    filled = runs.length > 0
    if filled.any():
        out[filled] = function.reduceat(runs.counts, runs.start[:-1][filled])
    return out


@rule(
    "R009", "rle-counts-string-invalid", Severity.ERROR,
    requires=["rle-size-type", "rle-size-mismatch", "rle-bytes-repr"], tasks=MASK_TASKS,
)  # fmt: skip
def rle_counts_string_invalid(annotations: Annotations) -> Iterable[Finding]:
    """The compressed runs cannot be decoded, or do not fill the mask.

    What breaks: pycocotools reads garbage: an AP of 0, an evaluation that never ends, or a crash in older releases.
    Definition: a character outside 48..111, a last number that is cut off, a run below 0 after the differences are
    undone, or a sum other than `size[0] * size[1]`.
    Source: `rleFrString` of pycocotools.
    Fix: encode the mask again from its source. A base64 text must be decoded first.
    """
    runs = annotations.runs
    total, pixels = runs.shapes.total, _pixels(runs)
    negative = runs.compressed & (_extreme(runs, np.minimum) < 0)
    off = runs.compressed & (runs.mark == 0) & ~negative & (total != pixels)
    yield from _of_masks(annotations, runs.mark == 1, "counts", "a character that no mask encoder writes")
    yield from _of_masks(annotations, runs.mark == 2, "counts", "the last number is cut off")
    yield from _of_masks(annotations, negative, "counts", "a run has a negative length")
    message = "the runs sum up to {total}, size is {h} x {w} = {pixels:.0f} pixels"
    yield from _of_masks(annotations, off, "counts", message, total=total, h=runs.height, w=runs.width, pixels=pixels)


@rule("R010", "rle-counts-type", Severity.ERROR, tasks=ALL_TASKS)
def rle_counts_type(faults: Faults) -> Iterable[Finding]:
    """The `counts` of the run-length mask are neither a list nor a string.

    What breaks: pycocotools raises TypeError.
    Definition: `counts` is a number, an object, true, false or null.
    Fix: make the mask anew from its source; only a person knows what was meant.
    """
    return faults


@rule("R011", "rle-zero-run-inside", Severity.INFO, impact=4, requires=UNSOUND_SUM, tasks=OBJECT_TASKS, fix=Fix.SAFE)
def rle_zero_run_inside(annotations: Annotations) -> Iterable[Finding]:
    """A run of length 0 stands inside the mask.

    What breaks: `toBbox` of old pycocotools gave wrong boxes for such masks; today nothing does.
    Definition: a 0 in `counts` that is not the first run.
    Fix: join the runs on both sides. Safe: the pixels stay as they are.
    """
    runs = annotations.runs
    inside = np.ones(len(runs.counts), bool)
    inside[runs.start[:-1][runs.length > 0]] = False
    zeros = np.bincount(runs.run_owner[inside & (runs.counts == 0)], minlength=len(runs.length))
    yield from _of_masks(annotations, zeros > 0, "counts", "{zeros} runs of length 0", zeros=zeros)


@rule(
    "R012", "rle-empty", Severity.WARNING, impact=3,
    requires=["rle-size-type", "bbox-degenerate", *UNSOUND_SUM], tasks=OBJECT_TASKS, fix=Fix.UNSAFE,
)  # fmt: skip
def rle_empty(annotations: Annotations) -> Iterable[Finding]:
    """The run-length mask has no pixel.

    What breaks: mask losses become NaN or are divided by zero, and evaluation can never match the object.
    Definition: no run of foreground is longer than 0.
    Fix: take the annotation out, or draw its mask. Unsafe: the object may be real.
    """
    blank = (annotations.runs.mark == 0) & (annotations.runs.shapes.area == 0)
    yield from _of_masks(annotations, blank, "", "the mask has no foreground")


@rule(
    "R013", "rle-row-major", Severity.ERROR, impact=3,
    requires=["rle-size-type", "rle-size-order", "rle-size-mismatch", "bbox-degenerate", *UNSOUND_SUM],
    tasks=OBJECT_TASKS, fix=Fix.UNSAFE,
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
    yield from _of_masks(annotations, suspect & fits & narrow, "counts", message, off=off)


@rule("R014", "rle-bytes-repr", Severity.ERROR, tasks=MASK_TASKS, fix=Fix.SAFE)
def rle_bytes_repr(annotations: Annotations) -> Iterable[Finding]:
    """The compressed runs are wrapped in Python's `b'...'`.

    What breaks: pycocotools decodes the wrapping as runs: garbage, or a crash in older releases.
    Definition: the string `counts` starts with `b'` or `b"`.
    Fix: take the wrapping off; write `counts.decode()` instead of `str(counts)`. Safe: the runs are inside unchanged.
    """
    wrapped = np.array([text.startswith(("b'", 'b"')) for text in annotations.runs.text], bool)
    yield from _of_masks(annotations, wrapped, "counts", "a bytes object was written as text")


@rule("R015", "rle-label-studio", Severity.ERROR, impact=3, requires=["rle-size-type"], tasks=OBJECT_TASKS)
def rle_label_studio(annotations: Annotations) -> Iterable[Finding]:
    """The `counts` are the brush format of Label Studio, not run lengths.

    What breaks: the bytes do not add up to the size of the mask: mask evaluation hangs or reads garbage.
    Definition: `counts` does not add up to `size[0] * size[1]`, holds numbers of 0 to 255 only, and its first four, read
    as one big-endian number, are four times the number of pixels: the length that the brush format begins with.
    Source: `decode_rle` in the brush converter of label-studio-sdk.
    Fix: decode the brush format to a mask and encode that as COCO runs.
    """
    runs = annotations.runs
    bytes_only = ~runs.compressed & (runs.length > 4) & (_extreme(runs, np.minimum) >= 0) & (_extreme(runs, np.maximum) <= 255)
    maybe = np.flatnonzero(bytes_only & (runs.shapes.total != _pixels(runs)))
    head = runs.counts[runs.start[maybe][:, None] + np.arange(4)] @ np.array([2**24, 2**16, 2**8, 1])
    brush = np.zeros(len(runs.length), bool)
    brush[maybe] = head == 4 * _pixels(runs)[maybe]
    yield from _of_masks(annotations, brush, "counts", "bytes of a brush mask, not run lengths")


@rule(
    "R021", "rle-start-length-pairs", Severity.ERROR, impact=3, requires=["rle-size-type", "rle-size-mismatch"],
    tasks=OBJECT_TASKS, fix=Fix.UNSAFE,
)  # fmt: skip
def rle_start_length_pairs(annotations: Annotations, *, tolerance: float = 2.0) -> Iterable[Finding]:
    """The `counts` are pairs of start and length, not runs of background and foreground in turn.

    What breaks: the numbers do not add up to the size of the mask: mask evaluation hangs or reads garbage.
    Definition: the list does not add up to `size[0] * size[1]`; taken in pairs, every start is 1 or more and beyond the end
    of the pair before, and the last pair ends within the mask; and the pixels of the pairs, counted from 1 by columns or by
    rows, have the bounds of the box within 2 px.
    Source: Kaggle's run lengths go by columns, `binary_mask_to_rle` of transformers goes by rows.
    Fix: write the mask as COCO's runs. Unsafe: only the box tells which way the pairs go.
    """
    runs = annotations.runs
    maybe = ~runs.compressed & (runs.length > 0) & (runs.length % 2 == 0) & (runs.shapes.total != _pixels(runs))
    if not maybe.any():
        return
    as_runs, ordered = _runs_of_pairs(runs, maybe)
    x, y, w, h = annotations.bbox[as_runs.owner].T
    by_columns = as_runs.shapes.bounds
    by_rows = replace(as_runs, height=as_runs.width, width=as_runs.height).shapes.bounds[:, [1, 0, 3, 2]]
    with np.errstate(all="ignore"):
        box = np.stack([x, y, x + w, y + h], axis=1)
        off = np.minimum(*(np.abs(bounds - box).max(axis=1, initial=0) for bounds in (by_columns, by_rows)))
    maybe[maybe] = ordered & (off <= tolerance)
    yield from _of_masks(annotations, maybe, "counts", "{count} pairs of start and length", count=runs.length // 2)


def _runs_of_pairs(runs: Runs, chosen: Bools) -> tuple[Runs, Bools]:
    """Read the chosen masks as pairs of start and length; return them as runs, and whether each has its pairs in order."""
    length = runs.length[chosen]
    start, foreground = runs.counts[np.repeat(chosen, runs.length)].reshape(-1, 2).T
    end = start - 1 + foreground
    last = np.cumsum(length // 2) - 1
    first = last - length // 2 + 1
    before = np.concatenate([[0], end])[:-1]
    before[first] = 0
    background = start - 1 - before
    least = (background > 0).astype(int)
    least[first] = background[first] >= 0
    ordered = np.minimum.reduceat(least * (foreground > 0), first) > 0
    counts = np.column_stack([background, foreground]).ravel()
    part = Runs(
        runs.owner[chosen], runs.height[chosen], runs.width[chosen], length, counts,
        runs.compressed[chosen], runs.mark[chosen], [""] * len(length),
    )  # fmt: skip
    return part, ordered & (end[last] <= _pixels(part))
