"""A file of which records can be looked up: where each lies, what it is known by, and a digest of its bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from cocolint import discover
from cocolint.compare.values import UNSET, decode, digest, digest_of
from cocolint.failure import Failure, PathError
from cocolint.model import AnnotationFile, Ints
from cocolint.read.ranges import array_of, read_bytes
from cocolint.read.slicing import Layout, Span, address, cut, cut_exactly, layout_of
from cocolint.read.source import Source, Unusable, is_utf8
from cocolint.report.text import clean

RECORDS = ("images", "categories", "annotations")
RESULTS = "results"
"""What the section of a file is called whose root is an array."""
WINDOW = 1 << 16

_KEYLESS = digest_of(b"no key")
_OF_IMAGE = digest_of(b"image_id")
_LITERAL = re.compile(rb"NaN|-?Infinity")
_LONGEST_LITERAL = len(b"-Infinity")
_INT64 = range(-(2**63), 2**63)


Field = Callable[[dict[str, Any]], str | None]
"""Names a field of a record, or none."""


class _Ids(msgspec.Struct, gc=False):
    id: Any = UNSET
    image_id: Any = UNSET


_MANY_IDS = msgspec.json.Decoder(list[_Ids])
_MANY_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


class Record(NamedTuple):
    """One record of a file: the field it is known by, `id` or `image_id`, and what that holds.

    A record without either has "" and None. `row` is its place in the section, from 0.
    """

    key: str
    id: Any
    row: int


class Table(NamedTuple):
    """A section of records: where each starts and stops, and 64 bits of what it is known by and of all its bytes."""

    start: Ints
    stop: Ints
    key: Ints
    digest: Ints


class Records:
    """The records of one section of one file, read when they are asked for."""

    def __init__(self, name: str, data: Path, table: Table) -> None:
        self.name = name
        self.key = table.key
        self.digest = table.digest
        self._start, self._stop = table.start, table.stop
        self._data = data
        self._window, self._from = b"", 0

    @classmethod
    def none(cls, name: str) -> Records:
        """Return the records of a section that a file does not have."""
        return cls(name, Path(), Table(*[np.empty(0, np.int64)] * 4))

    def __len__(self) -> int:
        return len(self.key)

    def text(self, row: int) -> bytes:
        """Return the text of a record."""
        start, stop = int(self._start[row]), int(self._stop[row])
        if start < self._from or stop > self._from + len(self._window):
            self._from = start
            self._window = read_bytes(self._data, start, max(stop, start + WINDOW))
        return self._window[start - self._from : stop - self._from]

    def record(self, row: int) -> Record:
        """Return by what a record is known."""
        value = decode(self.text(row))
        known = (key for key in ("id", "image_id") if isinstance(value, dict) and value.get(key) is not None)
        key = next((key for key in known if key == "id" or self._have_images), "")
        return Record(key, value[key] if key else None, row)

    def digests(self, rows: Ints, without: Field = lambda _: None) -> Ints:
        """Return a digest of the values of some records, each without the field that `without` names."""
        found = np.empty(len(rows), np.int64)
        for place, row in enumerate(rows.tolist()):
            value = decode(self.text(row))
            if isinstance(value, dict):
                field = without(value)
                value = {key: item for key, item in value.items() if key != field}
            found[place] = digest(value)
        return found

    @property
    def _have_images(self) -> bool:
        return have_images(self.name)


def have_images(section: str) -> bool:
    """Whether the records of a section belong to images."""
    return section not in ("images", "categories")


Sections = tuple[bool, dict[str, Span], dict[str, Records]]
"""Whether the root is an array, and the sections as `Opened` has them."""


class Opened:
    """An annotation file: `spans` tell where its top-level values lie, `records` are those that are arrays of records.

    Raises `Failure` if it cannot be read, or is no JSON with an object or an array at its root.
    """

    def __init__(self, path: Path) -> None:
        file = _file_at(str(path))
        self.display = file.display
        try:
            self._source = Source(file.path, file.archive)
            self._written = self._source.data
            self.is_array, self.spans, self.records = self._sections()
        except Unusable as fault:
            raise Failure(f"{clean(file.display)}: {clean(str(fault))}") from None
        except OSError as error:
            raise PathError(f"{clean(file.display)}: cannot be read: {clean(str(error.strerror or error))}") from None

    def text(self, name: str) -> bytes | None:
        """Return the text of a top-level value, None if there is none of that name."""
        return read_bytes(self._written, *self.spans[name]) if name in self.spans else None

    def _sections(self) -> Sections:
        layout = layout_of(self._source, exact=False)
        try:
            return self._sections_of(layout)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            if layout.is_proved:
                raise
        return self._sections_of(layout_of(self._source, exact=True))

    def _sections_of(self, layout: Layout) -> Sections:
        named = {RESULTS: layout.sections["annotations"]} if layout.is_array else layout.sections
        spans = {name: self._as_written(span) for name, span in named.items()}
        records = {
            name: Records(name, self._written, self._table(name, span, layout.is_proved))
            for name, span in spans.items()
            if (layout.is_array or name in RECORDS) and self._source.read(span.start, span.start + 1) == b"["
        }
        return layout.is_array, spans, records

    def _as_written(self, span: Span) -> Span:
        """Return where a value ends in the file, if a literal that JSON does not know was replaced by something shorter."""
        literal = _LITERAL.match(read_bytes(self._written, span.start, span.start + _LONGEST_LITERAL))
        return Span(span.start, span.start + literal.end()) if literal else span

    def _table(self, name: str, section: Span, is_proved: bool) -> Table:
        try:
            return self._joined(name, cut(self._source, section))
        except (msgspec.DecodeError, UnicodeError):
            if not is_proved:
                raise
        return self._joined(name, cut_exactly(self._source, section))

    def _joined(self, name: str, slices: Iterable[Span]) -> Table:
        parts = [self._read(name, span) for span in slices]
        columns = zip(*parts, strict=True) if parts else [[np.empty(0, np.int64)]] * 4
        return Table(*(np.concatenate(list(column)) for column in columns))

    def _read(self, name: str, span: Span) -> Table:
        array = array_of(self._source.data, *span)
        if not is_utf8(array):
            raise UnicodeError
        raws = _MANY_RAWS.decode(array)
        begin = address(array)
        start = np.fromiter((address(raw) - begin for raw in raws), np.int64, len(raws))
        stop = start + np.fromiter((memoryview(raw).nbytes for raw in raws), np.int64, len(raws))
        texts: list[Any] = list(raws)
        if self._written != self._source.data:
            texts = _texts_as_written(bytes(array_of(self._written, *span)), start, stop)
        digests = np.frombuffer(b"".join([blake2b(text, digest_size=8).digest() for text in texts]), np.int64)
        shift = span.start - 1
        return Table(start + shift, stop + shift, _keys(array, texts, have_images(name)), digests)


def _texts_as_written(written: bytes, start: Ints, stop: Ints) -> list[bytes]:
    """Return the texts of records in the file, and put `stop` right where one is a literal that JSON does not know."""
    for row, first in enumerate(start.tolist()):
        if literal := _LITERAL.match(written, first):
            stop[row] = literal.end()
    return [written[first:end] for first, end in zip(start.tolist(), stop.tolist(), strict=True)]


def _keys(array: bytearray, texts: list[Any], have_images: bool) -> Ints:
    """Return what each record is known by: its `id`, or else its `image_id`, or else a number that all others share."""
    try:
        found = _MANY_IDS.decode(array)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = [_ids(decode(bytes(text))) for text in texts]
    ids = [record.id for record in found]
    if set(map(type, ids)) == {int}:
        try:
            return np.array(ids, np.int64)
        except OverflowError:
            pass
    return np.array([_key(record, have_images) for record in found], np.int64)


def _ids(value: Any) -> _Ids:
    return _Ids(value.get("id", UNSET), value.get("image_id", UNSET)) if isinstance(value, dict) else _Ids()


def _key(record: _Ids, have_images: bool) -> int:
    if record.id is not UNSET and record.id is not None:
        return _number(record.id)
    if have_images and record.image_id is not UNSET and record.image_id is not None:
        return _number(record.image_id) ^ _OF_IMAGE
    return _KEYLESS


def _number(value: Any) -> int:
    """Return an integer as it is, whichever way it is written, and 64 bits of anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and value in _INT64 else digest(value)


def _file_at(path: str) -> AnnotationFile:
    """Return the file at a path, which may go on within a zip archive. Raises `PathError` if it is not one file."""
    if os.path.isdir(path):
        raise PathError(f"'{clean(path)}' is a folder: name an annotation file")
    if os.path.exists(path) and not os.path.isfile(path):
        raise PathError(f"'{clean(path)}' is a pipe or a device: name an annotation file")
    archive = next((str(one) for one in Path(path).parents if one.suffix.lower() == ".zip" and one.is_file()), None)
    if archive is None:
        found = discover.find([path])
    else:
        inside = os.path.normpath(path)
        found = [file for file in discover.find([archive]) if os.path.normpath(file.path) == inside]
    if len(found) == 1:
        return found[0]
    if not found:
        raise PathError(f"no annotation file of that name in the archive: '{clean(path)}'")
    raise PathError(f"'{clean(path)}' stands for {len(found)} files: name one, such as '{clean(found[0].display)}'")
