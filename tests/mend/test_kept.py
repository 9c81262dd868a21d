"""What is kept from one check to the next: the outcome is that of a check of everything."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from cocolint import app, discover, run
from cocolint.config import Settings
from cocolint.engine import pool
from cocolint.mend import slices
from cocolint.model import Mending
from cocolint.read import document as documents
from cocolint.read import kept, slicing
from cocolint.read.data_sets import Several
from cocolint.read.document import SliceReader, open_document
from cocolint.read.slicing import NotCoco
from cocolint.read.source import Unusable
from cocolint.read.structure import BadCut
from cocolint.reported import Report
from tests.mend.test_fixes import MENDED
from tests.rules.test_cases import CASES
from tests.support.cases import REMOVED, Case, crowded
from tests.support.columns import content, same
from tests.test_real_files import DATA_SETS, REAL

EDITS: tuple[Mapping[str, Any], ...] = (
    {"iscrowd": 0}, {"iscrowd": 1, "area": 3}, {"iscrowd": REMOVED}, {"iscrowd": "0"}, {"area": REMOVED, "note": "new"},
    {"area": None}, {"id": 7}, {"id": 3.0}, {"id": 2**70}, {"category_id": 99}, {"category_id": 1, "image_id": 2},
    {"category_id": REMOVED}, {"bbox": [1, 2, 3, 4]}, {"bbox": [1, 2.5]}, {"bbox": REMOVED}, {"num_keypoints": 3},
    {"score": 0.5}, {"ignore": 1}, {"image_id": "1"},
)  # fmt: skip
"""What is done to fields that are not long."""


def edited(data: Any) -> Any:
    """Return the data of a file with other short fields in every annotation."""
    records = data["annotations"] if isinstance(data, dict) else data
    for record, edit in zip((one for one in records if isinstance(one, dict)), cycle(EDITS), strict=False):
        for name, value in edit.items():
            record.pop(name, None) if value is REMOVED else record.__setitem__(name, value)
    return data


def compare(old: Path, new: Path, folder: Path) -> int:
    """Read the slices of `new` in both ways, with what was kept of `old`; return how many of `old` were kept."""
    first, second = (open_document(discover.find([str(path)])[0]) for path in (old, new))
    if first.source.nonfinite or first.task is not second.task:
        return 0
    assert len(first.slices) == len(second.slices)
    reader = replace(SliceReader.of(first), folder=folder)
    for before, after in zip(first.slices, second.slices, strict=True):
        reader.read(before)
        path = kept.path_in(folder, before)
        if path.exists():
            whole, part = (SliceReader.of(second).read(after, known) for known in (None, path))
            assert same(content(whole[0]), content(part[0]))
            assert same(dict(whole[1]), dict(part[1]))
    return sum(kept.path_in(folder, span).exists() for span in first.slices)


def compare_edited(data: Any, name: str, folder: Path) -> int:
    """Write data, and the same with other short fields, and compare."""
    old, new = folder / "old" / name, folder / "new" / name
    for path, content_ in ((old, data), (new, edited(copy.deepcopy(data)))):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content_))
    return compare(old, new, folder)


def loaded(path: Path) -> Any:
    """Return the content of a file, None where it cannot be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def has_annotations(data: Any) -> bool:
    records = data.get("annotations") if isinstance(data, dict) else data
    return isinstance(records, list) and any(isinstance(one, dict) for one in records)


def test_the_columns_are_those_of_a_whole_reading(tmp_path: Path) -> None:
    """Every case of a rule, as it is and with other short fields."""
    counts: Counter[bool] = Counter()
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = case.write(folder)
        with contextlib.suppress(Unusable, NotCoco, BadCut, Several):
            compare(path, path, folder)
        data = loaded(path)
        if has_annotations(data):
            with contextlib.suppress(Unusable, NotCoco, Several):
                counts[bool(compare_edited(data, path.name, folder))] += 1
    assert counts[True] > 0.8 * len(CASES)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
