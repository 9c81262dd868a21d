"""The records of a stretch as bytes: where each of them lies, and the texts of some of their fields."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from cocolint.read.slicing import address

UNSET = msgspec.UNSET
Texts = tuple[bytes | None, ...]
"""The texts of some fields of a record, None where there is none."""

_BORDER = re.compile(rb"\}\s*,\s*\{")


class Place(NamedTuple):
    """Where a record lies: its first byte, and where its last one ends."""

    start: int
    stop: int


class Layout:
    """The records of a JSON array, of each of which the fields `names` are looked at.

    `texts` are those of the fields of each record, None for a record that is no object.
    """

    def __init__(self, array: bytes, names: Iterable[str]) -> None:
        self.array = array
        type_ = _type(tuple(names))
        try:
            structs: Sequence[Any] = msgspec.json.decode(array, type=list[type_])  # type: ignore[valid-type]
        except msgspec.DecodeError:
            structs = [_struct_of(raw, type_) for raw in self.raws]
        self._width = len(type_.__struct_fields__)
        self._fields = list(chain.from_iterable(map(msgspec.structs.astuple, (one or type_() for one in structs))))
        self.texts: list[Texts | None] = list(self._texts()) if self._width else [()] * len(structs)
        for row, one in enumerate(structs):
            if one is None:
                self.texts[row] = None

    def __len__(self) -> int:
        return len(self.texts)

    def _texts(self) -> Iterator[Texts]:
        columns = [self._fields[number :: self._width] for number in range(self._width)]
        return zip(*map(_column, columns), strict=True)

    @functools.cached_property
    def raws(self) -> list[msgspec.Raw]:
        """The texts of the records."""
        return msgspec.json.decode(self.array, type=list[msgspec.Raw])

    @functools.cached_property
    def places(self) -> list[Place]:
        """Where the records lie."""
        borders = [match.span() for match in _BORDER.finditer(self.array)]
        if len(borders) == len(self.texts) - 1 and None not in self.texts:  # all of them are between two records
            starts = [self.array.index(b"{"), *(stop - 1 for _, stop in borders)]
            stops = [*(start + 1 for start, _ in borders), self.array.rindex(b"}") + 1]
            return list(map(Place, starts, stops))
        base = address(self.array)
        starts = [address(raw) - base for raw in self.raws]
        return [Place(start, start + memoryview(raw).nbytes) for start, raw in zip(starts, self.raws, strict=True)]

    def text(self, row: int) -> bytes:
        """Return the text of a record."""
        start, stop = self.places[row]
        return self.array[start:stop]

    def start_of_value(self, row: int, number: int) -> int:
        """Return where the value of a field begins, by the number of the field."""
        return address(self._fields[row * self._width + number]) - address(self.array)

    def end_inside(self, row: int) -> int:
        """Return where the last field of an object ends, or right behind the brace where there is none."""
        start, stop = self.places[row]
        last = stop - 1
        return last if self.array[last - 1] > ord(" ") else start + len(self.array[start:last].rstrip())


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
