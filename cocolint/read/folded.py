"""Tables folded to bytes: many small files take little memory while they wait, and little time to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cocolint.model import Ints
from cocolint.read.columns import Images, Index, Table

Columns = Mapping[str, npt.NDArray[Any]]
Parts = tuple[tuple[str, str, tuple[int, ...], bool], ...]
"""The name, the type and the shape of a row of each column, and whether all its rows are alike, and only one is there."""

_PARTS: dict[Parts, Parts] = {}


class Folded(Struct, frozen=True):
    """The columns of `size` rows, one after the other."""

    size: int
    parts: Parts
    data: bytes

    @classmethod
    def of(cls, size: int, columns: Columns) -> Folded:
        """Fold columns of equal length."""
        parts, data = [], []
        for name, column in columns.items():
            text = column.tobytes()
            first = text[: len(text) // size] if size else b""
            is_constant = text == first * size
            parts.append((name, column.dtype.str, column.shape[1:], is_constant))
            data.append(first if is_constant else text)
        key = tuple(parts)
        return cls(size, _PARTS.setdefault(key, key), b"".join(data))

    def columns(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Yield the columns, which can be written to."""
        place = 0
        for name, kind, shape, is_constant in self.parts:
            type_ = np.dtype((kind, shape))
            stop = place + type_.itemsize * (min(self.size, 1) if is_constant else self.size)
            text = self.data[place:stop] * (self.size if is_constant else 1)
            yield name, np.frombuffer(bytearray(text), np.dtype(kind)).reshape(self.size, *shape)
            place = stop


def _folded(table: Table, columns: Columns) -> Folded:
    """Fold the columns of a table, and what tells of each field whether it is there."""
    valid = {f"valid {name}": column for name, column in table.valid.items()}
    absent = {f"absent {name}": column for name, column in table.absent.items()}
    return Folded.of(len(table), {**{f"key {name}": column for name, column in columns.items()}, **valid, **absent})


def _unfolded(folded: Folded) -> dict[str, dict[str, npt.NDArray[Any]]]:
    found: dict[str, dict[str, npt.NDArray[Any]]] = {"key": {}, "valid": {}, "absent": {}}
    for name, column in folded.columns():
        kind, _, field = name.partition(" ")
        found[kind][field] = column
    return found


class FoldedImages(Images):
    """Images that are unfolded when a column is asked for."""

    def __init__(self, folded: Folded, texts: Mapping[str, list[Any]]) -> None:
        self.size, self.offset = folded.size, 0
        self._folded, self._texts = folded, texts

    @staticmethod
    def fold(images: Images) -> tuple[Folded, dict[str, list[Any]]]:
        """Return what images are made of."""
        numbers = {name: getattr(images, name) for name in ("id", "width", "height", "license")}
        texts = {name: getattr(images, name) for name in ("file_name", "date_captured", "coco_url", "video")}
        return _folded(images, numbers), texts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "id" in self.__dict__:
            raise AttributeError(name)
        found = _unfolded(self._folded)
        super().__init__({**found["key"], **self._texts}, found["valid"], found["absent"], self.size)
        return getattr(self, name)


class FoldedIndex(Index):
    """The key columns of a file that are unfolded when one is asked for."""

    def __init__(self, folded: Folded, images: Images, category_uses: Ints) -> None:
        self.size, self.offset = folded.size, 0
        self._folded, self._images, self.category_uses = folded, images, category_uses

    @staticmethod
    def fold(index: Index) -> Folded:
        """Return what an index is made of, but for the images and the uses of categories."""
        return _folded(index, index.keys)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "keys" in self.__dict__:
            raise AttributeError(name)
        found = _unfolded(self._folded)
        super().__init__(found["key"], found["valid"], found["absent"], self._images, self.category_uses)
        return getattr(self, name)
