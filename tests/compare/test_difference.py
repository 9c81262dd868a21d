"""Which differences of two files are told, and which are none."""

from __future__ import annotations

import copy
import gzip
import json
import math
import random
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint.compare.difference import Change, Difference, difference
from cocolint.compare.opened import Record
from cocolint.failure import Failure
from cocolint.read import slicing
from tests.support.cases import sound
from tests.support.strategies import Data, data_sets

UNSET = msgspec.UNSET


def compared(old: Any, new: Any, limit: int | None = None) -> Difference:
    """Compare two values, or two texts of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "old.json"), Path(folder, "new.json")
        for path, value in zip(paths, (old, new), strict=True):
            path.write_bytes((value if isinstance(value, bytes) else json.dumps(value).encode()) + b" " * 12)
        return difference(*paths, limit)


def objects(*records: Any) -> Data:
    return {"annotations": list(records)}


def told(old: Any, new: Any) -> list[tuple[Any, str, Any, Any]]:
    """Return the changes of annotations, none of which may be added or removed."""
    found = compared(objects(*old), objects(*new))
    (section,) = found.sections.values()
    assert not section.added
    assert not section.removed
    assert section.changed_count == len({change.record.row for change in section.changed})
    return [(change.id, change.field, change.old, change.new) for change in section.changed]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"[1, 100]", b"[1.0, 1e2]"),
        (b"0", b"-0.0"),
        (b"NaN", b" NaN "),
        (b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1}'),
        (b'"\\u00e9"', '"é"'.encode()),
        (b'"\\ud800"', b'"\\uD800"'),
        (b"123456789012345678901234567890", b"123456789012345678901234567890.0e0"[:30]),
        (b"1e999", b" 1e999"),
    ],
)
def test_formatting_is_no_difference(old: bytes, new: bytes) -> None:
    around = b'{"annotations": [{"id": 1, "x": %b}]}'
    assert compared(around % old, around % new).is_equal


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"1", b"true"),
        (b"0", b"false"),
        (b"[1, true]", b"[1, 1]"),
        (b"1", b'"1"'),
        (b"null", b"0"),
        (b"[]", b"{}"),
        (b"NaN", b"null"),
        (b"NaN", b"Infinity"),
        (b"Infinity", b"-Infinity"),
        (b"1e999", b"1e998"),
        (b"1e999", b"Infinity"),
        (b"9007199254740993", b"9007199254740992.0"),
        (b'"\\ud800"', b'"\\ud801"'),
        (b'"\xff"', b'"\xfe"'),
        (b'"NaN"', b"NaN"),
    ],
)
def test_values_that_differ(old: bytes, new: bytes) -> None:
    around = b'{"annotations": [{"id": 1, "x": %b}, {"id": 2}]}'
    found = compared(around % old, around % new)
    (section,) = found.sections.values()
    assert section.fields == {"x": 1}
    assert [change.field.partition("/")[0] for change in section.changed] == ["x"]


def test_null_is_not_absence() -> None:
    assert told([{"id": 1, "area": None}], [{"id": 1}]) == [(1, "area", None, UNSET)]
    assert not compared({}, {"licenses": None}).is_equal
    assert not compared({}, {"images": []}).is_equal


def test_the_field_leads_down_to_what_changed() -> None:
    old = {"id": 7, "bbox": [1, 2, 3, 4], "attributes": {"track_id": 1}, "segments_info": [{"id": 1, "area": 5}], "a/b~c": 1}
    new = {"id": 7, "bbox": [1, 2, 9, 4], "attributes": {"track_id": 2}, "segments_info": [{"id": 1, "area": 6}], "a/b~c": 2}
    assert told([old], [new]) == [
        (7, "a~1b~0c", 1, 2),
        (7, "attributes/track_id", 1, 2),
        (7, "bbox/2", 3, 9),
        (7, "segments_info/0/area", 5, 6),
    ]


def test_arrays_of_other_length_are_told_as_a_whole() -> None:
    assert told([{"id": 7, "bbox": [1, 2]}], [{"id": 7, "bbox": [1, 2, 3]}]) == [(7, "bbox", [1, 2], [1, 2, 3])]


def test_a_changed_id_is_told_as_such() -> None:
    assert told([{"id": 0, "area": 1}, {"id": 5}], [{"id": 91, "area": 1}, {"id": 5}]) == [(0, "id", 0, 91)]
    assert told([{"area": 1}], [{"id": 1, "area": 1}]) == [(None, "id", UNSET, 1)]
    assert told([{"image_id": 1, "a": 2}], [{"image_id": 9, "a": 2}]) == [(1, "image_id", 1, 9)]


def test_another_id_and_another_field_are_another_record() -> None:
    found = compared(objects({"id": 0, "area": 1}), objects({"id": 91, "area": 2}))
    section = found.sections["annotations"]
    assert (section.removed, section.added, section.changed) == ([Record("id", 0, 0)], [Record("id", 91, 0)], [])


def test_records_without_an_id_are_known_by_their_image() -> None:
    old = [{"image_id": 3, "score": 0.5}, {"image_id": 4, "score": 0.5}, {"image_id": 3, "score": 0.9}]
    new = [{"image_id": 3, "score": 0.9}, {"image_id": 3, "score": 0.4}, {"image_id": 4, "score": 0.5}]
    (section,) = compared(old, new).sections.values()
    assert section.name == "results"
    assert section.changed == [Change("results", Record("image_id", 3, 0), "score", 0.5, 0.4)]


def test_of_records_that_share_an_id_those_of_equal_content_belong_together() -> None:
    old = [{"id": 1, "a": 1}, {"id": 1, "a": 2.0}, {"id": 1, "a": 3}]
    new = [{"id": 1, "a": 2}, {"id": 1, "a": 3}, {"id": 1, "a": 4}]
    assert told(old, new) == [(1, "a", 1, 4)]


def test_records_that_are_no_objects_are_compared() -> None:
    (section,) = compared([1, "a", [2]], ["a", 1.0, [3]]).sections.values()
    assert section.changed == [Change("results", Record("", None, 2), "0", 2, 3)]


def test_other_values_are_compared_by_field() -> None:
    old = {"info": {"year": 2017, "url": "x"}, "licenses": [{"id": 1}], "type": "instances"}
    new = {"info": {"year": 2018, "url": "x"}, "licenses": [{"id": 2}], "extra": 1}
    found = compared(old, new)
    assert {name: dict(section.fields) for name, section in found.sections.items()} == {
        "extra": {}, "info": {"year": 1}, "licenses": {"0": 1}, "type": {},
    }  # fmt: skip
    assert [change.field for change in found.changed] == ["year", "0/id"]
    assert (found.sections["extra"].added_count, found.sections["type"].removed_count) == (1, 1)


def test_a_section_of_another_type_is_told_as_a_whole() -> None:
    (section,) = compared(objects(), {"annotations": {}}).sections.values()
    assert section.changed == [Change("annotations", Record("", None, 0), "", [], {})]


def test_roots_of_two_types_differ() -> None:
    found = compared([], {"annotations": []})
    assert [(change.section, change.old, change.new) for change in found.changed] == [("root", "array", "object")]


def test_another_order_is_told_but_is_no_difference() -> None:
    found = compared(objects({"id": 1}, {"id": 2}), objects({"id": 2}, {"id": 1}))
    assert found.is_equal
    assert found.sections["annotations"].order_differs


def test_a_record_put_between_others_leaves_their_order() -> None:
    found = compared(objects({"id": 1}, {"id": 2}), objects({"id": 1}, {"id": 9}, {"id": 2}))
    assert not found.sections["annotations"].order_differs


def test_lists_are_limited_and_counts_are_not() -> None:
    old = objects(*({"id": place, "area": 1, "bbox": [1, 1]} for place in range(9)), {"id": 50}, {"id": 51})
    new = objects(*({"id": place, "area": 2, "bbox": [2, 2]} for place in range(9)))
    (section,) = compared(old, new, 1).sections.values()
    assert section.fields == {"area": 9, "bbox": 9}
    assert [change.field for change in section.changed] == ["area", "bbox/0", "bbox/1"]
    assert (section.changed_count, section.removed_count, len(section.removed)) == (9, 2, 1)


def test_a_large_file_whose_text_misleads_the_search_for_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    monkeypatch.setattr(slicing, "SLICE_BYTES", 40)
    records = [{"id": place, "a": ['},{"', '], "info":', [{}, {}]], "x": place} for place in range(50)]
    other = copy.deepcopy(records)
    other[17]["x"] = math.nan
    found = compared(objects(*records), objects(*reversed(other)))
    assert [(change.id, change.field, change.old) for change in found.changed] == [(17, "x", 17)]


def test_compressed_and_archived_files_are_read(tmp_path: Path) -> None:
    text = json.dumps(sound("instances")).encode()
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("annotations/instances_a.json", text)
        archive.writestr("annotations/instances_b.json", b"{}")
    assert difference(tmp_path / "a.json.gz", tmp_path / "b.zip" / "annotations" / "instances_a.json").is_equal
    with pytest.raises(Failure, match="stands for 2 files"):
        difference(tmp_path / "a.json.gz", tmp_path / "b.zip")
    with pytest.raises(Failure, match="no annotation file of that name"):
        difference(tmp_path / "a.json.gz", tmp_path / "b.zip" / "c.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b'{"images": [', "cut off"),
        (b'{"annotations": [{"id": 1},]}', "not JSON"),
        (b"5", "single value"),
        (b"{} {}", "more text follows"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"\x89PNG", "a PNG picture"),
    ],
)
def test_bad_input_is_refused(tmp_path: Path, text: bytes, message: str) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(b"{}")
    bad.write_bytes(text)
    for paths in ((good, bad), (bad, good)):
        with pytest.raises(Failure, match=message):
            difference(*paths)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.5, -0.0, 1.0, 1e300, math.nan, math.inf, 2**70, 10**320]),
    st.sampled_from(["", "1", "é", "\ud800", "}, {", "\x7f", "a/b"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=4,
)
RECORDS = st.fixed_dictionaries({}, optional={"id": SCALARS, "image_id": SCALARS, "a": VALUES}) | VALUES
SECTIONS = st.lists(RECORDS, max_size=5)
DOCUMENTS = (
    st.fixed_dictionaries({}, optional={"images": SECTIONS, "annotations": SECTIONS | VALUES, "info": VALUES}) | SECTIONS
)


def _again(value: Any, chance: random.Random) -> Any:
    """Return a value with keys in another order, and numbers written in another way."""
    if isinstance(value, dict):
        keys = chance.sample(sorted(value), len(value))
        return {key: _again(value[key], chance) for key in keys}
    if isinstance(value, list):
        return [_again(item, chance) for item in value]
    if isinstance(value, float) and value.is_integer() and chance.random() < 0.5:
        return int(value)
    return float(value) if type(value) is int and abs(value) < 2**53 and chance.random() < 0.5 else value


def _rewritten(data: Any, chance: random.Random) -> bytes:
    """Return the text of a file of other formatting and order."""
    data = _again(data, chance)
    for records in [data] if isinstance(data, list) else [data.get(name) for name in ("images", "categories", "annotations")]:
        if isinstance(records, list):
            chance.shuffle(records)
    text = json.dumps(data, indent=chance.choice([None, 2]), ensure_ascii="\\ud800" in json.dumps(data))
    return text.encode()


def _form(value: Any) -> Any:
    """Return what is equal for equal values, and for no others."""
    if isinstance(value, dict):
        return "object", tuple(sorted((key, _form(item)) for key, item in value.items()))
    if isinstance(value, list):
        return "array", tuple(_form(item) for item in value)
    if type(value) not in (int, float):
        return type(value).__name__, value
    if isinstance(value, float) and value.is_integer():
        return "number", int(value)
    return "number", "NaN" if value != value else value


def _forms(data: Any) -> Any:
    if isinstance(data, list):
        return Counter(repr(_form(record)) for record in data)
    return {
        name: Counter(repr(_form(item)) for item in value)
        if isinstance(value, list) and name in ("images", "annotations")
        else repr(_form(value))
        for name, value in data.items()
    }


@given(DOCUMENTS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_a_file_written_anew_is_equal(data: Any, chance: random.Random) -> None:
    text = _rewritten(data, chance)
    found = compared(data, text)
    assert found.is_equal
    assert not found.changed


@given(data_sets("person_keypoints"), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_a_data_set_written_anew_is_equal(data: Data, chance: random.Random) -> None:
    assert compared(data, _rewritten(data, chance)).is_equal


@given(DOCUMENTS, DOCUMENTS)
@settings(deadline=None)
def test_files_are_equal_if_they_hold_the_same_records(old: Any, new: Any) -> None:
    assert compared(old, new).is_equal == (type(old) is type(new) and _forms(old) == _forms(new))


@given(DOCUMENTS, DOCUMENTS)
@settings(deadline=None)
def test_the_other_way_round_what_was_added_is_removed(old: Any, new: Any) -> None:
    there, back = compared(old, new), compared(new, old)
    assert there.sections.keys() == back.sections.keys()
    for name, section in there.sections.items():
        other = back.sections[name]
        assert repr((section.added, section.removed)) == repr((other.removed, other.added))
        assert (section.changed_count, section.fields) == (other.changed_count, other.fields)
        assert section.order_differs == other.order_differs
        ours = sorted(repr((change.field, change.old, change.new)) for change in section.changed)
        assert ours == sorted(repr((change.field, change.new, change.old)) for change in other.changed)


@given(data_sets("person_keypoints"), st.data(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_one_edit_is_told_exactly(data: Data, draw: st.DataObject, chance: random.Random) -> None:
    edited = json.loads(json.dumps(data))
    section = draw.draw(st.sampled_from(["images", "categories", "annotations"]))
    row = draw.draw(st.integers(0, len(data[section]) - 1))
    record = edited[section][row]
    node, path = record, [draw.draw(st.sampled_from(sorted({*record, "added"} - {"id"})))]
    while isinstance(inner := node.get(path[-1]) if isinstance(node, dict) else node[path[-1]], dict | list) and inner:
        if draw.draw(st.booleans()):
            break
        node = inner
        path.append(draw.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner)))))
    new: Any = UNSET
    old = node.get(path[-1], UNSET) if isinstance(node, dict) else node[path[-1]]
    if isinstance(node, dict) and old is not UNSET and draw.draw(st.booleans()):
        del node[path[-1]]
    else:
        new = draw.draw(st.sampled_from(["other", -77, True, None, 0.125]))
        node[path[-1]] = new
    found = compared(data, _rewritten(edited, chance))
    (change,) = found.changed
    assert change[:3] == (section, Record("id", data[section][row]["id"], row), "/".join(map(str, path)))
    assert (_form(change.old), _form(change.new)) == (_form(old), _form(new))
    assert sum(one.changed_count for one in found.sections.values()) == 1
    assert not any(one.added or one.removed for one in found.sections.values())


@given(data_sets(), st.data(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_a_record_taken_out_is_told_exactly(data: Data, draw: st.DataObject, chance: random.Random) -> None:
    less = copy.deepcopy(data)
    row = draw.draw(st.integers(0, len(data["annotations"]) - 1))
    gone = less["annotations"].pop(row)
    found = compared(data, _rewritten(less, chance))
    assert found.sections["annotations"].removed == [Record("id", gone["id"], row)]
    assert not found.changed
