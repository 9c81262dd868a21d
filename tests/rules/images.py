"""Cases of the rules on images."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.support.cases import REMOVED, Case, Data, crowded


def named(*names: Any) -> Callable[[Data], Data]:
    """Give the images these file names, with as many images as names."""

    def change(data: Data) -> Data:
        first = data["images"][0]
        data["images"] = [{**first, "id": i + 1, "file_name": name} for i, name in enumerate(names)]
        return data

    return change


def with_ids(*ids: Any) -> Callable[[Data], Data]:
    """Give the images these ids, with as many images as ids."""

    def change(data: Data) -> Data:
        first = data["images"][0]
        data["images"] = [{**first, "id": value, "file_name": f"{i}.jpg"} for i, value in enumerate(ids)]
        return data

    return change


def boxes_only(data: Data) -> Data:
    """Take out all masks."""
    for annotation in data["annotations"]:
        w, h = annotation["bbox"][2:]
        annotation |= {"segmentation": [], "iscrowd": 0, "area": w * h}
    return data


def swapped(images: Iterable[int], count: int = 40) -> Callable[[Data], Data]:
    """Stand objects all over images of 640 x 480, of which some say 480 x 640."""
    chosen = set(images)

    def change(_: Data) -> Data:
        data = boxes_only(crowded(count))
        for number, image in enumerate(data["images"]):
            if number in chosen:
                image["width"], image["height"] = 480, 640
        return data

    return change


def sloppy(over: float, count: int = 40) -> Callable[[Data], Data]:
    """Let the objects of right images reach over the lower border, all in the left half."""

    def change(_: Data) -> Data:
        data = boxes_only(crowded(count))
        for number, annotation in enumerate(data["annotations"]):
            x, y, w, h = 5.0 + number % 7, 480 + over - 90, 80.0 + number % 5, 90.0
            annotation |= {"bbox": [x, y, w, h], "area": w * h}
        return data

    return change


def corners(_: Data) -> Data:
    """Write the right and lower edge of each box for its width and height."""
    data = boxes_only(crowded(40))
    for image in data["images"]:
        image["width"], image["height"] = 700, 480
    for annotation in data["annotations"]:
        x, y, w, h = annotation["bbox"]
        annotation["bbox"] = [x, y, x + w, y + h]
    return data


def shrunk(_: Data) -> Data:
    """Give all images a size that is much too small."""
    data = boxes_only(crowded(40))
    for image in data["images"]:
        image["width"], image["height"] = 240, 180
    return data


OUTSIDE = ("bbox-out-of-image", "polygon-out-of-image")
UNKNOWN = ("annotation-image-id-unknown",)

CASES = [
    Case("image-id-duplicate", "second one", fires=1, edit={"/images/1/id": 1}, also=UNKNOWN),
    Case("image-id-duplicate", "thrice", fires=2, task="image_info", change=with_ids(1, 1, 1)),
    Case("image-id-duplicate", "all differ"),
    Case("image-id-not-integer", "text", fires=1, edit={"/images/1/id": "2"}, also=UNKNOWN),
    Case("image-id-not-integer", "null, half, boolean", fires=3, task="image_info", change=with_ids(None, 0.5, True)),
    Case("image-id-not-integer", "NaN is not JSON", task="image_info", edit={"/images/0/id": float("nan")}, also=("json-nan",)),
    Case("image-id-not-integer", "1.0 is 1", edit={"/images/0/id": 1.0}),
    Case("image-id-negative", "-1", fires=1, edit={"/images/1/id": -1}, task="image_info"),
    Case("image-id-negative", "0", edit={"/images/1/id": 0}, task="image_info"),
    Case("image-id-too-large", "2**53", fires=1, edit={"/images/1/id": 2**53}, task="image_info"),
    Case("image-id-too-large", "2**53 - 1", edit={"/images/1/id": 2**53 - 1}, task="image_info"),
    Case("file-name-missing", "absent", fires=1, edit={"/images/0/file_name": REMOVED}),
    Case("file-name-missing", "null", fires=1, edit={"/images/0/file_name": None}),
    Case("file-name-missing", "empty", fires=2, edit={"/images/0/file_name": "", "/images/1/file_name": ""}),
    Case("file-name-missing", "number", edit={"/images/0/file_name": 1}, also=("field-type",)),
    Case("file-name-duplicate", "equal", fires=1, edit={"/images/1/file_name": "000001.jpg"}),
    Case("file-name-duplicate", "equal paths", fires=3, task="image_info",
         change=named("a/b.jpg", "a\\b.jpg", "./a//b.jpg", "a/./b.jpg")),
    Case("file-name-duplicate", "the same record twice", task="image_info", also=("image-id-duplicate",),
         change=lambda data: {**data, "images": [data["images"][0]] * 2}),
    Case("file-name-duplicate", "other folder, other case", task="image_info",
         change=named("a/b.jpg", "b.jpg", "b.JPG", "/b.jpg", "a./b.jpg")),
    Case("file-name-backslash", "folder", fires=1, edit={"/images/0/file_name": "images\\1.jpg"}),
    Case("file-name-backslash", "an absolute path", edit={"/images/0/file_name": "C:\\images\\1.jpg"}),
    Case("file-name-backslash", "slash", edit={"/images/0/file_name": "images/1.jpg"}),
    Case("file-name-absolute", "each kind", fires=5, task="image_info",
         change=named("/data/1.jpg", "C:\\data\\2.jpg", "d:/3.jpg", "~/4.jpg", "\\\\server\\5.jpg")),
    Case("file-name-absolute", "relative", task="image_info",
         change=named("data/1.jpg", "a~/2.jpg", "C-3.jpg", "./4.jpg", "ab:5.jpg")),
    Case("file-name-parent", "each kind", fires=3, task="image_info", change=named("../1.jpg", "a/../2.jpg", "..\\3.jpg")),
    Case("file-name-parent", "dots in names", task="image_info", change=named("a..b.jpg", "..a/2.jpg", "3...jpg")),
    Case("file-name-url", "each kind", fires=4, task="image_info",
         change=named("http://a.org/1.jpg", "s3://a/2.jpg", "file:/3.jpg", "HTTPS://a.org/../4.jpg")),
    Case("file-name-url", "colons in names", task="image_info", change=named("12:30:05.jpg", "a b:/1.jpg", "C:/3.jpg")),
    Case("image-size-missing", "absent", fires=1, edit={"/images/0/width": REMOVED, "/images/0/height": REMOVED}),
    Case("image-size-missing", "null and 0", fires=2, edit={"/images/0/width": None, "/images/1/height": 0}),
    Case("image-size-missing", "no polygons: a warning", fires=1, edit={"/images/0/width": 0}, change=boxes_only),
    Case("image-size-missing", "one pixel", task="image_info", edit={"/images/0/width": 1, "/images/0/height": 1}),
    Case("image-size-type", "text and half", fires=2, task="image_info",
         edit={"/images/0/width": "640", "/images/1/height": 480.5}),
    Case("image-size-type", "boolean", fires=1, task="image_info", edit={"/images/0/width": True}),
    Case("image-size-type", "NaN is not JSON", task="image_info", edit={"/images/0/width": float("nan")}, also=("json-nan",)),
    Case("image-size-type", "640.0", edit={"/images/0/width": 640.0}),
    Case("image-size-swapped", "whole file", fires=1, change=swapped(range(10)), also=OUTSIDE),
    Case("image-size-swapped", "single images", fires=2, change=swapped([1, 3]), also=OUTSIDE),
    Case("image-size-swapped", "too few boxes for the whole file", fires=3, change=swapped(range(3), 12), also=OUTSIDE),
    Case("image-size-swapped", "none", change=swapped([])),
    Case("image-size-swapped", "careless borders", change=sloppy(20), also=OUTSIDE),
    Case("image-size-swapped", "sizes of other pictures", change=shrunk, also=(*OUTSIDE, "bbox-fully-outside")),
    Case("image-size-swapped", "corners of boxes", change=corners, also=("bbox-xyxy",)),
    Case("image-size-swapped", "square", edit={"/images/0/width": 300, "/images/0/height": 300}, also=OUTSIDE),
]  # fmt: skip
