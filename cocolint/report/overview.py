"""The head of the full report: what was checked, and a line of marks per file as pytest prints them."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import cocolint
from cocolint.model import Status
from cocolint.report.page import Page, Piece, joined, text_of
from cocolint.report.text import cells, clean, pad, plural, short, size
from cocolint.reported import FileResult, Report

FILES = 25
"""Files that are listed one by one; where there are more, the worst are listed and those without findings only counted."""

LEGEND = (
    "marks: one group per family of rules. 'B.' says that all rules of family B passed; 'B:FFs9' that two found errors and "
    "nine were skipped. F error, W warning, I information only, s skipped; a number stands for that many marks."
)
MARK_STYLES = {"F": "bold red", "W": "bold yellow", "I": "cyan", "s": "dim"}


def write_overview(page: Page, report: Report) -> None:
    """Write what ran, then the files."""
    pictures = sum(result.pictures for result in report.files)
    head = [
        f"cocolint {cocolint.__version__}",
        plural(len(report.files), "file"),
        plural(report.rule_count, "rule"),
        f"{plural(pictures, 'picture')} looked at" if pictures else "no pictures looked at",
    ]
    if report.not_coco:
        head.append(f"{plural(report.not_coco, 'JSON file')} passed over: not COCO")
    page.flow(head, " · ", indent=0)
    listed = _listed(report.files, page.style.verbose)
    rows = [(clean(result.path), marks(result), _facts(result, page.style.verbose)) for result in listed]
    if not _on_one_line_each(page, rows):
        for path, cells_of_families, facts in rows:
            _on_lines_of_its_own(page, path, cells_of_families, facts)
    _write_rest(page, report.files, listed)
    if page.style.verbose:
        page.prose(LEGEND, indent=2)
        _write_passed(page, report)


def marks(result: FileResult) -> list[Piece]:
    """Return one piece per family of rules: its letters and the marks of those rules that did not pass."""
    pieces: list[Piece] = []
    ordered = sorted(result.marks)
    for family, group in itertools.groupby(ordered, key=lambda mark: _family(mark[0])):
        counts = Counter(mark for _, mark in group)
        bad = [mark for mark in MARK_STYLES if counts[mark]]
        text = "".join(mark * counts[mark] if counts[mark] <= 3 else f"{mark}{counts[mark]}" for mark in bad)
        pieces.append((f"{family}:{text}", MARK_STYLES[bad[0]]) if bad else (f"{family}.", "green"))
    return pieces


def _family(code: str) -> str:
    letters = re.match(r"\D*", code)
    return letters[0] if letters else ""


def _listed(files: list[FileResult], verbose: bool) -> list[FileResult]:
    if verbose or len(files) <= FILES:
        return files
    worst = sorted(range(len(files)), key=lambda i: (files[i].status is Status.PASSED, not files[i].groups))[:FILES]
    return [files[i] for i in sorted(worst) if files[i].status is not Status.PASSED or files[i].groups]


def _facts(result: FileResult, verbose: bool) -> list[Piece]:
    if result.status in (Status.UNREADABLE, Status.SKIPPED):
        style = "bold red" if result.status is Status.UNREADABLE else "dim"
        return [(f"{result.status}: {short(result.note)}", style)]
    facts: list[Piece] = [str(result.task or "task unknown"), result.subset, result.dialect, size(result.bytes)]
    if verbose:
        facts.insert(3, f"layout {result.layout}")
    facts += [plural(result.images, "image"), plural(result.annotations, "annotation")]
    if verbose:
        facts.append(plural(result.categories, "category"))
    return facts + ([result.note] if result.note else [])


def _on_one_line_each(page: Page, rows: list[tuple[str, list[Piece], list[Piece]]]) -> bool:
    paths = [path for path, _, _ in rows]
    families = [" ".join(map(text_of, pieces)) for _, pieces, _ in rows]
    facts = [" · ".join(map(text_of, pieces)) for _, _, pieces in rows]
    wide = [max(map(cells, column), default=0) for column in (paths, families, facts)]
    if sum(wide) + 4 > page.width:
        return False
    for (path, pieces, fact_pieces), family_text in zip(rows, families, strict=True):
        gap = " " * (wide[1] - cells(family_text) + 2)
        page.line((pad(path, wide[0]), "bold"), "  ", *joined(pieces, " "), gap, *joined(fact_pieces, " · "))
    return True


def _on_lines_of_its_own(page: Page, path: str, families: list[Piece], facts: list[Piece]) -> None:
    wide = sum(cells(text_of(piece)) + 1 for piece in families)
    if cells(path) + 1 + wide <= page.width:
        page.line((path, "bold"), "  ", *joined(families, " "))
    else:
        page.line((path, "bold"))
        page.flow(families)
    page.flow(facts, " · ")


def _write_rest(page: Page, files: list[FileResult], listed: list[FileResult]) -> None:
    rest = Counter(result.status for result in files) - Counter(result.status for result in listed)
    if rest:
        counts = ", ".join(f"{count:,} {status}" for status, count in rest.items())
        page.line(f"... {plural(rest.total(), 'more file')} ({counts}). All: -v")


def _write_passed(page: Page, report: Report) -> None:
    for result in report.files:
        passed = [report.names.get(code, code) for code, mark in sorted(result.marks) if mark == "."]
        if passed:
            page.line(f"  {result.path}: {plural(len(passed), 'rule')} passed")
            page.flow([(f"{name},", "dim") for name in passed[:-1]] + [(passed[-1], "dim")], indent=4)
