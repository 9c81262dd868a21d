"""A test case of a rule is data: what to change in a sound file, and whether the rule should fire."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from cocolint.config import Settings

Data = dict[str, Any]


class _Removed:
    def __repr__(self) -> str:
        return "REMOVED"


REMOVED = _Removed()
"""As a value of `Case.edit`: take the thing at that pointer out."""


class Case(Struct, frozen=True):
    """`edit` maps JSON pointers of the sound file of `task` to new values; `change` rewrites the whole data instead.

    `fires` is the count that the rule must report, 0 for a case in which it must stay silent. No other rule may report an
    error; `also` names those that may, because the same edit is a fault of theirs as well. `labels` are the lines of a list
    of labels that the file is compared with. `files` are written beside the file, by their paths from its folder. `leaves` is
    the count that the rule reports after all its fixes, the unsafe ones included, where they cannot mend everything.
    """

    rule: str
    about: str
    fires: int = 0
    edit: Mapping[str, Any] = {}
    change: Callable[[Data], Any] | None = None
    task: str = "instances"
    file_name: str | None = None
    options: Mapping[str, Any] = {}
    also: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    files: Mapping[str, bytes] = {}
    leaves: int = 0

    def __str__(self) -> str:
        return f"{self.rule}: {self.about}"

    def settings(self, folder: Path) -> Settings:
        """Return the settings of the run: all rules, with the options and the labels of this case."""
        path = folder / "labels.txt"
        path.write_text("\n".join(self.labels), encoding="utf-8")
        return Settings(select=("ALL",), rules={self.rule: dict(self.options)}, jobs=1, labels=str(path) if self.labels else "")

    def data(self) -> Any:
        """Return the content of the file of this case."""
        data: Any = sound(self.task)
        for pointer, value in self.edit.items():
            put(data, pointer, value)
        return self.change(data) if self.change else data

    def write(self, folder: Path) -> Path:
        """Write the file of this case, and those beside it, into `folder` and return its path."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
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
CATEGORIES = [
    {"id": 1, "name": "person", "supercategory": "being"},
    {"id": 2, "name": "bicycle", "supercategory": "vehicle"},
]
COLUMN = {"size": [480, 640], "counts": [480, 200, 640 * 480 - 680]}
"""The upper 200 px of the second column: the bounds are (1, 0), (2, 200)."""
MASK = {"size": [480, 640], "counts": "bm^1T3l;000^ek7"}
"""Three columns of 100 px: the bounds are (100, 50), (103, 150)."""


