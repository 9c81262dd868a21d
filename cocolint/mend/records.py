"""Mending the records of a stretch of a section: from bytes to bytes, with a note of each change."""

from __future__ import annotations

import copy
import dataclasses
import re
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
import numpy as np

from cocolint.engine.fixing import FIELD, Category, Fixer, Image, Record
from cocolint.mend.splice import Edit, Manner, Spot, Unspliceable, added, applied, changed, equal, load, without
from cocolint.model import MISSING, Change, Ints, Values
from cocolint.read.columns import Categories, Images
from cocolint.read.locate import KINDS
from cocolint.read.slicing import address
from cocolint.read.source import NONFINITE

_NONFINITE = NONFINITE[1:-1].decode()
_INFINITY = re.compile(rb"-?Infinity")


class Surround:
    """What the fixes of a file may ask for besides the record: the `image` and `category` it refers to."""

    def __init__(self, images: Images, categories: Categories, facts: Mapping[str, Any]) -> None:
        self._images = images
        self._categories = categories
        self.facts = facts

    def portable(self) -> Surround:
        """Return the part of it that can be sent to other processes."""
        return Surround(self._images, self._categories, {name: self.facts[name] for name in PORTABLE if name in self.facts})

    @cached_property
    def _image_rows(self) -> dict[float, int]:
        rows = np.flatnonzero(self._images.has("id"))
        return dict(zip(self._images.id[rows].tolist(), rows.tolist(), strict=True))

    @cached_property
    def _category_rows(self) -> dict[float, int]:
        rows = np.flatnonzero(self._categories.has("id"))
        return dict(zip(self._categories.id[rows].tolist(), rows.tolist(), strict=True))

    def image(self, record: Record) -> Image | None:
        """Return the image of a record, None where there is none of a known size."""
        row = self._row(self._image_rows, record.get("image_id"))
        if row is None:
            return None
        width, height = float(self._images.width[row]), float(self._images.height[row])
        return Image(int(self._images.id[row]), width, height, self._images.file_name[row]) if width > 0 < height else None

    def category(self, record: Record) -> Category | None:
        """Return the category of a record, None where there is none."""
        row = self._row(self._category_rows, record.get("category_id"))
        if row is None:
            return None
        return Category(int(self._categories.id[row]), self._categories.name[row], self._categories.keypoints[row])

    @staticmethod
    def _row(rows: Mapping[float, int], id_: Any) -> int | None:
        return rows.get(id_) if isinstance(id_, int | float) else None


PORTABLE = ("task", "dialect")
"""The facts of a file that go along to other processes."""

BY_RECORD = {"image": "image_id", "category": "category_id"}
"""What is looked up for each record, and the field that it is looked up by."""


