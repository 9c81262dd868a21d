"""What `cocolint rule` prints."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable

import pytest

from cocolint import profiles
from cocolint.engine.fixing import Record
from cocolint.engine.registry import Registry
from cocolint.engine.rule import rule
from cocolint.failure import ConfigError, RuleError
from cocolint.model import Finding, Severity, Stage, Task
from cocolint.report import rules
from tests.report.snapshot import assert_snapshot


@rule("B010", "bbox-out-of-image", Severity.WARNING, impact=1, requires=["bbox-length"], tasks=[Task.INSTANCES])
def bbox_out_of_image(annotations: object, *, tolerance: float = 1.0, names: tuple[str, ...] = ()) -> Iterable[Finding]:
    """The box reaches over the border of its image.

    What breaks: albumentations raises ValueError; YOLOX and PaddleDetection clip the corner first and then add the
    width, so the box is silently shifted.
    Definition: `max(-x, -y, x + w - W, y + h - H) > tolerance`, in pixels.
    Tolerance: 1 px is the most that the conventions can explain.

    Fix: clip the box to the image. Unsafe: it changes the geometry.
    """
    return []


@bbox_out_of_image.fix(Stage.CLIP, safe=False, writes=["bbox"])
def clipped(record: Record) -> Record:
    """Leave it as it is."""
    return record


@rule("B003", "bbox-length", Severity.ERROR)
def bbox_length(faults: object) -> Iterable[Finding]:
    """The box has not four numbers."""
    return []


@bbox_length.fix(Stage.SHAPE, safe=True, writes=["bbox"])
def shortened(record: Record) -> Record:
    """Leave it as it is."""
    return record


@rule("D001", "class-imbalance", Severity.INFO, impact=4, relaxed=["roboflow"])
def class_imbalance(index: object) -> Iterable[Finding]:
    """One category has most of the objects."""
    return []


@pytest.fixture(autouse=True)
def no_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "demands_on", lambda _: [])


REGISTRY = Registry([bbox_out_of_image, bbox_length, class_imbalance])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(key: str, output_format: str = "text", stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    rules.write(REGISTRY, key, output_format, stream)
    return stream.getvalue()


def test_list() -> None:
    assert_snapshot("rules_list", shown(""))


def test_list_of_a_prefix() -> None:
    assert "D001" not in shown("B")


def test_a_narrow_terminal_gets_no_summaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    narrow = shown("", stream=Terminal())
    assert max(map(len, narrow.splitlines())) <= 70
    assert "The box" not in narrow
    assert "The box" in shown("")


@pytest.mark.parametrize("key", ["B010", "bbox-out-of-image"])
def test_explanation(key: str) -> None:
    assert_snapshot("rules_explained", shown(key))


def test_explanation_of_what_is_off_by_default() -> None:
    text = shown("D001")
    assert "info, off by default: --extend-select D001 shows it" in text
    assert "information only in files of roboflow" in text


def test_json() -> None:
    assert json.loads(shown("B010", "json")) == {
        "code": "B010", "name": "bbox-out-of-image", "family": "test_rules", "severity": "warning", "impact": 1,
        "fix": "unsafe", "default": True, "summary": "The box reaches over the border of its image",
        "sections": bbox_out_of_image.sections,
        "options": [
            {"name": "tolerance", "type": "float", "default": 1.0},
            {"name": "names", "type": "tuple[str, ...]", "default": []},
        ],
        "requires": ["bbox-length"], "tasks": ["instances"], "relaxed": [],
        "profiles": [],
    }  # fmt: skip
    assert [entry["code"] for entry in json.loads(shown("", "json"))] == ["B003", "B010", "D001"]


def test_unknown() -> None:
    with pytest.raises(RuleError, match="did you mean 'bbox-length'"):
        shown("bbox-lenght")
    with pytest.raises(ConfigError):
        shown("", "xml")
