"""Cases of the rules on run-length masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.support.cases import REMOVED, Case, Data

CROWD = "/annotations/2/segmentation"
BBOX = "/annotations/2/bbox"
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


def pairs(bbox: list[int], *, by_rows: bool) -> Data:
    """A rectangle of pixels as pairs of start, counted from 1, and length."""
    x, y, w, h = bbox
    edges = np.flatnonzero(np.diff(pixels(x, y, x + w, y + h, by_rows=by_rows), prepend=0, append=0)) + 1
    edges[1::2] -= edges[::2]
    return {CROWD: {"size": SIZE, "counts": edges.tolist()}, BBOX: bbox}


def with_counts(edit: Data, change: Callable[[list[int]], list[int]]) -> Data:
    return {**edit, CROWD: {"size": SIZE, "counts": change(edit[CROWD]["counts"])}}


def from_zero(counts: list[int]) -> list[int]:
    return [value - 1 + place % 2 for place, value in enumerate(counts)]


STARTING = {**uncompressed([0, 680, PIXELS - 680]), "/annotations/2/bbox": [0, 0, 2, 480]}
BRUSH = [*(4 * PIXELS).to_bytes(4, "big"), 59, 59, 7, 250]

CASES = [
    Case("rle-keys", "no counts", fires=1, edit={f"{CROWD}/counts": REMOVED}),
    Case("rle-keys", "no size", fires=1, edit={f"{CROWD}/size": REMOVED}),
    Case("rle-keys", "both, and another key", edit={f"{CROWD}/order": "F"}),
    Case("rle-size-type", "texts", fires=1, edit={f"{CROWD}/size": ["480", "640"]}),
    Case("rle-size-type", "three numbers", fires=1, edit={f"{CROWD}/size": [480, 640, 1]}),
    Case("rle-size-type", "zero", fires=1, edit={f"{CROWD}/size": [0, 640]}),
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
    Case("rle-size-mismatch", "another size", fires=1, edit=uncompressed([480, 200, 479 * 640 - 680], [479, 640])),
    Case("rle-size-mismatch", "counts of the image", fires=1, edit={f"{CROWD}/size": [479, 640]}),
    Case("rle-size-mismatch", "width first", edit={f"{CROWD}/size": [640, 480]}, also=("rle-size-order",)),
    Case("rle-counts-sum", "one too many", fires=1, edit=uncompressed([480, 200, PIXELS - 679])),
    Case("rle-counts-sum", "too few", fires=1, edit=uncompressed([480, 200])),
    Case("rle-counts-sum", "no runs", fires=1, edit=uncompressed([])),
    Case("rle-counts-sum", "the size is wrong", edit={f"{CROWD}/size": [479, 640]}, also=("rle-size-mismatch",)),
    Case("rle-counts-sum", "starts with foreground", edit=STARTING),
    Case("rle-counts-sum", "as wide and high as can be", edit={f"{CROWD}/size": [2**62, 2**62]}, also=("rle-size-mismatch",)),
    Case("rle-counts-negative", "below zero", fires=1, edit=uncompressed([480, -200, PIXELS - 280])),
    Case("rle-counts-negative", "zero"),
    Case("rle-counts-float", "a fraction", fires=1, edit=uncompressed([480, 200.5, PIXELS - 680.5])),  # type: ignore[list-item]
    Case("rle-counts-float", "a whole float", edit=uncompressed([480, 200.0, PIXELS - 680])),  # type: ignore[list-item]
    Case("rle-counts-overflow", "beyond 32 bits", fires=1, edit=uncompressed([480, 2**32, 200])),
    Case("rle-counts-overflow", "beyond 64 bits", fires=1, edit=uncompressed([480, 2**70, 200])),
    Case("rle-counts-overflow", "beyond the image only", edit=uncompressed([480, 2**32 - 1, 200]), also=("rle-counts-sum",)),
    Case("rle-counts-string-invalid", "a blank", fires=1, edit=compressed(COMPRESSED[:3] + " " + COMPRESSED[3:])),
    Case("rle-counts-string-invalid", "not ASCII", fires=1, edit=compressed("ü" + COMPRESSED)),
    Case("rle-counts-string-invalid", "cut off", fires=1, edit=compressed(COMPRESSED[:-1])),
    Case("rle-counts-string-invalid", "a run is missing", fires=1, edit=compressed("P?X6")),
    Case("rle-counts-string-invalid", "empty", fires=1, edit=compressed("")),
    Case("rle-counts-string-invalid", "a negative run", fires=1, edit=compressed("O" + COMPRESSED)),
    Case("rle-counts-string-invalid", "sound", edit=compressed(COMPRESSED)),
    Case("rle-counts-string-invalid", "uncompressed, too many", edit=uncompressed([PIXELS + 1]), also=("rle-counts-sum",)),
    Case("rle-counts-type", "a number", fires=1, edit={f"{CROWD}/counts": 7}),
    Case("rle-counts-type", "null", fires=1, edit={f"{CROWD}/counts": None}),
    Case("rle-counts-type", "a string", edit=compressed(COMPRESSED)),
    Case("rle-zero-run-inside", "two of them", fires=1, edit=uncompressed([480, 100, 0, 100, 0, 0, PIXELS - 680])),
    Case("rle-zero-run-inside", "at the start", edit=STARTING),
    Case("rle-zero-run-inside", "of an unsound mask", edit=uncompressed([480, 0, 480]), also=("rle-counts-sum",)),
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
    Case("rle-row-major", "down the columns", edit=torn([100, 50, 60, 40], by_rows=False)),
    Case("rle-row-major", "down the columns, but the box is elsewhere", edit={
        **torn([100, 50, 60, 40], by_rows=False), "/annotations/2/bbox": [110, 50, 60, 40],
    }),
    Case("rle-row-major", "as wide as the image", edit=torn([0, 50, 640, 40], by_rows=True), also=("bbox-vs-segmentation",)),
    Case("rle-bytes-repr", "single quotes", fires=1, edit=compressed(f"b'{COMPRESSED}'")),
    Case("rle-bytes-repr", "double quotes", fires=1, edit=compressed(f'b"{COMPRESSED}"')),
    Case("rle-bytes-repr", "a b that belongs to the runs", edit=compressed("b?f5hZ[9")),
    Case("rle-label-studio", "brush bytes", fires=1, edit=uncompressed(BRUSH)),
    Case("rle-label-studio", "bytes that fill the mask", edit={
        **uncompressed([*BRUSH, PIXELS - sum(BRUSH)]), "/annotations/2/bbox": [0, 0, 2, 480],
    }),
    Case("rle-label-studio", "small runs that say nothing", edit=uncompressed([1, 2, 3, 4, 5]), also=("rle-counts-sum",)),
    Case("rle-start-length-pairs", "by columns", fires=1, edit=pairs([100, 50, 60, 40], by_rows=False)),
    Case("rle-start-length-pairs", "by rows", fires=1, edit=pairs([100, 50, 60, 40], by_rows=True)),
    Case("rle-start-length-pairs", "from the first pixel on", fires=1, edit=pairs([0, 0, 60, 40], by_rows=True)),
    Case("rle-start-length-pairs", "up to the last pixel", fires=1, edit=pairs([600, 400, 40, 80], by_rows=False)),
    Case("rle-start-length-pairs", "2 px off the box", 1, {**pairs([100, 50, 60, 40], by_rows=True), BBOX: [102, 50, 58, 40]}),
    Case("rle-start-length-pairs", "3 px off the box", edit={**pairs([100, 50, 60, 40], by_rows=True), BBOX: [103, 50, 57, 40]},
         also=("rle-counts-sum",)),
    Case("rle-start-length-pairs", "counted from 0", edit=with_counts(pairs([0, 0, 60, 40], by_rows=True), from_zero),
         also=("rle-counts-sum",)),
    Case("rle-start-length-pairs", "not in order",
         edit=with_counts(pairs([100, 50, 60, 40], by_rows=True), lambda counts: counts[2:] + counts[:2]),
         also=("rle-counts-sum",)),
    Case("rle-start-length-pairs", "beyond the mask",
         edit=with_counts(pairs([600, 400, 40, 80], by_rows=False), lambda counts: [*counts[:-1], counts[-1] + 1]),
         also=("rle-counts-sum",)),
    Case("rle-start-length-pairs", "runs", edit=torn([100, 50, 60, 40], by_rows=False)),
    Case("rle-start-length-pairs", "no runs", edit=uncompressed([]), also=("rle-counts-sum",)),
    Case("rle-counts-sum", "pairs are told by rle-start-length-pairs", edit=pairs([100, 50, 60, 40], by_rows=True),
         also=("rle-start-length-pairs",)),
]  # fmt: skip
