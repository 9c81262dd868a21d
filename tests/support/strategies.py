"""Hypothesis strategies: sound data sets, and faults that can be put into any of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Data = dict[str, Any]
POINTS = ["nose", "left_eye", "right_eye"]


@st.composite
def data_sets(draw: st.DrawFn, task: str = "instances") -> Data:
    """Draw a sound file of instances or person_keypoints with at least one object that is not a crowd."""
    image_ids = draw(st.lists(st.integers(1, 10**12), min_size=1, max_size=4, unique=True))
    images = [
        {
            "id": number,
            "width": draw(st.integers(200, 4000)),
            "height": draw(st.integers(200, 4000)),
            "file_name": f"{place:06d}.jpg",
        }
        for place, number in enumerate(image_ids)
    ]
    category_ids = sorted(draw(st.lists(st.integers(1, 50), min_size=1, max_size=3, unique=True)))
    categories: list[Data] = [{"id": number, "name": f"class {number}", "supercategory": "thing"} for number in category_ids]
    if task == "person_keypoints":
        for category in categories:
            category |= {"keypoints": POINTS, "skeleton": [[1, 2], [1, 3]]}
    ids = draw(st.lists(st.integers(1, 10**12), min_size=1, max_size=8, unique=True))
    annotations = [_annotation(draw, task, place, number, images, category_ids) for place, number in enumerate(ids)]
    return {
        "info": {"description": "drawn"},
        "licenses": [],
        "images": images,
        "categories": categories,
        "annotations": annotations,
    }


def _annotation(draw: st.DrawFn, task: str, place: int, number: int, images: list[Data], category_ids: list[int]) -> Data:
    image = draw(st.sampled_from(images))
    annotation = {"id": number, "image_id": image["id"], "category_id": draw(st.sampled_from(category_ids))}
    crowd = place > 0 and draw(st.integers(0, 9)) == 0
    annotation |= _crowd(draw, place, image) if crowd else _single(draw, place, image)
    if task == "person_keypoints":
        x, y, w, h = annotation["bbox"]
        seen = 0 if crowd else draw(st.integers(1, len(POINTS)))
        points = [[x + w / 3, y + h / 3 + i, draw(st.sampled_from([1, 2]))] for i in range(seen)]
        flat = [value for point in points for value in point]
        annotation["keypoints"] = flat + [0] * (3 * len(POINTS) - len(flat))
        annotation["num_keypoints"] = seen
    return annotation


def _single(draw: st.DrawFn, place: int, image: Data) -> Data:
    """A ring of five points in a box of its own, away from the border; the place keeps two objects from being alike."""
    w, h = draw(st.integers(20, 23)) + 8 * place, draw(st.integers(20, 23)) + 8 * place
    x = draw(st.integers(1, image["width"] - w - 20)) + place / 8
    y = draw(st.integers(1, image["height"] - h - 20)) + place / 4
    ring = [x, y, x + w / 2, y, x + w, y + h / 2, x + w, y + h, x, y + h]
    return {"iscrowd": 0, "area": w * h - w * h / 8, "bbox": [x, y, w, h], "segmentation": [ring]}


def _crowd(draw: st.DrawFn, place: int, image: Data) -> Data:
    height, width = image["height"], image["width"]
    top, run = draw(st.integers(1, height // 2)), draw(st.integers(5, height // 3))
    column = draw(st.integers(0, width // 10 - 2)) * 10 + place
    start = column * height + top
    return {
        "iscrowd": 1,
        "area": run,
        "bbox": [column, top, 1, run],
        "segmentation": {"size": [height, width], "counts": [start, run, height * width - start - run]},
    }


def _single_of(data: Data) -> Data:
    found: Data = next(annotation for annotation in data["annotations"] if not annotation["iscrowd"])
    return found


def _set(key: str, value: Any) -> Callable[[Data], None]:
    return lambda data: _single_of(data).update({key: copy.deepcopy(value)})


def _drop(key: str) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        del _single_of(data)[key]

    return change


def _repeat_id(section: str) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        record = copy.deepcopy(data[section][0])
        if section == "images":
            record["file_name"] = "another.jpg"
        if section == "annotations":
            record |= {"bbox": [1, 1, 9, 9], "area": 81, "segmentation": [[1, 1, 10, 1, 10, 10, 1, 10]]}
            record["iscrowd"] = 0
        data[section].append(record)

    return change


def _flat_box(data: Data) -> None:
    _single_of(data).update({"bbox": [5, 5, 8, 0], "area": 0, "segmentation": [[5, 5, 9, 5, 13, 5]]})


def _ring(length: int) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        ring = _single_of(data)["segmentation"][0]
        del ring[length:]

    return change


def _odd(data: Data) -> None:
    _single_of(data)["segmentation"][0].append(3)


def _short_runs(data: Data) -> None:
    single = _single_of(data)
    image = next(image for image in data["images"] if image["id"] == single["image_id"])
    single |= {"iscrowd": 1, "segmentation": {"size": [image["height"], image["width"]], "counts": [5, 10, 5]}}


FAULTS: dict[str, Callable[[Data], None]] = {
    "annotation-id-duplicate": _repeat_id("annotations"),
    "image-id-duplicate": _repeat_id("images"),
    "annotation-id-missing": _drop("id"),
    "annotation-id-not-integer": _set("id", "uuid"),
    "annotation-image-id-missing": _drop("image_id"),
    "annotation-image-id-unknown": _set("image_id", 10**13),
    "annotation-image-id-type": _set("image_id", "1"),
    "category-id-missing": _drop("category_id"),
    "category-id-unknown": _set("category_id", 77_777),
    "bbox-missing": _drop("bbox"),
    "bbox-empty": _set("bbox", []),
    "bbox-length": _set("bbox", [1, 2, 3]),
    "bbox-type": _set("bbox", ["1", "2", "3", "4"]),
    "bbox-degenerate": _flat_box,
    "bbox-fully-outside": _set("bbox", [9000, 9000, 10, 10]),
    "segmentation-type": _set("segmentation", None),
    "segmentation-flat": _set("segmentation", [1, 1, 2, 2, 3, 3]),
    "polygon-too-few-points": _ring(4),
    "polygon-odd-length": _odd,
    "rle-counts-sum": _short_runs,
    "rle-keys": _set("segmentation", {"counts": [1]}),
    "area-type": _set("area", "12"),
    "area-nonpositive": _set("area", 0),
    "iscrowd-missing": _drop("iscrowd"),
    "iscrowd-type": _set("iscrowd", "0"),
}
"""Faults of any object file, by the rule that must tell them."""
