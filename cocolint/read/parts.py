"""Connected parts of a mask of runs."""

from __future__ import annotations

import numpy as np

from cocolint.model import Ints

LIMIT = 20_000
"""Masks with more runs or columns are not looked at."""


def count_parts(counts: Ints, height: int, width: int) -> int:
    """Return how many parts, joined over edges or corners, a mask of runs has; -1 if the runs are unsound or too many."""
    if not 0 < height <= LIMIT or not 0 < width <= LIMIT or len(counts) > LIMIT:
        return -1
    if np.any(counts < 0) or counts.sum() != height * width:
        return -1
    low, high = _segments(counts, height)
    left = np.searchsorted(high, low + height + 1)
    right = np.searchsorted(low, high + height + 3, side="right")
    links = right - left
    here = np.repeat(np.arange(len(low)), links)
    there = np.arange(len(here)) + np.repeat(left - np.cumsum(links) + links, links)
    return _count_joined(len(low), here, there)


def _segments(counts: Ints, height: int) -> tuple[Ints, Ints]:
    """Cut the foreground runs into columns: where each piece starts and ends, with two free places below each column."""
    stop, length = np.cumsum(counts)[1::2], counts[1::2]
    start, last = (stop - length)[length > 0], (stop - 1)[length > 0]
    pieces = last // height - start // height + 1
    run = np.repeat(np.arange(len(start)), pieces)
    place = np.arange(len(run)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    column = start[run] // height + place
    top = np.where(place == 0, start[run] % height, 0)
    bottom = np.where(place == pieces[run] - 1, last[run] % height, height - 1)
    return column * (height + 2) + top, column * (height + 2) + bottom


def _count_joined(size: int, here: Ints, there: Ints) -> int:
    """Return how many groups `size` things form that are linked pair by pair: the smallest number of a group names it."""
    group = np.arange(size)
    while True:
        lower = np.minimum(group[here], group[there])
        upper = np.maximum(group[here], group[there])
        if np.array_equal(lower, upper):
            return int(np.count_nonzero(group == np.arange(size)))
        np.minimum.at(group, upper, lower)
        while not np.array_equal(group, group[group]):
            group = group[group]
