"""Every command of the documentation is run, in a folder that holds what it names."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cases import sound
from tests.support.checkout import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SETTINGS = ("yaml", "groovy", "makefile")
_WITHIN = re.compile(r"(?:^\s+|[ '])(cocolint [a-z]+ [^'$\n]+)(?=['\n])", re.MULTILINE)
"""A command in the settings of a platform."""


def commands() -> list[tuple[str, str, str]]:
    """Return the commands of all pages, each once, with the page, and the `export` before it that it builds on, if any."""
    found: dict[str, tuple[str, str]] = {}
    for page in PAGES:
        for language, block in _FENCED.findall(page.read_text(encoding="utf-8")):
            exported = ""
            for command in _commands_in(language, block):
                found.setdefault(command, (page.name, exported))
                exported = command if command.startswith("cocolint export") else exported
    return [(page, command, exported) for command, (page, exported) in found.items()]


def _commands_in(language: str, block: str) -> Iterator[str]:
    is_shell = language in ("", "sh", "bash", "console")
    for line in block.splitlines() if is_shell else _WITHIN.findall(block) if language in _SETTINGS else []:
        command = line.removeprefix("$ ").partition("  #")[0].strip()
        if re.match(r"cocolint [a-z]+( |$)", command) and not re.search(r"[\[<]|\b[A-Z]{3,}\b", command):
            yield command


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the documentation names."""
    folder = tmp_path_factory.mktemp("commands") / "work"
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(ROOT / "docs" / "tutorial" / "annotations", folder / "annotations")
    shutil.copytree(ROOT / "examples", folder / "data")
    shutil.copytree(ROOT / "examples" / "images", folder / "images")
    tutorial = folder / "annotations" / "instances_default.json"
    for name in ("old.json", "new.json", "all.json", "instances_train.json", "instances_val.json"):
        shutil.copyfile(tutorial, folder / name)
    (folder / "results.json").write_text(json.dumps(sound("results_bbox")))
    with zipfile.ZipFile(folder / "dataset.zip", "w") as archive:
        archive.write(tutorial, "annotations/instances_default.json")
    return folder


def run(command: str, work: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    return subprocess.run(
        [sys.executable, "-m", program, *arguments], cwd=work, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(("page", "command", "exported"), commands(), ids=lambda value: str(value)[:60])
def test_command(page: str, command: str, exported: str, template: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(template, work)
    if exported and not command.startswith("cocolint export"):
        run(exported, work)
    done = run(command, work)
    assert done.returncode in (0, 1), (page, done.stderr or done.stdout)
    assert "Traceback" not in done.stderr
