"""What is to be mended next: from finding groups to work on files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from cocolint.engine.fixing import FIELD, Added, Dropped, Fixer, Recoded, Renumbered, Reordered
from cocolint.engine.following import Following, Sliced
from cocolint.engine.registry import Registry
from cocolint.engine.running import Absent
from cocolint.engine.whole_file import Checked
from cocolint.mend.jobs import Job, guarded
from cocolint.mend.rewriting import Work, records_at
from cocolint.mend.targets import Targets
from cocolint.model import Finding, Ints, Stage
from cocolint.read.columns import Table
from cocolint.reported import FileResult, FindingGroup

REFERENCES = {"images": "image_id", "categories": "category_id"}
"""The field of an annotation that names a record of each section."""


class Checks(Protocol):
    """The outcome of checking some files, which can be checked again with mended copies in the place of some."""

    @property
    def checked(self) -> list[Checked]:
        """The files that could be read."""

    @property
    def results(self) -> list[FileResult]:
        """What came of each file."""

    def following(self, checked: Checked, copy: Path) -> Following | None:
        """Return who checks the slices of a mended copy while it is written, None where that has to wait."""

    def again(self, copies: Mapping[str, Path], sliced: Mapping[str, Sliced]) -> Self:
        """Check again with `copies` in the place of the files that are shown as their keys.

        `sliced` is what came of the slices of some of them.
        """


May = Callable[[str, Fixer], bool]


class Plan:
    """The work of one stage on each file, and the names of the rules that it mends there.

    `may` tells whether a fix may be made in a file. `of_set` are the rules whose fixes concern more than one file.
    """

    def __init__(self, checks: Checks, registry: Registry, targets: Targets, stage: Stage, may: May) -> None:
        self.works: dict[str, Work] = defaultdict(Work)
        self.rules: dict[str, set[str]] = defaultdict(set)
        self.of_set: set[str] = set()
        self._registry = registry
        self._files = {checked.facts.display: checked for checked in checks.checked}
        self._refused = {name for name, one in self._files.items() if targets.refusal(one.document.file)}
        self._fresh: dict[tuple[str, str], int] = {}
        self._seen: set[tuple[Any, Fixer]] = set()
        self._taken: set[tuple[str, str]] = set()
        for result in checks.results:
            if result.path not in self._files or result.path in self._refused:
                continue
            for group in sorted(result.groups, key=lambda group: group.code):
                for fixer in registry.get(group.name).fixers:
                    if fixer.stage is stage and may(result.path, fixer):
                        self._add(self._files[result.path], group, fixer)

    def _add(self, checked: Checked, group: FindingGroup, fixer: Fixer) -> None:
        display = checked.facts.display
        if self._lacks(checked, group, fixer):
            return
        if fixer.is_of_record:
            self._add_job(checked, group.finding, fixer)
        elif fixer.is_of_root:
            self.rules[display].add(fixer.rule)
            self.works[display].roots.append((fixer, group.finding.field or ""))
        else:
            key = checked.document.file.root if "members" in fixer.fixtures else display
            if (key, fixer) not in self._seen:
                self._seen.add((key, fixer))
                self._add_whole(checked, group, fixer)

    @staticmethod
    def _lacks(checked: Checked, group: FindingGroup, fixer: Fixer) -> bool:
        """Whether a fixture that the fix asks for is absent in this run."""
        return any(
            isinstance(checked.fixtures.get(name), Absent) for name in fixer.fixtures if name not in group.finding.values
        )

    def _add_job(self, checked: Checked, finding: Finding, fixer: Fixer) -> None:
        """Add a fix of the records found: of all of the section where a finding has no rows."""
        section = finding.section or "annotations"
        rows = finding.rows if len(finding.rows) else np.arange(checked.facts.row_counts.get(section, 0))
        order = np.argsort(rows, kind="stable")
        values = {name: np.broadcast_to(column, len(rows))[order] for name, column in finding.values.items()}
        field = (finding.field or "").partition("/")[0]
        first = self._fresh_ids(checked, section, len(order)) if "fresh_id" in fixer.fixtures else 0
        self._put(checked.facts.display, section, Job(fixer, field, rows[order], values, first))

    def _put(self, display: str, section: str, job: Job) -> None:
        self.rules[display].add(job.fixer.rule)
        self.works[display].jobs.setdefault(section, []).append(job)

    def _fresh_ids(self, checked: Checked, section: str, count: int) -> int:
        """Return the first of `count` ids that no record of a section has."""
        key = checked.facts.display, section
        if key not in self._fresh:
            table, ids = _ids_of(checked, section)
            known = ids[table.has("id")]
            self._fresh[key] = max(0, int(known.max())) + 1 if len(known) else 1
        first = self._fresh[key]
        self._fresh[key] += count
        return first

    def _add_whole(self, checked: Checked, group: FindingGroup, fixer: Fixer) -> None:
        """Add what a fix of whole sections yields: all of it, or nothing if one of its files cannot be mended.

        Two of them would not know of each other: what another one changes in this round waits for the next.
        """
        finding = group.finding
        members = [one.member for one in self._files.values() if one.document.file.root == checked.document.file.root]
        facts = {**checked.fixtures, **finding.values, "members": members, "records_of": self._records_of}
        if "found" in fixer.fixtures:
            facts["found"] = records_at(checked.document, finding.section or "annotations", sorted(finding.rows.tolist()))
        results = list(guarded(fixer)(**{name: facts[name] for name in fixer.fixtures}))
        spots = {(result.file, "" if isinstance(result, Recoded) else result.section) for result in results}
        if spots & self._busy or any(file in self._refused for file, _ in spots):
            return
        self._taken |= spots
        if "members" in fixer.fixtures:
            self.of_set.add(fixer.rule)
        for result in results:
            self.rules[result.file].add(fixer.rule)
            work = self.works[result.file]
            match result:
                case Renumbered():
                    self._renumber(self._files[result.file], fixer, result)
                case Reordered():
                    work.reordered.append((fixer.rule, result))
                case Added():
                    work.added.append((fixer.rule, result))
                case Dropped():
                    self._put(result.file, result.section, Job(_dropping(fixer), "", np.sort(result.rows), {}))
                case Recoded():
                    work.recoded.append((fixer.rule, result))

    @property
    def _busy(self) -> set[tuple[str, str]]:
        """The files and sections in which something is to be mended already."""
        return self._taken | {(file, section) for file, work in self.works.items() for section in work.jobs}

    def _records_of(self, file: str, section: str) -> list[Any]:
        checked = self._files[file]
        return records_at(checked.document, section, range(len(_ids_of(checked, section)[0])))

    def _renumber(self, checked: Checked, fixer: Fixer, renumbered: Renumbered) -> None:
        display, section, ids = renumbered.file, renumbered.section, renumbered.ids
        table, known = _ids_of(checked, section)
        self._put(display, section, _translation(fixer, "id", _rows(table, "id", known, ids), ids))
        reference = REFERENCES.get(section)
        if reference:
            index = checked.index
            nested = reference == "category_id" and "segments_info" in index.valid
            rows = np.arange(len(index)) if nested else _rows(index, reference, index.keys[reference], ids)
            self._put(display, "annotations", _translation(fixer, reference, rows, ids))


def _dropping(fixer: Fixer) -> Fixer:
    """Return the fix that drops what a fix of whole sections chose."""
    return Fixer(fixer.rule, _drop, ("record",), fixer.stage, fixer.safe, (), (), True)


def _drop(record: dict[str, Any]) -> None:
    """Leave nothing of a record."""


def _ids_of(checked: Checked, section: str) -> tuple[Table, Ints]:
    document = checked.document
    table = document.images if section == "images" else document.categories if section == "categories" else checked.index
    return table, table.id


def _rows(table: Table, field: str, known: Ints, ids: Mapping[Any, int]) -> Ints:
    """Return the rows whose id is to be changed, and those whose id is of another type."""
    numbers = np.array([id_ for id_ in ids if isinstance(id_, int)], np.int64)
    return np.flatnonzero(np.isin(known, numbers) | ~table.has(field))


def _translation(fixer: Fixer, field: str, rows: Ints, ids: Mapping[Any, int]) -> Job:
    """Return the job that writes new ids into a field."""
    reads = ("segments_info",) if field == "category_id" else ()
    fixtures = ("record", "field", "new_ids")
    one = Fixer(fixer.rule, _translate, fixtures, fixer.stage, fixer.safe, reads, (FIELD,), False)
    return Job(one, field, rows, {}, constants={"new_ids": dict(ids)})


def _translate(record: dict[str, Any], field: str, new_ids: Mapping[Any, int]) -> dict[str, Any]:
    for place in (record, *_segments(record, field)):
        old = place.get(field)
        if isinstance(old, int | float | str) and old in new_ids:
            place[field] = new_ids[old]
    return record


def _segments(record: dict[str, Any], field: str) -> Iterable[dict[str, Any]]:
    segments = record.get("segments_info") if field == "category_id" else None
    return [one for one in segments if isinstance(one, dict)] if isinstance(segments, list) else []
