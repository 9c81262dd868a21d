"""Half of the rules on a large file run in another process, and nothing else differs."""

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


@pytest.mark.parametrize(("jobs", "count"), [(1, 1), (2, 2)])
def test_every_other_rule_runs_elsewhere(tmp_path: Path, jobs: int, count: int) -> None:
    report = checked(tmp_path, WHERE, WHERE, jobs)
    processes = {int(group.finding.values["process"][0]) for group in report.groups}
    assert len(report.groups) == 2
    assert len(processes) == count
    assert os.getpid() in processes


def test_a_rule_that_raises_elsewhere_is_told(tmp_path: Path) -> None:
    report = checked(tmp_path, "yield from 1 // 0", WHERE)
    assert [crash.name for crash in report.crashes] == ["first-rule"]
    assert "ZeroDivisionError" in report.crashes[0].error
    assert [group.name for group in report.groups] == ["second-rule"]
    assert report.exit_code is ExitCode.UNUSABLE


def test_a_process_that_is_killed_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(WorkerLost, match="killed"):
        checked(tmp_path, "os.kill(os.getpid(), signal.SIGKILL); yield", WHERE)