def sound(task: str) -> Any:
    """Return a small file of `task` in which nothing is wrong.

    Two images of 640 x 480 where the task has images. Of instances, person_keypoints and stuff there are three annotations:
    two with polygons and a crowd with an uncompressed mask, or one mask for each category of an image.
    """
    if task.startswith("results_"):
        return copy.deepcopy(_sound_results(task))
    data: Data = {
        "info": {"description": "sound", "version": "1.0", "year": 2017},
        "licenses": [{"id": 1, "name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}],
        "images": [
            {"id": i, "width": 640, "height": 480, "file_name": f"{i:06d}.jpg", "license": 1} for i in (1, 2)
        ],
        "categories": CATEGORIES,
        "annotations": [
            _polygon_annotation(1, 1, 1, 10.0, 20.0, 100.0, 50.0),
            _polygon_annotation(2, 1, 2, 200.0, 100.0, 300.0, 200.0),
            {
                "id": 3, "image_id": 2, "category_id": 1, "iscrowd": 1, "area": 200, "bbox": [1, 0, 1, 199],
                "segmentation": COLUMN,
            },
        ],
    }  # fmt: skip
    if task in _CHANGES:
        _CHANGES[task](data)
    return copy.deepcopy(data)


def _to_person_keypoints(data: Data) -> None:
    data["categories"] = [{**CATEGORIES[0], "keypoints": POINTS, "skeleton": [[1, 2], [1, 3], [2, 4]]}]
    for annotation in data["annotations"]:
        annotation["category_id"] = 1
        x, y, w, h = annotation["bbox"]
        seen = not annotation["iscrowd"]
        annotation["keypoints"] = [x + w / 2, y + h / 2, 2, x + w / 4, y + h / 4, 1] + [0] * 6 if seen else [0] * 12
        annotation["num_keypoints"] = 2 if seen else 0


def _to_captions(data: Data) -> None:
    del data["categories"]
    data["annotations"] = [
        {"id": 1, "image_id": 1, "caption": "A person rides a bicycle."},
        {"id": 2, "image_id": 1, "caption": "Somebody on a bicycle in a street."},
        {"id": 3, "image_id": 2, "caption": "A crowd of people."},
    ]


def _to_image_info(data: Data) -> None:
    del data["annotations"]


def _to_labels(data: Data) -> None:
    data["annotations"] = [
        {"id": 1, "image_id": 1, "category_id": 1},
        {"id": 2, "image_id": 1, "category_id": 2, "score": 0.75},
        {"id": 3, "image_id": 2, "category_id": 1},
    ]


def _to_stuff(data: Data) -> None:
    data["categories"] = [
        {"id": 124, "name": "grass", "supercategory": "plant"},
        {"id": 157, "name": "sky-other", "supercategory": "sky"},
    ]
    grass = {"category_id": 124, "iscrowd": 0, "area": 300, "bbox": [100, 50, 3, 100], "segmentation": MASK}
    sky = {"category_id": 157, "iscrowd": 0, "area": 200, "bbox": [1, 0, 1, 200], "segmentation": COLUMN}
    data["annotations"] = [
        {"id": 1, "image_id": 1, **grass},
        {"id": 2, "image_id": 1, **sky},
        {"id": 3, "image_id": 2, **sky},
    ]


def _to_panoptic(data: Data) -> None:
    data["categories"] = [
        {"id": 1, "name": "person", "supercategory": "being", "isthing": 1, "color": [220, 20, 60]},
        {"id": 187, "name": "sky-other-merged", "supercategory": "sky", "isthing": 0, "color": [70, 130, 180]},
    ]
    data["annotations"] = [
        {"image_id": 1, "file_name": "000001.png", "segments_info": [
            {"id": 1, "category_id": 1, "area": 5000, "bbox": [10, 20, 100, 50], "iscrowd": 0},
            {"id": 65792, "category_id": 187, "area": 640, "bbox": [0, 0, 640, 1], "iscrowd": 0},
        ]},
        {"image_id": 2, "file_name": "000002.png", "segments_info": [
            {"id": 1, "category_id": 187, "area": 640, "bbox": [0, 0, 640, 1], "iscrowd": 0},
        ]},
    ]  # fmt: skip


_CHANGES: Mapping[str, Callable[[Data], None]] = {
    "person_keypoints": _to_person_keypoints,
    "captions": _to_captions,
    "image_info": _to_image_info,
    "labels": _to_labels,
    "stuff": _to_stuff,
    "panoptic": _to_panoptic,
}


def _sound_results(task: str) -> Any:
    """Return results of two images: an array, or for panoptic an object."""
    if task == "results_panoptic":
        segments = [{"id": 1, "category_id": 1}, {"id": 65792, "category_id": 187}]
        names = {i: f"{i:06d}.png" for i in (1, 2)}
        return {"annotations": [{"image_id": i, "file_name": names[i], "segments_info": [*map(dict, segments)]} for i in names]}
    by_task: dict[str, Data] = {
        "results_bbox": {"category_id": 1, "bbox": [10.0, 20.0, 100.0, 50.0], "score": 0.9},
        "results_segm": {"category_id": 1, "segmentation": MASK, "score": 0.9},
        "results_keypoints": {"category_id": 1, "keypoints": [60.0, 45.0, 1, 35.0, 32.5, 1] + [0] * 6, "score": 0.9},
        "results_captions": {"caption": "A person on a bicycle."},
        "results_stuff": {"category_id": 157, "segmentation": MASK},
    }
    fields = by_task[task]
    return [{"image_id": 1, **fields}, {"image_id": 2, **fields, **({"score": 0.25} if "score" in fields else {})}]


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
    data: Data = sound(task)
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
