"""Polygons turned into pixels by the mask code of pycocotools, which is called on sound geometry only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cocolint.api import Annotations, Bools, Floats, Ints

MAX_SIDE = 50_000
MAX_OUTLINE = 1_000_000
"""In pixels: the mask code allocates five points for each."""


def pixel_counts(annotations: Annotations, rows: Ints) -> Floats:
    """Return how many pixels the union of the rings of each row covers; NaN where the mask code cannot be trusted with it."""
    out = np.full(len(rows), np.nan)
    owner = annotations.rings.owner
    first, stop = np.searchsorted(owner, rows), np.searchsorted(owner, rows, side="right")
    count = stop - first
    rings = np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    safe = np.zeros(len(owner), bool)
    safe[rings] = are_safe(annotations, rings)
    for place in np.flatnonzero(count):
        chosen = range(first[place], stop[place])
        if safe[chosen.start : chosen.stop].all():
            out[place] = _union_of(annotations, chosen)
    return out


def ring_pixel_counts(annotations: Annotations, rings: Ints) -> Floats:
    """Return how many pixels each of `rings` covers; NaN where the mask code cannot be trusted with it."""
    out = np.full(len(rings), np.nan)
    for place in np.flatnonzero(are_safe(annotations, rings)):
        out[place] = _union_of(annotations, [int(rings[place])])
    return out


def _union_of(annotations: Annotations, chosen: Sequence[int]) -> int:
    from pycocotools import mask  # imported here: few files need it

    rings = annotations.rings
    row = rings.owner[chosen[0]]
    polygons = [rings.values[rings.start[ring] : rings.start[ring + 1]] for ring in chosen]
    runs = mask.frPyObjects(polygons, int(annotations.height[row]), int(annotations.width[row]))
    return int(mask.area(mask.merge(runs) if len(runs) > 1 else runs[0]))


def are_safe(annotations: Annotations, chosen: Ints) -> Bools:
    """Which of the chosen rings the mask code can rasterise without taking all memory or crashing."""
    rings, bounds = annotations.rings, annotations.rings.shapes.bounds[chosen]
    owner, length = rings.owner[chosen], rings.length[chosen]
    height, width = annotations.height[owner], annotations.width[owner]
    shaped = (length >= 6) & (length % 2 == 0)
    with np.errstate(all="ignore"):
        sized = (height > 0) & (width > 0) & (height < MAX_SIDE) & (width < MAX_SIDE)
        near = np.abs(bounds).max(axis=1, initial=0) <= 10 * np.fmax(height, width)
        outline_at_most = length / 2 * (bounds[:, 2] - bounds[:, 0] + bounds[:, 3] - bounds[:, 1])
    safe: Bools = shaped & sized & near
    for place in np.flatnonzero(safe & (outline_at_most > MAX_OUTLINE)):
        ring = chosen[place]
        points = rings.values[rings.start[ring] : rings.start[ring + 1]].reshape(-1, 2)
        safe[place] = np.abs(points - np.roll(points, 1, axis=0)).sum() <= MAX_OUTLINE
    return safe
