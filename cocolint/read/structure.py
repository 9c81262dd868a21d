"""The schema as arbiter: records become structs through the typed decoder, and what it refuses is explained by the schema."""

from __future__ import annotations

import functools
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from cocolint import schema as schemas
from cocolint.model import Finding, Task
from cocolint.read.pieces import Piece, PieceMaker, pieces_of
from cocolint.read.source import NONFINITE

Faults = dict[str, list[Finding]]
Causes = dict[tuple[str, str, str], list[tuple[int, int]]]
"""For each field, rule and message the records and, of an array of objects in them, the number of the object."""
JsonObject = dict[str, Any]

JSON_TYPES = {
    dict: "object",
    list: "array",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}
HUGE = 10**400
"""Stands for numbers beyond the range of floats."""
DEPTH = 8
"""How deep the shape of a value is looked at."""
_REPR = re.compile(r"""\s*(array|tensor|np\.|b['"]|\[)""")


class BadCut(Exception):
    """The bytes are not a whole number of records."""


class Verdict(Struct, frozen=True):
    """What the schema says of a value: nothing (`rule` is ""), or the rule and the message of its most telling error.

    Where that is about one object of an array, `item` is the shape of the object, and `tail` the field of it, "" for all.
    """

    rule: str
    message: str
    item: Any = None
    tail: str = ""

    def below(self, field: str) -> str:
        """Return the pointer below the record, a format for the `place` of the object in the array."""
        return field if self.item is None else f"{field}/{{place}}/{self.tail}".rstrip("/")

    def place_in(self, value: Any) -> int:
        """Return the number of the first object of an array that this is about; 0 where it is about something else."""
        return 0 if self.item is None else [_shape(item, DEPTH - 1) for item in value].index(self.item)


IDS = frozenset({"id", "image_id", "category_id"})
SOUND = Verdict("", "")
FLOAT_ID = Verdict("json-number-overflow", "an id is written as a float")


class Records(Struct):
    """Decoded records. `broken` holds for each field the rows whose value the schema refused; `faults` says why, by rule.

    `array` is what they were decoded from, piece by piece.
    """

    pieces: list[Piece]
    broken: dict[str, set[int]]
    faults: Faults
    array: bytes | bytearray = b"[]"


