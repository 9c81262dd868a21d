"""How the objects of the checked files are spread: the numbers behind the plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath

import numpy as np
from msgspec import Struct

from cocolint.engine.whole_file import Checked
from cocolint.html.paths import Paths
from cocolint.model import Floats, Ints, Task
from cocolint.read.again import Again
from cocolint.read.columns import Annotations, Categories
from cocolint.report.text import clean, short
from cocolint.shapes import MOST_JOINTS

SERIES = 4
"""Files that are drawn side by side: those with the most objects."""
POSES = 20_000
"""Annotations of each file whose keypoints are read for the plot of joints."""
LABEL = 28
"""Characters of the name of a file in a plot."""
WITHOUT_OBJECTS = (Task.CAPTIONS, Task.RESULTS_CAPTIONS, Task.IMAGE_INFO)


class Series(Struct):
    """The objects of one file. `counts` are by class name; `per_image` has one number for each image.

    `sides` (n, 2) are width and height of sound boxes in pixels, `centres` (n, 2) their middles as shares of the image,
    `areas` (n, 2) those of box and mask in square pixels. `joints` holds for each keypoint of a class, by their names,
    how many have v = 0, 1 and 2; `read` of `poses` annotations with keypoints were read for that.
    """

    label: str
    path: str
    objects: int
    counts: Counter[str]
    per_image: Ints
    sides: Floats
    centres: Floats
    areas: Floats
    joints: dict[str, list[tuple[str, int, int, int]]] = {}
    read: int = 0
    poses: int = 0


def series_of(checked: Iterable[Checked]) -> list[Series]:
    """Return the files that hold objects, those with the most first, then in the order of the run; no more than a few."""
    drawn = [one for one in checked if has_objects(one)]
    largest = {id(one) for one in sorted(drawn, key=lambda one: -sum(_counts(one).values()))[:SERIES]}
    chosen = [one for one in drawn if id(one) in largest]
    return [_series(one, label) for one, label in zip(chosen, _labels(chosen), strict=True)]


def has_objects(one: Checked) -> bool:
    """Whether there are objects in a file whose spread can be shown."""
    return one.facts.task not in WITHOUT_OBJECTS and bool(_counts(one))


def _counts(one: Checked) -> Counter[str]:
    """Return how many objects there are of each class; in results without ground truth a class is a number."""
    index, categories = one.index, one.member.categories
    counts: Counter[str] = Counter()
    for row in np.flatnonzero(index.category_uses).tolist():
        counts[short(categories.name[row], 60) or f"category {categories.id[row]}"] += int(index.category_uses[row])
    if not len(categories):
        ids, numbers = np.unique(index.category_id[index.has("category_id")], return_counts=True)
        counts.update({f"category {id_}": number for id_, number in zip(ids.tolist(), numbers.tolist(), strict=True)})
    return counts


def _labels(chosen: Sequence[Checked]) -> list[str]:
    """Return the names of subsets where they tell the files apart, else those of files, else paths."""
    subsets = [one.facts.subset for one in chosen]
    names = [PurePath(one.facts.display).name for one in chosen]
    paths = Paths(one.facts.display for one in chosen)
    rest = [paths.shown(one.facts.display) for one in chosen]
    found = next((words for words in (subsets, names) if all(words) and len(set(words)) == len(words)), rest)
    return [_cut(clean(word)) for word in found]


def _cut(word: str) -> str:
    """Return both ends of a long word."""
    return word if len(word) <= LABEL else f"{word[: LABEL // 2 - 2]}...{word[1 - LABEL // 2 :]}"


def _series(one: Checked, label: str) -> Series:
    index, categories = one.index, one.member.categories
    counts = _counts(one)
    images = np.bincount(index.image[index.image >= 0], minlength=len(one.member.images))
    if not len(one.member.images):
        images = np.unique(index.image_id[index.has("image_id")], return_counts=True)[1]
    box = index.bbox
    sound = np.isfinite(box).all(axis=1) & (box[:, 2:] > 0).all(axis=1) & (np.abs(box) < 1e7).all(axis=1)
    with np.errstate(all="ignore"):
        middles = box[:, :2] + box[:, 2:] / 2
        centres = middles / np.column_stack([index.width, index.height])
        areas = np.column_stack([box[:, 2] * box[:, 3], index.mask_area])
    series = Series(
        label, one.facts.display, sum(counts.values()), counts,
        images if one.facts.task is not Task.PANOPTIC else images[:0],
        box[sound, 2:], centres[sound & np.isfinite(centres).all(axis=1)], areas[sound & (index.mask_area > 0)],
    )  # fmt: skip
    _add_joints(series, one, categories)
    return series


def _add_joints(series: Series, one: Checked, categories: Categories) -> None:
    rows = np.flatnonzero(one.index.keypoint_values > 0)
    series.poses = len(rows)
    if not len(rows):
        return
    rows = rows[np.linspace(0, len(rows) - 1, min(POSES, len(rows))).astype(np.int64)]
    series.read = len(rows)
    found = Again(one.document).at(rows)
    for category in np.flatnonzero(np.bincount(found.category[found.category >= 0])).tolist():
        joints = _joints(found, category)
        names = categories.keypoints[category] or []
        labels = [short(names[place], 40) if place < len(names) else f"keypoint {place + 1}" for place in range(len(joints))]
        title = short(categories.name[category], 40) or "unnamed"
        series.joints.setdefault(title, [(name, *row) for name, row in zip(labels, joints, strict=True)])


def _joints(found: Annotations, category: int) -> list[tuple[int, int, int]]:
    """Return for each keypoint of a category how many have v = 0, 1 and 2 or more."""
    _, place, points = found.points.triplets(found.category == category)
    kept = np.isfinite(points[:, 2]) & (place < MOST_JOINTS)
    levels = np.clip(np.ceil(points[kept, 2]), 0, 2).astype(np.int64)
    counts = np.bincount(place[kept] * 3 + levels, minlength=3)
    counts = np.append(counts, np.zeros(-len(counts) % 3, np.int64)).reshape(-1, 3)
    return [(row[0], row[1], row[2]) for row in counts.tolist()]
