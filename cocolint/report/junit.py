"""JUnit XML, which all CI systems show: a suite per file, in it a test case per rule, whatever the rule found."""

from __future__ import annotations

import html
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TextIO, TypeVar

from cocolint.model import Severity, Status
from cocolint.report.entries import exceptions, message_of, record_of
from cocolint.report.machine import emit
from cocolint.report.style import Style
from cocolint.report.text import clean, plural, short
from cocolint.reported import Crash, FileResult, FindingGroup, Report, Skip

MOST = 50_000
"""Test cases that are listed; where there are more, those that passed or were skipped are left out. GitLab takes 30 MB."""

MOST_TEXTS = 5_000
"""Test cases that have more to say than one line."""

ROWS = 5
"""Records that are named in a test case, at most."""

READABLE = "readable"
"""The test case of a file on which no rule could run."""


_Told = TypeVar("_Told", Crash, Skip)


class Case(NamedTuple):
    """A test case: `outcome` is the element that tells of it, `passed` if there is none; `says` its one line."""

    name: str
    outcome: str
    kind: str = ""
    says: str = ""
    groups: tuple[FindingGroup, ...] = ()


class _Room:
    """How many test cases and longer texts may still be written."""

    def __init__(self, cases: int) -> None:
        self.only_bad = cases > MOST
        self.cases = MOST
        self.texts = MOST_TEXTS


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write a suite per file. Findings below what makes a run fail are the output of a passed test case. There are no times.

    An exception that is no longer needed is a test case of its own, which fails, in the suite of what it names.
    """
    crashes, skips = _by_path(report.crashes), _by_path(report.skips)
    everywhere = skips.get(None, {})
    suites = {}
    for result in report.files:
        skipped = everywhere | skips.get(result.path, {})
        suites[result.path] = _cases(report, result, crashes.get(result.path, {}), skipped, style)
    for exception in exceptions(report):
        case = Case(exception.name, "failure", "exception", exception.message)
        suites.setdefault(exception.path, []).append(case)
    room = _Room(sum(map(len, suites.values())))
    emit(stream, b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="cocolint">\n')
    for path, cases in suites.items():
        emit(stream, "".join(_suite(report, path, cases, room, style)).encode())
    emit(stream, b"</testsuites>\n")


def _by_path(told: Iterable[_Told]) -> dict[str | None, dict[str, _Told]]:
    """Return crashes or skips by path and code; those of all files are below None."""
    found: dict[str | None, dict[str, _Told]] = defaultdict(dict)
    for one in told:
        found[one.path][one.code] = one
    return found


def _cases(
    report: Report, result: FileResult, crashes: Mapping[str, Crash], skips: Mapping[str, Skip], style: Style
) -> list[Case]:
    """Return the test cases of a file, by code."""
    found: dict[str, list[FindingGroup]] = defaultdict(list)
    for group in result.groups:
        found[group.code].append(group)
    fails = Severity.INFO if result.status is Status.UNREADABLE else style.fail_on
    codes = {code for code, _ in result.marks} | set(found) | set(crashes)
    cases = []
    for code in sorted(codes):
        if code in crashes:
            crash = crashes[code]
            cases.append(Case(f"{code} {crash.name}", "error", "internal error", crash.last_line))
        elif code in found:
            cases.append(_case_of(found[code], fails))
        elif code in skips:
            cases.append(Case(f"{code} {skips[code].name}", "skipped", "", skips[code].because))
        else:
            cases.append(Case(f"{code} {report.names.get(code, '')}".rstrip(), "passed"))
    if not result.groups and result.status in (Status.UNREADABLE, Status.SKIPPED):
        outcome = "error" if result.status is Status.UNREADABLE else "skipped"
        cases.append(Case(READABLE, outcome, str(result.status), result.note))
    return cases


def _case_of(groups: list[FindingGroup], fails: Severity) -> Case:
    worst = max(group.severity for group in groups)
    says = f"{plural(sum(group.count for group in groups), 'finding')}: {groups[0].summary}"
    outcome = "failure" if worst >= fails else "system-out"
    return Case(f"{groups[0].code} {groups[0].name}", outcome, str(worst), says, tuple(groups))


def _suite(report: Report, path: str, cases: list[Case], room: _Room, style: Style) -> Iterator[str]:
    listed = [case for case in cases if not (room.only_bad and case.outcome in ("passed", "skipped"))][: room.cases]
    room.cases -= len(listed)
    counts = Counter(case.outcome for case in listed)
    yield (
        f'<testsuite name="{_escape(path)}" tests="{len(listed)}" failures="{counts["failure"]}" '
        f'errors="{counts["error"]}" skipped="{counts["skipped"]}">\n'
    )
    if len(listed) < len(cases):
        left_out = plural(len(cases) - len(listed), "test case")
        yield f'<properties><property name="not listed" value="{left_out}"/></properties>\n'
    for case in listed:
        yield from _case(report, path, case, room, style)
    yield "</testsuite>\n"


def _case(report: Report, path: str, case: Case, room: _Room, style: Style) -> Iterator[str]:
    start = f'<testcase classname="{_escape(path)}" name="{_escape(case.name)}"'
    if case.outcome == "passed":
        yield f"{start}/>\n"
        return
    says = _escape(short(case.says))
    if case.outcome == "skipped":
        yield f'{start}><skipped message="{says}"/></testcase>\n'
        return
    room.texts -= 1
    text = "\n".join(map(_escape_line, _lines(report, case, style))) if room.texts >= 0 else says
    if case.outcome == "system-out":
        yield f"{start}><system-out>{_without_attachments(text)}</system-out></testcase>\n"
    else:
        place = f' file="{_escape(path)}"'
        yield (
            f'{start}{place}><{case.outcome} type="{case.kind}" message="{says}">{text}</{case.outcome}></testcase>\n'
        )  # fmt: skip


def _lines(report: Report, case: Case, style: Style) -> Iterable[str]:
    """Yield what a test case has to say: the finding, some records, what breaks and what to do."""
    yield short(case.says)
    limit = ROWS if style.max_examples is None else min(ROWS, style.max_examples)
    for group in case.groups:
        found = report.occurrences(group, limit) if limit else []
        for occurrence in found:
            where = f"{group.path}:{occurrence.line}:{occurrence.column}"
            said = f"{message_of(group, occurrence)}{record_of(occurrence)}".strip()
            yield f"{where}: {said}" if said else where
        if group.count > len(found):
            yield f"... {group.count - len(found):,} more not listed here"
        if group.suppressed:
            yield f"... {group.suppressed:,} more allowed or in the baseline"
    for label, text in [("breaks", case.groups[0].breaks), ("hint", case.groups[0].hint)] if case.groups else []:
        if text:
            yield f"{label}: {short(text)}"


def _escape(text: str) -> str:
    """Return the harmless text for an element or an attribute; what XML cannot hold is written as its escape sequence."""
    return html.escape(clean(text))


def _escape_line(text: str) -> str:
    """Return the harmless line; where it starts like a command to GitHub's runners, a backslash is put before it."""
    return _escape(f"\\{text}" if text.lstrip().startswith("::") else text)


def _without_attachments(text: str) -> str:
    """Return the text without what GitLab would take for the path of a picture to show."""
    return text.replace("[[", "[ [")
