"""The records of a stretch as bytes: where each of them lies, and the texts of some of their fields."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import msgspec

from cocolint.read.slicing import address

UNSET = msgspec.UNSET
Texts = tuple[bytes | None, ...]
"""The texts of some fields of a record, None where there is none."""

_BLANK = ord(" ")
_BORDER = re.compile(rb"\}\s*,\s*\{")


class Layout:
    """The records of a JSON array, of each of which the fields `names` are looked at.

    `texts` are those of the fields of each record, None for a record that is no object.
    """

    def __init__(self, array: bytes, names: Iterable[str]) -> None:
        self.array = array
        type_ = _type(tuple(names))
        try:
            structs: list[Any] = msgspec.json.decode(array, type=list[type_])  # type: ignore[valid-type]
            broken = []
        except msgspec.DecodeError:
            structs = [_struct_of(raw, type_) for raw in self.raws]
            broken = [row for row, one in enumerate(structs) if one is None]
            for row in broken:
                structs[row] = type_()
        self._width = len(type_.__struct_fields__)
        self._fields = list(chain.from_iterable(map(msgspec.structs.astuple, structs)))
        self.texts: list[Texts | None] = list(self._texts()) if self._width else [()] * len(structs)
        for row in broken:
            self.texts[row] = None

    def __len__(self) -> int:
        return len(self.texts)

    @functools.cached_property
    def _base(self) -> int:
        return address(self.array)

    def _texts(self) -> Iterator[Texts]:
        columns = [self._fields[number :: self._width] for number in range(self._width)]
        return zip(*map(_column, columns), strict=True)

    @functools.cached_property
    def raws(self) -> list[msgspec.Raw]:
        """The texts of the records."""
        return msgspec.json.decode(self.array, type=list[msgspec.Raw])

    @functools.cached_property
    def places(self) -> tuple[list[int], list[int]]:
        """Where the records begin, and where they end."""
        array = self.array
        borders = [match.span() for match in _BORDER.finditer(array)]
        if len(borders) == len(self) - 1 and None not in self.texts:  # each of them is between two records
            starts = [array.index(b"{"), *[stop - 1 for _, stop in borders]]
            return starts, [*[start + 1 for start, _ in borders], array.rindex(b"}") + 1]
        starts = [address(raw) - self._base for raw in self.raws]
        return starts, [start + memoryview(raw).nbytes for start, raw in zip(starts, self.raws, strict=True)]

    def text(self, row: int) -> bytes:
        """Return the text of a record."""
        return self.cut([row])[0]

    def cut(self, rows: Iterable[int]) -> list[bytes]:
        """Return the texts of records."""
        array, (starts, stops) = self.array, self.places
        return [array[starts[row] : stops[row]] for row in rows]

    def ends(self, rows: Iterable[int]) -> list[int]:
        """Return where the last field of objects ends: right behind the brace where there is none."""
        array, (starts, stops) = self.array, self.places
        ends = [(row, stops[row] - 1) for row in rows]
        return [end if array[end - 1] > _BLANK else starts[row] + len(array[starts[row] : end].rstrip()) for row, end in ends]

    def start_of_value(self, row: int, number: int) -> int:
        """Return where the value of a field begins, by the number of the field."""
        return address(self._fields[row * self._width + number]) - self._base


@functools.lru_cache
def _type(names: tuple[str, ...]) -> Any:
    attributes = {f"field_{number}": name for number, name in enumerate(names)}
    types = [(attribute, msgspec.Raw | msgspec.UnsetType, UNSET) for attribute in attributes]
    return msgspec.defstruct("Some", types, rename=attributes, gc=False)


def _struct_of(raw: msgspec.Raw, type_: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=type_)
    except msgspec.DecodeError:
        return None


def _column(values: list[Any]) -> list[bytes | None]:
    if values.count(UNSET) == len(values):
        return [None] * len(values)
    return [None if value is UNSET else bytes(value) for value in values]
