"""What a file is for is told from its first records, wherever the first cut falls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cocolint.model import AnnotationFile, Task
from cocolint.read import slicing
from cocolint.read.document import open_document
from tests.support.cases import sound


def task_of(path: Path, content: str) -> Task:
    path.write_text(content)
    return open_document(AnnotationFile(path, path.name, None, "train", "flat", False, True)).task


def test_records_that_a_cut_runs_through_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(sound("panoptic"))
    for size in range(20, 200, 20):
        monkeypatch.setattr(slicing, "SLICE_BYTES", size)
        assert task_of(tmp_path / "a.json", content) is Task.PANOPTIC


def test_one_strange_record_does_not_hide_the_others(tmp_path: Path) -> None:
    content = json.dumps(sound("results_segm")).replace('"score": ', '"score": 1e999, "weight": ' + "1" * 5000 + ', "x": ', 1)
    assert task_of(tmp_path / "a.json", content) is Task.RESULTS_SEGM
