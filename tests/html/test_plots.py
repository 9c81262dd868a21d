"""The plots: right numbers, and markup that may stand beside other markup."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from cocolint.html.numbers import SERIES, Series, series_of
from cocolint.html.plots import plots_of
from cocolint.html.svg import Sheet
from tests.html.conftest import HOSTILE, Data, annotation, checked, faulty, poses, written
from tests.support.cases import sound


def spread(folder: Path, **files: Data) -> list[Series]:
    """Return the distributions of some files. The test is skipped where there is nothing to draw them with."""
    pytest.importorskip("matplotlib")
    return series_of(checked(written(folder, **files)).run.checked)


def test_objects_are_counted_by_class_and_image(tmp_path: Path) -> None:
    data = faulty()
    data["annotations"] = [annotation(n, image_id=1, category_id=1) for n in (1, 2)] + [
        annotation(3, image_id=2, category_id=2)
    ]
    (one,) = spread(tmp_path, instances_train=data)
    assert one.objects == 3
    assert sorted(one.counts.values()) == [1, 2]
    assert one.per_image.tolist() == [2, 1, 0]
    assert one.label == "train"


def test_boxes_and_masks_are_measured(tmp_path: Path) -> None:
    data = faulty()
    data["annotations"] = [
        annotation(1, bbox=[300, 220, 40, 40], segmentation=[[300, 220, 340, 220, 340, 240, 300, 240]]),
        annotation(2, bbox=[1, 2, -3, 4], segmentation=[]),
        annotation(3, bbox="none", segmentation=[]),
    ]
    (one,) = spread(tmp_path, instances_train=data)
    assert one.sides.tolist() == [[40, 40]]
    assert one.centres.tolist() == [[0.5, 0.5]]
    assert one.areas.tolist() == [[1600, 800]]


def test_keypoints_are_counted_by_visibility(tmp_path: Path) -> None:
    (one,) = spread(tmp_path, person_keypoints_train=poses())
    assert one.read == one.poses == 1
    counts = [joint[1:] for joint in one.joints["person"]]
    assert counts == [(0, 0, 1), (0, 0, 1), (0, 1, 0), (0, 0, 1), (1, 0, 0)]


def test_the_largest_files_are_taken_in_their_order(tmp_path: Path) -> None:
    files = {}
    for number in range(SERIES + 2):
        files[f"instances_part{number}"] = faulty() | {"annotations": [annotation(n) for n in range(1, 3 + number)]}
    found = spread(tmp_path, **files)
    assert [one.label for one in found] == [f"part{number}" for number in range(2, SERIES + 2)]


def test_files_of_one_subset_are_told_apart_by_their_names(tmp_path: Path) -> None:
    found = spread(tmp_path, instances_train=faulty(), person_keypoints_train=poses())
    assert [one.label for one in found] == ["instances_train.json", "person_keypoints_train.json"]


@pytest.mark.parametrize("task", ["instances", "person_keypoints", "labels", "stuff", "panoptic", "captions", "image_info"])
def test_every_task_has_its_plots(tmp_path: Path, task: str) -> None:
    found = spread(tmp_path, **{f"{task}_train": sound(task)})
    titles = [plot.title for plot in plots_of(found, Sheet())] if found else []
    expected = {
        "instances": ["Objects per class", "Objects per image", "Box sizes", "Box centres", "Mask area against box area"],
        "labels": ["Objects per class", "Objects per image"],
        "panoptic": ["Objects per class"],
        "captions": [],
        "image_info": [],
    }
    for same in ("stuff", "person_keypoints"):
        expected[same] = expected["instances"]
    assert titles[:5] == expected[task]
    assert titles[5:] == (["Keypoints of person"] if task == "person_keypoints" else [])


def test_results_have_plots_too(tmp_path: Path) -> None:
    (tmp_path / "instances_train.json").write_text(json.dumps(sound("instances")))
    (tmp_path / "instances_train_results.json").write_text(json.dumps(sound("results_bbox")))
    report = checked(tmp_path, task=None)
    assert plots_of(series_of(report.run.checked), Sheet())


def test_plots_are_clean_markup_with_names_as_text(tmp_path: Path) -> None:
    sheet = Sheet()
    plots = plots_of(spread(tmp_path, instances_train=faulty(), person_keypoints_train=poses()), sheet)
    roots = [ElementTree.fromstring(plot.svg) for plot in plots]
    elements = [element for root in roots for element in root.iter()]
    assert {element.tag for element in elements} <= {"svg", "g", "path", "defs", "clipPath", "rect", "use", "text", "image"}
    assert not [element for element in elements if "style" in element.attrib]
    ids = [element.attrib["id"] for element in elements if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    for plot in plots:
        assert set(re.findall(r'(?:url\(|href=")#([\w-]+)', plot.svg)) <= set(ids)
    text = "".join("".join(root.itertext()) for root in roots)
    assert HOSTILE in text
    assert "$x^2$" in text
    assert "var(--series-1)" in sheet.css
    assert "#0a0" not in sheet.css
    assert "}" not in re.sub(r"\.p\d+\{[^{}]*\}\n", "", sheet.css)
