"""Cases of the rules on the crowd flag."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.cases import REMOVED, Case, Data, crowded

HEAP = {"size": [480, 640], "counts": [480, 200, 480 * 640 - 680]}
PANOPTIC = {f"/categories/{i}/color": [220, 20, 60 + i] for i in (0, 1)}


def alone(row: int) -> Data:
    """An object with run lengths in place of its polygon."""
    pointer = f"/annotations/{row}"
    return {f"{pointer}/segmentation": HEAP, f"{pointer}/area": 200, f"{pointer}/bbox": [1, 0, 1, 200]}


def masked(crowds: int, total: int, parts: int = 1, flag: int = 1) -> Callable[[Data], Data]:
    """Return a change to `total` objects of which the first `crowds` have run lengths of so many parts, and the flag."""
    runs = [480] + [50, 430 + 480] * parts
    runs[-1] += 480 * 640 - sum(runs)
    segmentation = {"size": [480, 640], "counts": runs}

    def change(_: Data) -> Data:
        data = crowded(total)
        for annotation in data["annotations"][:crowds]:
            annotation |= {"iscrowd": flag, "segmentation": segmentation, "area": 50 * parts, "bbox": [1, 0, 2 * parts - 1, 50]}
        return data

    return change


def flagged(crowds: int, total: int) -> Callable[[Data], Data]:
    """Return a change to `total` objects with polygons of which the first `crowds` have the flag."""

    def change(_: Data) -> Data:
        data = crowded(total)
        for annotation in data["annotations"][:crowds]:
            annotation["iscrowd"] = 1
        return data

    return change


CASES = [
    Case("iscrowd-missing", "no key", fires=1, edit={"/annotations/0/iscrowd": REMOVED}),
    Case("iscrowd-missing", "LVIS has none, for information", fires=1, edit={
        "/annotations/0/iscrowd": REMOVED, "/images/0/neg_category_ids": [], "/images/1/neg_category_ids": [],
    }),
    Case("iscrowd-missing", "all have it"),
    Case("iscrowd-type", "a text", fires=1, edit={"/annotations/0/iscrowd": "0"}),
    Case("iscrowd-type", "another number", fires=1, edit={"/annotations/0/iscrowd": 2}, leaves=1),
    Case("iscrowd-type", "null", fires=1, edit={"/annotations/0/iscrowd": None}),
    Case("iscrowd-type", "words", fires=2, edit={"/annotations/0/iscrowd": "False", "/annotations/2/iscrowd": "true"}),
    Case("iscrowd-type", "another word", fires=1, edit={"/annotations/0/iscrowd": "crowd"}, leaves=1),
    Case("iscrowd-type", "a list", fires=1, edit={"/annotations/0/iscrowd": [0]}, leaves=1),
    Case("iscrowd-type", "false is bool-as-int", edit={"/annotations/0/iscrowd": False}),
    Case("iscrowd-polygon", "a flag too many", fires=1, edit={"/annotations/0/iscrowd": 1}),
    Case("iscrowd-polygon", "two rings, in an image without a size", fires=2,
         edit={"/annotations/0/iscrowd": 1, "/annotations/1/iscrowd": 1, "/images/0/width": None},
         also=("image-size-missing", "image-size-type"), leaves=2),
    Case("iscrowd-polygon", "between two columns of pixels", fires=1, edit={
        "/annotations/0/iscrowd": 1, "/annotations/0/bbox": [10.6, 20, 0.8, 50],
        "/annotations/0/segmentation": [[10.6, 20, 11.4, 20, 11.4, 70, 10.6, 70]],
    }, leaves=1),
    Case("iscrowd-polygon", "keypoints too", fires=1, task="person_keypoints", edit={"/annotations/0/iscrowd": 1}),
    Case("iscrowd-polygon", "a crowd without a mask", edit={"/annotations/2/segmentation": []}),
    Case("iscrowd-polygon", "a flag of another type", edit={"/annotations/0/iscrowd": True}),
    Case("iscrowd-polygon", "every object is a crowd", change=flagged(40, 40)),
    Case("iscrowd-0-rle", "a flag too few", fires=1, edit={"/annotations/2/iscrowd": 0}),
    Case("iscrowd-0-rle", "compressed", fires=1, edit={**alone(0), "/annotations/0/segmentation/counts": "P?X6hZ[9"}),
    Case("iscrowd-0-rle", "no flag at all", edit={"/annotations/2/iscrowd": REMOVED}, also=("iscrowd-missing",)),
    Case("iscrowd-0-rle", "panoptic segments, for information", fires=3, edit={
        **PANOPTIC, **alone(0), **alone(1), "/annotations/2/iscrowd": 0,
    }),
    Case("iscrowd-0-rle", "stuff has run lengths", task="stuff", edit={"/annotations/2/iscrowd": 0}),
    Case("iscrowd-on-single-object", "every mask", fires=1, change=flagged(40, 40)),
    Case("iscrowd-on-single-object", "19 of 20", fires=1, change=flagged(19, 20)),
    Case("iscrowd-on-single-object", "18 of 20", change=flagged(18, 20)),
    Case("iscrowd-on-single-object", "all of too few", change=flagged(19, 19)),
    Case("iscrowd-on-single-object", "all run lengths, one part each", fires=1, change=masked(10, 40)),
    Case("iscrowd-on-single-object", "all run lengths, two parts each", fires=1, change=masked(8, 40, parts=2)),
    Case("iscrowd-on-single-object", "real crowds of three parts", change=masked(10, 40, parts=3)),
    Case("iscrowd-on-single-object", "few crowds", change=masked(7, 40)),
    Case("iscrowd-on-single-object", "run lengths without the flag", change=masked(10, 40, flag=0)),
]  # fmt: skip
