"""Diagnostics for reviewdog, which shows those on the lines that a change touches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

import msgspec

from cocolint.discover import whole_of
from cocolint.model import Severity
from cocolint.report.entries import Listing, exceptions, troubles
from cocolint.report.machine import emit, emit_array
from cocolint.report.style import Style
from cocolint.report.text import short
from cocolint.reported import Report

LEVELS = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}

LARGEST = 2**31 - 1
"""Lines and columns are 32-bit integers; a file on one line may have larger columns."""


class Position(msgspec.Struct, gc=False, omit_defaults=True):
    line: int
    column: int | None = None


class Range(msgspec.Struct, gc=False):
    start: Position


class Location(msgspec.Struct, gc=False, omit_defaults=True):
    path: str
    range: Range | None = None


class Code(msgspec.Struct, gc=False):
    value: str


class Diagnostic(msgspec.Struct, gc=False):
    message: str
    location: Location
    severity: str
    code: Code


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write a diagnostic per finding, worst first. The last one says how many are not listed, if any."""
    emit(stream, b'{"source":{"name":"cocolint"},\n"diagnostics":')
    emit_array(stream, _diagnostics(report, style))
    emit(stream, b"}\n")


def _diagnostics(report: Report, style: Style) -> Iterator[Diagnostic]:
    for trouble in (*troubles(report), *exceptions(report)):
        yield Diagnostic(trouble.message, Location(whole_of(trouble.path)), "ERROR", Code(trouble.name))
    path = ""
    listing = Listing(report, style)
    for entry in listing:
        group, occurrence = entry.group, entry.occurrence
        path = path or whole_of(group.path)
        place = Position(min(occurrence.line, LARGEST), occurrence.column if occurrence.column <= LARGEST else None)
        yield Diagnostic(
            f"{short(group.name)}: {entry.message}", Location(whole_of(group.path), Range(place)),
            LEVELS[group.severity], Code(group.code),
        )  # fmt: skip
    if listing.omitted:
        yield Diagnostic(listing.omitted, Location(path), "INFO", Code("not-listed"))
