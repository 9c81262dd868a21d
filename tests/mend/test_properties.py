"""What holds for every mending, whatever is wrong with a file."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint import app
from cocolint.compare.difference import difference
from cocolint.config import Settings
from cocolint.model import Fix, Mending
from cocolint.reported import Report
from tests.rules.test_cases import CASES
from tests.support.cases import Case, put, sound

TASKS = ("instances", "person_keypoints", "captions", "panoptic")
EDITS = {task: [case for case in CASES if case.task == task and case.edit and not case.files] for task in TASKS}


@st.composite
def faulty(draw: st.DrawFn) -> tuple[str, list[Case]]:
    task = draw(st.sampled_from(TASKS))
    return task, draw(st.lists(st.sampled_from(EDITS[task]), min_size=1, max_size=4, unique_by=lambda case: case.about))


def data_with(task: str, cases: list[Case]) -> Any:
    """Return a file with the faults of several cases, as far as they fit together."""
    data: Any = sound(task)
    for case in cases:
        for pointer, value in case.edit.items():
            try:
                put(data, pointer, value)
            except (KeyError, IndexError, TypeError, AttributeError):
                break
    return data


def mend(path: Path, mending: Mending, unsafe: bool) -> Report:
    return app.check([str(path)], Settings(select=("ALL",), mending=mending, unsafe_fixes=unsafe, jobs=1, changes=None))


@pytest.mark.parametrize("unsafe", [False, True])
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(faulty(), st.sampled_from([None, 2]), st.randoms())
def test_mending(unsafe: bool, made: tuple[str, list[Case]], indent: int | None, chance: random.Random) -> None:
    task, cases = made
    data = data_with(task, cases)
    if isinstance(data, dict) and chance.random() < 0.5:
        data = {key: data[key] for key in sorted(data)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{task}_train.json"
        path.write_text(json.dumps(data, indent=indent))
        old = Path(folder) / "old.txt"
        old.write_bytes(path.read_bytes())
        report = mend(path, Mending.DONE, unsafe)
        assert not report.crashes, report.crashes
        assert not report.fixable(Fix.SAFE)
        _assert_told(report, old, path)
        assert not mend(path, Mending.SHOWN, unsafe).mended


def _assert_told(report: Report, old: Path, new: Path) -> None:
    """The difference of the files is what the report says: no other field, and no other record."""
    told = {field.partition("/")[0] for one in report.mended for field in one.fields}
    dropped = sum(one.dropped for one in report.mended)
    found = difference(old, new)
    for name, section in found.sections.items():
        if name in told or "id" in told:  # records are matched by their ids
            continue
        fields = {field.partition("/")[0] for field in section.fields}
        assert fields <= told, (name, fields, told)
        assert section.removed_count - section.added_count <= dropped, name
    assert found.is_equal or report.mended
