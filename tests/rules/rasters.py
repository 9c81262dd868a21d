"""Cases of the rules on polygons whose pixels tell another story than their outline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.cases import Case

RING = [10.0, 20.0, 60.0, 20.0, 110.0, 45.0, 110.0, 70.0, 10.0, 70.0]
BOW_TIE = [10, 20, 110, 70, 110, 20, 10, 70]
THIN_C = [10, 20, 110, 20, 110, 25, 15, 25, 15, 65, 110, 65, 110, 70, 10, 70]
SPIKE = [10, 20, 110, 20.4, 110, 20.6, 60, 20.5]


def rings(*values: Sequence[float]) -> dict[str, Any]:
    """Edit the polygon of the first object, and let its box follow."""
    x, y = [v for ring in values for v in ring[::2]], [v for ring in values for v in ring[1::2]]
    box = [min(x), min(y), max(x) - min(x), max(y) - min(y)]
    return {"/annotations/0/segmentation": list(values), "/annotations/0/bbox": box}


def strip(left: float, width: float) -> list[float]:
    return [left, 20, left + width, 20, left + width, 70, left, 70]


def bow_tie(size: float) -> list[float]:
    return [10, 20, 10 + size, 20 + size, 10 + size, 20, 10, 20 + size]


CASES = [
    Case("mask-empty-raster", "between two columns of pixels", fires=1, edit=rings(strip(10.6, 0.8))),
    Case("mask-empty-raster", "nearly a pixel wide", fires=1, edit=rings(strip(10.51, 0.98))),
    Case("mask-empty-raster", "between two rows", fires=1, edit=rings([10, 20.6, 110, 20.6, 110, 21.4, 10, 21.4])),
    Case("mask-empty-raster", "two such rings", fires=1, edit=rings(strip(10.6, 0.8), strip(30.6, 0.8))),
    Case("mask-empty-raster", "at the border of the image", fires=1, edit=rings(strip(639.6, 0.8))),
    Case("mask-empty-raster", "over the middle of a column", edit=rings(strip(10.2, 0.6))),
    Case("mask-empty-raster", "beside another ring", edit=rings(strip(10.6, 0.8), RING)),
    Case("mask-empty-raster", "a line is told by polygon-zero-area", edit=rings([10, 20, 60, 45, 110, 70])),
    Case("mask-empty-raster", "beyond the border is told by bbox-out-of-image", edit=rings(strip(639.8, 2))),
    Case("mask-empty-raster", "an image without a size", edit={"/images/0/height": 0, **rings(strip(10.6, 0.8))},
         also=("image-size-missing",)),
    Case("polygon-bowtie-area", "a bow-tie", fires=1, edit=rings(BOW_TIE)),
    Case("polygon-bowtie-area", "one loop larger than the other", fires=1, edit=rings([10, 20, 110, 60, 110, 20, 10, 70])),
    Case("polygon-bowtie-area", "in the second ring", fires=1, edit=rings(RING, [300, *BOW_TIE[1:]])),
    Case("polygon-bowtie-area", "6 px wide", fires=1, edit=rings(bow_tie(6))),
    Case("polygon-bowtie-area", "4 px wide: rasterising may add as much", edit=rings(bow_tie(4))),
    Case("polygon-bowtie-area", "a small loop", edit=rings([10, 20, 110, 70, 110, 20, 100, 70, 10, 70])),
    Case("polygon-bowtie-area", "hollow, but in order", edit=rings(THIN_C)),
    Case("polygon-bowtie-area", "a spike thinner than a pixel", edit=rings(SPIKE)),
    Case("polygon-bowtie-area", "a line is told by polygon-zero-area", edit=rings([10, 20, 60, 45, 110, 70, 60, 45])),
    Case("polygon-bowtie-area", "beyond any image", edit=rings([1e6, *BOW_TIE[1:]]), also=("polygon-coordinate-huge",)),
    Case("polygon-zero-area", "a bow-tie is told by polygon-bowtie-area", edit=rings(BOW_TIE)),
    Case("polygon-zero-area", "a bow-tie of 4 px", fires=1, edit=rings(bow_tie(4)), leaves=1),
    Case("polygon-self-intersection", "a bow-tie is told by polygon-bowtie-area", edit=rings(BOW_TIE)),
]  # fmt: skip
