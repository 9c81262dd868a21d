"""From paths, folders and globs to annotation files; what a path tells of task, subset and layout."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cocolint.failure import PathError
from cocolint.model import AnnotationFile, Task

_PATTERN = re.compile(
    r"(?P<task>instances|person_keypoints|captions|labels|image_info|panoptic|stuff)_(?P<subset>.+?)\.json(\.gz)?"
)
_SUFFIXES = (".json", ".json.gz")
_IGNORED_FOLDERS = frozenset({"__MACOSX", "node_modules", "__pycache__"})
_DEFAULT_SUBSET = "default"
_WORDS = re.compile(r"[^a-z]+")
_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "minival", "test", "testing", "results"})


def find(paths: Iterable[str], exclude: Iterable[str] = (), kinds: Mapping[str, Task] | None = None) -> list[AnnotationFile]:
    """Return the files that `paths` stand for, each once, in order.

    `exclude` are globs of files that are left out of folders. `kinds` maps globs to the task of files whose name does not
    tell. Raises `PathError` if a path or a glob stands for nothing.
    """
    files: dict[str, AnnotationFile] = {}
    patterns = tuple(exclude)
    for given in paths:
        for path, named in _expand(given, patterns):
            files.setdefault(os.path.realpath(path), _describe(path, named, kinds or {}))
    return list(files.values())


def matches(display: str, pattern: str) -> bool:
    """Whether a path is meant by a glob, which may leave out leading folders."""
    return fnmatch.fnmatch(display, pattern) or fnmatch.fnmatch(display, f"*/{pattern}")


def _expand(given: str, exclude: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    if os.path.isdir(given):
        yield from ((path, False) for path in _walk(given, exclude))
    elif os.path.exists(given):
        yield given, True
    else:
        found = sorted(glob.glob(given, recursive=True)) if glob.has_magic(given) else []
        if not found:
            raise PathError(f"no such file or folder: '{given}'")
        for path in found:
            if os.path.isdir(path):
                yield from ((inner, False) for inner in _walk(path, exclude))
            else:
                yield path, path.endswith(_SUFFIXES)


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


def _excluded(path: str, exclude: tuple[str, ...]) -> bool:
    display = _display(path)
    return any(matches(display, pattern) for pattern in exclude)


def _display(path: str) -> str:
    shown = os.path.normpath(path)
    if os.path.isabs(shown):
        relative = os.path.relpath(shown)
        shown = shown if relative.startswith("..") else relative
    return shown.replace(os.sep, "/")


def _describe(path: str, named: bool, kinds: Mapping[str, Task]) -> AnnotationFile:
    where = Path(path)
    display = _display(path)
    match = _PATTERN.fullmatch(where.name)
    told = next((task for pattern, task in kinds.items() if matches(display, pattern)), None)
    task = told or (Task(match["task"]) if match else None)
    layout, subset = _layout(where)
    if match:
        subset = match["subset"]
    root = _root(where.resolve(), layout, match is not None)
    return AnnotationFile(where, display, task, subset, layout, match is not None, named, told is not None, root)


def _root(path: Path, layout: str, follows_pattern: bool) -> Path:
    """Return the folder of the data set that a file is part of; a file in no known layout is a data set of its own."""
    if layout in ("roboflow", "coco"):
        return path.parent.parent
    words = set(_WORDS.split(path.name.lower()))
    return path.parent if follows_pattern or words & _SPLITS else path


def _layout(path: Path) -> tuple[str, str]:
    """Return the layout of the data set a file seems to be part of, and the subset that the layout tells."""
    folder = path.parent
    if path.name == "_annotations.coco.json":
        return "roboflow", folder.resolve().name or _DEFAULT_SUBSET
    if path.name == "labels.json" and (folder / "data").is_dir():
        return "fiftyone", _DEFAULT_SUBSET
    if folder.resolve().name == "annotations":
        return "coco", _DEFAULT_SUBSET
    return "flat", _DEFAULT_SUBSET
