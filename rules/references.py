"""What annotations refer to: their image and their category."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from cocolint.api import (
    OBJECT_TASKS,
    Bools,
    Categories,
    Dropped,
    Faults,
    FileFacts,
    Finding,
    Images,
    Index,
    Ints,
    Member,
    Record,
    Renumbered,
    Severity,
    Stage,
    Task,
    distinct,
    rule,
)

from ._categories import made_contiguous
from ._ids import explained, meant_by, mistake_in

CLASSIFIED_TASKS = OBJECT_TASKS | {Task.LABELS}
"""The tasks whose annotations name a category each."""


@rule("A006", "annotation-image-id-missing", Severity.ERROR, impact=1)
def annotation_image_id_missing(faults: Faults) -> Iterable[Finding]:
    """An annotation has no `image_id`.

    What breaks: pycocotools raises KeyError 'image_id' while it loads the file.
    Definition: the key `image_id` is absent.
    Fix: write the id of its image; only a person knows it.
    """
    return faults


def orphans(index: Index) -> Iterable[Finding]:
    """Name annotations of images that the file does not have."""
    return index.where(index.has("image_id") & (index.image < 0), "image_id", "no such image")


@rule("A007", "annotation-image-id-unknown", Severity.ERROR, impact=1, cumulative=orphans,
      requires=["top-level-missing-images", "section-not-array"])  # fmt: skip
def annotation_image_id_unknown(index: Index, images: Images) -> Iterable[Finding]:
    """An annotation belongs to an image that the file does not have.

    What breaks: pycocotools never evaluates it, silently; Ultralytics' conversion raises KeyError; detectron2 and
    Datumaro warn or stop.
    Definition: `image_id` is an integer that no image has as its id. Silent where images whose own ids are unusable can
    explain all unknown ones.
    Fix: drop the annotation, unless no annotation has an image, or an image has no usable id. Unsafe: an object gets lost.
    Add the record of the image instead where you can.
    """
    unknown = index.has("image_id") & (index.image < 0)
    if not unknown.any() or explained(index.image_id[unknown], images.has("id")):
        return
    row = np.arange(len(index))
    yield from index.where(unknown, "image_id", "no image has the id {image_id}", image_id=index.image_id, row=row)


@annotation_image_id_unknown.fix(Stage.DROP, safe=False)
def without_orphans(file: FileFacts, index: Index, images: Images, row: Ints) -> Iterable[Dropped]:
    """Drop them, unless it would be all."""
    if (index.image >= 0).any() and images.has("id").all():
        yield Dropped(file.display, "annotations", row)


@rule("A008", "annotation-image-id-type", Severity.ERROR, cumulative=True)
def annotation_image_id_type(faults: Faults, images: Images) -> Iterable[Finding]:
    """The `image_id` of an annotation is not an integer.

    What breaks: `"1"` is not 1, so no image is found: pycocotools never evaluates the annotation, silently.
    Definition: `image_id` is there, not null, and of another JSON type than integer. Silent where no image has an integer
    as its id: `image-id-not-integer` tells that once for all.
    Fix: write the number that the text spells. Safe: an image has that id; not where an image has an id that is no integer.
    """
    if len(images) and not images.has("id").any():
        return []
    return faults


@annotation_image_id_type.fix(Stage.CAST, safe=True, writes=["image_id"])
def as_images_have_it(file: FileFacts, images: Images) -> Iterable[Renumbered]:
    """Write the ids of images as the images do."""
    if len(images) and images.has("id").all():
        yield Renumbered(file.display, "images", {str(id_): id_ for id_ in images.id.tolist()})


@rule("A009", "category-id-missing", Severity.ERROR, requires=["top-level-missing-categories"], tasks=CLASSIFIED_TASKS)
def category_id_missing(faults: Faults) -> Iterable[Finding]:
    """An annotation has no `category_id`.

    What breaks: pycocotools raises KeyError 'category_id' while it loads the file.
    Definition: the key `category_id` is absent in a task that needs it, and the file has `categories`.
    Fix: write the id of its category; only a person knows it.
    """
    return faults


@rule("A010", "category-id-unknown", Severity.ERROR, impact=1, tasks=CLASSIFIED_TASKS,
      requires=["top-level-missing-categories", "section-not-array", "category-id-off-by-one"], cumulative=True)  # fmt: skip
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
    Fix: renumber from 1 in all files of the data set and in results, and keep the map. Unsafe: files that are not checked
    along, and models, still use the old ids.
    """
    used = index.category_id[index.category >= 0]
    count = len(distinct(categories.id[categories.has("id")]))
    if len(used) and used.max() > count:
        yield Finding(f"id {used.max()} is in use, with {count} categories", "annotations")


@category_id_out_of_range.fix(Stage.ID, safe=False)
def without_gaps(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Renumber from 1 in all files."""
    return made_contiguous(members)


def undeclared(index: Index, **_: Any) -> Iterable[Finding]:
    """Name annotations of categories that the file does not declare."""
    return index.where(_undeclared(index), "category_id", "no such category")


@rule("A012", "category-id-off-by-one", Severity.ERROR, impact=1, tasks=CLASSIFIED_TASKS, cumulative=undeclared,
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
    Fix: map the ids of all annotations to the declared ones; positions only where the categories stand in the order of their
    ids. Unsafe: the file cannot prove which side is wrong. Left to a person where positions may count from 0 or from 1.
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
        message = f"{mistake}: {span}, {unknown} of {len(index)} annotations have an id that is not declared"
        is_sorted = bool((np.diff(categories.id) > 0).all())
        yield Finding(message, "annotations", values={"meant": _meant(index, meant_by(used, declared, is_sorted))})


@category_id_off_by_one.fix(Stage.ID, safe=False, writes=["category_id"])
def as_declared(record: Record, meant: int) -> Record:
    """Take the declared id that was meant."""
    return record | {"category_id": meant} if meant >= 0 else record


def _meant(index: Index, ids: dict[int, int]) -> Ints:
    """Return for each annotation the id of the category that was meant, -1 where that is unknown."""
    old, place = np.unique(index.category_id, return_inverse=True)
    new = np.array([ids.get(id_, -1) for id_ in old.tolist()], np.int64)
    meant: Ints = np.where(index.has("category_id"), new[place], -1)
    return meant


def _undeclared(index: Index) -> Bools:
    return index.has("category_id") & (index.category < 0)
