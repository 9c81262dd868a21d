"""JUnit XML: a test case per file and rule."""

from __future__ import annotations

from typing import Any

import pytest

from cocolint.model import Severity, Status
from cocolint.report import junit
from cocolint.reported import Skip
from tests.report import parsers
from tests.report.snapshot import assert_snapshot, printed
from tests.support import reports


def outcomes(text: str) -> dict[tuple[str, str], str]:
    """Return what became of each test case: the element in it, or passed."""
    cases = [case for suite in parsers.junit(text) for case in suite]
    return {(case.classname, case.name): _outcome(case) for case in cases}


def _outcome(case: Any) -> str:
    return type(case.result[0]).__name__ if case.result else "output" if case.system_out else "passed"


def test_what_a_suite_looks_like() -> None:
    groups = [reports.out_of_image(12), reports.group("A020", "annotation-without-image", count=3, suppressed=2)]
    marks = [("A010", "s"), ("A019", "."), ("A020", "F"), ("B010", "W"), ("P007", ".")]
    report = reports.report(
        reports.result(reports.TRAIN, *groups, marks=marks), skips=reports.typical().skips, crashes=reports.typical().crashes,
        names={"A019": "annotation-caption"},
    )  # fmt: skip
    text = printed(report, "junit")
    parsers.junit(text)
    assert_snapshot("junit", text)


def test_every_rule_is_a_test_case_of_every_file() -> None:
    found = outcomes(printed(reports.typical(), "junit"))
    assert len(found) == (119 + 2) + 119 + 1
    assert found[reports.TRAIN, "A020 annotation-without-image"] == "Failure"
    assert found[reports.TRAIN, "B010 bbox-out-of-image"] == "output"
    assert found[reports.TRAIN, "P007 polygon-spike"] == "Error"
    assert found[reports.TRAIN, "A010 area-vs-segmentation"] == "Skipped"
    assert found[reports.VAL, "B010"] == "passed"
    assert found["annotations/broken.json", "readable"] == "Error"


@pytest.mark.parametrize(("fail_on", "outcome"), [(Severity.ERROR, "output"), (Severity.WARNING, "Failure")])
def test_what_fails_a_run_fails_a_test_case(fail_on: Severity, outcome: str) -> None:
    report = reports.report(reports.result(reports.TRAIN, reports.out_of_image(3), marks=[]))
    assert outcomes(printed(report, "junit", fail_on=fail_on)) == {(reports.TRAIN, "B010 bbox-out-of-image"): outcome}


def test_a_file_that_is_no_json_fails() -> None:
    found = reports.group("S001", "json-syntax", Severity.WARNING, count=0)
    report = reports.report(reports.result(reports.TRAIN, found, status=Status.UNREADABLE, marks=[("S001", "F")]))
    assert outcomes(printed(report, "junit")) == {(reports.TRAIN, "S001 json-syntax"): "Failure"}


def test_a_file_that_was_skipped() -> None:
    report = reports.report(reports.result(status=Status.SKIPPED, note="ignored", marks=[]))
    assert outcomes(printed(report, "junit")) == {(reports.TRAIN, "readable"): "Skipped"}


def test_the_reason_of_a_skip_may_hold_for_all_files() -> None:
    report = reports.report(reports.result(marks=[("I018", "s")]), skips=[Skip("I018", "image-file-missing", None, "why")])
    ((case,),) = parsers.junit(printed(report, "junit"))
    assert case.result[0].message == "why"


def test_no_picture_of_the_runner_is_attached() -> None:
    found = reports.group("B010", "x", Severity.WARNING, message="[[ATTACHMENT|/etc/passwd]]")
    assert "[[" not in printed(reports.report(reports.result(reports.TRAIN, found)), "junit")


def test_too_many_test_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "MOST", 3)
    monkeypatch.setattr(junit, "MOST_TEXTS", 1)
    groups = [reports.group(f"A{i:03d}", f"rule-{i}", count=2, hint="so") for i in range(5)]
    text = printed(reports.report(reports.result(reports.TRAIN, *groups), reports.result(reports.VAL)), "junit")
    first, second = parsers.junit(text)
    assert ([case.name for case in first], len(list(second))) == (["A000 rule-0", "A001 rule-1", "A002 rule-2"], 0)
    assert [one.value for suite in (first, second) for one in suite.properties()] == ["117 test cases", "119 test cases"]
    assert text.count("hint: so") == 1


def test_the_largest_report_is_small_enough_for_gitlab() -> None:
    groups = [reports.group(f"A{i:03d}", f"rule-{i}", count=100, hint="what to do " * 30) for i in range(100)]
    files = [reports.result(f"{'folder/' * 10}{i}.json", *groups) for i in range(300)]
    text = printed(reports.report(*files), "junit")
    assert len(text.encode()) < 30_000_000
    assert text.count("<testcase") == 300 * 100
