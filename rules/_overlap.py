"""How far two masks cover the same pixels, by the mask code of pycocotools, which is called on sound masks only."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from cocolint.api import Annotations, Floats, Ints

from ._raster import MAX_SIDE, are_safe


def mask_overlap(annotations: Annotations, first: Ints, second: Ints) -> Floats:
    """Return the IoU of the masks of each pair of rows; NaN where the mask code cannot be trusted with one, or sizes differ."""
    from pycocotools import mask  # imported here: few files need it

    rings, runs = annotations.rings, annotations.runs
    safe = are_safe(annotations, np.arange(len(rings.owner)))

    @cache
    def encoded(row: int) -> Any:
        """Return the mask of a row as pycocotools holds it, or None."""
        chosen = np.flatnonzero(rings.owner == row)
        height, width = annotations.height[row], annotations.width[row]
        if len(chosen) and safe[chosen].all():
            polygons = [rings.values[rings.start[ring] : rings.start[ring + 1]] for ring in chosen]
            return mask.merge(mask.frPyObjects(polygons, int(height), int(width)))
        for place in np.flatnonzero(runs.owner == row):
            counts = runs.counts[runs.start[place] : runs.start[place + 1]]
            size = [int(runs.height[place]), int(runs.width[place])]
            if 0 < min(size) <= max(size) < MAX_SIDE and counts.min(initial=0) >= 0 and counts.sum() == size[0] * size[1]:
                return mask.frPyObjects({"size": size, "counts": counts.tolist()}, *size)
        return None

    out = np.full(len(first), np.nan)
    for place, pair in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        one, other = map(encoded, pair)
        if one and other and one["size"] == other["size"]:
            out[place] = mask.iou([one], [other], [0]).item()
    return out
