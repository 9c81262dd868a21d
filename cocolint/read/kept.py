"""What comes of the long fields of slices, kept on disk from the check of a file to that of a mended copy.

Most of the time of a check is spent on polygons, and most fixes leave them alone.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from cocolint.model import Task
from cocolint.read.build import Long
from cocolint.read.slicing import Span

LEAST = 8_000_000
"""Smaller files, in bytes, are decoded anew at once."""


class Folder:
    """A temporary folder, which is gone with the last object that needs it."""

    def __init__(self) -> None:
        import shutil  # imported here, as are others below: most runs keep nothing
        import tempfile

        self.path = Path(tempfile.mkdtemp(prefix="cocolint-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    @classmethod
    def for_file_of(cls, size: int) -> Folder | None:
        """Return a folder for what comes of so many bytes; None if that is not worth it, or would fill the disk."""
        import shutil
        import tempfile

        try:
            return cls() if size >= LEAST and shutil.disk_usage(tempfile.gettempdir()).free > 4 * size else None
        except OSError:
            return None


class Kept(NamedTuple):
    """Where the long fields of one slice are kept."""

    folder: Folder
    path: Path


class Moved(Struct, frozen=True):
    """The slices of the annotations in a mended copy, each with its long fields if they are as they were.

    Places are counted from where the section begins, `size` is its size in bytes with the brackets.
    """

    task: Task
    size: int
    slices: list[tuple[Span, Kept | None]]


def path_in(folder: Path, span: Span) -> Path:
    """Return where the long fields of a slice are kept."""
    return folder / str(span.start)


def save_long(path: Path, long: Long) -> None:
    """Keep the long fields of a slice, unless there is no room for them."""
    import pickle

    try:
        with path.open("wb") as stream:
            pickle.dump(long, stream, protocol=5)
    except OSError:
        path.unlink(missing_ok=True)


def load_long(path: Path, size: int) -> Long | None:
    """Return the long fields of a slice of `size` records; None if they are not there."""
    import pickle

    try:
        with path.open("rb") as stream:
            long: Long = pickle.load(stream)
    except (OSError, EOFError, pickle.UnpicklingError):
        return None
    return long if len(long.details.points.length) == size else None
