"""What is compared: the commands that read or check a file, and which of them are left out of large ones."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

Command = list[str]
LONGEST = 30.0
"""A program that would take more seconds on a file, by what it took on the one before, is not run on it."""
PATIENCE = 3 * LONGEST
"""After so many seconds it is stopped all the same."""
MOST_MEMORY = 0.5
"""Nor is one run that would need more than this share of the memory of the machine."""
HOTCOCO = "hotcoco load + healthcheck"
JSON_LOAD = "json.load"
ONE, TWO = "cocolint check -j 1", "cocolint check -j 2"
OURS = (TWO, ONE)
"""They are run on all files."""
PYTHON_READER = "cocolint check -j 2, Python reader"
COCOLINT = str(Path(sys.executable).with_name("cocolint"))
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
WITHOUT_KERNEL = "import sys; from cocolint import cli, compiled; compiled.kernel = None; cli.main()"
DATUMARO = """
import sys
from datumaro.components.dataset import Dataset
from datumaro.plugins.validators import SegmentationValidator
SegmentationValidator().validate(Dataset.import_from(sys.argv[1], "coco_instances"))
"""


class Installed(NamedTuple):
    """A program that is run where it is installed, in an environment of its own: most want other packages than the tests."""

    name: str
    package: str
    executable: str
    command: Callable[[str, Path], Command]

    @property
    def found(self) -> str | None:
        """Where it is, None if it is nowhere on the path."""
        return shutil.which(self.executable, path=PATH)


def _of_data_set(executable: str, path: Path) -> Command:
    """Datumaro imports folders: the file is put into one, as a link."""
    folder = path.with_name(f"{path.stem}_alone")
    for part in ("annotations", "images/train"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    link = folder / "annotations" / "instances_train.json"
    if not link.exists():
        link.symlink_to(path.absolute())
    return [str(Path(executable).with_name("python")), "-c", DATUMARO, str(folder)]


INSTALLED = [
    Installed("panlabel validate", "panlabel", "panlabel", lambda exe, path: [exe, "validate", "--format", "coco", str(path)]),
    Installed("labellint scan", "labellint", "labellint", lambda exe, path: [exe, "scan", str(path)]),
    Installed("cvflow inspect", "cvflow", "cvflow", lambda exe, path: [exe, "inspect", "-f", "coco", "--no-images", str(path)]),
    Installed("kwcoco validate", "kwcoco", "kwcoco", lambda exe, path: [exe, "validate", "--src", str(path), "--no-missing"]),
    Installed("Datumaro import + validator", "datumaro", "datum", _of_data_set),
]


def python(code: str, *arguments: str) -> Command:
    return [sys.executable, "-c", code, *arguments]


def check(path: Path, *arguments: str) -> Command:
    return [COCOLINT, "check", "--isolated", "--no-cache", *arguments, str(path)]


def without_kernel(path: Path, *arguments: str) -> Command:
    return python(WITHOUT_KERNEL, *check(path, *arguments)[1:])


def contenders(path: Path) -> dict[str, Command]:
    """Return the commands that are compared on one file, by what they are called in the tables."""
    file = str(path)
    load = partial(python, "import sys, json; json.load(open(sys.argv[1], encoding='utf-8'))")
    return {
        HOTCOCO: python("import sys, hotcoco; hotcoco.COCO(sys.argv[1]).healthcheck()", file),
        TWO: check(path, "-j", "2"),
        ONE: check(path, "-j", "1"),
        PYTHON_READER: without_kernel(path, "-j", "2"),
        JSON_LOAD: load(file),
        "orjson.loads": python("import sys, orjson; orjson.loads(open(sys.argv[1], 'rb').read())", file),
        "pycocotools COCO(...)": python("import sys, pycocotools.coco; pycocotools.coco.COCO(sys.argv[1])", file),
        "faster-coco-eval COCO(...)": python("import sys, faster_coco_eval; faster_coco_eval.COCO(sys.argv[1])", file),
        **{one.name: one.command(found, path) for one in INSTALLED if (found := one.found)},
    }


class Earlier(NamedTuple):
    """What a program took on a smaller file, of so many bytes: seconds, and bytes of memory."""

    size: int
    seconds: float
    peak: int


def why_not(earlier: Earlier | None, size: int, memory: int) -> str:
    """Say why a program is not run on a file of `size` bytes, on a machine with so many bytes of memory; "" if it is."""
    if earlier is None:
        return ""
    factor = size / earlier.size
    if earlier.seconds * factor > LONGEST:
        return f"would take about {earlier.seconds * factor:.0f} s"
    if earlier.peak * factor > memory * MOST_MEMORY:
        return f"would need about {earlier.peak * factor / 1e9:.0f} GB"
    return ""


def rounds_for(size: int, rounds: int) -> int:
    """Return how often programs are run on a file of so many bytes: not many more than a gigabyte is read by each."""
    return max(1, min(rounds, 1_300_000_000 // max(1, size)))
