"""The way of the data: discover, read, check, gate, report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cocolint.check import pool, registry
from cocolint.check.engine import Verdicts, check_document, crashes_of
from cocolint.model import AnnotationFile, Crash, FindingGroup
from cocolint.read.document import open_document


class Report:
    def __init__(self) -> None:
        self.groups: list[FindingGroup] = []
        self.crashes: list[Crash] = []


def check(paths: Iterable[Path], select: list[str], rule_options: Mapping[str, Mapping[str, Any]], jobs: int) -> Report:
    rules = registry.load()
    chosen = rules.with_requirements({rule for word in select for rule in rules.select(word)})
    report = Report()
    for path in paths:
        document = open_document(AnnotationFile(path, str(path), None, "default", "flat", True, True))
        mine = [rule for rule in chosen if document.task in rule.tasks]
        slices = pool.check_slices(document, mine, rule_options, jobs, None, lambda _: None)
        outcome, facts = check_document(document, slices, mine, rule_options)
        report.groups += Verdicts(outcome, facts, mine).groups
        report.crashes += crashes_of(outcome, mine, str(path))
    return report
