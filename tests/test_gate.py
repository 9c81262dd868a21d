"""Which rules run and what the process says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.failure import ConfigError
from cocolint.gates.gate import Gate, keyword_filter
from cocolint.model import Status
from cocolint.reported import ExitCode, Report
from tests.support.cases import put, sound

RULES = registry.load()


def chosen(**settings: Any) -> set[str]:
    return {rule.name for rule in Gate(Settings(**settings), RULES).chosen}


def run(folder: Path, edit: dict[str, Any], **settings: Any) -> Report:
    data = sound("instances")
    for pointer, value in edit.items():
        put(data, pointer, value)
    (folder / "instances_train.json").write_text(json.dumps(data))
    return app.check([str(folder)], Settings(jobs=1, **settings))


OVER = {"/annotations/0/bbox": [600.0, 20.0, 100.0, 50.0]}
TWICE = {"/annotations/1/id": 1}


def test_the_default_set_has_no_information() -> None:
    names = chosen()
    assert "annotation-id-duplicate" in names
    assert "bbox-subpixel" not in names


def test_selectors_are_codes_prefixes_names_and_all() -> None:
    assert chosen(select=("B010",)) == {"bbox-out-of-image"}
    assert chosen(select=("bbox-out-of-image",)) == {"bbox-out-of-image"}
    assert chosen(select=("B",)) == {rule.name for rule in RULES if rule.code.startswith("B")}
    assert chosen(select=("ALL",)) == {rule.name for rule in RULES}
    assert chosen(select=("B",), ignore=("B010",)) == chosen(select=("B",)) - {"bbox-out-of-image"}
    assert chosen(extend_select=("bbox-subpixel",)) == chosen() | {"bbox-subpixel"}


@pytest.mark.parametrize("settings", [{"select": ("Q",)}, {"ignore": ("bbox-out-of-imag",)}, {"severity": {"nothing": 1}}])
def test_an_unknown_selector_is_named(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="no rule"):
        Gate(Settings(**settings), RULES)


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("bbox", True),
        ("BBOX", True),
        ("polygon", False),
        ("bbox and not out", False),
        ("(polygon or b010)", True),
        ("out-of", True),
    ],
)
def test_keywords_select_as_in_pytest(expression: str, fits: bool) -> None:
    assert keyword_filter(expression)(RULES.get("bbox-out-of-image")) is fits


@pytest.mark.parametrize("expression", ["bbox and", "(bbox", "bbox mask", "__import__('os')"])
def test_a_malformed_keyword_is_named(expression: str) -> None:
    with pytest.raises(ConfigError):
        Gate(Settings(keyword=expression), RULES)


def test_exit_codes(tmp_path: Path) -> None:
    assert run(tmp_path, {}).exit_code is ExitCode.OK
    assert run(tmp_path, OVER).exit_code is ExitCode.OK
    assert run(tmp_path, TWICE).exit_code is ExitCode.FINDINGS
    assert run(tmp_path, TWICE, exit_zero=True).exit_code is ExitCode.OK


def test_severities_can_be_changed(tmp_path: Path) -> None:
    from cocolint.model import Severity

    assert run(tmp_path, OVER, fail_on=Severity.WARNING).exit_code is ExitCode.FINDINGS
    assert run(tmp_path, OVER, severity={"B010": Severity.ERROR}).exit_code is ExitCode.FINDINGS
    report = run(tmp_path, TWICE, severity={"A002": Severity.INFO})
    assert report.exit_code is ExitCode.OK
    assert [group.severity for group in report.groups] == [Severity.INFO]


def test_a_run_over_no_file_is_not_green(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    report = app.check([str(tmp_path)], Settings())
    assert report.exit_code is ExitCode.UNUSABLE
    assert report.not_coco == 1


def test_rules_can_be_ignored_for_some_files(tmp_path: Path) -> None:
    assert not run(tmp_path, TWICE, per_file_ignores={"instances_*.json": ("A002",)}).groups
    assert run(tmp_path, TWICE, per_file_ignores={"captions_*.json": ("A002",)}).groups


def test_an_ignored_rule_still_stops_its_cascade(tmp_path: Path) -> None:
    flat = {"/annotations/0/bbox": [10.0, 20.0, 100.0, 0.0], "/annotations/0/area": 0}
    assert {group.name for group in run(tmp_path, flat, ignore=("bbox-degenerate", "bbox-vs-segmentation")).groups} == set()


def test_a_run_stops_after_so_many_failures(tmp_path: Path) -> None:
    for name in ("instances_a.json", "instances_b.json"):
        (tmp_path / name).write_text("{")
    report = app.check([str(tmp_path)], Settings(maxfail=1))
    assert [result.status for result in report.files] == [Status.UNREADABLE]
    assert report.stopped_early


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "instances_a.json").write_text("{")
    (tmp_path / "instances_b.json").write_text(json.dumps(sound("instances")))
    report = app.check([str(tmp_path)], Settings())
    assert [result.status for result in report.files] == [Status.UNREADABLE, Status.PASSED]
    assert report.exit_code is ExitCode.FINDINGS


def test_json_that_is_not_coco_is_skipped_in_a_folder_and_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "package.json"
    other.write_text('{"name": "x"}')
    (tmp_path / "instances_b.json").write_text(json.dumps(sound("instances")))
    report = app.check([str(tmp_path)], Settings())
    assert (len(report.files), report.not_coco, report.exit_code) == (1, 1, ExitCode.OK)
    assert app.check([str(other)], Settings()).exit_code is ExitCode.FINDINGS


def test_a_file_that_cannot_be_read_fails_whatever_is_selected(tmp_path: Path) -> None:
    (tmp_path / "instances_a.json").write_text("{")
    assert app.check([str(tmp_path)], Settings(select=("B",))).exit_code is ExitCode.FINDINGS
    report = app.check([str(tmp_path)], Settings(ignore=("json-truncated",)))
    assert [result.status for result in report.files] == [Status.SKIPPED]


@pytest.mark.parametrize(("text", "line", "column"), [('{"images": [],\n "annotations": [,]}', 2, 18), ('{\n "im', 2, 5)])
def test_a_syntax_error_is_located(tmp_path: Path, text: str, line: int, column: int) -> None:
    (tmp_path / "instances_a.json").write_text(text)
    report = app.check([str(tmp_path)], Settings())
    (occurrence,) = report.occurrences(report.groups[0], None)
    assert (occurrence.line, occurrence.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "reported"), [('["cat", "dog"]', False), ('[{"image_id": 1, "iscrowd": 0}]', True), ('{"a"', True)]
)
def test_what_lies_beside_annotation_files_is_not_accused(tmp_path: Path, text: str, reported: bool) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "classes.json").write_text(text)
    assert len(app.check([str(tmp_path)], Settings()).files) == reported
