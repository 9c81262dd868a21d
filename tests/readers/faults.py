"""Planted faults: a sound file, the same file with one fault of a rule, and what a perfect model finds on its pictures.

They are the cases of the rules that fire, so a new rule brings its own, and some more.
"""

from __future__ import annotations

import importlib
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Severity
from tests.readers.extra import EXTRA, HARMLESS, INSTEAD, LEFT_OUT, ODD
from tests.readers.perfect import CANVAS, MISENCODED, is_box, listed, perfect, truth_of
from tests.support.cases import Case, crowded, sound

FOLDER = Path(__file__).parent.parent / "rules"
PICTURES = 60
"""How many pictures there are; cases about large data sets would only take time."""

PICTURE = b"\x89PNG\r\n\x1a\n" + b"".join(
    (len(chunk) - 4).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    for chunk in (
        b"IHDR" + CANVAS[0].to_bytes(4) + CANVAS[1].to_bytes(4) + bytes([8, 2, 0, 0, 0]),
        b"IDAT" + zlib.compress(bytes(CANVAS[1] * (1 + CANVAS[0] * 3)), 9),
        b"IEND",
    )
)
"""An image, all black."""


class Fault(Struct, frozen=True):
    """`faulty` is the content of the file, as data or as bytes, `sound` the data without the fault.

    Of results, `truth` is what they are compared with. `pictures` are put in the place of those that are there: the bytes of
    a file by its name, None for none. `severity` is what cocolint calls it without profiles.
    """

    rule: str
    about: str
    task: str
    sound: Any
    faulty: Any
    truth: Any = None
    pictures: Mapping[str, bytes | None] = {}
    severity: Severity = Severity.ERROR
    borrowed: bool = False

    @property
    def without(self) -> Fault:
        """The same without the fault."""
        return replace(self, faulty=self.sound, pictures={})

    @property
    def points(self) -> int:
        """The number of keypoints of an object."""
        rows = listed(self.truth or self.sound, "annotations")
        return len(rows[0].get("keypoints", ())) // 3 if rows else 0

    @property
    def classes(self) -> list[str]:
        """The names of the categories, as a user would write them down."""
        named = self.truth or (self.sound if self.rule == "category-name-whitespace" else self.faulty)
        listed_names = [one.get("name") for one in listed(named, "categories") if isinstance(one, dict)]
        return [name for name in listed_names if isinstance(name, str)]

    @property
    def moved(self) -> bool:
        """Whether an object has another place, or another flag, so that it may count as of another size."""
        pairs = zip(listed(self.sound, "annotations"), listed(self.faulty, "annotations"), strict=False)
        return self.rule not in MISENCODED and any(
            isinstance(now, dict)
            and is_box(now.get("bbox"))
            and (was["bbox"], was["iscrowd"]) != (now["bbox"], now.get("iscrowd"))
            for was, now in pairs
            if "bbox" in was
        )

    def results(self, kind: str) -> Any:
        """Return the results that this file is evaluated with."""
        return self.faulty if self.truth else perfect(self.sound, self.faulty, kind, self.rule)


def faults() -> list[Fault]:
    """Return all planted faults, by rule: those files in which cocolint finds one rule and nothing else.

    So a reader that breaks can only mean that. Faults of instances come once more in files of keypoints, as `borrowed`.
    """
    before: dict[str, set[str]] = {}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for case, fault in _made():
            key = json.dumps([fault.task, fault.sound, fault.truth])
            if key not in before:
                before[key] = set(_found(fault.without, folder))
            now = _found(fault, folder)
            allowed = {case.rule} | HARMLESS | (set(case.also) if case in EXTRA else set())
            if case.rule in now and now.keys() - before[key] <= allowed:
                found.append(replace(fault, severity=now[case.rule]))
    return sorted([*found, *_broken_pictures()], key=lambda fault: fault.rule)


def possible() -> list[Fault]:
    """Return the planted faults with those that cocolint would find other rules in, since that takes a while to see."""
    return [*(fault for _, fault in _made()), *_broken_pictures()]


def _made() -> Iterator[tuple[Case, Fault]]:
    cases = [case for case in _cases() if case.fires and not (case.options or case.labels or case.files)]
    lent = [replace(case, task="person_keypoints") for case in cases if _is_general(case)]
    with tempfile.TemporaryDirectory() as folder:
        for case in (*cases, *lent):
            fault = _fault(case, Path(folder))
            if fault and len(listed(fault.sound, "images")) <= PICTURES:
                yield case, replace(fault, borrowed=case in lent)


def _is_general(case: Case) -> bool:
    """Whether a case of instances can be made in a file of keypoints as well, which has one category."""
    return (
        case.task == "instances" and not case.change and not any(pointer.startswith("/categories/1") for pointer in case.edit)
    )


def _cases() -> Iterator[Case]:
    yield from EXTRA
    for path in sorted(FOLDER.glob("*.py")):
        if not path.stem.startswith(("test_", "__")):
            cases = getattr(importlib.import_module(f"tests.rules.{path.stem}"), "CASES", ())
            for case in cases:
                if case.rule not in INSTEAD | LEFT_OUT.keys() and (case.rule, case.about) not in ODD:
                    yield replace(case, task="instances") if case.task == "image_info" else case


