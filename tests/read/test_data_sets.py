"""An array of data sets in one file is read data set by data set; what is found is told where it stands in the file."""

from __future__ import annotations

import gzip
import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint import app
from cocolint.config import Settings
from cocolint.failure import PathError
from cocolint.model import Severity, Status, Task
from cocolint.reported import ExitCode, Report
from tests.support.cases import put, sound

ROOT = "top-level-not-object"
QUIET = Settings(jobs=1, ignore=("layout-task-prefix", ROOT))


def faulty(**edits: Any) -> Any:
    """Return a sound file with other values, by the pointer with `__` for its slashes."""
    data = sound("instances")
    for pointer, value in edits.items():
        put(data, pointer.replace("__", "/"), value)
    return data


def checked(folder: Path, elements: list[Any], settings: Settings = QUIET, name: str = "export.json") -> Report:
    path = folder / name
    text = json.dumps(elements, indent=1).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return app.check([str(path)], settings)


def names_of(report: Report) -> list[str]:
    return [result.path.rpartition("/")[2] for result in report.files]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_ids_that_repeat_between_data_sets_are_no_duplicates(count: int, tmp_path: Path) -> None:
    report = checked(tmp_path, [sound("instances")] * count)
    assert names_of(report) == [f"export.json#{number}" for number in range(count)]
    assert report.exit_code is ExitCode.OK
    assert not report.groups
    assert [(result.images, result.annotations, result.categories) for result in report.files] == [(2, 3, 2)] * count


@pytest.mark.parametrize("name", ["export.json", "export.json.gz"])
def test_a_fault_is_told_by_its_place_in_the_file(name: str, tmp_path: Path) -> None:
    elements = [sound("instances"), faulty(annotations__1__bbox=[-500, 1, 300, 200]), sound("captions")]
    report = checked(tmp_path, elements, name=name)
    (group,) = report.groups
    (found,) = report.occurrences(group, None)
    assert group.path.endswith(f"{name}#1")
    assert found.pointer == "/1/annotations/1/bbox"
    line = json.dumps(elements, indent=1).splitlines()[found.line - 1]
    assert line[: found.column - 1].strip() == '"bbox":'
    assert (found.value, found.id) == (elements[1]["annotations"][1]["bbox"], 2)


def test_a_section_and_a_data_set_as_a_whole_have_places_too(tmp_path: Path) -> None:
    elements = [sound("instances"), faulty(categories={}), {"images": [], "annotations": []}]
    report = checked(tmp_path, elements)
    places = {(group.name, one.pointer, one.line) for group in report.groups for one in report.occurrences(group, None)}
    lines = json.dumps(elements, indent=1).splitlines()
    assert ("section-not-array", "/1/categories", lines.index('  "categories": {},') + 1) in places
    assert ("top-level-missing-categories", "/2", len(lines) - 4) in places


def test_that_the_root_is_an_array_is_told_once(tmp_path: Path) -> None:
    report = checked(tmp_path, [sound("instances")] * 3, Settings(jobs=1))
    (group,) = [group for group in report.groups if group.name == ROOT]
    (found,) = report.occurrences(group, None)
    assert (found.pointer, found.line, found.column, group.severity) == ("", 1, 1, Severity.WARNING)
    assert len([group for group in report.groups if group.name == "layout-task-prefix"]) == 1


