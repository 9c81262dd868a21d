"""The fast door and the schema agree: a record is accused exactly when the schema rejects it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cocolint import schema as schemas
from cocolint.engine import registry
from cocolint.model import AnnotationFile, Finding, Task
from cocolint.read import build
from cocolint.read.document import SliceReader, open_document
from cocolint.read.structure import RecordReader
from tests.support.cases import sound

RULES_ON_LENGTHS = ("polygon-too-few-points", "polygon-first-ring-shape", "segmentation-nested-points")
"""What the schema says of lengths without naming a rule is left to these, which see the columns."""
SPELLING = "json-number-overflow"
"""The rule on how a number is written; to the schema 1.0 and 1 are the same."""
OFFICIAL = Path(__file__).parents[3] / "shared" / "data" / "real"

SECTIONS = [
    (task, name) for task in Task for name in ("images", "categories", "annotations") if schemas.record_schema(task, name)
]

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([0, 1, 1.0, -1, 2.5]),
    st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5), st.sampled_from(["", "[1, 2]", "b'x'", "b\"0\""]),
)  # fmt: skip
numbers = st.integers(-9, 9) | st.sampled_from([0.5, 2.0])
values = st.one_of(
    scalars,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    st.lists(numbers, max_size=9),
    st.lists(st.lists(numbers, max_size=9), max_size=3),
    st.lists(st.lists(st.lists(numbers, max_size=3), max_size=4), max_size=3),
    st.fixed_dictionaries(
        {}, optional={"size": st.lists(numbers, max_size=3), "counts": st.lists(numbers, max_size=3) | st.text(max_size=3)}
    ),
)  # fmt: skip


@pytest.mark.parametrize(("task", "section"), SECTIONS, ids=[f"{task.value}-{section}" for task, section in SECTIONS])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_record_is_accused_exactly_when_the_schema_rejects_it(task: Task, section: str, data: st.DataObject) -> None:
    records = data.draw(mutated(records_of(sound(task), section)))
    assert accused(task, section, records) == rejected(task, section, records)


def records_of(content: Any, section: str) -> list[Any]:
    found = content if isinstance(content, list) else content.get(section, [])
    return list(found) or [{"id": 1, "name": "person"}]


@st.composite
def mutated(draw: st.DrawFn, records: list[Any]) -> list[Any]:
    for _ in range(draw(st.integers(1, 3))):
        if not records:
            break
        path = draw(st.sampled_from(list(paths(records))))
        node: Any = records
        for key in path[:-1]:
            node = node[key]
        if draw(st.integers(0, 9)):
            node[path[-1]] = draw(values)
        else:
            del node[path[-1]]
    return records


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*above, key)
        yield from paths(inner, (*above, key))


def rejected(task: Task, section: str, records: list[Any]) -> set[int]:
    root = schemas.bundled(task)
    validator = Draft202012Validator({**(schemas.record_schema(task, section) or {}), "$defs": root.get("$defs", {})})
    return {row for row, record in enumerate(records) if not validator.is_valid(record)}


def accused(task: Task, section: str, records: list[Any]) -> set[int]:
    read = RecordReader(task, section).read(json.dumps(records).encode())
    rows = rows_of(finding for rule, findings in read.faults.items() if rule != SPELLING for finding in findings)
    masks = build.Masks(read.pieces, read.broken)
    for name in schemas.required_fields(task, section):
        masks.column(name)
        rows |= set(np.flatnonzero(masks.absent[name]).tolist())
    return rows | accused_by_rules(masks) if section == "annotations" else rows


def accused_by_rules(masks: build.Masks) -> set[int]:
    nothing = build.Masks([], {})
    table = build.annotations_of(masks, build.images_of(nothing), build.categories_of(nothing))
    fixtures = {"annotations": table, "index": table, "faults": []}
    rules = registry.load()

    def found(name: str) -> set[int]:
        rule = rules.get(name)
        return rows_of(rule(*(fixtures[fixture] for fixture in rule.fixtures)))

    without_a_number = found("segmentation-empty") & set(np.flatnonzero(table.ring_count).tolist())
    return without_a_number.union(*map(found, RULES_ON_LENGTHS))


def rows_of(findings: Iterable[Finding]) -> set[int]:
    return {int(row) for finding in findings for row in finding.rows}


def official_files() -> list[Path]:
    return sorted(OFFICIAL.glob("coco-official__*/**/*.json"))


@pytest.mark.skipif(not official_files(), reason="the official files are not beside the checkout, in ../shared")
@pytest.mark.parametrize("path", official_files(), ids=lambda path: path.name)
def test_official_files_are_sound(path: Path) -> None:
    document = open_document(AnnotationFile(path, path.name, None, "", "flat", True, True))
    assert not document.faults
    reader = SliceReader.of(document)
    assert not any(reader.read(span)[1] for span in document.slices)
    validator = Draft202012Validator(schemas.bundled(document.task))
    assert not list(validator.iter_errors(json.loads(path.read_bytes())))
