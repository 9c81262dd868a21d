"""Cases of the rules on annotations and what they refer to."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.cases import REMOVED, Case, Data, crowded


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
    Case("annotation-id-zero", "in a file with relations", fires=1, leaves=1,
         edit={"/annotations/0/id": 0, "/relations": [{"subject": 0, "object": 2}]}),
    Case("annotation-id-zero", "captions are not matched", task="captions", edit={"/annotations/0/id": 0}),
    Case("annotation-id-zero", "no id", edit={"/annotations/0/id": REMOVED}, also=("annotation-id-missing",)),
    Case("annotation-id-not-integer", "text, float and null", fires=3,
         edit={"/annotations/0/id": "1", "/annotations/1/id": 2.5, "/annotations/2/id": None}),
    Case("annotation-id-not-integer", "a number that is taken", fires=1, edit={"/annotations/0/id": "2"},
         also=("annotation-id-duplicate",)),
    Case("annotation-id-not-integer", "in a file with relations", fires=2, leaves=1,
         edit={"/annotations/0/id": "1", "/annotations/1/id": "b", "/relations": []}),
    Case("annotation-id-not-integer", "other texts and types", fires=3,
         edit={"/annotations/0/id": "01", "/annotations/1/id": ["2"], "/annotations/2/id": "9" * 30}),
    Case("annotation-id-not-integer", "captions", fires=1, task="captions", edit={"/annotations/0/id": "a"}),
    Case("annotation-id-not-integer", "beyond 32 bits, as crowds of official COCO",
         edit={"/annotations/2/id": 900100535506}),
    Case("annotation-id-negative", "two", fires=2, edit={"/annotations/0/id": -1, "/annotations/2/id": -(2**40)}),
    Case("annotation-id-negative", "0", edit={"/annotations/0/id": 0}),
    Case("annotation-id-negative", "no id", edit={"/annotations/0/id": REMOVED}, also=("annotation-id-missing",)),
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
    Case("annotation-order", "an image comes again", fires=1,
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
    Case("annotation-rotation-attribute", "a corner comes to lie outside", fires=1, leaves=1,
         edit={"/annotations/0/attributes": {"rotation": 90}, "/annotations/0/segmentation": [], "/annotations/0/bbox/1": 0}),
    Case("annotation-rotation-attribute", "none", edit={"/annotations/0/attributes": {"rotation": 0.0, "occluded": False}}),
    Case("annotation-rotation-attribute", "a text", edit={"/annotations/0/attributes": {"rotation": "left"}}),
    Case("annotation-attributes-type", "a list", fires=1, edit={"/annotations/0/attributes": ["occluded"]}),
    Case("annotation-attributes-type", "labels", fires=1, task="labels", edit={"/annotations/0/attributes": "occluded"}),
    Case("annotation-attributes-type", "empty", edit={"/annotations/0/attributes": {}}),
]  # fmt: skip