@pytest.mark.parametrize(
    ("element", "words"),
    [
        (None, "element 1 of the array at the root is null"),
        (7, "element 1 of the array at the root is a number"),
        ("a", "element 1 of the array at the root is a string"),
        (True, "element 1 of the array at the root is true"),
        ([], "element 1 of the array at the root is an array"),
        ({}, "neither images nor annotations"),
        ({"data_units": {}}, "a label row of Encord"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_first", [True, False])
def test_an_element_that_is_no_data_set_is_named(element: Any, words: str, is_first: bool, tmp_path: Path) -> None:
    elements = [element, sound("instances")] if is_first else [sound("instances"), element]
    report = checked(tmp_path, elements)
    (group,) = report.groups
    (found,) = report.occurrences(group, None)
    assert (words if not is_first else words.replace("1", "0")) in found.message
    assert found.pointer == f"/{elements.index(element)}"
    assert [result.status for result in report.files].count(Status.UNREADABLE) == 1
    assert report.exit_code is ExitCode.FINDINGS


def test_other_arrays_and_results_are_not_taken_apart(tmp_path: Path) -> None:
    others: list[list[Any]] = [
        [{"data_units": {}, "label_hash": "a"}], [{"images": []}], [{"image": "a", "annotations": []}], [[]],
    ]  # fmt: skip
    for elements in others:
        assert names_of(checked(tmp_path, elements)) == ["export.json"]
    told = Settings(jobs=1, task=Task.RESULTS_BBOX)
    assert names_of(checked(tmp_path, [sound("instances")], told)) == ["export.json"]
    assert names_of(checked(tmp_path, sound("results_bbox"))) == ["export.json"]


def test_faults_of_the_encoding_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    text = json.dumps([sound("instances"), faulty(annotations__0__area=float("nan"))])
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    report = app.check([str(path)], QUIET)
    assert {(group.name, group.path[-2:]) for group in report.groups} == {("json-bom", "#0"), ("json-nan", "#1")}
    (found,) = report.occurrences(next(group for group in report.groups if group.name == "json-nan"), None)
    assert found.pointer == "/1/annotations/0"


def test_files_in_folders_are_taken_apart_and_globs_mean_all_of_a_file(tmp_path: Path) -> None:
    elements = [faulty(annotations__0__bbox=[-500, 1, 300, 200]), faulty(annotations__0__bbox=[-500, 1, 300, 200])]
    checked(tmp_path, elements)
    report = app.check([str(tmp_path)], QUIET)
    assert (len(report.files), len(report.groups)) == (2, 2)
    for pattern, left in (("export.json", 0), ("*.json", 0), ("export.json#1", 1)):
        ignoring = Settings(jobs=1, ignore=QUIET.ignore, per_file_ignores={pattern: ("ALL",)})
        assert len(app.check([str(tmp_path)], ignoring).groups) == left


def test_categories_are_compared_like_those_of_files_side_by_side(tmp_path: Path) -> None:
    other = faulty(categories__0__id=3, annotations__0__category_id=3, annotations__2__category_id=3)
    report = checked(tmp_path, [sound("instances"), other])
    assert "categories-inconsistent-across-files" in {group.name for group in report.groups}
    assert {group.severity for group in report.groups} == {Severity.WARNING}


def test_several_data_sets_are_no_ground_truth(tmp_path: Path) -> None:
    checked(tmp_path, [sound("instances")])
    path = tmp_path / "results.json"
    path.write_text(json.dumps(sound("results_bbox")))
    with pytest.raises(PathError, match="an array of whole data sets"):
        app.check([str(path)], Settings(jobs=1, ground_truth=tmp_path / "export.json"))


EDITS: list[dict[str, Any]] = [
    {}, {"annotations__0__bbox": "a"}, {"annotations__1__area": -1}, {"images__0__id": 2}, {"categories__1__name": ""},
    {"annotations__0__segmentation": [[1, 2, 3]]}, {"info": []}, {"images": 3}, {"annotations": [1, None]},
    {"annotations__2__image_id": 99},
]  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=st.lists(st.sampled_from(EDITS), min_size=1, max_size=4))
def test_a_data_set_has_the_findings_that_it_has_alone(tmp_path: Path, edits: list[dict[str, Any]]) -> None:
    elements = [faulty(**edit) for edit in edits]
    alone = Settings(jobs=1, select=("ALL",), ignore=("X", "D", ROOT))
    together = checked(tmp_path, elements, alone)
    for number, element in enumerate(elements):
        (tmp_path / "one.json").write_text(json.dumps(element))
        one = app.check([str(tmp_path / "one.json")], alone)
        expected = _found(one, "one.json")
        assert _found(together, f"export.json#{number}") == {(name, f"/{number}{pointer}", m) for name, pointer, m in expected}
        for _, pointer, _ in _found(together, f"export.json#{number}"):
            _at(elements, pointer)


def _found(report: Report, name: str) -> set[tuple[str, str, str]]:
    groups = [group for group in report.groups if group.path.endswith(name)]
    return {(group.name, one.pointer, one.message) for group in groups for one in report.occurrences(group, None)}


def _at(data: Any, pointer: str) -> Any:
    """Follow a pointer; raises if it leads nowhere."""
    return reduce(lambda node, part: node[int(part) if isinstance(node, list) else part], pointer.split("/")[1:], data)
