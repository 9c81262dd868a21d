"""Cases of the rules on the numbers of a whole file."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from tests.support.cases import Case, Data, crowded

TODAY = datetime.date.today()


def day(shift: int) -> str:
    """Return the day that is so many days from today."""
    return (TODAY + datetime.timedelta(days=shift)).isoformat()


def counts(*of_category: int) -> Callable[[Data], Data]:
    """Give the categories, from 1 on, so many annotations."""

    def change(_: Data) -> Data:
        data = crowded(sum(of_category))
        names = [i + 1 for i, count in enumerate(of_category) for _ in range(count)]
        for annotation, category in zip(data["annotations"], names, strict=True):
            annotation["category_id"] = category
        ids = range(1, len(of_category) + 1)
        data["categories"] = [{"id": i, "name": f"class {{{i}}}", "supercategory": "x"} for i in ids]
        return data

    return change


def on_images(sizes: Sequence[int], empty: int = 0) -> Callable[[Data], Data]:
    """Put so many annotations on the images, and none on `empty` more of them."""

    def change(_: Data) -> Data:
        data = crowded(sum(sizes))
        owners = [image + 1 for image, count in enumerate(sizes) for _ in range(count)]
        for number, (annotation, image) in enumerate(zip(data["annotations"], owners, strict=True)):
            annotation["image_id"] = image
            annotation["bbox"][0] += number / 8
            annotation["segmentation"] = []
        first = data["images"][0]
        data["images"] = [{**first, "id": i + 1, "file_name": f"{i}.jpg"} for i in range(len(sizes) + empty)]
        return data

    return change


CASES = [
    Case("class-imbalance", "1001 times", fires=1, change=counts(1001, 1)),
    Case("class-imbalance", "1000 times", change=counts(1000, 1)),
    Case("class-imbalance", "one has none", change=counts(1001, 0)),
    Case("class-imbalance", "no annotations", edit={"/annotations": []}),
    Case("class-imbalance", "another factor", fires=1, change=counts(30, 10), options={"factor": 2}),
    Case("class-rare", "9 of 1000", fires=1, change=counts(991, 9)),
    Case("class-rare", "10 of 1000", change=counts(990, 10)),
    Case("class-rare", "9 of 999", change=counts(990, 9)),
    Case("class-rare", "none", change=counts(1000, 0)),
    Case("score-in-ground-truth", "some", fires=2, edit={"/annotations/0/score": 0.5, "/annotations/2/score": 1}),
    Case("score-in-ground-truth", "persons", task="person_keypoints", fires=1, edit={"/annotations/0/score": 0.5}),
    Case("score-in-ground-truth", "null and text", edit={"/annotations/0/score": None, "/annotations/1/score": "sure"}),
    Case("score-in-ground-truth", "labels have one by design", task="labels"),
    Case("score-in-ground-truth", "results have one", task="results_bbox"),
    Case("image-object-count-outlier", "all on one", fires=1, change=on_images([1, 2, 3] * 20 + [30])),
    Case("image-object-count-outlier", "two where the others have one", change=on_images([1] * 100 + [2])),
    Case("image-object-count-outlier", "empty images do not count", change=on_images([3, 4, 5, 6] * 5, empty=500)),
    Case("image-object-count-outlier", "few images", change=on_images([1, 1, 1, 60])),
    Case("image-object-count-outlier", "all are full", change=on_images([40, 50, 60, 70] * 5)),
    Case("image-object-count-outlier", "no annotations", edit={"/annotations": []}),
    Case("image-object-count-outlier", "beyond all limits is told as such", change=on_images([1] * 100 + [1001])),
    Case("date-future", "created in three days", fires=1, edit={"/info/date_created": day(3)}),
    Case("date-future", "in other forms", fires=2, task="image_info",
         edit={"/images/0/date_captured": "2999/1/31 10:00:00.0", "/images/1/date_captured": "2999:01:31"}),
    Case("date-future", "a year to come", fires=1, edit={"/info/year": TODAY.year + 2}),
    Case("date-future", "tomorrow, in another time zone", edit={"/info/date_created": day(1), "/info/year": TODAY.year}),
    Case("date-future", "official COCO",
         edit={"/info/date_created": "2017/09/01", "/images/0/date_captured": "2013-11-14 17:02:52"}),
    Case("date-future", "no dates at all", edit={"/info": None}),
    Case("date-future", "other forms are not looked at", edit={"/info/date_created": "31.12.2999", "/info/year": "2999",
         "/images/0/date_captured": 29990101}),
]  # fmt: skip
