"""A page for people where Markdown is shown: a comment on a pull request, the summary of a job, a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from cocolint.model import Mending, Status
from cocolint.report.entries import message_of, record_of
from cocolint.report.machine import emit
from cocolint.report.style import Style
from cocolint.report.summary import counts_of, verdict_of
from cocolint.report.tally import Tally, tallies
from cocolint.report.text import plural, short
from cocolint.reported import Report

LARGEST = 60_000
"""Characters of a page: a comment on GitHub takes 65,536."""

TABLE_ROWS = 100
LISTED = 20
"""Files or rules that are named in one list."""


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write the page. It says no times, so that two runs give the same one."""
    emit(stream, page_of(report, style).encode())


def page_of(report: Report, style: Style) -> str:
    """Return the verdict, what was mended, a table of the rules, and examples for as many rules as there is room for."""
    found = [] if report.is_fix_only else tallies(report)
    parts = [*_head(report), *_mended(report), *_table(found), *_unwell(report)]
    text = "\n".join(parts) + "\n"
    for place, tally in enumerate(found):
        block = "\n".join(_examples(report, tally, style)) + "\n"
        if len(text) + len(block) > LARGEST:
            return f"{text}\nNo room for examples of {plural(len(found) - place, 'more rule')}.\n"
        text += block
    return text


def _head(report: Report) -> Iterator[str]:
    yield f"### cocolint: {verdict_of(report)[0].lower()}"
    if report.is_fix_only:
        return
    yield ""
    more = f"; {report.suppressed:,} suppressed" if report.suppressed else ""
    stopped = "; stopped early" if report.stopped_early else ""
    yield f"{_sentence(counts_of(report))}{more}{stopped}."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(found: list[Tally]) -> Iterator[str]:
    if not found:
        return
    yield from ("", "| rule | name | level | findings | files | fix | first |", "|---|---|---|---:|---:|---|---|")
    yield from map(_row, found[:TABLE_ROWS])
    if len(found) > TABLE_ROWS:
        yield from ("", f"... {plural(len(found) - TABLE_ROWS, 'more rule')}.")


def _row(tally: Tally) -> str:
    worst = tally.groups[0]
    where = code(f"{short(worst.path)} {worst.finding.text(0)[0]}".rstrip())
    counts = [f"{tally.count:,}", f"{tally.files:,}"]
    cells = [inert(tally.code), code(tally.name), str(tally.severity), *counts, str(tally.fix or "-"), where]
    return f"| {' | '.join(cells)} |"


def _mended(report: Report) -> Iterator[str]:
    if report.mending is Mending.OFF:
        return
    from cocolint.report.mended import remark_of  # imported here: most runs mend nothing

    yield from ("", f"{inert(_sentence(remark_of(report)))}.")
    by_rule: dict[str, int] = {}
    for one in report.mended:
        key = f"{inert(one.code)} {code(one.name)}"
        by_rule[key] = by_rule.get(key, 0) + one.count
    lines = [f"{rule}: {plural(count, 'record')}" for rule, count in by_rule.items()]
    lines += [f"not mended: {inert(w.code)} {code(w.name)} in {code(w.path)}: {inert(w.because)}" for w in report.withdrawn]
    lines += [f"not mended: {code(path)}: {inert(because)}" for path, because in report.not_mended]
    lines += [f"{code(path)} maps old ids to new ones" for path in report.maps]
    yield from _listed(lines)


def _unwell(report: Report) -> Iterator[str]:
    """Yield what went wrong, what is no longer needed, and what did not run, the latter by reason."""
    lines = [f"unreadable: {code(r.path)}: {inert(r.note)}" for r in report.files if r.status is Status.UNREADABLE]
    lines += [
        f"internal error in {inert(c.code)} {code(c.name)} on {code(c.path)}: {inert(c.last_line)}" for c in report.crashes
    ]
    lines += [
        f"no longer needed: {inert(s.code)} in {code(s.path)} ({plural(s.gone, 'finding')}): {inert(s.because)}"
        for s in report.stale
    ]
    lines += map(inert, report.notes)
    by_reason: dict[str, set[str]] = {}
    for skip in report.skips:
        by_reason.setdefault(skip.because, set()).add(skip.code)
    lines += [f"skipped {plural(len(codes), 'rule')}: {inert(reason)}" for reason, codes in by_reason.items()]
    yield from _listed(lines)


def _listed(lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
    yield from (f"- {line}" for line in lines[:LISTED])
    if len(lines) > LISTED:
        yield f"- ... {len(lines) - LISTED:,} more"


def _examples(report: Report, tally: Tally, style: Style) -> Iterator[str]:
    """Yield a block, folded up, that says of a rule where it found something, what breaks and what to do."""
    limit = style.max_examples
    first = tally.groups[0]
    yield ""
    yield f"<details><summary>{inert(tally.code)} {inert(tally.name)}: {plural(tally.count, str(tally.severity))}</summary>"
    yield from ("", f"{_sentence(prose(first.summary))}.", "")
    listed = 0
    for group in tally.groups[: max(1, LISTED if limit is None else limit)]:
        for occurrence in report.occurrences(group, LISTED if limit is None else min(limit, LISTED)) if limit != 0 else ():
            listed += 1
            where = code(f"{short(group.path)}:{occurrence.line}:{occurrence.column}")
            yield f"- {where} {prose(f'{message_of(group, occurrence)}{record_of(occurrence)}'.strip())}".rstrip()
    if tally.count > listed:
        yield f"- ... {tally.count - listed:,} more"
    for demand in first.profiles:
        yield from ("", f"{inert(demand.profile)}: {prose(demand.effect)}")
    for label, text in (("What breaks", first.breaks if not first.profiles else ""), ("Hint", first.hint)):
        if text:
            yield from ("", f"{label}: {prose(text)}")
    yield from ("", "</details>")


def code(text: str) -> str:
    """Return the text as code, or, if it holds what would end that, as plain text."""
    plain = short(text)
    return f"`{plain}`" if plain.strip() and not re.search(r"[`|]", plain) else inert(text)


def prose(text: str) -> str:
    """Return the harmless text; what it has in backticks is code."""
    return "".join(code(part[1:-1]) if part.startswith("`") else inert(part) for part in re.split(r"(`[^`|]+`)", short(text)))


def inert(text: str) -> str:
    """Return the text with all that Markdown or HTML would read as more than text taken away."""
    plain = short(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~@:/$])", r"\\\1", plain)
