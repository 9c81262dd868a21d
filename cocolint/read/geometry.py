"""Bounds and areas of many rings and runs at once, without the C mask code, which hangs or dies on unchecked input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cocolint import compiled
from cocolint.model import Floats, Ints


def starts_of(lengths: Ints) -> Ints:
    """Return where each run of a flat array starts, given how long each is; one more entry for the end."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def distinct(values: Ints) -> Ints:
    """Return the sorted distinct values. Plain `np.unique` imports masked arrays, which cost more than a small file."""
    ordered = np.sort(values, axis=None)
    is_first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]


def median(values: Floats | Ints) -> float:
    """Return the median of one value or more. `np.median` imports masked arrays as well."""
    ordered = np.sort(values)
    return float(ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2


def group_reduce(function: np.ufunc, values: Floats, owners: Ints, size: int, empty: float) -> Floats:
    """Reduce `values` by their sorted `owners` into an array of `size`; owners without values get `empty`."""
    out = np.full(size, empty)
    if len(values):
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        out[owners[firsts]] = function.reduceat(values, firsts)
    return out


class RingShapes:
    """What is measured of each ring: `bounds` (n, 4) as x1, y1, x2, y2; signed `area`; `digest`, a mixed sum.

    Rings shorter than two numbers have NaN bounds and area 0. The last number of an odd ring is left out, as the
    mask code leaves it out.
    """

    def __init__(self, values: Floats, lengths: Ints) -> None:
        count = len(lengths)
        self.bounds = np.full((count, 4), np.nan)
        self.area = np.zeros(count)
        self.digest = np.zeros(count)
        if compiled.kernel is None:
            self._measure(values, lengths)
        else:
            compiled.kernel.measure_rings(values, lengths, self.bounds, self.area, self.digest)

    def _measure(self, values: Floats, lengths: Ints) -> None:
        starts = starts_of(lengths)
        if np.any(lengths % 2):
            keep = np.ones(len(values), bool)
            keep[starts[1:][lengths % 2 == 1] - 1] = False
            values, lengths = values[keep], lengths - lengths % 2
        points = lengths // 2
        full = points > 0
        first = starts_of(points)[:-1][full]
        last = (first + points[full]) - 1
        x, y = values[0::2], values[1::2]
        if not len(first):
            return
        with np.errstate(all="ignore"):
            for column, (function, axis) in enumerate(((np.minimum, x), (np.minimum, y), (np.maximum, x), (np.maximum, y))):
                self.bounds[full, column] = function.reduceat(axis, first)
            forward = x * _next(y, first, last)
            backward = y * _next(x, first, last)
            self.digest[full] = np.add.reduceat(forward, first)
            self.area[full] = np.add.reduceat(forward - backward, first) / 2


def by_owner(shapes: RingShapes, owners: Ints, size: int) -> tuple[Floats, Floats, Floats]:
    """Return the bounds (size, 4) of all rings of each owner, the sum of their areas without signs, and of their digests.

    `owners` ascend. Owners without rings have NaN, and the digest 0.
    """
    bounds, area, digest = np.full((size, 4), np.nan), np.full(size, np.nan), np.zeros(size)
    if compiled.kernel is not None:
        compiled.kernel.gather_rings(owners, shapes.bounds, shapes.area, shapes.digest, bounds, area, digest)
        return bounds, area, digest
    with np.errstate(all="ignore"):
        for column, function in enumerate((np.fmin, np.fmin, np.fmax, np.fmax)):
            bounds[:, column] = group_reduce(function, shapes.bounds[:, column], owners, size, np.nan)
        area = group_reduce(np.add, np.abs(shapes.area), owners, size, np.nan)
        digest = group_reduce(np.add, shapes.digest, owners, size, 0.0)
    return bounds, area, digest


def _next(axis: Floats, first: Ints, last: Ints) -> Floats:
    """Return the coordinate of the next point of each ring, the first point following the last."""
    following = np.empty_like(axis)
    following[:-1] = axis[1:]
    following[last] = axis[first]
    return following


def decode_counts(strings: Sequence[str]) -> tuple[Ints, Ints, Ints]:
    """Decode compressed run lengths: 5 bits a character from 48 on, bit 5 for more, signed, a delta from the third run on.

    Returns all runs in one array, the number of runs of each string, and a mark for each string: 0 sound, 1 a character
    outside 48..111, 2 the last number is cut off. Strings that are not sound have no runs.
    The format is that of the reference implementation's `rleFrString`.
    """
    marks = np.zeros(len(strings), np.int64)
    raw = [text.encode("utf-8", "replace") for text in strings]
    sizes = np.fromiter(map(len, raw), np.int64, len(raw))
    if compiled.kernel is not None:
        runs, counts = np.empty(int(sizes.sum()), np.int64), np.empty(len(raw), np.int64)
        total = compiled.kernel.decode_counts(b"".join(raw), sizes, runs, counts, marks)
        return runs[:total].copy(), counts, marks
    data = np.frombuffer(b"".join(raw), np.uint8).astype(np.int64) - 48
    owner = np.repeat(np.arange(len(raw)), sizes)
    outside = (data < 0) | (data > 63)
    marks[owner[outside]] = 1
    ends = starts_of(sizes)[1:]
    cut = np.zeros(len(raw), bool)
    filled = sizes > 0
    cut[filled] = (data[ends[filled] - 1] & 32) > 0
    marks[cut & (marks == 0)] = 2
    sound = marks[owner] == 0
    data, owner = data[sound], owner[sound]
    stop = (data & 32) == 0
    if not len(data):
        return np.empty(0, np.int64), np.zeros(len(raw), np.int64), marks
    number = np.cumsum(stop) - stop
    first = np.concatenate(([0], np.flatnonzero(stop)[:-1] + 1))
    place = np.arange(len(data)) - first[number]
    runs = np.add.reduceat((data & 31) << np.minimum(5 * place, 60), first)
    last = np.flatnonzero(stop)
    negative = (data[last] & 16) > 0
    runs[negative] -= np.int64(1) << np.minimum(5 * (place[last][negative] + 1), 62)
    counts = np.bincount(owner[last], minlength=len(raw)).astype(np.int64)
    return _undo_deltas(runs, counts), counts, marks


def _undo_deltas(runs: Ints, counts: Ints) -> Ints:
    """Add to each run the run two places before it, from the fourth run of a mask on (the reference: `m > 2`)."""
    place = np.arange(len(runs)) - np.repeat(starts_of(counts)[:-1], counts)
    out = runs.copy()
    owner = np.repeat(np.arange(len(counts)), counts)
    for parity in (0, 1):
        chain = (place % 2 == parity) & (place >= (2 if parity == 0 else 1))
        values, owners = runs[chain], owner[chain]
        if not len(values):
            continue
        sums = np.cumsum(values)
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        before = np.concatenate(([0], sums))[firsts]
        lengths = np.diff(np.append(firsts, len(values)))
        out[chain] = sums - np.repeat(before, lengths)
    return out


class RunShapes:
    """What is measured of each mask of runs: foreground `area`, the `total` of all runs, `bounds` (n, 4), `digest`.

    `bounds` are pixel bounds with exclusive right and bottom, NaN where there is no foreground or no height.
    """

    def __init__(self, counts: Ints, lengths: Ints, heights: Ints) -> None:
        size = len(lengths)
        self.total, self.area, self.digest = np.zeros(size, np.int64), np.zeros(size), np.zeros(size)
        self.bounds = np.full((size, 4), np.nan)
        if compiled.kernel is None:
            self._measure(counts, lengths, heights)
        else:
            heights = np.ascontiguousarray(heights)
            compiled.kernel.measure_runs(counts, lengths, heights, self.total, self.area, self.digest, self.bounds)

    def _measure(self, counts: Ints, lengths: Ints, heights: Ints) -> None:
        size = len(lengths)
        starts = starts_of(lengths)
        owner = np.repeat(np.arange(size), lengths)
        place = np.arange(len(counts)) - starts[:-1][owner]
        sums = np.cumsum(counts)
        before = np.concatenate(([0], sums))
        self.total = before[starts[1:]] - before[starts[:-1]]
        begin = sums - counts - before[starts[:-1]][owner]
        shown = (place % 2 == 1) & (counts > 0) & (heights[owner] > 0)
        owners = owner[shown]
        self.area[:] = np.bincount(owners, counts[shown], size)
        self.digest[:] = np.bincount(owner, counts * (place % 8191 + 1.0), size)
        if not len(owners):
            return
        height = heights[owners]
        top, bottom = begin[shown], begin[shown] + counts[shown] - 1
        left, right = top // height, bottom // height
        spans = left != right
        upper = np.where(spans, 0, top % height)
        lower = np.where(spans, height - 1, bottom % height)
        for column, (function, axis, shift) in enumerate(
            ((np.minimum, left, 0), (np.minimum, upper, 0), (np.maximum, right, 1), (np.maximum, lower, 1))
        ):
            self.bounds[:, column] = group_reduce(function, (axis + shift).astype(float), owners, size, np.nan)
