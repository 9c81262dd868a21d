"""Keypoints of annotations: `[x1, y1, v1, ...]`, with v 0 for not labelled, 1 for hidden and 2 for visible."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import (
    OBJECT_TASKS,
    Annotations,
    Bools,
    Category,
    Faults,
    Finding,
    Floats,
    Index,
    Ints,
    Record,
    Severity,
    Stage,
    Task,
    rule,
)

from ._faults import once_for_each_record
from ._points import CROWDPOSE, flattened, numbers_of, triplets_of, unlabelled, with_count, with_points
from ._shapes import area_of, is_box, tidy

KEYPOINT_TASKS = frozenset({Task.PERSON_KEYPOINTS})


@rule("K001", "keypoints-missing", Severity.ERROR, impact=2, tasks=KEYPOINT_TASKS)
def keypoints_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has no `keypoints`.

    What breaks: COCOeval raises KeyError 'keypoints'; mmpose leaves the person out.
    Definition: the key `keypoints` is absent in a file of person_keypoints, where crowds too have it, full of zeros.
    Fix: give zeros for every point that the category names, and `num_keypoints` 0. Safe for crowds, which have it so.
    Unsafe for single persons: zeros say that nobody labelled them.
    """
    return faults


@keypoints_missing.fix(Stage.DEFAULT, safe=True, reads=["iscrowd"], writes=["keypoints", "num_keypoints"])
def no_points_of_a_crowd(record: Record, category: Category | None) -> Record:
    """Write what official crowds have."""
    is_crowd = record.get("iscrowd") == 1 and record.get("num_keypoints") in (None, 0)
    return unlabelled(record, category) if is_crowd else record


@keypoints_missing.fix(Stage.DEFAULT, safe=False, writes=["keypoints", "num_keypoints"])
def no_points(record: Record, category: Category | None) -> Record:
    """Say that no point is labelled."""
    return unlabelled(record, category)


@rule(
    "K002", "keypoints-length", Severity.ERROR, impact=1, tasks=KEYPOINT_TASKS, requires=["keypoints-no-visibility"],
)  # fmt: skip
def keypoints_length(annotations: Annotations) -> Iterable[Finding]:
    """The annotation has more or fewer numbers in `keypoints` than its category has points.

    What breaks: COCOeval cannot broadcast the arrays; detectron2 looks at the first annotation only and fails on a later
    one; Datumaro wants a multiple of 3.
    Definition: the length is not 3 times the number of `keypoints` of the category. Where the category declares none, that
    the length is no multiple of 3.
    Fix: export again with one list of points for all annotations of a category. Only a person knows which point is which.
    """
    has, length, points = annotations.has("keypoints"), annotations.points.length, annotations.point_count
    declared = points > 0
    yield from annotations.where(
        has & declared & (length != 3 * points), "keypoints", "{length} numbers, {points} points need {due}",
        length=length, points=points, due=3 * points,
    )  # fmt: skip
    yield from annotations.where(
        has & ~declared & (length % 3 != 0), "keypoints", "{length} numbers are not three for each point", length=length
    )


@rule("K003", "keypoints-nested", Severity.ERROR, impact=3, tasks=OBJECT_TASKS)
def keypoints_nested(faults: Faults) -> Iterable[Finding]:
    """`keypoints` is a list of lists.

    What breaks: COCOeval cannot broadcast the arrays; detectron2 and mmpose cut the list into triplets that are none.
    Definition: an item of `keypoints` is an array, as in `[[x1, y1, v1], ...]`.
    Fix: write the numbers one after the other, if all lists have as many. Safe: their order stays.
    """
    return faults


@keypoints_nested.fix(Stage.SHAPE, safe=True, writes=["keypoints"])
def flatten(record: Record) -> Record:
    """Write the numbers one after the other."""
    flat = flattened(record.get("keypoints"))
    return record | {"keypoints": flat} if flat else record


@rule("K004", "keypoints-no-visibility", Severity.ERROR, impact=2, tasks=KEYPOINT_TASKS)
def keypoints_no_visibility(annotations: Annotations) -> Iterable[Finding]:
    """`keypoints` holds x and y of every point, but no v.

    What breaks: readers take the x of the next point for v, so all triplets are wrong; COCOeval cannot broadcast the arrays.
    Definition: the length is twice the number of `keypoints` of the category.
    Fix: put v after every point, 2 where it has a place and 0 at (0, 0). Unsafe: which points are hidden is not known.
    """
    length, points = annotations.points.length, annotations.point_count
    yield from annotations.where(
        (points > 0) & (length == 2 * points), "keypoints", "{length} numbers are 2 for each of {points} points, v is missing",
        length=length, points=points,
    )  # fmt: skip


