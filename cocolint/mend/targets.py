"""Where mended files go: beside the old ones until all is well, then in their place at once, or into a folder of copies."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cocolint.failure import PathError
from cocolint.model import AnnotationFile
from cocolint.read.source import Source

MAP_SUFFIX = ".id-map.json"
_PREFIX = ".cocolint-"

Ids = Mapping[str, list[tuple[int, Any, Any]]]


class Targets:
    """The targets of some files, and the temporary files that become them.

    `out` is the folder for copies, None to mend in place; with `is_dry` nothing is kept. A context: what is temporary is gone
    when it ends. Raises `PathError` if the targets cannot be.
    """

    def __init__(self, files: Iterable[AnnotationFile], paths: Sequence[str], out: Path | None, is_dry: bool) -> None:
        self._files = {file.display: file for file in files}
        self._out = out
        self._dry = is_dry
        self._temporary: set[Path] = set()
        self._seen = {file.display: _state(file) for file in self._files.values()}
        if out is not None:
            self._targets = _copies(self._files.values(), paths, out)
        else:
            _refuse_repeated(paths)
            self._targets = {file.display: file.path.resolve() for file in self._files.values()}

    def __enter__(self) -> Targets:
        return self

    def __exit__(self, *_: object) -> None:
        for path in self._temporary:
            path.unlink(missing_ok=True)

    def refusal(self, file: AnnotationFile) -> str:
        """Return why a file cannot be mended where it is, "" if it can be."""
        if file.part is not None:
            return "it is one data set of several in a file: write each to a file of its own"
        if self._out is not None or self._dry:
            return ""
        if file.archive is not None:
            return "it is in an archive: --out DIR writes a mended copy"
        return "it is compressed: --out DIR writes a mended copy" if file.path.suffix.lower() == ".gz" else ""

    def temporary(self, display: str) -> Path:
        """Return a new empty file beside the target of a file. Raises `PathError` if there cannot be one."""
        target = self._targets[display]
        folder = None if self._dry else _existing(target.parent)
        try:
            handle, name = tempfile.mkstemp(prefix=f"{_PREFIX}{target.name}-", suffix=".tmp", dir=folder)
        except OSError as error:
            raise PathError(f"cannot write to '{folder}': {error.strerror}") from error
        os.close(handle)
        self._temporary.add(Path(name))
        return Path(name)

    def drop(self, path: Path) -> None:
        """Remove a temporary file that is no longer needed."""
        path.unlink(missing_ok=True)
        self._temporary.discard(path)

    def commit(self, copies: Mapping[str, Path], ids: Mapping[str, Ids]) -> tuple[dict[str, Path], list[Path]]:
        """Put every copy in its place, and the maps of ids beside them; return the files written, and the maps.

        Raises `PathError`, and changes nothing, if a file is not as it was when it was read or a target cannot be written.
        """
        whole = dict(copies)
        for display, file in self._files.items():
            if self._out is not None and display not in whole and file.part is None:
                whole[display] = self._plain_copy(file)
        for display in whole:
            file = self._files[display]
            if _state(file) != self._seen[display]:
                raise PathError(f"'{file.display}' changed while it was mended: nothing was written")
            _take_mode(whole[display], file)
        moves = [(path, self._targets[display]) for display, path in whole.items()]
        maps = [
            (self._map_of(display, sections), self._targets[display].with_name(self._targets[display].name + MAP_SUFFIX))
            for display, sections in ids.items()
            if any(sections.values())
        ]
        moves += maps
        for path, _ in moves:
            _sync(path)
        self._move(moves)
        return {display: self._targets[display] for display in whole}, [target for _, target in maps]

    def _plain_copy(self, file: AnnotationFile) -> Path:
        path = self.temporary(file.display)
        shutil.copyfile(Source(file.path, file.archive).original, path)
        return path

    def _map_of(self, display: str, sections: Ids) -> Path:
        path = self.temporary(display)
        entries = {
            section: [{"row": row, "old": old, "new": new} for row, old, new in changes]
            for section, changes in sections.items()
            if changes
        }
        path.write_text(
            json.dumps({"version": 1, "file": self._targets[display].name, "ids": entries}) + "\n", encoding="utf-8"
        )
        os.chmod(path, 0o644)
        return path

    def _move(self, moves: list[tuple[Path, Path]]) -> None:
        """Put the temporary files in their places: all of them, or none if one of them cannot be."""
        undo: list[tuple[Path, Path | None]] = []
        try:
            for path, target in moves:
                target.parent.mkdir(parents=True, exist_ok=True)
                old = self._linked(target, path) if len(moves) > 1 and target.exists() else None
                os.replace(path, target)
                self._temporary.discard(path)
                undo.append((target, old))
            for folder in {target.parent for _, target in moves}:
                _sync(folder)
        except OSError as error:
            for target, old in undo:
                target.unlink() if old is None else os.replace(old, target)
            raise PathError(f"cannot write '{error.filename2 or error.filename}': {error.strerror}") from error

    def _linked(self, target: Path, path: Path) -> Path:
        """Return a second name of the file at `target`, for as long as it may have to come back."""
        name = path.with_name(f"{path.name}.old")
        os.link(target, name)
        self._temporary.add(name)
        return name


def _state(file: AnnotationFile) -> tuple[int, ...]:
    """Return what tells whether a file is still the same; nothing of one that cannot be looked at."""
    try:
        found = os.stat(file.archive or file.path)
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _take_mode(path: Path, file: AnnotationFile) -> None:
    found = os.stat(file.archive or file.path)
    os.chmod(path, stat.S_IMODE(found.st_mode))
    if os.geteuid() == 0:
        os.chown(path, found.st_uid, found.st_gid)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that there is."""
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _refuse_repeated(paths: Sequence[str]) -> None:
    """Raise `PathError` if two paths name one file."""
    seen: dict[str, str] = {}
    for path in paths:
        real = os.path.realpath(path)
        if os.path.isfile(path) and real in seen:
            raise PathError(f"'{path}' and '{seen[real]}' are the same file")
        seen[real] = path


def _copies(files: Iterable[AnnotationFile], paths: Sequence[str], out: Path) -> dict[str, Path]:
    """Return where the copy of each file goes: below `out` as it lies below the folder or archive that was named."""
    if out.exists() and not out.is_dir():
        raise PathError(f"--out {out} is not a folder")
    _refuse_repeated(paths)
    home = out.resolve()
    targets: dict[str, Path] = {}
    takers: dict[Path, str] = {}
    for file in files:
        real = file.path.resolve()
        if real.is_relative_to(home) or any(home.is_relative_to(folder) for folder in _folders(paths)):
            raise PathError(f"--out {out} is inside of what is mended")
        inner = _below(file.path, paths)
        name = inner.name.removesuffix(".gz")
        target = home / inner.parent / name
        if target in takers:
            raise PathError(f"'{takers[target]}' and '{file.display}' would both be written to '{target}'")
        takers[target] = file.display
        targets[file.display] = target
    return targets


def _folders(paths: Iterable[str]) -> list[Path]:
    return [Path(path).resolve() for path in paths if os.path.isdir(path)]


def _below(path: Path, paths: Iterable[str]) -> Path:
    above = [Path(given) for given in paths if path != Path(given) and path.is_relative_to(given)]
    return path.relative_to(max(above, key=lambda one: len(one.parts))) if above else Path(path.name)
