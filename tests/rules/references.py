"""Cases of the rules on what annotations refer to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.support.cases import REMOVED, Case, Data, crowded

OFFICIAL_IDS = [i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)]


def used(ids: Sequence[int], declared: Sequence[int], count: int = 20, task: str = "instances") -> Callable[[Data], Data]:
    """Declare categories and let `count` annotations use `ids` in turn."""

    def change(_: Data) -> Data:
        data = crowded(count, "instances")
        data["categories"] = [{"id": i, "name": f"class {i}", "supercategory": "thing"} for i in declared]
        for number, annotation in enumerate(data["annotations"]):
            annotation["category_id"] = ids[number % len(ids)]
        if task == "labels":
            keys = ("id", "image_id", "category_id")
            data["annotations"] = [{key: annotation[key] for key in keys} for annotation in data["annotations"]]
        return data

    return change


def of_all(section: str, field: str, convert: Callable[[Any], Any]) -> Callable[[Data], Data]:
    """Convert a field of all records of a section."""

    def change(data: Data) -> Data:
        for record in data[section]:
            record[field] = convert(record[field])
        return data

    return change


def text_images(data: Data) -> Data:
    """Make texts of all image ids and of all references to them."""
    return of_all("images", "id", str)(of_all("annotations", "image_id", str)(data))


CASES = [
    Case("annotation-image-id-missing", "one", fires=1, edit={"/annotations/0/image_id": REMOVED}),
    Case("annotation-image-id-missing", "panoptic", fires=1, task="panoptic", edit={"/annotations/0/image_id": REMOVED}),
    Case("annotation-image-id-missing", "unknown", edit={"/annotations/0/image_id": 9}, also=("annotation-image-id-unknown",)),
    Case("annotation-image-id-unknown", "one", fires=1, edit={"/annotations/0/image_id": 9}),
    Case("annotation-image-id-unknown", "no images", fires=3, leaves=3, edit={"/images": []}),
    Case("annotation-image-id-unknown", "captions", fires=1, task="captions", edit={"/annotations/0/image_id": -1}),
    Case("annotation-image-id-unknown", "the section is missing", edit={"/images": REMOVED},
         also=("top-level-missing-images",)),
    Case("annotation-image-id-unknown", "a text is told as such", edit={"/annotations/0/image_id": "1"},
         also=("annotation-image-id-type",)),
    Case("annotation-image-id-unknown", "the image's own id is a text", edit={"/images/1/id": "2"},
         also=("image-id-not-integer",)),
    Case("annotation-image-id-unknown", "more than unusable ids explain", fires=2, leaves=2,
         edit={"/images/1/id": "2", "/annotations/0/image_id": 9}, also=("image-id-not-integer",)),
    Case("annotation-image-id-type", "texts for integers", fires=3, change=of_all("annotations", "image_id", str)),
    Case("annotation-image-id-type", "panoptic", fires=2, task="panoptic", change=of_all("annotations", "image_id", str)),
    Case("annotation-image-id-type", "one float", fires=1, leaves=1, edit={"/annotations/0/image_id": 1.5}),
    Case("annotation-image-id-type", "texts that name no image", fires=2, leaves=1,
         edit={"/annotations/0/image_id": "9", "/annotations/1/image_id": "1"}),
    Case("annotation-image-id-type", "an image has a text too", fires=1, leaves=1,
         edit={"/images/1/id": "1", "/annotations/0/image_id": "1"},
         also=("image-id-not-integer", "annotation-image-id-unknown")),
    Case("annotation-image-id-type", "texts for texts", change=text_images, also=("image-id-not-integer",)),
    Case("annotation-image-id-type", "no key", edit={"/annotations/0/image_id": REMOVED},
         also=("annotation-image-id-missing",)),
    Case("category-id-missing", "one", fires=1, edit={"/annotations/0/category_id": REMOVED}),
    Case("category-id-missing", "labels", fires=1, task="labels", edit={"/annotations/0/category_id": REMOVED}),
    Case("category-id-missing", "captions need none", task="captions"),
    Case("category-id-missing", "no categories either",
         edit={f"/annotations/{i}/category_id": REMOVED for i in range(3)} | {"/categories": REMOVED},
         also=("top-level-missing-categories",)),
    Case("category-id-unknown", "beyond, in a gap, and 0", fires=3,
         edit={"/categories/1/id": 5, "/annotations/0/category_id": 9, "/annotations/1/category_id": 3,
               "/annotations/2/category_id": 0}),
    Case("category-id-unknown", "no category", fires=3, edit={"/categories": []}),
    Case("category-id-unknown", "no category, many annotations", fires=24, change=used([1, 2], [], count=24)),
    Case("category-id-unknown", "labels", fires=1, task="labels", edit={"/annotations/0/category_id": 9}),
    Case("category-id-unknown", "the section is missing", edit={"/categories": REMOVED},
         also=("top-level-missing-categories",)),
    Case("category-id-unknown", "the section is an object", edit={"/categories": {"1": "person"}},
         also=("section-not-array",)),
    Case("category-id-unknown", "the category's own id is a text", edit={"/categories/1/id": "2"},
         also=("category-id-not-integer",)),
    Case("category-id-unknown", "all are shifted", change=used([0, 1], [1, 2]), also=("category-id-off-by-one",)),
    Case("category-id-unknown", "captions of Datumaro", task="captions", change=of_all("annotations", "id", int),
         edit={f"/annotations/{i}/category_id": 0 for i in range(3)}),
    Case("category-id-out-of-range", "a gap", fires=1, change=used([1, 4], [1, 4])),
    Case("category-id-out-of-range", "official COCO", fires=1, change=used(OFFICIAL_IDS, OFFICIAL_IDS, count=80)),
    Case("category-id-out-of-range", "not used", change=used([1, 2], [1, 2, 9])),
    Case("category-id-out-of-range", "not declared", edit={"/annotations/0/category_id": 9}, also=("category-id-unknown",)),
    Case("category-id-out-of-range", "as many", change=used([1, 2, 3], [1, 2, 3])),
    Case("category-id-off-by-one", "low", fires=1, change=used([0, 1, 2], [1, 2, 3])),
    Case("category-id-off-by-one", "low, with unused classes", fires=1, change=used([0, 2], [1, 2, 3, 4])),
    Case("category-id-off-by-one", "high", fires=1, change=used([1, 2, 3], [0, 1, 2])),
    Case("category-id-off-by-one", "positions", fires=1, change=used([0, 1, 2], [3, 7, 9])),
    Case("category-id-off-by-one", "positions among official ids, from 0", fires=1, change=used([0, 11, 79], OFFICIAL_IDS)),
    Case("category-id-off-by-one", "positions among official ids, from 1", fires=1, change=used([1, 12, 80], OFFICIAL_IDS)),
    Case("category-id-off-by-one", "positions among official ids", fires=1, leaves=1, change=used([1, 12], OFFICIAL_IDS)),
    Case("category-id-off-by-one", "positions in a list of any order", fires=1, leaves=1, change=used([0, 1, 2], [7, 3, 9])),
    Case("category-id-off-by-one", "labels", fires=1, task="labels", change=used([0, 1], [1, 2], task="labels")),
    Case("category-id-off-by-one", "all declared", change=used([1, 2], [0, 1, 2, 3])),
    Case("category-id-off-by-one", "official ids", change=used(OFFICIAL_IDS, OFFICIAL_IDS, count=80)),
    Case("category-id-off-by-one", "too few", change=used([0, 1, 2], [1, 2, 3], count=19), also=("category-id-unknown",)),
    Case("category-id-off-by-one", "one id too many", change=used([1, 2, 3, 4], [1, 2, 3]), also=("category-id-unknown",)),
    Case("category-id-off-by-one", "0 beside the largest", change=used([0, 1, 2, 3], [1, 2, 3]), also=("category-id-unknown",)),
]  # fmt: skip
