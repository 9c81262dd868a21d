"""From paths, folders and globs to annotation files; what a path tells of task, subset and layout."""

from __future__ import annotations

import fnmatch
import glob
import itertools
import os
import posixpath
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cocolint.failure import PathError
from cocolint.model import AnnotationFile, Task
from cocolint.read.remote import Remote, files_at, is_url, shown

_PATTERN = re.compile(
    r"(?P<task>instances|person_keypoints|captions|labels|image_info|panoptic|stuff)_(?P<subset>.+?)\.json(\.gz)?"
)
_SUFFIXES = (".json", ".json.gz")
_IGNORED_FOLDERS = frozenset({"__MACOSX", "node_modules", "__pycache__"})
_DEFAULT_SUBSET = "default"
_PART = re.compile(r"(?<=[^/])#\d+\Z")
_WORDS = re.compile(r"[a-z]+|[0-9]+")
_SPLITS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "minival": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
_WITHOUT_MEANING = frozenset({_DEFAULT_SUBSET, "dev", "std", "challenge"})
"""Words that tell no family: `test-dev2017` belongs to `train2017`."""


class Place(NamedTuple):
    """What a path tells of a file's part in its data set.

    `split` is `train`, `val` or `test`, and "" where the path tells none of them, or more than one. `family` holds the
    words and numbers left over, such as `2017`: files of different families need not belong together.
    """

    split: str
    family: tuple[str, ...]


def find(
    paths: Iterable[str],
    exclude: Iterable[str] = (),
    kinds: Mapping[str, Task] | None = None,
    may_be_remote: bool = False,
) -> list[AnnotationFile]:
    """Return the files that `paths` stand for, each once, in order; URLs among them only if they `may_be_remote`.

    `exclude` are globs of files that are left out of folders. `kinds` maps globs to the task of files whose name does not
    tell. Raises `PathError` if a path or a glob stands for nothing.
    """
    _without_links.cache_clear()
    _folder_without_links.cache_clear()
    _root.cache_clear()
    files: dict[str, AnnotationFile] = {}
    patterns = tuple(exclude)
    for given in paths:
        if is_url(given):
            if not may_be_remote:
                raise PathError(f"'{shown(given)}': only `cocolint check` reads what is not on this machine")
            for remote, named in _expand_url(given, patterns):
                described = _describe(remote.display, named, kinds or {})._replace(remote=remote)
                known = files.setdefault(remote.display, described).remote
                if known and known.url != remote.url:
                    raise PathError(f"'{remote.display}': two URLs that differ only after the `?`; check one at a time")
            continue
        for path, named in _expand(given, patterns):
            files.setdefault(str(without_links(path)), _describe(path, named, kinds or {}))
    return _led(_joined(list(files.values())))


def listed(source: str) -> list[str]:
    """Return the paths in a file, `-` for standard input: one a line, or with NUL between them. Raises `PathError`."""
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise PathError(f"--paths-from {source}: {error.strerror or error}") from error
    lines = content.split(b"\0") if b"\0" in content else [line.removesuffix(b"\r") for line in content.split(b"\n")]
    return [os.fsdecode(line) for line in lines if line.strip()]


def matches(display: str, pattern: str) -> bool:
    """Whether a path is meant by a glob, which may leave out leading folders; one data set of several also by its file."""
    globs = pattern, f"*/{pattern}"
    return any(fnmatch.fnmatch(path, glob) for path in {display, whole_of(display)} for glob in globs)


def whole_of(display: str) -> str:
    """Return the path of the file, without the number of one data set of several in it."""
    return _PART.sub("", display)


