"""Records, images and findings as pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cocolint.config import Settings
from cocolint.drawing import GROUND, OUTSIDE, Drawn, Scene, draw
from cocolint.failure import Failure
from cocolint.shapes import shapes_of
from cocolint.show import Wanted, show
from tests.support import segment_pngs
from tests.support.cases import put, sound

FILE = "instances_val.json"
REAL = Path(__file__).parents[2] / "shared" / "data" / "real"


def write(folder: Path, task: str = "instances", edit: dict[str, Any] | None = None) -> str:
    data = sound(task)
    for pointer, value in (edit or {}).items():
        put(data, pointer, value)
    path = folder / FILE.replace("instances", task)
    path.write_text(json.dumps(data))
    return str(path)


def shown(path: str, folder: Path, **wanted: Any) -> tuple[str, Image.Image]:
    out = folder / "out.png"
    line = show(path, Wanted(wanted.get("id"), wanted.get("image"), wanted.get("rule", "")), out, Settings(jobs=1))
    with Image.open(out) as picture:
        return line.partition(": ")[2], picture.convert("RGB")


def is_coloured(picture: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether a part of a picture with a plain ground is neither grey nor black and white."""
    red, green, blue = (band.astype(int) for band in np.moveaxis(np.asarray(picture.crop(box)), 2, 0))
    return bool(((abs(red - green) > 20) | (abs(green - blue) > 20)).any())


def test_an_annotation_is_drawn_where_it_is(tmp_path: Path) -> None:
    line, picture = shown(write(tmp_path), tmp_path, id=1)
    assert line.startswith("annotation id=1 · person · image id=1")
    assert line.endswith("no picture at hand: --images-root names their folder")
    scale = 800 / 640
    inside = tuple(round(side * scale) for side in (20, 30, 100, 60))
    assert is_coloured(picture, (inside[0], inside[1], inside[2], inside[3]))
    assert not is_coloured(picture, (round(120 * scale), round(80 * scale), 800, 600))
    assert picture.getpixel((790, 590)) == GROUND


def test_all_annotations_of_an_image_are_drawn(tmp_path: Path) -> None:
    line, picture = shown(write(tmp_path), tmp_path, image=1)
    assert line.startswith("image id=1 with 2 annotations")
    assert is_coloured(picture, (20, 30, 100, 80))
    assert is_coloured(picture, (300, 150, 600, 350))


def test_a_run_length_mask_is_drawn(tmp_path: Path) -> None:
    _, picture = shown(write(tmp_path), tmp_path, id=3)
    assert is_coloured(picture, (1, 100, 4, 200))
    assert not is_coloured(picture, (100, 300, 800, 600))


def test_keypoints_are_drawn(tmp_path: Path) -> None:
    data = sound("person_keypoints")
    for annotation in data["annotations"]:
        annotation.pop("segmentation")
        annotation["bbox"] = [0, 0, 1, 1]
    (tmp_path / FILE).write_text(json.dumps(data))
    _, picture = shown(str(tmp_path / FILE), tmp_path, id=1)
    x, y, visibility = data["annotations"][0]["keypoints"][:3]
    assert visibility == 2
    assert is_coloured(picture, (round(x * 1.25) - 2, round(y * 1.25) - 2, round(x * 1.25) + 2, round(y * 1.25) + 2))


def test_what_lies_outside_is_shown(tmp_path: Path) -> None:
    path = write(tmp_path, edit={"/annotations/0/bbox": [600.0, 20.0, 100.0, 50.0]})
    line, picture = shown(path, tmp_path, rule="bbox-out-of-image")
    assert line.startswith("B010 bbox-out-of-image, 1 of 1")
    assert picture.getpixel((795, 300)) == OUTSIDE
    assert is_coloured(picture, (740, 20, 800, 80))


def test_the_picture_is_taken_where_there_is_one(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "val").mkdir()
    Image.new("RGB", (640, 480), (10, 90, 10)).save(tmp_path / "val" / "000001.jpg")
    line, picture = shown(path, tmp_path, image=1)
    assert line.endswith("val/000001.jpg")
    assert not isinstance(pixel := picture.getpixel((790, 590)), float) and pixel is not None and pixel != GROUND


