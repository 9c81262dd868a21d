"""Cases of the rules on files whose polygons are not x, y in pixels, or only repeat the boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.rules.boxes import moved
from tests.support.cases import Case, Data, crowded

Convert = Callable[[float, float], tuple[float, float]]
OFF = ("bbox-vs-segmentation",)


def right(x: float, y: float) -> tuple[float, float]:
    return x, y


def swapped(x: float, y: float) -> tuple[float, float]:
    return y, x


def normalized(x: float, y: float) -> tuple[float, float]:
    return x / 640, y / 480


def west(x: float, y: float) -> tuple[float, float]:
    """A field near San Francisco, by 0.00001 degrees a pixel."""
    return -122.4194 + x * 1e-5 + 1e-6, 37.7749 - y * 1e-5


def east(x: float, y: float) -> tuple[float, float]:
    return -west(x, y)[0], west(x, y)[1]


def rounded_west(x: float, y: float) -> tuple[float, float]:
    return round(-122.41 + x / 10, 3), round(37.77 - y / 10, 3)


def beside_the_border(x: float, y: float) -> tuple[float, float]:
    """A small image with long decimals, the first object half a pixel over its border."""
    return x / 8 - 1.3333333, y / 8


def near_zero(x: float, y: float) -> tuple[float, float]:
    """Coordinates from -1 to 1, as of OpenGL."""
    return x / 320 - 1, y / 240 - 1


def file(
    convert: Convert, count: int = 24, *, boxes: bool = False, no_boxes: bool = False, every: int = 1, side: int = 640
) -> Callable[[Data], Data]:
    """Return a change to a file of `count` objects whose polygons are rewritten by `convert`, and the boxes as well."""

    def change(_: Data) -> Data:
        data = crowded(count)
        for annotation in data["annotations"][::every]:
            ring = annotation["segmentation"][0]
            points = [convert(x, y) for x, y in zip(ring[::2], ring[1::2], strict=True)]
            annotation["segmentation"] = [[value for point in points for value in point]]
            x, y = ([point[axis] for point in points] for axis in (0, 1))
            if boxes:
                annotation["bbox"] = [min(x), min(y), max(x) - min(x), max(y) - min(y)]
            if no_boxes:
                del annotation["bbox"]
        for image in data["images"]:
            image["width"], image["height"] = min(side, image["width"]), min(side, image["height"])
        return data

    return change


def with_rings(
    ring: Callable[[float, float, float, float], list[float]], count: int = 24, **fields: Any
) -> Callable[[Data], Data]:
    """Return a change to a file of `count` objects whose ring is made from their box."""

    def change(_: Data) -> Data:
        data = crowded(count)
        for annotation in data["annotations"]:
            annotation |= {"segmentation": [ring(*annotation["bbox"])], **fields}
        return data

    return change


def rectangle(x: float, y: float, w: float, h: float) -> list[float]:
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def rectangles(count: int, total: int = 24) -> Callable[[Data], Data]:
    """The first `count` of the polygons are rectangles."""

    def change(_: Data) -> Data:
        data = crowded(total)
        for annotation in data["annotations"][:count]:
            x, y, w, h = annotation["bbox"]
            annotation |= {"segmentation": [rectangle(x, y, w, h)], "area": w * h}
        return data

    return change


CASES = [
    Case("polygon-is-bbox", "one of two", fires=1, edit=moved(10.0, 20.0, 100.0, 50.0)),
    Case("polygon-is-bbox", "all: one finding", fires=1, change=rectangles(24)),
    Case("polygon-is-bbox", "95.8 %: one finding", fires=1, change=rectangles(23)),
    Case("polygon-is-bbox", "91.7 %: one by one", fires=22, change=rectangles(22)),
    Case("polygon-is-bbox", "19 objects: one by one", fires=19, change=rectangles(19, 19)),
    Case("polygon-is-bbox", "within 1 px of the box", 1, {**moved(10.0, 20.0, 100.0, 50.0), "/annotations/0/bbox/2": 101}),
    Case("polygon-is-bbox", "off the box", edit={**moved(10.0, 20.0, 100.0, 50.0), "/annotations/0/bbox/2": 101.5}),
    Case("polygon-is-bbox", "a corner is missing"),
    Case("polygon-is-bbox", "two halves", edit={
        "/annotations/0/segmentation": [rectangle(10, 20, 50, 50), rectangle(60, 20, 50, 50)],
    }),
    Case("polygon-is-bbox", "crowds", change=with_rings(rectangle, iscrowd=1)),
    Case("polygon-xy-swapped", "boxes tell", fires=1, change=file(swapped)),
    Case("polygon-xy-swapped", "without boxes", fires=1, change=file(swapped, no_boxes=True), also=("bbox-missing",)),
    Case("polygon-xy-swapped", "right", change=file(right)),
    Case("polygon-xy-swapped", "right, without boxes", change=file(right, no_boxes=True), also=("bbox-missing",)),
    Case("polygon-xy-swapped", "boxes are exchanged too", change=file(swapped, boxes=True), also=("image-size-swapped",)),
    Case("polygon-xy-swapped", "every second one", change=file(swapped, every=2), also=OFF),
    Case("polygon-xy-swapped", "every second one, without boxes", change=file(swapped, every=2, no_boxes=True),
         also=("bbox-missing",)),
    Case("polygon-xy-swapped", "square images, without boxes", change=file(swapped, no_boxes=True, side=480),
         also=("bbox-missing", "area-exceeds-image")),
    Case("polygon-xy-swapped", "19 objects", change=file(swapped, 19), also=OFF),
    Case("polygon-xy-swapped", "boxes somewhere else", change=file(lambda x, y: (x / 2, y / 2)), also=OFF),
    Case("polygon-geographic", "in America", fires=1, change=file(west, boxes=True)),
    Case("polygon-geographic", "boxes in pixels", fires=1, change=file(west)),
    Case("polygon-geographic", "in the north east", change=file(east, boxes=True), also=("bbox-normalized",)),
    Case("polygon-geographic", "three decimals", change=file(rounded_west, boxes=True), also=("bbox-fully-outside",)),
    Case("polygon-geographic", "a small image with long decimals", change=file(beside_the_border, boxes=True, side=80),
         also=("area-exceeds-image",)),
    Case("polygon-geographic", "19 objects", change=file(west, 19, boxes=True), also=("bbox-fully-outside",)),
    Case("polygon-geographic", "from -1 to 1", change=file(near_zero, boxes=True), also=("bbox-normalized",)),
    Case("polygon-geographic", "right", change=file(right)),
    Case("polygon-normalized", "boxes in pixels", fires=1, change=file(normalized)),
    Case("polygon-normalized", "boxes as well is told by bbox-normalized", change=file(normalized, boxes=True),
         also=("bbox-normalized",)),
    Case("polygon-normalized", "right", change=file(right)),
    Case("polygon-normalized", "19 objects", change=file(normalized, 19), also=OFF),
    Case("polygon-normalized", "every second one", change=file(normalized, every=2), also=OFF),
    Case("polygon-normalized", "placeholders of 0 and 1", change=with_rings(lambda *_: [0, 0, 1, 0, 1, 1, 0, 1]), also=OFF),
    Case("polygon-normalized", "images of 15 px", change=file(normalized, side=15),
         also=("area-exceeds-image", "bbox-fully-outside", *OFF)),
]  # fmt: skip
