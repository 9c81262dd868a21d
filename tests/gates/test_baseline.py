"""What was found once is not reported again."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint import app
from cocolint.config import Settings
from cocolint.failure import ConfigError
from cocolint.gates import baseline
from cocolint.gates.keys import Keys, covered, parsed, spans_of, written
from cocolint.model import Mending, Severity, Status
from cocolint.reported import ExitCode
from tests.gates.tools import NAME, counts, faulty, flat, ids, run, write
from tests.support.cases import put, sound
from tests.support.strategies import FAULTS, data_sets

QUICK = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
REAL = Path(__file__).parents[3] / "shared" / "data" / "real"


def content(folder: Path) -> Any:
    return json.loads((folder / "baseline.json").read_bytes())


def test_it_lists_the_records_by_file_and_rule(tmp_path: Path) -> None:
    write(tmp_path, faulty(12, 40, 41, 42, 43, 7))
    report = run(tmp_path, write_baseline=True)
    assert (report.exit_code, report.groups, report.suppressed) == (ExitCode.OK, [], 6)
    assert content(tmp_path) == {
        "version": 1,
        "files": {NAME: {"B010": {"count": 6, "keys": ["annotation:7", "annotation:12", "annotation:40-43"]}}},
    }


def test_only_what_is_new_is_reported(tmp_path: Path) -> None:
    write(tmp_path, faulty(12, 40))
    run(tmp_path, write_baseline=True)
    write(tmp_path, faulty(40, 99, 12))
    report = run(tmp_path, fail_on=Severity.WARNING)
    assert ids(report) == [99]
    assert report.groups[0].suppressed == report.suppressed == 2
    assert report.exit_code is ExitCode.FINDINGS


def test_what_is_gone_fails_until_it_is_pruned(tmp_path: Path) -> None:
    write(tmp_path, faulty(12, 40, 50))
    run(tmp_path, write_baseline=True)
    write(tmp_path, faulty(12, 99))
    report = run(tmp_path)
    assert [(stale.code, stale.path, stale.gone) for stale in report.stale] == [("B010", f"{report.files[0].path}", 2)]
    assert report.exit_code is ExitCode.FINDINGS
    assert run(tmp_path, exit_zero=True).exit_code is ExitCode.OK
    pruned = run(tmp_path, prune_baseline=True)
    assert (ids(pruned), pruned.stale, pruned.exit_code) == ([99], [], ExitCode.OK)
    assert content(tmp_path)["files"][NAME] == {"B010": {"count": 1, "keys": ["annotation:12"]}}


def test_a_file_that_is_gone_is_pruned(tmp_path: Path) -> None:
    write(tmp_path, faulty(12))
    write(tmp_path, faulty(13), "instances_val.json")
    run(tmp_path, write_baseline=True)
    (tmp_path / NAME).unlink()
    assert [stale.path for stale in run(tmp_path).stale] == [NAME]
    assert run(tmp_path, prune_baseline=True).exit_code is ExitCode.OK
    assert list(content(tmp_path)["files"]) == ["instances_val.json"]


def test_rules_and_files_that_were_not_looked_at_keep_their_entries(tmp_path: Path) -> None:
    data = faulty(12)
    put(data, "/annotations/1/id", 1)
    write(tmp_path, data)
    write(tmp_path, faulty(13), "instances_val.json")
    run(tmp_path, select=("B010", "A002"), write_baseline=True)
    before = content(tmp_path)
    one = Settings(select=("B010",), baseline=tmp_path / "baseline.json", jobs=1, prune_baseline=True)
    report = app.check([str(tmp_path / NAME)], one)
    assert not report.stale
    assert content(tmp_path) == before
    run(tmp_path, write_baseline=True)
    assert content(tmp_path) == before


def test_a_rule_that_is_skipped_makes_nothing_stale(tmp_path: Path) -> None:
    write(tmp_path, sound("instances"))
    write(tmp_path, sound("instances"), "instances_val.json")
    assert counts(run(tmp_path, select=("X005",), baseline=None)) == {"split-leakage-file": 2}
    run(tmp_path, select=("X005",), write_baseline=True)
    one = Settings(select=("X005",), baseline=tmp_path / "baseline.json", jobs=1)
    assert not app.check([str(tmp_path / "instances_val.json")], one).stale
    (tmp_path / "instances_val.json").unlink()
    assert not [stale for stale in run(tmp_path, select=("X005",)).stale if stale.path == NAME]


def test_a_finding_on_the_data_set_is_known_at_whichever_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    paths = [write(tmp_path / "annotations", sound("instances"), name) for name in (NAME, "instances_val.json")]
    select = ("layout-images-dir",)
    assert counts(run(tmp_path, select=select, baseline=None)) == {"layout-images-dir": 1}
    run(tmp_path, select=select, write_baseline=True)
    for path in paths:
        report = app.check([str(path)], Settings(select=select, baseline=tmp_path / "baseline.json", jobs=1))
        assert (report.groups, report.stale, report.suppressed) == ([], [], 1)


def test_what_is_suppressed_is_not_mended(tmp_path: Path) -> None:
    data = faulty(12)
    put(data, "/annotations/1/id", 1)
    path = write(tmp_path, data)
    run(tmp_path, select=("A002",), write_baseline=True)
    before = path.read_bytes()
    assert not run(tmp_path, select=("A002",), mending=Mending.DONE).mended
    assert path.read_bytes() == before


def test_a_fault_that_hides_an_old_one_does_not_make_it_stale(tmp_path: Path) -> None:
    write(tmp_path, faulty(12))
    run(tmp_path, select=("B",), write_baseline=True)
    data = faulty(12)
    data["annotations"][-1]["bbox"] = [560.0, 5.0, 0.0, 30.0]
    write(tmp_path, data)
    report = run(tmp_path, select=("B",))
    assert "bbox-degenerate" in counts(report)
    assert not report.stale


def test_many_keys_are_a_number_and_a_digest(tmp_path: Path) -> None:
    numbers = range(10, 10 + 4 * baseline.MOST_KEYS, 2)
    write(tmp_path, faulty(*numbers))
    run(tmp_path, write_baseline=True)
    entry = content(tmp_path)["files"][NAME]["B010"]
    assert entry["count"] == len(numbers)
    assert entry["digest"].startswith("sha256:")
    assert not run(tmp_path).groups
    write(tmp_path, faulty(*numbers[:-1], 11))
    assert counts(run(tmp_path)) == {"bbox-out-of-image": len(numbers)}, "as many, but others"
    write(tmp_path, faulty(*numbers, 11))
    report = run(tmp_path)
    assert counts(report) == {"bbox-out-of-image": len(numbers) + 1}
    assert not report.stale
    run(tmp_path, prune_baseline=True)
    assert content(tmp_path)["files"][NAME]["B010"] == entry
    write(tmp_path, faulty(*numbers[:-5]))
    report = run(tmp_path)
    assert (report.groups, [stale.gone for stale in report.stale]) == ([], [5])
    assert run(tmp_path, prune_baseline=True).exit_code is ExitCode.OK
    assert not run(tmp_path).stale


def test_records_without_an_id_have_keys_too(tmp_path: Path) -> None:
    data = sound("instances")
    del data["annotations"][0]["id"], data["images"][1]["id"], data["categories"][1]["id"]
    write(tmp_path, data)
    run(tmp_path, select=("ALL",), write_baseline=True)
    keys = {key for entry in content(tmp_path)["files"][NAME].values() for key in entry.get("keys", [])}
    assert {"annotation-of-image:1", "image named 000002.jpg", "category named bicycle"} <= keys
    assert not run(tmp_path, select=("ALL",)).groups


def test_fields_of_structural_faults_are_told_apart(tmp_path: Path) -> None:
    data = sound("instances")
    select = ("numpy-repr",)
    data["annotations"][0] |= {"bbox": "array([1, 2, 3, 4])", "area": "array(5000)"}
    write(tmp_path, data)
    run(tmp_path, select=select, write_baseline=True)
    (entry,) = content(tmp_path)["files"][NAME].values()
    assert entry["keys"] == ["annotation:1/area", "annotation:1/bbox"]
    data["annotations"][0] |= {"area": 5000, "segmentation": "array([1])"}
    write(tmp_path, data)
    report = run(tmp_path, select=select)
    assert [group.finding.field for group in report.groups] == ["segmentation"]
    assert [stale.gone for stale in report.stale] == [1]


def test_findings_without_rows_are_counted(tmp_path: Path) -> None:
    data = sound("instances")
    del data["info"]
    write(tmp_path, data)
    run(tmp_path, select=("top-level-missing-info",), write_baseline=True)
    ((_, entry),) = content(tmp_path)["files"][NAME].items()
    assert entry == {"count": 1}
    assert not run(tmp_path, select=("top-level-missing-info",)).groups
    write(tmp_path, sound("instances"))
    assert [stale.gone for stale in run(tmp_path, select=("top-level-missing-info",)).stale] == [1]


def test_a_file_that_cannot_be_read_still_fails(tmp_path: Path) -> None:
    write(tmp_path, faulty(12), "instances_val.json")
    (tmp_path / NAME).write_text('{"annotations": [')
    report = run(tmp_path, write_baseline=True)
    assert report.exit_code is ExitCode.FINDINGS
    assert {result.status for result in report.files} == {Status.UNREADABLE, Status.PASSED}


def test_the_baseline_is_no_annotation_file(tmp_path: Path) -> None:
    write(tmp_path, faulty(12))
    run(tmp_path, write_baseline=True)
    assert run(tmp_path).not_coco == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "cannot be read"),
        ("[]", "no baseline of this version"),
        ('{"version": 2, "files": {}}', "no baseline of this version"),
        ('{"version": 1, "files": []}', "damaged"),
        ('{"version": 1, "files": {"a": {"B010": {"count": 0}}}}', "count: expected a number"),
        ('{"version": 1, "files": {"a": {"B010": {"count": 1, "keys": [1]}}}}', "list of strings"),
        ('{"version": 1, "files": {"a": {"B010": {"count": 1, "keys": ["annotation:5-1"]}}}}', "no range of ids"),
        ('{"version": 1, "files": {"a": {"B010": {"count": 1, "keys": ["annotation:1-9"]}}}}', "more keys than"),
        ('{"version": 1, "files": {"a": {"B010": {"keys": []}}}}', "damaged"),
    ],
)
def test_a_damaged_baseline_is_named(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, faulty(12))
    (tmp_path / "baseline.json").write_text(text)
    with pytest.raises(ConfigError, match=message):
        run(tmp_path)


def test_an_absent_baseline_is_named(tmp_path: Path) -> None:
    write(tmp_path, faulty(12))
    with pytest.raises(ConfigError, match="--write-baseline"):
        run(tmp_path)


def test_a_huge_range_costs_nothing(tmp_path: Path) -> None:
    write(tmp_path, faulty(12))
    whole = {"count": 2**63, "keys": [f"annotation:0-{2**63 - 1}"]}
    (tmp_path / "baseline.json").write_text(json.dumps({"version": 1, "files": {NAME: {"B010": whole}}}))
    report = run(tmp_path)
    assert not report.groups
    assert report.stale[0].gone == 2**63 - 1


@QUICK
@given(numbers=st.lists(st.integers(-5, 40) | st.sampled_from([2**63 - 1, -(2**63)]), min_size=1, max_size=60))
def test_keys_can_be_read_back_and_stand_for_what_they_were_written_for(numbers: list[int]) -> None:
    keys = Keys(["annotation"], np.zeros(len(numbers), np.int64), np.array(numbers, np.int64))
    known = spans_of(keys)
    texts = written(known)
    again = parsed(texts, 0)
    assert written(again) == texts
    assert covered(keys, again).all()
    assert sum(spans.total for spans in again.values()) == len(numbers)
    extra = Keys(keys.kinds, np.zeros(len(numbers) + 1, np.int64), np.append(keys.number, numbers[0]))
    assert covered(extra, again).sum() == len(numbers)


@pytest.mark.parametrize("task", ["instances", "person_keypoints"])
@QUICK
@given(data=st.data())
def test_write_and_run_reports_nothing_whatever_the_order(task: str, data: st.DataObject) -> None:
    drawn = data.draw(data_sets(task))
    for name in data.draw(st.lists(st.sampled_from(sorted(FAULTS)), max_size=3, unique=True)):
        try:
            FAULTS[name](drawn)
        except (KeyError, IndexError, StopIteration, TypeError, AttributeError):
            continue
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder, drawn)
        first = run(folder, select=("ALL",), ignore=("annotation-order",), write_baseline=True)
        assert first.exit_code is ExitCode.OK
        random.Random(0).shuffle(drawn["annotations"])
        write(folder, drawn)
        second = run(folder, select=("ALL",), ignore=("annotation-order",))
        assert (second.groups, second.stale, second.exit_code) == ([], [], ExitCode.OK)


@QUICK
@given(numbers=st.lists(st.integers(10, 10**12), min_size=2, max_size=6, unique=True), seed=st.integers(0, 99))
def test_one_more_record_is_reported_and_no_other(numbers: list[int], seed: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        new, *old = numbers
        write(folder, faulty(*old))
        run(folder, write_baseline=True)
        data = faulty(*old)
        data["annotations"].append(flat(new))
        random.Random(seed).shuffle(data["annotations"])
        write(folder, data)
        assert ids(run(folder)) == [new]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
@pytest.mark.parametrize("name", ["taco__official", "coco-official__panopticapi-sample", "mmpose__keypoint-samples"])
def test_real_files_pass_with_their_baseline(tmp_path: Path, name: str) -> None:
    settings = Settings(select=("ALL",), baseline=tmp_path / "baseline.json", jobs=1, write_baseline=True)
    app.check([str(REAL / name)], settings)
    report = app.check([str(REAL / name)], Settings(select=("ALL",), baseline=tmp_path / "baseline.json", jobs=1))
    assert (report.groups, report.stale, report.exit_code) == ([], [], ExitCode.OK)
    assert report.suppressed > 0
