"""Polygons turned into pixels by the mask code of pycocotools, which is called on sound geometry only."""

from __future__ import annotations

import numpy as np

from cocolint.api import Annotations, Bools, Floats, Ints

MAX_SIDE = 50_000
MAX_OUTLINE = 1_000_000
"""In pixels: the mask code allocates five points for each."""


def pixel_counts(annotations: Annotations, rows: Ints) -> Floats:
    """Return how many pixels the union of the rings of each row covers; NaN where the mask code cannot be trusted with it."""
    out = np.full(len(rows), np.nan)
    if not len(rows):
        return out
    from pycocotools import mask  # imported here: few files need it

    rings = annotations.rings
    safe = _safe_rings(annotations)
    first, stop = np.searchsorted(rings.owner, rows), np.searchsorted(rings.owner, rows, side="right")
    for place, row in enumerate(rows.tolist()):
        chosen = range(first[place], stop[place])
        if chosen and safe[first[place] : stop[place]].all():
            polygons = [rings.values[rings.start[ring] : rings.start[ring + 1]] for ring in chosen]
            runs = mask.frPyObjects(polygons, int(annotations.height[row]), int(annotations.width[row]))
            out[place] = mask.area(mask.merge(runs) if len(runs) > 1 else runs[0])
    return out


def _safe_rings(annotations: Annotations) -> Bools:
    """Which rings the mask code can rasterise without taking all memory or crashing."""
    rings, bounds = annotations.rings, annotations.rings.shapes.bounds
    height, width = annotations.height[rings.owner], annotations.width[rings.owner]
    shaped = (rings.length >= 6) & (rings.length % 2 == 0)
    with np.errstate(all="ignore"):
        sized = (height > 0) & (width > 0) & (height < MAX_SIDE) & (width < MAX_SIDE)
        near = np.abs(bounds).max(axis=1, initial=0) <= 10 * np.fmax(height, width)
        outline_at_most = rings.length / 2 * (bounds[:, 2] - bounds[:, 0] + bounds[:, 3] - bounds[:, 1])
    safe: Bools = shaped & sized & near
    for ring in np.flatnonzero(safe & (outline_at_most > MAX_OUTLINE)):
        points = rings.values[rings.start[ring] : rings.start[ring + 1]].reshape(-1, 2)
        safe[ring] = np.abs(points - np.roll(points, 1, axis=0)).sum() <= MAX_OUTLINE
    return safe
