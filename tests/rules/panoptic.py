"""Cases of the rules on panoptic annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.cases import REMOVED, Case, Data
from tests.support.segment_pngs import FIRST as FIRST_PNG
from tests.support.segment_pngs import SECOND as SECOND_PNG
from tests.support.segment_pngs import beside

FIRST = "/annotations/0"
SEGMENT = f"{FIRST}/segments_info/0"
RESULTS = "results_panoptic"


def with_segments(*segments: Data) -> Callable[[Data], Data]:
    """Append segments to the first annotation: copies of its first one, with other fields."""

    def change(data: Data) -> Data:
        template = data["annotations"][0]["segments_info"][0]
        data["annotations"][0]["segments_info"] += [{**template, "id": 9, **fields} for fields in segments]
        return data

    return change


def reversed_annotations(data: Data) -> Data:
    return {**data, "annotations": data["annotations"][::-1]}


def case(rule: str, about: str, fires: int = 0, **more: Any) -> Case:
    return Case(rule, about, fires, **{"task": "panoptic", **more})


CASES = [
    case("panoptic-annotation-shape", "no file_name", 1, edit={f"{FIRST}/file_name": REMOVED}),
    case("panoptic-annotation-shape", "empty file_name", 1, edit={f"{FIRST}/file_name": ""}),
    case("panoptic-annotation-shape", "file_name a number", 1, edit={f"{FIRST}/file_name": 1}),
    case("panoptic-annotation-shape", "file_name null, in results", 1, edit={f"{FIRST}/file_name": None}, task=RESULTS),
    case("panoptic-annotation-shape", "no segments_info", 1, edit={f"{FIRST}/segments_info": REMOVED}),
    case("panoptic-annotation-shape", "segments_info an object", 1, edit={f"{FIRST}/segments_info": {}}),
    case("panoptic-annotation-shape", "segments_info null", 1, edit={f"{FIRST}/segments_info": None}),
    case("panoptic-annotation-shape", "no segments", edit={f"{FIRST}/segments_info": []}),
    case("panoptic-annotation-shape", "an id, which nobody needs", edit={f"{FIRST}/id": 1}),
    case("panoptic-annotation-shape", "no image_id", edit={f"{FIRST}/image_id": REMOVED},
         also=("annotation-image-id-missing",)),
    case("panoptic-image-duplicate", "two of three", 1, edit={"/annotations/-": {
        "image_id": 1, "file_name": "000003.png", "segments_info": [],
    }}),
    case("panoptic-image-duplicate", "results", 1, edit={"/annotations/1/image_id": 1}, task=RESULTS),
    case("panoptic-image-duplicate", "one each"),
    case("panoptic-image-duplicate", "one is unknown", edit={"/annotations/1/image_id": 7},
         also=("annotation-image-id-unknown",)),
    case("panoptic-segment-id-duplicate", "one", 1, edit={f"{FIRST}/segments_info/1/id": 1}),
    case("panoptic-segment-id-duplicate", "two of three", 2, change=with_segments({"id": 1}, {"id": 1})),
    case("panoptic-segment-id-duplicate", "results", 1, edit={f"{FIRST}/segments_info/1/id": 1}, task=RESULTS),
    case("panoptic-segment-id-duplicate", "in different images"),
    case("panoptic-segment-id-range", "0", 1, edit={f"{SEGMENT}/id": 0}),
    case("panoptic-segment-id-range", "negative", 1, edit={f"{SEGMENT}/id": -1}),
    case("panoptic-segment-id-range", "one too large", 1, edit={f"{SEGMENT}/id": 1 << 24}),
    case("panoptic-segment-id-range", "far too large", 1, edit={f"{SEGMENT}/id": 1 << 62}),
    case("panoptic-segment-id-range", "results", 2, task=RESULTS,
         edit={f"{SEGMENT}/id": 0, f"{FIRST}/segments_info/1/id": 1 << 24}),
    case("panoptic-segment-id-range", "the largest", edit={f"{SEGMENT}/id": (1 << 24) - 1}),
    case("panoptic-segment-fields", "no id", 1, leaves=1, edit={f"{SEGMENT}/id": REMOVED}),
    case("panoptic-segment-fields", "no category_id", 1, leaves=1, edit={f"{SEGMENT}/category_id": REMOVED}),
    case("panoptic-segment-fields", "no area", 1, leaves=1, edit={f"{SEGMENT}/area": REMOVED}),
    case("panoptic-segment-fields", "no bbox", 1, leaves=1, edit={f"{SEGMENT}/bbox": REMOVED}),
    case("panoptic-segment-fields", "no iscrowd", 1, edit={f"{SEGMENT}/iscrowd": REMOVED}),
    case("panoptic-segment-fields", "iscrowd 2", 1, leaves=1, edit={f"{SEGMENT}/iscrowd": 2}),
    case("panoptic-segment-fields", "bbox of three", 1, leaves=1, edit={f"{SEGMENT}/bbox": [10, 20, 100]}),
    case("panoptic-segment-fields", "bbox with a fraction", 1, leaves=1, edit={f"{SEGMENT}/bbox": [10, 20.5, 100, 50]}),
    case("panoptic-segment-fields", "id a text", 1, leaves=1, edit={f"{SEGMENT}/id": "1"}),
    case("panoptic-segment-fields", "a number for a segment", 1, leaves=1, edit={SEGMENT: 1}),
    case("panoptic-segment-fields", "iscrowd null, and absent", 1,
         edit={f"{SEGMENT}/iscrowd": None, f"{FIRST}/segments_info/1/iscrowd": REMOVED}),
    case("panoptic-segment-fields", "no area, and an id that its PNG does not have", 1, leaves=1,
         edit={f"{SEGMENT}/area": REMOVED, f"{SEGMENT}/id": 9}, files=beside(FIRST_PNG, SECOND_PNG)),
    case("panoptic-segment-fields", "no area and no bbox, counted in the PNG", 2, files=beside(FIRST_PNG, SECOND_PNG),
         edit={f"{SEGMENT}/area": REMOVED, f"{FIRST}/segments_info/1/bbox": [0, 0, 1],
               "/annotations/1/segments_info/0/area": "640"}),
    case("panoptic-segment-fields", "no area, and a PNG of another size", 1, leaves=1,
         files=beside(FIRST_PNG[:, :639], SECOND_PNG), edit={f"{SEGMENT}/area": REMOVED}, also=("panoptic-png-size",)),
    case("panoptic-segment-fields", "then a category turns out to be unknown", 2, files=beside(FIRST_PNG, SECOND_PNG),
         edit={f"{SEGMENT}/area": REMOVED, f"{SEGMENT}/category_id": 7, "/annotations/1/segments_info/0/iscrowd": None},
         also=("panoptic-category-unknown",)),
    case("panoptic-segment-fields", "no category_id in results", 1, leaves=1, edit={f"{SEGMENT}/category_id": REMOVED},
         task=RESULTS),
    case("panoptic-segment-fields", "results need no more than two", task=RESULTS),
    case("panoptic-segment-fields", "whole numbers as floats",
         edit={f"{SEGMENT}/area": 5000.0, f"{SEGMENT}/bbox": [10.0, 20.0, 100.0, 50.0]}),
    case("panoptic-segment-fields", "iscrowd true", edit={f"{SEGMENT}/iscrowd": True}),
    case("panoptic-category-unknown", "not declared", 1, edit={f"{SEGMENT}/category_id": 2}),
    case("panoptic-category-unknown", "two segments", 2,
         change=with_segments({"category_id": 0}, {"id": 10, "category_id": 5})),
    case("panoptic-category-unknown", "a category whose id is unusable", edit={"/categories/0/id": "1"},
         also=("category-id-not-integer",)),
    case("panoptic-category-unknown", "no categories", edit={"/categories": REMOVED}, also=("top-level-missing-categories",)),
    case("panoptic-category-unknown", "results declare none", task=RESULTS),
    case("panoptic-isthing-missing", "absent", 1, edit={"/categories/0/isthing": REMOVED}),
    case("panoptic-isthing-missing", "null", 1, edit={"/categories/0/isthing": None}),
    case("panoptic-isthing-missing", "instances need none", task="instances"),
    case("panoptic-isthing-missing", "a text", edit={"/categories/0/isthing": "1"}, also=("field-type",)),
    case("panoptic-category-color", "absent", 1, edit={"/categories/0/color": REMOVED}),
    case("panoptic-category-color", "null and two numbers", 2, leaves=1,
         edit={"/categories/0/color": None, "/categories/1/color": [1, 2]}),
    case("panoptic-category-color", "a name", 1, edit={"/categories/0/color": "#dc143c"}),
    case("panoptic-category-color", "black", edit={"/categories/0/color": [0, 0, 0]}),
    case("panoptic-crowd-stuff", "sky", 1, edit={f"{FIRST}/segments_info/1/iscrowd": 1}),
    case("panoptic-crowd-stuff", "people", edit={f"{SEGMENT}/iscrowd": 1}),
    case("panoptic-crowd-stuff", "no category is a thing",
         edit={"/categories/0/isthing": 0, f"{FIRST}/segments_info/1/iscrowd": 1}),
    case("panoptic-multi-stuff-segment", "two skies", 1, change=with_segments({"category_id": 187})),
    case("panoptic-multi-stuff-segment", "two persons", change=with_segments({"category_id": 1})),
    case("panoptic-multi-stuff-segment", "no category is a thing", edit={"/categories/0/isthing": 0},
         change=with_segments({"category_id": 187})),
    case("panoptic-order", "turned round", 1, change=reversed_annotations),
    case("panoptic-order", "one without an image", 1, also=("field-null",), change=lambda data: {
        **data, "annotations": [{**data["annotations"][0], "image_id": image} for image in (2, None, 1)]}),
    case("panoptic-order", "one image of three lacks an annotation", edit={
        "/images/-": {"id": 3, "width": 640, "height": 480, "file_name": "000003.jpg"},
    }),
    case("panoptic-order", "images in another order", change=lambda data: {**data, "images": data["images"][::-1]}),
    case("panoptic-file-name-outside", "above", 1, edit={f"{FIRST}/file_name": "../000001.png"}, leaves=1),
    case("panoptic-file-name-outside", "above, and a PNG of that name", 1, edit={f"{FIRST}/file_name": "../000001.png"},
         files=beside(FIRST_PNG, SECOND_PNG)),
    case("panoptic-file-name-outside", "above, and PNGs of other names", 1, edit={f"{FIRST}/file_name": "../1.png"}, leaves=1,
         files=beside(FIRST_PNG, SECOND_PNG)),
    case("panoptic-file-name-outside", "above, on Windows", 1, leaves=1, edit={f"{FIRST}/file_name": "a\\..\\..\\000001.png"}),
    case("panoptic-file-name-outside", "absolute", 1, leaves=1, edit={f"{FIRST}/file_name": "/data/000001.png"}),
    case("panoptic-file-name-outside", "a drive, in results", 1, edit={f"{FIRST}/file_name": "C:000001.png"}, task=RESULTS,
         files=beside(FIRST_PNG, FIRST_PNG, f"{RESULTS}_train")),
    case("panoptic-file-name-outside", "a folder below, and dots", edit={f"{FIRST}/file_name": "train/..000001..png"}),
]  # fmt: skip
