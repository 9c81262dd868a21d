"""What failed in the last run, so that the next one can begin with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from cocolint.cache.folder import made
from cocolint.engine.registry import Registry
from cocolint.engine.rule import Scope
from cocolint.failure import RuleError
from cocolint.gates.baseline import relative, write_whole
from cocolint.model import AnnotationFile

_NAME = "last-failed.json"
_VERSION = 1


class Verdict(Struct, frozen=True):
    """What came of a file, or of all data sets in it: the names of the rules that gave a verdict, and of those that failed."""

    judged: set[str]
    failed: set[str]
    is_unreadable: bool


class LastFailed(Struct):
    """The names of the rules that failed in each file, as its path counts from the folder that holds the cache."""

    folder: Path
    files: dict[str, set[str]]

    @classmethod
    def load(cls, folder: Path) -> LastFailed:
        """Return what the last run left in a cache folder; nothing if that cannot be read."""
        with suppress(OSError, ValueError, RecursionError):
            content: Any = json.loads((folder / _NAME).read_bytes())
            if isinstance(content, dict) and content.get("version") == _VERSION and isinstance(content.get("files"), dict):
                return cls(folder, {name: set(map(str, rules)) for name, rules in content["files"].items() if _is_list(rules)})
        return cls(folder, {})

    def rules_in(self, files: Iterable[AnnotationFile]) -> dict[str, set[str]]:
        """Return the rules that failed in those of the files where some did, by the path that is shown."""
        known = ((file.display, self.files.get(self._name_of(file))) for file in files)
        return {display: rules for display, rules in known if rules is not None}

    def update(self, runs: Iterable[tuple[AnnotationFile, Verdict]]) -> None:
        """Take over what came of the files of a run. Where nothing can be written, nothing is."""
        before = {name: set(rules) for name, rules in self.files.items()}
        for file, verdict in runs:
            name = self._name_of(file)
            rest = (self.files.pop(name, set()) - verdict.judged) | verdict.failed
            if rest or verdict.is_unreadable:
                self.files[name] = rest
        if self.files != before:
            self._write()

    def _write(self) -> None:
        files = {name: sorted(rules) for name, rules in sorted(self.files.items())}
        with suppress(OSError):
            text = json.dumps({"version": _VERSION, "files": files}, indent=1)
            write_whole(made(self.folder) / _NAME, [text.encode()])

    def _name_of(self, file: AnnotationFile) -> str:
        return relative(file.path, self.folder.parent)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def narrowed(
    files: Sequence[AnnotationFile], failed: Mapping[str, Collection[str]], registry: Registry
) -> list[AnnotationFile]:
    """Return the files in which rules failed; where a rule that compares files did, also those it compares them with."""
    roots = {file.root for file in files if any(_compares(name, registry) for name in failed.get(file.display, ()))}
    return [file for file in files if file.display in failed or file.root in roots]


def _compares(name: str, registry: Registry) -> bool:
    try:
        return registry.get(name).scope is Scope.DATASET
    except RuleError:
        return False
