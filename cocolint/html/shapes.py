"""A record as shapes to draw: box, rings, mask, keypoints and skeleton, whatever its fields hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cocolint.html.masks import Mask, Pixels, mask_of
from cocolint.html.views import Bounds, around

FARTHEST = 1e7
"""In pixels: what lies farther is drawn there."""
MOST_RINGS = 400
MOST_POINTS = 200_000
MOST_JOINTS = 400


class Ring(NamedTuple):
    """A polygon as its corners in pixels."""

    corners: list[tuple[float, float]]
    is_wrong: bool


class Joint(NamedTuple):
    """A keypoint: its place in pixels, its visibility, and what the category calls it."""

    x: float
    y: float
    visibility: float
    name: str


class Bone(NamedTuple):
    """A line of the skeleton in pixels."""

    start: Joint
    end: Joint


@dataclass
class Shapes:
    """What there is to draw of one record. `wrong` is the field that the finding is about."""

    wrong: str
    box: Bounds | None = None
    rings: list[Ring] = field(default_factory=list)
    mask: Mask | Pixels | None = None
    joints: list[Joint] = field(default_factory=list)
    bones: list[Bone] = field(default_factory=list)

    @property
    def bounds(self) -> Bounds | None:
        """Left, top, right and bottom around all of them; None where there is nothing."""
        return around(self._parts())

    def _parts(self) -> Iterator[Bounds]:
        if self.box:
            yield self.box
        for ring in self.rings:
            for x, y in ring.corners:
                yield x, y, x, y
        if self.mask and (bounds := self.mask.bounds) is not None:
            left, top, right, bottom = bounds.tolist()
            yield left, top, right, bottom
        for joint in self.joints:
            yield joint.x, joint.y, joint.x, joint.y


def shapes_of(record: Any, pointer: Sequence[str], names: Sequence[str], skeleton: Any) -> Shapes:
    """Return the shapes of an annotation. `pointer` leads to the wrong field below the record.

    `names` and `skeleton` are those of the category; edges count keypoints from 1.
    """
    wrong = pointer[0] if pointer else ""
    found = Shapes(wrong)
    if not isinstance(record, dict):
        return found
    found.box = _box(record.get("bbox"))
    segmentation = record.get("segmentation")
    found.mask = mask_of(segmentation)
    ring = int(pointer[1]) if wrong == "segmentation" and len(pointer) > 1 and pointer[1].isdecimal() else None
    found.rings = list(_rings(segmentation, wrong == "segmentation", ring))
    found.joints, found.bones = _pose(record.get("keypoints"), names, skeleton)
    return found


def _box(bbox: Any) -> Bounds | None:
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(_is_number, bbox)):
        return None
    x, y, width, height = (_near(value) for value in bbox)
    return min(x, x + width), min(y, y + height), max(x, x + width), max(y, y + height)


def _rings(segmentation: Any, is_wrong: bool, ring: int | None) -> Iterator[Ring]:
    if not isinstance(segmentation, list):
        return
    parts = [segmentation] if segmentation and all(map(_is_number, segmentation)) else segmentation
    left = MOST_POINTS
    for place, part in enumerate(parts[:MOST_RINGS]):
        if not isinstance(part, list) or len(part) < 2 or len(part) > left or not all(map(_is_number, part)):
            continue
        left -= len(part)
        numbers = [_near(value) for value in part]
        yield Ring(list(zip(numbers[0::2], numbers[1::2], strict=False)), is_wrong and ring in (None, place))


def _pose(keypoints: Any, names: Sequence[str], skeleton: Any) -> tuple[list[Joint], list[Bone]]:
    """Return the keypoints that are labelled or have a place, and the edges between labelled ones."""
    if not isinstance(keypoints, list) or not all(map(_is_number, keypoints)):
        return [], []
    numbers = [_near(value) for value in keypoints[: 3 * MOST_JOINTS]]
    triplets = list(zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=False))
    joints = [Joint(x, y, v, names[place] if place < len(names) else "") for place, (x, y, v) in enumerate(triplets)]
    bones = []
    for edge in skeleton if isinstance(skeleton, list) else []:
        if isinstance(edge, list) and len(edge) == 2 and all(type(end) is int and 1 <= end <= len(joints) for end in edge):
            start, end = joints[edge[0] - 1], joints[edge[1] - 1]
            if start.visibility > 0 and end.visibility > 0:
                bones.append(Bone(start, end))
    return [joint for joint in joints if joint.visibility > 0 or joint.x or joint.y], bones


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _near(value: float) -> float:
    return float(max(-FARTHEST, min(FARTHEST, value)))
