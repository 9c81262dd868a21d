"""Arrays of records, decoded piece by piece: what is made of some hundred kilobytes stays in the cache until it is an array."""

from __future__ import annotations

from array import array as typed
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cocolint import schema as schemas
from cocolint.model import Floats, Ints, Task
from cocolint.read.ragged import floats_of
from cocolint.read.slicing import BORDER

PIECE_BYTES = 1 << 17
"""Objects made of four megabytes at once are fetched from memory again each time they are looked at, and to be freed."""
Column = list[Any] | npt.NDArray[Any]


class Numbers(Struct):
    """Arrays of numbers: the `length` of each, and all `values` one after the other."""

    length: Ints
    values: Floats

    @classmethod
    def of(cls, lists: Sequence[list[float]]) -> Numbers:
        """Return the numbers of all `lists`."""
        flat: list[float] = []
        for one in lists:
            flat += one  # as a block: that takes half the time of a chain
        return cls(np.fromiter(map(len, lists), np.int64, len(lists)), floats_of(flat))

    @classmethod
    def joined(cls, parts: Sequence[Numbers]) -> Numbers:
        """Return the numbers of all `parts`."""
        parts = parts or [cls.of([])]
        return cls(np.concatenate([part.length for part in parts]), np.concatenate([part.values for part in parts]))


class Piece(Struct):
    """Some records: `columns` holds for each field the values of all of them, UNSET where there is none.

    Fields of numbers that all records have are arrays. Polygons and keypoints of annotations are in `rings` and `points`; in
    their place is how many rings, or numbers, there are.
    """

    size: int
    columns: dict[str, Column]
    rings: Numbers
    points: Numbers


class PieceMaker:
    """Makes pieces of the records of one section of files of one task."""

    def __init__(self, task: Task, section: str) -> None:
        self._fields = schemas.record_type(task, section).__struct_fields__
        types = {name: schemas.field_type(task, section, name) for name in self._fields}
        self._converters = {name: _CONVERTERS[kind] for name, kind in types.items() if kind in _CONVERTERS}
        self._has_numbers = section == "annotations"

    def piece(self, records: Sequence[Any]) -> Piece:
        """Return records, which are structs, as a piece."""
        flat = list(chain.from_iterable(map(msgspec.structs.astuple, records)))
        columns: dict[str, Column] = {name: flat[place :: len(self._fields)] for place, name in enumerate(self._fields)}
        polygons = _taken_out(columns, "segmentation") if self._has_numbers else []
        points = _taken_out(columns, "keypoints") if self._has_numbers else []
        for name, convert in self._converters.items():
            with suppress(TypeError, OverflowError):
                columns[name] = convert(columns[name])
        return Piece(len(records), columns, Numbers.of(list(chain.from_iterable(polygons))), Numbers.of(points))


def pieces_of(array: bytes | bytearray) -> Iterator[bytes | bytearray]:
    """Cut a JSON array at places that look like the border of two records, and yield arrays.

    A border may lie within a string or a nested array; then one of its two arrays is no JSON. If all are, they hold the same
    records as the whole.
    """
    if len(array) <= PIECE_BYTES:
        yield array
        return
    start, stop = 1, len(array) - 1
    with memoryview(array) as view:
        while border := BORDER.search(array, start + PIECE_BYTES, stop):
            yield b"".join([b"[", view[start : border.start() + 1], b"]"])
            start = border.end() - 1
        yield b"".join([b"[", view[start:stop], b"]"])


def _taken_out(columns: dict[str, Column], name: str) -> list[Any]:
    """Return the arrays among the values of a field, and leave their lengths in their place."""
    values = columns.get(name, [])
    arrays = [value for value in values if type(value) is list]
    if arrays:
        columns[name] = [len(value) if type(value) is list else value for value in values]
    return arrays


def _integers(values: Sequence[int]) -> Ints:
    return np.array(typed("q", values))


def _numbers(values: Sequence[int]) -> Floats:
    return np.array(typed("d", values))


def _boxes(values: Sequence[list[float]]) -> Floats:
    return Numbers.of(values).values.reshape(-1, 4)


_FOUR = msgspec.Meta(min_length=4, max_length=4)
_CONVERTERS: dict[Any, Callable[[Any], npt.NDArray[Any]]] = {
    int: _integers, Literal[0, 1]: _integers, int | None: _numbers, float: floats_of, Annotated[list[float], _FOUR]: _boxes,
}  # fmt: skip
"""By the type of a field. They raise `TypeError` for UNSET and null, and `OverflowError` for what does not fit into 64 bits."""
