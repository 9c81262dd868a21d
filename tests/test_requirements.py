"""What follows when one rule requires another, over findings of any rules: rules that are left out make no difference."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cocolint.engine import registry
from cocolint.engine.requirements import Verdicts
from cocolint.engine.rule import Rule, Rules
from cocolint.model import FileFacts, Finding, Task
from tests.support.columns import same

KNOWN = registry.load()
REQUIRED = sorted({name for rule in KNOWN for name in rule.requires} | {rule.name for rule in KNOWN if rule.requires})
FACTS = FileFacts("a.json", Task.INSTANCES, "a", "coco", "flat", True, frozenset(), {"annotations": 4, "images": 4})


class Whole(Rules):
    """Rules of which none is left out."""

    def touched(self, names: frozenset[str], is_whole: bool) -> list[Rule]:  # noqa: ARG002 (it is always all)
        return self


def findings() -> st.SearchStrategy[Finding]:
    """Draw findings on rows, on a whole section or field, and on the whole file."""
    rows = st.lists(st.integers(0, 3), max_size=4, unique=True).map(lambda some: np.array(sorted(some), np.int64))
    sections = st.sampled_from(["annotations", "images", None])
    return st.builds(Finding, st.just("wrong"), sections, rows, st.sampled_from([None, "bbox"]))


@given(
    st.dictionaries(st.sampled_from(REQUIRED), st.lists(findings(), min_size=1, max_size=2), max_size=6),
    st.dictionaries(st.sampled_from(REQUIRED), st.just("there is nothing to look at"), max_size=3),
)
def test_rules_that_cannot_matter_are_left_out(found: dict[str, list[Finding]], skipped: dict[str, str]) -> None:
    rules = KNOWN.with_requirements(KNOWN)
    few, all_ = (Verdicts(found, FACTS, kind(rules), skipped) for kind in (Rules, Whole))
    assert few.skips == all_.skips
    assert same(*[[told(group) for group in verdicts.groups] for verdicts in (few, all_)])


def told(group: Any) -> dict[str, Any]:
    """Return what a group says, as plain values."""
    return {"name": group.name, "related": group.related, "section": group.finding.section, "rows": group.finding.rows}
