"""Cases of the rules on categories."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.cases import REMOVED, Case, Data

ROOT = {"id": 0, "name": "being", "supercategory": "none"}


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


def thrice(data: Data) -> Data:
    """Declare each object's category anew, as VIA does."""
    first, second = data["categories"]
    return {**data, "categories": [first, second, first, first]}


def with_root(data: Data) -> Data:
    """Add a parent category as Roboflow does."""
    data["categories"].insert(0, ROOT)
    return data


def used_root(data: Data) -> Data:
    with_root(data)
    data["annotations"][1]["category_id"] = 0
    return data


def without_annotations(data: Data) -> Data:
    return {**with_root(data), "annotations": []}


CASES = [
    Case("category-id-duplicate", "two names", fires=1, edit={"/categories/-": category(1)}),
    Case("category-id-duplicate", "the same record thrice", fires=2, change=thrice),
    Case("category-id-duplicate", "text ids are not compared", edit={"/categories/1/id": "1"},
         also=("category-id-not-integer",)),
    Case("category-id-duplicate", "panoptic", fires=1, task="panoptic", edit={"/categories/1/id": 1},
         also=("panoptic-category-unknown",)),
    Case("category-id-zero", "used", fires=1, change=from_zero),
    Case("category-id-zero", "in labels", fires=1, task="labels", change=from_zero),
    Case("category-id-zero", "of a panoptic segment", fires=1, task="panoptic",
         edit={"/categories/0/id": 0, "/annotations/0/segments_info/0/category_id": 0}),
    Case("category-id-zero", "of no panoptic segment", task="panoptic", edit={"/categories/-": category(0)},
         also=("panoptic-isthing-missing",)),
    Case("category-id-zero", "declared only", edit={"/categories/-": category(0)}),
    Case("category-id-zero", "the background", edit={"/categories/0/name": "__Background__"}, change=from_zero),
    Case("category-id-zero", "the background in short", edit={"/categories/0/name": "bg"}, change=from_zero),
    Case("category-id-zero", "used but not declared", edit={"/annotations/0/category_id": 0},
         also=("category-id-unknown",)),
    Case("category-id-zero-unused", "declared only", fires=1, edit={"/categories/-": category(0)}),
    Case("category-id-zero-unused", "used", change=from_zero),
    Case("category-id-zero-unused", "a parent is told as such", change=with_root),
    Case("category-id-zero-unused", "without annotations nothing is used", change=without_annotations),
    Case("category-id-zero-unused", "a background is told as such", edit={"/categories/-": category(0, "background")}),
    Case("category-id-zero-unused", "a text may be meant for it",
         edit={"/categories/-": category(0), "/annotations/0/category_id": "0"}, also=("field-type",)),
    Case("category-id-not-integer", "text and its uses", fires=1, edit={"/categories/1/id": "2"}),
    Case("category-id-not-integer", "null", fires=1, edit={"/categories/1/id": None}),
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
    Case("category-name-missing", "no key", fires=1, edit={"/categories/1/name": REMOVED}),
    Case("category-name-missing", "null", fires=1, edit={"/categories/1/name": None}),
    Case("category-name-missing", "empty", edit={"/categories/1/name": ""}, also=("category-name-empty",)),
    Case("category-name-empty", "blanks", fires=1, edit={"/categories/1/name": " "}),
    Case("category-name-empty", "twice is no duplicate", fires=2, edit={"/categories/0/name": "", "/categories/1/name": ""}),
    Case("category-name-empty", "no name", edit={"/categories/1/name": None}, also=("category-name-missing",)),
    Case("category-name-empty", "one letter", edit={"/categories/1/name": "b"}),
    Case("category-name-type", "a number", fires=1, edit={"/categories/1/name": 2}),
    Case("category-name-type", "digits", edit={"/categories/1/name": "2"}),
    Case("category-name-duplicate", "another id", fires=1, edit={"/categories/-": category(3, "person")}),
    Case("category-name-duplicate", "the same id", edit={"/categories/-": category(1, "person")},
         also=("category-id-duplicate",)),
    Case("category-name-duplicate", "both empty", edit={"/categories/0/name": "", "/categories/1/name": ""},
         also=("category-name-empty",)),
    Case("category-name-duplicate", "case differs", edit={"/categories/-": category(3, "Person")}),
    Case("category-name-near-duplicate", "case", fires=1, edit={"/categories/-": category(3, "Person")}),
    Case("category-name-near-duplicate", "separators", fires=2,
         edit={"/categories/0/name": "traffic_light", "/categories/1/name": "traffic light",
               "/categories/-": category(3, "Traffic-Light")}),
    Case("category-name-near-duplicate", "equal", edit={"/categories/-": category(3, "person")}),
    Case("category-name-near-duplicate", "joined", edit={"/categories/-": category(3, "per son")}),
    Case("category-name-near-duplicate", "a minus at the end", edit={"/categories/0/name": "A", "/categories/1/name": "A-"}),
    Case("category-name-near-duplicate", "a blank at the end", edit={"/categories/-": category(3, "person ")}),
    Case("category-name-near-duplicate", "a blank at the end of the first",
         edit={"/categories/0/name": " person", "/categories/-": category(3, "person")}),
    Case("category-name-whitespace", "at the end", fires=1, edit={"/categories/1/name": "bicycle\n"}),
    Case("category-name-whitespace", "two inside", fires=1, edit={"/categories/1/name": "racing  bicycle"}),
    Case("category-name-whitespace", "braces are no placeholders", fires=1, edit={"/categories/1/name": " {0} {name}"}),
    Case("category-name-whitespace", "one inside", edit={"/categories/1/name": "racing bicycle"}),
    Case("category-name-whitespace", "only blanks", edit={"/categories/1/name": "  "}, also=("category-name-empty",)),
    Case("category-name-equals-supercategory", "of another", fires=1, edit={"/categories/-": category(3, "cat", "bicycle")}),
    Case("category-name-equals-supercategory", "its own, as in official COCO", edit={"/categories/0/supercategory": "person"}),
    Case("category-name-equals-supercategory", "case differs", edit={"/categories/-": category(3, "cat", "Bicycle")}),
    Case("category-name-equals-supercategory", "not used at all", change=with_root),
    Case("category-name-equals-supercategory", "no name, no parent",
         edit={"/categories/0/name": "", "/categories/1/supercategory": ""}, also=("category-name-empty",)),
    Case("category-unused", "one of three", fires=1, edit={"/categories/-": category(3)}),
    Case("category-unused", "in labels", fires=1, task="labels", edit={"/categories/-": category(3)}),
    Case("category-unused", "all in use"),
    Case("category-unused", "a parent is told as such", change=with_root),
    Case("category-unused", "id 0 is told as such", edit={"/categories/-": category(0)}),
    Case("category-unused", "a background is told as such", edit={"/categories/-": category(3, "background")}),
    Case("category-unused", "no annotations", change=without_annotations),
    Case("category-unused", "a text may be meant for it", also=("field-type",),
         edit={"/categories/-": category(3), "/annotations/0/category_id": "3"}),
    Case("category-extra-background", "of labelme, and short", fires=2,
         edit={"/categories/-": category(0, "_background_"), "/categories/0/name": "BG"}),
    Case("category-extra-background", "panoptic", fires=1, task="panoptic", edit={"/categories/0/name": "__background__"}),
    Case("category-extra-background", "a part of a name", edit={"/categories/0/name": "background-person"}),
    Case("category-unused-parent", "Roboflow's root", fires=1, change=with_root),
    Case("category-unused-parent", "in labels", fires=1, task="labels", change=with_root),
    Case("category-unused-parent", "used", change=used_root),
    Case("category-unused-parent", "no annotations", change=without_annotations),
    Case("category-unused-parent", "only its own parent", edit={"/categories/-": category(3, "person", "person")}),
    Case("category-unused-parent", "unused, nobody's parent", edit={"/categories/-": category(3)}),
    Case("supercategory-missing", "no key", fires=2,
         edit={"/categories/0/supercategory": REMOVED, "/categories/1/supercategory": REMOVED}),
    Case("supercategory-missing", "null", edit={"/categories/0/supercategory": None}),
    Case("supercategory-missing", "empty", edit={"/categories/0/supercategory": ""}),
    Case("supercategory-none", "in any case", fires=2,
         edit={"/categories/0/supercategory": "none", "/categories/1/supercategory": "None"}),
    Case("supercategory-none", "null", edit={"/categories/0/supercategory": None}),
    Case("supercategory-none", "of an unused parent", change=with_root),
    Case("categories-not-sorted", "twice", fires=1, change=with_ids(3, 2, 1)),
    Case("categories-not-sorted", "an id twice", edit={"/categories/-": category(1)}, also=("category-id-duplicate",)),
    Case("categories-not-sorted", "gaps", change=with_ids(1, 4, 90)),
    Case("categories-not-sorted", "an unusable id between", edit={"/categories/-": category(None)},
         also=("category-id-not-integer",)),
]  # fmt: skip
