"""Stretches of a section, mended here or in several processes, and handed on in order."""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.mend.jobs import BY_RECORD, PORTABLE, Job, Stretch
from cocolint.mend.records import Mender
from cocolint.read.ranges import read_bytes
from cocolint.read.slicing import Span
from cocolint.workers import processes

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

PARALLEL_BYTES = 8_000_000
"""Sections from this size on are shared between processes."""
Tasks = Mapping[Span, list[tuple[int, Job]]]


def mended(mender: Mender, data: Path, original: Path, tasks: Tasks, settings: Settings) -> Iterator[Stretch | None]:
    """Yield what becomes of each stretch in order, None for one in which nothing could be changed.

    Only a few stretches wait in memory for those before them.
    """
    count = settings.processes
    size = sum(span.stop - span.start for span in tasks)
    if count == 1 or len(tasks) < 2 or size < PARALLEL_BYTES or not _can_be_sent(tasks):
        yield from (_mended(mender, data, original, span, [job for _, job in jobs]) for span, jobs in tasks.items())
        return
    arguments = (mender.portable(), data, original, settings.rules_path)
    with TemporaryDirectory(prefix="cocolint-") as folder, processes(min(count, len(tasks)), _start_worker, arguments) as pool:
        yield from _in_order(tasks, [Path(folder, str(number)) for number in range(4 * count)], pool)


def _in_order(tasks: Tasks, free: list[Path], pool: Executor) -> Iterator[Stretch | None]:
    """Yield what the workers make of each stretch; the texts of as many as there are `free` files wait in these."""
    most = len(free)
    coming: deque[tuple[Path, Future[tuple[Stretch, int] | None]]] = deque()
    laid: deque[Laid] = deque()

    def oldest() -> Stretch | None:
        path, future = coming.popleft()
        found = future.result()
        if found is None:
            free.append(path)
            return None
        laid.append(Laid(path, found[1], pool))
        return found[0]._replace(text=laid[-1])

    for span, jobs in tasks.items():
        if 2 * len(coming) == most:
            yield oldest()
        if not free:
            free.append(laid.popleft().settled())
        path = free.pop()
        coming.append((path, pool.submit(_mended_there, span, [job for _, job in jobs], path)))
    while coming:
        yield oldest()
    for text in laid:
        text.settled()


class Laid:
    """The text of a stretch in a temporary file, for another process to put where it belongs.

    Through pipes, and from one process, the texts would be written more slowly than two processes mend them.
    """

    def __init__(self, path: Path, size: int, pool: Executor) -> None:
        self._path = path
        self._size = size
        self._pool = pool
        self._written: Future[None] | None = None

    def __len__(self) -> int:
        return self._size

    def put(self, target: Path, offset: int, head: bytes) -> None:
        """Have `head` and the text behind it written to a place in `target`."""
        self._written = self._pool.submit(_put_there, self._path, self._size, target, offset, head)

    def read(self) -> bytes:
        """Return the text."""
        return read_bytes(self._path, 0, self._size)

    def settled(self) -> Path:
        """Return the temporary file as soon as it is no longer needed. Raises `OSError` if the text could not be written."""
        if self._written:
            self._written.result()
        return self._path


def _can_be_sent(tasks: Tasks) -> bool:
    """Whether the fixes ask for nothing that only this process has, such as pictures."""
    known = {"record", "field", "fresh_id", *PORTABLE, *BY_RECORD}
    return all(known | {*job.values, *job.constants} >= {*job.fixer.fixtures} for jobs in tasks.values() for _, job in jobs)


def _mended(mender: Mender, data: Path, original: Path, span: Span, jobs: list[Job]) -> Stretch | None:
    text = read_bytes(data, *span)
    return mender.mend(text, text if data == original else read_bytes(original, *span), jobs)


_worker: tuple[Mender, Path, Path]


def _start_worker(mender: Mender, data: Path, original: Path, rules_path: Path | None) -> None:
    global _worker
    gc.disable()  # what is made of a stretch has no circles, and is looked at again and again
    registry.load(rules_path)
    _worker = mender, data, original


def _mended_there(span: Span, jobs: list[Job], path: Path) -> tuple[Stretch, int] | None:
    """Mend a stretch and put its text into a file, which is written over again and again; return its length as well."""
    stretch = _mended(*_worker, span, jobs)
    if stretch is None or not isinstance(stretch.text, bytes):
        return None
    with open(os.open(path, os.O_WRONLY | os.O_CREAT), "wb") as stream:
        stream.write(stretch.text)
    return stretch._replace(text=b""), len(stretch.text)


def _put_there(path: Path, size: int, target: Path, offset: int, head: bytes) -> None:
    with target.open("r+b", buffering=0) as stream:
        stream.seek(offset)
        stream.write(head + read_bytes(path, 0, size))
        if sys.platform == "linux":  # it is on its way to the disk then, and `commit` need not wait for it
            os.posix_fadvise(stream.fileno(), offset, len(head) + size, os.POSIX_FADV_DONTNEED)
