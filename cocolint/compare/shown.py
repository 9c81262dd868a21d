"""A difference, printed: for people in short, for programs as one JSON object."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, TextIO

import cocolint
from cocolint.compare.difference import Change, Difference, Section
from cocolint.compare.opened import Record
from cocolint.compare.values import UNSET, Beyond
from cocolint.config import examples
from cocolint.failure import ConfigError
from cocolint.report.machine import emit
from cocolint.report.page import Page, Piece
from cocolint.report.style import Style, wants_color, width_of
from cocolint.report.text import clean, noun_of, plural, short

LONGEST = 48
"""Characters of a value that are shown."""
FIELDS = 10
"""Names of fields that are shown of a section, those that are changed most often."""
BEFORE = 12
"""Characters that are shown before the place where two long values begin to differ."""


FORMATS = ("text", "json")


def limit_of(output_format: str, max_examples: str) -> int | None:
    """Return how many examples to list, None for all; where it is not told, people see 5 and programs all.

    Raises `ConfigError` for a format or a number that cannot be used.
    """
    if output_format not in FORMATS:
        raise ConfigError(f"no output format '{output_format}'; there are {', '.join(FORMATS)}")
    try:
        return examples(max_examples or (5 if output_format == "text" else "none"))
    except ValueError as error:
        raise ConfigError(f"--max-examples: {error}") from None


def write(difference: Difference, stream: TextIO, output_format: str, limit: int | None) -> None:
    """Write what differs as text or JSON. `limit` is that of the lists."""
    if output_format == "json":
        _write_json(difference, stream, limit)
    else:
        style = Style(max_examples=limit, color=wants_color("auto", stream), width=width_of(stream))
        _write_text(difference, Page(stream, style))


def _write_text(difference: Difference, page: Page) -> None:
    if difference.is_equal:
        page.line("equal: ", difference.old, " and ", difference.new)
    else:
        page.line((f"--- {difference.old}", "bold"))
        page.line((f"+++ {difference.new}", "bold"))
    for section in difference.sections.values():
        if not section.is_equal:
            page.line((f"{short(section.name)}:", "bold"), f" {_counts(section)}")
            _write_examples(page, section)
        if section.order_differs:
            page.line((f"{short(section.name)}:", "bold"), " the records stand in another order, which is no difference")


def _counts(section: Section) -> str:
    if not section.is_records:
        return "removed" if section.removed_count else "added" if section.added_count else "changed"
    names = [f"{short(name) or 'all of it'} {count:,}" for name, count in section.fields.most_common(FIELDS)]
    names += [f"{len(section.fields) - FIELDS:,} more"] if len(section.fields) > FIELDS else []
    fields = ", ".join(names)
    changed = f"{section.changed_count:,} changed" + (f" ({fields})" if fields else "")
    return f"{changed}, {section.removed_count:,} removed, {section.added_count:,} added"


def _write_examples(page: Page, section: Section) -> None:
    for record in section.removed if section.is_records else []:
        page.line("  ", (f"- {_name(section, record)}", "red"))
    for record in section.added if section.is_records else []:
        page.line("  ", (f"+ {_name(section, record)}", "green"))
    for changes in _by_record_and_field(section):
        _write_change(page, section, changes)
    if left_out := _omitted(section, page.style.max_examples):
        page.line(f"  ... {left_out:,} more. All: --max-examples none")


def _by_record_and_field(section: Section) -> list[list[Change]]:
    """Return the changes of each field of each record, field by field, those that are changed most often first."""
    groups: dict[tuple[str, int], list[Change]] = {}
    for change in section.changed:
        groups.setdefault((change.field.partition("/")[0], change.record.row), []).append(change)
    frequent = {name: place for place, (name, _) in enumerate(section.fields.most_common())}
    return [groups[key] for key in sorted(groups, key=lambda key: frequent.get(key[0], 0))]


def _write_change(page: Page, section: Section, changes: list[Change]) -> None:
    change, *others = changes
    old, new = _side_by_side(change.old, change.new)
    name: list[Piece] = [_name(section, change.record), "  "] if section.is_records else []
    more = f"  and {plural(len(others), 'more place')}" if others else ""
    page.line(
        "  ", *name, f"{short(change.field)}: " if change.field else "", (old, "red"), " -> ", (new, "green"), (more, "dim")
    )


def _name(section: Section, record: Record) -> str:
    noun = noun_of(section.name)
    if record.key == "id":
        return f"{noun} id={_text(record.id)[:LONGEST]}"
    known = f"{record.key}={_text(record.id)[:LONGEST]} " if record.key else ""
    return f"{noun} {known}row={record.row}"


def _side_by_side(old: object, new: object) -> tuple[str, str]:
    """Return both values; of long ones the part around the place where they begin to differ."""
    ours, theirs = _text(old), _text(new)
    if max(len(ours), len(theirs)) <= LONGEST:
        return ours, theirs
    differ = next((place for place, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, differ - BEFORE)
    return _part(ours, start), _part(theirs, start)


def _part(text: str, start: int) -> str:
    cut = text[start : start + LONGEST]
    return clean(("..." if start else "") + cut + ("..." if start + len(cut) < len(text) else ""))


def _text(value: object) -> str:
    return "(absent)" if value is UNSET else value if isinstance(value, Beyond) else json.dumps(value, ensure_ascii=False)


def _omitted(section: Section, limit: int | None) -> int:
    """Return how many records added or removed, and how many changed fields of records, are not listed."""
    if limit is None:
        return 0
    counts = [section.added_count, section.removed_count, *section.fields.values()]
    return sum(max(0, count - limit) for count in (counts if section.is_records else [len(section.fields)]))


def _write_json(difference: Difference, stream: TextIO, limit: int | None) -> None:
    head = {
        "version": 1,
        "tool": {"name": "cocolint", "version": cocolint.__version__},
        "old": difference.old,
        "new": difference.new,
        "equal": difference.is_equal,
    }
    emit(stream, _encoded(head)[:-1] + b', "sections": [')
    for number, section in enumerate(difference.sections.values()):
        emit(stream, (b",\n" if number else b"\n") + _encoded(_summary(section, limit))[:-1])
        _emit_list(stream, b"changed", map(_change, section.changed))
        _emit_list(stream, b"removed", map(_record, section.removed))
        _emit_list(stream, b"added", map(_record, section.added))
        emit(stream, b"}")
    emit(stream, b"\n]}\n")


def _emit_list(stream: TextIO, name: bytes, entries: Iterable[dict[str, Any]]) -> None:
    """Write the last keys of an object one entry after the other, as there may be as many as records."""
    emit(stream, b', "%b": [' % name)
    for number, entry in enumerate(entries):
        emit(stream, (b",\n" if number else b"\n") + _encoded(entry))
    emit(stream, b"]")


def _encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value).replace("\x7f", "\\u007f").encode()


def _summary(section: Section, limit: int | None) -> dict[str, Any]:
    return {
        "name": section.name,
        "equal": section.is_equal,
        "order_differs": section.order_differs,
        "records": {"old": section.old_count, "new": section.new_count},
        "counts": {"changed": section.changed_count, "removed": section.removed_count, "added": section.added_count},
        "fields": dict(section.fields.most_common()),
        "omitted": _omitted(section, limit),
    }


def _change(change: Change) -> dict[str, Any]:
    how = "added" if change.old is UNSET else "removed" if change.new is UNSET else "changed"
    return {
        "record": _record(change.record),
        "field": change.field,
        "how": how,
        "old": _plain(change.old),
        "new": _plain(change.new),
    }


def _record(record: Record) -> dict[str, Any]:
    return {"key": record.key, "id": _plain(record.id), "row": record.row}


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: a number that is none as its text, a value that is not there as null."""
    if value is UNSET:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