@keypoints_no_visibility.fix(Stage.SHAPE, safe=False, writes=["keypoints"])
def add_visibility(record: Record) -> Record:
    """Take all points for visible, but those at the origin."""
    numbers = numbers_of(record.get("keypoints"))
    if not numbers or len(numbers) % 2:
        return record
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return record | {"keypoints": [value for x, y in pairs for value in (x, y, 2 if x or y else 0)]}


@rule("K005", "keypoints-null", Severity.WARNING, impact=3, tasks=OBJECT_TASKS, relaxed=["encord"])
def keypoints_null(faults: Faults) -> Iterable[Finding]:
    """`keypoints` or `num_keypoints` is null.

    What breaks: detectron2 takes null for no keypoints; readers that ask for the length or count v raise TypeError.
    Definition: the value of either key is null. An annotation with both is reported once.
    Fix: leave the keys out in a file of instances or stuff. Safe: null says no more than an absent key. In a file of
    person_keypoints count the labelled points; where there are none, give zeros for every point. Unsafe: zeros say that
    nobody labelled the person.
    """
    return once_for_each_record(faults)


@keypoints_null.fix(Stage.SHAPE, safe=True, writes=["keypoints", "num_keypoints"])
def leave_out_null(record: Record, task: Task) -> Record:
    """Leave out what says nothing, or count."""
    if task is Task.PERSON_KEYPOINTS:
        return with_count(record) if record.get("num_keypoints", 0) is None else record
    nulls = [name for name in ("keypoints", "num_keypoints") if name in record and record[name] is None]
    return {name: value for name, value in record.items() if name not in nulls}


@keypoints_null.fix(Stage.SHAPE, safe=False, writes=["keypoints", "num_keypoints"])
def no_points_for_null(record: Record, category: Category | None, task: Task) -> Record:
    """Say that no point is labelled."""
    is_null = task is Task.PERSON_KEYPOINTS and record.get("keypoints", 0) is None
    return unlabelled(record, category) if is_null else record


@rule("K006", "keypoint-visibility-value", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS)
def keypoint_visibility_value(index: Index, *, min_points: int = 20, share: float = 0.5) -> Iterable[Finding]:
    """v of a keypoint is not 0, 1 or 2.

    What breaks: no reader refuses it: any v above 0 counts as labelled, so a confidence of 0.01 is trusted like a label.
    Definition: v is not 0, 1 or 2. Where at least half of all v > 0 are fractions below 1, the file holds scores in place
    of v and is reported once.
    Tolerance: the scores are told from 20 points with v > 0 on; fewer prove nothing about a file.
    Fix: write 2 for v above 2, and 0 for v below 0. Unsafe: another mark may be meant, such as one for hidden. Which score
    still is a label only a person can decide.
    """
    scored, labelled = int(index.scored.sum()), int(index.labelled.sum())
    if labelled >= min_points and scored >= share * labelled:
        yield Finding(
            f"{scored:,} of {labelled:,} keypoints with v > 0 have a fraction for v: they look like scores", "annotations"
        )
        return
    odd = index.odd_visibility
    yield from index.where(~np.isnan(odd), "keypoints", "v is {v:g}", v=odd)


@keypoint_visibility_value.fix(Stage.CLIP, safe=False, writes=["keypoints"])
def clip_visibility(record: Record) -> Record:
    """Take v for the nearest that the format knows, unless some of them are fractions."""
    points = [(x, y, v if 0 <= v <= 2 else min(2, max(0, v))) for x, y, v in triplets_of(record.get("keypoints"))]
    return with_points(record, points) if all(v in (0, 1, 2) for _, _, v in points) else record


@rule("K008", "keypoint-v0-nonzero", Severity.INFO, impact=2, tasks=KEYPOINT_TASKS, requires=["keypoints-length"])
def keypoint_v0_nonzero(annotations: Annotations) -> Iterable[Finding]:
    """A keypoint with v = 0 has a place.

    What breaks: by the format v = 0 means not labelled, with x = y = 0. detectron2 zeroes such points itself; tools that
    draw or augment all points show them.
    Definition: v is 0 and x or y is not 0.
    Fix: set x and y to 0. Unsafe: the place is lost, and v may have been meant to be 1.
    """
    owner, x, y, v = points_of(annotations)
    yield from counted(annotations, owner, (v == 0) & (np.abs(x) + np.abs(y) > 0), "points that have a place, but v = 0")


