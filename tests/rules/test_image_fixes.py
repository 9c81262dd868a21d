"""What fixes of images and of their names write, where that depends on the pictures or on what is safe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from msgspec.structs import replace

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Mending
from tests.support.cases import Data, put, sound
from tests.support.photos import jpeg

A = jpeg()
SAFE = Settings(select=("ALL",), jobs=1, mending=Mending.DONE)
UNSAFE = replace(SAFE, unsafe_fixes=True)
ABSOLUTE, PARENT, URL = "file-name-absolute", "file-name-parent", "file-name-url"


def mended(
    folder: Path, rule: str, edit: Data, pictures: Mapping[str, bytes] = MappingProxyType({}), settings: Settings = SAFE
) -> Data:
    """Return what becomes of the sound file with these edits, and with pictures at these paths."""
    data = sound("instances")
    for pointer, value in edit.items():
        put(data, pointer, value)
    for name, content in pictures.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    path = folder / "instances_train.json"
    path.write_text(json.dumps(data))
    report = app.check([str(path)], replace(settings, fixable=(rule,)))
    assert not report.crashes
    found: Data = json.loads(path.read_text())
    return found


def names(data: Data) -> list[str]:
    return [image["file_name"] for image in data["images"]]


def named(first: str, second: str) -> Data:
    return {"/images/0/file_name": first, "/images/1/file_name": second}


@pytest.mark.parametrize(
    ("rule", "first", "second"),
    [
        (ABSOLUTE, "/data/set/a/1.jpg", "C:\\set\\a\\2.jpg"),
        (PARENT, "../a/1.jpg", "a\\b\\..\\2.jpg"),
        (URL, "http://a.org/set/a/1.jpg?size=1", "s3://set/a/2.jpg"),
    ],
)
def test_a_name_is_that_under_which_the_picture_is_found(tmp_path: Path, rule: str, first: str, second: str) -> None:
    pictures = {"images/a/1.jpg": A, "images/a/2.jpg": A}
    settings = replace(SAFE, images_root=tmp_path / "images")
    (tmp_path / "images").mkdir()
    assert names(mended(tmp_path, rule, named(first, second), pictures, settings)) == ["a/1.jpg", "a/2.jpg"]


def test_a_picture_under_two_paths_is_left_to_a_person(tmp_path: Path) -> None:
    edit = named("/data/a/1.jpg", "/data/a/2.jpg")
    pictures = dict.fromkeys(("images/a/1.jpg", "images/1.jpg", "images/a/2.jpg"), A)
    assert names(mended(tmp_path, ABSOLUTE, edit, pictures)) == ["/data/a/1.jpg", "a/2.jpg"]


def test_one_picture_is_not_taken_for_two_images(tmp_path: Path) -> None:
    edit = named("/data/a/1.jpg", "/data/b/1.jpg")
    assert names(mended(tmp_path, ABSOLUTE, edit, {"images/1.jpg": A})) == ["/data/a/1.jpg", "/data/b/1.jpg"]


def test_without_pictures_only_the_shared_folders_are_left_out_and_only_unsafely(tmp_path: Path) -> None:
    edit = named("/data/a/1.jpg", "/data/b/1.jpg")
    assert names(mended(tmp_path, ABSOLUTE, edit)) == ["/data/a/1.jpg", "/data/b/1.jpg"]
    assert names(mended(tmp_path, ABSOLUTE, edit, settings=UNSAFE)) == ["a/1.jpg", "b/1.jpg"]


def test_a_url_is_kept(tmp_path: Path) -> None:
    edit = {**named("http://a.org/1.jpg", "http://a.org/2.jpg"), "/images/1/coco_url": "http://b.org/2.jpg"}
    images = mended(tmp_path, URL, edit, settings=UNSAFE)["images"]
    assert [image["coco_url"] for image in images] == ["http://a.org/1.jpg", "http://b.org/2.jpg"]


def sizes(data: Data) -> list[tuple[int, int]]:
    return [(image["width"], image["height"]) for image in data["images"]]


@pytest.mark.parametrize(
    ("width", "height", "safe", "unsafe"),
    [
        (640, 481, (640, 481), (640, 481)),
        (1280, 960, (640, 480), (1280, 960)),
        (500, 480, (640, 480), (640, 480)),
        (320, 240, (640, 480), (640, 480)),
    ],
)
def test_the_size_is_that_of_the_picture_if_all_boxes_lie_in_it(
    tmp_path: Path, width: int, height: int, safe: tuple[int, int], unsafe: tuple[int, int]
) -> None:
    edit = {
        "/annotations/1/image_id": 1,
        "/annotations/1/bbox": [400.0, 100.0, 200.0, 200.0],
        "/annotations/1/segmentation": [],
    }
    files = {"000001.jpg": jpeg(width, height), "000002.jpg": A}
    assert sizes(mended(tmp_path, "image-size-mismatch", edit, files))[0] == safe
    assert sizes(mended(tmp_path, "image-size-mismatch", edit, files, UNSAFE))[0] == unsafe


def test_an_image_without_picture_goes_with_its_annotations(tmp_path: Path) -> None:
    data = mended(tmp_path, "image-file-missing", {}, {"000001.jpg": A}, UNSAFE)
    assert [image["id"] for image in data["images"]] == [1]
    assert [annotation["image_id"] for annotation in data["annotations"]] == [1, 1]


def test_no_image_goes_where_all_pictures_are_missing(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    settings = replace(UNSAFE, images_root=tmp_path / "elsewhere")
    assert len(mended(tmp_path, "image-file-missing", {}, settings=settings)["images"]) == 2


def test_images_of_one_name_become_one(tmp_path: Path) -> None:
    data = mended(tmp_path, "file-name-duplicate", {"/images/1/file_name": "./000001.jpg"}, settings=UNSAFE)
    assert names(data) == ["000001.jpg"]
    assert {annotation["image_id"] for annotation in data["annotations"]} == {1}


@pytest.mark.parametrize("orientation", [1, 6])
def test_width_and_height_are_exchanged_if_the_picture_proves_it(tmp_path: Path, orientation: int) -> None:
    edit = {"/images/0/width": 480, "/images/0/height": 640, "/annotations/0/bbox": [500.0, 20.0, 100.0, 50.0]}
    edit |= {"/annotations/0/segmentation": [], "/annotations/1/image_id": 2}
    files = {"000001.jpg": jpeg(orientation=orientation), "000002.jpg": A}
    meant = (640, 480) if orientation == 1 else (480, 640)
    assert sizes(mended(tmp_path, "image-size-swapped", edit, files))[0] == meant
    assert sizes(mended(tmp_path, "image-size-swapped", edit, files, UNSAFE))[0] == (640, 480)


def test_ids_of_images_and_all_references_become_numbers(tmp_path: Path) -> None:
    edit: Data = {"/images/0/id": "7", "/images/1/id": "b"}
    edit |= {f"/annotations/{row}/image_id": id_ for row, id_ in enumerate(("7", "7", "b"))}
    data = mended(tmp_path, "image-id-not-integer", edit)
    assert [image["id"] for image in data["images"]] == [7, "b"]
    assert [annotation["image_id"] for annotation in data["annotations"]] == [7, 7, "b"]
    data = mended(tmp_path, "image-id-not-integer", edit, settings=UNSAFE)
    assert [image["id"] for image in data["images"]] == [7, 8]
    assert [annotation["image_id"] for annotation in data["annotations"]] == [7, 7, 8]


def test_pictures_are_looked_at_though_no_rule_asks_for_them(tmp_path: Path) -> None:
    settings = replace(SAFE, select=("image-size-missing",))
    data = mended(tmp_path, "image-size-missing", {"/images/0/width": None}, {"000001.jpg": A}, settings)
    assert sizes(data)[0] == (640, 480)
