"""Annotation files with names that would steer a terminal, as tests of a pytest run."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support.plugin import TWICE, prepared, write

pytest_plugins = "pytester"


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    return prepared(pytester.path)


NASTY = ["instances_a\n::error::fake.json", "::error::instances_val.json", "instances_\u202e%0A]]>[x].json", "##[error]x.json",
         "instances_\udcff.json"]  # fmt: skip


def test_node_ids_are_harmless_whatever_a_file_is_called(pytester: pytest.Pytester, folder: Path) -> None:
    names = [name for name in NASTY if _can_be_written(folder / name)]
    for name in names:
        write(folder, name, TWICE)
    result = pytester.runpytest_subprocess("--cocolint", ".", "-v", "--junit-xml=report.xml", "-k", "A002")
    result.assert_outcomes(failed=len(names), deselected=len(names) * 4)
    lines = [line for line in result.outlines if "annotation-id-duplicate" in line]
    assert len(lines) >= len(names)
    assert all(line.isprintable() and not line.startswith("::") and "##[" not in line for line in result.outlines)
    assert len(list(ET.parse(folder / "report.xml").iter("testcase"))) == len(names)
    result = pytester.runpytest_subprocess("--cocolint", ".", "--lf", "-k", "A002")
    result.assert_outcomes(failed=len(names))
    listed = pytester.runpytest_subprocess("--cocolint", ".", "--co", "-q", "-k", "A002")
    assert all(line.isprintable() and not line.startswith("::") for line in listed.outlines)


def _can_be_written(path: Path) -> bool:
    try:
        path.touch()
    except (OSError, ValueError):
        return False
    return True
