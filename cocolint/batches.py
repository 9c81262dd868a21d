"""Many small files, shared between processes: some at a time, and what comes of them in the order of the files."""

from __future__ import annotations

import gc
import os
import pickle
import time
from collections import defaultdict, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from msgspec import Struct
from msgspec.structs import replace

from cocolint import compiled
from cocolint.checking import FileChecker, NoProgress
from cocolint.engine import joined, registry
from cocolint.engine.pool import Processes
from cocolint.engine.running import NOT_ASKED, Absent, Checked, Options, Outcome, SliceOutcome, facts_of
from cocolint.model import AnnotationFile, Finding, Ints, Task
from cocolint.pictures.files import Pictures
from cocolint.pictures.folders import DiskFolder
from cocolint.pictures.headers import Header
from cocolint.pictures.image_root import Root
from cocolint.read.columns import Categories
from cocolint.read.document import Document, open_document
from cocolint.read.folded import Folded, FoldedImages, FoldedIndex
from cocolint.read.slicing import Span
from cocolint.read.source import SMALL, Source
from cocolint.workers import processes

if TYPE_CHECKING:
    from concurrent.futures import Future

MANY = 150
"""From so many small files on it pays to start processes."""
MOST_FILES = 50
MOST_BYTES = 4_000_000
_AHEAD = 4
"""So many batches for each process are under way, or wait to be taken."""


class Work(NamedTuple):
    """What a worker has to know: files, and the names of the rules, of which some may lie in the folder of the settings."""

    files: Sequence[AnnotationFile]
    rules: list[str]
    options: Options
    settings: Any
    fixtures: Mapping[str, Any]


class Sent(Struct, frozen=True):
    """What came of a file, as a worker sends it: columns are folded, and what many files have in common is there once.

    The parts are those of `Document`, `Index`, `Outcome` and `Pictures`; `categories` are pickled.
    """

    task: Task
    dialect: str
    start: int
    sections: dict[str, Span]
    is_array: bool
    images: Folded
    texts: dict[str, list[Any]]
    categories: bytes
    slices: list[Span]
    is_proved: bool
    info: Mapping[str, Any]
    licenses: Sequence[Any]
    unknown_fields: Mapping[str, Sequence[str]]
    faults: dict[str, list[Finding]]
    index: Folded
    category_uses: Ints
    findings: dict[str, list[Finding]]
    crashes: dict[str, str]
    skipped: dict[str, str]
    pictures: Absent | tuple[Root, list[Header] | None]


class Batch(NamedTuple):
    """What came of some files, None for those that are not shared, and the seconds that rules and steps took."""

    files: list[Sent | None]
    rules: dict[str, float]
    steps: dict[str, float]


def stretches(files: Sequence[AnnotationFile]) -> Iterator[tuple[bool, list[AnnotationFile]]]:
    """Yield the files in stretches, and whether all of one are small and enough to be shared."""
    here: list[AnnotationFile] = []
    were_small = False
    for file in files:
        is_small = _is_small(file)
        if here and is_small != were_small:
            yield were_small and len(here) >= MANY, here
            here = []
        here.append(file)
        were_small = is_small
    if here:
        yield were_small and len(here) >= MANY, here


def _is_small(file: AnnotationFile) -> bool:
    if file.remote or file.archive or file.mended or file.part or not file.display.endswith(".json"):
        return False
    with suppress(OSError):
        return os.stat(file.path).st_size < SMALL
    return True


