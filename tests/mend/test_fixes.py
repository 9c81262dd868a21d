"""Every fix, tried on every case of its rule: the rule is silent afterwards, and nothing else has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from cocolint import app
from cocolint.compare.difference import difference
from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.engine.fixing import FIELD
from cocolint.engine.rule import Rule
from cocolint.model import Mending, Severity
from cocolint.reported import Report
from tests.rules.test_cases import CASES, SET_CASES
from tests.support.cases import Case
from tests.support.set_cases import SetCase, found_in

RULES = {rule.name: rule for rule in registry.load()}
MENDED = [case for case in CASES if case.fires and RULES[case.rule].fixers]
MENDED_SETS = [case for case in SET_CASES if case.fires and RULES[case.rule].fixers]


def mend(path: Path, settings: Settings, rule: str, unsafe: bool = True) -> Report:
    more = replace(settings, mending=Mending.DONE, unsafe_fixes=unsafe, fixable=(rule,))
    return app.check([str(path)], more)


def errors(report: Report) -> set[str]:
    return {group.name for group in report.groups if group.severity is Severity.ERROR}


def touched(old: Path, new: Path) -> tuple[set[str], bool]:
    """Return the fields that differ, and whether records were dropped."""
    found = difference(old, new)
    sections = found.sections.values()
    fields = {field.partition("/")[0] for section in sections for field in section.fields}
    return fields, any(section.removed for section in sections)


def allowed(rule: Rule) -> set[str]:
    return {name for fixer in rule.fixers for name in fixer.writes}


@pytest.mark.parametrize("case", MENDED, ids=str)
def test_fix(case: Case, tmp_path: Path) -> None:
    path = case.write(tmp_path)
    before = path.read_bytes()
    known = errors(app.check([str(path)], case.settings(tmp_path)))
    report = mend(path, case.settings(tmp_path), case.rule)
    assert not report.crashes
    left = sum(group.count for group in report.groups if group.name == case.rule)
    assert left == case.leaves, report.withdrawn
    assert errors(report) <= known | {case.rule, *case.also}
    after = path.read_bytes()
    assert bool(report.mended) == (before != after)
    assert left == 0 or left < case.fires or before == after
    again = mend(path, case.settings(tmp_path), case.rule)
    assert not again.mended
    assert path.read_bytes() == after
    _assert_only_named_fields(tmp_path, before, after, RULES[case.rule])


def _assert_only_named_fields(folder: Path, before: bytes, after: bytes, rule: Rule) -> None:
    old, new = folder / "old.json", folder / "new.json"
    old.write_bytes(before)
    new.write_bytes(after)
    names = allowed(rule)
    if FIELD in names or not any(fixer.is_of_record for fixer in rule.fixers):
        return
    fields, has_dropped = touched(old, new)
    assert fields <= names
    assert not has_dropped or any(fixer.drops for fixer in rule.fixers)


@pytest.mark.parametrize("case", MENDED_SETS, ids=str)
def test_fix_of_a_set(case: SetCase, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    case.write(folder)
    report = mend(folder, case.settings(), case.rule)
    assert not report.crashes
    assert found_in(report, folder, case.rule) == case.leaves, report.withdrawn
    again = mend(folder, case.settings(), case.rule)
    assert not again.mended


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.fixers], ids=lambda rule: rule.name)
def test_every_fix_has_a_case(rule: Rule) -> None:
    assert any(case.rule == rule.name and case.leaves < case.fires for case in MENDED) or any(
        case.rule == rule.name for case in MENDED_SETS
    )
