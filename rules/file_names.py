"""The `file_name` of images: names that are missing, double, or not found everywhere."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from urllib.parse import unquote

import numpy as np

from cocolint.api import (
    Bools,
    Dropped,
    Faults,
    FileFacts,
    Finding,
    Images,
    Pictures,
    Record,
    Renumbered,
    Severity,
    Stage,
    rule,
)

SUFFIXES = frozenset(
    "jpg jpeg jpe jfif png bmp dib gif tif tiff webp ppm pgm pbm pnm jp2 j2k heic heif avif jxl tga exr hdr dng dcm".split()
)
"""The endings of picture files that readers in use know."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_ROOT = re.compile(r"[/\\~]|[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@rule("I006", "file-name-missing", Severity.ERROR, impact=2, relaxed=("lvis",), cumulative=True)
def file_name_missing(faults: Faults, images: Images) -> Iterable[Finding]:
    """An image has no `file_name`.

    What breaks: detectron2, mmdetection, mmpose and PaddleDetection raise KeyError; YOLOX makes up a name from the id.
    Definition: `file_name` is absent, null or empty. LVIS v1 names the picture in `coco_url` alone.
    Fix: take the last part of `coco_url` where it is the name of a picture. Safe: the picture is served under that name.
    """
    yield from faults
    empty = images.has("file_name") & np.array([not name for name in images.file_name], bool)
    yield from images.where(empty, "file_name", "`file_name` is empty")


@file_name_missing.fix(Stage.DEFAULT, safe=True, reads=["coco_url"], writes=["file_name"])
def served_as(record: Record) -> Record:
    """Take the name from the URL."""
    url = record.get("coco_url")
    name = _base(_path_of(url)) if isinstance(url, str) else ""
    has_name = record.get("file_name") or _suffix(name) not in SUFFIXES or _suffix(name) == name.lower()
    return record if has_name else record | {"file_name": name}


@rule("I007", "file-name-duplicate", Severity.ERROR, impact=2, requires=["image-id-duplicate"], cumulative=True)
def file_name_duplicate(images: Images) -> Iterable[Finding]:
    r"""Two images have the same `file_name`.

    What breaks: CVAT refuses the file; FiftyOne keeps one of them; everyone else counts the picture twice.
    Definition: the name of an earlier image stands again on another id, with `\` read as `/` and without `./` and doubled
    slashes. The first one is not reported.
    Fix: where the sizes are the same, keep the first record and point the annotations of the others to it. Unsafe: two
    pictures may have been meant.
    """
    return _repeats(images, str, "{name} is also the name of images[{first}]")


@file_name_duplicate.fix(Stage.ID, safe=False)
def merged(file: FileFacts, images: Images, row: Sequence[int], first: Sequence[int]) -> Iterable[Renumbered | Dropped]:
    """Let one record stand for all of a name."""
    uses = Counter(images.id.tolist())
    pairs = [
        (later, earlier)
        for later, earlier in zip(map(int, row), map(int, first), strict=True)
        if images.has("id")[[later, earlier]].all() and uses[int(images.id[later])] == 1
        and (images.width[later], images.height[later]) == (images.width[earlier], images.height[earlier])
    ]  # fmt: skip
    if pairs:
        yield Renumbered(file.display, "images", {int(images.id[later]): int(images.id[earlier]) for later, earlier in pairs})
        yield Dropped(file.display, "images", np.array([later for later, _ in pairs]))


@rule(
    "I008",
    "file-name-stem-duplicate",
    Severity.WARNING,
    impact=3,
    requires=["file-name-duplicate", "file-name-url"],
    cumulative=True,
)
def file_name_stem_duplicate(images: Images) -> Iterable[Finding]:
    """Two images have names that differ in the extension only.

    What breaks: Datumaro knows pictures by their path without extension, so one is lost, and CVAT fails on import;
    YOLO label files and panoptic PNGs of the two overwrite each other.
    Definition: the path without what follows its last dot is that of an earlier image, such as `1.jpg` and `1.png`. The
    first one is not reported.
    Fix: rename one of the pictures; only a person can do that.
    """
    return _repeats(
        images, str if _have_one_ending(images) else _stem, "{name} is {other}, images[{first}], but for the extension"
    )


@rule("I009", "file-name-case-clash", Severity.WARNING, impact=4, requires=["file-name-duplicate", "file-name-stem-duplicate"])
def file_name_case_clash(images: Images) -> Iterable[Finding]:
    """Two images have names that differ in case only.

    What breaks: Windows and macOS take the two for one file, so one picture is lost when the data set is unpacked there.
    Definition: the name is that of an earlier image once the case of both is folded. The first one is not reported.
    Fix: rename one of the pictures; only a person can do that.
    """
    return _repeats(images, str.casefold, "{name} is {other}, images[{first}], but for the case")


@rule("I010", "file-name-basename-duplicate", Severity.INFO, impact=3, requires=["file-name-duplicate", "file-name-url"])
def file_name_basename_duplicate(images: Images) -> Iterable[Finding]:
    """Images in different folders have the same name.

    What breaks: coco-annotator looks pictures up by the last part of the name, so that annotations land on another
    picture; tools that put all pictures into one folder keep one of them.
    Definition: what follows the last slash is that of an earlier image in another folder. The first one is not reported.
    Source: TACO numbers the pictures of each folder anew, and readers that take the whole path find them all.
    Fix: put the folder into the name of the picture; only a person can do that.
    """
    if not any("/" in name or "\\" in name for name in images.file_name):
        return []
    return _repeats(images, _base, "{name} has the base name of {other}, images[{first}]")


@rule(
    "I011", "file-name-backslash", Severity.WARNING, impact=2, requires=["file-name-absolute", "file-name-url"], cumulative=True
)
def file_name_backslash(images: Images) -> Iterable[Finding]:
    r"""A `file_name` has backslashes in it.

    What breaks: the picture is not found on Linux and macOS, where a backslash is a character like any other.
    Definition: the name contains `\` and is not an absolute path, which has a rule of its own.
    Fix: write `/`. Safe: Windows reads both alike, and other systems find folders by `/` only.
    """
    yield from _named(images, _each(images, lambda name: "\\" in name, "\\"))


@file_name_backslash.fix(Stage.SHAPE, safe=True, writes=["file_name"])
def with_slashes(record: Record) -> Record:
    """Write the path in the form that all systems read."""
    name = record.get("file_name")
    return record | {"file_name": re.sub(r"\\+", "/", name)} if isinstance(name, str) else record


@rule("I012", "file-name-absolute", Severity.WARNING, impact=2, cumulative=True)
def file_name_absolute(images: Images) -> Iterable[Finding]:
    r"""A `file_name` is an absolute path.

    What breaks: the picture is found on one machine only, and a server may be made to read any of its files.
    Definition: the name begins with `/`, `\`, `~` or a drive letter and a colon.
    Fix: write the path below the folder of images. Safe: where a picture is found there, under one such path only. Else
    write the path below the folder that these names share. Unsafe: another folder may be meant.
    """
    yield from _outside(images, _each(images, lambda name: _ROOT.match(name) is not None, *"/\\~:"))


@rule("I013", "file-name-parent", Severity.WARNING, impact=2, requires=["file-name-absolute", "file-name-url"], cumulative=True)
def file_name_parent(images: Images) -> Iterable[Finding]:
    """A `file_name` leads out of the folder of images.

    What breaks: archives and uploads lose the picture, and a server may be made to read any of its files.
    Definition: a part of the path is `..`.
    Fix: as for `file-name-absolute`. Safe: where a picture is found. Unsafe: elsewhere, as another folder may be meant.
    """
    yield from _outside(images, _each(images, lambda name: ".." in name.replace("\\", "/").split("/"), ".."))


@rule("I014", "file-name-url", Severity.WARNING, impact=2, cumulative=True)
def file_name_url(images: Images) -> Iterable[Finding]:
    """A `file_name` is a URL.

    What breaks: readers look for a file of that name below the folder of images and find none.
    Definition: the name begins with a scheme, such as `http:/`, `s3:/` or `file:/`.
    Fix: as for `file-name-absolute`, with the URL in `coco_url` where there is none. Safe: where a picture is found.
    Unsafe: elsewhere, as another folder may be meant.
    """
    yield from _outside(images, _each(images, lambda name: _SCHEME.match(name) is not None, ":"))


def found_below(record: Record, name: str, tail: str, is_alone: bool, pictures: Pictures) -> Record:
    """Take the longest part of the path under which there is a picture, if there is no other."""
    parts = tail.split("/")
    found = [path for start in range(len(parts)) if pictures.holds(path := "/".join(parts[start:]))]
    return _called(record, name, found[0]) if is_alone and len(found) == 1 else record


def below_the_rest(record: Record, name: str, below: str) -> Record:
    """Take what is left of the path without the folders that all such names share."""
    return _called(record, name, below)


file_name_absolute.fix(Stage.SHAPE, safe=True, writes=["file_name"])(found_below)
file_name_absolute.fix(Stage.SHAPE, safe=False, writes=["file_name"])(below_the_rest)
file_name_parent.fix(Stage.SHAPE, safe=True, writes=["file_name"])(found_below)
file_name_parent.fix(Stage.SHAPE, safe=False, writes=["file_name"])(below_the_rest)
file_name_url.fix(Stage.SHAPE, safe=True, writes=["file_name", "coco_url"])(found_below)
file_name_url.fix(Stage.SHAPE, safe=False, writes=["file_name", "coco_url"])(below_the_rest)


def _called(record: Record, old: str, new: str) -> Record:
    """Return the record under a new name if it still has the old one, and keep a URL."""
    if record.get("file_name") != old or _suffix(new) not in SUFFIXES:
        return record
    is_url = _SCHEME.match(old) and not _ROOT.match(old)
    return record | ({"coco_url": old} if is_url and not record.get("coco_url") else {}) | {"file_name": new}


@rule("I016", "file-name-whitespace-or-control", Severity.WARNING, impact=4)
def file_name_whitespace_or_control(images: Images) -> Iterable[Finding]:
    """A `file_name` has characters that get lost on the way.

    What breaks: the picture is not found: blanks at the end are cut by Windows and by tools that strip lines, control
    characters are refused by archives, and macOS writes accents in another form than other systems look for.
    Definition: the name begins or ends with a blank, holds a control character, or is not in Unicode's composed form NFC.
    Fix: rename the picture and write the new name; only a person can do both.
    """
    padded = _each(images, lambda name: name != name.strip())
    control = _each(images, lambda name: _CONTROL.search(name) is not None) & ~padded
    loose = _each(images, lambda name: not unicodedata.is_normalized("NFC", name)) & ~padded & ~control
    yield from _named(images, padded, "{name!r} has a blank at an end")
    yield from _named(images, control, "{name!r} has a control character")
    yield from _named(images, loose, "{name} has accents that are not composed (NFC)")


@rule("I017", "file-name-extension", Severity.INFO, impact=4, requires=["file-name-missing", "file-name-url"])
def file_name_extension(images: Images) -> Iterable[Finding]:
    """A `file_name` does not end like the name of a picture.

    What breaks: importers that choose files by their ending pass over it; detectron2 and panopticapi make the name of a
    picture's PNG or JPEG out of what stands before the dot.
    Definition: what follows the last dot is no ending of a picture format, in any case, or there is no dot.
    Fix: write the name as the picture has it; only a person can look.
    """
    return _named(images, _each(images, lambda name: bool(name) and _suffix(name) not in SUFFIXES))


def _repeats(images: Images, key: Callable[[str], str], message: str) -> Iterable[Finding]:
    r"""Yield a finding for the images whose `key` an earlier one has; `message` may tell its name as `other`.

    The key is made of the name with `\` read as `/` and without `./` and doubled slashes.
    """
    are_normal = not any(mark in images.names for mark in ("\\", "./", "//"))
    names = images.file_name
    numbers = np.fromiter(map(hash, map(key, names if are_normal else map(_normal, names))), np.int64, len(images))
    ordered = np.sort(numbers)  # of all names but a few, nothing more need be kept or looked up
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return
    suspects = np.flatnonzero(np.isin(numbers, twice)).tolist()
    keys = {row: key(names[row] if are_normal else _normal(names[row])) for row in suspects}
    first: dict[str, int] = {}
    rows = [row for row, name in keys.items() if name and first.setdefault(name, row) != row]
    earlier = [first[keys[row]] for row in rows]
    mine, others = ([names[row] for row in chosen] for chosen in (rows, earlier))
    yield from images.at(rows, "file_name", message, name=mine, other=others, first=earlier, row=rows)


def _have_one_ending(images: Images) -> bool:
    """Whether all names have the same ending, and something before it: then those that differ do so before it."""
    names = f"\n{images.names}\n"
    dot, ending = images.file_name[0].rpartition(".")[1:] if len(images) else ("", "")
    if not dot or "/" in ending or names.count("\n") != len(images) + 1:
        return False
    is_all = names.count(f".{ending}\n") == len(images)
    return is_all and not any(f"{mark}.{ending}\n" in names for mark in ("\n", "/", "\\"))


def _outside(images: Images, mask: Bools) -> Iterable[Finding]:
    """Yield a finding for names of `mask`, with what a fix has to know of them: the path without drive, scheme and `..` as
    `tail`; what lies `below` the folders that all of them share; and whether no other image has such a base name.
    """
    rows = np.flatnonzero(mask)
    names = [images.file_name[row] for row in rows.tolist()]
    tails = [_parts(name) for name in names]
    shared = sum(1 for _ in takewhile(lambda parts: len({*parts}) == 1, zip(*(tail[:-1] for tail in tails), strict=False)))
    bases = Counter(map(_base, images.file_name)) if names else Counter()
    yield from images.at(
        rows, "file_name", "{name}", name=names, tail=["/".join(tail) for tail in tails],
        below=["/".join(tail[shared:]) for tail in tails], is_alone=[bases[_base(name)] == 1 for name in names],
    )  # fmt: skip


def _parts(name: str) -> list[str]:
    """Return the parts of a path without drive, scheme and `..`."""
    parts: list[str] = []
    for part in re.split(r"[/\\]", _path_of(name)):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", ".", "~") and not re.fullmatch("[A-Za-z]:", part):
            parts.append(part)
    return parts


def _path_of(name: str) -> str:
    """Return a URL without scheme and query; anything else as it is."""
    if _SCHEME.match(name) and not _ROOT.match(name):
        return unquote(re.sub(r"^[^:]*:/+|[?#].*", "", name))
    return name


def _normal(name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for place, part in enumerate(parts) if part != "." and (part or not place))


def _stem(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and "/" not in ending and not stem.endswith("/") else name


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _suffix(name: str) -> str:
    return _base(name).rpartition(".")[2].lower()


def _each(images: Images, test: Callable[[str], bool], *signs: str) -> Bools:
    """Tell for each image whether its name passes a test; without one of the `signs` in it, if any are given, none does."""
    if signs and not any(sign in images.names for sign in signs):
        return np.zeros(len(images), bool)
    return np.fromiter(map(test, images.file_name), bool, len(images))


def _named(images: Images, mask: Bools, message: str = "{name}") -> Iterable[Finding]:
    rows = np.flatnonzero(mask)
    return images.at(rows, "file_name", message, name=[images.file_name[row] for row in rows.tolist()])
