"""What lies around an annotation file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from cocolint import discover
from cocolint.read import surroundings
from cocolint.read.surroundings import Names, Surroundings


def around(folder: Path, name: str, *others: str) -> Surroundings:
    for place in (name, *others):
        path = folder / place
        if place.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")
    return Surroundings(discover.find([str(folder / name)])[0])


def test_names_of_files_and_folders(tmp_path: Path) -> None:
    seen = around(tmp_path, "annotations/instances_a.json", "annotations/b.txt", "images/train/", "images/1.jpg", "c.txt")
    assert seen.home == tmp_path
    assert seen.beside == Names(frozenset({"instances_a.json", "b.txt"}), frozenset())
    assert seen.around == Names(frozenset({"c.txt"}), frozenset({"annotations", "images"}))
    assert seen.image_folders == {"train"}
    assert seen.has_folder("images")
    assert not seen.has_folder("c.txt")


def test_the_home_of_other_layouts(tmp_path: Path) -> None:
    flat = around(tmp_path, "x/instances_a.json")
    roboflow = around(tmp_path, "y/train/_annotations.coco.json", "y/val/_annotations.coco.json", "y/test/")
    assert (flat.home, roboflow.home) == (tmp_path / "x", tmp_path / "y")
    assert roboflow.roboflow_folders == {"train", "val"}


def test_folders_of_png_files(tmp_path: Path) -> None:
    seen = around(tmp_path, "annotations/panoptic_a.json", "annotations/p/1.png", "q/2.png", "r/3.jpg")
    assert seen.png_folders == {"annotations/p", "q"}


def test_a_folder_of_many_pictures_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "_MOST", 3)
    seen = around(tmp_path, "instances_a.json", *(f"{number}.jpg" for number in range(9)))
    assert len(seen.beside.files) == 3


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ('{"labels": ["a", "b"]}', ("a", "b")),
        ('{"labels": ["a"], "label_map": {"0": "a", "1": "b"}}', ("a", "b")),
        ("{}", ()),
        ("[]", ()),
        ('{"labels": [[]]}', ()),
        ("{", ()),
    ],
)
def test_labels_of_a_meta_file(tmp_path: Path, text: str, labels: tuple[str, ...]) -> None:
    seen = around(tmp_path, "annotations/instances_a.json")
    assert seen.meta_labels is None
    (tmp_path / "dataset_meta.json").write_text(text)
    assert around(tmp_path, "annotations/instances_a.json").meta_labels == labels


def test_what_lies_around_a_file_in_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("annotations/instances_a.json", "images/train/1.jpg", "dataset_meta.json", "masks/1.png"):
            archive.writestr(name, '{"labels": ["a"]}')
    seen = Surroundings(discover.find([str(path)])[0])
    assert seen.beside == Names(frozenset({"instances_a.json"}), frozenset())
    assert seen.around == Names(frozenset({"dataset_meta.json"}), frozenset({"annotations", "images", "masks"}))
    assert seen.image_folders == {"train"}
    assert seen.png_folders == {"masks"}
    assert seen.has_folder("images")
    assert seen.meta_labels == ("a",)


def test_an_archive_with_the_files_of_roboflow(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("train/_annotations.coco.json", "valid/_annotations.coco.json", "test/1.jpg"):
            archive.writestr(name, "{}")
    files = discover.find([str(path)])
    seen = Surroundings(files[0])
    assert {file.root for file in files} == {path}
    assert seen.roboflow_folders == {"train", "valid"}
    assert seen.meta_labels is None
