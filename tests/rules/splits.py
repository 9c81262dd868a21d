"""Cases of the rules on ids, classes and sizes of splits."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.cases import Data, crowded
from tests.support.set_cases import SetCase

TRAIN, VAL, TEST = (f"annotations/instances_{subset}.json" for subset in ("train", "val", "test"))
T, V = "train/_annotations.coco.json", "valid/_annotations.coco.json"
ROBOFLOW = {"/images/0/file_name": "a_jpg.rf.0123456789abcdef0123.jpg"}
TAKEN = {"/images/0/id": 1, "/annotations/0/image_id": 1, "/annotations/1/image_id": 1}
"""Edits of part 1 by which its first image has the id of another one in part 0."""


def sized(count: int, *shares: tuple[float, int]) -> Callable[[Data], Data]:
    """Return an edit to `count` boxes, of which `shares` give the part that has sides of so many pixels."""

    def edit(data: Data) -> Data:
        start = data["images"][0]["id"]
        whole = crowded(count)
        for image in whole["images"]:
            image["id"] += 1000 * start
            image["file_name"] = f"{start}_{image['file_name']}"
        sides = [side for share, side in shares for _ in range(round(share * count))]
        for annotation, side in zip(whole["annotations"], sides, strict=True):
            x, y = annotation["bbox"][:2]
            annotation |= {
                "id": annotation["id"] + 1000 * start, "image_id": annotation["image_id"] + 1000 * start,
                "bbox": [x, y, side, side], "area": side * side, "segmentation": [],
            }  # fmt: skip
        return whole

    return edit


def as_crowds(data: Data) -> Data:
    mask = {"size": [480, 640], "counts": [0, 480 * 640]}
    data = sized(50, (1, 80))(data)
    for annotation in data["annotations"]:
        annotation |= {"iscrowd": 1, "segmentation": mask, "bbox": [0, 0, 640, 480], "area": 480 * 640}
    return data


SET_CASES = [
    SetCase("image-id-clash-across-splits", "one id", {TRAIN: {}, VAL: TAKEN}, {VAL: 1}),
    SetCase("image-id-clash-across-splits", "told once", {TEST: {}, TRAIN: {}, VAL: TAKEN}, {VAL: 1}),
    SetCase("image-id-clash-across-splits", "numbered on", {TRAIN: {}, VAL: {}}),
    SetCase("image-id-clash-across-splits", "the same picture is another rule's",
            {TRAIN: {}, VAL: {**TAKEN, "/images/0/file_name": "000001.jpg"}}, also=("split-leakage-file",)),
    SetCase("image-id-clash-across-splits", "one split, two files",
            {"annotations/instances_train_a.json": {}, "annotations/instances_train_b.json": TAKEN}),
    SetCase("image-id-clash-across-splits", "no names", {TRAIN: {"/images/0/file_name": ""}, VAL: TAKEN},
            also=("file-name-missing",)),

    SetCase("annotation-id-clash-across-splits", "one id", {TRAIN: {}, VAL: {"/annotations/0/id": 2}}, {VAL: 1}),
    SetCase("annotation-id-clash-across-splits", "numbered on", {TRAIN: {}, VAL: {}}),
    SetCase("annotation-id-clash-across-splits", "one split, two tasks",
            {TRAIN: {}, "annotations/person_keypoints_train.json": {}}),

    SetCase("class-missing-in-split", "in val", {TRAIN: {}, VAL: {"/annotations/1/category_id": 1}}, {VAL: 1}),
    SetCase("class-missing-in-split", "in the first", {TRAIN: {"/annotations/1/category_id": 1}, VAL: {}}, {TRAIN: 1}),
    SetCase("class-missing-in-split", "each row once", {TEST: {}, TRAIN: {}, VAL: {"/annotations/1/category_id": 1}}, {VAL: 1}),
    SetCase("class-missing-in-split", "in both",
            {TRAIN: {"/annotations/1/category_id": 1}, VAL: {"/annotations/1/category_id": 1}}),
    SetCase("class-missing-in-split", "no annotations at all", {TRAIN: {}, TEST: {"/annotations": []}}),
    SetCase("class-missing-in-split", "not declared there", {TRAIN: {}, VAL: {
        "/categories": [{"id": 1, "name": "person", "supercategory": "being"}], "/annotations/1/category_id": 1}},
        also=("categories-subset-across-files",)),
    SetCase("class-missing-in-split", "declared here only",
            {TRAIN: {}, VAL: {"/categories/-": {"id": 3, "name": "car", "supercategory": "vehicle"}}},
            also=("categories-subset-across-files",)),
    SetCase("class-missing-in-split", "one split, two tasks", {TRAIN: {}, "annotations/labels_train.json": {
        "/annotations/1/category_id": 1}}),

    SetCase("size-distribution-shift", "four times as large",
            {TRAIN: sized(100, (1, 20)), VAL: sized(100, (1, 80))}, {VAL: 1}),
    SetCase("size-distribution-shift", "told once",
            {TEST: sized(100, (1, 20)), TRAIN: sized(100, (1, 20)), VAL: sized(100, (1, 80))}, {VAL: 1}),
    SetCase("size-distribution-shift", "31 of 100 are larger",
            {TRAIN: sized(100, (1, 20)), VAL: sized(100, (0.69, 20), (0.31, 80))}, {VAL: 1}),
    SetCase("size-distribution-shift", "a threshold of one half", options={"threshold": 0.5},
            files={TRAIN: sized(100, (1, 20)), VAL: sized(100, (0.69, 20), (0.31, 80))}),
    SetCase("size-distribution-shift", "three in ten are larger",
            {TRAIN: sized(100, (1, 20)), VAL: sized(100, (0.7, 20), (0.3, 80))}),
    SetCase("size-distribution-shift", "chance explains it where there are few",
            {TRAIN: sized(40, (1, 20)), VAL: sized(40, (0.6, 20), (0.4, 80))}),
    SetCase("size-distribution-shift", "19 boxes", {TRAIN: sized(19, (1, 20)), VAL: sized(100, (1, 80))}),
    SetCase("size-distribution-shift", "20 boxes", {TRAIN: sized(20, (1, 20)), VAL: sized(100, (1, 80))}, {VAL: 1}),
    SetCase("size-distribution-shift", "crowds are large", {TRAIN: sized(50, (1, 20)), VAL: as_crowds},
            also=("iscrowd-on-single-object", "annotation-duplicate-exact")),
    SetCase("size-distribution-shift", "two data sets",
            {"annotations/instances_cats_train.json": sized(100, (1, 20)),
             "annotations/instances_dogs_val.json": sized(100, (1, 80))}),
]  # fmt: skip
