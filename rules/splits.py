"""What differs between the splits of a data set: ids, classes and sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

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
    Renumbered,
    Severity,
    Stage,
    Task,
    distinct,
    rule,
)
from cocolint.engine.dataset import truth_of

from ._splits import (
    all_other_splits,
    are_renamed,
    families_of,
    file_names,
    highest_id,
    literal,
    other_splits,
    rows_of_one_id,
    several_splits,
)

DECIDABLE = 20
"""From so many boxes on, their sizes are compared."""

_ROUNDING = 1e-9
_CERTAIN = 1.95
"""Of two samples of one distribution, one in a thousand is further apart than this over the root of their size."""


@rule("X009", "image-id-clash-across-splits", Severity.WARNING, requires=["image-id-duplicate"],
      relaxed=["roboflow", "label-studio", "encord", "fiftyone"], cumulative=several_splits)  # fmt: skip
def image_id_clash_across_splits(dataset: Dataset, images: Images) -> Iterable[Finding]:
    """Image ids stand for other pictures in another split.

    What breaks: tools that merge the files put the annotations of one split on the pictures of the other; as long as the
    files stay apart, nothing.
    Definition: an id of an image is the id of an image of another `file_name` in a file of another split. Told once for a
    file. Roboflow, Label Studio, Encord and FiftyOne number each file anew: information only.
    Fix: give the images of one split new ids, of train where it is one of the two, in all its files and results, and keep
    the map. Unsafe: what is not checked along, such as saved results, refers to the old ids. Where it is not clear which
    pictures a file refers to, nothing is changed.
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


@image_id_clash_across_splits.fix(Stage.ID, safe=False)
def images_told_apart(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Give pictures whose id another split has for another one a new id, wherever they stand."""
    for family in families_of(members):
        pictures = _pictures_of(family)
        moves = _moves(pictures, highest_id(members, "images") + 1)
        moved = {number for number, _ in moves}
        maps: dict[str, Mapping[int, int]] = {}
        for member in members:
            truth = truth_of(member, members) if member.facts.task.is_results else member
            if truth not in family and not (truth is None and moved.intersection(member.index.image_id.tolist())):
                continue
            whole = truth or member
            known = pictures.get(whole.place.split) or _names_in(whole)
            if moved.intersection(member.index.image_id.tolist()) - known.keys():
                return
            maps[member.display] = {n: moves[n, name] for n, name in known.items() if (n, name) in moves}
        yield from (Renumbered(file, "images", ids) for file, ids in maps.items() if ids)


def _pictures_of(family: Iterable[Member]) -> dict[str, dict[int, str]]:
    """Return for each split the name of the picture that each id stands for, "" where no file gives it."""
    found: dict[str, dict[int, str]] = {}
    for member in family:
        if member.place.split:
            names = found.setdefault(member.place.split, {})
            for number, name in _names_in(member).items():
                names[number] = names.get(number) or name
    return found


def _names_in(member: Member) -> dict[int, str]:
    images = member.images
    names = file_names(images)
    return {int(images.id[row]): names[row] for row in np.flatnonzero(images.has("id")).tolist()}


def _moves(pictures: Mapping[str, Mapping[int, str]], free: int) -> dict[tuple[int, str], int]:
    """Return new ids, from `free` on, for pictures by id and name where another split has the id for another name.

    Results are kept of val and test rather than of train, so that ids of train give way.
    """
    first: dict[int, str] = {}
    moves: dict[tuple[int, str], int] = {}
    for _, names in sorted(pictures.items(), key=lambda item: item[0] == "train"):
        for number, name in names.items():
            if name and first.setdefault(number, name) != name:
                moves.setdefault((number, name), free + len(moves))
    return moves


@rule("X010", "annotation-id-clash-across-splits", Severity.INFO, requires=["annotation-id-duplicate"])
def annotation_id_clash_across_splits(dataset: Dataset, index: Index) -> Iterable[Finding]:
    """Annotation ids are used in another split too.

    What breaks: after a merge of the files detectron2 stops at ids that are not unique, and other readers lose objects.
    Definition: an id of an annotation stands in a file of another split. Told once for a file.
    Fix: give the annotations of one split new ids, of train where it is one of the two, in all its files, and keep the map.
    Unsafe: what is not checked along may refer to the old ids.
    """
    for other in other_splits(dataset):
        shared = _shared(index, other.index)
        if len(shared):
            text = f"{len(shared):,} of {len(index):,} ids, such as {shared[0]}, are used in {other.display} too"
            yield Finding(literal(text), "annotations")
            return


def _shared(index: Index, other: Index) -> Ints:
    ids = index.id[index.has("id")]
    return ids[np.isin(ids, other.id[other.has("id")])]


@annotation_id_clash_across_splits.fix(Stage.ID, safe=False)
def annotations_told_apart(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Give annotations whose id another split has a new one, the same in all files of their split."""
    free = highest_id(members, "annotations") + 1
    known: dict[Any, Any] = {}
    places = {member.display: place for place, member in enumerate(members)}
    for family in families_of(members):
        clashes: dict[str, list[Ints]] = defaultdict(list)
        for member in family:
            for other in other_splits(Dataset(members, places[member.display], known)):
                moved = other if other.place.split == "train" else member
                clashes[moved.place.split].append(_shared(member.index, other.index))
        for split, found in clashes.items():
            ids = distinct(np.concatenate(found))
            new = dict(zip(ids.tolist(), range(free, free + len(ids)), strict=True))
            free += len(ids)
            for member in family if new else ():
                if member.place.split == split:
                    yield Renumbered(member.display, "annotations", new)


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
    for other in _of_one_task(dataset.me, all_other_splits(dataset)):
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
    for other in _of_one_task(dataset.me, other_splits(dataset)):
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
    return [other for other in members if other.facts.task is me.facts.task]


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
