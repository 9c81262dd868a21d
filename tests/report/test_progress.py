"""The progress bar shows on terminals only, after a while, and starts no thread."""

from __future__ import annotations

import io
import threading

import pytest

from cocolint.report import progress
from cocolint.report.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def run(stream: io.StringIO, clock: Clock, steps: int, name: str = "a.json") -> None:
    with Progress(stream) as shown:
        shown.start(name, steps * 10)
        for _ in range(steps):
            clock.now += 0.2
            shown.advance(10)


def test_a_long_run_on_a_terminal_shows_a_bar_and_wipes_it_off(clock: Clock) -> None:
    stream = Terminal()
    threads = threading.active_count()
    with Progress(stream) as shown:
        shown.start("a.json", 100)
        clock.now += 2
        shown.advance(10)
        assert "a.json" in stream.getvalue()
        assert " 10 % of 100 bytes" in stream.getvalue()
        assert threading.active_count() == threads
    assert stream.getvalue().endswith("\x1b[2K")


def test_a_short_run_shows_nothing(clock: Clock) -> None:
    stream = Terminal()
    run(stream, clock, steps=4)
    assert stream.getvalue() == ""


def test_a_pipe_shows_nothing(clock: Clock) -> None:
    stream = io.StringIO()
    run(stream, clock, steps=100)
    assert stream.getvalue() == ""


def test_a_dumb_terminal_shows_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    run(stream, clock, steps=100)
    assert stream.getvalue() == ""


def test_it_draws_no_more_often_than_can_be_seen(clock: Clock) -> None:
    stream = Terminal()
    with Progress(stream) as shown:
        clock.now = 2
        shown.start("a.json", 100_000)
        before = len(stream.getvalue())
        for _ in range(1_000):
            shown.advance(1)
        assert len(stream.getvalue()) == before


def test_a_hostile_name_is_only_text(clock: Clock) -> None:
    stream = Terminal()
    run(stream, clock, steps=20, name="[red]\x1b]0;x\x07.json")
    assert r"[red]\x1b]0;x\x07.json" in stream.getvalue()
    assert "\x07" not in stream.getvalue()
