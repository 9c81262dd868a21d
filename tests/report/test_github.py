"""Workflow commands and the summary of the job."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cocolint.model import Severity
from cocolint.reported import Report
from tests.report.snapshot import assert_snapshot, printed
from tests.support import reports


def many() -> Report:
    """Return a report of 3 files in which 13 rules found errors, 5 found warnings and one information."""
    results = []
    for path in ("a.json", "b.json", "c.json"):
        groups = [reports.group(f"A{i:03d}", f"error-{i}", count=i + 1, path=path) for i in range(13)]
        groups += [reports.group(f"B{i:03d}", f"warning-{i}", Severity.WARNING, 2, path=path) for i in range(5)]
        groups += [reports.group("A012", "error-12", count=40, message="another", path=path)]
        groups += [reports.group("D001", "info", Severity.INFO, path=path)]
        results.append(reports.result(path, *groups))
    return reports.report(*results)


def test_typical() -> None:
    assert_snapshot("github", printed(reports.typical(), "github"))


def test_at_most_ten_of_each_the_worst_first_one_per_file_and_rule() -> None:
    lines = printed(many(), "github").splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    warnings = [line for line in lines if line.startswith("::warning ")]
    notices = [line for line in lines if line.startswith("::notice ")]
    assert (len(errors), len(warnings), len(notices)) == (10, 10, 1)
    places = [tuple(re.findall(r"title=(\w+) [^,]*,file=([^,]*)", line)[0]) for line in errors + warnings]
    assert len(set(places)) == 20
    assert places[:3] == [("A012", "a.json"), ("A012", "b.json"), ("A012", "c.json")]
    assert "(x53)" in errors[0]
    assert "37 findings not shown here" in notices[0]


def test_summary_of_the_job_is_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    text = printed(reports.typical(), "github")
    assert "the summary of the job counts all" in text
    assert_snapshot("github_summary", path.read_text(encoding="utf-8"))


def test_a_summary_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such" / "folder.md"))
    text = printed(reports.typical(), "github")
    assert "--output-format full shows all" in text
    assert text.splitlines()[-1].startswith("FAILED")


def test_colour_leaves_commands_alone() -> None:
    plain, coloured = (printed(reports.typical(), "github", color=color).splitlines() for color in (False, True))
    assert coloured[:-1] == plain[:-1]


def test_escaping() -> None:
    path = "a,b:c%0A.json"
    found = reports.group("A001", "x", message="100 %\n::error::fake %0A", path=path)
    line, closing = printed(reports.report(reports.result(path, found)), "github").splitlines()
    assert line.startswith("::error title=A001 x,file=a%2Cb%3Ac%250A.json,line=9,col=17::a,b:c%250A.json: ")
    assert r"100 %25\n: :error: :fake %250A" in line
    assert closing.startswith("FAILED")


def test_markdown_of_the_data_is_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    hostile = "<img src=x>|[a](http://x)|`b`|@user|#1\n# title"
    found = reports.group("A001", "x", field=hostile, path=hostile)
    printed(reports.report(reports.result(hostile, found)), "github")
    row = path.read_text(encoding="utf-8").splitlines()[4]
    assert "<" not in row
    assert len(re.findall(r"(?<!\\)\|", row)) == 8
    assert not re.search(r"(?<!\\)[`\[\]()@#]", row)
