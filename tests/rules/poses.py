"""Cases of the rules on where the points of a person lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.rules.keypoints import POINTS, UNSEEN, case
from tests.support.cases import Data, crowded

LIMBS = ["nose", *(f"{side}_{part}" for part in ("eye", "shoulder", "wrist", "hip") for side in ("left", "right"))]
OUTSIDE = [400.0, 45.0, 2]
INSIDE = [60.0, 45.0, 2]


def labelled(*points: Sequence[float]) -> dict[str, Any]:
    """Edit the points of the first person, whose box is [10, 20, 100, 50]."""
    flat = [value for point in points for value in point] + UNSEEN * (4 - len(points))
    return {POINTS: flat, "/annotations/0/num_keypoints": len(points)}


def visible(*values: int, count: int = 10) -> Callable[[Data], Data]:
    """Give the two labelled points of each of `count` persons these v, and the first one those of the last."""

    def change(_: Data) -> Data:
        data = crowded(count, "person_keypoints")
        for annotation in data["annotations"]:
            annotation["keypoints"][2:6:3] = values[:2]
        data["annotations"][0]["keypoints"][2] = values[-1]
        return data

    return change


def facing(count: int, *, turned: int = 0, swapped: str = "", crossed: int = 0, named: bool = True) -> Callable[[Data], Data]:
    """Make `count` persons who face the camera: the left points are right of the right ones.

    Of these the first ones have `turned` their backs; the first of the others have their arms `crossed`. The points whose
    name contains a word of `swapped` are exchanged in all of them.
    """

    def change(_: Data) -> Data:
        data = crowded(count, "person_keypoints")
        names = LIMBS if named else [name.replace("_", " of ") for name in LIMBS]
        data["categories"][0] |= {"keypoints": names, "skeleton": []}
        for number, annotation in enumerate(data["annotations"]):
            x, y = annotation["bbox"][:2]
            points = []
            for place, name in enumerate(LIMBS):
                side = (1 if "left" in name else -1) * (-1 if number < turned else 1) * (0 if name == "nose" else 1)
                side *= -1 if any(part in name for part in swapped.split()) else 1
                side *= -1 if "wrist" in name and turned <= number < turned + crossed else 1
                points += [x + 60 + 20 * side + place, y + 5 + 8 * place, 2]
            annotation |= {"keypoints": points, "num_keypoints": len(LIMBS)}
        return data

    return change


def twisted(data: Data) -> Data:
    """Shoulders and hips disagree in one person of ten."""
    data = facing(40, swapped="wrist")(data)
    for annotation in data["annotations"][::10]:
        points = annotation["keypoints"]
        left, right = LIMBS.index("left_hip") * 3, LIMBS.index("right_hip") * 3
        points[left], points[right] = points[right], points[left]
    return data


CASES = [
    case("keypoint-visibility-only-01", "1 only", 1, change=visible(1, 1)),
    case("keypoint-visibility-only-01", "one is 2", change=visible(1, 1, 2)),
    case("keypoint-visibility-only-01", "2 only", change=visible(2, 2)),
    case("keypoint-visibility-only-01", "18 points", change=visible(1, 1, count=9)),
    case("keypoint-visibility-only-01", "3 is told by keypoint-visibility-value", change=visible(1, 3)),
    case("keypoint-outside-bbox", "both points", 1, edit=labelled(OUTSIDE, [401.0, 45.0, 1])),
    case("keypoint-outside-bbox", "one of two", 1, edit=labelled(INSIDE, OUTSIDE)),
    case("keypoint-outside-bbox", "51 px to the left, in a box of 100 px", 1, edit={
        **labelled([149.0, 145.0, 2]), "/annotations/0/bbox": [200, 120, 100, 50], "/annotations/0/segmentation": [],
    }),
    case("keypoint-outside-bbox", "50 px to the left, in a box of 100 px", edit={
        **labelled([150.0, 145.0, 2]), "/annotations/0/bbox": [200, 120, 100, 50], "/annotations/0/segmentation": [],
    }),
    case("keypoint-outside-bbox", "one of three", edit=labelled(INSIDE, [61.0, 45.0, 2], OUTSIDE)),
    case("keypoint-outside-bbox", "not labelled", edit={POINTS: [*INSIDE, 400.0, 45.0, 0, *UNSEEN * 2]}),
    case("keypoint-outside-bbox", "outside of the image is told by keypoint-out-of-image", edit=labelled([700.0, 45.0, 2])),
    case("keypoint-outside-bbox", "a flat box is told by bbox-degenerate",
         edit={**labelled(OUTSIDE), "/annotations/0/bbox": [10, 20, 0, 50]}, also=("bbox-degenerate",)),
    case("keypoint-coincident", "three points", 1, edit=labelled(INSIDE, INSIDE, [90.0, 45.0, 2], INSIDE)),
    case("keypoint-coincident", "four points, hidden and visible", 1, edit=labelled(*[[60.0, 45.0, v] for v in (1, 2, 1, 2)])),
    case("keypoint-coincident", "two and two", edit=labelled(INSIDE, INSIDE, [90.0, 45.0, 2], [90.0, 45.0, 2])),
    case("keypoint-coincident", "the same x", edit=labelled([60, 21, 2], [60, 22, 2], [60, 23, 2])),
    case("keypoint-coincident", "not labelled", edit={POINTS: [*INSIDE, *INSIDE, 60.0, 45.0, 0, *UNSEEN]}),
    case("keypoint-coincident", "of two persons", edit={
        **labelled(INSIDE, INSIDE), "/annotations/1/keypoints": [*INSIDE, *UNSEEN * 3], "/annotations/1/num_keypoints": 1,
    }),
    case("keypoint-coincident", "at the origin is told by keypoint-v-positive-at-origin", edit=labelled(*[[0, 0, 2]] * 3)),
    case("keypoints-normalized", "three points", 1, edit=labelled([0.5, 0.25, 2], [0.1, 0.9, 1], [1, 0, 2])),
    case("keypoints-normalized", "a point in the corner", 1, edit=labelled([1.001, 1, 2], [0.1, 0.9, 1], [0.5, 0.5, 2])),
    case("keypoints-normalized", "beyond by rounding", 1, edit=labelled([0.5, 0.25, 2], [-0.0005, 0.9, 1], [1.0005, 0.1, 2])),
    case("keypoints-normalized", "within one pixel as pixels, too", 1, leaves=1,
         edit=labelled([0.001, 0.001, 2], [0.0, 0.0001, 1], [0.0005, 0.0, 2])),
    case("keypoints-normalized", "two points", edit=labelled([0.5, 0.25, 2], [0.1, 0.9, 1])),
    case("keypoints-normalized", "one point in pixels", edit=labelled([0.5, 0.25, 2], [0.1, 0.9, 1], [1.1, 0.5, 2])),
    case("keypoints-normalized", "one point left of the image", edit=labelled([0.5, 0.25, 2], [0.1, 0.9, 1], [-0.9, 0.5, 2])),
    case("keypoints-normalized", "placeholders", edit=labelled([1, 1, 2], [1, 1, 2], [1, 1, 2])),
    case("keypoints-normalized", "an image of 15 px", edit={
        "/images/0/width": 15, "/images/0/height": 15, **labelled([0.5, 0.25, 2], [0.1, 0.9, 1], [0.5, 0.5, 2]),
    }, also=("area-exceeds-image", "bbox-fully-outside", "polygon-coordinate-huge")),
    case("keypoints-left-right-swap", "wrists", 1, change=facing(30, swapped="wrist")),
    case("keypoints-left-right-swap", "wrists, half turned their backs", 1, change=facing(40, turned=20, swapped="wrist")),
    case("keypoints-left-right-swap", "wrists, crossed in a fifth", 1, change=facing(40, swapped="wrist", crossed=8)),
    case("keypoints-left-right-swap", "wrists and eyes", 2, change=facing(40, swapped="wrist eye")),
    case("keypoints-left-right-swap", "wrists, crossed in a quarter", change=facing(40, swapped="wrist", crossed=10)),
    case("keypoints-left-right-swap", "all turned their backs", change=facing(40, turned=40)),
    case("keypoints-left-right-swap", "turned backs and crossed arms", change=facing(40, turned=20, crossed=15)),
    case("keypoints-left-right-swap", "29 persons", change=facing(29, swapped="wrist")),
    case("keypoints-left-right-swap", "all but the shoulders: nothing can be told", change=facing(40, swapped="shoulder")),
    case("keypoints-left-right-swap", "shoulders and hips disagree too often", change=twisted),
    case("keypoints-left-right-swap", "no shoulders and hips", change=visible(2, 2, count=40)),
    case("keypoints-left-right-swap", "names in another form", 1, change=facing(40, swapped="wrist", named=False)),
]  # fmt: skip
