"""Keypoints as they stand in a record, whatever they hold: for fixes, which see one record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cocolint.api import Category, Record

from ._shapes import is_number

CROWDPOSE = "crowdpose"
"""The dialect whose `num_keypoints` is not the number of points with v > 0."""

Point = tuple[float, float, float]


def numbers_of(keypoints: Any) -> list[float]:
    """Return `keypoints` if it is an array of numbers, an empty one otherwise."""
    return keypoints if isinstance(keypoints, list) and all(map(is_number, keypoints)) else []


def triplets_of(keypoints: Any) -> list[Point]:
    """Return x, y and v of each point, nothing where `keypoints` is not made of triplets of numbers."""
    numbers = numbers_of(keypoints)
    return [] if len(numbers) % 3 else list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))


def flattened(keypoints: Any) -> list[float]:
    """Return the numbers of an array of arrays that are equally long, nothing for anything else."""
    points = keypoints if isinstance(keypoints, list) else []
    if len({len(point) if isinstance(point, list) else 0 for point in points}) != 1:
        return []
    flat = [number for point in points if isinstance(point, list) for number in point]
    return numbers_of(flat)


def unlabelled(record: Record, category: Category | None) -> Record:
    """Return the record with zeros for every point of its category, as it is where that names none."""
    names = category.keypoints if category else None
    return record | {"keypoints": [0] * 3 * len(names), "num_keypoints": 0} if names else record


def with_points(record: Record, points: Sequence[Point], dialect: str = CROWDPOSE) -> Record:
    """Return the record with other points, and with their count, if it has one; CrowdPose counts otherwise."""
    if not points:
        return record
    changed = record | {"keypoints": [number for point in points for number in point]}
    return with_count(changed) if "num_keypoints" in record and dialect != CROWDPOSE else changed


def with_count(record: Record) -> Record:
    """Return the record with the number of its labelled points, as it is where `keypoints` is not made of triplets."""
    keypoints = record.get("keypoints")
    points = triplets_of(keypoints)
    return record | {"num_keypoints": sum(v > 0 for _, _, v in points)} if points or keypoints == [] else record
