"""What came of a file, kept for the next run: as long as the file, the settings and the code are the same."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import msgspec
import numpy as np

import cocolint
from cocolint.cache.content import digest_of_code, digest_of_file
from cocolint.cache.folder import is_worth_it, made
from cocolint.cache.packing import Damaged, given_back, packed, unpacked
from cocolint.engine.rule import Rule, Rules, Scope
from cocolint.engine.running import Absent, Columns, Options, Outcome, SliceOutcome
from cocolint.engine.whole_file import Checked, check_document
from cocolint.gates.baseline import write_whole
from cocolint.model import AnnotationFile
from cocolint.read.document import Document
from cocolint.read.source import Source

MOST_BYTES = 2_000_000_000
"""The folder does not grow beyond this; what was not used for the longest time goes first."""

_OF_THE_FILE = frozenset({"annotations", "again", "categories", "faults", "file", "images", "index"})
_OF_DOCUMENT = (
    "task", "dialect", "sections", "is_array", "images", "categories", "slices", "is_proved", "unknown_fields", "row_starts",
)  # fmt: skip
_MAPPED_BYTES = 1 << 28
"""Columns of entries from this size on stay on disk."""
_SUFFIX = ".result"


class Earlier(NamedTuple):
    """What came of a file in an earlier run: its annotations, and the outcome of the rules that look at the file alone."""

    document: Document
    annotations: list[SliceOutcome]
    outcome: Outcome

    def checked(self, rules: Rules, options: Options, more: Mapping[str, Any], pngs: Absent) -> Checked:
        """Return the document with its rules run: those that look at anything else are run now, with `more` fixtures."""
        around = Rules(rule for rule in rules if not depends_on_file_only(rule))
        checked = check_document(self.document, self.annotations, around, options, more)
        checked.rules = rules
        checked.outcome.add(self.outcome)
        if self.annotations:
            checked.outcome.skipped |= {rule.name: pngs.because for rule in around if rule.scope is Scope.SLICE}
        return checked


class Place(NamedTuple):
    """Where the result of a file is kept, and the state of the file that it belongs to."""

    path: Path
    state: tuple[int, ...]


def depends_on_file_only(rule: Rule) -> bool:
    """Whether a rule looks at nothing but the annotation file: not at pictures, folders, labels or other files."""
    return _OF_THE_FILE.issuperset(rule.fixtures)


class Results:
    """The kept results in a folder, for runs with these rules, their options, and rules of the user's in `rules_path`."""

    def __init__(self, folder: Path, rules: Iterable[Rule], options: Options, rules_path: Path | None, jobs: int) -> None:
        self._folder = folder
        self._rules = [rule for rule in rules if depends_on_file_only(rule)]
        self._options = options
        self._rules_path = rules_path
        self._jobs = jobs
        self._run_key = b""

    def place_of(self, file: AnnotationFile) -> Place | None:
        """Return where the result of a file is kept, or is to be; None for a file that no result is kept of."""
        if file.archive or file.mended or file.part or file.path.suffix != ".json":
            return None
        try:
            state = _state_of(file.path)
            if not is_worth_it([file.path]):
                return None
            content = digest_of_file(file.path, state[0], self._jobs)
        except OSError:
            return None
        told = [file.display, file.task, file.subset, file.layout, file.follows_pattern, file.task_is_told, file.dialect]
        key = hashlib.sha256(self._key_of_run() + content + json.dumps(told).encode()).hexdigest()
        return Place(self._folder / (key[:40] + _SUFFIX), state)

    def _key_of_run(self) -> bytes:
        if not self._run_key:
            names = [rule.name for rule in self._rules]
            told = [
                cocolint.__version__, sys.version, np.__version__, msgspec.__version__, names, _today(self._rules),
                {name: dict(self._options.get(name, {})) for name in names},
            ]  # fmt: skip
            self._run_key = digest_of_code(self._rules_path) + json.dumps(told, sort_keys=True).encode()
        return self._run_key

    def find(self, place: Place, file: AnnotationFile) -> Earlier | None:
        """Return what is kept there; None if there is nothing, or nothing of use."""
        try:
            about, size, keys, valid, absent, uses, findings = unpacked(_content_of(place.path))
            document = Document(file, Source(file.path), **about)
            os.utime(place.path)
        except (OSError, Damaged, TypeError, ValueError):
            return None
        slices = [SliceOutcome(size, keys, valid, absent, uses, Outcome())] if document.slices else []
        return Earlier(document, slices, Outcome(findings))

    def keep(self, place: Place, checked: Checked) -> None:
        """Keep what came of a file, unless the file is not read as it is, it changed meanwhile, or a rule raised."""
        source = checked.document.source
        if source.data != source.path or checked.outcome.crashes:
            return
        with suppress(OSError):
            if _state_of(source.path) != place.state:
                return
            kept = self._parts(checked)
            if sum(column.nbytes for columns in kept[2:5] for column in columns.values()) > MOST_BYTES:
                return
            parts = packed(kept)
            if sum(map(len, parts)) < MOST_BYTES:
                made(self._folder)
                write_whole(place.path, given_back(parts))
                self._make_room()

    def _parts(self, checked: Checked) -> tuple[Any, ...]:
        document, index = checked.document, checked.index
        about = {name: getattr(document, name) for name in _OF_DOCUMENT}
        about |= {"faults": dict(document.faults), "info": dict(document.info), "licenses": list(document.licenses)}
        columns = [_thinned(some) for some in (index.keys, index.valid, index.absent)]
        names = {rule.name for rule in self._rules}
        findings = {name: found for name, found in checked.outcome.findings.items() if name in names}
        return about, len(index), *columns, index.category_uses, findings

    def _make_room(self) -> None:
        entries = sorted(((path.stat(), path) for path in self._folder.glob("*" + _SUFFIX)), key=lambda one: one[0].st_mtime)
        size = sum(stat.st_size for stat, _ in entries)
        for stat, path in entries:
            if size <= MOST_BYTES:
                break
            path.unlink(missing_ok=True)
            size -= stat.st_size


def _content_of(path: Path) -> bytes | mmap.mmap:
    """Return the bytes of a file, of a large one as a map of them. Raises `OSError`."""
    with path.open("rb") as stream:
        if path.stat().st_size < _MAPPED_BYTES:
            return stream.read()
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _state_of(path: Path) -> tuple[int, ...]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _today(rules: Iterable[Rule]) -> str:
    """Return the date if one of the rules may look at it, which it may if its module knows the calendar or the clock."""
    import datetime  # imported here: most runs do not ask

    modules = {
        value.__name__ for rule in rules for value in rule.function.__globals__.values() if isinstance(value, ModuleType)
    }
    return datetime.date.today().isoformat() if modules & {"datetime", "time"} else ""


def _thinned(columns: Mapping[str, Any]) -> Columns:
    """Keep one row of a column that is one value all over."""
    return {name: column[:1].copy() if column.strides[0] == 0 else column for name, column in columns.items()}
