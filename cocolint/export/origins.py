"""The annotation files of the source, opened: tables of images and categories, and the keys of all annotations."""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

import msgspec
import numpy as np
from msgspec import Struct

from cocolint import discover
from cocolint.failure import PathError
from cocolint.model import AnnotationFile, Bools, Ints, Task
from cocolint.pictures.files import Progress
from cocolint.read.columns import Ids
from cocolint.read.data_sets import Several
from cocolint.read.document import RECORDS, Document, open_document
from cocolint.read.ranges import array_of
from cocolint.read.slicing import NotCoco, Span, address, cut_exactly
from cocolint.read.source import NONFINITE, Source, Unusable, is_utf8, size_of
from cocolint.read.structure import BadCut
from cocolint.report.text import plural

NONE = -(2**63)
"""In arrays of ids: there is none."""

_NESTED = frozenset({Task.PANOPTIC})
_DEFAULT = "default"
T = TypeVar("T")


class Keys(msgspec.Struct, gc=False):
    """What an annotation refers to, of any type."""

    id: Any = None
    image_id: Any = None
    category_id: Any = None


class _Named(msgspec.Struct, gc=False):
    id: Any = None
    name: Any = None
    file_name: Any = None


class Table:
    """The records of a section that has few: `raws` as they stand, `ids` (`NONE` where there is none that can be used).

    `values` are `file_name` or `name`. Of records with one id the first counts, the others have none. `faults` counts them.
    """

    def __init__(self, document: Document, section: str, values: str) -> None:
        self.raws = raws = _raws(document, section)
        records = [_one(raw, _Named) for raw in raws]
        self.ids = ids_of(record and record.id for record in records)
        found = [getattr(record, values, None) for record in records]
        self.values = [value if isinstance(value, str) else "" for value in found]
        self.faults: Counter[str] = Counter()
        self._drop(self.ids == NONE, f"{section} without an id")
        if document.source.nonfinite:
            self._drop(np.array([NONFINITE in bytes(raw) for raw in raws], bool), f"{section} with NaN or infinity")
        self._drop(_repeated(self.ids), f"{section} with the id of an earlier one")
        self.rows = Ids(self.ids, self.ids != NONE)

    def _drop(self, mask: Bools, why: str) -> None:
        self.ids[mask] = NONE
        self.faults[why] += int(mask.sum())


class Origin(Struct, dict=True):
    """One annotation file of the source. Each annotation has a row in the arrays.

    `annotation_ids` are `NONE` where there is none that can be used; `image_rows` and `category_rows` are -1 where there is
    no such record.
    """

    document: Document
    subset: str
    images: Table
    categories: Table
    annotation_ids: Ints
    image_rows: Ints
    category_rows: Ints

    @property
    def file(self) -> AnnotationFile:
        """The file, as its path tells."""
        return self.document.file

    @property
    def task(self) -> Task:
        """The task that name and content tell."""
        return self.document.task

    @cached_property
    def names(self) -> list[str]:
        """The file name of each image, with forward slashes and without a leading `./`."""
        return [name.replace("\\", "/").removeprefix("./") for name in self.images.values]

    @cached_property
    def spans(self) -> Ints:
        """Where each annotation begins and ends (n, 2), in bytes of the data."""
        found = [np.empty((0, 2), np.int64)]
        for span in self.document.slices:
            array = array_of(self.document.source.data, *span)
            start = span.start - 1 - address(array)
            raws = msgspec.json.decode(array, type=list[msgspec.Raw])
            places = np.fromiter((address(raw) for raw in raws), np.int64, len(raws)) + start
            sizes = np.fromiter((memoryview(raw).nbytes for raw in raws), np.int64, len(raws))
            found.append(np.column_stack([places, places + sizes]))
        return np.concatenate(found)

    @cached_property
    def data(self) -> mmap.mmap | bytes:
        """The data, mapped into memory."""
        return self.document.source.mapped()

    def section(self, name: str) -> bytes | None:
        """Return a top-level value as it stands, None where there is none."""
        span = self.document.sections.get(name)
        return self.document.source.read(*span) if span else None


