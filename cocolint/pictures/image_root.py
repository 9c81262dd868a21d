"""Where the pictures of an annotation file lie: the folder that its `file_name`s count from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from cocolint.failure import PathError
from cocolint.model import AnnotationFile
from cocolint.pictures.folders import DiskFolder, Folder, ZipFolder, listed
from cocolint.read.archive import Unreadable, archive_at, leads_out

_FIRST = 20
_SPREAD = 30
_YEAR = re.compile(r"\d+$")
_PART = re.compile(r"-dev|-challenge|^(?:valminus)?mini(?=val)")
"""What official files of a part of a subset add to its name: test-dev2017, minival2014."""
_SAME = ("val", "valid", "validation"), ("train", "training"), ("test", "testing")
_SPLITS = frozenset(word for same in _SAME for word in same)
_FOLDERS_OF_PICTURES = re.compile("image|imgs?|jpe?g|png|photo|picture|frame", re.IGNORECASE)
_FOLDERS_OF_JSON = re.compile(r"ann(otation)?s?([_-].*)?|.*[_-]ann(otation)?s?|labels?|json", re.IGNORECASE)


class Root(Struct, frozen=True):
    """The folder that names count from; `is_shared` tells that other annotation files may name pictures in it as well."""

    folder: Folder
    is_shared: bool


Bases = dict[tuple[str, Path | None], list[Folder]]
"""The folders to search from, for the files of one folder or archive."""


def find(file: AnnotationFile, names: Sequence[str], told: Path | None, known: Bases | None = None) -> Root | None:
    """Return the folder that holds the most of some of `names`, None if no likely one holds any.

    `told` is the folder that the user named: it, or the folder of the subset in it, is the root whatever it holds.
    `known` is what was found out for earlier files.
    """
    some = _sample(names)
    inside = [name for name in some if name and not leads_out(name)]
    subsets = _subsets(file)
    if told is not None:
        above = folder_at(told)
        folder = _best([above, *(above.below(subset) for subset in subsets)], inside) or above
    else:
        tails = [tail for name in some if (tail := name.replace("\\", "/").rpartition("/")[2]) and tail != name]
        bases = _bases_of(file, {} if known is None else known)
        firsts = {name.replace("\\", "/").partition("/")[0] for name in (*inside, *tails, *subsets, "images", "data")}
        if not any(base.may_hold(firsts, _FOLDERS_OF_PICTURES) for base in bases):
            return None
        tries = ((search, wanted) for wanted in (inside, tails) if wanted for search in (_likely, _others))
        found = next((best for search, wanted in tries if (best := _best(search(bases, subsets), wanted))), None)
        if found is None:
            return None
        folder = found
    own = folder.display.rpartition("/")[2] in subsets
    return Root(folder, not own and any(not _is_of(subsets, name) for name in _siblings(file)))


def folder_at(path: Path) -> Folder:
    """Return the folder, or the zip archive, that the user named. Raises `PathError` if there is none."""
    if path.is_dir():
        return DiskFolder(path)
    if not path.is_file():
        raise PathError(f"--images-root {path}: no such folder")
    try:
        return ZipFolder(archive_at(path), "", path.as_posix())
    except Unreadable as error:
        raise PathError(f"--images-root {path}: {error}") from error


def _subsets(file: AnnotationFile) -> list[str]:
    """Return the names that the folder of the subset may have, the likeliest first."""
    stem = file.path.name.partition(".")[0]
    named = file.subset if file.follows_pattern or file.layout == "roboflow" else stem
    whole = _PART.sub("", named)
    words = [named, whole, _YEAR.sub("", whole)]
    told = {words[-1], *_words(stem)}
    words += [word for same in _SAME if told & set(same) for word in same]
    return list(dict.fromkeys(word for word in words if word and not leads_out(word)))


def _words(name: str) -> list[str]:
    return re.findall("[a-z]+", name.lower())


def _bases_of(file: AnnotationFile, known: Bases) -> list[Folder]:
    place = os.path.dirname(file.display), file.archive
    if place not in known:
        known[place] = _bases(file)
    return known[place]


def _bases(file: AnnotationFile) -> list[Folder]:
    """Return the folder of the data set, if the file lies in one of annotations, and the folder of the file."""
    above = folder_above(file, 1) if _FOLDERS_OF_JSON.fullmatch(file.path.absolute().parent.name) else None
    return [base for base in (above, folder_above(file, 0)) if base]


def _likely(bases: list[Folder], subsets: list[str]) -> Iterator[Folder]:
    for base in bases:
        names = [f"images/{subset}" for subset in subsets]
        names += ["images", *(name for subset in subsets for name in (subset, f"{subset}/images")), "data"]
        yield from map(base.below, base.likely(names))
    yield from reversed(bases)


def _others(bases: list[Folder], subsets: list[str]) -> Iterator[Folder]:
    """Yield the folders beside the file that are called like one of pictures, but like none of another split."""
    for base in bases:
        for name in base.folders():
            if _FOLDERS_OF_PICTURES.search(name) and not (set(_words(name)) & _SPLITS).difference(subsets):
                yield base.below(name)


def folder_above(file: AnnotationFile, levels: int) -> Folder | None:
    """Return the folder that an annotation file lies in, or so many levels above it; None outside of its archive."""
    shown = os.path.normpath(os.path.join(os.path.dirname(file.display), *[os.pardir] * levels)).replace(os.sep, "/")
    if file.archive is None:
        return DiskFolder(file.path.absolute().parents[levels], shown)
    folders = file.path.relative_to(file.archive).parents
    if levels >= len(folders):
        return None
    path = folders[levels].as_posix()
    return ZipFolder(archive_at(file.archive), "" if path == "." else path, shown)


def _sample(names: Sequence[str]) -> list[str]:
    return [*names[:_FIRST], *names[_FIRST :: max(1, len(names) // _SPREAD)]]


def _best(folders: Iterable[Folder], names: list[str]) -> Folder | None:
    """Return the folder with the most of `names`, the first of equals, None if none holds any."""
    held = [(sum(_holds(folder, name) for name in names), folder) for folder in folders]
    count, best = max(held, key=lambda pair: pair[0], default=(0, None))
    return best if count else None


def _holds(folder: Folder, name: str) -> bool:
    try:
        return folder.size_of(name) is not None
    except Unreadable:
        return True
    except OSError:
        return False


def _siblings(file: AnnotationFile) -> Iterator[str]:
    """Yield the names of the other JSON files in the folder of an annotation file."""
    if file.archive is None:
        names: Iterable[str] = listed(os.path.realpath(file.path.parent)).files
    else:
        place = file.path.relative_to(file.archive).as_posix().rpartition("/")[0]
        inside = (name.rpartition("/") for name in archive_at(file.archive).entries)
        names = (name for folder, _, name in inside if folder == place)
    return (name for name in names if name.endswith(".json") and name != file.path.name)


def _is_of(subsets: list[str], name: str) -> bool:
    """Whether the name of a JSON file tells that it is of the same subset."""
    return name.removesuffix(".json").endswith(f"_{subsets[0]}")
