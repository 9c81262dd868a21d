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

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from cocolint import compiled
from cocolint.checking import FileChecker, NoProgress
from cocolint.engine import joined, registry
from cocolint.engine.pool import Processes
from cocolint.engine.running import NOT_ASKED, Absent, Options, Outcome, SliceOutcome
from cocolint.engine.whole_file import Checked, facts_of
from cocolint.model import AnnotationFile, Finding, Task
from cocolint.pictures.files import Pictures
from cocolint.pictures.folders import DiskFolder
from cocolint.pictures.headers import Header
from cocolint.pictures.image_root import Root
from cocolint.read.columns import Categories
from cocolint.read.document import Document
from cocolint.read.folded import PartOfImages, PartOfIndex, Rows, Together, apart
from cocolint.read.slicing import Span
from cocolint.read.source import SMALL, Source
from cocolint.read.together import open_together
from cocolint.workers import processes

if TYPE_CHECKING:
    from concurrent.futures import Future

MANY = 150
"""From so many small files on it pays to start processes."""
FEWEST = 50
"""So many files for each process are worth its start."""
MOST_FILES = 200
MOST_BYTES = 4_000_000
_TURNS = 4
"""At least so many batches are for each process, so that none waits long for another in the end."""
_AHEAD = 4
"""So many batches for each process are under way, or wait to be taken."""
_SELDOM = 50_000
"""So many objects more than before have a worker look for garbage."""


class Work(NamedTuple):
    """What a worker has to know: files, and the names of the rules, of which some may lie in the folder of the settings."""

    files: Sequence[AnnotationFile]
    rules: list[str]
    options: Options
    settings: Any
    fixtures: Mapping[str, Any]


class Sent(Struct, frozen=True):
    """What came of a file, as a worker sends it: of its tables the rows among those of the batch.

    The parts are those of `Document`, `Index`, `Outcome` and `Pictures`; `categories` are pickled, and of `category_uses`
    the bytes are there. Spans are plain pairs, which are sent in a fraction of the time.
    """

    task: Task
    dialect: str
    start: int
    sections: dict[str, tuple[int, int]]
    is_array: bool
    images: Rows
    categories: bytes
    slices: list[tuple[int, int]]
    is_proved: bool
    info: Mapping[str, Any]
    licenses: Sequence[Any]
    unknown_fields: Mapping[str, Sequence[str]]
    faults: dict[str, list[Finding]]
    index: Rows
    category_uses: bytes
    findings: dict[str, list[Finding]]
    crashes: dict[str, str]
    skipped: dict[str, str]
    pictures: Absent | tuple[Root, list[Header] | None]


class Batch(NamedTuple):
    """What came of some files, None for those that are not shared, and the seconds that rules and steps took.

    `images` and `keys` are the images and the key columns of all files, of which each has some rows.
    """

    files: list[Sent | None]
    images: list[Together]
    keys: list[Together]
    rules: dict[str, float]
    steps: dict[str, float]


def stretches(files: Sequence[AnnotationFile]) -> Iterator[tuple[list[AnnotationFile], list[int]]]:
    """Yield the files in stretches, with the sizes of those that are small and enough to be shared, else none."""
    for is_small, some in groupby(((file, _size_if_small(file)) for file in files), lambda one: one[1] is not None):
        here = list(some)
        sizes = [size or 0 for _, size in here] if is_small and len(here) >= MANY else []
        yield [file for file, _ in here], sizes


def _size_if_small(file: AnnotationFile) -> int | None:
    """Return the size of a small file in bytes, 0 if it is not to be had, None for any other file."""
    if file.remote or file.archive or file.mended or file.part or not file.display.endswith(".json"):
        return None
    size = 0
    with suppress(OSError):
        size = os.stat(file.path).st_size
    return size if size < SMALL else None