@keypoint_v0_nonzero.fix(Stage.CLIP, safe=False, writes=["keypoints"])
def no_place(record: Record) -> Record:
    """Put points that are not labelled where the format has them."""
    points = triplets_of(record.get("keypoints"))
    return with_points(record, [(0, 0, v) if not v and (x or y) else (x, y, v) for x, y, v in points])


@rule(
    "K009", "keypoint-v-positive-at-origin", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS, requires=["keypoints-length"],
)  # fmt: skip
def keypoint_v_positive_at_origin(annotations: Annotations) -> Iterable[Finding]:
    """A keypoint at (0, 0) is marked as labelled.

    What breaks: (0, 0) stands for a point that nobody labelled; with v > 0 it counts as a label in the corner of the image,
    which spoils training and OKS.
    Definition: v > 0 with x = 0 and y = 0.
    Fix: set v to 0, and count the labelled points anew. Unsafe: a point may really lie in the corner.
    """
    owner, x, y, v = points_of(annotations)
    yield from counted(annotations, owner, (v > 0) & (x == 0) & (y == 0), "points at (0, 0) with v > 0")


@keypoint_v_positive_at_origin.fix(Stage.CLIP, safe=False, writes=["keypoints", "num_keypoints"])
def no_label_at_origin(record: Record, dialect: str) -> Record:
    """Take them for points that nobody labelled."""
    points = [(x, y, v if x or y else min(v, 0)) for x, y, v in triplets_of(record.get("keypoints"))]
    return with_points(record, points, dialect)


@rule(
    "K010", "keypoint-out-of-image", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS,
    requires=["keypoints-length", "image-size-swapped", "bbox-fully-outside"],
)  # fmt: skip
def keypoint_out_of_image(annotations: Annotations, *, tolerance: float = 1.0) -> Iterable[Finding]:
    """A labelled keypoint lies outside its image.

    What breaks: detectron2 sets v to 0 after a transform, albumentations drops the point: the label is lost in silence.
    Definition: v > 0 and `max(-x, -y, x - W, y - H) > tolerance`, in pixels; the worst point is shown.
    Tolerance: 1 px is the most that the 0/1-based conventions can explain; official points are never outside.
    Fix: set x, y and v of the point to 0, since nobody can see it, and count the labelled points anew. Unsafe: a label is
    lost that may only be a little off.
    """
    owner, x, y, v = points_of(annotations)
    width, height = annotations.width, annotations.height
    with np.errstate(invalid="ignore"):
        over = np.maximum.reduce([-x, -y, x - width[owner], y - height[owner]])
        bad = (v > 0) & (over > tolerance)
    worst = np.zeros(len(annotations))
    np.maximum.at(worst, owner[bad], over[bad])
    yield from annotations.where(
        worst > 0, "keypoints", "{over:.1f} px outside the image of {width:g} x {height:g}",
        over=worst, width=width, height=height, most=np.full(len(worst), tolerance),
    )  # fmt: skip


@keypoint_out_of_image.fix(Stage.CLIP, safe=False, writes=["keypoints", "num_keypoints"])
def no_label_outside(record: Record, width: float, height: float, most: float, dialect: str) -> Record:
    """Take them for points that nobody labelled."""
    points = triplets_of(record.get("keypoints"))
    outside = [v > 0 and max(-x, -y, x - width, y - height) > most for x, y, v in points]
    kept = [(0, 0, 0) if is_outside else point for is_outside, point in zip(outside, points, strict=True)]
    return with_points(record, kept, dialect)