def test_the_picture_itself_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path)
    picture = tmp_path / "val" / "000001.jpg"
    picture.parent.mkdir()
    Image.new("RGB", (640, 480)).save(picture)
    before = picture.read_bytes()
    with pytest.raises(Failure, match="is the picture itself"):
        show(path, Wanted(None, 1, ""), picture, Settings(jobs=1))
    assert picture.read_bytes() == before


def test_a_picture_of_another_size_is_told(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "val").mkdir()
    Image.new("RGB", (480, 640)).save(tmp_path / "val" / "000001.jpg")
    line, _ = shown(path, tmp_path, image=1)
    assert line.endswith("the picture is 480 x 640, the file says 640 x 480")


def test_a_damaged_picture_leaves_a_plain_ground(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "000001.jpg").write_bytes(b"\xff\xd8\xff nothing")
    line, picture = shown(path, tmp_path, image=1)
    assert "no picture: cannot identify" in line
    assert picture.getpixel((790, 590)) == GROUND


def test_a_finding_on_an_image_shows_its_annotations(tmp_path: Path) -> None:
    line, picture = shown(write(tmp_path, edit={"/images/0/file_name": "../a.jpg"}), tmp_path, rule="I013")
    assert line.startswith("I013 ")
    assert is_coloured(picture, (20, 30, 100, 80))


def test_captions_are_written_below(tmp_path: Path) -> None:
    path = write(tmp_path, "captions")
    line, _ = shown(path, tmp_path, image=1)
    assert "with" in line and "could be drawn" not in line


def test_segments_of_panoptic_annotations(tmp_path: Path) -> None:
    path = write(tmp_path, "panoptic")
    image_id = sound("panoptic")["annotations"][0]["image_id"]
    line, _ = shown(path, tmp_path, image=image_id)
    assert f"image id={image_id} with 1 annotation" in line
    with pytest.raises(Failure, match="no annotation has the id 5; panoptic ones are drawn with --image"):
        shown(path, tmp_path, id=5)


def panoptic(folder: Path, ids: dict[int, int]) -> tuple[str, int]:
    """Write a panoptic file and its PNG, in which the upper half is of the first segment."""
    data = sound("panoptic")
    annotation = data["annotations"][0]
    image = next(one for one in data["images"] if one["id"] == annotation["image_id"])
    annotation["segments_info"] = annotation["segments_info"][:1]
    segment = annotation["segments_info"][0]
    segment["bbox"] = [0, 0, 10, 10]
    pixels = np.zeros((image["height"], image["width"]), np.int64)
    pixels[: image["height"] // 2] = ids.get(segment["id"], segment["id"])
    (folder / "panoptic_val").mkdir()
    (folder / "panoptic_val" / annotation["file_name"]).write_bytes(segment_pngs.encoded(pixels))
    (folder / "panoptic_val.json").write_text(json.dumps(data))
    return str(folder / "panoptic_val.json"), annotation["image_id"]


def test_a_segment_is_drawn_by_its_pixels(tmp_path: Path) -> None:
    path, image = panoptic(tmp_path, {})
    _, picture = shown(path, tmp_path, image=image)
    assert is_coloured(picture, (700, 100, 780, 200))
    assert not is_coloured(picture, (700, 400, 780, 500))


def test_a_segment_that_its_png_does_not_have_is_drawn_by_its_box(tmp_path: Path) -> None:
    path, image = panoptic(tmp_path, {sound("panoptic")["annotations"][0]["segments_info"][0]["id"]: 999})
    _, picture = shown(path, tmp_path, image=image)
    assert is_coloured(picture, (0, 0, 20, 20))
    assert not is_coloured(picture, (700, 100, 780, 200))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({}, "say what to draw: one of --id, --image and --rule"),
        ({"id": 1, "image": 1}, "say what to draw"),
        ({"id": 77}, "no annotation has the id 77"),
        ({"id": 10**30}, "no annotation has the id 1000"),
        ({"image": 77}, "no image has the id 77"),
        ({"rule": "bbox-out-of-image"}, "bbox-out-of-image finds nothing there"),
        ({"rule": "bbox-out-of-imag"}, "did you mean 'bbox-out-of-image'"),
        ({"rule": "split-leakage-file"}, "split-leakage-file was skipped: no other file"),
    ],
)
def test_what_there_is_nothing_of(tmp_path: Path, wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(Failure, match=message):
        shown(write(tmp_path), tmp_path, **wanted)


def test_a_finding_on_the_file_cannot_be_drawn(tmp_path: Path) -> None:
    data = sound("instances")
    del data["info"]
    (tmp_path / FILE).write_text(json.dumps(data))
    with pytest.raises(Failure, match="top-level-missing-info finds is about the file as a whole"):
        shown(str(tmp_path / FILE), tmp_path, rule="top-level-missing-info")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([FILE, "--id", "1", "-o", "out.gif"], "-o out.gif: a picture ends in .png, .jpg"),
        ([FILE, "--id", "1", "-o", "folder.png"], "cannot write 'folder.png': it is no file"),
        (["nowhere.json", "--id", "1"], "no such file or folder: 'nowhere.json'"),
        ([".", "--id", "1"], "'.' is a folder: name an annotation file"),
        (["broken.json", "--id", "1"], "broken.json: "),
        (["other.json", "--id", "1"], "other.json: it has neither images nor annotations"),
    ],
)
def test_bad_input_ends_with_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    write(tmp_path)
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"a": 1}')
    (tmp_path / "folder.png").mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "cocolint", "show", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"cocolint: {message}")
    assert not list(tmp_path.glob(".cocolint*"))


