"""Cases of the rules on labels of whole images."""

from __future__ import annotations

from tests.support.cases import Case

SCORE = "/annotations/1/score"

CASES = [
    Case("label-score-range", "percent", 1, {SCORE: 75}, task="labels"),
    Case("label-score-range", "just above 1", 1, {SCORE: 1.001}, task="labels"),
    Case("label-score-range", "negative", 1, {SCORE: -0.1}, task="labels"),
    Case("label-score-range", "a text", 1, {SCORE: "0.75"}, task="labels"),
    Case("label-score-range", "null", 1, {SCORE: None}, task="labels"),
    Case("label-score-range", "of an object", 1, {"/annotations/0/score": 12.5}),
    Case("label-score-range", "of an object, a text", 1, {"/annotations/0/score": "high"}),
    Case("label-score-range", "of a person", 1, {"/annotations/0/score": -3}, task="person_keypoints"),
    Case("label-score-range", "0 and 1", edit={"/annotations/0/score": 0, SCORE: 1}, task="labels"),
    Case("label-score-range", "of an object, within", edit={"/annotations/0/score": 0.5}),
    Case("label-score-range", "NaN is told by json-nan", edit={SCORE: float("nan")}, task="labels", also=("json-nan",)),
    Case("label-score-range", "results have a rule of their own", edit={"/0/score": 12.5}, task="results_bbox"),
    Case("label-duplicate", "twice", 1, {"/annotations/1/category_id": 1}, task="labels"),
    Case("label-duplicate", "three times", 2, {"/annotations/1/category_id": 1, "/annotations/2/image_id": 1}, task="labels"),
    Case("label-duplicate", "with attributes", 1,
         {"/annotations/1/category_id": 1, "/annotations/1/attributes": {"seen": True}}, task="labels"),
    Case("label-duplicate", "with a key of its own", 1, {"/annotations/1/category_id": 1, "/annotations/1/by": "me"},
         task="labels"),
    Case("label-duplicate", "two labels of an image", task="labels"),
    Case("label-duplicate", "two without a category",
         edit={f"/annotations/{i}/category_id": "1" for i in (0, 1)}, task="labels", also=("field-type",)),
    Case("label-duplicate", "objects of one category", edit={"/annotations/1/category_id": 1}),
    Case("label-geometry", "a box", 1, {"/annotations/0/bbox": [1, 2, 3, 4]}, task="labels"),
    Case("label-geometry", "a mask on the last", 1, {"/annotations/2/segmentation": []}, task="labels"),
    Case("label-geometry", "attributes are none", edit={"/annotations/0/attributes": {"bbox": [1, 2, 3, 4]}}, task="labels"),
    Case("label-geometry", "instances"),
]  # fmt: skip