@dataclass(frozen=True)
class Job:
    """One fix for some rows of a section, which ascend.

    `values` are those of the finding for each row, `constants` are fixtures that all rows share, `fresh` is the first id
    that is not in use.
    """

    fixer: Fixer
    field: str
    rows: Ints
    values: Values
    fresh: int = 0
    constants: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields of a record that the fix sees."""
        looked_up = [name for fixture, name in BY_RECORD.items() if fixture in self.fixer.fixtures]
        named = (self.field if name == FIELD else name for name in (*self.fixer.reads, *self.fixer.writes))
        return tuple(dict.fromkeys(name for name in (*named, *looked_up) if name))

    def between(self, first: int, stop: int) -> Job | None:
        """Return the job for the rows from `first` up to `stop`, counted from `first`, None if there are none."""
        low, high = np.searchsorted(self.rows, (first, stop))
        if low == high:
            return None
        values = {name: column[low:high] for name, column in self.values.items()}
        return dataclasses.replace(self, rows=self.rows[low:high] - first, values=values, fresh=self.fresh + int(low))


@dataclass
class Note:
    """What a fix did: how many records, which fields of them, and some of the changes."""

    count: int = 0
    dropped: int = 0
    fields: set[str] = dataclasses.field(default_factory=set)
    changes: list[Change] = dataclasses.field(default_factory=list)

    def add(self, other: Note, limit: int | None) -> None:
        """Take over what the same fix did elsewhere, with at most `limit` changes."""
        self.count += other.count
        self.dropped += other.dropped
        self.fields |= other.fields
        self.changes = (self.changes + other.changes)[:limit]


class Stretch(NamedTuple):
    """A mended stretch: its text, how many records it has now, a note for each job, and the ids that changed."""

    text: bytes
    size: int
    notes: list[Note]
    ids: list[tuple[int, Any, Any]]


class FixFailed(Exception):
    """A fix raised: a fault of the fix, not of the data. `rule` is the name of its rule, `error` the traceback."""

    def __init__(self, rule: str, error: str) -> None:
        super().__init__(rule, error)
        self.rule = rule
        self.error = error


def guarded(fixer: Fixer) -> Callable[..., Any]:
    """Return the function of a fix, such that it raises nothing but `FixFailed`."""

    def call(**arguments: Any) -> Any:
        try:
            found = fixer.function(**arguments)
            return list(found) if isinstance(found, Iterator) else found
        except Exception as error:
            raise FixFailed(fixer.rule, traceback.format_exc(limit=-3)) from error

    return call


class NotAsMeant(Exception):
    """The mended bytes do not hold what they should: a fault of the program, and nothing is written."""


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

    def value(self, raw: msgspec.Raw) -> Any:
        """Return the value of a JSON text."""
        value = load(raw)
        return _with_nan(value) if self._nonfinite else value


def _with_nan(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_nan(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_nan(item) for key, item in value.items()}
    return float("nan") if isinstance(value, str) and value.strip() == _NONFINITE else value


def _behind(place: int, original: bytes) -> int:
    """Return a place in the data as one in the original: what stands for an infinity is shorter than its word."""
    word = _INFINITY.match(original, max(0, place - len(NONFINITE)))
    return word.end() if word else place


class _Step(NamedTuple):
    """What one job made of a record."""

    job: int
    before: Any
    after: Any


class _Mending:
    """The mending of one stretch."""

    def __init__(self, mender: Mender, data: bytes, jobs: Sequence[Job]) -> None:
        self._mender = mender
        self._data = b"[%b]" % data
        self._base = address(self._data)
        self._raws = msgspec.json.decode(self._data, type=list[msgspec.Raw])
        self._jobs = jobs
        self._callers = [mender.caller(job) for job in jobs]
        self._notes = [Note() for _ in jobs]
        self._ids: list[tuple[int, Any, Any]] = []
        self._manner: Manner | None = None
        names = list(dict.fromkeys(("id", *(name for job in jobs for name in job.fields))))
        self._names = dict(zip((f"field_{place}" for place in range(len(names))), names, strict=True))
        types = [(attribute, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for attribute in self._names]
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("Some", types, rename=self._names))

    def result(self, original: bytes) -> Stretch | None:
        """Return the mended stretch, None if nothing changed."""
        tasks: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, job in enumerate(self._jobs):
            for place, row in enumerate(job.rows.tolist()):
                tasks[row].append((number, place))
        edits: list[Edit] = []
        expected: dict[int, Record] = {}
        dropped = set()
        for row in sorted(tasks):
            raws = self._fields_of(row)
            steps = self._steps(row, raws, tasks[row])
            if not steps:
                continue
            if steps[-1].after is None:
                dropped.add(row)
            else:
                try:
                    edits += self._edits(row, raws or {}, steps[0].before, steps[-1].after)
                except Unspliceable:
                    continue
                expected[row] = steps[-1].after
            self._note(row, steps)
        if not edits and not dropped:
            return None
        kept = [row for row in range(len(self._raws)) if row not in dropped]
        edits = sorted(edits + self._without(dropped))
        self._verify(applied(self._data, edits), kept, expected)
        whole = b"[%b]" % original
        text = applied(whole, [Edit(_behind(start, whole), _behind(stop, whole), new) for start, stop, new in edits])[1:-1]
        return Stretch(text, len(kept), self._notes, self._ids)

    def _fields_of(self, row: int) -> dict[str, msgspec.Raw] | None:
        """Return the fields of a record that some job wants; None if it is no object."""
        try:
            some = self._decoder.decode(self._raws[row])
        except msgspec.DecodeError:
            return None
        found = ((name, getattr(some, attribute)) for attribute, name in self._names.items())
        return {name: raw for name, raw in found if raw is not msgspec.UNSET}

    def _steps(self, row: int, raws: dict[str, msgspec.Raw] | None, tasks: list[tuple[int, int]]) -> list[_Step]:
        """Return what the jobs make of a record, one after the other, as far as they change it."""
        value = self._mender.value

        def read() -> Any:
            return value(self._raws[row]) if raws is None else {name: value(raw) for name, raw in raws.items()}

        before = read()
        steps: list[_Step] = []
        for number, place in tasks:
            after = self._callers[number](copy.deepcopy(before) if steps else read(), place)
            if after is None or (raws is not None and not equal(before, after)):
                steps.append(_Step(number, before, after))
                before = after
            if after is None:
                break
        return steps

    def _note(self, row: int, steps: list[_Step]) -> None:
        for number, before, after in steps:
            note, rule = self._notes[number], self._jobs[number].fixer.rule
            note.count += 1
            id_ = before.get("id") if isinstance(before, dict) else None
            if after is None:
                note.dropped += 1
                found = [Change(rule, self._mender.kind, id_, "", before, MISSING)]
            else:
                pairs = {name: (before.get(name, MISSING), after.get(name, MISSING)) for name in {**before, **after}}
                found = [
                    Change(rule, self._mender.kind, id_, name, old, new)
                    for name, (old, new) in pairs.items()
                    if old is MISSING or new is MISSING or not equal(old, new)
                ]
            note.fields |= {change.field for change in found}
            self._ids += [(row, change.old, change.new) for change in found if change.field == "id"]
            if self._mender.limit is None or len(note.changes) < self._mender.limit:
                note.changes += found

    def _edits(self, row: int, raws: dict[str, msgspec.Raw], old: Record, new: Record) -> list[Edit]:
        raw = bytes(self._raws[row])
        start = self._start(self._raws[row])
        if not old.keys() <= new.keys() or not old:
            whole = self._mender.value(self._raws[row])
            meant = {name: value for name, value in whole.items() if name in new or name not in old} | new
            return list(changed(raw, whole, meant, start))
        if self._manner is None:
            self._manner = Manner.of(raw)
        edits = [
            edit
            for name, value in old.items()
            if not equal(value, new[name])
            for edit in changed(bytes(raws[name]), value, new[name], self._start(raws[name]), self._manner.comma)
        ]
        more = {name: value for name, value in new.items() if name not in old}
        if more:
            stop = start + len(raw[:-1].rstrip())
            edits.append(Edit(stop, stop, added(more, self._manner, raw)))
        return edits

    def _start(self, raw: msgspec.Raw) -> int:
        return address(raw) - self._base

    def _without(self, dropped: set[int]) -> list[Edit]:
        if not dropped:
            return []
        spots = []
        for raw in self._raws:
            start = self._start(raw)
            spots.append(Spot(start, start, start + memoryview(raw).nbytes))
        return list(without(spots, [row not in dropped for row in range(len(spots))]))

    def _verify(self, text: bytes, kept: list[int], expected: Mapping[int, Record]) -> None:
        """Read the mended text and compare it with what it should hold. Raises `NotAsMeant`."""
        raws = msgspec.json.decode(text, type=list[msgspec.Raw])
        if len(raws) != len(kept):
            raise NotAsMeant
        for raw, row in zip(raws, kept, strict=True):
            if row not in expected:
                if memoryview(raw) != memoryview(self._raws[row]):
                    raise NotAsMeant
                continue
            some = self._decoder.decode(raw)
            meant = expected[row]
            for attribute, name in self._names.items():
                found = getattr(some, attribute)
                is_there = found is not msgspec.UNSET
                if is_there != (name in meant) or (is_there and not equal(self._mender.value(found), meant[name])):
                    raise NotAsMeant
