"""Each option, by a plain example."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cocolint.export.options import Filter, Layout, Options
from cocolint.failure import PathError
from cocolint.model import Task
from tests.export.tools import Data, Exported, errors_of, exported, write_files
from tests.support import segment_pngs
from tests.support.cases import COLUMN, put, sound
from tests.support.photos import jpeg
from tests.support.set_cases import sound_part

TRAIN, VAL = "annotations/instances_train.json", "annotations/instances_val.json"
PICTURES = {"images/train/000001.jpg": jpeg(seed=1), "images/train/000002.jpg": jpeg(seed=2)}
TASKS = ["instances", "person_keypoints", "captions", "image_info", "labels", "stuff", "panoptic"]


@pytest.mark.parametrize("task", TASKS)
def test_a_sound_file_is_copied_record_by_record(tmp_path: Path, task: str) -> None:
    result = exported(tmp_path, {f"annotations/{task}_train.json": sound(task)})
    assert list(result.data) == [f"annotations/{task}_train.json"]
    assert result.only == sound(task) | (
        {"annotations": result.only["annotations"]} if task != "image_info" else {"annotations": []}
    )
    assert result.only["annotations"] == sound(task).get("annotations", [])
    assert errors_of(result) == {}
    assert not (+result.tally.left_out or +result.tally.converted or +result.tally.filled)


def test_spelling_order_and_unknown_keys_of_records_are_kept(tmp_path: Path) -> None:
    odd = b'{"zz": [1e3, -0.0],  "image_id":1,"id" :7, "category_id": 1, "bbox": [1.50,2,3,4], "area": 12.000, "iscrowd": 0}'
    text = json.dumps(sound("instances") | {"annotations": ["HERE"]}).encode().replace(b'"HERE"', odd)
    result = exported(tmp_path, {TRAIN: text})
    assert odd in (result.folder / TRAIN).read_bytes()


def test_only_the_values_that_change_are_written_anew(tmp_path: Path) -> None:
    odd = b'{"zz": [1e3, -0.0],  "image_id":1,"id" :7, "category_id": 1, "bbox": [1.50,2,3,4], "area": 12.000}'
    text = json.dumps(sound("instances") | {"annotations": ["HERE"]}).encode().replace(b'"HERE"', odd)
    result = exported(tmp_path, {TRAIN: text}, reindex=True)
    wanted = (
        b'{"zz": [1e3, -0.0], "image_id": 1, "id": 1, "category_id": 1, "bbox": [1.50,2,3,4], "area": 12.000, "iscrowd": 0}'
    )
    assert wanted in (result.folder / TRAIN).read_bytes()


@pytest.mark.parametrize(
    ("layout", "files"),
    [
        ("datumaro", [TRAIN, VAL, "images/train/000001.jpg", "images/train/000002.jpg"]),
        ("mmdet", [TRAIN, VAL, "train/000001.jpg", "train/000002.jpg"]),
        ("roboflow", ["train/000001.jpg", "train/000002.jpg", "train/_annotations.coco.json", "valid/_annotations.coco.json"]),
        ("fiftyone", ["train/data/000001.jpg", "train/data/000002.jpg", "train/labels.json", "val/labels.json"]),
    ],
)
def test_layouts(tmp_path: Path, layout: str, files: list[str]) -> None:
    source = {TRAIN: sound("instances"), VAL: sound_part("instances", 1), **PICTURES}
    result = exported(tmp_path, source, layout=Layout(layout), save_images=True)
    assert result.files == files
    assert result.tally.pictures == {"copied": 2, "not found": 2}
    shown = next(name for name in files if name.endswith("000002.jpg"))
    assert (result.folder / shown).read_bytes() == PICTURES["images/train/000002.jpg"]


@pytest.mark.parametrize("layout", list(Layout))
def test_sound_sources_give_no_error_for_the_reader_of_the_layout(tmp_path: Path, layout: Layout) -> None:
    result = exported(tmp_path, {TRAIN: sound("instances"), **PICTURES}, layout=layout, save_images=True)
    assert errors_of(result) == {}


def test_one_subset_of_fiftyone_lies_in_the_root(tmp_path: Path) -> None:
    assert exported(tmp_path, {TRAIN: sound("instances")}, layout=Layout.FIFTYONE).files == ["labels.json"]


def test_tasks_and_subsets_are_chosen(tmp_path: Path) -> None:
    source = {TRAIN: sound("instances"), VAL: sound_part("instances", 1), "annotations/captions_val.json": sound("captions")}
    result = exported(tmp_path, source, tasks=(Task.INSTANCES,), subsets=("val",))
    assert result.files == [VAL]


def test_instances_are_made_of_person_keypoints(tmp_path: Path) -> None:
    source = {"annotations/person_keypoints_train.json": sound("person_keypoints")}
    result = exported(tmp_path, source, tasks=(Task.INSTANCES,))
    assert result.files == [TRAIN]
    records = result.only["annotations"] + result.only["categories"]
    assert not any({"keypoints", "num_keypoints", "skeleton"} & record.keys() for record in records)
    assert result.tally.converted["annotations without their keypoints"] == 3


def test_person_keypoints_are_made_of_the_instances_that_have_some(tmp_path: Path) -> None:
    data = sound("person_keypoints")
    del data["annotations"][1]["keypoints"]
    result = exported(tmp_path, {TRAIN: data}, tasks=(Task.PERSON_KEYPOINTS,))
    assert [record["id"] for record in result.only["annotations"]] == [1, 3]
    assert result.tally.left_out["annotations: no keypoints"] == 1


def test_names_are_kept_if_wanted(tmp_path: Path) -> None:
    assert exported(tmp_path, {"mine.json": sound("instances")}, rename=False).files == ["annotations/mine.json"]
    assert exported(tmp_path / "2", {"mine.json": sound("instances")}).files == ["annotations/instances_default.json"]


def test_records_are_sorted_by_id(tmp_path: Path) -> None:
    data = sound("instances")
    for records in (data["annotations"], data["images"], data["categories"]):
        records.reverse()
    assert [record["id"] for record in exported(tmp_path / "1", {TRAIN: data}).only["annotations"]] == [3, 2, 1]
    result = exported(tmp_path / "2", {TRAIN: data}, sort=True)
    assert result.only == sound("instances")


@pytest.mark.parametrize("indent", [1, 3])
def test_indent_shapes_the_text_and_nothing_else(tmp_path: Path, indent: int) -> None:
    result = exported(tmp_path, {TRAIN: sound("instances")}, indent=indent)
    assert result.only == sound("instances")
    lines = (result.folder / TRAIN).read_text().splitlines()
    assert lines[1].startswith(" " * indent + '"info"')
    assert any(line.strip() == '"counts": [' for line in lines)


def test_reindex_numbers_all_from_1_and_keeps_references(tmp_path: Path) -> None:
    data = sound("instances")
    for record in data["annotations"]:
        record |= {"id": record["id"] * 100, "image_id": record["image_id"] * 10, "category_id": record["category_id"] - 1}
    for record in data["images"]:
        record["id"] *= 10
    for record in data["categories"]:
        record["id"] -= 1
    val = copy.deepcopy(data)
    val["images"][0]["file_name"], val["images"][1]["file_name"] = "000003.jpg", "000004.jpg"
    result = exported(tmp_path, {TRAIN: data, VAL: val}, reindex=True)
    assert result.data[TRAIN] == sound("instances")
    assert [record["id"] for record in result.data[VAL]["images"]] == [3, 4]
    assert [record["image_id"] for record in result.data[VAL]["annotations"]] == [3, 3, 4]


def test_reindex_gives_an_image_one_id_in_all_tasks(tmp_path: Path) -> None:
    captions = sound("captions")
    for record in captions["images"]:
        record["id"] += 50
    for record in captions["annotations"]:
        record["image_id"] += 50
    captions["images"].reverse()
    result = exported(tmp_path, {TRAIN: sound("instances"), "annotations/captions_train.json": captions}, reindex=True)
    by_name = [{image["file_name"]: image["id"] for image in data["images"]} for data in result.data.values()]
    assert by_name[0] == by_name[1]


def test_attributes_are_dropped_if_not_allowed(tmp_path: Path) -> None:
    data = sound("instances")
    data["annotations"][0]["attributes"] = {"occluded": True}
    assert "attributes" in exported(tmp_path / "1", {TRAIN: data}).only["annotations"][0]
    assert exported(tmp_path / "2", {TRAIN: data}, allow_attributes=False).only == sound("instances")


def test_filters(tmp_path: Path) -> None:
    by_category = exported(tmp_path / "1", {TRAIN: sound("instances")}, filter=Filter(frozenset({"bicycle"})))
    assert [record["id"] for record in by_category.only["annotations"]] == [2]
    assert [record["id"] for record in by_category.only["categories"]] == [2]
    assert len(by_category.only["images"]) == 2
    assert by_category.tally.filtered == {"images": 0, "categories": 1, "annotations": 2}
    by_image = exported(tmp_path / "2", {TRAIN: sound("instances")}, filter=Filter(images=("*2.jpg",)))
    assert [record["id"] for record in by_image.only["images"]] == [2]
    assert [record["id"] for record in by_image.only["annotations"]] == [3]
    by_area = exported(tmp_path / "3", {TRAIN: sound("instances")}, filter=Filter(areas=((1000, 10000),)))
    assert [record["id"] for record in by_area.only["annotations"]] == [1]


def test_what_is_missing_and_safe_is_filled_in(tmp_path: Path) -> None:
    data = sound("person_keypoints")
    wanted = copy.deepcopy(data)
    del data["info"], data["licenses"], data["categories"][0]["supercategory"]
    for record in data["annotations"]:
        del record["num_keypoints"], record["iscrowd"]
    data["annotations"][0]["segmentation"], data["annotations"][0]["bbox"] = None, [0, 0, 8, 5]
    del data["annotations"][0]["area"], data["annotations"][1]["area"], data["annotations"][2]["bbox"]
    result = exported(tmp_path, {"annotations/person_keypoints_train.json": data}).only
    assert (result["info"], result["licenses"], result["categories"][0]["supercategory"]) == ({}, [], "")
    assert [record["num_keypoints"] for record in result["annotations"]] == [2, 2, 0]
    assert [record["iscrowd"] for record in result["annotations"]] == [0, 0, 0]
    assert (result["annotations"][0]["area"], result["annotations"][0]["segmentation"]) == (40, [])
    assert result["annotations"][1]["area"] == wanted["annotations"][1]["area"]
    assert result["annotations"][2]["bbox"] == [1, 0, 1, 200]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image_id": 9}, "their image is not in the file"),
        ({"category_id": 9}, "their category is not in the file"),
        ({"bbox": None, "segmentation": []}, "no bbox and no segmentation"),
        ({"bbox": [1, 2], "segmentation": [[1, 2]]}, "no bbox and no segmentation (a polygon has not x and y of three points)"),
        ({"bbox": [1, 2, 3, float("nan")]}, "a value is NaN or infinite"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_left_out_and_counted(tmp_path: Path, change: Data, reason: str) -> None:
    data = sound("instances")
    data["annotations"][1] |= change
    result = exported(tmp_path, {TRAIN: data})
    assert [record["id"] for record in result.only["annotations"]] == [1, 3]
    assert result.tally.left_out["annotations: " + reason] == 1


@pytest.mark.parametrize("record", [7, None, "x", {"bbox": 10**400}])
def test_records_that_are_none_are_left_out(tmp_path: Path, record: Any) -> None:
    data = sound("instances")
    data["annotations"].append(record)
    data["images"].append(record)
    result = exported(tmp_path, {TRAIN: data})
    assert result.only == sound("instances")
    assert result.tally.left_out["images without an id"] == 1


def test_annotations_of_one_id_are_all_kept(tmp_path: Path) -> None:
    data = sound("instances")
    data["annotations"][1]["id"] = 1
    del data["annotations"][2]["id"]
    result = exported(tmp_path, {TRAIN: data})
    assert [record["id"] for record in result.only["annotations"]] == [1, 2, 3]


def test_ids_in_quotation_marks_are_numbers_afterwards(tmp_path: Path) -> None:
    data = sound("instances")
    for record in data["annotations"]:
        record["image_id"] = str(record["image_id"])
    assert exported(tmp_path, {TRAIN: data}).only == sound("instances")


def test_sections_of_other_formats_are_kept_while_ids_stay(tmp_path: Path) -> None:
    data = sound("instances") | {"videos": [{"id": 1}]}
    assert exported(tmp_path / "1", {TRAIN: data}).only["videos"] == [{"id": 1}]
    data["images"][0]["id"] = data["annotations"][0]["image_id"] = data["annotations"][1]["image_id"] = 5
    result = exported(tmp_path / "2", {TRAIN: data}, reindex=True)
    assert "videos" not in result.only
    assert [name for name in result.tally.left_out if "`videos`" in name]


def test_pictures_change_their_format(tmp_path: Path) -> None:
    result = exported(tmp_path, {TRAIN: sound("instances"), **PICTURES}, save_images=True, image_ext=".png")
    assert [image["file_name"] for image in result.only["images"]] == ["000001.png", "000002.png"]
    with Image.open(result.folder / "images/train/000001.png") as picture, Image.open(io.BytesIO(jpeg(seed=1))) as wanted:
        assert picture.format == "PNG"
        assert picture.tobytes() == wanted.tobytes()


def test_pictures_of_all_subsets_lie_in_one_folder(tmp_path: Path) -> None:
    val = sound("instances")
    val["images"][0]["file_name"], val["images"][1]["file_name"] = "a.jpg", "000002.jpg"
    source = {TRAIN: sound("instances"), VAL: val, **PICTURES}
    source |= {"images/val/a.jpg": jpeg(seed=3), "images/val/000002.jpg": jpeg(seed=2)}
    result = exported(tmp_path, source, save_images=True, merge_images=True)
    assert [name for name in result.files if name.endswith(".jpg")] == [
        "images/000001.jpg", "images/000002.jpg", "images/a.jpg",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["../x.jpg", "/etc/passwd", "a/../../x.jpg", "C:\\x.jpg", ""])
def test_no_picture_is_written_outside(tmp_path: Path, name: str) -> None:
    data = sound("instances")
    data["images"][0]["file_name"] = name
    result = exported(tmp_path, {TRAIN: data, "x.jpg": jpeg(), **PICTURES}, save_images=True)
    assert result.files == [TRAIN, "images/train/000002.jpg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]


def test_a_backslash_in_a_name_is_a_folder_when_pictures_are_saved(tmp_path: Path) -> None:
    data = sound("instances")
    data["images"][0]["file_name"] = "a\\1.jpg"
    result = exported(tmp_path, {TRAIN: data, "images/a/1.jpg": jpeg()}, save_images=True)
    assert result.only["images"][0]["file_name"] == "a/1.jpg"
    assert "images/train/a/1.jpg" in result.files


def test_pngs_of_panoptic_files_go_along(tmp_path: Path) -> None:
    ids = segment_pngs.painted((1, 10, 20, 100, 50), (65792, 0, 0, 640, 1))
    source = {
        "annotations/panoptic_train.json": sound("panoptic"),
        "annotations/panoptic_train/000001.png": segment_pngs.encoded(ids),
    }
    result = exported(tmp_path, source, reindex=True)
    assert "annotations/panoptic_train/000001.png" in result.files
    assert result.tally.pictures == {"PNGs of segments copied": 1, "PNGs of segments not found": 1}
    ids_of_segments = [s["category_id"] for record in result.only["annotations"] for s in record["segments_info"]]
    assert ids_of_segments == [1, 2, 2]


def test_dataset_meta_lists_the_categories_by_their_new_ids(tmp_path: Path) -> None:
    data = sound("instances")
    put(data, "/categories/1/id", 7)
    put(data, "/annotations/1/category_id", 7)
    result = exported(tmp_path, {TRAIN: data}, save_dataset_meta=True)
    assert result.data["dataset_meta.json"] == {"labels": ["person", "bicycle"]}
    assert [category["id"] for category in result.data[TRAIN]["categories"]] == [1, 2]
    assert not [name for _, name in result.tally.faults or () if name == "layout-meta-file"]


def test_an_archive_is_exported_like_a_folder(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "x", {TRAIN: sound("instances"), **PICTURES})
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, path.relative_to(folder))
    result = Exported(tmp_path / "x.zip", tmp_path / "target", Options(save_images=True))
    assert result.files == [TRAIN, *PICTURES]
    assert result.data[TRAIN] == sound("instances")


def test_data_sets_of_one_array_are_merged(tmp_path: Path) -> None:
    with pytest.raises(PathError, match=r"x.json#0, .*x.json#1; make them one with --merge"):
        exported(tmp_path / "1", {"x.json": [sound("instances"), sound_part("instances", 1)]})
    result = exported(tmp_path / "2", {"x.json": [sound("instances"), sound_part("instances", 1)]}, merge=True)
    assert len(result.only["images"]) == len({i["file_name"] for i in result.only["images"]}) == 4


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (sound("instances") | {"categories": {"id": 1}}, "`categories` is not an array: left out"),
        (json.dumps(sound("instances")).encode().replace(b"sound", b"so\xffnd"), "is not UTF-8"),
        (json.dumps(sound("instances")).encode()[:-1] + b', "images": []}', "the top-level key `images` stands twice"),
    ],
)
def test_what_no_table_can_hold_is_said(tmp_path: Path, content: Any, note: str) -> None:
    (told,) = exported(tmp_path, {TRAIN: content}).tally.notes
    assert note in told


def test_a_large_file_is_read_slice_by_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cocolint.read.slicing.SLICE_BYTES", 300)
    data = sound("instances")
    data["annotations"] = [
        {**record, "id": 10 * k + record["id"], "note": "},{"} for k in range(50) for record in data["annotations"]
    ]
    result = exported(tmp_path, {TRAIN: data}, sort=True)
    assert result.only == data


def test_an_uncompressed_mask_is_kept_as_it_is(tmp_path: Path) -> None:
    result = exported(tmp_path, {TRAIN: sound("instances")})
    assert result.only["annotations"][2]["segmentation"] == COLUMN
