"""`--report FORMAT=FILE`: one run, several files, all of them whole or none touched."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cocolint.failure import ConfigError, PathError
from cocolint.report import Files, Style
from tests.report import parsers
from tests.support import reports
from tests.support.cases import put, sound
from tests.support.set_cases import sound_part


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which one stands, with a file in which an annotation id stands twice."""
    data = sound_part("instances", 1)
    put(data, "/annotations/1/id", data["annotations"][0]["id"])
    (tmp_path / "instances_val.json").write_text(json.dumps(data))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cocolint", "check", *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**os.environ, "COLUMNS": "120", "GITHUB_ACTIONS": "", "FORCE_COLOR": "1", **environment},
    )  # fmt: skip


def test_one_run_feeds_the_terminal_and_all_files(folder: Path) -> None:
    formats = ["sarif", "gitlab", "junit", "rdjson", "markdown", "json", "full"]
    options = [part for name in formats for part in ("--report", f"{name}=out/{name}.txt")]
    summary = folder / "summary.md"
    done = program(folder, *options, "--report", "github=out/github", GITHUB_STEP_SUMMARY=str(summary))
    assert (done.returncode, done.stderr) == (1, "")
    assert "annotation-id-duplicate" in done.stdout
    texts = {name: (folder / "out" / f"{name}.txt").read_text(encoding="utf-8") for name in formats}
    assert len(parsers.sarif(texts["sarif"])["results"]) == len(parsers.gitlab(texts["gitlab"])) == 1
    assert parsers.junit(texts["junit"]).failures == len(parsers.rdjson(texts["rdjson"])) == 1
    assert "annotation-id-duplicate" in parsers.markdown(texts["markdown"])
    assert json.loads(texts["json"])["summary"]["errors"] == 1
    assert "\x1b" not in texts["full"]
    assert not summary.exists(), "only what goes to standard output is a part of the job"
    assert sorted(path.name for path in folder.iterdir() if path.name[0] != ".") == ["instances_val.json", "out"]
    if os.name == "posix":
        assert stat.S_IMODE((folder / "out" / "sarif.txt").stat().st_mode) == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["sarif"], "--report sarif: say FORMAT=FILE"),
        (["sarif="], "say FORMAT=FILE"),
        (["xml=a.xml"], "no output format 'xml'; there are full, concise,"),
        (["json=a.json", "sarif=./a.json"], "two reports go to './a.json'"),
        (["json=instances_val.json/a.json"], "cannot write the report 'instances_val.json/a.json'"),
        (["json=."], "it is a folder"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_check(folder: Path, options: list[str], message: str) -> None:
    before = sorted(folder.iterdir())
    done = program(folder, *(part for option in options for part in ("--report", option)))
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_folder_that_is_read_only(folder: Path) -> None:
    (folder / "out").mkdir(mode=0o555)
    with pytest.raises(PathError, match="Permission denied"), Files(["json=out/a.json"], Style()):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_is_read_only(folder: Path) -> None:
    (folder / "a.json").touch(mode=0o444)
    with pytest.raises(PathError, match="it is read-only"), Files(["json=a.json"], Style()):
        pass


def test_the_old_report_stays_until_there_is_a_new_one(folder: Path) -> None:
    (folder / "a.json").write_text("old")
    (folder / "a.json").chmod(0o640)
    with pytest.raises(RuntimeError), Files(["json=a.json"], Style()):
        raise RuntimeError
    assert (folder / "a.json").read_text() == "old"
    with Files(["json=a.json"], Style()) as files:
        files.write(reports.clean())
    assert json.loads((folder / "a.json").read_text())["findings"] == []
    assert stat.S_IMODE((folder / "a.json").stat().st_mode) == 0o640
    assert sorted(path.name for path in folder.iterdir()) == ["a.json", "instances_val.json"]


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "link.json").symlink_to("real.json")
    with Files(["json=link.json"], Style()) as files:
        files.write(reports.clean())
    assert (folder / "link.json").is_symlink()
    assert (folder / "real.json").is_file()
    with pytest.raises(ConfigError, match="two reports"):
        Files(["json=link.json", "sarif=real.json"], Style())


def test_a_device_is_written_to_and_not_replaced() -> None:
    with Files(["json=/dev/null"], Style()) as files:
        files.write(reports.clean())
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_the_data_is_never_overwritten(folder: Path) -> None:
    before = (folder / "instances_val.json").read_bytes()
    done = program(folder, "--report", "json=instances_val.json")
    assert done.returncode == 2
    assert "would take the place of a file that was checked" in done.stderr
    assert "annotation-id-duplicate" in done.stdout
    assert (folder / "instances_val.json").read_bytes() == before


def test_a_disk_that_is_full_does_not_hide_the_findings(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    done = program(folder, "--report", "json=/dev/full")
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "annotation-id-duplicate" in done.stdout


def test_a_report_on_a_sound_file(folder: Path) -> None:
    (folder / "instances_val.json").write_text(json.dumps(sound("instances")))
    assert program(folder, "--report", "sarif=a.sarif", "--report", "junit=a.xml").returncode == 0
    assert parsers.sarif((folder / "a.sarif").read_text())["results"] == []
    assert parsers.junit((folder / "a.xml").read_text()).failures == 0


def test_as_many_changes_are_noted_as_any_report_shows() -> None:
    style = Style("full", max_examples=5, machine_examples=None)
    assert Files([], style).changes == 5
    assert Files(["markdown=a.md"], style).changes == 5
    assert Files(["json=a.json"], style).changes is None
