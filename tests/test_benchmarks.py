"""The benchmarks: their generator, what is made of figures, and the pages that show them."""

from __future__ import annotations

import importlib
import json
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cocolint
from tests.support.checkout import ROOT

TASKS = ["instances", "person_keypoints"]
BENCHMARKS = ROOT / "benchmarks"


def module(name: str) -> ModuleType:
    """Return a module of the benchmarks, which are no package."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(BENCHMARKS / "generate.py"))


@pytest.fixture(scope="module")
def write(generator: dict[str, Any]) -> Callable[..., None]:
    found: Callable[..., None] = generator["write"]
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


def test_generated_masks_are_sound_but_no_crowds(generator: dict[str, Any], tmp_path: Path) -> None:
    generator["write_masks"](tmp_path, 3, 5)
    report = cocolint.check(tmp_path, jobs=1)
    assert {group.name: group.count for group in report.groups} == {"iscrowd-0-rle": 5}
    assert sum(file.annotations for file in report.files) == 15


costs = st.floats(0.001, 1000)


@given(costs, costs, costs)
def test_a_cost_without_noise_is_fitted_exactly(base: float, per_megabyte: float, per_file: float) -> None:
    sizes = np.array([2e6, 20e6, 100e6, 430e6])
    files = np.array([900, 10, 500, 20])
    measured = base + per_megabyte * sizes / 1e6 + per_file * files
    found = module("scale").fit(sizes, measured, files)
    assert found.off < 1e-6
    assert found.at(8e9, 7) == pytest.approx(base + per_megabyte * 8e3 + per_file * 7, rel=1e-3)


def test_no_cost_falls_with_the_size() -> None:
    found = module("scale").fit([1.0, 2.0, 3.0], [3.0, 2.0, 1.0])
    assert (found.per_byte, found.per_file) == (0, 0)
    assert 1 <= found.base <= 3
    assert module("scale").fit([1.0, 2.0], [2.0, 4.0])[:3] == pytest.approx((0, 2, 0))


def test_what_two_processes_share_tells_the_time_of_more() -> None:
    scale = module("scale")
    assert scale.shared_part(10, 5) == 1
    assert scale.shared_part(10, 12) == 0
    assert scale.amdahl(10, scale.shared_part(10, 6), 8) == pytest.approx(3)


def test_programs_that_would_take_too_long_are_left_out() -> None:
    pytest.importorskip("psutil")
    programs = module("programs")
    earlier = programs.Earlier(20_000_000, 4.0, 1_000_000_000)
    assert programs.why_not(None, 8_000_000_000, 1 << 34) == ""
    assert programs.why_not(earlier, 100_000_000, 1 << 34) == ""
    assert programs.why_not(earlier, 430_000_000, 1 << 34) == "would take about 86 s"
    assert programs.why_not(earlier._replace(seconds=1.0), 430_000_000, 1 << 34) == "would need about 22 GB"
    assert [programs.rounds_for(size, 5) for size in (2_000_000, 430_000_000, 8_000_000_000)] == [5, 3, 1]


def test_a_process_that_fails_or_takes_too_long_is_told() -> None:
    pytest.importorskip("psutil")
    measure = module("measure")
    commands = {
        "sound": [sys.executable, "-c", "sum(range(10**5))"],
        "slow": [sys.executable, "-c", "import time; time.sleep(60)"],
        "broken": [sys.executable, "-c", "1 / 0"],
    }
    taken = measure.interleaved(commands, 2, limit=3)
    assert len(taken["sound"]) == 2
    assert all(one.seconds > 0 and one.cpu > 0 for one in taken["sound"])
    assert taken["slow"] == "took more than 3 s"
    assert "ZeroDivisionError" in taken["broken"]
    with pytest.raises(measure.Failed):
        measure.interleaved({"broken": commands["broken"]}, 1, limit=3, free={"broken"})


def test_phases_of_a_check_are_told(write: Callable[..., None], tmp_path: Path) -> None:
    for subset, count in (("train", 400), ("val", 40)):
        write(tmp_path / f"instances_{subset}.json", "instances", count)
    found = module("inside").phases(str(tmp_path), 1)
    assert all(seconds > 0 for seconds in found.values())
    assert found["open"] + found["slices"] + found["compare"] < found["check"]


@pytest.mark.remote
def test_requests_to_an_object_store_are_counted(write: Callable[..., None], tmp_path: Path) -> None:
    pytest.importorskip("s3fs")
    pytest.importorskip("moto.server")
    path = tmp_path / "instances_train.json"
    write(path, "instances", 400)
    command = [sys.executable, str(BENCHMARKS / "inside.py"), "network", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["bytes"] == found["sent"] == path.stat().st_size
    assert 1 <= found["requests"] < 10


@pytest.fixture(scope="module")
def figures() -> Iterator[dict[str, Any]]:
    yield json.loads((BENCHMARKS / "figures.json").read_text(encoding="utf-8"))


def test_the_pages_show_the_figures(figures: dict[str, Any]) -> None:
    for path, text in module("pages").texts(figures).items():
        assert path.read_text(encoding="utf-8") == text, "run: python benchmarks/pages.py"


def test_figures_are_kept_as_they_are(figures: dict[str, Any]) -> None:
    assert json.loads(module("pages").packed(figures)) == figures


def test_phases_add_up_to_the_whole(figures: dict[str, Any]) -> None:
    for one in figures["phases"]:
        assert sum(module("pages").phases_of(one).values()) == pytest.approx(one["whole"], rel=0.01)


def test_what_was_left_out_is_said(figures: dict[str, Any]) -> None:
    file = figures["files"][0] | {"programs": {"slow thing": {"not_run": "would take about 86 s"}, "odd": {"not_run": "a | b"}}}
    page = module("pages").benchmarks({"about": figures["about"], "files": [file]})
    assert "| slow thing | not run: would take about 86 s |  |" in page
    assert "| odd | not run: it fails |" in page


def test_changes_of_instructions_are_told(figures: dict[str, Any]) -> None:
    pages = module("pages")
    before = {"counter": "valgrind", "python": "3.11.7", "numpy": "2.4.6", "counts": {"a": 200_000_000, "b": 1_000_000}}
    now = before | {"counts": {"a": 203_000_000, "c": 5_000_000}}
    lines = pages.changes(before, now)
    assert lines[2:4] == ["| a | 203.0 | 200.0 | +1.50 % |", "| c | 5.0 |  | new |"]
    assert "counted with python 3.11.7" in pages.changes(before, now | {"python": "3.12.1"})[-1]
    assert "cannot be compared" in pages.changes(before, now | {"counter": "perf"})[0]


def test_plots_are_small_and_always_the_same(figures: dict[str, Any]) -> None:
    pytest.importorskip("matplotlib")
    plots = module("plots")
    drawn = plots.drawn(figures)
    assert drawn == plots.drawn(figures)
    assert {f"{name}.svg" for name in drawn} == {path.name for path in (ROOT / "docs" / "benchmarks").iterdir()}
    assert all(len(svg) < 60_000 and "<script" not in svg and svg.startswith("<svg") for svg in drawn.values())
