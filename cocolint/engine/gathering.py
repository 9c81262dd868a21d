"""The outcomes of the slices of one file, put together as they come; of a large file, the columns wait on disk."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

import numpy as np

from cocolint.engine.running import Column, Columns, Outcome, SliceOutcome
from cocolint.failure import Failure
from cocolint.model import Ints
from cocolint.read.columns import Index
from cocolint.read.pages import pages_of

MOST_BYTES = 1 << 28
"""So much memory the columns of all slices may take; where they are more, they are written to temporary files."""
_ROWS_AT_ONCE = 1 << 20
_ENDLESS = 1 << 40
_KINDS = ("keys", "valid", "absent")


def gathered(outcomes: Iterable[SliceOutcome], count: int, before: Index | None = None) -> tuple[SliceOutcome, list[int]]:
    """Return the `count` outcomes of a file as a single one, and how many rows each has.

    Columns of the file `before` it was mended serve again where they are the same. Raises `Failure` if there is no room on
    disk for those of a large file.
    """
    shelf = Shelf(count, before)
    sizes: list[int] = []
    for one in outcomes:
        sizes.append(len(one))
        shelf.add(one)
    return shelf.outcome(), sizes


class Shelf:
    """Takes the outcomes of `count` slices in order; columns of the file `before` it was mended serve again."""

    def __init__(self, count: int, before: Index | None) -> None:
        self._count = count
        self._before: dict[str, Columns] = {kind: getattr(before, kind) for kind in _KINDS} if before else {}
        self._uses_before = before.category_uses if before else None
        self._seen = 0
        self._taken = 0
        self._size = 0
        self._on_disk = False
        self._columns: dict[tuple[str, str], _Pile] = {}
        self._uses: Ints | int = 0
        self._outcome = Outcome()

    def add(self, one: SliceOutcome) -> None:
        """Take the outcome of the next slice. Raises `Failure` if there is no room on disk."""
        self._outcome.add(one.outcome, self._size)
        self._seen += 1
        self._uses = self._uses + one.category_uses
        self._taken += sum(column.nbytes for kind in _KINDS for column in getattr(one, kind).values())
        if not self._on_disk and self._taken * self._count > MOST_BYTES * self._seen:  # told ahead, before it is taken
            self._on_disk = True
            for pile in self._columns.values():
                pile.to_disk()
        room = (self._size + len(one)) * self._count // self._seen
        for kind in _KINDS:
            for name, column in getattr(one, kind).items():
                if (kind, name) not in self._columns:
                    self._columns[kind, name] = _Pile(column, self._before.get(kind, {}).get(name), self._on_disk)
                self._columns[kind, name].add(column, len(one), room)
        self._size += len(one)

    def outcome(self) -> SliceOutcome:
        """Return the outcomes of all slices as one."""
        columns: dict[str, Columns] = {kind: {} for kind in _KINDS}
        for (kind, name), pile in self._columns.items():
            columns[kind][name] = pile.column()
        uses = cast("Ints", self._uses)
        if self._uses_before is not None and np.array_equal(uses, self._uses_before):
            uses = self._uses_before
        return SliceOutcome(self._size, columns["keys"], columns["valid"], columns["absent"], uses, self._outcome)


class _Pile:
    """One column. As long as it is like another one, it takes no memory: like its first row all over, or like the column of
    the file before it was mended. Then it is an array, or a file without a name, which is gone with the program.
    """

    def __init__(self, first: Column, before: Column | None, on_disk: bool) -> None:
        self._like = [np.broadcast_to(first[:1].copy(), (_ENDLESS if len(first) else 0, *first.shape[1:]))]
        if before is not None and before.dtype == first.dtype and pages_of(before) is None:
            self._like.insert(0, before)
        self._shape = first.dtype, first.shape[1:]
        self._size = 0
        self._rows: Column | None = None
        self._on_disk = on_disk
        self._file: IO[bytes] | None = None

    def add(self, column: Column, size: int, room: int) -> None:
        """Take the `size` rows of a slice, of which there is only one if all are the same; `room` may be needed in all."""
        if self._like:
            like = [one for one in self._like if _is_part(one, self._size, column, size)]
            if not like:
                rows = self._like[0][: self._size]
                self._size = 0
                self._put(rows, len(rows), room)
            self._like = like
        if not self._like:
            self._put(column, size, room)
        else:
            self._size += size

    def to_disk(self) -> None:
        """Keep the rows on disk from now on."""
        self._on_disk = True
        if self._rows is not None:
            rows, self._rows = self._rows[: self._size], None
            self._write(rows, self._size)

    def column(self) -> Column:
        """Return the column; one on disk is mapped into memory."""
        if self._file is not None:
            with self._file as file, _room_is_needed():
                file.flush()
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            kind, shape = self._shape
            return np.frombuffer(mapped, kind).reshape(-1, *shape)
        known = self._like[0] if self._rows is None else self._rows
        return known if len(known) == self._size else known[: self._size]

    def _put(self, column: Column, size: int, room: int) -> None:
        if self._on_disk:
            self._write(column, size)
        else:
            self._rows = _with_room(self._rows, self._size, max(room, self._size + size), *self._shape)
            np.copyto(self._rows[self._size : self._size + size], column, casting="safe")
        self._size += size

    def _write(self, column: Column, size: int) -> None:
        kind, shape = self._shape
        if self._file is None:
            self._file = _temporary()
        rows = np.broadcast_to(column, (size, *shape)).astype(kind, casting="safe", copy=False)
        with _room_is_needed():
            for start in range(0, size, _ROWS_AT_ONCE):
                self._file.write(np.ascontiguousarray(rows[start : start + _ROWS_AT_ONCE]).data)


def _is_part(whole: Column, start: int, part: Column, size: int) -> bool:
    """Whether a column has the bytes of a part of `size` rows from `start` on, of which only one is given if all are alike."""
    there = whole[start : start + size]
    bits = np.dtype(f"u{whole.itemsize}")
    if len(there) < size or part.dtype != whole.dtype:
        return False
    if not whole.strides[0] and len(part) == 1:
        there = there[:1]
    return bool((there.view(bits) == part.view(bits)).all())


def _with_room(rows: Column | None, size: int, room: int, kind: np.dtype[Any], shape: tuple[int, ...]) -> Column:
    """Return an array with room for so many rows, the first `size` of them from `rows`: memory is taken as it fills."""
    if rows is not None and len(rows) >= room:
        return rows
    wider = np.empty((room + room // 8, *shape), kind)
    if rows is not None:
        wider[:size] = rows[:size]
    return wider


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
