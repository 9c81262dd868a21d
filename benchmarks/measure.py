"""Time whole processes, and take the peak of their memory."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence

import psutil

Command = Sequence[str]
PAUSE = 0.005


def seconds(command: Command) -> float:
    """Run a process to its end and return how long it took. Raises `RuntimeError` if it failed."""
    begin = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    taken = time.perf_counter() - begin
    _expect_success(command, done.returncode, done.stderr)
    return taken


def output(command: Command) -> str:
    """Run a process and return what it printed. Raises `RuntimeError` if it failed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    _expect_success(command, done.returncode, done.stderr)
    return done.stdout.decode()


def interleaved(commands: Mapping[str, Command], rounds: int) -> dict[str, list[float]]:
    """Time all commands one after the other, again and again, so that a busy moment of the machine hits all of them."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            taken[name].append(seconds(command))
    return taken


def ratio(taken: Mapping[str, list[float]], name: str, other: str) -> float:
    """Return the median over the rounds of what `name` took, as a multiple of what `other` took in the same round."""
    return statistics.median(a / b for a, b in zip(taken[name], taken[other], strict=True))


def peak(command: Command) -> int:
    """Run a process and return the most bytes it had at once: proportional set size, summed over its process tree.

    Taking it slows the process down, so times are taken in other runs.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    highest = 0
    while process.poll() is None:
        begin = time.perf_counter()
        highest = max(highest, _proportional_set_size(process.pid))
        time.sleep(max(PAUSE, time.perf_counter() - begin))
    _expect_success(command, process.returncode, process.stderr.read() if process.stderr else b"")
    return highest


def _proportional_set_size(pid: int) -> int:
    total = 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_full_info().pss
    except psutil.Error:
        pass
    return total


def _expect_success(command: Command, code: int, errors: bytes) -> None:
    if code not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {errors.decode(errors='replace')[-400:]}")
