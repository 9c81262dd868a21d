"""Cases of the rules on the ids and the order of categories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.cases import Case, Data
from tests.support.set_cases import SetCase

TRAIN, VAL = "annotations/instances_train.json", "annotations/instances_val.json"
BOXES = "results/instances_val_results.json"


def category(id_: object, name: object = "dog", supercategory: object = "animal") -> Data:
    return {"id": id_, "name": name, "supercategory": supercategory}


def with_ids(*ids: int) -> Callable[[Data], Data]:
    """Declare the ids, and let the annotations use the first and the last of them."""

    def change(data: Data) -> Data:
        data["categories"] = [category(id_, f"class {id_}") for id_ in ids]
        for number, annotation in enumerate(data["annotations"]):
            annotation["category_id"] = ids[-1] if number else ids[0]
        return data

    return change


def from_zero(data: Data) -> Data:
    """Count all category ids from 0."""
    for record in data["categories"]:
        record["id"] -= 1
    for annotation in data["annotations"]:
        annotation["category_id"] -= 1
    return data


def from_zero_and_dangling(data: Data) -> Data:
    """Count from 0, and let an object have the id that is one too large."""
    from_zero(data)["annotations"][1]["category_id"] = 2
    return data


def thrice(data: Data) -> Data:
    """Declare each object's category anew, as VIA does."""
    first, second = data["categories"]
    return {**data, "categories": [first, second, first, first]}


def with_more(data: Data, *ids: object) -> Data:
    """Declare more categories, which nothing uses."""
    return {**data, "categories": [*data["categories"], *(category(id_, f"class {id_}") for id_ in ids)]}


def detections(*categories: int) -> Callable[[Any], Any]:
    """Return an edit of results to one of each of these categories."""
    return lambda data: [{**data[0], "image_id": 101, "category_id": number} for number in categories]


