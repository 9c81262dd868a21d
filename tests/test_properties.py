"""What holds for every input."""

from __future__ import annotations

import copy
import json
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Severity
from cocolint.reported import Report
from tests.support.strategies import FAULTS, data_sets

Data = dict[str, Any]
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def report_on(content: Data | bytes, task: str = "instances", **chosen: Any) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{task}_train.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        report = app.check([str(path)], Settings(jobs=1, **chosen))
        for group in report.groups:
            assert len(report.occurrences(group, None)) == group.count
        return report


def counts(report: Report) -> Counter[str]:
    found: Counter[str] = Counter()
    for group in report.groups:
        found[group.name] += group.count
    return found


@pytest.mark.parametrize("task", ["instances", "person_keypoints"])
@QUICK
@given(data=st.data())
def test_a_sound_file_has_no_finding(task: str, data: st.DataObject) -> None:
    report = report_on(data.draw(data_sets(task)), task)
    assert not counts(report)
    assert not report.crashes


@pytest.mark.parametrize("rule", FAULTS)
@settings(QUICK, max_examples=8)
@given(data=data_sets())
def test_a_fault_gives_its_rule_and_no_other_error(rule: str, data: Data) -> None:
    FAULTS[rule](data)
    report = report_on(data)
    errors = {group.name for group in report.groups if group.severity is Severity.ERROR}
    assert counts(report)[rule] == 1
    assert errors <= {rule}
    assert not report.crashes


@st.composite
def faulty(draw: st.DrawFn) -> Data:
    data = draw(data_sets())
    for rule in draw(st.lists(st.sampled_from(sorted(FAULTS)), max_size=2, unique=True)):
        changed = copy.deepcopy(data)
        try:
            FAULTS[rule](changed)
        except (KeyError, TypeError, IndexError, StopIteration, AttributeError):
            continue
        data = changed
    return data


@QUICK
@given(data=faulty(), seed=st.integers(0, 99))
def test_the_order_of_records_changes_no_count(data: Data, seed: int) -> None:
    shuffled = copy.deepcopy(data)
    order = random.Random(seed)
    for section in ("images", "annotations"):
        order.shuffle(shuffled[section])
    assert counts(report_on(shuffled)) == counts(report_on(data))


@QUICK
@given(data=faulty(), indent=st.sampled_from([None, 0, 1, 4, "\t"]), ascii_only=st.booleans())
def test_white_space_changes_nothing(data: Data, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only).encode()
    assert counts(report_on(text)) == counts(report_on(data))


@QUICK
@given(data=faulty(), shift=st.integers(1, 10**6))
def test_consistent_renumbering_changes_no_count(data: Data, shift: int) -> None:
    def moved(value: Any) -> Any:
        return value + shift if isinstance(value, int) else value

    renumbered = copy.deepcopy(data)
    for image in renumbered["images"]:
        image["id"] = moved(image["id"])
    for annotation in renumbered["annotations"]:
        for key in ("id", "image_id"):
            if key in annotation:
                annotation[key] = moved(annotation[key])
    assert counts(report_on(renumbered)) == counts(report_on(data))


def _at(data: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/"):
        key = int(part) if isinstance(data, list) else part
        if isinstance(data, dict) and key not in data:
            return data
        data = data[key]
    return data


@QUICK
@given(data=faulty(), indent=st.sampled_from([None, 2, "\t"]), name=st.text(st.characters(codec="utf-8"), max_size=5))
def test_positions_agree_with_a_full_parse(data: Data, indent: Any, name: str) -> None:
    data["images"][0]["file_name"] = name + "é.jpg"
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instances_train.json"
        path.write_text(text, encoding="utf-8", newline="")
        report = app.check([str(path)], Settings(jobs=1, select=("ALL",)))
        for group in report.groups:
            if not len(group.finding.rows):
                continue
            for occurrence in report.occurrences(group, None):
                line = text.split("\n")[occurrence.line - 1 :]
                start = "\n".join(line)[occurrence.column - 1 :]
                value, _ = json.JSONDecoder().raw_decode(start)
                assert value == _at(data, occurrence.pointer)


@settings(QUICK, max_examples=200)
@given(content=st.binary(max_size=300))
def test_arbitrary_bytes_never_crash(content: bytes) -> None:
    report = report_on(content, select=("ALL",))
    assert not report.crashes


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "bbox", "size", "counts", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(QUICK, max_examples=200)
@given(data=data_sets("person_keypoints"), changes=st.data())
def test_any_value_anywhere_never_crashes(data: Data, changes: st.DataObject) -> None:
    for _ in range(changes.draw(st.integers(1, 4))):
        section = changes.draw(st.sampled_from(sorted(data)))
        value = changes.draw(JSON_VALUES)
        records = data[section]
        if not isinstance(records, list) or not records or changes.draw(st.integers(0, 9)) == 0:
            data[section] = value
            continue
        place = changes.draw(st.integers(0, len(records) - 1))
        if not isinstance(records[place], dict) or not records[place]:
            records[place] = value
            continue
        records[place][changes.draw(st.sampled_from(sorted(records[place])))] = value
    report = report_on(data, "person_keypoints", select=("ALL",))
    assert not report.crashes


@QUICK
@given(data=data_sets(), cut=st.floats(0, 1))
def test_a_cut_file_is_told_as_cut(data: Data, cut: float) -> None:
    text = json.dumps(data).encode()
    report = report_on(text[: max(1, int(cut * (len(text) - 1)))])
    assert counts(report)["json-truncated"] == 1
