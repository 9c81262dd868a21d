"""Objects that are annotated twice: copies, and two that are nearly the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cocolint.api import (
    OBJECT_TASKS,
    Again,
    Annotations,
    Bools,
    Dropped,
    FileFacts,
    Finding,
    Floats,
    Index,
    Ints,
    Severity,
    Stage,
    Task,
    rule,
)

from ._overlap import mask_overlap

OBJECTS = frozenset({Task.INSTANCES, Task.PERSON_KEYPOINTS})
LEAST = 0.9
"""The IoU from which on two boxes of a class are worth a look."""
SAME_MASK = 0.9
"""The IoU from which on two masks are one."""
NEIGHBOURS = 64
"""How many boxes that begin nearly where another does are compared with it: more would take more than linear time."""
LOOKED_AT = 5000
"""Of how many pairs the masks and keypoints are read again."""
ROUNDING = 1e-9
"""The noise of sums of decimal numbers, as a share of a side."""
_BLOCK = 1 << 15
"""So many rows, and those of the same image, are looked at together."""
_FEW = 1000
"""Below so many rows it is looked at first whether any two are of one group."""
_QUANTA = 2
"""Steps of a pixel in which edges are sorted."""


@rule("A013", "annotation-duplicate-exact", Severity.WARNING, requires=["annotation-id-duplicate", "bbox-degenerate"],
      tasks=OBJECT_TASKS, cumulative=True)  # fmt: skip
def annotation_duplicate_exact(index: Index) -> Iterable[Finding]:
    """An annotation is a copy of an earlier one.

    What breaks: one detection matches one of the copies, so the others count as missed; in training the object weighs
    double.
    Definition: image, category, iscrowd, rotation, all four numbers of the box, mask and keypoints are equal; the first
    one is not reported. Masks and keypoints are compared by bounds, area and a sum over their numbers. Other attributes,
    such as a track id, are not looked at.
    Fix: drop the later copy. Safe: all its fields but the id are equal. Where they are not, only a person can choose.
    """
    rows = _suspects(index)
    if not len(rows):
        return []
    earlier, later = rows[:-1], rows[1:]
    for column in (
        index.image_id, index.category_id, index.iscrowd, index.rotation, *index.bbox.T,
        index.ring_count, index.is_rle, *index.mask_bounds.T, index.mask_area, index.digest,
    ):  # fmt: skip
        same = _bits(column[earlier]) == _bits(column[later])
        earlier, later = earlier[same], later[same]
    order = np.argsort(later)
    earlier, later = earlier[order], later[order]
    message = "the same image, category, box and mask as annotation {earlier}"
    return index.at(later, None, message, earlier=index.id[earlier], first=earlier, row=later)


@annotation_duplicate_exact.fix(Stage.DROP, safe=True)
def without_copies(file: FileFacts, again: Again, row: Ints, first: Ints) -> Iterable[Dropped]:
    """Drop those that say nothing else than one before."""
    group: dict[int, int] = {}
    for later, earlier in sorted(zip(row.tolist(), first.tolist(), strict=True)):
        group[later] = group.setdefault(earlier, earlier)
    rows = np.array(sorted(group))
    seen: set[tuple[int, int]] = set()
    found: list[int] = []
    for start in range(0, len(rows), LOOKED_AT):
        some = rows[start : start + LOOKED_AT]
        for one, record in zip(some.tolist(), again.records(some), strict=True):
            content = group[one], hash(_frozen({**record, "id": None}))
            if content in seen:
                found.append(one)
            seen.add(content)
    if found:
        yield Dropped(file.display, "annotations", np.array(found))


def _frozen(value: Any) -> Any:
    """Return a value that can be hashed, and is equal for equal values."""
    if isinstance(value, dict):
        return frozenset((name, _frozen(item)) for name, item in value.items())
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def overlapping(index: Index, *, overlap: float = 0.95) -> Iterable[Finding]:
    """Name objects whose box is nearly that of an earlier one of the same image and category."""
    return index.at(np.sort(_overlapping(index, overlap)[1]), "bbox", "nearly an earlier box")


@rule(
    "A014", "annotation-near-duplicate", Severity.WARNING, impact=3, tasks=OBJECTS, cumulative=overlapping,
    requires=["annotation-id-duplicate", "annotation-duplicate-exact", "bbox-degenerate"],
)  # fmt: skip
def annotation_near_duplicate(index: Index, again: Again, *, overlap: float = 0.95) -> Iterable[Finding]:
    """An annotation is nearly the same as an earlier one.

    What breaks: one detection matches one of the two, so the other counts as missed; in training the object weighs double.
    Definition: image, category and rotation (within 5 degrees) are equal, neither is a crowd, and the boxes have an IoU of
    `overlap` or more; a pair from 0.9 on is information. Where both have masks, the masks have an IoU of 0.9 or more.
    Where both have labelled keypoints, those labelled in both lie apart by at most a tenth of the box's diagonal, in the
    mean. Each box is compared with the 64 that begin next to it, and masks and keypoints of at most 5000 pairs are read.
    Tolerance: official COCO has no two boxes of a class with an IoU above 0.9 in samples.
    Fix: drop one of the two. Only a person can tell a double from two objects side by side.
    """
    earlier, later = _overlapping(index, overlap)
    if not len(later):
        return
    with np.errstate(invalid="ignore"):
        same: Bools = np.abs(index.rotation[earlier] - index.rotation[later]) <= 5
    same &= ~_have_equal_shapes(index, earlier, later)
    earlier, later = _confirmed(index, again, earlier[same], later[same])
    earlier, later, iou = _best(index, earlier, later)
    for mask, severity in ((iou >= overlap, None), (iou < overlap, Severity.INFO)):
        yield from index.at(
            later[mask], None, "nearly annotation {earlier}: the boxes have an IoU of {iou:.2f}", severity=severity,
            earlier=index.id[earlier[mask]], iou=_floored(iou[mask]),
        )  # fmt: skip


@rule("A015", "annotation-cross-class-duplicate", Severity.INFO, impact=3, tasks=OBJECTS,
      requires=["annotation-id-duplicate", "bbox-degenerate"])  # fmt: skip
def annotation_cross_class_duplicate(index: Index, again: Again, *, overlap: float = 0.98) -> Iterable[Finding]:
    """An object is annotated a second time, with another category.

    What breaks: a model is told that one object is of two classes, and one of its detections is always wrong.
    Definition: the image is that of an earlier annotation, the category another, neither is a crowd, and the boxes have an
    IoU of `overlap` or more. Masks and keypoints are compared as for `annotation-near-duplicate`.
    Tolerance: official COCO has pairs of different classes with an IoU of 0.95, but hardly any of 0.98.
    Fix: drop the one with the wrong category; only a person knows which.
    """
    earlier, later = _pairs(index, _usable(index), lambda some: index.image[some], overlap)
    other = (index.image[earlier] == index.image[later]) & (index.category_id[earlier] != index.category_id[later])
    earlier, later = earlier[other], later[other]
    equal = _have_equal_shapes(index, earlier, later)
    seen = _confirmed(index, again, earlier[~equal], later[~equal])
    earlier, later = (np.append(pairs[equal], part) for pairs, part in zip((earlier, later), seen, strict=True))
    earlier, later, iou = _best(index, earlier, later)
    return index.at(
        later, "category_id", "category {category_id}, but annotation {earlier} at the same place has {other} (IoU {iou:.2f})",
        category_id=index.category_id[later], earlier=index.id[earlier], other=index.category_id[earlier], iou=_floored(iou),
    )  # fmt: skip


def _overlapping(index: Index, overlap: float) -> tuple[Ints, Ints]:
    """Return the pairs of one image and category whose boxes have an IoU of 0.9 or more, or of `overlap` where that is less."""
    rows = _usable(index)
    rows = rows[index.category[rows] >= 0]
    kinds = int(index.category.max(initial=0)) + 1
    earlier, later = _pairs(index, rows, lambda some: index.image[some] * kinds + index.category[some], min(LEAST, overlap))
    same: Bools = (index.image[earlier] == index.image[later]) & (index.category[earlier] == index.category[later])
    return earlier[same], later[same]


def _usable(index: Index) -> Ints:
    """Return the annotations that are one object with a box and a category in an image of the file."""
    rows = []
    for part in index.parts():
        sized = part.is_boxed & (part.bbox[:, 2] > 0) & (part.bbox[:, 3] > 0)
        usable = sized & ~part.crowd & (part.image >= 0) & part.has("category_id")
        rows.append(np.flatnonzero(usable) + part.offset)
    return np.concatenate(rows)


def _pairs(index: Index, rows: Ints, group_of: Callable[[Ints], Ints], least: float) -> tuple[Ints, Ints]:
    """Return the pairs of `rows`, the earlier and the later, whose boxes have an IoU of `least` or more, in their order.

    Where an IoU is that high, the boxes begin within (1 - least) of a side from each other, on both axes. The shorter side
    tells most, so that every box is looked at along it. A pair of different groups may be among them by chance.
    """
    none = np.empty((2, 0), np.int64)
    if len(rows) < _FEW:
        ordered = np.sort(group_of(rows))
        if (ordered[1:] != ordered[:-1]).all():
            return none[0], none[1]
    found = [none]
    for some in index.by_image(rows):
        found += [_pairs_of(index, *block, least) for block in _blocks(index, some, group_of(some))]
    earlier, later = np.concatenate(found, axis=1)
    order = np.lexsort((later, earlier))
    return earlier[order], later[order]


def _blocks(index: Index, rows: Ints, group: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Cut rows and groups between images, since small blocks stay in the cache; where images are mixed, there is one block."""
    image = index.image[rows]
    starts = np.searchsorted(image, image[::_BLOCK]) if (image[1:] >= image[:-1]).all() else np.zeros(1, np.int64)
    for start, stop in pairwise([*starts, len(rows)]):
        yield rows[start:stop], group[start:stop]


