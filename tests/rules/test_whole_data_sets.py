"""Fixes that change several files of a data set: every object keeps its class and its picture, in all of them or in none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Mending
from cocolint.reported import Report
from tests.rules.categories import category, detections, from_zero_and_dangling, with_ids
from tests.support.cases import CATEGORIES, Data, sound
from tests.support.set_cases import SetCase

TRAIN, VAL, CAPTIONS = (f"annotations/{name}.json" for name in ("instances_train", "instances_val", "captions_val"))
POINTS = "annotations/person_keypoints_val.json"
BOXES = "results/instances_val_results.json"
PERSON, BICYCLE = CATEGORIES
CAR = {"id": 2, "name": "car", "supercategory": "vehicle", "color": "red"}
SWAPPED = {"/categories": [{**BICYCLE, "id": 1}, {**PERSON, "id": 2}]}
TAKEN = {"/images/0/id": 1, "/annotations/0/image_id": 1, "/annotations/1/image_id": 1}


def write(folder: Path, files: Mapping[str, Any]) -> None:
    """Write the files of a data set; the edits are those of a case."""
    SetCase("", "", files).write(folder)


def mend(folder: Path, *rules: str, unsafe: bool = False, out: Path | None = None) -> Report:
    chosen = Settings(select=("ALL",), jobs=1, mending=Mending.DONE, unsafe_fixes=unsafe, fixable=rules, out=out)
    report = app.check([str(folder)], chosen)
    assert not report.crashes
    return report


def load(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def classes(folder: Path, name: str, truth: str = "") -> list[str | None]:
    """Return the name of the category of each annotation, None where it has none."""
    data = load(folder, name)
    names = {one["id"]: one["name"] for one in load(folder, truth or name)["categories"]}
    return [names.get(one["category_id"]) for one in (data if truth else data["annotations"])]


def pictures(folder: Path, name: str, truth: str = "") -> list[str]:
    """Return the name of the picture of each annotation."""
    data = load(folder, name)
    names = {one["id"]: one["file_name"] for one in load(folder, truth or name)["images"]}
    return [names[one["image_id"]] for one in (data if truth else data["annotations"])]


def test_one_table_of_classes_for_all_files_and_results(tmp_path: Path) -> None:
    write(tmp_path, {TRAIN: {}, VAL: SWAPPED, CAPTIONS: {}, BOXES: detections(1, 2, 2)})
    before = classes(tmp_path, TRAIN), classes(tmp_path, VAL), classes(tmp_path, BOXES, VAL)
    untouched = (tmp_path / TRAIN).read_bytes()
    mend(tmp_path, "categories-inconsistent-across-files", unsafe=True)
    assert (classes(tmp_path, TRAIN), classes(tmp_path, VAL), classes(tmp_path, BOXES, VAL)) == before
    assert {one["name"]: one["id"] for one in load(tmp_path, VAL)["categories"]} == {"person": 1, "bicycle": 2}
    assert (tmp_path / TRAIN).read_bytes() == untouched
    ids = load(tmp_path, f"{VAL}.id-map.json")["ids"]["categories"]
    assert [(one["old"], one["new"]) for one in ids] == [(1, 2), (2, 1)]


def test_names_that_one_file_lacks_are_declared_there(tmp_path: Path) -> None:
    write(tmp_path, {TRAIN: {}, VAL: {"/categories/1": CAR}})
    mend(tmp_path, "categories-inconsistent-across-files", unsafe=True)
    assert classes(tmp_path, VAL) == ["person", "car", "person"]
    assert load(tmp_path, TRAIN)["categories"] == [PERSON, BICYCLE, CAR | {"id": 3}]


def test_an_id_that_nothing_declares_stays_so(tmp_path: Path) -> None:
    write(tmp_path, {TRAIN: from_zero_and_dangling})
    assert classes(tmp_path, TRAIN) == ["person", None, "person"]
    mend(tmp_path, "category-id-zero", unsafe=True)
    assert classes(tmp_path, TRAIN) == ["person", None, "person"]


@pytest.mark.parametrize("is_out", [False, True])
def test_all_files_or_none(tmp_path: Path, is_out: bool) -> None:
    folder, out = tmp_path / "set", tmp_path / "out"
    write(folder, {TRAIN: with_ids(0, 1), VAL: with_ids(0, 1)})
    packed = folder / f"{VAL}.gz"
    packed.write_bytes(gzip.compress((folder / VAL).read_bytes()))
    (folder / VAL).unlink()
    before = (folder / TRAIN).read_bytes()
    report = mend(folder, "category-id-zero", unsafe=True, out=out if is_out else None)
    assert (folder / TRAIN).read_bytes() == before
    if is_out:
        assert [one["id"] for name in (TRAIN, VAL) for one in load(out, name)["categories"]] == [1, 2, 1, 2]
    else:
        assert not report.mended
        assert [path.rpartition("/")[2] for path, _ in report.not_mended] == ["instances_val.json.gz"]


def test_a_harm_in_one_file_withdraws_the_fix_in_all(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            TRAIN: with_ids(0, 1),
            VAL: lambda data: {
                **with_ids(0, 1)(data),
                "categories": [category(0, "class 0"), category(1, "class 1"), category("1", "class 1")],
            },
        },
    )
    before = [(tmp_path / name).read_bytes() for name in (TRAIN, VAL)]
    mend(tmp_path, "category-id-not-integer", unsafe=True)
    assert [(tmp_path / name).read_bytes() for name in (TRAIN, VAL)] == before


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_a_declaration_is_added_as_the_others_are_written(tmp_path: Path, indent: int | str | None) -> None:
    write(tmp_path, {TRAIN: {}, VAL: {"/categories": [PERSON], "/annotations/1/category_id": 1}})
    path = tmp_path / VAL
    data = load(tmp_path, VAL)
    path.write_text(json.dumps(data, indent=indent))
    mend(tmp_path, "categories-subset-across-files")
    data["categories"].append(BICYCLE)
    assert path.read_text() == json.dumps(data, indent=indent)


def test_unrelated_files_are_not_made_alike_safely(tmp_path: Path) -> None:
    write(tmp_path, {"a.json": {}, "b.json": {"/categories": [PERSON], "/annotations/1/category_id": 1}})
    before = (tmp_path / "b.json").read_bytes()
    assert not mend(tmp_path, "categories-subset-across-files").mended
    assert (tmp_path / "b.json").read_bytes() == before
    mend(tmp_path, "categories-subset-across-files", unsafe=True)
    assert load(tmp_path, "b.json")["categories"] == [PERSON, BICYCLE]


def test_all_files_of_a_split_follow_its_images(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            TRAIN: {},
            VAL: TAKEN,
            CAPTIONS: {"/images/0/id": 1, **{f"/annotations/{row}/image_id": image for row, image in enumerate((1, 1, 102))}},
        },
    )
    before = {name: pictures(tmp_path, name) for name in (TRAIN, VAL, CAPTIONS)}
    kept = [(tmp_path / name).read_bytes() for name in (VAL, CAPTIONS)]
    mend(tmp_path, "image-id-clash-across-splits", unsafe=True)
    assert {name: pictures(tmp_path, name) for name in (TRAIN, VAL, CAPTIONS)} == before
    assert [(tmp_path / name).read_bytes() for name in (VAL, CAPTIONS)] == kept
    assert [one["id"] for one in load(tmp_path, TRAIN)["images"]] == [103, 2]
    assert load(tmp_path, f"{TRAIN}.id-map.json")["ids"]["images"] == [{"row": 0, "old": 1, "new": 103}]


def results(*images: int) -> Callable[[Any], Any]:
    """Return an edit of results to one of each of these images."""
    return lambda data: [{**data[0], "image_id": image} for image in images]


def test_results_follow_their_images(tmp_path: Path) -> None:
    test, boxes = "annotations/instances_test.json", "results/instances_val_results.json"
    write(tmp_path, {test: {}, VAL: TAKEN, boxes: results(1, 102)})
    before = pictures(tmp_path, VAL), pictures(tmp_path, boxes, VAL)
    mend(tmp_path, "image-id-clash-across-splits", unsafe=True)
    assert (pictures(tmp_path, VAL), pictures(tmp_path, boxes, VAL)) == before
    assert [one["image_id"] for one in load(tmp_path, boxes)] == [103, 102]


def test_images_stay_where_it_is_open_what_results_refer_to(tmp_path: Path) -> None:
    write(tmp_path, {"annotations/instances_test.json": {}, VAL: TAKEN, "results/of_the_model_results.json": results(1)})
    assert not mend(tmp_path, "image-id-clash-across-splits", unsafe=True).mended


def test_one_object_keeps_one_id_in_all_tasks(tmp_path: Path) -> None:
    write(tmp_path, {CAPTIONS: {"/annotations/0/image_id": 2}, VAL: {}, POINTS: {}})
    mend(tmp_path, "annotation-id-clash-between-tasks", unsafe=True)
    ids = {name: [one["id"] for one in load(tmp_path, name)["annotations"]] for name in (CAPTIONS, VAL, POINTS)}
    assert ids == {CAPTIONS: [1, 2, 3], VAL: [4, 2, 3], POINTS: [4, 2, 3]}


def test_annotations_of_a_split_share_new_ids(tmp_path: Path) -> None:
    write(tmp_path, {TRAIN: {"/annotations/0/id": 1001}, VAL: {}, POINTS: {}})
    mend(tmp_path, "annotation-id-clash-across-splits", unsafe=True)
    ids = {name: [one["id"] for one in load(tmp_path, name)["annotations"]] for name in (TRAIN, VAL, POINTS)}
    assert ids == {TRAIN: [1004, 2, 3], VAL: [1001, 1002, 1003], POINTS: [1001, 1002, 1003]}


WHOLE = ("category-id-zero", "category-ids-not-contiguous", "category-id-out-of-range", "category-name-near-duplicate",
         "categories-inconsistent-across-files", "categories-subset-across-files", "categories-not-sorted")  # fmt: skip


def test_a_fix_whose_harm_shows_in_a_file_that_it_leaves_alone_is_given_up(tmp_path: Path) -> None:
    names = [f"annotations/instances_{subset}.json" for subset in ("test", "train", "val")]
    tables = ((1, "c"), (4, "a"), (2, "c"))
    write(tmp_path, {name: declaring(pair) for name, pair in zip(names, tables, strict=True)})
    mend(tmp_path, *WHOLE, unsafe=True)
    assert [classes(tmp_path, name) for name in names] == [["c"] * 3, ["a"] * 3, ["c"] * 3]


def declaring(pair: tuple[int, str]) -> Callable[[Data], Data]:
    """Return an edit to one category, which all annotations have."""

    def edit(data: Data) -> Data:
        for annotation in data["annotations"]:
            annotation["category_id"] = pair[0]
        return {**data, "categories": [category(*pair)]}

    return edit


TABLES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abcdef")), min_size=1, max_size=5,
                  unique_by=(lambda pair: pair[0], lambda pair: pair[1]))  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(st.lists(TABLES, min_size=2, max_size=3), st.data())
def test_no_object_changes_its_class(
    tmp_path_factory: pytest.TempPathFactory, tables: list[list[tuple[int, str]]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("set")
    names = [f"annotations/instances_{subset}.json" for subset in ("test", "train", "val")[: len(tables)]]
    for name, table in zip(names, tables, strict=True):
        content = sound("instances")
        content["categories"] = [category(number, f"class {letter}") for number, letter in table]
        for annotation in content["annotations"]:
            annotation["category_id"] = data.draw(st.sampled_from([number for number, _ in table]))
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    before = {name: classes(folder, name) for name in names}
    mend(folder, *WHOLE, unsafe=True)
    assert {name: classes(folder, name) for name in names} == before
    declared = [{(one["id"], one["name"]) for one in load(folder, name)["categories"]} for name in names]
    assert all(one == declared[0] for one in declared)
