"""Polygons: `segmentation` as a list of rings, each `[x1, y1, x2, y2, ...]` in pixels; the mask is their union."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from msgspec.structs import replace

from cocolint.api import (
    ALL_TASKS,
    OBJECT_TASKS,
    Annotations,
    Bools,
    Faults,
    Finding,
    Floats,
    Image,
    Ints,
    Record,
    Severity,
    Stage,
    rule,
)

from ._shapes import FLAT, cut, is_box, is_line, is_sound_polygon, is_sound_ring, ring_area

UNSOUND_RING = ("segmentation-nested-points", "polygon-too-few-points", "polygon-first-ring-shape", "polygon-odd-length")
MAX_PAIRS = 1_000_000
UNSOUND_VALUE = ("polygon-nonfinite", "polygon-coordinate-huge")
OTHER_COORDINATES = ("polygon-geographic", "polygon-normalized", "polygon-xy-swapped")
"""Each says of a whole file that its polygons are not x, y in pixels, so that no polygon of it can be judged."""


def of_rings(annotations: Annotations, faulty: Bools, message: str, **values: Any) -> Iterable[Finding]:
    """Yield one finding for the annotations with `faulty` rings, at the first of each. `values` are as long as the rings."""
    rings = annotations.rings
    rows, first = np.unique(rings.owner[faulty], return_index=True)
    chosen: dict[str, Any] = {name: np.asarray(column)[faulty][first] for name, column in values.items()}
    yield from annotations.at(rows, "segmentation/{ring}", message, ring=rings.place[faulty][first], **chosen)


def saying(message: str, faults: Faults) -> Faults:
    """Return `faults` with one plain message instead of those about types."""
    return [replace(fault, message=message, summary=None) for fault in faults]


def per_annotation(annotations: Annotations, rings: Bools) -> Ints:
    """How many of the chosen rings each annotation has."""
    return np.bincount(annotations.rings.owner[rings], minlength=len(annotations))


@rule(
    "P007", "polygon-too-few-points", Severity.ERROR, impact=1,
    requires=["segmentation-nested-points", "polygon-first-ring-shape"], tasks=OBJECT_TASKS,
)  # fmt: skip
def polygon_too_few_points(annotations: Annotations) -> Iterable[Finding]:
    """A polygon has fewer than three points.

    What breaks: pycocotools takes four numbers for a box and raises "Argument 'bb' has incorrect type"; detectron2 drops
    the object; Datumaro refuses it.
    Definition: a ring has fewer than 6 numbers. Rings that are all empty are `segmentation-empty`.
    Fix: take the ring out. Safe where a sound ring is left, since two points cover no pixel. Unsafe where none is: the object
    loses its mask.
    """
    rings = annotations.rings
    filled = per_annotation(annotations, rings.length > 0) > 0
    short = (rings.length < 6) & filled[rings.owner]
    message = "the ring has {numbers} numbers, at least 6 make a polygon"
    yield from of_rings(annotations, short, message, numbers=rings.length)


def without_short_rings(record: Record) -> Record:
    """Take short rings out where a sound one is left."""
    rings = record.get("segmentation")
    if not isinstance(rings, list) or not any(map(is_sound_ring, rings)):
        return record
    return record | {"segmentation": [ring for ring in rings if not isinstance(ring, list) or len(ring) >= 6]}


polygon_too_few_points.fix(Stage.DROP, safe=True, writes=["segmentation"])(without_short_rings)


@polygon_too_few_points.fix(Stage.DROP, safe=False, writes=["segmentation"])
def without_mask(record: Record) -> Record:
    """Take the mask away that is none."""
    rings = record.get("segmentation")
    is_none = isinstance(rings, list) and all(isinstance(ring, list) and len(ring) < 6 for ring in rings)
    return record | {"segmentation": []} if is_none else record


@rule("P008", "polygon-odd-length", Severity.ERROR, tasks=OBJECT_TASKS)
def polygon_odd_length(annotations: Annotations) -> Iterable[Finding]:
    """A polygon has an x without its y.

    What breaks: pycocotools ignores the last number, detectron2 drops the ring, others fail to reshape it; Datumaro
    refuses it.
    Definition: a ring of more than 6 numbers has an odd count of them.
    Fix: take the last number out. Unsafe: if one is missing in the middle, all points after it are wrong.
    """
    rings = annotations.rings
    odd = (rings.length > 6) & (rings.length % 2 == 1)
    yield from of_rings(annotations, odd, "the ring has {numbers} numbers", numbers=rings.length)


@polygon_odd_length.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def without_last_number(record: Record) -> Record:
    """Take the last number out of rings with an odd count."""
    rings = record.get("segmentation")
    if not isinstance(rings, list) or not all(isinstance(ring, list) for ring in rings):
        return record
    return record | {"segmentation": [ring[:-1] if len(ring) > 6 and len(ring) % 2 else ring for ring in rings]}


@rule("P009", "polygon-first-ring-shape", Severity.ERROR, tasks=OBJECT_TASKS)
def polygon_first_ring_shape(annotations: Annotations) -> Iterable[Finding]:
    """A ring of four numbers stands beside sound ones.

    What breaks: if it is the first, pycocotools takes it for a box and raises a TypeError; if not, it adds an empty
    mask: the order of the rings decides.
    Definition: a ring has exactly 4 numbers, and another ring of the annotation has an even count of at least 6.
    Fix: take the ring out. Safe: two points cover no pixel.
    """
    rings = annotations.rings
    sound = per_annotation(annotations, (rings.length >= 6) & (rings.length % 2 == 0)) > 0
    four = (rings.length == 4) & sound[rings.owner]
    yield from of_rings(annotations, four, "the ring has 4 numbers, others are sound")


polygon_first_ring_shape.fix(Stage.DROP, safe=True, writes=["segmentation"])(without_short_rings)


@rule("P010", "polygon-nonfinite", Severity.ERROR, impact=1, requires=["json-nan"], tasks=ALL_TASKS)
def polygon_nonfinite(faults: Faults, annotations: Annotations) -> Iterable[Finding]:
    """A coordinate of the polygon is no number.

    What breaks: the mask code takes all memory or crashes the process (SIGSEGV), without a Python error.
    Definition: null, NaN or an infinity among the numbers of a ring.
    Fix: draw the mask anew, or take the annotation out. Unsafe: an object is lost.
    """
    yield from saying("a number of the ring is null", faults)
    rings = annotations.rings
    left, top, right, bottom = np.isfinite(rings.shapes.bounds).T
    if (left & top & right & bottom & (rings.length % 2 == 0)).all():  # the bounds tell of all numbers but an odd last one
        return
    bad = np.bincount(rings.value_owner[~np.isfinite(rings.values)], minlength=len(rings.length))
    yield from of_rings(annotations, bad > 0, "{bad} numbers are NaN or infinite", bad=bad)


@polygon_nonfinite.fix(Stage.DROP, safe=False, drops=True)
def gone(record: Record) -> None:
    """Drop the annotation."""


@rule("P011", "polygon-coordinate-huge", Severity.ERROR, requires=["polygon-nonfinite"], tasks=OBJECT_TASKS)
def polygon_coordinate_huge(annotations: Annotations) -> Iterable[Finding]:
    """A coordinate of the polygon is far beyond any image.

    What breaks: the mask code allocates a point for every 0.2 px of outline: it takes all memory.
    Definition: a coordinate is beyond 10 times the longer side of the image, or beyond 100,000 px and not in the image.
    Fix: cut the polygon at the box where that is in the image, else at the border of the image. Unsafe: it changes the shape.
    An `area` that was that of the polygon follows.
    """
    with np.errstate(all="ignore"):
        left, top, right, bottom = annotations.mask_bounds.T
        reach = np.maximum(np.maximum(-left, -top), np.maximum(right, bottom))
        side = np.fmax(annotations.width, annotations.height)
        huge = (reach > 10 * np.where(side > 0, side, np.inf)) | ((reach > 1e5) & ~(reach <= side))
    return annotations.where(annotations.is_polygon & huge, "segmentation", "a coordinate of {reach:g}", reach=reach)


@polygon_coordinate_huge.fix(Stage.CLIP, safe=False, reads=["bbox"], writes=["segmentation", "area"])
def cut_at_box(record: Record, image: Image | None) -> Record:
    """Keep what lies in the box, or in the image where the box is not."""
    if image is None:
        return record
    bbox = record.get("bbox")
    x, y, width, height = bbox if is_box(bbox) else (0, 0, image.width, image.height)
    frame = max(x, 0), max(y, 0), min(x + width, image.width), min(y + height, image.height)
    return cut(record, frame if frame[0] < frame[2] and frame[1] < frame[3] else (0, 0, image.width, image.height))


@rule(
    "P012", "polygon-out-of-image", Severity.WARNING, impact=3,
    requires=["bbox-out-of-image", "bbox-negative-origin", "polygon-fully-outside"],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def polygon_out_of_image(annotations: Annotations, *, tolerance: float = 1.0) -> Iterable[Finding]:
    """The polygon reaches over the border of its image.

    What breaks: masks are cut at the border, so `area` and `bbox` no longer fit them; albumentations filters or refuses
    such points.
    Definition: a vertex is more than 1 px outside, and the box does not say the same.
    Tolerance: 1 px is the most that the inclusive/exclusive and 0/1-based conventions can explain.
    Fix: cut the polygon at the border. Unsafe: it changes the shape. An `area` that was that of the polygon follows.
    """
    left, top, right, bottom = annotations.mask_bounds.T
    with np.errstate(all="ignore"):
        over, other = right - annotations.width, bottom - annotations.height
        np.maximum(over, other, out=over)  # into the same memory: to touch more of it takes longer than to count
        np.maximum(over, np.negative(left, out=other), out=over)
        np.maximum(over, np.negative(top, out=other), out=over)
        sized = (annotations.width > 0) & (annotations.height > 0)
    return annotations.where(
        annotations.is_polygon & sized & (over > tolerance), "segmentation", "{over:.1f} px over the image", over=over
    )


@polygon_out_of_image.fix(Stage.CLIP, safe=False, writes=["segmentation", "area"])
def cut_at_border(record: Record, image: Image | None) -> Record:
    """Keep what lies in the image."""
    return record if image is None else cut(record, (0, 0, image.width, image.height))


@rule(
    "P013", "polygon-fully-outside", Severity.ERROR, impact=3,
    requires=["bbox-fully-outside", *OTHER_COORDINATES, *UNSOUND_RING, *UNSOUND_VALUE],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def polygon_fully_outside(annotations: Annotations) -> Iterable[Finding]:
    """No part of the polygon lies in its image.

    What breaks: the mask is empty: mask losses become NaN, and evaluation can never match the object.
    Definition: the bounds of each ring end at or before the left or upper border of the image, or begin at or after the
    right or lower one. Where the box lies outside as well, that is `bbox-fully-outside`.
    Fix: look whether the polygon belongs to another image or another scale; else take it away. Unsafe: the mask is lost.
    """
    rings, owner = annotations.rings, annotations.rings.owner
    left, top, right, bottom = rings.shapes.bounds.T
    width, height = annotations.width[owner], annotations.height[owner]
    with np.errstate(all="ignore"):
        outside = (right <= 0) | (bottom <= 0) | (left >= width) | (top >= height)
        outside &= (width > 0) & (height > 0)
    gone = annotations.is_polygon & (per_annotation(annotations, outside) == annotations.ring_count)
    left, top, right, bottom = annotations.mask_bounds.T
    yield from annotations.where(
        gone, "segmentation", "from ({left:g}, {top:g}) to ({right:g}, {bottom:g}), image {width:g} x {height:g}",
        left=left, top=top, right=right, bottom=bottom, width=annotations.width, height=annotations.height,
    )  # fmt: skip


@polygon_fully_outside.fix(Stage.DROP, safe=False, writes=["segmentation"])
def without_polygon(record: Record) -> Record:
    """Take the polygon away."""
    return record | {"segmentation": []}


@rule("P014", "polygon-zero-area", Severity.WARNING, impact=3, requires=["polygon-bowtie-area"], tasks=OBJECT_TASKS)
def polygon_zero_area(annotations: Annotations, *, tolerance: float = 1e-6) -> Iterable[Finding]:
    """A polygon has no area.

    What breaks: the ring adds no pixel but by rounding; alone it is an empty mask, and mask losses become NaN.
    Definition: the shoelace area of a ring is below 0.000001 px²: its points lie on a line, or its loops cancel out and
    are of a few pixels only; larger ones are `polygon-bowtie-area`.
    Fix: take lines out where other rings have area. Safe: the few pixels that rounding can make of a line are no part of the
    object. A lone ring and one of small loops need a person.
    """
    rings = annotations.rings
    flat = (rings.length >= 6) & (np.abs(rings.shapes.area) < tolerance)
    yield from of_rings(annotations, flat, "the ring of {numbers} numbers has no area", numbers=rings.length)


@polygon_zero_area.fix(Stage.DROP, safe=True, writes=["segmentation"])
def without_lines(record: Record) -> Record:
    """Take lines out where another ring has area."""
    rings = record.get("segmentation")
    if not is_sound_polygon(rings) or not any(abs(ring_area(ring)) >= FLAT for ring in rings):
        return record
    return record | {"segmentation": [ring for ring in rings if not is_line(ring)]}


@rule(
    "P018", "polygon-self-intersection", Severity.INFO,
    requires=["polygon-zero-area"], tasks=OBJECT_TASKS,
)  # fmt: skip
def polygon_self_intersection(annotations: Annotations) -> Iterable[Finding]:
    """A polygon crosses itself.

    What breaks: shapely raises TopologicalError in sahi, CVAT and Labelbox; pycocotools fills other pixels than the
    shoelace formula counts.
    Definition: two edges of a ring cross at a point inside both. Rings with more than a million pairs of edges that lie
    side by side are left out.
    Tolerance: none; 1 of 1,659 rings of a sample of the official files does it.
    Fix: draw it anew, or repair it with `buffer(0)` or `make_valid` of shapely, which may split parts off or lose them.
    """
    rings = annotations.rings
    crossed = np.zeros(len(rings.length), bool)
    small = np.abs(rings.shapes.bounds).max(axis=1, initial=0) < 1e9
    for ring in np.flatnonzero(small & (rings.length >= 8) & (rings.length % 2 == 0)):
        crossed[ring] = _crosses_itself(rings.values[rings.start[ring] : rings.start[ring + 1]].reshape(-1, 2))
    yield from of_rings(annotations, crossed, "two edges of the ring cross")


@rule("P020", "polygon-duplicate-vertices", Severity.INFO, impact=4, requires=UNSOUND_RING, tasks=OBJECT_TASKS)
def polygon_duplicate_vertices(annotations: Annotations) -> Iterable[Finding]:
    """A polygon has the same point twice in a row.

    What breaks: nothing; some geometry libraries call such a ring invalid. One in twenty rings of official files has it.
    Definition: x and y of a point equal those of the one before it. Where the last point is the first again, that is
    `polygon-closed`.
    Fix: take the second one out where three points are left. Safe: the outline stays as it is.
    """
    rings = annotations.rings
    even = rings.length % 2 == 0
    points = rings.values[np.repeat(even, rings.length)].reshape(-1, 2)
    ring = np.repeat(np.flatnonzero(even), rings.length[even] // 2)
    same = (points[1:] == points[:-1]).all(axis=1) & (ring[1:] == ring[:-1])
    repeated = np.bincount(ring[1:][same], minlength=len(rings.length))
    yield from of_rings(annotations, repeated > 0, "{repeated} points of the ring repeat the one before", repeated=repeated)


@polygon_duplicate_vertices.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def without_repeated_points(record: Record) -> Record:
    """Take points out that equal the one before, where three are left."""
    rings = record.get("segmentation")
    if not is_sound_polygon(rings):
        return record
    single = []
    for ring in rings:
        points = list(zip(ring[::2], ring[1::2], strict=True))
        kept = [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]
        single.append([number for point in kept for number in point] if len(kept) >= 3 else ring)
    return record | {"segmentation": single}


@rule("P021", "polygon-closed", Severity.INFO, impact=4, requires=UNSOUND_RING, tasks=OBJECT_TASKS)
def polygon_closed(annotations: Annotations) -> Iterable[Finding]:
    """A polygon ends with its first point.

    What breaks: nothing: readers close every ring themselves. Three in a thousand rings of official files do it, and nearly
    half of some others.
    Definition: x and y of the last point equal those of the first, in a ring of four points or more.
    Fix: take the last point out. Safe: the outline stays as it is.
    """
    rings = annotations.rings
    closed = (rings.length >= 8) & (rings.length % 2 == 0)
    first, end = rings.start[:-1][closed], rings.start[1:][closed]
    closed[closed] = (rings.values[first] == rings.values[end - 2]) & (rings.values[first + 1] == rings.values[end - 1])
    yield from of_rings(annotations, closed, "the last of {points} points is the first", points=rings.length // 2)


@polygon_closed.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def without_last_point(record: Record) -> Record:
    """Take the last point out as long as it is the first."""
    rings = record.get("segmentation")
    return record | {"segmentation": [_opened(ring) for ring in rings]} if is_sound_polygon(rings) else record


def _opened(ring: list[float]) -> list[float]:
    while len(ring) >= 8 and ring[:2] == ring[-2:]:
        ring = ring[:-2]
    return ring


def _crosses_itself(points: Floats) -> bool:
    """Whether two edges of the ring of `points` (n, 2) cross inside both; False if there are too many pairs to look at.

    Edges are sorted by their left end, so that each is compared only with those that begin before it ends.
    """
    following = np.roll(points, -1, axis=0)
    order = np.argsort(np.minimum(points[:, 0], following[:, 0]))
    start, end = points[order], following[order]
    low, high = np.minimum(start, end), np.maximum(start, end)
    beside = np.searchsorted(low[:, 0], high[:, 0], side="right") - np.arange(len(points)) - 1
    if beside.sum() > MAX_PAIRS:
        return False
    one = np.repeat(np.arange(len(points)), beside)
    other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(beside) - beside, beside)
    near = (low[one, 1] <= high[other, 1]) & (low[other, 1] <= high[one, 1])
    one, other = one[near], other[near]
    apart = _side(start[one], end[one], start[other]) * _side(start[one], end[one], end[other]) < 0
    across = _side(start[other], end[other], start[one]) * _side(start[other], end[other], end[one]) < 0
    return bool(np.any(apart & across))


def _side(start: Floats, end: Floats, point: Floats) -> Floats:
    """On which side of the line from `start` to `end` each point lies: 1, -1, or 0 on the line."""
    along, to = end - start, point - start
    side: Floats = np.sign(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0])
    return side
