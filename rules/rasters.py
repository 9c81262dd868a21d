"""Polygons whose pixels tell another story than their outline. Only those that by their numbers may do so are rasterised."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import OBJECT_TASKS, Annotations, Bools, Finding, Floats, Ints, Record, Rings, Severity, Stage, rule

from ._raster import pixel_counts, ring_pixel_counts
from .polygons import OTHER_COORDINATES, UNSOUND_RING, UNSOUND_VALUE, of_rings

WIDEST_EMPTY = 1.5
"""In pixels: a strip that wide can hardly lie between the centres of pixels."""


@rule(
    "P015", "mask-empty-raster", Severity.WARNING, impact=3,
    requires=["polygon-zero-area", "bbox-out-of-image", "bbox-negative-origin", "polygon-out-of-image"],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def mask_empty_raster(annotations: Annotations) -> Iterable[Finding]:
    """The polygon covers no pixel.

    What breaks: mask losses become NaN or are divided by zero, and mask evaluation can never match the object.
    Definition: all rings of the annotation together rasterise to no pixel: they are so thin that they pass between the
    centres of pixels. Only masks with less area than an outline 1.5 px wide are looked at.
    Source: `frPyObjects` of pycocotools.
    Fix: take the annotation out, or draw its mask. Unsafe: the object may be real.
    """
    left, top, right, bottom = annotations.mask_bounds.T
    area = annotations.mask_area
    with np.errstate(all="ignore"):
        small = annotations.is_polygon & (area > 0) & (area < 2 * WIDEST_EMPTY * (right - left + bottom - top))
    rows = np.flatnonzero(small)
    rings = annotations.rings
    chosen = small[rings.owner] & (rings.length >= 6) & (rings.length % 2 == 0)
    outline = np.bincount(rings.owner[chosen], _outlines(rings, chosen), len(annotations))
    with np.errstate(all="ignore"):
        rows = rows[area[rows] <= outline[rows] / 2 * WIDEST_EMPTY]
    blank = rows[pixel_counts(annotations, rows) == 0]
    yield from annotations.at(blank, "segmentation", "no pixel in an area of {area:.2g} px²", area=area[blank])


@mask_empty_raster.fix(Stage.DROP, safe=False, drops=True)
def without_pixels(record: Record) -> None:
    """Drop the annotation."""


@rule(
    "P019", "polygon-bowtie-area", Severity.WARNING, impact=3, tasks=OBJECT_TASKS,
    requires=["bbox-degenerate", *OTHER_COORDINATES, *UNSOUND_RING, *UNSOUND_VALUE],
)  # fmt: skip
def polygon_bowtie_area(annotations: Annotations) -> Iterable[Finding]:
    """The loops of a polygon cancel out: its vertices are in the wrong order.

    What breaks: areas by the shoelace formula are far too small, and the mask is a bow-tie instead of the object.
    Definition: the shoelace area of a ring is below half of the pixels that it covers, and by more than half the length of
    its outline.
    Tolerance: half a pixel for each pixel of outline is the most that rasterising can add to a thin shape.
    Source: `frPyObjects` of pycocotools fills between the edges, whatever their direction.
    Fix: draw the polygon anew; only a person knows the order of its points.
    """
    rings = annotations.rings
    area = np.abs(rings.shapes.area)
    suspects = _fills_little(rings, area)
    for corner in (None, 0.0, 0.25, 0.5, 0.75):
        suspects[suspects] = area[suspects] < 0.5 * _fans(rings, suspects, corner)
    outline = _outlines(rings, suspects)
    chosen = np.flatnonzero(suspects)
    pixels = ring_pixel_counts(annotations, chosen)
    with np.errstate(invalid="ignore"):
        suspects[chosen] = (area[chosen] < 0.5 * pixels) & (pixels - area[chosen] > outline / 2)
    covered = np.zeros(len(area))
    covered[chosen] = pixels
    message = "the ring covers {pixels:.0f} pixels, its shoelace area is {area:.1f}"
    yield from of_rings(annotations, suspects, message, pixels=covered, area=area)


def _fills_little(rings: Rings, area: Floats) -> Bools:
    """Which rings have less than half the `area` of the pixels that their bounds touch: no ring covers more than these."""
    left, top, right, bottom = rings.shapes.bounds.T
    with np.errstate(all="ignore"):
        most = (right - left + 1) * (bottom - top + 1)
        little = (area < 0.5 * most) & (most - area > (right - left + bottom - top) / 2) & (most < np.inf)
    mask: Bools = little & (rings.length >= 8) & (rings.length % 2 == 0)
    return mask


def _fans(rings: Rings, chosen: Bools, corner: float | None) -> Floats:
    """The area of the triangles between the edges of each of the chosen rings and one point, all counted as positive.

    The point is that share of the way round, or else the middle of all. No ring encloses more than any of its fans, and most
    simple ones enclose more than half of some.
    """
    x, y, first, following = _points_of(rings, chosen)
    count = rings.length[chosen] // 2
    if corner is None:
        across, down = _sums(x, first) / count, _sums(y, first) / count
    else:
        place = first + (corner * count).astype(np.int64)
        across, down = x[place], y[place]
    x, y = x - np.repeat(across, count), y - np.repeat(down, count)
    return _sums(np.abs(x * y[following] - y * x[following]), first) / 2


def _outlines(rings: Rings, chosen: Bools) -> Floats:
    """How long the outline of each of the chosen rings is."""
    x, y, first, following = _points_of(rings, chosen)
    return _sums(np.hypot(x[following] - x, y[following] - y), first)


def _points_of(rings: Rings, chosen: Bools) -> tuple[Floats, Floats, Ints, Ints]:
    """Return x and y of all points of the chosen rings, the first point of each ring, and the next point of each point."""
    length = rings.length[chosen]
    shift = rings.start[:-1][chosen] - (np.cumsum(length) - length)
    x, y = rings.values[np.repeat(shift, length) + np.arange(length.sum())].reshape(-1, 2).T
    count = length // 2
    first = np.cumsum(count) - count
    following = np.arange(1, len(x) + 1)
    following[first + count - 1] = first
    return x, y, first, following


def _sums(values: Floats, first: Ints) -> Floats:
    sums: Floats = np.add.reduceat(values, first) if len(first) else np.empty(0)
    return sums
