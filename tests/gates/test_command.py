"""Gates, as their users meet them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.gates.tools import faulty, write
from tests.support.cases import sound
from tests.support.checkout import ROOT
from tests.test_cli import program

PAGE = (ROOT / "docs" / "gates.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "annotations").mkdir()
    write(tmp_path / "annotations", faulty(17, 18))
    return tmp_path


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return program(folder, "check", "--fail-on", "warning", "--select", "B010", *arguments)


def test_a_baseline_from_beginning_to_end(folder: Path) -> None:
    assert check(folder).returncode == 1
    done = check(folder, "--write-baseline")
    assert done.returncode == 0
    assert "2 suppressed · cocolint-baseline.json: 2 findings in 1 file" in done.stdout
    (folder / "cocolint.toml").write_text('baseline = "cocolint-baseline.json"\n')
    done = check(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 suppressed" in done.stdout
    write(folder / "annotations", faulty(18, 19))
    done = check(folder, "--output-format", "json")
    assert done.returncode == 1
    summary = json.loads(done.stdout)["summary"]
    assert (summary["warnings"], summary["suppressed"], summary["stale"]) == (1, 1, 1)
    assert done.stderr == (
        "cocolint: annotations/instances_train.json: B010 (1): fewer are found than the baseline lists: "
        "--prune-baseline takes them out\n"
    )
    write(folder / "annotations", faulty(18))
    done = check(folder)
    assert (done.returncode, "1 exception no longer needed" in done.stdout) == (1, True)
    assert check(folder, "--prune-baseline").returncode == 0
    assert check(folder).returncode == 0


def test_the_baseline_counts_from_where_it_lies(folder: Path) -> None:
    assert check(folder, "--write-baseline").returncode == 0
    done = check(folder / "annotations", "--baseline", "../cocolint-baseline.json", ".")
    assert "2 suppressed" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prune-baseline"], "no baseline 'cocolint-baseline.json': write one with --write-baseline"),
        (["--baseline", "nothing.json"], "no baseline 'nothing.json'"),
        (["--write-baseline", "--prune-baseline"], "--write-baseline prunes as well"),
        (["--write-baseline", "--fix"], "mend in a run of its own"),
        (["--lf", "--no-cache"], "leave out --no-cache"),
        (["--write-baseline", "--baseline", "nowhere/b.json"], "cannot write the baseline"),
    ],
)
def test_what_cannot_be_is_named(folder: Path, arguments: list[str], message: str) -> None:
    done = check(folder, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_hostile_names_in_a_baseline_are_harmless(folder: Path) -> None:
    entry = {"B010": {"count": 1, "keys": ["annotation:5"]}}
    text = json.dumps({"version": 1, "files": {"\x1b[31mgone.json": entry}})
    (folder / "cocolint-baseline.json").write_text(text)
    done = check(folder, "--baseline", "cocolint-baseline.json")
    assert "gone.json" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_the_cache_is_beside_the_configuration_and_can_be_removed(folder: Path) -> None:
    (folder / "cocolint.toml").write_text("")
    inner = folder / "annotations"
    assert program(inner, "clean").stdout == f"nothing to remove: there is no {folder / '.cocolint_cache'}\n"
    check(inner)
    assert (folder / ".cocolint_cache").is_dir()
    assert not (inner / ".cocolint_cache").exists()
    assert program(inner, "clean").stdout == f"removed {folder / '.cocolint_cache'}\n"
    check(inner, "--no-cache")
    assert not (folder / ".cocolint_cache").exists()


def test_init_leads_to_a_run(folder: Path) -> None:
    done = program(folder, "init")
    assert done.returncode == 0
    assert "written: cocolint.toml" in done.stdout
    assert program(folder, "check").returncode == 0


def test_the_commands_of_the_page_work_one_after_the_other(folder: Path) -> None:
    write(folder / "annotations", sound("instances"))
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    commands = [line for language, block in blocks if not language for line in block.splitlines()]
    assert len(commands) >= 5
    for command in commands:
        name, *arguments = shlex.split(command, comments=True)
        done = program(folder, *arguments)
        assert (name, done.returncode, done.stderr) == ("cocolint", 0, ""), command