def test_the_columns_of_real_files(tmp_path: Path) -> None:
    counts: Counter[bool] = Counter()
    for number, file in enumerate(discover.find([str(REAL / name) for name in DATA_SETS])):
        folder = tmp_path / str(number)
        folder.mkdir()
        data = loaded(file.path)
        if has_annotations(data):
            with contextlib.suppress(Unusable, NotCoco, Several):
                counts[bool(compare_edited(data, "instances_train.json", folder))] += 1
    assert counts[True] > 20


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Treat small files like large ones of many slices; what was kept and used is noted, and every check made in both ways."""
    found: list[Path] = []
    load, again = kept.load_long, run.Run.again

    def loaded(path: Path, size: int) -> Any:
        long = load(path, size)
        assert long is not None
        found.append(path)
        return long

    def both(self: run.Run, copies: Any, moved: Any) -> run.Run:
        whole, part = again(self, copies, {}), again(self, copies, moved)
        for one, other in zip(whole.checked, part.checked, strict=True):
            ours, theirs = one.index, other.index
            assert same([ours.keys, ours.valid, ours.absent], [theirs.keys, theirs.valid, theirs.absent])
            assert same(dict(one.findings), dict(other.findings))
            assert same(dict(one.document.faults), dict(other.document.faults))
        return part

    monkeypatch.setattr(documents, "load_long", loaded)
    monkeypatch.setattr(run.Run, "again", both)
    monkeypatch.setattr(kept, "LEAST", 0)
    monkeypatch.setattr(slicing, "SLICE_BYTES", 300)
    yield found


FIRST = list({case.rule: case for case in MENDED}.values())


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_every_fix(case: Case, taken: list[Path], tmp_path: Path) -> None:
    path = case.write(tmp_path)
    settings = replace(case.settings(tmp_path), mending=Mending.DONE, unsafe_fixes=True)
    assert not app.check([str(path)], settings).crashes


def mend(path: Path, **settings: Any) -> Report:
    return app.check([str(path)], Settings(**{"mending": Mending.DONE, "jobs": 1, **settings}))


def flagless(folder: Path, indent: int | None = None) -> Path:
    data = crowded(8)
    for annotation in data["annotations"]:
        del annotation["iscrowd"]
    path = folder / "instances_train.json"
    path.write_text(json.dumps(data, indent=indent))
    return path


@pytest.mark.parametrize("indent", [None, 1])
def test_polygons_are_decoded_once_where_only_flags_change(taken: list[Path], indent: int | None, tmp_path: Path) -> None:
    report = mend(flagless(tmp_path, indent))
    assert [one.count for one in report.mended] == [8]
    assert len(taken) == len(set(taken)) > 2


def test_polygons_that_change_are_decoded_again(taken: list[Path], tmp_path: Path) -> None:
    path = flagless(tmp_path)
    data = json.loads(path.read_text())
    for number, annotation in enumerate(data["annotations"]):
        annotation["iscrowd"] = 0
        ring = annotation["segmentation"][0]
        annotation["segmentation"][0] = ring + ring[:2] if number == 3 else ring
    path.write_text(json.dumps(data))
    report = mend(path, select=("polygon-closed",), unsafe_fixes=True)
    assert [one.count for one in report.mended] == [1]
    assert 0 < len(taken) < len(slices_of(path))


def slices_of(path: Path) -> list[Any]:
    return open_document(discover.find([str(path)])[0]).slices


@pytest.mark.parametrize("jobs", [1, 2])
def test_nothing_is_left_of_it(jobs: int, taken: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(slices, "PARALLEL_BYTES", 0)
    path = flagless(tmp_path)
    mend(path, jobs=jobs)
    assert path.read_bytes().count(b'"iscrowd": 0') == 8
    assert jobs == 2 or taken
    assert list(temporary.iterdir()) == []


def test_it_is_only_a_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full, or files that are gone or damaged, cost time and nothing else."""
    monkeypatch.setattr(kept, "LEAST", 0)
    path = flagless(tmp_path)
    text = path.read_bytes()
    mend(path)
    new = path.read_bytes()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    disturbed = [
        (pickle, "dump", full),
        (pickle, "load", full),
        (tempfile, "mkdtemp", full),
        (shutil, "disk_usage", lambda _: SimpleNamespace(free=0)),
        (pickle, "dump", lambda _, stream, protocol: stream.write(bytes([0x80, protocol]))),
    ]
    for module, name, function in disturbed:
        with monkeypatch.context() as patch:
            patch.setattr(module, name, function)
            path.write_bytes(text)
            assert mend(path).written
        assert path.read_bytes() == new
