"""Faults within the segments of a panoptic annotation are told where they are, not at the whole list."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint import app
from cocolint.config import Settings
from cocolint.report.blocks import write_blocks
from cocolint.report.page import Page
from cocolint.report.style import Style
from cocolint.reported import Occurrence
from tests.support.cases import sound

SEGMENT = sound("panoptic")["annotations"][0]["segments_info"][0]


def found(folder: Path, lists: list[list[Any]]) -> list[tuple[str, Occurrence]]:
    """Return the rules and occurrences of faults in the segments of some annotations, in the order of the file."""
    data = sound("panoptic")
    data["annotations"] = [{**data["annotations"][0], "segments_info": segments} for segments in lists]
    path = folder / "panoptic_train.json"
    path.write_text(json.dumps(data))
    report = app.check([str(path)], Settings(jobs=1, no_images=True, select=("panoptic-segment-fields", "bool-as-int")))
    return [(group.name, one) for group in report.groups for one in report.occurrences(group, None)]


@pytest.mark.parametrize(
    ("edit", "field", "words"),
    [
        ({"area": "7"}, "area", "`area`: expected integer, got string"),
        ({"id": None}, "id", "`id`: expected integer, got null"),
        ({"bbox": [1, 2, 3]}, "bbox", "`bbox`: expected 4 values, got 3"),
        ({"bbox": [1, 2, 3, "4"]}, "bbox", "`bbox`: expected integer, got string"),
        ({"iscrowd": True}, "iscrowd", "`iscrowd`: expected 0 or 1, got boolean"),
    ],
)  # fmt: skip
def test_the_field_is_named(edit: dict[str, Any], field: str, words: str, tmp_path: Path) -> None:
    faults = found(tmp_path, [[SEGMENT, {**SEGMENT, **edit}]])
    ((_, fault),) = faults
    assert (fault.pointer, fault.message) == (f"/annotations/0/segments_info/1/{field}", words)
    assert fault.key == field


def test_a_field_that_is_not_there_is_told_at_its_segment(tmp_path: Path) -> None:
    segment = {key: value for key, value in SEGMENT.items() if key != "area"}
    ((_, fault),) = found(tmp_path, [[SEGMENT, SEGMENT, segment]])
    assert (fault.pointer, fault.message) == ("/annotations/0/segments_info/2", "`area` is missing")


KINDS = st.sampled_from([{}, {"area": "7"}, {"id": []}, {"category_id": 1.5}, {"id": "1", "area": None}, {"iscrowd": False}])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(lists=st.lists(st.lists(KINDS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_each_pointer_leads_to_a_fault(tmp_path: Path, lists: list[list[dict[str, Any]]]) -> None:
    faults = found(tmp_path, [[{**SEGMENT, **edit} for edit in edits] for edits in lists])
    for _, fault in faults:
        _, section, row, field, place, key = fault.pointer.split("/")
        assert (section, field) == ("annotations", "segments_info")
        assert fault.value == lists[int(row)][int(place)][key]
        assert f"`{key}`" in fault.message
    faulty = {row for row, edits in enumerate(lists) if any(edits)}
    assert {int(fault.pointer.split("/")[2]) for _, fault in faults} == faulty


def test_a_report_leaves_out_the_id_of_a_record_without_one(tmp_path: Path) -> None:
    path = tmp_path / "panoptic_train.json"
    data = sound("panoptic")
    data["annotations"][0]["segments_info"][0]["area"] = "7"
    path.write_text(json.dumps(data))
    stream = io.StringIO()
    write_blocks(Page(stream, Style()), app.check([str(path)], Settings(jobs=1, no_images=True)))
    assert "segments_info/0/area  image id=1" in stream.getvalue()
    assert "null" not in stream.getvalue()
