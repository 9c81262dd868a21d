"""What annotations hold besides their key columns, which differs in length from one to the next: flat columns."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct

from cocolint.model import Bools, Floats, Ints
from cocolint.read.geometry import RingShapes, RunShapes, starts_of


class Rings(Struct, frozen=True, dict=True):
    """All polygon rings of some annotations, flat.

    `owner` is the annotation's row in its table, `place` the ring's number within the annotation, `length` how many
    numbers it has, `values` all numbers one after the other.
    """

    owner: Ints
    place: Ints
    length: Ints
    values: Floats

    @cached_property
    def shapes(self) -> RingShapes:
        """Bounds (n, 4), signed shoelace area and digest of each ring."""
        return RingShapes(self.values, self.length)

    @cached_property
    def start(self) -> Ints:
        """Where each ring starts in `values`; one more entry for the end."""
        return starts_of(self.length)

    @cached_property
    def value_owner(self) -> Ints:
        """For each number the ring it belongs to."""
        return np.repeat(np.arange(len(self.length)), self.length)


class Runs(Struct, frozen=True, dict=True):
    """All RLE masks of some annotations, flat.

    `owner` is the annotation's row in its table, `height` and `width` are from `size`, `length` counts the runs of each
    mask, `counts` holds all runs. `compressed` tells whether `counts` was a string, `mark` whether that string decodes:
    0 sound, 1 a character out of range, 2 the last number is cut off.
    """

    owner: Ints
    height: Ints
    width: Ints
    length: Ints
    counts: Ints
    compressed: Bools
    mark: Ints
    text: list[str]

    @cached_property
    def shapes(self) -> RunShapes:
        """Foreground area, total and bounds (n, 4) of each mask."""
        return RunShapes(self.counts, self.length, self.height)

    @cached_property
    def start(self) -> Ints:
        """Where each mask starts in `counts`; one more entry for the end."""
        return starts_of(self.length)

    @cached_property
    def run_owner(self) -> Ints:
        """For each run the mask it belongs to."""
        return np.repeat(np.arange(len(self.length)), self.length)


class Points(Struct, frozen=True, dict=True):
    """All keypoints of some annotations, flat: `length` numbers for each annotation in turn, then `values`."""

    length: Ints
    values: Floats

    @cached_property
    def start(self) -> Ints:
        """Where each annotation starts in `values`; one more entry for the end."""
        return starts_of(self.length)

    def triplets(self, rows: Bools) -> tuple[Ints, Ints, Floats]:
        """Return the owner, the number within its owner, and (x, y, v) of every point of `rows` whose length divides by 3."""
        rows = rows & (self.length % 3 == 0)
        chosen = np.flatnonzero(rows)
        owner = np.repeat(chosen, self.length[chosen] // 3)
        flat = self.values[np.repeat(rows, self.length)].reshape(-1, 3)
        first = starts_of(self.length[chosen] // 3)[:-1]
        place = np.arange(len(owner)) - np.repeat(first, self.length[chosen] // 3)
        return owner, place, flat


class Segments(Struct, frozen=True):
    """All panoptic segments of some annotations, flat.

    `owner` is the annotation's row in its table, `place` the segment's number within the annotation. `area`, `iscrowd` and
    `bbox` (n, 4) are -1 and NaN in results, which have none.
    """

    owner: Ints
    place: Ints
    id: Ints
    category_id: Ints
    area: Ints
    iscrowd: Ints
    bbox: Floats


class Details(Struct, frozen=True):
    """What annotations hold besides their key columns.

    `captions` and `file_names` are "" and `attributes` UNSET where there are none.
    """

    rings: Rings
    runs: Runs
    points: Points
    segments: Segments
    captions: list[str]
    attributes: list[Any]
    file_names: list[str]
