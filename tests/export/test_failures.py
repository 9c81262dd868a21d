"""What cannot work gives a message and the exit code 2, and nothing is written."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cocolint.export import write
from cocolint.export.options import Options
from cocolint.export.run import export
from cocolint.failure import Failure
from tests.export.tools import exported, write_files
from tests.support.cases import sound
from tests.support.photos import jpeg

TRAIN = "annotations/instances_train.json"


def program(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cocolint", "export", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a source of three tasks."""
    files = {f"annotations/{task}_train.json": sound(task) for task in ("instances", "captions", "panoptic")}
    write_files(tmp_path / "source", files)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "file").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("missing target", "no such file or folder: 'missing'"),
        ("file target", "file: the file is empty"),
        ("full target", "no annotation file in 'full'"),
        ("source full", "'full' is not empty"),
        ("source file", "'file' is there already, and no folder"),
        ("source source/x", "'source/x' lies in the source 'source'"),
        ("source file/x", "cannot write 'file/x'"),
        ("source target --task boxes", "there is no task 'boxes'"),
        ("source target --task labels", "nothing in the source can be written as labels"),
        ("source target --subset val", "there is no subset 'val' in the source, but train"),
        ("source target --layout yolo", "there is no layout 'yolo'"),
        ("source target --layout roboflow", "3 files would be train/_annotations.coco.json"),
        ("source target --segmentation-mode box", "there is no mode 'box'"),
        ("source target --split train=0.8", "the shares sum to 0.8, not to 1"),
        ("source target --split train=2,val=-1", "the share of 'train' is not above 0 and up to 1"),
        ("source target --split a/b=1", "'a/b=1' is no new name with its share"),
        ("source target --split x=0.5,y=0.3,z=0.2", "the images belong together in 2 groups"),
        ("source target --filter area=1", "the area '1' is no range"),
        ("source target --filter size=1", "'size=1' is none of category=NAME"),
        ("source target --filter category=dog", "there is no category 'dog' in the source"),
        ("source target --filter category=person", "segments of panoptic files cannot leave their PNG"),
        ("source target --image-ext .png", "--image-ext needs --save-images"),
        ("source target --image-ext p/n", "'p/n' is no ending"),
        ("source target --layout fiftyone --merge-images", "--merge-images: the layout fiftyone"),
        ("source target --layout mmdet --save-dataset-meta", "only readers of --layout datumaro know"),
    ],
)
def test_what_cannot_work_is_said(folder: Path, arguments: str, message: str) -> None:
    before = sorted(path for path in folder.rglob("*"))
    done = program(folder, *arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path for path in folder.rglob("*")) == before


@pytest.mark.parametrize("content", [b"{", b'{"images": [}', b"", b"\x1f\x8b broken", b'"text"', b'{"a": 1}'])
def test_a_file_that_cannot_be_read_ends_the_export(folder: Path, content: bytes) -> None:
    (folder / "source" / "annotations" / "instances_val.json").write_bytes(content)
    done = program(folder, "source/annotations/instances_val.json", "target")
    assert done.returncode == 2
    assert done.stderr.startswith("cocolint: source/annotations/instances_val.json: ")
    assert not (folder / "target").exists()


def test_the_summary_tells_what_was_done(folder: Path) -> None:
    data: Any = sound("instances")
    data["annotations"][0]["image_id"] = 9
    data["annotations"][1]["iscrowd"] = True
    data["annotations"][2]["area"] = None
    data["categories"][0]["id"] = data["annotations"][2]["category_id"] = 0
    write_files(folder / "a", {TRAIN: data, "b.json": {"x": 1}, "images/train/000001.jpg": jpeg()})
    done = program(folder, "a", "t", "--save-images")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "t: 1 annotation file in the layout datumaro",
        f"  {TRAIN}  2 images, 2 annotations, 2 categories",
        "pictures: copied (1), not found (1)",
        "filled in: area (1)",
        "converted: iscrowd written as a number (1)",
        "left out: annotations: their image is not in the file (1)",
        "passed over: 1 JSON file, not COCO",
        done.stdout.splitlines()[-1],
    ]
    assert done.stdout.splitlines()[-1].startswith("faults of the source are left: category-id-zero (1)")


def test_names_of_the_data_do_not_steer_the_terminal(folder: Path) -> None:
    write_files(folder / "a", {"annotations/instances_\x1b[31mred.json": sound("instances")})
    done = program(folder, "a", "t")
    assert "\x1b" not in done.stdout + done.stderr
    assert "red.json" in done.stdout


def test_an_empty_folder_is_a_target(folder: Path) -> None:
    (folder / "target").mkdir()
    assert program(folder, "source", "target", "--task", "instances").returncode == 0
    assert json.loads((folder / "target" / TRAIN).read_bytes()) == sound("instances")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(write, "_annotations", fail)
    with pytest.raises(Failure, match=os.strerror(code)):
        exported(tmp_path, {TRAIN: sound("instances")})
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_an_interrupted_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "_annotations", interrupt)
    with pytest.raises(KeyboardInterrupt):
        exported(tmp_path, {TRAIN: sound("instances")})
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_killed_export_leaves_no_half_target(folder: Path) -> None:
    kill = "import os; from cocolint.export import write; write._annotations = lambda *_: os.kill(os.getpid(), 9)"
    run = "from cocolint.cli import app; app(['export', 'source', 'target'])"
    done = subprocess.run([sys.executable, "-c", f"{kill}\n{run}"], cwd=folder, timeout=120, check=False)
    assert done.returncode == -9
    assert not (folder / "target").exists()


def test_progress_tells_all_that_is_done(tmp_path: Path) -> None:
    class Told:
        def __init__(self) -> None:
            self.work: list[list[Any]] = []

        def start(self, file: str, size: int, unit: str = "") -> None:
            self.work.append([file, unit, size])

        def advance(self, size: int) -> None:
            self.work[-1][2] -= size

    told = Told()
    source = write_files(tmp_path / "source", {TRAIN: sound("instances"), "images/train/000001.jpg": jpeg()})
    export(str(source), tmp_path / "target", Options(save_images=True), told)
    assert [unit for _, unit, _ in told.work] == ["", "annotations", "pictures"]
    assert [(file, left) for file, unit, left in told.work if unit] == [(TRAIN, 0), ("pictures", 0)]
