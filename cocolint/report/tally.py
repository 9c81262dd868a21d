"""The findings of a run by rule, worst first: the order of every report."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from cocolint.model import Fix, Severity
from cocolint.reported import FindingGroup, Report


class Tally(Struct, frozen=True):
    """All groups of one rule at one severity, those with most findings first."""

    code: str
    name: str
    severity: Severity
    fix: Fix | None
    groups: list[FindingGroup]

    @property
    def count(self) -> int:
        """How many findings."""
        return sum(group.count for group in self.groups)

    @property
    def files(self) -> int:
        """How many files have them."""
        return len({group.path for group in self.groups})


def tallies(report: Report) -> list[Tally]:
    """Return the findings by rule: errors first, then by number."""
    by_rule: dict[tuple[str, Severity], list[FindingGroup]] = defaultdict(list)
    for group in report.groups:
        by_rule[group.code, group.severity].append(group)
    found = []
    for (code, severity), groups in by_rule.items():
        groups.sort(key=lambda group: (-group.count, group.path))
        found.append(Tally(code, groups[0].name, severity, groups[0].fix, groups))
    return sorted(found, key=lambda tally: (-tally.severity, -tally.count, tally.code))


STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
"""How the code of a rule is coloured; its severity is always written as a word too."""
