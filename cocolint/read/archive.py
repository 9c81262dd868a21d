"""Zip archives: their entries by name, read in place. Nothing is ever unpacked to a name that an archive tells."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

MOST_RATIO = 200
"""Entries that grow by more are refused if they are large: JSON and pictures shrink to a tenth, bombs to a thousandth."""
HARMLESS = 100_000_000
"""In bytes: what unpacks to no more is no bomb."""
CHUNK = 1 << 20

_SUFFIXES = (".json", ".json.gz")
_ROOT = re.compile(r"[/\\]|[A-Za-z]:")


class Unreadable(OSError):
    """The archive or an entry of it is damaged or refused; the message says why."""

    def __str__(self) -> str:
        return str(self.args[0])


def leads_out(name: str) -> bool:
    """Whether a path leads out of the folder that it counts from: it is absolute, or a part of it is `..`."""
    return _ROOT.match(name) is not None or (".." in name and ".." in re.split(r"[/\\]", name))


def archive_at(path: Path) -> Archive:
    """Return the archive at `path`, read once as long as it does not change. Raises as `Archive` does."""
    state = path.stat()
    return _archive_at(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _archive_at(path: Path, changed: int, size: int) -> Archive:  # noqa: ARG001 (they tell the file's states apart)
    return Archive(path)


class Archive:
    """The entries of a zip archive on disk, by their names with `/`.

    Other processes may use it too: each opens the file anew, as two would share one place in it. Raises `Unreadable` if
    it is damaged, `OSError` if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = _opened(path)
        self._process = os.getpid()
        self.entries = {info.filename.replace("\\", "/"): info for info in self._zip.infolist() if not info.is_dir()}

    def __reduce__(self) -> tuple[type[Archive], tuple[Path]]:
        return Archive, (self.path,)

    def annotation_files(self) -> list[str]:
        """Return the names of the JSON files in it. Raises `Unreadable` where nothing in it can or should be checked."""
        unsafe = next((name for name in self.entries if leads_out(name)), None)
        if unsafe is not None:
            raise Unreadable(f"refused: its entry '{unsafe}' leads out of the folder that one unpacks to")
        found = [name for name in self.entries if name.lower().endswith(_SUFFIXES) and not _is_hidden(name)]
        size = sum(self.entries[name].file_size for name in found)
        if size > max(HARMLESS, MOST_RATIO * self.path.stat().st_size):
            raise Unreadable(f"refused: the JSON in it unpacks to {size:,} bytes")
        if found:
            return sorted(found)
        nested = next((name for name in self.entries if name.lower().endswith(".zip")), None)
        raise Unreadable(f"no JSON in it, but archives such as '{nested}': unpack it first" if nested else "no JSON in it")

    def size_of(self, name: str) -> int | None:
        """Return the unpacked size of an entry in bytes, None if there is none. Raises `Unreadable` if it is refused."""
        info = self.entries.get(name)
        if info is None:
            return None
        reason = _refusal(info)
        if reason:
            raise Unreadable(reason)
        return info.file_size

    def open(self, name: str) -> BinaryIO:
        """Open an entry for reading. Raises `FileNotFoundError` if there is none, `Unreadable` if it is refused or damaged."""
        if self.size_of(name) is None:
            raise FileNotFoundError(name)
        if self._process != os.getpid():
            self._zip, self._process = _opened(self.path), os.getpid()
        with _damage_named("damaged in the archive"):
            return cast("BinaryIO", self._zip.open(self.entries[name]))

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the content of an entry. Raises as `open` does."""
        with self.open(name) as stream:
            while chunk := _read(stream):
                yield chunk


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Raise `Unreadable` for whatever Python raises on damage: each way of packing has errors of its own."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Unreadable(f"{name} ({error})") from None


def _opened(path: Path) -> ZipFile:
    from zipfile import ZipFile  # imported here: most runs have no archive

    with _damage_named("no sound zip archive, perhaps cut off"):
        return ZipFile(path)


def _read(stream: BinaryIO) -> bytes:
    with _damage_named("damaged in the archive"):
        return stream.read(CHUNK)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _refusal(info: ZipInfo) -> str:
    """Say why an entry is not opened, "" if it is."""
    if info.flag_bits & 1:
        return "encrypted in the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a symbolic link in the archive: not followed"
    if info.file_size > max(HARMLESS, MOST_RATIO * info.compress_size):
        return f"refused: {info.compress_size:,} bytes in the archive unpack to {info.file_size:,}"
    return ""
