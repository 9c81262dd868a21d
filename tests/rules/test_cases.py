"""Every case of every family: the rule fires as often as it says, and no other error comes along."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from cocolint import app
from cocolint.engine import registry
from cocolint.engine.rule import Rule
from cocolint.model import Severity
from tests.support.cases import Case
from tests.support.set_cases import SetCase, found_in

RULES = list(registry.load())
FAMILIES = [path.stem for path in sorted(Path(__file__).parent.glob("*.py")) if not path.stem.startswith(("test_", "__"))]
MODULES = [importlib.import_module(f"tests.rules.{name}") for name in FAMILIES]
CASES: list[Case] = [case for module in MODULES for case in getattr(module, "CASES", [])]
SET_CASES: list[SetCase] = [case for module in MODULES for case in getattr(module, "SET_CASES", [])]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, tmp_path: Path) -> None:
    path = case.write(tmp_path)
    report = app.check([str(path)], case.settings(tmp_path))
    assert not report.crashes
    counts = {group.name: 0 for group in report.groups}
    for group in report.groups:
        counts[group.name] += group.count
    assert counts.get(case.rule, 0) == case.fires, counts
    errors = {group.name for group in report.groups if group.severity is Severity.ERROR}
    assert errors <= {case.rule, *case.also}


@pytest.mark.parametrize("case", SET_CASES, ids=str)
def test_set_case(case: SetCase, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    case.write(folder)
    report = app.check([str(folder)], case.settings())
    assert not report.crashes
    assert found_in(report, folder, case.rule) == case.fires
    errors = {group.name for group in report.groups if group.severity is Severity.ERROR}
    assert errors <= {case.rule, *case.also}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_case_that_fires_and_one_that_is_silent(rule: Rule) -> None:
    kinds = {case.fires > 0 for case in CASES if case.rule == rule.name}
    kinds |= {bool(case.fires) for case in SET_CASES if case.rule == rule.name}
    assert kinds == {True, False}, f"{rule.name} needs a case with fires > 0 and one with fires = 0"
