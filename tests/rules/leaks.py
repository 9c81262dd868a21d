"""Cases of the rules on images that stand in two splits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.cases import Data, sound
from tests.support.set_cases import Edit, SetCase

TRAIN, VAL, TEST = (f"annotations/instances_{subset}.json" for subset in ("train", "val", "test"))


def copied(data: Data) -> Data:
    """Put the pictures of part 0 with their boxes here, under ids of this part."""
    for image, other in zip(data["images"], sound("instances")["images"], strict=True):
        image["file_name"] = other["file_name"]
    return data


def named(*names: str, boxes: bool = True, shift: int = 0) -> Callable[[Data], Data]:
    """Return an edit that gives the file images of these names, each with one box of its own, moved by `shift` px."""

    def edit(data: Data) -> Data:
        start = data["images"][0]["id"]
        template = data["annotations"][0]
        data["images"] = [
            {"id": start + place, "width": 640, "height": 480, "file_name": name} for place, name in enumerate(names)
        ]
        data["annotations"] = [
            {**template, "id": 10 * start + place, "image_id": start + place, **box(20 + 7 * (len(name) + place) % 300 + shift)}
            for place, name in enumerate(names)
        ] if boxes else []  # fmt: skip
        return data

    return edit


def box(x: float) -> Data:
    ring = [x, 20.0, x + 50, 20.0, x + 100, 45.0, x + 100, 70.0, x, 70.0]
    return {"bbox": [x, 20.0, 100.0, 50.0], "segmentation": [ring]}


def names(*file_names: str) -> dict[str, Any]:
    return {f"/images/{row}/file_name": name for row, name in enumerate(file_names)}


def whole_pictures(*file_names: str) -> Callable[[Data], Data]:
    """Return an edit like `named`, with boxes over 90 % of the images."""

    def edit(data: Data) -> Data:
        data = named(*file_names)(data)
        shape = {"bbox": [0, 0, 640, 440], "area": 640 * 440, "segmentation": []}
        return {**data, "annotations": [{**annotation, **shape} for annotation in data["annotations"]]}

    return edit


def images(**fields: Any) -> dict[str, Any]:
    """Edits that give fields to both images."""
    return {f"/images/{row}/{key}": value for row in (0, 1) for key, value in fields.items()}


def frames(*images: tuple[object, str]) -> Edit:
    """Return an edit that gives the images these videos and names."""

    def edit(data: Data) -> Data:
        data = named(*(name for _, name in images), shift=data["images"][0]["id"] % 7)(data)
        for image, (video, _) in zip(data["images"], images, strict=True):
            image["video_id"] = video
        return data

    return edit


def roboflow(*names: str) -> Edit:
    """Return an edit that gives the images these names, with a hash for `#` that no other image has."""

    def edit(data: Data) -> Data:
        start = data["images"][0]["id"]
        return named(*(name.replace("#", f"{start + place:032x}") for place, name in enumerate(names)))(data)

    return edit


def boxes(*places: float) -> Callable[[Data], Data]:
    """Return an edit that leaves the image `a.jpg` with a box at each of these places."""

    def edit(data: Data) -> Data:
        template = data["annotations"][0]
        annotations = [{**template, "id": template["id"] + number, **box(x)} for number, x in enumerate(places)]
        return {**data, "images": [{**data["images"][0], "file_name": "a.jpg"}], "annotations": annotations}

    return edit


COUNTED = [f"frame_{number:06d}.jpg" for number in range(12)]
PICKED = [COUNTED[0], *COUNTED[8:]]
T, V = "train/_annotations.coco.json", "valid/_annotations.coco.json"

SET_CASES = [
    SetCase("split-leakage-file", "the same pictures", {TRAIN: {}, VAL: copied}, {VAL: 2}),
    SetCase("split-leakage-file", "three splits, each row once", {TEST: {}, TRAIN: copied, VAL: copied}, {TRAIN: 2, VAL: 2}),
    SetCase("split-leakage-file", "with backslashes",
            {TRAIN: {"/images/0/file_name": "a/000001.jpg"},
             VAL: lambda data: {**copied(data), "images": [{**data["images"][0], "file_name": ".\\a\\000001.jpg"}]}},
            {VAL: 1}, also=("annotation-image-id-unknown",)),
    SetCase("split-leakage-file", "captions",
            {"annotations/captions_train.json": {}, "annotations/captions_val.json": copied},
            {"annotations/captions_val.json": 2}),
    SetCase("split-leakage-file", "another task, where the split has no file of the same",
            {"annotations/image_info_test.json": names("a.jpg", "b.jpg"), TRAIN: names("a.jpg", "b.jpg")}, {TRAIN: 2}),
    SetCase("split-leakage-file", "boxes say nothing of captions",
            {"annotations/captions_val.json": names("a.jpg", "b.jpg"), TRAIN: names("a.jpg", "b.jpg")}, {TRAIN: 2}),
    SetCase("split-leakage-file", "one without annotations, where the names have proved good",
            {TRAIN: named(*COUNTED[:3]), VAL: lambda data: {
                **named(*COUNTED[:3])(data), "annotations": named(*COUNTED[:2])(data)["annotations"]}},
            {VAL: 3}),
    SetCase("split-leakage-file", "half of the boxes are alike", {TRAIN: boxes(9, 99, 199, 299), VAL: boxes(9, 99, 209, 309)},
            {VAL: 1}),
    SetCase("split-leakage-file", "boxes saved with fewer decimals", {TRAIN: boxes(9.3333), VAL: boxes(9.33)}, {VAL: 1}),
    SetCase("split-leakage-file", "no annotations to compare, names that were picked",
            {TRAIN: named(*COUNTED), VAL: named(*PICKED, boxes=False)}, {VAL: 5}),
    SetCase("split-leakage-file", "folders named by splits", {T: {}, V: copied}, {V: 2}),
    SetCase("split-leakage-file", "other pictures", {TRAIN: {}, VAL: {}}),
    SetCase("split-leakage-file", "one split, two tasks",
            {TRAIN: {}, "annotations/captions_train.json": {}, "annotations/person_keypoints_train.json": {}}),
    SetCase("split-leakage-file", "another size", {TRAIN: {}, VAL: lambda data: {**copied(data), "images": [
        {**image, "width": 641} for image in data["images"]]}}, also=("rle-size-mismatch",)),
    SetCase("split-leakage-file", "other boxes on frames that count in each folder",
            {TRAIN: named(*COUNTED), VAL: named(*COUNTED, shift=3)}),
    SetCase("split-leakage-file", "other boxes under a name that is often given",
            {TRAIN: named("download.jpg", "a.jpg"), VAL: named("download.jpg", "b.jpg", shift=3)}),
    SetCase("split-leakage-file", "one without annotations, where the names have proved to say nothing",
            {TRAIN: named("a.jpg", "bb.jpg"), VAL: lambda data: {
                **named("a.jpg", "bb.jpg")(data), "annotations": named("a.jpg", shift=3)(data)["annotations"]}}),
    SetCase("split-leakage-file", "no annotations to compare, frames that count in each folder",
            {TRAIN: named(*COUNTED), VAL: named(*COUNTED[:7], boxes=False)}),
    SetCase("split-leakage-file", "boxes over the whole picture prove nothing",
            {TRAIN: whole_pictures(*COUNTED), VAL: whole_pictures(*COUNTED[:7])}),
    SetCase("split-leakage-file", "fewer than half of the boxes are alike",
            {TRAIN: boxes(9, 99, 199, 299), VAL: boxes(9, 109, 209, 309)}),
    SetCase("split-leakage-file", "folds of a cross-validation",
            {"annotations/instances_train_fold0.json": {}, "annotations/instances_val_fold1.json": copied}),
    SetCase("split-leakage-file", "years of official files",
            {"annotations/instances_train2017.json": {}, "annotations/instances_val2014.json": copied}),
    SetCase("split-leakage-file", "trainval is both", {"annotations/instances_trainval.json": {}, VAL: copied}),
    SetCase("split-leakage-file", "the whole beside its splits", {"annotations/instances_all.json": {}, VAL: copied}),

    SetCase("split-leakage-group", "copies by Roboflow",
            {T: roboflow("cat_12_jpg.rf.#.jpg", "dog_5_jpg.rf.#.jpg"), V: roboflow("x_jpg.rf.#.jpg", "cat_12_jpg.rf.#.jpg")},
            {V: 1}),
    SetCase("split-leakage-group", "an address", {TRAIN: {"/images/0/coco_url": "http://a/1.jpg?x"},
                                                  VAL: {"/images/1/coco_url": "http://a/1.jpg?y"}}, {VAL: 1}),
    SetCase("split-leakage-group", "frames of a video",
            {TRAIN: frames((1, "one/1.jpg"), (1, "one/2.jpg"), (2, "two/1.jpg")),
             VAL: frames((1, "one/7.jpg"), (3, "three/1.jpg"))}, {VAL: 1}),
    SetCase("split-leakage-group", "by the name that PoseTrack has for it",
            {TRAIN: {**images(vid_id="a7"), **names("a7/1.jpg", "a7/2.jpg")},
             VAL: {"/images/0/vid_id": "a7", "/images/1/vid_id": "b8", **names("a7/9.jpg", "b8/1.jpg")}}, {VAL: 1}),
    SetCase("split-leakage-group", "a file in both is another rule's", {T: {}, V: copied}, also=("split-leakage-file",)),
    SetCase("split-leakage-group", "copies in one split",
            {T: roboflow("cat_12_jpg.rf.#.jpg", "cat_12_jpg.rf.#.jpg"), V: roboflow("dog_5_jpg.rf.#.jpg")}),
    SetCase("split-leakage-group", "a source that stands twice where nothing is augmented",
            {T: roboflow("image_jpg.rf.#.jpg", "a_jpg.rf.#.jpg"), V: roboflow("image_jpg.rf.#.jpg", "image_jpg.rf.#.jpg")}),
    SetCase("split-leakage-group", "sources that just count",
            {T: roboflow(*(f"{name[:-4]}_jpg.rf.#.jpg" for name in COUNTED[:5])),
             V: roboflow(*(f"{name[:-4]}_jpg.rf.#.jpg" for name in COUNTED[:3]))}),
    SetCase("split-leakage-group", "one address for all", {TRAIN: images(coco_url="http://a/"), VAL: images(coco_url="http://a/")}),
    SetCase("split-leakage-group", "empty addresses", {TRAIN: images(coco_url=""), VAL: images(coco_url="")}),
    SetCase("split-leakage-group", "videos numbered anew, under other names",
            {TRAIN: frames((1, "one/1.jpg"), (2, "two/1.jpg")), VAL: frames((1, "three/1.jpg"), (2, "four/1.jpg"))}),
    SetCase("split-leakage-group", "videos numbered anew, under names that several have",
            {TRAIN: frames((1, "frame_1.jpg"), (2, "frame_2.jpg")), VAL: frames((1, "frame_3.jpg"), (2, "frame_4.jpg"))}),
    SetCase("split-leakage-group", "one video each, numbered anew",
            {TRAIN: frames((1, "frame_1.jpg"), (1, "frame_2.jpg")), VAL: frames((1, "frame_8.jpg"))}),
]  # fmt: skip
