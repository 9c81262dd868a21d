"""The shapes of segmentations and boxes as they stand in a record, whatever they hold: for fixes, which see one record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from cocolint.api import Record
from cocolint.read.geometry import RunShapes, decode_counts

FAR = 1e9
"""No pixel lies that far out; with numbers below it no sum or product overflows."""
LONGEST_SIDE = 2**31 - 1
"""Of a run-length mask, in pixels; readers hold it in 32 bits."""
SAME = 0.01
"""As a share: how far an area may be off another one that it was computed as."""

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+|(?:\.[0-9]+)?[eE][-+]?[0-9]+)?")

Bounds = tuple[float, float, float, float]


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a finite number that can be a coordinate."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -FAR < value < FAR


def as_number(value: Any) -> float | None:
    """Return a number, or the one that a text spells; None for anything else."""
    if isinstance(value, str) and (spelled := NUMBER.fullmatch(value.strip())):
        number = float(spelled[0])
        value = int(number) if spelled[1] is None and abs(number) < FAR else number
    return value if is_number(value) else None


def is_box(bbox: Any) -> TypeGuard[list[float]]:
    """Whether a value is an array of four numbers, the last two above 0."""
    return isinstance(bbox, list) and len(bbox) == 4 and all(map(is_number, bbox)) and bbox[2] > 0 and bbox[3] > 0


def is_sound_ring(ring: Any) -> TypeGuard[list[float]]:
    """Whether a value is an array of an even count of at least 6 numbers."""
    return isinstance(ring, list) and len(ring) >= 6 and len(ring) % 2 == 0 and all(map(is_number, ring))


def is_sound_polygon(segmentation: Any) -> TypeGuard[list[list[float]]]:
    """Whether a segmentation is an array of one or more sound rings."""
    return isinstance(segmentation, list) and bool(segmentation) and all(map(is_sound_ring, segmentation))


def bounds_of(segmentation: Any) -> Bounds | None:
    """Return left, top, right and bottom of a mask in pixels; None where it is not sound or has no foreground."""
    if is_sound_polygon(segmentation):
        numbers = [float(number) for ring in segmentation for number in ring[::2]]
        others = [float(number) for ring in segmentation for number in ring[1::2]]
        return min(numbers), min(others), max(numbers), max(others)
    runs = _runs_of(segmentation)
    if runs is None or np.isnan(runs.bounds).any():
        return None
    left, top, right, bottom = runs.bounds[0].tolist()
    return left, top, right, bottom


def area_of(segmentation: Any) -> float | None:
    """Return the area of a mask in square pixels: the sum of the shoelace areas of its rings, or the foreground of its runs.

    None where it is not sound or covers nothing.
    """
    if is_sound_polygon(segmentation):
        area = sum(abs(ring_area(ring)) for ring in segmentation)
    else:
        runs = _runs_of(segmentation)
        area = 0.0 if runs is None else float(runs.area[0])
    return area if area > 0 else None


def ring_area(ring: Sequence[float]) -> float:
    """Return the signed shoelace area of a sound ring, in square pixels."""
    x, y = ring[::2], ring[1::2]
    return sum(x[i - 1] * y[i] - x[i] * y[i - 1] for i in range(len(x))) / 2


def box_of(segmentation: Any) -> list[float] | None:
    """Return the `bbox` around a mask; None where it is not sound or has no extent."""
    bounds = bounds_of(segmentation)
    return None if bounds is None else box_between(*bounds)


def box_between(left: float, top: float, right: float, bottom: float) -> list[float] | None:
    """Return the `bbox` between two corners, of two decimals where that leaves enough; None where it has no extent."""
    for decimals in (2, 6):
        if min(right - left, bottom - top) >= 10.0 ** (1 - decimals):
            left, top, right, bottom = (round(float(side), decimals) + 0.0 for side in (left, top, right, bottom))
            return [left, top, round(right - left, decimals), round(bottom - top, decimals)]
    return None


def tidy(area: float) -> float:
    """Return an area rounded to two decimals where that leaves enough of it."""
    return round(float(area), 2 if area >= 1 else 6)


def is_same_area(area: Any, other: float | None) -> bool:
    """Whether `area` was computed as the other one."""
    return other is not None and is_number(area) and abs(area - other) <= SAME * other


def with_box(record: Record, bbox: list[float]) -> Record:
    """Return a record with another `bbox`; its `area` follows where it was that of the box and not that of the mask."""
    old, area = record.get("bbox"), record.get("area")
    changed = record | {"bbox": bbox}
    if is_box(old) and is_same_area(area, old[2] * old[3]) and not is_same_area(area, area_of(record.get("segmentation"))):
        product = bbox[2] * bbox[3]
        changed["area"] = product if isinstance(product, int) else tidy(product)
    return changed


def _runs_of(segmentation: Any) -> RunShapes | None:
    """Return what is measured of a run-length mask; None where its runs do not fill its size."""
    if not isinstance(segmentation, dict):
        return None
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(_is_length(side, LONGEST_SIDE) and side for side in size)):
        return None
    total = size[0] * size[1]
    if isinstance(counts, str):
        runs, _, mark = decode_counts([counts])
        counts = [] if mark[0] else runs.tolist()
    if not isinstance(counts, list) or not all(_is_length(run, total) for run in counts) or sum(counts) != total:
        return None
    return RunShapes(np.array(counts, np.int64), np.array([len(counts)]), np.array([size[0]]))


def _is_length(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
