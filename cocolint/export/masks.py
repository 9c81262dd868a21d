"""Polygons and run-length masks: checked, measured, and turned into each other.

The mask code of pycocotools hangs or ends the process on unchecked input, so that it only gets what `parsed` let through.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cocolint.export.tally import Loss
from cocolint.failure import Failure
from cocolint.model import Floats, Ints
from cocolint.read.geometry import RingShapes, RunShapes, decode_counts

MOST_PIXELS = 100_000_000
"""Masks of larger images are not converted: one takes as many bytes."""
_MOST_OUTLINE = 1_000_000
"""In pixels: the mask code allocates five points for each."""
_FARTHEST = 10
"""Times the longer side of the image."""

Rle = dict[str, Any]
"""A mask as pycocotools holds it: `size` and `counts` in bytes."""


class Unsound(Exception):
    """A segmentation that no mask can be made of; the message says why."""


class Polygons(NamedTuple):
    """Rings of x and y in turn, each of at least three points."""

    rings: list[Floats]

    def area(self) -> float:
        """Return the sum of the shoelace areas."""
        return float(np.abs(self._shapes().area).sum())

    def bbox(self) -> list[float]:
        """Return x, y, width and height of the bounds."""
        bounds = self._shapes().bounds
        return _box(bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0))

    def _shapes(self) -> RingShapes:
        return RingShapes(np.concatenate(self.rings), np.array([len(ring) for ring in self.rings]))

    def rle(self, height: int, width: int) -> Rle:
        """Return the union of the rings as a mask. Raises `Unsound` where that would take too much time or memory."""
        _check_size(height, width)
        far = _FARTHEST * max(height, width)
        for ring in self.rings:
            points = ring.reshape(-1, 2)
            if np.abs(points).max() > far:
                raise Unsound("a polygon goes far beyond its image")
            if np.abs(points - np.roll(points, 1, axis=0)).sum() > _MOST_OUTLINE:
                raise Unsound("a polygon is too long")
        from pycocotools import mask  # imported here: most exports need none

        found: Rle = mask.merge(mask.frPyObjects([ring.tolist() for ring in self.rings], height, width))
        return found


class Runs(NamedTuple):
    """A mask of runs that sum to its size."""

    counts: Ints
    height: int
    width: int

    def area(self) -> float:
        """Return how many pixels it has."""
        return float(self._shapes().area[0])

    def bbox(self) -> list[float]:
        """Return x, y, width and height of the bounds of its pixels; zeros where it has none."""
        bounds = np.nan_to_num(self._shapes().bounds[0])
        return _box(bounds[:2], bounds[2:])

    def _shapes(self) -> RunShapes:
        return RunShapes(self.counts, np.array([len(self.counts)]), np.array([self.height]))

    def rle(self, height: int, width: int) -> Rle:
        """Return it as pycocotools holds it. Raises `Unsound` if the image has another size."""
        _check_size(height, width)
        if (height, width) != (self.height, self.width):
            raise Unsound("a mask has not the size of its image")
        from pycocotools import mask

        found: Rle = mask.frPyObjects({"size": [height, width], "counts": self.counts.tolist()}, height, width)
        return found


Mask = Polygons | Runs


def _check_size(height: int, width: int) -> None:
    if height <= 0 or width <= 0:
        raise Unsound("the image has no size")
    if height * width > MOST_PIXELS:
        raise Unsound("the image is too large")


def _box(low: Floats, high: Floats) -> list[float]:
    return [round(float(value), 6) for value in (*low, *(high - low))]


def parsed(value: Any) -> Mask | None:
    """Return the mask that a `segmentation` holds, None where it holds nothing. Raises `Unsound`."""
    if value is None or value == [] or value == [[]]:
        return None
    if isinstance(value, dict):
        return _runs(value)
    if not isinstance(value, list):
        raise Unsound("a segmentation is neither an array nor an object")
    return Polygons([_ring(ring) for ring in value])


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _ring(ring: Any) -> Floats:
    if not isinstance(ring, list) or not all(map(is_number, ring)):
        raise Unsound("a polygon is not an array of numbers")
    if len(ring) < 6 or len(ring) % 2:
        raise Unsound("a polygon has not x and y of three points")
    if max(map(abs, ring)) > 1e9:
        raise Unsound("a polygon goes far beyond its image")
    return np.array(ring, float)


def _runs(value: dict[str, Any]) -> Runs:
    size, counts = value.get("size"), value.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int and 0 < side < 2**31 for side in size):
        raise Unsound("a mask has no size")
    if isinstance(counts, str):
        runs, _, marks = decode_counts([counts])
        if marks[0]:
            raise Unsound("the counts of a mask do not decode")
    elif isinstance(counts, list) and all(type(run) is int and 0 <= run < 2**62 for run in counts):
        runs = np.array(counts, np.int64)
    else:
        raise Unsound("the counts of a mask are no numbers")
    if (runs < 0).any() or sum(runs.tolist()) != size[0] * size[1]:
        raise Unsound("the counts of a mask do not sum to its size")
    return Runs(runs, *size)


def runs_of(rle: Rle) -> Rle:
    """Return a mask with its runs as numbers, as it stands in a file."""
    runs, _, _ = decode_counts([rle["counts"].decode()])
    return {"size": [int(side) for side in rle["size"]], "counts": runs.tolist()}


def pixels_of(rle: Rle) -> npt.NDArray[np.uint8]:
    """Return the pixels (height, width) of a mask, 0 or 1."""
    runs, _, _ = decode_counts([rle["counts"].decode()])
    height, width = rle["size"]
    values = np.arange(len(runs), dtype=np.uint8) & 1
    return np.repeat(values, runs).reshape(width, height).T


def pixel_count(rle: Rle) -> int:
    """Return how many pixels a mask has."""
    from pycocotools import mask

    return int(mask.area(rle))


def polygons_of(rle: Rle, loss: Loss) -> tuple[list[list[float]], Rle]:
    """Return rings around the pixels of a mask, along their edges, on a grid of half pixels, and what pixels they cover.

    What differs from the mask is added to `loss`.

    Holes are filled: polygons are a union. Raises `Failure` if OpenCV is not installed.
    """
    from pycocotools import mask

    left, top, width, height = (int(side) for side in mask.toBbox(rle))
    before = int(mask.area(rle))
    loss.masks += 1
    loss.before += before
    if not before:
        return [], rle
    pixels = pixels_of(rle)[top : top + height, left : left + width]
    rings, has_holes = _outlines(pixels, left, top)
    after = mask.merge(mask.frPyObjects(rings, *rle["size"]))
    shared = int(mask.area(mask.merge([rle, after], intersect=True)))
    loss.with_holes += has_holes
    loss.added += int(mask.area(after)) - shared
    loss.lost += before - shared
    return rings, after


def _outlines(pixels: npt.NDArray[np.uint8], left: int, top: int) -> tuple[list[list[float]], bool]:
    """Return the outer rings, and whether there are inner ones.

    OpenCV draws lines through the middle of pixels. So they are painted as their corners: twice as large, so that corners
    of pixels that do not touch stay apart.
    """
    cv2 = _opencv()
    large = np.repeat(np.repeat(pixels, 2, axis=0), 2, axis=1)
    corners = np.zeros((large.shape[0] + 1, large.shape[1] + 1), np.uint8)
    for y in (0, 1):
        for x in (0, 1):
            corners[y : y + large.shape[0], x : x + large.shape[1]] |= large
    contours, order = cv2.findContours(corners, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    is_outer = order[0][:, 3] < 0
    rings = [contour for contour, outer in zip(contours, is_outer, strict=True) if outer]
    return [(ring.reshape(-1, 2) / 2 + (left, top)).ravel().tolist() for ring in rings], not is_outer.all()


def _opencv() -> Any:
    try:
        import cv2
    except ImportError:
        raise Failure("polygons from masks need OpenCV: pip install 'cocolint[export]'") from None
    return cv2