class RecordReader:
    """Reads the records of one section of files of one task."""

    def __init__(self, task: Task, section: str, nonfinite: bool = False) -> None:
        self.task = task
        self.section = section
        self.nonfinite = nonfinite
        self.type = schemas.record_type(task, section)
        self.fields = set(self.type.__struct_fields__)
        self._maker = PieceMaker(task, section)
        self._many = msgspec.json.Decoder(list[self.type])  # type: ignore[name-defined]
        self._one = msgspec.json.Decoder(self.type)

    @functools.cached_property
    def _fields(self) -> dict[str, msgspec.json.Decoder[Any]]:
        """A decoder for each field, for records that do not decode as a whole."""
        return {field: msgspec.json.Decoder(schemas.field_type(self.task, self.section, field)) for field in self.fields}

    def read(self, array: bytes | bytearray) -> Records:
        """Decode a JSON array of records. Raises `BadCut` if it is not one."""
        try:
            records = self._read(pieces_of(array))
        except BadCut:  # what looks like the border of two records may be none
            records = self._read([array])
        records.array = array
        if self.nonfinite and NONFINITE in array:
            raws = msgspec.json.decode(array, type=list[msgspec.Raw])
            rows = [number for number, raw in enumerate(raws) if NONFINITE in bytes(raw)]
            records.faults["json-nan"] = [Finding("NaN or Infinity is not JSON", self.section, np.array(rows))]
        return records

    def _read(self, arrays: Iterable[bytes | bytearray]) -> Records:
        pieces: list[Piece] = []
        causes: Causes = defaultdict(list)
        broken: dict[str, set[int]] = defaultdict(set)
        size = 0
        for array in arrays:
            pieces.append(self._piece(array, size, causes, broken))
            size += pieces[-1].size
        faults: Faults = defaultdict(list)
        for (field, rule, message), spots in causes.items():
            numbers, places = np.array(spots).T
            values = {"place": places} if "{" in field else {}
            faults[rule].append(Finding(message, self.section, numbers, field or None, values, summary=message or None))
        return Records(pieces, dict(broken), dict(faults))

    def _piece(self, array: bytes | bytearray, first: int, causes: Causes, broken: dict[str, set[int]]) -> Piece:
        """Decode records, of which the first has the number `first`; if any is refused, one by one. Raises `BadCut`."""
        try:
            return self._maker.piece(self._many.decode(array))
        except (msgspec.DecodeError, RecursionError):
            return self._maker.piece(self._one_by_one(array, first, causes, broken))

    def _one_by_one(self, array: bytes | bytearray, first: int, causes: Causes, broken: dict[str, set[int]]) -> list[Any]:
        try:
            raws = msgspec.json.decode(array, type=list[msgspec.Raw])
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadCut from error
        rows: list[Any] = []
        for number, raw in enumerate(raws, first):
            try:
                rows.append(self._one.decode(raw))
            except (msgspec.DecodeError, RecursionError):
                rows.append(self._salvage(raw, number, causes, broken))
        return rows

    def _salvage(self, raw: msgspec.Raw, number: int, causes: Causes, broken: dict[str, set[int]]) -> Any:
        """Return the struct of a record that the typed decoder refused, without the fields that are at fault."""
        try:
            values = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except msgspec.ValidationError:
            kind = JSON_TYPES[type(load(bytes(raw)))]
            causes["", "item-not-object", f"expected an object, got {kind}"].append((number, 0))
            for field in self.fields:
                broken[field].add(number)
            return self.type()
        good = {}
        for field in sorted(self.fields & values.keys()):
            value, verdict, place = self._judged(field, values[field])
            if verdict.rule:
                causes[verdict.below(field), verdict.rule, verdict.message].append((number, place))
            if value is msgspec.UNSET:
                broken[field].add(number)
            else:
                good[field] = value
        return self.type(**good)

    def _judged(self, field: str, raw: msgspec.Raw) -> tuple[Any, Verdict, int]:
        """Return the value of a field, UNSET if the schema refuses it, what is to be said of it, and of which item of it."""
        overflow = False
        try:
            return self._fields[field].decode(raw), SOUND, 0
        except (msgspec.DecodeError, RecursionError) as error:
            overflow = "out of range" in str(error)
        text = bytes(raw)
        try:
            value = load(text.replace(NONFINITE, b"NaN") if self.nonfinite else text, overflow)
            verdict = verdict_of(self.task, self.section, field, Shape.of(value))
            if verdict.rule:
                return msgspec.UNSET, verdict, verdict.place_in(value)
            if isinstance(value, float) and field in IDS and abs(value) < 2**63:
                verdict = FLOAT_ID
            return msgspec.convert(_whole(value), schemas.field_type(self.task, self.section, field)), verdict, 0
        except msgspec.ValidationError:
            return msgspec.UNSET, Verdict("json-number-overflow", "a number is too large for any reader"), 0
        except RecursionError:
            return msgspec.UNSET, Verdict("json-depth-or-size", "the value is nested too deeply"), 0


@functools.lru_cache(maxsize=64)
def reader_of(task: Task, section: str, nonfinite: bool = False) -> RecordReader:
    """Return the reader of a section, which is made once: a decoder takes as long to make as a small file to read."""
    return RecordReader(task, section, nonfinite)


def load(text: bytes, overflow: bool = False) -> Any:
    """Return the value of a JSON text. A number that Python refuses, or all too large ones with `overflow`, become `HUGE`."""
    if not overflow:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            return msgspec.json.decode(text)
        with suppress(ValueError):
            return json.loads(text)  # NaN, halves of surrogate pairs and the like
    return json.loads(text, parse_int=_bounded, parse_float=_bounded)


def _bounded(digits: str) -> int | float:
    value = float(digits)
    if math.isinf(value):
        return HUGE if value > 0 else -HUGE
    return value if set(digits) & set(".eE") else int(digits)


