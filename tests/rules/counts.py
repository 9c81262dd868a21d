"""Cases of the rules on the runs of run-length masks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.rules.masks import COMPRESSED, CROWD, PIXELS, SIZE, compressed, pixels, torn, uncompressed
from tests.support.cases import Case, Data

BBOX = "/annotations/2/bbox"


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
BACKSLASH = {**compressed("\\1X6\\h[9"), BBOX: [0, 44, 1, 200]}
"""44 of background, 200 of foreground, the rest background."""
BRUSH = [*(4 * PIXELS).to_bytes(4, "big"), 59, 59, 7, 250]

CASES = [
    Case("rle-counts-sum", "one too many", fires=1, edit=uncompressed([480, 200, PIXELS - 679])),
    Case("rle-counts-sum", "too few", fires=1, edit=uncompressed([480, 200])),
    Case("rle-counts-sum", "no runs", fires=1, edit=uncompressed([]), leaves=1),
    Case("rle-counts-sum", "no run of foreground fits", fires=1, edit=uncompressed([PIXELS, 200]), leaves=1),
    Case("rle-counts-sum", "ends with foreground, and too few", fires=1, edit=uncompressed([480, 100, 0, 100])),
    Case("rle-counts-sum", "two runs too many", fires=1, edit=uncompressed([480, 200, PIXELS - 680, 7, 9])),
    Case("rle-counts-sum", "the size is wrong", edit={f"{CROWD}/size": [479, 640]}, also=("rle-size-mismatch",)),
    Case("rle-counts-sum", "starts with foreground", edit=STARTING),
    Case("rle-counts-sum", "as wide and high as can be", edit={f"{CROWD}/size": [2**62, 2**62]}, also=("rle-size-mismatch",)),
    Case("rle-counts-negative", "below zero", fires=1, edit=uncompressed([480, -200, PIXELS - 280])),
    Case("rle-counts-negative", "zero"),
    Case("rle-counts-float", "a fraction", fires=1, edit=uncompressed([480, 200.5, PIXELS - 680.5]),  # type: ignore[list-item]
         leaves=1),
    Case("rle-counts-float", "texts", fires=1, edit={f"{CROWD}/counts": ["480", 200.0, str(PIXELS - 680)]}),
    Case("rle-counts-float", "a text and a fraction", fires=1, edit={f"{CROWD}/counts": ["480", 200.5, 7]}, leaves=1),
    Case("rle-counts-float", "null", fires=1, edit={f"{CROWD}/counts/0": None}, leaves=1),
    Case("rle-counts-float", "a whole float", edit=uncompressed([480, 200.0, PIXELS - 680])),  # type: ignore[list-item]
    Case("rle-counts-overflow", "beyond 32 bits", fires=1, edit=uncompressed([480, 2**32, 200])),
    Case("rle-counts-overflow", "beyond 64 bits", fires=1, edit=uncompressed([480, 2**70, 200])),
    Case("rle-counts-overflow", "beyond the image only", edit=uncompressed([480, 2**32 - 1, 200]), also=("rle-counts-sum",)),
    Case("rle-counts-string-invalid", "a blank", fires=1, edit=compressed(COMPRESSED[:3] + " " + COMPRESSED[3:])),
    Case("rle-counts-string-invalid", "not ASCII", fires=1, edit=compressed("ü" + COMPRESSED), leaves=1),
    Case("rle-counts-string-invalid", "cut off", fires=1, edit=compressed(COMPRESSED[:-1]), leaves=1),
    Case("rle-counts-string-invalid", "a run is missing", fires=1, edit=compressed("P?X6"), leaves=1),
    Case("rle-counts-string-invalid", "empty", fires=1, edit=compressed(""), leaves=1),
    Case("rle-counts-string-invalid", "a negative run", fires=1, edit=compressed("O" + COMPRESSED), leaves=1),
    Case("rle-counts-string-invalid", "base64", fires=1, edit=compressed("UD9YNmhaWzk=")),
    Case("rle-counts-string-invalid", "base64 of a text that does not fill the mask", fires=1, edit=compressed("UD9YNg=="),
         leaves=1),
    Case("rle-counts-string-invalid", "base64 of no text", fires=1, edit=compressed("/////w=="), leaves=1),
    Case("rle-counts-string-invalid", "two backslashes for one", fires=1, edit={**BACKSLASH, **compressed("\\\\1X6\\\\h[9")}),
    Case("rle-counts-string-invalid", "one backslash", edit=BACKSLASH),
    Case("rle-counts-string-invalid", "sound", edit=compressed(COMPRESSED)),
    Case("rle-counts-string-invalid", "uncompressed, too many", edit=uncompressed([PIXELS + 1]), also=("rle-counts-sum",)),
    Case("rle-counts-type", "a number", fires=1, edit={f"{CROWD}/counts": 7}),
    Case("rle-counts-type", "null", fires=1, edit={f"{CROWD}/counts": None}),
    Case("rle-counts-type", "a string", edit=compressed(COMPRESSED)),
    Case("rle-zero-run-inside", "two of them", fires=1, edit=uncompressed([480, 100, 0, 100, 0, 0, PIXELS - 680])),
    Case("rle-zero-run-inside", "compressed", fires=1, edit=compressed("P?T300hZ[9")),
    Case("rle-zero-run-inside", "at the start", edit=STARTING),
    Case("rle-zero-run-inside", "of an unsound mask", edit=uncompressed([480, 0, 480]), also=("rle-counts-sum",)),
    Case("rle-bytes-repr", "single quotes", fires=1, edit=compressed(f"b'{COMPRESSED}'")),
    Case("rle-bytes-repr", "double quotes", fires=1, edit=compressed(f'b"{COMPRESSED}"')),
    Case("rle-bytes-repr", "two backslashes for one", fires=1, edit={**BACKSLASH, **compressed("b'\\\\1X6\\\\h[9'")}),
    Case("rle-bytes-repr", "around what does not fill the mask", fires=1, edit=compressed("b'P?X6'"), leaves=1),
    Case("rle-bytes-repr", "at the start only", fires=1, edit=compressed(f"b'{COMPRESSED}"), leaves=1),
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
