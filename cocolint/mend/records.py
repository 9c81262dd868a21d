"""Mending the records of a stretch of a section: from bytes to bytes, with a note of each change."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from cocolint.engine.fixing import Record
from cocolint.mend.jobs import BY_RECORD, FixFailed, Job, NotAsMeant, Note, Stretch, Surround, guarded
from cocolint.mend.layout import AS_IT_WAS, WHOLE, Texts, is_kept, layout_of
from cocolint.mend.splice import (
    Edit,
    Edits,
    Manner,
    Splice,
    Spot,
    Unspliceable,
    added,
    applied,
    changed,
    equal,
    fields_of,
    load,
    without,
)  # fmt: skip
from cocolint.model import Ints
from cocolint.read.geometry import distinct
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
    rows: Ints = np.zeros(0, np.int64)

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


def _paired(some: Ints, others: Ints) -> Ints:
    """Return numbers that are the same where both of two numbers are."""
    if (others == others[:1]).all():
        return some
    return np.unique(some * (others.max() + 2) + others + 1, return_inverse=True)[1]


def _firsts_of(groups: Iterable[Ints]) -> Ints:
    return np.array([group[0] for group in groups], np.int64)


def _members_of(alike: Ints) -> list[Ints]:
    """Return the places of each number, the groups in the order of their first members."""
    if not len(alike):
        return []
    order = np.argsort(alike, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(alike[order])) + 1)
    return sorted(groups, key=itemgetter(0))


class _Mending:
    """The mending of one stretch."""

    def __init__(self, mender: Mender, stretch: bytes, jobs: Sequence[Job]) -> None:
        self._mender = mender
        self._jobs = jobs
        self._callers = [mender.caller(job) for job in jobs]
        self._names = list(dict.fromkeys(name for job in jobs for name in job.fields))
        self._old = layout_of(stretch, self._names)
        self._manner: Manner | None = None
        self._edits = Edits()
        self._whole: set[int] = set()

    def result(self, original: bytes) -> Stretch | None:
        """Return the mended stretch, None if nothing changed."""
        groups = [made for made in self._groups() if made.steps]
        maker = np.full(len(self._old), -1, np.int64)
        for number, made in enumerate(groups):
            if made.after is not None:
                self._edit(made)
            maker[made.rows] = number
        if not (maker >= 0).any():
            return None
        stays = np.ones(len(maker), bool)
        for made in groups:
            stays[made.rows] = made.after is not None
        if not stays.all():
            starts, stops = self._old.places
            spots = [Spot(start, start, stop) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
            self._edits.put_all(without(spots, stays.tolist()))
        old = self._old.stretch
        text = self._edits.applied_to(old)
        rows = np.flatnonzero(stays)
        self._verify(text, rows, maker[rows], groups)
        if original != old:
            text = applied(original, _fitted(self._edits.listed(), old, original))
        notes = [self._note(number, groups) for number in range(len(self._jobs))]
        return Stretch(text, len(rows), notes, self._ids(groups))

    def _groups(self) -> list[_Made]:
        """Return what the jobs make of the records: what is alike and has the same to be done is looked at once."""
        layers = [(number, *layer) for number, job in enumerate(self._jobs) for layer in job.layers()]
        rows = distinct(np.concatenate([chosen for _, chosen, _ in layers]))
        alike = self._old.alike(rows)
        places = np.full((len(layers), len(rows)), -1, np.int64)
        for layer, (_, chosen, of_row) in zip(places, layers, strict=True):
            layer[np.searchsorted(rows, chosen)] = of_row
            alike = _paired(alike, layer)
        members = _members_of(alike)
        firsts = _firsts_of(members)
        made = []
        for group, first, texts in zip(members, firsts.tolist(), self._old.texts(rows[firsts]), strict=True):
            doing = zip(layers, places[:, first].tolist(), strict=True)
            made.append(self._make(int(rows[first]), texts, tuple((layer[0], place) for layer, place in doing if place >= 0)))
            made[-1].rows = rows[group]
        return made

    def _make(self, row: int, texts: Texts | None, tasks: Tasks) -> _Made:
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

    def _edit(self, made: _Made) -> None:
        """Note how the texts of some records change; those that cannot be spliced are left out of `made`."""
        if made.is_whole:
            self._edit_whole(made, made.rows)
            return
        for number, inner in made.inside.items():
            begins = self._old.starts_of_value(made.rows, number)
            for start, stop, text in inner:
                self._edits.put(begins + start, begins + stop, text)
        if made.behind:
            ends = self._old.ends(made.rows)
            is_empty = ends == self._old.places[0][made.rows] + 1
            if is_empty.any():
                ends = ends[~is_empty]
                self._edit_whole(made, made.rows[is_empty])
            self._edits.put(ends, ends, made.behind)

    def _edit_whole(self, made: _Made, rows: Ints) -> None:
        before, after = made.steps[0].before, made.after
        refused = []
        for row in rows.tolist():
            text = self._old.text(row)
            whole = self._mender.value(text)
            meant = {name: value for name, value in whole.items() if name in after or name not in before} | after
            try:
                self._edits.put_all(list(changed(text, whole, meant, int(self._old.places[0][row]))))
                self._whole.add(row)
            except Unspliceable:
                refused.append(row)
        if refused:
            made.rows = made.rows[~np.isin(made.rows, refused)]

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
                    found += [(row, pairs) for row in made.rows[: self._mender.limit].tolist()]
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
                    found += [(row, *pair) for row in made.rows.tolist()]
        return sorted(found, key=itemgetter(0))

    def _id_of(self, row: int) -> Any:
        record = self._mender.value(self._old.text(row))
        return record.get("id") if isinstance(record, dict) else None

    def _verify(self, text: bytes, rows: Ints, maker: Ints, groups: Sequence[_Made]) -> None:
        """Read the mended text and compare it with what it should hold. Raises `NotAsMeant`.

        `maker` tells for each of the old `rows` which of the groups it is of, -1 where it is of none.
        """
        try:
            new = layout_of(text, self._names)
        except msgspec.DecodeError:
            raise NotAsMeant from None
        if len(new) != len(rows):
            raise NotAsMeant
        mended = np.flatnonzero(maker >= 0)
        chosen = mended[_firsts_of(_members_of(_paired(new.alike(mended), maker[mended])))]
        for number, texts in zip(maker[chosen].tolist(), new.texts(chosen), strict=True):
            if texts is None or not self._holds(texts, groups[number].after):
                raise NotAsMeant
        kinds = np.where(maker < 0, AS_IT_WAS, maker)
        kinds[np.isin(rows, list(self._whole))] = WHOLE
        if not is_kept(self._old, rows, new, kinds, [made.behind for made in groups]):
            raise NotAsMeant
        whole = np.flatnonzero(kinds == WHOLE)
        for row, place, texts in zip(rows[whole].tolist(), whole.tolist(), self._old.texts(rows[whole]), strict=True):
            if texts is not None and self._rest(self._old.text(row)) != self._rest(new.text(place)):
                raise NotAsMeant

    def _holds(self, texts: Texts, record: Record) -> bool:
        """Whether the texts of the fields that the jobs saw are those of a record."""
        return all(
            name not in record if text is None else name in record and equal(self._mender.value(text), record[name])
            for name, text in zip(self._names, texts, strict=True)
        )

    def _rest(self, text: bytes) -> dict[str, bytes]:
        """Return the texts of the fields of a record that the jobs did not see."""
        return {name: text[spot.value : spot.stop] for name, spot in fields_of(text).items() if name not in self._names}
