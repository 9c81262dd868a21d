"""Paths to annotation files: folders, globs, names and layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cocolint import discover
from cocolint.failure import PathError
from cocolint.model import AnnotationFile, Task


def found(folder: Path, *names: str, exclude: tuple[str, ...] = ()) -> list[AnnotationFile]:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return discover.find([str(folder)], exclude)


def test_a_folder_is_searched_for_json(tmp_path: Path) -> None:
    files = found(
        tmp_path, "b.json", "a/c.json", "a/d.json.gz", "a/readme.txt", ".git/x.json", "__MACOSX/._b.json", ".hidden.json"
    )
    assert [file.path.relative_to(tmp_path).as_posix() for file in files] == ["b.json", "a/c.json", "a/d.json.gz"]
    assert not any(file.named_by_user for file in files)


def test_a_file_named_twice_is_checked_once(tmp_path: Path) -> None:
    found(tmp_path, "a.json")
    files = discover.find([str(tmp_path / "a.json"), str(tmp_path), str(tmp_path / "*.json")])
    assert len(files) == 1
    assert files[0].named_by_user


def test_a_glob_is_expanded(tmp_path: Path) -> None:
    found(tmp_path, "x/instances_train.json", "y/instances_val.json")
    assert len(discover.find([str(tmp_path / "*" / "instances_*.json")])) == 2


@pytest.mark.parametrize("missing", ["nowhere.json", "no*thing.json"])
def test_a_path_for_nothing_is_named(tmp_path: Path, missing: str) -> None:
    with pytest.raises(PathError, match=missing.replace("*", r"\*")):
        discover.find([str(tmp_path / missing)])


def test_excluded_files_and_folders_are_left_out(tmp_path: Path) -> None:
    files = found(tmp_path, "a.json", "old/b.json", "new/c.json", exclude=("old", "c.json"))
    assert [file.path.name for file in files] == ["a.json"]


@pytest.mark.parametrize(
    ("name", "task", "subset", "layout"),
    [
        ("annotations/instances_train2017.json", Task.INSTANCES, "train2017", "coco"),
        ("annotations/person_keypoints_val.json", Task.PERSON_KEYPOINTS, "val", "coco"),
        ("annotations/image_info_test-dev2017.json.gz", Task.IMAGE_INFO, "test-dev2017", "coco"),
        ("panoptic_val_part_1.json", Task.PANOPTIC, "val_part_1", "flat"),
        ("train/_annotations.coco.json", None, "train", "roboflow"),
        ("valid/_annotations.coco.json", None, "valid", "roboflow"),
        ("my_export.json", None, "default", "flat"),
        ("instances_.json", None, "default", "flat"),
        ("instances.json", None, "default", "flat"),
        ("Instances_train.json", None, "default", "flat"),
    ],
)
def test_name_and_place_tell_task_subset_and_layout(
    tmp_path: Path, name: str, task: Task | None, subset: str, layout: str
) -> None:
    (file,) = found(tmp_path, name)
    assert (file.task, file.subset, file.layout) == (task, subset, layout)
    assert file.follows_pattern == (task is not None)


def test_labels_beside_data_is_the_layout_of_fiftyone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (file,) = found(tmp_path, "labels.json")
    assert file.layout == "fiftyone"


def test_kinds_tell_the_task_of_other_names(tmp_path: Path) -> None:
    found(tmp_path, "gold/points.json")
    (file,) = discover.find([str(tmp_path)], kinds={"gold/*.json": Task.PERSON_KEYPOINTS})
    assert file.task is Task.PERSON_KEYPOINTS


def test_paths_are_shown_relative_to_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found(tmp_path, "a/b.json")
    monkeypatch.chdir(tmp_path)
    assert [file.display for file in discover.find(["."])] == ["a/b.json"]
    assert [file.display for file in discover.find([str(tmp_path / "a")])] == ["a/b.json"]


def roots(folder: Path, *names: str) -> dict[str, str]:
    """Return the folder of the data set of each file, both relative to `folder`."""
    files = found(folder, *names)
    return {file.path.relative_to(folder).as_posix(): file.root.relative_to(folder.resolve()).as_posix() for file in files}


ONE_DATA_SET = [
    ("annotations/instances_train2017.json", "annotations/captions_val2017.json", "annotations/classes.json"),
    ("train/_annotations.coco.json", "valid/_annotations.coco.json", "test/_annotations.coco.json"),
    ("train/annotations/instances_default.json", "val/annotations/instances_default.json"),
    ("train/annotations/instances_default.json", "val/annotations/instances_default.json", "val/annotations/x_y.json"),
    ("train/annotations/instances_train.json", "test/annotations/instances_test.json"),
    ("train_v1/labels.json", "val_v1/labels.json"),
    ("train/annotations.json", "val/annotations.json"),
    ("instances_a.json", "captions_a.json"),
    ("a.json", "b.json"),
    ("train/a.json", "train/annotations/instances_x.json", "val/annotations/instances_x.json"),
    ("x_train.json", "x_val.json", "trainval.json"),
    ("annotations/train.json", "results/instances_val_mine_results.json"),
]

OF_THEIR_OWN = [
    (("a/_annotations.coco.json", "b/_annotations.coco.json"), ("a", "b")),
    (("train/_annotations.coco.json",), ("train",)),
    (("train/annotations/instances_train.json", "train/annotations/instances_val.json"), ("train", "train")),
    (("train/annotations/instances_train.json", "test/annotations/instances_train.json"), ("test", "train")),
    (("train_v1/annotations.json", "val_v2/annotations.json"), ("train_v1", "val_v2")),
    (("train/boxes.json", "val/points.json"), ("train", "val")),
    (("results/instances_val_mine_results.json",), ("results",)),
]


@pytest.mark.parametrize("names", ONE_DATA_SET, ids=lambda names: names[0])
def test_files_of_one_data_set_have_one_root(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert set(roots(tmp_path, *names).values()) == {"."}


@pytest.mark.parametrize(("names", "expected"), OF_THEIR_OWN, ids=lambda names: names[0])
def test_files_that_need_not_belong_together_have_roots_of_their_own(
    tmp_path: Path, names: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert tuple(roots(tmp_path, *names).values()) == expected


@pytest.mark.parametrize(
    ("names", "leader"),
    [
        (("annotations/instances_train.json", "annotations/instances_val.json"), "annotations/instances_train.json"),
        (("annotations/a.json", "annotations/instances_val.json"), "annotations/instances_val.json"),
        (("annotations/train.json", "annotations/captions_val_mine_results.json"), "annotations/train.json"),
        (("test/_annotations.coco.json", "train/_annotations.coco.json"), "test/_annotations.coco.json"),
        (("a_train.json", "instances_val.json"), "instances_val.json"),
    ],
)
def test_one_file_leads_each_data_set(tmp_path: Path, names: tuple[str, ...], leader: str) -> None:
    leading = [file.path for file in found(tmp_path, *names) if file.leads]
    assert leading == [tmp_path / leader]


def test_files_of_their_own_all_lead(tmp_path: Path) -> None:
    assert all(file.leads for file in found(tmp_path, "a.json", "b/_annotations.coco.json"))


@pytest.mark.parametrize(
    ("name", "split", "family"),
    [
        ("annotations/instances_train2017.json", "train", ("2017",)),
        ("annotations/instances_minival2014.json", "val", ("2014",)),
        ("annotations/image_info_test-dev2017.json", "test", ("2017",)),
        ("annotations/instances_trainval2017.json", "", ("trainval", "2017")),
        ("annotations/instances_valminusminival2014.json", "", ("valminusminival", "2014")),
        ("annotations/instances_train_val.json", "", ("train", "val")),
        ("annotations/instances_default.json", "", ()),
        ("annotations/instances_cats_Training.json", "train", ("cats",)),
        ("validation_fold1.json", "val", ("fold", "1")),
        ("contest.json", "", ("contest",)),
        ("testing.json.gz", "test", ()),
    ],
)
def test_the_name_tells_the_split(tmp_path: Path, name: str, split: str, family: tuple[str, ...]) -> None:
    (file,) = found(tmp_path, name)
    assert discover.place_of(file) == (split, family)


def test_the_folder_tells_the_split_where_the_name_tells_none(tmp_path: Path) -> None:
    names = ["train/annotations/instances_default.json", "valid/annotations/instances_default.json"]
    both = ["test_a/annotations/instances_b.json", "train_a/annotations/instances_b.json"]
    places = [discover.place_of(file) for file in found(tmp_path, *names, *both)]
    assert places == [("test", ("a", "b")), ("train", ()), ("train", ("a", "b")), ("val", ())]


def test_what_the_name_leaves_open_no_folder_decides(tmp_path: Path) -> None:
    names = ["train/annotations/instances_x.json", "val/annotations/instances_x.json"]
    undecided = ["train/annotations/instances_trainval.json"]
    places = {file.subset: discover.place_of(file).split for file in found(tmp_path, *names, *undecided)}
    assert places == {"x": "val", "trainval": ""}


@pytest.mark.parametrize(
    ("path", "whole"),
    [("all.json#2", "all.json"), ("a/all.json#10", "a/all.json"), ("a#2.json", "a#2.json"), ("#2", "#2"), ("a/#2", "a/#2")],
)
def test_the_file_of_one_data_set_of_several(path: str, whole: str) -> None:
    assert discover.whole_of(path) == whole
