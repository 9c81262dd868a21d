"""Readers, and what becomes of the planted faults in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct, field

from tests.readers.extra import MASKS, MEANING
from tests.readers.faults import PICTURE, PICTURES, Fault, boxes_of, content, size_of
from tests.support.cases import sound

WORKER = Path(__file__).parent / "worker.py"
OBJECTS = ("instances", "person_keypoints")
BY_SIZE = ("small", "medium", "large")


class Reader(Struct, frozen=True):
    """A program that reads COCO files, known to cocolint as the profile of the same name.

    The module of that name in `uses/` drives it. `kind` is what its results hold, `tasks` the files it is given. Faults of
    rules that do not begin with one of `sees` are not for it. `reads_results` is whether it is given files of results, or
    makes them itself.
    """

    name: str
    kind: str = "bbox"
    tasks: tuple[str, ...] = OBJECTS
    sees: tuple[str, ...] = ("",)
    reads_results: bool = False

    def python(self, folder: Path | None) -> str:
        """Return the Python that has this reader: of an environment in `folder`, or the one that runs."""
        own = folder and folder / self.name / "bin" / "python"
        return str(own) if own and own.exists() else sys.executable

    def takes(self, fault: Fault) -> bool:
        """Whether a fault can be given to this reader."""
        told = self.reads_results and fault.task == f"results_{self.kind}"
        ours = fault.task in self.tasks and not (fault.borrowed and "instances" in self.tasks)
        return (told or ours) and fault.rule.startswith(self.sees)


READERS = (
    Reader("pycocotools-bbox", reads_results=True),
    Reader("pycocotools-segm", "segm", reads_results=True),
    Reader("pycocotools-keypoints", "keypoints", ("person_keypoints",), reads_results=True),
    Reader("faster-coco-eval", reads_results=True),
    Reader("hotcoco", reads_results=True),
    Reader("lvis", "both"),
    Reader("supervision", ""),
    Reader("albumentations", "", sees=("bbox", "keypoint", "image-size")),
    Reader("sahi", ""),
    Reader("kwcoco", ""),
    Reader("datumaro", "", (*OBJECTS, "captions", "labels", "stuff")),
    Reader("fiftyone", ""),
    Reader("ultralytics", ""),
    Reader("torchvision"),
    Reader("detr"),
    Reader("rfdetr"),
    Reader("yolox"),
    Reader("paddledetection"),
    Reader("mmdetection"),
    Reader("mmpose", "keypoints", ("person_keypoints",)),
)


class Missing(Exception):
    """The reader is not installed, or does not start."""


class Outcome(Struct):
    """What became of a fault, and the error text or the difference.

    `ok`, `crash`, `killed`, `lost` (less is read than there is), `number` (another one comes out), or `taken`: it is read as it
    stands, and that it means something else could only show in a metric.
    """

    fault: Fault
    kind: str
    text: str


class Session(Struct):
    """A reader that runs: give it faults, one after the other."""

    reader: Reader
    folder: Path
    python: str
    version: str = ""
    _process: Any = None
    _images: Path = field(default_factory=Path)
    _sound: dict[str, Any] = {}
    _count: int = 0

    def __enter__(self) -> Session:
        surroundings = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "YOLO_CONFIG_DIR": str(self.folder),
                        "HOME": str(self.folder), "MPLCONFIGDIR": str(self.folder), "PYTHONPATH": ""}  # fmt: skip
        self._process = subprocess.Popen(
            [self.python, "-W", "ignore", str(WORKER), self.reader.name.replace("-", "_") + "_"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings,
        )  # fmt: skip
        first = json.loads(self._process.stdout.readline() or '{"missing": "it ended at once"}')
        if "missing" in first:
            self.__exit__()
            raise Missing(first["missing"])
        self.version = first["version"]
        self._images = pictures(self.folder / "pictures")
        task = self.reader.tasks[0]
        begin = self._answer(Fault("none", "sound", task, sound(task), sound(task)))
        if begin["outcome"] != "ok":
            self.__exit__()
            raise Missing(f"it fails on a sound file: {begin['text']}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def try_out(self, fault: Fault) -> Outcome | None:
        """Return what becomes of a fault, or None where the reader cannot even use the file without it."""
        key = json.dumps([fault.task, fault.sound, fault.truth])
        if key not in self._sound:
            self._sound[key] = self._answer(fault.without)
        base, answer = self._sound[key], self._answer(fault)
        if base["outcome"] != "ok":
            return None
        if answer["outcome"] != "ok":
            return Outcome(fault, answer["outcome"], answer["text"])
        kind, text = compared(fault, base["facts"], answer["facts"])
        measured = bool(self.reader.kind)
        if fault.rule.startswith(MASKS):
            measured = self.reader.kind in ("segm", "both")
        elif fault.rule.startswith("keypoint"):
            measured = self.reader.kind == "keypoints"
        return Outcome(fault, "taken" if kind == "ok" and fault.rule in MEANING and not measured else kind, text)

    def _answer(self, fault: Fault) -> dict[str, Any]:
        self._count += 1
        root = self.folder / f"{self.reader.name}-{self._count}"
        (root / "annotations").mkdir(parents=True)
        images = root / "images" / "train"
        if fault.pictures:
            shutil.copytree(self._images, images)
            for name, data in fault.pictures.items():
                (images / name).unlink(missing_ok=True)
                if data is not None:
                    (images / name).parent.mkdir(parents=True, exist_ok=True)
                    (images / name).write_bytes(data)
        else:
            images.parent.mkdir()
            images.symlink_to(self._images)
        task = {"results_keypoints": "person_keypoints"}.get(fault.task, "instances") if fault.truth else fault.task
        truth = root / "annotations" / f"{task}_train.json"
        results = root / "results.json"
        truth.write_bytes(content(fault.truth or fault.faulty))
        results.write_bytes(content(fault.results(self.reader.kind)))
        job = {
            "task": task,
            **{name: str(path) for name, path in (("root", root), ("truth", truth), ("results", results), ("images", images))},
            "points": fault.points,
            "classes": fault.classes,
        }
        print(json.dumps(job), file=self._process.stdin, flush=True)
        return dict(json.loads(self._process.stdout.readline()))


def compared(fault: Fault, base: dict[str, Any], facts: dict[str, Any]) -> tuple[str, str]:
    """Return how what a reader says of a faulty file differs from what it says of the sound one."""
    inside, before = size_of(fault.faulty), size_of(fault.sound)
    if inside and before and not fault.truth:
        for place, noun in enumerate(("images", "objects")):
            lost = inside[place] - before[place] + base.get(noun, 0) - facts.get(noun, 0)
            if noun in facts and lost > 0:
                return "lost", f"{lost} of {inside[place]} {noun} not read"
    there = boxes_of(fault.faulty)
    if there is not None and "boxes" in facts:
        for box in facts["boxes"]:
            if not len(there) or np.abs(there - box).max(1).min() > 1:
                return "number", f"a box is read as {[round(value, 1) for value in box]}"
    for name, old in base.get("numbers", {}).items():
        new = facts["numbers"].get(name, old)
        if abs(old - new) > 1e-6 and not (fault.moved and name.endswith(BY_SIZE)):
            return "number", f"{name} {new:g}, not {old:g}"
    return "ok", ""


def pictures(folder: Path) -> Path:
    """Write the pictures that the sound files name."""
    folder.mkdir(exist_ok=True)
    for number in range(1, PICTURES + 1):
        (folder / f"{number:06d}.jpg").write_bytes(PICTURE)
    return folder
