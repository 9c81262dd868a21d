"""Slices of one file, decoded and checked here or in several processes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from msgspec import DecodeError

from cocolint.engine import registry
from cocolint.engine.rule import Rule
from cocolint.engine.running import Absent, Options, Pngs, SliceOutcome, check_slice
from cocolint.model import Task
from cocolint.read.document import Document, SliceReader
from cocolint.read.slicing import Span, cut_exactly
from cocolint.read.structure import BadCut

PARALLEL_BYTES = 8_000_000
"""Files from this size on are shared between processes; below it, starting them costs more than they save.

Measured with two processes: 5 MB take 1.2 times as long as with one, 10 MB 0.87 times, 21 MB 0.78 times."""

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

    def __call__(self, span: Span, known: Path | None = None) -> SliceOutcome:
        """Return the outcome of a slice, whose long fields may be `known`. Raises `BadCut` if it is not whole records."""
        collecting = gc.isenabled()
        gc.disable()
        try:
            table, faults = self._reader.read(span, known)
            return check_slice(table, faults, self._rules, self._options, self._pngs)
        finally:
            if collecting:
                gc.enable()


def check_slices(
    document: Document, rules: list[Rule], options: Options, jobs: int, folder: Path | None, report: Report, pngs: Pngs
) -> list[SliceOutcome]:
    """Return the outcome of every slice in order; `report` is called with the bytes done after each.

    Where the slices lie and which rows they hold is noted in the document. Raises `BadCut` if its layout was a wrong guess.
    """
    if len(document.slices) > 1 and document.task in _NESTED:
        document.slices = _between_records(document)
    try:
        outcomes = list(_run(document, rules, options, jobs, folder, report, pngs))
    except BadCut:
        if not document.is_proved:
            raise
        document.slices = cut_exactly(document.source, document.sections["annotations"])
        outcomes = list(_run(document, rules, options, jobs, folder, report, pngs))
    document.note_kept()
    document.row_starts = list(accumulate(map(len, outcomes), initial=0))
    return outcomes


def _between_records(document: Document) -> list[Span]:
    try:
        return cut_exactly(document.source, document.sections["annotations"])
    except (DecodeError, RecursionError) as error:
        raise BadCut from error


def _run(
    document: Document, rules: list[Rule], options: Options, jobs: int, folder: Path | None, report: Report, pngs: Pngs
) -> Iterator[SliceOutcome]:
    spans = document.slices
    reader = SliceReader.of(document)
    known = [document.kept[span].path if span in document.kept else None for span in spans]
    small = document.source.size < PARALLEL_BYTES and isinstance(pngs, Absent)
    if jobs == 1 or len(spans) == 1 or small:
        checker = SliceChecker(reader, rules, options, pngs)
        for span, long in zip(spans, known, strict=True):
            yield checker(span, long)
            report(span.stop - span.start)
        return
    import multiprocessing  # imported here, as is the next: small files need neither
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    names = [rule.name for rule in rules]
    arguments = (reader, names, folder, options, pngs)
    with ProcessPoolExecutor(min(jobs, len(spans)), context, _start_worker, arguments) as pool:
        for span, outcome in zip(spans, pool.map(_check_span, spans, known), strict=True):
            yield outcome
            report(span.stop - span.start)


_checker: SliceChecker


def _start_worker(reader: SliceReader, names: list[str], folder: Path | None, options: Options, pngs: Pngs) -> None:
    global _checker
    known = registry.load(folder)
    _checker = SliceChecker(reader, [known.get(name) for name in names], options, pngs)


def _check_span(span: Span, known: Path | None) -> SliceOutcome:
    return _checker(span, known)
