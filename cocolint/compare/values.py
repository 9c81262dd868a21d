"""Values of JSON, compared as readers see them: how a number is written and in which order keys stand means nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain
from typing import Any, NamedTuple

import msgspec

UNSET = msgspec.UNSET
"""What a field holds in a record that does not have it."""


class Place(NamedTuple):
    """A place in a record, as a JSON pointer without its first slash, and what both records hold there."""

    path: str
    old: Any
    new: Any


class Beyond(str):
    """The text of a number that is too large for readers; two of them are equal if they are written alike."""


def decode(text: bytes) -> Any:
    """Return the value of a JSON text, which may hold NaN, infinities, lone surrogates and bytes that are not UTF-8.

    Raises `RecursionError` if it is nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            readable = text.decode("utf-8", "surrogateescape")
            return json.loads(readable, strict=False, parse_int=_integer, parse_float=_number)
        except json.JSONDecodeError:
            raise OSError("the file changed while it was read") from None


def _integer(digits: str) -> Any:
    try:
        return int(digits)
    except ValueError:
        return Beyond(digits)


def _number(digits: str) -> Any:
    value = float(digits)
    return Beyond(digits) if math.isinf(value) else value


def digest(value: Any) -> int:
    """Return a number of 64 bits that equal values share."""
    normal = _normal(value)
    try:
        text = msgspec.json.encode(normal, order="deterministic")
    except (UnicodeEncodeError, TypeError, OverflowError):
        text = json.dumps(normal, sort_keys=True).encode()
    return digest_of(text)


def digest_of(text: bytes) -> int:
    """Return a number of 64 bits that equal texts share."""
    return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)


def _normal(value: Any) -> Any:
    """Return a value with every float that is a whole number as an integer, as `1.0` and `1` are the same."""
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() else value
    if kind is list:
        return [_normal(item) for item in value]
    if kind is dict:
        return {key: _normal(item) for key, item in value.items()}
    return value


def changed_fields(old: bytes, new: bytes) -> Iterator[tuple[str, Iterator[Place]]]:
    """Yield the name of each field in which two records differ, and the places; "" for all of one that is no object.

    The places are looked for while they are taken, as there may be many. Takes the texts of the records. Raises
    `RecursionError` if one is nested too deeply.
    """
    before, after = decode(old), decode(new)
    if not isinstance(before, dict) or not isinstance(after, dict):
        if found := _any(_places(before, after, "")):
            yield "", found
        return
    plain = not (_has_flags(old) or _has_flags(new))
    if plain and before == after:
        return
    for key in sorted(before.keys() | after.keys()):
        ours, theirs = before.get(key, UNSET), after.get(key, UNSET)
        if plain and ours == theirs:
            continue
        if found := _any(_places(ours, theirs, _escaped(key))):
            yield key, found


def _any(places: Iterator[Place]) -> Iterator[Place] | None:
    first = next(places, None)
    return None if first is None else chain([first], places)


def _has_flags(text: bytes) -> bool:
    """Whether there may be a true or a false, which Python takes for 1 and 0."""
    return b"true" in text or b"false" in text


def _places(old: Any, new: Any, path: str) -> Iterator[Place]:
    above = path + "/" if path else ""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _places(old.get(key, UNSET), new.get(key, UNSET), above + _escaped(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (ours, theirs) in enumerate(zip(old, new, strict=True)):
            if not _equal(ours, theirs):
                yield from _places(ours, theirs, f"{above}{number}")
    elif not _equal(old, new):
        yield Place(path, old, new)


def _equal(old: Any, new: Any) -> bool:
    """Whether two single values are equal; of objects and arrays it says nothing."""
    kind = type(old)
    if kind is not type(new) and not (kind in (int, float) and type(new) in (int, float)):
        return False
    if kind in (list, dict):
        return False
    return bool(old == new or (old != old and new != new))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
