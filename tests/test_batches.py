"""Many small files, shared between processes: the report is that of one process, whatever the files hold."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint import app, batches, compiled, config, discover
from cocolint.checking import FileChecker, NoProgress
from cocolint.config import Settings
from cocolint.engine import joined, registry
from cocolint.engine.pool import Processes
from cocolint.engine.running import Absent
from cocolint.model import Mending, Task
from cocolint.read.document import open_document
from cocolint.read.together import open_together
from cocolint.report import Style, write
from cocolint.workers import WorkerLost
from tests.rules.test_cases import CASES
from tests.support import photos
from tests.support.cases import Case, sound
from tests.support.columns import same
from tests.support.mutations import mutated
from tests.support.strategies import data_sets

ALONE = [case for case in CASES if not case.labels and not case.options]
CUMULATIVE = {rule.name for rule in registry.load() if rule.signs}
NEEDS_KERNEL = pytest.mark.skipif(compiled.kernel is None, reason="without the kernel every file is looked at alone")
KILLS = '''
import os

from cocolint.api import Annotations, Severity, rule


@rule("MINE1", "kills", Severity.ERROR)
def kills(annotations: Annotations):
    """Kill the process, unless it is that of the test."""
    if os.getpid() != {here}:
        os.kill(os.getpid(), 9)
    return []
'''


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have few files shared as many are."""
    monkeypatch.setattr(batches, "MANY", 2)
    monkeypatch.setattr(batches, "FEWEST", 7)
    monkeypatch.setattr(batches, "MOST_FILES", 7)


def reported(folder: Path, jobs: int, **settings: Any) -> dict[str, Any]:
    """Return the report on a folder, but for the time it took."""
    report = app.check([str(folder)], Settings(jobs=jobs, **settings))
    report.seconds = 0.0
    out = io.StringIO()
    write(report, Style("json", max_examples=None), out)
    content: dict[str, Any] = json.loads(out.getvalue())
    return content | {"stopped": report.stopped_early, "not_coco": report.not_coco, "crashes": len(report.crashes)}


