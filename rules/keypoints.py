"""Keypoints of annotations: `[x1, y1, v1, ...]`, with v 0 for not labelled, 1 for hidden and 2 for visible."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import OBJECT_TASKS, Annotations, Bools, Faults, Finding, Floats, Index, Ints, Severity, Task, rule

from ._faults import once_for_each_record

KEYPOINT_TASKS = frozenset({Task.PERSON_KEYPOINTS})


@rule("K001", "keypoints-missing", Severity.ERROR, impact=2, tasks=KEYPOINT_TASKS)
def keypoints_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has no `keypoints`.

    What breaks: COCOeval raises KeyError 'keypoints'; mmpose leaves the person out.
    Definition: the key `keypoints` is absent in a file of person_keypoints, where crowds too have it, full of zeros.
    Fix: give crowds zeros for every point and `num_keypoints` 0; label the points of single persons. Unsafe: zeros say
    that nobody labelled the person.
    """
    return faults


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
    Fix: write the numbers one after the other. Safe: their order stays.
    """
    return faults


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


@rule("K005", "keypoints-null", Severity.WARNING, impact=3, tasks=OBJECT_TASKS, relaxed=["encord"])
def keypoints_null(faults: Faults) -> Iterable[Finding]:
    """`keypoints` or `num_keypoints` is null.

    What breaks: detectron2 takes null for no keypoints; readers that ask for the length or count v raise TypeError.
    Definition: the value of either key is null. An annotation with both is reported once.
    Fix: leave both keys out in a file of instances. Safe: null says no more than an absent key. In a file of
    person_keypoints the points have to be labelled.
    """
    return once_for_each_record(faults)


@rule("K006", "keypoint-visibility-value", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS)
def keypoint_visibility_value(index: Index, *, min_points: int = 20, share: float = 0.5) -> Iterable[Finding]:
    """v of a keypoint is not 0, 1 or 2.

    What breaks: no reader refuses it: any v above 0 counts as labelled, so a confidence of 0.01 is trusted like a label.
    Definition: v is not 0, 1 or 2. Where at least half of all v > 0 are fractions below 1, the file holds scores in place
    of v and is reported once.
    Tolerance: the scores are told from 20 points with v > 0 on; fewer prove nothing about a file.
    Fix: write 2 for visible, 1 for hidden, 0 for not labelled. Unsafe: which score still is a label has to be decided.
    """
    scored, labelled = int(index.scored.sum()), int(index.labelled.sum())
    if labelled >= min_points and scored >= share * labelled:
        yield Finding(
            f"{scored:,} of {labelled:,} keypoints with v > 0 have a fraction for v: they look like scores", "annotations"
        )
        return
    odd = index.odd_visibility
    yield from index.where(~np.isnan(odd), "keypoints", "v is {v:g}", v=odd)


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


@rule(
    "K009", "keypoint-v-positive-at-origin", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS, requires=["keypoints-length"],
)  # fmt: skip
def keypoint_v_positive_at_origin(annotations: Annotations) -> Iterable[Finding]:
    """A keypoint at (0, 0) is marked as labelled.

    What breaks: (0, 0) stands for a point that nobody labelled; with v > 0 it counts as a label in the corner of the image,
    which spoils training and OKS.
    Definition: v > 0 with x = 0 and y = 0.
    Fix: set v to 0. Unsafe: a point may really lie in the corner.
    """
    owner, x, y, v = points_of(annotations)
    yield from counted(annotations, owner, (v > 0) & (x == 0) & (y == 0), "points at (0, 0) with v > 0")


@rule(
    "K010", "keypoint-out-of-image", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS,
    requires=["keypoints-length", "image-size-swapped", "bbox-fully-outside"],
)  # fmt: skip
def keypoint_out_of_image(annotations: Annotations, *, tolerance: float = 1.0) -> Iterable[Finding]:
    """A labelled keypoint lies outside its image.

    What breaks: detectron2 sets v to 0 after a transform, albumentations drops the point: the label is lost in silence.
    Definition: v > 0 and `max(-x, -y, x - W, y - H) > tolerance`, in pixels; the worst point is shown.
    Tolerance: 1 px is the most that the 0/1-based conventions can explain; official points are never outside.
    Fix: clip the point to the image or set v to 0. Unsafe: both change a label.
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
        over=worst, width=width, height=height,
    )  # fmt: skip


@rule(
    "K013", "num-keypoints-missing", Severity.ERROR, impact=1, tasks=KEYPOINT_TASKS, requires=["keypoints-missing"],
)  # fmt: skip
def num_keypoints_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has `keypoints`, but no `num_keypoints`.

    What breaks: COCOeval raises KeyError 'num_keypoints'; mmpose counts the points itself.
    Definition: the key `num_keypoints` is absent in a file of person_keypoints.
    Fix: count the points with v > 0. Safe: that is what the format defines it to be.
    """
    return faults


@rule(
    "K014", "num-keypoints-mismatch", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS,
    requires=["keypoints-length", "json-nan"], relaxed=("crowdpose",),
)  # fmt: skip
def num_keypoints_mismatch(annotations: Annotations) -> Iterable[Finding]:
    """`num_keypoints` is not the number of labelled points.

    What breaks: COCOeval ignores persons with 0, so a wrong 0 takes them out of AP and a wrong count puts empty ones in.
    Definition: `num_keypoints` differs from the number of points with v > 0. An error where one of the two is 0 and the
    other is not, a warning otherwise.
    Fix: count the points with v > 0. Safe: that is what the format defines it to be. CrowdPose counts by a rule of its own.
    """
    said, labelled = annotations.num_keypoints, annotations.labelled.astype(np.int64)
    wrong = annotations.has("num_keypoints") & annotations.has("keypoints") & (said != labelled)
    one_is_zero = (said == 0) | (labelled == 0)
    message = "`num_keypoints` is {said}, but {labelled} points have v > 0"
    for mask, severity in ((wrong & one_is_zero, Severity.ERROR), (wrong & ~one_is_zero, Severity.WARNING)):
        yield from annotations.where(mask, "num_keypoints", message, severity=severity, said=said, labelled=labelled)


@rule("K026", "keypoints-area-missing", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS)
def keypoints_area_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation with keypoints has no `area`.

    What breaks: OKS divides by the area: COCOeval raises KeyError 'area'. mmpose takes 0.53 of the box in its place.
    Definition: the key `area` is absent in a file of person_keypoints. CrowdPose, AIC and PoseTrack leave it out.
    Fix: take the area of the segmentation, or w times h of the box. Unsafe: the choice changes the metric.
    """
    return faults


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
