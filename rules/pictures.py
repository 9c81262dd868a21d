"""The pictures themselves: whether they are there, and are what the file says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cocolint.api import (
    Bools,
    Dataset,
    Dropped,
    FileFacts,
    Finding,
    Images,
    Index,
    Ints,
    Pictures,
    Record,
    Severity,
    Stage,
    Task,
    rule,
)

from ._splits import literal, other_splits

_ODD_NAMES = ("file-name-missing", "file-name-absolute", "file-name-parent", "file-name-url")
_BANDS = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))
"""Five parts of 64 bits: of two numbers that differ in four bits, one part is equal."""
_NEAR = 4
_PAIRS = 5_000_000


@rule("I015", "file-name-prefix-doubled", Severity.WARNING, impact=2, requires=_ODD_NAMES)
def file_name_prefix_doubled(pictures: Pictures, images: Images) -> Iterable[Finding]:
    """A `file_name` begins with folders that the picture does not lie in.

    What breaks: readers join the folder of images and the name, look into `images/images/`, and raise FileNotFoundError.
    Definition: there is no file of that name in the folder of images, but one of the name without its first folders.
    Fix: write the name without them. Unsafe: another picture may have been meant.
    """
    rows = sorted(pictures.misplaced)
    names, found = [images.file_name[row] for row in rows], [pictures.misplaced[row] for row in rows]
    message = f"{{name}} is not in {literal(pictures.display)}, but {{found}} is"
    return images.at(rows, "file_name", message, name=names, found=found)


@file_name_prefix_doubled.fix(Stage.SHAPE, safe=False, writes=["file_name"])
def without_prefix(record: Record, found: str) -> Record:
    """Take the name under which there is a picture."""
    return record | {"file_name": found}


@rule("I018", "image-file-missing", Severity.ERROR, impact=1, requires=_ODD_NAMES)
def image_file_missing(pictures: Pictures, images: Images) -> Iterable[Finding]:
    """The picture of an image is not there.

    What breaks: FileNotFoundError, often after hours of training; YOLOX asserts; PaddleDetection passes over it with a line
    in the log.
    Definition: no file of that name is in the folder of images, and `file-name-prefix-doubled` does not explain it. The
    folder is `--images-root`, or else the one of `images/<subset>/`, `images/`, `<subset>/`, `data/`, that of the file and
    that above `annotations/` which holds the most of the names; where none of them holds any, nothing is reported.
    Fix: drop the image and its annotations, unless all pictures are missing. Unsafe: objects get lost. Bring the pictures
    instead where you can.
    """
    lost = pictures.named[~pictures.there[pictures.named]]
    rows = lost[~np.isin(lost, list(pictures.misplaced))]
    place = literal(pictures.display)
    if len(rows) > 1 and len(rows) == len(pictures.named):
        hint = "name the folder that the file names count from with --images-root"
        yield Finding(f"none of {len(rows):,} pictures is in {place}", "images", hint=hint)
        return
    names = [images.file_name[row] for row in rows.tolist()]
    yield from images.at(rows, "file_name", f"{{name}} is not in {place}", name=names)


def without_image(file: FileFacts, found: Sequence[Any], images: Images, index: Index) -> Iterable[Dropped]:
    """Drop images and all that belongs to them, where their ids tell which that are."""
    ids = [record["id"] for record in found if isinstance(record.get("id"), int)]
    known = images.id[images.has("id")]
    alone = np.array([id_ for id_ in ids if np.count_nonzero(known == id_) == 1], np.int64)
    if len(alone):
        yield Dropped(file.display, "images", images.rows_of(alone))
    owned = np.flatnonzero(index.has("image_id") & np.isin(index.image_id, alone))
    if len(owned):
        yield Dropped(file.display, "annotations", owned)


image_file_missing.fix(Stage.DROP, safe=False)(without_image)


@rule("I021", "image-size-mismatch", Severity.ERROR, impact=1,
      requires=["image-size-missing", "image-size-type", "image-size-swapped", "image-file-unreadable"])  # fmt: skip
def image_size_mismatch(pictures: Pictures, images: Images, index: Index, file: FileFacts) -> Iterable[Finding]:
    """The picture has another size than its image says.

    What breaks: detectron2 raises SizeMismatchError; elsewhere boxes and masks land beside the objects, because one reader
    scales by the file and the other by the JSON.
    Definition: width and height of the picture, as stored, are not `width` and `height`. Where they are only exchanged and
    the picture is turned by EXIF, `image-exif-orientation` tells it instead.
    Fix: write the size of the picture where all boxes and masks lie within it. Safe: if that is no other scale. Unsafe: in
    another scale, the boxes may have been drawn on a picture of the other size. Where one lies outside, only a person can
    tell what is wrong.
    """
    width, height = pictures.width, pictures.height
    fits = _fitting(pictures, images, index)
    has_objects = np.bincount(index.image[index.image >= 0], minlength=len(images)) > 0
    is_sure = fits & ~(_is_scaled(pictures, images) & has_objects) & (file.task is not Task.PANOPTIC)
    differs = _known(pictures, images) & ((width != images.width) | (height != images.height))
    swapped = differs & (width == images.height) & (height == images.width)
    for mask, message in (
        (differs & ~swapped, "{w:g} x {h:g} here, but the {format} is {width} x {height}"),
        (swapped & ~_is_turned(pictures), "the {format} is {width} x {height}: width and height are exchanged"),
    ):
        yield from images.where(
            mask, None, message, w=images.width, h=images.height, width=width, height=height, format=pictures.format,
            fits=fits, is_sure=is_sure,
        )  # fmt: skip


@image_size_mismatch.fix(Stage.DEFAULT, safe=True, writes=["width", "height"])
def sized_surely(record: Record, width: int, height: int, is_sure: bool) -> Record:
    """Take the size of the picture where what was drawn fits it."""
    return record | {"width": width, "height": height} if is_sure else record


@image_size_mismatch.fix(Stage.DEFAULT, safe=False, writes=["width", "height"])
def sized(record: Record, width: int, height: int, fits: bool) -> Record:
    """Take the size of the picture."""
    return record | {"width": width, "height": height} if fits else record


@rule("I023", "image-exif-orientation", Severity.WARNING, impact=2, requires=["image-file-unreadable"])
def image_exif_orientation(pictures: Pictures, images: Images) -> Iterable[Finding]:
    """The picture is stored lying on its side, and EXIF says how to turn it.

    What breaks: OpenCV and browsers turn it, Pillow does not, and neither do readers that are built on it: boxes that fit in
    one program lie elsewhere in the other.
    Definition: the EXIF tag Orientation is 5 to 8, those that exchange width and height, and the image has the size of the
    picture before or after turning. 2 to 4 are not reported.
    Fix: turn the pixels, drop the tag, and compare the boxes with the picture. Only a person can see which way they fit.
    """
    turned = _is_turned(pictures) & (pictures.width > 0)
    width, height = pictures.width, pictures.height
    known = _known(pictures, images)
    stored = turned & known & (width == images.width) & (height == images.height) & (width != height)
    shown = turned & known & (width == images.height) & (height == images.width) & (width != height)
    for mask, about in (
        (stored, "the image has the size as stored, {w} x {h}; turned it is {h} x {w}"),
        (shown, "the image has the size after turning, {h} x {w}; stored is {w} x {h}"),
        (turned & (~known | (width == height)), "stored is {w} x {h}"),
    ):
        yield from images.where(
            mask, "file_name", f"EXIF orientation {{tag}}: {about}", tag=pictures.orientation, w=width, h=height
        )


@rule("I024", "image-file-unreadable", Severity.ERROR, impact=2)
def image_file_unreadable(pictures: Pictures, images: Images) -> Iterable[Finding]:
    """The file of a picture cannot be read as one.

    What breaks: OpenCV returns None, Pillow raises UnidentifiedImageError or "image file is truncated", and the run ends in
    the middle of an epoch.
    Definition: it has 0 bytes; its first bytes are not those of a picture though its name ends like one; its header is
    damaged; a JPEG or a PNG ends early; it declares more pixels than its bytes can hold, or more than 2**30 with 200 in each
    byte; it is a folder, a device or encrypted, or may not be opened. Pixels are decoded only where a JPEG has no mark of
    its end.
    Fix: drop the image and its annotations. Unsafe: objects get lost. Fetch the picture again instead where you can.
    """
    rows = [row for row, problem in enumerate(pictures.problem) if problem]
    names, problems = ([column[row] for row in rows] for column in (images.file_name, pictures.problem))
    return images.at(rows, "file_name", "{name}: {problem}", name=names, problem=problems)


image_file_unreadable.fix(Stage.DROP, safe=False)(without_image)


@rule("I025", "image-file-unreferenced", Severity.INFO, impact=3)
def image_file_unreferenced(pictures: Pictures) -> Iterable[Finding]:
    """Pictures lie beside those of the file that no image names.

    What breaks: nothing; the pictures are lost for training, which is often the sign of a cut or filtered file.
    Definition: a file in a folder that holds pictures of the file, with an ending that one of these has, and no image names
    it. Silent where other annotation files may name pictures in the same folder of images.
    Fix: add an image for each, also for those without objects. Only a person knows whether they belong to the data set.
    """
    names = [] if pictures.is_shared else pictures.unreferenced
    if names:
        few = literal(", ".join(names[:3]))
        many = f"{len(names):,} files in {literal(pictures.display)} are named by no image, such as {few}"
        yield Finding(many if len(names) > 1 else f"no image names {few} in {literal(pictures.display)}", "images")


@rule("I028", "image-duplicate-content", Severity.WARNING, impact=3, requires=["file-name-duplicate"])
def image_duplicate_content(pictures: Pictures, images: Images) -> Iterable[Finding]:
    """Two images have the same picture under different names.

    What breaks: its objects weigh double in training and in the score, and the two may be annotated differently; a random
    split puts one of them into each part.
    Definition: the files are equal byte by byte. The first one is not reported.
    Fix: keep one of the images. Only a person can see which annotations are right.
    """
    alike = pictures.alike
    _, group, count = np.unique(alike, return_inverse=True, return_counts=True)
    candidates = np.flatnonzero((alike >= 0) & (count[group] > 1))
    first: dict[bytes, int] = {}
    rows, earlier = [], []
    for row, digest in zip(candidates.tolist(), pictures.digests(candidates), strict=True):
        if digest is not None and first.setdefault(digest, row) != row:
            rows.append(row)
            earlier.append(images.file_name[first[digest]])
    names = [images.file_name[row] for row in rows]
    yield from images.at(rows, "file_name", "{name} is the same file as {earlier}", name=names, earlier=earlier)


@rule("X006", "split-leakage-content", Severity.ERROR, impact=4, requires=["split-leakage-file"])
def split_leakage_content(pictures: Pictures, images: Images, dataset: Dataset) -> Iterable[Finding]:
    """A picture of this split is in another split as well, whatever it is called there.

    What breaks: the score is measured on pictures that the model was trained on, and is too good.
    Definition: the file equals one of an earlier file of another split, byte by byte.
    Fix: take the picture out of one of the splits. Only a person can choose.
    """
    for other in other_splits(dataset):
        if other.pictures is None:
            continue
        mine = np.flatnonzero((pictures.alike >= 0) & np.isin(pictures.alike, other.pictures.alike))
        theirs = np.flatnonzero(np.isin(other.pictures.alike, pictures.alike[mine]))
        known = dict(zip(other.pictures.digests(theirs), theirs.tolist(), strict=True))
        digests = pictures.digests(mine)
        rows = [row for row, digest in zip(mine.tolist(), digests, strict=True) if digest is not None and digest in known]
        found = [other.images.file_name[known[digest]] for digest in digests if digest is not None and digest in known]
        yield from _leaks(images, rows, "is the same file as", found, other.display)


@rule("X007", "split-leakage-near", Severity.WARNING, impact=4, requires=["split-leakage-content"])
def split_leakage_near(pictures: Pictures, images: Images, dataset: Dataset) -> Iterable[Finding]:
    """A picture of this split looks like one of another split.

    What breaks: frames of one video, and scaled or recompressed copies, make the score too good.
    Definition: of 64 bits, which tell where the low frequencies of the grey picture are above their median, at most 4
    differ from those of a picture of an earlier file of another split. Nearly uniform pictures are left out.
    Fix: put all pictures of one video or scene into the same split. Only a person knows which belong together.
    """
    for other in other_splits(dataset):
        if other.pictures is None:
            continue
        mine, bits = _seen(pictures)
        theirs, known = _seen(other.pictures)
        nearest = _near(bits, known)
        rows = mine[nearest >= 0].tolist()
        found = [other.images.file_name[theirs[place]] for place in nearest[nearest >= 0].tolist()]
        yield from _leaks(images, rows, "looks like", found, other.display)


def _known(pictures: Pictures, images: Images) -> Bools:
    """Tell for each image whether both the file and the picture give a size."""
    return (pictures.width > 0) & (images.width > 0) & (images.height > 0)


def _fitting(pictures: Pictures, images: Images, index: Index) -> Bools:
    """Tell for each image whether all boxes and masks lie within the picture, but for a pixel."""
    known = np.flatnonzero(index.image >= 0)
    image = index.image[known]
    width, height = pictures.width[image], pictures.height[image]
    right, lower = index.bbox[known, 0] + index.bbox[known, 2], index.bbox[known, 1] + index.bbox[known, 3]
    far_right, far_lower = np.fmax(right, index.mask_bounds[known, 2]), np.fmax(lower, index.mask_bounds[known, 3])
    outside = (far_right > width + 1) | (far_lower > height + 1)
    masks = index.mask_width[known], index.mask_height[known]
    outside |= (masks[0] >= 0) & ((masks[0] != width) | (masks[1] != height))
    inside: Bools = np.bincount(image[outside], minlength=len(images)) == 0
    return inside


def _is_scaled(pictures: Pictures, images: Images) -> Bools:
    """Tell for each image whether the picture has its shape but another scale, by more than a hundredth."""
    with np.errstate(all="ignore"):
        across, down = pictures.width / images.width, pictures.height / images.height
        scaled: Bools = (np.abs(across - 1) > 0.01) & (np.abs(across / down - 1) < 0.01)
    return scaled


def _is_turned(pictures: Pictures) -> Bools:
    return pictures.orientation >= 5


def _leaks(images: Images, rows: list[int], how: str, found: list[str], where: str) -> Iterable[Finding]:
    names = [images.file_name[row] for row in rows]
    return images.at(rows, "file_name", f"{{name}} {how} {{found}} of {literal(where)}", name=names, found=found)


Bits = npt.NDArray[np.uint64]


def _seen(pictures: Pictures) -> tuple[Ints, Bits]:
    """Return the rows of which there is a look, and these looks."""
    rows = [row for row, bits in enumerate(pictures.looks) if bits is not None]
    return np.array(rows, np.int64), np.array([pictures.looks[row] for row in rows], np.uint64)


def _near(mine: Bits, theirs: Bits) -> Ints:
    """Return for each of `mine` the place of one of `theirs` that differs in at most 4 bits, or -1."""
    found = np.full(len(mine), -1, np.int64)
    for shift, width in _BANDS:
        open_ones = np.flatnonzero(found < 0)
        keys, known = (_part(bits, shift, width) for bits in (mine[open_ones], theirs))
        order = np.argsort(known, kind="stable")
        first = np.searchsorted(known[order], keys)
        count = np.searchsorted(known[order], keys, side="right") - first
        for part in np.array_split(np.arange(len(keys)), 1 + int(count.sum()) // _PAIRS):
            left = np.repeat(part, count[part])
            step = np.arange(len(left)) - np.repeat(np.cumsum(count[part]) - count[part], count[part])
            right = order[np.repeat(first[part], count[part]) + step]
            close = _ones(mine[open_ones[left]] ^ theirs[right]) <= _NEAR
            found[open_ones[left[close]]] = right[close]
    return found


def _part(bits: Bits, shift: int, width: int) -> Bits:
    return (bits >> np.uint64(shift)) & np.uint64((1 << width) - 1)


def _ones(bits: Bits) -> Ints:
    """Return how many bits of each number are set."""
    counts: Ints = np.unpackbits(bits.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1, dtype=np.int64)
    return counts
