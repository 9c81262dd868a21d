"""The baseline: what was found once and is not to be reported again, by record."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from cocolint.failure import ConfigError, PathError
from cocolint.gates.keys import Keys, Known, covered, digest_of, parsed, spans_of, written
from cocolint.model import AnnotationFile, Bools
from cocolint.read.remote import is_url

VERSION = 1
MOST_KEYS = 1_000
"""More keys than this are not written; their number and a digest are."""


class Entry(Struct, frozen=True):
    """What is known of one rule in one file. `known` is None where the keys are too many: then `digest` stands for them."""

    count: int
    known: Known | None
    digest: str = ""

    @classmethod
    def of(cls, keys: Keys) -> Entry:
        """Return the entry of the findings with these keys."""
        known = spans_of(keys)
        if len(written(known)) > MOST_KEYS:
            return cls(len(keys), None, digest_of(known))
        return cls(len(keys), known)

    def covers(self, keys: Keys) -> Bools:
        """Return which of the findings with these keys are old ones.

        Without the keys they are told by their number: fewer than there were are old, and more are new, all of them.
        """
        mask = covered(keys, self.known or {})
        if self.known is None:
            mask[:] = len(keys) < self.count or (len(keys) == self.count and digest_of(spans_of(keys)) == self.digest)
        return mask

    @property
    def table(self) -> dict[str, Any]:
        """The entry as it stands in the file."""
        if self.known is None:
            return {"count": self.count, "digest": self.digest}
        keys = written(self.known)
        return {"count": self.count, **({"keys": keys} if keys else {})}


class Baseline(Struct):
    """The entries by file, as its path counts from the folder of the baseline, and by the code of the rule."""

    path: Path
    files: dict[str, dict[str, Entry]] = {}

    def name_of(self, file: AnnotationFile) -> str:
        """Return what a file is called in the baseline."""
        part = f"#{file.part.number}" if file.part else ""
        return (file.remote.display if file.remote else relative(file.path, self.path.parent)) + part

    def set(self, name: str, code: str, keys: Keys | None) -> None:
        """Put the findings with these keys in the place of an entry; of none, take the entry out."""
        entries = self.files.setdefault(name, {})
        entries.pop(code, None)
        if keys is not None and len(keys):
            entries[code] = Entry.of(keys)
        if not entries:
            del self.files[name]

    def is_gone(self, name: str) -> bool:
        """Whether the file of that name no longer exists; what lies in an archive exists as long as that does.

        Nobody asks for a remote file.
        """
        if is_url(name):
            return False
        path = self.path.parent / name.partition("#")[0]
        return not any(one.is_file() for one in (path, *path.parents, self.path.parent / name))

    @property
    def count(self) -> int:
        """How many findings there are."""
        return sum(entry.count for entries in self.files.values() for entry in entries.values())

    def write(self) -> None:
        """Write the file. Raises `PathError` if that is not possible."""
        files = {
            name: {code: entry.table for code, entry in sorted(entries.items())} for name, entries in sorted(self.files.items())
        }
        text = json.dumps({"version": VERSION, "files": files}, indent=1, ensure_ascii=True) + "\n"
        try:
            write_whole(self.path, [text.encode()])
        except OSError as error:
            raise PathError(f"cannot write the baseline '{self.path}': {error.strerror or error}") from error


def write_whole(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write a file that is there as a whole or not at all; links are followed. Raises `OSError`."""
    import tempfile  # imported here: most runs write nothing

    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(handle, "wb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def relative(path: Path, folder: Path) -> str:
    """Return a path as it counts from a folder, with slashes; the whole path where there is no way from one to the other."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def load(path: Path, may_be_absent: bool) -> Baseline:
    """Return the baseline at `path`. Raises `ConfigError` if it is none, or is not there, unless it `may_be_absent`."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        if may_be_absent:
            return Baseline(path)
        raise ConfigError(f"no baseline '{path}': write one with --write-baseline") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"the baseline '{path}' cannot be read: {error}") from error
    version = content.get("version") if isinstance(content, dict) else None
    if version != VERSION or isinstance(version, bool):
        raise ConfigError(f"'{path}' is no baseline of this version of cocolint")
    try:
        return Baseline(path, {name: _entries(value) for name, value in _table(content.get("files")).items()})
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigError(f"the baseline '{path}' is damaged: {error}") from error


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, got {value!r:.60}")
    return value


def _entries(value: Any) -> dict[str, Entry]:
    return {code: _entry(_table(entry)) for code, entry in _table(value).items()}


def _entry(table: Mapping[str, Any]) -> Entry:
    count, digest, keys = table["count"], table.get("digest"), table.get("keys", [])
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"count: expected a number, got {count!r:.60}")
    if digest is not None:
        return Entry(count, None, str(digest))
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise TypeError(f"keys: expected a list of strings, got {keys!r:.60}")
    known = parsed(keys, 0)
    of_file = count - sum(spans.total for spans in known.values())
    if of_file < 0:
        raise ValueError(f"there are more keys than the count of {count} says")
    return Entry(count, parsed(keys, of_file) if of_file else known)
