"""Rules on what CVAT and Encord write into `attributes`: tracks over frames, occlusion, keyframes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from cocolint.api import OBJECT_TASKS, Annotations, Finding, Index, Ints, Severity, Task, rule

_FLAG = (bool,)
_TYPES: dict[str, tuple[type, ...]] = {
    "occluded": _FLAG,
    "keyframe": _FLAG,
    "manual_annotation": _FLAG,
    "rotation": (int, float),
    "track_id": (int, str),
    "encord_track_uuid": (str,),
    "classifications": (dict, list),
}
_NAMES = {bool: "true or false", int: "a number", float: "a number", str: "a string", dict: "an object", list: "an array"}


@rule("A021", "attribute-type", Severity.WARNING, impact=3, tasks=OBJECT_TASKS)
def attribute_type(annotations: Annotations) -> Iterable[Finding]:
    """An attribute that CVAT or Encord gives a meaning to is of another type.

    What breaks: Datumaro and CVAT take the text "false" for true, and lose a rotation or a track that is no number.
    Definition: in `attributes`, `occluded`, `keyframe` or `manual_annotation` is not true or false, `rotation` no number,
    `track_id` neither number nor string, `encord_track_uuid` no string, or `classifications` neither object nor array.
    Null counts as absent.
    Fix: write the value that is meant; only a person knows it.
    """
    wrong: dict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(annotations.has("attributes")).tolist():
        attributes: dict[str, Any] = annotations.attributes[row]
        for key, value in attributes.items():
            if key in _TYPES and type(value) not in _TYPES[key] and value is not None:
                wrong[key].append(row)
    for key, rows in sorted(wrong.items()):
        yield from annotations.at(rows, f"attributes/{key}", f"`{key}` is not {_NAMES[_TYPES[key][0]]}")


@rule(
    "A022", "track-category-conflict", Severity.WARNING, tasks=OBJECT_TASKS, requires=["category-id-unknown"], cumulative=True
)
def track_category_conflict(index: Index) -> Iterable[Finding]:
    """A track has objects of two categories.

    What breaks: a tracked object has one class. Trackers and CVAT's import make two tracks of it, or give all frames the
    first class.
    Definition: `attributes.track_id`, or Encord's `encord_track_uuid`, is that of an earlier annotation of the file, and
    the category is another than that of the first one.
    Fix: correct the category or the track; only a person knows which.
    """
    rows = np.flatnonzero((index.track != 0) & index.has("category_id"))
    if not len(rows):
        return []
    first = _first_of_each(index.track[rows])
    wrong = index.category_id[rows] != index.category_id[rows[first]]
    rows, first = rows[wrong], rows[first[wrong]]
    return index.at(
        rows, "category_id", "category {category_id}, but annotation {first} of the same track has {other}",
        category_id=index.category_id[rows], first=index.id[first], other=index.category_id[first],
    )  # fmt: skip


@rule(
    "A023",
    "track-frame-duplicate",
    Severity.WARNING,
    tasks=OBJECT_TASKS,
    requires=["annotation-duplicate-exact", "annotation-near-duplicate"],
    cumulative=True,
)
def track_frame_duplicate(index: Index) -> Iterable[Finding]:
    """A track has two objects in one image.

    What breaks: a tracked object is at one place at a time. Trackers keep the last of the two, metrics count the other as
    a false object.
    Definition: image and track are those of an earlier annotation of the file.
    Fix: drop one, or give it a track of its own; only a person knows which.
    """
    rows = np.flatnonzero((index.track != 0) & index.has("image_id"))
    if not len(rows):
        return []
    order = rows[np.lexsort((rows, index.image_id[rows], index.track[rows]))]
    earlier, later = order[:-1], order[1:]
    same = (index.track[earlier] == index.track[later]) & (index.image_id[earlier] == index.image_id[later])
    found = np.argsort(later[same])
    later, earlier = later[same][found], earlier[same][found]
    return index.at(later, None, "the same track and image as annotation {earlier}", earlier=index.id[earlier])


@rule("A024", "track-in-attributes", Severity.INFO, impact=3, tasks=OBJECT_TASKS)
def track_in_attributes(index: Index) -> Iterable[Finding]:
    """Tracks are known by an attribute only.

    What breaks: no reader of COCO but CVAT, Datumaro and Encord looks at `attributes`: everywhere else each frame is an
    image of its own.
    Definition: at least two annotations name the same track. One finding for a file.
    Fix: export tracks in a format for videos, such as MOT or CVAT for video.
    """
    tracks, counts = np.unique(index.track[index.track != 0], return_counts=True)
    if len(tracks) and counts.max() > 1:
        yield Finding(f"{len(tracks)} tracks over {counts.sum()} annotations are told by `attributes` alone", "annotations")


@rule("A025", "occluded-keypoints-visible", Severity.INFO, impact=4, tasks={Task.PERSON_KEYPOINTS})
def occluded_keypoints_visible(annotations: Annotations) -> Iterable[Finding]:
    """An object is marked as occluded, and yet all its keypoints are visible.

    What breaks: readers of COCO look at v only, so that the knowledge of what is hidden is lost.
    Definition: `attributes.occluded` is true, and every keypoint with v > 0 has v = 2, at least one of them.
    Fix: write v = 1 for the hidden points; only a person knows which they are.
    """
    there = np.flatnonzero(annotations.has("attributes")).tolist()
    occluded = np.zeros(len(annotations), bool)
    occluded[[row for row in there if annotations.attributes[row].get("occluded") is True]] = True
    owner, _, points = annotations.points.triplets(occluded)
    hidden = np.bincount(owner[points[:, 2] == 1], minlength=len(annotations))
    visible = np.bincount(owner[points[:, 2] == 2], minlength=len(annotations))
    return annotations.where(
        (visible > 0) & (hidden == 0), "keypoints", "occluded, with {visible} of its keypoints visible and none hidden",
        visible=visible,
    )  # fmt: skip


def _first_of_each(values: Ints) -> Ints:
    """Return for each value the place at which it stands first."""
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    found: Ints = first[inverse]
    return found
