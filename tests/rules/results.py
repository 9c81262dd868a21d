"""Cases of the rules on results that need no ground truth."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from cocolint.config import Settings
from cocolint.model import Task
from tests.support.cases import COLUMN, MASK, REMOVED, Case, Data

BOX: Data = {"image_id": 1, "category_id": 1, "bbox": [10.0, 20.0, 100.0, 50.0], "score": 0.9}
POINTS: Data = {"image_id": 1, "category_id": 1, "keypoints": [60.0, 45.0, 1, 35.0, 32.5, 1, 0, 0, 0, 0, 0, 0], "score": 0.9}


class Told(Case, frozen=True):
    """A case in which the user says that the file is of the task."""

    def settings(self, folder: Path) -> Settings:
        """Return the settings of the run, with the task."""
        return replace(super().settings(folder), task=Task(self.task))


def root(value: Any) -> Callable[[Data], Any]:
    """Let `value` be all of the file."""
    return lambda _: value


def many(count: int, template: Data = BOX, step: int = 1, **fields: Callable[[int], Any]) -> Callable[[Data], Any]:
    """Let the file be `count` results with rising scores, `step` images apart; `fields` make a field of each by its number."""
    return root([
        {**template, "image_id": 1 + i * step, "score": round(0.1 + i / (2 * count), 6), **{k: f(i) for k, f in fields.items()}}
        for i in range(count)
    ])  # fmt: skip


def boxes(count: int, reading: str, low: float, high: float, size: float = 600) -> Callable[[Data], Any]:
    """Let the file be boxes all over images of `size` px, their sides `low` to `high`, written as `reading` says."""
    numbers = random.Random(7)

    def box(_: int) -> list[float]:
        w, h = (numbers.uniform(low, high) for _ in range(2))
        x, y = numbers.uniform(2, size - w), numbers.uniform(2, size - h)
        return [x, y, x + w, y + h] if reading == "xyxy" else [x, y, w, h]

    return many(count, bbox=box)


def centred(ratio: Callable[[int], float]) -> Callable[[Data], Any]:
    """Let the file be one box in the middle of each image, of that part of its sides, in images of 400 to 4000 px."""

    def box(number: int) -> list[float]:
        side, part = 400 + 90 * (number % 40), ratio(number)
        return [side * (1 - part) / 2, side * (1 - part) / 2, side * part, side * part]

    return many(200, bbox=box)


def masked(reading: str) -> Callable[[Data], Any]:
    """Let the file be masks of a column with their boxes, written as `reading` says."""

    def mask(number: int) -> Data:
        start = 480 * (100 + number) + 50
        return {"size": [480, 640], "counts": compressed(start, 100, 480 * 640 - start - 100)}

    def box(number: int) -> list[float]:
        x = 100.0 + number
        return [x, 50.0, x + 1, 150.0] if reading == "xyxy" else [x, 50.0, 1.0, 100.0]

    return many(30, bbox=box, segmentation=mask)


def compressed(*counts: int) -> str:
    """Return three runs as evaluation reads them: five bits a character, the low ones first."""
    text = ""
    for number in counts:
        while True:
            bits, number = number & 31, number >> 5
            more = number != (-1 if bits & 16 else 0)
            text += chr(48 + bits + 32 * more)
            if not more:
                break
    return text


def results(task: str) -> Callable[..., Case]:
    """Return what makes cases of one task."""

    def case(rule: str, about: str, fires: int = 0, edit: dict[str, Any] | None = None, **more: Any) -> Case:
        return Case(rule, about, fires, edit or {}, task=f"results_{task}", **more)

    return case


bbox, segm, points, captions, stuff = (results(task) for task in ("bbox", "segm", "keypoints", "captions", "stuff"))
POLYGON = [[10, 20, 110, 20, 110, 70]]


CASES = [
    Told("results-not-array", "an object around them", 1, change=lambda data: {"annotations": data}, task="results_bbox"),
    Told("results-not-array", "a file of instances", 1, task="results_segm", also=(
        "field-missing", "results-segm-polygon", "results-score-missing", "results-first-item-decides"),
         change=root({"images": [{"id": 1}], "annotations": [{"id": 1, "image_id": 1, "category_id": 1}], "categories": []})),
    Told("results-not-array", "nothing beside them", 1, task="results_bbox",
         change=lambda data: {"info": {}, "images": [], "annotations": data, "categories": []}),
    Told("results-not-array", "no results in it", 1, change=root({"annotations": {}, "images": []}), leaves=1,
         task="results_bbox", also=("section-not-array",)),
    Told("results-not-array", "an array", task="results_bbox"),
    Told("results-not-array", "panoptic results are an object", task="results_panoptic"),
    Told("results-empty", "no result", 1, change=root([]), task="results_bbox"),
    Told("results-empty", "no caption", 1, change=root([]), task="results_captions"),
    Told("results-empty", "one result", change=root([BOX]), task="results_bbox"),
    Told("results-empty", "an object is told by results-not-array", change=root({"annotations": [], "images": []}),
         task="results_bbox", also=("results-not-array",)),
    bbox("results-image-id-type", "a number in quotes", 1, {"/0/image_id": "1"}),
    segm("results-image-id-type", "names", 2, leaves=2, edit={"/0/image_id": "a.jpg", "/1/image_id": "b.jpg"}),
    captions("results-image-id-type", "a list", 1, {"/1/image_id": [1]}, leaves=1),
    stuff("results-image-id-type", "a fraction", 1, {"/1/image_id": 1.5}, leaves=1),
    bbox("results-image-id-type", "null is told by field-null", edit={"/0/image_id": None}, also=("field-null",)),
    bbox("results-image-id-type", "1.0 is told by json-number-overflow", edit={"/0/image_id": 1.0}),
    bbox("results-image-id-type", "a category is told by field-type", edit={"/0/category_id": "1"}, also=("field-type",)),
    bbox("results-first-item-decides", "a mask among boxes", 1, {"/1": {"image_id": 1, "category_id": 1, "segmentation": MASK,
         "score": 0.4}}),
    segm("results-first-item-decides", "boxes among masks", 1, {"/1": BOX}),
    segm("results-first-item-decides", "the first has a box too", 1, {"/0/bbox": [1, 2, 3, 4]}),
    segm("results-first-item-decides", "a box alone, after both", 1, {"/0/bbox": [1, 2, 3, 4], "/1": BOX}),
    points("results-first-item-decides", "a box among points", 1, {"/1": BOX}),
    points("results-first-item-decides", "the first has a box too", 1, {"/0/bbox": [1, 2, 3, 4]}),
    Told("results-first-item-decides", "nothing for the task", 1, task="results_keypoints", change=root([BOX, BOX, BOX])),
    Told("results-first-item-decides", "the first lacks it", 1, task="results_bbox", edit={"/0/bbox": REMOVED}),
    segm("results-first-item-decides", "later ones have a box too", edit={"/1/bbox": [1, 2, 3, 4]}),
    segm("results-first-item-decides", "all have both", edit={"/0/bbox": [1, 2, 3, 4], "/1/bbox": [1, 2, 3, 4]}),
    bbox("results-first-item-decides", "an empty box is told by bbox-empty", edit={"/0/bbox": []}, also=("bbox-empty",)),
    bbox("results-first-item-decides", "three numbers are told so", edit={"/0/bbox": [1, 2, 3]}, also=("bbox-length",)),
    bbox("results-first-item-decides", "a text is told by bbox-type", edit={"/1/bbox": "1 2 3 4"}, also=("bbox-type",)),
    stuff("results-first-item-decides", "masks without a score"),
    bbox("results-bbox-xyxy", "objects of all sizes", 1, change=boxes(200, "xyxy", 20, 300)),
    bbox("results-bbox-xyxy", "small objects", 1, change=boxes(60, "xyxy", 5, 60)),
    segm("results-bbox-xyxy", "masks tell it", 1, change=masked("xyxy")),
    bbox("results-bbox-xyxy", "right boxes", change=boxes(200, "xywh", 20, 300)),
    bbox("results-bbox-xyxy", "nineteen", change=boxes(19, "xyxy", 5, 60)),
    bbox("results-bbox-xyxy", "large objects in the middle", change=centred(lambda i: 0.4 + i % 50 / 100)),
    bbox("results-bbox-xyxy", "the same part of each image", change=centred(lambda _: 0.36)),
    bbox("results-bbox-xyxy", "in the middle, some smaller", change=centred(lambda i: 0.3 + i % 50 / 100)),
    bbox("results-bbox-xyxy", "the same box everywhere", change=many(60, bbox=lambda i: [100, 100, 110 + i % 5, 105 + i % 7])),
    segm("results-bbox-xyxy", "masks tell that the boxes are right", change=masked("xywh")),
    segm("results-segm-polygon", "one ring", 1, {"/1/segmentation": POLYGON}, leaves=1),
    stuff("results-segm-polygon", "no ring", 1, {"/1/segmentation": []}, leaves=1),
    segm("results-segm-polygon", "all", 2, {"/0/segmentation": POLYGON, "/1/segmentation": POLYGON}, leaves=2),
    segm("results-segm-polygon", "run lengths"),
    segm("results-segm-polygon", "null is another type", edit={"/0/segmentation": None}, also=("segmentation-type",),
         file_name="a.json"),
    Case("results-segm-polygon", "ground truth has polygons"),
    segm("results-segm-uncompressed", "a list", 1, {"/0/segmentation": COLUMN}),
    stuff("results-segm-uncompressed", "a list", 1, {"/1/segmentation": COLUMN}),
    segm("results-segm-uncompressed", "runs that do not fill the size", 1, leaves=1,
         edit={"/0/segmentation": {"size": [480, 640], "counts": [480, 200]}}),
    segm("results-segm-uncompressed", "many runs, and a mask of its own fields", 1, edit={"/0/segmentation": {
        "area": 3, "counts": [0, 1, 479, 1, 0, 5000, 480 * 640 - 5481], "size": [480, 640]}}),
    segm("results-segm-uncompressed", "a number is told by rle-counts-type", edit={"/0/segmentation/counts": 7},
         also=("rle-counts-type",)),
    segm("results-segm-uncompressed", "none is told by rle-keys", edit={"/0/segmentation/counts": REMOVED}, also=("rle-keys",)),
    segm("results-segm-with-bbox", "both", 1, {"/0/bbox": [100, 50, 3, 100], "/1/bbox": [100, 50, 3, 100]}),
    segm("results-segm-with-bbox", "not the first", edit={"/1/bbox": [100, 50, 3, 100]}),
    segm("results-segm-with-bbox", "masks alone"),
    bbox("results-segm-with-bbox", "boxes with the polygons that readers add", edit={"/0/segmentation": POLYGON}),
    bbox("results-too-many", "one image of two", 1, change=many(300, step=0, image_id=lambda i: 1 + (i % 3 == 0))),
    points("results-too-many", "twenty-one", 1, change=many(21, POINTS, step=0, keypoints=lambda i: [i, i, 1] * 4)),
    points("results-too-many", "twenty", change=many(20, POINTS, step=0, keypoints=lambda i: [i, i, 1] * 4)),
    bbox("results-too-many", "some without a score", 1, also=("results-score-type",),
         change=many(130, step=0, score=lambda i: None if i % 10 == 0 else i / 1000)),
    bbox("results-too-many", "a hundred", change=many(100, step=0)),
    bbox("results-too-many", "at most 300, as for LVIS", change=many(300, step=0), options={"most": 300}),
    bbox("results-duplicate", "the same", 1, {"/1/image_id": 1, "/1/score": 0.9}),
    bbox("results-duplicate", "three times", 2, {"/1/image_id": 1, "/1/score": 0.9, "/-": BOX}),
    bbox("results-duplicate", "a hair apart", 1, {"/1": {**BOX, "bbox": [10.01, 20.0, 100.0, 50.0]}}),
    bbox("results-duplicate", "three, the last in the middle", 2,
         {f"/{i}": {**BOX, "bbox": [x, 20.0, 100.0, 50.0]} for i, x in ((0, 10.0), (1, 10.06))}
         | {"/-": {**BOX, "bbox": [10.03, 20.0, 100.0, 50.0]}}),
    bbox("results-duplicate", "without extent", 1, {"/0/bbox": [5, 5, 0, 0], "/1": {**BOX, "bbox": [5, 5, 0, 0]}}),
    segm("results-duplicate", "masks", 1, {"/1/image_id": 1, "/1/score": 0.9}),
    points("results-duplicate", "points", 1, {"/1/image_id": 1, "/1/score": 0.9}),
    bbox("results-duplicate", "another image", edit={"/1/score": 0.9}),
    bbox("results-duplicate", "another score", edit={"/1/image_id": 1}),
    bbox("results-duplicate", "another category", edit={"/1": {**BOX, "category_id": 2}}),
    bbox("results-duplicate", "an IoU of 0.99", edit={"/1": {**BOX, "bbox": [10.5, 20.0, 100.0, 50.0]}}),
    bbox("results-duplicate", "two without extent", edit={"/0/bbox": [5, 5, 0, 0], "/1": {**BOX, "bbox": [9, 5, 0, 0]}}),
    segm("results-duplicate", "another mask in the same bounds",
         edit={"/1/image_id": 1, "/1/score": 0.9, "/1/segmentation": {"size": [480, 640], "counts": "bm^1T3m;0Nl;00^ek7"}},
         also=("rle-counts-string-invalid",)),
    segm("results-duplicate", "two polygons that are not read",
         edit={"/0/segmentation": POLYGON, "/1/image_id": 1, "/1/score": 0.9, "/1/segmentation": [[1, 2, 3, 4, 5, 6]]},
         also=("results-segm-polygon",)),
    points("results-duplicate", "other points", edit={"/1": {**POINTS, "keypoints": [61.0, *POINTS["keypoints"][1:]]}}),
    captions("results-caption-multiple", "two", 1, {"/1/image_id": 1}),
    captions("results-caption-multiple", "three", 2, {"/1/image_id": 1, "/-": {"image_id": 1, "caption": "A dog."}}),
    captions("results-caption-multiple", "one each"),
    captions("results-caption-multiple", "two without an image", edit={"/0/image_id": "1", "/1/image_id": "1"},
             also=("results-image-id-type",)),
    Case("results-caption-multiple", "images have several", task="captions"),
    bbox("results-extra-keys", "what readers add", 1, {"/0/id": 1, "/0/area": 5000, "/0/iscrowd": 0}),
    captions("results-extra-keys", "an id on the last", 1, {"/1/id": "x"}),
    bbox("results-extra-keys", "keys of the writer", edit={"/0/feature": [1], "/0/file_name": "a.jpg"}),
    Case("results-extra-keys", "objects need them"),
]  # fmt: skip
