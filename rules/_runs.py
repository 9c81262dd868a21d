"""Run-length masks as they stand in a record, whatever they hold: for fixes, which see one record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cocolint.api import Bools, Floats, Image, Ints, Record
from cocolint.read.geometry import RunShapes, decode_counts

from ._raster import MAX_OUTLINE, MAX_SIDE
from ._shapes import is_sound_polygon

MOST_PIXELS = 1 << 26
"""Of a mask that is laid out pixel by pixel."""

LONGEST_SIDE = 2**31 - 1
"""In pixels: readers hold it in 32 bits."""


def whole(value: Any) -> int | None:
    """Return a number of 0 or more that is an integer, or a float that equals one; None for anything else."""
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return int(value) if is_whole and not isinstance(value, bool) and value >= 0 else None


def sides_of(size: Any) -> tuple[int, int] | None:
    """Return height and width that `size` says, in pixels; None where it is not two integers above 0."""
    sides = [whole(side) or 0 for side in size] if isinstance(size, list) and len(size) == 2 else [0]
    return (sides[0], sides[1]) if min(sides) > 0 and max(sides) <= LONGEST_SIDE else None


def size_of(image: Image | None) -> tuple[int, int] | None:
    """Return height and width of an image in pixels; None where they are not known or no integers."""
    return None if image is None else sides_of([image.height, image.width])


def runs_of(counts: Any, pixels: int) -> list[int] | None:
    """Return the runs of `counts`, an array or compressed text; None unless they fill so many `pixels`."""
    if isinstance(counts, str):
        values, _, mark = decode_counts([counts])
        counts = [] if mark[0] else values.tolist()
    if not isinstance(counts, list):
        return None
    runs = [run for run in map(whole, counts) if run is not None]
    return runs if len(runs) == len(counts) and sum(runs) == pixels else None


class Mask(NamedTuple):
    """A run-length mask with its `fields` as they stand, and its height and width in pixels."""

    fields: dict[str, Any]
    height: int
    width: int

    @classmethod
    def of(cls, record: Record) -> Mask | None:
        """Return the mask of a record, None where it has none of a sound size."""
        fields = record.get("segmentation")
        size = sides_of(fields.get("size")) if isinstance(fields, dict) else None
        return None if size is None or not isinstance(fields, dict) else cls(fields, *size)

    @property
    def pixels(self) -> int:
        """How many pixels the runs have to fill."""
        return self.height * self.width

    @property
    def runs(self) -> list[int] | None:
        """The runs, None where they do not fill the mask."""
        return runs_of(self.fields.get("counts"), self.pixels)

    def holding(self, runs: Sequence[int]) -> dict[str, Any]:
        """Return the fields with other runs, in the form of those that are there: compressed text, or an array."""
        is_text = isinstance(self.fields["counts"], str)
        return self.fields | {"counts": compressed(runs) if is_text else list(runs)}


def compressed(runs: Sequence[int]) -> str:
    """Return runs as text: 5 bits a character from 48 on, bit 5 for more, signed, a delta from the fourth run on.

    The format is that of the reference implementation's `rleToString`.
    """
    letters = []
    for place, run in enumerate(runs):
        value = run - runs[place - 2] if place > 2 else run
        while True:
            bits, value = value & 31, value >> 5
            is_last = value == (-1 if bits & 16 else 0)
            letters.append(chr(48 + (bits if is_last else bits | 32)))
            if is_last:
                break
    return "".join(letters)


def bounds_of_runs(runs: Sequence[int], height: int) -> Floats:
    """Return left, top, right and bottom of a mask of sound runs in pixels; NaN where it has no foreground."""
    bounds: Floats = RunShapes(np.array(runs, np.int64), np.array([len(runs)]), np.array([height])).bounds[0]
    return bounds


def turned(runs: Sequence[int], height: int, width: int) -> list[int] | None:
    """Return the runs of a mask down its columns, given those along its rows; None where it is too large to lay out."""
    if height * width > MOST_PIXELS:
        return None
    shown = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return _runs_in(shown.reshape(height, width).ravel(order="F"))


def _runs_in(shown: Bools) -> list[int]:
    edges: Ints = np.flatnonzero(shown[1:] != shown[:-1]) + 1
    runs: list[int] = np.diff(edges, prepend=0, append=len(shown)).tolist()
    return [0, *runs] if shown[0] else runs


def without_empty_runs(runs: Sequence[int]) -> list[int]:
    """Return the same mask without runs of length 0, but for a first one of background."""
    joined = list(runs[:1])
    for place, run in enumerate(runs[1:], start=1):
        if not run:
            continue
        if place % 2 == len(joined) % 2:
            joined.append(run)
        else:
            joined[-1] += run
    return joined


def rasterised(segmentation: Any, image: Image | None) -> list[int] | None:
    """Return the runs of the pixels that rings cover in their image.

    None where they cover none, or where the mask code cannot be trusted with them.
    """
    size = size_of(image)
    if size is None or max(size) >= MAX_SIDE or not is_sound_polygon(segmentation):
        return None
    if any(abs(number) > 10 * max(size) for ring in segmentation for number in ring):
        return None
    if sum(map(_outline_of, segmentation)) > MAX_OUTLINE:
        return None
    from pycocotools import mask  # imported here: few files need it

    covered = mask.merge(mask.frPyObjects(segmentation, *size))
    runs = runs_of(covered["counts"].decode("ascii"), size[0] * size[1])
    return runs if runs and any(runs[1::2]) else None


def _outline_of(ring: Sequence[float]) -> float:
    """Return how many steps of a pixel, across or down, lead round a ring."""
    return sum(abs(ring[i] - ring[i - 2]) for i in range(len(ring)))
