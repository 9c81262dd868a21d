"""Writing one file anew: what is mended is put in its place, all other bytes are copied."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from cocolint.config import Settings
from cocolint.engine.fixing import SECTION, Added, Fixer, Recoded, Record, Reordered
from cocolint.engine.following import Following, Sliced
from cocolint.mend import slices
from cocolint.mend.jobs import Job, Note, Surround, Text, guarded
from cocolint.mend.records import Mender
from cocolint.mend.splice import Edit, Manner, Spot, Unspliceable, added, appended, changed, equal, items_of, load, without
from cocolint.read.document import RECORDS, Document
from cocolint.read.ranges import CHUNK, array_of, read_bytes
from cocolint.read.slicing import KEY, Span
from cocolint.read.source import NONFINITE
from cocolint.reported import MISSING, Change

_SMALL = 1 << 22
"""Values at the root up to this size, in bytes, are looked at as a whole."""


class Work(Struct):
    """What is to be done to one file at once: jobs by section, fixes of the root with the field found, and the rest by rule."""

    jobs: dict[str, list[Job]] = {}
    roots: list[tuple[Fixer, str]] = []
    reordered: list[tuple[str, Reordered]] = []
    recoded: list[tuple[str, Recoded]] = []
    added: list[tuple[str, Added]] = []

    def __bool__(self) -> bool:
        return bool(self.jobs or self.of_file)

    @property
    def of_file(self) -> bool:
        """Whether something is to be done besides mending records, each on its own."""
        return bool(self.roots or self.reordered or self.recoded or self.added)


class Done(Struct):
    """What was done to a file: a note for each fix by the name of its rule, and the old and new ids by section.

    `sliced` is what came of the slices of the copy, if they are checked.
    """

    notes: dict[str, Note] = {}
    ids: dict[str, list[tuple[int, Any, Any]]] = {}
    sliced: Sliced | None = None

    def note(self, rule: str, note: Note, limit: int | None) -> None:
        """Add what one fix did."""
        if note.count:
            self.notes.setdefault(rule, Note()).add(note, limit)


class Piece(NamedTuple):
    """Bytes to be put in the place of those from `start` up to `stop`."""

    start: int
    stop: int
    chunks: Iterable[bytes | Text]


class Rewriter:
    """Writes a mended copy of one document. `facts` are further fixtures that fixes may ask for.

    `following` checks the slices of the copy, where nothing but annotations is mended.
    """

    def __init__(
        self, document: Document, facts: Mapping[str, Any], settings: Settings, following: Following | None = None
    ) -> None:
        self._document = document
        self._source = document.source
        self._facts = {"task": document.task, "dialect": document.dialect, **facts}
        self._settings = settings
        self._following = following
        self._limit = settings.changes
        self._done = Done()
        self._changed = False

    def write(self, work: Work, target: BinaryIO) -> Done | None:
        """Write the file with `work` done; None if there was nothing that could be done."""
        if work.of_file or work.jobs.keys() != {"annotations"}:
            self._following = None
        pieces = sorted(self._pieces(work), key=lambda piece: (piece.start, piece.stop))
        source = self._source
        for rule, _ in work.recoded if pieces or source.start or source.original != source.path else ():
            self._changed = True
            changes = [Change(rule, "file", None, "", MISSING, MISSING)]
            self._done.note(rule, Note(1, changes=changes), self._limit)
        place = self._source.start if work.recoded else 0
        with self._source.original.open("rb") as original:
            for start, stop, chunks in pieces:
                _copy(original, target, place, start)
                _put(target, chunks)
                place = stop
            _copy(original, target, place, os.fstat(original.fileno()).st_size)
        self._done.sliced = self._following.sliced() if self._following else None
        return self._done if self._changed else None

    def _pieces(self, work: Work) -> Iterator[Piece]:
        sections = self._document.sections
        for edit in self._root_edits(work.roots):
            self._changed = True
            yield Piece(edit.start, edit.stop, [edit.text])
        more = {one.section: (rule, one.records) for rule, one in work.added}
        for section in {**work.jobs, **more}:
            if section in sections:
                yield from self._section(section, work.jobs.get(section, []), *more.get(section, ("", ())))
        for rule, order in work.reordered:
            self._changed = True
            span = sections[order.section]
            yield Piece(span.start, span.stop, self._in_order(span, rule, order))
        for _, recoded in work.recoded:
            if recoded.encoding:
                yield from self._readable(recoded.encoding)

    # ---- sections of records

    def _section(self, section: str, jobs: Sequence[Job], rule: str, added: Sequence[Record]) -> Iterator[Piece]:
        surround = Surround(self._document.images, self._document.categories, self._facts)
        mender = Mender(section, surround, self._limit, self._source.nonfinite)
        span = self._document.sections[section]
        if section == "annotations":
            starts, spans = self._document.row_starts, self._document.slices
        else:
            starts, spans = [0, 1 << 62], [Span(span.start + 1, span.stop - 1)]
        tasks = {
            one: [(number, job) for number, whole in enumerate(jobs) if (job := whole.between(first, stop))]
            for one, first, stop in zip(spans, starts, starts[1:], strict=False)
        }
        inside = self._stretches(mender, span, starts, tasks, jobs, section)
        yield Piece(span.start + 1, span.stop - 1, self._extended(inside, rule, mender.kind, added) if added else inside)

    def _stretches(
        self, mender: Mender, span: Span, starts: Sequence[int], tasks: slices.Tasks, jobs: Sequence[Job], section: str
    ) -> Iterator[bytes | Text]:
        """Yield the inside of a section; a stretch that lost all its records takes a comma along."""
        source = self._source
        notes = [Note() for _ in jobs]
        mended = slices.mended(mender, source.data, source.original, tasks, self._settings, self._following)
        place = begin = span.start + 1
        is_first = True
        for one, first in zip(tasks, starts, strict=False):
            stretch, text = next(mended)
            if stretch is None or stretch.size:
                yield read_bytes(source.original, *((begin, next(iter(tasks)).start) if is_first else (place, one.start)))
                yield from _chunks(source.original, *one) if text is None else [text]
                is_first = False
            if stretch:
                self._changed = True
                for (number, _), note in zip(tasks[one], stretch.notes, strict=True):
                    notes[number].add(note, self._limit)
                self._done.ids.setdefault(section, []).extend((first + row, old, new) for row, old, new in stretch.ids)
            place = one.stop
        next(mended, None)  # all of them are written then
        yield read_bytes(source.original, place, span.stop - 1)
        for job, note in zip(jobs, notes, strict=True):
            self._done.note(job.fixer.rule, note, self._limit)

    def _extended(self, inside: Iterable[bytes | Text], rule: str, kind: str, records: Sequence[Record]) -> Iterator[bytes]:
        """Yield the inside of a section with more records."""
        texts = (text if isinstance(text, bytes) else text.read() for text in inside)
        yield appended(b"".join(texts), records)
        self._changed = True
        changes = [
            Change(rule, kind, record.get("id"), name, MISSING, value) for record in records for name, value in record.items()
        ]
        self._done.note(rule, Note(len(records), changes=changes[: self._limit]), self._limit)

    def _in_order(self, span: Span, rule: str, one: Reordered) -> Iterator[bytes]:
        """Yield a section with its records in another order; what stands between two of them stays where it is."""
        text = memoryview(self._source.mapped())[span.start : span.stop]
        spots = items_of(text)
        with self._source.original.open("rb") as original:
            place = 0
            for spot, row in zip(spots, one.rows.tolist(), strict=True):
                yield _part(original, span.start + place, span.start + spot.start)
                yield _part(original, span.start + spots[row].start, span.start + spots[row].stop)
                place = spot.stop
            yield _part(original, span.start + place, span.stop)
        rows = int(np.count_nonzero(one.rows != np.arange(len(one.rows))))
        change = Change(rule, "file", None, one.section, "as it was", "in order")
        self._done.note(rule, Note(rows, fields={one.section}, changes=[change]), self._limit)

    # ---- the root

    def _root_edits(self, fixers: Sequence[tuple[Fixer, str]]) -> list[Edit]:
        if not fixers or self._document.is_array:
            return []
        fields = self._root_fields()
        old = {name: self._root_value(name, spot) for name, spot in fields.items()}
        new = dict(old)
        for fixer, found in fixers:
            before = dict(new)
            facts = {name: ({**self._facts, "field": found})[name] for name in fixer.fixtures if name != "root"}
            new = guarded(fixer)(root=new, **facts)
            if new is SECTION:
                span = self._document.sections["annotations"]
                self._note_root(fixer, {"": (MISSING, MISSING)})
                end = os.stat(self._source.original).st_size
                return [Edit(self._source.start, span.start, b""), Edit(span.stop, end, b"")]
            pairs = {name: (before.get(name, MISSING), new.get(name, MISSING)) for name in {**before, **new}}
            self._note_root(fixer, {n: (a, b) for n, (a, b) in pairs.items() if a is not b and not equal(a, b)})
        return self._spliced(fields, old, new)

    def _spliced(self, fields: dict[str, Spot], old: dict[str, Any], new: dict[str, Any]) -> list[Edit]:
        kept = [name in new for name in fields]
        edits = list(without(list(fields.values()), kept))
        for name, (_, start, stop) in fields.items():
            if name in new and new[name] is not old[name] and not equal(old[name], new[name]):
                edits += changed(self._source.read(start, stop), old[name], new[name], start)
        more = {name: value for name, value in new.items() if name not in old}
        if more:
            edits.append(self._added(list(fields.values()), more, is_first=not any(kept)))
        return edits

    def _added(self, spots: list[Spot], more: dict[str, Any], is_first: bool) -> Edit:
        source = self._source
        last = spots[-1]
        head = source.read(last.start, last.value)
        gap = source.read(spots[-2].stop, last.start).partition(b",")[2] if len(spots) > 1 else b" "
        colon = head.rpartition(b'"')[2]
        manner = Manner(gap, colon, b", " if b" " in colon else b",")
        return Edit(last.stop, last.stop, added(more, manner, head, is_first))

    def _note_root(self, fixer: Fixer, pairs: Mapping[str, tuple[Any, Any]]) -> None:
        if pairs:
            changes = [Change(fixer.rule, "file", None, name, *pair) for name, pair in pairs.items()]
            self._done.note(fixer.rule, Note(1, fields=set(pairs), changes=changes), self._limit)

    def _root_fields(self) -> dict[str, Spot]:
        """Return where the top-level fields lie. Raises `Unspliceable` where a key stands twice."""
        fields: dict[str, Spot] = {}
        place = self._source.start
        for name, span in sorted(self._document.sections.items(), key=lambda item: item[1]):
            match = KEY.fullmatch(self._source.read(place, span.start))
            if not match:
                raise Unspliceable
            fields[name] = Spot(place + match.start(1) - 1, span.start, span.stop)
            place = span.stop
        return fields

    def _root_value(self, name: str, spot: Spot) -> Any:
        size = spot.stop - spot.value
        is_array = self._source.read(spot.value, spot.value + 1) == b"["
        if (name in RECORDS and is_array) or size > _SMALL:
            return SECTION
        text = self._source.read(spot.value, spot.stop)
        return SECTION if self._source.nonfinite and NONFINITE in text else load(text)

    # ---- the encoding

    def _readable(self, encoding: str) -> Iterator[Piece]:
        """Yield the bytes that are not UTF-8, read as `encoding`."""
        found: list[tuple[int, int, bytes]] = []

        def note(error: UnicodeError) -> tuple[str, int]:
            assert isinstance(error, UnicodeDecodeError)
            found.append((error.start, error.end, error.object[error.start : error.end]))
            return "?", error.end

        codecs.register_error("cocolint-note", note)
        self._source.original.read_bytes().decode("utf-8", "cocolint-note")
        for start, stop, raw in found:
            yield Piece(start, stop, [raw.decode(encoding, "replace").encode()])


def _put(target: BinaryIO, chunks: Iterable[bytes | Text]) -> None:
    """Write chunks; what stands before a text that lies elsewhere goes along with it.

    Only one process at a time can write to a file: to write a comma here would take as long as a stretch there.
    """
    head = b""
    for chunk in chunks:
        if isinstance(chunk, bytes):
            target.write(head)
            head = chunk
        else:
            place = target.tell()
            chunk.put(Path(target.name), place, head)
            target.seek(place + len(head) + len(chunk))
            head = b""
    target.write(head)


def _copy(original: BinaryIO, target: BinaryIO, start: int, stop: int) -> None:
    for chunk in _chunks_of(original, start, stop):
        target.write(chunk)


def _chunks(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from _chunks_of(stream, start, stop)


def _chunks_of(stream: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    stream.seek(start)
    while start < stop:
        chunk = stream.read(min(CHUNK, stop - start))
        if not chunk:
            raise OSError("the file changed while it was read")
        start += len(chunk)
        yield chunk


def _part(stream: BinaryIO, start: int, stop: int) -> bytes:
    stream.seek(start)
    return stream.read(stop - start)


def records_at(document: Document, section: str, rows: Sequence[int]) -> list[Any]:
    """Return the records of a section at `rows`."""
    if section == "annotations":
        starts, spans = document.row_starts, document.slices
    else:
        span = document.sections[section]
        starts, spans = [0, 1 << 62], [Span(span.start + 1, span.stop - 1)]
    found = []
    for one, first, stop in zip(spans, starts, starts[1:], strict=False):
        here = [row - first for row in rows if first <= row < stop]
        if here:
            raws = msgspec.json.decode(array_of(document.source.data, *one), type=list[msgspec.Raw])
            found += [load(raws[row]) for row in here]
    return found
