"""Files whose polygons are not x, y in pixels, or only repeat the boxes: told by statistics over the whole file."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import numpy as np
from msgspec.structs import replace

from cocolint.api import OBJECT_TASKS, Bools, Finding, Floats, Image, Index, Record, Severity, Stage, rule

from ._shapes import is_sound_polygon
from .box_formats import ENOUGH, NEAR, UNIT, Boxes, Vote, every, sample_of, share, share_over, usable, vote
from .boxes import BOX_FORMATS

WORLD = np.array([180.0, 90.0])
"""The largest longitude and latitude, in degrees."""


def polygons_of(index: Index) -> Boxes:
    """Return the polygons of single objects that verdicts rest on, by their bounds; of a large file, a sample."""
    polygons = sample_of(index, index.is_polygon & ~index.crowd)
    return polygons.of(usable(polygons.bounds))


def fractional(numbers: Floats, decimals: int = 0) -> Bools:
    """Tell which numbers need more than so many decimals."""
    scaled = numbers * 10.0**decimals
    mask: Bools = np.abs(scaled - np.rint(scaled)) > 1e-6
    return mask


def swapped_by_boxes(polygons: Boxes) -> Vote:
    """Ask whether the polygons fit their boxes with x and y exchanged, and do not as they are."""
    polygons = polygons.of(usable(polygons.xywh) & every(polygons.xywh[:, 2:] > 0))
    box = np.hstack([polygons.xywh[:, :2], polygons.xywh[:, :2] + polygons.xywh[:, 2:]])
    exchanged = np.abs(polygons.bounds[:, [1, 0, 3, 2]] - box) <= NEAR
    return vote(every(exchanged), every(np.abs(polygons.bounds - box) <= NEAR))


def swapped_by_geometry(polygons: Boxes) -> float:
    """Return the share of polygons over the border of their image if all are inside with x and y exchanged, else 0."""
    polygons = polygons.in_images(1)
    bounds, size = polygons.bounds, polygons.size
    fits = (bounds[:, :2] >= -1) & (bounds[:, 2:] <= size[:, ::-1] + 1)
    if len(polygons) < ENOUGH or not fits.all():
        return 0.0
    return share_over(replace(polygons, xywh=np.hstack([bounds[:, :2], bounds[:, 2:] - bounds[:, :2]])))


@rule("P025", "polygon-is-bbox", Severity.INFO, impact=3, requires=[*BOX_FORMATS, "bbox-degenerate"], tasks=OBJECT_TASKS)
def polygon_is_bbox(index: Index, *, nearly_all: float = 0.95) -> Iterable[Finding]:
    """The polygon is no outline, but the rectangle of the box once more.

    What breaks: a mask model learns to draw rectangles, and mask AP means nothing. Encord writes boxes that way, and so
    does `loadRes` of pycocotools.
    Definition: the only ring has the bounds of the box within 1 px and fills them to 99.9 %. Where 95 % of 20 or more single
    objects with polygons are like that, the file is reported once.
    Fix: draw the outlines, or leave `segmentation` empty and train on boxes; objects that are rectangles are no fault.
    """
    rows, total = [], 0
    for part in index.parts():
        polygons = part.is_polygon & ~part.crowd
        rows.append(np.flatnonzero(polygons & _are_boxes(part)) + part.offset)
        total += int(np.count_nonzero(polygons))
    found = np.concatenate(rows)
    if total >= ENOUGH and len(found) >= nearly_all * total:
        yield Finding(f"{len(found):,} of {total:,} polygons are the rectangles of their boxes", "annotations")
    else:
        yield from index.at(found, "segmentation", "the rectangle of the box")


def _are_boxes(index: Index) -> Bools:
    x, y, w, h = index.bbox.T
    left, top, right, bottom = index.mask_bounds.T
    with np.errstate(all="ignore"):
        apart = np.abs([x - left, y - top, x + w - right, y + h - bottom]).max(axis=0)
        filled = index.mask_area >= 0.999 * (right - left) * (bottom - top)
        same: Bools = (index.ring_count == 1) & (apart <= 1) & filled & (index.mask_area > 0)
    return same


@rule(
    "P026", "polygon-xy-swapped", Severity.ERROR, impact=3, requires=["image-size-swapped", "polygon-geographic"],
    tasks=OBJECT_TASKS, least=ENOUGH,
)  # fmt: skip
def polygon_xy_swapped(index: Index) -> Iterable[Finding]:
    """The points of the polygons are y, x instead of x, y.

    What breaks: every mask is mirrored at the diagonal of its image: mask AP is 0, without an error.
    Definition: of 20 or more single objects, 90 % of those that can tell have a polygon whose bounds are those of the box
    (within 2 px) with x and y exchanged, and are not as they stand. Without boxes: all polygons lie in an image of height x
    width (within 1 px), and 10 % reach over the border of one of width x height by 1 px: three or more, one by a tenth of
    itself.
    Tolerance: 2 px cover boxes of inclusive pixels.
    Fix: exchange the two numbers of every point, in the whole file. Unsafe: every mask changes; without boxes it may be width
    and height of the images that are exchanged.
    """
    polygons = polygons_of(index)
    by_boxes = swapped_by_boxes(polygons)
    if by_boxes.is_won:
        yield Finding(f"{by_boxes.votes} of {by_boxes.voters} polygons fit their box if x and y are exchanged", "annotations")
    elif not by_boxes.is_valid and (over := swapped_by_geometry(polygons)) >= 0.1:
        yield Finding(
            f"all {len(polygons)} polygons lie in their images if x and y are exchanged; as they are, {over:.0%} reach over",
            "annotations",
        )


@polygon_xy_swapped.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def exchanged(record: Record) -> Record:
    """Exchange the two numbers of every point."""
    rings = record.get("segmentation")
    if not is_sound_polygon(rings):
        return record
    pairs = [zip(ring[1::2], ring[::2], strict=True) for ring in rings]
    return record | {"segmentation": [list(chain.from_iterable(points)) for points in pairs]}


@rule("P037", "polygon-geographic", Severity.ERROR, impact=3, tasks=OBJECT_TASKS, least=ENOUGH)
def polygon_geographic(index: Index) -> Iterable[Finding]:
    """The polygons look like longitude and latitude, not like pixels.

    What breaks: nothing lies in its image: every mask is empty, boxes are dropped or cut to nothing.
    Definition: of 20 or more polygons, all lie within [-180, 180] x [-90, 90] and not all within 1 of the origin; half of
    them or more are left of their image or above it altogether; and 95 % of the bounds have four decimals or more.
    Tolerance: none; places east of Greenwich and north of the equator look like pixels, so nothing is said of them.
    Fix: map the coordinates to pixels with the transform of the picture, such as that of a GeoTIFF. Only that tells them.
    """
    bounds = polygons_of(index).bounds
    if len(bounds) < ENOUGH or not every(np.abs(bounds.reshape(-1, 2)) <= WORLD).all() or np.abs(bounds).max() <= 1:
        return
    before = ~every(bounds[:, 2:] > 0)
    precise = fractional(bounds, decimals=3).ravel()
    if share(before) >= 0.5 and share(precise) >= 0.95:
        low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
        yield Finding(
            f"{before.sum()} of {len(bounds)} polygons lie before the origin, all from ({low[0]:.4f}, {low[1]:.4f}) to "
            f"({high[0]:.4f}, {high[1]:.4f})",
            "annotations",
        )


@rule("P038", "polygon-normalized", Severity.ERROR, impact=1, requires=["bbox-normalized"], tasks=OBJECT_TASKS, least=ENOUGH)
def polygon_normalized(index: Index) -> Iterable[Finding]:
    """The polygons are given as parts of the image, not in pixels.

    What breaks: every mask is smaller than a pixel and so empty: mask AP is 0.
    Definition: of 20 or more polygons of single objects in images of 16 px and more, 95 % have no number above 1.001, and
    half of those are not made of whole numbers only.
    Tolerance: 0.001 for rounding; in right files next to no polygon is that small. Rings of 0 and 1 only are placeholders.
    Fix: multiply by width and height of the image, in the whole file. Unsafe: every mask changes. Polygons with larger
    numbers are left as they are.
    """
    bounds = polygons_of(index).in_images(16).bounds
    whole = every(np.abs(bounds) <= UNIT)
    parts = whole & ~every(~fractional(bounds))
    if len(bounds) >= ENOUGH and share(whole) >= 0.95 and parts.sum() >= 0.5 * whole.sum():
        yield Finding(f"{whole.sum()} of {len(bounds)} polygons have no number above 1: parts of the image", "annotations")


@polygon_normalized.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def in_pixels(record: Record, image: Image | None) -> Record:
    """Multiply what has no number above 1 by the size of the image."""
    rings = record.get("segmentation")
    if not is_sound_polygon(rings) or image is None or max(map(abs, chain.from_iterable(rings))) > UNIT:
        return record
    size = (image.width, image.height)
    scaled = [[round(number * size[place % 2], 2) for place, number in enumerate(ring)] for ring in rings]
    return record | {"segmentation": scaled}
