"""What a perfect model finds on the pictures of a file."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from pycocotools import mask

from tests.support.cases import sound

CANVAS = (640, 480)
MISENCODED = {
    "bbox-cxcywh", "bbox-normalized", "bbox-per-mille", "bbox-percent", "bbox-xyxy", "category-id-off-by-one",
    "image-size-swapped",
    "keypoints-normalized", "polygon-geographic", "polygon-normalized", "polygon-xy-swapped", "rle-row-major", "rle-size-order",
    "rle-start-length-pairs",
}  # fmt: skip
"""Faults that write something right in a wrong way: a model finds what the sound file has."""


def perfect(sound: Any, faulty: Any, kind: str, rule: str = "") -> list[dict[str, Any]]:
    """Return each object but the crowds once, with boxes, masks or points as `kind` says.

    It is where the faulty file has it if that is a place, and else where the sound file has it. Ids are those of the faulty
    file as far as it declares them.
    """
    if kind not in ("bbox", "segm", "both", "keypoints"):
        return []
    ids = {key: {one["id"] for one in listed(faulty, key) if _has_number(one, "id")} for key in ("images", "categories")}
    objects = listed(faulty, "annotations")
    sizes = {one["id"]: [one.get("height"), one.get("width")] for one in listed(faulty, "images") if _has_number(one, "id")}
    found = []
    for place, annotation in enumerate(listed(sound, "annotations")):
        if annotation.get("iscrowd") or "category_id" not in annotation:
            continue
        usable = rule not in MISENCODED and place < len(objects) and isinstance(objects[place], dict)
        now = objects[place] if usable else {}
        image = now["image_id"] if _has_number(now, "image_id") else None
        category = now["category_id"] if _has_number(now, "category_id") else None
        found.append(
            {
                "image_id": image if image in ids["images"] else annotation["image_id"],
                "category_id": category if category in ids["categories"] else annotation["category_id"],
                "score": 1 - place / 1000,
                **_place(kind, annotation, now, sizes.get(annotation["image_id"])),
            }
        )
    return found


def truth_of(results: Any) -> Any:
    """Return a ground truth that results are right about, or None if they are not about boxes, masks or keypoints."""
    if not isinstance(results, list) or not {"bbox", "segmentation", "keypoints"} & results[0].keys():
        return None
    data = sound("person_keypoints" if "keypoints" in results[0] else "instances")
    row = data["annotations"][0]
    data["annotations"] = []
    for number, result in enumerate(results):
        own = {key: value for key, value in result.items() if key != "score"}
        if "segmentation" in own:
            own |= {"bbox": [100, 50, 3, 100], "area": 300}
        data["annotations"].append({**row, "id": number + 1, **own})
    return data


def _place(kind: str, annotation: dict[str, Any], now: dict[str, Any], size: list[Any] | None) -> dict[str, Any]:
    if kind == "keypoints":
        points = now.get("keypoints")
        return {"keypoints": points if _numbers(points, len(annotation["keypoints"])) else annotation["keypoints"]}
    place = {}
    if kind in ("bbox", "both"):
        box = now.get("bbox")
        place["bbox"] = box if is_box(box) and min(box[2:]) > 0 else annotation.get("bbox", [0, 0, 1, 1])
    if kind in ("segm", "both") and annotation.get("segmentation"):
        shape = now.get("segmentation")
        place["segmentation"] = compressed(shape if _is_mask(shape, size) else annotation["segmentation"])
    return place


def listed(data: Any, key: str) -> list[Any]:
    """Return a section, empty if it is not there or no list."""
    section = data.get(key) if isinstance(data, dict) else None
    return section if isinstance(section, list) else []


def is_box(box: Any) -> TypeGuard[list[float]]:
    """Whether something is four finite numbers."""
    return _numbers(box, 4)


def _has_number(item: Any, key: str) -> bool:
    return isinstance(item, dict) and type(item.get(key)) is int


def _numbers(values: Any, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == count
        and all(type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e5 for value in values)
    )


def _is_mask(shape: Any, size: list[Any] | None) -> bool:
    if isinstance(shape, list):
        return bool(shape) and all(map(_is_ring, shape))
    runs = shape.get("counts") if isinstance(shape, dict) and shape.get("size") == size else None
    return (
        isinstance(runs, list) and all(type(run) is int and run >= 0 for run in runs) and sum(runs) == math.prod(shape["size"])
    )


def _is_ring(ring: Any) -> bool:
    return isinstance(ring, list) and len(ring) >= 6 and len(ring) % 2 == 0 and _numbers(ring, len(ring))


def compressed(segmentation: Any) -> dict[str, Any]:
    """Return polygons or runs as a compressed mask."""
    width, height = CANVAS
    if isinstance(segmentation, list):
        segmentation = mask.merge(mask.frPyObjects(segmentation, height, width))
    elif isinstance(segmentation["counts"], list):
        segmentation = mask.frPyObjects(segmentation, height, width)
    counts = segmentation["counts"]
    return {"size": list(segmentation["size"]), "counts": counts.decode() if isinstance(counts, bytes) else counts}
