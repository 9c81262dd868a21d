"""What fixes of annotations write, and what they leave to those that are not safe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from msgspec.structs import replace

from cocolint import app
from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.model import Mending
from tests.support.cases import Data, put, sound

NAN = float("nan")
SAFE = Settings(select=("ALL",), jobs=1, mending=Mending.DONE)
UNSAFE = replace(SAFE, unsafe_fixes=True)


def mended(folder: Path, rule: str, edit: Data, settings: Settings = SAFE) -> list[Data]:
    """Return the annotations that become of those of the sound file with these edits."""
    data = sound("instances")
    for pointer, value in edit.items():
        put(data, pointer, value)
    path = folder / "instances_train.json"
    path.write_text(json.dumps(data))
    report = app.check([str(path)], replace(settings, fixable=(rule,)))
    assert not report.crashes
    found: list[Data] = json.loads(path.read_text())["annotations"]
    return found


@pytest.mark.parametrize(
    ("field", "value", "safe", "unsafe"),
    [
        ("bbox", [NAN, 20, 100, float("inf")], [10.0, 20.0, 100.0, 50.0], [10.0, 20.0, 100.0, 50.0]),
        ("bbox", [10, 20, 110, NAN], [10, 20, 110, NAN], None),
        ("area", NAN, 4375.0, 4375.0),
        ("score", NAN, NAN, None),
        ("note", NAN, NAN, NAN),
    ],
)
def test_a_number_that_is_none(tmp_path: Path, field: str, value: Any, safe: Any, unsafe: Any) -> None:
    edit: Data = {f"/annotations/0/{field}": value}
    assert json.dumps(mended(tmp_path, "json-nan", edit)[0].get(field)) == json.dumps(safe)
    found = mended(tmp_path, "json-nan", edit, UNSAFE)
    assert len(found) == (2 if unsafe is None else 3)
    assert unsafe is None or json.dumps(found[0][field]) == json.dumps(unsafe)


def test_an_area_that_is_none_is_that_of_the_box_where_there_is_no_mask(tmp_path: Path) -> None:
    edit: Data = {"/annotations/0/area": NAN, "/annotations/0/segmentation": []}
    assert mended(tmp_path, "json-nan", edit, UNSAFE)[0]["area"] == 5000


def test_a_rotated_box_becomes_a_polygon(tmp_path: Path) -> None:
    edit: Data = {"/annotations/0/attributes": {"rotation": 90, "occluded": True}, "/annotations/0/segmentation": []}
    edit |= {"/annotations/0/bbox": [10, 100, 100, 50], "/annotations/0/area": 5000}
    found = mended(tmp_path, "annotation-rotation-attribute", edit, UNSAFE)[0]
    assert found["segmentation"] == [[85, 75, 85, 175, 35, 175, 35, 75]]
    assert (found["bbox"], found["area"]) == ([35, 75, 50, 100], 5000)
    assert found["attributes"] == {"rotation": 0, "occluded": True}


def test_later_ids_are_new_and_the_first_stays(tmp_path: Path) -> None:
    edit: Data = {"/annotations/1/id": 1, "/annotations/2/id": 1}
    assert [one["id"] for one in mended(tmp_path, "annotation-id-duplicate", edit)] == [1, 2, 3]


def test_ids_that_are_texts_keep_their_number(tmp_path: Path) -> None:
    edit: Data = {"/annotations/0/id": "7", "/annotations/1/id": "x", "/annotations/2/id": None}
    assert [one["id"] for one in mended(tmp_path, "annotation-id-not-integer", edit)] == [7, 8, 9]


def test_annotations_whose_image_is_a_text_find_it(tmp_path: Path) -> None:
    edit: Data = {"/annotations/0/image_id": "1", "/annotations/1/image_id": "3", "/annotations/2/image_id": "02"}
    assert [one["image_id"] for one in mended(tmp_path, "annotation-image-id-type", edit)] == [1, "3", "02"]


def test_a_copy_goes_only_if_it_says_nothing_else(tmp_path: Path) -> None:
    first = sound("instances")["annotations"][0]
    edit: Data = {
        "/annotations/1": {**first, "id": 5, "note": "sure"},
        "/annotations/2": {**first, "id": 6, "bbox": [10, 20, 100, 50]},
    }
    assert [one["id"] for one in mended(tmp_path, "annotation-duplicate-exact", edit)] == [1, 5]


PRINTED = registry.load().get("numpy-repr").fixers[0]


@given(arrays.arrays(np.float64, arrays.array_shapes(max_dims=2, max_side=6), elements=st.floats(-1e6, 1e6)))
def test_an_array_is_read_as_it_was_printed(values: np.typing.NDArray[np.float64]) -> None:
    for text in (repr(values), str(values), str(values.tolist()), f"np.{values!r}"):
        found = PRINTED.function(record={"bbox": text}, field="bbox")["bbox"]
        assert np.allclose(np.array(found), values, rtol=1e-6, atol=1e-3)
