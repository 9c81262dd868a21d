"""How a report is to look: what the options, the settings and the terminal ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

from cocolint.failure import ConfigError
from cocolint.model import Severity

if TYPE_CHECKING:
    from cocolint.config import Settings

WRITERS = {
    "full": "cocolint.report.full:write",
    "concise": "cocolint.report.concise:write",
    "json": "cocolint.report.machine:write_json",
    "jsonl": "cocolint.report.machine:write_jsonl",
    "github": "cocolint.report.github:write",
    "gitlab": "cocolint.report.gitlab:write",
    "sarif": "cocolint.report.sarif:write",
    "junit": "cocolint.report.junit:write",
    "rdjson": "cocolint.report.rdjson:write",
    "markdown": "cocolint.report.markdown:write",
    "html": "cocolint.html.page:write",
}
"""Where the writer of each output format is: a function of a report, a stream and a style."""

PIPE_WIDTH = 120
NARROWEST = 40


class Style(Struct, frozen=True):
    """How to write a report.

    `max_examples` is how many rows of a group people are shown, `machine_examples` how many go into the formats for
    machines; None stands for all. `durations` is how many of the slowest rules to show,
    `show_fixes` whether to list what was mended record by record. `fail_on` is from which severity on a finding makes the
    run fail, `is_file` whether the report goes to a file of its own, not to standard output.
    """

    output_format: str = "full"
    max_examples: int | None = 5
    machine_examples: int | None = None
    color: bool = False
    width: int = PIPE_WIDTH
    quiet: bool = False
    verbose: bool = False
    statistics: bool = False
    durations: int = 0
    show_fixes: bool = False
    fail_on: Severity = Severity.ERROR
    is_file: bool = False

    @property
    def changes(self) -> int | None:
        """How many changes of each fix are shown; None for all."""
        return self.machine_examples if self.output_format in ("json", "jsonl") else self.max_examples

    @classmethod
    def of(
        cls, settings: Settings, output_format: str, max_examples: str,
        statistics: bool, durations: int, quiet: bool, verbose: bool, color: str,
        show_fixes: bool = False,
    ) -> Style:  # fmt: skip
        """Return the style for standard output that the settings and the options of the command line ask for.

        `output_format` and `max_examples` are "" where they are not given: formats for machines then hold every row,
        whatever the settings say. Raises `ConfigError` for a format or a choice of colour that does not exist.
        """
        output_format = output_format or default_format()
        check_format(output_format)
        _check("choice of colour", color, ("auto", "always", "never"))
        return cls(
            output_format, settings.max_examples, settings.max_examples if max_examples else None,
            wants_color(color, sys.stdout), width_of(sys.stdout), quiet, verbose, statistics, durations, show_fixes,
            settings.fail_on,
        )  # fmt: skip


def check_format(name: str) -> None:
    """Raise `ConfigError` if there is no such output format, or a package is missing that it needs."""
    _check("output format", name, WRITERS)
    if name == "html":
        from cocolint.html import needed  # imported here: other formats need nothing

        needed.check()


def _check(what: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise ConfigError(f"no {what} '{value}'; there are {', '.join(known)}")


def default_format() -> str:
    """Return the format where none is named: github inside GitHub Actions, full elsewhere."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "full"


def wants_color(choice: str, stream: TextIO) -> bool:
    """Whether to write colours, by a choice of `auto`, `always` or `never`.

    `auto` heeds NO_COLOR, then FORCE_COLOR, then whether `stream` is a terminal that can.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Return how many columns to fill: COLUMNS, else the terminal behind `stream`, else 120."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return max(NARROWEST, int(columns))
    try:
        return max(NARROWEST, os.get_terminal_size(stream.fileno()).columns)
    except (OSError, ValueError, AttributeError):
        return PIPE_WIDTH