def _expand(given: str, exclude: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    if os.path.isdir(given):
        yield from ((path, False) for path in _walk(given, exclude))
    elif os.path.isfile(given) and given.lower().endswith(".zip"):
        yield from _in_archive(given, exclude)
    elif os.path.exists(given):
        yield given, True
    else:
        found = sorted(glob.glob(given, recursive=True)) if glob.has_magic(given) else []
        if not found:
            raise PathError(f"no such file or folder: '{given}'")
        for path in found:
            if os.path.isdir(path):
                yield from ((inner, False) for inner in _walk(path, exclude))
            elif path.lower().endswith(".zip"):
                yield from _in_archive(path, exclude)
            else:
                yield path, path.endswith(_SUFFIXES)


def _expand_url(url: str, exclude: tuple[str, ...]) -> Iterator[tuple[Remote, bool]]:
    if "::" in url:
        raise PathError(f"'{shown(url)}': a URL in another one is not read")
    inside = files_at(url)
    if inside is None:
        if shown(url).lower().endswith(".zip"):
            raise PathError(f"'{shown(url)}': archives are only read from a disk, so download it first")
        yield Remote(url), True
        return
    folder, names = inside
    for *folders, name in sorted((path.split("/") for path in names), key=_as_walked):
        remote = Remote("/".join([folder, *folders, name]))
        above = itertools.accumulate(folders, "{}/{}".format, initial=shown(folder))
        hidden = any(part.startswith(".") or part in _IGNORED_FOLDERS for part in folders) or name.startswith(".")
        left_out = any(matches(path, pattern) for path in (*above, remote.display) for pattern in exclude)
        if name.endswith(_SUFFIXES) and not hidden and not left_out:
            yield remote, False


def _as_walked(parts: list[str]) -> list[tuple[bool, str]]:
    """Sort the files of a folder before those of its folders."""
    return [*((True, folder) for folder in parts[:-1]), (False, parts[-1])]


def _walk(folder: str, exclude: tuple[str, ...]) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _IGNORED_FOLDERS and not _excluded(os.path.join(parent, name), exclude)
        )
        for name in sorted(names):
            path = os.path.join(parent, name)
            if name.endswith(_SUFFIXES) and not name.startswith(".") and not _excluded(path, exclude):
                yield path


