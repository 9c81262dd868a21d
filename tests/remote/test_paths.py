"""What may stand for a path: URLs of any storage, and lists of paths; and what is refused."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cocolint
from cocolint import app, discover
from cocolint.failure import ConfigError, Failure, PathError
from cocolint.model import Mending
from cocolint.read import remote
from cocolint.read.remote import Remote, RemoteError
from cocolint.reported import ExitCode
from tests.remote.tools import AROUND, AtFirstSlice, checked, locally, put, settings, small_slices
from tests.support.cases import sound

pytestmark = pytest.mark.remote
TRAIN = "annotations/instances_train.json"


@pytest.fixture
def memory() -> Iterator[Any]:
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    yield store
    store.store.clear()
    store.pseudo_dirs[:] = [""]


def test_any_storage_of_fsspec_is_read(memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "set")
    memory.put(f"{folder}/annotations", "/set/annotations", recursive=True)
    small_slices(monkeypatch)
    assert checked("memory://set/annotations", "memory://set/") == locally(folder)


def test_a_file_that_changes(memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (put(tmp_path / "set") / TRAIN).read_bytes()
    memory.pipe_file("/instances_train.json", text)
    small_slices(monkeypatch)
    progress = AtFirstSlice(lambda: memory.pipe_file("/instances_train.json", text))
    report = app.check(["memory://instances_train.json"], settings(), progress)
    assert report.exit_code is ExitCode.UNUSABLE
    assert "it changed while it was read" in report.files[0].note


def test_a_folder_is_searched_as_on_disk(memory: Any, tmp_path: Path) -> None:
    names = ["a.json", "b/c.json.gz", ".d/e.json", "__MACOSX/f.json", "g.txt", "b/.h.json", "old/i.json", "b/old.json"]
    for name in names:
        memory.pipe_file(f"/set/{name}", b"{}")
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    for exclude in ([], ["old"], ["old*"], ["b/*"], ["*/c.json.gz"]):
        found = discover.find(["memory://set"], exclude, may_be_remote=True)
        there = discover.find([str(tmp_path / "set")], exclude)
        assert [one.display.removeprefix("memory://set/") for one in found] == [
            one.path.relative_to(tmp_path / "set").as_posix() for one in there
        ]


def test_what_looks_around_a_file_is_skipped(memory: Any) -> None:
    memory.pipe_file("/annotations/instances_train.json", json.dumps(sound("instances")).encode())
    report = cocolint.check("memory://annotations/instances_train.json", select=("ALL",))
    because = {skip.name: skip.because for skip in report.skips}
    assert {because[name] for name in AROUND if name in because} == {"the file is not on this machine"}
    expected = "the file is not on this machine: name the folder of its pictures with --images-root"
    assert because["image-file-missing"] == expected


def test_pictures_may_lie_on_this_machine(memory: Any, tmp_path: Path) -> None:
    (tmp_path / "000001.jpg").write_bytes(b"")
    memory.pipe_file("/instances_train.json", json.dumps(sound("instances")).encode())
    report = cocolint.check("memory://instances_train.json", select=("image-file-missing",), images_root=tmp_path)
    assert [(group.name, group.count) for group in report.groups] == [("image-file-missing", 1)]


def test_files_of_one_data_set_are_compared(memory: Any) -> None:
    data = sound("instances")
    other = copy.deepcopy(data)
    other["categories"][0]["name"] = "something else"
    for subset, content in (("train", data), ("val", other)):
        memory.pipe_file(f"/set/annotations/instances_{subset}.json", json.dumps(content).encode())
    report = cocolint.check("memory://set", select=("ALL",))
    assert "categories-inconsistent-across-files" in {group.name for group in report.groups}


@pytest.mark.parametrize("mending", [Mending.DONE, Mending.SHOWN])
@pytest.mark.parametrize("out", [None, Path("out")])
def test_nothing_is_mended_that_is_not_on_this_machine(memory: Any, mending: Mending, out: Path | None) -> None:
    memory.pipe_file("/instances_train.json", b"{}")
    with pytest.raises(PathError, match="download it first"):
        app.check(["memory://instances_train.json"], settings(mending=mending, out=out))
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://missing.json", "there is no such file"),
        ("memory://set.zip", "archives are only read from a disk"),
        ("memory://empty/", "there is no such folder"),
        ("zip://a.json::memory://set.zip", "a URL in another one"),
        ("nonsense://a.json", "Protocol not known"),
    ],
)
def test_what_is_refused(memory: Any, url: str, message: str) -> None:
    memory.pipe_file("/set.zip", b"")
    with pytest.raises(PathError, match=message):
        app.check([url], settings())


@pytest.mark.parametrize("command", ["stats", "export", "show", "diff"])
def test_other_commands_read_from_the_disk_only(command: str) -> None:
    url = "memory://instances_train.json"
    arguments = {"export": [url, "out"], "diff": [url, url], "show": [url, "--id=1"]}.get(command, [url])
    done = subprocess.run([sys.executable, "-m", "cocolint", command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("cocolint: ")
    assert "Traceback" not in done.stderr


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ConfigError, match=r"needs fsspec: pip install \"cocolint\[remote\]\""):
        app.check(["s3://bucket/a.json"], settings())


def test_a_missing_package_of_one_storage_is_named() -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(ConfigError, match="a package that is not there"):
        app.check(["gs://bucket/a.json"], settings())


def test_nothing_of_it_is_imported_for_files_on_disk(tmp_path: Path) -> None:
    (tmp_path / "instances_train.json").write_text(json.dumps(sound("instances")))
    code = (
        "import sys, cocolint; cocolint.check('instances_train.json');"
        "assert not {'fsspec', 'aiohttp', 'distributed', 'multiprocessing', 'concurrent'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_an_error_survives_the_way_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(RemoteError("s3://a/b.json", "it changed")))
    assert (str(error), error.strerror) == ("'s3://a/b.json': it changed", "it changed")
    assert isinstance(error, Failure)
    assert isinstance(error, OSError)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@host/a.json?key=secret#secret", "https://user@host/a.json"),
        ("s3://bucket/a?b#c.json", "s3://bucket/a?b#c.json"),
        ("abfs://container@account/a.json", "abfs://container@account/a.json"),
        ("ftp://user:secret@host/a.json", "ftp://user@host/a.json"),
    ],
)
def test_secrets_are_not_shown(url: str, shown: str) -> None:
    assert remote.shown(url) == Remote(url).display == shown


@pytest.mark.parametrize(
    ("content", "paths"),
    [
        (b"a.json\nb c.json\n", ["a.json", "b c.json"]),
        (b"a.json\r\n\r\n  \nb.json", ["a.json", "b.json"]),
        (b"a.json\0b\nc.json\0", ["a.json", "b\nc.json"]),
        (b"", []),
    ],
)
def test_a_list_of_paths(tmp_path: Path, content: bytes, paths: list[str]) -> None:
    (tmp_path / "list").write_bytes(content)
    assert discover.listed(str(tmp_path / "list")) == paths


def command(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-m", "cocolint", "check", "--no-images", "-q", *arguments]
    return subprocess.run(words, cwd=folder, input=given, capture_output=True, check=False)


def test_paths_from_a_list_stand_beside_others(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"instances_{name}.json").write_text(json.dumps(sound("instances") | {"annotations": 1}))
    done = command(tmp_path, "instances_a.json", "--paths-from", "-", given=b"instances_c.json\n")
    assert done.returncode == 1
    assert b"instances_a.json" in done.stdout
    assert b"instances_c.json" in done.stdout
    assert b"instances_b.json" not in done.stdout


def test_an_empty_list_is_no_list_of_everything(tmp_path: Path) -> None:
    (tmp_path / "instances_a.json").write_text("1")
    done = command(tmp_path, "--paths-from", "-")
    assert done.returncode == 2
    assert b"instances_a" not in done.stdout


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    done = command(tmp_path, "--paths-from", "missing")
    assert (done.returncode, done.stderr) == (2, b"cocolint: --paths-from missing: No such file or directory\n")
