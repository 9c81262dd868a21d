"""Every rule is documented and named in one style."""

from __future__ import annotations

import re

import pytest

from cocolint.engine import registry
from cocolint.engine.rule import Rule
from cocolint.model import Fix, Severity

REGISTRY = registry.load()
RULES = list(REGISTRY)
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@each_rule
def test_code_and_name_are_in_style(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert not re.match(r"no-|invalid-|bad-|check-", rule.name), "a name tells the defect, so that 'ignore NAME' reads right"


@each_rule
def test_docstring_tells_what_why_and_how_to_mend(rule: Rule) -> None:
    assert rule.summary
    assert len(rule.summary) < 160
    assert set(rule.sections) >= {"What breaks", "Definition", "Fix"}


@each_rule
def test_fix_section_gives_its_safety(rule: Rule) -> None:
    text = rule.sections["Fix"]
    if rule.safety is Fix.SAFE:
        assert re.search(r"\bSafe\b", text)
    if rule.safety is Fix.UNSAFE:
        assert re.search(r"\bUnsafe\b", text)


@each_rule
def test_requirements_exist(rule: Rule) -> None:
    assert all(REGISTRY.get(name) for name in rule.requires)


@each_rule
def test_options_are_typed_by_their_defaults(rule: Rule) -> None:
    assert all(isinstance(default, bool | int | float | str) for default in rule.options.values())


def test_requirements_have_no_circle() -> None:
    assert len(REGISTRY.with_requirements(RULES)) == len(RULES)


ALWAYS_ON = (
    "layout-task-prefix category-id-zero num-keypoints-missing num-keypoints-mismatch iscrowd-polygon iscrowd-0-rle rle-keys "
    "rle-size-type rle-size-order rle-size-mismatch rle-counts-sum rle-counts-string-invalid rle-bytes-repr rle-empty "
    "skeleton-index-range skeleton-zero-based skeleton-self-loop skeleton-duplicate-edge skeleton-edge-length"
).split()


@pytest.mark.parametrize("name", ALWAYS_ON)
def test_the_families_that_are_always_on(name: str) -> None:
    rule = REGISTRY.get(name)
    assert rule.on_by_default
    assert rule.severity >= Severity.WARNING
