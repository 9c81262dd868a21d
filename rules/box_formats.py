"""Files whose boxes are not `[x, y, width, height]` in pixels: told by statistics over the whole file, in one finding.

A verdict needs 20 boxes of single objects. Where segmentations show what is meant, they decide alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from msgspec import Struct

from cocolint.api import OBJECT_TASKS, Bools, Finding, Floats, Image, Index, Record, Severity, Stage, median, rule

from ._shapes import box_between, is_box, with_box

ENOUGH = 20
SAMPLE = 20_000
"""From so many annotations on every second is looked at, from twice as many every third: more would not tell more."""
NEAR = 2.0
"""How far a box may lie from the bounds of its segmentation to be called the same, in pixels."""
UNIT = 1.001
"""The largest share of an image, with room for rounding."""
HUGE = 1e9
"""No pixel lies that far out; with numbers below it no sum or product overflows."""


class Boxes(Struct, frozen=True):
    """The boxes that a verdict rests on: of single objects, finite, with an extent.

    `xywh` (n, 4) are the four numbers as they stand, `bounds` (n, 4) the left, top, right and bottom of the mask, `area`
    the field of that name, `size` (n, 2) width and height of the image; each NaN where unknown.
    """

    xywh: Floats
    bounds: Floats
    area: Floats
    size: Floats

    def __len__(self) -> int:
        return len(self.xywh)

    def of(self, rows: Bools) -> Boxes:
        """Return the boxes at `rows`."""
        return Boxes(self.xywh[rows], self.bounds[rows], self.area[rows], self.size[rows])

    def in_images(self, smallest: float) -> Boxes:
        """Return the boxes in images whose sides are known and not below `smallest`."""
        return self.of(every(self.size >= smallest))


def every(columns: Bools) -> Bools:
    """Tell for each row whether all columns hold."""
    mask: Bools = np.logical_and.reduce(columns, axis=1)
    return mask


def usable(numbers: Floats) -> Bools:
    """Tell which rows hold only finite numbers that can be pixels."""
    return every(np.abs(numbers) < HUGE)


def sample_of(index: Index, among: Bools) -> Boxes:
    """Return what the rows of `among` hold; of a large file, those of a sample."""
    some = slice(None, None, len(index) // SAMPLE + 1)
    part, chosen = index.part(some) if some.step > 1 else index, among[some]
    taken: list[Floats] = []
    for column in (part.bbox, part.mask_bounds, part.area):
        taken.append(column[chosen])
        index.let_go()  # to look at some rows reads all pages of a column
    xywh, bounds, area = taken
    return Boxes(xywh, bounds, area, np.column_stack([part.width[chosen], part.height[chosen]]))


def boxes_of(index: Index) -> Boxes:
    """Return the boxes of a file that verdicts rest on; of a large file, a sample."""
    boxes = sample_of(index, ~index.crowd)
    return boxes.of(usable(boxes.xywh) & every(boxes.xywh[:, 2:] > 0))


class Vote(Struct, frozen=True):
    """How many of the boxes that can tell two readings apart speak for the suspected one."""

    votes: int
    voters: int

    @property
    def is_valid(self) -> bool:
        """Whether enough boxes could tell."""
        return self.voters >= ENOUGH

    @property
    def is_won(self) -> bool:
        """Whether at least 90 % speak for it."""
        return self.is_valid and self.votes >= 0.9 * self.voters


def vote(suspected: Bools, right: Bools) -> Vote:
    """Count where the suspected reading fits and the right one does not; where both fit, nothing is told."""
    return Vote(int(np.sum(suspected & ~right)), int(np.sum(~(suspected & right))))


def share(mask: Bools) -> float:
    """Return how much of `mask` is true, 0 where it is empty."""
    return float(mask.mean()) if len(mask) else 0.0


def masked(boxes: Boxes) -> Boxes:
    """Return the boxes with a segmentation that has bounds."""
    return boxes.of(usable(boxes.bounds))


def corners_by_bounds(boxes: Boxes) -> Vote:
    """Ask whether the four numbers are the corners of the segmentation."""
    boxes = masked(boxes)
    corners = np.abs(boxes.xywh - boxes.bounds) <= NEAR
    extent = np.abs(boxes.xywh[:, 2:] - (boxes.bounds[:, 2:] - boxes.bounds[:, :2])) <= NEAR
    return vote(every(corners), every(corners[:, :2]) & every(extent))


def corners_by_area(boxes: Boxes) -> Vote:
    """Ask, where there is no segmentation, whether `area` is that of the box between two corners."""
    boxes = boxes.of(~usable(boxes.bounds) & (boxes.area > 0))
    left, top, right, bottom = boxes.xywh.T
    between = np.abs(boxes.area - (right - left) * (bottom - top)) <= 0.01 * boxes.area
    return vote(between, np.abs(boxes.area - right * bottom) <= 0.05 * boxes.area)


def corners_by_geometry(boxes: Boxes) -> bool:
    """Tell whether all boxes can be corners and a tenth of them cannot be width and height."""
    boxes = boxes.in_images(1)
    ordered = boxes.xywh[:, 2:] > boxes.xywh[:, :2]
    inside = boxes.xywh[:, 2:] <= boxes.size + 1
    return len(boxes) >= ENOUGH and bool(ordered.all() and inside.all()) and share_over(boxes) >= 0.1


def centres_by_bounds(boxes: Boxes) -> Vote:
    """Ask whether the first two numbers are the middle of the segmentation."""
    boxes = masked(boxes)
    middle = (boxes.bounds[:, :2] + boxes.bounds[:, 2:]) / 2
    centre = np.abs(boxes.xywh[:, :2] - middle) <= NEAR
    origin = np.abs(boxes.xywh[:, :2] - boxes.bounds[:, :2]) <= NEAR
    return vote(every(centre), every(origin))


def centres_by_geometry(boxes: Boxes) -> bool:
    """Tell whether all boxes can be centre and extent and a twentieth of them cannot start at the first two numbers."""
    boxes = boxes.in_images(1)
    point, half = boxes.xywh[:, :2], boxes.xywh[:, 2:] / 2
    inside = (half - 1 <= point) & (point <= boxes.size - half + 1)
    return len(boxes) >= ENOUGH and bool(inside.all()) and share_over(boxes) >= 0.05


def share_over(boxes: Boxes) -> float:
    """Return the share of the boxes that, read as x, y, width and height, end more than 1 px beyond their image.

    Where fewer than three do, or none by more than a tenth of itself, it is 0: so far a careless hand reaches too.
    """
    over = boxes.xywh[:, :2] + boxes.xywh[:, 2:] - boxes.size
    beyond, far = ~every(over <= 1), ~every(over <= 0.1 * boxes.xywh[:, 2:])
    return share(beyond) if beyond.sum() >= 3 and (beyond & far).any() else 0.0


def in_unit(boxes: Boxes) -> Bools:
    """Tell which boxes have no number above 1."""
    return every(np.abs(boxes.xywh) <= UNIT)


def extent_in_unit(boxes: Boxes) -> Bools:
    """Tell which boxes have neither width nor height above 1. A box of 1 x 1 is left out: it stands for a point."""
    extent = boxes.xywh[:, 2:]
    return every(extent <= UNIT) & ~every(extent == 1)


def touching_hundred(boxes: Boxes) -> int:
    """Return how many boxes end at 100 if the file looks like one in percent, else 0."""
    boxes = boxes.in_images(1)
    if len(boxes) < 50 or median(boxes.size.min(axis=1)) <= 200:
        return 0
    end = (boxes.xywh[:, :2] + boxes.xywh[:, 2:]).max(axis=1)
    if not 1.5 <= end.max() <= 100.5:
        return 0
    return int(np.sum(end >= 99))


def touching_thousand(boxes: Boxes) -> int:
    """Return how many boxes end at 1000 along the shorter side of their image if the file looks like thousandths, else 0."""
    boxes = boxes.in_images(1)
    end = boxes.xywh[:, :2] + boxes.xywh[:, 2:]
    if len(boxes) < 50 or end.max() > 1000.5 or share_over(boxes) < 0.1:
        return 0
    shorter = boxes.size < 0.95 * boxes.size[:, ::-1]
    return int(np.sum(shorter & (end >= 990) & (end > boxes.size + 1)))


@rule("B017", "bbox-normalized", Severity.ERROR, impact=1, requires=["polygon-geographic"], tasks=OBJECT_TASKS, least=ENOUGH)
def bbox_normalized(index: Index) -> Iterable[Finding]:
    """The boxes are given as parts of the image, not in pixels.

    What breaks: every box is smaller than a pixel: it is dropped, or AP is 0.
    Definition: of 20 or more boxes in images of 16 px and more, 95 % have no number above 1.001, or 95 % have neither
    width nor height above 1.001 while x and y are larger. Boxes of exactly 1 x 1 px do not count for the latter.
    Tolerance: 0.001 for rounding; in right files next to no box is that small.
    Fix: multiply by width and height of the image, in the whole file. Unsafe: every box changes. Boxes with larger numbers
    are left as they are.
    """
    boxes = boxes_of(index).in_images(16)
    if len(boxes) < ENOUGH:
        return
    whole, extent = in_unit(boxes), extent_in_unit(boxes)
    if share(whole) >= 0.95:
        yield Finding(
            f"{whole.sum()} of {len(boxes)} boxes have no number above 1: parts of the image, not pixels",
            "annotations",
            values={"is_whole": np.array([True])},
        )
    elif share(extent) >= 0.95:
        yield Finding(
            f"{extent.sum()} of {len(boxes)} boxes have a width and height of at most 1: parts of the image, "
            "although x and y are larger",
            "annotations",
            values={"is_whole": np.array([False])},
        )


@bbox_normalized.fix(Stage.SHAPE, safe=False, reads=["segmentation"], writes=["bbox", "area"])
def parts_to_pixels(record: Record, image: Image | None, is_whole: bool) -> Record:
    """Multiply what has no number above 1 by the size of the image."""
    bbox = record.get("bbox")
    if not is_box(bbox) or image is None or max(map(abs, bbox if is_whole else bbox[2:])) > UNIT:
        return record
    if is_whole:
        return scaled(record, bbox, image, 1)
    return with_box(record, [*bbox[:2], round(bbox[2] * image.width, 2), round(bbox[3] * image.height, 2)])


def scaled(record: Record, bbox: list[float], image: Image, parts: float) -> Record:
    """Return a record whose box was in so many parts of the image."""
    across, down = image.width / parts, image.height / parts
    x, y, width, height = bbox
    box = box_between(x * across, y * down, (x + width) * across, (y + height) * down)
    return record if box is None else with_box(record, box)


@rule("B015", "bbox-xyxy", Severity.ERROR, impact=1, requires=["bbox-normalized"], tasks=OBJECT_TASKS, least=ENOUGH)
def bbox_xyxy(index: Index) -> Iterable[Finding]:
    """The boxes are `[left, top, right, bottom]` instead of `[x, y, width, height]`.

    What breaks: the boxes are far too large, AP is 0, and training learns nothing or ends in NaN.
    Definition: of 20 or more single objects, 90 % of those that can tell have a box at the corners of their segmentation
    (within 2 px) and not at its extent. Without segmentations: `area` fits the corners within 1 % and `w * h` by no less
    than 5 % in 90 %. Or by the boxes alone: all have right > left, bottom > top and end inside the image as corners, and
    10 % reach over its border by 1 px as width and height: three or more, one by a tenth of itself.
    Tolerance: in right files 5 to 15 % of the boxes are ordered like corners and none reaches over; in files of corners
    all are, and 76 to 80 % do.
    Fix: subtract x and y from the last two numbers, in the whole file. Unsafe: every box changes. Those that cannot be
    corners are left as they are.
    """
    boxes = boxes_of(index)
    segmentation, area = corners_by_bounds(boxes), corners_by_area(boxes)
    if segmentation.is_won:
        yield Finding(
            f"{segmentation.votes} of {segmentation.voters} boxes hold the corners of their segmentation", "annotations"
        )
    elif segmentation.is_valid:
        return
    elif area.is_won:
        yield Finding(
            f"{area.votes} of {area.voters} boxes have an area that fits two corners, not width and height", "annotations"
        )
    elif corners_by_geometry(boxes):
        over = share_over(boxes)
        yield Finding(
            f"{len(boxes)} of {len(boxes)} boxes are ordered like corners; {over:.0%} reach over the image as width and height",
            "annotations",
        )


@bbox_xyxy.fix(Stage.SHAPE, safe=False, reads=["segmentation"], writes=["bbox", "area"])
def corners_to_extent(record: Record) -> Record:
    """Subtract the first corner from the second."""
    bbox = record.get("bbox")
    if not is_box(bbox) or bbox[2] <= bbox[0] or bbox[3] <= bbox[1]:
        return record
    return with_box(record, [*bbox[:2], round(bbox[2] - bbox[0], 6), round(bbox[3] - bbox[1], 6)])


@rule("B016", "bbox-cxcywh", Severity.ERROR, impact=1, requires=["bbox-xyxy"], tasks=OBJECT_TASKS, least=ENOUGH)
def bbox_cxcywh(index: Index) -> Iterable[Finding]:
    """The boxes are `[centre x, centre y, width, height]` instead of starting at the top left corner.

    What breaks: every box lies half its size too far right and down; AP is close to 0.
    Definition: of 20 or more single objects, 90 % of those that can tell have x and y in the middle of their segmentation
    (within 2 px) and not at its top left. Without segmentations: all boxes lie in the image (within 1 px) if x and y are
    the centre, and 5 % reach over its border by 1 px if they are not: three or more, one by a tenth of itself.
    Tolerance: 73 to 91 % of right boxes could be centred and none reaches over; in files of centres all can, and
    11 to 30 % do.
    Fix: subtract half of width and height from x and y, in the whole file. Unsafe: every box changes.
    """
    boxes = boxes_of(index)
    segmentation = centres_by_bounds(boxes)
    if segmentation.is_won:
        yield Finding(
            f"{segmentation.votes} of {segmentation.voters} boxes start in the middle of their segmentation", "annotations"
        )
    elif not segmentation.is_valid and centres_by_geometry(boxes):
        over = share_over(boxes)
        yield Finding(
            f"{len(boxes)} of {len(boxes)} boxes fit as centres; {over:.0%} reach over the image as top left corners",
            "annotations",
        )


@bbox_cxcywh.fix(Stage.SHAPE, safe=False, writes=["bbox"])
def from_the_middle(record: Record) -> Record:
    """Subtract half of the extent from the middle."""
    bbox = record.get("bbox")
    if not is_box(bbox):
        return record
    return record | {"bbox": [round(bbox[0] - bbox[2] / 2, 6), round(bbox[1] - bbox[3] / 2, 6), *bbox[2:]]}


@rule("B018", "bbox-percent", Severity.WARNING, impact=1, requires=["bbox-cxcywh"], tasks=OBJECT_TASKS, least=ENOUGH)
def bbox_percent(index: Index) -> Iterable[Finding]:
    """The boxes seem to be in percent of the image.

    What breaks: every box lies in the top left corner of its image; AP is 0.
    Definition: of 50 or more boxes in images whose median short side is above 200 px, none ends beyond 100.5, one at 1.5
    or more, and 10 or more end between 99 and 100.5.
    Tolerance: at most 1.1 % of right boxes end before 100 px.
    Fix: multiply by width and height of the image and divide by 100, in the whole file. Unsafe: every box changes.
    """
    boxes = boxes_of(index)
    touching = touching_hundred(boxes)
    if touching >= 10:
        yield Finding(
            f"none of {len(boxes)} boxes ends beyond 100, and {touching} end at it: percent, not pixels", "annotations"
        )


@bbox_percent.fix(Stage.SHAPE, safe=False, reads=["segmentation"], writes=["bbox", "area"])
def percent_to_pixels(record: Record, image: Image | None) -> Record:
    """Take the numbers for hundredths of the image."""
    bbox = record.get("bbox")
    return scaled(record, bbox, image, 100) if image and is_box(bbox) else record


@rule(
    "B023", "bbox-per-mille", Severity.INFO, impact=3, requires=["bbox-percent", "image-size-swapped"], tasks=OBJECT_TASKS,
)  # fmt: skip
def bbox_per_mille(index: Index) -> Iterable[Finding]:
    """The boxes seem to be in thousandths of the image.

    What breaks: boxes are stretched, and many lie outside their image; AP is close to 0. Models of vision and language
    answer in such coordinates.
    Definition: of 50 or more boxes none ends beyond 1000.5, and 10 % reach over the border of their image by 1 px: three or
    more, one by a tenth of itself. Of these 10 or more end between 990 and 1000.5 along the shorter side of the image.
    Tolerance: boxes made for a larger copy of the images may end at 1000 along the longer side, but not along the shorter
    one; square images cannot tell.
    Fix: multiply by width and height of the image and divide by 1000, in the whole file. Unsafe: every box changes.
    """
    boxes = boxes_of(index)
    touching = touching_thousand(boxes)
    if touching >= 10:
        yield Finding(
            f"none of {len(boxes)} boxes ends beyond 1000, and {touching} end there along the shorter side of their image",
            "annotations",
        )


@bbox_per_mille.fix(Stage.SHAPE, safe=False, reads=["segmentation"], writes=["bbox", "area"])
def per_mille_to_pixels(record: Record, image: Image | None) -> Record:
    """Take the numbers for thousandths of the image."""
    bbox = record.get("bbox")
    return scaled(record, bbox, image, 1000) if image and is_box(bbox) else record
