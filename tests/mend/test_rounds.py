"""What is mended, in which order, and what is held back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.engine.rule import Rule
from cocolint.engine.running import Outcome
from cocolint.model import Mending
from cocolint.read import document
from cocolint.reported import ExitCode, Report
from tests.support.cases import crowded, sound

HEAD = """
from collections.abc import Iterable
from cocolint.api import Finding, Index, Record, Severity, Stage, rule

@rule("Z001", "box-of-mine", Severity.WARNING)
def box_of_mine(index: Index) -> Iterable[Finding]:
    '''A box.

    What breaks: nothing.
    Definition: any.
    Fix: none. Safe.
    '''
    return index.where(index.bbox[:, 0] < 15, "bbox", "small")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "instances_train.json"
    data = sound("instances")
    del data["annotations"][0]["iscrowd"]
    target.write_text(json.dumps(data))
    return target


def mend(path: Path, fix: str = "", **settings: Any) -> Report:
    folder = path.parent / "rules"
    if fix:
        folder.mkdir(exist_ok=True)
        (folder / "mine.py").write_text(HEAD + fix)
        settings["rules_path"] = folder
    return app.check([str(path)], Settings(**{"mending": Mending.DONE, "jobs": 1, **settings}))


def boxes(path: Path) -> list[Any]:
    return [annotation["bbox"] for annotation in json.loads(path.read_text())["annotations"]]


def test_a_fix_that_makes_another_rule_fire_is_withdrawn_and_the_others_are_made(path: Path) -> None:
    fix = """
@box_of_mine.fix(Stage.DERIVE, safe=True, writes=["bbox"])
def flat(record: Record) -> Record:
    return record | {"bbox": [*record["bbox"][:2], 0, 0]}

@box_of_mine.fix(Stage.CLIP, safe=True, writes=["note"])
def noted(record: Record) -> Record:
    return record | {"note": 1}
"""
    before = boxes(path)
    report = mend(path, fix)
    assert boxes(path) == before
    assert [(one.code, one.because) for one in report.withdrawn] == [("Z001", "it would make bbox-degenerate fire")]
    assert {one.name for one in report.mended} == {"iscrowd-missing", "box-of-mine"}
    assert report.exit_code is ExitCode.OK


def test_a_fix_that_raises_is_a_crash_and_the_others_are_made(path: Path) -> None:
    fix = """
@box_of_mine.fix(Stage.DERIVE, safe=True, writes=["bbox"])
def broken(record: Record) -> Record:
    return record["none"]
"""
    report = mend(path, fix)
    assert [(crash.code, crash.last_line) for crash in report.crashes] == [("Z001", "KeyError: 'none'")]
    assert report.exit_code is ExitCode.UNUSABLE
    assert [one.name for one in report.mended] == ["iscrowd-missing"]
    assert json.loads(path.read_text())["annotations"][0]["iscrowd"] == 0


def test_a_fix_that_changes_what_it_does_not_declare_is_a_crash(path: Path) -> None:
    """It does not see whether the field is there already, and would write it a second time."""
    fix = """
@box_of_mine.fix(Stage.DERIVE, safe=True, writes=["bbox"])
def flagged(record: Record) -> Record:
    return record | {"iscrowd": 0}
"""
    report = mend(path, fix, fixable=("Z001",))
    assert [crash.last_line for crash in report.crashes] == ["the fix changes iscrowd, which it does not declare"]
    assert not report.mended


def test_a_fix_that_never_ends_is_stopped(path: Path) -> None:
    fix = """
@box_of_mine.fix(Stage.DERIVE, safe=True, writes=["bbox"])
def shifted(record: Record) -> Record:
    x, *rest = record["bbox"]
    return record | {"bbox": [x - 0.25, *rest]}
"""
    report = mend(path, fix)
    assert next(one.count for one in report.mended if one.name == "box-of-mine") == 10
    assert boxes(path)[0][0] == 10.0 - 5 * 0.25


