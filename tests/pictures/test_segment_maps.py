"""PNGs of panoptic files: where they are looked for, what is read from them, and what is never opened."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cocolint import app
from cocolint.config import Settings
from cocolint.model import AnnotationFile, Ints
from cocolint.pictures import segment_maps
from cocolint.pictures.folders import DiskFolder
from cocolint.pictures.segment_maps import (
    MOST_PIXELS,
    MOST_STRANGERS,
    Picture,
    SegmentFolder,
    ids_at,
    look_at,
    segment_folder,
)
from cocolint.read import slicing
from cocolint.read.archive import leads_out
from cocolint.reported import Report
from tests.support.cases import sound
from tests.support.segment_pngs import FIRST, SECOND, beside, channels_of, encoded, painted, saved, written_by_hand

RANDOM = np.random.default_rng(7)


def file_at(path: Path) -> AnnotationFile:
    return AnnotationFile(path, path.as_posix(), None, "val", "coco", True, True)


def picture(tmp_path: Path, content: bytes) -> Picture:
    (tmp_path / "a.png").write_bytes(content)
    return look_at(SegmentFolder(DiskFolder(tmp_path)), "a.png")


def counted(values: Ints) -> list[list[int]]:
    """Return value, count and bounds of each value but 0, one after the other."""
    found = []
    for value in sorted({*values.ravel().tolist()} - {0}):
        y, x = np.nonzero(values == value)
        found.append([value, len(x), x.min(), y.min(), x.max() - x.min() + 1, y.max() - y.min() + 1])
    return found


@pytest.mark.parametrize("band", [1, 40, 1 << 20])
def test_areas_are_those_of_counting_every_pixel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, band: int) -> None:
    monkeypatch.setattr(segment_maps, "_BAND", band)
    for high in (3, 300, 1 << 24):
        ids = np.repeat(RANDOM.integers(0, high, (17, 9)), 3, axis=1)
        found = picture(tmp_path, encoded(ids))
        assert (found.there, found.problem, found.mode, found.width, found.height) == (True, "", "8-bit RGB", 27, 17)
        assert found.areas.tolist() == counted(ids)


@pytest.mark.parametrize(
    ("mode", "name"),
    [("L", "8-bit greyscale"), ("P", "8-bit palette"), ("LA", "8-bit greyscale with alpha"), ("I;16", "16-bit greyscale")],
)
def test_of_other_pictures_the_first_channel_is_looked_at(tmp_path: Path, mode: str, name: str) -> None:
    values = RANDOM.integers(0, 200, (17, 9))
    image = Image.fromarray(values.astype(np.uint8 if mode != "I;16" else np.uint16))
    found = picture(tmp_path, saved(image if mode == "I;16" else image.convert(mode))).coloured(values[:0])
    assert (found.mode, found.areas.tolist()) == (name, counted(values))


def test_a_fourth_channel_is_passed_over(tmp_path: Path) -> None:
    image = Image.open(io.BytesIO(encoded(SECOND))).convert("RGBA")
    image.putalpha(77)
    found = picture(tmp_path, saved(image))
    assert (found.mode, found.areas.tolist()) == ("8-bit RGBA", counted(SECOND))


def test_a_picture_of_void_has_no_areas(tmp_path: Path) -> None:
    assert picture(tmp_path, encoded(painted())).areas.shape == (0, 6)


def test_of_countless_areas_all_segments_and_a_fair_choice_are_kept(tmp_path: Path) -> None:
    ids = RANDOM.integers(1, 1 << 24, (100, 100))
    ids[:40, :50] = np.arange(1000).repeat(2).reshape(40, 50) + 1
    whole = picture(tmp_path, encoded(ids))
    known = np.sort(whole.areas[::20, 0])
    thin = whole.thinned(known)
    chosen = np.isin(thin.areas[:, 0], known)
    assert np.array_equal(thin.areas[chosen], whole.areas[np.isin(whole.areas[:, 0], known)])
    others = whole.areas[~np.isin(whole.areas[:, 0], known)]
    assert len(thin.areas[~chosen]) == MOST_STRANGERS
    assert abs((thin.areas[~chosen, 1] == 1).mean() - (others[:, 1] == 1).mean()) < 0.01
    assert whole.thinned(whole.areas[:, 0]) is whole


HOSTILE = {
    "empty": b"",
    "one byte": b"\x89",
    "text": b"hello",
    "git-LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "signature only": b"\x89PNG\r\n\x1a\n",
    "header only": encoded(SECOND)[:26],
    "cut off": encoded(SECOND)[:-100],
    "no pixels": written_by_hand(640, 480, 8, 2, b""),
    "no width": written_by_hand(0, 480, 8, 2, b""),
    "unknown colours": written_by_hand(2, 2, 8, 5, bytes(99)),
    "unknown depth": written_by_hand(2, 2, 7, 2, bytes(99)),
    "2**31 wide": written_by_hand(1 << 31, 1 << 31, 8, 2, b""),
    "one pixel too many": written_by_hand(MOST_PIXELS + 1, 1, 8, 2, b""),
    "BMP": saved(Image.new("RGB", (2, 2)), "BMP"),
    "GIF": saved(Image.new("L", (2, 2)), "GIF"),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_sound_png_is_a_problem_and_no_more(tmp_path: Path, content: bytes) -> None:
    found = picture(tmp_path, content)
    assert found.there
    assert found.problem
    assert not len(found.areas)


def test_a_jpeg_is_called_one(tmp_path: Path) -> None:
    found = picture(tmp_path, saved(Image.new("RGB", (2, 2)), "JPEG"))
    assert (found.mode, found.problem) == ("JPEG", "a JPEG picture, not a PNG")


def test_pictures_that_are_too_large_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("opened"))
    problem = picture(tmp_path, written_by_hand(1 << 31, 1, 8, 2, b"")).problem
    assert problem == "2147483648 x 1 px is more than is looked at"


def test_a_second_header_does_not_let_a_bomb_through(tmp_path: Path) -> None:
    small, large = (written_by_hand(width, width, 8, 2, b"") for width in (1, 9000))
    found = picture(tmp_path, small[:33] + large[8:])
    assert found.problem == "cannot be decoded: it declares two sizes"


SMALL = [
    encoded(RANDOM.integers(0, 1 << 24, (4, 5))),
    saved(Image.fromarray(RANDOM.integers(0, 9, (4, 5)).astype(np.uint8)).convert("P")),
    saved(Image.fromarray(RANDOM.integers(0, 2, (4, 5)).astype(np.uint8)).convert("1")),
]


@settings(max_examples=300, deadline=None)
@given(png=st.sampled_from(SMALL), place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), rest=st.floats(0, 3))
def test_no_damage_raises(tmp_path_factory: pytest.TempPathFactory, png: bytes, place: float, value: int, rest: float) -> None:
    folder = tmp_path_factory.getbasetemp()
    damaged = bytearray(png)
    damaged[int(place * len(png))] = value
    found = picture(folder, bytes(damaged[: int(rest * len(png))]))
    assert found.there
    assert found.problem or found.mode
    found.coloured(found.areas[:, 0]).thinned(found.areas[:, 0])


def test_places_beyond_the_end_of_a_palette(tmp_path: Path) -> None:
    short = _palette_of_two(bytes([0, 0, 1, 9, 9, 200]))
    found = picture(tmp_path, short)
    assert found.areas[:, 0].tolist() == [0, 1, 9, 200]
    assert found.palette[[0, 1, 9, 200]].tolist() == [0x030201, 0x060504, 0, 0]
    assert found.coloured(np.array([5])).areas[:, 0].tolist() == [1, 9, 200]
    assert found.coloured(np.array([0x060504])).areas[:, 0].tolist() == [0x030201, 0x060504]


def _palette_of_two(places: bytes) -> bytes:
    png = written_by_hand(len(places), 1, 8, 3, b"\0" + places)
    data = b"PLTE" + bytes([1, 2, 3, 4, 5, 6])
    return png[:33] + struct.pack(">I", 6) + data + struct.pack(">I", zlib.crc32(data)) + png[33:]


def test_a_picture_of_countless_colours_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_maps, "MOST_COLOURS", 100)
    monkeypatch.setattr(segment_maps, "_BAND", 50)
    assert not picture(tmp_path, encoded(np.arange(1, 101).reshape(10, 10))).problem
    problem = picture(tmp_path, encoded(np.arange(1, 122).reshape(11, 11))).problem
    assert problem == "cannot be decoded: it has more than 100 colours"


@pytest.mark.parametrize(
    ("json_file", "folder"),
    [
        ("panoptic_val.json", "panoptic_val"),
        ("panoptic_val.json.gz", "panoptic_val"),
        ("panoptic_val.json", "panoptic_val/panoptic_val"),
        ("panoptic_val.json", "annotations/panoptic_val"),
        ("annotations/panoptic_val.json", "annotations/panoptic_val"),
        ("annotations/panoptic_val.json", "panoptic_val"),
    ],
)
def test_the_folder_is_found(tmp_path: Path, json_file: str, folder: str) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "1.PNG").touch()
    found = segment_folder(file_at(tmp_path / json_file))
    assert found is not None
    assert (tmp_path / folder).samefile(found.folder.display)
    assert list(found.folder.names()) == ["1.PNG"]


@pytest.mark.parametrize("name", ["panoptic_val/1.jpg", "other/1.png", "1.png", "panoptic_val.json/1.png"])
def test_a_folder_of_another_name_or_without_pngs_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    assert segment_folder(file_at(tmp_path / "panoptic_val.json")) is None


def test_a_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.png").write_bytes(encoded(SECOND))
    (tmp_path / "panoptic_val").symlink_to(tmp_path / "elsewhere")
    folder = segment_folder(file_at(tmp_path / "panoptic_val.json"))
    assert folder is not None
    assert look_at(folder, "1.png").areas.tolist() == counted(SECOND)


@pytest.mark.parametrize("name", ["none.png", "a.png/b.png", "loop", "dangling", "\0", "a" * 300])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert look_at(SegmentFolder(DiskFolder(tmp_path)), name) == Picture(False)


@pytest.mark.parametrize("name", ["", ".", "below", "pipe"])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "below").mkdir()
    os.mkfifo(tmp_path / "pipe")
    found = look_at(SegmentFolder(DiskFolder(tmp_path)), name)
    assert found.there
    assert "not a" in found.problem


@pytest.mark.parametrize(
    "name", ["../a.png", "a/../../b.png", "..", "a\\..\\b.png", "/a.png", "\\a.png", "C:\\a.png", "c:a.png"]
)
def test_names_that_leave_the_folder(name: str) -> None:
    assert leads_out(name)


@pytest.mark.parametrize("name", ["", "a.png", "a/b.png", "..a.png", "a..", "a/.../b.png", "~a.png", "./a.png"])
def test_names_that_stay_in_it(name: str) -> None:
    assert not leads_out(name)


def report_on(folder: Path, data: Any, files: dict[str, bytes], **chosen: Any) -> Report:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    path = folder / "panoptic_train.json"
    path.write_text(json.dumps(data))
    report = app.check([str(path)], Settings(**{"select": ("N",), "jobs": 1, **chosen}))
    assert not report.crashes
    return report


def test_nothing_outside_of_the_folder_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = sound("panoptic")
    data["annotations"][1]["file_name"] = "../outside.png"
    look = mock.Mock(wraps=look_at)
    monkeypatch.setattr(segment_maps, "look_at", look)
    report = report_on(tmp_path, data, {**beside(FIRST, SECOND), "outside.png": encoded(SECOND)})
    assert [call.args[1] for call in look.call_args_list] == ["000001.png"]
    assert [group.name for group in report.groups] == ["panoptic-file-name-outside", "panoptic-png-unreferenced"]


PNG_RULES = 12


def test_without_a_folder_the_rules_on_pngs_are_skipped(tmp_path: Path) -> None:
    report = report_on(tmp_path, sound("panoptic"), {})
    assert {skip.because for skip in report.skips} == {"there is no folder of PNGs called like the file"}
    assert len(report.skips) == PNG_RULES
    assert not report.groups


def test_with_no_images_they_are_skipped_too(tmp_path: Path) -> None:
    report = report_on(tmp_path, sound("panoptic"), beside(painted(), None), no_images=True)
    assert {skip.because for skip in report.skips} == {"--no-images"}
    assert len(report.skips) == PNG_RULES
    assert not report.groups


def test_slices_and_processes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = sound("panoptic")
    (template,) = data["annotations"][1]["segments_info"]
    numbers = range(1, 41)
    data["images"] = [{"id": i, "width": 64, "height": 48, "file_name": f"{i}.jpg"} for i in numbers]
    data["annotations"] = [
        {"image_id": i, "file_name": f"{i}.png", "segments_info": [{**template, "id": i, "area": 6, "bbox": [1, 2, 3, 2]}]}
        for i in numbers
    ]
    files = {
        f"panoptic_train/{i}.png": encoded(painted((i + (i % 7 == 0), 1, 2, 3, 2 + (i % 5 == 0)), width=64, height=48))
        for i in numbers if i % 11
    }  # fmt: skip

    def findings(jobs: int) -> list[tuple[str, list[int]]]:
        return [(group.name, group.finding.rows.tolist()) for group in report_on(tmp_path, data, files, jobs=jobs).groups]

    whole = findings(1)
    assert whole == [
        ("panoptic-png-missing", [10, 21, 32]),
        ("panoptic-png-not-json", [6, 13, 20, 27, 34]),
        ("panoptic-area", [4, 9, 14, 19, 24, 29, 39]),
        ("panoptic-bbox", [4, 9, 14, 19, 24, 29, 39]),
    ]
    monkeypatch.setattr(slicing, "SLICE_BYTES", 1000)
    assert findings(1) == whole
    assert findings(2) == whole
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    assert findings(2) == whole
    data["annotations"][-1]["categories"] = []  # the annotations seem to end before it
    assert findings(2) == whole
    look = mock.Mock(return_value=Picture(True))
    monkeypatch.setattr(segment_maps, "look_at", look)
    findings(1)
    assert look.call_count == len(numbers), "no picture is looked at twice"


@pytest.mark.parametrize("is_palette", [False, True])
@pytest.mark.parametrize("by_colour", [False, True])
def test_the_id_at_each_pixel(tmp_path: Path, is_palette: bool, by_colour: bool) -> None:
    ids = painted((3, 1, 2, 30, 20), (5, 40, 40, 9, 9), width=64, height=48) * (70_000 if by_colour else 1)
    picture = Image.fromarray(channels_of(ids))
    if is_palette:
        places = np.searchsorted(np.unique(ids), ids) if by_colour else ids
        picture = Image.fromarray(places.astype(np.uint8), "P")
        picture.putpalette(channels_of(np.unique(ids)[None]).ravel().tolist() if by_colour else [90, 20, 10] * 8)
    (tmp_path / "a.png").write_bytes(saved(picture))
    annotation: dict[str, Any] = {"file_name": "a.png", "segments_info": [{"id": int(id_)} for id_ in np.unique(ids)]}
    found = ids_at(SegmentFolder(DiskFolder(tmp_path)), annotation)
    assert found is not None
    assert (found == ids).all()


@pytest.mark.parametrize("name", ["../a.png", "b.png", "broken.png", None, 7])
def test_there_are_no_ids_where_no_png_can_be_decoded(tmp_path: Path, name: Any) -> None:
    inside = tmp_path / "panoptic_val"
    inside.mkdir()
    (tmp_path / "a.png").write_bytes(encoded(painted()))
    (inside / "broken.png").write_bytes(encoded(painted())[:60])
    assert ids_at(SegmentFolder(DiskFolder(inside)), {"file_name": name, "segments_info": "?"}) is None


def test_pillow_is_loaded_for_pngs_only(tmp_path: Path) -> None:
    (tmp_path / "instances_train.json").write_text(json.dumps(sound("instances")))
    (tmp_path / "panoptic_train.json").write_text(json.dumps(sound("panoptic")))
    code = "import sys; from cocolint import app, config; app.check(['.'], config.Settings()); sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
