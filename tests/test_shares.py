"""Two processes share the rules on a large file, and nothing else differs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from cocolint import app
from cocolint.config import Settings
from cocolint.engine import whole_file
from cocolint.reported import ExitCode, Report
from cocolint.workers import WorkerLost
from tests.rules.test_cases import CASES
from tests.support.cases import Case, sound
from tests.test_large_files import DATA_SETS, REAL, report_on

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux are processes copies of this one")
RULES = """
import os
import signal
import time
from pathlib import Path

from cocolint.api import *


@rule("Z001", "first-rule", Severity.WARNING)
def first(index: Index):
    \"\"\"It tells where it runs.\"\"\"
    {first}


@rule("Z002", "second-rule", Severity.WARNING)
def second(index: Index):
    \"\"\"It tells where it runs.\"\"\"
    {second}
"""
WHERE = "yield from index.where(index.id == 1, 'id', '{process}', process=[os.getpid()] * len(index))"
MEETS = """
    Path({folder!r}, str(os.getpid())).touch()
    while len(os.listdir({folder!r})) < 2:
        time.sleep(0.01)
    """


@pytest.fixture(autouse=True)
def every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_file, "MANY_ROWS", 1)


def checked(folder: Path, first: str, second: str, jobs: int = 2) -> Report:
    """Check a file with two rules of the user."""
    rules = folder / "mine"
    rules.mkdir()
    (rules / "mine.py").write_text(RULES.format(first=first, second=second))
    path = folder / "instances_val.json"
    path.write_text(json.dumps(sound("instances")))
    return app.check([str(path)], Settings(jobs=jobs, rules_path=rules, select=("Z001", "Z002"), use_cache=False))


@pytest.mark.parametrize("case", CASES[::9], ids=str)
def test_reports_are_the_same(case: Case, tmp_path: Path) -> None:
    path, chosen = case.write(tmp_path), case.settings(tmp_path)
    assert report_on(path, replace(chosen, jobs=2)) == report_on(path, chosen)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
@pytest.mark.parametrize("name", DATA_SETS)
def test_reports_on_real_files_are_the_same(name: str) -> None:
    chosen = Settings(select=("ALL",), jobs=1, no_images=True)
    assert report_on(REAL / name, replace(chosen, jobs=2)) == report_on(REAL / name, chosen)


def meets_another(folder: Path) -> str:
    """Return the beginning of a rule that waits until it runs in two processes at once."""
    (folder / "processes").mkdir()
    return MEETS.format(folder=str(folder / "processes")).strip() + "\n    "


def processes_of(report: Report) -> set[int]:
    return {int(group.finding.values["process"][0]) for group in report.groups}


def test_one_process_runs_all_rules(tmp_path: Path) -> None:
    assert processes_of(checked(tmp_path, WHERE, WHERE, jobs=1)) == {os.getpid()}


def test_two_processes_take_a_rule_each(tmp_path: Path) -> None:
    rule = meets_another(tmp_path) + WHERE
    report = checked(tmp_path, rule, rule)
    assert len(report.groups) == len(processes_of(report)) == 2
    assert os.getpid() in processes_of(report)


def test_a_rule_that_raises_elsewhere_is_told(tmp_path: Path) -> None:
    rule = meets_another(tmp_path) + f"if os.getpid() != {os.getpid()}: raise ZeroDivisionError\n    " + WHERE
    report = checked(tmp_path, rule, rule)
    assert len(report.crashes) == 1
    assert "ZeroDivisionError" in report.crashes[0].error
    assert processes_of(report) == {os.getpid()}
    assert report.exit_code is ExitCode.UNUSABLE


def test_a_process_that_is_killed_ends_the_run(tmp_path: Path) -> None:
    kills = f"if os.getpid() != {os.getpid()}: os.kill(os.getpid(), signal.SIGKILL)\n    "
    rule = meets_another(tmp_path) + kills + WHERE
    with pytest.raises(WorkerLost, match="killed"):
        checked(tmp_path, rule, rule)


def test_a_rule_is_run_once_where_there_is_more_to_run_than_the_other_process_takes(tmp_path: Path) -> None:
    report = checked(tmp_path, WHERE, "time.sleep(0.3)\n    " + WHERE)
    assert sorted(group.name for group in report.groups) == ["first-rule", "second-rule"]
