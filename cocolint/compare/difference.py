"""What differs between two annotation files, apart from order and formatting."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct, field

from cocolint.compare.matching import match
from cocolint.compare.opened import RECORDS, RESULTS, Opened, Record, Records
from cocolint.compare.values import changed_fields
from cocolint.failure import Failure

_WHOLE = Record("", None, 0)


class Change(NamedTuple):
    """A place where a record differs: `field` is its JSON pointer below the record, without the first slash: `bbox/2`.

    Where arrays differ in length, that is the place of the whole array. `old` and `new` are values, `msgspec.UNSET` where
    there is none. `record` is as in the old file.
    """

    section: str
    record: Record
    field: str
    old: Any
    new: Any

    @property
    def id(self) -> Any:
        """What the record is known by in the old file: its `id`, or else its `image_id`, or else None."""
        return self.record.id


class Section(Struct):
    """The difference in one top-level value.

    `old_count` and `new_count` are the records of each file. `fields` tells for each field how many records changed in it.
    The lists may have been limited; the counts were not. `added` are records of the new file, `removed` of the old one. A
    value that is no section of records, such as `info`, counts as one record.
    """

    name: str
    old_count: int
    new_count: int
    is_records: bool = True
    order_differs: bool = False
    added_count: int = 0
    removed_count: int = 0
    changed_count: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    added: list[Record] = []
    removed: list[Record] = []
    changed: list[Change] = []

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs but the order."""
        return not (self.added_count or self.removed_count or self.changed_count)


class Difference(Struct):
    """What differs between two files, named as they were given: one section for each top-level value of either.

    Where the root of one is an array, that is the section `results`; if the roots differ in type, there is the section
    `root`, with the names of the types.
    """

    old: str
    new: str
    sections: dict[str, Section]

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs but order and formatting."""
        return all(section.is_equal for section in self.sections.values())

    @property
    def changed(self) -> list[Change]:
        """The changes in all sections."""
        return [change for section in self.sections.values() for change in section.changed]


def difference(old: Path, new: Path, limit: int | None = None) -> Difference:
    """Compare two annotation files, which need not be sound, but JSON with an object or an array at the root.

    Of each section, `limit` tells how many records are listed as added, as removed, and as changed in each field; None for
    all. Raises `Failure` if a file cannot be read.
    """
    try:
        return _compare(Opened(old), Opened(new), limit)
    except RecursionError:
        raise Failure("the JSON is nested too deeply to be compared") from None
    except OSError as error:
        raise Failure(str(error.strerror or error)) from None


def _compare(old: Opened, new: Opened, limit: int | None) -> Difference:
    result = Difference(old.display, new.display, {})
    if old.is_array != new.is_array:
        kinds = ("array" if file.is_array else "object" for file in (old, new))
        change = Change("root", _WHOLE, "", *kinds)
        result.sections["root"] = Section("root", 1, 1, False, changed_count=1, fields=Counter([""]), changed=[change])
        return result
    for name in _names(old, new):
        result.sections[name] = _compare_section(old, new, name, limit)
    return result


def _names(old: Opened, new: Opened) -> list[str]:
    """Return the names of all top-level values; first those that may hold records."""
    names = old.spans.keys() | new.spans.keys()
    first = [name for name in (*RECORDS, RESULTS) if name in names]
    return first + sorted(names - set(first))


def _compare_section(old: Opened, new: Opened, name: str, limit: int | None) -> Section:
    """Compare record by record where both values are arrays of records, or one is and the other is not there."""
    ours, theirs = old.records.get(name), new.records.get(name)
    if ours is not None and theirs is None and len(ours) and name not in new.spans:
        theirs = Records.none(name)
    if theirs is not None and ours is None and len(theirs) and name not in old.spans:
        ours = Records.none(name)
    return _compare_values(old, new, name, limit) if ours is None or theirs is None else _compare_records(ours, theirs, limit)


def _compare_records(old: Records, new: Records, limit: int | None) -> Section:
    matched = match(old, new)
    section = Section(old.name, len(old), len(new), order_differs=matched.order_differs)
    section.removed_count, section.added_count = len(matched.removed), len(matched.added)
    section.removed = [old.record(row) for row in matched.removed[:limit].tolist()]
    section.added = [new.record(row) for row in matched.added[:limit].tolist()]
    unlike = ~matched.is_same
    for row, partner in zip(matched.old[unlike].tolist(), matched.new[unlike].tolist(), strict=True):
        is_changed = False
        for name, places in changed_fields(old.text(row), new.text(partner)):
            is_changed = True
            section.fields[name] += 1
            if limit is None or section.fields[name] <= limit:
                record = old.record(row)
                section.changed += [Change(section.name, record, *place) for place in places]
        section.changed_count += is_changed
    return section


def _compare_values(old: Opened, new: Opened, name: str, limit: int | None) -> Section:
    ours, theirs = old.text(name), new.text(name)
    section = Section(name, int(ours is not None), int(theirs is not None), is_records=False)
    if ours is None or theirs is None:
        section.removed = [_WHOLE] * section.old_count
        section.added = [_WHOLE] * section.new_count
        section.removed_count, section.added_count = section.old_count, section.new_count
        return section
    for place in chain.from_iterable(places for _, places in changed_fields(ours, theirs)):
        section.changed_count = 1
        section.fields[place.path.partition("/")[0]] = 1
        if limit is None or len(section.fields) <= limit:
            section.changed.append(Change(name, _WHOLE, *place))
    return section