@pytest.mark.parametrize(
    ("settings", "is_mended"),
    [
        ({}, True),
        ({"fixable": ("R",)}, True),
        ({"fixable": ("B",)}, False),
        ({"unfixable": ("iscrowd-missing",)}, False),
        ({"ignore": ("R016",)}, False),
        ({"select": ("B",)}, False),
        ({"per_file_ignores": {"*train*": ("R016",)}}, False),
    ],
)
def test_settings_tell_what_is_mended(path: Path, settings: dict[str, Any], is_mended: bool) -> None:
    before = path.read_bytes()
    report = mend(path, **settings)
    assert [one.name for one in report.mended] == ["iscrowd-missing"] * is_mended
    assert (path.read_bytes() == before) is not is_mended


def test_unsafe_fixes_are_made_on_request_only(tmp_path: Path) -> None:
    fix = """
@box_of_mine.fix(Stage.DERIVE, safe=False, writes=["note"])
def noted(record: Record) -> Record:
    return record | {"note": 1}
"""
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(sound("instances")))
    assert not mend(path, fix).mended
    assert mend(path, fix, extend_safe_fixes=("Z001",), mending=Mending.SHOWN).mended
    report = mend(path, fix, unsafe_fixes=True)
    assert [one.name for one in report.mended] == ["box-of-mine"]


def test_showing_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    report = mend(path, mending=Mending.SHOWN)
    assert path.read_bytes() == before
    assert [(change.id, change.field, change.new) for one in report.mended for change in one.changes] == [(1, "iscrowd", 0)]
    assert report.exit_code is ExitCode.FINDINGS
    assert [group.name for group in report.groups][:1] == ["iscrowd-missing"]
    mend(path)
    assert mend(path, mending=Mending.SHOWN).exit_code is ExitCode.OK


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, ExitCode.OK),
        ({"exit_non_zero_on_fix": True}, ExitCode.FINDINGS),
        ({"exit_non_zero_on_fix": True, "exit_zero": True}, ExitCode.OK),
        ({"unfixable": ("R016",)}, ExitCode.FINDINGS),
        ({"unfixable": ("R016",), "fix_only": True}, ExitCode.OK),
    ],
)
def test_exit_codes(path: Path, settings: dict[str, Any], code: ExitCode) -> None:
    assert mend(path, **settings).exit_code is code


def test_slices_in_several_processes_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cocolint.mend import slices
    from cocolint.read import slicing

    data = crowded(400)
    for annotation in data["annotations"][::3]:
        del annotation["iscrowd"]
    monkeypatch.setattr(slicing, "SLICE_BYTES", 5_000)
    monkeypatch.setattr(slices, "PARALLEL_BYTES", 0)
    results = []
    for jobs in (1, 2):
        path = tmp_path / "instances_train.json"
        path.write_text(json.dumps(data))
        report = mend(path, jobs=jobs)
        assert [one.count for one in report.mended] == [134]
        results.append(path.read_bytes())
    assert results[0] == results[1]
    assert len(json.loads(results[0])["annotations"]) == 400


@pytest.mark.parametrize(
    ("section", "field", "value", "times"), [("annotations", "iscrowd", "0", 1), ("images", "width", "640", 2)]
)
def test_what_is_the_same_in_the_copy_is_not_looked_at_again(
    section: str, field: str, value: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, ran = [], []
    images_of, run = document._images, Outcome.run

    def decode(*arguments: Any) -> Any:
        decoded.append("images")
        return images_of(*arguments)

    def note(self: Outcome, rule: Rule, *arguments: Any) -> None:
        ran.append(rule.name)
        run(self, rule, *arguments)

    monkeypatch.setattr(document, "_images", decode)
    monkeypatch.setattr(Outcome, "run", note)
    data = crowded(8)
    data[section][0][field] = value
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data))
    assert [one.count for one in app.check([str(path)], Settings(mending=Mending.DONE, jobs=1)).mended] == [1]
    assert len(decoded) == ran.count("file-name-stem-duplicate") == times
    assert ran.count("annotation-id-duplicate") == 2
