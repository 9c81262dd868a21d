"""The pre-commit hook, run as a user's repository would run it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.cases import put, sound
from tests.support.checkout import ROOT, copy_to
from tests.support.set_cases import sound_part

pytest.importorskip("pre_commit")
yaml = pytest.importorskip("yaml")

ME = ["-c", "user.name=cocolint", "-c", "user.email=cocolint@localhost"]
HOOK: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))[0]


def test_the_hook_takes_annotation_files_in_one_process() -> None:
    assert HOOK["id"] == "cocolint"
    assert HOOK["require_serial"] is True
    assert re.search(HOOK["files"], "data/annotations/instances_train.json")
    assert not re.search(HOOK["files"], "package.json")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *ME, *arguments], cwd=folder, env=_environment(folder), capture_output=True, check=True)


def _environment(home: Path) -> dict[str, str]:
    """The environment without what a git hook sets, so that the test may itself run in one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"PRE_COMMIT_HOME": str(home)}


def _commit(folder: Path) -> None:
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--no-verify", "--message", "all")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_to(tmp_path_factory.mktemp("hooks"))
    _commit(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit")


def _try(hooks: Path, home: Path, repository: Path, data: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    for folder in ("annotations", "other"):
        (repository / folder).mkdir()
    (repository / "annotations" / "instances_train.json").write_text(json.dumps(data), encoding="utf-8")
    (repository / "annotations" / "instances_val.json").write_text(json.dumps(sound_part("instances", 1)), encoding="utf-8")
    (repository / "other" / "settings.json").write_text("{}", encoding="utf-8")
    _commit(repository)
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), HOOK["id"], "--all-files", "--verbose"]
    return subprocess.run(command, cwd=repository, env=_environment(home), capture_output=True, text=True, check=False)


def test_a_faulty_file_stops_the_commit(hooks: Path, home: Path, tmp_path: Path) -> None:
    data = sound("instances")
    put(data, "/annotations/1/id", data["annotations"][0]["id"])
    done = _try(hooks, home, tmp_path, data)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "annotation-id-duplicate" in done.stdout
    assert "instances_train.json" in done.stdout


def test_a_sound_file_passes(hooks: Path, home: Path, tmp_path: Path) -> None:
    done = _try(hooks, home, tmp_path, sound("instances"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
