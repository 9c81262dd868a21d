"""What a category says of its keypoints: their names, and the skeleton of edges between points counted from 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from msgspec.structs import replace

from cocolint.api import Categories, Faults, Finding, Index, Ints, Record, Severity, Stage, Task, rule

from ._faults import once_for_each_record

KEYPOINT_TASKS = frozenset({Task.PERSON_KEYPOINTS})

Edges = list[list[int]]


@rule("K016", "category-keypoints-missing", Severity.ERROR, impact=2, tasks=KEYPOINT_TASKS)
def category_keypoints_missing(faults: Faults, categories: Categories, index: Index) -> Iterable[Finding]:
    """The category has no `keypoints` or no `skeleton`.

    What breaks: Datumaro and CVAT refuse the file unless every category has both; pycocotools' `showAnns` raises KeyError.
    Definition: either key is absent or null on a category of a person_keypoints file. A category that lacks both is
    reported once.
    Fix: write `[]` for the skeleton, and for the names if no annotation of the category has labelled points. Safe: both say
    what the absent key says. Other names only a person knows.
    """
    pointed = _pointed(categories, index)
    for fault in once_for_each_record(faults):
        yield replace(fault, values={**fault.values, "pointed": pointed[fault.rows]})


@category_keypoints_missing.fix(Stage.DEFAULT, safe=True, writes=["keypoints", "skeleton"])
def add_empty(record: Record, pointed: int) -> Record:
    """Say that there are no edges, and no points if there are none."""
    if record.get("keypoints") is None and pointed:
        return record
    return {**record, **{name: [] for name in ("keypoints", "skeleton") if record.get(name) is None}}


@rule("K017", "category-keypoints-type", Severity.ERROR, impact=3, tasks=KEYPOINT_TASKS, relaxed=["encord"])
def category_keypoints_type(faults: Faults, categories: Categories, index: Index) -> Iterable[Finding]:
    """The category's `keypoints` is not a list of names.

    What breaks: readers make a list of it: the string "keypoint" becomes eight points. With an empty list there is
    nothing to check the annotations against, and CVAT has no labels for the points.
    Definition: `keypoints` is not an array of strings; or, as a warning, it is empty while annotations of the category have
    labelled points.
    Fix: list one name for each point, in the order of the annotations. Only a person knows them.
    """
    yield from faults
    used = _pointed(categories, index)
    yield from categories.where(
        (categories.point_count == 0) & (used > 0), "keypoints", "names no point, but {used} of its annotations have points",
        severity=Severity.WARNING, used=used,
    )  # fmt: skip


@rule("K018", "category-keypoints-duplicate-name", Severity.WARNING, impact=3, tasks=KEYPOINT_TASKS)
def category_keypoints_duplicate_name(categories: Categories) -> Iterable[Finding]:
    """Two keypoints of a category have the same name.

    What breaks: CVAT makes a sublabel of every name and refuses the second; tables by name keep one of the two points.
    Definition: a name stands more than once among the `keypoints` of one category.
    Fix: give every point a name of its own. Only a person knows which is which.
    """
    repeated = {}
    for row, names in enumerate(categories.keypoints):
        name, count = Counter(names or [""]).most_common(1)[0]
        if count > 1:
            repeated[row] = (name, count)
    yield from categories.at(
        list(repeated), "keypoints", "the name '{name}' stands {count} times",
        name=[name for name, _ in repeated.values()], count=[count for _, count in repeated.values()],
    )  # fmt: skip


@rule("K019", "skeleton-index-range", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS)
def skeleton_index_range(categories: Categories) -> Iterable[Finding]:
    """An edge of the skeleton leads to a point that does not exist.

    What breaks: pycocotools' `showAnns` raises IndexError, or draws a wrong limb, since index 0 wraps to the last point.
    Definition: an index is below 1, or above the number of `keypoints` of the category. A skeleton that counts from 0
    throughout is left to skeleton-zero-based. Where no points are declared, only an index below 0 is out of range.
    Fix: correct the edges; a skeleton copied from another set of points has to be drawn anew. Only a person can.
    """

    def is_outside(index: int, points: int) -> bool:
        return index < 1 or index > points if points > 0 else index < 0

    def outside(edges: Edges, points: int) -> list[int]:
        if _counts_from_zero(edges, points):
            return []
        return [index for edge in edges for index in edge if is_outside(index, points)]

    found = {row: bad for row, edges, points in _skeletons(categories) if (bad := outside(edges, points))}
    yield from categories.at(
        list(found), "skeleton", "an edge has index {index}, the category has {points} points",
        index=[str(bad[0]) for bad in found.values()], points=[len(categories.keypoints[row] or ()) for row in found],
    )  # fmt: skip


@rule("K020", "skeleton-zero-based", Severity.WARNING, impact=2, tasks=KEYPOINT_TASKS)
def skeleton_zero_based(categories: Categories) -> Iterable[Finding]:
    """The skeleton counts points from 0, not from 1.

    What breaks: pycocotools subtracts 1 from every index: each limb is drawn between the wrong points, and index 0 becomes
    the last one.
    Definition: the smallest index of a category's edges is 0 and the largest at most K - 1, for K `keypoints`. Where the
    category declares none, the 0 alone proves it. Without a 0 nothing is proven.
    Fix: add 1 to every index. Safe: 0 is no index of the format, and all edges stay within the points. Unsafe where the
    category declares none: the edges may be wrong in another way.
    """
    skeletons = list(_skeletons(categories))
    shifted = [(edges, points) for _, edges, points in skeletons if _counts_from_zero(edges, points)]
    if shifted:
        edges, points = shifted[0]
        extent = f"0 to {max(map(max, edges))}" + (f" for {points} points" if points > 0 else "")
        yield Finding(f"{len(shifted)} of {len(skeletons)} skeletons count from 0: the indexes are {extent}", "categories")


@skeleton_zero_based.fix(Stage.SHAPE, safe=True, reads=["keypoints"], writes=["skeleton"])
def count_from_one(record: Record) -> Record:
    """Add 1 to every index."""
    return _counted_from_one(record) if record.get("keypoints") else record


@skeleton_zero_based.fix(Stage.SHAPE, safe=False, reads=["keypoints"], writes=["skeleton"])
def count_from_one_without_names(record: Record) -> Record:
    """Add 1 to every index."""
    return _counted_from_one(record)


def _counted_from_one(record: Record) -> Record:
    edges, names = _edges_of(record), record.get("keypoints")
    if not edges or not _counts_from_zero(edges, len(names) if isinstance(names, list) else 0):
        return record
    return record | {"skeleton": [[a + 1, b + 1] for a, b in edges]}


@rule("K021", "skeleton-self-loop", Severity.WARNING, impact=3, tasks=KEYPOINT_TASKS)
def skeleton_self_loop(categories: Categories) -> Iterable[Finding]:
    """An edge of the skeleton joins a point with itself.

    What breaks: nothing is drawn for it; another edge was meant and is lacking.
    Definition: the two indexes of an edge are equal.
    Fix: write the point that was meant, or take the edge out. Only a person can.
    """
    yield from _edges_where(categories, lambda edges: [e for e in edges if e[0] == e[1]], "the edge [{a}, {b}] has no length")


@rule("K022", "skeleton-duplicate-edge", Severity.WARNING, impact=3, tasks=KEYPOINT_TASKS)
def skeleton_duplicate_edge(categories: Categories) -> Iterable[Finding]:
    """An edge of the skeleton stands twice.

    What breaks: it is drawn twice; tools that count limbs or learn them, such as part affinity fields, get one too many.
    Definition: two edges of a category join the same two points, in either direction.
    Fix: take the later one out. Safe: it draws nothing new.
    """

    def repeated(edges: Edges) -> Edges:
        counts = Counter(tuple(sorted(edge)) for edge in edges if edge[0] != edge[1])
        return [list(edge) for edge, count in counts.items() if count > 1]

    yield from _edges_where(categories, repeated, "the points {a} and {b} are joined more than once")


@skeleton_duplicate_edge.fix(Stage.SHAPE, safe=True, writes=["skeleton"])
def drop_later_edge(record: Record) -> Record:
    """Keep the first edge between two points; an edge from a point to itself is left to skeleton-self-loop."""
    kept: Edges = []
    for a, b in _edges_of(record):
        if a == b or not ([a, b] in kept or [b, a] in kept):
            kept.append([a, b])
    return record | {"skeleton": kept} if kept else record


@rule("K023", "skeleton-edge-length", Severity.WARNING, impact=3, tasks=KEYPOINT_TASKS)
def skeleton_edge_length(faults: Faults) -> Iterable[Finding]:
    """An edge of the skeleton is not a pair of indexes.

    What breaks: `showAnns` and Datumaro index with what stands there and raise, or draw a line where none was meant.
    Definition: an item of `skeleton` is not an array of two integers.
    Fix: write every edge as `[a, b]`, counted from 1. Only a person knows what was meant.
    """
    return faults


@rule("K025", "keypoint-sigmas-count", Severity.INFO, impact=2, tasks=KEYPOINT_TASKS)
def keypoint_sigmas_count(categories: Categories) -> Iterable[Finding]:
    """The category does not have the 17 points that COCOeval knows the sigmas of.

    What breaks: COCOeval cannot broadcast the arrays: its `params.kpt_oks_sigmas` holds 17 numbers, for the persons of COCO.
    Definition: the category declares keypoints, and not 17.
    Fix: set `params.kpt_oks_sigmas` to an array with one number for each point before `evaluate()`; detectron2 has
    `TEST.KEYPOINT_OKS_SIGMAS`.
    """
    points = categories.point_count
    yield from categories.where(
        (points > 0) & (points != 17), "keypoints", "{points} points, sigmas of the evaluation are for 17", points=points
    )


def _skeletons(categories: Categories) -> Iterable[tuple[int, Edges, int]]:
    """Yield the row, the edges and the number of declared points (-1 where unknown) of the categories that have edges."""
    for row, edges in enumerate(categories.skeleton):
        if edges:
            yield row, edges, int(categories.point_count[row])


def _edges_of(record: Record) -> Edges:
    """Return the edges of a category as they stand, none where one of them is not a pair of integers."""
    edges: Any = record.get("skeleton")
    is_sound = isinstance(edges, list) and all(
        isinstance(edge, list) and len(edge) == 2 and all(type(index) in (int, float) for index in edge) for edge in edges
    )
    return edges if is_sound else []


def _pointed(categories: Categories, index: Index) -> Ints:
    """Return how many annotations of each category have labelled points."""
    return np.bincount(index.category[(index.labelled > 0) & (index.category >= 0)], minlength=len(categories))


def _counts_from_zero(edges: Edges, points: int) -> bool:
    indexes = [index for edge in edges for index in edge]
    return min(indexes) == 0 and (points <= 0 or max(indexes) <= points - 1)


def _edges_where(categories: Categories, faulty: Callable[[Edges], Edges], message: str) -> Iterable[Finding]:
    """Yield one finding with the first faulty edge of each category."""
    found = {row: bad[0] for row, edges, _ in _skeletons(categories) if (bad := faulty(edges))}
    firsts = list(found.values())
    return categories.at(list(found), "skeleton", message, a=[str(a) for a, _ in firsts], b=[str(b) for _, b in firsts])