@rule(
    "K013", "num-keypoints-missing", Severity.ERROR, impact=1, tasks=KEYPOINT_TASKS, requires=["keypoints-missing"],
)  # fmt: skip
def num_keypoints_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has `keypoints`, but no `num_keypoints`.

    What breaks: COCOeval raises KeyError 'num_keypoints'; mmpose counts the points itself.
    Definition: the key `num_keypoints` is absent in a file of person_keypoints.
    Fix: count the points with v > 0. Safe: that is what the format defines it to be. Unsafe for CrowdPose, which counts by a
    rule of its own.
    """
    return faults


@num_keypoints_missing.fix(Stage.DEFAULT, safe=True, reads=["keypoints"], writes=["num_keypoints"])
def count_points(record: Record, dialect: str) -> Record:
    """Count what is labelled."""
    return record if dialect == CROWDPOSE else with_count(record)


@num_keypoints_missing.fix(Stage.DEFAULT, safe=False, reads=["keypoints"], writes=["num_keypoints"])
def count_points_of_any_dialect(record: Record) -> Record:
    """Count what is labelled."""
    return with_count(record)


@rule(
    "K014", "num-keypoints-mismatch", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS,
    requires=["keypoints-length", "json-nan"], relaxed=("crowdpose",),
)  # fmt: skip
def num_keypoints_mismatch(annotations: Annotations) -> Iterable[Finding]:
    """`num_keypoints` is not the number of labelled points.

    What breaks: COCOeval ignores persons with 0, so a wrong 0 takes them out of AP and a wrong count puts empty ones in.
    Definition: `num_keypoints` differs from the number of points with v > 0. An error where one of the two is 0 and the
    other is not, a warning otherwise.
    Fix: count the points with v > 0. Safe: that is what the format defines it to be. Unsafe for CrowdPose, which counts by a
    rule of its own.
    """
    said, labelled = annotations.num_keypoints, annotations.labelled.astype(np.int64)
    wrong = annotations.has("num_keypoints") & annotations.has("keypoints") & (said != labelled)
    one_is_zero = (said == 0) | (labelled == 0)
    message = "`num_keypoints` is {said}, but {labelled} points have v > 0"
    for mask, severity in ((wrong & one_is_zero, Severity.ERROR), (wrong & ~one_is_zero, Severity.WARNING)):
        yield from annotations.where(mask, "num_keypoints", message, severity=severity, said=said, labelled=labelled)


@num_keypoints_mismatch.fix(Stage.DERIVE, safe=True, writes=["num_keypoints"])
def correct_count(record: Record, labelled: int, dialect: str) -> Record:
    """Say how many points are labelled."""
    return record if dialect == CROWDPOSE else record | {"num_keypoints": labelled}


@num_keypoints_mismatch.fix(Stage.DERIVE, safe=False, writes=["num_keypoints"])
def correct_count_of_any_dialect(record: Record, labelled: int) -> Record:
    """Say how many points are labelled."""
    return record | {"num_keypoints": labelled}


@rule("K026", "keypoints-area-missing", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS)
def keypoints_area_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation with keypoints has no `area`.

    What breaks: OKS divides by the area: COCOeval raises KeyError 'area'. mmpose takes 0.53 of the box in its place.
    Definition: the key `area` is absent in a file of person_keypoints. CrowdPose, AIC and PoseTrack leave it out.
    Fix: take the area of the segmentation, or w times h of the box. Unsafe: the choice changes the metric.
    """
    return faults


@keypoints_area_missing.fix(Stage.DERIVE, safe=False, reads=["segmentation", "bbox"], writes=["area"])
def add_area(record: Record) -> Record:
    """Measure the mask, or else the box."""
    bbox = record.get("bbox")
    area = area_of(record.get("segmentation")) or (bbox[2] * bbox[3] if is_box(bbox) else None)
    return record | {"area": area if isinstance(area, int) else tidy(area)} if area else record


@rule("K027", "wholebody-parts", Severity.WARNING, impact=3, tasks=KEYPOINT_TASKS)
def wholebody_parts(faults: Faults) -> Iterable[Finding]:
    """A part of COCO-WholeBody does not have the form of that data set.

    What breaks: xtcocotools, which evaluates whole bodies, cannot put the parts together to 133 points and raises ValueError.
    Definition: `face_kpts` is not 204 numbers, `lefthand_kpts` or `righthand_kpts` not 63, `foot_kpts` not 18; a `_box` of
    a part is not four numbers, or a `_valid` neither true nor false. Files without these keys need none.
    Source: the data format of COCO-WholeBody 1.0.
    Fix: export the part again with three numbers for each of its points. Only a person knows which point is which.
    """
    return once_for_each_record(faults)


def points_of(annotations: Annotations) -> tuple[Ints, Floats, Floats, Floats]:
    """Return the row and x, y, v of every point of the annotations whose `keypoints` divide by 3."""
    owner, _, values = annotations.points.triplets(annotations.has("keypoints"))
    return owner, values[:, 0], values[:, 1], values[:, 2]


def counted(annotations: Annotations, owner: Ints, points: Bools, what: str) -> Iterable[Finding]:
    count = np.bincount(owner[points], minlength=len(annotations))
    return annotations.where(count > 0, "keypoints", "{count} " + what, count=count)
