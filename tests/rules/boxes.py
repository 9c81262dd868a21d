"""Cases of the rules on bounding boxes."""

from __future__ import annotations

from typing import Any

from tests.support.cases import REMOVED, Case

BOX = "/annotations/0/bbox"


def box(*bbox: Any) -> dict[str, Any]:
    """Edit the first box, which is [10, 20, 100, 50] in an image of 640 x 480, and leave its polygon."""
    return {BOX: list(bbox)}


def moved(x: float, y: float, w: float, h: float) -> dict[str, Any]:
    """Edit the first box and let its polygon and area follow."""
    ring = [x, y, x + w, y, x + w, y + h, x, y + h]
    return {BOX: [x, y, w, h], "/annotations/0/segmentation": [ring], "/annotations/0/area": w * h}


def unmasked(*bbox: Any) -> dict[str, Any]:
    """Edit the first box and leave it without a polygon."""
    return {BOX: list(bbox), "/annotations/0/segmentation": []}


def of_box(*bbox: float) -> dict[str, Any]:
    """Edit the first box, without a polygon, and let the area follow."""
    return {**unmasked(*bbox), "/annotations/0/area": bbox[2] * bbox[3]}


CASES = [
    Case("bbox-missing", "no key", fires=1, edit={BOX: REMOVED}),
    Case("bbox-missing", "no key, a person", fires=1, edit={BOX: REMOVED}, task="person_keypoints"),
    Case("bbox-missing", "captions need none", task="captions"),
    Case("bbox-missing", "a crowd", fires=1, edit={"/annotations/2/bbox": REMOVED}),
    Case("bbox-missing", "no mask either", 1, {BOX: REMOVED, "/annotations/0/segmentation": []}, leaves=1),
    Case("bbox-missing", "a flat mask", 1, {BOX: REMOVED, "/annotations/0/segmentation": [[10, 20, 60, 20, 110, 20]]},
         leaves=1),
    Case("bbox-missing", "an unsound mask", 1, {BOX: REMOVED, "/annotations/0/segmentation": [[10, 20, 60, 20, 110, 20, 5]]},
         also=("polygon-odd-length",), leaves=1),
    Case("bbox-missing", "the runs do not fill the image", 1, {"/annotations/2/bbox": REMOVED,
         "/annotations/2/segmentation": {"size": [480, 640], "counts": [480, 200]}}, also=("rle-counts-sum",), leaves=1),
    Case("bbox-empty", "no number", fires=1, edit=box()),
    Case("bbox-empty", "no mask either", fires=1, edit=unmasked(), leaves=1),
    Case("bbox-empty", "an empty segmentation is no empty box", edit={"/annotations/0/segmentation": []}),
    Case("bbox-length", "three numbers", fires=1, edit=box(10, 20, 100)),
    Case("bbox-length", "five, with an angle", fires=1, edit=box(10, 20, 100, 50, 30)),
    Case("bbox-length", "eight, of four corners", fires=1, edit=box(10, 20, 110, 20, 110, 70, 10, 70)),
    Case("bbox-length", "four corners and no mask", 1, unmasked(10, 20, 110, 20, 110, 70, 10, 70)),
    Case("bbox-length", "five and no mask", fires=1, edit=unmasked(10, 20, 100, 50, 30), leaves=1),
    Case("bbox-length", "four numbers, whole or not", edit=box(10, 20.0, 100, 50.0)),
    Case("bbox-type", "null", fires=1, edit={BOX: None}),
    Case("bbox-type", "an object", fires=1, edit={BOX: {"x": 10, "y": 20, "width": 100, "height": 50}}),
    Case("bbox-type", "strings", fires=1, edit=box("10", "20", "100", "50")),
    Case("bbox-type", "one null among numbers", fires=1, edit=box(10, None, 100, 50)),
    Case("bbox-type", "doubled brackets", fires=1, edit=box([10, 20, 100, 50])),
    Case("bbox-type", "null and no mask", 1, {BOX: None, "/annotations/0/segmentation": []}, leaves=1),
    Case("bbox-type", "one null and no mask", fires=1, edit=unmasked(10, None, 100, 50), leaves=1),
    Case("bbox-type", "an object with corners", fires=1, edit={BOX: {"xmin": 10, "ymin": 20, "xmax": 110, "ymax": 70}}),
    Case("bbox-type", "an object with strings", fires=1, edit={BOX: {"x": "10", "y": "20.0", "w": "1e2", "h": 50}}),
    Case("bbox-type", "an object with other names", 1, {BOX: {"cx": 60, "cy": 45, "w": 100, "h": 50}}, leaves=1),
    Case("bbox-type", "an object with a null", 1, {BOX: {"x": 10, "y": None, "w": 100, "h": 50}}, leaves=1),
    Case("bbox-type", "strings with units", fires=1, edit=box("10px", "20px", "100px", "50px"), leaves=1),
    Case("bbox-type", "five strings", fires=1, edit=box("10", "20", "100", "50", "0"), leaves=1),
    Case("bbox-type", "two points", fires=1, edit=box([10, 20], [110, 70]), leaves=1),
    Case("bbox-type", "a text", fires=1, edit={BOX: "10 20 100 50"}, leaves=1),
    Case("bbox-type", "whole numbers for floats", edit=box(10, 20, 100, 50)),
    Case("bbox-nonfinite", "infinite as a 32-bit float", fires=1, edit=box(1e39, 20.0, 100.0, 50.0)),
    Case("bbox-nonfinite", "width, negative", fires=1, edit=box(10.0, 20.0, -1e300, 50.0)),
    Case("bbox-nonfinite", "a result", fires=1, edit={"/1/bbox": [10, 20, 1e39, 50]}, task="results_bbox", leaves=1),
    Case("bbox-nonfinite", "large but finite", edit=box(1e38, 20.0, 100.0, 50.0), also=("bbox-fully-outside",)),
    Case("bbox-nonfinite", "NaN is told by json-nan", edit=box(float("nan"), 20.0, 100.0, 50.0), also=("json-nan",)),
    Case("bbox-nonfinite", "null is told by bbox-type", edit=box(None, 20.0, 100.0, 50.0), also=("bbox-type",)),
    Case("bbox-degenerate", "no width", fires=1, edit=box(10.0, 20.0, 0.0, 50.0)),
    Case("bbox-degenerate", "negative height", fires=1, edit=box(10.0, 70.0, 100.0, -50.0)),
    Case("bbox-degenerate", "negative height and no mask", fires=1, edit=unmasked(10.0, 70.0, 100.0, -50.0)),
    Case("bbox-degenerate", "both negative and no mask", fires=1, edit=unmasked(110, 70, -100, -50)),
    Case("bbox-degenerate", "no width and no mask", fires=1, edit=unmasked(10.0, 20.0, 0.0, 50.0)),
    Case("bbox-degenerate", "no width, negative height and no mask", fires=1, edit=unmasked(10.0, 20.0, 0.0, -50.0)),
    Case("bbox-degenerate", "of a person without a mask", 1, unmasked(10, 20, 0, 50), task="person_keypoints", leaves=1),
    Case("bbox-degenerate", "a crowd", fires=1, edit={"/annotations/2/bbox": [1, 0, 0, 199]}),
    Case("bbox-degenerate", "beyond any image and no mask", fires=1, edit=unmasked(1e10, 20, 0, 50), leaves=1),
    Case("bbox-degenerate", "nothing at all, outside too", fires=1, edit=box(0, 0, 0, 0)),
    Case("bbox-degenerate", "a person", fires=1, edit=box(10.0, 20.0, 0.0, 50.0), task="person_keypoints"),
    Case("bbox-degenerate", "of a flat polygon", fires=1, edit=moved(10.0, 20.0, 100.0, 0.0)),
    Case("bbox-degenerate", "a thin box", edit=moved(10.0, 20.0, 0.5, 50.0)),
    Case("bbox-degenerate", "a string is told by bbox-type", edit=box("10", 20.0, 0.0, 50.0), also=("bbox-type",)),
    Case("bbox-degenerate", "results are not asked", edit={"/1/bbox": [10, 20, 0, 50]}, task="results_bbox"),
    Case("bbox-subpixel", "half a pixel wide", fires=1, edit=moved(10.0, 20.0, 0.5, 50.0)),
    Case("bbox-subpixel", "one pixel wide", edit=moved(10.0, 20.0, 1.0, 50.0)),
    Case("bbox-subpixel", "no width is told by bbox-degenerate", edit=box(10.0, 20.0, 0.0, 50.0), also=("bbox-degenerate",)),
    Case("bbox-out-of-image", "over the right border", fires=1, edit=box(600.0, 20.0, 100.0, 50.0),
         also=("bbox-vs-segmentation",)),
    Case("bbox-out-of-image", "over the lower border, a person", 1, box(400, 440, 60, 50), task="person_keypoints",
         also=("bbox-vs-segmentation",)),
    Case("bbox-out-of-image", "without a mask", fires=1, edit=of_box(600, 20, 100, 50)),
    Case("bbox-out-of-image", "with the area of another thing", 1, {**unmasked(600.1, 20, 100, 50), "/annotations/0/area": 9}),
    Case("bbox-out-of-image", "a rectangle", fires=1, edit=moved(600.0, 20.0, 100.0, 50.0)),
    Case("bbox-out-of-image", "a crowd", fires=1, edit={"/annotations/2/bbox": [600, 0, 60, 199]},
         also=("bbox-vs-segmentation",)),
    Case("bbox-out-of-image", "within the tolerance", edit=moved(541.0, 20.0, 100.0, 50.0)),
    Case("bbox-out-of-image", "1 px but for rounding", edit=moved(640.3 - 100.1 + 0.7, 20.0, 100.1, 50.0)),
    Case("bbox-out-of-image", "within a tolerance of 70", edit=box(600.0, 20.0, 100.0, 50.0), options={"tolerance": 70.0},
         also=("bbox-vs-segmentation",)),
    Case("bbox-out-of-image", "size unknown", edit={"/images/0/width": REMOVED}, also=("image-size-missing",)),
    Case("bbox-out-of-image", "size 0", edit={"/images/0/width": 0}, also=("image-size-missing",)),
    Case("bbox-slightly-outside", "half a pixel", fires=1, edit=moved(540.5, 20.0, 100.0, 50.0)),
    Case("bbox-slightly-outside", "half a pixel on the left", fires=1, edit=moved(-0.5, 20.0, 100.0, 50.0)),
    Case("bbox-slightly-outside", "on all sides, without a mask", 1,
         {**unmasked(-0.5, -1, 641.25, 482), "/annotations/0/area": 307200}),
    Case("bbox-slightly-outside", "many decimals", fires=1, edit=of_box(639.123456789, 20, 1.5, 50)),
    Case("bbox-slightly-outside", "up to the border", edit=moved(540.0, 20.0, 100.0, 50.0)),
    Case("bbox-slightly-outside", "rounding", edit=moved(539.9000001, 20.0, 100.1, 50.0)),
    Case("bbox-slightly-outside", "more than a pixel", edit=moved(541.5, 20.0, 100.0, 50.0)),
    Case("bbox-fully-outside", "right of the image", fires=1, edit=box(700.0, 20.0, 100.0, 50.0)),
    Case("bbox-fully-outside", "left of the image", fires=1, edit=box(-101.0, 20.0, 100.0, 50.0)),
    Case("bbox-fully-outside", "and so is the mask", fires=1, edit=moved(700.0, 20.0, 100.0, 50.0)),
    Case("bbox-fully-outside", "beginning at the lower border", fires=1, edit=box(10.0, 480.0, 100.0, 50.0)),
    Case("bbox-fully-outside", "a strip is inside", edit=box(639.0, 20.0, 100.0, 50.0)),
    Case("bbox-negative-origin", "left of the image", fires=1, edit=box(-5.0, 20.0, 115.0, 50.0)),
    Case("bbox-negative-origin", "above it, without a mask", fires=1, edit=of_box(10.0, -20.0, 100.0, 50.0)),
    Case("bbox-negative-origin", "above it, and too low as well", fires=1, edit=box(10.0, -20.0, 100.0, 600.0),
         also=("bbox-vs-segmentation",)),
    Case("bbox-negative-origin", "within the tolerance", edit=moved(-1.0, 20.0, 100.0, 50.0)),
    Case("bbox-negative-origin", "over the right border", edit=box(600.0, 20.0, 100.0, 50.0)),
    Case("bbox-out-of-image", "left is told by bbox-negative-origin", edit=box(-5.0, 20.0, 115.0, 50.0)),
    Case("bbox-out-of-image", "nothing inside is told by bbox-fully-outside", edit=box(700.0, 20.0, 100.0, 50.0),
         also=("bbox-fully-outside",)),
    Case("bbox-negative-origin", "nothing inside is told by bbox-fully-outside", edit=box(-101.0, 20.0, 100.0, 50.0),
         also=("bbox-fully-outside",)),
    Case("bbox-vs-segmentation", "3 px to the right", fires=1, edit=box(13.0, 20.0, 100.0, 50.0)),
    Case("bbox-vs-segmentation", "twice as high", fires=1, edit=box(10.0, 20.0, 100.0, 100.0)),
    Case("bbox-vs-segmentation", "somewhere else", fires=1, edit=box(400.0, 300.0, 100.0, 50.0)),
    Case("bbox-vs-segmentation", "a crowd somewhere else", fires=1, edit={"/annotations/2/bbox": [50, 0, 1, 199]}),
    Case("bbox-vs-segmentation", "a mask of stuff", fires=1, edit={"/annotations/0/bbox": [100, 50, 9, 100]}, task="stuff"),
    Case("bbox-vs-segmentation", "one part of two", 1, {"/annotations/0/segmentation/-": [200, 20, 210, 20, 210, 30]}),
    Case("bbox-vs-segmentation", "2 px to the right", edit=box(12.0, 20.0, 100.0, 50.0)),
    Case("bbox-vs-segmentation", "2 px but for rounding", edit={**moved(2.4, 20, 100, 50), **box(4.4, 20, 100, 50)}),
    Case("bbox-vs-segmentation", "1 % of a large box", edit={"/annotations/1/bbox": [203.0, 100.0, 300.0, 200.0]}),
    Case("bbox-vs-segmentation", "within a tolerance of 4", edit=box(13.0, 20.0, 100.0, 50.0), options={"tolerance": 4.0}),
    Case("bbox-vs-segmentation", "crowds of official files are 1 px smaller"),
    Case("bbox-vs-segmentation", "no segmentation", edit={"/annotations/0/segmentation": []}),
    Case("bbox-vs-segmentation", "turned", edit={**box(0, 30, 100, 50), "/annotations/0/attributes": {"rotation": 30.0}}),
    Case("bbox-vs-segmentation", "no width is told by bbox-degenerate", edit=box(50.0, 20.0, 0.0, 50.0),
         also=("bbox-degenerate",)),
    Case("bbox-vs-segmentation", "outside is told by bbox-out-of-image", edit=box(600.0, 20.0, 100.0, 50.0)),
]  # fmt: skip
