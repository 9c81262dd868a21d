"""Cases of the rules on files whose boxes are not `[x, y, width, height]` in pixels."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.cases import Case, Data, crowded

Convert = Callable[[float, float, float, float], list[float]]


def right(x: float, y: float, w: float, h: float) -> list[float]:
    return [x, y, w, h]


def corners(x: float, y: float, w: float, h: float) -> list[float]:
    return [x, y, x + w, y + h]


def centres(x: float, y: float, w: float, h: float) -> list[float]:
    return [x + w / 2, y + h / 2, w, h]


def normalized(x: float, y: float, w: float, h: float) -> list[float]:
    return [x / 640, y / 480, w / 640, h / 480]


def normalized_centres(x: float, y: float, w: float, h: float) -> list[float]:
    return normalized(*centres(x, y, w, h))


def extent_normalized(x: float, y: float, w: float, h: float) -> list[float]:
    return [x, y, w / 640, h / 480]


def points(x: float, y: float, *_: float) -> list[float]:
    return [x, y, 1, 1]


def percent(x: float, y: float, w: float, h: float) -> list[float]:
    """Give a box in percent of its image; those of the last column of `crowded` go up to the border."""
    return [x / 6.4, y / 4.8, (w if x < 450 else 640 - x) / 6.4, h / 4.8]


def per_mille(x: float, y: float, w: float, h: float) -> list[float]:
    """Give a box in thousandths of its image; those of the last column and row of `crowded` go up to the border."""
    return [x / 0.64, y / 0.48, (w if x < 450 else 640 - x) / 0.64, (h if y < 270 else 480 - y) / 0.48]


def of_a_larger_copy(x: float, y: float, w: float, h: float) -> list[float]:
    """Give a box in an image of 1000 x 750."""
    return [value / 0.64 for value in (x, y, w if x < 450 else 640 - x, h if y < 270 else 480 - y)]


def file(
    convert: Convert, count: int = 24, *, area: float = 1.0, segmentation: bool = False, crowd: bool = False, side: int = 640
) -> Callable[[Data], Data]:
    """Return a change to a file of `count` boxes that are rewritten by `convert`, of `area` times their width and height."""

    def change(_: Data) -> Data:
        data = crowded(count)
        for annotation in data["annotations"]:
            x, y, w, h = annotation["bbox"]
            annotation["bbox"] = convert(x, y, w, h)
            annotation["iscrowd"] = int(crowd)
            if not segmentation:
                annotation["segmentation"] = []
                annotation["area"] = w * h * area
        for image in data["images"]:
            image["width"] = min(side, image["width"])
            image["height"] = min(side, image["height"])
        return data

    return change


def every_second(data: Data) -> Data:
    """Rewrite every second box to corners."""
    data = crowded(24)
    for annotation in data["annotations"][::2]:
        annotation["bbox"] = corners(*annotation["bbox"])
    return data


def exchanged(data: Data) -> Data:
    """Boxes up to 1000 in both directions, in images of 1000 x 400 and 400 x 1000 whose sizes are exchanged."""
    data = file(right, 60)(data)
    for number, image in enumerate(data["images"]):
        image["width"], image["height"] = (400, 1000) if number % 2 else (1000, 400)
    for annotation in data["annotations"]:
        wide = annotation["image_id"] % 2 == 0
        annotation["bbox"] = [900, 150, 95, 90] if wide else [150, 900, 90, 95]
    return data


CASES = [
    Case("bbox-xyxy", "at the corners of the polygons", fires=1, change=file(corners, segmentation=True)),
    Case("bbox-xyxy", "area tells", fires=1, change=file(corners)),
    Case("bbox-xyxy", "geometry tells", fires=1, change=file(corners, area=0.5)),
    Case("bbox-xyxy", "right, with polygons", change=file(right, segmentation=True)),
    Case("bbox-xyxy", "right, without", change=file(right)),
    Case("bbox-xyxy", "right, with half the area", change=file(right, area=0.5)),
    Case("bbox-xyxy", "19 boxes", change=file(corners, 19)),
    Case("bbox-xyxy", "19 boxes with polygons", change=file(corners, 19, segmentation=True), also=("bbox-vs-segmentation",)),
    Case("bbox-xyxy", "crowds", change=file(corners, crowd=True)),
    Case("bbox-xyxy", "every second box", change=every_second, also=("bbox-vs-segmentation",)),
    Case("bbox-xyxy", "centres", change=file(centres), also=("bbox-cxcywh",)),
    Case("bbox-cxcywh", "in the middle of the polygons", fires=1, change=file(centres, segmentation=True)),
    Case("bbox-cxcywh", "geometry tells", fires=1, change=file(centres)),
    Case("bbox-cxcywh", "right, with polygons", change=file(right, segmentation=True)),
    Case("bbox-cxcywh", "right, without", change=file(right)),
    Case("bbox-cxcywh", "19 boxes", change=file(centres, 19)),
    Case("bbox-cxcywh", "crowds", change=file(centres, crowd=True)),
    Case("bbox-cxcywh", "corners", change=file(corners), also=("bbox-xyxy",)),
    Case("bbox-normalized", "all four numbers", fires=1, change=file(normalized)),
    Case("bbox-normalized", "all four numbers, polygons in pixels", fires=1, change=file(normalized, segmentation=True)),
    Case("bbox-normalized", "centres, as for YOLO", fires=1, change=file(normalized_centres), also=("bbox-cxcywh",)),
    Case("bbox-normalized", "width and height only", fires=1, change=file(extent_normalized)),
    Case("bbox-normalized", "right", change=file(right)),
    Case("bbox-normalized", "19 boxes", change=file(normalized, 19)),
    Case("bbox-normalized", "crowds", change=file(normalized, crowd=True)),
    Case("bbox-normalized", "points as boxes of 1 x 1", change=file(points)),
    Case("bbox-normalized", "images of 15 px", change=file(normalized, side=15), also=("area-exceeds-image",)),
    Case("bbox-percent", "up to 100", fires=1, change=file(percent, 60)),
    Case("bbox-percent", "right", change=file(right, 60)),
    Case("bbox-percent", "48 boxes", change=file(percent, 48)),
    Case("bbox-percent", "none ends at 100", change=file(lambda x, y, w, h: [x / 6.4, y / 4.8, w / 6.4, h / 4.8], 60)),
    Case("bbox-percent", "images of 200 px", change=file(percent, 60, side=200)),
    Case("bbox-per-mille", "up to 1000", fires=1, change=file(per_mille, 60), also=("bbox-fully-outside",)),
    Case("bbox-per-mille", "right", change=file(right, 60)),
    Case("bbox-per-mille", "48 boxes", change=file(per_mille, 48), also=("bbox-fully-outside",)),
    Case("bbox-per-mille", "none ends at 1000", change=file(lambda x, y, w, h: [x / 0.64, y / 0.48, w / 0.64, h / 0.48], 60),
         also=("bbox-fully-outside",)),
    Case("bbox-per-mille", "made for a larger copy", change=file(of_a_larger_copy, 60), also=("bbox-fully-outside",)),
    Case("bbox-per-mille", "width and height exchanged", change=exchanged, also=("image-size-swapped",)),
    Case("bbox-out-of-image", "a file of corners gives one finding", change=file(corners), also=("bbox-xyxy",)),
    Case("bbox-out-of-image", "19 corners", fires=14, change=file(corners, 19)),
    Case("bbox-vs-segmentation", "a file of corners gives one finding", change=file(corners, segmentation=True),
         also=("bbox-xyxy",)),
    Case("bbox-vs-segmentation", "a file of centres gives one finding", change=file(centres, segmentation=True),
         also=("bbox-cxcywh",)),
    Case("bbox-subpixel", "a normalized file gives one finding", change=file(normalized), also=("bbox-normalized",)),
]  # fmt: skip