def shared(files: Sequence[AnnotationFile], alone: FileChecker) -> Generator[Batch]:
    """Yield what comes of small files, batch by batch. Raises `WorkerLost` if a worker is killed."""
    settings = replace(alone.settings, jobs=1)
    work = Work(files, [rule.name for rule in alone.rules], alone.options, settings, alone.fixtures)
    count = min(alone.settings.processes, -(-len(files) // MOST_FILES))
    with processes(count, _start, (work,)) as pool:
        waiting: deque[Future[Batch]] = deque()
        try:
            for batch in _batches(files):
                waiting.append(pool.submit(_in_worker, batch))
                if len(waiting) > _AHEAD * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _batches(files: Sequence[AnnotationFile]) -> Iterator[range]:
    start = 0
    size = 0
    for number, file in enumerate(files):
        with suppress(OSError):
            size += os.stat(file.path).st_size
        if size >= MOST_BYTES or number - start + 1 == MOST_FILES:
            yield range(start, number + 1)
            start, size = number + 1, 0
    if start < len(files):
        yield range(start, len(files))


_work: tuple[FileChecker, Sequence[AnnotationFile]]


def begin(work: Work) -> None:
    """Take note of what is to be done."""
    global _work
    known = registry.load(work.settings.rules_path)
    rules = [known.get(name) for name in work.rules]
    steps: dict[str, float] = defaultdict(float)
    alone = FileChecker(rules, work.options, work.settings, work.fixtures, Processes(1), NoProgress(), steps)
    _work = alone, work.files


def _start(work: Work) -> None:
    begin(work)
    gc.disable()  # it would look at all that was there before again and again
    gc.freeze()


def _in_worker(numbers: range) -> Batch:
    batch = check_batch(numbers)
    gc.collect()
    return batch


def check_batch(numbers: range) -> Batch:
    """Return what comes of the files with these numbers."""
    alone, files = _work
    alone.steps.clear()
    rules: dict[str, float] = defaultdict(float)
    found: list[Sent | None] = []
    for document, slices in _with_slices([_opened(files[number], alone) for number in numbers], alone):
        found.append(None)
        begin = time.perf_counter()
        with suppress(Exception):  # whatever it is, it is met again, and told, where the file is checked alone
            if document and (checked := alone.checked(document, slices)) and (sent := _sent(checked)):
                found[-1] = sent
                for name, seconds in checked.outcome.seconds.items():
                    rules[name] += seconds
        alone.steps["decode and check"] += time.perf_counter() - begin
    return Batch(found, dict(rules), dict(alone.steps))


def _opened(file: AnnotationFile, alone: FileChecker) -> Document | None:
    begin = time.perf_counter()
    document = None
    with suppress(Exception):
        document = open_document(file)
    alone.steps["open"] += time.perf_counter() - begin
    return document


def _with_slices(
    documents: list[Document | None], alone: FileChecker
) -> Iterator[tuple[Document | None, list[SliceOutcome] | None]]:
    """Yield the documents with what comes of their slices, where that was looked at for several of them at once."""
    for task, some in groupby(documents, lambda document: _task_if_joined(document, alone)):
        here = list(some)
        known: list[list[SliceOutcome] | None] = [None] * len(here)
        if task is not None:
            begin = time.perf_counter()
            together = [document for document in here if document]
            with suppress(Exception):
                known = [[one] for one in joined.outcomes(together, alone.rules_for(task), alone.options)]
                for document, slices in zip(together, known, strict=True):
                    document.row_starts = [0, len(slices[0])] if slices else []
            alone.steps["decode and check"] += time.perf_counter() - begin
        yield from zip(here, known, strict=True)


def _task_if_joined(document: Document | None, alone: FileChecker) -> Task | None:
    """Return the task of a document whose annotations can be looked at together with others, None of one that cannot."""
    if document is None or compiled.kernel is None or len(document.slices) != 1 or document.source.text is None:
        return None
    if document.source.nonfinite or alone.pngs_of(document.file, document.task) is not NOT_ASKED:
        return None
    return document.task


def _sent(checked: Checked) -> Sent | None:
    """Return what came of a file, None if it is not read as it is, or its pictures are not in a folder."""
    document, source, outcome = checked.document, checked.document.source, checked.outcome
    pictures = checked.more["pictures"]
    if source.where is not source.path or source.nonfinite or len(document.slices) > 1:
        return None
    if isinstance(pictures, Pictures):
        if not isinstance(pictures.root.folder, DiskFolder):
            return None
        pictures = pictures.root, pictures.headers
    folded, texts = FoldedImages.fold(document.images)
    return Sent(
        document.task, document.dialect, source.start, document.sections,
        document.is_array, folded, texts, _pickled(document.categories), document.slices,
        document.is_proved, document.info, document.licenses, _same(document.unknown_fields), document.faults,
        FoldedIndex.fold(checked.index), checked.index.category_uses, dict(outcome.findings), outcome.crashes,
        _same(outcome.skipped), pictures,
    )  # fmt: skip


_pickles: WeakKeyDictionary[Categories, bytes] = WeakKeyDictionary()
_equals: dict[str, Any] = {}


def _pickled(categories: Categories) -> bytes:
    """Pickle categories, those that several files share only once."""
    if categories not in _pickles:
        _pickles[categories] = pickle.dumps(categories)
    return _pickles[categories]


def _same(value: Any) -> Any:
    """Return the first object that was equal to a plain one: it is sent once for a batch."""
    if len(_equals) > 1000:
        _equals.clear()
    return _equals.setdefault(repr(value), value)


@lru_cache(maxsize=16)
def _categories(data: bytes) -> Categories:
    categories: Categories = pickle.loads(data)
    return categories


def received(file: AnnotationFile, sent: Sent, alone: FileChecker) -> Checked:
    """Return what came of a file as if it had been checked here."""
    rules = alone.rules_for(sent.task)
    images = FoldedImages(sent.images, sent.texts)
    size = sent.index.size
    document = Document(
        file, Source.known(file.path, sent.start), sent.task, sent.dialect,
        sent.sections, sent.is_array, images, _categories(sent.categories),
        sent.slices, sent.is_proved, sent.info, sent.licenses, sent.unknown_fields, sent.faults,
        [0, size] if sent.slices else [0],
    )  # fmt: skip
    pictures: Any = sent.pictures
    if isinstance(pictures, tuple):
        root, headers = pictures
        pictures = Pictures(root, images, alone.settings.processes, alone.progress, headers)
    more = alone.more(file, alone.pngs_of(file, sent.task), pictures)
    outcome = Outcome(sent.findings, {}, sent.crashes, sent.skipped)
    index = FoldedIndex(sent.index, images, sent.category_uses)
    return Checked(document, facts_of(document, size), index, rules, outcome, more)
