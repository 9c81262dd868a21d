"""Mending the records of a stretch of a section: from bytes to bytes, with a note of each change."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import itemgetter, ne
from typing import Any, NamedTuple

from msgspec import Struct

from cocolint.engine.fixing import Record
from cocolint.mend.jobs import BY_RECORD, FixFailed, Job, NotAsMeant, Note, Stretch, Surround, guarded
from cocolint.mend.layout import Layout, Texts
from cocolint.mend.splice import Edit, Manner, Splice, Spot, Unspliceable, added, applied, changed, equal, load, without
from cocolint.read.locate import KINDS
from cocolint.read.source import NONFINITE
from cocolint.reported import MISSING, Change

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


class _Made(Struct, eq=False):
    """What the jobs made of the records `rows`, which are alike, and how their texts change.

    `inside` holds the edits within each field that changes, by its number, counted from where its value begins; `behind` is
    put behind the last field. `is_whole` tells that fields were taken out, so that the whole record has to be looked at.
    """

    steps: list[_Step]
    inside: dict[int, list[Edit]] = {}
    behind: bytes = b""
    is_whole: bool = False
    rows: list[int] = []

    @property
    def after(self) -> Any:
        """What became of the fields that the jobs saw, None if the records are dropped."""
        return self.steps[-1].after


Tasks = tuple[tuple[int, int], ...]
"""The jobs that are to be done to a record, with its place among the rows of each that may tell it from others."""


def _fitted(edits: list[Splice], data: bytes, original: bytes) -> list[Splice]:
    """Return the edits of `data` for the original: what stands for an infinity is filled up with blanks to its length."""
    found: list[Splice] = []
    for start, stop, text in edits:
        end = stop
        while data[end : end + 1] == b" " != original[end : end + 1]:
            end += 1
        found.append((end if start == stop else start, end, text))
    return found


def _differing(old: Record, new: Record) -> dict[str, tuple[Any, Any]]:
    """Return the fields that differ between two records, with both values, MISSING where there is none."""
    found = {
        name: (old.get(name, MISSING), value) for name, value in new.items() if name not in old or not equal(old[name], value)
    }
    return found | {name: (value, MISSING) for name, value in old.items() if name not in new}


class _Mending:
    """The mending of one stretch."""

    def __init__(self, mender: Mender, data: bytes, jobs: Sequence[Job]) -> None:
        self._mender = mender
        self._jobs = jobs
        self._callers = [mender.caller(job) for job in jobs]
        self._names = list(dict.fromkeys(name for job in jobs for name in job.fields))
        self._old = Layout(b"[%b]" % data, self._names)
        self._manner: Manner | None = None

    def result(self, original: bytes) -> Stretch | None:
        """Return the mended stretch, None if nothing changed."""
        groups = [made for made in self._groups() if made.steps]
        edits = sorted(chain.from_iterable(self._edits(made) for made in groups if made.after is not None))
        made_of = dict(chain.from_iterable(zip(made.rows, repeat(made)) for made in groups))
        if not made_of:
            return None
        array = self._old.array
        rows = range(len(self._old))
        dropped = {row for made in groups if made.after is None for row in made.rows}
        kept = [row for row in rows if row not in dropped] if dropped else rows
        if dropped:
            spots = [Spot(start, start, stop) for start, stop in zip(*self._old.places, strict=True)]
            edits = sorted([*edits, *without(spots, [row not in dropped for row in rows])])
        text = applied(array, edits)
        self._verify(text, kept, made_of)
        whole = b"[%b]" % original
        if whole != array:
            text = applied(whole, _fitted(edits, array, whole))
        notes = [self._note(number, groups) for number in range(len(self._jobs))]
        return Stretch(text[1:-1], len(kept), notes, self._ids(groups))

    def _groups(self) -> list[_Made]:
        """Return what the jobs make of the records: what is alike and has the same to be done is looked at once."""
        found: dict[Any, _Made] = {}
        for row, tasks in sorted(self._tasks().items()):
            texts = self._old.texts[row]
            key = tasks, row if texts is None else texts
            made = found.get(key)
            if made is None:
                made = found[key] = self._make(row, tasks)
            made.rows.append(row)
        return list(found.values())

    def _tasks(self) -> dict[int, Tasks]:
        """Return for each row what is to be done to it."""
        tasks: dict[int, Tasks] = {}
        for number, job in enumerate(self._jobs):
            is_of_row = job.is_of_row
            task: Tasks = ((number, 0),)
            for place, row in enumerate(job.rows.tolist()):
                if is_of_row:
                    task = ((number, place),)
                tasks[row] = tasks[row] + task if row in tasks else task
        return tasks

    def _make(self, row: int, tasks: Tasks) -> _Made:
        texts = self._old.texts[row]
        fields = None if texts is None else {n: text for n, text in zip(self._names, texts, strict=True) if text is not None}
        steps = self._steps(row, fields, tasks)
        if not steps or steps[-1].after is None:
            return _Made(steps)
        differing = _differing(steps[0].before, steps[-1].after)
        if fields is None or any(value is MISSING for _, value in differing.values()):
            return _Made(steps, is_whole=True)
        try:
            manner = self._manner_of(row)
            inside = {
                self._names.index(name): list(changed(fields[name], before, after, 0, manner.comma))
                for name, (before, after) in differing.items()
                if before is not MISSING
            }
            more = {name: after for name, (before, after) in differing.items() if before is MISSING}
            return _Made(steps, inside, added(more, manner, self._old.text(row)) if more else b"")
        except Unspliceable:
            return _Made([])

    def _manner_of(self, row: int) -> Manner:
        """Return the manner of a record, which is that of all of them."""
        if self._manner is None:
            self._manner = Manner.of(self._old.text(row))
        return self._manner

    def _steps(self, row: int, fields: dict[str, bytes] | None, tasks: Tasks) -> list[_Step]:
        """Return what the jobs make of a record, one after the other, as far as they change it."""
        value = self._mender.value
        before = value(self._old.text(row)) if fields is None else {name: value(text) for name, text in fields.items()}
        steps: list[_Step] = []
        for number, place in tasks:
            after = self._callers[number](copy.deepcopy(before), place)
            if fields is not None and after is not None and not after.keys() <= {*self._names}:
                undeclared = ", ".join(sorted(after.keys() - {*self._names}))  # what it does not see may be there already
                raise FixFailed(self._jobs[number].fixer.rule, f"the fix changes {undeclared}, which it does not declare")
            if after is None or (fields is not None and _differing(before, after)):
                steps.append(_Step(number, before, after))
                before = after
            if after is None:
                break
        return steps

    def _edits(self, made: _Made) -> list[Splice]:
        """Return how the texts of some records change; those that cannot be spliced are left out of `made`."""
        old = self._old
        if made.is_whole:
            return list(self._edits_of_whole(made, made.rows))
        edits: list[Splice] = []
        for number, inner in made.inside.items():
            for row in made.rows:
                begin = old.start_of_value(row, number)
                edits += [(begin + start, begin + stop, text) for start, stop, text in inner]
        if made.behind:
            begins, ends = old.places[0], old.ends(made.rows)
            empty = [row for row, end in zip(made.rows, ends, strict=True) if end == begins[row] + 1]
            if empty:
                ends = old.ends(sorted({*made.rows} - {*empty}))
                edits += self._edits_of_whole(made, empty)
            edits += zip(ends, ends, repeat(made.behind))
        return edits

    def _edits_of_whole(self, made: _Made, rows: Iterable[int]) -> Iterator[Edit]:
        before, after = made.steps[0].before, made.after
        refused = set()
        for row in rows:
            text = self._old.text(row)
            whole = self._mender.value(text)
            meant = {name: value for name, value in whole.items() if name in after or name not in before} | after
            try:
                yield from list(changed(text, whole, meant, self._old.places[0][row]))
            except Unspliceable:
                refused.add(row)
        made.rows = [row for row in made.rows if row not in refused] if refused else made.rows

    def _note(self, number: int, groups: Iterable[_Made]) -> Note:
        """Return what one job did."""
        note, job = Note(), self._jobs[number]
        found: list[tuple[int, Any]] = []
        for made in groups:
            for step in made.steps:
                if step.job == number:
                    pairs = {"": (step.before, MISSING)} if step.after is None else _differing(step.before, step.after)
                    note.count += len(made.rows)
                    note.dropped += len(made.rows) if step.after is None else 0
                    note.fields |= pairs.keys() - {""}
                    found += [(row, pairs) for row in made.rows[: self._mender.limit]]
        for row, pairs in sorted(found, key=itemgetter(0))[: self._mender.limit]:
            id_ = self._id_of(row)
            note.changes += [Change(job.fixer.rule, self._mender.kind, id_, name, *pair) for name, pair in pairs.items()]
        return note

    def _ids(self, groups: Iterable[_Made]) -> list[tuple[int, Any, Any]]:
        """Return the rows, old and new values of the ids that changed."""
        found = []
        for made in groups:
            for _, before, after in made.steps:
                pair = () if after is None else _differing(before, after).get("id", ())
                if pair and pair[0] is not MISSING:
                    found += [(row, *pair) for row in made.rows]
        return sorted(found, key=itemgetter(0))

    def _id_of(self, row: int) -> Any:
        record = self._mender.value(self._old.text(row))
        return record.get("id") if isinstance(record, dict) else None

    def _verify(self, text: bytes, kept: Sequence[int], made_of: Mapping[int, _Made]) -> None:
        """Read the mended text and compare it with what it should hold. Raises `NotAsMeant`."""
        new = Layout(text, self._names)
        if len(new) != len(kept):
            raise NotAsMeant
        makers = list(map(made_of.get, kept))
        for made, texts in set(zip(makers, new.texts, strict=True)):
            if made is not None and not (texts is not None and self._holds(texts, made.after)):
                raise NotAsMeant
        alike = [place for place, made in enumerate(makers) if made is None]
        if alike and any(map(ne, new.cut(alike), self._old.cut([kept[place] for place in alike]))):
            raise NotAsMeant

    def _holds(self, texts: Texts, record: Record) -> bool:
        """Whether the texts of the fields that the jobs saw are those of a record."""
        return all(
            name not in record if text is None else name in record and equal(self._mender.value(text), record[name])
            for name, text in zip(self._names, texts, strict=True)
        )
