"""The JSON Schemas of the tasks, and the typed decoders derived from them."""

from __future__ import annotations

import functools
import json
import pkgutil
from typing import Annotated, Any, Literal, Union

import msgspec

from cocolint.model import Task

JsonObject = dict[str, Any]

_SCALARS: dict[str, Any] = {"integer": int, "number": float, "string": str, "boolean": bool, "null": None}


@functools.cache
def _read(name: str) -> JsonObject:
    loaded: JsonObject = json.loads(pkgutil.get_data("cocolint.schemas", name) or b"")
    return loaded


@functools.cache
def bundled(task: Task) -> JsonObject:
    """Return the schema of `task` standing on its own: what it takes from other files is copied into its `$defs`."""
    schema: JsonObject = json.loads(json.dumps(_read(f"{task.value}.json")))
    definitions: JsonObject = schema.setdefault("$defs", {})

    def settle(node: Any, home: str) -> None:
        if isinstance(node, list):
            for item in node:
                settle(item, home)
        if not isinstance(node, dict):
            return
        if "$ref" in node:
            file, _, name = node["$ref"].partition("#/$defs/")
            file = file or home
            node["$ref"] = f"#/$defs/{name}"
            if file != f"{task.value}.json" and name not in definitions:
                definitions[name] = json.loads(json.dumps(_read(file)["$defs"][name]))
                settle(definitions[name], file)
        for value in list(node.values()):
            settle(value, home)

    settle(schema, f"{task.value}.json")
    return schema


def resolve(schema: JsonObject, root: JsonObject) -> JsonObject:
    """Follow `$ref`s of `schema` within the bundled `root`."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def is_array(task: Task) -> bool:
    """Whether the root of files of `task` is an array, as it is of most results."""
    return bundled(task).get("type") == "array"


@functools.cache
def section_schema(task: Task, section: str) -> JsonObject | None:
    """Return the schema of a top-level section such as `images`, or None if the task has none."""
    root = bundled(task)
    body = resolve(root["items"], root) if root.get("type") == "array" else root
    if root.get("type") == "array":
        return root if section == "annotations" else None
    found = body.get("properties", {}).get(section)
    return resolve(found, root) if found is not None else None


@functools.cache
def record_schema(task: Task, section: str) -> JsonObject | None:
    """Return the schema of one record of a section, or None if the task has no such records."""
    schema = section_schema(task, section)
    return resolve(schema["items"], bundled(task)) if schema is not None and "items" in schema else None


def required_fields(task: Task, section: str) -> list[str]:
    """Return the fields that every record of a section must have."""
    return list((record_schema(task, section) or {}).get("required", []))


@functools.cache
def rule_when_missing(task: Task, section: str, name: str) -> str:
    """Return the name of the rule that reports records without the field `name`."""
    schema = (record_schema(task, section) or {})["properties"][name]
    return missing_rule(resolve(schema, bundled(task)))


def missing_rule(schema: JsonObject) -> str:
    """Return the name of the rule that reports that what `schema` describes is not there."""
    names = schema.get("x-cocolint", {})
    return str(names.get("missing", "field-missing") if isinstance(names, dict) else names)


@functools.cache
def record_type(task: Task, section: str) -> type[msgspec.Struct]:
    """Return the struct that decodes one record: every property may be absent, and has the schema's type if present."""
    schema = record_schema(task, section) or {"type": "object"}
    struct: type[msgspec.Struct] = _struct(f"{task.value}_{section}", schema, bundled(task))
    return struct


def fits(value: Any, task: Task, section: str) -> bool:
    """Whether a top-level value surely fits its schema; where this is False, the schema itself has to say."""
    try:
        msgspec.convert(value, _section_type(task, section))
    except msgspec.ValidationError:
        return False
    return True


@functools.cache
def _section_type(task: Task, section: str) -> Any:
    schema = section_schema(task, section) or {}
    loose = {**schema, "items": {}} if "items" in schema and section != "licenses" else schema
    return _type(loose, bundled(task))


@functools.cache
def field_type(task: Task, section: str, name: str) -> Any:
    """Return the Python type that holds a property's value."""
    schema = record_schema(task, section) or {}
    return _type(schema["properties"][name], bundled(task))


def _struct(name: str, schema: JsonObject, root: JsonObject) -> Any:
    fields = [
        (key, Union[_type(value, root), msgspec.UnsetType], msgspec.UNSET)
        for key, value in schema.get("properties", {}).items()
    ]
    return msgspec.defstruct(name, fields, gc=False)


def _required_struct(name: str, schema: JsonObject, root: JsonObject) -> Any:
    fields = [(key, _type(value, root)) for key, value in schema["properties"].items()]
    return msgspec.defstruct(name, fields, gc=False)


def _type(schema: JsonObject, root: JsonObject) -> Any:
    """Translate a schema to a type. A bound on lengths that names no rule is left to the rules, which see the columns."""
    schema = resolve(schema, root)
    if "enum" in schema:
        return Literal[tuple(schema["enum"])]
    if "anyOf" in schema:
        return Union[tuple(_type(part, root) for part in schema["anyOf"])]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return Union[tuple(_type({**schema, "type": kind}, root) for kind in kinds)]
    if kinds == "array":
        return _array(schema, root)
    if kinds == "object":
        if "properties" not in schema:
            return dict[str, Any]
        make = _required_struct if "required" in schema else _struct
        return make("Nested", schema, root)
    return _SCALARS.get(str(kinds), Any)


def _array(schema: JsonObject, root: JsonObject) -> Any:
    inner = list[_type(schema["items"], root)] if "items" in schema else list[Any]  # type: ignore[misc]
    rules = schema.get("x-cocolint")
    named = isinstance(rules, str) or (isinstance(rules, dict) and "minItems" in rules)
    if not named or ("minItems" not in schema and "maxItems" not in schema):
        return inner
    return Annotated[inner, msgspec.Meta(min_length=schema.get("minItems"), max_length=schema.get("maxItems"))]
