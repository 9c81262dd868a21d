"""Fixes of masks, keypoints, captions and labels meet records that hold anything: they do not fail, and change nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint.api import Category, Image, Task
from cocolint.engine import registry
from cocolint.engine.fixing import Fixer

MODULES = ("masks", "counts", "crowds", "keypoints", "poses", "skeletons", "stuff", "captions", "labels")
FIXERS = [
    fixer
    for rule in registry.load()
    for fixer in rule.fixers
    if fixer.is_of_record and rule.function.__module__.rpartition(".")[2] in MODULES
]
TEXTS = ["0", "1", "12", "P?X6hZ[9", "b'0'", "Ã©", "a\x85  b", "a\x07", "false", ""]
NUMBERS = st.integers(-3, 3) | st.integers() | st.floats()
SCALARS = st.none() | st.booleans() | NUMBERS | st.sampled_from(TEXTS)
ITEMS = SCALARS | st.lists(NUMBERS, max_size=6) | st.lists(SCALARS, max_size=3)
MASKS = st.fixed_dictionaries({}, optional={"size": st.lists(st.integers(0, 5), max_size=3) | ITEMS, "counts": ITEMS})
VALUES = ITEMS | st.lists(ITEMS, max_size=6) | st.lists(NUMBERS, min_size=3, max_size=12) | MASKS
FACTS = {
    "image": st.sampled_from([None, Image(1, 3, 4, "1.jpg"), Image(1, 0.5, 1e9, "1.jpg")]),
    "category": st.sampled_from([None, Category(1, "person", None), Category(1, "person", ["nose", "tail"])]),
    "task": st.sampled_from(Task),
    "dialect": st.sampled_from(["", "crowdpose"]),
    "has_more": st.booleans(),
    "points": st.integers(-1, 3),
    "pointed": st.integers(0, 2),
    "labelled": st.integers(0, 3),
    "width": st.floats(1, 100),
    "height": st.floats(1, 100),
    "most": st.floats(0, 3),
    "score_of_first": st.floats(),
}


@pytest.mark.parametrize("fixer", FIXERS, ids=lambda fixer: f"{fixer.rule}-{fixer.function.__name__}")
@settings(max_examples=50)
@given(data=st.data())
def test_any_record(fixer: Fixer, data: st.DataObject) -> None:
    fields = dict.fromkeys((*fixer.reads, *fixer.writes), VALUES)
    record: dict[str, Any] = data.draw(st.fixed_dictionaries({"id": st.integers()}, optional=fields))
    facts = {name: data.draw(FACTS[name]) for name in fixer.fixtures if name != "record"}
    before = copy.deepcopy(record)
    after = fixer.function(record=record, **facts)
    if after is None:
        assert fixer.drops
        return
    others = {name for name in {**before, **after} if name not in fixer.writes}
    assert all(same(before.get(name), after.get(name)) for name in others)


def same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON."""
    return json.dumps(one) == json.dumps(other)
