"""Keypoints as a pose: where the points of one person lie to each other and to their box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from cocolint.api import (
    Again,
    Annotations,
    Bools,
    Categories,
    Finding,
    Floats,
    Image,
    Index,
    Ints,
    Record,
    Severity,
    Stage,
    distinct,
    rule,
)

from ._points import triplets_of, with_points
from .boxes import BOX_FORMATS
from .keypoints import KEYPOINT_TASKS, points_of

SAMPLE = 2000
"""So many persons are looked at for a verdict on the whole file."""
TORSO = ("shoulder", "hip")
UNIT = 1.001
"""The largest share of an image, with room for rounding."""


@rule("K007", "keypoint-visibility-only-01", Severity.INFO, impact=4, tasks=KEYPOINT_TASKS)
def keypoint_visibility_only_01(
    index: Index, categories: Categories, again: Again, *, min_points: int = 20
) -> Iterable[Finding]:
    """The file marks labelled keypoints with v = 1 only.

    What breaks: nothing: OKS asks for v > 0. Who trains on visibility learns that every point is hidden. PoseTrack writes it.
    Definition: of 20 or more keypoints with v > 0, in a sample of 2,000 persons, all have v = 1.
    Fix: write 2 where a point can be seen; only a person knows which.
    """
    values = [points[:, :, 2].ravel() for _, points in _poses(index, categories, again, index.labelled > 0)]
    labelled = sum(int(np.count_nonzero(v > 0)) for v in values)
    hidden = sum(int(np.count_nonzero(v == 1)) for v in values)
    if labelled >= min_points and hidden == labelled:
        yield Finding(f"all of {labelled:,} keypoints with v > 0 have v = 1, none has v = 2", "annotations")


@rule(
    "K011", "keypoint-outside-bbox", Severity.INFO, impact=3, tasks=KEYPOINT_TASKS,
    requires=[*BOX_FORMATS, "bbox-degenerate", "keypoints-length", "keypoint-out-of-image", "keypoint-v-positive-at-origin"],
)  # fmt: skip
def keypoint_outside_bbox(annotations: Annotations, *, share: float = 0.5) -> Iterable[Finding]:
    """Half of the keypoints or more lie far outside of the box.

    What breaks: crops of the person miss the points; box and points may belong to two persons.
    Definition: half or more of the points with v > 0 are outside of the box by more than half its longer side.
    Tolerance: a quarter of the persons in official files have a point outside, one in ten by a tenth of the box.
    Fix: only a person can tell whether the box or the points are wrong.
    """
    owner, x, y, v = points_of(annotations)
    left, top, width, height = annotations.bbox[owner].T
    with np.errstate(all="ignore"):
        beyond = np.maximum.reduce([left - x, top - y, x - left - width, y - top - height])
        far = (v > 0) & (beyond > share * np.maximum(width, height))
    outside = np.bincount(owner[far], minlength=len(annotations))
    labelled = np.bincount(owner[v > 0], minlength=len(annotations))
    message = "{outside} of {labelled} labelled points are far outside of the box"
    yield from annotations.where(
        (outside > 0) & (2 * outside >= labelled), "keypoints", message, outside=outside, labelled=labelled
    )


@rule(
    "K012", "keypoint-coincident", Severity.INFO, impact=4, tasks=KEYPOINT_TASKS,
    requires=["keypoints-length", "keypoint-v-positive-at-origin", "keypoints-normalized"],
)  # fmt: skip
def keypoint_coincident(annotations: Annotations, *, least: int = 3) -> Iterable[Finding]:
    """Three keypoints or more lie at the same place.

    What breaks: such points are often placeholders; a model learns that these parts of the body are one.
    Definition: three or more points with v > 0 of one annotation have the same x and y.
    Fix: label the points, or set v to 0; only a person knows where they are.
    """
    owner, x, y, v = points_of(annotations)
    labelled = v > 0
    owner, x, y = owner[labelled], x[labelled], y[labelled]
    order = np.lexsort((y, x, owner))
    owner, x, y = owner[order], x[order], y[order]
    same = (owner[1:] == owner[:-1]) & (x[1:] == x[:-1]) & (y[1:] == y[:-1])
    first = np.flatnonzero(np.append([True] * (len(owner) > 0), ~same))
    most = np.zeros(len(annotations), np.int64)
    np.maximum.at(most, owner[first], np.diff(np.append(first, len(owner))))
    yield from annotations.where(most >= least, "keypoints", "{most} labelled points at one place", most=most)


@rule(
    "K028", "keypoints-normalized", Severity.ERROR, impact=1, tasks=KEYPOINT_TASKS,
    requires=["bbox-normalized", "keypoints-length", "keypoint-v-positive-at-origin"],
)  # fmt: skip
def keypoints_normalized(annotations: Annotations, *, least: int = 3) -> Iterable[Finding]:
    """The keypoints are given as parts of the image, not in pixels.

    What breaks: all points of a person lie in the top left corner of the image: OKS is 0.
    Definition: three or more points have v > 0, none of them has an x or y above 1.001 or below -0.001, and one of the
    numbers is a fraction, in an image of 16 px and more.
    Tolerance: 0.001 for rounding; three labels within one pixel are no pose. Points of 0 and 1 only are placeholders.
    Fix: multiply x and y by width and height of the image. Unsafe: every point changes.
    """
    owner, x, y, v = points_of(annotations)
    labelled = v > 0
    owner, x, y = owner[labelled], x[labelled], y[labelled]
    inside = (np.minimum(x, y) >= 1 - UNIT) & (np.maximum(x, y) <= UNIT)
    fraction = inside & ((x != np.rint(x)) | (y != np.rint(y)))
    total, count, parts = (np.bincount(who, minlength=len(annotations)) for who in (owner, owner[inside], owner[fraction]))
    sized = (annotations.width >= 16) & (annotations.height >= 16)
    normalized = sized & (total >= least) & (count == total) & (parts > 0)
    yield from annotations.where(normalized, "keypoints", "all {total} labelled points lie within 1 px", total=total)


@keypoints_normalized.fix(Stage.SHAPE, safe=False, writes=["keypoints"])
def to_pixels(record: Record, image: Image | None) -> Record:
    """Multiply by the size of the image, unless all points are within one pixel then as well."""
    points = triplets_of(record.get("keypoints"))
    if image is None:
        return record
    scaled = [(_scaled(x, image.width), _scaled(y, image.height), v) for x, y, v in points]
    return with_points(record, scaled) if any(v > 0 and max(x, y) > UNIT for x, y, v in scaled) else record


def _scaled(part: float, side: float) -> float:
    """Return a part of a side in pixels; what is beyond the side by rounding alone is on it."""
    return round(part * side if abs(part) > UNIT else min(max(part, 0), 1) * side, 2) if part else part


@rule("K024", "keypoints-left-right-swap", Severity.INFO, impact=3, tasks=KEYPOINT_TASKS, requires=["keypoints-length"])
def keypoints_left_right_swap(
    index: Index, categories: Categories, again: Again, *, least: int = 30, torso: float = 0.95, share: float = 0.8
) -> Iterable[Finding]:
    """A pair of left and right keypoints is exchanged in the whole file.

    What breaks: a model learns both: left and right of that pair become a matter of chance, and flipping the picture in
    training exchanges the wrong points.
    Definition: in 30 or more persons, in 80 % of them, the left point of a pair stands on the other side of the right one
    than it does for shoulders and hips. The two must agree with each other in 95 % of the persons. A sample of 2,000
    persons is looked at.
    Tolerance: one person proves nothing, since people turn their backs and cross their arms; the file as a whole does.
    Fix: exchange the two names, or the points; only a person can tell which of them are wrong.
    """
    for row, points in _poses(index, categories, again, index.labelled >= 2 * len(TORSO)):
        sides = _sides(categories.keypoints[row] or [], points)
        trunk = [side for name, side in sides.items() if any(part in name.lower() for part in TORSO)]
        if len(trunk) != len(TORSO):
            continue
        both = (trunk[0] != 0) & (trunk[1] != 0)
        agreeing = both & (trunk[0] == trunk[1])
        if both.sum() < least or agreeing.sum() < torso * both.sum():
            continue
        for name, side in sides.items():
            known = agreeing & (side != 0)
            against = int(np.sum(known & (side != trunk[0])))
            if known.sum() >= least and against >= share * known.sum():
                yield from categories.at(
                    [row], "keypoints", "{name} is on the other side than shoulders and hips in {against} of {known} persons",
                    name=[name], against=[against], known=[int(known.sum())],
                )  # fmt: skip


def _sides(names: list[str], points: Floats) -> dict[str, Ints]:
    """Return for each name with `left` that has a partner with `right`: 1 where it lies right of that, -1 left, 0 unknown."""
    place = {name.lower(): number for number, name in enumerate(names)}
    sides = {}
    for name, left in place.items():
        right = place.get(name.replace("left", "right"), left)
        if left != right:
            seen = (points[:, left, 2] > 0) & (points[:, right, 2] > 0)
            sides[names[left]] = np.where(seen, np.sign(points[:, left, 0] - points[:, right, 0]), 0).astype(np.int64)
    return sides


def _poses(index: Index, categories: Categories, again: Again, wanted: Bools) -> Iterator[tuple[int, Floats]]:
    """Yield for each category that declares points its row and the points (persons, K, 3) of a sample of `wanted`."""
    rows = np.flatnonzero(wanted & (index.category >= 0))
    table = again.at(rows[:: len(rows) // SAMPLE + 1])
    count = table.point_count
    sound = (count > 0) & (table.points.length == 3 * count)
    for row in distinct(table.category[sound]).tolist():
        _, _, flat = table.points.triplets(sound & (table.category == row))
        yield row, flat.reshape(-1, int(categories.point_count[row]), 3)
