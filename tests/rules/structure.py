"""Cases of the rules on the shape of the JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.cases import REMOVED, Case, Data


def root(value: Any) -> Callable[[Data], Any]:
    """Let `value` be all of the file."""
    return lambda _: value


def by_id(data: Data) -> Data:
    """Write images and categories as objects by their ids."""
    return data | {name: {str(record.pop("id")): record for record in data[name]} for name in ("images", "categories")}


def boxes(*texts: str) -> Callable[[Any], Any]:
    """Return results with these boxes."""
    return lambda data: [{**data[0], "bbox": text} for text in texts]


CASES = [
    Case("top-level-not-object", "array of annotations", fires=1, change=lambda data: data["annotations"]),
    Case("top-level-not-object", "one object per image", fires=1, change=root([{"file_name": "a.jpg", "boxes": []}])),
    Case("top-level-not-object", "array of numbers", fires=1, change=root([1, 2])),
    Case("top-level-not-object", "empty array", fires=1, change=root([])),
    Case("top-level-not-object", "number", fires=1, change=root(3)),
    Case("top-level-not-object", "text", fires=1, change=root("images")),
    Case("top-level-not-object", "null", fires=1, change=root(None)),
    Case("top-level-not-object", "object"),
    Case("top-level-not-object", "results", file_name="detections.json",
         change=root([{"image_id": 1, "category_id": 1, "bbox": [1.0, 2.0, 3.0, 4.0], "score": 0.5}])),
    Case("top-level-not-object", "results with what readers add to them", file_name="detections.json",
         change=root([{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0, "score": 1}])),
    Case("top-level-missing-images", "instances", fires=1, edit={"/images": REMOVED}, also=("annotation-image-id-unknown",)),
    Case("top-level-missing-images", "empty", edit={"/images": []}, also=("annotation-image-id-unknown",)),
    Case("top-level-missing-annotations", "instances", fires=1, edit={"/annotations": REMOVED}),
    Case("top-level-missing-annotations", "empty", edit={"/annotations": []}),
    Case("top-level-missing-annotations", "image_info has none", task="image_info"),
    Case("top-level-missing-categories", "instances", fires=1, edit={"/categories": REMOVED}, also=("category-id-unknown",)),
    Case("top-level-missing-categories", "panoptic", fires=1, task="panoptic", edit={"/categories": REMOVED}),
    Case("top-level-missing-categories", "captions have none", task="captions"),
    Case("top-level-missing-info", "absent", fires=1, edit={"/info": REMOVED}),
    Case("top-level-missing-info", "empty", edit={"/info": {}}),
    Case("top-level-missing-info", "results have none", task="results_bbox"),
    Case("top-level-missing-licenses", "absent", fires=1, edit={"/licenses": REMOVED}),
    Case("top-level-missing-licenses", "empty", edit={"/licenses": []}),
    Case("top-level-unknown-key", "two", fires=1, edit={"/x{}": 1, "/tag_categories": []}),
    Case("top-level-unknown-key", "official captions have a type", task="captions", edit={"/type": "captions"}),
    Case("top-level-unknown-key", "TACO", edit={"/scene_annotations": [], "/scene_categories": []}),
    Case("section-not-array", "images", fires=1, edit={"/images": {"id": 1}},
         also=("annotation-image-id-unknown", "file-name-missing", "image-size-missing")),
    Case("section-not-array", "annotations null", fires=1, edit={"/annotations": None}),
    Case("section-not-array", "objects by their ids", fires=2,
         change=by_id, also=("annotation-image-id-unknown", "category-id-unknown")),
    Case("section-not-array", "names by their ids", fires=1, leaves=1, edit={"/categories": {"1": "person"}},
         also=("category-id-unknown",)),
    Case("section-not-array", "categories a text", fires=1, leaves=1, edit={"/categories": ""}, also=("category-id-unknown",)),
    Case("section-not-array", "licenses are told by licenses-type", edit={"/licenses": {}}),
    Case("licenses-type", "a text", fires=1, edit={"/licenses": ""}),
    Case("licenses-type", "an object", fires=1, edit={"/licenses": {"id": 1, "name": "CC BY 4.0"}}),
    Case("licenses-type", "an array of texts", fires=1, leaves=1, edit={"/licenses": ["CC BY 4.0"]}),
    Case("licenses-type", "what only a person can read", fires=1, leaves=1, edit={"/licenses": {"1": "CC BY 4.0"}}),
    Case("licenses-type", "null", edit={"/licenses": None}),
    Case("licenses-type", "empty", edit={"/licenses": []}),
    Case("image-info-without-annotations", "as official files are", fires=1, task="image_info"),
    Case("image-info-without-annotations", "empty", task="image_info", edit={"/annotations": []}),
    Case("image-info-without-annotations", "of another task", edit={"/annotations": REMOVED},
         also=("top-level-missing-annotations",)),
    Case("item-not-object", "each kind", fires=5,
         change=lambda data: {**data, "annotations": [*data["annotations"], 1, None, "a", [], True]}),
    Case("item-not-object", "empty object", edit={"/annotations/-": {}},
         also=("annotation-id-missing", "annotation-image-id-missing", "category-id-missing", "bbox-missing", "area-missing",
               "iscrowd-missing", "segmentation-missing")),
    Case("field-missing", "category_id of a result", fires=1, task="results_bbox", edit={"/0/category_id": REMOVED}),
    Case("field-missing", "has a rule of its own", edit={"/images/0/file_name": REMOVED}, also=("file-name-missing",)),
    Case("field-missing", "optional", edit={"/images/0/license": REMOVED, "/categories/0/supercategory": REMOVED}),
    Case("field-type", "category_id a text", fires=1, edit={"/annotations/0/category_id": "1"}),
    Case("field-type", "file_name a number", fires=1, edit={"/images/0/file_name": 1}),
    Case("field-type", "keypoints as texts", fires=1, task="person_keypoints",
         edit={"/annotations/0/keypoints": ["60.0", "45", 2, 35.0, 32.5, 1, *[0] * 6]}),
    Case("field-type", "what is no number", fires=2, leaves=2, task="person_keypoints",
         edit={"/annotations/0/keypoints/0": "left", "/annotations/1/num_keypoints": "01"}),
    Case("field-type", "a whole number as a float", edit={"/annotations/0/category_id": 1.0}),
    Case("field-null", "image_id", fires=1, edit={"/annotations/0/image_id": None}),
    Case("field-null", "supercategory may be", edit={"/categories/0/supercategory": None}),
    Case("info-types", "info", fires=1, edit={"/info": []}),
    Case("info-types", "year", fires=1, edit={"/info/year": [2017]}),
    Case("info-types", "image license", fires=1, edit={"/images/0/license": "CC BY"}),
    Case("info-types", "as writers in use have it",
         edit={"/info": {"year": "", "version": 1.0, "date_created": None, "url": ""}, "/images/0/date_captured": 0}),
    Case("bool-as-int", "iscrowd", fires=2, edit={"/annotations/0/iscrowd": False, "/annotations/2/iscrowd": True}),
    Case("bool-as-int", "isthing", fires=1, task="panoptic", edit={"/categories/0/isthing": True}),
    Case("bool-as-int", "segments", fires=2, task="panoptic",
         edit={"/annotations/0/segments_info/1/iscrowd": False, "/annotations/1/segments_info/0/iscrowd": True}),
    Case("bool-as-int", "a text", edit={"/annotations/0/iscrowd": "true"}, also=("iscrowd-type",)),
    Case("numpy-repr", "bbox", fires=1, edit={"/annotations/0/bbox": "array([10., 20., 100., 50.])"}),
    Case("numpy-repr", "list in text", fires=1,
         edit={"/annotations/0/segmentation": "[[10, 20, 60, 20, 110, 45, 110, 70, 10, 70]]"}),
    Case("numpy-repr", "area", fires=1, edit={"/annotations/0/area": "np.float64(4375.0)"}),
    Case("numpy-repr", "as it is printed", fires=3,
         edit={"/annotations/0/bbox": "[ 10.  20. 100.  50.]",
               "/annotations/1/bbox": "tensor([200., 100., 300., 200.], device='cpu')",
               "/annotations/2/bbox": "np.array([1, 0, 1, 199], dtype=int64)"}),
    Case("numpy-repr", "rows of points", fires=1,
         edit={"/annotations/0/segmentation": "[[ 10.  20. 110.  20.\n  110.  70.  10.  70.]\n [10 20 30 20 30 40]]"}),
    Case("numpy-repr", "what cannot be read again", fires=6, leaves=6, task="results_bbox",
         change=boxes("array([1., ..., 4.])", "[a, b]", "b'abc'", "[1, 2", "[1 - 2, 3]", "[1e999, 1]")),
    Case("numpy-repr", "a file name", edit={"/images/0/file_name": "array(1).jpg"}),
]  # fmt: skip
