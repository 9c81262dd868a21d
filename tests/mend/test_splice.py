"""From an old and a new value to edits of bytes: only what differs is written anew."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocolint.mend.splice import Unspliceable, applied, changed, equal, load

LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5), max_leaves=20
)
STYLES = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": "\t", "ensure_ascii": False}])


def spliced(text: str, new: Any) -> str:
    data = text.encode("utf-8", "surrogatepass") if text.isascii() else text.encode()
    return applied(data, changed(data, load(data), new)).decode()


@given(VALUES, VALUES, STYLES)
def test_the_result_is_the_new_value(old: Any, new: Any, style: dict[str, Any]) -> None:
    text = json.dumps(old, **{"ensure_ascii": True} | style)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(old)
    assert equal(json.loads(spliced(text, json.loads(json.dumps(new)))), json.loads(json.dumps(new)))


@given(VALUES, STYLES)
def test_nothing_changes_for_an_equal_value(value: Any, style: dict[str, Any]) -> None:
    data = json.dumps(value, **style | {"ensure_ascii": True}).encode()
    assert list(changed(data, load(data), load(data))) == []


RECORDS = st.lists(
    st.dictionaries(st.text(st.characters(codec="ascii"), max_size=6), VALUES, min_size=1, max_size=5), max_size=5
)


@given(RECORDS, STYLES, st.randoms())
def test_a_field_put_in_and_taken_out_leaves_the_text_as_it_was(
    records: list[Any], style: dict[str, Any], chance: random.Random
) -> None:
    text = json.dumps(records, **style | {"ensure_ascii": True})
    new = copy.deepcopy(records)
    for record in new:
        if chance.random() < 0.5:
            record["a key that is new"] = 1
    done = spliced(text, new)
    assert json.loads(done) == json.loads(json.dumps(new))
    for record in new:
        record.pop("a key that is new", None)
    assert spliced(done, new) == text


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('{"a": 1.50, "b": [1e2, "3"]}', {"a": 1.5, "b": [100.0, 3]}, '{"a": 1.50, "b": [1e2, 3]}'),
        ('{"a":1}', {"a": 1, "b": [2]}, '{"a":1,"b":[2]}'),
        ('{ "a" : 1 ,\n  "b" : 2 }', {"b": 2}, '{ "b" : 2 }'),
        ('{"a": 1, "b": 2, "c": 3}', {"a": 1}, '{"a": 1}'),
        ('{"a": 1, "b": 2, "c": 3}', {"c": 3}, '{"c": 3}'),
        ("{}", {"a": 1}, '{"a": 1}'),
        ("{ }", {"a": 1}, '{"a": 1 }'),
        ("[[1.0, 2.0], [3.10, 4]]", [[1.0, 2.0, 3.1, 4]], "[[1.0, 2.0, 3.10, 4]]"),
        ("[1.50, 2.50, 3.50, 4.5]", [[1.5, 2.5, 3.5, 4.5]], "[[1.50, 2.50, 3.50, 4.5]]"),
        ("[[1, 2], [3, 4]]", [[3, 4]], "[[3, 4]]"),
        ("true", 1, "1"),
        ("1.0", 1, "1"),
        ('"\u00e8"', "\u00e9", '"\u00e9"'),
    ],
)
def test_spelling_stays(old: str, new: Any, text: str) -> None:
    assert spliced(old, new) == text


def test_a_key_that_stands_twice_is_left_alone() -> None:
    with pytest.raises(Unspliceable):
        spliced('{"a": 1, "a": 2}', {"a": 3})


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([[1, 2, 3, 4, 5, 6], [7, 8]], [[1, 2, 3, 4.5]]),
        ([1, 2, 3], [[1, 2, 3]]),
        ([[1, 2], [3, 4]], [1, 2, 3, 4]),
        ([[1, 2, 3, 4], [5, 6, 7, 8]], [[9] * 7]),
        ([[1, 2]], []),
    ],
)
def test_arrays_in_lines_stay_in_lines(old: Any, new: Any, indent: Any) -> None:
    text = json.dumps({"a": 1, "s": old, "b": 2}, indent=indent)
    assert spliced(text, {"a": 1, "s": new, "b": 2}) == json.dumps({"a": 1, "s": new, "b": 2}, indent=indent)
