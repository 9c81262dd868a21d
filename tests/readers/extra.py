"""Planted faults as data: cases that those of the rules leave out, and what is not to be judged by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.readers.perfect import MISENCODED, compressed
from tests.support.cases import Case, crowded

HARMLESS = {
    "annotation-cross-class-duplicate", "annotation-order", "area-box-only", "area-mismatch", "bbox-aspect-outlier",
    "bbox-subpixel", "bbox-tiny", "category-id-out-of-range", "category-unused", "field-unknown", "file-name-extension",
    "polygon-is-bbox", "results-image-uncovered", "track-in-attributes",
}  # fmt: skip
"""Rules whose findings may come along in a case: what breaks a reader is not them."""

MEANING = MISENCODED | {
    "area-exceeds-image", "area-normalized", "bbox-fully-outside", "caption-empty", "num-keypoints-mismatch",
    "polygon-fully-outside", "rle-counts-float", "rle-label-studio",
}  # fmt: skip
"""Rules whose faults are sound values that mean something wrong."""

MASKS = ("polygon", "rle", "segmentation", "mask")
"""How the names of rules on masks begin."""

LEFT_OUT = {
    "annotation-order": "readers look annotations up by image; the case moves one to another image",
    "annotation-cross-class-duplicate": "whether the second label is an object of its own, only a person can tell",
    "category-id-out-of-range": "it depends on the number of outputs that a model is given",
    "image-without-annotations": "it is no fault; a file without any object has AP -1",
    "annotation-near-duplicate": "whether they are two objects, only a person can tell",
    "bbox-vs-segmentation": "which of the two is right cannot be told",
    "results-duplicate": "what it costs depends on the scores of the others",
    "results-image-uncovered": "an object that was not found counts as missed, as it should",
    "results-too-many": "the metric is meant to cut off the lowest scores",
}
"""Rules whose faults have no effect that could be told from that of a sound file."""

HIGHER = compressed({"size": [481, 640], "counts": [48150, 100, 381, 100, 381, 100, 258628]})
COLUMN_RING = [1, 0, 2, 0, 2, 199, 1, 199]
RING = [60, 20, 110, 45, 110, 70, 10, 70, 10, 20]
SMALL = {"size": [480, 31], "counts": [480, 200, 14200]}
BY_ROWS = {"size": [480, 640], "counts": [1, *([1, 639] * 199), 1, 179838]}
PAIRS = {"size": [480, 640], "counts": [number for column in range(10, 110) for number in (480 * column + 21, 50)]}


def case(rule: str, about: str, edit: Mapping[str, Any] | None = None, **more: Any) -> Case:
    """Return a case that fires."""
    return Case(rule, about, fires=1, edit=edit or {}, **more)


def _first_image(key: int) -> dict[str, Any]:
    return {"/images/0/id": key, "/annotations/0/image_id": key, "/annotations/1/image_id": key}


def _shifted(by: int) -> Any:
    data = crowded(20)
    for annotation in data["annotations"]:
        annotation["category_id"] += by
    return data


EXTRA = (
    case("annotation-id-not-integer", "a uuid", {"/annotations/0/id": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
    case("annotation-id-not-integer", "a number in quotes", {"/annotations/0/id": "1"}),
    case("category-id-negative", "-1",
         {"/categories/0/id": -1, "/annotations/0/category_id": -1, "/annotations/2/category_id": -1}),
    case("category-id-off-by-one", "one too large", change=lambda _: _shifted(1)),
    case("category-id-off-by-one", "one too small", change=lambda _: _shifted(-1)),
    case("file-name-absolute", "below the root", {"/images/0/file_name": "/data/000001.jpg"}),
    case("file-name-parent", "one folder up", {"/images/0/file_name": "../000001.jpg"}),
    case("file-name-url", "a web address", {"/images/0/file_name": "https://example.org/000001.jpg"}),
    case("file-name-whitespace-or-control", "a blank in front", {"/images/0/file_name": " 000001.jpg"}),
    case("image-id-duplicate", "of two pictures", {"/images/1/id": 1, "/annotations/2/image_id": 1}),
    case("image-id-negative", "-1", _first_image(-1)),
    case("image-id-too-large", "beyond doubles", _first_image(2**53 + 1)),
    case("image-id-zero", "0", _first_image(0)),
    case("image-too-small", "31 px wide", {"/images/1/width": 31, "/annotations/2/segmentation": SMALL}),
    case("iscrowd-0-rle", "a mask for a polygon", {"/annotations/0/segmentation": compressed([RING])}),
    case("iscrowd-polygon", "a polygon for a mask", {"/annotations/2/segmentation": [COLUMN_RING]}),
    case("keypoints-nested", "all seen", {"/annotations/0/keypoints": [[60, 45, 2]] * 4, "/annotations/0/num_keypoints": 4},
         task="person_keypoints"),
    case("polygon-nonfinite", "a coordinate is null", {"/annotations/0/segmentation/0/2": None}),
    case("polygon-too-few-points", "four numbers", {"/annotations/0/segmentation": [[10.0, 20.0, 110.0, 70.0]]}),
    case("results-segm-size", "another height", {"/0/segmentation": HIGHER}, task="results_segm"),
    case("rle-row-major", "by rows", {"/annotations/2/segmentation": BY_ROWS}),
    case("rle-start-length-pairs", "as Kaggle has them", {"/annotations/0/segmentation": PAIRS},
         also=("iscrowd-0-rle",)),
    case("segmentation-type", "null", {"/annotations/0/segmentation": None}),
)  # fmt: skip
ODD = {("skeleton-index-range", "the skeleton of COCO for 14 points"), ("image-size-missing", "no polygons: a warning")}
"""Cases that change more than their fault."""
INSTEAD = {"iscrowd-0-rle", "iscrowd-polygon", "rle-row-major", "rle-start-length-pairs"}
"""Rules whose own cases change the object, and not only how it is written."""