def _in_archive(path: str, exclude: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Yield the annotation files in a zip archive; the archive itself if there are none, so that reading it says why."""
    from cocolint.read.archive import archive_at  # imported here: most runs have no archive

    try:
        names = archive_at(Path(path)).annotation_files()
    except OSError:
        yield path, True
        return
    inner = (os.path.join(path, name) for name in names)
    yield from ((name, False) for name in inner if not _excluded(name, exclude))


def without_links(path: str | Path) -> Path:
    """Return a path as `Path.resolve` does. In a run, it is looked at once, and so is the way to many files in one folder."""
    whole = os.fspath(path)
    return _without_links(whole, "" if os.path.isabs(whole) else os.getcwd())


@lru_cache(maxsize=1 << 14)
def _without_links(whole: str, _here: str) -> Path:
    if os.pardir in whole or os.path.islink(whole):
        return Path(os.path.realpath(whole))
    folder, name = os.path.split(os.path.abspath(whole))
    return Path(_folder_without_links(folder), name)


@lru_cache(maxsize=1 << 12)
def _folder_without_links(folder: str) -> str:
    return os.path.realpath(folder)


def _excluded(path: str, exclude: tuple[str, ...]) -> bool:
    if not exclude:
        return False
    display = _display(path)
    return any(matches(display, pattern) for pattern in exclude)


def _display(path: str) -> str:
    folder, name = os.path.split(path)
    if not folder or name in ("", os.curdir, os.pardir):
        return _displayed(path, os.getcwd())
    above = _displayed(folder, os.getcwd())
    return name if above == os.curdir else posixpath.join(above, name.replace(os.sep, "/"))


@lru_cache(maxsize=1 << 12)
def _displayed(path: str, _here: str) -> str:
    shown = os.path.normpath(path)
    if os.path.isabs(shown):
        relative = os.path.relpath(shown)
        shown = shown if relative.startswith("..") else relative
    return shown.replace(os.sep, "/")


def _describe(path: str, named: bool, kinds: Mapping[str, Task]) -> AnnotationFile:
    clear = without_links(path)
    where = clear if str(clear) == path else Path(path)
    display = path if is_url(path) else _display(path)
    match = _PATTERN.fullmatch(where.name)
    told = next((task for pattern, task in kinds.items() if matches(display, pattern)), None)
    task = told or (Task(match["task"]) if match else None)
    folder = os.path.dirname(clear)
    layout, subset = _layout(where, folder)
    if match:
        subset = match["subset"]
    above = (where, *where.parents) if ".zip" in path.lower() else ()
    archive = next((one for one in above if one.suffix.lower() == ".zip" and one.is_file()), None)
    return AnnotationFile(
        where, display, task, subset, layout, match is not None, named, told is not None, _root(folder, layout), archive=archive
    )  # fmt: skip


@lru_cache(maxsize=1 << 12)
def _root(folder: str, layout: str) -> Path:
    """Return the folder of the data set of files in a folder without links: files side by side are one, and their results."""
    path = Path(folder)
    if layout == "flat" and path.name == "results" and (path.parent / "annotations").is_dir():
        return path.parent
    return path.parent if layout == "coco" else path


def home_of(path: Path, layout: str) -> Path:
    """Return the folder that holds `annotations/`, or else the one that holds the file."""
    return path.parent.parent if layout == "coco" else path.parent


def place_of(file: AnnotationFile) -> Place:
    """Return the split and the family of a file, from its subset or name, or else from the folders up to the data set."""
    path = without_links(file.path)
    name = _read(file.subset if file.follows_pattern else path.name.partition(".json")[0])
    if name.split or "trainval" in name.family:
        return name
    above = _place_above(os.path.dirname(path), file.root)
    return Place(above.split, above.family + name.family) if above else name


@lru_cache(maxsize=1 << 12)
def _place_above(folder: str, root: Path) -> Place | None:
    """Return what the first of the folders up to the data set tells that tells a split."""
    for one in (Path(folder), *Path(folder).parents):
        if one == root or not one.is_relative_to(root):
            break
        above = _read(one.name)
        if above.split:
            return above
    return None


def _read(text: str) -> Place:
    words = [word for word in _WORDS.findall(text.lower()) if word not in _WITHOUT_MEANING]
    splits = _splits_in(words)
    if len(splits) != 1:
        return Place("", tuple(words))
    return Place(splits.pop(), tuple(word for word in words if word not in _SPLITS))


def _splits_in(words: Iterable[str]) -> set[str]:
    return {_SPLITS[word] for word in words if word in _SPLITS}


def _joined(files: list[AnnotationFile]) -> list[AnnotationFile]:
    """Make one data set of folders that are named by splits, where paths in them differ in nothing else.

    So `train/_annotations.coco.json` and `valid/_annotations.coco.json` belong together, and so do
    `train/annotations/instances_default.json` and `test/annotations/instances_default.json`.
    """
    spots = [_spot_of(file) for file in files]
    splits: dict[object, set[str]] = defaultdict(set)
    for spot in spots:
        splits[spot.key] |= {spot.split} - {""}
    matched = [bool(spot.split) and len(splits[spot.key]) > 1 for spot in spots]
    joined = {spot.home for spot, is_matched in zip(spots, matched, strict=True) if is_matched}
    return [
        file._replace(root=spot.home.parent)
        if is_matched or (spot.split and spot.home in joined and file.root == spot.home)
        else file
        for file, spot, is_matched in zip(files, spots, matched, strict=True)
    ]


class _Spot(NamedTuple):
    """Where a file lies: the folder that may be named by a split, that split, and the rest of the path."""

    home: Path
    split: str
    key: object


def _spot_of(file: AnnotationFile) -> _Spot:
    path = without_links(file.path)
    home, place = _home(os.path.dirname(path), file.layout)
    if not place.split or _splits_in(_WORDS.findall(path.name.lower())) - {place.split}:
        return _Spot(home, "", None)
    return _Spot(home, place.split, (home.parent, place.family, _read(path.name).family, path.parent.relative_to(home)))


@lru_cache(maxsize=1 << 12)
def _home(folder: str, layout: str) -> tuple[Path, Place]:
    """Return the folder that may be named by a split, of files in a folder without links, and what it tells."""
    home = Path(folder).parent if layout == "coco" else Path(folder)
    return home, _read(home.name)


def _led(files: list[AnnotationFile]) -> list[AnnotationFile]:
    """Mark the first file of each data set; first those whose names and places are surely those of annotations."""
    leaders: dict[Path, AnnotationFile] = {}
    for file in sorted(files, key=_doubt):
        leaders.setdefault(file.root, file)
    return [file._replace(leads=leaders[file.root] is file) for file in files]


def _doubt(file: AnnotationFile) -> tuple[bool, bool, bool]:
    named = file.follows_pattern or file.layout in ("roboflow", "fiftyone")
    return "results" in file.path.stem.lower(), file.layout == "flat", not named


def _layout(path: Path, folder: str) -> tuple[str, str]:
    """Return the layout of the data set a file seems to be part of, and the subset that the layout tells.

    `folder` is that of the file, without links.
    """
    if path.name == "_annotations.coco.json":
        return "roboflow", path.parent.resolve().name or _DEFAULT_SUBSET
    if path.name == "labels.json" and (path.parent / "data").is_dir():
        return "fiftyone", _DEFAULT_SUBSET
    return "coco" if os.path.basename(folder) == "annotations" else "flat", _DEFAULT_SUBSET
