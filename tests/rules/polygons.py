"""Cases of the rules on polygons."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from tests.support.cases import REMOVED, Case

RING = [10.0, 20.0, 60.0, 20.0, 110.0, 45.0, 110.0, 70.0, 10.0, 70.0]
LEFT = [-9.0, 20.0, -3.0, 20.0, -3.0, 30.0]
OFF = ("bbox-vs-segmentation",)
SHORT = ("polygon-too-few-points",)


def rings(*values: Any) -> dict[str, Any]:
    return {"/annotations/0/segmentation": list(values)}


def shifted(by: float) -> dict[str, Any]:
    """The polygon alone is moved to the left."""
    return rings([value if i % 2 else value - by for i, value in enumerate(RING)])


CASES = [
    Case("polygon-too-few-points", "two points", fires=1, edit=rings([10, 20, 110, 70])),
    Case("polygon-too-few-points", "five numbers", fires=1, edit=rings([10, 20, 110, 70, 10])),
    Case("polygon-too-few-points", "two in one object", fires=1, edit=rings([10, 20], [60, 20, 10])),
    Case("polygon-too-few-points", "five numbers beside a ring", fires=1, edit=rings([10, 20, 110, 70, 10], RING)),
    Case("polygon-too-few-points", "an empty ring beside another", fires=1, edit=rings(RING, [])),
    Case("polygon-too-few-points", "beside an odd ring", 1, rings([10, 20, 5], [*RING, 10]), also=("polygon-odd-length",),
         leaves=1),
    Case("polygon-too-few-points", "three points", edit=rings([10, 20, 110, 45, 10, 70])),
    Case("polygon-too-few-points", "beside a ring", edit=rings([10, 20, 110, 70], RING), also=("polygon-first-ring-shape",)),
    Case("polygon-odd-length", "a number too many", fires=1, edit=rings([*RING, 10])),
    Case("polygon-odd-length", "in the second ring", fires=1, edit=rings(RING, [*RING, 10])),
    Case("polygon-odd-length", "two rings", fires=1, edit=rings([*RING, 10], [*RING, 11])),
    Case("polygon-odd-length", "even", edit=rings([*RING, 10, 45])),
    Case("polygon-first-ring-shape", "first", fires=1, edit=rings([10, 20, 110, 70], RING)),
    Case("polygon-first-ring-shape", "later", fires=1, edit=rings(RING, [10, 20, 110, 70])),
    Case("polygon-first-ring-shape", "two", fires=1, edit=rings([1, 2, 3, 4], RING, [10, 20, 110, 70])),
    Case("polygon-first-ring-shape", "alone", edit=rings([10, 20, 110, 70]), also=SHORT),
    Case("polygon-nonfinite", "null", fires=1, edit=rings([None, *RING[1:]])),
    Case("polygon-nonfinite", "NaN is json-nan", edit=rings([nan, *RING[1:]]), also=("json-nan",)),
    Case("polygon-nonfinite", "infinity is json-nan", edit=rings([inf, *RING[1:]]), also=("json-nan",)),
    Case("polygon-nonfinite", "null in a crowd", fires=1, edit={"/annotations/2/segmentation": [[None, *RING[1:]]]}),
    Case("polygon-nonfinite", "large", edit={**rings([630, *RING[1:]]), "/annotations/0/bbox": [10, 20, 620, 50]}),
    Case("polygon-coordinate-huge", "beyond ten images", fires=1, edit=rings([6401, *RING[1:]]), also=OFF),
    Case("polygon-coordinate-huge", "beyond ten images, without a box", 1,
         {**rings([6401, *RING[1:]]), "/annotations/0/bbox": REMOVED}, also=("bbox-missing",)),
    Case("polygon-coordinate-huge", "beyond ten images, and so is the box", 1,
         {**rings([6401, *RING[1:]]), "/annotations/0/bbox": [10, 20, 6391, 50]}),
    Case("polygon-coordinate-huge", "nothing in the image", 1,
         rings([value + 9000 for value in RING]), also=OFF, leaves=1),
    Case("polygon-coordinate-huge", "an image without a size", 1, {**rings([2e5, *RING[1:]]), "/images/0/width": 0},
         also=("image-size-missing",), leaves=1),
    Case("polygon-coordinate-huge", "two more numbers than points", 1, rings([6401, *RING[1:], 10]),
         also=("polygon-odd-length",), leaves=1),
    Case("polygon-coordinate-huge", "far to the left", fires=1, edit=rings([-1e300, *RING[1:]]), leaves=1),
    Case("polygon-coordinate-huge", "within ten images", edit=rings([6399, *RING[1:]])),
    Case("polygon-coordinate-huge", "in an image as large", edit={
        "/images/0/width": 200_000, **rings([150_000, *RING[1:]]), "/annotations/0/bbox": [10, 20, 149_990, 50],
    }),
    Case("polygon-out-of-image", "to the left", fires=1, edit=shifted(11.5)),
    Case("polygon-out-of-image", "one of two rings, nothing left of it", fires=1, edit=rings(RING, LEFT)),
    Case("polygon-out-of-image", "on three sides", 1, {**rings([-5, -7, 700.5, 30, 100, 470, 320, 200]),
         "/annotations/0/bbox": [0, 0, 640, 470], "/annotations/0/area": 92580}, also=OFF),
    Case("polygon-out-of-image", "beside the corner of the image", 1, rings([-10, 5, 5, -10, -10, -10]), also=OFF, leaves=1),
    Case("polygon-out-of-image", "within the tolerance", edit=shifted(11.0)),
    Case("polygon-out-of-image", "the box says so", edit={**shifted(20), "/annotations/0/bbox": [-10.0, 20.0, 100.0, 50.0]}),
    Case("polygon-out-of-image", "an image without a size", edit={
        "/images/0/width": 0, **shifted(20),
    }, also=("image-size-missing",)),
    Case("polygon-out-of-image", "nothing inside is told by polygon-fully-outside", edit=shifted(120),
         also=("polygon-fully-outside",)),
    Case("polygon-fully-outside", "left of it", fires=1, edit=shifted(111)),
    Case("polygon-fully-outside", "up to the border", fires=1, edit=shifted(110)),
    Case("polygon-fully-outside", "right of it", fires=1, edit=shifted(-630)),
    Case("polygon-fully-outside", "two rings, on both sides", fires=1, edit=rings(LEFT, [650, 20, 660, 20, 660, 30])),
    Case("polygon-fully-outside", "half a pixel inside", edit=shifted(109.5)),
    Case("polygon-fully-outside", "one ring of two", edit=rings(RING, LEFT)),
    Case("polygon-fully-outside", "the box as well is told by bbox-fully-outside",
         edit={**shifted(700), "/annotations/0/bbox": [-690.0, 20.0, 100.0, 50.0]}, also=("bbox-fully-outside",)),
    Case("polygon-fully-outside", "an image without a size", edit={"/images/0/width": 0, **shifted(700)},
         also=("image-size-missing", "bbox-vs-segmentation")),
    Case("polygon-fully-outside", "two points are told by polygon-too-few-points", edit=rings(LEFT[:4]), also=SHORT),
    Case("polygon-duplicate-vertices", "the second point twice", fires=1, edit=rings([*RING[:4], *RING[2:]])),
    Case("polygon-duplicate-vertices", "in the second ring", fires=1, edit=rings(LEFT, [*RING[:4], *RING[2:]])),
    Case("polygon-duplicate-vertices", "two points only", 1, rings([10, 20, 10, 20, 110, 70]), leaves=1),
    Case("polygon-duplicate-vertices", "three times", fires=1, edit=rings([*RING[:2], *RING[:2], *RING])),
    Case("polygon-duplicate-vertices", "not in a row", edit=rings([10, 20, 60, 20, 110, 20, 60, 20, 110, 70, 10, 70])),
    Case("polygon-duplicate-vertices", "closed is told by polygon-closed", edit=rings([*RING, *RING[:2]])),
    Case("polygon-duplicate-vertices", "where the next ring begins", edit=rings(RING, [*RING[-2:], 20, 75, 10, 80])),
    Case("polygon-duplicate-vertices", "x alone", edit=rings([10, 20, 10, 45, 10, 70, 110, 70, 110, 20])),
    Case("polygon-closed", "the first point at the end", fires=1, edit=rings([*RING, *RING[:2]])),
    Case("polygon-closed", "in the second ring", fires=1, edit=rings(RING, [200, 20, 210, 20, 200, 30, 200, 20])),
    Case("polygon-closed", "twice", fires=1, edit=rings([*RING, *RING[:2], *RING[:2]])),
    Case("polygon-closed", "open", edit=rings(RING)),
    Case("polygon-closed", "x alone", edit=rings([*RING, RING[0], 45])),
    Case("polygon-closed", "three points", edit=rings(RING, [200, 20, 210, 20, 200, 20])),
    Case("polygon-zero-area", "a line beside the outline", fires=1, edit=rings(RING, [10, 20, 50, 40, 90, 60])),
    Case("polygon-zero-area", "nothing but a line", fires=1, edit=rings([10, 20, 60, 45, 110, 70]), leaves=1),
    Case("polygon-zero-area", "two lines", fires=1, edit=rings([10, 20, 60, 20, 110, 20], RING, [30, 30, 30, 30, 30, 30])),
    Case("polygon-zero-area", "small loops beside the outline", 1, rings(RING, [10, 20, 14, 24, 14, 20, 10, 24]), leaves=1),
    Case("polygon-zero-area", "a sliver", edit=rings(RING, [10, 20, 50, 40, 90, 60.001])),
    Case("polygon-zero-area", "an empty box says so", edit={
        **rings([10, 20, 60, 20, 110, 20]), "/annotations/0/bbox": [10, 20, 100, 0], "/annotations/0/area": 0,
    }, also=("bbox-degenerate",)),
    Case("polygon-self-intersection", "two edges cross", fires=1, edit=rings([10, 20, 110, 70, 110, 20, 100, 70, 10, 70])),
    Case("polygon-self-intersection", "closed, with points repeated", edit=rings([*RING[:4], *RING[2:], *RING[:2]])),
    Case("polygon-self-intersection", "corners touch", edit=rings([10, 20, 60, 45, 110, 20, 110, 70, 60, 45, 10, 70])),
    Case("polygon-self-intersection", "too many edges to compare", edit=rings([10 + i % 2 * 100 for i in range(4000)])),
]  # fmt: skip
