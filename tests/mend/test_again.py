"""What a check of mended copies says is what a fresh check of them says, although it does not look at all of them anew."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cocolint import app
from cocolint.config import Settings
from cocolint.engine import pool, whole_file
from cocolint.engine.following import Sliced
from cocolint.engine.rule import Rule
from cocolint.engine.running import Columns, Outcome
from cocolint.engine.whole_file import Checked
from cocolint.mend import slices
from cocolint.model import Finding, Mending
from cocolint.read import slicing
from cocolint.read.columns import Index
from cocolint.run import Run
from tests.mend.test_fixes import MENDED, MENDED_SETS
from tests.mend.test_properties import data_with, faulty
from tests.support.cases import Case, crowded
from tests.support.set_cases import SetCase

FIRST = list({case.rule: case for case in MENDED}.values())
again, check_file = Run.again, Run._check_file


def told(finding: Finding) -> tuple[Any, ...]:
    values = {name: column.tolist() for name, column in finding.values.items()}
    return (
        finding.message, finding.section, finding.field, finding.severity, finding.summary, finding.hint, finding.offset,
        finding.rows.tolist(), repr(values),
    )  # fmt: skip


def outcome(checked: Checked) -> dict[str, Any]:
    index = checked.index
    return {
        "findings": {name: [told(one) for one in found] for name, found in checked.findings.items() if found},
        "skipped": checked.skipped,
        "crashes": [*checked.outcome.crashes, *checked.compared.crashes],
        "facts": checked.facts.row_counts,
        "columns": [
            {name: (column.dtype, column.shape, np.ascontiguousarray(column).tobytes()) for name, column in some.items()}
            for some in columns_of(index)
        ],
        "uses": index.category_uses.tolist(),
    }


def columns_of(index: Index) -> tuple[Columns, Columns, Columns]:
    return index.keys, index.valid, index.absent


def judged(run: Run) -> list[Any]:
    return [
        (one.path, one.status, one.images, one.annotations, one.categories, one.bytes, one.marks, one.skips,
         [(group.name, group.count, group.severity, group.related, told(group.finding)) for group in one.groups])
        for one in run.results
    ]  # fmt: skip


def compared(self: Run, copies: Mapping[str, Path], sliced: Mapping[str, Sliced]) -> Run:
    """Check copies again, and afresh."""
    after = again(self, copies, sliced)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "_check_file", lambda run, file, *_: check_file(run, file))
        fresh = again(self, copies, {})
    assert judged(after) == judged(fresh)
    for one, other in zip(after.checked, fresh.checked, strict=True):
        assert outcome(one) == outcome(other)
    return after


@pytest.fixture(autouse=True)
def in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SLICE_BYTES", 300)
    monkeypatch.setattr(Run, "again", compared)


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_for_every_fix(case: Case, tmp_path: Path) -> None:
    path = case.write(tmp_path)
    more = replace(case.settings(tmp_path), select=("ALL",), mending=Mending.DONE, unsafe_fixes=True)
    assert not app.check([str(path)], more).crashes


@pytest.mark.parametrize("case", MENDED_SETS, ids=str)
def test_for_every_fix_of_a_set(case: SetCase, tmp_path: Path) -> None:
    case.write(tmp_path)
    app.check([str(tmp_path)], replace(case.settings(), mending=Mending.DONE, unsafe_fixes=True))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(faulty(), st.booleans())
def test_for_mixed_faults(made: tuple[str, list[Case]], is_long: bool) -> None:
    task, cases = made
    data = data_with(task, cases)
    if is_long and isinstance(data, dict) and task == "instances":
        more = crowded(30)["annotations"]
        data["annotations"] = [*data.get("annotations", []), *({**one, "id": 500 + one["id"]} for one in more)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{task}_train.json"
        path.write_text(json.dumps(data))
        app.check([str(path)], Settings(select=("ALL",), mending=Mending.DONE, unsafe_fixes=True, jobs=1))


OWN = """
import numpy as np
from cocolint.engine.rule import rule
from cocolint.model import Finding, Severity

@rule("Z001", "own-boxed", Severity.INFO)
def boxed(index):
    yield from index.where(index.is_boxed & index.is_boxed, None, "boxed")

@rule("Z002", "own-wide", Severity.INFO)
def wide(index):
    yield from index.where(index.overshoot < 1, None, "wide {width}", width=index.width)

@rule("Z003", "own-twice", Severity.INFO)
def twice(index):
    yield from index.where(index.overshoot < 0, None, "once more")

@rule("Z004", "own-part", Severity.INFO)
def part(index):
    some = index.part(slice(0, len(index)))
    yield from some.where(some.lacks("iscrowd") | ~some.is_boxed, None, "lacks it")

@rule("Z005", "own-again", Severity.INFO)
def again(index, again):
    records = again.records(np.arange(len(index)))
    yield from index.where(np.array(["iscrowd" in one for one in records]), None, "has it")

@rule("Z007", "own-again-alone", Severity.INFO)
def alone(again):
    yield Finding(f"{sum('iscrowd' in one for one in again.records(np.arange(10)))} have it")

@rule("Z006", "own-vars", Severity.INFO)
def as_variables(index):
    yield from index.where(vars(index)["valid"]["iscrowd"] | index.keys["is_rle"], None, "has it")
"""


@pytest.mark.parametrize("field", ["iscrowd", "bbox"])
def test_for_rules_that_look_in_other_ways(field: str, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "own.py").write_text(OWN)
    data = crowded(20)
    del data["annotations"][5][field]
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data))
    report = app.check(
        [str(path)], Settings(rules_path=folder, select=("ALL",), mending=Mending.DONE, unsafe_fixes=True, jobs=1)
    )
    assert report.mended
    assert {"own-boxed", "own-wide", "own-twice", "own-again", "own-again-alone", "own-vars"} <= {
        group.name for group in report.groups
    }


@pytest.mark.parametrize("field", ["iscrowd", "area", "bbox"])
@pytest.mark.parametrize("drops", [False, True])
def test_in_several_processes(field: str, drops: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(slices, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(whole_file, "MANY_ROWS", 1)
    data = crowded(40)
    for annotation in data["annotations"][::3]:
        annotation.pop(field)
    if drops:
        data["annotations"].insert(7, data["annotations"][20])
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data))
    report = app.check([str(path)], Settings(mending=Mending.DONE, unsafe_fixes=True, jobs=2))
    assert report.mended


def test_rules_do_not_look_twice_at_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    run = Outcome.run

    def note(self: Outcome, rule: Rule, *arguments: Any) -> None:
        ran.append(rule.name)
        run(self, rule, *arguments)

    monkeypatch.setattr(Run, "again", again)
    monkeypatch.setattr(Outcome, "run", note)
    data = crowded(40)
    del data["annotations"][3]["iscrowd"]
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data))
    assert [one.count for one in app.check([str(path)], Settings(mending=Mending.DONE, jobs=1)).mended] == [1]
    assert ran.count("annotation-id-duplicate") == ran.count("bbox-xyxy") == 1
    assert ran.count("iscrowd-0-rle") == 2
