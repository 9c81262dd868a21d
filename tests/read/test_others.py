"""Files of other formats are called what they are, and files of COCO are never taken for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Status, Task
from cocolint.reported import ExitCode
from tests.support.cases import sound

OTHERS: list[tuple[Any, str]] = [
    ({"version": "5.4.1", "flags": {}, "shapes": [], "imagePath": "a.jpg", "imageData": None}, "labelme's file of one image"),
    ({"_via_settings": {}, "_via_img_metadata": {}, "_via_attributes": {}}, "a project of the VGG Image Annotator"),
    ({"project": {}, "config": {}, "attribute": {}, "file": {}, "metadata": {}, "view": {}}, "VGG Image Annotator"),
    ({"a.jpg1": {"filename": "a.jpg", "size": 1, "regions": []}}, "an export of the VGG Image Annotator"),
    ({"label_hash": "a", "data_title": "a", "data_units": {}, "object_answers": {}}, "a label row of Encord"),
    ([{"label_hash": "a", "data_units": {"b": {"labels": {}}}}], "an array of Encord's label rows, with their data units"),
    ({"data_row": {}, "media_attributes": {}, "projects": {}}, "a row of a Labelbox export"),
    ([{"data_row": {}, "projects": {}}], "of Labelbox's rows"),
    ([{"ID": "a", "Labeled Data": "a", "Label": {}}], "of Labelbox's rows"),
    ([{"id": 1, "data": {}, "annotations": [], "predictions": []}], "of Label Studio's tasks"),
    ({"metadata": {}, "instances": [], "tags": []}, "SuperAnnotate's file of one image"),
    ([{"id": 1, "name": "a", "color": "#fff", "attribute_groups": []}], "of SuperAnnotate's classes"),
    ({"version": "2.0", "item": {}, "annotations": [{"name": "a", "bounding_box": {}}]}, "V7 Darwin's file of one image"),
    ({"description": "", "tags": [], "size": {}, "objects": []}, "Supervisely's file of one image"),
    ({"info": {}, "categories": {"label": {}}, "items": []}, "Datumaro's own format"),
    ({"samples": []}, "FiftyOne"),
    ({"type": "FeatureCollection", "features": []}, "GeoJSON"),
    ([{"image": "a.jpg", "annotations": [{"label": "a", "coordinates": {}}]}], "CreateML's"),
    ([{"version": 0, "tags": [], "shapes": [], "tracks": []}], "CVAT's"),
    ([{"file_name": "a.jpg", "image_id": 1, "height": 1, "width": 1, "annotations": []}], "detectron2's"),
    ([{"filename": "a.jpg", "width": 1, "height": 1, "ann": {}}], "MMDetection's"),
    ([{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}], "an array of annotations"),
    ([{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}], "an array of annotations"),
    (sound("instances")["images"], "an array of images"),
    (sound("instances")["categories"], "an array of categories"),
    (["a.jpg", "b.jpg"], "an array, not an object"),
    ({}, "neither images nor annotations"),
    ({"a": 1}, "neither images nor annotations"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "words"), OTHERS, ids=[words for _, words in OTHERS])
def test_other_formats_are_named(content: Any, words: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(content))
    report = app.check([str(path)], Settings(jobs=1))
    assert report.exit_code is ExitCode.FINDINGS
    (group,) = report.groups
    assert words in report.occurrences(group, None)[0].message
    report = app.check([str(tmp_path)], Settings(jobs=1))
    assert report.not_coco + len(report.files) == 1


@pytest.mark.parametrize("task", list(Task))
def test_files_of_coco_are_not_taken_for_others(task: Task, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(sound(task)))
    (result,) = app.check([str(path)], Settings(jobs=1)).files
    assert (result.status is Status.UNREADABLE, result.note) == (False, "")
