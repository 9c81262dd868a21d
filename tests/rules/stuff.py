"""Cases of the rules on stuff."""

from __future__ import annotations

from typing import Any

from tests.support.cases import Case

PIXELS = 480 * 640
SECOND = "/annotations/1"
"""The second annotation: 200 px at the top of the second column, in the image of the first one."""


def column(start: int, length: int, size: tuple[int, int] = (480, 640)) -> dict[str, Any]:
    """Let the second mask be one run of `length` px from `start` on, with the box and area of that run in one column."""
    height, width = size
    mask = {"size": [height, width], "counts": [start, length, height * width - start - length]}
    box = [start // height, start % height, 1, length]
    return {f"{SECOND}/segmentation": mask, f"{SECOND}/bbox": box, f"{SECOND}/area": length}


RING = [10, 20, 60, 20, 60, 70]
POLYGON = {"/annotations/0/segmentation": [RING], "/annotations/0/bbox": [10, 20, 50, 50], "/annotations/0/area": 1250}


CASES = [
    Case("stuff-category-range", "a thing", 1, {"/categories/0/id": 91, "/annotations/0/category_id": 91}, task="stuff"),
    Case("stuff-category-range", "beyond", 1, {"/categories/0/id": 184, "/annotations/0/category_id": 184}, task="stuff"),
    Case("stuff-category-range", "the first and the last",
         edit={"/categories/0/id": 92, "/annotations/0/category_id": 92, "/categories/-": {"id": 183, "name": "other"}},
         task="stuff"),
    Case("stuff-category-range", "instances"),
    Case("stuff-one-per-category", "two", 1, {**column(48000, 9), f"{SECOND}/category_id": 124}, task="stuff"),
    Case("stuff-one-per-category", "in two images", task="stuff"),
    Case("stuff-one-per-category", "of objects there may be many", edit={"/annotations/1/category_id": 1}),
    Case("stuff-iscrowd", "one", 1, {"/annotations/0/iscrowd": 1}, task="stuff"),
    Case("stuff-iscrowd", "none", task="stuff"),
    Case("stuff-polygon", "one", 1, POLYGON, task="stuff"),
    Case("stuff-polygon", "two rings", 1, task="stuff", edit={
        "/annotations/0/segmentation": [RING, [20, 20, 70, 20, 70, 70]], "/annotations/0/bbox": [10, 20, 60, 50],
        "/annotations/0/area": 2500,
    }),
    Case("stuff-polygon", "with a point too few", 1, {**POLYGON, "/annotations/0/segmentation": [RING[:4]]}, task="stuff",
         also=("polygon-too-few-points", "polygon-first-ring-shape"), leaves=1),
    Case("stuff-polygon", "run lengths", task="stuff"),
    Case("stuff-overlap", "a pixel", 1, column(100 * 480 + 149, 9), task="stuff"),
    Case("stuff-overlap", "within", 1, column(101 * 480 + 60, 20), task="stuff"),
    Case("stuff-overlap", "around", 1, column(102 * 480 + 40, 200), task="stuff"),
    Case("stuff-overlap", "just after", edit=column(100 * 480 + 150, 9), task="stuff"),
    Case("stuff-overlap", "just before", edit=column(100 * 480 + 40, 10), task="stuff"),
    Case("stuff-overlap", "in another image", edit={**column(101 * 480 + 60, 20), f"{SECOND}/image_id": 2,
         f"{SECOND}/category_id": 124}, task="stuff"),
    Case("stuff-overlap", "objects may", edit={
        "/annotations/0/iscrowd": 1, "/annotations/0/image_id": 2, "/annotations/0/bbox": [1, 0, 1, 100],
        "/annotations/0/segmentation": {"size": [480, 640], "counts": [480, 100, PIXELS - 580]}, "/annotations/0/area": 100}),
    Case("stuff-overlap", "a mask of another size", edit=column(70 * 640 + 60, 20, (640, 480)), task="stuff",
         also=("rle-size-order",)),
    Case("stuff-overlap", "runs that do not fill the mask",
         edit={f"{SECOND}/segmentation": {"size": [480, 640], "counts": [101 * 480 + 60, 20, 5]}}, task="stuff",
         also=("rle-counts-sum",)),
    Case("stuff-overlap", "a doubled category is told by stuff-one-per-category",
         edit={**column(101 * 480 + 60, 20), f"{SECOND}/category_id": 124}, task="stuff"),
]  # fmt: skip
