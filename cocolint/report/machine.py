"""The JSON reports, whose keys are a contract with tools: each is always there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import msgspec

import cocolint
from cocolint.model import Fix, Severity, Status
from cocolint.report.mended import how_of
from cocolint.report.style import Style
from cocolint.report.text import COMMAND
from cocolint.reported import MISSING, FileResult, FindingGroup, Occurrence, Report

CHUNK = 5_000
"""Occurrences that are turned into text at once, so that memory stays small."""

INVISIBLE = re.compile("[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")
"""Characters that JSON may hold as they are, but that steer terminals or hide text."""


class FileEntry(msgspec.Struct, gc=False):
    path: str
    task: str | None
    subset: str
    dialect: str
    status: str
    images: int
    annotations: int
    categories: int
    bytes: int


class RecordEntry(msgspec.Struct, gc=False):
    kind: str
    id: object


class OccurrenceEntry(msgspec.Struct, gc=False):
    pointer: str
    line: int
    column: int
    message: str
    record: RecordEntry | None
    image_id: object
    value: object


class ProfileEntry(msgspec.Struct, gc=False):
    name: str
    severity: str
    effect: str


class FindingEntry(msgspec.Struct, gc=False):
    rule: str
    name: str
    severity: str
    path: str
    count: int
    total: int
    message: str
    hint: str
    fix: str | None
    suppressed: int
    profiles: list[ProfileEntry]
    occurrences: msgspec.Raw
    omitted: int


class ChangeEntry(msgspec.Struct, gc=False):
    """One field of a record that was mended; `how` is added, removed or changed, or dropped for a whole record."""

    record: RecordEntry
    field: str
    how: str
    old: object
    new: object


class MendedEntry(msgspec.Struct, gc=False):
    """What was mended of one rule in one file, or would be with `--diff`. `count` records, `dropped` of them taken out."""

    rule: str
    name: str
    path: str
    count: int
    dropped: int
    fields: list[str]
    changes: list[ChangeEntry]


class SkipEntry(msgspec.Struct, gc=False):
    """A rule that gave no verdict. `rule` and `name` are None where none ran on the file, `path` where it ran on none."""

    rule: str | None
    name: str | None
    path: str | None
    because: str


class StaleEntry(msgspec.Struct, gc=False):
    """An exception that is no longer needed: so many findings of the rule are `gone` from the path, which may be a glob."""

    rule: str
    path: str
    gone: int
    because: str


class Summary(msgspec.Struct, gc=False):
    files: int
    errors: int
    warnings: int
    infos: int
    fixable_safe: int
    fixable_unsafe: int
    suppressed: int
    stale: int
    mending: str
    mended: int
    written: int
    seconds: float
    exit_code: int


def write_json(report: Report, stream: TextIO, style: Style) -> None:
    """Write the whole report as one JSON object. Occurrences are all there unless `style.machine_examples` says fewer."""
    emit(stream, b'{"version":1,"tool":' + encode(_tool()))
    sections: list[tuple[bytes, Iterable[msgspec.Struct]]] = [
        (b"files", map(_file, report.files)),
        (b"findings", _findings(report, style)),
        (b"mended", _mended(report, style)),
        (b"skipped", _skips(report)),
        (b"stale", _stale(report)),
    ]
    for key, entries in sections:
        emit(stream, b',\n"%b":' % key)
        emit_array(stream, entries)
    emit(stream, b',\n"summary":' + encode(_summary(report)) + b"}\n")


def write_jsonl(report: Report, stream: TextIO, style: Style) -> None:
    """Write one JSON object per line, each with its `type`: run, file, finding, mended, skipped, stale, in the end summary."""
    emit(stream, b'{"type":"run","version":1,"tool":%b}\n' % encode(_tool()))
    lines: list[tuple[bytes, Iterable[msgspec.Struct]]] = [
        (b"file", map(_file, report.files)),
        (b"finding", _findings(report, style)),
        (b"mended", _mended(report, style)),
        (b"skipped", _skips(report)),
        (b"stale", _stale(report)),
        (b"summary", [_summary(report)]),
    ]
    for kind, entries in lines:
        for entry in entries:
            emit(stream, b'{"type":"%b",%b\n' % (kind, encode(entry).removeprefix(b"{")))


def emit(stream: TextIO, data: bytes) -> None:
    """Write UTF-8, whatever encoding the stream has for text."""
    buffer = getattr(stream, "buffer", None)
    if buffer is None:
        stream.write(data.decode())
    else:
        stream.flush()
        buffer.write(data)


def emit_array(stream: TextIO, entries: Iterable[Any]) -> None:
    """Write a JSON array, an entry a line, while they come."""
    lead = b"[\n"
    for entry in entries:
        emit(stream, lead + encode(entry))
        lead = b",\n"
    emit(stream, b"[]" if lead == b"[\n" else b"]")


def _tool() -> dict[str, str]:
    return {"name": "cocolint", "version": cocolint.__version__}


def _file(result: FileResult) -> FileEntry:
    return FileEntry(
        result.path, result.task, result.subset, result.dialect, result.status,
        result.images, result.annotations, result.categories, result.bytes,
    )  # fmt: skip


def _findings(report: Report, style: Style) -> Iterator[FindingEntry]:
    for group in report.groups:
        count, occurrences = _occurrences(report, group, style.machine_examples)
        yield FindingEntry(
            group.code, group.name, str(group.severity), group.path, group.count, group.total, group.summary,
            group.hint, group.fix, group.suppressed,
            [ProfileEntry(demand.profile, str(demand.severity), demand.effect) for demand in group.profiles],
            msgspec.Raw(occurrences), group.count - count,
        )  # fmt: skip


def _occurrences(report: Report, group: FindingGroup, limit: int | None) -> tuple[int, bytes]:
    found = iter(report.occurrences(group, limit) if limit != 0 else [])
    count = 0
    parts = []
    while chunk := [_occurrence(occurrence) for occurrence in itertools.islice(found, CHUNK)]:
        count += len(chunk)
        parts.append(encode(chunk)[1:-1])
    return count, b"[" + b",".join(parts) + b"]"


def _occurrence(occurrence: Occurrence) -> OccurrenceEntry:
    record = RecordEntry(occurrence.kind, occurrence.id) if occurrence.kind else None
    return OccurrenceEntry(
        occurrence.pointer, occurrence.line, occurrence.column, occurrence.message, record,
        occurrence.image_id, occurrence.value,
    )  # fmt: skip


def _skips(report: Report) -> Iterator[SkipEntry]:
    for result in report.files:
        if result.status in (Status.UNREADABLE, Status.SKIPPED):
            yield SkipEntry(None, None, result.path, f"{result.status}: {result.note}")
    for crash in report.crashes:
        yield SkipEntry(crash.code, crash.name, crash.path, f"internal error: {crash.last_line}")
    for skip in report.skips:
        yield SkipEntry(skip.code, skip.name, skip.path, skip.because)
    for withdrawn in report.withdrawn:
        yield SkipEntry(withdrawn.code, withdrawn.name, withdrawn.path, f"not mended: {withdrawn.because}")
    for path, because in report.not_mended:
        yield SkipEntry(None, None, path, f"not mended: {because}")


def _stale(report: Report) -> Iterator[StaleEntry]:
    for stale in report.stale:
        yield StaleEntry(stale.code, stale.path, stale.gone, stale.because)


def _mended(report: Report, style: Style) -> Iterator[MendedEntry]:
    for one in report.mended:
        changes = [
            ChangeEntry(RecordEntry(c.kind, c.id), c.field, how_of(c), *(None if v is MISSING else v for v in (c.old, c.new)))
            for c in one.changes[: style.machine_examples]
        ]
        yield MendedEntry(one.code, one.name, one.path, one.count, one.dropped, list(one.fields), changes)


def _summary(report: Report) -> Summary:
    errors, warnings, infos = (report.count(s) for s in (Severity.ERROR, Severity.WARNING, Severity.INFO))
    return Summary(
        len(report.files), errors, warnings, infos, report.fixable(Fix.SAFE), report.fixable(Fix.UNSAFE),
        report.suppressed, len(report.stale), report.mending.value, sum(one.count for one in report.mended),
        len(report.written), round(report.seconds, 3), report.exit_code,
    )  # fmt: skip


def encode(value: Any) -> bytes:
    """Return JSON in UTF-8, in which invisible characters and the marks of commands to runners are escaped.

    Lone surrogates, which JSON cannot hold, are written as the text of their escapes.
    """
    try:
        data = _ENCODER.encode(value)
    except UnicodeEncodeError:
        data = _ENCODER.encode(_without_surrogates(value))
    if b"##" in data:
        data = _COMMAND.sub(rb"#\\u0023", data)
    if data.isascii() and b"\x7f" not in data:
        return data
    return INVISIBLE.sub(_escape, data.decode()).encode()


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def _without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_surrogates(item) for item in value]
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            omits = value.__struct_config__.omit_defaults
            return {name: _without_surrogates(item) for name, item in fields.items() if item is not None or not omits}
        case _:
            return value


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


_COMMAND = re.compile(COMMAND.pattern.encode())
_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
