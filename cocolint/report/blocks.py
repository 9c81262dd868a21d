"""The findings of the full report: one block per finding group, worst first."""

from __future__ import annotations

from collections.abc import Iterator

from cocolint.report.page import Page, Piece, joined, text_of
from cocolint.report.tally import STYLES, Tally, tallies
from cocolint.report.text import cells, clean, fit, noun_of, percent, plural, short, whom
from cocolint.reported import FindingGroup, Occurrence, Report

RELATED = 4
"""Names of folded rules that are shown without -v."""


def write_blocks(page: Page, report: Report) -> None:
    """Write a block per finding group.

    Of one rule there are at most as many blocks as examples are wanted, and all but the first are brief: what the block
    before says already is left out, and a fifth of the examples will do.
    """
    limit = page.style.max_examples
    for tally in tallies(report):
        before: FindingGroup | None = None
        groups = tally.groups if limit is None else tally.groups[: max(1, limit)]
        for group in groups:
            page.line()
            _write_block(page, report, group, before, limit if before is None or limit is None else -(-limit // 5))
            before = group
        _write_rest(page, tally, tally.groups[len(groups) :])


def _write_block(page: Page, report: Report, group: FindingGroup, before: FindingGroup | None, limit: int | None) -> None:
    _write_title(page, group)
    if group.summary != group.finding.message and not (before and before.summary == group.summary):
        page.prose(short(group.summary), indent=2)
    found = [] if limit == 0 else report.occurrences(group, limit)
    snippet_width = max((cells(clean(occurrence.snippet)) for occurrence in found), default=0)
    for occurrence in found:
        _write_location(page, group.path, occurrence)
        _write_explanation(page, occurrence, snippet_width)
    if group.count > len(found):
        page.line(f"  ... {group.count - len(found):,} {'more ' if found else ''}in this file. All: --max-examples none")
    for demand in group.profiles if before is None else ():
        page.prose(f"{demand.profile}: {demand.effect}", indent=2, label=("breaks:", "bold"))
    if group.breaks and not group.profiles and not (before and before.breaks == group.breaks):
        page.prose(group.breaks, indent=2, label=("breaks:", "bold"))
    if group.hint and not (before and before.hint == group.hint):
        page.prose(group.hint, indent=2, label=("hint:  ", "bold"))
    if group.related:
        page.prose(_related(group.related, page.style.verbose), indent=2, label=("also:  ", "bold"))


def _write_title(page: Page, group: FindingGroup) -> None:
    title: list[Piece] = [(group.code, STYLES[group.severity]), f" {group.severity}"]
    if group.fix:
        title.append(f" [fix: {group.fix}]")
    title += ["  ", (group.name, "bold")]
    extent = " · ".join(_extent(group))
    wide = sum(cells(piece if isinstance(piece, str) else piece[0]) for piece in title)
    if extent and wide + 3 + cells(extent) > page.width:
        page.line(*title)
        page.prose(extent, indent=2)
    else:
        page.line(*title, " · " if extent else "", extent)


def _extent(group: FindingGroup) -> Iterator[str]:
    section, rows = group.finding.section, group.finding.rows
    if section is not None and len(rows):
        noun = noun_of(section)
        if group.total >= group.count:
            yield f"{group.count:,} of {plural(group.total, noun)} ({percent(group.count, group.total)})"
        else:
            yield f"{plural(group.count, 'finding')} in {plural(group.total, noun)}"
    if group.suppressed:
        yield f"{group.suppressed:,} more allowed or in the baseline"


def _write_location(page: Page, path: str, occurrence: Occurrence) -> None:
    where = f"{clean(path)}:{occurrence.line}:{occurrence.column}"
    about: list[Piece] = [(short(part), "dim") for part in whom(occurrence)]
    if cells(where) + sum(cells(text_of(piece)) + 2 for piece in about) + 6 <= page.width:
        page.line("  ", ("-->", "cyan"), " ", *joined([where, *about], "  "))
    else:
        page.line("  ", ("-->", "cyan"), " ", where)
        page.flow(about, "  ", indent=6)


def _write_explanation(page: Page, occurrence: Occurrence, snippet_width: int) -> None:
    message = short(occurrence.message)
    if occurrence.snippet and message and snippet_width + cells(message) + 8 <= page.width:
        snippet = clean(occurrence.snippet)
        page.line("    ", ("|", "cyan"), " ", snippet, " " * (snippet_width - cells(snippet) + 2), message)
        return
    if occurrence.snippet:
        page.line("    ", ("|", "cyan"), " ", fit(occurrence.snippet, page.width - 6))
    if message:
        page.prose(message, indent=4, label=("=", "cyan"))


def _related(names: list[str], verbose: bool) -> str:
    cut = names if verbose or len(names) <= RELATED + 1 else names[:RELATED]
    rest = len(names) - len(cut)
    more = f" and {plural(rest, 'more rule')} (-v names them)" if rest else ""
    return f"{', '.join(cut)}{more} found the same records, folded into this finding"


def _write_rest(page: Page, tally: Tally, groups: list[FindingGroup]) -> None:
    if groups:
        rest = Tally(tally.code, tally.name, tally.severity, tally.fix, groups)
        page.line()
        page.line(
            "... ", f"{plural(len(groups), 'more block')} of {tally.code} in {plural(rest.files, 'file')} ",
            f"({plural(rest.count, 'finding')}). All: --max-examples none",
        )  # fmt: skip