def _pairs_of(index: Index, rows: Ints, group: Ints, least: float) -> Ints:
    """Return the pairs (2, n) of one block."""
    width, height = index.bbox[rows, 2], index.bbox[rows, 3]
    upright = width <= height
    nearly = width <= height / least**2  # as a box must be that is paired with an upright one
    found = [(np.empty(0, np.int64),) * 2]
    for axis, chosen in ((0, nearly), (1, ~upright)):
        place = np.flatnonzero(chosen)
        for one, other in _neighbours(group[place], index.bbox[rows[place]], axis, 1 - least + ROUNDING):
            fit = _overlaps(index.bbox[rows[place[one]]], index.bbox[rows[place[other]]]) >= least
            fit &= (axis == 1) | upright[place[one]] | upright[place[other]]
            found.append((place[one[fit]], place[other[fit]]))
    first, second = map(np.concatenate, zip(*found, strict=True))
    return np.stack([rows[np.minimum(first, second)], rows[np.maximum(first, second)]])


def _neighbours(group: Ints, boxes: Floats, axis: int, share: float) -> Iterator[tuple[Ints, Ints]]:
    """Yield the places of boxes (n, 4) that begin within `share` of a side from each other, in parts.

    They are found by sorting along the axis; the group is the leading part of the key that is sorted.
    """
    begin = np.clip(boxes[:, axis] * _QUANTA, -(2.0**23), 2.0**23 - 1).astype(np.int64) + 2**23
    key = (group % 2**38) << 24 | begin
    order = _sorted(key, boxes[:, 1 - axis])
    key, side, across, length = key[order], boxes[order, axis + 2], boxes[order, 1 - axis], boxes[order, 3 - axis]
    reach = np.minimum(side * share * _QUANTA, 2.0**23).astype(np.int64) + 1
    active = np.arange(len(key))
    for step in range(1, min(NEIGHBOURS + 1, len(key))):
        active = active[: np.searchsorted(active, len(key) - step)]
        active = active[key[active + step] - key[active] <= reach[active]]
        if not len(active):
            return
        other = active + step
        level = np.abs(across[other] - across[active]) <= share * np.maximum(length[other], length[active])
        yield order[active[level]], order[other[level]]


