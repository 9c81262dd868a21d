"""Tables of many small files, put together and folded to bytes: they take little memory, and little time to be sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cocolint.model import Ints
from cocolint.read.columns import NUMBERS_OF_IMAGES, TEXTS_OF_IMAGES, Images, Index, Table

Columns = Mapping[str, npt.NDArray[Any]]


class Folded(Struct, frozen=True):
    """Columns of `size` rows, one after the other.

    `parts` are the name, the type and the shape of a row of each, and whether all its rows are alike, and only one is there.
    """

    size: int
    parts: tuple[tuple[str, str, tuple[int, ...], bool], ...]
    data: bytes

    @classmethod
    def of(cls, tables: Sequence[Columns]) -> Folded:
        """Fold tables of the same columns."""
        parts, data, size = [], [], 0
        for name, first in tables[0].items():
            column = np.concatenate([columns[name] for columns in tables])
            size, text = len(column), column.tobytes()
            row = text[: len(text) // size] if size else b""
            is_constant = text == row * size
            parts.append((name, first.dtype.str, first.shape[1:], is_constant))
            data.append(row if is_constant else text)
        return cls(size, tuple(parts), b"".join(data))

    def columns(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Yield the columns, which can be written to."""
        place = 0
        for name, kind, shape, is_constant in self.parts:
            type_ = np.dtype((kind, shape))
            stop = place + type_.itemsize * (min(self.size, 1) if is_constant else self.size)
            text = self.data[place:stop] * (self.size if is_constant else 1)
            yield name, np.frombuffer(bytearray(text), np.dtype(kind)).reshape(self.size, *shape)
            place = stop


class FoldedTables(Struct, frozen=True, dict=True):
    """The tables of several files, one after the other: their columns, and those that tell whether a field is there.

    `texts` are the columns of images that hold no numbers.
    """

    folded: tuple[Folded, Folded, Folded]
    texts: Mapping[str, list[Any]]

    def of(self, rows: slice) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Return some rows of all columns."""
        keys, valid, absent = ({name: column[rows] for name, column in columns.items()} for columns in self._columns)
        return {**keys, **{name: column[rows] for name, column in self.texts.items()}}, valid, absent

    @cached_property
    def _columns(self) -> list[dict[str, npt.NDArray[Any]]]:
        return [dict(folded.columns()) for folded in self.folded]


class Rows(NamedTuple):
    """Which rows of which of several tables are those of a file."""

    table: int
    start: int
    stop: int


def fold_images(tables: Sequence[Images]) -> tuple[list[FoldedTables], list[Rows]]:
    """Return the images of several files, put together, and which rows are those of each."""
    numbers = [{name: getattr(table, name) for name in NUMBERS_OF_IMAGES} for table in tables]
    return _fold(tables, numbers, (*TEXTS_OF_IMAGES, "video"))


def fold_index(tables: Sequence[Index]) -> tuple[list[FoldedTables], list[Rows]]:
    """Return the key columns of several files, put together, and which rows are those of each."""
    return _fold(tables, [table.keys for table in tables], ())


def _fold(tables: Sequence[Table], keys: Sequence[Columns], texts: Sequence[str]) -> tuple[list[FoldedTables], list[Rows]]:
    alike: dict[object, list[int]] = defaultdict(list)
    for number, (table, columns) in enumerate(zip(tables, keys, strict=True)):
        types = tuple([column.dtype.char for column in columns.values()])
        alike[tuple(columns), types, tuple(table.valid), tuple(table.absent)].append(number)
    found: list[FoldedTables] = []
    rows = [Rows(0, 0, 0)] * len(tables)
    for numbers in alike.values():
        some = [tables[number] for number in numbers]
        starts = accumulate(map(len, some), initial=0)
        for number, table, start in zip(numbers, some, starts, strict=False):
            rows[number] = Rows(len(found), start, start + len(table))
        valid, absent = Folded.of([table.valid for table in some]), Folded.of([table.absent for table in some])
        joined = {name: [value for table in some for value in getattr(table, name)] for name in texts}
        found.append(FoldedTables((Folded.of([keys[number] for number in numbers]), valid, absent), joined))
    return found, rows


class FoldedImages(Images):
    """Images that are unfolded when a column is asked for."""

    def __init__(self, tables: Sequence[FoldedTables], rows: Rows) -> None:
        self.size, self.offset = rows.stop - rows.start, 0
        self._folded, self._rows = tables[rows.table], slice(rows.start, rows.stop)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "id" in self.__dict__:
            raise AttributeError(name)
        super().__init__(*self._folded.of(self._rows), self.size)
        return getattr(self, name)


class FoldedIndex(Index):
    """The key columns of a file that are unfolded when one is asked for."""

    def __init__(self, tables: Sequence[FoldedTables], rows: Rows, images: Images, category_uses: Ints) -> None:
        self.size, self.offset = rows.stop - rows.start, 0
        self._folded, self._rows = tables[rows.table], slice(rows.start, rows.stop)
        self._images, self.category_uses = images, category_uses

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "keys" in self.__dict__:
            raise AttributeError(name)
        super().__init__(*self._folded.of(self._rows), self._images, self.category_uses)
        return getattr(self, name)
