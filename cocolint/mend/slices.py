"""Stretches of a section, mended here or in several processes, and handed on in order."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.engine.pool import PARALLEL_BYTES
from cocolint.mend.jobs import BY_RECORD, PORTABLE, Job, Stretch
from cocolint.mend.records import Mender
from cocolint.read.slicing import Span
from cocolint.read.source import read_bytes

Tasks = Mapping[Span, list[tuple[int, Job]]]


def mended(mender: Mender, data: Path, original: Path, tasks: Tasks, settings: Settings) -> Iterator[Stretch | None]:
    """Yield what becomes of each stretch in order, None for one in which nothing could be changed.

    Only a few stretches wait in memory for those before them.
    """
    processes = settings.processes
    size = sum(span.stop - span.start for span in tasks)
    if processes == 1 or len(tasks) < 2 or size < PARALLEL_BYTES or not _can_be_sent(tasks):
        yield from (_mended(mender, data, original, span, [job for _, job in jobs]) for span, jobs in tasks.items())
        return
    import multiprocessing  # imported here, as is the next: small files need neither
    from concurrent.futures import Future, ProcessPoolExecutor

    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    arguments = (mender.portable(), data, original, settings.rules_path)
    waiting: deque[Future[Stretch | None]] = deque()
    with ProcessPoolExecutor(min(processes, len(tasks)), context, _start_worker, arguments) as pool:
        for span, jobs in tasks.items():
            waiting.append(pool.submit(_mended_there, span, [job for _, job in jobs]))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


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
    registry.load(rules_path)
    _worker = mender, data, original


def _mended_there(span: Span, jobs: list[Job]) -> Stretch | None:
    return _mended(*_worker, span, jobs)