def shared(files: Sequence[AnnotationFile], sizes: Sequence[int], alone: FileChecker) -> Generator[Batch]:
    """Yield what comes of small files, batch by batch. Raises `WorkerLost` if a worker is killed."""
    settings = replace(alone.settings, jobs=1)
    work = Work(files, [rule.name for rule in alone.rules], alone.options, settings, alone.fixtures)
    count = min(alone.settings.processes, -(-len(files) // FEWEST))
    most = min(MOST_FILES, -(-len(files) // (_TURNS * count)))
    with processes(count, _start, (work,)) as pool:
        waiting: deque[Future[Batch]] = deque()
        try:
            for batch in _batches(sizes, most):
                waiting.append(pool.submit(check_batch, batch))
                if len(waiting) > _AHEAD * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _batches(sizes: Sequence[int], most: int) -> Iterator[range]:
    start = 0
    size = 0
    for number, one in enumerate(sizes):
        size += one
        if size >= MOST_BYTES or number - start + 1 == most:
            yield range(start, number + 1)
            start, size = number + 1, 0
    if start < len(sizes):
        yield range(start, len(sizes))


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
    gc.freeze()  # what was there before is never looked at
    gc.set_threshold(_SELDOM)  # and what comes is let go without, but for circles in what others wrote
    gc.enable()


def check_batch(numbers: range) -> Batch:
    """Return what comes of the files with these numbers."""
    alone, files = _work
    alone.steps.clear()
    rules: dict[str, float] = defaultdict(float)
    found: list[Checked | None] = []
    begin = time.perf_counter()
    documents = list(open_together([files[number] for number in numbers]))
    alone.steps["open"] += time.perf_counter() - begin
    for document, slices in _with_slices(documents, alone):
        found.append(None)
        begin = time.perf_counter()
        with suppress(Exception):  # whatever it is, it is met again, and told, where the file is checked alone
            if document and _can_be_sent(checked := alone.checked(document, slices)):
                found[-1] = checked
                for name, seconds in checked.outcome.seconds.items():
                    rules[name] += seconds
        alone.steps["decode and check"] += time.perf_counter() - begin
    there = [checked for checked in found if checked]
    images, image_rows = apart([checked.document.images for checked in there])
    keys, rows = apart([checked.index for checked in there])
    sent = map(_sent, there, image_rows, rows)
    return Batch([next(sent) if checked else None for checked in found], images, keys, dict(rules), dict(alone.steps))


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


def _can_be_sent(checked: Checked) -> bool:
    """Whether a file is read as it is, and its pictures, if it has any, are in a folder."""
    source, pictures = checked.document.source, checked.more["pictures"]
    if source.where is not source.path or source.nonfinite or len(checked.document.slices) > 1:
        return False
    return not isinstance(pictures, Pictures) or isinstance(pictures.root.folder, DiskFolder)


def _sent(checked: Checked, images: Rows, rows: Rows) -> Sent:
    document, outcome = checked.document, checked.outcome
    pictures = checked.more["pictures"]
    if isinstance(pictures, Pictures):
        pictures = pictures.root, pictures.headers
    return Sent(
        document.task, document.dialect, document.source.start, {name: (*span,) for name, span in document.sections.items()},
        document.is_array, images, _pickled(document.categories), [(*span,) for span in document.slices],
        document.is_proved, document.info, document.licenses, _same(document.unknown_fields), document.faults,
        rows, checked.index.category_uses.tobytes(), dict(outcome.findings), outcome.crashes,
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


def received(file: AnnotationFile, sent: Sent, batch: Batch, alone: FileChecker) -> Checked:
    """Return what came of a file of a batch as if it had been checked here."""
    rules = alone.rules_for(sent.task)
    (table, *some), (keys, start, stop) = sent.images, sent.index
    images = PartOfImages(batch.images[table], *some)
    size = stop - start
    document = Document(
        file, Source.known(file.path, sent.start), sent.task, sent.dialect,
        {name: Span(*span) for name, span in sent.sections.items()}, sent.is_array, images, _categories(sent.categories),
        [Span(*span) for span in sent.slices], sent.is_proved, sent.info, sent.licenses, sent.unknown_fields, sent.faults,
        [0, size] if sent.slices else [0],
    )  # fmt: skip
    pictures: Any = sent.pictures
    if isinstance(pictures, tuple):
        root, headers = pictures
        pictures = Pictures(root, images, alone.settings.processes, alone.progress, headers)
    more = alone.more(file, alone.pngs_of(file, sent.task), pictures)
    outcome = Outcome(sent.findings, {}, sent.crashes, sent.skipped)
    uses = np.frombuffer(bytearray(sent.category_uses), np.int64)
    index = PartOfIndex(batch.keys[keys], start, stop, images, uses)
    return Checked(document, facts_of(document, size), index, rules, outcome, more)
