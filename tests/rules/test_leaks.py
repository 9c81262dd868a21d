"""How sure the rules are that compare files: an error where it is proved, a warning where only names tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Severity
from tests.rules.categories_across import PERSON, SWAPPED, categories, used
from tests.rules.leaks import COUNTED, PICKED, copied, named, names, roboflow
from tests.support.set_cases import Edit, SetCase

TRAIN, VAL = "annotations/instances_train.json", "annotations/instances_val.json"
A, B = "annotations/instances_a.json", "annotations/instances_b.json"
T, V = "train/_annotations.coco.json", "valid/_annotations.coco.json"


@pytest.mark.parametrize(
    ("rule", "files", "severity"),
    [
        ("split-leakage-file", {TRAIN: {}, VAL: copied}, Severity.ERROR),
        ("split-leakage-file", {TRAIN: named(*COUNTED), VAL: named(*PICKED, boxes=False)}, Severity.WARNING),
        (
            "split-leakage-file",
            {"image_info_test.json": names("a.jpg"), "instances_train.json": names("a.jpg")},
            Severity.WARNING,
        ),
        ("split-leakage-file", {"annotations/instances_test.json": {}, VAL: copied}, Severity.WARNING),
        ("categories-inconsistent-across-files", {TRAIN: {}, VAL: categories(*SWAPPED)}, Severity.ERROR),
        ("categories-inconsistent-across-files", {A: {}, B: categories(*SWAPPED)}, Severity.WARNING),
        ("categories-subset-across-files", {TRAIN: {}, VAL: used(PERSON)}, Severity.ERROR),
        ("categories-subset-across-files", {A: {}, B: used(PERSON)}, Severity.WARNING),
    ],
)
def test_severity(tmp_path: Path, rule: str, files: dict[str, Edit], severity: Severity) -> None:
    SetCase(rule, "", files).write(tmp_path)
    report = app.check([str(tmp_path)], Settings(select=(rule,), jobs=1))
    assert {group.severity for group in report.groups} == {severity}


@pytest.mark.parametrize(("source", "count"), [(roboflow("a_jpg.rf.#.jpg", "b_jpg.rf.#.jpg"), 0), (named("a.jpg", "b.jpg"), 1)])
def test_exports_that_number_each_file_anew_are_not_told_by_default(tmp_path: Path, source: Edit, count: int) -> None:
    def numbered_anew(data: dict[str, object]) -> dict[str, object]:
        data["images"] = [{"id": 1, "width": 640, "height": 480, "file_name": f"x_jpg.rf.{'0' * 32}.jpg"}]
        data["annotations"] = []
        return data

    SetCase("image-id-clash-across-splits", "", {T: source, V: numbered_anew}).write(tmp_path)
    files = [str(tmp_path / name) for name in (V, T)]
    report = app.check(files, Settings(jobs=1))
    found = [group for group in report.groups if group.name == "image-id-clash-across-splits"]
    assert len(found) == count


def test_paths_with_braces_are_shown_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "{x}"
    SetCase("annotation-id-clash-across-splits", "", {TRAIN: {}, VAL: {"/annotations/0/id": 1}}).write(folder)
    report = app.check([str(folder)], Settings(select=("annotation-id-clash-across-splits",), jobs=1))
    (group,) = report.groups
    assert "{x}/annotations/instances_train.json" in report.occurrences(group, None)[0].message
