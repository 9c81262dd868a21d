"""Writing mended files: whatever happens, a file is the old one or the new one."""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.failure import PathError
from cocolint.mend import targets
from cocolint.model import Mending, Status
from cocolint.reported import Report
from tests.support.cases import crowded, sound

KILLS = 200


def faulty(count: int = 8, **style: Any) -> bytes:
    """Return a file whose annotations all lack `iscrowd`."""
    data = crowded(count)
    for annotation in data["annotations"]:
        del annotation["iscrowd"]
    return json.dumps(data, **style).encode()


def mend(*paths: Path, **settings: Any) -> Report:
    defaults: dict[str, Any] = {"mending": Mending.DONE, "jobs": 1}
    return app.check([str(path) for path in paths], Settings(**defaults | settings))


def content(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_only_the_mended_bytes_change(tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    text = faulty(indent=1).replace(b"\n", b"\r\n")
    path.write_bytes(text)
    mend(path)
    done = path.read_bytes()
    assert done.count(b',\r\n   "iscrowd": 0') == 8
    assert done.replace(b',\r\n   "iscrowd": 0', b"") == text
    assert content(tmp_path) == ["instances_train.json"]


def test_a_link_that_leads_nowhere_does_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    path.write_bytes(faulty())
    (tmp_path / "instances_val.json").symlink_to("nowhere.json")
    report = app.check([str(tmp_path)], Settings(mending=Mending.DONE))
    assert [one.path for one in report.mended] == [str(path)]
    assert [file.status for file in report.files] == [Status.PASSED, Status.UNREADABLE]


def test_a_sound_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(sound("instances")))
    before = path.stat()
    report = mend(path)
    assert not report.written
    assert path.stat().st_ino == before.st_ino


def test_mode_stays_and_links_are_followed(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_bytes(faulty())
    real.chmod(0o640)
    link = tmp_path / "instances_train.json"
    link.symlink_to(real)
    mend(link)
    assert link.is_symlink()
    assert b"iscrowd" in real.read_bytes()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_file_that_changed_in_between_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "instances_train.json"
    path.write_bytes(faulty())
    commit = targets.Targets.commit

    def change_first(*args: Any) -> Any:
        path.write_bytes(b"{}")
        return commit(*args)

    monkeypatch.setattr(targets.Targets, "commit", change_first)
    with pytest.raises(PathError, match="changed while it was mended"):
        mend(path)
    assert path.read_bytes() == b"{}"
    assert content(tmp_path) == ["instances_train.json"]


def test_copies(tmp_path: Path) -> None:
    source = tmp_path / "set"
    (source / "annotations").mkdir(parents=True)
    (source / "annotations" / "instances_train.json").write_bytes(faulty())
    (source / "annotations" / "captions_train.json").write_text(json.dumps(sound("captions")))
    with gzip.open(source / "annotations" / "instances_val.json.gz", "wb") as stream:
        stream.write(faulty())
    before = {name: (source / name).read_bytes() for name in content(source)}
    mend(source, out=tmp_path / "out")
    assert {name: (source / name).read_bytes() for name in content(source)} == before
    names = ["annotations/captions_train.json", "annotations/instances_train.json", "annotations/instances_val.json"]
    assert content(tmp_path / "out") == names
    assert json.loads((tmp_path / "out" / names[2]).read_bytes()) == json.loads((tmp_path / "out" / names[1]).read_bytes())
    assert (tmp_path / "out" / names[0]).read_bytes() == before[names[0]]


def test_archives_and_compressed_files_are_left_alone(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("annotations/instances_train.json", faulty())
    packed = tmp_path / "instances_val.json.gz"
    packed.write_bytes(gzip.compress(faulty()))
    before = {name: (tmp_path / name).read_bytes() for name in content(tmp_path)}
    report = mend(tmp_path / "set.zip", packed)
    assert {name: (tmp_path / name).read_bytes() for name in content(tmp_path)} == before
    assert [because.partition(":")[0] for _, because in report.not_mended] == ["it is in an archive", "it is compressed"]
    mend(tmp_path / "set.zip", packed, out=tmp_path / "out")
    assert content(tmp_path / "out") == ["annotations/instances_train.json", "instances_val.json"]
    assert b"iscrowd" in (tmp_path / "out" / "annotations" / "instances_train.json").read_bytes()


def test_a_file_that_cannot_be_parsed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    path.write_bytes(faulty()[:-5])
    report = mend(path)
    assert report.groups[0].name == "json-truncated"
    assert path.read_bytes() == faulty()[:-5]
    assert content(tmp_path) == ["instances_train.json"]


@pytest.mark.parametrize(
    ("paths", "out", "message"),
    [
        (["a/x.json", "a/../a/x.json"], None, "are the same file"),
        (["a/x.json", "b/x.json"], "out", "would both be written"),
        (["a"], "a/out", "is inside of what is mended"),
        (["a/x.json"], "a", "is inside of what is mended"),
        (["a/x.json"], "a/x.json", "is not a folder"),
    ],
)
def test_targets_that_cannot_be(tmp_path: Path, paths: list[str], out: str | None, message: str) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.json").write_bytes(faulty())
    before = content(tmp_path)
    with pytest.raises(PathError, match=message):
        mend(*(tmp_path / path for path in paths), out=tmp_path / out if out else None)
    assert content(tmp_path) == before
    assert all((tmp_path / name).read_bytes() == faulty() for name in before)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    path.write_bytes(faulty())
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PathError, match="cannot write"):
            mend(path)
    finally:
        tmp_path.chmod(0o700)
    assert path.read_bytes() == faulty()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "instances_train.json"
    path.write_bytes(faulty(700))
    assert 130_000 < path.stat().st_size < 250_000
    with pytest.raises(PathError, match="No space left"):
        mend(path)
    assert path.read_bytes() == faulty(700)
    assert content(small_disk) == ["instances_train.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and limits")
def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    path.write_bytes(faulty())

    def work() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            mend(path)
        except PathError:
            return 2
        return 0

    assert _in_child(work) == 2
    assert path.read_bytes() == faulty()
    assert content(tmp_path) == ["instances_train.json"]


def _in_child(work: Any) -> int:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_kills_at_any_moment_leave_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    old = faulty(200)
    path.write_bytes(old)
    begin = time.perf_counter()
    _kill(path, None)
    usual = time.perf_counter() - begin
    new = path.read_bytes()
    assert new != old
    chance = random.Random(1)
    seen: set[str] = set()
    for _ in range(KILLS):
        path.write_bytes(old)
        seen.add(_kill(path, chance.uniform(0, usual * 2)))
        found = path.read_bytes()
        assert found in (old, new)
        seen.add("new" if found == new else "old")
    assert seen == {"killed", "ended", "old", "new"}


def _kill(path: Path, after: float | None) -> str:
    """Mend in another process that is killed after so many seconds, if any; tell whether it had ended by then."""
    child = os.fork()
    if child == 0:
        try:
            mend(path)
        finally:
            os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return "killed" if os.WIFSIGNALED(status) else "ended"


def test_a_polite_signal_leaves_nothing_behind(tmp_path: Path) -> None:
    """The process is asked to end while the copy is checked again."""
    path = tmp_path / "instances_train.json"
    path.write_bytes(faulty())
    script = (
        "import os, signal, sys\n"
        "from cocolint import cli, run\n"
        "run.Run.again = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        f"sys.argv = ['cocolint', 'check', '--isolated', '--fix', {str(path)!r}]\n"
        "cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == 128 + signal.SIGTERM
    assert path.read_bytes() == faulty()
    assert content(tmp_path) == ["instances_train.json"]


def test_all_files_are_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "annotations" / f"instances_{subset}.json" for subset in ("test", "train", "val")]
    paths[0].parent.mkdir()
    for path in paths:
        path.write_bytes(faulty())
    replace = os.replace
    calls = []

    def fail_at_the_third(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 3:
            raise OSError(30, "Read-only file system", str(source), None, str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_at_the_third)
    with pytest.raises(PathError, match="Read-only file system"):
        mend(*paths)
    assert [path.read_bytes() for path in paths] == [faulty()] * 3
    assert content(tmp_path) == [f"annotations/{path.name}" for path in paths]
