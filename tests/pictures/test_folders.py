"""Folders on disk and in archives: what is in them is found, what is outside is never opened."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from cocolint.pictures.folders import DiskFolder, Folder, ZipFolder
from cocolint.read.archive import Unreadable, archive_at

FILES = {"a.jpg": b"1", "below/b.jpg": b"22", "below/deeper/c.jpg": b"333"}
ESCAPES = (
    "../secret.txt", "below/../../secret.txt", "below/../a.jpg", "..", "..\\secret.txt", "/etc/passwd", "\\etc\\passwd",
    "C:/secret.txt", "C:secret.txt",
)  # fmt: skip
ODD = ("", ".", "\0", "a.jpg\0", "a" * 5000, "a/" * 5000, "below", "\ud800.jpg", "a.jpg/b.jpg", "~/a.jpg", "%2e%2e/a.jpg")


@pytest.fixture(params=["disk", "zip"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    (tmp_path / "secret.txt").write_bytes(b"secret")
    if request.param == "disk":
        for name, content in FILES.items():
            (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "images" / name).write_bytes(content)
        return DiskFolder(tmp_path / "images", "images")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("secret.txt", b"secret")
        for name, content in FILES.items():
            archive.writestr(f"images/{name}", content)
    return ZipFolder(archive_at(tmp_path / "a.zip"), "images", "a.zip/images")


def test_files_are_found_and_opened(folder: Folder) -> None:
    assert sorted(folder.names()) == sorted(FILES)
    for name, content in FILES.items():
        assert folder.size_of(name) == len(content)
        with folder.open(name) as stream:
            assert stream.read() == content


@pytest.mark.parametrize("name", ["below\\b.jpg", "./below/b.jpg", "below//b.jpg", "below/./b.jpg"])
def test_other_spellings_of_a_name_are_found(folder: Folder, name: str) -> None:
    assert folder.size_of(name) == 2


@pytest.mark.parametrize("name", ["c.jpg", "below/a.jpg", "A.JPG"])
def test_what_is_not_there_is_not_found(folder: Folder, name: str) -> None:
    assert folder.size_of(name) is None
    with pytest.raises(FileNotFoundError):
        folder.open(name)


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_leads_out(folder: Folder, name: str) -> None:
    assert folder.size_of(name) is None
    with pytest.raises(FileNotFoundError):
        folder.open(name)


@pytest.mark.parametrize("name", ODD)
def test_odd_names_open_nothing(folder: Folder, name: str) -> None:
    with pytest.raises(OSError):
        folder.open(name)


def test_folders_below_have_the_same_files(folder: Folder) -> None:
    assert folder.folders() == ["below"]
    below = folder.below("below")
    assert below.display.endswith("images/below")
    assert sorted(below.names()) == ["b.jpg", "deeper/c.jpg"]
    assert below.size_of("deeper/c.jpg") == 3
    assert below.size_of("../a.jpg") is None
    assert list(folder.below("nowhere").names()) == folder.below("nowhere").folders() == []


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.jpg").write_bytes(b"1")
    (tmp_path / "link").symlink_to("real")
    assert DiskFolder(tmp_path / "link").size_of("a.jpg") == 1


def test_links_within_the_folder_are_followed(tmp_path: Path) -> None:
    inside = tmp_path / "images"
    (inside / "below").mkdir(parents=True)
    (inside / "below" / "a.jpg").write_bytes(b"1")
    (inside / "link.jpg").symlink_to("below/a.jpg")
    (inside / "folder").symlink_to("below")
    folder = DiskFolder(inside)
    assert folder.size_of("link.jpg") == folder.size_of("folder/a.jpg") == 1


def test_links_are_followed(tmp_path: Path) -> None:
    inside = tmp_path / "images"
    inside.mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.jpg").write_bytes(b"picture")
    (inside / "a.jpg").symlink_to(tmp_path / "store" / "a.jpg")
    (inside / "folder").symlink_to(tmp_path / "store")
    folder = DiskFolder(inside)
    for name in ("a.jpg", "folder/a.jpg"):
        assert folder.size_of(name) == 7
        with folder.open(name) as stream:
            assert stream.read() == b"picture"


def test_broken_links_and_loops_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "round").symlink_to("round")
    folder = DiskFolder(tmp_path)
    assert folder.size_of("broken.jpg") is None
    assert folder.size_of("round/a.jpg") is None
    assert folder.size_of("loop.jpg") is None


def test_folders_and_pipes_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    os.mkfifo(tmp_path / "b.jpg")
    folder = DiskFolder(tmp_path)
    for name, words in (("a.jpg", "a folder"), ("b.jpg", "regular")):
        with pytest.raises(Unreadable, match=words):
            folder.open(name)