def write_files(folder: Path, count: int) -> None:
    """Write files of one data set, of which some are faulty, some are broken, and some are something else."""
    folder.mkdir()
    for number in range(count):
        data: Any = sound("instances")
        data["images"][0]["file_name"] = f"{number}.jpg"
        if number % 5 == 1:
            data["annotations"][0]["bbox"] = [600.0, 20.0, 100.0, 50.0]
        if number % 5 == 2:
            data["annotations"][1]["id"] = data["annotations"][0]["id"]
        if number % 11 == 3:
            data["annotations"][0]["area"] = "12"
        text = json.dumps(data).encode()
        if number % 7 == 5:
            text = text[: len(text) // 2]
        if number % 13 == 4:
            text = b'{"rows": [1, 2, 3]}'
        (folder / f"instances_{number:03}.json").write_bytes(text)
    (folder / "instances_gone.json").symlink_to("nowhere.json")


@pytest.mark.parametrize("jobs", [2, 3])
def test_the_report_is_that_of_one_process(tmp_path: Path, jobs: int) -> None:
    write_files(tmp_path / "set", 40)
    alone = reported(tmp_path / "set", 1, select=("ALL",))
    assert {file["status"] for file in alone["files"]} >= {"failed", "unreadable"}
    assert reported(tmp_path / "set", jobs, select=("ALL",)) == alone


def test_every_case_of_every_rule_is_reported_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_FILES", 50)
    for number, case in enumerate(ALONE):
        (tmp_path / f"{number}").mkdir()
        case.write(tmp_path / f"{number}")
    alone = reported(tmp_path, 1, select=("ALL",))
    assert len(alone["files"]) > 0.9 * len(ALONE)
    assert reported(tmp_path, 2, select=("ALL",)) == alone


@pytest.mark.parametrize("limit", [1, 4])
def test_a_run_that_stops_early_stops_at_the_same_file(tmp_path: Path, limit: int) -> None:
    write_files(tmp_path / "set", 40)
    alone = reported(tmp_path / "set", 1, maxfail=limit)
    assert alone["stopped"]
    assert reported(tmp_path / "set", 2, maxfail=limit) == alone


def test_what_is_skipped_for_one_file_is_not_for_the_next(tmp_path: Path) -> None:
    for name in ("bare", "with_pictures"):
        write_files(tmp_path / name, 3)
        (tmp_path / name / "instances_gone.json").unlink()  # all are looked at together then
    for number in range(3):
        (tmp_path / "with_pictures" / f"{number}.jpg").write_bytes(photos.jpeg())
    alone = reported(tmp_path, 1)
    skipped = {Path(skip["path"]).parent.name for skip in alone["skipped"] if skip["name"] == "image-file-missing"}
    assert skipped == {"bare"}
    assert reported(tmp_path, 2) == alone


def test_pictures_are_looked_at_by_the_workers(tmp_path: Path) -> None:
    write_files(tmp_path / "set", 20)
    for number in range(0, 20, 2):
        (tmp_path / "set" / f"{number}.jpg").write_bytes(photos.jpeg(height=480 if number % 4 else 400))
    alone = reported(tmp_path / "set", 1)
    assert {"image-file-missing", "image-size-mismatch"} <= {one["name"] for one in alone["findings"]}
    assert reported(tmp_path / "set", 2) == alone


def test_what_is_mended_is_the_same(tmp_path: Path) -> None:
    for jobs in (1, 2):
        write_files(tmp_path / f"set{jobs}", 20)
        app.check([str(tmp_path / f"set{jobs}" / "*_0*.json")], Settings(jobs=jobs, mending=Mending.DONE, unsafe_fixes=True))
    texts = [[path.read_bytes() for path in sorted(tmp_path.glob(f"set{jobs}/*_0*"))] for jobs in (1, 2)]
    assert texts[0] == texts[1]
    write_files(tmp_path / "before", 20)
    assert texts[0] != [path.read_bytes() for path in sorted(tmp_path.glob("before/*_0*"))]


def test_a_killed_worker_is_told(tmp_path: Path) -> None:
    write_files(tmp_path / "set", 20)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.py").write_text(KILLS.format(here=os.getpid()))
    with pytest.raises(WorkerLost, match="killed"):
        reported(tmp_path / "set", 2, rules_path=tmp_path / "rules")


def test_rules_that_cannot_be_told_apart_run_for_each_file(tmp_path: Path) -> None:
    write_files(tmp_path / "set", 20)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.py").write_text(
        "from cocolint.api import Annotations, Finding, Severity, rule\n\n\n"
        '@rule("MINE1", "sized", Severity.ERROR)\n'
        "def sized(annotations: Annotations):\n"
        '    """Tell the size."""\n'
        '    yield Finding(f"{len(annotations)} rows", "annotations")\n\n\n'
        '@rule("MINE2", "raises", Severity.ERROR)\n'
        "def raises(annotations: Annotations):\n"
        '    """Look up images."""\n'
        "    return annotations.where(annotations.images.rows_of(annotations.image_id[:1]) == 0, None, 'first')\n"
    )
    settings = {"rules_path": tmp_path / "rules", "select": ("sized", "raises")}
    alone = reported(tmp_path / "set", 1, **settings)
    assert {one["name"] for one in alone["findings"]} >= {"sized"}
    assert reported(tmp_path / "set", 2, **settings) == alone


@cache
def checker() -> FileChecker:
    """Return who checks files with all rules."""
    known, settings = registry.load(), Settings(select=("ALL",), jobs=1)
    rules, options = known.with_requirements(known), config.rule_options(settings, known)
    return FileChecker(rules, options, settings, {"labels": Absent("")}, Processes(1), NoProgress(), defaultdict(float))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(data_sets(), data_sets("person_keypoints")), min_size=1, max_size=6), st.randoms(), st.booleans())
def test_what_a_worker_sends_is_what_one_file_gives(sets: list[Any], random_: random.Random, damages: bool) -> None:
    alone = checker()
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(sets):
            text = json.dumps(data).encode()
            Path(folder, f"{number}.json").write_bytes(mutated(random_, text) if damages and number % 2 else text)
        files = discover.find([folder])
        batches._work = alone, files
        batch = pickle.loads(pickle.dumps(batches.check_batch(range(len(files)))))
        assert any(batch.files)
        for file, sent in zip(files, batch.files, strict=True):
            if sent is None:
                continue
            mine, theirs = alone.check(file), batches.received(file, sent, batch, alone)
            assert same({**mine.findings}, {**theirs.findings})
            assert (mine.skipped, mine.outcome.crashes) == (theirs.skipped, theirs.outcome.crashes)
            assert mine.facts == theirs.facts
            for one, other in ((mine.index, theirs.index), (mine.document.images, theirs.document.images)):
                assert same([one.size, one.valid, one.absent], [other.size, other.valid, other.absent])
            assert same(mine.index.keys, theirs.index.keys)
            assert same(mine.index.category_uses, theirs.index.category_uses)
            assert same(mine.document.images.width, theirs.document.images.width)
            assert mine.member.class_key == theirs.member.class_key


