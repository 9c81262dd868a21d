"""Cases of the rules on areas."""

from __future__ import annotations

from typing import Any

from tests.support.cases import REMOVED, Case

AREA = "/annotations/0/area"
MASK = 4375.0
BOX = 5000.0
NO_MASK: dict[str, Any] = {"/annotations/0/segmentation": []}
NESTED: list[list[float]] = [[10, 20, 110, 20, 110, 70, 10, 70], [30, 30, 90, 30, 90, 60, 30, 60]]
"""A ring within a ring: together 6,800 px² by the shoelace formula, but only 5,000 pixels."""


def runs(value: float, columns: int = 100, pixels: int = 50) -> dict[str, Any]:
    """An object of some columns with the same pixels each."""
    counts = [480] + [pixels, 480 - pixels] * columns
    counts[-1] += 480 * 640 - sum(counts)
    mask = {"size": [480, 640], "counts": counts}
    return {AREA: value, "/annotations/0/bbox": [1, 0, columns, pixels], "/annotations/0/segmentation": mask}


CASES = [
    Case("area-missing", "no key", fires=1, edit={AREA: REMOVED}),
    Case("area-missing", "no mask", fires=1, edit={AREA: REMOVED, **NO_MASK}),
    Case("area-missing", "a crowd", fires=1, edit={"/annotations/2/area": REMOVED}),
    Case("area-missing", "neither mask nor box", 1, {AREA: REMOVED, **NO_MASK, "/annotations/0/bbox": []}, also=("bbox-empty",),
         leaves=1),
    Case("area-missing", "an unsound mask", 1, {AREA: REMOVED, "/annotations/0/segmentation": [[10, 20, 110, 70]]},
         also=("polygon-too-few-points",), leaves=1),
    Case("area-missing", "zero", edit={AREA: 0}, also=("area-nonpositive",)),
    Case("area-type", "a text", fires=1, edit={AREA: "4375"}),
    Case("area-type", "null", fires=1, edit={AREA: None}),
    Case("area-type", "a text that is no number", fires=1, edit={AREA: "large"}),
    Case("area-type", "a list, and no mask", fires=1, edit={AREA: [5000], **NO_MASK}),
    Case("area-type", "null, and neither mask nor box", 1, {AREA: None, **NO_MASK, "/annotations/0/bbox": []},
         also=("bbox-empty",), leaves=1),
    Case("area-type", "an integer", edit={AREA: 4375}),
    Case("area-nonpositive", "zero", fires=1, edit={AREA: 0}),
    Case("area-nonpositive", "negative", fires=1, edit={AREA: -4375.0}),
    Case("area-nonpositive", "of a box", fires=1, edit={AREA: 0, **NO_MASK}),
    Case("area-nonpositive", "of a crowd", fires=1, edit={"/annotations/2/area": 0}),
    Case("area-nonpositive", "a flat box has none", edit={
        AREA: 0, "/annotations/0/bbox": [10, 20, 100, 0],
    }, also=("bbox-degenerate",)),
    Case("area-nonpositive", "a flat polygon has none", edit={
        AREA: 0, "/annotations/0/segmentation": [[10, 20, 60, 45, 110, 70]],
    }),
    Case("area-mismatch", "half", fires=1, edit={AREA: MASK / 2}),
    Case("area-mismatch", "counted as large", fires=1, edit={AREA: 300_000.0}),
    Case("area-mismatch", "3 % off", fires=1, edit={AREA: MASK * 1.03}),
    Case("area-mismatch", "1 % off", edit={AREA: MASK * 1.0099}),
    Case("area-mismatch", "the number of pixels", edit={
        AREA: 5000, "/annotations/0/segmentation": NESTED, "/annotations/0/bbox": [10, 20, 120, 50],
    }),
    Case("area-mismatch", "neither the sum of nested rings nor their pixels", fires=1, edit={
        AREA: 5900, "/annotations/0/segmentation": NESTED, "/annotations/0/bbox": [10, 20, 120, 50],
    }),
    Case("area-mismatch", "that of the box", edit={AREA: BOX}),
    Case("area-mismatch", "a crowd may differ", edit={"/annotations/2/area": 150}),
    Case("area-mismatch", "no mask to compare", edit={AREA: 4000, **NO_MASK}),
    Case("area-mismatch", "larger than the image", edit={AREA: 500_000}, also=("area-exceeds-image",)),
    Case("area-mismatch", "a ring that cannot be rasterised", edit={
        AREA: 4000, "/annotations/0/segmentation": [[7000, 20, 60, 20, 110, 45, 110, 70, 10, 70]],
    }, also=("polygon-coordinate-huge",)),
    Case("area-mismatch", "run lengths", fires=1, edit=runs(3000)),
    Case("area-mismatch", "run lengths, 2 % off", edit=runs(4900)),
    Case("area-mismatch", "a few run lengths, a fifth of the outline off", edit=runs(23, columns=4, pixels=5)),
    Case("area-mismatch", "a few run lengths, more than that", fires=1, edit=runs(29, columns=4, pixels=5)),
    Case("area-is-bbox-area", "that of the box", fires=1, edit={AREA: BOX}),
    Case("area-is-bbox-area", "nearly that of the box", fires=1, edit={AREA: BOX * 0.991}),
    Case("area-is-bbox-area", "no mask", edit={AREA: BOX, **NO_MASK}),
    Case("area-is-bbox-area", "the mask fills the box", edit={
        AREA: BOX, "/annotations/0/segmentation": [[10, 20, 110, 20, 110, 70, 10, 70]],
    }),
    Case("area-box-only", "the mask was left out", fires=1, edit={AREA: MASK, **NO_MASK}),
    Case("area-box-only", "2 % less", fires=1, edit={AREA: BOX * 0.98, **NO_MASK}),
    Case("area-box-only", "1 % less", edit={AREA: BOX * 0.9901, **NO_MASK}),
    Case("area-box-only", "1 px² less", edit={AREA: 24, "/annotations/0/bbox": [10, 20, 5, 5], **NO_MASK}),
    Case("area-box-only", "2 px² less", fires=1, edit={AREA: 23, "/annotations/0/bbox": [10, 20, 5, 5], **NO_MASK}),
    Case("area-box-only", "inclusive pixels", edit={AREA: 101 * 51, **NO_MASK}),
    Case("area-box-only", "with a mask", edit={AREA: BOX / 2}),
    Case("area-box-only", "larger is told by area-exceeds-bbox", edit={AREA: BOX * 1.08, **NO_MASK}),
    Case("area-normalized", "a share of the image", fires=1, edit={AREA: MASK / (640 * 480)}),
    Case("area-normalized", "without a mask", fires=1, edit={AREA: BOX / (640 * 480), **NO_MASK}),
    Case("area-normalized", "1", fires=1, edit={AREA: 1}),
    Case("area-normalized", "1.01", edit={AREA: 1.01}),
    Case("area-normalized", "a box of 2 px", edit={AREA: 0.9, "/annotations/0/bbox": [10, 20, 2, 50], **NO_MASK}),
    Case("area-normalized", "a sliver", edit={
        AREA: 0.9, "/annotations/0/bbox": [10, 20, 6, 6], "/annotations/0/segmentation": [[10, 20, 16, 26, 16, 25.7]],
    }),
    Case("area-mismatch", "a share of the image is told by area-normalized", edit={AREA: 0.5}, also=("area-normalized",)),
    Case("area-exceeds-bbox", "3 % more", fires=1, edit={AREA: BOX * 1.08, **NO_MASK}),
    Case("area-exceeds-bbox", "2 % more", edit={AREA: BOX * 1.02, **NO_MASK}),
    Case("area-exceeds-bbox", "inclusive pixels", edit={AREA: 101 * 51, **NO_MASK}),
    Case("area-exceeds-bbox", "a polygon is area-mismatch", edit={AREA: BOX * 1.5}),
    Case("area-exceeds-image", "with a mask", fires=1, edit={AREA: 500_000}),
    Case("area-exceeds-image", "without a mask", fires=1, edit={AREA: 500_000, **NO_MASK}),
    Case("area-exceeds-image", "as does the box", 1, {AREA: 5e5, **NO_MASK, "/annotations/0/bbox": [0, 0, 999, 500]}, leaves=1),
    Case("area-exceeds-image", "as large as the image", edit={AREA: 640 * 480}),
    Case("area-exceeds-image", "an image without a size", edit={
        AREA: 500_000, "/images/0/width": 0,
    }, also=("image-size-missing",)),
]  # fmt: skip
