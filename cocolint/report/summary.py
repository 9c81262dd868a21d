"""The foot of the full report: what was skipped, what crashed, the table of rules, and the closing line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cocolint.model import Fix, Mending, Severity, Status
from cocolint.report.page import Page, Piece
from cocolint.report.tally import STYLES, tallies
from cocolint.report.text import duration, plural
from cocolint.reported import Crash, ExitCode, Report, Skip

CODES = 8
"""Codes of skipped rules that are shown per reason without -v."""


def write_skips(page: Page, report: Report) -> None:
    """Write the rules that did not run: a line per reason, or, if verbose, a line per rule and file."""
    by_reason: dict[str, list[Skip]] = defaultdict(list)
    for skip in report.skips:
        by_reason[skip.because].append(skip)
    if by_reason:
        page.line()
    for reason, skips in by_reason.items():
        codes = sorted({skip.code for skip in skips})
        some = codes if len(codes) <= CODES + 1 else codes[:CODES]
        more = f", and {len(codes) - len(some):,} more (-v names them)" if len(some) < len(codes) else ""
        if page.style.verbose:
            page.prose(f"{plural(len(codes), 'rule')}: {reason}", label=("skipped", "bold"))
            rows = [(skip.code, skip.name, skip.path or "all files") for skip in skips]
            page.table(sorted(rows), indent=2)
        else:
            page.prose(f"{', '.join(some)}{more}: {reason}", label=("skipped", "bold"))


def write_crashes(page: Page, report: Report) -> None:
    """Write the internal errors, each rule and error once."""
    by_error: dict[tuple[str, str], list[Crash]] = defaultdict(list)
    for crash in report.crashes:
        by_error[crash.code, crash.last_line].append(crash)
    for (code, _), crashes in by_error.items():
        first = crashes[0]
        more = f" and {plural(len(crashes) - 1, 'more file')}" if len(crashes) > 1 else ""
        page.line()
        page.line(("INTERNAL ERROR", "bold red"), f" in rule {code} ", (first.name, "bold"))
        page.prose(f"on {first.path}{more}: a fault of the rule, not of the data; the other rules ran", indent=2)
        for line in first.error.strip().splitlines():
            page.line("    ", line)


def write_table(page: Page, report: Report) -> None:
    """Write one row per rule, worst first."""
    found = tallies(report)
    if not found:
        return
    rows: list[list[Piece]] = [["rule", "name", "level", "findings", "files", "fix"]]
    for tally in found:
        code = (tally.code, STYLES[tally.severity])
        numbers = [f"{tally.count:,}", f"{tally.files:,}"]
        rows.append([code, tally.name, str(tally.severity), *numbers, str(tally.fix or "-")])
    if page.width < 80:
        rows = [[row[0], *row[2:]] for row in rows]
    page.line()
    page.bar("summary")
    page.table(rows, right={len(rows[0]) - 3, len(rows[0]) - 2}, indent=1)


def write_statistics(page: Page, report: Report) -> None:
    """Write nothing but how many findings each rule has, most first."""
    by_count = sorted(tallies(report), key=lambda tally: (-tally.count, tally.code))
    rows: list[list[Piece]] = [
        [f"{t.count:,}", (t.code, STYLES[t.severity]), str(t.severity), t.name, f"[fix: {t.fix}]" if t.fix else ""]
        for t in by_count
    ]
    if rows:
        page.table(rows, right={0})


def write_durations(page: Page, report: Report) -> None:
    """Write the steps and the slowest rules, if the style asks for them."""
    if not page.style.durations:
        return
    slowest = sorted(report.seconds_by_rule.items(), key=lambda item: -item[1])
    tables = [("time by step", list(report.seconds_by_step.items())), ("slowest rules", slowest[: page.style.durations])]
    for title, times in tables:
        if times:
            page.line()
            page.line((title, "bold"))
            page.table([(f"{seconds:.3f} s", name) for name, seconds in times], right={0}, indent=2)


def write_remarks(page: Page, report: Report) -> None:
    """Write what else there is to know, and what to do next."""
    page.flow(_remarks(report), " · ", indent=0)


def write_closing(page: Page, report: Report) -> None:
    """Write one line: the verdict, the counts, the time and the exit code."""
    if report.is_fix_only:
        page.line(verdict_of(report), f" · {duration(report.seconds)} · exit {int(report.exit_code)}")
        return
    stopped = " · stopped early" if report.stopped_early else ""
    page.line(
        verdict_of(report), f" · {counts_of(report)}{stopped}",
        f" · {duration(report.seconds)} · exit {int(report.exit_code)}",
    )  # fmt: skip


def _remarks(report: Report) -> Iterator[Piece]:
    unreadable = sum(result.status is Status.UNREADABLE for result in report.files)
    crashed = len({crash.code for crash in report.crashes})
    safe, unsafe = report.fixable(Fix.SAFE), report.fixable(Fix.UNSAFE)
    if crashed:
        yield (f"{plural(crashed, 'rule')} crashed", "bold red")
    if unreadable:
        yield (plural(unreadable, "unreadable file"), "bold red")
    if report.mending is not Mending.OFF:
        from cocolint.report.mended import remark_of

        yield remark_of(report)
    if report.suppressed:
        yield f"{report.suppressed:,} suppressed"
    if report.stale:
        yield (f"{plural(len(report.stale), 'exception')} no longer needed", "bold red")
    yield from report.notes
    if (safe or unsafe) and report.mending is Mending.OFF:
        yield f"fixable: {safe:,} safe, {unsafe:,} unsafe"
    if report.groups and not report.is_fix_only:
        yield f"explain: cocolint rule {tallies(report)[0].code}"


def verdict_of(report: Report) -> tuple[str, str]:
    """Return the word that sums up a run, and its style."""
    if report.is_fix_only:
        would_change = report.mending is Mending.SHOWN and bool(report.mended)
        return ("WOULD CHANGE", "bold red") if would_change else ("DONE", "bold green")
    if report.exit_code is ExitCode.INTERRUPTED:
        return "INTERRUPTED", "bold red"
    bad = any(result.status in (Status.FAILED, Status.UNREADABLE) for result in report.files)
    return ("FAILED", "bold red") if bad or report.exit_code is not ExitCode.OK else ("PASSED", "bold green")


def counts_of(report: Report) -> str:
    """Return how many findings there are of each severity, and in how many files."""
    if not report.files:
        return "no annotation file was checked"
    if not report.groups:
        return "no findings"
    counts = [
        plural(report.count(severity), noun)
        for severity, noun in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "info"))
        if report.count(severity) or severity is not Severity.INFO
    ]
    bad = sum(bool(result.groups) for result in report.files)
    return f"{', '.join(counts)} in {bad:,} of {plural(len(report.files), 'file')}"
