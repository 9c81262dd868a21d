"""What tables hold, compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import fields

from cocolint.read.columns import Annotations


def same(one: Any, other: Any) -> bool:
    """Whether two values are alike, floats to the bit."""
    if isinstance(one, np.ndarray):
        alike = one.tobytes() == other.tobytes() if one.dtype.kind == "f" else np.array_equal(one, other)
        return bool(one.dtype == other.dtype and one.shape == other.shape and alike)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Struct):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    return type(one) is type(other) and bool(one == other)


def content(table: Annotations) -> list[Any]:
    """Return all that rules may see of a table."""
    shapes = [vars(table.rings.shapes), vars(table.runs.shapes)]
    long = [table.rings, table.runs, table.points, table.segments, table.captions, table.attributes, table.file_name]
    return [table.size, table.keys, table.valid, table.absent, table.category_uses, *long, *shapes]
