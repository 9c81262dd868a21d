"""What the terminal, the environment and the options make of the style."""

from __future__ import annotations

import io

import pytest

from cocolint.config import Settings
from cocolint.failure import ConfigError
from cocolint.report import WRITERS, Style, default_format, wants_color, width_of


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "choice", "colours"),
    [
        ({}, "auto", True),
        ({"NO_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": ""}, "auto", True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": "1"}, "always", True),
        ({"TERM": "dumb"}, "auto", False),
        ({"FORCE_COLOR": "1"}, "never", False),
    ],
)
def test_colour_on_a_terminal(environment: dict[str, str], choice: str, colours: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_color(choice, Terminal()) is colours


def test_no_colour_in_a_pipe_unless_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not wants_color("auto", io.StringIO())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert wants_color("auto", io.StringIO())


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("3", 40), ("", 120), ("many", 120), ("0", 120)])
def test_width(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width_of(io.StringIO()) == width


def test_format_follows_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_format() == "full"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert default_format() == "github"


def test_a_number_of_the_settings_is_for_people_only() -> None:
    settings = Settings(max_examples=7)
    quiet = (False, 0, False, False, "never")
    assert Style.of(settings, "json", "", *quiet) == Style("json", 7, None)
    assert Style.of(settings, "json", "7", *quiet) == Style("json", 7, 7)


@pytest.mark.parametrize(("output_format", "color"), [("xml", "auto"), ("full", "blue")])
def test_unknown_choices(output_format: str, color: str) -> None:
    with pytest.raises(ConfigError, match="there are"):
        Style.of(Settings(), output_format, "", False, 0, False, False, color)


def test_every_writer_is_there() -> None:
    import importlib

    for place in WRITERS.values():
        module, _, name = place.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
