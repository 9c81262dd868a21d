"""Annotations and what they refer to."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import (
    ANNOTATION_TASKS,
    OBJECT_TASKS,
    Bools,
    Categories,
    Faults,
    FileFacts,
    Finding,
    Images,
    Index,
    Severity,
    Task,
    distinct,
    rule,
)

from ._ids import explained, mistake_in

NUMBERED_TASKS = ANNOTATION_TASKS - {Task.PANOPTIC}
"""The tasks whose annotations have an id of their own; those of panoptic files are known by their image."""

CLASSIFIED_TASKS = OBJECT_TASKS | {Task.LABELS}
"""The tasks whose annotations name a category each."""


@rule("A001", "annotation-id-missing", Severity.ERROR, impact=1, tasks=NUMBERED_TASKS)
def annotation_id_missing(faults: Faults) -> Iterable[Finding]:
    """An annotation has no `id`.

    What breaks: pycocotools raises KeyError 'id' while it loads the file, and so does all that is built on it.
    Definition: the key `id` is absent. Annotations of panoptic files need none.
    Fix: number them on from the largest id. Safe: nothing can refer to an annotation without an id.
    """
    return faults


@rule("A002", "annotation-id-duplicate", Severity.ERROR, impact=1, tasks=NUMBERED_TASKS)
def annotation_id_duplicate(index: Index) -> Iterable[Finding]:
    """An annotation id stands on more than one annotation.

    What breaks: detectron2 and mmdetection assert that ids are unique; pycocotools keeps the last record only; Datumaro
    merges the objects.
    Definition: the id of an earlier annotation of the file stands again; the first one is not reported. Segments of
    panoptic files are counted for each image anew and are not meant.
    Fix: give the later ones fresh ids, or drop those that are copies in all fields. Safe: only tracking formats refer to
    annotation ids.
    """
    usable = np.flatnonzero(index.has("id"))
    if (np.diff(index.id[usable]) > 0).all():
        return []
    _, first = np.unique(index.id[usable], return_index=True)
    again = np.ones(len(usable), bool)
    again[first] = False
    rows = usable[again]
    return index.at(rows, "id", "id {id} stands on an earlier annotation too", id=index.id[rows])


@rule("A003", "annotation-id-zero", Severity.WARNING, impact=1, requires=["annotation-id-duplicate"], tasks=OBJECT_TASKS)
def annotation_id_zero(index: Index) -> Iterable[Finding]:
    """An annotation has the id 0.

    What breaks: COCOeval notes matches by annotation id and reads 0 as no match, so the object is always missed and its
    detection always wrong.
    Definition: `id` is 0, in files whose objects are matched.
    Fix: give it the largest id plus 1. Safe: only tracking formats refer to annotation ids.
    """
    return index.where(index.has("id") & (index.id == 0), "id", "id 0 means no match to COCOeval")


@rule("A004", "annotation-id-not-integer", Severity.ERROR, tasks=NUMBERED_TASKS)
def annotation_id_not_integer(faults: Faults) -> Iterable[Finding]:
    """The id of an annotation is not an integer.

    What breaks: COCOeval raises `could not convert string to float`; Datumaro refuses the file.
    Definition: `id` is there and of another JSON type than integer.
    Fix: write the number that the text or float stands for, or number anew. Safe: only tracking formats refer to
    annotation ids.
    """
    return faults


@rule("A005", "annotation-id-negative", Severity.WARNING, impact=4, tasks=NUMBERED_TASKS)
def annotation_id_negative(index: Index) -> Iterable[Finding]:
    """An annotation id is below 0.

    What breaks: -1 is "none" in many programs; databases that keep ids unsigned lose it.
    Definition: `id` < 0.
    Fix: give it a fresh id. Safe: only tracking formats refer to annotation ids.
    """
    return index.where(index.has("id") & (index.id < 0), "id", "id {id}", id=index.id)


@rule("A006", "annotation-image-id-missing", Severity.ERROR, impact=1)
def annotation_image_id_missing(faults: Faults) -> Iterable[Finding]:
    """An annotation has no `image_id`.

    What breaks: pycocotools raises KeyError 'image_id' while it loads the file.
    Definition: the key `image_id` is absent.
    Fix: write the id of its image; only a person knows it.
    """
    return faults


@rule("A007", "annotation-image-id-unknown", Severity.ERROR, impact=1,
      requires=["top-level-missing-images", "section-not-array"])  # fmt: skip
def annotation_image_id_unknown(index: Index, images: Images) -> Iterable[Finding]:
    """An annotation belongs to an image that the file does not have.

    What breaks: pycocotools never evaluates it, silently; Ultralytics' conversion raises KeyError; detectron2 and
    Datumaro warn or stop.
    Definition: `image_id` is an integer that no image has as its id. Silent where images whose own ids are unusable can
    explain all unknown ones.
    Fix: add the image record, or drop the annotation. Unsafe: dropping loses an object.
    """
    unknown = index.has("image_id") & (index.image < 0)
    if explained(index.image_id[unknown], images.has("id")):
        return
    yield from index.where(unknown, "image_id", "no image has the id {image_id}", image_id=index.image_id)


@rule("A008", "annotation-image-id-type", Severity.ERROR)
def annotation_image_id_type(faults: Faults, images: Images) -> Iterable[Finding]:
    """The `image_id` of an annotation is not an integer.

    What breaks: `"1"` is not 1, so no image is found: pycocotools never evaluates the annotation, silently.
    Definition: `image_id` is there, not null, and of another JSON type than integer. Silent where no image has an integer
    as its id: `image-id-not-integer` tells that once for all.
    Fix: write the number that the text or float stands for. Safe: only where an image has that id.
    """
    if len(images) and not images.has("id").any():
        return []
    return faults


@rule("A009", "category-id-missing", Severity.ERROR, requires=["top-level-missing-categories"], tasks=CLASSIFIED_TASKS)
def category_id_missing(faults: Faults) -> Iterable[Finding]:
    """An annotation has no `category_id`.

    What breaks: pycocotools raises KeyError 'category_id' while it loads the file.
    Definition: the key `category_id` is absent in a task that needs it, and the file has `categories`.
    Fix: write the id of its category; only a person knows it.
    """
    return faults


@rule("A010", "category-id-unknown", Severity.ERROR, impact=1, tasks=CLASSIFIED_TASKS,
      requires=["top-level-missing-categories", "section-not-array", "category-id-off-by-one"])  # fmt: skip
def category_id_unknown(index: Index, categories: Categories) -> Iterable[Finding]:
    """An annotation has a category that the file does not declare.

    What breaks: detectron2 raises KeyError `Encountered category_id=`; YOLOX raises ValueError; mmdetection and COCOeval
    pass over the annotation silently.
    Definition: `category_id` is an integer that no category has as its id. Silent where categories whose own ids are
    unusable can explain all unknown ones.
    Fix: declare the category, or correct the id; only a person knows which.
    """
    unknown = _undeclared(index)
    if explained(index.category_id[unknown], categories.has("id")):
        return
    ids = categories.id[categories.has("id")]
    low, high = (ids.min(), ids.max()) if len(ids) else (0, -1)
    zero = index.category_id == 0
    inside = ~zero & (low < index.category_id) & (index.category_id < high)
    declared = f"{low} to {high} are declared" if len(ids) else "`categories` is empty"
    for kind, about in (
        (zero, f"an object without a label, or ids counted from 0; {declared}"),
        (inside, f"it lies in a gap; {declared}"),
        (~zero & ~inside, declared),
    ):
        message = f"no category has the id {{category_id}}: {about}"
        yield from index.where(unknown & kind, "category_id", message, category_id=index.category_id)


@rule("A011", "category-id-out-of-range", Severity.INFO, impact=1, tasks=CLASSIFIED_TASKS)
def category_id_out_of_range(index: Index, categories: Categories) -> Iterable[Finding]:
    """A category id in use is larger than the number of categories.

    What breaks: where the id is taken for the class index, as in DETR and RF-DETR, a head with one output for each class
    is too small: CUDA stops with `device-side assert`.
    Definition: the largest id that is both declared and used exceeds the number of different ids declared.
    Source: official COCO has 80 classes with ids up to 90, so this is no fault by itself.
    Fix: renumber from 1 in all files of the data set, and keep the map. Unsafe: other files and models still use the
    old ids.
    """
    used = index.category_id[index.category >= 0]
    count = len(distinct(categories.id[categories.has("id")]))
    if len(used) and used.max() > count:
        yield Finding(f"id {used.max()} is in use, with {count} categories", "annotations")


@rule("A012", "category-id-off-by-one", Severity.ERROR, impact=1, tasks=CLASSIFIED_TASKS,
      requires=["top-level-missing-categories", "section-not-array"])  # fmt: skip
def category_id_off_by_one(index: Index, categories: Categories, *, least: int = 20) -> Iterable[Finding]:
    """The category ids of the whole file are shifted by one, or are positions in the list of categories.

    What breaks: objects get the name of another class without any error, and those at the end have none.
    Definition: some used id is not declared, and one of these holds. Low: every used id plus 1 is declared, and the least
    used one is 1 below the least declared. High: the same with minus 1 and the largest. Position: the n categories do not
    have the ids 0 to n - 1, and all used ids lie there. COCO: the 80 official ids are declared, and all used ones lie in
    0 to 79 or in 1 to 80.
    Tolerance: `least` annotations, 20, so that a single wrong id proves nothing. Where all used ids are declared, nothing
    can be proven.
    Fix: map the ids of all annotations to the declared ones. Unsafe: the file cannot prove which side is wrong.
    """
    known = index.has("category_id")
    unknown = np.count_nonzero(_undeclared(index))
    if not unknown or np.count_nonzero(known) < least or not len(categories) or not categories.has("id").all():
        return
    used = frozenset(distinct(index.category_id[known]).tolist())
    declared = frozenset(categories.id.tolist())
    mistake = mistake_in(used, declared)
    if mistake:
        span = f"{min(used)} to {max(used)} in use, {min(declared)} to {max(declared)} declared"
        yield Finding(
            f"{mistake}: {span}, {unknown} of {len(index)} annotations have an id that is not declared", "annotations"
        )


@rule("A017", "annotation-ignore-flag", Severity.WARNING, impact=3, tasks=OBJECT_TASKS)
def annotation_ignore_flag(index: Index) -> Iterable[Finding]:
    """An annotation says `ignore`.

    What breaks: readers differ: detectron2 stops with `"ignore" in COCO json file is not supported`, mmdetection leaves the
    object out, and pycocotools puts `iscrowd` in its place, so that it has no effect.
    Definition: `ignore` is there, and not 0, false, null or empty.
    Fix: set `iscrowd` to 1, which all take for ignored. Unsafe: a crowd may match many detections, a single object one.
    """
    return index.where(index.ignored, "ignore", "`ignore` is set")


@rule("A018", "annotation-rotation-attribute", Severity.WARNING, tasks=OBJECT_TASKS)
def annotation_rotation_attribute(index: Index) -> Iterable[Finding]:
    """The box is rotated, and only an attribute says so.

    What breaks: every reader of COCO passes over the angle silently and takes the upright box, which does not cover the
    object.
    Definition: `attributes.rotation` is a number other than 0, as CVAT and Encord write it, in degrees, and there is no mask
    but the upright box itself (within 0.5 px). Rotated corners in `segmentation` tell the rotation to readers of masks;
    whether the box is that of the polygon, `bbox-vs-segmentation` says.
    Fix: make the rotated corners a polygon and its bounds the box. Unsafe: it changes the geometry.
    """
    alone = (index.rotation != 0) & (np.isnan(index.mask_area) | _is_upright_box(index))
    message = "rotated by {angle:g} degrees, the box is not"
    return index.where(alone, "attributes/rotation", message, angle=index.rotation)


def _is_upright_box(index: Index) -> Bools:
    """Tell which masks are nothing but the box; rotated corners have other bounds, or less area than their bounds."""
    x, y, w, h = index.bbox.T
    with np.errstate(all="ignore"):
        edges = np.abs(index.mask_bounds - np.column_stack([x, y, x + w, y + h])).max(axis=1) <= 0.5
        upright: Bools = edges & (np.abs(index.mask_area - w * h) <= w + h)
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


def _undeclared(index: Index) -> Bools:
    return index.has("category_id") & (index.category < 0)
