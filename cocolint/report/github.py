"""Annotations on the changed files of a GitHub pull request, and a page in the summary of the job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from msgspec import Struct

from cocolint.discover import whole_of
from cocolint.model import Severity, Status
from cocolint.report.entries import exceptions
from cocolint.report.markdown import page_of
from cocolint.report.page import Page
from cocolint.report.style import Style
from cocolint.report.summary import write_closing
from cocolint.report.tally import tallies
from cocolint.report.text import clean, plural, short
from cocolint.reported import FindingGroup, Report

LIMIT = 10
"""GitHub shows ten errors and ten warnings of a step and drops the rest."""

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}


class Annotation(Struct, frozen=True):
    """A workflow command; `group` is what it is made of, unless it stands for a file or a crash."""

    level: str
    title: str
    path: str
    message: str
    group: FindingGroup | None = None
    count: int = 1


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write at most ten errors and ten warnings, one per file and rule, and append a page to the job's summary."""
    page = Page(stream, style)
    left = dict.fromkeys(LEVELS.values(), LIMIT)
    hidden = 0
    for annotation in _annotations(report):
        if left.get(annotation.level, 0):
            left[annotation.level] -= 1
            page.command(_command(report, annotation))
        else:
            hidden += 1
    summary = "" if style.is_file else os.environ.get("GITHUB_STEP_SUMMARY", "")
    written = bool(summary) and _append(Path(summary), page_of(report, style))
    if hidden:
        place = "the summary of the job counts all" if written else "cocolint check --output-format full shows all"
        page.command(f"::notice title=cocolint::{plural(hidden, 'finding')} not shown here; {place}")
    write_closing(page, report)


def _annotations(report: Report) -> Iterator[Annotation]:
    for crash in report.crashes:
        yield Annotation("error", f"internal error in {crash.code} {crash.name}", crash.path, crash.last_line)
    for result in report.files:
        if result.status is Status.UNREADABLE and not result.groups:
            yield Annotation("error", "unreadable", result.path, result.note)
    stale = list(exceptions(report))
    if stale:
        title = f"{plural(len(stale), 'exception')} no longer needed"
        yield Annotation("error", title, stale[0].path, stale[0].message)
    for tally in tallies(report):
        by_path: dict[str, list[FindingGroup]] = {}
        for group in tally.groups:
            by_path.setdefault(group.path, []).append(group)
        level = LEVELS.get(tally.severity, "info")
        for path, groups in by_path.items():
            count = sum(group.count for group in groups)
            yield Annotation(level, f"{tally.code} {tally.name}", path, groups[0].summary, groups[0], count)


def _command(report: Report, annotation: Annotation) -> str:
    properties = {"title": annotation.title, "file": whole_of(annotation.path)}
    message = short(annotation.message)
    for first in report.occurrences(annotation.group, 1) if annotation.group else []:
        properties |= {"line": str(first.line), "col": str(first.column)}
        if first.message != annotation.message:
            message += f": {short(first.message)}"
        if first.pointer:
            message += f", at {short(first.pointer)}"
    if annotation.count > 1:
        message += f" (x{annotation.count})"
    listed = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    return f"::{annotation.level} {listed}::{escape(annotation.path)}: {escape(message)}"


def escape(text: str) -> str:
    """Return the harmless text as the message of a workflow command."""
    return clean(text).replace("%", "%25").replace("::", ": :")


def escape_property(text: str) -> str:
    """Return the harmless text as a property of a workflow command."""
    return clean(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


def _append(path: Path, text: str) -> bool:
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{text}\n")
    except OSError:
        return False
    return True
