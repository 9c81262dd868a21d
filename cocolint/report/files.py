"""Reports that go to files besides standard output: probed before the check, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from cocolint.discover import whole_of
from cocolint.failure import ConfigError, PathError
from cocolint.report.style import PIPE_WIDTH, Style, check_format
from cocolint.reported import Report


class Target(NamedTuple):
    """A report to be written: `path` is where to, without links, `given` as the user wrote it."""

    style: Style
    path: Path
    given: str


class Files:
    """The files of some `FORMAT=FILE`, in the looks of `style`. A context: what is temporary is gone when it ends.

    Raises `ConfigError` if one is malformed or two go to one file; on entering, `PathError` if a file cannot be written.
    """

    def __init__(self, wanted: Iterable[str], style: Style) -> None:
        self._style = style
        self._targets: list[Target] = []
        self._temporary: dict[Path, Path] = {}
        for text in wanted:
            target = _target(text, style)
            if any(target.path == other.path for other in self._targets):
                raise ConfigError(f"two reports go to '{target.given}'")
            self._targets.append(target)

    @property
    def changes(self) -> int | None:
        """How many changes of each fix any of the reports shows; None for all."""
        wanted = [self._style.changes, *(target.style.changes for target in self._targets)]
        return None if None in wanted else max(number for number in wanted if number is not None)

    def __enter__(self) -> Files:
        try:
            for target in self._targets:
                self._probe(target)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for path in self._temporary.values():
            path.unlink(missing_ok=True)

    def _probe(self, target: Target) -> None:
        """Make sure that the file can be written, by a temporary one beside it."""
        path = target.path
        if path.is_dir():
            raise PathError(f"cannot write the report '{target.given}': it is a folder")
        if path.exists() and not os.access(path, os.W_OK):
            raise PathError(f"cannot write the report '{target.given}': it is read-only")
        if _is_special(path):
            return
        import tempfile  # imported here: most runs write no file

        with _told(target):
            folder = next(one for one in path.parents if one.exists())
            handle, name = tempfile.mkstemp(prefix=".cocolint-", suffix=".tmp", dir=folder)
            os.close(handle)
            self._temporary[path] = Path(name)
            os.chmod(name, _mode(path))

    def write(self, report: Report) -> None:
        """Write all the reports. Raises `PathError` if one cannot be; those before it stay."""
        checked = {os.path.realpath(whole_of(result.path)) for result in report.files} if self._targets else set()
        for target in self._targets:
            if str(target.path) in checked:
                raise PathError(f"the report '{target.given}' would take the place of a file that was checked")
            with _told(target):
                self._write(target, report)

    def _write(self, target: Target, report: Report) -> None:
        from cocolint.report import write  # imported here, since that imports this

        temporary = self._temporary.get(target.path)
        with (temporary or target.path).open("w", encoding="utf-8", newline="\n") as stream:
            write(report, target.style, stream)
            stream.flush()
            if temporary:
                os.fsync(stream.fileno())
        if temporary:
            target.path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary, target.path)
            del self._temporary[target.path]


def _target(text: str, style: Style) -> Target:
    name, equals, file = text.partition("=")
    if not equals or not file:
        raise ConfigError(f"--report {text}: say FORMAT=FILE, such as sarif=cocolint.sarif")
    check_format(name)
    if "\0" in file:
        raise ConfigError("--report: a file name cannot hold a null character")
    looks = replace(
        style, output_format=name, color=False, width=PIPE_WIDTH, quiet=False, statistics=False, is_file=True
    )  # fmt: skip
    return Target(looks, Path(os.path.realpath(file)), file)


def _is_special(path: Path) -> bool:
    """Whether it is a device or a pipe, which is written to and not replaced."""
    return path.exists() and not path.is_file()


def _mode(path: Path) -> int:
    """Return the permissions of the file, or those that a new one gets."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextlib.contextmanager
def _told(target: Target) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PathError(f"cannot write the report '{target.given}': {error.strerror or error}") from error
