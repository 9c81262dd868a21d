"""What holds for every format: 0, 1 and 100,000 findings, hostile names, the same bytes twice, little memory."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cocolint import report as writers
from cocolint.discover import whole_of
from cocolint.report import WRITERS, Style
from cocolint.report.entries import uri
from cocolint.report.text import clean
from cocolint.reported import FindingGroup, Occurrence, Report
from tests.report import parsers
from tests.report.snapshot import printed
from tests.report.test_hostile import NASTY, assert_harmless, nasty_report
from tests.support import reports
from tests.support.checkout import ROOT


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


READERS: dict[str, Callable[[str], Any]] = {
    "full": str, "concise": str, "github": str, "json": json.loads, "jsonl": lines, "gitlab": parsers.gitlab,
    "sarif": parsers.sarif, "junit": parsers.junit, "rdjson": parsers.rdjson, "markdown": parsers.markdown,
}  # fmt: skip
TIMELESS = ["gitlab", "sarif", "junit", "rdjson", "markdown"]
_TIMES = re.compile(r'\d+(\.\d+)? s · exit|"seconds":[\d.]+|\d{4}-\d\d-\d\d \d\d:\d\d')
HOSTILE = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(), min_size=1, max_size=80),
    st.text("\n\r\t\0:%]>[<&\"'`|\\#@!(){}*_~$\u202e\u200f\ud800\ufffe\U0001f469 ab/.", min_size=1, max_size=80),
).filter(lambda text: whole_of(f"{text}2") == f"{text}2")
"""Names, but for those that look like one data set of several in a file."""


def report_of(count: int) -> Report:
    groups = [reports.out_of_image(count)] if count else []
    return reports.report(reports.result(reports.TRAIN, *groups))


def test_all_formats_are_here() -> None:
    assert READERS.keys() == WRITERS.keys() - {"html"}  # pages with pictures have tests of their own


@pytest.mark.parametrize("output_format", READERS)
@pytest.mark.parametrize("count", [0, 1, 100_000])
def test_any_number_of_findings(output_format: str, count: int) -> None:
    text = printed(report_of(count), output_format)
    READERS[output_format](text)
    assert ("bbox-out-of-image" in text) is bool(count)
    if count == 100_000:
        assert "100,000" in text or "75,000" in text or "100000" in text


@pytest.mark.parametrize("output_format", READERS)
@settings(max_examples=25, deadline=None)
@given(text=HOSTILE)
def test_hostile_names(output_format: str, text: str) -> None:
    READERS[output_format](printed(nasty_report(text), output_format))


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE)
def test_meaning_is_kept(text: str) -> None:
    report = nasty_report(text)
    as_json = text.encode("utf-8", "backslashreplace").decode()
    issues = parsers.gitlab(printed(report, "gitlab"))
    assert as_json in {issue["location"]["path"] for issue in issues}
    assert as_json in {one["location"]["path"] for one in parsers.rdjson(printed(report, "rdjson"))}
    results = parsers.sarif(printed(report, "sarif"))["results"]
    assert {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results} == {uri(text)}
    assert clean(text) in {suite.name for suite in parsers.junit(printed(report, "junit"))}


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("output_format", TIMELESS)
def test_what_is_read_by_people_is_harmless(output_format: str, text: str) -> None:
    assert_harmless(printed(nasty_report(text), output_format))


@pytest.mark.parametrize("output_format", TIMELESS)
def test_two_runs_give_the_same_bytes(output_format: str) -> None:
    slower = replace(
        reports.typical(), seconds=99.0, seconds_by_rule={"x": 5.0}, seconds_by_step={"read": 9.0}
    )  # fmt: skip
    assert printed(slower, output_format) == printed(reports.typical(), output_format)


@pytest.mark.parametrize("output_format", TIMELESS)
def test_utf_8_and_line_feeds_whatever_the_stream_is(output_format: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1", newline="\r\n")
    found = reports.group("A001", "\u5b57")
    writers.write(reports.report(reports.result("\u5b57.json", found)), Style(output_format), stream)
    stream.flush()
    assert b"\r" not in raw.getvalue()
    assert "\u5b57" in raw.getvalue().decode("utf-8")


@pytest.mark.parametrize("output_format", TIMELESS)
def test_findings_are_not_held_in_memory(output_format: str) -> None:
    located = reports.locate(reports.out_of_image(100_000), 25_000)

    def locate(_: FindingGroup, limit: int | None) -> list[Occurrence]:
        return located[:limit]

    report = replace(report_of(100_000), occurrences=locate)
    writers.write(report_of(1), Style(output_format), io.StringIO())  # what is imported is no part of the reports
    with open("/dev/null", "w", encoding="utf-8") as stream:
        tracemalloc.start()
        writers.write(report, Style(output_format), stream)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 12_000_000


@pytest.mark.parametrize("output_format", sorted(WRITERS))
def test_two_processes_give_the_same_bytes_but_for_the_time(output_format: str, tmp_path: Path) -> None:
    if output_format == "html":
        pytest.importorskip("jinja2")
        pytest.importorskip("matplotlib")
    texts = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "cocolint", "check", "--no-cache", "-q", "--report", f"{output_format}={out}", "examples"],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.DEVNULL, check=False, timeout=120,
        )  # fmt: skip
        texts.append(out.read_text(encoding="utf-8"))
    first, second = (text if output_format in TIMELESS else _TIMES.sub("", text) for text in texts)
    assert first == second
