"""Images: their ids, sizes and annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from cocolint.api import (
    ANNOTATION_TASKS,
    FIELD,
    OBJECT_TASKS,
    Bools,
    Dropped,
    Faults,
    FileFacts,
    Finding,
    Floats,
    Images,
    Index,
    Ints,
    Member,
    Pictures,
    Record,
    Renumbered,
    Severity,
    Stage,
    Task,
    distinct,
    rule,
)

from ._ids import number_in
from ._shapes import as_number

LARGEST_EXACT = 2**53 - 1
"""The largest integer that JavaScript, and any reader that keeps numbers as doubles, can hold exactly."""

DECIDABLE = 20
"""From so many boxes on, a pattern in them is said of the whole file."""


@rule("I001", "image-id-duplicate", Severity.ERROR, impact=2, cumulative=True)
def image_id_duplicate(images: Images) -> Iterable[Finding]:
    """An image id stands on more than one image.

    What breaks: the last record wins without a word, so that annotations go to the wrong picture and the other picture is
    lost.
    Definition: the id of an earlier image of the file stands again; the first one is not reported.
    Fix: drop a record that is a copy of an earlier one. Safe: all its fields are equal. Else give each picture an id of its
    own and point its annotations to it; only a person knows which picture they were made on.
    """
    usable = np.flatnonzero(images.has("id"))
    ids = images.by_file(images.id)[usable]
    ordered = np.sort(ids)
    if (ordered[1:] != ordered[:-1]).all():
        return []
    _, first = np.unique(ids, return_index=True)
    again = np.ones(len(usable), bool)
    again[first] = False
    rows = usable[again]
    return images.at(rows, "id", "id {id} stands on an earlier image too", id=images.id[rows])


@image_id_duplicate.fix(Stage.DROP, safe=True)
def without_copies(file: FileFacts, found: Sequence[Any], records_of: Callable[[str, str], list[Any]]) -> Iterable[Dropped]:
    """Keep the first of several equal records."""
    ids = {record["id"] for record in found}
    first: dict[int, Any] = {}
    rows = [
        row
        for row, record in enumerate(records_of(file.display, "images"))
        if isinstance(record, dict) and isinstance(record.get("id"), int | float) and record["id"] in ids
        and first.setdefault(record["id"], record) is not record and first[record["id"]] == record
    ]  # fmt: skip
    if rows:
        yield Dropped(file.display, "images", np.array(rows))


@rule("I002", "image-id-not-integer", Severity.ERROR, impact=1, requires=["json-nan"])
def image_id_not_integer(faults: Faults) -> Iterable[Finding]:
    """An image id is not an integer.

    What breaks: ultralytics raises "Unknown format code 'd'", YOLOX and faster-coco-eval call `int()` on it, and
    `loadImgs('ab')` looks up each character. Results with numbers match no image.
    Definition: `id` of an image is a string, null, a boolean or a number that is not whole.
    Fix: write digits as a number here and in every `image_id`. Safe: "12" and 12 mean the same; not where another image has
    that id. Give any other text or number a new id, and null as well. Unsafe: other files may refer to the old one.
    """
    return faults


@image_id_not_integer.fix(Stage.CAST, safe=True, writes=["id", "image_id"])
def digits_as_numbers(file: FileFacts, found: Sequence[Any], images: Images) -> Iterable[Renumbered]:
    """Take the number that the text spells."""
    taken = {*images.id[images.has("id")].tolist()}
    spelled = {record["id"]: number for record in found if (number := number_in(record.get("id"))) is not None}
    ids = {name: number for name, number in spelled.items() if number not in taken}
    if ids:
        yield Renumbered(file.display, "images", ids)


@image_id_not_integer.fix(Stage.ID, safe=False, writes=["id", "image_id"])
def fresh_numbers(file: FileFacts, found: Sequence[Any], images: Images) -> Iterable[Renumbered]:
    """Number the rest on from the largest id."""
    names = dict.fromkeys(record["id"] for record in found if type(record.get("id")) in (str, float))
    if names:
        yield Renumbered(
            file.display, "images", dict(zip(names, _unused(images.id[images.has("id")], len(names)), strict=True))
        )


@image_id_not_integer.fix(Stage.DEFAULT, safe=False, writes=["id"])
def fresh_number(record: Record, fresh_id: int) -> Record:
    """Give an image without an id one; nothing can refer to it."""
    return record | {"id": fresh_id} if record.get("id") is None else record


def _unused(ids: Ints, count: int) -> range:
    first = max(0, int(ids.max(initial=0))) + 1
    return range(first, first + count)


@rule("I003", "image-id-negative", Severity.WARNING, impact=4, cumulative=True)
def image_id_negative(images: Images) -> Iterable[Finding]:
    """An image id is below 0.

    What breaks: databases and tools that keep ids unsigned lose it; -1 is "no image" in many programs.
    Definition: `id` < 0.
    Fix: give it a new id in all files of the data set, and keep the map. Unsafe: files that are not checked may refer to it.
    """
    return images.where(images.has("id") & (images.id < 0), "id", "id {id}", id=images.id)


@image_id_negative.fix(Stage.ID, safe=False)
def counted_on(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Number them on from the largest id of all files."""
    return _renumbered(members, lambda ids: ids < 0)


