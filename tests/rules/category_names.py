"""Cases of the rules on the names and parents of categories."""

from __future__ import annotations

from collections.abc import Callable

from tests.rules.categories import BOXES, TRAIN, VAL, category, detections
from tests.rules.category_uses import with_root
from tests.support.cases import REMOVED, Case, Data
from tests.support.set_cases import SetCase


def with_names(*names: str) -> Callable[[Data], Data]:
    """Declare these categories, one for each annotation."""

    def change(data: Data) -> Data:
        data["categories"] = [category(number, name) for number, name in enumerate(names, 1)]
        for number, annotation in enumerate(data["annotations"], 1):
            annotation["category_id"] = number
        return data

    return change


CASES = [
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
    Case("category-name-duplicate", "used", fires=2, change=with_names("cat", "cat", "cat")),
    Case("category-name-duplicate", "other keypoints", fires=1, leaves=1, task="person_keypoints", edit={
        "/categories/-": {**category(3, "person"), "keypoints": ["nose"], "skeleton": []}}),
    Case("category-name-duplicate", "the same id", edit={"/categories/-": category(1, "person")},
         also=("category-id-duplicate",)),
    Case("category-name-duplicate", "both empty", edit={"/categories/0/name": "", "/categories/1/name": ""},
         also=("category-name-empty",)),
    Case("category-name-duplicate", "case differs", edit={"/categories/-": category(3, "Person")}),
    Case("category-name-near-duplicate", "case", fires=1, edit={"/categories/-": category(3, "Person")}),
    Case("category-name-near-duplicate", "separators", fires=2,
         edit={"/categories/0/name": "traffic_light", "/categories/1/name": "traffic light",
               "/categories/-": category(3, "Traffic-Light")}),
    Case("category-name-near-duplicate", "used", fires=1, change=with_names("cat", "dog", "Cat")),
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
    Case("supercategory-missing", "no key", fires=2,
         edit={"/categories/0/supercategory": REMOVED, "/categories/1/supercategory": REMOVED}),
    Case("supercategory-missing", "null", edit={"/categories/0/supercategory": None}),
    Case("supercategory-missing", "empty", edit={"/categories/0/supercategory": ""}),
    Case("supercategory-none", "in any case", fires=2,
         edit={"/categories/0/supercategory": "none", "/categories/1/supercategory": "None"}),
    Case("supercategory-none", "null", edit={"/categories/0/supercategory": None}),
    Case("supercategory-none", "of an unused parent", change=with_root),
]  # fmt: skip

SET_CASES = [
    SetCase("category-name-duplicate", "in both files, with results",
            {TRAIN: with_names("cat", "dog", "cat"), VAL: with_names("cat", "dog", "cat"), BOXES: detections(1, 2, 3)},
            {TRAIN: 1, VAL: 1}),
    SetCase("category-name-duplicate", "in one, and the other has only the second",
            {TRAIN: with_names("cat", "dog", "cat"), VAL: {
                "/categories": [category(2, "dog"), category(3, "cat")], "/annotations/0/category_id": 2,
                "/annotations/1/category_id": 3, "/annotations/2/category_id": 3}}, {TRAIN: 1},
            also=("categories-inconsistent-across-files",)),
    SetCase("category-name-near-duplicate", "in the later file", {TRAIN: with_names("cat", "dog", "cow"), VAL: lambda data: {
        **with_names("cat", "dog", "cow")(data), "categories": [*map(category, (1, 2, 3, 4), ("cat", "dog", "cow", "Dog"))]}},
        {VAL: 1}, also=("categories-subset-across-files",)),
]  # fmt: skip
