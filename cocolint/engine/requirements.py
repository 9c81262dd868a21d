"""What follows when one rule requires another: one fault in the data gives one finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from msgspec.structs import replace

from cocolint.engine.rule import Rule, Rules
from cocolint.model import Bools, FileFacts, Finding, Ints, Severity
from cocolint.reported import FindingGroup, Skip

_FEW = 200


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Join findings that say the same of other rows."""
    found = list(findings)
    if len(found) < 2:
        return found
    groups: dict[tuple[Any, ...], list[Finding]] = defaultdict(list)
    for one in found:
        groups[one.message, one.section, one.field, one.severity, one.summary, one.hint, one.offset, len(one.rows) > 0].append(
            one
        )
    return [_concatenated(parts) for parts in groups.values()]


def _concatenated(parts: list[Finding]) -> Finding:
    if len(parts) == 1:
        return parts[0]
    rows = np.concatenate([part.rows for part in parts])
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values}
    return replace(parts[0], rows=rows, values=values)


def _among(rows: Ints, others: Ints) -> Bools:
    """Tell which of `rows` are among others. For a few, as in a small file, a set takes a tenth of the time of `np.isin`."""
    if len(rows) + len(others) > _FEW:
        return np.isin(rows, others)
    known = set(others.tolist())
    return np.array([row in known for row in rows.tolist()], bool)


def _condemns_all(finding: Finding) -> bool:
    """Whether a finding is about a whole section, or the whole file."""
    return not len(finding.rows) and not finding.field


class Verdicts:
    """The groups of one file after requirements: rows that a required rule condemned are left out.

    `found` are the findings by rule, `rules` those that ran, in an order in which required ones come first. `groups` are
    the findings that remain, `skips` the rules whose ground was gone, and those that `skipped` names with the reason.
    """

    def __init__(
        self, found: Mapping[str, list[Finding]], facts: FileFacts, rules: Rules, skipped: Mapping[str, str] | None = None
    ) -> None:
        self.groups: list[FindingGroup] = []
        self.skips: list[Skip] = []
        self._facts = facts
        self._rows: dict[str, dict[str, list[Ints]]] = {}
        self._whole: dict[str, bool] = {}
        by_name: dict[str, list[FindingGroup]] = {}
        is_whole = any(_condemns_all(finding) for findings in found.values() for finding in findings)
        for rule in rules.touched(frozenset([*found, *(skipped or ())]), is_whole):
            if skipped and rule.name in skipped:
                self.skips.append(Skip(rule.code, rule.name, facts.display, skipped[rule.name]))
                continue
            findings = merged(found.get(rule.name, []))
            if not findings and self._rows.keys().isdisjoint(rule.requires):
                continue
            self._condemn(rule, findings)
            blocker = next((name for name in rule.requires if self._whole.get(name)), None)
            if blocker:
                self.skips.append(Skip(rule.code, rule.name, facts.display, f"it needs {blocker}, which failed"))
                if findings:
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
        self._whole[rule.name] = any(map(_condemns_all, findings)) or any(
            self._whole.get(name, False) for name in rule.requires
        )

    def _without_condemned(self, rule: Rule, finding: Finding, by_name: dict[str, list[FindingGroup]]) -> Iterator[Finding]:
        if finding.section is None or not len(finding.rows):
            yield finding
            return
        keep = np.ones(len(finding.rows), bool)
        for name in rule.requires:
            for rows in self._rows.get(name, {}).get(finding.section, []):
                folded = _among(finding.rows, rows)
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
        total = self._facts.row_counts.get(finding.section or "", 1) if len(finding.rows) else 1
        return FindingGroup(
            rule.code, rule.name, severity, finding.summary or rule.summary, rule.sections.get("What breaks", ""),
            finding.hint or rule.sections.get("Fix", ""), rule.safety, self._facts.display, finding, total,
        )  # fmt: skip
