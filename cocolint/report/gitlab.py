"""A Code Quality report for GitLab's merge requests: an array of issues, each with a fingerprint of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

import msgspec

from cocolint.discover import whole_of
from cocolint.model import Severity
from cocolint.report.entries import Listing, Trouble, exceptions, troubles
from cocolint.report.machine import emit, emit_array
from cocolint.report.style import Style
from cocolint.report.text import short
from cocolint.reported import Report

LEVELS = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


class Lines(msgspec.Struct, gc=False):
    begin: int


class Location(msgspec.Struct, gc=False):
    path: str
    lines: Lines


class Issue(msgspec.Struct, gc=False):
    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: Location


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write an issue per finding, worst first. The last one says how many are not listed, if any."""
    emit_array(stream, _issues(report, style))
    emit(stream, b"\n")


def _issues(report: Report, style: Style) -> Iterator[Issue]:
    for trouble in troubles(report):
        yield _issue(trouble, "blocker")
    for exception in exceptions(report):
        yield _issue(exception, LEVELS[Severity.ERROR])
    path = ""
    listing = Listing(report, style)
    for entry in listing:
        group = entry.group
        path = path or group.path
        yield Issue(
            f"{short(group.name)}: {entry.message}", f"{group.code} {group.name}", entry.fingerprint,
            LEVELS[group.severity], Location(whole_of(group.path), Lines(entry.occurrence.line)),
        )  # fmt: skip
    if listing.omitted:
        yield _issue(Trouble("not-listed", path, listing.omitted), "info")


def _issue(trouble: Trouble, severity: str) -> Issue:
    place = Location(whole_of(trouble.path), Lines(1))
    return Issue(trouble.message, trouble.name, trouble.fingerprint, severity, place)
