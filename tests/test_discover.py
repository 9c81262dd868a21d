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