def test_the_command_writes_the_picture(tmp_path: Path) -> None:
    write(tmp_path)
    command = [sys.executable, "-m", "cocolint", "show", FILE, "--image", "1", "-o", "deep/out.jpg"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("deep/out.jpg: image id=1 with 2 annotations")
    with Image.open(tmp_path / "deep" / "out.jpg") as picture:
        assert picture.format == "JPEG"


number = st.integers() | st.floats() | st.sampled_from([0, 1, 1e308, -1e308, 2**70])
anything = (
    st.none() | st.text(max_size=3) | number | st.lists(number, max_size=8) | st.lists(st.lists(number, max_size=8), max_size=3)
)
records = st.fixed_dictionaries(
    {"bbox": anything | st.lists(number, min_size=4, max_size=4), "keypoints": anything},
    optional={
        "segmentation": anything
        | st.lists(st.lists(number, min_size=6, max_size=8), max_size=2)
        | st.fixed_dictionaries({"size": anything, "counts": anything})
    },
)
sides = st.floats(1, 1e300) | st.integers(1, 3000).map(float)


@settings(max_examples=100, deadline=None)
@given(st.lists(records, max_size=3), st.none() | st.tuples(sides, sides), st.lists(st.text(), max_size=2))
def test_whatever_the_records_hold_the_picture_has_bounds(
    found: list[dict[str, Any]], size: tuple[float, float] | None, lines: list[str]
) -> None:
    picture = draw(
        Scene(None, size, [Drawn(shapes_of(one, skeleton=[[1, 2]]), "é犬", place) for place, one in enumerate(found)], lines)
    )
    assert picture.width <= 1600


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
def test_real_files(tmp_path: Path) -> None:
    for path in sorted(REAL.rglob("*.json"))[::6]:
        try:
            records = json.loads(path.read_bytes())["annotations"]
        except (ValueError, KeyError, TypeError):
            continue
        ids = {one.get("image_id") for one in records if isinstance(one, dict)}
        for image in sorted(id_ for id_ in ids if isinstance(id_, int))[:1]:
            line, picture = shown(str(path), tmp_path, image=image)
            assert f"image id={image} with " in line
            assert max(picture.size) < 4000
