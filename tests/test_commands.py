"""Every command of the documentation is run, in a folder that holds what it names."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.cases import sound
from tests.support.checkout import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCED = re.compile(r"^```(?:sh|bash|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, str]]:
    """Return the commands of all pages, each once, with the page."""
    found: dict[str, str] = {}
    for page in PAGES:
        for block in _FENCED.findall(page.read_text(encoding="utf-8")):
            for line in block.splitlines():
                command = line.removeprefix("$ ").partition("  #")[0].strip()
                if re.match(r"cocolint [a-z]+( |$)", command) and not re.search(r"[\[<]|\b[A-Z]{3,}\b", command):
                    found.setdefault(command, page.name)
    return [(page, command) for command, page in found.items()]


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


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda value: str(value)[:60])
def test_command(page: str, command: str, template: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(template, work)
    program, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments], cwd=work, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode in (0, 1), (page, done.stderr or done.stdout)
    assert "Traceback" not in done.stderr
