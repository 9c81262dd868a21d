"""A progress bar on a terminal's standard error, for work that lasts."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, TextIO

from cocolint.report import text

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar

DELAY = 1.0
"""Seconds before anything shows."""

INTERVAL = 0.1
"""Seconds between two looks of the bar."""

NAME_WIDTH = 40
PERCENTAGE = "{task.percentage:>3.0f} % of {task.fields[size]}"


class Progress:
    """A context in which `start` and `advance` draw a bar; there is no thread, and nothing at all in a pipe.

    The bar is wiped off when the context ends.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._on = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._bar: Bar | None = None
        self._begin = self._drawn = time.monotonic()
        self._file, self._done, self._total, self._unit = "", 0, 0, ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def start(self, file: str, size: int, unit: str = "") -> None:
        """A file of `size` bytes comes next, or so many of another unit."""
        self._file, self._done, self._total, self._unit = file, 0, size, unit
        self._draw()

    def advance(self, size: int) -> None:
        """So many bytes more of it are done."""
        self._done += size
        self._draw()

    def _draw(self) -> None:
        now = time.monotonic()
        if not self._on or now - self._begin < DELAY or now - self._drawn < INTERVAL:
            return
        self._drawn = now
        bar = self._bar or self._open()
        task = bar.task_ids[0]
        name = text.fit(self._file, min(NAME_WIDTH, bar.console.width // 3))
        size = f"{self._total:,} {self._unit}" if self._unit else text.size(self._total)
        bar.update(task, description=name, total=self._total or None, completed=self._done, size=size, refresh=True)

    def _open(self) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.description}", markup=False), BarColumn(), TextColumn(PERCENTAGE),
            console=Console(file=self._stream), auto_refresh=False, transient=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        self._bar.add_task("", size="")
        self._bar.start()
        return self._bar
