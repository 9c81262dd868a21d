"""What docs/formats.md says: every format is there, and every command does what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cocolint.report import WRITERS
from cocolint.report.entries import MOST
from cocolint.report.github import LIMIT
from cocolint.report.junit import MOST as MOST_CASES
from cocolint.report.junit import MOST_TEXTS, ROWS
from cocolint.report.markdown import LARGEST
from tests.support.checkout import ROOT

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w*)\n(.+?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [line for language, block in FENCES if not language for line in block.splitlines()]


def test_every_format_is_there() -> None:
    assert [name for name in WRITERS if f"`{name}`" not in PAGE] == []


def test_the_limits_are_so() -> None:
    numbers = [f"{MOST:,}", f"{LIMIT} errors and {LIMIT} warnings", f"{MOST_CASES:,} test cases", f"{MOST_TEXTS:,} with a text"]
    assert [number for number in [*numbers, f"names {ROWS} records", f"{LARGEST:,} characters"] if number not in PAGE] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_work(command: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "data")
    program, *arguments = shlex.split(command)
    assert program == "cocolint"
    done = subprocess.run(
        [sys.executable, "-m", "cocolint", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env={**os.environ, "GITHUB_ACTIONS": "", "GITHUB_STEP_SUMMARY": ""},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    files = re.findall(r"--report \w+=(\S+)", command)
    assert all((tmp_path / name).stat().st_size > 100 for name in files)
