"""The `counts` of run-length masks: an array of runs of background and foreground in turn, or the same as compressed text."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

import numpy as np
from msgspec.structs import replace

from cocolint.api import ALL_TASKS, OBJECT_TASKS, Annotations, Bools, Faults, Finding, Record, Runs, Severity, Stage, rule

from ._runs import Mask, bounds_of_runs, runs_of, turned, whole, without_empty_runs
from ._shapes import is_box
from .masks import MASK_TASKS, UNSOUND_SUM, extreme, of_masks, pixels_of

_DIGITS = re.compile(r"[0-9]{1,10}")
_BYTES = re.compile(r"""b(['"])(.*)\1""", re.DOTALL)


@rule(
    "R005", "rle-counts-sum", Severity.ERROR, impact=1,
    requires=[
        "rle-size-type", "rle-size-mismatch", "rle-counts-negative", "rle-counts-overflow", "rle-label-studio",
        "rle-start-length-pairs",
    ],
    tasks=MASK_TASKS,
)  # fmt: skip
def rle_counts_sum(annotations: Annotations) -> Iterable[Finding]:
    """The runs of the mask do not add up to its size.

    What breaks: with too many pixels mask evaluation never ends and older pycocotools crash; with too few, `decode`
    returns memory that was never written.
    Definition: the sum of a list `counts` is not `size[0] * size[1]`; sums of compressed strings are
    `rle-counts-string-invalid`.
    Fix: fill up with background, or cut the last runs. Unsafe: the pixels may be shifted all the same. Masks of which no
    foreground would be left have to be made anew.
    """
    runs = annotations.runs
    off = ~runs.compressed & (runs.shapes.total != pixels_of(runs))
    message = "the runs sum up to {total}, size is {h} x {w} = {pixels:.0f} pixels"
    yield from of_masks(
        annotations, off, "counts", message, total=runs.shapes.total, h=runs.height, w=runs.width, pixels=pixels_of(runs)
    )


@rle_counts_sum.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def fill_or_cut(record: Record) -> Record:
    """Let the runs end where the mask ends, unless nothing would be left of it."""
    mask = Mask.of(record)
    counts = mask.fields.get("counts") if mask else None
    if not mask or not isinstance(counts, list):
        return record
    runs: list[int] = []
    left = mask.pixels
    for run in map(whole, counts):
        if run is None:
            return record
        runs.append(min(run, left))
        left -= runs[-1]
    if len(runs) % 2:
        runs[-1] += left
    else:
        runs.append(left)
    return record | {"segmentation": mask.holding(without_empty_runs(runs))} if any(runs[1::2]) else record


@rule("R006", "rle-counts-negative", Severity.ERROR, impact=3, tasks=MASK_TASKS)
def rle_counts_negative(annotations: Annotations) -> Iterable[Finding]:
    """A run of the mask has a negative length.

    What breaks: pycocotools raises OverflowError.
    Definition: a number below 0 in a list `counts`.
    Fix: make the mask anew from its source; only a person knows what was meant.
    """
    runs = annotations.runs
    least = extreme(runs, np.minimum)
    yield from of_masks(annotations, ~runs.compressed & (least < 0), "counts", "a run of {least}", least=least)


@rule("R007", "rle-counts-float", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def rle_counts_float(faults: Faults) -> Iterable[Finding]:
    """A run of the mask is not an integer.

    What breaks: pycocotools cuts the fraction off in silence, and the mask no longer fills its size; texts and nulls
    raise TypeError.
    Definition: an element of a list `counts` is no whole number; `12.0` is one.
    Fix: write numbers in quotes as integers. Safe: the values stay. Of fractions only a person knows what was meant.
    """
    return faults


@rle_counts_float.fix(Stage.CAST, safe=True, writes=["segmentation"])
def cast_counts(record: Record) -> Record:
    """Take the numbers out of their quotes."""
    fields = record.get("segmentation")
    counts = fields.get("counts") if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or not isinstance(counts, list):
        return record
    runs = [int(run) if isinstance(run, str) and _DIGITS.fullmatch(run) else whole(run) for run in counts]
    return record if None in runs else record | {"segmentation": fields | {"counts": runs}}


@rule("R008", "rle-counts-overflow", Severity.ERROR, impact=3, tasks=MASK_TASKS)
def rle_counts_overflow(annotations: Annotations) -> Iterable[Finding]:
    """A run of the mask is longer than the mask code can hold.

    What breaks: pycocotools raises OverflowError.
    Definition: a number above 2^32 - 1 in a list `counts`.
    Fix: make the mask anew from its source; only a person knows what was meant.
    """
    runs = annotations.runs
    most = extreme(runs, np.maximum)
    message = "a run of {most} or more, at most 4294967295 fit"
    yield from of_masks(annotations, ~runs.compressed & (most > 2**32 - 1), "counts", message, most=most)


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
    Fix: take out blanks, write one backslash for two, or decode base64, if then the runs fill the mask. Safe: by chance
    hardly any text does. Otherwise encode the mask again from its source.
    """
    runs = annotations.runs
    total, pixels = runs.shapes.total, pixels_of(runs)
    negative = runs.compressed & (extreme(runs, np.minimum) < 0)
    off = runs.compressed & (runs.mark == 0) & ~negative & (total != pixels)
    yield from of_masks(annotations, runs.mark == 1, "counts", "a character that no mask encoder writes")
    yield from of_masks(annotations, runs.mark == 2, "counts", "the last number is cut off")
    yield from of_masks(annotations, negative, "counts", "a run has a negative length")
    message = "the runs sum up to {total}, size is {h} x {w} = {pixels:.0f} pixels"
    yield from of_masks(annotations, off, "counts", message, total=total, h=runs.height, w=runs.width, pixels=pixels)


@rle_counts_string_invalid.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def unwrap_text(record: Record) -> Record:
    """Take the first reading of the text that fills the mask."""
    return _with_sound(record, _readings)


def _with_sound(record: Record, readings: Callable[[str], Iterable[str]]) -> Record:
    """Return the record with the first of the readings of its text `counts` that fills the mask."""
    mask = Mask.of(record)
    text = mask.fields.get("counts") if mask else None
    if not mask or not isinstance(text, str):
        return record
    sound = next((one for one in readings(text) if runs_of(one, mask.pixels)), text)
    return record | {"segmentation": mask.fields | {"counts": sound}}


def _readings(text: str) -> Iterator[str]:
    """Yield the text without blanks, with single backslashes in the place of two, and as what it stands for in base64."""
    tight = "".join(text.split())
    yield tight
    yield tight.replace(2 * "\\", "\\")
    with suppress(ValueError):
        yield base64.b64decode(tight, validate=True).decode("ascii")


@rule("R010", "rle-counts-type", Severity.ERROR, tasks=ALL_TASKS)
def rle_counts_type(faults: Faults) -> Iterable[Finding]:
    """The `counts` of the run-length mask are neither a list nor a string.

    What breaks: pycocotools raises TypeError.
    Definition: `counts` is a number, an object, true, false or null.
    Fix: make the mask anew from its source; only a person knows what was meant.
    """
    return faults


@rule("R011", "rle-zero-run-inside", Severity.INFO, impact=4, requires=UNSOUND_SUM, tasks=OBJECT_TASKS)
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
    yield from of_masks(annotations, zeros > 0, "counts", "{zeros} runs of length 0", zeros=zeros)


@rle_zero_run_inside.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def join_runs(record: Record) -> Record:
    """Join the runs on both sides."""
    mask = Mask.of(record)
    runs = mask.runs if mask else None
    return record | {"segmentation": mask.holding(without_empty_runs(runs))} if mask and runs else record


@rule("R014", "rle-bytes-repr", Severity.ERROR, tasks=MASK_TASKS)
def rle_bytes_repr(annotations: Annotations) -> Iterable[Finding]:
    """The compressed runs are wrapped in Python's `b'...'`.

    What breaks: pycocotools decodes the wrapping as runs: garbage, or a crash in older releases.
    Definition: the string `counts` starts with `b'` or `b"`.
    Fix: take the wrapping off, if the runs inside fill the mask. Safe: they are inside unchanged. What wrote the file
    should write `counts.decode()` instead of `str(counts)`.
    """
    wrapped = np.array([text.startswith(("b'", 'b"')) for text in annotations.runs.text], bool)
    yield from of_masks(annotations, wrapped, "counts", "a bytes object was written as text")


@rle_bytes_repr.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def unwrap_bytes(record: Record) -> Record:
    """Take the wrapping off, in which two backslashes stand for one."""
    return _with_sound(record, _inside_bytes)


def _inside_bytes(text: str) -> Iterator[str]:
    wrapped = _BYTES.fullmatch(text.rstrip())
    if wrapped:
        yield wrapped[2].replace(2 * "\\", "\\")


@rule("R015", "rle-label-studio", Severity.ERROR, impact=3, requires=["rle-size-type"], tasks=OBJECT_TASKS)
def rle_label_studio(annotations: Annotations) -> Iterable[Finding]:
    """The `counts` are the brush format of Label Studio, not run lengths.

    What breaks: the bytes do not add up to the size of the mask: mask evaluation hangs or reads garbage.
    Definition: `counts` does not add up to `size[0] * size[1]`, holds numbers of 0 to 255 only, and its first four, read
    as one big-endian number, are four times the number of pixels: the length that the brush format begins with.
    Source: `decode_rle` in the brush converter of label-studio-sdk.
    Fix: export again, or decode the masks with label-studio-sdk and encode them as COCO runs. Only a person can.
    """
    runs = annotations.runs
    bytes_only = ~runs.compressed & (runs.length > 4) & (extreme(runs, np.minimum) >= 0) & (extreme(runs, np.maximum) <= 255)
    maybe = np.flatnonzero(bytes_only & (runs.shapes.total != pixels_of(runs)))
    head = runs.counts[runs.start[maybe][:, None] + np.arange(4)] @ np.array([2**24, 2**16, 2**8, 1])
    brush = np.zeros(len(runs.length), bool)
    brush[maybe] = head == 4 * pixels_of(runs)[maybe]
    yield from of_masks(annotations, brush, "counts", "bytes of a brush mask, not run lengths")


@rule(
    "R021", "rle-start-length-pairs", Severity.ERROR, impact=3, requires=["rle-size-type", "rle-size-mismatch"],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def rle_start_length_pairs(annotations: Annotations, *, tolerance: float = 2.0) -> Iterable[Finding]:
    """The `counts` are pairs of start and length, not runs of background and foreground in turn.

    What breaks: the numbers do not add up to the size of the mask: mask evaluation hangs or reads garbage.
    Definition: the list does not add up to `size[0] * size[1]`; taken in pairs, every start is 1 or more and beyond the end
    of the pair before, and the last pair ends within the mask; and the pixels of the pairs, counted from 1 by columns or by
    rows, have the bounds of the box within 2 px.
    Source: Kaggle's run lengths go by columns, `binary_mask_to_rle` of transformers goes by rows.
    Fix: write the mask as COCO's runs, the way that is nearer to the box. Unsafe: only the box tells which way the pairs go.
    """
    runs = annotations.runs
    maybe = ~runs.compressed & (runs.length > 0) & (runs.length % 2 == 0) & (runs.shapes.total != pixels_of(runs))
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
    yield from of_masks(annotations, maybe, "counts", "{count} pairs of start and length", count=runs.length // 2)


@rle_start_length_pairs.fix(Stage.SHAPE, safe=False, reads=["bbox"], writes=["segmentation"])
def write_as_runs(record: Record) -> Record:
    """Read the pairs the way in which they are nearer to the box."""
    mask, bbox = Mask.of(record), record.get("bbox")
    counts = mask.fields.get("counts") if mask else None
    if not mask or not isinstance(counts, list) or not is_box(bbox):
        return record
    runs = _runs_between([run for run in map(whole, counts) if run is not None], mask.pixels)
    if not runs:
        return record
    x, y, w, h = bbox
    down = np.abs(bounds_of_runs(runs, mask.height) - [x, y, x + w, y + h]).max()
    along = np.abs(bounds_of_runs(runs, mask.width) - [y, x, y + h, x + w]).max()
    found = runs if down < along else turned(runs, mask.height, mask.width) if along < down else None
    return record | {"segmentation": mask.holding(found)} if found else record


def _runs_between(pairs: Sequence[int], pixels: int) -> list[int]:
    """Return pairs of start, counted from 1, and length as runs that fill a mask; empty where they overlap or go beyond."""
    runs, end = [], 0
    for start, length in zip(pairs[::2], pairs[1::2], strict=False):
        runs += [start - 1 - end, length]
        end = start - 1 + length
    runs.append(pixels - end)
    return runs if min(runs) >= 0 else []


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
    return part, ordered & (end[last] <= pixels_of(part))
