"""Annotations and what they refer to."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from cocolint.api import (
    ANNOTATION_TASKS,
    FIELD,
    OBJECT_TASKS,
    Bools,
    Faults,
    FileFacts,
    Finding,
    Image,
    Images,
    Index,
    Ints,
    Record,
    Severity,
    Stage,
    Task,
    distinct,
    rule,
)

from ._ids import number_in
from ._shapes import box_of, is_box, is_number, tidy

PLAIN_KEYS = frozenset({"info", "licenses", "images", "annotations", "categories", "type"})
"""Top-level keys that hold nothing that refers to annotations."""

NUMBERED_TASKS = ANNOTATION_TASKS - {Task.PANOPTIC}
"""The tasks whose annotations have an id of their own; those of panoptic files are known by their image."""


@rule("A001", "annotation-id-missing", Severity.ERROR, impact=1, tasks=NUMBERED_TASKS)
def annotation_id_missing(faults: Faults) -> Iterable[Finding]:
    """An annotation has no `id`.

    What breaks: pycocotools raises KeyError 'id' while it loads the file, and so does all that is built on it.
    Definition: the key `id` is absent. Annotations of panoptic files need none.
    Fix: number them on from the largest id. Safe: nothing can refer to an annotation without an id.
    """
    return faults


@annotation_id_missing.fix(Stage.ID, safe=True, writes=["id"])
def numbered(record: Record, fresh_id: int) -> Record:
    """Number them on."""
    return record | {"id": fresh_id}


@rule("A002", "annotation-id-duplicate", Severity.ERROR, impact=1, tasks=NUMBERED_TASKS, cumulative=True)
def annotation_id_duplicate(index: Index) -> Iterable[Finding]:
    """An annotation id stands on more than one annotation.

    What breaks: detectron2 and mmdetection assert that ids are unique; pycocotools keeps the last record only; Datumaro
    merges the objects.
    Definition: the id of an earlier annotation of the file stands again; the first one is not reported. Segments of
    panoptic files are counted for each image anew and are not meant.
    Fix: give the later ones fresh ids; a copy is then an `annotation-duplicate-exact`. Safe: the first one, which others
    may refer to, keeps its id.
    """
    usable = np.flatnonzero(index.has("id"))
    ids = index.by_file(index.id)[usable]
    ordered = ids if (ids[1:] > ids[:-1]).all() else np.sort(ids)
    if (ordered[1:] != ordered[:-1]).all():
        return []
    _, first = np.unique(ids, return_index=True)
    again = np.ones(len(usable), bool)
    again[first] = False
    rows = usable[again]
    return index.at(rows, "id", "id {id} stands on an earlier annotation too", id=index.id[rows])


@annotation_id_duplicate.fix(Stage.ID, safe=True, writes=["id"])
def told_apart(record: Record, fresh_id: int) -> Record:
    """Number the later ones on."""
    return record | {"id": fresh_id}


@rule(
    "A003",
    "annotation-id-zero",
    Severity.WARNING,
    impact=1,
    requires=["annotation-id-duplicate"],
    tasks=OBJECT_TASKS,
    cumulative=True,
)
def annotation_id_zero(index: Index) -> Iterable[Finding]:
    """An annotation has the id 0.

    What breaks: COCOeval notes matches by annotation id and reads 0 as no match, so the object is always missed and its
    detection always wrong.
    Definition: `id` is 0, in files whose objects are matched.
    Fix: give it the largest id plus 1. Safe: nothing refers to it; not in files with sections of their own that may.
    """
    return index.where(index.has("id") & (index.id == 0), "id", "id 0 means no match to COCOeval")


def renumbered(record: Record, fresh_id: int, file: FileFacts) -> Record:
    """Number it on, unless the file holds more than COCO does, such as relations of objects."""
    return record | {"id": fresh_id} if file.keys <= PLAIN_KEYS else record


annotation_id_zero.fix(Stage.ID, safe=True, writes=["id"])(renumbered)


@rule("A004", "annotation-id-not-integer", Severity.ERROR, tasks=NUMBERED_TASKS)
def annotation_id_not_integer(faults: Faults) -> Iterable[Finding]:
    """The id of an annotation is not an integer.

    What breaks: COCOeval raises `could not convert string to float`; Datumaro refuses the file.
    Definition: `id` is there and of another JSON type than integer.
    Fix: write the number that the text spells, else give it a fresh id. Safe: the first is the same id; fresh ids not in
    files with sections of their own that may refer to annotations.
    """
    return faults


@annotation_id_not_integer.fix(Stage.CAST, safe=True, writes=[FIELD])
def spelled(record: Record, field: str) -> Record:
    """Take the number that the text spells."""
    number = number_in(record.get(field))
    return record if number is None else record | {field: number}


annotation_id_not_integer.fix(Stage.ID, safe=True, writes=["id"])(renumbered)


@rule("A005", "annotation-id-negative", Severity.WARNING, impact=4, tasks=NUMBERED_TASKS, cumulative=True)
def annotation_id_negative(index: Index) -> Iterable[Finding]:
    """An annotation id is below 0.

    What breaks: -1 is "none" in many programs; databases that keep ids unsigned lose it.
    Definition: `id` < 0.
    Fix: give it a fresh id. Safe: nothing refers to it; not in files with sections of their own that may.
    """
    return index.where(index.has("id") & (index.id < 0), "id", "id {id}", id=index.id)


annotation_id_negative.fix(Stage.ID, safe=True, writes=["id"])(renumbered)


@rule("A017", "annotation-ignore-flag", Severity.WARNING, impact=3, tasks=OBJECT_TASKS, cumulative=True)
def annotation_ignore_flag(index: Index) -> Iterable[Finding]:
    """An annotation says `ignore`.

    What breaks: readers differ: detectron2 stops with `"ignore" in COCO json file is not supported`, mmdetection leaves the
    object out, and pycocotools puts `iscrowd` in its place, so that it has no effect.
    Definition: `ignore` is there, and not 0, false, null or empty.
    Fix: set `iscrowd` to 1, which all take for ignored, and `ignore` to 0. Unsafe: a crowd may match many detections, a
    single object one.
    """
    return index.where(index.ignored, "ignore", "`ignore` is set")


@annotation_ignore_flag.fix(Stage.SHAPE, safe=False, writes=["iscrowd", "ignore"])
def ignored_as_crowd(record: Record) -> Record:
    """Say it in the way that all readers know."""
    return record | {"iscrowd": 1, "ignore": 0}


@rule("A018", "annotation-rotation-attribute", Severity.WARNING, tasks=OBJECT_TASKS, cumulative=True)
def annotation_rotation_attribute(index: Index) -> Iterable[Finding]:
    """The box is rotated, and only an attribute says so.

    What breaks: every reader of COCO passes over the angle silently and takes the upright box, which does not cover the
    object.
    Definition: `attributes.rotation` is a number other than 0, as CVAT and Encord write it, in degrees, and there is no mask
    but the upright box itself (within 0.5 px). Rotated corners in `segmentation` tell the rotation to readers of masks;
    whether the box is that of the polygon, `bbox-vs-segmentation` says.
    Fix: make the rotated corners the polygon, their bounds the box, and the angle 0. Unsafe: it changes the geometry. Not
    where a corner comes to lie outside of the image.
    """
    rotated = np.flatnonzero(index.rotation)
    if not len(rotated):
        return []
    alone = rotated[np.isnan(index.mask_area[rotated]) | _is_upright_box(index, rotated)]
    message = "rotated by {angle:g} degrees, the box is not"
    return index.at(alone, "attributes/rotation", message, angle=index.rotation[alone])


@annotation_rotation_attribute.fix(Stage.SHAPE, safe=False, writes=["attributes", "bbox", "segmentation", "area"])
def turned(record: Record, image: Image | None, angle: float) -> Record:
    """Turn the box around its middle, clockwise as it is seen, since y counts downwards."""
    bbox, attributes = record.get("bbox"), record.get("attributes")
    if not (is_box(bbox) and isinstance(attributes, dict) and is_number(angle)):
        return record
    x, y, w, h = bbox
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    ring = [
        round(middle + part, 2)
        for dx, dy in ((-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2))
        for middle, part in ((x + w / 2, dx * cosine - dy * sine), (y + h / 2, dx * sine + dy * cosine))
    ]
    box = box_of([ring])
    if box is None or (image and _reaches_over(box, image)):
        return record
    upright = {**attributes, "rotation": 0.0}
    return record | {"attributes": upright, "segmentation": [ring], "bbox": box, "area": tidy(w * h)}


def _reaches_over(bbox: list[float], image: Image) -> bool:
    x, y, w, h = bbox
    return min(x, y) < -1 or x + w > image.width + 1 or y + h > image.height + 1


def _is_upright_box(index: Index, rows: Ints) -> Bools:
    """Tell where the mask is nothing but the box; rotated corners have other bounds, or less area than their bounds."""
    x, y, w, h = index.bbox[rows].T
    with np.errstate(all="ignore"):
        edges = np.abs(index.mask_bounds[rows] - np.column_stack([x, y, x + w, y + h])).max(axis=1) <= 0.5
        upright: Bools = edges & (np.abs(index.mask_area[rows] - w * h) <= w + h)
    return upright


@rule("A019", "annotation-count-outlier", Severity.INFO, impact=4, tasks=OBJECT_TASKS)
def annotation_count_outlier(
    images: Images, index: Index, file: FileFacts, *, most: int = 1000, evaluated: int = 100
) -> Iterable[Finding]:
    """An image has more objects than usual settings can take.

    What breaks: detectron2 keeps 100 detections for an image, and COCOeval scores 100 for an image and a category, so that
    more objects cannot all be found; thousands fill the memory of a GPU in training.
    Definition: an image has more than `most` annotations; or, in a file whose subset is called `val` or `test`, more than
    `evaluated` that are no crowds.
    Tolerance: 100 is `maxDets` of COCOeval; the fullest images of official COCO have about 90 objects.
    Fix: raise the limits of training and evaluation; nothing need be wrong with the file.
    """
    known = index.image >= 0
    total = np.bincount(index.image[known], minlength=len(images))
    single = np.bincount(index.image[known & ~index.crowd], minlength=len(images))
    judged = file.subset.lower().startswith(("val", "test"))
    many = (total > most) | (judged & (single > evaluated))
    return images.where(many, None, "{count} annotations", count=total)


@rule("A020", "annotation-attributes-type", Severity.WARNING, impact=4)
def annotation_attributes_type(faults: Faults) -> Iterable[Finding]:
    """The `attributes` of an annotation are not an object.

    What breaks: Datumaro raises TypeError where it adds a score; CVAT loses the attributes.
    Definition: `attributes` is there and of another JSON type than object.
    Fix: write an object of names and values; only a person knows the names.
    """
    return faults


@rule("A026", "annotation-order", Severity.INFO, impact=4)
def annotation_order(index: Index) -> Iterable[Finding]:
    """The annotations of an image do not stand together.

    What breaks: nothing that is known; a reader that streams the file has to go through all of it for one image.
    Definition: an `image_id` stands again after another one. One finding for a file.
    Source: official COCO is not in the order of its images, so this is no fault by itself.
    Fix: sort the annotations by image. Only a person knows whether their order means anything.
    """
    known = index.image_id[index.has("image_id")]
    images = len(distinct(known))
    changes = int(np.count_nonzero(np.diff(known)))
    if changes >= images > 0:
        yield Finding(f"the image changes {changes:,} times in the file, with {images:,} images", "annotations")
