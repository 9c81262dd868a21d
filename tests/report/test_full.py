"""The report for people: what it looks like at any width, and that it stays short."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import NoReturn

import pytest
from msgspec.structs import replace

from cocolint.model import Severity, Status
from cocolint.reported import ExitCode, Report
from tests.report.snapshot import assert_snapshot, printed
from tests.support import reports


@pytest.mark.parametrize("width", [60, 80, 200])
def test_typical(width: int) -> None:
    assert_snapshot(f"full_{width}", printed(reports.typical(), width=width))


def test_clean() -> None:
    text = printed(reports.clean())
    assert_snapshot("full_clean", text)
    assert text.count("\n") < 10


def test_verbose() -> None:
    found = reports.group("C009", "category-name-empty", count=2, related=[f"rule-{i}" for i in range(9)])
    report = reports.report(reports.result(reports.VAL, found), skips=reports.typical().skips)
    report.names = {"C010": "category-name-type"}
    text = printed(report, verbose=True, durations=2, width=100)
    assert_snapshot("full_verbose", text)
    assert "category-name-type" in text
    assert "rule-8" in text


def test_folds_are_cut_unless_verbose() -> None:
    found = reports.group("C009", "category-name-empty", related=[f"rule-{i}" for i in range(9)])
    text = printed(reports.report(reports.result(reports.VAL, found)))
    assert "rule-3 and 5 more rules (-v names them)" in text


def test_quiet_is_findings_and_closing_line() -> None:
    assert_snapshot("full_quiet", printed(reports.typical(), quiet=True))


def test_statistics_are_sorted_by_number() -> None:
    assert_snapshot("full_statistics", printed(reports.typical(), statistics=True))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_only_what_must_stay_whole_is_wider_than_the_page(width: int) -> None:
    lines = printed(reports.typical(), width=width).splitlines()
    whole = re.compile(r"^  --> |^FAILED|^INTERNAL|All: --max-examples none$|^\w{4} |^ \w{4}  |^ rule  ")
    assert [line for line in lines if len(line) > width and not whole.search(line)] == []


def test_colour_changes_no_text() -> None:
    plain, coloured = printed(reports.typical()), printed(reports.typical(), color=True)
    assert plain != coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_hundred_thousand_findings_stay_short() -> None:
    text = printed(reports.report(reports.result(reports.TRAIN, reports.out_of_image(100_000))))
    assert len(text.splitlines()) < 50
    assert "... 99,995 more in this file. All: --max-examples none" in text


def test_all_examples_on_request() -> None:
    text = printed(reports.report(reports.result(reports.TRAIN, reports.out_of_image(12))), max_examples=None)
    assert text.count("-->") == 12
    assert "more in this file" not in text


def test_no_examples_need_no_locating() -> None:
    def locate(*_: object) -> NoReturn:
        raise AssertionError("nothing was to be located")

    report = replace(reports.typical(), occurrences=locate)
    assert "  ... 104,213 in this file" in printed(report, max_examples=0)


def test_many_groups_of_one_rule_are_counted() -> None:
    report = reports.report(*(reports.result(f"{i}.json", reports.out_of_image(10, path=f"{i}.json")) for i in range(20)))
    text = printed(report)
    assert "... 15 more blocks of B010 in 15 files (150 findings). All: --max-examples none" in text
    assert text.count("breaks:") == text.count("The box reaches over") == 1
    assert text.count("-->") == 5 + 4
    assert text.count("... 9 more in this file") == 4
    everything = printed(report, max_examples=None)
    assert everything.count("-->") == 200
    assert "more" not in everything


def test_many_files_that_passed_are_counted() -> None:
    failed = reports.result("bad.json", reports.group("A002", "annotation-id-duplicate", path="bad.json"))
    text = printed(reports.report(*(reports.result(f"{i}.json") for i in range(200)), failed))
    assert "... 200 more files (200 passed). All: -v" in text
    assert "bad.json  A:F" in text
    assert "17.json" not in text
    assert "17.json" in printed(reports.report(*(reports.result(f"{i}.json") for i in range(200))), verbose=True)


def test_many_skips_are_counted() -> None:
    skips = [replace(reports.typical().skips[0], code=f"B{i:03d}") for i in range(30)]
    text = printed(reports.report(reports.result(), skips=skips), width=200)
    assert "B007, and 22 more (-v names them): it needs field-type, which failed" in text


def test_an_internal_error_is_shown_once() -> None:
    crash = reports.typical().crashes[0]
    text = printed(reports.report(reports.result(), crashes=[replace(crash, path=f"{i}.json") for i in range(7)]))
    assert text.count("INTERNAL ERROR") == 1
    assert "on 0.json and 6 more files" in text
    assert "1 rule crashed" in text


@pytest.mark.parametrize(
    ("report", "closing"),
    [
        (reports.clean(), "PASSED · no findings · 41.2 s · exit 0"),
        (reports.report(exit_code=ExitCode.UNUSABLE), "FAILED · no annotation file was checked · 41.2 s · exit 2"),
        (reports.report(exit_code=ExitCode.INTERRUPTED), "INTERRUPTED · no annotation file was checked · 41.2 s · exit 130"),
        (
            reports.report(reports.result(reports.VAL, reports.out_of_image(1)), stopped_early=True),
            "PASSED · 0 errors, 1 warning in 1 of 1 file · stopped early · 41.2 s · exit 0",
        ),
        (
            reports.report(reports.result(reports.VAL, reports.group("A002", "x")), exit_code=ExitCode.OK),
            "FAILED · 1 error, 0 warnings in 1 of 1 file · 41.2 s · exit 0",
        ),
        (
            reports.report(reports.result(status=Status.UNREADABLE), exit_code=ExitCode.UNUSABLE),
            "FAILED · no findings · 41.2 s · exit 2",
        ),
    ],
)
def test_closing_line(report: Report, closing: str) -> None:
    assert printed(report).splitlines()[-1] == closing


def test_worst_come_first() -> None:
    groups = [
        reports.group("A001", "few-warnings", Severity.WARNING, 3),
        reports.group("A002", "info", Severity.INFO, 999),
        reports.group("A003", "one-error"),
        reports.group("A004", "many-warnings", Severity.WARNING, 30),
    ]
    text = printed(reports.report(reports.result(reports.VAL, *groups)))
    assert re.findall(r"^(A\d+) \w+  ", text, re.MULTILINE) == ["A003", "A004", "A001", "A002"]


def test_plain_text_needs_no_rich() -> None:
    program = (
        "import sys; from cocolint import report; from tests.support import reports\n"
        "report.write(reports.clean(), report.Style(), sys.stdout)\n"
        "sys.exit(bool({'rich.console', 'rich.text', 'jsonschema'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
