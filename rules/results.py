"""Results: what a model predicted, one object for each detection or caption in an array at the root."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from msgspec.structs import replace

from cocolint.api import (
    SECTION,
    Bools,
    Dropped,
    Faults,
    FileFacts,
    Finding,
    Floats,
    Image,
    Index,
    Ints,
    Record,
    Renumbered,
    Severity,
    Stage,
    Task,
    Truth,
    rule,
)

from ._ids import number_in
from ._repeats import repeats
from ._runs import Mask, compressed, rasterised, size_of
from .box_formats import ENOUGH, Boxes, boxes_of, corners_by_bounds, corners_to_extent

SCORED = frozenset({Task.RESULTS_BBOX, Task.RESULTS_SEGM, Task.RESULTS_KEYPOINTS})
MASKED = frozenset({Task.RESULTS_SEGM, Task.RESULTS_STUFF})
ARRAYS = SCORED | MASKED | {Task.RESULTS_CAPTIONS}
"""The tasks whose root is an array; results of panoptic segmentation are an object."""

KIND = {
    Task.RESULTS_BBOX: "bbox",
    Task.RESULTS_SEGM: "segmentation",
    Task.RESULTS_STUFF: "segmentation",
    Task.RESULTS_KEYPOINTS: "keypoints",
}
"""The field that each task is about."""

OVERWRITTEN = ("area", "id", "iscrowd")
MIXER = 0x1E3779B97F4A7C15
"""An odd number with irregular bits, so that products of different ids are spread out."""
STEEP = 1.25
"""Up to this ratio of end and start, boxes that are ordered like corners are looked at closely."""


@rule("V001", "results-not-array", Severity.ERROR, tasks=ARRAYS)
def results_not_array(file: FileFacts) -> Iterable[Finding]:
    """The root of a results file is not an array.

    What breaks: pycocotools asserts "results in not an array of objects".
    Definition: the root is an object, in a file whose task is one of results. Those of panoptic segmentation are an object.
    Fix: write the array that stands under `annotations`. Safe if nothing else holds anything. Unsafe if it does: images,
    categories and the like are lost.
    """
    if file.keys:
        yield Finding("the root is an object, results are an array")


@results_not_array.fix(Stage.SHAPE, safe=True)
def bare(root: Record, file: FileFacts) -> Any:
    """Write the results alone, if there is nothing else."""
    rows = file.row_counts
    rest = [value for name, value in root.items() if name != "annotations" and (value is not SECTION or rows.get(name, 1))]
    return root if any(rest) else _alone(root)


@results_not_array.fix(Stage.SHAPE, safe=False)
def bared(root: Record) -> Any:
    """Write the results alone."""
    return _alone(root)


def _alone(root: Record) -> Any:
    return SECTION if root.get("annotations") is SECTION else root


@rule("V002", "results-empty", Severity.ERROR, tasks=ARRAYS)
def results_empty(index: Index, file: FileFacts) -> Iterable[Finding]:
    """The file has no results.

    What breaks: pycocotools raises `IndexError: list index out of range` in `loadRes`.
    Definition: the array at the root is empty.
    Fix: find out why the model found nothing: a threshold, the wrong weights, or no image. Only a person can.
    """
    if not len(index) and not file.keys:
        yield Finding("the array is empty")


@rule("V004", "results-image-id-type", Severity.ERROR, impact=1, requires=["results-not-array"], tasks=ARRAYS)
def results_image_id_type(faults: Faults) -> Iterable[Finding]:
    """The `image_id` of a result is not an integer.

    What breaks: `"1"` is not 1: pycocotools asserts "Results do not correspond to current coco set". Names of files as ids,
    as Ultralytics writes them, match no image either.
    Definition: `image_id` is there, not null, and of another JSON type than integer.
    Fix: write the id of the image. Safe: the ground truth has one image with that id, or with that file name, its folder or
    its ending left out. Unsafe without one: a number in quotes is taken for the id.
    """
    return faults


@results_image_id_type.fix(Stage.CAST, safe=True)
def as_in_truth(file: FileFacts, truth: Truth) -> Iterator[Renumbered]:
    """Look up texts among the ids and the file names of the ground truth."""
    images = truth.images
    found: dict[str, set[int]] = defaultdict(set)
    for row in np.flatnonzero(images.has("id")).tolist():
        number, name = int(images.id[row]), images.file_name[row]
        last = name.replace("\\", "/").rpartition("/")[2]
        for text in {str(number), name, last, last.rpartition(".")[0]} - {""}:
            found[text].add(number)
    ids = {text: numbers.pop() for text, numbers in found.items() if len(numbers) == 1}
    if ids:
        yield Renumbered(file.display, "images", ids)


@results_image_id_type.fix(Stage.CAST, safe=False, writes=["image_id"])
def unquoted(record: Record) -> Record:
    """Write a number in quotes as a number."""
    number = number_in(record.get("image_id"))
    return record if number is None else record | {"image_id": number}


@rule("V012", "results-first-item-decides", Severity.ERROR, impact=3, requires=["results-not-array"], tasks=KIND)
def results_first_item_decides(index: Index, file: FileFacts) -> Iterable[Finding]:
    """A result is of another kind than the first one, or the first one is of no kind.

    What breaks: `loadRes` of pycocotools looks at the first result only, and raises KeyError at the first one that lacks
    the same field.
    Definition: the first result has no `bbox`, `segmentation` or `keypoints`, whichever the task is for; or it has one of
    the three that another result lacks. An empty `bbox` is left to `bbox-empty`.
    Source: `COCO.loadRes`.
    Fix: write one file for each kind of results. Only a person knows which results belong together.
    """
    if index.lacks(KIND[file.task])[:1].any():
        yield from index.at([0], None, f"the first result has no `{KIND[file.task]}`, and it decides what all are")
        return
    told = np.zeros(len(index), bool)
    for name in ("bbox", "segmentation", "keypoints"):
        if index.has(name)[:1].any():
            yield from index.where(index.lacks(name) & ~told, None, f"`{name}` is missing, and the first result has one")
            told |= index.lacks(name)


@rule("V013", "results-bbox-xyxy", Severity.ERROR, impact=1, tasks=SCORED)
def results_bbox_xyxy(index: Index) -> Iterable[Finding]:
    """The boxes of results are `[left, top, right, bottom]` instead of `[x, y, width, height]`.

    What breaks: the boxes are far too large, and AP is 0 without an error. Models mostly put out corners.
    Definition: of 20 or more boxes, 90 % of those that can tell lie at the corners of their mask (within 2 px) and not at
    its extent. Without masks: all have right > left and bottom > top as corners, and along both axes 20 or more end within
    1.25 times their start; of these, starts and extents as corners differ by a factor of 2.
    Tolerance: in right files 5 to 15 % of the boxes are ordered like corners. Of large objects all may be, but then their
    widths do not crowd just above x while none lies below it. `results-bbox-xyxy-in-image` tells more files.
    Fix: subtract x and y from the last two numbers, in the whole file. Unsafe: every box changes. Those that cannot be
    corners are left as they are.
    """
    boxes = boxes_of(index)
    masks = corners_by_bounds(boxes)
    if masks.is_won:
        yield Finding(f"{masks.votes} of {masks.voters} boxes hold the corners of their mask", "annotations")
    elif not masks.is_valid and _has_edge(boxes):
        yield Finding(f"{len(boxes)} of {len(boxes)} boxes are ordered like corners, many of them closely", "annotations")


results_bbox_xyxy.fix(Stage.SHAPE, safe=False, reads=["segmentation"], writes=["bbox", "area"])(corners_to_extent.function)


def _has_edge(boxes: Boxes) -> bool:
    """Tell whether all boxes end after their start, many just after it: no file of extents has such an edge by chance."""
    start, end = boxes.xywh[:, :2], boxes.xywh[:, 2:]
    if len(boxes) < ENOUGH or not (end > start).all():
        return False
    return all(_is_steep(start[:, axis], end[:, axis]) for axis in (0, 1))


def _is_steep(start: Floats, end: Floats) -> bool:
    near = (start > 0) & (end < STEEP * start)
    if np.count_nonzero(near) < ENOUGH:
        return False
    start, share = start[near], end[near] / start[near] - 1
    return bool(start.max() >= 2 * start.min() and share.max() >= 2 * share.min())


@rule("V014", "results-segm-polygon", Severity.ERROR, requires=["results-not-array"], tasks=MASKED)
def results_segm_polygon(faults: Faults) -> Iterable[Finding]:
    """The mask of a result is a polygon; evaluation reads compressed run lengths only.

    What breaks: pycocotools raises "list indices must be integers", unless the first result has a `bbox`.
    Definition: `segmentation` is an array, in results of masks.
    Fix: rasterise it in the size that the ground truth gives to the image, and compress the runs. Safe: readers of polygons
    see the same pixels.
    """
    return [replace(fault, message="an array, not compressed run lengths", summary=None) for fault in faults]


@results_segm_polygon.fix(Stage.SHAPE, safe=True, reads=["image_id"], writes=["segmentation"])
def as_runs(record: Record, truth: Truth) -> Record:
    """Write the runs of the pixels that the rings cover."""
    image = _image_in(truth, record.get("image_id"))
    size, runs = size_of(image), rasterised(record.get("segmentation"), image)
    return record if size is None or runs is None else record | {"segmentation": {"size": [*size], "counts": compressed(runs)}}


def _image_in(truth: Truth, image_id: Any) -> Image | None:
    """Return an image of the ground truth, None where there is none of that id and of a known size."""
    if not isinstance(image_id, int) or abs(image_id) >= 1 << 63:
        return None
    images = truth.images
    row = int(images.rows_of(np.array([image_id]))[0])
    width, height = (float(column[row]) for column in (images.width, images.height)) if row >= 0 else (0.0, 0.0)
    return Image(image_id, width, height, images.file_name[row]) if width > 0 < height else None


@rule("V015", "results-segm-uncompressed", Severity.ERROR, requires=["results-not-array"], tasks=MASKED)
def results_segm_uncompressed(faults: Faults) -> Iterable[Finding]:
    """The run lengths of a result are not compressed.

    What breaks: pycocotools raises "Expected bytes, got list".
    Definition: `counts` is an array, in results of masks.
    Fix: compress the runs, if they fill the size. Safe: the pixels stay.
    """
    return [replace(fault, message="a list of runs, not the compressed string", summary=None) for fault in faults]


@results_segm_uncompressed.fix(Stage.SHAPE, safe=True, writes=["segmentation"])
def as_text(record: Record) -> Record:
    """Write the runs as text."""
    mask = Mask.of(record)
    runs = mask.runs if mask and isinstance(mask.fields.get("counts"), list) else None
    return record if mask is None or runs is None else record | {"segmentation": mask.fields | {"counts": compressed(runs)}}


@rule("V017", "results-segm-with-bbox", Severity.INFO, impact=3, tasks={Task.RESULTS_SEGM})
def results_segm_with_bbox(index: Index) -> Iterable[Finding]:
    """Results of masks have boxes too.

    What breaks: pycocotools takes the area of the box for that of the mask, so AP for small, medium and large objects is
    another than without. detectron2 drops the boxes for that reason; mmdetection writes them.
    Definition: the first result has both `segmentation` and `bbox`.
    Source: `COCO.loadRes`.
    Fix: leave out the boxes. Unsafe: they are lost to other readers; write them to a file of their own first.
    """
    if (index.has("segmentation") & index.has("bbox"))[:1].any():
        count = int(np.count_nonzero(index.has("bbox")))
        yield Finding(f"{count} of {len(index)} results have a `bbox` beside the mask", "annotations")


@results_segm_with_bbox.fix(Stage.DROP, safe=False, reads=["segmentation"], writes=["bbox"])
def without_box(record: Record) -> Record:
    """Leave out the box of a result that has a mask."""
    return {name: value for name, value in record.items() if name != "bbox"} if "segmentation" in record else record


@rule("V019", "results-too-many", Severity.INFO, impact=3, tasks=SCORED)
def results_too_many(index: Index, file: FileFacts, *, most: int = 100, most_keypoints: int = 20) -> Iterable[Finding]:
    """An image has more results than evaluation counts.

    What breaks: the metric of COCO is for the 100 best results of an image, of keypoints 20, and that of LVIS for 300.
    COCOeval takes as many of each category of an image, LVIS and the test server of all together.
    Definition: more than `most` results of one image, in files of keypoints more than `most_keypoints`; reported at the
    first of them.
    Fix: keep those with the highest score. Unsafe: to COCOeval those of rare categories count.
    """
    limit = most_keypoints if file.task is Task.RESULTS_KEYPOINTS else most
    rows = np.flatnonzero(index.has("image_id"))
    _, first, count = np.unique(index.image_id[rows], return_index=True, return_counts=True)
    many = count > limit
    rows = rows[first[many]]
    message = f"{{count}} results of image {{image}}, at most {limit} count"
    return index.at(rows, None, message, count=count[many], image=index.image_id[rows], limit=np.full(len(rows), limit))


@results_too_many.fix(Stage.DROP, safe=False)
def best_of_each_image(index: Index, file: FileFacts, image: Ints, limit: Ints) -> Iterator[Dropped]:
    """Keep those with the highest score, of equal ones the first."""
    rows = np.flatnonzero(index.has("image_id") & np.isin(index.image_id, image))
    rows = rows[np.lexsort([-np.nan_to_num(index.score[rows], nan=-np.inf), index.image_id[rows]])]
    ids = index.image_id[rows]
    rank = np.arange(len(rows)) - np.searchsorted(ids, ids)
    yield Dropped(file.display, "annotations", rows[rank >= limit[0]])


@rule("V020", "results-duplicate", Severity.WARNING, impact=3, tasks=SCORED)
def results_duplicate(index: Index, *, overlap: float = 0.999) -> Iterable[Finding]:
    """A result is a copy of another one.

    What breaks: one of the two matches the object, the other counts as wrong: AP falls. Mostly non-maximum suppression
    was left out, or a batch was written twice.
    Definition: image, category and score are equal, the boxes overlap by an IoU above 0.999, and masks and keypoints
    are equal.
    Fix: suppress overlapping results; only a person knows with which threshold.
    """
    later, earlier = _twins(index, overlap)
    return index.at(later, None, "the same as result {earlier} of the array, counted from 0", earlier=earlier)


def _twins(index: Index, overlap: float) -> tuple[Ints, Ints]:
    """Return the results, ascending, that are equal to an earlier one, and that one: all are compared with their neighbour
    in the order of the left side.
    """
    corners = np.where(np.isnan(index.bbox), index.mask_bounds, _corners(index.bbox))
    known = np.isfinite(corners).all(axis=1) | (index.digest != 0)
    rows = np.flatnonzero(known & index.has("image_id") & index.has("category_id") & np.isfinite(index.score))
    rows = _crowded(index, rows)
    keys = (index.image_id, index.category_id, index.score, index.digest)
    rows = rows[np.lexsort([corners[rows, 0], *(key[rows] for key in keys)])]
    one, two = rows[:-1], rows[1:]
    same = np.logical_and.reduce([key[one] == key[two] for key in keys]) & _agree(corners[one], corners[two], overlap)
    group = np.append(0, np.cumsum(~same))[: len(rows)]
    first = np.full(len(rows), len(index), np.int64)
    np.minimum.at(first, group, rows)
    later = rows[rows != first[group]]
    order = np.argsort(later)
    return later[order], first[group][rows != first[group]][order]


def _crowded(index: Index, rows: Ints) -> Ints:
    """Return those of `rows` that share image, category and score with another, and few more: so few are sorted by all."""
    mixed = index.image_id[rows] * MIXER ^ index.category_id[rows] * (MIXER >> 7) ^ index.score[rows].view(np.int64)
    order = np.argsort(mixed)
    level = np.diff(mixed[order]) == 0
    return rows[order][np.append(level, False) | np.append(False, level)] if len(rows) else rows


def _corners(bbox: Floats) -> Floats:
    return np.concatenate([bbox[:, :2], bbox[:, :2] + bbox[:, 2:]], axis=1)


def _agree(one: Floats, two: Floats, overlap: float) -> Bools:
    """Tell which pairs of boxes are the same, exactly or nearly; two results without a box are told by their points."""
    with np.errstate(all="ignore"):
        inner = np.minimum(one[:, 2:], two[:, 2:]) - np.maximum(one[:, :2], two[:, :2])
        shared = np.maximum(inner, 0).prod(axis=1)
        union = (one[:, 2:] - one[:, :2]).prod(axis=1) + (two[:, 2:] - two[:, :2]).prod(axis=1) - shared
        near: Bools = shared > overlap * union
    same: Bools = near | (one == two).all(axis=1) | (np.isnan(one) & np.isnan(two)).all(axis=1)
    return same


@rule("V021", "results-caption-multiple", Severity.ERROR, impact=3, tasks={Task.RESULTS_CAPTIONS})
def results_caption_multiple(index: Index) -> Iterable[Finding]:
    """An image has more than one generated caption.

    What breaks: the metrics assert that there is one caption for each image.
    Definition: `image_id` stands on an earlier result too; the first one is not reported.
    Source: `assert(len(hypo) == 1)` in pycocoevalcap.
    Fix: keep one of them; only a person knows which.
    """
    rows, first = repeats(index.has("image_id"), index.image_id)
    message = "image {image} has a caption already, in result {first} of the array"
    return index.at(rows, "image_id", message, image=index.image_id[rows], first=first)


@rule("V023", "results-extra-keys", Severity.INFO, impact=4, tasks=ARRAYS)
def results_extra_keys(file: FileFacts) -> Iterable[Finding]:
    """Results have fields that evaluation overwrites.

    What breaks: nothing; what was written there is lost: evaluation numbers the results itself and computes the area.
    Definition: one of the first results has the key `id`, `area` or `iscrowd`.
    Fix: leave them out where results are written.
    """
    found = [name for name in OVERWRITTEN if name in file.unknown_fields.get("annotations", ())]
    if found:
        yield Finding(", ".join(f"`{name}`" for name in found) + " of results are overwritten", "annotations")
