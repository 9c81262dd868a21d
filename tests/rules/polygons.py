"""Cases of the rules on polygons."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from tests.support.cases import REMOVED, Case, Data

RING = [10.0, 20.0, 60.0, 20.0, 110.0, 45.0, 110.0, 70.0, 10.0, 70.0]
LEFT = [-9.0, 20.0, -3.0, 20.0, -3.0, 30.0]
SHORT = ("polygon-too-few-points",)
OUTLINE = [(RING[i], RING[i + 1]) for i in range(0, len(RING), 2)]


def rings(*values: Any) -> dict[str, Any]:
    return {"/annotations/0/segmentation": list(values)}


def boxes_only(data: Data) -> Data:
    for annotation in data["annotations"]:
        annotation["segmentation"] = []
        annotation["area"] = annotation["bbox"][2] * annotation["bbox"][3]
    return data


def without_masks(data: Data) -> Data:
    for annotation in boxes_only(data)["annotations"]:
        del annotation["segmentation"]
    return data


def shifted(by: float) -> dict[str, Any]:
    """The polygon alone is moved to the left."""
    return rings([value if i % 2 else value - by for i, value in enumerate(RING)])


CASES = [
    Case("segmentation-missing", "others have masks", fires=1, edit={"/annotations/0/segmentation": REMOVED}),
    Case("segmentation-missing", "boxes only", change=without_masks),
    Case("segmentation-missing", "empty", edit=rings()),
    Case("segmentation-empty", "others have masks", fires=1, edit=rings()),
    Case("segmentation-empty", "an empty ring", fires=1, edit=rings([])),
    Case("segmentation-empty", "boxes only, for information", fires=3, change=boxes_only),
    Case("segmentation-empty", "no key", edit={"/annotations/0/segmentation": REMOVED}),
    Case("segmentation-empty", "an empty ring beside another", edit=rings(RING, []), also=SHORT),
    Case("segmentation-type", "null", fires=1, edit={"/annotations/0/segmentation": None}),
    Case("segmentation-type", "a text", fires=1, edit={"/annotations/0/segmentation": "none"}),
    Case("segmentation-type", "a text for a coordinate", fires=1, edit=rings(["10", *RING[1:]])),
    Case("segmentation-type", "whole numbers", edit=rings([int(value) for value in RING])),
    Case("segmentation-flat", "one list", fires=1, edit={"/annotations/0/segmentation": RING}),
    Case("segmentation-flat", "one ring", edit=rings(RING)),
    Case("segmentation-nested-points", "a ring of pairs", fires=1, edit=rings([list(point) for point in OUTLINE])),
    Case("segmentation-nested-points", "pairs instead of rings", fires=1, edit=rings(*map(list, OUTLINE))),
    Case("segmentation-nested-points", "two pairs are no polygon", edit=rings([10, 20], [60, 20]), also=SHORT),
    Case("segmentation-nested-points", "one pair beside rings", edit=rings(RING, RING, [60, 20]), also=SHORT),
    Case("segmentation-rle-in-list", "one mask in a list", fires=1, edit=rings({"size": [480, 640], "counts": [480 * 640]})),
    Case("segmentation-rle-in-list", "a mask"),
    Case("polygon-too-few-points", "two points", fires=1, edit=rings([10, 20, 110, 70])),
    Case("polygon-too-few-points", "five numbers", fires=1, edit=rings([10, 20, 110, 70, 10])),
    Case("polygon-too-few-points", "two in one object", fires=1, edit=rings([10, 20], [60, 20, 10])),
    Case("polygon-too-few-points", "three points", edit=rings([10, 20, 110, 45, 10, 70])),
    Case("polygon-too-few-points", "beside a ring", edit=rings([10, 20, 110, 70], RING), also=("polygon-first-ring-shape",)),
    Case("polygon-odd-length", "a number too many", fires=1, edit=rings([*RING, 10])),
    Case("polygon-odd-length", "in the second ring", fires=1, edit=rings(RING, [*RING, 10])),
    Case("polygon-odd-length", "even", edit=rings([*RING, 10, 45])),
    Case("polygon-first-ring-shape", "first", fires=1, edit=rings([10, 20, 110, 70], RING)),
    Case("polygon-first-ring-shape", "later", fires=1, edit=rings(RING, [10, 20, 110, 70])),
    Case("polygon-first-ring-shape", "alone", edit=rings([10, 20, 110, 70]), also=SHORT),
    Case("polygon-nonfinite", "null", fires=1, edit=rings([None, *RING[1:]])),
    Case("polygon-nonfinite", "NaN is json-nan", edit=rings([nan, *RING[1:]]), also=("json-nan",)),
    Case("polygon-nonfinite", "infinity is json-nan", edit=rings([inf, *RING[1:]]), also=("json-nan",)),
    Case("polygon-nonfinite", "large", edit={**rings([630, *RING[1:]]), "/annotations/0/bbox": [10, 20, 620, 50]}),
    Case("polygon-coordinate-huge", "beyond ten images", fires=1, edit=rings([6401, *RING[1:]])),
    Case("polygon-coordinate-huge", "far to the left", fires=1, edit=rings([-1e300, *RING[1:]])),
    Case("polygon-coordinate-huge", "within ten images", edit=rings([6399, *RING[1:]])),
    Case("polygon-coordinate-huge", "in an image as large", edit={
        "/images/0/width": 200_000, **rings([150_000, *RING[1:]]), "/annotations/0/bbox": [10, 20, 149_990, 50],
    }),
    Case("polygon-out-of-image", "to the left", fires=1, edit=shifted(11.5)),
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
    Case("polygon-duplicate-vertices", "not in a row", edit=rings([10, 20, 60, 20, 110, 20, 60, 20, 110, 70, 10, 70])),
    Case("polygon-duplicate-vertices", "closed is told by polygon-closed", edit=rings([*RING, *RING[:2]])),
    Case("polygon-duplicate-vertices", "where the next ring begins", edit=rings(RING, [*RING[-2:], 20, 75, 10, 80])),
    Case("polygon-duplicate-vertices", "x alone", edit=rings([10, 20, 10, 45, 10, 70, 110, 70, 110, 20])),
    Case("polygon-closed", "the first point at the end", fires=1, edit=rings([*RING, *RING[:2]])),
    Case("polygon-closed", "in the second ring", fires=1, edit=rings(RING, [200, 20, 210, 20, 200, 30, 200, 20])),
    Case("polygon-closed", "open", edit=rings(RING)),
    Case("polygon-closed", "x alone", edit=rings([*RING, RING[0], 45])),
    Case("polygon-closed", "three points", edit=rings(RING, [200, 20, 210, 20, 200, 20])),
    Case("polygon-zero-area", "a line beside the outline", fires=1, edit=rings(RING, [10, 20, 50, 40, 90, 60])),
    Case("polygon-zero-area", "nothing but a line", fires=1, edit=rings([10, 20, 60, 45, 110, 70])),
    Case("polygon-zero-area", "a sliver", edit=rings(RING, [10, 20, 50, 40, 90, 60.001])),
    Case("polygon-zero-area", "an empty box says so", edit={
        **rings([10, 20, 60, 20, 110, 20]), "/annotations/0/bbox": [10, 20, 100, 0], "/annotations/0/area": 0,
    }, also=("bbox-degenerate",)),
    Case("polygon-self-intersection", "two edges cross", fires=1, edit=rings([10, 20, 110, 70, 110, 20, 100, 70, 10, 70])),
    Case("polygon-self-intersection", "closed, with points repeated", edit=rings([*RING[:4], *RING[2:], *RING[:2]])),
    Case("polygon-self-intersection", "corners touch", edit=rings([10, 20, 60, 45, 110, 20, 110, 70, 60, 45, 10, 70])),
    Case("polygon-self-intersection", "too many edges to compare", edit=rings([10 + i % 2 * 100 for i in range(4000)])),
]  # fmt: skip
