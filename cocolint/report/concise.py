"""One line per finding group, as compilers and editors read it."""

from __future__ import annotations

from typing import TextIO

from cocolint.model import Fix, Mending, Status
from cocolint.report.page import Page, Piece
from cocolint.report.style import Style
from cocolint.report.summary import write_closing, write_durations, write_statistics
from cocolint.report.tally import tallies
from cocolint.report.text import short
from cocolint.reported import FindingGroup, Report


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write a line per group, worst first, or with `statistics` a line per rule; then the closing line."""
    page = Page(stream, style)
    _write_failures(page, report)
    if report.mending is not Mending.OFF:
        from cocolint.report.mended import write_mended  # imported here: most runs mend nothing

        write_mended(page, report)
    if style.statistics:
        write_statistics(page, report)
    elif not report.is_fix_only:
        for tally in tallies(report):
            for group in tally.groups:
                page.line(*line_of(report, group))
    write_durations(page, report)
    write_closing(page, report)


def _write_failures(page: Page, report: Report) -> None:
    for result in report.files:
        if result.status is Status.UNREADABLE and not result.groups:
            page.line((result.path, "bold"), f": unreadable: {short(result.note)}")
    for crash in report.crashes:
        what = f": internal error in {crash.code} {crash.name}: {short(crash.last_line)}"
        page.line((crash.path, "bold"), what)


def line_of(report: Report, group: FindingGroup) -> list[Piece]:
    """Return the line of a group: where its first row is, the code, `[*]` if the fix is safe, the message, the count."""
    first = next(iter(report.occurrences(group, 1)), None)
    where = f":{first.line}:{first.column}" if first else ""
    message = f"{group.name}: {short(first.message if first and first.message else group.summary)}"
    fix = " [*]" if group.fix is Fix.SAFE else ""
    many = f" (x{group.count})" if group.count > 1 else ""
    return [(group.path, "bold"), f"{where}: ", (group.code, "bold red"), f"{fix} {message}{many}"]
