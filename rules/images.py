"""Images: their ids, file names and sizes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from cocolint.api import OBJECT_TASKS, Bools, Faults, Finding, Fix, Floats, Images, Index, Ints, Severity, rule

LARGEST_EXACT = 2**53 - 1
"""The largest integer that JavaScript, and any reader that keeps numbers as doubles, can hold exactly."""

DECIDABLE = 20
"""From so many boxes on, a pattern in them is said of the whole file."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_ROOT = re.compile(r"[/\\~]|[A-Za-z]:")


@rule("I001", "image-id-duplicate", Severity.ERROR, impact=2, fix=Fix.UNSAFE)
def image_id_duplicate(images: Images) -> Iterable[Finding]:
    """An image id stands on more than one image.

    What breaks: the last record wins without a word, so that annotations go to the wrong picture and the other picture is
    lost.
    Definition: the id of an earlier image of the file stands again; the first one is not reported.
    Fix: give each picture an id of its own and point its annotations to it. Unsafe: which picture an annotation was made on
    is a guess, unless the records are alike.
    """
    usable = np.flatnonzero(images.has("id"))
    _, first = np.unique(images.id[usable], return_index=True)
    again = np.ones(len(usable), bool)
    again[first] = False
    rows = usable[again]
    return images.at(rows, "id", "id {id} stands on an earlier image too", id=images.id[rows])


@rule("I002", "image-id-not-integer", Severity.ERROR, impact=1, requires=["json-nan"], fix=Fix.SAFE)
def image_id_not_integer(faults: Faults) -> Iterable[Finding]:
    """An image id is not an integer.

    What breaks: ultralytics raises "Unknown format code 'd'", YOLOX and faster-coco-eval call `int()` on it, and
    `loadImgs('ab')` looks up each character. Results with numbers match no image.
    Definition: `id` of an image is a string, null, a boolean or a number that is not whole.
    Fix: write it as a number here and in every `image_id`. Safe for digits: "12" and 12 mean the same. Any other text needs
    a new id, and other files may refer to the old one.
    """
    return faults


@rule("I003", "image-id-negative", Severity.WARNING, impact=4, fix=Fix.SAFE)
def image_id_negative(images: Images) -> Iterable[Finding]:
    """An image id is below 0.

    What breaks: databases and tools that keep ids unsigned lose it; -1 is "no image" in many programs.
    Definition: `id` < 0.
    Fix: give it a new id here and in every `image_id`. Safe with a map of old to new ids, as other files may refer to it.
    """
    return images.where(images.has("id") & (images.id < 0), "id", "id {id}", id=images.id)


@rule("I004", "image-id-too-large", Severity.WARNING, impact=4, fix=Fix.SAFE)
def image_id_too_large(images: Images) -> Iterable[Finding]:
    """An image id is too large for readers that keep numbers as doubles.

    What breaks: JavaScript and everything that stores JSON numbers as doubles round it, so that two ids become one.
    Definition: `id` > 2**53 - 1.
    Fix: give it a new id here and in every `image_id`. Safe with a map of old to new ids, as other files may refer to it.
    """
    return images.where(images.has("id") & (images.id > LARGEST_EXACT), "id", "id {id} is above 2**53 - 1", id=images.id)


@rule("I006", "file-name-missing", Severity.ERROR, impact=2, fix=Fix.SAFE, relaxed=("lvis",))
def file_name_missing(faults: Faults, images: Images) -> Iterable[Finding]:
    """An image has no `file_name`.

    What breaks: detectron2, mmdetection, mmpose and PaddleDetection raise KeyError; YOLOX makes up a name from the id.
    Definition: `file_name` is absent, null or empty. LVIS v1 names the picture in `coco_url` alone.
    Fix: take the last part of `coco_url` where there is one. Safe: that is the name the picture is served under.
    """
    yield from faults
    empty = images.has("file_name") & _each(images, lambda name: not name)
    yield from images.where(empty, "file_name", "`file_name` is empty")


@rule("I007", "file-name-duplicate", Severity.ERROR, impact=2, requires=["image-id-duplicate"], fix=Fix.UNSAFE)
def file_name_duplicate(images: Images) -> Iterable[Finding]:
    r"""Two images have the same `file_name`.

    What breaks: CVAT refuses the file; FiftyOne keeps one of them; everyone else counts the picture twice.
    Definition: the name of an earlier image stands again on another id, with `\` read as `/` and without `./` and doubled
    slashes. The first one is not reported.
    Fix: keep one record and point the annotations of the others to it. Unsafe: two pictures may have been meant.
    """
    first: dict[str, int] = {}
    rows, earlier = [], []
    for row, name in enumerate(images.file_name):
        if name and first.setdefault(_normal(name), row) != row:
            rows.append(row)
            earlier.append(first[_normal(name)])
    names = [images.file_name[row] for row in rows]
    yield from images.at(rows, "file_name", "{name} is also the name of images[{first}]", name=names, first=earlier)


def _normal(name: str) -> str:
    if "\\" in name or "./" in name or "//" in name:
        parts = name.replace("\\", "/").split("/")
        return "/".join(part for place, part in enumerate(parts) if part != "." and (part or not place))
    return name


@rule("I011", "file-name-backslash", Severity.WARNING, impact=2, requires=["file-name-absolute", "file-name-url"], fix=Fix.SAFE)
def file_name_backslash(images: Images) -> Iterable[Finding]:
    r"""A `file_name` has backslashes in it.

    What breaks: the picture is not found on Linux and macOS, where a backslash is a character like any other.
    Definition: the name contains `\` and is not an absolute path, which has a rule of its own.
    Fix: write `/`, which Windows reads too. Safe where the picture is found under the new name, or no pictures are at hand.
    """
    yield from _named(images, _each(images, lambda name: "\\" in name))


