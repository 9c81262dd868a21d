"""What lies around an annotation file: names of files and folders, for the rules on layouts."""

from __future__ import annotations

import json
import os
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from cocolint.discover import home_of, without_links
from cocolint.model import AnnotationFile
from cocolint.read.archive import Archive, archive_at

_MOST = 2_000
"""So many entries of a folder are looked at: folders of layouts have few, and those of pictures need not be listed."""

_LONGEST = 1_000_000
"""A file of class names is not longer, in bytes."""


class Names(NamedTuple):
    """The names in a folder, of files and of folders."""

    files: frozenset[str]
    folders: frozenset[str]


class Surroundings(Struct, frozen=True, dict=True):
    """The neighbourhood of an annotation file, which is looked at when a rule asks.

    `home` is the folder that holds `annotations/` or the folders of the splits, or else the file itself. `leads` tells
    whether findings on the whole data set are reported at this file. `archive` is the zip archive that all of it may lie in.
    """

    file: AnnotationFile

    @property
    def leads(self) -> bool:
        return self.file.leads

    @cached_property
    def path(self) -> Path:
        """The path of the file, without links."""
        return without_links(self.file.path)

    @cached_property
    def home(self) -> Path:
        return self.path.parent.parent if self.file.layout == "roboflow" else home_of(self.path, self.file.layout)

    @cached_property
    def archive(self) -> Path | None:
        return self.file.archive and self.file.archive.resolve()

    @cached_property
    def beside(self) -> Names:
        """The names in the folder of the file."""
        return self._names_in(self.path.parent)

    @cached_property
    def around(self) -> Names:
        """The names in `home`."""
        return self._names_in(self.home)

    def has_folder(self, name: str) -> bool:
        """Whether `home` has a folder of that name."""
        return name in self.around.folders or (self.home / name).is_dir()

    @cached_property
    def image_folders(self) -> frozenset[str]:
        """The folders in `images/`."""
        return self._names_in(self.home / "images").folders

    @cached_property
    def roboflow_folders(self) -> frozenset[str]:
        """The folders in `home` that hold an `_annotations.coco.json`."""
        return frozenset(name for name in self.around.folders if self._has_file(self.home / name / "_annotations.coco.json"))

    @cached_property
    def png_folders(self) -> frozenset[str]:
        """The folders beside the file and in `home` that hold PNG files, relative to `home`."""
        folders = {self.path.parent / name for name in self.beside.folders} | {self.home / name for name in self.around.folders}
        holding = (folder for folder in folders if any(name.endswith(".png") for name in self._names_in(folder).files))
        return frozenset(folder.relative_to(self.home).as_posix() for folder in holding)

    @cached_property
    def meta_labels(self) -> tuple[str, ...] | None:
        """The class names that `dataset_meta.json` in `home` gives, in its order; None where there is no such file."""
        path = self.home / "dataset_meta.json"
        if not self._has_file(path):
            return None
        try:
            packed = self._packed(path)
            with packed[0].open(packed[1]) if packed else path.open("rb") as stream:
                meta = json.loads(stream.read(_LONGEST))
            return tuple(dict.fromkeys([*meta.get("labels", []), *meta.get("label_map", {}).values()]))
        except (OSError, ValueError, AttributeError, TypeError):
            return ()

    def _has_file(self, path: Path) -> bool:
        packed = self._packed(path)
        return packed[1] in packed[0].entries if packed else path.is_file()

    def _names_in(self, folder: Path) -> Names:
        packed = self._packed(folder)
        return _names_in_archive(*packed) if packed else _names_on_disk(folder)

    def _packed(self, path: Path) -> tuple[Archive, str] | None:
        """Return the archive and the name in it, None for what lies on disk."""
        if self.archive is None or not path.is_relative_to(self.archive):
            return None
        return archive_at(self.archive), path.relative_to(self.archive).as_posix()


def _names_on_disk(folder: Path) -> Names:
    files: set[str] = set()
    folders: set[str] = set()
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, _MOST):
                (folders if entry.is_dir() else files).add(entry.name)
    except OSError:
        pass
    return Names(frozenset(files), frozenset(folders))


def _names_in_archive(archive: Archive, folder: str) -> Names:
    above = "" if folder == "." else f"{folder}/"
    inside = [name.removeprefix(above).partition("/") for name in archive.entries if name.startswith(above)]
    return Names(
        frozenset(first for first, below, _ in inside if not below), frozenset(first for first, below, _ in inside if below)
    )
