"""What was mended, or would be: by rule, with the changes of single records."""

from __future__ import annotations

from collections import defaultdict

from cocolint.model import Fix, Mending
from cocolint.report.page import Page, Piece
from cocolint.report.text import clean, plural, short, shown
from cocolint.reported import MISSING, Change, Mended, Report

FIELDS = 6
"""Changed fields of a rule that are named."""


def write_mended(page: Page, report: Report) -> None:
    """Write a block per rule: how many records in how many files, and examples where the style wants them."""
    by_rule: dict[str, list[Mended]] = defaultdict(list)
    for one in report.mended:
        by_rule[one.code].append(one)
    is_shown = report.mending is Mending.SHOWN
    if by_rule:
        page.line()
        page.bar("would be mended" if is_shown else "mended")
    for code in sorted(by_rule):
        found = by_rule[code]
        page.line((code, "bold green"), "  ", (found[0].name, "bold"), f" · {_extent(found)}")
        if is_shown or page.style.show_fixes:
            for one in found:
                _write_changes(page, one)
    for withdrawn in report.withdrawn:
        what = f"{withdrawn.code} {withdrawn.name} in {withdrawn.path}: {withdrawn.because}"
        page.prose(what, label=("not mended:", "bold yellow"))
    for path, because in report.not_mended:
        page.prose(f"{path}: {because}", label=("not mended:", "bold yellow"))
    for path in report.maps:
        page.prose(f"{path} maps old ids to new ones", label=("note:", "bold"))


def _extent(found: list[Mended]) -> str:
    records, dropped = sum(one.count for one in found), sum(one.dropped for one in found)
    fields = sorted({field for one in found for field in one.fields})
    named = f" ({', '.join(map(short, fields[:FIELDS]))}{', ...' if len(fields) > FIELDS else ''})" if fields else ""
    parts = [f"{plural(records, 'record')}{named}"]
    parts += [f"{dropped:,} taken out"] if dropped else []
    parts += [plural(len(found), "file")]
    return " · ".join(parts)


def _write_changes(page: Page, one: Mended) -> None:
    page.line("  ", ("-->", "cyan"), " ", clean(one.path))
    changes = one.changes[: page.style.max_examples]
    for change in changes:
        page.line("    ", *_line_of(change))
    whole = sum(change.field == "" for change in changes)
    records = whole + len({repr(change.id) for change in changes if change.field})
    if one.count > records:
        page.line(f"    ... {one.count - records:,} more. All: --max-examples none")


def _line_of(change: Change) -> list[Piece]:
    name = f"{change.kind} id={shown(change.id)}" if change.kind != "file" else "file"
    if how_of(change) == "dropped":
        return [(name, "dim"), "  ", ("taken out", "red")]
    old, new = ("(absent)" if value is MISSING else shown(value) for value in (change.old, change.new))
    field = f"{short(change.field)}: " if change.field else ""
    if change.old is MISSING and change.new is MISSING:
        return [(name, "dim"), "  ", "written anew"]
    return [(name, "dim"), "  ", field, (old, "red"), " -> ", (new, "green")]


def how_of(change: Change) -> str:
    """Return what happened: `added`, `removed` or `changed` to a field, `dropped` to a record, `rewritten` to a file."""
    if change.field == "":
        return "rewritten" if change.kind == "file" else "dropped"
    return "added" if change.old is MISSING else "removed" if change.new is MISSING else "changed"


def remark_of(report: Report) -> str:
    """Return one sentence on what was mended and what more could be."""
    count = sum(one.count for one in report.mended)
    if report.mending is Mending.SHOWN:
        files = len({one.path for one in report.mended})
        return f"{plural(count, 'record')} in {plural(files, 'file')} would be mended" if count else "nothing would be mended"
    unsafe = report.fixable(Fix.UNSAFE)
    more = f", {unsafe:,} more with --unsafe-fixes" if unsafe else ""
    wrote = f", {plural(len(report.written), 'file')} written" if report.written else ""
    return f"mended: {plural(count, 'record')}{wrote}{more}"
