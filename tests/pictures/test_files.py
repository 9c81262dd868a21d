"""Picture files: the folder they lie in, and what their headers tell, whatever is in them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cocolint import app, discover
from cocolint.config import Settings
from cocolint.failure import PathError
from cocolint.model import Severity
from cocolint.pictures import files, headers, image_root
from cocolint.pictures.files import Pictures
from cocolint.pictures.folders import DiskFolder
from cocolint.pictures.headers import Header, look, looks
from cocolint.read.document import open_document
from cocolint.reported import Report
from tests.support.cases import sound
from tests.support.photos import black_png, declared_jpeg, declared_png, encoded, jpeg, noise, png

PICTURES = ("I015", "I018", "I021", "I023", "I024", "I025", "I028")


def seen(folder: Path, content: bytes, name: str = "a.jpg") -> Header:
    (folder / name).write_bytes(content)
    return files._quietly(look, DiskFolder(folder), [name])[0]


def data_set(folder: Path, json_path: str, *files: str, names: tuple[str, ...] = ("000001.jpg", "000002.jpg")) -> Path:
    """Write a sound file whose images have `names`, and pictures."""
    data = sound("instances")
    for image, name in zip(data["images"], names, strict=True):
        image["file_name"] = name
    path = folder / json_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))
    for number, name in enumerate(files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(seed=number))
    return path


def report_on(path: Path, **settings: object) -> Report:
    return app.check([str(path)], Settings(select=PICTURES, jobs=1, **settings))  # type: ignore[arg-type]


def counts(report: Report) -> dict[str, int]:
    return {group.name: group.count for group in report.groups}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000"])
def test_headers_of_all_usual_formats_are_read(form: str, tmp_path: Path) -> None:
    header = seen(tmp_path, encoded(noise(64, 48), form))
    assert (header.there, header.width, header.height, header.format, header.problem) == (True, 64, 48, form, "")


@pytest.mark.parametrize("orientation", range(9))
def test_the_orientation_of_exif_is_read_and_the_size_is_as_stored(orientation: int, tmp_path: Path) -> None:
    header = seen(tmp_path, jpeg(64, 48, orientation=orientation))
    assert (header.width, header.height, header.orientation) == (64, 48, orientation or 1)


GARBAGE = (
    b"", b"II", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff" + bytes(99),
    b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\xff\xff",
)  # fmt: skip


@pytest.mark.parametrize("exif", GARBAGE)
def test_garbage_in_exif_is_no_fault_of_the_picture(exif: bytes, tmp_path: Path) -> None:
    plain = jpeg(64, 48)
    segment = b"Exif\0\0" + exif
    content = plain[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2) + segment + plain[2:]
    header = seen(tmp_path, content)
    assert (header.width, header.orientation, header.problem) == (64, 1, "")


def test_long_headers_are_read(tmp_path: Path) -> None:
    plain = jpeg(64, 48)
    segments = (b"\xff\xe5" + (60_002).to_bytes(2) + bytes(60_000)) * 5
    assert seen(tmp_path, plain[:2] + segments + plain[2:]).width == 64


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"hello", "something else"),
        (b"<html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"PK\x03\x04", "zip"),
        (b"\xff\xd8\xff", "header"),
        (jpeg()[:200], "header"),
        (b"\xff\xd8\xff" + b"\0" * 99_999, "header"),
        (png()[:20], "header"),
        (b"GIF89a", "header"),
        (b"BM", "header"),
        (b"II*\0", "header"),
        (b"RIFF\0\0\0\0WEBP", "header"),
        (declared_png(2**31 - 1, 2**31 - 1), "px in"),
        (declared_png(100_000, 100_000, bytes(10**6)), "px in"),
        (declared_jpeg(65_500, 65_500), "px in"),
    ],
)
def test_what_is_no_picture_is_told(content: bytes, words: str, tmp_path: Path) -> None:
    assert words in seen(tmp_path, content).problem


@pytest.mark.parametrize("content", [jpeg(seed=5), encoded(noise(640, 480), progressive=True), png(seed=5)])
def test_pictures_cut_off_anywhere_are_told(content: bytes, tmp_path: Path) -> None:
    whole = [size for size in range(0, len(content) - 20, 997) if not seen(tmp_path, content[:size]).problem]
    assert not whole


def test_only_suspects_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", refuse)
    for content in (jpeg(), png(), jpeg() + b"more", png() + b"more", jpeg() + jpeg()[:500], black_png(20_000)):
        assert not seen(tmp_path, content).problem
    assert "decoded" in seen(tmp_path, jpeg()[:-500]).problem


def test_large_true_pictures_are_read_though_pillow_refuses_them(tmp_path: Path) -> None:
    content = black_png(20_000)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(content))
    header = seen(tmp_path, content)
    assert (header.width, header.height, header.problem) == (20_000, 20_000, "")


def test_bombs_are_never_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda *_: pytest.fail("decoded"))
    bomb = declared_png(40_000, 30_000, bytes(2_000_000))
    assert "not decoded" in seen(tmp_path, bomb).problem
    assert looks(DiskFolder(tmp_path), "a.jpg") is None
    (tmp_path / "large.png").write_bytes(black_png(20_000))
    assert looks(DiskFolder(tmp_path), "large.png") is None


def test_files_of_formats_that_are_not_known_are_not_judged(tmp_path: Path) -> None:
    assert not seen(tmp_path, b"DICM", "a.dcm").problem
    assert not seen(tmp_path, b"\0\0\0\x18ftypheic", "a.heic").problem
    assert seen(tmp_path, b"\0\0\0\x18ftypheic", "a.JPG").problem


def test_whatever_opening_raises_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(error: Exception) -> None:
        def open_(*_: object) -> None:
            raise error

        monkeypatch.setattr(DiskFolder, "open", open_)

    (tmp_path / "a.jpg").write_bytes(jpeg())
    raising(PermissionError(13, "Permission denied"))
    assert look(DiskFolder(tmp_path), "a.jpg").problem == "cannot be read: Permission denied"
    raising(MemoryError())
    assert "damaged" in look(DiskFolder(tmp_path), "a.jpg").problem


def test_a_folder_called_like_a_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    header = look(DiskFolder(tmp_path), "a.jpg")
    assert (header.there, header.problem) == (True, "a folder, not a file")


def test_random_bytes_bring_no_crash(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    starts = [mark for mark, _ in headers._READERS] + [b""]
    for number in range(300):
        start = starts[number % len(starts)]
        assert seen(tmp_path, start + random.bytes(int(random.integers(0, 3000)))).there


def test_damage_anywhere_brings_no_crash(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for content in (jpeg(64, 48, orientation=6), png(64, 48), encoded(noise(64, 48), "TIFF"), encoded(noise(64, 48), "WEBP")):
        for place in random.integers(0, min(len(content), 600), 60).tolist():
            damaged = bytearray(content)
            damaged[place] ^= 0xFF
            assert seen(tmp_path, bytes(damaged)).there


def test_looks_are_alike_for_scaled_and_recompressed_pictures_only(tmp_path: Path) -> None:
    def bits(name: str, image: Image.Image, quality: int = 75) -> int:
        (tmp_path / name).write_bytes(encoded(image, quality=quality))
        found = looks(DiskFolder(tmp_path), name)
        assert found is not None
        return found

    first = bits("a.jpg", noise(640, 480, 1))
    assert (first ^ bits("b.jpg", noise(640, 480, 1), quality=20)).bit_count() <= 4
    assert (first ^ bits("c.jpg", noise(640, 480, 1).resize((320, 240)))).bit_count() <= 4
    assert all((first ^ bits("d.jpg", noise(640, 480, seed))).bit_count() > 10 for seed in range(2, 12))


LAYOUTS = {
    "Datumaro, CVAT": ("annotations/instances_train.json", "images/train/000001.jpg"),
    "one folder": ("annotations/instances_train.json", "images/000001.jpg"),
    "official": ("annotations/instances_train2017.json", "train2017/000001.jpg"),
    "mmdetection": ("annotations/instances_train2017.json", "train/000001.jpg"),
    "official test": ("annotations/image_info_test-dev2017.json", "test2017/000001.jpg"),
    "minival": ("annotations/instances_minival2014.json", "val2014/000001.jpg"),
    "Roboflow": ("train/_annotations.coco.json", "train/000001.jpg"),
    "FiftyOne": ("labels.json", "data/000001.jpg"),
    "beside": ("my.json", "000001.jpg"),
    "Label Studio": ("result.json", "images/000001.jpg"),
    "Kaggle": ("train.json", "train_images/000001.jpg"),
    "valid": ("annotations/instances_val.json", "images/valid/000001.jpg"),
    "subset, then images": ("annotations/instances_train.json", "train/images/000001.jpg"),
    "pictures beside annotations": ("annotations/instances_train.json", "annotations/000001.jpg"),
    "SuperAnnotate": ("coco.json", "image_set/000001.jpg"),
    "another name for annotations": ("Annotations/instances_train.json", "JPEGImages/000001.jpg"),
    "as official archives unpack": ("annotations_trainval2017/instances_val2017.json", "val2017/000001.jpg"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("is_packed", [False, True])
def test_the_pictures_of_usual_layouts_are_found(layout: str, is_packed: bool, tmp_path: Path) -> None:
    json_path, picture = LAYOUTS[layout]
    path = data_set(tmp_path / "set", json_path, picture)
    if is_packed:
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            for name in (json_path, picture):
                archive.write(tmp_path / "set" / name, name)
        path = tmp_path / "set.zip"
    (file,) = discover.find([str(path)])
    root = image_root.find(file, open_document(file).images.file_name, None)
    assert root
    assert Path(root.folder.display).name == Path(picture).parent.name or picture.count("/") == 0
    assert root.folder.size_of("000001.jpg")


def test_the_folder_with_the_most_pictures_is_taken(tmp_path: Path) -> None:
    path = data_set(tmp_path, "instances_train.json", "images/train/000001.jpg", "images/000001.jpg", "images/000002.jpg")
    assert counts(report_on(path)) == {}


def test_the_folder_of_another_split_is_not_taken(tmp_path: Path) -> None:
    path = data_set(tmp_path, "annotations/instances_val.json", "images/train/000001.jpg", "train_images/000001.jpg")
    assert {skip.because.partition(":")[0] for skip in report_on(path).skips} == {"no image root"}


def test_folders_of_other_data_sets_are_not_taken(tmp_path: Path) -> None:
    path = data_set(tmp_path, "an_annotated_set/instances_train.json", "images/000001.jpg", "train/000001.jpg")
    assert {skip.because.partition(":")[0] for skip in report_on(path).skips} == {"no image root"}


def test_rules_on_pictures_are_skipped_where_there_are_none_or_none_shall_be_looked_at(tmp_path: Path) -> None:
    path = data_set(tmp_path, "instances_train.json")
    report = report_on(path)
    assert {skip.code for skip in report.skips} == set(PICTURES)
    assert not report.groups
    data_set(tmp_path, "instances_train.json", "000001.jpg")
    assert counts(report_on(path)) == {"image-file-missing": 1}
    assert {skip.because for skip in report_on(path, no_images=True).skips} == {"--no-images"}


def test_a_told_root_is_taken_whatever_it_holds(tmp_path: Path) -> None:
    path = data_set(tmp_path, "instances_train.json", "000001.jpg", "000002.jpg")
    (tmp_path / "empty").mkdir()
    report = report_on(path, images_root=tmp_path / "empty")
    assert counts(report) == {"image-file-missing": 1}
    assert "--images-root" in report.groups[0].hint
    assert counts(report_on(path, images_root=tmp_path)) == {}


def test_a_told_root_may_hold_a_folder_for_each_subset(tmp_path: Path) -> None:
    path = data_set(tmp_path, "json/instances_train.json", "pics/train/000001.jpg", "pics/train/000002.jpg")
    assert counts(report_on(path, images_root=tmp_path / "pics")) == {}


def test_a_told_root_may_be_an_archive(tmp_path: Path) -> None:
    path = data_set(tmp_path, "instances_train.json")
    with zipfile.ZipFile(tmp_path / "train.zip", "w") as archive:
        archive.writestr("train/000001.jpg", jpeg(seed=1))
        archive.writestr("train/000002.jpg", jpeg(320, 240, 2))
    assert counts(report_on(path, images_root=tmp_path / "train.zip")) == {"image-size-mismatch": 1}


@pytest.mark.parametrize("name", ["nowhere", "instances_train.json"])
def test_a_told_root_that_is_none_ends_the_run(name: str, tmp_path: Path) -> None:
    path = data_set(tmp_path, "instances_train.json", "000001.jpg")
    with pytest.raises(PathError, match="--images-root"):
        report_on(path, images_root=tmp_path / name)


def test_names_that_lead_out_are_left_to_their_rules(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    path = data_set(tmp_path / "set", "instances_train.json", "000001.jpg", names=("000001.jpg", "../secret.jpg"))
    assert counts(report_on(path)) == {}


def test_a_link_is_followed(tmp_path: Path) -> None:
    path = data_set(tmp_path / "set", "instances_train.json", "000001.jpg")
    (tmp_path / "store.txt").write_bytes(b"no picture")
    (tmp_path / "set" / "000002.jpg").symlink_to(tmp_path / "store.txt")
    (group,) = report_on(path).groups
    assert (group.name, group.severity) == ("image-file-unreadable", Severity.ERROR)


def test_a_broken_link_is_a_missing_picture(tmp_path: Path) -> None:
    path = data_set(tmp_path, "instances_train.json", "000001.jpg")
    (tmp_path / "000002.jpg").symlink_to("nowhere.jpg")
    assert counts(report_on(path)) == {"image-file-missing": 1}


def test_braces_in_names_are_no_formats(tmp_path: Path) -> None:
    files = ("{x}/{0}.jpg", "{x}/{y}.jpg", "{x}/{}.jpg")
    path = data_set(tmp_path / "{set}", "instances_train.json", *files, names=("{x}/{0}.jpg", "{x}/missing{.jpg"))
    report = report_on(path)
    assert counts(report) == {"image-file-missing": 1, "image-file-unreferenced": 1}
    assert not report.crashes
    assert all(report.occurrences(group, None) for group in report.groups)


class Steps:
    """Counts what is told of the progress."""

    def __init__(self) -> None:
        self.started: list[tuple[int, str]] = []
        self.done = 0

    def start(self, file: str, size: int, unit: str = "") -> None:  # noqa: ARG002
        self.started.append((size, unit))

    def advance(self, size: int) -> None:
        self.done += size


@pytest.mark.parametrize("is_packed", [False, True])
def test_several_processes_find_the_same(is_packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PARALLEL", 1)
    monkeypatch.setattr(files, "_CHUNK", 3)
    data = sound("instances")
    data["images"] = [{"id": i, "width": 64, "height": 48, "file_name": f"{i}.jpg"} for i in range(20)]
    (tmp_path / "instances_train.json").write_text(json.dumps(data))
    for number in range(1, 20):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(64 + number, 48, number, number % 9) if number % 7 else b"")
    path = tmp_path / "instances_train.json"
    if is_packed:
        with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for inner in [path, *tmp_path.glob("*.jpg")]:
                archive.write(inner, inner.name)
        path = tmp_path / "set.zip"
    (file,) = discover.find([str(path)])
    images = open_document(file).images
    root = image_root.find(file, images.file_name, None)
    assert root
    found = []
    for jobs in (1, 2):
        steps = Steps()
        looked = Pictures(root, images, jobs, steps)
        found.append((looked._headers, looked.digests(np.arange(1, 20)), looked.looks))
        assert steps.started[0] == (20, "pictures")
        assert steps.done == sum(size for size, _ in steps.started)
    assert found[0] == found[1]
    assert sum(header.there for header in found[0][0]) == 19