@rule("I012", "file-name-absolute", Severity.WARNING, impact=2, fix=Fix.UNSAFE)
def file_name_absolute(images: Images) -> Iterable[Finding]:
    r"""A `file_name` is an absolute path.

    What breaks: the picture is found on one machine only, and a server may be made to read any of its files.
    Definition: the name begins with `/`, `\`, `~` or a drive letter and a colon.
    Fix: write the path below the folder of images. Unsafe: that folder is a guess, unless the picture is found there.
    """
    yield from _named(images, _each(images, lambda name: _ROOT.match(name) is not None))


@rule("I013", "file-name-parent", Severity.WARNING, impact=2, requires=["file-name-absolute", "file-name-url"], fix=Fix.UNSAFE)
def file_name_parent(images: Images) -> Iterable[Finding]:
    """A `file_name` leads out of the folder of images.

    What breaks: archives and uploads lose the picture, and a server may be made to read any of its files.
    Definition: a part of the path is `..`.
    Fix: write the path below the folder of images. Unsafe: that folder is a guess, unless the picture is found there.
    """
    yield from _named(images, _each(images, lambda name: ".." in name and ".." in name.replace("\\", "/").split("/")))


@rule("I014", "file-name-url", Severity.WARNING, impact=2, fix=Fix.UNSAFE)
def file_name_url(images: Images) -> Iterable[Finding]:
    """A `file_name` is a URL.

    What breaks: readers look for a file of that name below the folder of images and find none.
    Definition: the name begins with a scheme, such as `http:/`, `s3:/` or `file:/`.
    Fix: write the path below the folder of images, and the URL to `coco_url`. Unsafe: that path is a guess.
    """
    yield from _named(images, _each(images, lambda name: ":" in name and _SCHEME.match(name) is not None))


def _each(images: Images, test: Callable[[str], bool]) -> Bools:
    return np.fromiter(map(test, images.file_name), bool, len(images))


def _named(images: Images, mask: Bools) -> Iterable[Finding]:
    rows = np.flatnonzero(mask)
    return images.at(rows, "file_name", "{name}", name=[images.file_name[row] for row in rows])


@rule("I019", "image-size-missing", Severity.ERROR, impact=1, fix=Fix.SAFE)
def image_size_missing(faults: Faults, images: Images, index: Index) -> Iterable[Finding]:
    """The size of an image is not given.

    What breaks: detectron2, mmdetection and YOLOX raise KeyError, and so does `annToRLE` of pycocotools, which needs it to
    draw polygons.
    Definition: `width` or `height` is absent, null, 0 or negative. A warning only where no annotation of the file has a
    polygon.
    Fix: take the size from the picture. Safe: it is what the field stands for.
    """
    severity = None if index.is_polygon.any() else Severity.WARNING
    lacking = np.zeros(len(images), bool)
    for fault in faults:
        lacking[fault.rows] = True
    empty = ~lacking & ((images.width <= 0) | (images.height <= 0))
    yield from images.where(lacking, None, "`width` or `height` is not given", severity=severity)
    yield from images.where(
        empty, None, "width {width:g}, height {height:g}", severity=severity, width=images.width, height=images.height
    )


@rule("I020", "image-size-type", Severity.ERROR, impact=3, requires=["json-nan"], fix=Fix.SAFE)
def image_size_type(faults: Faults) -> Iterable[Finding]:
    """The `width` or `height` of an image is not a whole number.

    What breaks: pycocotools raises "TypeError: an integer is required" for text; masks cannot have half a row.
    Definition: `width` or `height` is a string, a boolean, an array, an object, or a number such as 640.5. 640.0 is fine.
    Fix: write it as an integer. Safe where nothing is lost, as for "640"; else take the size from the picture.
    """
    return faults


@rule(
    "I022", "image-size-swapped", Severity.ERROR, impact=1, tasks=OBJECT_TASKS, fix=Fix.UNSAFE,
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
    Fix: exchange the two where the picture's size and orientation prove it. Unsafe: without the picture it is a guess.
    """
    if not (index.overshoot > 1).any():
        return
    known = np.isfinite(index.bbox).all(axis=1) & (index.width > 0) & (index.height > 0) & (index.width != index.height)
    image = index.image[known]
    boxes, width, height = index.bbox[known], index.width[known], index.height[known]
    far_over = ~_inside(boxes, width, height, np.maximum(1, 0.05 * np.minimum(width, height)))
    fits, fits_swapped = _inside(boxes, width, height, 1), _inside(boxes, height, width, 1)
    total = _per_image(images, image)
    all_fit, all_fit_swapped = (_per_image(images, image[mask]) == total for mask in (fits, fits_swapped))
    votes = (_per_image(images, image[far_over]) > 0) & all_fit_swapped
    strays = ~all_fit & ~all_fit_swapped
    against = all_fit & ~all_fit_swapped
    if votes.sum() < 9 * strays.sum():
        return
    if votes.any() and not against.any() and len(boxes) >= DECIDABLE:
        yield Finding(
            f"in {votes.sum():,} images the boxes fit only if width and height are exchanged, in none only as they are",
            "images",
        )
        return
    yield from images.where(
        votes, None, "a box reaches over {width:g} x {height:g}, and all fit {height:g} x {width:g}",
        width=images.width, height=images.height,
    )  # fmt: skip


def _inside(boxes: Floats, width: Floats, height: Floats, tolerance: Floats | float) -> Bools:
    x, y, w, h = boxes.T
    mask: Bools = np.minimum(x, y) >= -tolerance
    mask &= (x + w <= width + tolerance) & (y + h <= height + tolerance)
    return mask


def _per_image(images: Images, rows: Ints) -> Ints:
    return np.bincount(rows, minlength=len(images))
