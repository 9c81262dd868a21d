"""Exceptions that are no longer needed make a run fail, so that each format tells of them."""

from __future__ import annotations

import json

import pytest

from cocolint.reported import ExitCode, Report, Stale
from tests.html.conftest import page_of
from tests.report import parsers
from tests.report.snapshot import printed
from tests.support import reports

GLOB = "annotations/*_test.json"


def stale() -> Report:
    """Return the report of a run that failed for nothing but its exceptions."""
    found = [
        Stale("B010", reports.TRAIN, 3, "fewer are found than the baseline lists"),
        Stale("B010", reports.TRAIN, 1, "the exception `checked by hand` matches nothing any more"),
        Stale("A001", GLOB, 1, "the exception `old` matches nothing any more"),
    ]
    return reports.report(reports.result(reports.TRAIN), stale=found, exit_code=ExitCode.FINDINGS)


def test_sarif() -> None:
    (invocation,) = parsers.sarif(printed(stale(), "sarif"))["invocations"]
    notes = invocation["toolConfigurationNotifications"]
    assert [note["level"] for note in notes] == ["error", "error"]
    assert notes[0]["message"]["text"].startswith("no longer needed: B010 (4 findings): fewer are found")
    assert notes[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "annotations/%2A_test.json"


def test_junit() -> None:
    suites = {suite.name: suite for suite in parsers.junit(printed(stale(), "junit"))}
    assert {name: suite.failures for name, suite in suites.items()} == {reports.TRAIN: 1, GLOB: 1}
    (failed,) = [case for case in suites[reports.TRAIN] if case.result]
    assert failed.name == "no-longer-needed-B010"
    assert "checked by hand" in failed.result[0].message


def test_gitlab() -> None:
    issues = parsers.gitlab(printed(stale(), "gitlab"))
    assert [(one["check_name"], one["severity"], one["location"]["path"]) for one in issues] == [
        ("no-longer-needed-B010", "major", reports.TRAIN), ("no-longer-needed-A001", "major", GLOB)
    ]  # fmt: skip


def test_rdjson() -> None:
    found = parsers.rdjson(printed(stale(), "rdjson"))
    assert [(one["code"]["value"], one["severity"]) for one in found] == [
        ("no-longer-needed-B010", "ERROR"), ("no-longer-needed-A001", "ERROR")
    ]  # fmt: skip


def test_github_shows_one_annotation_for_all() -> None:
    first, *_ = printed(stale(), "github").splitlines()
    assert first.startswith(f"::error title=2 exceptions no longer needed,file={reports.TRAIN}::")
    assert "B010 (4 findings)" in first


def test_markdown() -> None:
    words = parsers.markdown(printed(stale(), "markdown"))
    assert "cocolint: failed" in words
    assert words.count("no longer needed: ") == 3


def test_html() -> None:
    text = page_of(stale())
    assert "3 exceptions no longer needed" in text
    assert "the exception `checked by hand` matches nothing any more" in text


def test_json() -> None:
    whole = json.loads(printed(stale(), "json"))["stale"]
    assert whole[0] == {
        "rule": "B010", "path": reports.TRAIN, "gone": 3, "because": "fewer are found than the baseline lists"
    }  # fmt: skip
    lines = [json.loads(line) for line in printed(stale(), "jsonl").splitlines()]
    assert [{key: value for key, value in line.items() if key != "type"} for line in lines if line["type"] == "stale"] == whole


@pytest.mark.parametrize("output_format", ["full", "concise"])
def test_people_at_a_terminal_see_that_it_failed(output_format: str) -> None:
    assert "FAILED" in printed(stale(), output_format)
