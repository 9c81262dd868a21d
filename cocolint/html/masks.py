"""Run-length masks as small pictures. Runs are taken as they come: nothing here trusts what a file says."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cocolint.html.views import View
from cocolint.model import Bools, Floats, Ints
from cocolint.read.geometry import RunShapes, decode_counts

MOST_RUNS = 1 << 21
LARGEST = 1 << 40
"""In pixels: sums of so many runs of such a length fit into 64 bits."""


class Mask(NamedTuple):
    """Runs down the columns of a mask of `height` and `width` pixels, background first."""

    runs: Ints
    height: int
    width: int

    @property
    def bounds(self) -> Floats | None:
        """Left, top, right and bottom in pixels, None without foreground."""
        found: Floats = RunShapes(self.runs, np.array([len(self.runs)]), np.array([self.height])).bounds[0]
        found = np.minimum(found, [self.width, self.height, self.width, self.height])
        return None if np.isnan(found).any() else found

    def within(self, view: View, columns: int, rows: int) -> Bools:
        """Return whether the mask covers the middle of each of `rows` x `columns` equal fields of the view."""
        x, y = _middles(view, columns, rows)
        inside = ((y >= 0) & (y < self.height))[:, None] & ((x >= 0) & (x < self.width))[None, :]
        ends = np.cumsum(self.runs)
        place = np.searchsorted(ends, x[None, :] * self.height + y[:, None], side="right")
        covered: Bools = inside & (place % 2 == 1) & (place < len(ends))
        return covered


class Pixels(NamedTuple):
    """A mask of one value for each pixel, of the shape height, width."""

    covered: Bools

    @property
    def bounds(self) -> Floats | None:
        """Left, top, right and bottom in pixels, None without foreground."""
        rows, columns = (np.flatnonzero(self.covered.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return None
        return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)

    def within(self, view: View, columns: int, rows: int) -> Bools:
        """Return whether the mask covers the middle of each of `rows` x `columns` equal fields of the view."""
        x, y = _middles(view, columns, rows)
        height, width = self.covered.shape
        inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))[None, :]
        covered: Bools = inside & self.covered[np.clip(y, 0, height - 1)[:, None], np.clip(x, 0, width - 1)[None, :]]
        return covered


def _middles(view: View, columns: int, rows: int) -> tuple[Ints, Ints]:
    """Return the pixels in the middle of equal fields: their columns and their rows."""
    x = np.floor(view.x + (np.arange(columns) + 0.5) * view.width / columns).astype(np.int64)
    y = np.floor(view.y + (np.arange(rows) + 0.5) * view.height / rows).astype(np.int64)
    return x, y


def mask_of(segmentation: Any) -> Mask | None:
    """Return the mask of a `segmentation`, None where it is none that can be drawn.

    Runs that do not fill the mask, or fill more, are taken down its columns as far as they reach.
    """
    if not isinstance(segmentation, dict):
        return None
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(_is_whole(side) and side > 0 for side in size):
        return None
    height, width = int(size[0]), int(size[1])
    if max(height, width) > LARGEST or height * width > LARGEST:
        return None
    if isinstance(counts, str):
        runs, _, marks = decode_counts([counts[: 8 * MOST_RUNS]])
        if marks[0]:
            return None
        counts = runs.tolist()
    if not isinstance(counts, list) or not 0 < len(counts) <= MOST_RUNS or not all(map(_is_whole, counts)):
        return None
    return Mask(np.array([min(int(run), height * width) for run in counts], np.int64), height, width)


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return (isinstance(value, int) and value >= 0) or (isinstance(value, float) and value.is_integer() and value >= 0)
