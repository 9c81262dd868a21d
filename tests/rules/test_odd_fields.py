"""Fixes of structure, images and references meet fields that hold anything: they do not fail, and change nothing else."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint.api import SECTION, Image
from cocolint.engine import registry
from cocolint.engine.fixing import FIELD, Fixer

MODULES = ("files", "structure", "images", "file_names", "pictures", "annotations", "references")
FIXERS = [fixer for rule in registry.load() for fixer in rule.fixers if rule.function.__module__.rpartition(".")[2] in MODULES]
NAMES = [
    "a\\b.jpg",
    "/data/1.jpg",
    "http://a.org/1.jpg?x",
    "..",
    "[1, 2.5]",
    "array([1.])",
    "[[[",
    "np.int64(3)",
    "12",
    "٣",
    "",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(NAMES) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["id", "size", "7"]), inner, max_size=3),
) | st.lists(st.floats(0, 100), min_size=4, max_size=8)
PICTURES = SimpleNamespace(
    width=np.array([640]), height=np.array([480]), orientation=np.array([1]), holds=lambda name: name.endswith(".jpg")
)
FACTS = {
    "angle": st.floats(),
    "below": st.sampled_from(NAMES),
    "file": st.sampled_from([SimpleNamespace(keys=frozenset(keys)) for keys in ({"images"}, {"relations"})]),
    "fits": st.booleans(),
    "found": st.sampled_from(NAMES),
    "fresh_id": st.integers(1, 9),
    "height": st.integers(1, 2),
    "image": st.sampled_from([None, Image(1, 3, 4, "1.jpg")]),
    "is_alone": st.booleans(),
    "is_sure": st.booleans(),
    "meant": st.integers(-1, 2),
    "name": st.sampled_from(NAMES),
    "pictures": st.just(PICTURES),
    "row": st.just(0),
    "tail": st.sampled_from(NAMES),
    "width": st.integers(1, 2),
}


@pytest.mark.parametrize(
    "fixer", [one for one in FIXERS if one.is_of_record], ids=lambda fixer: f"{fixer.rule}-{fixer.function.__name__}"
)
@settings(max_examples=60)
@given(data=st.data())
def test_any_record(fixer: Fixer, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(["category_id", "file_name", "bbox", "iscrowd", "id"]))
    named = [field if name == FIELD else name for name in ("id", *fixer.reads, *fixer.writes)]
    record: dict[str, Any] = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(named, VALUES)))
    facts = {name: field if name == "field" else data.draw(FACTS[name]) for name in fixer.fixtures if name != "record"}
    before = copy.deepcopy(record)
    after = fixer.function(record=record, **facts)
    if after is None:
        assert fixer.drops
        return
    assert same(before, record)
    changed = {name for name in {**before, **after} if not same(before.get(name), after.get(name))}
    assert changed <= {field if name == FIELD else name for name in fixer.writes}
    assert all("NaN" not in json.dumps(after[name]) for name in changed)


@pytest.mark.parametrize("fixer", [one for one in FIXERS if one.is_of_root], ids=lambda fixer: fixer.function.__name__)
@given(root=st.dictionaries(st.sampled_from(["info", "licenses", "images", "annotations", "x"]), VALUES | st.just(SECTION)))
def test_any_root(fixer: Fixer, root: dict[str, Any]) -> None:
    before = dict(root)
    after = fixer.function(root=root)
    assert root.keys() == before.keys() and all(root[name] is value for name, value in before.items())
    assert all(after.get(name) is SECTION for name, value in before.items() if value is SECTION and name != "x")


def same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON."""
    return json.dumps(one) == json.dumps(other)