CASES = [
    Case("category-id-duplicate", "two names", fires=1, leaves=1, edit={"/categories/-": category(1)}),
    Case("category-id-duplicate", "the same record thrice", fires=2, change=thrice),
    Case("category-id-duplicate", "a copy and another one", fires=2, leaves=1, edit={"/categories": [
        category(1, "person"), category(2, "bicycle"), category(1, "cat"), category(1, "person")]}),
    Case("category-id-duplicate", "text ids are not compared", edit={"/categories/1/id": "1"},
         also=("category-id-not-integer",)),
    Case("category-id-duplicate", "panoptic", fires=1, leaves=1, task="panoptic", edit={"/categories/1/id": 1},
         also=("panoptic-category-unknown",)),
    Case("category-id-zero", "used", fires=1, change=from_zero),
    Case("category-id-zero", "in labels", fires=1, task="labels", change=from_zero),
    Case("category-id-zero", "of a panoptic segment", fires=1, task="panoptic",
         edit={"/categories/0/id": 0, "/annotations/0/segments_info/0/category_id": 0}),
    Case("category-id-zero", "an id that nothing declares stays so", fires=1, change=from_zero_and_dangling,
         also=("category-id-unknown", "category-id-off-by-one")),
    Case("category-id-zero", "of no panoptic segment", task="panoptic", edit={"/categories/-": category(0)},
         also=("panoptic-isthing-missing",)),
    Case("category-id-zero", "declared only", edit={"/categories/-": category(0)}),
    Case("category-id-zero", "the background", edit={"/categories/0/name": "__Background__"}, change=from_zero),
    Case("category-id-zero", "the background in short", edit={"/categories/0/name": "bg"}, change=from_zero),
    Case("category-id-zero", "used but not declared", edit={"/annotations/0/category_id": 0},
         also=("category-id-unknown",)),
    Case("category-id-not-integer", "text and its uses", fires=1, edit={"/categories/1/id": "2"}),
    Case("category-id-not-integer", "null", fires=1, leaves=1, edit={"/categories/1/id": None}),
    Case("category-id-not-integer", "text here and there", fires=2, edit={
        "/categories/0/id": "1", "/categories/1/id": "2", "/annotations/0/category_id": "1", "/annotations/1/category_id": "2",
        "/annotations/2/category_id": "1"}, also=("field-type",)),
    Case("category-id-not-integer", "texts that are no numbers, or not only", fires=4, leaves=4,
         change=lambda data: with_more(data, "cat", "03", "1.5", "3 ")),
    Case("category-id-not-integer", "a fraction, an object, and an id that is taken", fires=3, leaves=3,
         change=lambda data: with_more(data, 2.5, {}, "2")),
    Case("category-id-not-integer", "an integer beyond 32 bits", change=with_ids(2**40)),
    Case("category-id-negative", "-1", fires=1, change=with_ids(-1, 1)),
    Case("category-id-negative", "0", change=from_zero),
    Case("category-id-negative", "no integer at all", edit={"/categories/1/id": None}, also=("category-id-not-integer",)),
    Case("category-ids-not-contiguous", "a gap", fires=1, edit={"/categories/-": category(5)}),
    Case("category-ids-not-contiguous", "in panoptic", fires=1, task="panoptic"),
    Case("category-ids-not-contiguous", "from 1, not sorted", change=with_ids(3, 1, 2)),
    Case("category-ids-not-contiguous", "from 0", change=from_zero),
    Case("category-ids-not-contiguous", "largest in use", change=with_ids(1, 5)),
    Case("category-ids-not-contiguous", "huge", edit={"/categories/-": category(5000)}),
    Case("category-ids-not-contiguous", "an id twice", edit={"/categories/-": category(2)}, also=("category-id-duplicate",)),
    Case("category-ids-not-contiguous", "an unusable id", edit={"/categories/-": category("3")},
         also=("category-id-not-integer",)),
    Case("category-id-huge", "a hash", fires=1, change=with_ids(1, 2_867_530_153)),
    Case("category-id-huge", "just over both", fires=1, change=with_ids(1, 1001)),
    Case("category-id-huge", "at the least", change=with_ids(1, 1000)),
    Case("category-id-huge", "ten times as many", options={"least": 10}, change=with_ids(1, 20)),
    Case("categories-not-sorted", "twice", fires=1, change=with_ids(3, 2, 1)),
    Case("categories-not-sorted", "unusable ids come last", fires=1, also=("category-id-not-integer",),
         edit={"/categories": [category(None), category(2, "bicycle"), category("x"), category(1, "person")]}),
    Case("categories-not-sorted", "an id twice", edit={"/categories/-": category(1)}, also=("category-id-duplicate",)),
    Case("categories-not-sorted", "gaps", change=with_ids(1, 4, 90)),
    Case("categories-not-sorted", "an unusable id between", edit={"/categories/-": category(None)},
         also=("category-id-not-integer",)),
]  # fmt: skip

SET_CASES = [
    SetCase("category-id-zero", "all files and results follow", {TRAIN: from_zero, VAL: from_zero, BOXES: detections(0, 1)},
            {TRAIN: 1, VAL: 1}),
    SetCase("category-id-zero", "used in one of two files", {TRAIN: from_zero, VAL: lambda data: {
        **from_zero(data), "annotations": []}}, {TRAIN: 1}),
    SetCase("category-id-zero", "the other file counts from 1", {TRAIN: from_zero, VAL: {}}, {TRAIN: 1},
            also=("categories-inconsistent-across-files",)),
    SetCase("category-ids-not-contiguous", "both files and results",
            {TRAIN: lambda data: with_more(data, 7), VAL: lambda data: with_more(data, 7), BOXES: detections(1, 7)},
            {TRAIN: 1, VAL: 1}),
    SetCase("category-ids-not-contiguous", "one lacks what the other has",
            {TRAIN: lambda data: with_more(data, 7, 8), VAL: lambda data: with_more(data, 8)}, {TRAIN: 1, VAL: 1},
            leaves={VAL: 1}, also=("categories-subset-across-files",)),
    SetCase("category-ids-not-contiguous", "contiguous", {TRAIN: {}, VAL: {}}),
]  # fmt: skip
