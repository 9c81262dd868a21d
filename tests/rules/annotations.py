"""Cases of the rules on annotations and what they refer to."""

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


def on_images(first: int, others: int, crowds: int = 0) -> Callable[[Data], Data]:
    """Put `first` annotations on the first image, of which some are crowds, and one on each of `others` more."""

    def change(data: Data) -> Data:
        data = crowded(first + others)
        for number, annotation in enumerate(data["annotations"]):
            annotation["image_id"] = max(1, number - first + 2)
            annotation["bbox"][0] += number / 8
            annotation |= {"segmentation": [], "iscrowd": int(number < crowds)}
        return data

    return change


def text_images(data: Data) -> Data:
    """Make texts of all image ids and of all references to them."""
    return of_all("images", "id", str)(of_all("annotations", "image_id", str)(data))


CASES = [
    Case("annotation-id-missing", "two", fires=2, edit={"/annotations/0/id": REMOVED, "/annotations/2/id": REMOVED}),
    Case("annotation-id-missing", "captions", fires=1, task="captions", edit={"/annotations/0/id": REMOVED}),
    Case("annotation-id-missing", "panoptic has none", task="panoptic"),
    Case("annotation-id-missing", "null", edit={"/annotations/0/id": None}, also=("annotation-id-not-integer",)),
    Case("annotation-id-duplicate", "second one", fires=1, edit={"/annotations/1/id": 1}),
    Case("annotation-id-duplicate", "thrice", fires=2, edit={"/annotations/1/id": 1, "/annotations/2/id": 1}),
    Case("annotation-id-duplicate", "captions", fires=1, task="captions", edit={"/annotations/1/id": 1}),
    Case("annotation-id-duplicate", "all differ"),
    Case("annotation-id-duplicate", "two without one", edit={"/annotations/0/id": REMOVED, "/annotations/2/id": REMOVED},
         also=("annotation-id-missing",)),
    Case("annotation-id-duplicate", "segments of different images", task="panoptic"),
    Case("annotation-id-zero", "the first", fires=1, edit={"/annotations/0/id": 0}),
    Case("annotation-id-zero", "twice is a duplicate", fires=1, edit={"/annotations/0/id": 0, "/annotations/1/id": 0},
         also=("annotation-id-duplicate",)),
    Case("annotation-id-zero", "captions are not matched", task="captions", edit={"/annotations/0/id": 0}),
    Case("annotation-id-zero", "no id", edit={"/annotations/0/id": REMOVED}, also=("annotation-id-missing",)),
    Case("annotation-id-not-integer", "text, float and null", fires=3,
         edit={"/annotations/0/id": "1", "/annotations/1/id": 2.5, "/annotations/2/id": None}),
    Case("annotation-id-not-integer", "captions", fires=1, task="captions", edit={"/annotations/0/id": "a"}),
    Case("annotation-id-not-integer", "beyond 32 bits, as crowds of official COCO",
         edit={"/annotations/2/id": 900100535506}),
    Case("annotation-id-negative", "two", fires=2, edit={"/annotations/0/id": -1, "/annotations/2/id": -(2**40)}),
    Case("annotation-id-negative", "0", edit={"/annotations/0/id": 0}),
    Case("annotation-id-negative", "no id", edit={"/annotations/0/id": REMOVED}, also=("annotation-id-missing",)),
    Case("annotation-image-id-missing", "one", fires=1, edit={"/annotations/0/image_id": REMOVED}),
    Case("annotation-image-id-missing", "panoptic", fires=1, task="panoptic", edit={"/annotations/0/image_id": REMOVED}),
    Case("annotation-image-id-missing", "unknown", edit={"/annotations/0/image_id": 9}, also=("annotation-image-id-unknown",)),
    Case("annotation-image-id-unknown", "one", fires=1, edit={"/annotations/0/image_id": 9}),
    Case("annotation-image-id-unknown", "no images", fires=3, edit={"/images": []}),
    Case("annotation-image-id-unknown", "captions", fires=1, task="captions", edit={"/annotations/0/image_id": -1}),
    Case("annotation-image-id-unknown", "the section is missing", edit={"/images": REMOVED},
         also=("top-level-missing-images",)),
    Case("annotation-image-id-unknown", "a text is told as such", edit={"/annotations/0/image_id": "1"},
         also=("annotation-image-id-type",)),
    Case("annotation-image-id-unknown", "the image's own id is a text", edit={"/images/1/id": "2"},
         also=("image-id-not-integer",)),
    Case("annotation-image-id-unknown", "more than unusable ids explain", fires=2,
         edit={"/images/1/id": "2", "/annotations/0/image_id": 9}, also=("image-id-not-integer",)),
    Case("annotation-image-id-type", "texts for integers", fires=3, change=of_all("annotations", "image_id", str)),
    Case("annotation-image-id-type", "panoptic", fires=2, task="panoptic", change=of_all("annotations", "image_id", str)),
    Case("annotation-image-id-type", "one float", fires=1, edit={"/annotations/0/image_id": 1.5}),
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
    Case("category-id-off-by-one", "positions among official ids", fires=1, change=used([1, 12], OFFICIAL_IDS)),
    Case("category-id-off-by-one", "labels", fires=1, task="labels", change=used([0, 1], [1, 2], task="labels")),
    Case("category-id-off-by-one", "all declared", change=used([1, 2], [0, 1, 2, 3])),
    Case("category-id-off-by-one", "official ids", change=used(OFFICIAL_IDS, OFFICIAL_IDS, count=80)),
    Case("category-id-off-by-one", "too few", change=used([0, 1, 2], [1, 2, 3], count=19), also=("category-id-unknown",)),
    Case("category-id-off-by-one", "one id too many", change=used([1, 2, 3, 4], [1, 2, 3]), also=("category-id-unknown",)),
    Case("category-id-off-by-one", "0 beside the largest", change=used([0, 1, 2, 3], [1, 2, 3]), also=("category-id-unknown",)),
    Case("annotation-ignore-flag", "1 and true", fires=2, edit={"/annotations/0/ignore": 1, "/annotations/1/ignore": True}),
    Case("annotation-ignore-flag", "0, false and null",
         edit={"/annotations/0/ignore": 0, "/annotations/1/ignore": False, "/annotations/2/ignore": None}),
    Case("annotation-ignore-flag", "none"),
    Case("annotation-count-outlier", "more than 1000 on one image", fires=1, change=on_images(1001, 3)),
    Case("annotation-count-outlier", "1000 on one image", change=on_images(1000, 3)),
    Case("annotation-count-outlier", "more than 100 to be found", fires=1, file_name="instances_val2017.json",
         change=on_images(101, 3)),
    Case("annotation-count-outlier", "100 to be found", file_name="instances_val2017.json", change=on_images(100, 3)),
    Case("annotation-count-outlier", "crowds are not to be found", file_name="instances_test.json",
         change=on_images(101, 3, crowds=1)),
    Case("annotation-order", "an image comes again", fires=1, change=of_all("annotations", "image_id", lambda i: i),
         edit={"/annotations/1/image_id": 2, "/annotations/2/image_id": 1}),
    Case("annotation-order", "grouped, the last image first",
         edit={"/annotations/0/image_id": 2, "/annotations/1/image_id": 2, "/annotations/2/image_id": 1}),
    Case("annotation-order", "no annotations", edit={"/annotations": []}),
    Case("annotation-rotation-attribute", "an angle", fires=1,
         edit={"/annotations/0/attributes": {"rotation": 12.5}, "/annotations/0/segmentation": []}),
    Case("annotation-rotation-attribute", "an angle, and the upright box as a polygon", fires=1,
         edit={"/annotations/0/attributes": {"rotation": 12.5}, "/annotations/0/area": 5000,
               "/annotations/0/segmentation": [[10, 20, 110, 20, 110, 70, 10, 70]]}),
    Case("annotation-rotation-attribute", "the polygon holds the rotated corners",
         edit={"/annotations/0/attributes": {"rotation": 90},
               "/annotations/0/segmentation": [[35, -5, 85, -5, 85, 95, 35, 95]]}),
    Case("annotation-rotation-attribute", "polygon and box are those of the rotated box",
         edit={"/annotations/0/attributes": {"rotation": 45}}),
    Case("annotation-rotation-attribute", "none", edit={"/annotations/0/attributes": {"rotation": 0.0, "occluded": False}}),
    Case("annotation-rotation-attribute", "a text", edit={"/annotations/0/attributes": {"rotation": "left"}}),
    Case("annotation-attributes-type", "a list", fires=1, edit={"/annotations/0/attributes": ["occluded"]}),
    Case("annotation-attributes-type", "labels", fires=1, task="labels", edit={"/annotations/0/attributes": "occluded"}),
    Case("annotation-attributes-type", "empty", edit={"/annotations/0/attributes": {}}),
]  # fmt: skip
