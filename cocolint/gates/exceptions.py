"""What is kept out of the report: findings that are allowed, and those that the baseline knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from cocolint import discover
from cocolint.config import BASELINE, Settings
from cocolint.engine.registry import Registry
from cocolint.engine.rule import Rule, Scope
from cocolint.engine.whole_file import Checked
from cocolint.failure import ConfigError, RuleError
from cocolint.gates import baseline as baselines
from cocolint.gates.baseline import Entry
from cocolint.gates.keys import Keys, keys_of, table_of
from cocolint.model import AnnotationFile, Bools, Ints
from cocolint.report.text import plural
from cocolint.reported import FileResult, FindingGroup, Stale, Suppressed

KNOWN = "it is in the baseline"
PRUNE = "fewer are found than the baseline lists: --prune-baseline takes them out"


class Judged(NamedTuple):
    """The groups of one file that are reported, what is kept out of them, and entries of the baseline that are too large."""

    groups: list[FindingGroup]
    suppressed: list[Suppressed]
    stale: list[Stale]


class Exceptions:
    """The exceptions of a run.

    `is_whole` tells that the run looks at folders, not at single files: only then is it clear what no longer occurs anywhere.
    `baseline` is None where there is none. Raises `ConfigError` for an unknown rule or a baseline that cannot be read.
    """

    def __init__(self, settings: Settings, registry: Registry, is_whole: bool) -> None:
        self._registry = registry
        self._is_whole = is_whole
        self._allowed = settings.allow
        self._writes = settings.write_baseline
        self._judges = not settings.write_baseline
        self._is_written = False
        try:
            self._rules = [registry.get(one.rule).name for one in settings.allow]
        except RuleError as error:
            raise ConfigError(f"allow: {error}") from error
        path = settings.baseline or (Path(BASELINE) if settings.write_baseline or settings.prune_baseline else None)
        self.baseline = baselines.load(path, settings.write_baseline) if path else None

    def is_baseline(self, file: AnnotationFile) -> bool:
        """Whether a file is the baseline itself."""
        return self.baseline is not None and file.path.absolute() == self.baseline.path.absolute()

    def judge(self, groups: Sequence[FindingGroup], checked: Checked, file: AnnotationFile, ran: Collection[str]) -> Judged:
        """Judge the groups of a file; `ran` are the names of the rules that gave a verdict on it."""
        judged = Judged(list(groups), [], [])
        for number, one in enumerate(self._allowed):
            if discover.matches(file.display, one.file):
                judged = self._allow(judged, number, checked)
        if self.baseline is None or not self._judges:
            return judged
        entries = self.baseline.files.get(self.baseline.name_of(file), {})
        return self._old(judged, entries, checked, ran)

    def _allow(self, judged: Judged, number: int, checked: Checked) -> Judged:
        one, name = self._allowed[number], self._rules[number]
        masks = {}
        for place, group in enumerate(judged.groups):
            if group.name == name:
                masks[place] = one.covers(*_ids_of(group, checked))
        return _without(judged, masks, one.reason, number)

    def _old(self, judged: Judged, entries: Mapping[str, Entry], checked: Checked, ran: Collection[str]) -> Judged:
        found: dict[str, list[int]] = defaultdict(list)
        for place, group in enumerate(judged.groups):
            found[group.code].append(place)
        masks: dict[int, Bools] = {}
        for code, places in found.items():
            entry = entries.get(code) or self._elsewhere(code)
            if entry:
                groups = [judged.groups[place] for place in places]
                old = entry.covers(self._keys(groups, checked))
                parts = np.split(old, np.cumsum([group.count for group in groups])[:-1])
                masks |= dict(zip(places, parts, strict=True))
        kept = _without(judged, masks, KNOWN, None)
        stale = []
        reported = {group.name for group in kept.groups}
        for code, entry in entries.items():
            rest = entry.count - sum(int(masks[place].sum()) for place in found.get(code, []) if place in masks)
            if rest > 0 and entry.known is None and any(not masks[place].any() for place in found.get(code, [])):
                continue  # there are more of them than before, so that none is covered
            if rest > 0 and self._is_judged(code, ran, reported):
                stale.append(Stale(code, checked.facts.display, rest, PRUNE))
        return kept._replace(stale=[*kept.stale, *stale])

    def _elsewhere(self, code: str) -> Entry | None:
        """Return the entry of a rule on the whole data set, which reports at whichever file comes first in a run."""
        if self.baseline is None or "surroundings" not in self._registry.get(code).fixtures:
            return None
        return next((entries[code] for entries in self.baseline.files.values() if code in entries), None)

    def _is_judged(self, code: str, ran: Collection[str], reported: Collection[str]) -> bool:
        """Whether a rule gave a verdict on all that it was once found on: what it requires, if reported, may hide some."""
        try:
            rule = self._registry.get(code)
        except RuleError:
            return True
        required = {one.name for one in self._registry.with_requirements([rule])} - {rule.name}
        return rule.name in ran and required.isdisjoint(reported) and (self._is_whole or not _looks_around(rule))

    def _keys(self, groups: Sequence[FindingGroup], checked: Checked) -> Keys:
        return keys_of(groups, checked, "faults" in self._registry.get(groups[0].code).fixtures)

    def renew(self, results: Iterable[tuple[FileResult, Checked, Collection[str]]]) -> None:
        """Put what was found in the place of what the baseline knows, and write it; where it is pruned, only what both have.

        Entries of files and rules that were not looked at stay. Each result comes with the rules that gave a verdict.
        Raises `PathError` if the file cannot be written.
        """
        if self.baseline is None:
            return
        for result, checked, ran in results:
            name = self.baseline.name_of(checked.document.file)
            groups: dict[str, list[FindingGroup]] = defaultdict(list)
            old = [one.group for one in result.suppressed if one.exception is None]
            for group in result.groups if self._writes else old:
                groups[group.code].append(group)
            reported = {group.name for group in result.groups}
            entries = self.baseline.files.get(name, {})
            judged = {code for code in entries if self._is_judged(code, ran, reported)}
            for code in sorted(judged | groups.keys() if self._writes else judged - self._too_many(result, entries)):
                some = groups.get(code)
                self.baseline.set(name, code, self._keys(some, checked) if some else None)
        for name in [name for name in self.baseline.files if self.baseline.is_gone(name)]:
            del self.baseline.files[name]
        self.baseline.write()
        self._judges = self._is_written = True

    def notes(self) -> list[str]:
        """Return what is to be said of a baseline that was written."""
        if self.baseline is None or not self._is_written:
            return []
        many = f"{plural(self.baseline.count, 'finding')} in {plural(len(self.baseline.files), 'file')}"
        return [f"{baselines.relative(self.baseline.path, Path.cwd())}: {many}"]

    @staticmethod
    def _too_many(result: FileResult, entries: Mapping[str, Entry]) -> set[str]:
        """Return the rules of which there are more findings than a baseline without keys counts: they are all reported."""
        return {group.code for group in result.groups if group.code in entries and entries[group.code].known is None}

    def stale(self, results: Sequence[FileResult], ran: Mapping[str, Collection[str]]) -> list[Stale]:
        """Return what no longer matches anything; `ran` are the rules that gave a verdict, by file."""
        found = [stale for result in results for stale in result.stale]
        used = {one.exception for result in results for one in result.suppressed}
        for number, (one, name) in enumerate(zip(self._allowed, self._rules, strict=True)):
            looked_at = any(name in rules for display, rules in ran.items() if discover.matches(display, one.file))
            if number not in used and looked_at and (self._is_whole or one.is_of_one_file):
                found.append(
                    Stale(
                        self._registry.get(name).code,
                        one.file,
                        max(1, len(one.ids)),
                        f"the exception `{one.reason}` matches nothing any more: take it out of the settings",
                    )
                )
        for name, entries in self.baseline.files.items() if self.baseline else ():
            if self.baseline and self.baseline.is_gone(name):
                found += [Stale(code, name, entry.count, f"the file is gone: {PRUNE}") for code, entry in entries.items()]
        return found


def _looks_around(rule: Rule) -> bool:
    """Whether what a rule finds in a file depends on the other files of the run."""
    return rule.scope is Scope.DATASET or "surroundings" in rule.fixtures


def _ids_of(group: FindingGroup, checked: Checked) -> tuple[Ints, Bools]:
    """Return the ids of the rows of a group, and which are known; of panoptic annotations it is that of the image."""
    finding = group.finding
    table = table_of(checked, finding.section)
    if table is None or not len(finding.rows):
        return np.zeros(group.count, np.int64), np.zeros(group.count, bool)
    ids, known = table.id[finding.rows], table.has("id")[finding.rows]
    if table is checked.index and not table.has("id").any():
        return checked.index.image_id[finding.rows], table.has("image_id")[finding.rows]
    return ids, known


def _without(judged: Judged, masks: Mapping[int, Bools], because: str, number: int | None) -> Judged:
    """Take the rows of masks, by the place of their group, out of the groups."""
    groups, suppressed = [], list(judged.suppressed)
    for place, group in enumerate(judged.groups):
        mask = masks.get(place)
        if mask is None or not mask.any():
            groups.append(group)
            continue
        suppressed.append(Suppressed(_rows(group, mask), because, number, bool(mask.all())))
        if not mask.all():
            rest = _rows(group, ~mask)
            rest.suppressed += int(mask.sum())
            groups.append(rest)
    return Judged(groups, suppressed, judged.stale)


def _rows(group: FindingGroup, mask: Bools) -> FindingGroup:
    finding = group.finding
    if not len(finding.rows):
        return replace(group)
    values = {name: column[mask] for name, column in finding.values.items()}
    return replace(group, finding=replace(finding, rows=finding.rows[mask], values=values))
