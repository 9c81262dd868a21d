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

FLAT = 1e-6
"""In square pixels: what has less area is a line."""

SIDES = (("x", "y", "width", "height"), ("x", "y", "w", "h"), ("left", "top", "width", "height"))
"""The names under which the four numbers stand in objects."""
CORNERS = (("left", "top", "right", "bottom"), ("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"))
"""The names under which two corners stand in objects."""

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+|(?:\.[0-9]+)?[eE][-+]?[0-9]+)?")

Bounds = tuple[float, float, float, float]
Point = tuple[float, ...]


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


def box_meant_by(value: Any) -> list[float] | None:
    """Return the `bbox` that texts, named sides or doubled brackets spell, None if it is not clear."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    return _of_names(value) if isinstance(value, dict) else _as_numbers(value)


def _of_names(bbox: dict[str, Any]) -> list[float] | None:
    """Return the four numbers that stand under names, None if the names or the numbers are not clear."""
    for names in SIDES + CORNERS:
        if bbox.keys() == set(names):
            numbers = _as_numbers([bbox[name] for name in names])
            if numbers is None or names in SIDES:
                return numbers
            x, y, right, bottom = numbers
            return [x, y, round(right - x, 6), round(bottom - y, 6)]
    return None


def _as_numbers(values: Any) -> list[float] | None:
    numbers = [as_number(value) for value in values] if isinstance(values, list) and len(values) == 4 else [None]
    return None if None in numbers else [number for number in numbers if number is not None]


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


def is_line(ring: Sequence[float]) -> bool:
    """Whether all points of a sound ring lie on one line."""
    x, y = ring[0], ring[1]
    steps = [(a - x, b - y) for a, b in zip(ring[::2], ring[1::2], strict=True)]
    across, down = max(steps, key=lambda step: step[0] ** 2 + step[1] ** 2)
    return all(abs(across * b - down * a) < FLAT for a, b in steps)


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
    return round(float(area), 2 if area >= 1 else 6) or float(area)


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


def with_rings(record: Record, rings: list[Any]) -> Record:
    """Return a record with other rings; its `area` follows where it was theirs and they still have one."""
    area, left = area_of(record.get("segmentation")), area_of(rings)
    changed = record | {"segmentation": rings}
    if left is not None and is_same_area(record.get("area"), area):
        changed["area"] = tidy(left)
    return changed


def cut(record: Record, frame: Bounds) -> Record:
    """Return a record with the part of its polygon that lies in a frame; as it is if that has no area."""
    rings = record.get("segmentation")
    parts = [part for ring in rings if (part := _part_of(ring, frame))] if is_sound_polygon(rings) else []
    return with_rings(record, parts) if parts else record


def _part_of(ring: list[float], frame: Bounds) -> list[float]:
    """Return the part of a sound ring that lies in a frame, empty if that has no area."""
    kind = type(ring[0])
    points: list[Point] = list(zip(ring[::2], ring[1::2], strict=True))
    for axis in (0, 1):
        points = _cut(_cut(points, axis, kind(frame[axis]), 1), axis, kind(frame[axis + 2]), -1)
    part = [number for point in points for number in point]
    return part if len(part) >= 6 and abs(ring_area(part)) >= FLAT else []


def _cut(points: list[Point], axis: int, limit: float, side: int) -> list[Point]:
    """Return the part of a closed line that lies on one side of a limit: above it where `side` is 1, below where it is -1."""
    kept: list[Point] = []
    for before, point in zip(points[-1:] + points[:-1], points, strict=True):
        start, stop = side * (before[axis] - limit), side * (point[axis] - limit)
        if (start < 0) != (stop < 0):
            share = start / (start - stop)
            crossing = [a if a == b else round(a + share * (b - a), 2) for a, b in zip(before, point, strict=True)]
            crossing[axis] = limit
            kept.append(tuple(crossing))
        if stop >= 0:
            kept.append(point)
    return [point for place, point in enumerate(kept) if place == 0 or point != kept[place - 1]]


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
