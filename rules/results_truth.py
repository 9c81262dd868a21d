"""Results beside the ground truth that they belong to: what only its ids, sizes and boxes can tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from cocolint.api import (
    FileFacts,
    Finding,
    Floats,
    Index,
    Ints,
    Record,
    Renumbered,
    Severity,
    Stage,
    Task,
    Truth,
    distinct,
    rule,
)

from ._ids import explained, meant_by, mistake_in
from .box_formats import (
    ENOUGH,
    SAMPLE,
    Boxes,
    corners_by_bounds,
    corners_by_geometry,
    corners_to_extent,
    every,
    share_over,
    usable,
)
from .results import ARRAYS, KIND, MASKED, SCORED

SHOWN = 5
"""How many ids of images a message names."""
PAIRS = 500_000
"""How many pairs of a result and an object are compared; of more, those of a part of the images."""
OVERLAP = 0.5
"""The IoU from which on a result is taken for an attempt at an object."""
_NUMBER = re.compile(r"(\d{1,18})\.\w+$")


@rule("V003", "results-image-id-unknown", Severity.ERROR, impact=1, requires=["results-not-array"], tasks=ARRAYS)
def results_image_id_unknown(index: Index, truth: Truth) -> Iterable[Finding]:
    """A result belongs to an image that the ground truth does not have.

    What breaks: pycocotools asserts "Results do not correspond to current coco set" and evaluates nothing.
    Definition: `image_id` is an integer that no image of the ground truth has as its id. Silent where images whose own ids
    are unusable can explain all unknown ones. If it is the number in the name of an image, the message says which.
    Fix: take the id of the image whose name has the number; else drop the result, unless none has a known image: then take
    the ground truth of the same split. Unsafe: they may belong to another image.
    """
    unknown = np.flatnonzero(index.has("image_id") & (_images(index, truth) < 0))
    ids = index.image_id[unknown]
    if explained(ids, truth.images.has("id")):
        return
    named = _numbered(truth, ids)
    numbers = np.append(truth.images.id, -1)[named]
    matched = np.full(len(ids), len(unknown) < np.count_nonzero(index.has("image_id")))
    message = "no image of the ground truth has the id {image_id}"
    for chosen, more in ((named < 0, ""), (named >= 0, ", it is the number in the name of image {named}")):
        yield from index.at(
            unknown[chosen], "image_id", message + more, image_id=ids[chosen], named=numbers[chosen], matched=matched[chosen]
        )


@results_image_id_unknown.fix(Stage.DROP, safe=False, writes=["image_id"], drops=True)
def by_name(record: Record, named: int, matched: bool) -> Record | None:
    """Take the image by its name, or drop the result if others have an image."""
    if named >= 0:
        return record | {"image_id": named}
    return None if matched else record


def _images(index: Index, truth: Truth) -> Ints:
    """Return the row of the image of each result in the ground truth, -1 where there is none."""
    return np.where(index.has("image_id"), truth.images.rows_of(index.image_id), -1)


def _numbered(truth: Truth, ids: Ints) -> Ints:
    """Return for each id the row of the image whose file name ends in that number, -1 where there is none."""
    wanted = set(ids.tolist())
    usable = truth.images.has("id")
    found = {
        int(match[1]): row
        for row, name in enumerate(truth.images.file_name)
        if (match := _NUMBER.search(name)) and int(match[1]) in wanted and usable[row]
    }
    return np.array([found.get(number, -1) for number in ids.tolist()], np.int64)


@rule("V005", "results-category-unknown", Severity.ERROR, impact=1, tasks=KIND,
      requires=["results-not-array", "results-category-not-mapped"])  # fmt: skip
def results_category_unknown(index: Index, truth: Truth) -> Iterable[Finding]:
    """A result has a category that the ground truth does not declare.

    What breaks: COCOeval passes over it silently, so the object that it found counts as missed.
    Definition: `category_id` is an integer that no category of the ground truth has as its id. Silent where categories
    whose own ids are unusable can explain all unknown ones.
    Fix: map the classes of the model to the ids of the ground truth; only a person knows them.
    """
    unknown = _undeclared(index, truth)
    categories = truth.categories
    if not len(categories) or explained(index.category_id[unknown], categories.has("id")):
        return
    message = "no category of the ground truth has the id {category_id}"
    yield from index.at(unknown, "category_id", message, category_id=index.category_id[unknown])


def _undeclared(index: Index, truth: Truth) -> Ints:
    return np.flatnonzero(index.has("category_id") & (truth.categories.rows_of(index.category_id) < 0))


@rule("V006", "results-category-not-mapped", Severity.ERROR, impact=1, requires=["results-not-array"], tasks=KIND)
def results_category_not_mapped(index: Index, truth: Truth) -> Iterable[Finding]:
    """The category ids of results are class indexes of the model, not ids of the ground truth.

    What breaks: every result counts for another class, or for none: AP is close to 0 without an error.
    Definition: of 20 or more results some have an id that the ground truth does not declare, and all of them are 1 too
    small or 1 too large, or are positions in the list of its categories, as in `category-id-off-by-one`. Or, by the boxes:
    of 20 or more objects with a result on them (IoU 0.5; the one with the highest score), at most 10 % have the category of
    their result, and 80 %, of two categories or more, have the one that such a mistake turns it into.
    Tolerance: a model that takes classes for each other does not do so by one rule in 80 % of all cases.
    Fix: map the class indexes to the ids of the ground truth; not where it is open from which number they count. Unsafe: the
    file cannot prove which mistake it was.
    """
    mistake = _by_ids(index, truth) or _by_boxes(index, truth)
    if mistake:
        yield Finding(mistake.text, "annotations")


@results_category_not_mapped.fix(Stage.ID, safe=False)
def mapped(index: Index, truth: Truth, file: FileFacts) -> Iterator[Renumbered]:
    """Write the ids that the class indexes stand for."""
    mistake = _by_ids(index, truth) or _by_boxes(index, truth)
    if mistake and mistake.ids:
        yield Renumbered(file.display, "categories", mistake.ids)


class _Mistake(NamedTuple):
    """What results have for category ids, in words, and the ids that they stand for, empty where that is open."""

    text: str
    ids: dict[int, int]


def _are_enough(index: Index, truth: Truth) -> bool:
    categories = truth.categories
    count = np.count_nonzero(index.has("category_id"))
    return bool(count >= ENOUGH and len(categories) and categories.has("id").all())


def _by_ids(index: Index, truth: Truth) -> _Mistake | None:
    """Compare the ids with those that are declared."""
    if not _are_enough(index, truth) or not len(_undeclared(index, truth)):
        return None
    order = truth.categories.id
    used = frozenset(distinct(index.category_id[index.has("category_id")]).tolist())
    declared = frozenset(order.tolist())
    mistake = mistake_in(used, declared)
    span = f"{min(used)} to {max(used)} in use, {min(declared)} to {max(declared)} declared in the ground truth"
    ids = meant_by(used, declared, is_sorted=bool(np.all(np.diff(order) > 0)))
    return _Mistake(f"{mistake}: {span}", ids) if mistake else None


def _by_boxes(index: Index, truth: Truth) -> _Mistake | None:
    """Compare the categories of objects with those of the results on them."""
    if not _are_enough(index, truth):
        return None
    result, thing = _matches(index, truth)
    given, right = index.category_id[result], truth.index.category_id[thing]
    if len(given) < ENOUGH or np.mean(given == right) > 0.1:
        return None
    ids = distinct(truth.categories.id)
    used = distinct(index.category_id[index.has("category_id")])
    readings: tuple[tuple[str, Callable[[Ints], Ints]], ...] = (
        ("every id is 1 too small", lambda old: old + 1),
        ("every id is 1 too large", lambda old: old - 1),
        ("ids are positions in the list of categories, counted from 0", lambda old: _at(ids, old)),
        ("ids are positions in the list of categories, counted from 1", lambda old: _at(ids, old - 1)),
    )
    for mistake, read in readings:
        hit = read(given) == right
        if hit.mean() >= 0.8 and len(distinct(right[hit])) > 1:
            meant = {old: new for old, new in zip(used.tolist(), read(used).tolist(), strict=True) if new in ids}
            return _Mistake(f"{mistake}: so it is with {hit.sum()} of {len(hit)} objects that results lie on", meant)
    return None


def _at(ids: Ints, positions: Ints) -> Ints:
    """Return the id at each position, and the least integer where there is none."""
    inside = (positions >= 0) & (positions < len(ids))
    return np.where(inside, ids[np.where(inside, positions, 0)], np.iinfo(np.int64).min)


def _matches(index: Index, truth: Truth) -> tuple[Ints, Ints]:
    """Return pairs of a result and an object: of the results on an object that with the highest score."""
    objects = truth.index
    boxes, places = _corners(index), _images(index, truth)
    targets = _corners(objects)
    results = np.flatnonzero((places >= 0) & usable(boxes) & index.has("category_id"))
    things = np.flatnonzero((objects.image >= 0) & ~objects.crowd & usable(targets) & (objects.category >= 0))
    size = len(truth.images)
    pairs = np.bincount(places[results], minlength=size) * np.bincount(objects.image[things], minlength=size)
    pairs[pairs > PAIRS] = 0
    every_nth = int(pairs.sum()) // PAIRS + 1
    chosen = (pairs > 0) & (np.arange(size) % every_nth == 0)
    results, things = results[chosen[places[results]]], things[chosen[objects.image[things]]]
    things = things[np.argsort(objects.image[things], kind="stable")]
    first, stop = (np.searchsorted(objects.image[things], places[results], side) for side in ("left", "right"))
    count = stop - first
    one = np.repeat(results, count)
    two = things[np.arange(len(one)) - np.repeat(np.cumsum(count) - count - first, count)]
    on = _iou(boxes[one], targets[two]) >= OVERLAP
    one, two = one[on], two[on]
    order = np.lexsort([-np.nan_to_num(index.score[one]), two])
    one, two = one[order], two[order]
    best = np.append(True, two[1:] != two[:-1])[: len(two)]
    return one[best], two[best]


def _corners(index: Index) -> Floats:
    """Return left, top, right and bottom of each box, of the mask where there is no box, NaN where there is neither."""
    corners = np.concatenate([index.bbox[:, :2], index.bbox[:, :2] + index.bbox[:, 2:]], axis=1)
    return np.where(np.isnan(corners), index.mask_bounds, corners)


def _iou(one: Floats, two: Floats) -> Floats:
    with np.errstate(all="ignore"):
        shared = np.maximum(np.minimum(one[:, 2:], two[:, 2:]) - np.maximum(one[:, :2], two[:, :2]), 0).prod(axis=1)
        union = (one[:, 2:] - one[:, :2]).prod(axis=1) + (two[:, 2:] - two[:, :2]).prod(axis=1) - shared
        overlap: Floats = np.nan_to_num(shared / union)
    return overlap


@rule("V016", "results-segm-size", Severity.ERROR, requires=["results-image-id-unknown"], tasks=MASKED)
def results_segm_size(index: Index, truth: Truth) -> Iterable[Finding]:
    """The mask of a result has another size than the image.

    What breaks: pycocotools gives it an overlap of -1 with every object: AP is 0 without an error.
    Definition: `size` is not `[height, width]` of the image in the ground truth.
    Fix: resize the mask to the image before it is encoded; the file alone cannot mend it.
    """
    places = _images(index, truth)
    rows = np.flatnonzero(index.is_rle & (places >= 0))
    height, width = truth.images.height[places[rows]], truth.images.width[places[rows]]
    wrong = (height > 0) & (width > 0) & ((index.mask_height[rows] != height) | (index.mask_width[rows] != width))
    rows = rows[wrong]
    message = "size is [{h}, {w}], the image is {height:g} high and {width:g} wide"
    return index.at(
        rows, "segmentation/size", message,
        h=index.mask_height[rows], w=index.mask_width[rows], height=height[wrong], width=width[wrong],
    )  # fmt: skip


@rule("V018", "results-keypoints-length", Severity.ERROR, requires=["results-category-unknown"],
      tasks={Task.RESULTS_KEYPOINTS})  # fmt: skip
def results_keypoints_length(index: Index, truth: Truth) -> Iterable[Finding]:
    """A result has another number of keypoints than its category.

    What breaks: COCOeval raises "operands could not be broadcast together".
    Definition: `keypoints` does not hold three numbers for each keypoint that the category declares in the ground truth.
    Fix: write x, y and a third number for every keypoint, in the order of the category; only a person knows it.
    """
    wanted = 3 * truth.categories.point_count_of(truth.categories.rows_of(index.category_id))
    wrong = index.has("keypoints") & index.has("category_id") & (wanted > 0) & (index.keypoint_values != wanted)
    message = "{length} numbers, expected {wanted}"
    return index.where(wrong, "keypoints", message, length=index.keypoint_values, wanted=wanted)


@rule(
    "V022", "results-image-uncovered", Severity.INFO, requires=["results-not-array", "results-image-id-unknown"], tasks=ARRAYS
)
def results_image_uncovered(index: Index, truth: Truth) -> Iterable[Finding]:
    """An image of the ground truth has no result.

    What breaks: nothing where nothing is to be found; if a part of the images was left out, all its objects count as
    missed. Metrics of captions assert that every image has one.
    Definition: no `image_id` is the id of that image. One finding for the file.
    Fix: run the model on all images; only a person knows whether it found nothing there.
    """
    places = _images(index, truth)
    bare = np.bincount(places[places >= 0], minlength=len(truth.images)) == 0
    ids = np.sort(truth.images.id[bare & truth.images.has("id")])
    if len(ids) and len(index):
        yield _uncovered(ids, len(truth.images))


def _uncovered(ids: Ints, total: int) -> Finding:
    some = ", ".join(map(str, ids[:SHOWN].tolist())) + (", ..." if len(ids) > SHOWN else "")
    return Finding(f"{len(ids)} of {total} images have no result: {some}", "annotations")


@rule("V026", "results-panoptic-image-uncovered", Severity.ERROR, tasks={Task.RESULTS_PANOPTIC})
def results_panoptic_image_uncovered(index: Index, truth: Truth) -> Iterable[Finding]:
    """An image of the panoptic ground truth has no result.

    What breaks: panopticapi raises "no prediction for the image with id" and evaluates nothing.
    Definition: no `image_id` is that of an annotation of the ground truth. One finding for the file. Silent where results
    whose `image_id` is unusable can explain all of them.
    Fix: run the model on all images; where it finds nothing, an annotation with empty `segments_info` and a black PNG will do.
    """
    wanted = distinct(truth.index.image_id[truth.index.has("image_id")])
    bare = wanted[~np.isin(wanted, index.image_id[index.has("image_id")])]
    if len(bare) and not explained(bare, index.has("image_id")):
        yield _uncovered(bare, len(wanted))


@rule("V025", "results-bbox-xyxy-in-image", Severity.ERROR, impact=1, requires=["results-not-array", "results-bbox-xyxy"],
      tasks=SCORED)  # fmt: skip
def results_bbox_xyxy_in_image(index: Index, truth: Truth) -> Iterable[Finding]:
    """The boxes of results lie in their images only as `[left, top, right, bottom]`.

    What breaks: the boxes are far too large, and AP is 0 without an error. Models mostly put out corners.
    Definition: as corners, all of 20 or more boxes have right > left and bottom > top and end inside the image that the
    ground truth tells (within 1 px); as `[x, y, width, height]` 10 % reach over its border by 1 px: three or more, one by
    a tenth of itself. Silent where masks prove the boxes right.
    Fix: subtract x and y from the last two numbers, in the whole file. Unsafe: every box changes. Those that cannot be
    corners are left as they are.
    """
    some = slice(None, None, len(index) // SAMPLE + 1)
    places = _images(index, truth)[some]
    size = np.column_stack([np.append(column, np.nan)[places] for column in (truth.images.width, truth.images.height)])
    boxes = Boxes(index.bbox[some], index.mask_bounds[some], index.area[some], size)
    boxes = boxes.of(usable(boxes.xywh) & every(boxes.xywh[:, 2:] > 0))
    if not corners_by_bounds(boxes).is_valid and corners_by_geometry(boxes):
        share = share_over(boxes.in_images(1))
        yield Finding(f"as x, y, width and height {share:.0%} of {len(boxes)} boxes reach over their image", "annotations")


results_bbox_xyxy_in_image.fix(Stage.SHAPE, safe=False, reads=["segmentation"], writes=["bbox", "area"])(
    corners_to_extent.function
)
