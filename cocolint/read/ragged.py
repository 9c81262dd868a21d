"""Polygons, runs, keypoints and segments: what differs in length from record to record, as flat columns."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from cocolint.model import Bools, Floats, Ints
from cocolint.read.details import Runs, Segments
from cocolint.read.geometry import decode_counts

FURTHEST = 2**40
"""Integers are kept within this bound, so that sums do not overflow; what lies beyond is no run length or size anyway."""
_PACKED = np.dtype([("mark", "u1"), ("value", ">f8")])
_FLOAT_MARK = 0xCB


def runs_of(segmentations: Sequence[Any], encoded: Bools) -> Runs:
    """Return the runs of those segmentations that are `encoded`."""
    owner = np.flatnonzero(encoded)
    masks = [segmentations[row] for row in owner.tolist()]
    size = _clipped(list(chain.from_iterable(s.size for s in masks))).reshape(-1, 2)
    compressed = np.array([isinstance(s.counts, str) for s in masks], bool)
    plain = [s.counts for s in masks if not isinstance(s.counts, str)]
    lengths = np.zeros(len(masks), np.int64)
    lengths[~compressed] = np.fromiter(map(len, plain), np.int64, len(plain))
    try:
        counts = np.fromiter(chain.from_iterable(plain), np.int64)
    except OverflowError:
        counts = _clipped(list(chain.from_iterable(plain)))
    return joined_runs(owner, size, lengths, counts, compressed, [s.counts for s in masks if isinstance(s.counts, str)])


def joined_runs(owner: Ints, size: Ints, lengths: Ints, counts: Ints, compressed: Bools, texts: Sequence[str]) -> Runs:
    """Join the masks that came as arrays, whose `counts` are known, with the `compressed` ones, whose `texts` are."""
    runs, length, mark = decode_counts(texts)
    marks = np.zeros(len(owner), np.int64)
    lengths[compressed], marks[compressed] = length, mark
    text = [""] * len(owner)
    for place, one in zip(np.flatnonzero(compressed).tolist(), texts, strict=True):
        text[place] = one
    every = np.empty(int(lengths.sum()), np.int64)
    from_text = np.repeat(compressed, lengths)
    every[from_text], every[~from_text] = runs, counts
    return Runs(owner, size[:, 0], size[:, 1], lengths, every, compressed, marks, text)


def segments_of(values: Sequence[Any]) -> Segments:
    """Return the panoptic segments of all rows; UNSET stands for none."""
    lists = [() if value is msgspec.UNSET else value for value in values]
    flat = list(chain.from_iterable(lists))
    count = np.fromiter(map(len, lists), np.int64, len(lists))
    columns: dict[str, Any] = {
        name: _clipped([getattr(segment, name, -1) for segment in flat]) for name in ("id", "category_id", "area", "iscrowd")
    }
    unknown = (np.nan,) * 4
    bbox = np.array([getattr(segment, "bbox", unknown) for segment in flat], np.float64).reshape(-1, 4)
    return Segments(np.repeat(np.arange(len(lists)), count), places(count), bbox=bbox, **columns)


def places(counts: Ints) -> Ints:
    """Return 0, 1, 2 and so on for each of `counts`."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def floats_of(values: list[float]) -> Floats:
    """Convert floats by way of msgpack, where each takes as many bytes: that takes half the time of numpy.

    Raises `TypeError` where there is anything else.
    """
    packed = msgspec.msgpack.encode(values)
    size = len(values) * _PACKED.itemsize
    if len(packed) > size:
        floats = np.frombuffer(packed, _PACKED, offset=len(packed) - size)
        if (floats["mark"] == _FLOAT_MARK).all():
            return floats["value"].astype(np.float64)
    raise TypeError("other values than floats")


def _clipped(values: list[int]) -> Ints:
    try:
        return np.array(array("q", values)).clip(-FURTHEST, FURTHEST)
    except OverflowError:
        return np.array([max(-FURTHEST, min(value, FURTHEST)) for value in values], np.int64)
