"""A test case of a rule that compares files, or looks around them: a whole data set as data."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from cocolint.config import Settings
from cocolint.model import Task
from cocolint.reported import Report
from tests.support.cases import Data, put, sound

Edit = Mapping[str, Any] | Callable[[Data], Data]


class SetCase(Struct, frozen=True):
    """`files` maps the path of each file to its edits: JSON pointers of the sound file with new values, or a function.

    The task of a file is that of its name, else instances. Files of one subset are about the same images; those of other
    subsets have images, ids and names of their own. `fires` is the count that the rule must report in each file, none
    where it is not named. No other rule may report an error, except for those in `also`. `places` are written beside the
    files: bytes, or None for a folder. `leaves` is the count that the rule reports in each file after all its fixes.
    """

    rule: str
    about: str
    files: Mapping[str, Edit]
    fires: Mapping[str, int] = {}
    places: Mapping[str, bytes | None] = {}
    options: Mapping[str, Any] = {}
    also: tuple[str, ...] = ()
    leaves: Mapping[str, int] = {}

    def __str__(self) -> str:
        return f"{self.rule}: {self.about}"

    def settings(self) -> Settings:
        """Return the settings that this case is checked with."""
        return Settings(select=("ALL",), rules={self.rule: dict(self.options)}, jobs=1)

    def data(self, name: str) -> tuple[Any, Any]:
        """Return the content of a file of this case, and what it is without the edits."""
        subsets = list(dict.fromkeys(map(_subset_of, self.files)))
        part = _task_of(name), subsets.index(_subset_of(name))
        data, edit = sound_part(*part), self.files[name]
        if callable(edit):
            return edit(data), sound_part(*part)
        for pointer, value in edit.items():
            put(data, pointer, value)
        return data, sound_part(*part)

    def write(self, folder: Path) -> None:
        """Write the data set into `folder`."""
        for name in self.files:
            data, _ = self.data(name)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps(data))
        for name, content in self.places.items():
            path = folder / name
            (path if content is None else path.parent).mkdir(parents=True, exist_ok=True)
            if content is not None:
                path.write_bytes(content)


def found_in(report: Report, folder: Path, rule: str) -> dict[str, int]:
    """Return how often a rule fires in each file, by its path from `folder`."""
    counts: Counter[str] = Counter()
    for group in report.groups:
        if group.name == rule:
            counts[Path(os.path.relpath(group.path, folder)).as_posix()] += group.count
    return dict(counts)


def sound_part(task: str, number: int) -> Any:
    """Return a sound file whose images and annotations are not those of a part of another number.

    The images of part 0 are 1 and 2 in `000001.jpg` and `000002.jpg`, those of part 1 are 101 and 102, and so on.
    """
    data = sound(task)
    if task.startswith("results_"):
        return data
    for image in data["images"]:
        image["id"] += 100 * number
        image["file_name"] = f"{image['id']:06d}.jpg"
    for annotation in data.get("annotations", []):
        annotation["image_id"] += 100 * number
        if "id" in annotation:
            annotation["id"] += 1000 * number
        if "segments_info" in annotation:
            annotation["file_name"] = f"{annotation['image_id']:06d}.png"
    return data


def _task_of(name: str) -> str:
    file = name.rpartition("/")[2]
    if file.endswith("_results.json"):
        return "results_bbox"
    return next((task for task in Task if file.startswith(f"{task}_")), "instances")


def _subset_of(name: str) -> str:
    folder, _, file = name.rpartition("/")
    return folder + file.removeprefix(f"{_task_of(name)}_")
