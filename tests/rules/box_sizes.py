"""Cases of the rules on boxes of seldom sizes and spellings."""

from __future__ import annotations

from tests.rules.boxes import box, moved
from tests.support.cases import Case

CROWD = {"/annotations/0/iscrowd": 1}

CASES = [
    Case("bbox-whole-image", "from border to border", fires=1, edit=moved(0.0, 0.0, 640.0, 480.0)),
    Case("bbox-whole-image", "a little more than all", fires=1, edit=moved(-0.5, -0.5, 641.0, 481.0)),
    Case("bbox-whole-image", "99.52 %", fires=1, edit=moved(0.0, 0.0, 640.0, 477.7)),
    Case("bbox-whole-image", "99.48 %", edit=moved(0.0, 0.0, 640.0, 477.5)),
    Case("bbox-whole-image", "90 % asked for", fires=1, edit=moved(0.0, 0.0, 600.0, 470.0), options={"share": 0.9}),
    Case("bbox-whole-image", "a crowd", edit={**moved(0.0, 0.0, 640.0, 480.0), **CROWD}),
    Case("bbox-whole-image", "far beyond is told by bbox-out-of-image", edit=moved(0.0, 0.0, 700.0, 480.0),
         also=("area-exceeds-image",)),
    Case("bbox-whole-image", "a mask of stuff", edit={"/annotations/0/bbox": [0, 0, 640, 480]}, task="stuff",
         also=("bbox-vs-segmentation",)),
    Case("bbox-tiny", "3.9 px²", fires=1, edit=moved(10.0, 20.0, 1.3, 3.0)),
    Case("bbox-tiny", "4 px²", edit=moved(10.0, 20.0, 2.0, 2.0)),
    Case("bbox-tiny", "10 px² asked for", fires=1, edit=moved(10.0, 20.0, 3.0, 3.0), options={"least": 10.0}),
    Case("bbox-tiny", "half a pixel wide is told by bbox-subpixel", edit=moved(10.0, 20.0, 0.5, 2.0)),
    Case("bbox-aspect-outlier", "101 to 1", fires=1, edit=moved(10.0, 20.0, 505.0, 5.0)),
    Case("bbox-aspect-outlier", "1 to 101", fires=1, edit=moved(10.0, 20.0, 4.0, 404.0)),
    Case("bbox-aspect-outlier", "100 to 1", edit=moved(10.0, 20.0, 500.0, 5.0)),
    Case("bbox-aspect-outlier", "a crowd, 1 to 199"),
    Case("bbox-aspect-outlier", "a thin line is told by bbox-subpixel", edit=moved(10.0, 20.0, 500.0, 0.5)),
    Case("bbox-precision", "seven decimals", fires=1, edit=moved(10.1234567, 20.0, 100.0, 50.0)),
    Case("bbox-precision", "in the height", fires=1, edit=moved(10.0, 20.0, 100.0, 50 / 3)),
    Case("bbox-precision", "six decimals", edit=moved(10.123456, 20.0, 100.0, 50.0)),
    Case("bbox-precision", "two decimals, official", edit=moved(473.07, 395.93, 38.65, 28.67)),
    Case("bbox-precision", "noise of floats", edit=moved(473.07000000000005, 0.1 + 0.2, 100.0, 50.0)),
    Case("bbox-precision", "two decimals asked for", fires=1, edit=moved(10.125, 20.0, 100.0, 50.0), options={"decimals": 2}),
    Case("bbox-precision", "too large to tell", edit=box(1e30 / 3, 20.0, 100.0, 50.0), also=("bbox-fully-outside",)),
]  # fmt: skip
