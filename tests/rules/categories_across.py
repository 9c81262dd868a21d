"""Cases of the rules that compare the categories of several files."""

from __future__ import annotations

from tests.support.cases import CATEGORIES, REMOVED, Data
from tests.support.set_cases import SetCase

TRAIN, VAL, TEST = (f"annotations/instances_{subset}.json" for subset in ("train", "val", "test"))
PERSON, BICYCLE = CATEGORIES
CAR = {"id": 3, "name": "car", "supercategory": "vehicle"}


def categories(*records: Data) -> dict[str, object]:
    return {"/categories": list(records)}


def used(*records: Data) -> dict[str, object]:
    """Edits for a list of which the annotations use the first."""
    edits = categories(*records)
    return {**edits, **{f"/annotations/{row}/category_id": records[0]["id"] for row in range(3)}}


SWAPPED = ({**PERSON, "id": 2}, {**BICYCLE, "id": 1})

SET_CASES = [
    SetCase("categories-inconsistent-across-files", "ids swapped", {TRAIN: {}, VAL: categories(*SWAPPED)}, {VAL: 2}),
    SetCase("categories-inconsistent-across-files", "another name", {TRAIN: {}, VAL: {"/categories/1/name": "car"}}, {VAL: 1}),
    SetCase("categories-inconsistent-across-files", "ids from 0", also=("category-id-unknown",),
            files={TRAIN: {}, VAL: {"/categories/0/id": 0, "/categories/1/id": 1}}, fires={VAL: 2}),
    SetCase("categories-inconsistent-across-files", "no name in common, but the folders tell",
            {TRAIN: {}, VAL: {"/categories/0/name": "cat", "/categories/1/name": "dog"}}, {VAL: 2}),
    SetCase("categories-inconsistent-across-files", "each row once, whatever the number of files",
            {TEST: {}, TRAIN: {}, VAL: categories(*SWAPPED)}, {VAL: 2}),
    SetCase("categories-inconsistent-across-files", "the middle one differs from both",
            {TEST: {}, TRAIN: categories(*SWAPPED), VAL: {}}, {TRAIN: 2, VAL: 2}),
    SetCase("categories-inconsistent-across-files", "exports of Roboflow",
            {"train/_annotations.coco.json": {}, "valid/_annotations.coco.json": categories(*SWAPPED)},
            {"valid/_annotations.coco.json": 2}),
    SetCase("categories-inconsistent-across-files", "a download for each subset",
            {"train/annotations/instances_default.json": {}, "val/annotations/instances_default.json": categories(*SWAPPED)},
            {"val/annotations/instances_default.json": 2}),
    SetCase("categories-inconsistent-across-files", "names in one folder",
            {"boxes_train.json": {}, "boxes_val.json": categories(*SWAPPED)}, {"boxes_val.json": 2}),
    SetCase("categories-inconsistent-across-files", "subsets that share their names",
            {"annotations/instances_a.json": {}, "annotations/instances_b.json": categories(*SWAPPED)},
            {"annotations/instances_b.json": 2}),
    SetCase("categories-inconsistent-across-files", "the same", {TRAIN: {}, VAL: {}}),
    SetCase("categories-inconsistent-across-files", "another task",
            {TRAIN: {}, "annotations/stuff_val.json": {}, "annotations/person_keypoints_val.json": {}}),
    SetCase("categories-inconsistent-across-files", "only fewer is another rule's", {TRAIN: {}, VAL: used(PERSON)},
            also=("categories-subset-across-files",)),
    SetCase("categories-inconsistent-across-files", "data sets of other classes in one folder",
            {"annotations/instances_cats.json": {}, "annotations/instances_dogs.json": used({**PERSON, "name": "dog"}, CAR)}),
    SetCase("categories-inconsistent-across-files", "half of the names are too few",
            {"annotations/instances_a.json": {}, "annotations/instances_b.json": {"/categories/1/name": "car"}}),
    SetCase("categories-inconsistent-across-files", "splits of two families",
            {"annotations/instances_cats_train.json": {},
             "annotations/instances_dogs_val.json": {"/categories/0/name": "cat", "/categories/1/name": "dog"}}),
    SetCase("categories-inconsistent-across-files", "versions of one data set",
            {"annotations/instances_v1_train.json": {}, "annotations/instances_v2_val.json": categories(*SWAPPED)}),
    SetCase("categories-inconsistent-across-files", "files side by side with the same names",
            {"one.json": {}, "two.json": categories(*SWAPPED)}, {"two.json": 2}),
    SetCase("categories-inconsistent-across-files", "unrelated files side by side",
            {"one.json": {}, "two.json": {"/categories/0/name": "cat", "/categories/1/name": "dog"}}),
    SetCase("categories-inconsistent-across-files", "exports of Roboflow in folders of other names",
            {"a/_annotations.coco.json": {}, "b/_annotations.coco.json": categories(*SWAPPED)}),

    SetCase("categories-order-across-files", "turned round", {TRAIN: {}, VAL: categories(BICYCLE, PERSON)}, {VAL: 1}),
    SetCase("categories-order-across-files", "the same",
            {TRAIN: categories(BICYCLE, PERSON), VAL: categories(BICYCLE, PERSON)}),
    SetCase("categories-order-across-files", "other ids are another rule's", {TRAIN: {}, VAL: categories(*SWAPPED)},
            also=("categories-inconsistent-across-files",)),

    SetCase("categories-subset-across-files", "one is missing in val", {TRAIN: {}, VAL: used(PERSON)}, {VAL: 1}),
    SetCase("categories-subset-across-files", "one is missing in the first", {TRAIN: used(PERSON), VAL: {}}, {TRAIN: 1}),
    SetCase("categories-subset-across-files", "each lacks one", {TRAIN: used(PERSON, BICYCLE), VAL: used(PERSON, CAR)},
            {TRAIN: 1, VAL: 1}),
    SetCase("categories-subset-across-files", "the one with fewer, whatever the number of files",
            {TEST: {}, TRAIN: used(PERSON), VAL: {}}, {TRAIN: 1}),
    SetCase("categories-subset-across-files", "subsets that are no splits",
            {"annotations/instances_a.json": {}, "annotations/instances_b.json": used(PERSON)},
            {"annotations/instances_b.json": 1}),
    SetCase("categories-subset-across-files", "declared, but not used in val",
            {TRAIN: {}, VAL: {"/annotations/1/category_id": 1}}),
    SetCase("categories-subset-across-files", "no categories at all is another rule's",
            {TRAIN: {}, VAL: {"/categories": REMOVED}}, also=("top-level-missing-categories",)),
    SetCase("categories-subset-across-files", "another name is another rule's", {TRAIN: {}, VAL: {"/categories/1/name": "car"}},
            also=("categories-inconsistent-across-files",)),
    SetCase("categories-subset-across-files", "instances and keypoints",
            {TRAIN: {}, "annotations/person_keypoints_train.json": {}}),

    SetCase("supercategory-differs", "another parent", {TRAIN: {}, VAL: {"/categories/0/supercategory": "animal"}}, {VAL: 1}),
    SetCase("supercategory-differs", "other limbs",
            {"annotations/person_keypoints_train.json": {},
             "annotations/person_keypoints_val.json": {"/categories/0/skeleton": [[1, 2]]}},
            {"annotations/person_keypoints_val.json": 1}),
    SetCase("supercategory-differs", "none", {TRAIN: {}, VAL: {"/categories/0/supercategory": REMOVED}}),
    SetCase("supercategory-differs", "the same", {TRAIN: {}, VAL: {}}),
]  # fmt: skip