@pytest.mark.parametrize("images", [None, []], ids=["no section", "empty"])
@pytest.mark.parametrize("together", [False, True])
def test_no_images_have_the_fields_that_images_have(tmp_path: Path, images: list[Any] | None, together: bool) -> None:
    some, none = sound("instances"), sound("instances")
    none["images"] = images
    if images is None:
        del none["images"]
    for number, data in enumerate((some, none)):
        (tmp_path / f"{number}.json").write_text(json.dumps(data))
    files = discover.find([str(tmp_path)])
    with_images, without = [*open_together(files)] if together else [open_document(file) for file in files]
    assert with_images and without and len(without.images) == 0
    assert without.images.valid.keys() == with_images.images.valid.keys()
    assert without.images.absent.keys() == with_images.images.absent.keys()


def silent_in(folder: Path, cases: list[Case]) -> list[tuple[frozenset[str], set[str]]]:
    """Return for each case the rules known to be silent once files are put together, and those that find something alone."""
    alone, task = checker(), Task(cases[0].task)
    for number, case in enumerate(cases):
        (folder / f"{number}").mkdir()
        case.write(folder / f"{number}")
    documents = [
        one for one in open_together(discover.find([str(folder)])) if one and batches._task_if_joined(one, alone) is task
    ]
    outcomes = [one.outcome for one in joined.outcomes(documents, alone.rules_for(task), alone.options)]
    return [
        (outcome.silent, {*alone.check(document.file).outcome.findings})
        for document, outcome in zip(documents, outcomes, strict=True)
    ]


@NEEDS_KERNEL
@pytest.mark.parametrize("task", sorted({case.task for case in ALONE if not case.task.startswith("results")}))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_rules_are_taken_for_silent_only_where_they_find_nothing(task: str, data: st.DataObject) -> None:
    likely = [case for case in ALONE if case.task == task and (case.rule in CUMULATIVE or not case.fires)]
    cases = data.draw(st.lists(st.sampled_from(likely), min_size=2, max_size=8))
    with tempfile.TemporaryDirectory() as folder:
        for silent, found in silent_in(Path(folder), cases):
            assert silent.isdisjoint(found)


@NEEDS_KERNEL
@pytest.mark.parametrize("case", [case for case in ALONE if case.rule in CUMULATIVE and case.fires], ids=str)
def test_a_cumulative_rule_names_its_rows_among_those_of_other_files(case: Case, tmp_path: Path) -> None:
    other = Case(case.rule, "nothing is wrong", task=case.task)
    for silent, found in silent_in(tmp_path, [other, case, other]):
        assert silent <= CUMULATIVE
        assert silent.isdisjoint(found)


@NEEDS_KERNEL
def test_what_sound_files_know_of_each_other(tmp_path: Path) -> None:
    sound_ones = [Case("", "nothing is wrong")] * 3
    for silent, _ in silent_in(tmp_path, sound_ones):
        assert {"segmentation-empty", "image-size-swapped", "annotation-near-duplicate"} <= silent


@NEEDS_KERNEL
@pytest.mark.parametrize("task", ["instances", "panoptic"])
def test_the_uses_of_categories_are_those_of_each_file(tmp_path: Path, task: str) -> None:
    """Without a rule that asks for PNGs panoptic files go together, too."""
    known, chosen = registry.load(), Settings(jobs=1)
    alone = FileChecker([known.get("image-id-duplicate")], {}, chosen, {}, Processes(1), NoProgress(), defaultdict(float))
    for number in range(4):
        data: Any = sound(task)
        data["annotations"] = data["annotations"][: 1 + number % 2]
        (tmp_path / f"{number}.json").write_text(json.dumps(data))
    batches._work = alone, discover.find([str(tmp_path)])
    batch = batches.check_batch(range(4))
    assert len(batch.keys) == len(batch.images) == 1
    for file, sent in zip(batches._work[1], batch.files, strict=True):
        assert sent
        theirs, mine = batches.received(file, sent, batch, alone).index.category_uses, alone.check(file).index.category_uses
        assert theirs.tolist() == mine.tolist()


@given(st.lists(st.integers(0, 30)), st.integers(1, 9))
def test_each_file_is_in_one_batch(sizes: list[int], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "MOST_BYTES", 40)
        found = list(batches._batches(sizes, most))
    assert [number for batch in found for number in batch] == list(range(len(sizes)))
    assert all(0 < len(batch) <= most and sum(sizes[number] for number in batch[:-1]) < 40 for batch in found)


@NEEDS_KERNEL
def test_files_go_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "set", 7)
    calls = []
    monkeypatch.setattr(joined, "_alone", lambda *_: calls.append(1))
    files = discover.find([str(tmp_path / "set" / "instances_000.json"), str(tmp_path / "set" / "instances_001.json")])
    monkeypatch.setattr(batches, "_work", (checker(), files), raising=False)
    assert all(batches.check_batch(range(2)).files)
    assert not calls
