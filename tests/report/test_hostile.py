"""Text of the data cannot steer what reads the report: no escapes, no markup, no commands."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cocolint import report as writers
from cocolint.model import Status
from cocolint.report import Style
from cocolint.report.text import clean, short
from cocolint.reported import Crash, FindingGroup, Occurrence, Report, Skip, Stale
from tests.report.snapshot import printed
from tests.support import reports

NASTY = [
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m \x85 \x7f \x00",
    "a\n::error::fake\r\n::set-output name=x::y",
    "::add-mask::x",
    " ::stop-commands::x",
    "##[error]fake ##[group]",
    "##vso[task.setvariable variable=PATH]x ###teamcity[buildStatus]",
    "[bold red]x[/] [link=http://x]y[/link] :smile:",
    "\u202egnp.exe\u202c \u2066\u200b\ufeff\u2028",
    "\ud800\udcff",
    "%0A%0D %s {0} {x!r}",
    "<script>alert(1)</script>|`@x`",
    "]]><![CDATA[ \u200f\x00 ]]>",
    "\u0301" * 500 + "\u5b57" * 500,
    "\U000e0041\U0001f469\u200d\U0001f4bb",
]
HUMAN = ["full", "concise", "github"]


def nasty_report(text: str) -> Report:
    """Return a report with `text` in every place that takes a string."""

    def locate(found: FindingGroup, limit: int | None) -> list[Occurrence]:
        place = Occurrence(text, 1, 1, text, text, text, {text: text}, text, text, text.encode("utf-8", "replace"))
        return [place, replace(place, source=b"")][:limit]

    plain = text.replace("{", "{{").replace("}", "}}")
    found = reports.group(
        "A001", text, count=3, summary=text, breaks=text, hint=text, path=text, message=plain, field=plain, related=[text]
    )
    bad = reports.result(text, found, subset=text, dialect=text, layout=text, note=text)
    unreadable = reports.result(f"{text}2", status=Status.UNREADABLE, note=text)
    return reports.report(
        bad, unreadable,
        skips=[Skip("A002", text, text, text), Skip("A003", text, None, text)],
        crashes=[Crash("A004", text, text, f"Traceback\n  {text}\nValueError: {text}")],
        stale=[Stale("A006", text, 2, text), Stale("A006", f"{text}3", 1, text)],
        occurrences=locate, seconds_by_rule={text: 1.0}, names={"A005": text},
    )  # fmt: skip


def assert_harmless(text: str) -> None:
    assert text.replace("\n", "").isprintable()
    assert not re.search(r"##\w*\[", text)
    commands = [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert all(re.match(r"::(error|warning|notice) title=[^:]*::", line) for line in commands)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("output_format", HUMAN)
def test_nothing_gets_through(text: str, output_format: str) -> None:
    for options in ({}, {"verbose": True, "durations": 9}, {"quiet": True}, {"statistics": True}):
        shown = printed(nasty_report(text), output_format, **options)
        assert_harmless(shown)
        if output_format != "github":
            assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]


@pytest.mark.parametrize("text", NASTY)
def test_in_colour_too(text: str) -> None:
    coloured = printed(nasty_report(text), color=True)
    assert_harmless(re.sub(r"\x1b\[[\d;]*m", "", coloured))
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == printed(nasty_report(text))


@pytest.mark.parametrize("output_format", HUMAN)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_encoding_can_be_printed(output_format: str, encoding: str) -> None:
    for text in NASTY:
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding)
        writers.write(nasty_report(text), Style(output_format), stream)
        stream.flush()
        raw.getvalue().decode(encoding)


@given(st.text())
def test_clean_text_is_printable_and_clean_again(text: str) -> None:
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)
    assert len(short(text, 40)) <= 40


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"])).filter(lambda text: "##" not in text))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text
