"""Every case of every family: the rule fires as often as it says, and no other error comes along."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from cocolint.check import registry
from cocolint.model import Severity

sys.path.insert(0, str(Path(__file__).parent))

from cases import Case

from cocolint.app import check

REGISTRY = registry.load()


def _all_cases() -> list[Case]:
    found: list[Case] = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem.startswith("test_") or path.stem == "cases":
            continue
        spec = importlib.util.spec_from_file_location(f"cases_of_{path.stem}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found += module.CASES
    return found


CASES = _all_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, tmp_path: Path) -> None:
    path = case.write(tmp_path)
    report = check([path], select=["ALL"], rule_options={case.rule: dict(case.options)}, jobs=1)
    assert not report.crashes
    counts = {group.name: 0 for group in report.groups}
    for group in report.groups:
        counts[group.name] += group.count
    assert counts.get(case.rule, 0) == case.fires, counts
    errors = {group.name for group in report.groups if group.severity is Severity.ERROR}
    assert errors <= {case.rule, *case.also}


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.name)
def test_every_rule_has_a_case_that_fires_and_one_that_is_silent(rule: object) -> None:
    name = rule.name  # type: ignore[attr-defined]
    kinds = {case.fires > 0 for case in CASES if case.rule == name}
    assert kinds == {True, False}, f"{name} needs a case with fires > 0 and one with fires = 0"