@rule("I004", "image-id-too-large", Severity.WARNING, impact=4, cumulative=True)
def image_id_too_large(images: Images) -> Iterable[Finding]:
    """An image id is too large for readers that keep numbers as doubles.

    What breaks: JavaScript and everything that stores JSON numbers as doubles round it, so that two ids become one.
    Definition: `id` > 2**53 - 1.
    Fix: give it a new id in all files of the data set, and keep the map. Unsafe: files that are not checked may refer to it.
    """
    return images.where(images.has("id") & (images.id > LARGEST_EXACT), "id", "id {id} is above 2**53 - 1", id=images.id)


@image_id_too_large.fix(Stage.ID, safe=False)
def counted_again(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Number them on from the largest id of all files that is not too large."""
    return _renumbered(members, lambda ids: ids > LARGEST_EXACT)


def _renumbered(members: Sequence[Member], is_odd: Callable[[Ints], Bools]) -> Iterator[Renumbered]:
    """Give images of odd ids new ones in all files, results included."""
    none = np.empty(0, np.int64)
    ids = distinct(np.concatenate([none, *(member.images.id[member.images.has("id")] for member in members)]))
    odd = ids[is_odd(ids)].tolist()
    new = dict(zip(odd, _unused(ids[~is_odd(ids) & (ids <= LARGEST_EXACT)], len(odd)), strict=True))
    for member in members if new else ():
        yield Renumbered(member.display, "images", new)


@rule("I005", "image-id-zero", Severity.INFO, impact=4)
def image_id_zero(images: Images) -> Iterable[Finding]:
    """An image has the id 0.

    What breaks: nothing in pycocotools; code that tests `if image_id` takes it for no image.
    Definition: `id` is 0. Label Studio, Encord and Roboflow count from 0, so this is no fault by itself.
    Fix: give it a new id here and in every `image_id`. Only a person can see all files that refer to it.
    """
    return images.where(images.has("id") & (images.id == 0), "id", "id 0")


@rule("I019", "image-size-missing", Severity.ERROR, impact=1, cumulative=True)
def image_size_missing(faults: Faults, images: Images, index: Index) -> Iterable[Finding]:
    """The size of an image is not given.

    What breaks: detectron2, mmdetection and YOLOX raise KeyError, and so does `annToRLE` of pycocotools, which needs it to
    draw polygons.
    Definition: `width` or `height` is absent, null, 0 or negative. A warning only where no annotation of the file has a
    polygon.
    Fix: take the size from the picture. Safe: it is what the field stands for; not where a side that is given differs, or
    where EXIF turns the picture.
    """
    severity = None if index.is_polygon.any() else Severity.WARNING
    lacking = np.zeros(len(images), bool)
    for fault in faults:
        lacking[fault.rows] = True
    empty = ~lacking & ((images.width <= 0) | (images.height <= 0))
    row = np.arange(len(images))
    yield from images.where(lacking, None, "`width` or `height` is not given", severity=severity, row=row)
    yield from images.where(
        empty, None, "width {width:g}, height {height:g}", severity=severity, width=images.width, height=images.height, row=row
    )


def sized_by_picture(record: Record, row: int, pictures: Pictures) -> Record:
    """Take the size that the header of the picture gives."""
    size = {"width": int(pictures.width[row]), "height": int(pictures.height[row])}
    if min(size.values()) <= 0 or pictures.orientation[row] >= 5:
        return record
    given = {name: number for name in size if (number := as_number(record.get(name))) is not None and number > 0}
    return record | size if all(abs(number - size[name]) < 1 for name, number in given.items()) else record


image_size_missing.fix(Stage.DEFAULT, safe=True, writes=["width", "height"])(sized_by_picture)


@rule("I020", "image-size-type", Severity.ERROR, impact=3, requires=["json-nan"])
def image_size_type(faults: Faults) -> Iterable[Finding]:
    """The `width` or `height` of an image is not a whole number.

    What breaks: pycocotools raises "TypeError: an integer is required" for text; masks cannot have half a row.
    Definition: `width` or `height` is a string, a boolean, an array, an object, or a number such as 640.5. 640.0 is fine.
    Fix: write a text such as "640" as the integer that it spells; for the rest, take the size from the picture. Safe: either
    way it is the size that was meant; not where the other side is not that of the picture.
    """
    return [replace(fault, values={**fault.values, "row": fault.rows}) for fault in faults]


@image_size_type.fix(Stage.CAST, safe=True, writes=[FIELD])
def spelled_size(record: Record, field: str) -> Record:
    """Take the number that the text spells."""
    number = as_number(record.get(field)) if isinstance(record.get(field), str) else None
    return record | {field: int(number)} if number is not None and number > 0 and number == int(number) else record


image_size_type.fix(Stage.DEFAULT, safe=True, writes=["width", "height"])(sized_by_picture)


def reaching_far(index: Index) -> Iterable[Finding]:
    """Name boxes that reach far over their image."""
    for part in index.parts():
        over = np.flatnonzero(part.overshoot > 1)
        far = part.overshoot[over] > 0.05 * np.minimum(part.width[over], part.height[over])
        yield from part.at(over[far], "bbox", "far over the image")


@rule(
    "I022", "image-size-swapped", Severity.ERROR, impact=1, tasks=OBJECT_TASKS, cumulative=reaching_far,
    requires=["image-size-missing", "image-size-type", "bbox-xyxy", "bbox-cxcywh"],
)  # fmt: skip
def image_size_swapped(images: Images, index: Index) -> Iterable[Finding]:
    """The `width` and `height` of images are exchanged.

    What breaks: boxes are clipped or refused in one half of the tools and shifted in the other; masks come out sheared. It
    often comes from an exporter that ignored the EXIF orientation.
    Definition: an image votes for it if one of its boxes reaches far over width x height and all of them fit height x width;
    it votes against it if all fit width x height only. Silent where more than one in ten images with boxes outside fits
    neither way. The whole file is named if no image votes against it and there are 20 boxes; else each image that votes.
    Tolerance: a box fits within 1 px, as far as conventions of counting pixels differ; far over is 5 % of the side, more
    than careless drawing at the border explains.
    Fix: exchange the two. Safe: where the picture has that size and EXIF does not turn it. Unsafe: without the picture it is
    a guess.
    """
    if not any(reaching_far(index)):
        return
    total, fitting, fitting_swapped, far_over = (np.zeros(len(images), np.int64) for _ in range(4))
    for part in index.parts():
        known = part.is_boxed & (part.width > 0) & (part.height > 0) & (part.width != part.height)
        image = part.image[known]
        boxes, width, height = part.bbox[known], part.width[known], part.height[known]
        far = part.overshoot[known] > np.maximum(1, 0.05 * np.minimum(width, height))
        total += _per_image(images, image)
        fitting += _per_image(images, image[_inside(boxes, width, height, 1)])
        fitting_swapped += _per_image(images, image[_inside(boxes, height, width, 1)])
        far_over += _per_image(images, image[far])
    all_fit, all_fit_swapped = fitting == total, fitting_swapped == total
    votes = (far_over > 0) & all_fit_swapped
    strays = ~all_fit & ~all_fit_swapped
    against = all_fit & ~all_fit_swapped
    if votes.sum() < 9 * strays.sum():
        return
    values: dict[str, Any] = {"width": images.width, "height": images.height, "row": np.arange(len(images))}
    if votes.any() and not against.any() and total.sum() >= DECIDABLE:
        message = f"in {votes.sum():,} images the boxes fit only if width and height are exchanged, in none only as they are"
        yield Finding(message, "images", values=values)
        return
    message = "a box reaches over {width:g} x {height:g}, and all fit {height:g} x {width:g}"
    yield from images.where(votes, None, message, **values)


@image_size_swapped.fix(Stage.SHAPE, safe=True, writes=["width", "height"])
def turned_as_picture(record: Record, width: float, height: float, row: int, pictures: Pictures) -> Record:
    """Exchange the two where the picture proves it."""
    proven = (pictures.height[row], pictures.width[row]) == (width, height) and pictures.orientation[row] < 5
    return _exchanged(record, width, height) if proven else record


@image_size_swapped.fix(Stage.SHAPE, safe=False, writes=["width", "height"])
def turned(record: Record, width: float, height: float) -> Record:
    """Exchange the two."""
    return _exchanged(record, width, height)


def _exchanged(record: Record, width: float, height: float) -> Record:
    """Return the record with the two exchanged if they are still those."""
    old = record.get("width"), record.get("height")
    return record | {"width": old[1], "height": old[0]} if old == (width, height) else record


def _inside(boxes: Floats, width: Floats, height: Floats, tolerance: Floats | float) -> Bools:
    x, y, w, h = boxes.T
    mask: Bools = np.minimum(x, y) >= -tolerance
    mask &= (x + w <= width + tolerance) & (y + h <= height + tolerance)
    return mask


def _per_image(images: Images, rows: Ints) -> Ints:
    return np.bincount(rows, minlength=len(images))


def empty_images(images: Images, index: Index, **_: Any) -> Iterable[Finding]:
    """Name images without annotations."""
    uses = np.bincount(index.image[index.image >= 0], minlength=len(images))
    return images.where(uses == 0, None, "no annotation")


@rule(
    "I026", "image-without-annotations", Severity.WARNING, impact=3, tasks=ANNOTATION_TASKS - {Task.IMAGE_INFO},
    requires=["top-level-missing-annotations", "section-not-array"], cumulative=empty_images,
)  # fmt: skip
def image_without_annotations(
    images: Images, index: Index, file: FileFacts, *, share: float = 0.5, least: int = 20
) -> Iterable[Finding]:
    """Images have no annotation.

    What breaks: mmdetection, detectron2 and torchvision's references drop such images without a word; where all are
    dropped, mmdetection stops with `need at least one array to concatenate`. Ultralytics writes no label file for them.
    Definition: no annotation has the image's id as its `image_id`. A warning for the whole file if all images are so, or
    more than `share` of at least `least` images in a file of another task than person_keypoints; else information on each
    image. Silent where annotations that belong to no image of the file are as many as those images.
    Source: pictures without objects are legal; in official COCO they are 1 %, and those without persons nearly half.
    Fix: annotate them, or call a file without annotations `image_info_<subset>.json`. Only a person can.
    """
    if not any(empty_images(images, index)):
        return
    used = distinct(index.image_id[index.has("image_id")])
    empty = images.has("id") & ~np.isin(images.id, used)
    count = int(np.count_nonzero(empty))
    if count <= np.count_nonzero(index.image < 0):
        return
    most = count > share * len(images) and len(images) >= least and file.task is not Task.PERSON_KEYPOINTS
    if most or count == len(images):
        yield Finding(f"{count:,} of {len(images):,} images have no annotation", "images")
    else:
        yield from images.where(empty, None, "no annotation has its id", severity=Severity.INFO)


@rule("I027", "image-too-small", Severity.INFO, impact=4, requires=["image-size-missing"])
def image_too_small(images: Images, *, least: int = 32) -> Iterable[Finding]:
    """An image is too small for usual training.

    What breaks: mmdetection's default filter drops it without a word; where all images are small, the data set is empty.
    Definition: the shorter side is below `least` pixels.
    Tolerance: 32 px, the `min_size` of mmdetection's filter.
    Fix: leave it out, or lower the filter. Only a person can.
    """
    with np.errstate(invalid="ignore"):
        small = np.minimum(images.width, images.height) < least
    return images.where(small, None, "{width:g} x {height:g} pixels", width=images.width, height=images.height)
