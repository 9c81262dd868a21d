"""What there is to draw of a record: box, rings, mask, keypoints and skeleton. Nothing here trusts what a file says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cocolint.model import Bools, Floats, Ints
from cocolint.read.geometry import RunShapes, decode_counts

Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""

FARTHEST = 1e7
"""In pixels: what lies farther is drawn there."""
MOST_RINGS = 400
MOST_POINTS = 200_000
MOST_JOINTS = 400
MOST_RUNS = 1 << 21
LARGEST = 1 << 40
"""Pixels of a mask: sums of so many runs of such a length fit into 64 bits."""


class Mask(NamedTuple):
    """Runs down the columns of a mask of `height` and `width` pixels, background first."""

    runs: Ints
    height: int
    width: int

    @property
    def bounds(self) -> Bounds | None:
        """Around what it covers, None where that is nothing."""
        found: Floats = RunShapes(self.runs, np.array([len(self.runs)]), np.array([self.height])).bounds[0]
        left, top, right, bottom = np.minimum(found, [self.width, self.height] * 2).tolist()
        return None if math.isnan(left) else (left, top, right, bottom)

    def within(self, part: Bounds, columns: int, rows: int) -> Bools:
        """Return whether the mask covers the middle of each of `rows` x `columns` equal fields of a part of the image."""
        x, y = _middles(part, columns, rows)
        inside = ((y >= 0) & (y < self.height))[:, None] & ((x >= 0) & (x < self.width))[None, :]
        ends = np.cumsum(self.runs)
        place = np.searchsorted(ends, x[None, :] * self.height + y[:, None], side="right")
        covered: Bools = inside & (place % 2 == 1) & (place < len(ends))
        return covered


class Pixels(NamedTuple):
    """The mask of all pixels that have one `value`, of an array (height, width) of `values`."""

    values: npt.NDArray[Any]
    value: int = True

    @property
    def bounds(self) -> Bounds | None:
        """Around what it covers, None where that is nothing."""
        rows, columns = (np.flatnonzero((self.values == self.value).any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return None
        return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)

    def within(self, part: Bounds, columns: int, rows: int) -> Bools:
        """Return whether the mask covers the middle of each of `rows` x `columns` equal fields of a part of the image."""
        x, y = _middles(part, columns, rows)
        height, width = self.values.shape
        inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))[None, :]
        found = self.values[np.clip(y, 0, height - 1)[:, None], np.clip(x, 0, width - 1)[None, :]]
        covered: Bools = inside & (found == self.value)
        return covered


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


class Shapes(Struct):
    """What there is to draw of one record. `wrong` is the field that the finding is about."""

    wrong: str
    box: Bounds | None = None
    rings: list[Ring] = []
    mask: Mask | Pixels | None = None
    joints: list[Joint] = []
    bones: list[Bone] = []

    @property
    def bounds(self) -> Bounds | None:
        """Around all of them, None where there is nothing."""
        return around(self._parts())

    def _parts(self) -> Iterator[Bounds]:
        if self.box:
            yield self.box
        for ring in self.rings:
            for x, y in ring.corners:
                yield x, y, x, y
        if self.mask and (bounds := self.mask.bounds):
            yield bounds
        for joint in self.joints:
            yield joint.x, joint.y, joint.x, joint.y


def shapes_of(record: Any, pointer: Sequence[str] = (), names: Sequence[str] = (), skeleton: Any = None) -> Shapes:
    """Return the shapes of an annotation, a result or a segment. `pointer` leads to the wrong field below the record.

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


def around(parts: Iterable[Bounds]) -> Bounds | None:
    """Return the bounds around all of some, None for none."""
    found = list(parts)
    if not found:
        return None
    left, top, right, bottom = zip(*found, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _middles(part: Bounds, columns: int, rows: int) -> tuple[Ints, Ints]:
    """Return the pixels in the middle of equal fields: their columns and their rows."""
    left, top, right, bottom = part
    x = np.floor(left + (np.arange(columns) + 0.5) * (right - left) / columns).astype(np.int64)
    y = np.floor(top + (np.arange(rows) + 0.5) * (bottom - top) / rows).astype(np.int64)
    return x, y


def mask_of(segmentation: Any) -> Mask | None:
    """Return the mask of a `segmentation`, None where it is none that can be drawn.

    Runs that do not fill the mask, or fill more, are taken down its columns as far as they reach.
    """
    if not isinstance(segmentation, dict):
        return None
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(_is_whole(side) and side > 0 for side in size):
        return None
    height, width = int(size[0]), int(size[1])
    if max(height, width) > LARGEST or height * width > LARGEST:
        return None
    if isinstance(counts, str):
        runs, _, marks = decode_counts([counts[: 8 * MOST_RUNS]])
        if marks[0]:
            return None
        counts = runs.tolist()
    if not isinstance(counts, list) or not 0 < len(counts) <= MOST_RUNS or not all(map(_is_whole, counts)):
        return None
    return Mask(np.array([min(int(run), height * width) for run in counts], np.int64), height, width)


def pixels_of(ids: Ints | None, segment: Any) -> Pixels | None:
    """Return the mask of a panoptic segment, given the id at each pixel of its picture, None where there is none."""
    id_ = segment.get("id") if isinstance(segment, dict) else None
    if ids is None or not isinstance(id_, int) or isinstance(id_, bool) or not 0 < id_ < 1 << 24:
        return None
    return Pixels(ids, id_)


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return (isinstance(value, int) and value >= 0) or (isinstance(value, float) and value.is_integer() and value >= 0)
