"""Photographs in the page: the right part, few bytes, and nothing else that their files tell."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cocolint.html import thumbs
from cocolint.html.views import View
from cocolint.pictures.decoding import decoded as decoded_file
from cocolint.pictures.folders import DiskFolder
from cocolint.read.archive import Unreadable
from tests.html.conftest import annotation, checked, faulty, page_of, written
from tests.support import photos


def decoded(uri: str) -> Image.Image:
    """Return the picture of a data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def opened(folder: Path, data: bytes, declared: tuple[float, float] | None = None) -> Image.Image | None:
    (folder / "a.jpg").write_bytes(data)
    try:
        return decoded_file(DiskFolder(folder), "a.jpg", declared)
    except Unreadable:
        return None


def test_a_part_is_cut_out_where_it_lies(tmp_path: Path) -> None:
    picture = Image.new("RGB", (200, 100), "black")
    picture.paste("white", (100, 0, 200, 100))
    found = opened(tmp_path, photos.encoded(picture, "PNG"))
    assert found is not None
    cut = thumbs.jpeg_of(found, View(110.5, -20, 300, 50), 100_000)
    assert cut is not None
    assert cut[1] == View(110, 0, 90, 30)
    assert decoded(cut[0]).size == (90, 30)
    assert np.asarray(decoded(cut[0])).min() > 240


def test_a_view_beside_the_picture_has_no_part() -> None:
    assert thumbs.jpeg_of(Image.new("RGB", (20, 10)), View(25, 0, 5, 5), 1000) is None


@pytest.mark.parametrize("most", [6_000, 20_000, 100_000])
def test_noise_is_made_smaller_until_it_fits(most: int) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (900, 1200, 3), dtype=np.uint8))
    cut = thumbs.jpeg_of(noise, View(0, 0, 1200, 900), most)
    assert cut is not None
    assert len(cut[0]) <= max(most, 25_000)


def test_pictures_are_turned_only_to_their_declared_size(tmp_path: Path) -> None:
    data = photos.jpeg(64, 32, orientation=6)
    for declared, size in (((64.0, 32.0), (64, 32)), ((32.0, 64.0), (32, 64)), (None, (64, 32))):
        found = opened(tmp_path, data, declared)
        assert found is not None
        assert found.size == size


def test_what_a_file_tells_besides_its_pixels_is_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    found = opened(tmp_path, photos.encoded(photos.noise(64, 64), exif=exif, comment=b"secret comment"))
    assert found is not None
    cut = thumbs.jpeg_of(found, View(0, 0, 64, 64), 100_000)
    assert cut is not None
    assert b"secret" not in base64.b64decode(cut[0].partition(",")[2])


def test_sixteen_bits_are_shown_in_eight(tmp_path: Path) -> None:
    values = np.linspace(0, 4000, 64 * 64).reshape(64, 64).astype(np.uint16)
    found = opened(tmp_path, photos.encoded(Image.fromarray(values), "PNG"))
    assert found is not None
    assert found.mode == "RGB"
    assert np.asarray(found).max() == 255


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"no picture", photos.jpeg()[:2000], photos.declared_png(60_000, 60_000)])
def test_broken_pictures_are_none(tmp_path: Path, data: bytes) -> None:
    assert opened(tmp_path, data) is None


def test_a_mask_is_see_through_but_for_its_pixels() -> None:
    covered = np.zeros((9, 9), bool)
    covered[2:7, 3:8] = True
    rgba = np.asarray(decoded(thumbs.png_of(covered, (255, 0, 0), 90)).convert("RGBA"))
    assert ((rgba[:, :, 3] > 0) == covered).all()
    assert rgba[4, 5].tolist() == [255, 0, 0, 90]
    assert rgba[2, 3].tolist() == [255, 0, 0, 235]


def test_names_that_lead_out_of_the_folder_show_no_picture(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(photos.jpeg())
    data = faulty()
    data["images"] = [{**image, "file_name": "../../secret.jpg"} for image in data["images"]]
    data["annotations"] = [annotation(1, bbox=[630, 10, 40, 40])]
    (tmp_path / "set").mkdir()
    text = page_of(checked(written(tmp_path / "set", instances_train=data), images_root=tmp_path / "set" / "images" / "train"))
    assert "data:image/jpeg" not in text
