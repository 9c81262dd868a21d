"""The next run can begin with what failed in the last one; and the folder for it can be removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cocolint import app, config
from cocolint.cache import folder as cache
from cocolint.config import Settings
from cocolint.failure import ConfigError, PathError
from cocolint.reported import Report
from tests.support.cases import put, sound

STATE = Path(".cocolint_cache") / "last-failed.json"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of three data sets, of which two have a fault."""
    monkeypatch.chdir(tmp_path)
    for name, edit in (("a", {"/annotations/1/id": 1}), ("b", {}), ("c", {"/annotations/0/category_id": 77})):
        (tmp_path / name).mkdir()
        write(tmp_path / name, edit)
    return tmp_path


def write(folder: Path, edit: dict[str, Any], name: str = "instances_train.json") -> None:
    data = sound("instances")
    for pointer, value in edit.items():
        put(data, pointer, value)
    (folder / name).write_text(json.dumps(data))


def check(*paths: str, **settings: Any) -> Report:
    return app.check(paths or ["."], Settings(jobs=1, use_cache=True, **settings))


def failed() -> dict[str, list[str]]:
    files: dict[str, list[str]] = json.loads(STATE.read_bytes())["files"]
    return files


def names(report: Report) -> set[tuple[str, str]]:
    return {(group.path[0], group.name) for group in report.groups}


def test_only_files_and_rules_that_failed_run_again(place: Path) -> None:
    check()
    expected = {"a/instances_train.json": ["annotation-id-duplicate"], "c/instances_train.json": ["category-id-unknown"]}
    assert failed() == expected
    write(place / "a", {"/annotations/1/id": 1, "/annotations/0/category_id": 77})
    write(place / "b", {"/annotations/0/category_id": 77})
    report = check(last_failed=True)
    assert names(report) == {("a", "annotation-id-duplicate"), ("c", "category-id-unknown")}
    assert report.rule_count == 2
    assert [result.path[0] for result in report.files] == ["a", "c"]
    assert report.notes == ["only what failed in the last run"]
    assert failed() == expected


def test_what_passes_is_taken_off_the_list(place: Path) -> None:
    check()
    write(place / "a", {})
    check("a", last_failed=True)
    assert list(failed()) == ["c/instances_train.json"]
    write(place / "c", {})
    check(last_failed=True)
    assert failed() == {}
    report = check(last_failed=True)
    assert report.notes == ["nothing failed in the last run: all rules ran"]
    assert report.rule_count > 100


def test_rules_that_did_not_run_stay_on_the_list(place: Path) -> None:
    check()
    check(select=("B",))
    assert len(failed()) == 2


def test_a_rule_that_compares_files_gets_them_all(place: Path) -> None:
    write(place / "b", {}, "instances_val.json")
    assert ("b", "split-leakage-file") in names(check("b"))
    report = check("b", last_failed=True)
    assert names(report) == {("b", "split-leakage-file")}
    assert len(report.files) == 2


def test_a_file_that_cannot_be_read_is_tried_again(place: Path) -> None:
    (place / "b" / "instances_train.json").write_text("{")
    check("b")
    assert [result.path for result in check("b", last_failed=True).files] == ["b/instances_train.json"]
    write(place / "b", {})
    check("b", last_failed=True)
    assert failed() == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 1, "files": 3}', '{"version": 9}', '{"version": 1, "files": {"a": 1}}']
)
def test_a_damaged_list_is_no_list(place: Path, text: str) -> None:
    STATE.parent.mkdir()
    STATE.write_text(text)
    assert len(check(last_failed=True).files) == 3


def test_nothing_is_written_where_nothing_fails(place: Path) -> None:
    check("b")
    assert not STATE.parent.exists()


def test_the_folder_tells_what_it_is_and_can_be_removed(place: Path) -> None:
    check("a")
    folder = place / ".cocolint_cache"
    assert (folder / ".gitignore").read_text().splitlines()[-1] == "*"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert cache.remove(folder)
    assert not folder.exists()
    assert not cache.remove(folder)


def test_a_folder_of_somebody_else_is_not_removed(place: Path) -> None:
    (place / ".cocolint_cache").mkdir()
    with pytest.raises(PathError, match="not made by cocolint"):
        cache.remove(place / ".cocolint_cache")
    assert (place / ".cocolint_cache").is_dir()


def test_without_a_cache_there_is_no_last_run(place: Path) -> None:
    with pytest.raises(ConfigError, match="leave out --no-cache"):
        config.resolve({}, {"last_failed": True, "use_cache": False}, "", [], isolated=True)
