"""The records of a stretch as bytes: where each of them lies, and the texts of some of their fields."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import ne
from typing import Any, Protocol

import msgspec
import numpy as np

from cocolint import compiled
from cocolint.model import Ints
from cocolint.read.slicing import address

UNSET = msgspec.UNSET
Texts = tuple[bytes | None, ...]
"""The texts of some fields of a record, None where there is none."""

WHOLE, AS_IT_WAS = -2, -1
"""What became of a record that is looked at as a whole, and of one in which nothing changed."""

_BLANK = ord(" ")
_BORDER = re.compile(rb"\}\s*,\s*\{")


class Layout(Protocol):
    """Where the records of a stretch lie, which stand one after the other with commas between them, and some fields."""

    stretch: bytes

    def __len__(self) -> int:
        """Return how many records there are."""

    @property
    def places(self) -> tuple[Ints, Ints]:
        """Where the records begin, and where they end."""

    def text(self, row: int) -> bytes:
        """Return the text of a record."""

    def texts(self, rows: Ints) -> Sequence[Texts | None]:
        """Return the texts of the fields of records, None for a record that is no object."""

    def alike(self, rows: Ints) -> Ints:
        """Return for records which of them is the first whose fields have the same texts; one that is no object is alone."""

    def starts_of_value(self, rows: Ints, number: int) -> Ints:
        """Return where the values of a field begin, which the records have, by the number of the field."""

    def ends(self, rows: Ints) -> Ints:
        """Return where the last field of objects ends: right behind the brace where there is none."""


def layout_of(stretch: bytes, names: Sequence[str]) -> Layout:
    """Return the layout of a stretch, with the fields `names`."""
    if compiled.kernel is not None:
        try:
            return Extents(stretch, names)
        except compiled.kernel.Irregular:
            pass
    return Raws(stretch, names)


class Extents:
    """The layout of regular records, of which the kernel tells where they lie."""

    def __init__(self, stretch: bytes, names: Sequence[str]) -> None:
        assert compiled.kernel is not None
        records, values = compiled.kernel.extents_of(stretch, names)
        self.stretch = stretch
        self.records: Ints = np.frombuffer(records, np.int64).reshape(-1, 3)
        self.values: Ints = np.frombuffer(values, np.int64).reshape(len(self.records), len(names), 2)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def places(self) -> tuple[Ints, Ints]:
        return self.records[:, 0], self.records[:, 1]

    def text(self, row: int) -> bytes:
        start, stop, _ = self.records[row].tolist()
        return self.stretch[start:stop]

    def texts(self, rows: Ints) -> Sequence[Texts | None]:
        return [
            tuple(None if start < 0 else self.stretch[start:stop] for start, stop in extents)
            for extents in self.values[rows].tolist()
        ]

    def alike(self, rows: Ints) -> Ints:
        assert compiled.kernel is not None
        firsts = np.zeros(len(rows), np.int64)
        compiled.kernel.alike(self.stretch, self.values[rows], self.values.shape[1], firsts)
        return firsts

    def starts_of_value(self, rows: Ints, number: int) -> Ints:
        starts: Ints = self.values[rows, number, 0]
        return starts

    def ends(self, rows: Ints) -> Ints:
        ends: Ints = self.records[rows, 2]
        return ends


class Raws:
    """The layout of any records, by the addresses of the texts that msgspec finds in them."""

    def __init__(self, stretch: bytes, names: Iterable[str]) -> None:
        self.stretch = stretch
        self._array = b"[%b]" % stretch
        type_ = _type(tuple(names))
        try:
            structs: list[Any] = msgspec.json.decode(self._array, type=list[type_])  # type: ignore[valid-type]
            broken = []
        except msgspec.DecodeError:
            structs = [_struct_of(raw, type_) for raw in self._raws]
            broken = [row for row, one in enumerate(structs) if one is None]
            for row in broken:
                structs[row] = type_()
        self._width = len(type_.__struct_fields__)
        self._fields = list(chain.from_iterable(map(msgspec.structs.astuple, structs)))
        columns = [_column(self._fields[number :: self._width]) for number in range(self._width)]
        self._texts: list[Texts | None] = list(zip(*columns, strict=True)) if columns else [()] * len(structs)
        for row in broken:
            self._texts[row] = None

    def __len__(self) -> int:
        return len(self._texts)

    @functools.cached_property
    def _base(self) -> int:
        return address(self._array) + 1

    @functools.cached_property
    def _raws(self) -> list[msgspec.Raw]:
        """The texts of the records."""
        return msgspec.json.decode(self._array, type=list[msgspec.Raw])

    @functools.cached_property
    def places(self) -> tuple[Ints, Ints]:
        stretch = self.stretch
        borders = [match.span() for match in _BORDER.finditer(stretch)]
        if len(borders) == len(self) - 1 and None not in self._texts:  # each of them is between two records
            starts = [stretch.index(b"{"), *[stop - 1 for _, stop in borders]]
            return np.array(starts), np.array([*[start + 1 for start, _ in borders], stretch.rindex(b"}") + 1])
        starts = [address(raw) - self._base for raw in self._raws]
        stops = [start + memoryview(raw).nbytes for start, raw in zip(starts, self._raws, strict=True)]
        return np.array(starts, np.int64), np.array(stops, np.int64)

    def text(self, row: int) -> bytes:
        starts, stops = self.places
        return self.stretch[starts[row] : stops[row]]

    def texts(self, rows: Ints) -> Sequence[Texts | None]:
        return [self._texts[row] for row in rows.tolist()]

    def alike(self, rows: Ints) -> Ints:
        firsts: dict[Any, int] = {}
        texts = zip(rows.tolist(), self.texts(rows), strict=True)
        found = [firsts.setdefault(row if text is None else text, place) for place, (row, text) in enumerate(texts)]
        return np.array(found, np.int64)

    def starts_of_value(self, rows: Ints, number: int) -> Ints:
        return np.array([address(self._fields[row * self._width + number]) - self._base for row in rows.tolist()], np.int64)

    def ends(self, rows: Ints) -> Ints:
        stretch, (starts, stops) = self.stretch, self.places
        places = zip(starts[rows].tolist(), (stops[rows] - 1).tolist(), strict=True)
        found = [end if stretch[end - 1] > _BLANK else start + len(stretch[start:end].rstrip()) for start, end in places]
        return np.array(found, np.int64)


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


def is_kept(old: Layout, rows: Ints, new: Layout, kinds: Ints, behind: list[bytes]) -> bool:
    """Whether the records at `rows` are the new ones, but for what was changed in them.

    `kinds` tells for each of them whether it is `AS_IT_WAS`, `WHOLE`, which is not looked at, or which text of `behind` was
    put behind its last field.
    """
    if isinstance(old, Extents) and isinstance(new, Extents):
        assert compiled.kernel is not None
        before, after = (old.stretch, old.records[rows], old.values[rows]), (new.stretch, new.records, new.values)
        return bool(compiled.kernel.first_difference(*before, *after, kinds, behind) < 0)
    places = np.flatnonzero(kinds == AS_IT_WAS)
    return not any(map(ne, map(old.text, rows[places].tolist()), map(new.text, places.tolist())))
