"""Cases of the rules that compare results with their ground truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from cocolint.config import Settings
from tests.rules.results import BOX, many, root
from tests.support.cases import COLUMN, REMOVED, Case, Data, crowded, put, sound

OFFICIAL = [i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)]
UNKNOWN = ("results-image-id-unknown",)
TRIANGLE = [[10, 20, 110, 20, 110, 70]]


class Compared(Case, frozen=True):
    """A case of results beside a ground truth: what `true` returns, changed as `true_edit` says."""

    true: Callable[[], Data] = lambda: _sound("instances")
    true_edit: Mapping[str, Any] = {}

    def settings(self, folder: Path) -> Settings:
        """Return the settings of the run, with the ground truth."""
        data = self.true()
        for pointer, value in self.true_edit.items():
            put(data, pointer, value)
        path = folder / "truth.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return replace(super().settings(folder), ground_truth=path)


def case(rule: str, about: str, fires: int = 0, edit: dict[str, Any] | None = None, **more: Any) -> Compared:
    """Return a case of boxes, unless another task is given."""
    return Compared(rule, about, fires, edit or {}, **{"task": "results_bbox", **more})


def _sound(task: str) -> Data:
    data: Data = sound(task)
    return data


def persons() -> Data:
    """Return a ground truth of keypoints."""
    return _sound("person_keypoints")


def captions() -> Data:
    """Return a ground truth of captions."""
    return _sound("captions")


def stuff() -> Data:
    """Return a ground truth of stuff."""
    return _sound("stuff")


def panoptic() -> Data:
    """Return a ground truth of panoptic segmentation."""
    return _sound("panoptic")


def declared(*ids: int, count: int = 40) -> Callable[[], Data]:
    """Return what makes a ground truth of `count` objects with those categories in turn."""

    def make() -> Data:
        data = crowded(count)
        data["categories"] = [{"id": number, "name": f"c{number}", "supercategory": "thing"} for number in ids]
        for place, annotation in enumerate(data["annotations"]):
            annotation["category_id"] = ids[place % len(ids)]
        return data

    return make


def found(make: Callable[[], Data], category: Callable[[int], int], shift: float = 0, extra: int = 0) -> Callable[[Data], Any]:
    """Let the results be the objects of a ground truth, moved by `shift` px, with a category that is made of the right one.

    `extra` more results of lower score lie on each, with other categories of the file.
    """
    things = make()["annotations"]

    def result(number: int, thing: Data, place: int) -> Data:
        x, y, w, h = thing["bbox"]
        right = things[(number + place) % len(things)]["category_id"]
        score = round(0.9 - place / 4 - number / 1000, 3)
        box = [x + shift + place, y, w, h]
        return {"image_id": thing["image_id"], "category_id": category(right), "bbox": box, "score": score}

    return root([result(number, thing, place) for number, thing in enumerate(things) for place in range(extra + 1)])


def corners(scale: float = 1.0) -> Callable[[Data], Any]:
    """Let the results be large objects right and below the middle of images of 640 x 480, as corners."""

    def box(number: int) -> list[float]:
        w, h = 400 + 5 * (number % 40), 300 + 4 * (number % 40)
        return [scale * side for side in (350 - w / 2, 260 - h / 2, 350 + w / 2, 260 + h / 2)]

    return many(30, BOX, step=0, image_id=lambda i: 1 + i % 2, bbox=box)


def extents(data: Data) -> Any:
    """Let the results be the same objects, as they are to be."""
    items = corners()(data)
    for item in items:
        x, y, right, bottom = item["bbox"]
        item["bbox"] = [x, y, right - x, bottom - y]
    return items


def few(count: int) -> Callable[[], Data]:
    """Return what makes a ground truth of that many objects."""
    return declared(1, 2, 3, 4, 5, count=count)


def same(right: int) -> int:
    """Return the id itself."""
    return right


def higher(right: int) -> int:
    """Return the next id."""
    return right + 1


def lower(right: int) -> int:
    """Return the id before."""
    return right - 1


def other(right: int) -> int:
    """Return 1 for 2 and 2 for 1."""
    return 3 - right


def also_declared(number: int) -> dict[str, Any]:
    """Declare one category more."""
    return {"/categories/-": {"id": number, "name": f"c{number}", "supercategory": "thing"}}


FIVE = few(40)
GAPS = declared(3, 10, 25, 40, 77)
ALL = declared(*OFFICIAL, count=160)
SIX = also_declared(6)


SHORTER = {"size": [479, 640], "counts": "^j^1T3k;000eTk7"}


def but_one(name: str, value: Any) -> Callable[[Any], Any]:
    """Return many copies of the first result, of which one has another value."""
    return lambda data: [{**data[0], name: value} if row == 5000 else data[0] for row in range(12_000)]


CASES = [
    case("results-image-id-unknown", "one", 1, {"/1/image_id": 3}),
    case("results-image-id-unknown", "all", 2, {"/0/image_id": 101, "/1/image_id": 102}, leaves=2),
    case("results-image-id-unknown", "numbers in the names of images", 2, {"/0/image_id": 139, "/1/image_id": 9},
         true_edit={"/images/0/file_name": "val/000000000139.jpg"}),
    case("results-image-id-unknown", "of a caption", 1, {"/0/image_id": 9}, task="results_captions", true=captions),
    case("results-image-id-unknown", "images in another order", true_edit={"/images/0/id": 2, "/images/1/id": 1}),
    case("results-image-id-unknown", "a text as an id in the ground truth explains it", true_edit={"/images/0/id": "1"}),
    case("results-image-id-unknown", "a text is told by results-image-id-type", edit={"/1/image_id": "3"},
         also=("results-image-id-type",)),
    Case("results-image-id-unknown", "nothing to compare with", edit={"/1/image_id": 3}, task="results_bbox"),
    case("results-image-id-type", "names of files, and what they end in", 3, change=root([
        {**BOX, "image_id": text} for text in ("000001.jpg", "000002", "2")])),
    case("results-image-id-type", "a name in two folders, and one that is the id of another image", 3, leaves=1,
         true_edit={"/images/0/file_name": "a/7.jpg", "/images/1/file_name": "b/7.jpg"},
         change=root([{**BOX, "image_id": text} for text in ("7.jpg", "a/7.jpg", "b/7.jpg")])),
    case("results-image-id-type", "a number that is the name of another image", 1, {"/0/image_id": "2"},
         true_edit={"/images/0/file_name": "2.jpg"}),
    case("results-segm-polygon", "in the size of the image", 2, {f"/{i}/segmentation": TRIANGLE for i in (0, 1)},
         task="results_segm"),
    case("results-segm-polygon", "a ring that is none, and one that goes far away", 2, leaves=2, task="results_segm",
         edit={"/0/segmentation": [[1, 2]], "/1/segmentation": [[1, 2, 1e8, 2, 1e8, 9e7]]}),
    case("results-segm-polygon", "no pixel", 1, {"/0/segmentation": [[5, 5, 5, 5, 5, 5]]}, leaves=1, task="results_segm"),
    case("results-segm-polygon", "an image without a size", 1, {"/1/segmentation": TRIANGLE}, leaves=1,
         task="results_segm", true_edit={"/images/1/width": 0}),
    case("results-category-unknown", "one", 1, {"/1/category_id": 3}),
    case("results-category-unknown", "of a mask", 1, {"/0/category_id": 0}, task="results_segm"),
    case("results-category-unknown", "too few for a verdict", 2, {"/0/category_id": 0, "/1/category_id": 0}),
    case("results-category-unknown", "declared, but not used", edit={"/1/category_id": 6}, true_edit=SIX),
    case("results-category-unknown", "a text as an id in the ground truth explains it", true_edit={"/categories/0/id": "1"}),
    case("results-category-unknown", "a ground truth without categories", true_edit={"/categories": []}),
    case("results-category-unknown", "indexes are told by results-category-not-mapped", true=FIVE, change=found(FIVE, lower),
         also=("results-category-not-mapped",)),
    case("results-category-not-mapped", "one too small", 1, true=FIVE, change=found(FIVE, lower)),
    case("results-category-not-mapped", "one too large", 1, true=FIVE, change=found(FIVE, higher)),
    case("results-category-not-mapped", "positions from 0", 1, true=GAPS, change=found(GAPS, [3, 10, 25, 40, 77].index)),
    case("results-category-not-mapped", "80 classes of official ids", 1, true=ALL, change=found(ALL, OFFICIAL.index)),
    case("results-category-not-mapped", "all declared", 1, true=FIVE, true_edit=SIX, change=found(FIVE, higher, shift=3)),
    case("results-category-not-mapped", "all declared, with noise", 1, true=FIVE, true_edit=SIX,
         change=found(FIVE, higher, extra=2)),
    case("results-category-not-mapped", "twenty objects", 1, true=few(20), true_edit=SIX, change=found(few(20), higher)),
    case("results-category-not-mapped", "nineteen objects", true=few(19), true_edit=SIX, change=found(few(19), higher)),
    case("results-category-not-mapped", "right ones", true=FIVE, change=found(FIVE, same)),
    case("results-category-not-mapped", "right ones, with noise", true=FIVE, change=found(FIVE, same, extra=2)),
    case("results-category-not-mapped", "a single wrong id", edit={"/1/category_id": 0}, also=("results-category-unknown",)),
    case("results-category-not-mapped", "two classes taken for each other", true=declared(1, 2),
         change=found(declared(1, 2), other)),
    case("results-category-not-mapped", "a model of one class on objects of another", true=declared(2),
         true_edit=also_declared(1), change=found(declared(2), lower)),
    case("results-category-not-mapped", "beside all objects", true=FIVE, true_edit=SIX, change=found(FIVE, higher, shift=90)),
    case("results-segm-size", "another height", 1, task="results_segm", true_edit={"/images/0/height": 481}),
    case("results-segm-size", "width and height swapped", 2, task="results_segm",
         true_edit={f"/images/{i}/{side}": size for i in (0, 1) for side, size in (("width", 480), ("height", 640))}),
    case("results-segm-size", "of stuff", 1, task="results_stuff", true=stuff, true_edit={"/images/1/width": 320}),
    case("results-segm-size", "one of many", 1, task="results_segm", change=but_one("segmentation", SHORTER)),
    case("results-segm-size", "the same", task="results_segm"),
    case("results-segm-size", "unknown", task="results_segm", true_edit={"/images/0/height": REMOVED}),
    case("results-segm-size", "a mask that is not read", edit={"/0/segmentation": COLUMN}, task="results_segm",
         true_edit={"/images/0/height": 481}, also=("results-segm-uncompressed",)),
    case("results-segm-size", "of an unknown image", edit={"/0/image_id": 3}, task="results_segm", also=UNKNOWN),
    case("results-keypoints-length", "one too many", 1, {"/1/keypoints": [1] * 15}, task="results_keypoints", true=persons),
    case("results-keypoints-length", "two numbers each", 2, {f"/{i}/keypoints": [1] * 8 for i in (0, 1)},
         task="results_keypoints", true=persons),
    case("results-keypoints-length", "one of many", 1, task="results_keypoints", true=persons,
         change=but_one("keypoints", [1] * 9)),
    case("results-keypoints-length", "as many as there are", task="results_keypoints", true=persons),
    case("results-keypoints-length", "the category has none", task="results_keypoints", edit={"/1/keypoints": [1] * 15}),
    case("results-keypoints-length", "nested ones are told by field-type", task="results_keypoints", true=persons,
         edit={"/1/keypoints": [[1, 1, 1]] * 4}, also=("field-type",)),
    case("results-image-uncovered", "one of two", 1, {"/1": REMOVED}),
    case("results-image-uncovered", "most of many", 1, true=lambda: crowded(80)),
    case("results-image-uncovered", "all covered"),
    case("results-image-uncovered", "one result is of an unknown image", 1, {"/1/image_id": 3}, also=UNKNOWN),
    case("results-panoptic-image-uncovered", "one of two", 1, {"/annotations/1": REMOVED}, task="results_panoptic",
         true=panoptic),
    case("results-panoptic-image-uncovered", "of another image", 1, {"/annotations/1/image_id": 3}, task="results_panoptic",
         true=panoptic),
    case("results-panoptic-image-uncovered", "a text is told by field-type", edit={"/annotations/1/image_id": "2"},
         task="results_panoptic", true=panoptic, also=("field-type",)),
    case("results-panoptic-image-uncovered", "all covered", task="results_panoptic", true=panoptic),
    case("results-panoptic-image-uncovered", "an image without annotation needs none", edit={"/annotations/1": REMOVED},
         task="results_panoptic", true=panoptic, true_edit={"/annotations/1": REMOVED}),
    case("results-bbox-xyxy-in-image", "large objects", 1, change=corners()),
    case("results-bbox-xyxy-in-image", "right boxes of them", change=extents),
    case("results-bbox-xyxy-in-image", "a larger image holds them as they stand", change=corners(),
         true_edit={f"/images/{i}/{side}": 1200 for i in (0, 1) for side in ("width", "height")}),
    case("results-bbox-xyxy-in-image", "neither reading fits", change=corners(1.2)),
    case("results-bbox-xyxy-in-image", "sizes unknown", change=corners(),
         true_edit={f"/images/{i}/width": REMOVED for i in (0, 1)}),
]  # fmt: skip
