"""Cases of the rules on objects that are annotated twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.cases import MASK, REMOVED, Case, Data, sound

BOX = {"segmentation": [], "area": 5000}
X, Y, W, H = 10.0, 20.0, 100.0, 50.0
FOUND = [60.0, 45.0, 2, 35.0, 32.5, 1]


def copies(*changes: Data, task: str = "instances") -> Callable[[Data], Data]:
    """Append copies of the first annotation with a new id and the changes; REMOVED takes a field out."""

    def change(data: Data) -> Data:
        for number, edit in enumerate(changes):
            copy = {**sound(task)["annotations"][0], "id": 10 + number, **edit}
            data["annotations"].append({key: value for key, value in copy.items() if value is not REMOVED})
        return data

    return change


def beside(*changes: Data, **first: Any) -> Callable[[Data], Data]:
    """Append copies of the first annotation, without a mask unless it is changed, after changing the first one by `first`."""

    def change(data: Data) -> Data:
        own = data["annotations"][0]
        own |= {"segmentation": [], "area": W * H, **first}
        data["annotations"] += [{**own, "id": 10 + number, **edit} for number, edit in enumerate(changes)]
        return data

    return change


def box(x: float = X, y: float = Y, w: float = W, h: float = H, **more: Any) -> Data:
    return {"bbox": [x, y, w, h], "area": w * h, **more}


def ring(x: float, y: float, w: float, h: float) -> list[list[float]]:
    return [[x, y, x + w, y, x + w, y + h, x, y + h]]


def triangle(x: float, y: float, w: float, h: float) -> list[list[float]]:
    return [[x, y, x + w, y, x, y + h]]


def drawn(*outlines: list[list[float]]) -> Data:
    """Return the changes that give an annotation that mask, with the area of the box."""
    return {"segmentation": [one for outline in outlines for one in outline]}


def grid(count: int) -> Callable[[Data], Data]:
    """Fill an image with boxes in `count` rows and columns, all of one size, and double one of them by a hair."""

    def change(data: Data) -> Data:
        template = {**sound("instances")["annotations"][0], "segmentation": [], "area": 20.0}
        places = [(6.0 * column, 6.0 * row) for row in range(count) for column in range(count)]
        data["annotations"] = [
            {**template, "id": number + 1, "bbox": [x, y, 4.0, 5.0]} for number, (x, y) in enumerate([*places, (6.01, 6.0)])
        ]
        return data

    return change


def far_points(shift: float) -> list[float]:
    return [*(value + (shift if place % 3 == 0 else 0) for place, value in enumerate(FOUND)), *[0] * 6]


def corners(data: Data) -> Data:
    """Write the corners of boxes side by side, which as x, y, width and height would cover each other."""
    template = {**data["annotations"][0], "segmentation": [], "area": 1600}
    data["annotations"] = [
        {**template, "id": i + 1, "category_id": i // 15 + 1, "image_id": i // 20 + 1, "bbox": [x, 300, x + 40, 340]}
        for i, x in enumerate(range(400, 550, 5))
    ]
    return data


NEAR = "annotation-near-duplicate"
CROSS = "annotation-cross-class-duplicate"
MASK_BOX: Data = {"bbox": [100, 50, 3, 100], "area": 300, "segmentation": MASK, "iscrowd": 0}

CASES = [
    Case("annotation-duplicate-exact", "two copies", fires=2, change=copies({}, {})),
    Case("annotation-duplicate-exact", "boxes only", fires=1, edit={f"/annotations/0/{k}": v for k, v in BOX.items()},
         change=copies(BOX)),
    Case("annotation-duplicate-exact", "a crowd", fires=1,
         edit={"/annotations/-": {**sound("instances")["annotations"][2], "id": 4}}),
    Case("annotation-duplicate-exact", "0 and 0.0", fires=1, edit={"/annotations/0/bbox": [0, 20, 100, 50]},
         change=copies({"bbox": [-0.0, 20.0, 100.0, 50.0]})),
    Case("annotation-duplicate-exact", "persons", fires=1, task="person_keypoints", change=copies({}, task="person_keypoints")),
    Case("annotation-duplicate-exact", "one says more", fires=3, leaves=2,
         change=copies({"attributes": {"track_id": 7}}, {}, {"note": "sure"})),
    Case("annotation-duplicate-exact", "one coordinate of the box", change=copies({"bbox": [10.0, 20.0, 100.0, 50.1]})),
    Case("annotation-duplicate-exact", "another class or image", change=copies({"category_id": 2}, {"image_id": 2})),
    Case("annotation-duplicate-exact", "another mask in the same box",
         change=copies({"segmentation": [[10, 20, 110, 20, 110, 45, 110, 70, 10, 70]]})),
    Case("annotation-duplicate-exact", "another angle",
         change=copies({"attributes": {"rotation": 30}}, {"attributes": {"rotation": 60}})),
    Case("annotation-duplicate-exact", "other keypoints", task="person_keypoints",
         change=copies({"keypoints": [60.0, 45.0, 2, 35.0, 33.5, 1] + [0] * 6}, task="person_keypoints")),
    Case("annotation-duplicate-exact", "the id is equal too", change=copies({"id": 1}), also=("annotation-id-duplicate",)),
    Case("annotation-duplicate-exact", "empty boxes", edit={"/annotations/0/bbox": [0, 0, 0, 0]},
         change=copies({"bbox": [0, 0, 0, 0]}), also=("bbox-degenerate",)),
    Case("annotation-duplicate-exact", "no box", edit={"/annotations/0/bbox": REMOVED}, change=copies({"bbox": REMOVED}),
         also=("bbox-missing",)),
    Case("annotation-duplicate-exact", "masks that cannot be read",
         edit={"/annotations/0/segmentation": [10, 20, 110, 20, 110, 70]},
         change=copies({"segmentation": [10, 20, 110, 20, 60, 70]}), also=("segmentation-flat",)),
    Case("annotation-duplicate-exact", "counts that cannot be decoded",
         edit={"/annotations/0/segmentation": {"size": [480, 640], "counts": "abc "}},
         change=copies({"segmentation": {"size": [480, 640], "counts": "abd "}}), also=("rle-counts-string-invalid",)),
    Case(NEAR, "a pixel aside", fires=1, change=beside(box(x=X + 1))),
    Case(NEAR, "each is told once", fires=2, change=beside(box(x=X + 1), box(y=Y + 1))),
    Case(NEAR, "IoU 0.9", fires=1, change=beside(box(w=0.9 * W))),
    Case(NEAR, "IoU 0.9, upright", fires=1, change=beside(box(h=90.0), **box(h=100.0))),
    Case(NEAR, "IoU below 0.9", change=beside(box(w=0.9 * W - 0.01))),
    Case(NEAR, "another limit", fires=1, change=beside(box(w=0.8 * W)), options={"overlap": 0.8}),
    Case(NEAR, "beyond the borders", fires=1, change=beside(box(x=-1e5 + 1), **box(x=-1e5)), also=("bbox-fully-outside",)),
    Case(NEAR, "an image full of boxes", fires=1, change=grid(70), also=("bbox-fully-outside",)),
    Case(NEAR, "the same mask but for a pixel", fires=1,
         change=beside(box(w=W - 1, **drawn(ring(X, Y, W - 1, H))), **drawn(ring(X, Y, W, H)))),
    Case(NEAR, "other masks in nearly the same box",
         change=beside(box(w=W - 1, **drawn(triangle(X, Y, W - 1, H))), **drawn(ring(X, Y, W, H)))),
    Case(NEAR, "only one has a mask", fires=1, change=beside(box(w=W - 1), **drawn(ring(X, Y, W, H)))),
    Case(NEAR, "run lengths and a polygon", fires=1,
         change=beside({"segmentation": ring(100, 50, 3, 99), "bbox": [100, 50, 3, 99], "area": 297}, **MASK_BOX)),
    Case(NEAR, "masks that cannot be drawn", also=("rle-counts-sum",),
         change=beside({"segmentation": {"size": [480, 640], "counts": [5, 6]}, "bbox": [100, 50, 3, 99]}, **MASK_BOX)),
    Case(NEAR, "the same keypoints but for a pixel", fires=1, task="person_keypoints",
         change=beside(box(w=W - 1, keypoints=far_points(1)))),
    Case(NEAR, "two persons in nearly the same box", task="person_keypoints",
         change=beside(box(w=W - 1, keypoints=far_points(12)))),
    Case(NEAR, "no keypoint in common", task="person_keypoints",
         change=beside(box(w=W - 1, keypoints=[0] * 6 + FOUND))),
    Case(NEAR, "equal copies are told as such", change=beside(box())),
    Case(NEAR, "another class, another image", change=beside(box(x=X + 1, category_id=2), box(x=X + 1, image_id=2))),
    Case(NEAR, "a crowd", change=beside(box(x=X + 1, iscrowd=1))),
    Case(NEAR, "another angle", change=beside(box(x=X + 1, attributes={"rotation": 45}), attributes={"rotation": 10})),
    Case(NEAR, "no extent", change=beside(box(w=0.0), **box(w=0.0)), also=("bbox-degenerate", "area-nonpositive")),
    Case(NEAR, "huge numbers", change=beside(box(w=1e300), **box(w=1e300)), also=("bbox-nonfinite", "area-exceeds-image")),
    Case(NEAR, "corners instead of boxes", change=corners, also=("bbox-xyxy",)),
    Case(NEAR, "stuff", task="stuff", edit={"/annotations/-": {**sound("stuff")["annotations"][0], "id": 9, "area": 301}}),
    Case(CROSS, "the same box", fires=1, change=beside(box(category_id=2))),
    Case(CROSS, "IoU 0.98", fires=1, change=beside(box(w=98.0, category_id=2))),
    Case(CROSS, "IoU below 0.98", change=beside(box(w=97.9, category_id=2))),
    Case(CROSS, "equal masks", fires=1, change=beside(box(category_id=2), **drawn(ring(X, Y, W, H)))),
    Case(CROSS, "the rider in the box of the bicycle",
         change=beside(box(category_id=2, **drawn(triangle(X, Y, W, H))), **drawn(ring(X, Y, W, H)))),
    Case(CROSS, "the same class, another image", change=beside(box(), box(category_id=2, image_id=2))),
    Case(CROSS, "corners instead of boxes", change=corners, also=("bbox-xyxy",)),
    Case(CROSS, "a crowd", change=beside(box(category_id=2, iscrowd=1))),
]  # fmt: skip
