"""Cases of the rules on the keypoints of annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.cases import REMOVED, Case, Data, crowded

POINTS = "/annotations/0/keypoints"
NUMBER = "/annotations/0/num_keypoints"
SEEN = [60.0, 45.0, 2, 35.0, 32.5, 1]
UNSEEN = [0, 0, 0]
PARTS = {
    **{f"/annotations/0/{part}_kpts": [0.0] * count for part, count in
       {"face": 204, "lefthand": 63, "righthand": 63, "foot": 18}.items()},
    **{f"/annotations/0/{part}_box": [10, 20, 30.5, 40] for part in ("face", "lefthand", "righthand")},
    **{f"/annotations/0/{part}_valid": part != "face" for part in ("face", "lefthand", "righthand", "foot")},
}  # fmt: skip


def case(rule: str, about: str, fires: int = 0, /, **details: Any) -> Case:
    return Case(rule, about, fires, task="person_keypoints", **details)


def scored(share: float, count: int = 10) -> Callable[[Data], Any]:
    """Give the first `share` of `count` annotations, of two labelled points each, fractions for v."""

    def change(_: Data) -> Data:
        data = crowded(count, "person_keypoints")
        for annotation in data["annotations"][: int(share * count)]:
            annotation["keypoints"][2::3] = [0.75, 0.5, 0, 0]
        return data

    return change


def without_names(data: Data) -> Data:
    data["categories"][0]["keypoints"] = []
    return data


def both_null(data: Data) -> Data:
    for annotation in data["annotations"]:
        annotation |= {"keypoints": None, "num_keypoints": None}
    return data


def all_lengths_wrong(data: Data) -> Data:
    """Four numbers more for every annotation, whose v are out of step then."""
    for annotation in data["annotations"]:
        annotation["keypoints"] = [5, 5, 7, *annotation["keypoints"]]
    return data


def on_swapped_images(_: Data) -> Data:
    data = crowded(40, "person_keypoints")
    for image in data["images"]:
        image |= {"width": image["height"], "height": image["width"]}
    for annotation in data["annotations"]:
        annotation["keypoints"][0] += 100
    return data


def of_crowdpose(data: Data) -> Data:
    data["images"][0]["crowdIndex"] = 0.5
    data["annotations"][0]["num_keypoints"] = 0
    return data


CASES = [
    case("keypoints-missing", "no key", 1, edit={POINTS: REMOVED}),
    case("keypoints-missing", "no count either: one finding", 1, edit={POINTS: REMOVED, NUMBER: REMOVED}),
    case("keypoints-missing", "a crowd", 1, edit={"/annotations/2/keypoints": REMOVED}),
    case("keypoints-missing", "the category names no points", 1, leaves=1,
         edit={"/categories/0/keypoints": [], POINTS: REMOVED}),
    case("keypoints-missing", "null is another fault", edit={POINTS: None}),
    Case("keypoints-missing", "instances need none"),
    case("keypoints-length", "a point too many", 1, edit={POINTS: SEEN + UNSEEN * 3}),
    case("keypoints-length", "an empty list", 1, edit={POINTS: [], NUMBER: 0}),
    case("keypoints-length", "no multiple of 3, and the category declares no points", 1,
         edit={"/categories/0/keypoints": [], POINTS: [*SEEN, 0]}),
    case("keypoints-length", "the category declares no points", edit={"/categories/0/keypoints": [], POINTS: SEEN}),
    case("keypoints-length", "the category is unknown", edit={"/annotations/0/category_id": 9, POINTS: SEEN},
         also=("category-id-unknown",)),
    case("keypoints-length", "without v is another fault", edit={POINTS: [60, 45, 35, 32, 0, 0, 0, 0]},
         also=("keypoints-no-visibility",)),
    case("keypoints-nested", "triplets", 1, edit={POINTS: [[60.0, 45.0, 2], [35.0, 32.5, 1], UNSEEN, UNSEEN]}),
    case("keypoints-nested", "one list in a list", 1, edit={POINTS: [SEEN + UNSEEN * 2]}),
    case("keypoints-nested", "some of them are lists", 1, edit={POINTS: [[60.0, 45.0, 2], *UNSEEN * 3]}, leaves=1),
    case("keypoints-nested", "lists in lists", 1, edit={POINTS: [[[60.0, 45.0, 2]]]}, leaves=1),
    case("keypoints-nested", "lists of texts", 1, edit={POINTS: [["60", "45", "2"], ["0", "0", "0"]]}, leaves=1),
    case("keypoints-nested", "flat"),
    case("keypoints-no-visibility", "pairs", 1, edit={POINTS: [60, 45, 35, 32, 0, 0, 0, 0]}),
    case("keypoints-no-visibility", "the category declares no points",
         edit={"/categories/0/keypoints": [], POINTS: [60, 45, 2, 35, 32, 1], "/annotations/1/keypoints": []},
         also=("num-keypoints-mismatch",)),
    Case("keypoints-null", "in a file of instances, twice each", 3, change=both_null),
    case("keypoints-null", "the count alone", 1, edit={NUMBER: None}),
    case("keypoints-null", "both, and the category names no points", 1, leaves=1,
         edit={"/categories/0/keypoints": [], POINTS: None, NUMBER: None}),
    case("keypoints-null", "both, of persons", 3, change=both_null),
    Case("keypoints-null", "one of both", 1, edit={NUMBER: None, POINTS: []}),
    Case("keypoints-null", "of stuff", 3, task="stuff", change=both_null),
    Case("keypoints-null", "no such keys"),
    case("keypoint-visibility-value", "above 2", 1, edit={f"{POINTS}/2": 3}),
    case("keypoint-visibility-value", "below 0", 1, edit={f"{POINTS}/11": -1}),
    case("keypoint-visibility-value", "one fraction among labels", 1, edit={f"{POINTS}/2": 0.5}, leaves=1),
    case("keypoint-visibility-value", "above 2 and a fraction", 1, edit={f"{POINTS}/2": 3, f"{POINTS}/5": 0.5}, leaves=1),
    case("keypoint-visibility-value", "scores: one finding", 1, change=scored(0.5), leaves=1),
    case("keypoint-visibility-value", "scores of too few points to tell: one by one", 9, change=scored(1.0, 9), leaves=9),
    case("keypoint-visibility-value", "fewer than half: one by one", 4, change=scored(0.4), leaves=4),
    case("keypoint-visibility-value", "whole floats", edit={f"{POINTS}/2": 2.0, f"{POINTS}/5": 1.0}),
    case("keypoint-visibility-value", "triplets out of step are another fault", change=all_lengths_wrong,
         also=("keypoints-length",)),
    case("keypoint-v0-nonzero", "v = 0 with a place", 1, edit={f"{POINTS}/9": 4.0}),
    case("keypoint-v0-nonzero", "zeros only"),
    case("keypoint-v-positive-at-origin", "two points of one annotation", 1,
         edit={POINTS: [0, 0, 2, 0, 0, 1, *UNSEEN, *UNSEEN]}),
    case("keypoint-v-positive-at-origin", "one of two, and the count was wrong", 1,
         edit={POINTS: [0, 0, 2, 5, 5, 1, *UNSEEN, *UNSEEN], NUMBER: 4}),
    case("keypoint-v-positive-at-origin", "on the border", edit={POINTS: [0, 5, 2, 5, 0, 1, *UNSEEN, *UNSEEN]}),
    case("keypoint-out-of-image", "beyond the right border", 1, edit={f"{POINTS}/0": 641.5}),
    case("keypoint-out-of-image", "above the upper border", 1, edit={f"{POINTS}/1": -2}),
    case("keypoint-out-of-image", "all points", 1, edit={POINTS: [641.5, 5, 2, -9, 5, 1, *UNSEEN, *UNSEEN]}),
    case("keypoint-out-of-image", "in CrowdPose", 1, edit={"/images/0/crowdIndex": 0.5, POINTS: [650, 5, 2, *UNSEEN * 3]}),
    case("keypoint-out-of-image", "one beyond the tolerance given", 1, options={"tolerance": 5.0},
         edit={f"{POINTS}/0": 645.0, f"{POINTS}/3": 650.0}),
    case("keypoint-out-of-image", "within the tolerance", edit={f"{POINTS}/0": 641.0, f"{POINTS}/1": -1}),
    case("keypoint-out-of-image", "with the tolerance given", edit={f"{POINTS}/0": 645.0}, options={"tolerance": 5.0}),
    case("keypoint-out-of-image", "not labelled", edit={f"{POINTS}/9": 700.0}),
    case("keypoint-out-of-image", "width and height exchanged", change=on_swapped_images, also=("image-size-swapped",)),
    case("keypoint-out-of-image", "the whole object outside", edit={f"{POINTS}/0": 800, "/annotations/0/bbox": [700, 0, 9, 9],
         "/annotations/0/segmentation": []}, also=("bbox-fully-outside",)),
    case("keypoint-out-of-image", "no such image", edit={f"{POINTS}/0": 700.0, "/annotations/0/image_id": 9},
         also=("annotation-image-id-unknown",)),
    case("num-keypoints-missing", "no key", 1, edit={NUMBER: REMOVED}),
    case("num-keypoints-missing", "in CrowdPose", 1, edit={"/images/0/crowdIndex": 0.5, NUMBER: REMOVED}),
    case("num-keypoints-missing", "texts for points", 1, leaves=1,
         edit={NUMBER: REMOVED, f"{POINTS}/2": "2"}, also=("field-type",)),
    case("num-keypoints-missing", "of no points", 1, edit={"/categories/0/keypoints": [], POINTS: [], NUMBER: REMOVED}),
    case("num-keypoints-missing", "no keypoints either", edit={POINTS: REMOVED, NUMBER: REMOVED}, also=("keypoints-missing",)),
    Case("num-keypoints-missing", "instances need none"),
    case("num-keypoints-mismatch", "one too many", 1, edit={NUMBER: 3}),
    case("num-keypoints-mismatch", "0, but there are points", 1, edit={NUMBER: 0}),
    case("num-keypoints-mismatch", "no points, but not 0", 1, edit={"/annotations/2/num_keypoints": 1}),
    case("num-keypoints-mismatch", "no names, but points", 1, change=without_names, edit={NUMBER: 4}),
    case("num-keypoints-mismatch", "CrowdPose counts otherwise: no error", 1, change=of_crowdpose),
    case("num-keypoints-mismatch", "0 where nothing is labelled", edit={POINTS: UNSEEN * 4, NUMBER: 0}),
    case("num-keypoints-mismatch", "of a wrong length", edit={POINTS: SEEN, NUMBER: 4}, also=("keypoints-length",)),
    case("keypoints-area-missing", "no key", 1, edit={"/annotations/0/area": REMOVED}),
    case("keypoints-area-missing", "no mask", 1,
         edit={"/annotations/0/area": REMOVED, "/annotations/0/segmentation": REMOVED}),
    case("keypoints-area-missing", "neither mask nor box", 1, leaves=1, also=("bbox-degenerate",), edit={
        "/annotations/0/area": REMOVED, "/annotations/0/segmentation": [], "/annotations/0/bbox": [10, 20, 0, 50],
    }),
    case("keypoints-area-missing", "null is another fault", edit={"/annotations/0/area": None}, also=("area-type",)),
    case("wholebody-parts", "all parts", edit=PARTS),
    case("wholebody-parts", "a face of 67 points", 1, edit={**PARTS, "/annotations/0/face_kpts": [0.0] * 201}),
    case("wholebody-parts", "a hand of 22 points", 1, edit={**PARTS, "/annotations/0/righthand_kpts": [0.0] * 66}),
    case("wholebody-parts", "nested feet", 1, edit={**PARTS, "/annotations/0/foot_kpts": [[0.0, 0.0, 0.0]] * 6}),
    case("wholebody-parts", "a text for a number", 1, edit={**PARTS, "/annotations/0/lefthand_kpts/62": "0"}),
    case("wholebody-parts", "two parts of one person: one finding", 1,
         edit={**PARTS, "/annotations/0/foot_kpts": [], "/annotations/0/face_box": [1, 2, 3]}),
    case("wholebody-parts", "1 for true", 1, edit={**PARTS, "/annotations/0/face_valid": 1}),
    case("wholebody-parts", "null for a box", 1, edit={**PARTS, "/annotations/0/face_box": None}),
    case("wholebody-parts", "a face alone", edit={"/annotations/0/face_kpts": [0] * 204}),
    Case("wholebody-parts", "in a file of instances", edit={"/annotations/0/face_kpts": []}),
]  # fmt: skip
