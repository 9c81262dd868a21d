"""Columns of slices on their way from workers to the first process: in memory that all of them share, not through pipes."""

from __future__ import annotations

import mmap
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from cocolint.engine.running import Columns, SliceOutcome
from cocolint.read.slicing import SLICE_BYTES, Span
from cocolint.read.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future

_SMALL = 1 << 12
"""Columns below this size, in bytes, are sent along."""
_ALIGNED = 64
DESKS = 3
"""For each worker: one that it works at, one that waits for it, and one that is looked at."""
_HELD = 64
"""So many slices that were checked here wait for their turn at the most."""


class Place(NamedTuple):
    """Where a column lies in a desk: the kind and the name of the column, the offset, the type and the shape."""

    kind: str
    name: str
    offset: int
    type: str
    shape: tuple[int, ...]


class Sent(Struct, frozen=True):
    """The outcome of a slice with what was counted in its text; `places` tell of the columns that lie on a desk."""

    outcome: SliceOutcome
    tally: Tally | None
    places: list[Place] = []


class Desks:
    """Memory shared with processes that are copies of this one; each desk holds the columns of one slice at a time."""

    def __init__(self, count: int) -> None:
        self._desks = [mmap.mmap(-1, SLICE_BYTES) for _ in range(count)]

    def __len__(self) -> int:
        return len(self._desks)

    def laid(self, desk: int, sent: Sent) -> Sent:
        """Lay the columns of a slice on a desk, as far as there is room; others go along."""
        places: list[Place] = []
        parts: dict[str, Columns] = {"keys": {}, "valid": {}, "absent": {}}
        end = 0
        for kind, left in parts.items():
            for name, column in getattr(sent.outcome, kind).items():
                start, end_of_it = end, end + column.nbytes
                if column.nbytes < _SMALL or end_of_it > SLICE_BYTES:
                    left[name] = column
                    continue
                there = np.ndarray(column.shape, column.dtype, self._desks[desk], start)
                there[...] = column
                places.append(Place(kind, name, start, column.dtype.str, column.shape))
                end = -(-end_of_it // _ALIGNED) * _ALIGNED
        return Sent(replace(sent.outcome, **parts), sent.tally, places)

    def taken(self, desk: int, sent: Sent) -> SliceOutcome:
        """Return the outcome of a slice with its columns, which stay on the desk."""
        parts = {kind: {**getattr(sent.outcome, kind)} for kind in ("keys", "valid", "absent")}
        for kind, name, offset, type_, shape in sent.places:
            parts[kind][name] = np.ndarray(shape, type_, self._desks[desk], offset)
        return replace(sent.outcome, **parts)


def desks_for(workers: int, forks: bool) -> Desks | None:
    """Return desks for so many workers, None where processes are no copies of this one."""
    return Desks(DESKS * workers) if forks and sys.platform == "linux" else None


def handed_over(
    pool: Executor,
    check: Callable[[Span, int], Sent],
    here: Callable[[Span], SliceOutcome],
    spans: Sequence[Span],
    desks: Desks,
) -> Iterator[SliceOutcome]:
    """Yield what comes of slices, in order. The columns of one are there until the next is asked for.

    While the one that is next is not done, slices are checked `here`.
    """
    free = deque(range(len(desks)))
    coming: deque[tuple[int, Future[Sent]] | SliceOutcome] = deque()
    left = iter(spans)
    try:
        while True:
            while free and (span := next(left, None)):
                coming.append((desk := free.popleft(), pool.submit(check, span, desk)))
            if not coming:
                return
            first = coming[0]
            if isinstance(first, SliceOutcome):
                yield first
            elif first[1].done() or len(coming) >= len(desks) + _HELD or not (span := next(left, None)):
                desk, future = first
                yield desks.taken(desk, future.result())
                free.append(desk)
            else:
                coming.append(here(span))
                continue
            coming.popleft()
    finally:
        for one in coming:
            if isinstance(one, tuple):
                one[1].cancel()
