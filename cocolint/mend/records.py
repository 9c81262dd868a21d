"""Mending the records of a stretch of a section: from bytes to bytes, with a note of each change."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from cocolint.engine.fixing import Record
from cocolint.mend.jobs import BY_RECORD, Job, NotAsMeant, Note, Stretch, Surround, guarded
from cocolint.mend.splice import Edit, Manner, Spot, Unspliceable, added, applied, changed, equal, load, without
from cocolint.model import MISSING, Change
from cocolint.read.locate import KINDS
from cocolint.read.slicing import address
from cocolint.read.source import NONFINITE

_NONFINITE = NONFINITE[1:-1].decode()

Caller = Callable[[Record, int], Any]
"""A fix as a function of a record and its place among the rows of the job."""


class Mender:
    """Mends stretches of one section with the same surroundings. `limit` is how many changes are noted for each job."""

    def __init__(self, section: str, surround: Surround, limit: int | None, nonfinite: bool) -> None:
        self.kind = KINDS.get(section, section)
        self._section = section
        self.limit = limit
        self._surround = surround
        self._nonfinite = nonfinite

    def mend(self, data: bytes, original: bytes, jobs: Sequence[Job]) -> Stretch | None:
        """Return the stretch `data` of records with commas between them, mended; None if no job changed anything.

        `original` are the same bytes as they stand in the file, where `data` holds other words for NaN.
        """
        return _Mending(self, data, jobs).result(original)

    def portable(self) -> Mender:
        """Return the same mender for another process."""
        return Mender(self._section, self._surround.portable(), self.limit, self._nonfinite)

    def caller(self, job: Job) -> Caller:
        """Return the fix with all that it asks for besides the record."""
        columns = {name: job.values[name].tolist() for name in job.fixer.fixtures if name in job.values}
        if "fresh_id" in job.fixer.fixtures:
            columns["fresh_id"] = range(job.fresh, job.fresh + len(job.rows))
        lookups = {name: getattr(self._surround, name) for name in BY_RECORD if name in job.fixer.fixtures}
        known = {"record", *columns, *lookups}
        facts = {**self._surround.facts, **job.constants, "field": job.field}
        fixed = {name: facts[name] for name in job.fixer.fixtures if name not in known}
        function = guarded(job.fixer)

        def call(record: Record, place: int) -> Any:
            values = {name: column[place] for name, column in columns.items()}
            found = {name: lookup(record) for name, lookup in lookups.items()}
            return function(record=record, **values, **found, **fixed)

        return call

    def value(self, text: bytes) -> Any:
        """Return the value of a JSON text."""
        value = load(text)
        return _with_nan(value) if self._nonfinite else value


def _with_nan(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_nan(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_nan(item) for key, item in value.items()}
    return float("nan") if isinstance(value, str) and value.strip() == _NONFINITE else value


class _Step(NamedTuple):
    """What one job made of a record."""

    job: int
    before: Any
    after: Any


class _Made(NamedTuple):
    """What the jobs made of a record, and how its text changes.

    `inside` holds the edits within each field that changes, by its number, counted from where its value begins; `behind` is
    put behind the last field. `is_whole` tells that fields were taken out, so that the whole record has to be looked at.
    """

    steps: list[_Step]
    inside: dict[int, list[Edit]]
    behind: bytes
    is_whole: bool

    @property
    def after(self) -> Any:
        """What became of the fields that the jobs saw, None if the record is dropped."""
        return self.steps[-1].after


_ALIKE = 200
"""Records whose fields have at most so many bytes are compared with others: what was made of one is made of its like."""


def _fitted(edits: list[Edit], data: bytes, original: bytes) -> list[Edit]:
    """Return the edits of `data` for the original: what stands for an infinity is filled up with blanks to its length."""
    found = []
    for start, stop, text in edits:
        end = stop
        while data[end : end + 1] == b" " != original[end : end + 1]:
            end += 1
        found.append(Edit(end if start == stop else start, end, text))
    return found


def _differing(old: Record, new: Record) -> dict[str, tuple[Any, Any]]:
    """Return the fields that differ between two records, with both values, MISSING where there is none."""
    found = {
        name: (old.get(name, MISSING), value) for name, value in new.items() if name not in old or not equal(old[name], value)
    }
    return found | {name: (value, MISSING) for name, value in old.items() if name not in new}


def _texts(raws: Iterable[Any]) -> tuple[bytes | None, ...]:
    """Return the texts of some fields, None where there is none."""
    return tuple([None if raw is msgspec.UNSET else bytes(raw) for raw in raws])


class _Mending:
    """The mending of one stretch."""

    def __init__(self, mender: Mender, data: bytes, jobs: Sequence[Job]) -> None:
        self._mender = mender
        self._data = b"[%b]" % data
        self._jobs = jobs
        self._is_of_row = [job.is_of_row for job in jobs]
        self._callers = [mender.caller(job) for job in jobs]
        self._notes = [Note() for _ in jobs]
        self._ids: list[tuple[int, Any, Any]] = []
        self._manner: Manner | None = None
        self._alike: dict[Any, _Made] = {}
        self._names = list(dict.fromkeys(name for job in jobs for name in job.fields))
        attributes = {f"field_{place}": name for place, name in enumerate(self._names)}
        types = [(attribute, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for attribute in attributes]
        self._type = msgspec.defstruct("Some", types, rename=attributes, gc=False)
        self._raws, self._fields, self._starts = self._read(self._data)

    def result(self, original: bytes) -> Stretch | None:
        """Return the mended stretch, None if nothing changed."""
        edits: list[Edit] = []
        made_of: dict[int, _Made] = {}
        for row, tasks in self._tasks():
            fields = self._fields[row]
            try:
                made = self._made(row, fields, tasks)
                if made.steps and made.after is not None:
                    edits += self._edits(row, fields or (), made)
            except Unspliceable:
                continue
            if made.steps:
                made_of[row] = made
                self._note(row, made.steps)
        if not made_of:
            return None
        dropped = {row for row, made in made_of.items() if made.after is None}
        kept = [row not in dropped for row in range(len(self._raws))]
        edits = sorted(edits + self._without(kept)) if dropped else edits
        self._verify(applied(self._data, edits), kept, made_of)
        whole = b"[%b]" % original
        text = applied(whole, edits if whole == self._data else _fitted(edits, self._data, whole))[1:-1]
        return Stretch(text, len(kept) - len(dropped), self._notes, self._ids)

    def _tasks(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """Return for each row the jobs that are to be done, with the place of the row in each."""
        tasks: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, job in enumerate(self._jobs):
            for place, row in enumerate(job.rows.tolist()):
                tasks[row].append((number, place))
        return sorted(tasks.items())

    def _read(self, array: bytes) -> tuple[list[msgspec.Raw], Sequence[tuple[Any, ...] | None], Sequence[int]]:
        """Return the texts of the records, the fields of each that some job wants, and where each record begins.

        A field is UNSET where there is none; of a record that is no object there is None.
        """
        raws = msgspec.json.decode(array, type=list[msgspec.Raw])
        try:
            fields = list(map(msgspec.structs.astuple, msgspec.json.decode(array, type=list[self._type])))  # type: ignore[name-defined]
        except msgspec.DecodeError:
            base = address(array)
            return raws, [self._fields_of(raw) for raw in raws], [address(raw) - base for raw in raws]
        starts = []
        place = 0
        for raw in raws:  # all are objects: each begins with the next brace
            place = array.index(b"{", place)
            starts.append(place)
            place += memoryview(raw).nbytes
        return raws, fields, starts

    def _fields_of(self, raw: msgspec.Raw) -> tuple[Any, ...] | None:
        try:
            return msgspec.structs.astuple(msgspec.json.decode(raw, type=self._type))
        except msgspec.DecodeError:
            return None

    def _made(self, row: int, raws: tuple[Any, ...] | None, tasks: list[tuple[int, int]]) -> _Made:
        """Return what the jobs make of a record: the same as of an earlier one, if nothing tells the two apart."""
        if raws is None:
            return self._make(row, None, tasks)
        texts = _texts(raws)
        numbers = tuple([number for number, _ in tasks])
        made = self._alike.get((numbers, texts))
        if made is None:
            made = self._make(row, texts, tasks)
            is_short = sum(map(len, filter(None, texts))) <= _ALIKE
            if is_short and not any(self._is_of_row[number] for number in numbers):
                self._alike[numbers, texts] = made
        return made

    def _make(self, row: int, texts: tuple[bytes | None, ...] | None, tasks: list[tuple[int, int]]) -> _Made:
        fields = None if texts is None else {n: text for n, text in zip(self._names, texts, strict=True) if text is not None}
        steps = self._steps(row, fields, tasks)
        if not steps or steps[-1].after is None:
            return _Made(steps, {}, b"", False)
        differing = _differing(steps[0].before, steps[-1].after)
        if fields is None or any(value is MISSING for _, value in differing.values()):
            return _Made(steps, {}, b"", True)
        manner = self._manner_of(row)
        inside = {
            self._names.index(name): list(changed(fields[name], before, after, 0, manner.comma))
            for name, (before, after) in differing.items()
            if before is not MISSING
        }
        more = {name: after for name, (before, after) in differing.items() if before is MISSING}
        return _Made(steps, inside, added(more, manner, bytes(self._raws[row])) if more else b"", False)

    def _manner_of(self, row: int) -> Manner:
        """Return the manner of a record, which is that of all of them."""
        if self._manner is None:
            self._manner = Manner.of(bytes(self._raws[row]))
        return self._manner

    def _steps(self, row: int, fields: dict[str, bytes] | None, tasks: list[tuple[int, int]]) -> list[_Step]:
        """Return what the jobs make of a record, one after the other, as far as they change it."""
        value = self._mender.value
        before = value(bytes(self._raws[row])) if fields is None else {name: value(text) for name, text in fields.items()}
        steps: list[_Step] = []
        for number, place in tasks:
            after = self._callers[number](copy.deepcopy(before), place)
            if after is None or (fields is not None and _differing(before, after)):
                steps.append(_Step(number, before, after))
                before = after
            if after is None:
                break
        return steps

    def _note(self, row: int, steps: list[_Step]) -> None:
        for number, before, after in steps:
            note, job = self._notes[number], self._jobs[number]
            note.count += 1
            note.dropped += after is None
            has_room = self._mender.limit is None or len(note.changes) < self._mender.limit
            if not has_room and "id" not in job.fields and note.fields.issuperset(job.fixer.writes):
                continue
            found = {"": (before, MISSING)} if after is None else _differing(before, after)
            note.fields |= found.keys() - {""}
            if "id" in found:
                self._ids.append((row, *found["id"]))
            if has_room:
                id_ = self._id_of(row)
                note.changes += [Change(job.fixer.rule, self._mender.kind, id_, name, *pair) for name, pair in found.items()]

    def _id_of(self, row: int) -> Any:
        record = self._mender.value(bytes(self._raws[row]))
        return record.get("id") if isinstance(record, dict) else None

    def _edits(self, row: int, raws: tuple[Any, ...], made: _Made) -> list[Edit]:
        raw, start = bytes(self._raws[row]), self._starts[row]
        if made.is_whole or (made.behind and not raw[1:-1].strip()):
            whole, old, new = self._mender.value(raw), made.steps[0].before, made.after
            meant = {name: value for name, value in whole.items() if name in new or name not in old} | new
            return list(changed(raw, whole, meant, start))
        edits = []
        for place, inner in made.inside.items():
            begin = start + address(raws[place]) - address(self._raws[row])
            edits += [Edit(begin + edit.start, begin + edit.stop, edit.text) for edit in inner]
        if made.behind:
            stop = start + len(raw[:-1].rstrip())
            edits.append(Edit(stop, stop, made.behind))
        return sorted(edits) if len(edits) > 1 else edits

    def _without(self, kept: list[bool]) -> list[Edit]:
        sizes = [memoryview(raw).nbytes for raw in self._raws]
        spots = [Spot(start, start, start + size) for start, size in zip(self._starts, sizes, strict=True)]
        return list(without(spots, kept))

    def _verify(self, text: bytes, kept: list[bool], made_of: Mapping[int, _Made]) -> None:
        """Read the mended text and compare it with what it should hold. Raises `NotAsMeant`."""
        raws, fields, _ = self._read(text)
        rows = [row for row, is_kept in enumerate(kept) if is_kept]
        if len(raws) != len(rows):
            raise NotAsMeant
        seen: set[tuple[int, tuple[bytes | None, ...]]] = set()
        for raw, some, row in zip(raws, fields, rows, strict=True):
            made = made_of.get(row)
            if made is None:
                if memoryview(raw) != memoryview(self._raws[row]):
                    raise NotAsMeant
                continue
            texts = _texts(some or ())
            if (id(made), texts) in seen:
                continue
            for name, found in zip(self._names, texts, strict=True):
                if (found is None) == (name in made.after):
                    raise NotAsMeant
                if found is not None and not equal(self._mender.value(found), made.after[name]):
                    raise NotAsMeant
            seen.add((id(made), texts))