def _whole(value: Any) -> Any:
    """Return a value with every float that is a whole number as an integer, as the schema reads it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


class Shape(Struct, frozen=True, eq=False):
    """As much of a value as a schema of structure can look at: equal shapes get equal verdicts.

    `example` is the first value of that shape.
    """

    key: Any
    example: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and bool(self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)

    @classmethod
    def of(cls, value: Any) -> Shape:
        """Return the shape of `value`."""
        return cls(_shape(value), value)


def _shape(value: Any, depth: int = DEPTH) -> Any:
    if not depth:
        return type(value)
    if isinstance(value, dict):
        return "object", frozenset((key, _shape(item, depth - 1)) for key, item in value.items())
    if isinstance(value, list):
        return "array", min(len(value), 9), frozenset(_shape(item, depth - 1) for item in value)
    if isinstance(value, float):
        return ("integral", value if value in (0, 1) else None) if value.is_integer() else "number"
    if isinstance(value, str):
        return "repr" if _REPR.match(value) else "string"
    if isinstance(value, bool) or value is None:
        return value
    return "integer", value if value in (0, 1) else None


@functools.lru_cache(maxsize=4096)
def verdict_of(task: Task, section: str, field: str, shape: Shape) -> Verdict:
    """Return what the schema says of the value of a record's field."""
    root = schemas.bundled(task)
    schema = (schemas.record_schema(task, section) or {})["properties"][field]
    return judge(shape.example, schema, root)


def judge(value: Any, schema: JsonObject, root: JsonObject) -> Verdict:
    """Validate `value` and return the rule and message of the most telling error, or an empty verdict."""
    from jsonschema import Draft202012Validator  # imported here: it costs more than the rest of a clean run

    whole = {**schemas.resolve(schema, root), "$defs": root["$defs"]}
    for error in _leaves(Draft202012Validator(whole).iter_errors(value)):
        rule = _rule_of(error, _names_along(error, whole))
        if rule:
            return Verdict(rule, _message_of(error), *_object_of(error, value))
    return SOUND


def _object_of(error: Any, value: Any) -> tuple[Any, str]:
    """Return the shape of the object of an array that an error is about, and the field of it; None where there is none."""
    path = list(error.absolute_path)
    if not path or not isinstance(path[0], int) or not isinstance(value[path[0]], dict):
        return None, ""
    return _shape(value[path[0]], DEPTH - 1), str(path[1]) if len(path) > 1 else ""


def _leaves(errors: Iterable[Any]) -> Iterator[Any]:
    """Yield the errors; of a choice between schemas, those of the alternative that the value's type is meant for."""
    for error in errors:
        if error.validator != "anyOf":
            yield error
            continue
        meant = [e for e in error.context if len(e.absolute_path) > len(error.absolute_path) or e.validator == "required"]
        yield from _leaves(meant) if meant else [error]


def _names_along(error: Any, schema: JsonObject) -> Any:
    """Return the `x-cocolint` of the failed schema, or of the nearest one around it that has any."""
    names: Any = schema.get("x-cocolint", {})
    node: Any = schema
    for key in error.absolute_schema_path:
        node = node[key]
        if isinstance(node, dict):
            node = schemas.resolve(node, schema)
            names = node.get("x-cocolint", names)
    return names


def _rule_of(error: Any, names: Any) -> str:
    """Return the rule that an error belongs to, or "" for a bound on lengths that is left to the rules."""
    offender = error.instance
    if isinstance(offender, str) and _REPR.match(offender) and error.validator in ("type", "anyOf"):
        return "numpy-repr"
    if isinstance(names, str):
        return names
    if error.validator == "required":
        missing = _missing(error)
        inner = error.schema["properties"][missing].get("x-cocolint", {})
        return str(inner.get("missing", "field-missing") if isinstance(inner, dict) else inner)
    if error.validator in ("minItems", "maxItems") and error.validator not in names:
        return ""
    keys = ["empty"] if offender == [] else []
    keys += [JSON_TYPES[type(offender)], error.validator, "*"]
    found = next((names[key] for key in keys if key in names), None)
    return str(found or ("field-null" if offender is None else "field-type"))


def _missing(error: Any) -> str:
    return str(next(name for name in error.validator_value if name not in error.instance))


def _message_of(error: Any) -> str:
    kind = JSON_TYPES[type(error.instance)]
    path = ".".join(part for part in error.absolute_path if isinstance(part, str))
    subject = f"`{path}`: " if path else ""
    if error.validator == "type":
        wanted = error.validator_value
        named = wanted if isinstance(wanted, str) else " or ".join(wanted)
        return f"{subject}expected {named}, got {kind}"
    if error.validator in ("minItems", "maxItems"):
        return f"{subject}expected {error.validator_value} values, got {len(error.instance)}"
    if error.validator == "enum":
        wanted = " or ".join(json.dumps(v) for v in error.validator_value)
        return f"{subject}expected {wanted}, got {kind}"
    if error.validator == "required":
        return f"{subject}`{_missing(error)}` is missing"
    return f"{subject}{kind} does not fit any allowed form"
