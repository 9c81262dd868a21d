"""Cases of the rules on the keypoint names and the skeleton of a category."""

from __future__ import annotations

from typing import Any

from tests.support.cases import REMOVED, Case

NAMES = "/categories/0/keypoints"
EDGES = "/categories/0/skeleton"
SECOND = {"id": 2, "name": "dog", "supercategory": "being", "keypoints": ["head", "neck", "tail"], "skeleton": [[1, 2], [2, 3]]}
PERSON = [
    [16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9], [8, 10], [9, 11], [2, 3],
    [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7],
]  # fmt: skip


def case(rule: str, about: str, fires: int = 0, /, **details: Any) -> Case:
    return Case(rule, about, fires, task="person_keypoints", **details)


def of_persons(points: int) -> dict[str, Any]:
    """Return the edit to a category with the skeleton of COCO over `points` points, and annotations that fit it."""
    zeros = {f"/annotations/{row}/keypoints": [0] * 3 * points for row in range(3)}
    counts = {f"/annotations/{row}/num_keypoints": 0 for row in range(3)}
    return {NAMES: [f"point {number}" for number in range(points)], EDGES: PERSON, **zeros, **counts}


CASES = [
    case("category-keypoints-missing", "no names", 1, edit={NAMES: REMOVED}, leaves=1),
    case("category-keypoints-missing", "no names, and no annotation has points", 1,
         edit={"/categories/-": {"id": 2, "name": "dog", "skeleton": []}}),
    case("category-keypoints-missing", "neither, but annotations with points", 1, edit={NAMES: None, EDGES: REMOVED}, leaves=1),
    case("category-keypoints-missing", "no skeleton", 1, edit={EDGES: REMOVED}),
    case("category-keypoints-missing", "neither: one finding", 1, edit={"/categories/-": {"id": 2, "name": "thing"}}),
    case("category-keypoints-missing", "null", 1, edit={EDGES: None}),
    case("category-keypoints-missing", "no edges", edit={EDGES: []}),
    Case("category-keypoints-missing", "instances need none"),
    case("category-keypoints-type", "a string", 1, edit={NAMES: "keypoint"}),
    case("category-keypoints-type", "numbers", 1, edit={NAMES: [1, 2, 3, 4]}),
    case("category-keypoints-type", "empty, but there are points", 1, edit={NAMES: [], EDGES: []}),
    case("category-keypoints-type", "empty, and no annotation has points", edit={"/categories/-": {**SECOND, "keypoints": []}}),
    case("category-keypoints-duplicate-name", "twice", 1, edit={f"{NAMES}/1": "nose"}),
    case("category-keypoints-duplicate-name", "braces in a name", 1, edit={NAMES: ["{0}", "{0}", "a", "b"]}),
    case("category-keypoints-duplicate-name", "the same name in two categories",
         edit={"/categories/-": {**SECOND, "keypoints": ["nose", "neck", "tail"]}}),
    case("skeleton-index-range", "above the last point", 1, edit={f"{EDGES}/0": [1, 5]}),
    case("skeleton-index-range", "below 0", 1, edit={f"{EDGES}/0": [-1, 2]}),
    case("skeleton-index-range", "from 0 to K: broken, whatever it counts from", 1, edit={EDGES: [[0, 1], [3, 4]]}),
    case("skeleton-index-range", "the skeleton of COCO for 14 points", 1, edit=of_persons(14)),
    case("skeleton-index-range", "a number of 30 digits", 1, edit={f"{EDGES}/0": [1, 10**30]}),
    case("skeleton-index-range", "the last point", edit={f"{EDGES}/0": [1, 4]}),
    case("skeleton-index-range", "counted from 0 is another fault", edit={EDGES: [[0, 1], [0, 2]]}),
    case("skeleton-index-range", "no points declared", edit={NAMES: [], EDGES: [[1, 2], [2, 40]]}),
    case("skeleton-zero-based", "from 0 to K - 1", 1, edit={EDGES: [[0, 1], [0, 2], [1, 3]]}),
    case("skeleton-zero-based", "one of two categories", 1, edit={"/categories/-": {**SECOND, "skeleton": [[0, 1], [1, 2]]}}),
    case("skeleton-zero-based", "both categories, one without points", 1,
         edit={NAMES: [], EDGES: [[0, 1]], "/categories/-": {**SECOND, "skeleton": [[0, 1], [1, 2]]}}),
    case("skeleton-zero-based", "whole floats", 1, edit={EDGES: [[0.0, 1.0], [0.0, 2.0]]}),
    case("skeleton-zero-based", "both categories: one finding", 1,
         edit={EDGES: [[0, 1]], "/categories/-": {**SECOND, "skeleton": [[0, 1], [1, 2]]}}),
    case("skeleton-zero-based", "no points declared", 1, edit={NAMES: [], EDGES: [[0, 1], [1, 2]]}),
    case("skeleton-zero-based", "the skeleton of COCO", edit=of_persons(17)),
    case("skeleton-zero-based", "from 1 to K - 1: not decidable", edit={EDGES: [[1, 2], [2, 3]]}),
    case("skeleton-zero-based", "from 0 to K: broken", edit={EDGES: [[0, 1], [3, 4]]}),
    case("skeleton-self-loop", "[2, 2]", 1, edit={f"{EDGES}/0": [2, 2]}),
    case("skeleton-self-loop", "the skeleton of COCO", edit=of_persons(17)),
    case("skeleton-duplicate-edge", "the same again", 1, edit={f"{EDGES}/-": [1, 2]}),
    case("skeleton-duplicate-edge", "three times, beside a self loop", 1,
         edit={EDGES: [[1, 2], [2, 2], [2, 1], [2, 2], [1, 3], [1, 2]]}),
    case("skeleton-duplicate-edge", "the other way round", 1, edit={f"{EDGES}/-": [2, 1]}),
    case("skeleton-duplicate-edge", "the skeleton of COCO", edit=of_persons(17)),
    case("skeleton-duplicate-edge", "a self loop twice is another fault", edit={EDGES: [[2, 2], [2, 2]]}),
    case("skeleton-edge-length", "three indexes", 1, edit={f"{EDGES}/0": [1, 2, 3]}),
    case("skeleton-edge-length", "names", 1, edit={f"{EDGES}/0": ["nose", "left_eye"]}),
    case("skeleton-edge-length", "a flat list", 1, edit={EDGES: [1, 2, 1, 3]}),
    case("skeleton-edge-length", "pairs"),
    case("keypoint-sigmas-count", "4 points", 1),
    case("keypoint-sigmas-count", "17 points", edit=of_persons(17)),
    case("keypoint-sigmas-count", "no points declared", edit={NAMES: []}),
]  # fmt: skip