class Opened:
    """The files that were opened, and notes on those that were not."""

    def __init__(self) -> None:
        self.origins: list[Origin] = []
        self._passed_over = {"not COCO": 0, "results": 0}

    @property
    def notes(self) -> list[str]:
        """Say what is not in the tables of the origins, and how many files were passed over."""
        counts = ((plural(count, "JSON file"), why) for why, count in self._passed_over.items() if count)
        lost = (f"{origin.file.display}: {what}" for origin in self.origins for what in _lost(origin.document))
        return [*lost, *(f"passed over: {files}, {why}" for files, why in counts)]

    def add(self, file: AnnotationFile, progress: Progress, source: Source | None = None) -> None:
        """Open a file, or one data set of several in the `source`. Raises `PathError` if it cannot be read."""
        progress.start(file.display, _size_of(file))
        try:
            origin = _origin(file, progress, source)
        except Several as several:
            for part in several.parts:
                self.add(part, progress, several.source)
        except NotCoco as reason:
            self._pass_over(file.named_by_user, file, reason)
        except Unusable as fault:
            self._pass_over(file.named_by_user or file.follows_pattern or file.layout != "flat", file, fault)
        except OSError as error:
            raise PathError(f"{file.display}: cannot be read: {error.strerror or error}") from error
        else:
            if origin.task.is_results:
                self._passed_over["results"] += 1
            else:
                self.origins.append(origin)

    def _pass_over(self, is_meant: bool, file: AnnotationFile, reason: Exception) -> None:
        if is_meant:
            raise PathError(f"{file.display}: {reason}") from None
        self._passed_over["not COCO"] += 1


def opened(source: str, progress: Progress) -> Opened:
    """Open all annotation files that `source` stands for. Raises `PathError` if there are none, or one cannot be read."""
    found = Opened()
    for file in discover.find([source]):
        found.add(file, progress)
    if not found.origins:
        raise PathError(f"no annotation file in '{source}'" + "".join(f" ({note})" for note in found.notes))
    return found


def _lost(document: Document) -> Iterator[str]:
    """Yield what of a file no table can hold."""
    for rule in ("json-encoding", "json-duplicate-key"):
        whole = (finding for finding in document.faults.get(rule, ()) if finding.section is None)
        yield from (finding.message.format() for finding in whole)
    for name in RECORDS:
        span = document.sections.get(name)
        if span and document.source.read(span.start, span.start + 1) != b"[":
            yield f"`{name}` is not an array: left out"


def _size_of(file: AnnotationFile) -> int:
    try:
        return size_of(file)
    except OSError:
        return 0  # opening it says why


def _origin(file: AnnotationFile, progress: Progress, source: Source | None) -> Origin:
    document = open_document(file, source=source)
    try:
        return _indexed(document, progress)
    except BadCut:
        document = open_document(file, exact=True, source=source)
        document.slices = cut_exactly(document.source, document.sections["annotations"])
        return _indexed(document, progress)


def _indexed(document: Document, progress: Progress) -> Origin:
    if len(document.slices) > 1 and document.task in _NESTED:
        document.slices = _between_records(document)
    images = Table(document, "images", "file_name")
    categories = Table(document, "categories", "name")
    ids, image_rows, category_rows = ([np.empty(0, np.int64)] for _ in range(3))
    for span in document.slices:
        array = array_of(document.source.data, *span)
        if not is_utf8(array):
            raise BadCut
        keys = many(array, Keys)
        ids.append(ids_of(key and key.id for key in keys))
        image_rows.append(images.rows.rows_of(ids_of(key and key.image_id for key in keys)))
        category_rows.append(categories.rows.rows_of(ids_of(key and key.category_id for key in keys)))
        progress.advance(span.stop - span.start)
    columns = map(np.concatenate, (ids, image_rows, category_rows))
    return Origin(document, _subset_of(document.file), images, categories, *columns)


def _between_records(document: Document) -> list[Span]:
    try:
        return cut_exactly(document.source, document.sections["annotations"])
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadCut from error


def _raws(document: Document, name: str) -> list[msgspec.Raw]:
    span = document.sections.get(name)
    data = document.source.read(*span) if span else b""
    return msgspec.json.decode(data, type=list[msgspec.Raw]) if data.startswith(b"[") else []


def _subset_of(file: AnnotationFile) -> str:
    """Return the subset that the name tells, or else the folder; `default` where none does."""
    if file.subset != _DEFAULT:
        return file.subset
    return discover.place_of(file).split or _DEFAULT


def many(array: bytes | bytearray, kind: type[T]) -> Sequence[T | None]:
    """Decode an array of records to structs, None for those that no struct can be made of. Raises `BadCut` if it is none."""
    try:
        return msgspec.json.decode(array, type=list[kind])  # type: ignore[valid-type]
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        raws = msgspec.json.decode(array, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadCut from error
    return [_one(raw, kind) for raw in raws]


def _one(raw: msgspec.Raw, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return None


def ids_of(values: Iterable[Any]) -> Ints:
    """Return ids as numbers, `NONE` for what is none. Whole floats and digits in quotation marks count."""
    return np.fromiter(map(_id, values), np.int64)


def _id(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    is_usable = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return value if is_usable else NONE


def _repeated(ids: Ints) -> Bools:
    """Return which ids stand earlier already."""
    _, first = np.unique(ids, return_index=True)
    again: Bools = ids != NONE
    again[first] = False
    return again