def _sorted(key: Ints, across: Floats) -> Ints:
    """Return the places of the keys in rising order, equal ones in that of `across`, so that what lies together is together."""
    order = np.argsort(key)
    ordered = key[order]
    same = ordered[1:] == ordered[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    if len(tied):
        order[tied] = order[tied[np.lexsort((order[tied], across[order[tied]], ordered[tied]))]]
    return order


def _overlaps(one: Floats, other: Floats) -> Floats:
    """Return the IoU of boxes (n, 4) with boxes (n, 4)."""
    with np.errstate(all="ignore"):
        low = np.maximum(one[:, :2], other[:, :2])
        high = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
        both = np.clip(high - low, 0, None).prod(axis=1)
        iou: Floats = both / (one[:, 2:].prod(axis=1) + other[:, 2:].prod(axis=1) - both)
    return iou


def _have_equal_shapes(index: Index, one: Ints, other: Ints) -> Bools:
    """Whether box, mask and keypoints are the same."""
    area, other_area = index.mask_area[one], index.mask_area[other]
    equal: Bools = (area == other_area) | (np.isnan(area) & np.isnan(other_area))
    equal &= (index.bbox[one] == index.bbox[other]).all(axis=1) & (index.digest[one] == index.digest[other])
    return equal


def _confirmed(index: Index, again: Again, earlier: Ints, later: Ints) -> tuple[Ints, Ints]:
    """Return the pairs whose masks and keypoints, where both have any, do not tell them apart."""
    masked = index.is_polygon | index.is_rle
    masks = masked[earlier] & masked[later]
    points = (index.labelled[earlier] > 0) & (index.labelled[later] > 0)
    looked = np.flatnonzero(masks | points)[:LOOKED_AT]
    keep = ~masks & ~points
    rows = np.unique(np.concatenate([earlier[looked], later[looked]]), return_counts=True)[0]
    if len(rows):
        shapes = again.at(rows)
        one, other = np.searchsorted(rows, earlier[looked]), np.searchsorted(rows, later[looked])
        same = np.ones(len(looked), bool)
        drawn = masks[looked]
        same[drawn] = mask_overlap(shapes, one[drawn], other[drawn]) >= SAME_MASK
        posed = np.flatnonzero(points[looked] & same)
        same[posed] = [_have_near_points(shapes, *pair) for pair in zip(one[posed], other[posed], strict=True)]
        keep[looked] = same
    return earlier[keep], later[keep]


def _have_near_points(shapes: Annotations, one: int, other: int) -> bool:
    """Whether the keypoints labelled in both lie together."""
    start = shapes.points.start
    first, second = (shapes.points.values[start[row] : start[row + 1]] for row in (one, other))
    if len(first) != len(second) or len(first) % 3:
        return False
    first, second = first.reshape(-1, 3), second.reshape(-1, 3)
    both = (first[:, 2] > 0) & (second[:, 2] > 0)
    apart = np.hypot(*(first[both, :2] - second[both, :2]).T)
    return bool(len(apart) and apart.mean() <= np.hypot(*shapes.bbox[one, 2:]) / 10)


def _best(index: Index, earlier: Ints, later: Ints) -> tuple[Ints, Ints, Floats]:
    """Return for each later row, ascending, the earlier one that overlaps it most, and the IoU of their boxes."""
    iou = _overlaps(index.bbox[earlier], index.bbox[later])
    order = np.lexsort((earlier, -iou, later))
    first = order[np.flatnonzero(np.diff(later[order], prepend=-1))]
    return earlier[first], later[first], iou[first]


def _floored(iou: Floats) -> Floats:
    """Cut to two places, so that no IoU is shown as a limit that it does not reach."""
    return np.floor(iou * 100) / 100


def _comparable(index: Index) -> Bools:
    """Tell for each annotation whether its box, and its mask and keypoints if it has any, could be read."""
    readable = index.is_boxed & np.isfinite(index.digest)
    readable &= ~index.is_rle | (index.mask_area > 0)
    for field in ("segmentation", "keypoints"):
        readable &= index.has(field) | index.lacks(field)
    return readable & index.has("image_id") & index.has("category_id")


def _bits(column: npt.NDArray[np.generic]) -> npt.NDArray[np.uint64]:
    """Return the bits of each value, which tell NaN as equal to NaN, and minus zero as equal to zero."""
    if column.dtype.kind == "f":
        return (column.astype(np.float64) + 0.0).view(np.uint64)
    return column.astype(np.int64).view(np.uint64)


def _suspects(index: Index) -> Ints:
    """Return the annotations that share image, left side and mask with another, neighbours being alike, in rising order.

    They are found by sorting one number mixed from the three: sorting by all columns would take many times as long, and so
    would sorting the rows along with it.
    """
    rows = []
    numbers = []
    for part in index.parts():
        some = np.flatnonzero(_comparable(part))
        rows.append(some + part.offset)
        numbers.append(_mixed(part, some))
    mixed = np.concatenate(numbers)
    ordered = np.sort(mixed)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.empty(0, np.int64)
    alike = np.flatnonzero(twice[np.minimum(np.searchsorted(twice, mixed), len(twice) - 1)] == mixed)
    return np.concatenate(rows)[alike[np.argsort(mixed[alike], kind="stable")]]


def _mixed(index: Index, rows: Ints) -> npt.NDArray[np.uint64]:
    mixed = np.zeros(len(rows), np.uint64)
    for column in (index.image_id, index.bbox[:, 0], index.digest):
        mixed = (mixed ^ _bits(column[rows])) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(32)
    return mixed
