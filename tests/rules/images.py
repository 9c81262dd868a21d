"""Cases of the rules on images."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.support.cases import REMOVED, Case, Data, crowded
from tests.support.photos import jpeg


def with_ids(*ids: Any) -> Callable[[Data], Data]:
    """Give the images these ids, with as many images as ids."""

    def change(data: Data) -> Data:
        first = data["images"][0]
        data["images"] = [{**first, "id": value, "file_name": f"{i}.jpg"} for i, value in enumerate(ids)]
        return data

    return change


def text_ids(data: Data) -> Data:
    """Write the ids of images, and all references to them, as texts."""
    for record, field in [(image, "id") for image in data["images"]] + [(one, "image_id") for one in data["annotations"]]:
        record[field] = str(record[field])
    return data


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


def only_on(used: Iterable[int], images: int, task: str = "instances") -> Callable[[Data], Data]:
    """Put all objects on the images at these places."""
    chosen = [number + 1 for number in used]

    def change(_: Data) -> Data:
        data = crowded(4 * images, task)
        for number, annotation in enumerate(data["annotations"]):
            annotation["image_id"] = chosen[number % len(chosen)]
        return data

    return change


OUTSIDE = ("bbox-out-of-image", "polygon-out-of-image")
PICTURES = {"000001.jpg": jpeg(), "000002.jpg": jpeg(seed=1)}
UNKNOWN = ("annotation-image-id-unknown",)

CASES = [
    Case("image-id-duplicate", "second one", fires=1, leaves=1, edit={"/images/1/id": 1}, also=UNKNOWN),
    Case("image-id-duplicate", "thrice", fires=2, leaves=2, task="image_info", change=with_ids(1, 1, 1)),
    Case("image-id-duplicate", "copies, and one that differs", fires=3, leaves=1,
         change=lambda data: {**data, "images": [*data["images"], *data["images"], {**data["images"][0], "note": "x"}]}),
    Case("image-id-duplicate", "all differ"),
    Case("image-id-not-integer", "text", fires=1, edit={"/images/1/id": "2"}, also=UNKNOWN),
    Case("image-id-not-integer", "null, half, boolean", fires=3, leaves=1, task="image_info", change=with_ids(None, 0.5, True)),
    Case("image-id-not-integer", "texts for texts", fires=2, change=text_ids),
    Case("image-id-not-integer", "the number is taken", fires=2, task="image_info", change=with_ids("1", 1, "a")),
    Case("image-id-not-integer", "NaN is not JSON", task="image_info", edit={"/images/0/id": float("nan")}, also=("json-nan",)),
    Case("image-id-not-integer", "1.0 is 1", edit={"/images/0/id": 1.0}),
    Case("image-id-negative", "-1", fires=1, edit={"/images/1/id": -1}, task="image_info"),
    Case("image-id-negative", "0", edit={"/images/1/id": 0}, task="image_info"),
    Case("image-id-too-large", "2**53", fires=1, edit={"/images/1/id": 2**53}, task="image_info"),
    Case("image-id-too-large", "2**53 - 1", edit={"/images/1/id": 2**53 - 1}, task="image_info"),
    Case("image-id-zero", "0", fires=1, edit={"/images/1/id": 0}, task="image_info"),
    Case("image-id-zero", "an id that is no integer", edit={"/images/1/id": "0"}, task="image_info",
         also=("image-id-not-integer",)),
    Case("image-size-missing", "absent", fires=1, leaves=1, edit={"/images/0/width": REMOVED, "/images/0/height": REMOVED}),
    Case("image-size-missing", "null and 0", fires=2, leaves=2, edit={"/images/0/width": None, "/images/1/height": 0}),
    Case("image-size-missing", "no polygons: a warning", fires=1, leaves=1, edit={"/images/0/width": 0}, change=boxes_only),
    Case("image-size-missing", "the picture tells it", fires=2, files=PICTURES,
         edit={"/images/0/width": REMOVED, "/images/0/height": REMOVED, "/images/1/height": 0}),
    Case("image-size-missing", "the picture is another one, or turned", fires=2, leaves=2,
         edit={"/images/0/width": 0, "/images/0/height": 481, "/images/1/height": None},
         files={"000001.jpg": jpeg(), "000002.jpg": jpeg(orientation=6)}),
    Case("image-size-missing", "one pixel", task="image_info", edit={"/images/0/width": 1, "/images/0/height": 1}),
    Case("image-size-type", "text and half", fires=2, leaves=1, task="image_info",
         edit={"/images/0/width": "640", "/images/1/height": 480.5}),
    Case("image-size-type", "boolean", fires=1, leaves=1, task="image_info", edit={"/images/0/width": True}),
    Case("image-size-type", "the picture tells it", fires=3, task="image_info", files=PICTURES,
         edit={"/images/0/width": [640], "/images/0/height": True, "/images/1/height": 480.5}),
    Case("image-size-type", "texts", fires=2, task="image_info",
         edit={"/images/0/width": " 640 ", "/images/1/height": "480.0"}),
    Case("image-size-type", "texts that spell no size", fires=3, leaves=3, task="image_info",
         edit={"/images/0/width": "-640", "/images/0/height": "0", "/images/1/height": "48O"}),
    Case("image-size-type", "NaN is not JSON", task="image_info", edit={"/images/0/width": float("nan")}, also=("json-nan",)),
    Case("image-size-type", "640.0", edit={"/images/0/width": 640.0}),
    Case("image-size-swapped", "whole file", fires=1, change=swapped(range(10)), also=OUTSIDE),
    Case("image-size-swapped", "single images", fires=2, change=swapped([1, 3]), also=OUTSIDE),
    Case("image-size-swapped", "too few boxes for the whole file", fires=3, change=swapped(range(3), 12), also=OUTSIDE),
    Case("image-size-swapped", "none", change=swapped([])),
    Case("image-size-swapped", "careless borders", change=sloppy(20), also=OUTSIDE),
    Case("image-size-swapped", "sizes of other pictures", change=shrunk, also=(*OUTSIDE, "bbox-fully-outside")),
    Case("image-size-swapped", "corners of boxes", change=corners, also=("bbox-xyxy",)),
    Case("image-without-annotations", "one of two", fires=1, edit={"/annotations/2/image_id": 1}, also=OUTSIDE),
    Case("image-without-annotations", "all of them", fires=1, edit={"/annotations": []}),
    Case("image-without-annotations", "captions", fires=1, task="captions", edit={"/annotations/2/image_id": 1}),
    Case("image-without-annotations", "panoptic", fires=1, task="panoptic", edit={"/annotations/1/image_id": 1},
         also=("panoptic-image-duplicate",)),
    Case("image-without-annotations", "half of 20", fires=10, change=only_on(range(10), images=20)),
    Case("image-without-annotations", "more than half of 20: the file", fires=1, change=only_on(range(9), images=20)),
    Case("image-without-annotations", "more than half of 19", fires=10, change=only_on(range(9), images=19)),
    Case("image-without-annotations", "most without persons", fires=11, task="person_keypoints",
         change=only_on(range(9), images=20, task="person_keypoints")),
    Case("image-without-annotations", "none"),
    Case("image-without-annotations", "two records of one id", edit={"/images/1/id": 1},
         also=("image-id-duplicate", *UNKNOWN)),
    Case("image-without-annotations", "annotations that name no image", also=("annotation-image-id-type",),
         edit={f"/annotations/{row}/image_id": "1" for row in range(3)}),
    Case("image-without-annotations", "the section is missing", edit={"/annotations": REMOVED},
         also=("top-level-missing-annotations",)),
    Case("image-without-annotations", "image_info has none", task="image_info"),
    Case("image-too-small", "31 px high", fires=1, task="image_info", edit={"/images/0/height": 31}),
    Case("image-too-small", "32 px high", task="image_info", edit={"/images/0/height": 32}),
    Case("image-too-small", "below the limit of another filter", fires=2, task="image_info", options={"least": 481}),
    Case("image-too-small", "no size at all", task="image_info", edit={"/images/0/height": 0}, also=("image-size-missing",)),
    Case("image-size-swapped", "square", edit={"/images/0/width": 300, "/images/0/height": 300}, also=OUTSIDE),
]  # fmt: skip
