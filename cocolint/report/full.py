"""The report for people at a terminal."""

from __future__ import annotations

from typing import TextIO

from cocolint.model import Mending
from cocolint.report import concise
from cocolint.report.page import Page
from cocolint.report.style import Style
from cocolint.reported import Report


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write the files, the findings, the summary and the verdict; less if `style` is quiet or wants statistics."""
    if style.quiet or style.statistics:
        concise.write(report, stream, style)
        return
    from cocolint.report.blocks import write_blocks
    from cocolint.report.overview import write_overview
    from cocolint.report.summary import (
        write_closing,
        write_crashes,
        write_durations,
        write_remarks,
        write_skips,
        write_table,
    )

    page = Page(stream, style)
    write_overview(page, report)
    if report.mending is not Mending.OFF:
        from cocolint.report.mended import write_mended  # imported here: most runs mend nothing

        write_mended(page, report)
    if not report.is_fix_only:
        write_blocks(page, report)
        write_skips(page, report)
    write_crashes(page, report)
    if not report.is_fix_only:
        write_table(page, report)
    write_durations(page, report)
    page.line()
    write_remarks(page, report)
    write_closing(page, report)
