"""Cases of the rules on run-length masks as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.cases import REMOVED, Case, Data

CROWD = "/annotations/2/segmentation"
SIZE = [480, 640]
PIXELS = 480 * 640
COMPRESSED = "P?X6hZ[9"
"""480 of background, 200 of foreground, the rest background, for 480 x 640."""


def compressed(counts: str, size: list[int] = SIZE) -> Data:
    return {CROWD: {"size": size, "counts": counts}}


def uncompressed(counts: list[int], size: list[int] = SIZE) -> Data:
    return {CROWD: {"size": size, "counts": counts}}


def pixels(left: int, top: int, right: int, bottom: int, *, by_rows: bool) -> Any:
    """A rectangle of pixels in 480 x 640, going down the columns or along the rows."""
    mask = np.zeros((480, 640), np.int8)
    mask[top:bottom, left:right] = 1
    return mask.ravel(order="C" if by_rows else "F")


def block(left: int, top: int, right: int, bottom: int, *, by_rows: bool) -> list[int]:
    """The runs of a rectangle of pixels."""
    edges = np.flatnonzero(np.diff(pixels(left, top, right, bottom, by_rows=by_rows))) + 1
    return [int(run) for run in np.diff([0, *edges, PIXELS])]


def torn(bbox: list[int], *, by_rows: bool) -> Data:
    x, y, w, h = bbox
    return {CROWD: {"size": SIZE, "counts": block(x, y, x + w, y + h, by_rows=by_rows)}, "/annotations/2/bbox": bbox}


CASES = [
    Case("rle-keys", "no counts", fires=1, edit={f"{CROWD}/counts": REMOVED}, leaves=1),
    Case("rle-keys", "no size", fires=1, edit={f"{CROWD}/size": REMOVED}),
    Case("rle-keys", "no size, and text", fires=1, edit={CROWD: {"counts": COMPRESSED}}),
    Case("rle-keys", "no size, and one pixel too many", fires=1, edit={CROWD: {"counts": [480, 200, PIXELS - 679]}}, leaves=1),
    Case("rle-keys", "no size, and an image without one", fires=1, edit={f"{CROWD}/size": REMOVED, "/images/1/width": 0},
         also=("image-size-missing",), leaves=1),
    Case("rle-keys", "both, and another key", edit={f"{CROWD}/order": "F"}),
    Case("rle-size-type", "texts", fires=1, edit={f"{CROWD}/size": ["480", "640"]}),
    Case("rle-size-type", "three numbers", fires=1, edit={f"{CROWD}/size": [480, 640, 1]}),
    Case("rle-size-type", "zero", fires=1, edit={f"{CROWD}/size": [0, 640]}),
    Case("rle-size-type", "null", fires=1, edit={f"{CROWD}/size": None}),
    Case("rle-size-type", "texts of another size", fires=1, edit=uncompressed([7, 5, 3], ["3", "5"]),  # type: ignore[list-item]
         also=("rle-size-mismatch",)),
    Case("rle-size-type", "words", fires=1, edit=uncompressed([7, 5, 3], ["high", "wide"]),  # type: ignore[list-item]
         leaves=1),
    Case("rle-size-type", "whole floats", edit={f"{CROWD}/size": [480.0, 640.0]}),
    Case("rle-size-order", "width first", fires=1, edit={f"{CROWD}/size": [640, 480]}),
    Case("rle-size-order", "compressed, width first", fires=1, edit=compressed(COMPRESSED, [640, 480])),
    Case(
        "rle-size-order", "a square image",
        edit={"/images/1/width": 480, **uncompressed([480, 200, 480 * 480 - 680], [480, 480])},
    ),
    Case("rle-size-order", "an image without a size", edit={
        "/images/1/width": 0, f"{CROWD}/size": [640, 480], "/annotations/2/bbox": [0, 0, 2, 640],
    }, also=("image-size-missing",)),
    Case("rle-size-mismatch", "another size", fires=1, edit=uncompressed([480, 200, 479 * 640 - 680], [479, 640]),
         leaves=1),
    Case("rle-size-mismatch", "counts of the image", fires=1, edit={f"{CROWD}/size": [479, 640]}),
    Case("rle-size-mismatch", "width first", edit={f"{CROWD}/size": [640, 480]}, also=("rle-size-order",)),
    Case("rle-empty", "background only", fires=1, edit=uncompressed([PIXELS])),
    Case("rle-empty", "foreground of nothing", fires=1, edit=uncompressed([480, 0, PIXELS - 480])),
    Case("rle-empty", "one pixel", edit={
        **uncompressed([480, 1, PIXELS - 481]), "/annotations/2/bbox": [1, 0, 1, 1],
    }),
    Case("rle-empty", "an empty box says so", edit={
        **uncompressed([PIXELS]), "/annotations/2/bbox": [1, 0, 0, 0],
    }, also=("bbox-degenerate",)),
    Case("rle-row-major", "along the rows", fires=1, edit=torn([100, 50, 60, 40], by_rows=True)),
    Case("rle-row-major", "along the rows, box of inclusive pixels", fires=1, edit={
        **torn([100, 50, 60, 40], by_rows=True), "/annotations/2/bbox": [100, 50, 59, 39],
    }),
    Case("rle-row-major", "along the rows, compressed", fires=1, edit={
        **torn([100, 50, 60, 2], by_rows=True), f"{CROWD}/counts": "T[o0l1Tb00l\\[8",
    }),
    Case("rle-row-major", "down the columns", edit=torn([100, 50, 60, 40], by_rows=False)),
    Case("rle-row-major", "down the columns, but the box is elsewhere", edit={
        **torn([100, 50, 60, 40], by_rows=False), "/annotations/2/bbox": [110, 50, 60, 40],
    }),
    Case("rle-row-major", "as wide as the image", edit=torn([0, 50, 640, 40], by_rows=True), also=("bbox-vs-segmentation",)),
]  # fmt: skip
