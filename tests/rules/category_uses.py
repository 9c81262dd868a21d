"""Cases of the rules on categories that nothing uses."""

from __future__ import annotations

from tests.rules.categories import BOXES, TRAIN, VAL, category, detections, from_zero
from tests.support.cases import Case, Data
from tests.support.set_cases import SetCase

ROOT = {"id": 0, "name": "being", "supercategory": "none"}


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
    Case("category-id-zero-unused", "declared only", fires=1, edit={"/categories/-": category(0)}),
    Case("category-id-zero-unused", "used", change=from_zero),
    Case("category-id-zero-unused", "a parent is told as such", change=with_root),
    Case("category-id-zero-unused", "without annotations nothing is used", change=without_annotations),
    Case("category-id-zero-unused", "a background is told as such", edit={"/categories/-": category(0, "background")}),
    Case("category-id-zero-unused", "a text may be meant for it",
         edit={"/categories/-": category(0), "/annotations/0/category_id": "0"}, also=("field-type",)),
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
         edit={"/categories/-": category(0, "_background_"), "/categories/0/name": "BG"}, leaves=1),
    Case("category-extra-background", "panoptic", fires=1, task="panoptic", leaves=1,
         edit={"/categories/0/name": "__background__"}),
    Case("category-extra-background", "a part of a name", edit={"/categories/0/name": "background-person"}),
    Case("category-unused-parent", "Roboflow's root", fires=1, change=with_root),
    Case("category-unused-parent", "in labels", fires=1, task="labels", change=with_root),
    Case("category-unused-parent", "used", change=used_root),
    Case("category-unused-parent", "no annotations", change=without_annotations),
    Case("category-unused-parent", "only its own parent", edit={"/categories/-": category(3, "person", "person")}),
    Case("category-unused-parent", "unused, nobody's parent", edit={"/categories/-": category(3)}),
]  # fmt: skip

SET_CASES = [
    SetCase("category-unused-parent", "in all files, one of which has no annotations",
            {TRAIN: with_root, VAL: without_annotations}, {TRAIN: 1}),
    SetCase("category-unused-parent", "another file uses it", {TRAIN: with_root, VAL: used_root}, {TRAIN: 1},
            leaves={TRAIN: 1}),
    SetCase("category-unused-parent", "results have it", {TRAIN: with_root, BOXES: detections(0)}, {TRAIN: 1},
            leaves={TRAIN: 1}),
    SetCase("category-id-zero-unused", "of one file", {TRAIN: {"/categories/-": category(0)}, VAL: {}}, {TRAIN: 1},
            also=("categories-subset-across-files",)),
    SetCase("category-id-zero-unused", "another category of that id is used",
            {TRAIN: {"/categories/-": category(0)}, VAL: from_zero}, {TRAIN: 1},
            also=("categories-inconsistent-across-files",)),
]  # fmt: skip
