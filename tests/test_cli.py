"""The program as its users call it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import cocolint
from cocolint.compiled import kernel
from cocolint.model import Task
from tests.support.cases import put, sound
from tests.support.set_cases import sound_part

PROGRAM = [sys.executable, "-m", "cocolint"]


def program(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120", "GITHUB_ACTIONS": "", **environment},
        timeout=120,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one sound file and one in which an annotation id stands twice."""
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_train.json").write_text(json.dumps(sound("instances")))
    data: Any = sound_part("instances", 1)
    put(data, "/annotations/1/id", data["annotations"][0]["id"])
    (tmp_path / "annotations" / "instances_val.json").write_text(json.dumps(data, indent=2))
    return tmp_path


def test_version(tmp_path: Path) -> None:
    reader = "Python" if kernel is None else "compiled"
    assert program(tmp_path, "--version").stdout == f"cocolint {cocolint.__version__} ({reader} reader)\n"


def test_the_version_is_told_without_numpy(tmp_path: Path) -> None:
    done = program(tmp_path, "--version", PYTHONPROFILEIMPORTTIME="1")
    assert "cocolint.cli" in done.stderr
    assert "numpy" not in done.stderr


def test_check_searches_where_one_stands(folder: Path) -> None:
    done = program(folder, "check")
    assert done.returncode == 1
    assert "annotations/instances_val.json:" in done.stdout
    assert "annotation-id-duplicate" in done.stdout
    assert done.stderr == ""


def test_a_sound_file_passes(folder: Path) -> None:
    done = program(folder, "check", "annotations/instances_train.json")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) < 10


def test_a_compressed_file_is_read(folder: Path) -> None:
    source = folder / "annotations" / "instances_val.json"
    (folder / "instances_val.json.gz").write_bytes(gzip.compress(source.read_bytes()))
    plain = json.loads(program(folder, "check", str(source), "--output-format", "json").stdout)
    packed = json.loads(program(folder, "check", "instances_val.json.gz", "--output-format", "json").stdout)
    assert packed["findings"][0]["occurrences"] == plain["findings"][0]["occurrences"]


def test_the_api_and_the_program_agree(folder: Path) -> None:
    done = program(folder, "check", "annotations", "--output-format", "json")
    report = cocolint.check(folder / "annotations")
    assert json.loads(done.stdout)["summary"]["errors"] == sum(group.count for group in report.groups) == 1
    assert int(report.exit_code) == done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nowhere.json"], "no such file or folder: 'nowhere.json'"),
        (["check", "--select", "bbox-mising"], "did you mean 'bbox-missing'"),
        (["check", "--output-format", "xml"], "xml"),
        (["check", "--color", "sometimes"], "sometimes"),
        (["check", "--fail-on", "fatal"], "fatal"),
        (["check", "--max-examples", "some"], "some"),
        (["check", "--task", "instance"], "did you mean 'instances'"),
        (["check", "--config", "jbos = 3"], "did you mean 'jobs'"),
        (["check", "--config", "nowhere.toml"], "nowhere.toml"),
        (["check", "-k", "and"], "-k"),
        (["check", "--no-such-option"], "--no-such-option"),
        (["rule", "bbox-mising"], "did you mean 'bbox-missing'"),
        (["schema", "instance"], "did you mean 'instances'"),
        (["config", "selekt"], "did you mean 'select'"),
    ],
)
def test_what_cannot_work_is_told_in_a_line(folder: Path, arguments: list[str], message: str) -> None:
    done = program(folder, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_folder_without_annotation_files_is_not_green(tmp_path: Path) -> None:
    done = program(tmp_path, "check")
    assert done.returncode == 2
    assert "no annotation file" in done.stdout + done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_does_not_hide_the_others(folder: Path) -> None:
    (folder / "annotations" / "instances_train.json").chmod(0)
    done = program(folder, "check")
    assert done.returncode == 2
    assert "annotation-id-duplicate" in done.stdout


def test_a_broken_link_is_told(folder: Path) -> None:
    (folder / "annotations" / "instances_a.json").symlink_to("nowhere")
    done = program(folder, "check")
    assert done.returncode == 2
    assert "cannot be read" in done.stdout
    assert "annotation-id-duplicate" in done.stdout


def test_settings_come_from_the_nearest_file_and_can_be_shown(folder: Path) -> None:
    (folder / "cocolint.toml").write_text('ignore = ["A002"]\n')
    assert program(folder / "annotations", "check").returncode == 0
    assert program(folder / "annotations", "check", "--isolated").returncode == 1
    assert 'ignore = ["A002"]' in program(folder, "check", "--show-settings").stdout


def test_exit_zero_and_fail_on(folder: Path) -> None:
    assert program(folder, "check", "--exit-zero").returncode == 0
    assert program(folder, "check", "--ignore", "A", "--fail-on", "info").returncode == 0


def test_only_the_chosen_rules_run(folder: Path) -> None:
    assert program(folder, "check", "--select", "B,P").returncode == 0
    assert program(folder, "check", "-k", "bbox and not degenerate").returncode == 0
    assert program(folder, "check", "-k", "annotation").returncode == 1


def test_stop_at_the_first_failure(folder: Path) -> None:
    (folder / "annotations" / "instances_a.json").write_text("{")
    done = program(folder, "check", "-x", "--output-format", "json")
    assert [file["path"] for file in json.loads(done.stdout)["files"]] == ["annotations/instances_a.json"]


def test_a_closed_pipe_ends_quietly(folder: Path) -> None:
    line = f"{' '.join(PROGRAM)} check --output-format json | head -c 10"
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_ctrl_c_ends_with_130(folder: Path) -> None:
    (folder / "lint").mkdir()
    (folder / "lint" / "slow.py").write_text(
        "import time\nfrom pathlib import Path\nfrom cocolint.api import Index, Severity, rule\n"
        '@rule("Z001", "takes-ages", Severity.INFO)\n'
        "def takes_ages(index: Index):\n    Path('begun').touch()\n    time.sleep(60)\n    return []\n"
    )
    (folder / "cocolint.toml").write_text('rules-path = "lint"\nselect = ["Z"]\n')
    running = subprocess.Popen([*PROGRAM, "check"], cwd=folder, stderr=subprocess.PIPE, text=True)
    for _ in range(200):
        if (folder / "begun").exists():
            break
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Traceback" not in errors


def test_an_internal_error_ends_with_2(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from cocolint import app, cli; app.check = lambda *_: 1 / 0; cli.main()", "check"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "ZeroDivisionError" in done.stderr
    assert "internal error" in done.stderr


@pytest.mark.parametrize("task", Task)
def test_a_printed_schema_stands_on_its_own(tmp_path: Path, task: Task) -> None:
    from jsonschema import Draft202012Validator

    done = program(tmp_path, "schema", task.value)
    schema = json.loads(done.stdout)
    Draft202012Validator.check_schema(schema)
    assert "common.json" not in done.stdout.replace('"$id"', "")


def test_schema_lists_the_tasks(tmp_path: Path) -> None:
    assert program(tmp_path, "schema").stdout.split() == list(Task)


def test_rules_are_listed_and_explained(tmp_path: Path) -> None:
    listed = program(tmp_path, "rule").stdout
    assert "bbox-out-of-image" in listed
    explained = program(tmp_path, "rule", "B010").stdout
    assert "tolerance" in explained
    assert "albumentations" in explained
    assert json.loads(program(tmp_path, "rule", "B010", "--output-format", "json").stdout)
