"""Running rules: on slices, on whole files, in other processes; and what follows when one rule requires another."""

from __future__ import annotations

import time
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cocolint.check.rule import Rule, Scope
from cocolint.model import Bools, Crash, FileFacts, Finding, FindingGroup, Ints, Severity, Skip
from cocolint.read.columns import KEYS, Annotations, Index
from cocolint.read.document import Document

Findings = dict[str, list[Finding]]
Options = Mapping[str, Mapping[str, Any]]


@dataclass
class Outcome:
    """What came of running rules: findings, seconds and tracebacks by the rule's name."""

    findings: Findings = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    crashes: dict[str, str] = field(default_factory=dict)

    def run(self, rule: Rule, fixtures: Mapping[str, Any], options: Options) -> None:
        """Run one rule; if it raises, keep the traceback and go on."""
        begin = time.perf_counter()
        try:
            found = list(rule(*(fixtures[name] for name in rule.fixtures), **options.get(rule.name, {})))
            self.findings[rule.name] += found
        except Exception:
            self.crashes.setdefault(rule.name, traceback.format_exc(limit=-3))
        self.seconds[rule.name] += time.perf_counter() - begin

    def add(self, other: Outcome, offset: int = 0) -> None:
        """Take over what came of a slice whose first row is `offset`."""
        for name, findings in other.findings.items():
            self.findings[name] += [replace(finding, rows=finding.rows + offset) for finding in findings]
        for name, seconds in other.seconds.items():
            self.seconds[name] += seconds
        self.crashes |= other.crashes


@dataclass
class SliceOutcome:
    """What came of one slice: its key columns, its presence masks, and the outcome of the rules on it."""

    keys: dict[str, Any]
    valid: dict[str, Bools]
    absent: dict[str, Bools]
    outcome: Outcome


def check_slice(
    table: Annotations, faults: Mapping[str, list[Finding]], rules: Iterable[Rule], options: Options
) -> SliceOutcome:
    """Run the slice rules on a slice; its structural faults are findings of the rules that the schema names."""
    outcome = Outcome()
    for name, findings in faults.items():
        outcome.findings[f"faults:{name}"] += findings
    for rule in rules:
        if rule.scope is Scope.SLICE:
            outcome.run(rule, {"annotations": table, "faults": faults.get(rule.name, [])}, options)
    return SliceOutcome(table.keys, table.valid, table.absent, outcome)


def check_document(
    document: Document, slices: Iterable[SliceOutcome], rules: list[Rule], options: Options
) -> tuple[Outcome, FileFacts]:
    """Join the outcomes of the slices, run the rules that see the whole file, and return all findings with the facts."""
    outcome, index = _join(document, slices)
    file = document.file
    facts = FileFacts(
        file.display, document.task, file.subset, document.dialect, file.layout, file.follows_pattern, document.keys,
        {"images": len(document.images), "categories": len(document.categories), "annotations": len(index)},
    )  # fmt: skip
    structural: Findings = defaultdict(list, {name: list(found) for name, found in document.faults.items()})
    for name in [name for name in outcome.findings if name.startswith("faults:")]:
        structural[name.removeprefix("faults:")] += outcome.findings.pop(name)
    fixtures = {"index": index, "images": document.images, "categories": document.categories, "file": facts}
    for rule in rules:
        if rule.scope is Scope.FILE:
            outcome.run(rule, {**fixtures, "faults": merged(structural.get(rule.name, []))}, options)
    return outcome, facts


def _join(document: Document, slices: Iterable[SliceOutcome]) -> tuple[Outcome, Index]:
    outcome = Outcome()
    parts = []
    offset = 0
    for part in slices:
        outcome.add(part.outcome, offset)
        offset += len(part.keys["id"])
        part.outcome = Outcome()
        parts.append(part)
    document.row_starts = [0, *np.cumsum([len(part.keys["id"]) for part in parts]).tolist()]
    if not parts:
        from cocolint.read.build import Masks, annotations_of

        empty = annotations_of(Masks([], {}), document.images, document.categories)
        parts = [SliceOutcome(empty.keys, empty.valid, empty.absent, outcome)]
    keys = {name: np.concatenate([part.keys[name] for part in parts]) for name in KEYS}
    valid = _join_masks([part.valid for part in parts])
    absent = _join_masks([part.absent for part in parts])
    return outcome, Index(keys, valid, absent, document.images)


