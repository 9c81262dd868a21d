"""Numbers in words."""

from __future__ import annotations

import pytest

from cocolint.report import text


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(1, 3, "33.3 %"), (1, 860_001, "< 0.1 %"), (860_000, 860_001, "> 99.9 %"), (5, 5, "100 %"), (0, 5, "0.0 %")],
)
def test_percent(part: int, whole: int, shown: str) -> None:
    assert text.percent(part, whole) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(1, "1 byte"), (999, "999 bytes"), (1_500, "1.5 kB"), (20_400, "20 kB"), (999_700, "1.0 MB"), (4.3e12, "4300 GB")],
)
def test_size(count: int, shown: str) -> None:
    assert text.size(count) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0.123, "0.12 s"), (41.23, "41.2 s"), (125.2, "2 min 5 s")])
def test_duration(seconds: float, shown: str) -> None:
    assert text.duration(seconds) == shown


@pytest.mark.parametrize(("section", "noun"), [("annotations", "annotation"), ("categories", "category"), ("info", "info")])
def test_nouns(section: str, noun: str) -> None:
    assert text.noun_of(section) == noun


def test_plural() -> None:
    assert [text.plural(n, "category") for n in (0, 1, 2_000)] == ["0 categories", "1 category", "2,000 categories"]


def test_wide_characters_take_two_columns() -> None:
    assert text.cells("\u5b57\u5b57") == 4
    assert text.fit("\u5b57" * 10, 10) == "\u5b57\u5b57\u5b57 ..."
    assert text.pad("\u5b57", 4) == "\u5b57  "
