"""Files of many slices are mended like small ones."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from cocolint import app
from cocolint.config import Settings
from cocolint.engine import pool
from cocolint.mend import slices
from cocolint.model import Mending
from cocolint.read import slicing
from tests.mend.test_fixes import MENDED
from tests.support.cases import Case, crowded

FIRST = list({case.rule: case for case in MENDED}.values())


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_every_fix_does_the_same_in_many_slices(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = case.write(tmp_path)
    text = path.read_bytes()
    settings = replace(case.settings(tmp_path), mending=Mending.DONE, unsafe_fixes=True)
    app.check([str(path)], settings)
    whole = path.read_bytes()
    path.write_bytes(text)
    monkeypatch.setattr(slicing, "SLICE_BYTES", 300)
    report = app.check([str(path)], settings)
    assert not report.crashes
    assert path.read_bytes() == whole


@pytest.mark.parametrize("jobs", [1, 2])
def test_nothing_temporary_is_left(jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(slicing, "SLICE_BYTES", 300)
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(slices, "PARALLEL_BYTES", 0)
    data = crowded(8)
    for annotation in data["annotations"]:
        del annotation["iscrowd"]
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data))
    report = app.check([str(path)], Settings(mending=Mending.DONE, jobs=jobs))
    assert [one.count for one in report.mended] == [8]
    assert path.read_bytes().count(b'"iscrowd": 0') == 8
    assert list(temporary.iterdir()) == []
