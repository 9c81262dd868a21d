"""The outcomes of the slices of one file, put together as they come; of a large file, the columns wait on disk."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, cast

import numpy as np

from cocolint.engine.running import Column, Columns, Outcome, SliceOutcome, is_constant
from cocolint.failure import Failure
from cocolint.model import Ints

MOST_BYTES = 1 << 28
"""So much memory the columns of all slices may take; where they are more, they are written to temporary files."""
_ROWS_AT_ONCE = 1 << 20
_KINDS = ("keys", "valid", "absent")


def gathered(outcomes: Iterable[SliceOutcome], count: int) -> tuple[list[SliceOutcome], list[int]]:
    """Return the `count` outcomes of a file and how many rows each has. Those of a large file come as a single one, whose
    columns are on disk.

    Raises `Failure` if there is no room on disk.
    """
    kept: list[SliceOutcome] = []
    sizes: list[int] = []
    taken = 0
    shelf: _Shelf | None = None
    for one in outcomes:
        sizes.append(len(one))
        if shelf is None:
            kept.append(one)
            taken += sum(column.nbytes for kind in _KINDS for column in getattr(one, kind).values())
            if taken * count <= MOST_BYTES * len(sizes):  # told ahead: freed memory is not always given back to the system
                continue
            shelf = _Shelf()
            while kept:
                shelf.add(kept.pop(0))
        else:
            shelf.add(one)
    return ([shelf.outcome()] if shelf else kept), sizes


class _Shelf:
    """Takes the outcomes of slices in order, and keeps their columns on disk."""

    def __init__(self) -> None:
        self._size = 0
        self._columns: dict[tuple[str, str], _Pile] = {}
        self._uses: Ints | int = 0
        self._outcome = Outcome()

    def add(self, one: SliceOutcome) -> None:
        self._outcome.add(one.outcome, self._size)
        self._size += len(one)
        self._uses = self._uses + one.category_uses
        if not len(one):
            return
        for kind in _KINDS:
            for name, column in getattr(one, kind).items():
                self._columns.setdefault((kind, name), _Pile(column)).add(column, len(one))

    def outcome(self) -> SliceOutcome:
        columns: dict[str, Columns] = {kind: {} for kind in _KINDS}
        for (kind, name), pile in self._columns.items():
            columns[kind][name] = pile.column()
        uses = cast("Ints", self._uses)
        return SliceOutcome(self._size, columns["keys"], columns["valid"], columns["absent"], uses, self._outcome)


class _Pile:
    """One column: its first row as long as all slices have nothing else, then a file without a name, gone with the program."""

    def __init__(self, column: Column) -> None:
        self._first = column[:1].copy()
        self._size = 0
        self._file: IO[bytes] | None = None

    def add(self, column: Column, size: int) -> None:
        """Take the `size` rows of a slice, of which there is only one if all are the same."""
        same = len(column) == 1 and is_constant(np.concatenate([self._first, column]))
        if self._file is None and not same:
            self._file = _temporary()
            self._write(self._file, self._first, self._size)
        self._size += size
        if self._file is not None:
            self._write(self._file, column, size)

    def column(self) -> Column:
        """Return the column, mapped into memory, or its first row if all are the same."""
        if self._file is None:
            return self._first
        with self._file as file, _room_is_needed():
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, self._first.dtype).reshape(-1, *self._first.shape[1:])

    def _write(self, file: IO[bytes], column: Column, size: int) -> None:
        rows = np.broadcast_to(column, (size, *column.shape[1:])).astype(self._first.dtype, casting="safe", copy=False)
        with _room_is_needed():
            for start in range(0, size, _ROWS_AT_ONCE):
                file.write(np.ascontiguousarray(rows[start : start + _ROWS_AT_ONCE]).data)


def _temporary() -> IO[bytes]:
    import tempfile  # imported here, as below: only large files need it

    with _room_is_needed():
        return cast("IO[bytes]", tempfile.TemporaryFile(prefix="cocolint-"))


@contextmanager
def _room_is_needed() -> Iterator[None]:
    """A context in which a full disk raises `Failure`."""
    try:
        yield
    except OSError as error:
        import tempfile

        where = f"'{tempfile.tempdir}'" if tempfile.tempdir else "a folder for temporary files"
        text = f"to check a file this large takes room in {where}: {error.strerror or error}"
        raise Failure(f"{text}; the environment variable TMPDIR names another folder") from error
