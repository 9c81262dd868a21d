"""The generator of the benchmarks: sound files, the same ones every time."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cocolint
from tests.support.checkout import ROOT

TASKS = ["instances", "person_keypoints"]


@pytest.fixture(scope="module")
def write() -> Callable[..., None]:
    module: dict[str, Any] = runpy.run_path(str(ROOT / "benchmarks" / "generate.py"))
    found: Callable[..., None] = module["write"]
    return found


@pytest.mark.parametrize("task", TASKS)
def test_a_generated_file_is_sound_and_always_the_same(write: Callable[..., None], tmp_path: Path, task: str) -> None:
    first, second = tmp_path / f"{task}_first.json", tmp_path / f"{task}_second.json"
    for path in (first, second):
        write(path, task, 400, seed=5)
    assert first.read_bytes() == second.read_bytes()
    report = cocolint.check(first, jobs=1)
    assert {group.name: group.count for group in report.groups} == {}


def test_faults_are_of_one_rule(write: Callable[..., None], tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    write(path, "instances", 400, faults=300)
    report = cocolint.check(path, jobs=1)
    assert {group.name: group.count for group in report.groups} == {"category-id-unknown": 300}
