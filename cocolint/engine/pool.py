"""Slices of one file, decoded and checked here or in several processes."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec import DecodeError, Struct

from cocolint import compiled
from cocolint.engine import registry
from cocolint.engine.lending import Desks, Sent, desks_for, handed_over
from cocolint.engine.rule import Rule
from cocolint.engine.running import Absent, Options, Pngs, SliceOutcome, check_slice
from cocolint.model import Task
from cocolint.read.columns import Index
from cocolint.read.document import Document, SliceReader
from cocolint.read.ranges import Where
from cocolint.read.remote import Remote
from cocolint.read.slicing import Span, cut_exactly
from cocolint.read.structure import BadCut
from cocolint.workers import processes

if TYPE_CHECKING:
    from concurrent.futures import Executor

PARALLEL_BYTES = 80_000_000 if compiled.kernel else 8_000_000
"""Files from this size on are shared between processes; below it, starting them costs more than they save.

Measured with two processes: with the kernel 60 MB take 1.12 times as long as with one, 100 MB 0.95 times; without it
5 MB take 1.2 times as long, 10 MB 0.87 times."""

_NESTED = frozenset({Task.PANOPTIC, Task.RESULTS_PANOPTIC})
"""Most borders of records in these files are within `segments_info`, and to look at pictures twice would take long."""

Report = Callable[[int], None]


class SliceChecker:
    """Reads a slice of one document and runs rules on it."""

    def __init__(self, reader: SliceReader, rules: list[Rule], options: Options, pngs: Pngs) -> None:
        self._reader = reader
        self._rules = rules
        self._options = options
        self._pngs = pngs

    def __call__(self, span: Span) -> SliceOutcome:
        """Return the outcome of a slice. Raises `BadCut` if it is not whole records."""
        collecting = gc.isenabled()
        gc.disable()
        try:
            table, faults = self._reader.read(span)
            return check_slice(table, faults, self._rules, self._options, self._pngs)
        finally:
            if collecting:
                gc.enable()


class Work(NamedTuple):
    """What a worker is told of a document before it gets slices of it. `key` is another one for each document.

    `rules` are the names of rules, of which some may lie in `folder`. `is_copy` tells that what is read is a temporary copy,
    which is nowhere else. Where there are `desks`, columns of slices are laid there.
    """

    key: str
    reader: SliceReader
    rules: list[str]
    folder: Path | None
    options: Options
    pngs: Pngs
    is_copy: bool
    desks: Desks | None = None


class Workers(Protocol):
    """Who checks the slices of large files."""

    @property
    def is_here(self) -> bool:
        """Whether this process does it alone."""

    def desks(self, where: Where) -> Desks | None:
        """Return desks for columns of slices of what lies there, None where memory cannot be shared."""

    def executor(self, work: Work, most: int) -> AbstractContextManager[Executor]:
        """Return an executor for no more than `most` calls of `check_span`, whose workers call `begin` with the work first.

        Raises `Failure` if they cannot do the work, or are killed.
        """


def work_of(
    reader: SliceReader,
    rules: list[Rule],
    options: Options,
    desks: Desks | None,
    folder: Path | None,
    pngs: Pngs,
    is_copy: bool,
) -> Work:
    """Return what workers are told of a document."""
    return Work(os.urandom(16).hex(), reader, [rule.name for rule in rules], folder, options, pngs, is_copy, desks)


class Processes(Struct, frozen=True):
    """Processes on this machine."""

    count: int

    @property
    def is_here(self) -> bool:
        """Whether there is none but this one."""
        return self.count == 1

    def desks(self, where: Where) -> Desks | None:
        """Return desks where workers are copies of this process."""
        return desks_for(self.count - 1, isinstance(where, Path))

    def executor(self, work: Work, most: int) -> AbstractContextManager[Executor]:
        """Return an executor of so many processes with this one, if it can take part, or of as few as are needed."""
        count = self.count - 1 if work.desks else self.count
        return processes(min(count, most), begin, (work,), forks=isinstance(work.reader.where, Path))


def check_slices(
    document: Document, rules: list[Rule], options: Options, workers: Workers, folder: Path | None, report: Report, pngs: Pngs,
    before: Index | None = None,
) -> list[SliceOutcome]:  # fmt: skip
    """Return one outcome for all slices, none where there are no slices; `report` is called with the bytes done.

    Where the slices lie and which rows they hold is noted in the document. Columns of the file `before` it was mended serve
    again where they are the same. Raises `BadCut` if its layout was a wrong guess,
    and `Failure` if a large file finds no room on disk.
    """
    if len(document.slices) > 1 and document.task in _NESTED:
        document.slices = _between_records(document)
    try:
        outcomes, sizes = _gathered(document, _run(document, rules, options, workers, folder, report, pngs), before)
    except BadCut:
        if not document.is_proved:
            raise
        document.slices = cut_exactly(document.source, document.sections["annotations"])
        outcomes, sizes = _gathered(document, _run(document, rules, options, workers, folder, report, pngs), before)
    document.row_starts = list(accumulate(sizes, initial=0))
    return outcomes


def _gathered(
    document: Document, outcomes: Iterator[SliceOutcome], before: Index | None
) -> tuple[list[SliceOutcome], list[int]]:
    """Return one outcome, if there are slices, and how many rows each slice has."""
    count = len(document.slices)
    if count < 2:
        found = list(outcomes)
        return found, list(map(len, found))
    from cocolint.engine.gathering import gathered  # imported here: small files do without

    whole, sizes = gathered(outcomes, count, before)
    return [whole], sizes


def _between_records(document: Document) -> list[Span]:
    try:
        return cut_exactly(document.source, document.sections["annotations"])
    except (DecodeError, RecursionError) as error:
        raise BadCut from error


def _run(
    document: Document, rules: list[Rule], options: Options, workers: Workers, folder: Path | None, report: Report, pngs: Pngs
) -> Iterator[SliceOutcome]:
    spans = document.slices
    reader = SliceReader.of(document)
    small = document.source.size < PARALLEL_BYTES and isinstance(pngs, Absent)
    if workers.is_here or len(spans) <= 1 or small:
        checker = SliceChecker(reader, rules, options, pngs)
        for span in spans:
            outcome = checker(span)
            yield outcome if len(spans) == 1 else outcome.thinned()
            report(span.stop - span.start)
        return
    work = work_of(reader, rules, options, workers.desks(reader.where), folder, pngs, _is_copy(document))
    with workers.executor(work, len(spans)) as pool:
        for span, outcome in zip(spans, _coming(pool, work, rules, spans), strict=True):
            yield outcome
            report(span.stop - span.start)


def _coming(pool: Executor, work: Work, rules: list[Rule], spans: list[Span]) -> Iterator[SliceOutcome]:
    """Yield the outcome of slices, in order, and note what was counted in the text of a remote file."""
    check = partial(check_span, work.key)
    if work.desks is not None:
        checker = SliceChecker(work.reader, rules, work.options, work.pngs)
        yield from handed_over(pool, check, lambda span: checker(span).thinned(), spans, work.desks)
        return
    for span, sent in zip(spans, pool.map(check, spans, [None] * len(spans)), strict=True):
        if isinstance(work.reader.where, Remote) and sent.tally:
            work.reader.where.tallies[span] = sent.tally
        yield sent.outcome


def _is_copy(document: Document) -> bool:
    source = document.source
    return document.file.mended is not None or (isinstance(source.where, Path) and source.where != source.path)


_checkers: dict[str, tuple[SliceChecker, Where, Desks | None]] = {}


def begin(work: Work) -> None:
    """Take note of what is to be done; called once in each worker."""
    known = registry.load(work.folder)
    checker = SliceChecker(work.reader, [known.get(name) for name in work.rules], work.options, work.pngs)
    _checkers[work.key] = checker, work.reader.where, work.desks


def end(work: Work) -> None:
    """Forget it, in a worker that goes on with something else."""
    _checkers.pop(work.key, None)


def check_span(key: str, span: Span, desk: int | None) -> Sent:
    """Return the outcome of a slice of the document with that key and, of a remote one, what was counted in its text.

    Its columns are laid on the `desk` if there is one.
    """
    checker, where, desks = _checkers[key]
    outcome = checker(Span(*span)).thinned()
    sent = Sent(outcome, where.tallies.pop(span) if isinstance(where, Remote) else None)
    return sent if desks is None or desk is None else desks.laid(desk, sent)
