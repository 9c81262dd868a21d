"""The JSON reports against the contract, and how fast they are."""

from __future__ import annotations

import io
import json
import math
import time
from typing import Any

import jsonschema
import numpy as np
import pytest
from msgspec.structs import replace

from cocolint import report as writers
from cocolint.report import Style
from cocolint.reported import Occurrence, Report
from tests.report.snapshot import printed
from tests.support import reports

TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
COUNT = {"type": "integer", "minimum": 0}


def exactly(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these keys, all of them, and no others."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def listed(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


FILE = exactly(
    path=TEXT, task=TEXT_OR_NULL, subset=TEXT, dialect=TEXT, status={"enum": ["passed", "failed", "unreadable", "skipped"]},
    images=COUNT, annotations=COUNT, categories=COUNT, bytes=COUNT,
)  # fmt: skip
RECORD = {"anyOf": [{"type": "null"}, exactly(kind={"enum": ["image", "annotation", "category", "segment"]}, id={})]}
OCCURRENCE = exactly(
    pointer=TEXT, line={"type": "integer", "minimum": 1}, column={"type": "integer", "minimum": 1}, message=TEXT,
    record=RECORD, image_id={}, value={},
)  # fmt: skip
PROFILE = exactly(name=TEXT, severity={"enum": ["error", "warning"]}, effect=TEXT)
FINDING = exactly(
    rule=TEXT, name=TEXT, severity={"enum": ["error", "warning", "info"]}, path=TEXT, count=COUNT, total=COUNT, message=TEXT,
    hint=TEXT, fix={"enum": ["safe", "unsafe", None]}, suppressed=COUNT, profiles=listed(PROFILE),
    occurrences=listed(OCCURRENCE), omitted=COUNT,
)  # fmt: skip
SKIPPED = exactly(rule=TEXT_OR_NULL, name=TEXT_OR_NULL, path=TEXT_OR_NULL, because=TEXT)
STALE = exactly(rule=TEXT, path=TEXT, gone=COUNT, because=TEXT)
SUMMARY = exactly(
    files=COUNT, errors=COUNT, warnings=COUNT, infos=COUNT, fixable_safe=COUNT, fixable_unsafe=COUNT,
    suppressed=COUNT, stale=COUNT, mending={"enum": ["off", "shown", "done"]}, mended=COUNT, written=COUNT,
    seconds={"type": "number"}, exit_code={"enum": [0, 1, 2, 130]},
)  # fmt: skip
CHANGE = exactly(
    record=exactly(kind=TEXT, id={}), field=TEXT, how={"enum": ["added", "removed", "changed", "dropped", "rewritten"]},
    old={}, new={},
)  # fmt: skip
MENDED = exactly(
    rule=TEXT, name=TEXT, path=TEXT, count=COUNT, dropped=COUNT, fields=listed(TEXT), changes=listed(CHANGE)
)  # fmt: skip
TOOL = exactly(name={"const": "cocolint"}, version=TEXT)
CONTRACT = exactly(
    version={"const": 1}, tool=TOOL, files=listed(FILE), findings=listed(FINDING), mended=listed(MENDED),
    skipped=listed(SKIPPED), stale=listed(STALE), summary=SUMMARY,
)  # fmt: skip
LINES = {
    "file": FILE,
    "finding": FINDING,
    "mended": MENDED,
    "skipped": SKIPPED,
    "stale": STALE,
    "summary": SUMMARY,
    "run": exactly(version={}, tool=TOOL),
}


def as_json(report: Report, **style: Any) -> Any:
    return json.loads(printed(report, "json", **style))


@pytest.mark.parametrize("report", [reports.typical(), reports.clean(), reports.report()], ids=["typical", "clean", "empty"])
def test_json_keeps_the_contract(report: Report) -> None:
    jsonschema.validate(as_json(report, machine_examples=2), CONTRACT)


def test_every_occurrence_is_there_whatever_people_are_shown() -> None:
    finding = as_json(reports.typical(), max_examples=5)["findings"][0]
    assert (finding["count"], len(finding["occurrences"]), finding["omitted"]) == (104_213, 104_213, 0)
    assert finding["occurrences"][1] == {
        "pointer": "/annotations/3/bbox", "line": 12, "column": 17, "message": "12.0 px over the image",
        "record": {"kind": "annotation", "id": 4}, "image_id": 1, "value": [604, 12, 48, 30],
    }  # fmt: skip


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_limit_is_kept_and_told(limit: int) -> None:
    finding = as_json(reports.typical(), machine_examples=limit)["findings"][0]
    assert len(finding["occurrences"]) == limit
    assert finding["omitted"] == 104_213 - limit


def test_summary_counts() -> None:
    assert as_json(reports.typical(), machine_examples=0)["summary"] == {
        "files": 3, "errors": 4, "warnings": 104_213, "infos": 1, "fixable_safe": 0, "fixable_unsafe": 104_213,
        "suppressed": 2, "stale": 0, "mending": "off", "mended": 0, "written": 0, "seconds": 41.23, "exit_code": 2,
    }  # fmt: skip


def test_what_did_not_run_says_why() -> None:
    skipped = as_json(reports.typical(), machine_examples=0)["skipped"]
    assert skipped[0] == {
        "rule": None, "name": None, "path": "annotations/broken.json", "because": "unreadable: Permission denied"
    }  # fmt: skip
    assert skipped[1]["because"] == "internal error: ValueError: [bold]no[/]"
    assert [entry["rule"] for entry in skipped[2:]] == ["A010", "A011", "I018"]


def test_json_lines() -> None:
    lines = [json.loads(line) for line in printed(reports.typical(), "jsonl", machine_examples=1).splitlines()]
    kinds = [line.pop("type") for line in lines]
    assert kinds == ["run", *["file"] * 3, *["finding"] * 4, *["skipped"] * 5, "summary"]
    for kind, line in zip(kinds, lines, strict=True):
        jsonschema.validate(line, LINES[kind])


def test_what_was_mended() -> None:
    data = as_json(reports.mended())
    jsonschema.validate(data, CONTRACT)
    assert [(change["field"], change["how"], change["new"]) for change in data["mended"][0]["changes"]] == [
        ("iscrowd", "added", 0), ("iscrowd", "changed", 1), ("", "dropped", None),
    ]  # fmt: skip
    assert data["summary"]["mended"] == 1_204
    assert {entry["because"] for entry in data["skipped"]} == {
        "not mended: it would make bbox-degenerate fire", "not mended: it is compressed",
    }  # fmt: skip


def test_values_that_json_cannot_hold() -> None:
    strange = {"id": 2**70, "nan": math.nan, "lone": "\udcff", "numpy": np.int64(3), "nested": [{"\ud800": 1}]}

    def locate(*_: object) -> list[Occurrence]:
        return [Occurrence("/\udcff", 1, 1, "\x1b[31m\x9b\u202e\U000e0041", "annotation", 2**70, None, strange, "", b"")]

    report = replace(reports.report(reports.result("\udcff.json", reports.group("A001", "x"))), occurrences=locate)
    text = printed(report, "json")
    assert text.replace("\n", "").isprintable()
    data = json.loads(text)
    found = data["findings"][0]["occurrences"][0]
    assert data["files"][0]["path"] == r"\udcff.json"
    assert found["message"] == "\x1b[31m\x9b\u202e\U000e0041"
    assert found["record"]["id"] == 2**70
    assert found["value"] == {"id": 2**70, "nan": None, "lone": r"\udcff", "numpy": 3, "nested": [{r"\ud800": 1}]}


def test_json_is_utf_8_whatever_the_stream_is() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1", newline="\r\n")
    writers.write(reports.report(reports.result("\u5b57.json")), Style("json"), stream)
    stream.flush()
    assert b"\r" not in raw.getvalue()
    assert json.loads(raw.getvalue())["files"][0]["path"] == "\u5b57.json"


@pytest.mark.parametrize("output_format", ["json", "jsonl"])
def test_hundred_thousand_occurrences_take_less_than_a_second(output_format: str) -> None:
    group = reports.out_of_image(100_000)
    located = reports.locate(group, None)
    report = replace(reports.report(reports.result(reports.TRAIN, group)), occurrences=lambda *_: located)
    begin = time.perf_counter()
    text = printed(report, output_format)
    assert time.perf_counter() - begin < 1
    assert text.count('"pointer"') == 100_000
