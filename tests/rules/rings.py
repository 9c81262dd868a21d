"""Cases of the rules on the rings of one polygon."""

from __future__ import annotations

from tests.rules.rasters import RING, rings
from tests.support.cases import Case

Ring = list[float]


def square(x: float, y: float, side: float) -> Ring:
    return [x, y, x + side, y, x + side, y + side, x, y + side]


OUTER = square(10, 20, 100)
HOLE = square(40, 50, 20)
HOOK = [10, 20, 110, 20, 110, 30, 20, 30, 20, 110, 110, 110, 110, 120, 10, 120]
"""Open on the right: the middle of its bounds is not inside."""
RAGGED = [10, 20, 110, 20, 110, 120, 60, 70, 10, 120]
"""A notch from below goes up to the middle."""
FAR = [square(300 + 5 * (i % 40), 200 + 5 * (i // 40), 4) for i in range(100)]

CASES = [
    Case("polygon-tiny-part", "half a pixel beside the object", fires=1, edit=rings(RING, [200, 20, 201, 20, 200, 21])),
    Case("polygon-tiny-part", "1 px²", edit=rings(RING, square(200, 20, 1))),
    Case("polygon-tiny-part", "beside one of 99 px²", edit=rings([10, 20, 19, 20, 19, 31, 10, 31], [20, 20, 20.5, 20, 20, 21])),
    Case("polygon-tiny-part", "beside one of 100 px²", 1, rings(square(10, 20, 10), [30, 20, 30.5, 20, 30, 21])),
    Case("polygon-tiny-part", "alone", edit=rings([200, 20, 201, 20, 200, 21])),
    Case("polygon-tiny-part", "a line is told by polygon-zero-area", edit=rings(RING, [200, 20, 201, 20, 202, 20])),
    Case("polygon-ring-nested", "a hole", fires=1, edit=rings(OUTER, HOLE)),
    Case("polygon-ring-nested", "the hole first", fires=1, edit=rings(HOLE, OUTER)),
    Case("polygon-ring-nested", "a hole, drawn the other way round", 1, rings(OUTER, [40, 50, 40, 70, 60, 70, 60, 50])),
    Case("polygon-ring-nested", "two holes in one object", fires=1, edit=rings(OUTER, HOLE, square(70, 80, 20))),
    Case("polygon-ring-nested", "a hole among 100 rings", fires=1, edit=rings(OUTER, HOLE, *FAR[:98])),
    Case("polygon-ring-nested", "more than 100 rings", edit=rings(OUTER, HOLE, *FAR[:99])),
    Case("polygon-ring-nested", "side by side", edit=rings(OUTER, square(110, 20, 20))),
    Case("polygon-ring-nested", "within the bounds, not within the outline", edit=rings(HOOK, square(40, 50, 20))),
    Case("polygon-ring-nested", "one point outside of the outline", edit=rings(RAGGED, [50, 40, 70, 40, 60, 75])),
    Case("polygon-ring-nested", "half outside", edit=rings(OUTER, square(90, 40, 60))),
    Case("polygon-ring-nested", "the same ring twice", edit=rings(OUTER, OUTER)),
    Case("polygon-ring-nested", "of two objects", edit={**rings(OUTER), "/annotations/1/segmentation": [HOLE],
         "/annotations/1/bbox": [40, 50, 20, 20], "/annotations/1/area": 400}),
    Case("polygon-ring-nested", "an odd ring is told by polygon-odd-length", edit=rings(OUTER, [*HOLE, 40]),
         also=("polygon-odd-length",)),
    Case("polygon-rings-overlap", "by 11 %", fires=1, edit=rings(OUTER, square(90, 20, 100))),
    Case("polygon-rings-overlap", "by a third", fires=1, edit=rings(OUTER, square(60, 20, 100))),
    Case("polygon-rings-overlap", "the same ring twice", fires=1, edit=rings(OUTER, OUTER)),
    Case("polygon-rings-overlap", "by 4.7 %", edit=rings(OUTER, square(101, 20, 100))),
    Case("polygon-rings-overlap", "by 5.3 %", fires=1, edit=rings(OUTER, square(100, 20, 100))),
    Case("polygon-rings-overlap", "side by side", edit=rings(OUTER, square(110, 20, 100))),
    Case("polygon-rings-overlap", "bounds overlap, outlines do not", edit=rings(HOOK, square(40, 50, 20))),
    Case("polygon-rings-overlap", "a hole is told by polygon-ring-nested", edit=rings(OUTER, HOLE)),
    Case("polygon-rings-overlap", "half is asked for", edit=rings(OUTER, square(60, 20, 100)), options={"share": 0.5}),
]  # fmt: skip