def _found(fault: Fault, folder: str) -> dict[str, Severity]:
    """Return the rules that find something, with their severities."""
    path, truth = Path(folder) / f"{fault.task}_train.json", Path(folder) / "truth.json"
    path.write_bytes(content(fault.faulty))
    truth.write_bytes(content(fault.truth))
    settings = Settings(select=("ALL",), jobs=1, ground_truth=truth if fault.truth else None)
    groups = app.check([str(path)], settings).groups
    return {group.name: group.severity for group in sorted(groups, key=lambda group: group.severity)}


def content(data: Any) -> bytes:
    """Return the bytes of a file with that content."""
    return data if isinstance(data, bytes) else json.dumps(data).encode()


def _fault(case: Case, folder: Path) -> Fault | None:
    data = case.data()
    if case.task.startswith("results_"):
        return _fault_of_results(case, data, folder)
    twin = _twin(case, data)
    if twin is None:
        return None
    shapes = [row.get("segmentation") for row in listed(data, "annotations") if isinstance(row, dict)]
    if shapes and all(shape == [] for shape in shapes):
        for row in listed(twin, "annotations"):
            row["segmentation"] = []  # of a file of boxes; readers of masks have nothing to do with it
    rows, was = listed(data, "annotations")[2:3], listed(twin, "annotations")[2:3]
    if (
        not case.rule.startswith("iscrowd")
        and rows
        and was
        and rows != was
        and all(isinstance(row, dict) and row.get("iscrowd") == 1 for row in rows + was)
    ):
        rows[0]["iscrowd"] = was[0]["iscrowd"] = 0  # what is wrong with a crowd has no effect on a metric
    return Fault(case.rule, case.about, case.task, twin, data, pictures=_pictures(case.rule, data, twin))


def _pictures(rule: str, data: Any, twin: Any) -> dict[str, bytes | None]:
    """Return pictures of other names than those of the sound file, unless it is the names that are wrong."""
    if rule in UNFINDABLE:
        return {}
    names, known = ({one.get("file_name") for one in listed(file, "images") if isinstance(one, dict)} for file in (data, twin))
    return {name: PICTURE for name in names - known if isinstance(name, str) and name.isprintable() and Path(name).suffix}


def _fault_of_results(case: Case, data: Any, folder: Path) -> Fault | None:
    told = case.settings(folder).ground_truth
    if told and case.change:
        truth = json.loads(told.read_text(encoding="utf-8"))
        plain = perfect(truth, truth, case.task.removeprefix("results_"))
    else:
        plain = sound(case.task)
        truth = truth_of(plain)
    if truth is None or getattr(case, "true_edit", None):
        return None
    return Fault(case.rule, case.about, case.task, plain, data, truth)


def _twin(case: Case, data: Any) -> Any:
    """Return the sound file that a case was made from, or None if that cannot be told."""
    plain = sound(case.task)
    if not isinstance(data, dict) or not case.change:
        return plain
    now = listed(data, "annotations")
    if now == plain.get("annotations", []) or _agree(plain, now, ("bbox", "caption", "keypoints", "segments_info")):
        return plain
    twin = crowded(len(now), case.task) if case.task in ("instances", "person_keypoints") else plain
    return (
        twin
        if _agree(twin, now, ("id", "image_id")) and _classes(twin) == _classes(data) and _lengths(twin) == _lengths(data)
        else None
    )


def _classes(data: Any) -> int:
    return len({str(one.get("category_id")) for one in listed(data, "annotations")})


def _lengths(data: Any) -> set[int]:
    return {len(one.get("keypoints") or ()) for one in listed(data, "annotations")}


def _agree(twin: Any, now: list[Any], fields: tuple[str, ...]) -> bool:
    """Whether at least half of the annotations of a file are among others, by some fields."""
    before = listed(twin, "annotations")
    keys = [[one.get(name) for name in fields] for one in now if isinstance(one, dict)]
    return bool(before) and 2 * sum([one.get(name) for name in fields] in keys for one in before) >= len(before)


UNFINDABLE = {"file-name-absolute", "file-name-backslash", "file-name-parent", "file-name-url",
              "file-name-whitespace-or-control"}  # fmt: skip


def _broken_pictures() -> Iterator[Fault]:
    for rule, about, data in (
        ("image-file-missing", "one of two", None),
        ("image-file-unreadable", "0 bytes", b""),
        ("image-file-unreadable", "a web page", b"<html>404</html>"),
    ):
        plain = sound("instances")
        yield Fault(rule, about, "instances", plain, plain, pictures={"000001.jpg": data})


def size_of(data: Any) -> tuple[int, int] | None:
    """Return the number of images and of objects in a file, or None if it cannot be counted."""
    if not isinstance(data, dict) or not isinstance(data.get("images"), list):
        return None
    return len(data["images"]), len(listed(data, "annotations"))


def boxes_of(data: Any) -> np.ndarray[Any, Any] | None:
    """Return [x, y, w, h] of all objects of a file, as they are and clipped to the image; None if one is no box."""
    boxes = [one.get("bbox") if isinstance(one, dict) else None for one in listed(data, "annotations")]
    if not boxes or not all(map(is_box, boxes)):
        return None
    table = np.array(boxes, float).reshape(-1, 4)
    corners = np.clip(np.hstack([table[:, :2], table[:, :2] + table[:, 2:]]), 0, [*CANVAS, *CANVAS])
    return np.vstack([table, np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])])
