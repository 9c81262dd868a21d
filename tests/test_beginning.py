"""Setting a repository up, and the files that CI systems take."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocolint import beginning, config
from cocolint.failure import PathError
from tests.support.cases import put, sound
from tests.support.checkout import ROOT

yaml = pytest.importorskip("yaml")

HOOK = ".pre-commit-config.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "data" / "annotations").mkdir(parents=True)
    (tmp_path / "data" / "annotations" / "instances_train.json").write_text(json.dumps(sound("instances")))
    (tmp_path / "package.json").write_text("{}")
    return tmp_path


def hooks(text: str) -> list[dict[str, Any]]:
    return [hook for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]]


def test_an_empty_repository_gets_both_files(repository: Path) -> None:
    lines = list(beginning.begin(repository, force=False))
    assert lines[:3] == [
        "annotations: data/annotations",
        "written: cocolint.toml",
        f"written: {HOOK}; `pre-commit install` makes git use it",
    ]
    assert config.load(repository / "cocolint.toml") == config.Settings(config_file=repository / "cocolint.toml")
    (hook,) = hooks((repository / HOOK).read_text())
    assert hook["entry"] == "cocolint check"
    assert hook["require_serial"] is True
    assert re.search(hook["files"], "data/annotations/instances_train.json")
    assert not re.search(hook["files"], "package.json")


def test_the_hook_is_like_that_of_the_project() -> None:
    (own,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (entry,) = yaml.safe_load(beginning._HOOK.format(files="x"))
    (hook,) = entry["hooks"]
    same = ("id", "name", "entry", "language", "types", "require_serial")
    assert {key: hook[key] for key in same} == {key: own[key] for key in same}


def test_nothing_is_written_over(repository: Path) -> None:
    list(beginning.begin(repository, force=False))
    (repository / "cocolint.toml").write_text("jobs = 3\n")
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    lines = list(beginning.begin(repository, force=False))
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before
    assert [line.partition(":")[0] for line in lines[1:3]] == ["left alone", "left alone"]
    list(beginning.begin(repository, force=True))
    assert "jobs" not in (repository / "cocolint.toml").read_text()
    assert (repository / HOOK).read_bytes() == before[repository / HOOK]


def test_settings_in_pyproject_are_left_alone(repository: Path) -> None:
    (repository / "pyproject.toml").write_text("[tool.cocolint]\njobs = 3\n")
    list(beginning.begin(repository, force=True))
    assert not (repository / "cocolint.toml").exists()


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n  - repo: https://x/y\n    rev: v1\n    hooks:\n      - id: z\n",
        "repos:\n- repo: https://x/y\n  rev: v1\n  hooks:\n  - id: z",
        "# first\nexclude: old\nrepos:  # all\n  - repo: https://x/y\n    rev: v1\n    hooks:\n      - id: z\n\n"
        "# end\nci:\n  skip: []\n",
    ],
)
def test_a_hook_is_added_to_those_there_are(repository: Path, text: str) -> None:
    (repository / HOOK).write_text(text)
    list(beginning.begin(repository, force=False))
    added = (repository / HOOK).read_text()
    assert [hook["id"] for hook in hooks(added)] == ["z", "cocolint"]
    before, after = yaml.safe_load(text), yaml.safe_load(added)
    assert after["repos"][:-1] == before["repos"]
    assert {**after, "repos": 0} == {**before, "repos": 0}
    assert "#" not in text or "# end" in added


@pytest.mark.parametrize("text", ["repos: []\n", "exclude: x\n", "repos:\n", "\trepos:\n", "\xff"])
def test_what_is_no_plain_list_is_left_alone(repository: Path, text: str) -> None:
    (repository / HOOK).write_bytes(text.encode("latin-1"))
    lines = list(beginning.begin(repository, force=False))
    assert (repository / HOOK).read_bytes() == text.encode("latin-1")
    assert any(line.startswith(f"left alone: {HOOK}") for line in lines)


def test_ci_is_pointed_to(repository: Path) -> None:
    (repository / ".github" / "workflows").mkdir(parents=True)
    assert any("GitHub Actions" in line for line in beginning.begin(repository, force=False))


def test_a_folder_that_is_no_repository_gets_no_hook(tmp_path: Path) -> None:
    lines = list(beginning.begin(tmp_path, force=False))
    assert "annotations: no COCO file found here" in lines
    assert not (tmp_path / HOOK).exists()


def test_a_file_that_cannot_be_written_is_named(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(beginning, "write_whole", refuse)
    with pytest.raises(PathError, match="Permission denied"):
        list(beginning.begin(repository, force=False))


@given(folders=st.lists(st.text(min_size=1, max_size=6).filter(lambda text: text not in (".", "..")), min_size=1, max_size=4))
def test_any_folder_gives_an_expression_that_fits_it(folders: list[str]) -> None:
    files = [(folder, "instances_train.json") for folder in folders] + [(".", "instances_val.json")]
    pattern = beginning._pattern(files)
    (entry,) = yaml.safe_load(beginning._HOOK.format(files=beginning._quoted(pattern)))
    assert entry["hooks"][0]["files"] == pattern
    if all(map(str.isprintable, folders)):
        assert all(re.search(pattern, name if folder == "." else f"{folder}/{name}") for folder, name in files)
    assert not re.search(pattern, "package.json")


def test_the_action_and_the_job_are_yaml_and_name_options_that_exist(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    job = yaml.safe_load((ROOT / "docs" / "gitlab-ci.yml").read_text())["cocolint"]
    assert action["runs"]["using"] == "composite"
    scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step] + job["script"]
    text = subprocess.run(
        [sys.executable, "-m", "cocolint", "check", "--help"], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout
    options = {option for script in scripts for line in script.splitlines() if "cocolint check" in line
               for option in re.findall(r"--[a-z-]{3,}", line)}  # fmt: skip
    assert options == {"--no-cache", "--output-format", "--report"}
    assert all(option in text for option in options)
    assert "${{" not in "".join(scripts), "inputs go through the environment, where no shell reads them as code"


@pytest.mark.skipif(os.name == "nt", reason="the script is for bash")
def test_the_action_checks_what_it_is_given(tmp_path: Path) -> None:
    data = sound("instances")
    put(data, "/annotations/1/id", 1)
    (tmp_path / "with space").mkdir()
    (tmp_path / "with space" / "instances_train.json").write_text(json.dumps(data))
    step = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][-1]
    given = {"PATHS": "with space\n", "ARGUMENTS": "--select\nB", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **given}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    given |= {"ARGUMENTS": ""}
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **given}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "::error" in done.stdout
    assert not (tmp_path / ".cocolint_cache").exists()
