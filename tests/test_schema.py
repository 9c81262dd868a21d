"""The published schemas: valid, standing on their own, and neither too strict nor too loose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cocolint import schema as schemas
from cocolint.engine import registry
from cocolint.model import Task
from tests.support.cases import REMOVED, put, sound

ANNOTATED = [task for task in Task if not task.is_results]
OBJECTS = [Task.INSTANCES, Task.STUFF, Task.PERSON_KEYPOINTS]
RESULT_ARRAYS = [task for task in Task if task.is_results and task is not Task.RESULTS_PANOPTIC]
SCORED = [Task.RESULTS_BBOX, Task.RESULTS_SEGM, Task.RESULTS_KEYPOINTS]
SCHEMA_NAMES = [task.value for task in Task]

Mutation = tuple[Task, str, Any]


def validator(task: Task) -> Draft202012Validator:
    return Draft202012Validator(schemas.bundled(task))


def changed(task: Task, pointer: str, value: Any) -> Any:
    data = sound(task)
    put(data, pointer, value)
    return data


def on(tasks: Sequence[Task], pointer: str, *values: Any) -> Iterator[Mutation]:
    for task in tasks:
        for value in values:
            yield task, pointer, value


def on_each(tasks: Sequence[Task], folder: str, fields: str, *values: Any) -> Iterator[Mutation]:
    for field in fields.split():
        yield from on(tasks, f"{folder}/{field}", *values)


FORBIDDEN: list[Mutation] = [
    *on(ANNOTATED, "/images", REMOVED, None, {}),
    *on([t for t in ANNOTATED if t is not Task.IMAGE_INFO], "/annotations", REMOVED, None, {}),
    *on([*OBJECTS, Task.LABELS, Task.PANOPTIC], "/categories", REMOVED, None, {}),
    *on(ANNOTATED, "/images/0", None, [], 1),
    *on_each(ANNOTATED, "/images/0", "id width height", REMOVED, None, "1", 1.5),
    *on(ANNOTATED, "/images/0/file_name", REMOVED, None, 7),
    *on([t for t in ANNOTATED if t is not Task.CAPTIONS], "/categories/0/id", REMOVED, None, "1", 1.5),
    *on([t for t in ANNOTATED if t is not Task.CAPTIONS], "/categories/0/name", REMOVED, None, 7),
    *on([*OBJECTS, Task.CAPTIONS, Task.LABELS, Task.PANOPTIC], "/annotations/0", None, [], "x"),
    *on_each([*OBJECTS, Task.CAPTIONS, Task.LABELS], "/annotations/0", "id image_id", REMOVED, None, "1", 1.5),
    *on([*OBJECTS, Task.LABELS], "/annotations/0/category_id", REMOVED, None, "1", 1.5),
    *on(OBJECTS, "/annotations/0/bbox", REMOVED, None, [], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, "4"], [[1, 2, 3, 4]], {}),
    *on(OBJECTS, "/annotations/0/area", REMOVED, None, "5", [5]),
    *on(OBJECTS, "/annotations/0/iscrowd", REMOVED, None, True, "0", 2),
    *on(OBJECTS, "/annotations/0/segmentation", None, "x", 5, [5, 6, 7, 8, 9, 10], [[]], [[1, 2, 3, 4]]),
    *on(OBJECTS, "/annotations/0/segmentation", [[[1, 2], [3, 4], [5, 6]]], [[1, 2, 3, 4, 5, None]]),
    *on(OBJECTS, "/annotations/0/segmentation", [{"size": [480, 640], "counts": ""}], [[1, 2, 3, 4, 5, "6"]]),
    *on(OBJECTS, "/annotations/0/segmentation", {"size": [480, 640]}, {"counts": "04"}, {"size": [480], "counts": "04"}),
    *on(OBJECTS, "/annotations/0/segmentation", {"size": [480, 640], "counts": [1.5]}, {"size": "480x640", "counts": "04"}),
    *on(OBJECTS, "/annotations/0/attributes", "x", [], None),
    *on([Task.PERSON_KEYPOINTS], "/annotations/0/keypoints", REMOVED, None, "x", [[1, 2, 2]], [1, 2, None]),
    *on([Task.PERSON_KEYPOINTS], "/annotations/0/num_keypoints", REMOVED, None, "2", 1.5),
    *on([Task.PERSON_KEYPOINTS], "/categories/0/keypoints", REMOVED, None, "keypoint", [1, 2]),
    *on([Task.PERSON_KEYPOINTS], "/categories/0/skeleton", REMOVED, None, "x", [1, 2], [[1]], [[1, 2, 3]], [["1", "2"]]),
    *on([Task.CAPTIONS], "/annotations/0/caption", REMOVED, None, 7, ["x"]),
    *on([Task.CAPTIONS], "/categories", None, {}),
    *on([Task.CAPTIONS], "/annotations/0/category_id", None, "1"),
    *on([Task.IMAGE_INFO], "/annotations", None, {}, [{"id": 1}]),
    *on([Task.LABELS], "/annotations/0/score", None, "0.5"),
    *on([Task.PANOPTIC, Task.RESULTS_PANOPTIC], "/annotations/0/image_id", REMOVED, None, "1", 1.5),
    *on([Task.PANOPTIC, Task.RESULTS_PANOPTIC], "/annotations/0/file_name", REMOVED, None, 7),
    *on([Task.PANOPTIC, Task.RESULTS_PANOPTIC], "/annotations/0/segments_info", REMOVED, None, {}, [1], [None]),
    *on_each([Task.PANOPTIC, Task.RESULTS_PANOPTIC], "/annotations/0/segments_info/0", "id category_id", REMOVED, None, "1"),
    *on([Task.PANOPTIC], "/annotations/0/segments_info/0/area", REMOVED, None, "1", 1.5),
    *on([Task.PANOPTIC], "/annotations/0/segments_info/0/bbox", REMOVED, None, [], [1, 2, 3], [1, 2, 3, 4.5]),
    *on([Task.PANOPTIC], "/annotations/0/segments_info/0/iscrowd", REMOVED, None, True, 2),
    *on([Task.PANOPTIC], "/categories/0/isthing", REMOVED, None, True, 2),
    *on([Task.PANOPTIC], "/categories/0/color", None, [1, 2], "#ff0000"),
    *on([Task.RESULTS_PANOPTIC], "/annotations", REMOVED, None, {}),
    *on(RESULT_ARRAYS, "/0", None, [], "x"),
    *on(RESULT_ARRAYS, "/0/image_id", REMOVED, None, "1", 1.5),
    *on([t for t in RESULT_ARRAYS if t is not Task.RESULTS_CAPTIONS], "/0/category_id", REMOVED, None, "1", 1.5),
    *on(SCORED, "/0/score", REMOVED, None, "0.5", [0.5]),
    *on([Task.RESULTS_BBOX], "/0/bbox", REMOVED, None, [], [1, 2, 3], [1, 2, 3, "4"]),
    *on([Task.RESULTS_SEGM, Task.RESULTS_STUFF], "/0/segmentation", REMOVED, None, [], [[1, 2, 3, 4, 5, 6]]),
    *on([Task.RESULTS_SEGM, Task.RESULTS_STUFF], "/0/segmentation/counts", REMOVED, None, [0, 4]),
    *on([Task.RESULTS_SEGM, Task.RESULTS_STUFF], "/0/segmentation/size", REMOVED, None, [480], [480, 640, 1], [480.5, 640]),
    *on([Task.RESULTS_KEYPOINTS], "/0/keypoints", REMOVED, None, [[1, 2, 2]], [1, 2, None]),
    *on([Task.RESULTS_CAPTIONS], "/0/caption", REMOVED, None, 7),
]  # fmt: skip

ALLOWED: list[Mutation] = [
    *on(ANNOTATED, "/info", REMOVED, None, {"year": "", "description": None}),
    *on(ANNOTATED, "/licenses", REMOVED, None, []),
    *on(ANNOTATED, "/images/0/date_captured", 0, "2013-11-14 11:18:45"),
    *on(ANNOTATED, "/type", "captions"),
    *on(ANNOTATED, "/images/0/extra", {"name": "x"}),
    *on(OBJECTS, "/annotations/0/segmentation", REMOVED, [], {"size": [480, 640], "counts": "04"}),
    *on(OBJECTS, "/annotations/0/attributes", {"occluded": False}),
    *on([Task.INSTANCES], "/categories/0/supercategory", REMOVED, None),
    *on([Task.PERSON_KEYPOINTS], "/categories/0/skeleton", []),
    *on([Task.CAPTIONS], "/annotations/0/category_id", 0),
    *on([Task.CAPTIONS], "/categories", []),
    *on([Task.IMAGE_INFO], "/annotations", []),
    *on([Task.IMAGE_INFO], "/categories", REMOVED),
    *on([Task.PANOPTIC], "/annotations/0/segments_info/0/area", 20.0),
    *on([Task.PANOPTIC], "/categories/0/color", REMOVED),
    *on([Task.RESULTS_SEGM, Task.RESULTS_KEYPOINTS], "/0/bbox", [1, 2, 3, 4.5]),
    *on(RESULT_ARRAYS, "/0/id", 5),
]


def spelled(mutation: Mutation) -> str:
    task, pointer, value = mutation
    return f"{task.value}{pointer}={value!r}"[:90]


@pytest.mark.parametrize("task", list(Task), ids=SCHEMA_NAMES)
def test_the_schema_is_valid(task: Task) -> None:
    Draft202012Validator.check_schema(schemas.bundled(task))


@pytest.mark.parametrize("task", list(Task), ids=SCHEMA_NAMES)
def test_every_reference_resolves_within_the_schema(task: Task) -> None:
    root = schemas.bundled(task)
    for node in nodes(root):
        if "$ref" in node:
            home, _, name = node["$ref"].partition("#/$defs/")
            assert not home
            assert name in root["$defs"]


@pytest.mark.parametrize("task", list(Task), ids=SCHEMA_NAMES)
def test_a_sound_file_is_accepted(task: Task) -> None:
    assert not list(validator(task).iter_errors(sound(task)))


@pytest.mark.parametrize("mutation", ALLOWED, ids=spelled)
def test_what_is_optional_is_accepted(mutation: Mutation) -> None:
    task, pointer, value = mutation
    assert not list(validator(task).iter_errors(changed(task, pointer, value)))


@pytest.mark.parametrize("mutation", FORBIDDEN, ids=spelled)
def test_what_the_format_forbids_is_rejected(mutation: Mutation) -> None:
    task, pointer, value = mutation
    assert list(validator(task).iter_errors(changed(task, pointer, value)))


@pytest.mark.parametrize("task", RESULT_ARRAYS, ids=[task.value for task in RESULT_ARRAYS])
def test_results_are_an_array(task: Task) -> None:
    assert list(validator(task).iter_errors({"annotations": sound(task)}))


@pytest.mark.parametrize("task", list(Task), ids=SCHEMA_NAMES)
def test_every_rule_that_the_schema_names_exists_for_its_task(task: Task) -> None:
    rules = {rule.name for rule in registry.load() if task in rule.tasks}
    names = {name for node in nodes(schemas.bundled(task)) for name in rules_named(node, schemas.bundled(task))}
    assert names | {"field-missing", "field-null", "field-type"} <= rules


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def rules_named(node: dict[str, Any], root: dict[str, Any]) -> set[str]:
    """Return the rules that a schema names for what is there, and for what it requires and is not there."""
    names = node.get("x-cocolint", {})
    named = {names} if isinstance(names, str) else {rule for cause, rule in names.items() if cause != "missing"}
    required = [schemas.resolve(node["properties"][field], root) for field in node.get("required", [])]
    return named | {schemas.missing_rule(schema) for schema in required}
