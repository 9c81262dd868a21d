"""Tables of many small files, put together: each file has some of the rows. Folded to bytes they are sent in little time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cocolint.model import Ints
from cocolint.read.build import joined_images
from cocolint.read.columns import COLUMNS_OF_IMAGES, Images, Index

Columns = dict[str, Any]
_MASKS = ("valid", "absent")


class Folded(Struct, frozen=True):
    """Columns of `size` rows, one after the other.

    `parts` are the name, the type and the shape of a row of each, and whether all its rows are alike, and only one is there.
    """

    size: int
    parts: tuple[tuple[str, str, tuple[int, ...], bool], ...]
    data: bytes

    @classmethod
    def of(cls, columns: Mapping[str, npt.NDArray[Any]]) -> Folded:
        """Fold columns of one table."""
        parts, data, size = [], [], 0
        for name, column in columns.items():
            size, text = len(column), column.tobytes()
            row = text[: len(text) // size] if size else b""
            is_constant = text == row * size
            parts.append((name, column.dtype.str, column.shape[1:], is_constant))
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


class Together:
    """Tables of several files, one after the other: the `columns`, and those that tell whether a field is there.

    They are sent folded, and unfolded when one of them is asked for.
    """

    def __init__(self, columns: Columns, valid: Columns, absent: Columns) -> None:
        self.columns, self.valid, self.absent = columns, valid, absent

    @classmethod
    def of(cls, table: Images | Index) -> Together:
        """Return the table of a single file."""
        if isinstance(table, Index):
            return cls(table.keys, table.valid, table.absent)
        return cls({name: getattr(table, name) for name in COLUMNS_OF_IMAGES}, table.valid, table.absent)

    def part(self, rows: slice) -> Together:
        """Return some rows."""
        return Together(
            *({name: column[rows] for name, column in some.items()} for some in (self.columns, self.valid, self.absent))
        )

    def __getstate__(self) -> Any:
        texts = {name: column for name, column in self.columns.items() if not isinstance(column, np.ndarray)}
        numbers = {name: column for name, column in self.columns.items() if name not in texts}
        return texts, [Folded.of(some) for some in (numbers, self.valid, self.absent)]

    def __setstate__(self, state: Any) -> None:
        self._state = state

    def __getattr__(self, name: str) -> Any:
        if name not in ("columns", *_MASKS):
            raise AttributeError(name)
        texts, folded = self.__dict__.pop("_state")
        columns, self.valid, self.absent = (dict(one.columns()) for one in folded)
        self.columns = {**columns, **texts}
        return getattr(self, name)


class _Part:
    """Some rows of tables put together, cut out column by column when they are asked for."""

    together: Together
    rows: slice

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _MASKS:
            value: Any = {field: mask[self.rows] for field, mask in getattr(self.together, name).items()}
        elif name == "keys":
            value = {field: column[self.rows] for field, column in self.together.columns.items()}
        elif name in self.together.columns:
            value = self.together.columns[name][self.rows]
        else:
            raise AttributeError(name)
        setattr(self, name, value)
        return value


class PartOfImages(_Part, Images):
    """The images of a file among those of others."""

    def __init__(self, together: Together, start: int, stop: int) -> None:
        self.size, self.offset = stop - start, 0
        self.together, self.rows = together, slice(start, stop)


class PartOfIndex(_Part, Index):
    """The key columns of a file among those of others."""

    def __init__(self, together: Together, start: int, stop: int, images: Images, category_uses: Ints) -> None:
        self.size, self.offset = stop - start, 0
        self.together, self.rows = together, slice(start, stop)
        self._images, self.category_uses = images, category_uses


Rows = tuple[int, int, int]
"""Which rows are those of a file, and of which of several tables."""


def apart(tables: Sequence[Images | Index]) -> tuple[list[Together], list[Rows]]:
    """Return what tables of files are parts of, and which rows are those of each."""
    found: dict[int, tuple[int, Together]] = {}
    rows = []
    for table in tables:
        together, mine = (
            (table.together, table.rows) if isinstance(table, _Part) else (Together.of(table), slice(0, len(table)))
        )
        number, _ = found.setdefault(id(together), (len(found), together))
        rows.append((number, mine.start, mine.stop))
    return [together for _, together in found.values()], rows


def joined(tables: Sequence[Images]) -> Together:
    """Return the images of several files, one after the other; what is put together so already is not put together again."""
    first, last = tables[0], tables[-1]
    if isinstance(first, PartOfImages) and isinstance(last, PartOfImages) and all(map(_follows, tables, tables[1:])):
        return first.together.part(slice(first.rows.start, last.rows.stop))
    return Together.of(joined_images(tables))


def _follows(one: Images, other: Images) -> bool:
    """Whether the rows of a table follow those of another, in the same tables."""
    return (
        isinstance(one, PartOfImages)
        and isinstance(other, PartOfImages)
        and (one.together, one.rows.stop) == (other.together, other.rows.start)
    )
