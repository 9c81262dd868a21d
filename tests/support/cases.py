"""A test case of a rule is data: what to change in a sound file, and whether the rule should fire."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Data = dict[str, Any]


class _Removed:
    def __repr__(self) -> str:
        return "REMOVED"


REMOVED = _Removed()
"""As a value of `Case.edit`: take the thing at that pointer out."""


@dataclass(frozen=True)
class Case:
    """`edit` maps JSON pointers of the sound file of `task` to new values; `change` rewrites the whole data instead.

    `fires` is the count that the rule must report, 0 for a case in which it must stay silent. No other rule may report an
    error; `also` names those that may, because the same edit is a fault of theirs as well.
    """

    rule: str
    about: str
    fires: int = 0
    edit: Mapping[str, Any] = field(default_factory=dict)
    change: Callable[[Data], Any] | None = None
    task: str = "instances"
    file_name: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.rule}: {self.about}"

    def data(self) -> Any:
        """Return the content of the file of this case."""
        data: Any = sound(self.task)
        for pointer, value in self.edit.items():
            put(data, pointer, value)
        return self.change(data) if self.change else data

    def write(self, folder: Path) -> Path:
        """Write the file of this case into `folder` and return its path."""
        path = folder / (self.file_name or f"{self.task}_train.json")
        content = self.data()
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path


def put(data: Any, pointer: str, value: Any) -> None:
    """Set, or remove, what a JSON pointer names; `-` appends to an array."""
    *path, last = [int(part) if part.isdigit() else part for part in pointer.strip("/").split("/")]
    node = data
    for part in path:
        node = node[part]
    if value is REMOVED:
        del node[last]
    elif last == "-":
        node.append(copy.deepcopy(value))
    else:
        node[last] = copy.deepcopy(value)


POINTS = ["nose", "left_eye", "right_eye", "left_ear"]


def sound(task: str) -> Data:
    """Return a small file of `task` in which nothing is wrong.

    Two images of 640 x 480; three annotations: two with polygons, the third a crowd with an uncompressed mask.
    """
    data: Data = {
        "info": {"description": "sound", "version": "1.0", "year": 2017},
        "licenses": [{"id": 1, "name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}],
        "images": [
            {"id": i, "width": 640, "height": 480, "file_name": f"{i:06d}.jpg", "license": 1} for i in (1, 2)
        ],
        "categories": [
            {"id": 1, "name": "person", "supercategory": "being"},
            {"id": 2, "name": "bicycle", "supercategory": "vehicle"},
        ],
        "annotations": [
            _polygon_annotation(1, 1, 1, 10.0, 20.0, 100.0, 50.0),
            _polygon_annotation(2, 1, 2, 200.0, 100.0, 300.0, 200.0),
            {
                "id": 3, "image_id": 2, "category_id": 1, "iscrowd": 1, "area": 200, "bbox": [1, 0, 1, 199],
                "segmentation": {"size": [480, 640], "counts": [480, 200, 640 * 480 - 680]},
            },
        ],
    }  # fmt: skip
    if task == "person_keypoints":
        data["categories"] = [
            {
                "id": 1,
                "name": "person",
                "supercategory": "being",
                "keypoints": POINTS,
                "skeleton": [[1, 2], [1, 3], [2, 4]],
            }
        ]
        for annotation in data["annotations"]:
            annotation["category_id"] = 1
            x, y, w, h = annotation["bbox"]
            seen = not annotation["iscrowd"]
            annotation["keypoints"] = [x + w / 2, y + h / 2, 2, x + w / 4, y + h / 4, 1] + [0] * 6 if seen else [0] * 12
            annotation["num_keypoints"] = 2 if seen else 0
    return data


def _polygon_annotation(id_: int, image_id: int, category_id: int, x: float, y: float, w: float, h: float) -> Data:
    return {
        "id": id_, "image_id": image_id, "category_id": category_id, "iscrowd": 0, "area": w * h - w * h / 8,
        "bbox": [x, y, w, h],
        "segmentation": [[x, y, x + w / 2, y, x + w, y + h / 2, x + w, y + h, x, y + h]],
    }  # fmt: skip


def crowded(count: int, task: str = "instances") -> Data:
    """Return a sound file of `task` with `count` single objects over `count // 4` images, for rules that look at statistics.

    Boxes lie on a grid over the whole image, each with a polygon of five points.
    """
    data = sound(task)
    size = max(1, count // 4)
    data["images"] = [{"id": i + 1, "width": 640, "height": 480, "file_name": f"{i + 1:06d}.jpg"} for i in range(size)]
    template = data["annotations"][0]
    data["annotations"] = []
    for i in range(count):
        x, y = 7.0 + 150 * (i % 4) + i % 13, 5.0 + 90 * ((i * 7) % 4) + i % 11
        w, h = 120.0 + i % 17, 90.0 + i % 5
        extra = {key: value for key, value in template.items() if key in ("keypoints", "num_keypoints")}
        category = 1 if task == "person_keypoints" else 1 + i % 2
        data["annotations"].append({**extra, **_polygon_annotation(i + 1, i % size + 1, category, x, y, w, h)})
        if extra:
            data["annotations"][-1]["keypoints"] = [x + 1, y + 1, 2, x + 9, y + 9, 1] + [0] * 6
    return data
