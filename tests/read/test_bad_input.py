"""Bad input of every kind gives a finding or a message, never a traceback."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cocolint import app
from cocolint import schema as schemas
from cocolint.config import Settings
from cocolint.model import AnnotationFile, Finding, Severity, Task
from cocolint.read import source
from cocolint.read.document import RECORDS, Document, SliceReader, open_document
from cocolint.read.slicing import NotCoco
from cocolint.read.source import Unusable
from tests.support.cases import put, sound

Faults = dict[str, list[Finding]]

SOUND = json.dumps(sound("instances")).encode()
LITERALS = ("NaN", "Infinity", "-Infinity")
HUGE = (2**63, -(2**63) - 1, 2**64, 10**400, -(10**400))
DIGITS = ("1" * 6000, "-" + "9" * 100_000, "1" * 6000 + ".5", "1e999", "-1E999")
PLACES = {
    "bbox": "/annotations/0/bbox/0",
    "polygon": "/annotations/0/segmentation/0/3",
    "area": "/annotations/0/area",
    "unknown field": "/annotations/0/weight",
    "unknown key": "/extra",
    "info": "/info/version",
    "attributes": "/annotations/0/attributes",
    "counts": "/annotations/2/segmentation/counts/0",
    "size": "/images/0/width",
    "name": "/images/0/file_name",
}
WRONG: tuple[Any, ...] = (
    None, True, False, "", "1", "array([1])", 0, 1, -1, 2, 1.0, 0.5, 1e30, 10**20, 10**400, [], [1], ["a"], [None], [[]],
    [[1, 2], [3, 4]], [[[0]]], [[1, 2, 3, 4, 5, "6"]], [{}], [True], {}, {"a": 1}, {"size": [1, 1]},
    {"size": [480, 640], "counts": [True]}, {"size": ["a", 1], "counts": "a"}, {"size": [480, 640], "counts": ["a"]},
    {"size": [480, 640], "counts": None}, {"size": [480, 640], "counts": [[1]]}, {"size": [-1, 2**70], "counts": [2**70]},
)  # fmt: skip


def written(folder: Path, content: bytes, name: str = "instances_train.json", task: Task | None = None) -> AnnotationFile:
    path = folder / name
    path.write_bytes(content)
    return AnnotationFile(path, name, task, "train", "flat", True, True)


def read(file: AnnotationFile) -> tuple[Document, Faults]:
    """Read all of a file and return what the reader found."""
    document = open_document(file)
    faults = {rule: list(found) for rule, found in document.faults.items()}
    reader = SliceReader.of(document)
    for span in document.slices:
        for rule, found in reader.read(span)[1].items():
            faults.setdefault(rule, []).extend(found)
    return document, faults


def faults_of(folder: Path, content: bytes, name: str = "instances_train.json") -> Faults:
    """Read all of a file and return what was found, also where it cannot be used or is not COCO."""
    try:
        return read(written(folder, content, name))[1]
    except Unusable as fault:
        return {fault.rule: [fault.finding]}
    except NotCoco as reason:
        return {"not coco": [Finding(str(reason))]}


def with_records(task: Task, section: str) -> tuple[Any, list[Any]]:
    """Return a sound file, and the records of a section of it."""
    data = sound(task)
    if isinstance(data, list):
        return data, data
    return data, data.setdefault(section, [{"id": 1, "name": "person"}])


def with_text(pointer: str, text: str) -> bytes:
    """Return the sound file with `text` as the value at `pointer`."""
    data = sound("instances")
    put(data, pointer, "HERE")
    return json.dumps(data).replace('"HERE"', text).encode()


def unusable(folder: Path, content: bytes, name: str = "instances_train.json") -> Unusable:
    with pytest.raises(Unusable) as caught:
        open_document(written(folder, content, name))
    return caught.value


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("instances_train.json", SOUND)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "rule", "words"),
    [
        (b"", "json-syntax", "empty"),
        (b"\n \t\r\n" * 1000, "json-syntax", "empty"),
        (codecs.BOM_UTF8, "json-syntax", "empty"),
        (codecs.BOM_UTF16_LE, "json-syntax", "empty"),
        (b"hello", "json-syntax", "invalid character at byte 0"),
        (b'{"images": [],\n"annotations": [,]}', "json-syntax", "byte 31"),
        (b"{'images': []}", "json-syntax", "byte 1"),
        (b'{"images": [01]}', "json-syntax", "invalid number"),
        (b'{"images": ["\\q"]}', "json-syntax", "escape"),
        (b'{"images": ["\t"]}', "json-syntax", "invalid character"),
        (b'{"images": [] /* none */}', "json-syntax", "byte 14"),
        (bytes(100), "json-syntax", "not JSON"),
        (b"\x80\x04\x95 pickle", "json-syntax", "not JSON"),
        (b"[", "json-truncated", "cut off"),
        (b"-", "json-truncated", "cut off"),
        (SOUND + b"}", "json-trailing-data", "more text"),
        (SOUND + SOUND, "json-trailing-data", "more text"),
        (b'{"image_id": 1}\n{"image_id": 2}\n', "json-trailing-data", "byte 17"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "file-compressed-or-html", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "file-compressed-or-html", "web page"),
        (b"\n\n  <html>", "file-compressed-or-html", "web page"),
        (zipped(), "file-compressed-or-html", "zip"),
        (gzip.compress(SOUND), "file-compressed-or-html", "gzip"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "file-compressed-or-html", "PNG"),
        (b"3", "top-level-not-object", "single value"),
        (b"-1.5", "top-level-not-object", "single value"),
        (b"NaN", "top-level-not-object", "single value"),
        (b"1" * 5000, "top-level-not-object", "single value"),
        (b'"images"', "top-level-not-object", "single value"),
        (b"null", "top-level-not-object", "single value"),
        (b"true", "top-level-not-object", "single value"),
        (b"[1, 2]", "top-level-not-object", "array"),
        (b'[null, "a", [], {}]', "top-level-not-object", "array"),
        (b'[{"file_name": "a.jpg", "boxes": []}]', "top-level-not-object", "one object per image"),
        (b'[{"id": 1, "image_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 0}]', "top-level-not-object", "array of annotations"),
    ],
)
def test_unusable_files_are_told_apart(content: bytes, rule: str, words: str, tmp_path: Path) -> None:
    fault = unusable(tmp_path, content)
    assert fault.rule == rule
    assert words in fault.finding.message
    assert fault.finding.message.format() == str(fault)


@pytest.mark.parametrize("task", ["instances", "captions", "panoptic", "results_bbox"])
def test_a_file_cut_off_anywhere_is_truncated(task: str, tmp_path: Path) -> None:
    content = json.dumps(sound(task)).encode()
    assert {unusable(tmp_path, content[:size]).rule for size in range(1, len(content), 7)} == {"json-truncated"}


def test_gzip_cut_off_anywhere_is_truncated(tmp_path: Path) -> None:
    content = gzip.compress(SOUND)
    found = {unusable(tmp_path, content[:size], "a.json.gz").rule for size in range(2, len(content), 7)}
    assert found == {"json-truncated"}


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    content = gzip.compress(SOUND)
    for place in range(2, len(content), 5):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        assert faults_of(tmp_path, bytes(damaged), "a.json.gz").keys() <= {"json-syntax", "json-truncated", "json-encoding"}
    assert "damaged" in str(unusable(tmp_path, content + b"more", "a.json.gz"))


def test_gzip_is_read_whatever_the_case_of_its_name(tmp_path: Path) -> None:
    assert faults_of(tmp_path, gzip.compress(SOUND), "A.JSON.GZ") == {}
    assert faults_of(tmp_path, SOUND, "a.json.gz") == {}


def test_blanks_before_and_after_the_json_are_no_fault(tmp_path: Path) -> None:
    assert faults_of(tmp_path, b" \r\n\t" * 5000 + SOUND + b"\n" * 5000) == {}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("blanks", ["", "\n "])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_other_encodings_are_read_and_told(encoding: str, blanks: str, mark: str, tmp_path: Path) -> None:
    text = json.dumps(sound("instances"), ensure_ascii=False).replace("000001.jpg", "Bäume 木.jpg")
    document, faults = read(written(tmp_path, (mark + blanks + text).encode(encoding)))
    assert faults.keys() == {"json-bom" if mark else "json-encoding"}
    assert document.images.file_name[0] == "Bäume 木.jpg"


def test_a_utf8_mark_is_told_and_passed_over(tmp_path: Path) -> None:
    assert faults_of(tmp_path, codecs.BOM_UTF8 + SOUND).keys() == {"json-bom"}


@pytest.mark.parametrize("name", [b"B\xe4ume.jpg", b"\xc3", b"\xff\xfe", b"\xed\xa0\x80.jpg", b"\xe2\x82"])
def test_names_that_are_not_utf8_are_told(name: bytes, tmp_path: Path) -> None:
    content = SOUND.replace(b"000001.jpg", name)
    faults = faults_of(tmp_path, content)
    assert faults.keys() == {"json-encoding"}
    assert str(content.index(name)) in faults["json-encoding"][0].message or name.startswith(b"B")


def test_bytes_that_are_not_utf8_are_found_across_the_chunks_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = SOUND.replace(b"000001.jpg", b"\xe6\x9c\xa8\xe6\x9c.jpg")
    for size in range(230, 245):
        monkeypatch.setattr(source, "CHUNK", size)
        assert faults_of(tmp_path, content).keys() == {"json-encoding"}
        assert faults_of(tmp_path, SOUND.replace(b"000001.jpg", "木木.jpg".encode())) == {}


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00", r"\ud83dx", r"\udc00\ud800", r"\uD83D\u0041"])
@pytest.mark.parametrize("pointer", ["/images/0/file_name", "/images/0/x", "/info/url", "/annotations/0/x"])
def test_half_a_surrogate_pair_is_told(escape: str, pointer: str, tmp_path: Path) -> None:
    assert faults_of(tmp_path, with_text(pointer, f'"{escape}.jpg"')).keys() == {"json-encoding"}


def test_whole_surrogate_pairs_are_no_fault(tmp_path: Path) -> None:
    document, faults = read(written(tmp_path, with_text("/images/0/file_name", r'"\ud83d\ude00\\ud83d"')))
    assert not faults
    assert document.images.file_name[0] == "\U0001f600\\ud83d"


@pytest.mark.parametrize("literal", LITERALS)
@pytest.mark.parametrize("place", PLACES)
def test_literals_that_json_lacks_are_told_once(literal: str, place: str, tmp_path: Path) -> None:
    faults = faults_of(tmp_path, with_text(PLACES[place], literal))
    assert [len(finding.rows) or 1 for finding in faults["json-nan"]] == [1]


@pytest.mark.parametrize("literal", LITERALS)
def test_literals_within_text_are_left_alone(literal: str, tmp_path: Path) -> None:
    name = f'{literal} \\"{literal}\\" \\\\'
    content = with_text("/images/0/file_name", f'"{name}"').replace(b'"area": 4375.0', b'"area": NaN')
    document, faults = read(written(tmp_path, content))
    assert faults.keys() == {"json-nan"}
    assert document.images.file_name[0] == f'{literal} "{literal}" \\'


@pytest.mark.parametrize("number", DIGITS)
@pytest.mark.parametrize("place", PLACES)
def test_numbers_of_any_size_are_read(number: str, place: str, tmp_path: Path) -> None:
    faults = faults_of(tmp_path, with_text(PLACES[place], number))
    if place in ("bbox", "polygon", "area"):
        assert faults.keys() == {"json-number-overflow"}


def integer_fields() -> Iterator[tuple[Task, str, str]]:
    for task in Task:
        for section in RECORDS:
            for name, field in ((schemas.record_schema(task, section) or {}).get("properties") or {}).items():
                if "integer" in str(schemas.resolve(field, schemas.bundled(task)).get("type")):
                    yield task, section, name


@pytest.mark.parametrize(("task", "section", "field"), list(integer_fields()))
def test_integers_beyond_64_bits_are_told(task: Task, section: str, field: str, tmp_path: Path) -> None:
    for number in HUGE:
        data, records = with_records(task, section)
        records[0][field] = number
        faults = read(written(tmp_path, json.dumps(data).encode(), task=task))[1]
        assert field in ("license", "isthing", "date_captured") or faults.keys() == {"json-number-overflow"}


@pytest.mark.parametrize("levels", [20, 200, 400, *range(700, 1010, 10), 5000, 100_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a": ', "1}")])
def test_deep_nesting_is_read_or_told(levels: int, brackets: tuple[str, str], tmp_path: Path) -> None:
    opening, closing = brackets
    deep = opening * levels + closing[:-1] + closing[-1] * levels
    for pointer in PLACES.values():
        faults = faults_of(tmp_path, with_text(pointer, deep))
        if levels == 100_000:
            assert faults.keys() == {"json-depth-or-size"}
    assert faults_of(tmp_path, deep.encode())


def test_what_is_read_near_the_limit_of_nesting_is_checked_too(tmp_path: Path) -> None:
    limit = sys.getrecursionlimit()
    for levels in range(limit - 300, limit, 20):
        file = written(tmp_path, with_text("/annotations/0/bbox", "[" * levels + "]" * levels))
        assert not app.check([str(file.path)], Settings(jobs=1)).crashes


def test_a_file_of_more_than_2_gib_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST", len(SOUND) - 1)
    (finding,) = faults_of(tmp_path, SOUND)["json-depth-or-size"]
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize("key", ["images", "annotations", "categories", "info", "licenses"])
def test_a_top_level_key_that_stands_twice_is_told(key: str, tmp_path: Path) -> None:
    for content in (SOUND[:-1] + f', "{key}": []}}'.encode(), f'{{"{key}": [1], '.encode() + SOUND[1:]):
        faults = faults_of(tmp_path, content)
        assert [key in finding.message for finding in faults["json-duplicate-key"]] == [True]


@pytest.mark.parametrize("section", RECORDS)
def test_a_field_that_stands_twice_is_told_of_its_record_only(section: str, tmp_path: Path) -> None:
    data = sound("instances")
    data["images"][0]["nested"] = data["annotations"][0]["attributes"] = {"id": 1, "x": [{"id": 2, "bbox": "id"}]}
    data[section][1]["TWICE"] = 0
    faults = faults_of(tmp_path, json.dumps(data).replace('"TWICE"', '"id"').encode())
    (finding,) = faults["json-duplicate-key"]
    assert (finding.section, finding.rows.tolist(), finding.field) == (section, [1], "id")


def test_a_field_is_found_twice_where_other_records_lack_it(tmp_path: Path) -> None:
    content = SOUND.replace(b'"area": 200, ', b"").replace(b'"area"', b'"area": 1, "area"', 1)
    (finding,) = faults_of(tmp_path, content)["json-duplicate-key"]
    assert (finding.rows.tolist(), finding.field) == ([0], "area")


@pytest.mark.parametrize("task", list(Task))
def test_nested_keys_are_not_accused(task: Task, tmp_path: Path) -> None:
    assert faults_of(tmp_path, json.dumps(sound(task)).encode(), f"{task}_train.json") == {}


@pytest.mark.parametrize("section", ["images", "annotations", "categories", "licenses", "info"])
@pytest.mark.parametrize("value", [{}, {"id": 1}, None, "", "x", 1, 0.5, True])
def test_sections_of_the_wrong_type_are_told(section: str, value: Any, tmp_path: Path) -> None:
    faults = faults_of(tmp_path, json.dumps({**sound("instances"), section: value}).encode())
    fine = (section == "info" and isinstance(value, dict)) or (section in ("info", "licenses") and value is None)
    assert bool(faults) is not fine
    assert faults.keys() <= {{"info": "info-types", "licenses": "licenses-type"}.get(section, "section-not-array")}


@pytest.mark.parametrize("section", RECORDS)
def test_records_that_are_no_objects_are_told_and_nothing_else_is_said_of_them(section: str, tmp_path: Path) -> None:
    data = sound("instances")
    data[section] += [None, True, 0, 1.5, "a", [], [{}]]
    faults = faults_of(tmp_path, json.dumps(data).encode())
    assert faults.keys() == {"item-not-object"}
    assert sum(len(finding.rows) for finding in faults["item-not-object"]) == 7


def fields() -> Iterator[tuple[Task, str, str]]:
    for task in Task:
        for section in RECORDS:
            for name in (schemas.record_schema(task, section) or {}).get("properties", {}):
                yield task, section, name


@pytest.mark.parametrize(("task", "section", "field"), list(fields()))
def test_no_value_of_a_field_stops_the_reader_or_a_rule(task: Task, section: str, field: str, tmp_path: Path) -> None:
    data, records = with_records(task, section)
    template, count = records[0], len(records)
    records += [{**template, field: value} for value in WRONG]
    file = written(tmp_path, json.dumps(data).encode(), f"{task}_train.json", task)
    report = app.check([str(file.path)], Settings(select=("ALL",), jobs=1))
    assert not report.crashes
    assert report.files[0].task is task
    faults = read(file)[1]
    told = {row - count for found in faults.values() for finding in found for row in finding.rows.tolist()}
    missed = [value for number, value in enumerate(WRONG) if number not in told and refused(task, section, field, value)]
    assert not missed


def refused(task: Task, section: str, field: str, value: Any) -> bool:
    """Whether the schema refuses a value for another reason than its length."""
    schema = {**(schemas.record_schema(task, section) or {})["properties"][field], "$defs": schemas.bundled(task)["$defs"]}
    return not Draft202012Validator(without_lengths(schema)).is_valid(value)


def without_lengths(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: without_lengths(value) for key, value in schema.items() if key not in ("minItems", "maxItems")}
    return [without_lengths(part) for part in schema] if isinstance(schema, list) else schema


def test_a_missing_file_and_a_folder_are_left_to_the_caller(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(OSError, match=r"directory"):
            open_document(AnnotationFile(path, "a", None, "", "flat", True, True))
