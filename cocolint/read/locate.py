"""Where is it? Line, column, pointer and record of the rows of a finding, looked up only for what is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec
import numpy as np

from cocolint.model import SNIPPET, SOURCE, Finding, Ints
from cocolint.read.document import Document
from cocolint.read.geometry import distinct
from cocolint.read.ranges import Where, read_bytes
from cocolint.read.remote import Remote
from cocolint.read.slicing import Span, address
from cocolint.read.source import NONFINITE, Source, text_of
from cocolint.read.tally import Tally, continuation
from cocolint.reported import Occurrence

_CHUNK = 1 << 20
Read = Callable[[int, int], bytes]
_CONTINUATION = bytes(range(0x80, 0xC0))
"""The bytes that continue a character."""
KINDS = {"images": "image", "annotations": "annotation", "categories": "category"}


class Place(NamedTuple):
    """A spot in the data: its offset, the field that begins there, and the ids of the record around it."""

    offset: int
    key: str = ""
    source: bytes = b""
    value: Any = None
    id: Any = None
    image_id: Any = None


class Lines:
    """Lines and columns of a file by byte offset, from one pass over it, or from what was counted when it was read.

    The pass goes as far as is asked for.
    """

    def __init__(self, where: Where) -> None:
        self._where = where
        self._size = where.stat().st_size
        self._coming = _stretches(where, self._size)
        self._starts, self._newlines, self._wide, self._last = [0], [0], [0], [-1]

    def _count_to(self, offset: int) -> None:
        while self._starts[-1] <= offset and (following := next(self._coming, None)):
            stop, tally = following
            self._starts.append(stop)
            self._newlines.append(self._newlines[-1] + tally.newlines)
            self._wide.append(self._wide[-1] + tally.wide)
            self._last.append(tally.last if tally.newlines else self._last[-1])

    def positions(self, offsets: Ints) -> Iterator[tuple[int, int]]:
        """Yield line and column, both from 1, the column in characters, of each offset. Offsets ascend."""
        self._count_to(int(offsets.max(initial=0)))
        stretches = self._stretch_of(offsets)
        for number in distinct(stretches).tolist():
            begin = self._starts[number]
            data = read_bytes(self._where, begin, self._end(number))
            here = offsets[stretches == number]
            breaks = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
            count = np.searchsorted(breaks, here - begin)
            starts = np.full(len(here), self._last[number] + 1)
            starts[count > 0] = begin + breaks[count[count > 0] - 1] + 1
            columns = here - starts + 1
            if self._wide[-1]:
                wide = np.concatenate(([0], np.cumsum(continuation(data))))
                columns -= [
                    self._wide_between(*pair, begin, number, wide) for pair in zip(starts.tolist(), here.tolist(), strict=True)
                ]
            yield from zip((self._newlines[number] + count + 1).tolist(), columns.tolist(), strict=True)

    def _stretch_of(self, offsets: Ints) -> Ints:
        return np.maximum(np.searchsorted(self._starts, offsets, "right") - 1, 0)

    def _end(self, number: int) -> int:
        return self._starts[number + 1] if number + 1 < len(self._starts) else self._size

    def _wide_between(self, start: int, offset: int, begin: int, number: int, wide: Ints) -> int:
        """Count the continuation bytes of multi-byte characters between the start of the line and the offset."""
        here = int(wide[offset - begin])
        if start >= begin:
            return here - int(wide[start - begin])
        first = int(self._stretch_of(np.array([start]))[0])
        if self._wide[number] == self._wide[first]:
            return here
        head = read_bytes(self._where, self._starts[first], start)
        return here + self._wide[number] - self._wide[first] - int(continuation(head).sum())


def _stretches(where: Where, size: int) -> Iterator[tuple[int, Tally]]:
    """Yield where the stretches of a file end, one after the other, and what is counted of each."""
    known = sorted(where.tallies.items()) if isinstance(where, Remote) else []
    place = 0
    for (start, stop), tally in [*known, ((size, size), None)]:
        if start < place:
            continue
        for begin in range(place, start, _CHUNK):
            end = min(begin + _CHUNK, start)
            yield end, Tally.of(read_bytes(where, begin, end), begin)
        if tally:
            yield stop, tally
        place = stop


def positions_in(text: bytes, offsets: Ints) -> Iterator[tuple[int, int]]:
    """Yield the same of text in memory."""
    line, column, place = 1, 1, 0
    for offset in offsets.tolist():
        newline = text.rfind(b"\n", place, offset)
        if newline >= 0:
            line, column, place = line + text.count(b"\n", place, offset), 1, newline + 1
        column += len(text[place:offset].translate(None, _CONTINUATION))
        place = offset
        yield line, column


_LINES: WeakKeyDictionary[Source, Lines] = WeakKeyDictionary()
"""The data sets of one file share its lines."""


class Locator:
    """Finds rows of one document in its data.

    `document` is None for a file that could not be read as JSON, and `source` as well if it could not even be opened as text.
    """

    def __init__(self, path: Where, document: Document | None = None, source: Source | None = None) -> None:
        self._document = document
        self._source = document.source if document else source
        self._path = path
        self._part = document.file.part if document else None

    def occurrences(self, finding: Finding, limit: int | None) -> list[Occurrence]:
        """Return the first `limit` rows of a finding, or all, in the order of the file."""
        order = np.argsort(finding.rows, kind="stable")[:limit]
        texts = list(finding.texts(order))
        text = text_of(self._where) if isinstance(self._where, Path) else None
        read = partial(read_bytes, self._where) if text is None else lambda start, stop: text[start:stop]
        pointers = [pointer for pointer, _ in texts]
        places = list(self._places(finding, order, pointers, read)) if len(order) else [self._whole(finding, read)]
        offsets = np.array([place.offset for place in places], np.int64)
        by_offset = np.argsort(offsets, kind="stable")
        ascending = offsets[by_offset]
        found = self._lines.positions(ascending) if text is None else positions_in(text, ascending)
        positions: dict[int, tuple[int, int]] = dict(zip(by_offset.tolist(), found, strict=True))
        kind = KINDS.get(finding.section or "") if len(order) else None
        above = f"/{self._part.number}" if self._part and finding.offset is None else ""
        return [
            Occurrence(above + pointer, *positions[number], message, kind, id_, image_id, value, key, source)
            for number, ((pointer, message), (_, key, source, value, id_, image_id)) in enumerate(
                zip(texts, places, strict=True)
            )
        ]

    @property
    def _where(self) -> Where:
        return self._source.where if self._source else self._path

    @cached_property
    def _lines(self) -> Lines:
        if self._source is None:
            return Lines(self._where)
        if self._source not in _LINES:
            _LINES[self._source] = Lines(self._where)
        return _LINES[self._source]

    def _whole(self, finding: Finding, read: Read) -> Place:
        """Return the place of a finding about the whole file or a whole section."""
        if finding.offset is not None:
            begin = max(0, finding.offset - SNIPPET // 2)
            around = read(begin, begin + SNIPPET)
            line = around.rfind(b"\n", 0, finding.offset - begin) + 1
            return Place(finding.offset, "", around[line:].split(b"\n")[0])
        span = self._document.sections.get(finding.section or "") if self._document else None
        start = self._part.start if self._part else self._source.start if self._source else 0
        return Place(span.start if span else start)

    def _places(self, finding: Finding, order: Ints, pointers: list[str], read: Read) -> Iterator[Place]:
        rows = finding.rows[order]
        finder = _Finder(finding)
        for held, span in self._slices(finding.section or ""):
            first, stop = np.searchsorted(rows, (held.start, held.stop))
            if first == stop:
                continue
            data = b"[%b]" % read(*span)
            start = span.start - 1 - address(data)
            raws = msgspec.json.decode(data, type=list[msgspec.Raw])
            for row, pointer in zip(rows[first:stop].tolist(), pointers[first:stop], strict=True):
                yield finder.find(raws[row - held.start], pointer, start)

    def _slices(self, section: str) -> Iterator[tuple[range, Span]]:
        """Yield the rows that each stretch of a section holds, and where the inside of that stretch lies."""
        document = self._document
        if document is None or section not in document.sections:
            return
        if section != "annotations":
            span = document.sections[section]
            yield range(2**62), Span(span.start + 1, span.stop - 1)
            return
        starts = document.row_starts
        for number, span in enumerate(document.slices):
            yield range(starts[number], starts[number + 1]), span


class _Finder:
    """Looks up one field of many records, and the ids of each; of a record only these are decoded."""

    def __init__(self, finding: Finding) -> None:
        self._field = (finding.field or "").partition("/")[0]
        owner = "id" if finding.section == "images" else "image_id"
        self._is_nested = "/" in (finding.field or "")
        self._names = list(dict.fromkeys(("id", owner, *([self._field] if self._field else []))))
        self._image, self._target = self._names.index(owner), self._names.index(self._field) if self._field else -1
        self._decoder = _decoder_of(tuple(self._names), self._target)

    def find(self, raw: msgspec.Raw, pointer: str, start: int) -> Place:
        """Descend from a record along the rest of its pointer, as far as there is something; addresses count from `start`."""
        try:
            values = msgspec.structs.astuple(self._decoder.decode(raw))
        except (msgspec.DecodeError, RecursionError):
            fields = _fields(raw)
            values = tuple(
                _plain(fields[name]) if name in fields and name != self._field else fields.get(name) for name in self._names
            )
        value = values[self._target] if self._field else None
        if value is None:
            view = memoryview(raw)
            return Place(start + address(view), "", _source(view), None, values[0], values[self._image])
        key = self._field
        if self._is_nested:
            value, key = _descend(value, key, pointer.split("/")[4:])
        view = memoryview(value)
        plain = _plain(value) if view.nbytes < SOURCE else None
        id_, image_id = (plain if place == self._target else values[place] for place in (0, self._image))
        return Place(start + address(view), "" if key.isdigit() else key, _source(view), plain, id_, image_id)


@lru_cache(maxsize=64)
def _decoder_of(names: tuple[str, ...], target: int) -> msgspec.json.Decoder[Any]:
    """Return a decoder of the fields `names` of records, which leaves the one whose place is `target` as it is written."""
    places = {f"field_{place}": name for place, name in enumerate(names)}
    types = [(field, msgspec.Raw if place == target else Any, None) for place, field in enumerate(places)]
    return msgspec.json.Decoder(msgspec.defstruct("Record", types, rename=places))


def _descend(value: msgspec.Raw, key: str, parts: list[str]) -> tuple[msgspec.Raw, str]:
    """Follow `parts` below a value, as far as there is something."""
    for part in parts:
        inner = _items(value) if part.isdigit() else _fields(value)
        if part not in inner:
            break
        value, key = inner[part], part
    return value, key


def _source(view: memoryview) -> bytes:
    return bytes(view[:SOURCE]).replace(NONFINITE, b"NaN")


def _fields(raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return {}


def _items(raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        return {str(place): item for place, item in enumerate(msgspec.json.decode(raw, type=list[msgspec.Raw]))}
    except (msgspec.DecodeError, RecursionError):
        return {}


def _plain(raw: msgspec.Raw) -> Any:
    """Return the value of short JSON, None where it is no JSON that other programs read."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
