"""The rings of one polygon beside each other: a mask is the union of its rings, and no ring cuts a hole into another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from cocolint.api import OBJECT_TASKS, Annotations, Bools, Finding, Floats, Ints, Rings, Severity, rule

from ._raster import pixel_counts, ring_pixel_counts
from .polygons import of_rings

MANY_RINGS = 100
"""So many rings make ten thousand pairs; annotations with more of them are left out."""
AT_ONCE = 2_000_000
"""So many numbers of rings are looked at together; each edge is compared with a point of every ring of its annotation."""
MANY_STEPS = 100_000
"""So many edges are compared with the points of one ring; beyond it only some of its points are looked at."""


@rule("P016", "polygon-tiny-part", Severity.INFO, impact=4, requires=["polygon-zero-area"], tasks=OBJECT_TASKS)
def polygon_tiny_part(annotations: Annotations, *, tiny: float = 1.0, large: float = 100.0) -> Iterable[Finding]:
    """A part of the polygon is smaller than a pixel, beside one of a hundred.

    What breaks: little: such a part is often a stray click, but it stretches the box that is made from the polygon.
    Definition: the shoelace area of a ring is below 1 px², that of another ring of the annotation is 100 px² or more.
    Fix: take the ring out, unless it is a part that was meant; only a person can tell.
    """
    rings = annotations.rings
    area = np.abs(rings.shapes.area)
    largest = np.zeros(len(annotations))
    with np.errstate(invalid="ignore"):
        np.fmax.at(largest, rings.owner, area)
    stray = (area < tiny) & (largest[rings.owner] >= large)
    message = "a ring of {area:.2g} px² beside one of {largest:.0f} px²"
    yield from of_rings(annotations, stray, message, area=area, largest=largest[rings.owner])


@rule(
    "P023", "polygon-ring-nested", Severity.WARNING, impact=4, requires=["polygon-zero-area"],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def polygon_ring_nested(annotations: Annotations) -> Iterable[Finding]:
    """A ring of the polygon lies inside another one.

    What breaks: it was meant as a hole, but a mask is the union of its rings: every reader fills it. `area` counts it twice.
    Definition: all points of a ring lie inside a larger ring of the same annotation. Annotations with more than 100 rings
    are left out.
    Source: the COCO data format; pycocotools merges the rings of an object.
    Fix: write the mask as run lengths, which can hold holes, if a hole was meant; only a person can tell.
    """
    rings = annotations.rings
    nested, is_told = np.zeros(len(rings.length), bool), np.zeros(len(annotations), bool)
    for one, other in _pairs(rings):
        for ring, around in _maybe_nested(rings, one, other):
            if not is_told[rings.owner[ring]] and _is_inside(rings, ring, around):
                nested[ring] = is_told[rings.owner[ring]] = True
    area = np.abs(rings.shapes.area)
    yield from of_rings(annotations, nested, "a ring of {area:.1f} px² inside another", area=area)


@rule("P024", "polygon-rings-overlap", Severity.INFO, impact=4, requires=["polygon-ring-nested"], tasks=OBJECT_TASKS)
def polygon_rings_overlap(annotations: Annotations, *, share: float = 0.05) -> Iterable[Finding]:
    """The rings of a polygon cover the same pixels.

    What breaks: `area` as the sum of shoelace areas counts those pixels twice; the mask does not.
    Definition: the rings cover more pixels one by one than together, by more than 5 % of the latter. Annotations with more
    than 100 rings are left out.
    Source: `frPyObjects` and `merge` of pycocotools.
    Fix: join the rings; only a person can tell whether one of them is wrong.
    """
    rings, bounds = annotations.rings, annotations.rings.shapes.bounds
    owners = np.zeros(len(annotations), bool)
    for one, other in _pairs(rings):
        meeting = (bounds[one, :2] < bounds[other, 2:]).all(axis=1) & (bounds[other, :2] < bounds[one, 2:]).all(axis=1)
        owners[rings.owner[one[meeting]]] = True
    rows, chosen = np.flatnonzero(owners), np.flatnonzero(owners[rings.owner])
    together = pixel_counts(annotations, rows)
    single = np.bincount(rings.owner[chosen], ring_pixel_counts(annotations, chosen), len(annotations))[rows]
    with np.errstate(all="ignore"):
        twice = (single - together) / together
        doubled = twice > share
    message = "the rings overlap by {twice:.0%} of their {together:.0f} pixels"
    yield from annotations.at(rows[doubled], "segmentation", message, twice=twice[doubled], together=together[doubled])


def _pairs(rings: Rings) -> Iterator[tuple[Ints, Ints]]:
    """Yield all pairs of two sound rings of one annotation, in both orders, some at a time."""
    sound = (rings.length >= 6) & (rings.length % 2 == 0)
    first = np.arange(len(rings.owner)) - rings.place
    count = np.bincount(first, minlength=len(first))[first]
    chosen = np.flatnonzero(sound & (count > 1) & (count <= MANY_RINGS))
    portion = np.cumsum(np.bincount(first, rings.length, len(first))[first[chosen]]) // AT_ONCE
    for part in np.split(chosen, np.flatnonzero(np.diff(portion)) + 1):
        partners = count[part]
        place = np.arange(partners.sum()) - np.repeat(np.cumsum(partners) - partners, partners)
        one, other = np.repeat(part, partners), np.repeat(first[part], partners) + place
        apart = (one != other) & sound[other]
        yield one[apart], other[apart]


def _maybe_nested(rings: Rings, one: Ints, other: Ints) -> Iterator[tuple[int, int]]:
    """Yield the pairs in which the bounds of one ring and its first point lie inside the other, larger ring."""
    inner, outer = rings.shapes.bounds[one], rings.shapes.bounds[other]
    area = np.abs(rings.shapes.area)
    within = (inner[:, 0] >= outer[:, 0]) & (inner[:, 1] >= outer[:, 1]) & (area[one] < area[other])
    within &= (inner[:, 2] <= outer[:, 2]) & (inner[:, 3] <= outer[:, 3])
    one, other = one[within], other[within]
    start = rings.start[one]
    inside = _inside(np.column_stack([rings.values[start], rings.values[start + 1]]), rings, other)
    yield from zip(one[inside].tolist(), other[inside].tolist(), strict=True)


def _is_inside(rings: Rings, ring: int, around: int) -> bool:
    points = rings.values[rings.start[ring] : rings.start[ring + 1]].reshape(-1, 2)
    step = 1 + len(points) * int(rings.length[around]) // MANY_STEPS
    some = points[::step]
    return bool(_inside(some, rings, np.full(len(some), around)).all())


def _inside(points: Floats, rings: Rings, around: Ints) -> Bools:
    """Tell for each point whether it lies inside the ring that `around` names: a ray from it crosses an odd number of edges."""
    count = rings.length[around] // 2
    point = np.repeat(np.arange(len(points)), count)
    place = np.arange(len(point)) - np.repeat(np.cumsum(count) - count, count)
    start = rings.start[around][point]
    this, following = start + 2 * place, start + 2 * ((place + 1) % count[point])
    x, y = points[point].T
    x1, y1, x2, y2 = (rings.values[at] for at in (this, this + 1, following, following + 1))
    straddling = (y1 > y) != (y2 > y)
    with np.errstate(all="ignore"):
        crossing = straddling & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    inside: Bools = np.bincount(point[crossing], minlength=len(points)) % 2 == 1
    return inside
