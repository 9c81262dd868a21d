"""A folder of pictures, on disk or inside a zip archive. No name leads out of it."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from cocolint.read.archive import Archive, Unreadable, leads_out


class Folder(Protocol):
    """Files below a folder by their relative names with `/`; a backslash in a name counts as one.

    `display` is how the folder is shown.
    """

    display: str

    def size_of(self, name: str) -> int | None:
        """Return the size of a file in bytes, None if there is none.

        Raises `Unreadable` for what is there but not opened: a folder or a device.
        """

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading. Raises `OSError`, and `Unreadable` as `size_of` does."""

    def names(self) -> Iterator[str]:
        """Yield the names of all files, but those of hidden folders."""

    def folders(self) -> list[str]:
        """Return the names of the folders directly in this one."""

    def likely(self, names: list[str]) -> list[str]:
        """Return those of the folders `names` that may be there; the others are only left out if it costs little."""

    def may_hold(self, names: AbstractSet[str], like: re.Pattern[str]) -> bool:
        """Whether a file or folder of one of `names`, in whatever case, or a folder `like` them may be directly in this one."""

    def below(self, name: str) -> Folder:
        """Return the folder `name` in this one, whether it is there or not."""


class DiskFolder:
    """A folder on disk. Symbolic links are followed, since data sets are often made of links into a store of files."""

    def __init__(self, path: Path, display: str = "") -> None:
        self.display = display or path.as_posix()
        self._path = os.path.realpath(path)

    def size_of(self, name: str) -> int | None:
        """Return the size in bytes, None if there is no such file. Raises `Unreadable` for what is not opened."""
        try:
            return os.stat(self._path_of(name)).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading. Raises `OSError`."""
        return open(self._path_of(name), "rb")

    def names(self) -> Iterator[str]:
        """Yield the names of all files, but those of hidden folders."""
        for parent, folders, names in os.walk(self._path):
            folders[:] = [name for name in folders if not name.startswith(".")]
            below = os.path.relpath(parent, self._path).replace(os.sep, "/")
            yield from (name if below == "." else f"{below}/{name}" for name in names)

    def folders(self) -> list[str]:
        """Return the names of the folders directly in this one."""
        return list(listed(self._path).folders)

    def likely(self, names: list[str]) -> list[str]:
        """Return those of `names` whose first folder is listed, in whatever case: some systems take no note of that."""
        known = listed(self._path).folded
        firsts = (name.partition("/")[0] for name in names)
        return [
            name
            for name, first in zip(names, firsts, strict=True)
            if known is None or first.casefold() in known or not first.isascii()
        ]

    def may_hold(self, names: AbstractSet[str], like: re.Pattern[str]) -> bool:
        """Tell by what is listed: to look for each of many names takes longer."""
        known = listed(self._path)
        if known.folded is None or not names.isdisjoint(("", ".")) or not all(map(str.isascii, names)):
            return True
        return not known.everything.isdisjoint(map(str.casefold, names)) or any(map(like.search, known.folders))

    def below(self, name: str) -> DiskFolder:
        """Return the folder `name` in this one."""
        if not name:
            return self
        return DiskFolder(Path(self._path, name), f"{self.display}/{name}" if self.display != "." else name)

    def _path_of(self, name: str) -> str:
        """Return the path of a regular file. Raises `OSError`, `Unreadable` for what is not opened."""
        if leads_out(name):
            raise FileNotFoundError(name)
        path = os.path.join(self._path, name.replace("\\", "/"))
        mode = _mode_of(path)
        if not stat.S_ISREG(mode):
            raise Unreadable("a folder, not a file" if stat.S_ISDIR(mode) else "not a regular file")
        return path


class Listing(NamedTuple):
    """The names of what is directly in a folder, each kind sorted.

    `folded` are the folders without regard to case, None where that is unknown, and `everything` the files as well.
    """

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    folded: frozenset[str] | None = None
    everything: frozenset[str] = frozenset()


def listed(path: str) -> Listing:
    """Return what is directly in a folder; nothing if it cannot be read.

    A folder of thousands of annotation files is asked for each of them: it is listed anew only when it has changed.
    """
    try:
        return _listed(path, os.stat(path).st_mtime_ns)
    except OSError:
        return Listing()


@lru_cache(maxsize=16)
def _listed(path: str, _changed: int) -> Listing:
    with os.scandir(path) as entries:
        found = sorted((entry.name, entry.is_dir()) for entry in entries)
    folders, files = (tuple(name for name, is_folder in found if is_folder is wanted) for wanted in (True, False))
    return Listing(folders, files, *(frozenset(map(str.casefold, names)) for names in (folders, folders + files)))


def _mode_of(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) or error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            raise FileNotFoundError(path) from error  # no file can have that name
        raise


class ZipFolder:
    """A folder inside a zip archive."""

    def __init__(self, archive: Archive, path: str, display: str) -> None:
        self.display = display
        self._archive = archive
        self._prefix = f"{path}/" if path else ""

    def size_of(self, name: str) -> int | None:
        """Return the size in bytes, None if there is no such file. Raises `Unreadable` for what is not opened."""
        return self._archive.size_of(self._entry(name))

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading. Raises `OSError`."""
        return self._archive.open(self._entry(name))

    def names(self) -> Iterator[str]:
        """Yield the names of all files, but those of hidden folders."""
        for name in self._archive.entries:
            below = name.removeprefix(self._prefix)
            if name.startswith(self._prefix) and not any(part.startswith(".") for part in below.split("/")[:-1]):
                yield below

    def folders(self) -> list[str]:
        """Return the names of the folders directly in this one."""
        inside = (name[len(self._prefix) :] for name in self._archive.entries if name.startswith(self._prefix))
        return sorted({first for first, slash, _ in (name.partition("/") for name in inside) if slash})

    def likely(self, names: list[str]) -> list[str]:
        """Return all `names`: to leave some out, those of all entries would have to be looked at."""
        return names

    def may_hold(self, names: AbstractSet[str], like: re.Pattern[str]) -> bool:  # noqa: ARG002 (they are looked for one by one)
        """Return True: to look for a name costs nothing."""
        return True

    def below(self, name: str) -> ZipFolder:
        """Return the folder `name` in this one."""
        return ZipFolder(self._archive, f"{self._prefix}{name}", f"{self.display}/{name}") if name else self

    def _entry(self, name: str) -> str:
        parts = "" if leads_out(name) else name.replace("\\", "/")
        return self._prefix + "/".join(part for part in parts.split("/") if part not in ("", "."))
