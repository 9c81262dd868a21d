"""What differs between the splits of a data set: ids, classes and sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from cocolint.api import (
    OBJECT_TASKS,
    Categories,
    Dataset,
    Finding,
    Floats,
    Images,
    Index,
    Ints,
    Member,
    Severity,
    Task,
    rule,
)

from ._splits import are_renamed, literal, other_splits, rows_of_one_id, splits_among

DECIDABLE = 20
"""From so many boxes on, their sizes are compared."""

_ROUNDING = 1e-9
_CERTAIN = 1.95
"""Of two samples of one distribution, one in a thousand is further apart than this over the root of their size."""


@rule("X009", "image-id-clash-across-splits", Severity.WARNING, requires=["image-id-duplicate"],
      relaxed=["roboflow", "label-studio", "encord", "fiftyone"])  # fmt: skip
def image_id_clash_across_splits(dataset: Dataset, images: Images) -> Iterable[Finding]:
    """Image ids stand for other pictures in another split.

    What breaks: tools that merge the files put the annotations of one split on the pictures of the other; as long as the
    files stay apart, nothing.
    Definition: an id of an image is the id of an image of another `file_name` in a file of another split. Told once for a
    file. Roboflow, Label Studio, Encord and FiftyOne number each file anew: information only.
    Fix: number the images of all files in one go, and keep the map. Safe: ids carry no meaning of their own.
    """
    for other in other_splits(dataset):
        mine, theirs = rows_of_one_id(images, other.images)
        clashes = np.flatnonzero(are_renamed(images, other.images, mine, theirs))
        if len(clashes):
            row, there = mine[clashes[0]], theirs[clashes[0]]
            example = f"{images.id[row]} is {images.file_name[row]!r}, and {other.images.file_name[there]!r} there"
            text = f"{len(clashes):,} of {len(images):,} ids stand for other files in {other.display}: {example}"
            yield Finding(literal(text), "images")
            return


@rule("X010", "annotation-id-clash-across-splits", Severity.INFO, requires=["annotation-id-duplicate"])
def annotation_id_clash_across_splits(dataset: Dataset, index: Index) -> Iterable[Finding]:
    """Annotation ids are used in another split too.

    What breaks: after a merge of the files detectron2 stops at ids that are not unique, and other readers lose objects.
    Definition: an id of an annotation stands in a file of another split. Told once for a file.
    Fix: number the annotations of all files in one go, and keep the map. Safe: ids carry no meaning of their own.
    """
    for other in other_splits(dataset):
        ids = index.id[index.has("id")]
        shared = ids[np.isin(ids, other.index.id[other.index.has("id")])]
        if len(shared):
            text = f"{len(shared):,} of {len(index):,} ids, such as {shared[0]}, are used in {other.display} too"
            yield Finding(literal(text), "annotations")
            return


@rule("D001", "class-missing-in-split", Severity.INFO, impact=3, requires=["category-id-duplicate"],
      tasks=OBJECT_TASKS | {Task.LABELS})  # fmt: skip
def class_missing_in_split(dataset: Dataset, index: Index, categories: Categories) -> Iterable[Finding]:
    """A class that another split uses has no annotation in this one.

    What breaks: nothing is learned, or nothing measured, of that class; COCOeval leaves it out of the mean without a word.
    Definition: a category is declared here and in a file of another split of the same task; that one has annotations of
    it, and this one, which has annotations, has none.
    Fix: divide the images anew, with each class in every split. Only a person can.
    """
    mine = _uses(index, categories)
    if not mine.any():
        return
    told = np.zeros(len(categories), bool)
    for other in _of_one_task(dataset.me, dataset.members):
        theirs = _uses(other.index, other.categories)
        place = {name: row for row, name in enumerate(other.categories.name)}
        rows = [
            row for row in np.flatnonzero((mine == 0) & ~told).tolist()
            if categories.name[row] in place and theirs[place[categories.name[row]]]
        ]  # fmt: skip
        told[rows] = True
        yield from categories.at(
            rows, None, "no annotation of {name!r}, and {uses} in {file}", name=[categories.name[row] for row in rows],
            uses=[int(theirs[place[categories.name[row]]]) for row in rows], file=[other.display] * len(rows),
        )  # fmt: skip


@rule("D004", "size-distribution-shift", Severity.INFO, impact=3, requires=["bbox-degenerate"], tasks=OBJECT_TASKS)
def size_distribution_shift(dataset: Dataset, index: Index, *, threshold: float = 0.3) -> Iterable[Finding]:
    """Objects are much larger, or smaller, than in another split.

    What breaks: anchors, scales and thresholds that fit one split do not fit the other; a score tells little of the rest.
    Definition: the Kolmogorov-Smirnov distance of the areas of the boxes, crowds left out, is above `threshold`: at some size
    the shares of smaller boxes differ by more than that. Files of 20 boxes and more. Told once for a file.
    Tolerance: the distance must also be one that chance brings in fewer than one of a thousand cases: with 50 boxes each, 0.39.
    Fix: divide the images at random, by source. Only a person can.
    """
    mine = _areas(index)
    for other in _of_one_task(dataset.me, dataset.earlier):
        theirs = _areas(other.index)
        if min(len(mine), len(theirs)) < DECIDABLE:
            continue
        distance = _distance(mine, theirs)
        by_chance = _CERTAIN * np.sqrt(1 / len(mine) + 1 / len(theirs))
        if distance > max(threshold, by_chance) + _ROUNDING:
            sides = np.sqrt([np.median(mine), np.median(theirs)])
            text = (
                f"{distance:.2f} from {other.display}: the median box has sides of {sides[0]:.0f} px, there {sides[1]:.0f} px"
            )
            yield Finding(literal(text), "annotations")
            return


def _of_one_task(me: Member, members: Sequence[Member]) -> list[Member]:
    return [other for other in splits_among(me, members) if other.facts.task is me.facts.task]


def _uses(index: Index, categories: Categories) -> Ints:
    """Return how many annotations each category has."""
    return np.bincount(index.category[index.category >= 0], minlength=len(categories))


def _areas(index: Index) -> Floats:
    with np.errstate(all="ignore"):
        areas = index.bbox[:, 2] * index.bbox[:, 3]
    chosen: Floats = np.sort(areas[np.isfinite(areas) & (areas > 0) & ~index.crowd])
    return chosen


def _distance(one: Floats, other: Floats) -> float:
    """Return the largest difference between the shares of values up to any value, both sorted."""
    both = np.concatenate([one, other])
    shares = [np.searchsorted(values, both, side="right") / len(values) for values in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())
