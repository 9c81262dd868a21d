"""Annotation files and pictures in zip archives: read in place, and nothing of a hostile one is ever unpacked."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cocolint import app, discover
from cocolint.config import Settings
from cocolint.model import Status
from cocolint.read import archive
from cocolint.reported import ExitCode, Report
from tests.support.cases import sound
from tests.support.photos import jpeg

SOUND = json.dumps(sound("instances")).encode()
NAME = "annotations/instances_train.json"
COCO = {NAME: SOUND, "images/train/000001.jpg": jpeg(seed=1), "images/train/000002.jpg": jpeg(seed=2)}
LINK = 0o120777 << 16


def packed(folder: Path, files: Mapping[str, bytes], name: str = "set.zip", how: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", how) as target:
        for inner, content in files.items():
            target.writestr(inner, content)
    return path


def report_on(*paths: Path, **settings: object) -> Report:
    return app.check([str(path) for path in paths], Settings(jobs=1, **settings))  # type: ignore[arg-type]


def refusal(path: Path) -> str:
    """Return why an archive is unreadable; that is all which is said of it, and the run fails."""
    report = report_on(path)
    assert report.exit_code is ExitCode.FINDINGS
    (result,) = report.files
    assert result.status is Status.UNREADABLE
    ((group, (occurrence,)),) = [(group, report.occurrences(group, None)) for group in report.groups]
    assert group.name == "archive-unreadable"
    return occurrence.message


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let temporary files lie in a folder of their own, and look that all of them have no name of the archive's."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert all(name.startswith("cocolint-") for name in os.listdir(folder))


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_data_set_in_an_archive_is_checked_with_its_pictures(how: int, tmp_path: Path) -> None:
    report = report_on(packed(tmp_path, COCO, how=how))
    assert report.exit_code is ExitCode.OK
    (result,) = report.files
    assert result.path.endswith("set.zip/annotations/instances_train.json")
    assert (result.task, result.subset, result.layout, result.bytes) == ("instances", "train", "coco", len(SOUND))
    assert "image-file-missing" not in {skip.name for skip in report.skips}


def test_findings_in_an_archive_have_their_place(tmp_path: Path) -> None:
    data = sound("instances")
    data["annotations"][1]["id"] = 0
    text = json.dumps(data, indent=1)
    files = {**COCO, NAME: text.encode(), "images/train/000002.jpg": jpeg(320, 240)}
    report = report_on(packed(tmp_path, files))
    found = {group.name: report.occurrences(group, None)[0] for group in report.groups}
    assert found.keys() == {"annotation-id-zero", "image-size-mismatch"}
    line = found["annotation-id-zero"].line
    assert text.splitlines()[line - 1].strip() == '"id": 0,'


@pytest.mark.parametrize(
    "files",
    [
        {"train/_annotations.coco.json": SOUND, "train/000001.jpg": jpeg(), "train/000002.jpg": jpeg(seed=1)},
        {"_annotations.coco.json": SOUND, "000001.jpg": jpeg(), "000002.jpg": jpeg(seed=1)},
        {f"export/{name}": content for name, content in COCO.items()},
        {name.replace("/", "\\"): content for name, content in COCO.items()},
        {**COCO, "README.md": b"", "package.json": b"{}", "__MACOSX/annotations/._instances_train.json": b"\0"},
        {f"{NAME}.gz": gzip.compress(SOUND), "images/000001.jpg": jpeg(), "images/000002.jpg": jpeg(seed=1)},
        {**COCO, "annotations/panoptic.zip": b"PK\x03\x04"},
    ],
)
def test_usual_archives_are_read(files: Mapping[str, bytes], tmp_path: Path) -> None:
    report = report_on(packed(tmp_path, files), select=("I", "F"))
    assert (report.exit_code, len(report.files), report.groups) == (ExitCode.OK, 1, [])
    assert not report.skips


def test_archives_are_read_where_they_are_named_and_not_searched_for(tmp_path: Path) -> None:
    path = packed(tmp_path, COCO, "SET.ZIP")
    (tmp_path / "instances_val.json").write_bytes(SOUND)
    assert len(discover.find([str(tmp_path)])) == 1
    assert len(discover.find([str(tmp_path / "*.ZIP")])) == 1
    assert len(discover.find([str(path), str(path), str(tmp_path)])) == 2
    assert discover.find([str(path)], exclude=["instances_*"]) == []


def test_files_of_one_archive_are_one_data_set(tmp_path: Path) -> None:
    path = packed(tmp_path, {**COCO, "annotations/captions_train.json": json.dumps(sound("captions")).encode()})
    first, second = discover.find([str(path)])
    assert first.root == second.root == path


def test_what_is_not_coco_in_an_archive_is_passed_over(tmp_path: Path) -> None:
    report = report_on(packed(tmp_path, {"a.json": b"{}", "b.json": b"[1]", "c.json": b"nothing"}))
    assert (report.files, report.not_coco, report.exit_code) == ([], 3, ExitCode.UNUSABLE)


@pytest.mark.parametrize("content", [b"", b'{"images": [', b"<html>", SOUND[:-50], b"\xff\xfe", SOUND + b"}", b"[1]", b"3"])
def test_a_broken_annotation_file_in_an_archive_is_told(content: bytes, tmp_path: Path) -> None:
    report = report_on(packed(tmp_path, {**COCO, NAME: content}))
    assert [result.status for result in report.files] == [Status.UNREADABLE]
    assert all(len(report.occurrences(group, None)) == 1 for group in report.groups)
    assert report.exit_code is ExitCode.FINDINGS


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_archive_is_told(share: float, tmp_path: Path) -> None:
    path = packed(tmp_path, COCO)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "cut off" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04" + bytes(99), b"hello", SOUND])
def test_what_is_no_archive_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    assert "no sound zip archive" in refusal(path)


def test_an_archive_without_annotations_is_told(tmp_path: Path) -> None:
    assert refusal(packed(tmp_path, {})) == "no JSON in it"
    assert refusal(packed(tmp_path, {"a.jpg": jpeg()})) == "no JSON in it"
    assert "inner.zip" in refusal(packed(tmp_path, {"inner.zip": b"PK", "a.jpg": jpeg()}))


@pytest.mark.parametrize("name", ["../a.json", "a/../../b.jpg", "/etc/a", "C:/a.jpg", "..\\a.json", "\\\\host\\a", "a/.."])
def test_an_archive_whose_entries_lead_out_is_refused(name: str, tmp_path: Path) -> None:
    path = packed(tmp_path, {**COCO, name: SOUND})
    assert "leads out" in refusal(path)
    assert os.listdir(tmp_path) == ["set.zip"]


def encrypted(path: Path, name: str) -> Path:
    """Set the flag of encryption at an entry, in its header and in the directory."""
    data = bytearray(path.read_bytes())
    place = -1
    for mark, flags, start in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        while (place := data.find(mark, place + 1)) >= 0:
            if data[place + start :].startswith(name.encode()):
                data[place + flags] |= 1
                break
    path.write_bytes(data)
    return path


def test_encrypted_entries_are_told(tmp_path: Path) -> None:
    assert "encrypted" in refusal(encrypted(packed(tmp_path, COCO), NAME))
    report = report_on(encrypted(packed(tmp_path, COCO, "b.zip"), "images/train/000002.jpg"))
    assert {group.name: group.count for group in report.groups} == {"image-file-unreadable": 1}


def test_damaged_entries_are_told(tmp_path: Path) -> None:
    for name in (NAME, "images/train/000002.jpg"):
        path = packed(tmp_path, COCO)
        data = bytearray(path.read_bytes())
        place = data.index(name.encode()) + len(name) + 50
        data[place : place + 200] = bytes(200)
        path.write_bytes(data)
        if name == NAME:
            assert "damaged" in refusal(path)
        else:
            assert {group.name for group in report_on(path).groups} == {"image-file-unreadable"}


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nothing_is_left_behind: Path) -> None:
    monkeypatch.setattr(archive, "HARMLESS", 100_000)
    bomb = SOUND[:-1] + b" " * 10_000_000 + b"}"
    assert "unpacks to 10," in refusal(packed(tmp_path, {**COCO, NAME: bomb}))
    assert all((nothing_is_left_behind / name).stat().st_size == 0 for name in os.listdir(nothing_is_left_behind))
    report = report_on(packed(tmp_path, {**COCO, "images/train/000002.jpg": bytes(10_000_000)}, "b.zip"))
    assert {group.name for group in report.groups} == {"image-file-unreadable"}


def test_many_small_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "HARMLESS", 100_000)
    files = {f"annotations/instances_{number}.json": b"{}" + b" " * 90_000 for number in range(20)}
    assert "the JSON in it" in refusal(packed(tmp_path, files))


def test_an_entry_that_holds_more_than_it_declares_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path, COCO, how=zipfile.ZIP_STORED)
    data = path.read_bytes().replace(struct.pack("<II", len(SOUND), len(SOUND)), struct.pack("<II", len(SOUND), 10))
    path.write_bytes(data)
    assert "damaged" in refusal(path)


def test_links_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as target:
        for name, content in COCO.items():
            link = zipfile.ZipInfo(name)
            if name.endswith("2.jpg"):
                link.external_attr, content = LINK, b"/etc/passwd"
            target.writestr(link, content)
    (group,) = report_on(path).groups
    assert group.name == "image-file-unreadable"


def test_entries_of_equal_names_bring_no_crash(tmp_path: Path) -> None:
    path = packed(tmp_path, COCO)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as target:
        target.writestr(NAME, SOUND)
    assert len(report_on(path).files) == 1


def test_an_archive_that_may_not_be_read_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = packed(tmp_path, COCO)
    monkeypatch.setattr(archive, "_opened", refuse)
    report = report_on(path)
    assert report.exit_code is ExitCode.UNUSABLE
    assert "Permission denied" in report.files[0].note


def test_a_changed_archive_is_read_anew(tmp_path: Path) -> None:
    path = packed(tmp_path, COCO)
    assert report_on(path).exit_code is ExitCode.OK
    packed(tmp_path, {**COCO, NAME: SOUND[:-9]})
    assert report_on(path).exit_code is ExitCode.FINDINGS


def test_a_zip_under_a_json_name_is_told_as_before(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr(NAME, SOUND)
    (tmp_path / "instances_train.json").write_bytes(buffer.getvalue())
    (group,) = report_on(tmp_path / "instances_train.json").groups
    assert group.name == "file-compressed-or-html"


def test_ground_truth_may_lie_in_an_archive(tmp_path: Path) -> None:
    path = packed(tmp_path, COCO)
    results = tmp_path / "instances_train_results.json"
    results.write_text(json.dumps(sound("results_bbox")))
    assert report_on(results, ground_truth=path).exit_code is ExitCode.OK
