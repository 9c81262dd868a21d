"""The picture files of one annotation file, looked at in several processes when a rule first asks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from itertools import repeat
from typing import Protocol, TypeVar

import numpy as np

from cocolint.model import Bools, Ints
from cocolint.pictures.folders import Folder
from cocolint.pictures.headers import SUFFIXES, Header, digest, look, looks
from cocolint.pictures.image_root import Root
from cocolint.read.archive import leads_out
from cocolint.read.columns import Images
from cocolint.workers import processes

PARALLEL = 4000
"""From so many pictures on they are shared between processes; below it, starting them costs more than they save."""
_CHUNK = 500
T = TypeVar("T")
Work = Callable[[Folder, str], T]


class Progress(Protocol):
    """Whoever wants to know how far the work is."""

    def start(self, file: str, size: int, unit: str = "") -> None:
        """So many things are about to be done."""

    def advance(self, size: int) -> None:
        """So many of them are done."""


class Pictures:
    """The pictures that the images of one file name, row by row.

    `there` tells whether a file exists, `width`, `height` (pixels as stored) and `orientation` (of EXIF, 1 to 8) what its
    header says, 0 and 1 where nothing is known. `format` is Pillow's word for it, `problem` why it is of no use, both "" if
    there is nothing to say.
    """

    def __init__(self, root: Root, images: Images, jobs: int, progress: Progress, headers: list[Header] | None = None) -> None:
        self.root = root
        self.headers = headers
        """What was found at the first look, None before that."""
        self._folder = root.folder
        self._images = images
        self._jobs = jobs
        self._progress = progress
        self.is_shared = root.is_shared
        """Whether other annotation files may name pictures in the same folder."""

    @property
    def display(self) -> str:
        """The folder that names count from, as it is shown."""
        return self._folder.display

    @cached_property
    def named(self) -> Ints:
        """The rows of images that have a `file_name`."""
        return np.flatnonzero(np.fromiter(map(bool, self._images.file_name), bool, len(self._images)))

    @property
    def _headers(self) -> list[Header]:
        if self.headers is None:
            found = [Header(False)] * len(self._images)
            for row, header in zip(self.named.tolist(), self._each(look, self.named, "headers"), strict=True):
                found[row] = header
            self.headers = found
        return self.headers

    @property
    def looked_at(self) -> int:
        """How many picture files rules have looked at so far."""
        return int(self.there.sum()) if self.headers is not None else 0

    def _each(self, work: Work[T], rows: Ints, what: str) -> Iterator[T]:
        names = [self._images.file_name[row] for row in rows.tolist()]
        self._progress.start(f"{what} in {self.display}", len(names), "pictures")
        for results in _shared(work, self._folder, names, self._jobs):
            yield from results
            self._progress.advance(len(results))

    def _numbers(self, field: str) -> Ints:
        return np.array([getattr(header, field) for header in self._headers], np.int64)

    @cached_property
    def there(self) -> Bools:
        return self._numbers("there") > 0

    @cached_property
    def width(self) -> Ints:
        return self._numbers("width")

    @cached_property
    def height(self) -> Ints:
        return self._numbers("height")

    @cached_property
    def orientation(self) -> Ints:
        return self._numbers("orientation")

    @cached_property
    def format(self) -> list[str]:
        return [header.format for header in self._headers]

    @cached_property
    def problem(self) -> list[str]:
        return [header.problem for header in self._headers]

    @cached_property
    def alike(self) -> Ints:
        """A number of each picture that files of equal content have in common, and others hardly ever; -1 where unknown."""
        sizes, checks = self._numbers("size"), self._numbers("check")
        return np.where(checks > 0, (sizes << 32) ^ checks, -1)

    def digests(self, rows: Ints) -> list[bytes | None]:
        """Return a hash of the content of each file at `rows`, None where it cannot be read. The files are read whole."""
        return list(self._each(digest, rows, "contents"))

    @cached_property
    def looks(self) -> list[int | None]:
        """64 bits for each picture, of which few differ in pictures that look alike; None where nothing can be said.

        All pictures are decoded for it.
        """
        found: list[int | None] = [None] * len(self._images)
        rows = np.flatnonzero(self.width > 0)
        for row, bits in zip(rows.tolist(), self._each(looks, rows, "contents"), strict=True):
            found[row] = bits
        return found

    @cached_property
    def misplaced(self) -> dict[int, str]:
        """For rows whose file is not there, the name of one that is, with the first folders of the name left out."""
        found = {}
        for row in self.named[~self.there[self.named]].tolist():
            name = self._images.file_name[row]
            parts = [] if leads_out(name) else _plain(name).split("/")
            shorter = (tail for start in range(1, len(parts)) if self.holds(tail := "/".join(parts[start:])))
            if tail := next(shorter, ""):
                found[row] = tail
        return found

    def holds(self, name: str) -> bool:
        """Whether there is a file of that name, whatever it holds."""
        try:
            return self._folder.size_of(name) is not None
        except OSError:
            return False

    @cached_property
    def unreferenced(self) -> list[str]:
        """The pictures that no image names, among those in the same folders and with the same endings as named ones."""
        names = set(map(_plain, self._images.file_name))
        kinds = {_kind(_plain(self._images.file_name[row])) for row in np.flatnonzero(self.there).tolist()}
        return sorted(name for name in self._folder.names() if name not in names and _kind(name) in kinds)


def _plain(name: str) -> str:
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def _kind(name: str) -> tuple[str, str]:
    """Return the folder of a name and its ending, if it is one of pictures."""
    ending = name.rpartition(".")[2].lower()
    return name.rpartition("/")[0], ending if ending in SUFFIXES else name


def _shared(work: Work[T], folder: Folder, names: Sequence[str], jobs: int) -> Iterator[list[T]]:
    """Yield what `work` makes of the names, in order, some at a time."""
    chunks = [names[start : start + _CHUNK] for start in range(0, len(names), _CHUNK)]
    if jobs == 1 or len(names) < PARALLEL:
        yield from map(partial(_quietly, work, folder), chunks)
        return
    with processes(min(jobs, len(chunks)), _start_worker, (folder,)) as pool:
        yield from pool.map(_in_worker, repeat(work), chunks)


_folder: Folder


def _start_worker(folder: Folder) -> None:
    global _folder
    _folder = folder


def _in_worker(work: Work[T], names: Sequence[str]) -> list[T]:
    return _quietly(work, _folder, names)


def _quietly(work: Work[T], folder: Folder, names: Sequence[str]) -> list[T]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of oddities in metadata
        return [work(folder, name) for name in names]