def _join_masks(masks: list[dict[str, Bools]]) -> dict[str, Bools]:
    return {name: np.concatenate([mask[name] for mask in masks]) for name in masks[0]}


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Join findings that say the same of other rows."""
    groups: dict[tuple[Any, ...], list[Finding]] = defaultdict(list)
    for one in findings:
        groups[one.message, one.section, one.field, one.severity, one.summary, one.hint, len(one.rows) > 0].append(one)
    return [_concatenated(parts) for parts in groups.values()]


def _concatenated(parts: list[Finding]) -> Finding:
    if len(parts) == 1:
        return parts[0]
    rows = np.concatenate([part.rows for part in parts])
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values}
    return replace(parts[0], rows=rows, values=values)


class Verdicts:
    """The groups of one file after requirements: rows that a required rule condemned are left out.

    `groups` are the findings that remain, of all rules that ran; `skips` the rules whose ground was gone.
    """

    def __init__(self, outcome: Outcome, facts: FileFacts, rules: list[Rule]) -> None:
        self.groups: list[FindingGroup] = []
        self.skips: list[Skip] = []
        self._facts = facts
        self._rows: dict[str, dict[str, list[Ints]]] = {}
        self._whole: dict[str, bool] = {}
        by_name: dict[str, list[FindingGroup]] = {}
        for rule in rules:
            findings = merged(outcome.findings.get(rule.name, []))
            self._condemn(rule, findings)
            blocker = next((name for name in rule.requires if self._whole.get(name)), None)
            if blocker and findings:
                self.skips.append(Skip(rule.code, rule.name, facts.display, f"it needs {blocker}, which failed"))
                self._relate(by_name.get(blocker, []), rule)
                continue
            kept = [self._group(rule, rest) for one in findings for rest in self._without_condemned(rule, one, by_name)]
            by_name[rule.name] = kept
            self.groups += kept

    def _condemn(self, rule: Rule, findings: list[Finding]) -> None:
        rows: dict[str, list[Ints]] = defaultdict(list)
        for finding in findings:
            if finding.section is not None:
                rows[finding.section].append(finding.rows)
        for name in rule.requires:
            for section, parts in self._rows.get(name, {}).items():
                rows[section] += parts
        self._rows[rule.name] = rows
        self._whole[rule.name] = any(not len(finding.rows) and not finding.field for finding in findings) or any(
            self._whole.get(name, False) for name in rule.requires
        )

    def _without_condemned(self, rule: Rule, finding: Finding, by_name: dict[str, list[FindingGroup]]) -> Iterator[Finding]:
        if finding.section is None or not len(finding.rows):
            yield finding
            return
        keep = np.ones(len(finding.rows), bool)
        for name in rule.requires:
            for rows in self._rows.get(name, {}).get(finding.section, []):
                folded = np.isin(finding.rows, rows)
                if folded.any():
                    self._relate(by_name.get(name, []), rule)
                    keep &= ~folded
        if keep.all():
            yield finding
        elif keep.any():
            values = {name: column[keep] for name, column in finding.values.items()}
            yield replace(finding, rows=finding.rows[keep], values=values)

    @staticmethod
    def _relate(groups: list[FindingGroup], rule: Rule) -> None:
        for group in groups:
            if rule.name not in group.related:
                group.related.append(rule.name)

    def _group(self, rule: Rule, finding: Finding) -> FindingGroup:
        severity = finding.severity or rule.severity
        if self._facts.dialect in rule.relaxed:
            severity = Severity.INFO
        total = self._facts.row_counts.get(finding.section or "", 1)
        return FindingGroup(
            rule.code, rule.name, severity, finding.summary or rule.summary, rule.sections.get("What breaks", ""),
            finding.hint or rule.sections.get("Fix", ""), rule.fix, self._facts.display, finding, total,
        )  # fmt: skip


def crashes_of(outcome: Outcome, rules: Iterable[Rule], path: str) -> list[Crash]:
    """Return the rules that raised, with what they raised."""
    by_name = {rule.name: rule for rule in rules}
    return [Crash(by_name[name].code, name, path, text) for name, text in outcome.crashes.items()]
