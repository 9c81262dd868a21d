"""`cocolint diff` as its users call it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cocolint.compare.difference import difference
from cocolint.compare.shown import write
from tests.report.test_hostile import NASTY

BEFORE: dict[str, Any] = {
    "info": {"version": "1", "url": "x"},
    "licenses": [],
    "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
    "annotations": [
        {"id": 0, "image_id": 1, "area": 4},
        {"id": 1, "image_id": 1, "bbox": [1, 2, 40.0, 4], "area": 4},
        {"id": 2, "image_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 3, 4, 5, 6]]},
        {"id": 3, "image_id": 2, "caption": "a man who rides a horse along the beach in the evnening sun"},
        {"id": 4, "image_id": 2},
    ],
}
AFTER: dict[str, Any] = {
    "info": {"version": "2", "url": "x"},
    "images": [{"id": 2, "file_name": "b.jpg"}, {"id": 1, "file_name": "a.jpg"}, {"id": 9}],
    "annotations": [
        {"id": 91, "image_id": 1, "area": 4},
        {"id": 1, "image_id": 1, "bbox": [1, 2, 39.5, 4], "area": 4.0},
        {"id": 2, "image_id": 1, "bbox": [2, 3, 3, 4], "segmentation": [[1, 2, 3, 4]]},
        {"id": 3, "image_id": 2, "caption": "a man who rides a horse along the beach in the evening sun", "score": None},
    ],
}
TEXT = """\
--- old.json
+++ new.json
images: 0 changed, 0 removed, 1 added
  + image id=9
images: the records stand in another order, which is no difference
annotations: 4 changed (bbox 2, id 1, segmentation 1, caption 1, score 1), 1 removed, 0 added
  - annotation id=4
  annotation id=1  bbox/2: 40.0 -> 39.5
  annotation id=2  bbox/0: 1 -> 2  and 1 more place
  annotation id=0  id: 0 -> 91
  annotation id=2  segmentation/0: [1, 2, 3, 4, 5, 6] -> [1, 2, 3, 4]
  annotation id=3  caption: ...ch in the evnening sun" -> ...ch in the evening sun"
  annotation id=3  score: (absent) -> null
info: changed
  version: "1" -> "2"
licenses: removed
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.json").write_text(json.dumps(BEFORE))
    (tmp_path / "new.json").write_text(json.dumps(AFTER, indent=2))
    return tmp_path


def diff(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cocolint", "diff", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=60,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120"},
    )  # fmt: skip


def test_what_a_reader_sees(folder: Path) -> None:
    done = diff(folder, "old.json", "new.json")
    assert (done.stdout, done.stderr, done.returncode) == (TEXT, "", 1)


def test_equal_files(folder: Path) -> None:
    done = diff(folder, "old.json", "old.json")
    assert (done.stdout, done.returncode) == ("equal: old.json and old.json\n", 0)


def test_examples_can_be_limited(folder: Path) -> None:
    lines = diff(folder, "old.json", "new.json", "--max-examples", "1").stdout.splitlines()
    assert "  annotation id=2  bbox/0: 1 -> 2  and 1 more place" not in lines
    assert "  ... 1 more. All: --max-examples none" in lines


def test_programs_get_all_of_it(folder: Path) -> None:
    done = diff(folder, "old.json", "new.json", "--output-format", "json")
    data = json.loads(done.stdout)
    assert done.returncode == 1
    assert data.keys() == {"version", "tool", "old", "new", "equal", "sections"}
    sections = {section["name"]: section for section in data["sections"]}
    keys = {"name", "equal", "order_differs", "records", "counts", "fields", "omitted", "changed", "removed", "added"}
    assert {frozenset(section) for section in data["sections"]} == {frozenset(keys)}
    found = sections["annotations"]
    assert found["counts"] == {"changed": 4, "removed": 1, "added": 0}
    assert found["removed"] == [{"key": "id", "id": 4, "row": 4}]
    assert found["changed"][0] == {
        "record": {"key": "id", "id": 0, "row": 0}, "field": "id", "how": "changed", "old": 0, "new": 91,
    }  # fmt: skip
    assert [change["how"] for change in found["changed"] if change["field"] == "score"] == ["added"]
    assert sections["licenses"]["counts"]["removed"] == 1


def test_programs_get_fewer_if_they_say_so(folder: Path) -> None:
    done = diff(folder, "old.json", "new.json", "--output-format", "json", "--max-examples", "1")
    found = {section["name"]: section for section in json.loads(done.stdout)["sections"]}["annotations"]
    assert (found["omitted"], found["fields"]["bbox"]) == (1, 2)
    assert [change["field"] for change in found["changed"] if change["field"].startswith("bbox")] == ["bbox/2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["old.json", "missing.json"], "no such file or folder: 'missing.json'"),
        (["old.json", "."], "'.' is a folder: name an annotation file"),
        (["old.json", "broken.json"], "broken.json: the file ends in the middle of a value, after 10 bytes: it was cut off"),
        (["old.json", "new.json", "--max-examples", "few"], "--max-examples: expected a number or 'none', got 'few'"),
        (["old.json", "new.json", "--output-format", "xml"], "no output format 'xml'; there are text, json"),
    ],
)
def test_bad_input_ends_with_2(folder: Path, arguments: list[str], message: str) -> None:
    (folder / "broken.json").write_text('{"info": {')
    done = diff(folder, *arguments)
    assert (done.stdout, done.stderr, done.returncode) == ("", f"cocolint: {message}\n", 2)


@pytest.mark.parametrize("text", NASTY)
def test_text_of_the_data_steers_nothing(tmp_path: Path, text: str) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps({text: 1, "annotations": [{"id": text, text: text}, {"id": 1, "a": text}]}) + " " * 12)
    new.write_text(json.dumps({text: text, "annotations": [{"id": text, text: {text: text}}, {"id": text + "1"}]}) + " " * 12)
    found = difference(old, new)
    for output_format in ("text", "json"):
        stream = io.StringIO()
        write(found, stream, output_format, None)
        lines = stream.getvalue().split("\n")
        assert all(line.isprintable() for line in lines)
        assert not any(line.lstrip().startswith("::") or "##[" in line for line in lines if output_format == "text")
    assert stream.getvalue().isascii()
    json.loads(stream.getvalue())
