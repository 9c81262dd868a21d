"""Cases of the rules on the scores of results."""

from __future__ import annotations

from tests.rules.results import bbox, captions, many, points, segm, stuff
from tests.support.cases import REMOVED

CASES = [
    bbox("results-score-missing", "a box", 1, {"/1/score": REMOVED}),
    segm("results-score-missing", "a mask", 1, {"/0/score": REMOVED}),
    points("results-score-missing", "all points", 2, {"/0/score": REMOVED, "/1/score": REMOVED}),
    stuff("results-score-missing", "stuff has none"),
    captions("results-score-missing", "captions have none"),
    bbox("results-score-type", "a text", 1, {"/0/score": "0.9"}),
    segm("results-score-type", "null", 1, {"/0/score": None}),
    points("results-score-type", "a list", 1, {"/1/score": [0.9]}),
    bbox("results-score-type", "whole numbers", edit={"/0/score": 0, "/1/score": 1}),
    bbox("results-score-type", "none is told by its rule", edit={"/0/score": REMOVED}, also=("results-score-missing",)),
    bbox("results-score-nonfinite", "infinite as a 32-bit float", 1, {"/0/score": 1e39}),
    bbox("results-score-nonfinite", "negative", 1, {"/0/score": -1e300}),
    bbox("results-score-nonfinite", "NaN is told by json-nan", edit={"/0/score": float("nan")}, also=("json-nan",)),
    bbox("results-score-nonfinite", "large", edit={"/0/score": 1e38}),
    bbox("results-score-nonfinite", "none is told by its rule", edit={"/0/score": REMOVED}, also=("results-score-missing",)),
    bbox("results-score-range", "percent", 1, {"/0/score": 90}, leaves=1),
    bbox("results-score-range", "percent all over", 29, change=many(30, score=lambda i: 3.3 * i)),
    bbox("results-score-range", "percent, and one that is less than 1", 29, leaves=29,
         change=many(30, score=lambda i: 3.3 * i or 0.4)),
    bbox("results-score-range", "none above 50", 30, leaves=30, change=many(30, score=lambda i: 1.5 * (i + 1))),
    bbox("results-score-range", "above 100", 30, leaves=30, change=many(30, score=lambda i: 4 * (i + 1))),
    points("results-score-range", "a logit", 1, {"/1/score": -2.5}, leaves=1),
    bbox("results-score-range", "just above 1", 1, {"/0/score": 1.00001}, leaves=1),
    bbox("results-score-range", "1 and 0, but for rounding", edit={"/0/score": 1.0000001192, "/1/score": -1e-9}),
    bbox("results-score-range", "infinite is told by its rule", edit={"/0/score": 1e39}, also=("results-score-nonfinite",)),
    bbox("results-score-constant", "fifty", 1, change=many(50, score=lambda _: 1.0)),
    bbox("results-score-constant", "forty-nine", change=many(49, score=lambda _: 1.0)),
    bbox("results-score-constant", "one differs", change=many(50, score=lambda i: 0.5 if i == 30 else 1.0)),
    bbox("results-score-constant", "those without one do not count", 1, also=("results-score-type",),
         change=many(60, score=lambda i: "high" if i == 30 else 1.0)),
    bbox("results-score-constant", "within two", edit={"/1/score": 0.9}),
]  # fmt: skip
