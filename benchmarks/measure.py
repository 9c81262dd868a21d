"""Time whole processes, take the peak of their memory, and count what they do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

Command = Sequence[str]
PAUSE = 0.005
CHUNK = 1 << 22
LONG = 10.0
"""So many seconds a process may take to be run more than once beside others."""
STEADY = {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
"""With these the same command executes the same instructions, but for some hundredths of a percent."""


class Failed(RuntimeError):
    """A process did not do what it was to do; the text says what it did."""


class Taken(NamedTuple):
    """What a process took with all that it started: seconds of the clock and of processors, and bytes read.

    Bytes are those of reading calls: pipes between processes are among them, mapped files and what
    the system keeps in memory are not told apart. They are 0 where the system does not tell.
    """

    seconds: float
    cpu: float
    read: int


def run(command: Command, limit: float | None = None) -> Taken:
    """Run a process to its end. Raises `Failed` if it failed, or took more than `limit` seconds."""
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        timer = threading.Timer(limit, process.kill) if limit else None
        if timer:
            timer.start()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays, so that its counters can be read
        seconds = time.perf_counter() - begin
        if timer:
            timer.cancel()
        read = _bytes_read(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if limit and seconds >= limit:
            raise Failed(f"took more than {limit:.0f} s")
        errors.seek(0)
        _expect_success(command, process.returncode, errors.read())
    return Taken(seconds, usage.ru_utime + usage.ru_stime, read)


def _bytes_read(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/io").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return int(dict(line.split(": ") for line in lines)["rchar"])


def output(command: Command) -> str:
    """Run a process and return what it printed. Raises `Failed` if it failed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    _expect_success(command, done.returncode, done.stderr)
    return done.stdout.decode()


def read_through(path: Path) -> None:
    """Read a file, so that the system has it in memory and the disk does not count."""
    with path.open("rb", buffering=0) as stream:
        while stream.read(CHUNK):
            pass


def interleaved(
    commands: Mapping[str, Command],
    rounds: int,
    limit: float | None = None,
    free: Container[str] = (),
    file: Path | None = None,
) -> dict[str, list[Taken] | str]:
    """Measure all commands one after the other, again and again, so that a busy moment of the machine hits all of them.

    The `file` that they read is read through before each of them: systems forget. Those that take long are run once. Of those
    that fail or take more than `limit` seconds, if there is a limit, the reason is returned, but those named in `free` have
    none. Raises `Failed` if a command without a limit fails.
    """
    taken: dict[str, list[Taken] | str] = {name: [] for name in commands}
    for number in range(rounds):
        for name, command in commands.items():
            before = taken[name]
            if isinstance(before, str) or (number and before[0].seconds > LONG):
                continue
            if file:
                read_through(file)
            own = None if name in free else limit
            try:
                before.append(run(command, own))
            except Failed as reason:
                if own is None:
                    raise
                taken[name] = str(reason)
    return taken


def seconds(commands: Mapping[str, Command], rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each of the commands took in each round. Raises `Failed` for the first that fails."""
    taken = interleaved(commands, rounds)
    return {name: [one.seconds for one in many if isinstance(one, Taken)] for name, many in taken.items()}


def peak(command: Command) -> int:
    """Run a process and return the most bytes it had at once: proportional set size, summed over its process tree.

    Taking it slows the process down, so times are taken in other runs.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    highest = 0
    while process.poll() is None:
        begin = time.perf_counter()
        highest = max(highest, _proportional_set_size(process.pid))
        time.sleep(max(PAUSE, time.perf_counter() - begin))
    _expect_success(command, process.returncode, b"")
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


def counter() -> str:
    """Return what counts instructions on this machine: `perf`, `valgrind`, or "" if nothing does."""
    if shutil.which("perf") and _perf(["true"]):
        return "perf"
    return "valgrind" if shutil.which("valgrind") else ""


def instructions(command: Command, which: str) -> int:
    """Return how many instructions a process and its threads execute. Raises `Failed`."""
    _errors_of(command)  # modules are compiled to bytecode by now
    return _perf(command) if which == "perf" else _valgrind(command)


def _perf(command: Command) -> int:
    told = _errors_of(["perf", "stat", "-x,", "-e", "instructions:u", *command])
    found = re.search(r"^(\d+),[^,]*,instructions", told, flags=re.MULTILINE)
    return int(found[1]) if found else 0


def _valgrind(command: Command) -> int:
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    told = _errors_of([*tool, *command])
    found = re.search(r"I\s+refs:\s+([\d,]+)", told)
    if not found:
        raise Failed(f"valgrind counted nothing of {' '.join(command)}: {told[-400:]}")
    return int(found[1].replace(",", ""))


def _errors_of(command: Command) -> str:
    environment = {**os.environ, **STEADY}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment)
    return done.stderr.decode(errors="replace")


def _expect_success(command: Command, code: int, errors: bytes) -> None:
    if code not in (0, 1) or b"Traceback (most recent call last)" in errors:
        raise Failed(f"{' '.join(command)} ended with {code}: {errors.decode(errors='replace')[-400:]}")
