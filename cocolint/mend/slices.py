"""Stretches of a section, mended here or in several processes, and handed on in order."""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.engine.following import Following
from cocolint.engine.lending import DESKS, Sent
from cocolint.engine.pool import Work, begin, check_span
from cocolint.mend.jobs import BY_RECORD, PORTABLE, Job, Stretch, Text
from cocolint.mend.records import Mender
from cocolint.model import Mending
from cocolint.read.ranges import read_bytes
from cocolint.read.slicing import Span
from cocolint.read.structure import BadCut
from cocolint.workers import processes

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

PARALLEL_BYTES = 8_000_000
"""Sections from this size on are shared between processes."""
_PIECE = 1 << 16
"""So many bytes are written at once: for more, memory is sought that nobody had before, and to get that takes far longer."""
_BEHIND = 1 << 25
"""So many bytes further on, what had to be written of a file that is read once is on the disk."""
Tasks = Mapping[Span, list[tuple[int, Job]]]
Mended = tuple[Stretch | None, bytes | Text | None]


def mended(
    mender: Mender, data: Path, original: Path, tasks: Tasks, settings: Settings, following: Following | None
) -> Iterator[Mended]:
    """Yield what becomes of each stretch in order, and its text.

    There is no stretch where nothing could be changed, and no text where it is for this process to copy it. Only a few
    stretches wait in memory for those before them. Where several processes mend, `following` takes what comes of the copy.
    """
    count = settings.processes
    sizes = [span.stop - span.start for span, jobs in tasks.items() if jobs]
    if count == 1 or len(sizes) < 2 or sum(sizes) < PARALLEL_BYTES or not _can_be_sent(tasks):
        for span, jobs in tasks.items():
            stretch = _mended(mender, data, original, span, [job for _, job in jobs]) if jobs else None
            yield stretch, stretch.text if stretch else None
        return
    is_replaced = settings.mending is Mending.DONE and settings.out is None
    arguments = (mender.portable(), data, original, is_replaced, settings.rules_path, following.work if following else None)
    with TemporaryDirectory(prefix="cocolint-") as folder, processes(min(count, len(sizes)), _start_worker, arguments) as pool:
        yield from _in_order(tasks, [Path(folder, str(number)) for number in range(DESKS * count)], original, pool, following)


def _in_order(
    tasks: Tasks, files: Sequence[Path], original: Path, pool: Executor, following: Following | None
) -> Iterator[Mended]:
    """Yield what the workers make of each stretch; the texts of as many as there are `files` wait in these."""
    free = deque(range(len(files)))
    coming: deque[tuple[Span, int, Future[tuple[Stretch, int] | None] | None]] = deque()
    laid: deque[Laid] = deque()

    def oldest() -> Mended:
        span, number, future = coming.popleft()
        found = future.result() if future else None
        path, there = (files[number], Span(0, found[1])) if found else (original, span)
        laid.append(Laid(path, there, number, pool, following))
        return found[0] if found else None, laid[-1]

    for span, jobs in tasks.items():
        if 2 * len(coming) >= len(files):
            yield oldest()
        if not free:
            free.append(laid.popleft().settled())
        number = free.popleft()
        future = pool.submit(_mended_there, span, [job for _, job in jobs], files[number]) if jobs else None
        coming.append((span, number, future))
    while coming:
        yield oldest()
    for text in laid:
        text.settled()


class Laid:
    """The text of a stretch in a file, for another process to put where it belongs, and to check it there for `following`.

    Through pipes, and from one process, the texts would be written more slowly than two processes mend them.
    """

    def __init__(self, path: Path, span: Span, number: int, pool: Executor, following: Following | None) -> None:
        self._path = path
        self._span = span
        self._number = number
        self._pool = pool
        self._following = following
        self._place = 0
        self._written: Future[Sent | None] | None = None

    def __len__(self) -> int:
        return self._span.stop - self._span.start

    def put(self, target: Path, offset: int, head: bytes) -> None:
        """Have `head` and the text behind it written to a place in `target`."""
        self._place = offset + len(head)
        key = self._following.work.key if self._following else None
        self._written = self._pool.submit(_put_there, self._path, self._span, target, offset, head, key, self._number)

    def read(self) -> bytes:
        """Return the text."""
        return read_bytes(self._path, *self._span)

    def settled(self) -> int:
        """Return the number of the temporary file and of the desk as soon as neither is needed any more.

        Raises `OSError` if the text could not be written.
        """
        sent = self._written.result() if self._written else None
        if self._written and self._following:
            self._following.take(Span(self._place, self._place + len(self)), self._number, sent)
        return self._number


def _can_be_sent(tasks: Tasks) -> bool:
    """Whether the fixes ask for nothing that only this process has, such as pictures."""
    known = {"record", "field", "fresh_id", *PORTABLE, *BY_RECORD}
    return all(known | {*job.values, *job.constants} >= {*job.fixer.fixtures} for jobs in tasks.values() for _, job in jobs)


def _mended(mender: Mender, data: Path, original: Path, span: Span, jobs: list[Job]) -> Stretch | None:
    text = read_bytes(data, *span)
    return mender.mend(text, text if data == original else read_bytes(original, *span), jobs)


_worker: tuple[Mender, Path, Path]
_is_replaced: bool


def _start_worker(
    mender: Mender, data: Path, original: Path, is_replaced: bool, rules_path: Path | None, work: Work | None
) -> None:
    global _worker, _is_replaced
    gc.disable()  # what is made of a stretch has no circles, and is looked at again and again
    registry.load(rules_path)
    if work:
        begin(work)
    _worker, _is_replaced = (mender, data, original), is_replaced


def _mended_there(span: Span, jobs: list[Job], path: Path) -> tuple[Stretch, int] | None:
    """Mend a stretch and put its text into a file, which is written over again and again; return its length as well."""
    stretch = _mended(*_worker, span, jobs)
    if _is_replaced:
        _let_go(_worker[2], max(0, span.start - _BEHIND), span.stop)
    if stretch is None or not isinstance(stretch.text, bytes):
        return None
    with open(os.open(path, os.O_WRONLY | os.O_CREAT), "wb") as stream:
        stream.write(stretch.text)
    return stretch._replace(text=b""), len(stretch.text)


def _put_there(path: Path, span: Span, target: Path, offset: int, head: bytes, key: str | None, desk: int) -> Sent | None:
    """Write a text behind `head` to a place in `target`; return what comes of the slice of the work `key` that it is there.

    Nothing is returned if no slice is to be checked, or if it is not whole records.
    """
    text = memoryview(head + read_bytes(path, *span))
    with target.open("r+b", buffering=0) as stream:
        stream.seek(offset)
        for start in range(0, len(text), _PIECE):
            stream.write(text[start : start + _PIECE])
    _let_go(target, offset, offset + len(text))
    try:
        return check_span(key, Span(offset + len(head), offset + len(text)), desk) if key else None
    except BadCut:
        return None


def _let_go(path: Path, start: int, stop: int) -> None:
    """Have a part of a file written to the disk, and the memory given back that is taken by what is there already."""
    if sys.platform == "linux":
        with path.open("rb", buffering=0) as stream:
            os.posix_fadvise(stream.fileno(), start, stop - start, os.POSIX_FADV_DONTNEED)
