"""A look into a file before it is read: small values, and the first records of each section."""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Any

import msgspec

from cocolint.read import detect
from cocolint.read.slicing import SLICE_BYTES, Span, cut, cut_exactly
from cocolint.read.source import NONFINITE, Source
from cocolint.read.structure import load

SHARED = 1 << 16
"""In bytes: so long a section is kept in case that the next file has the same one."""
SHORT = 1 << 12
"""In bytes: so long a value is kept in case that it stands a second time, there or in the next file."""
_SAMPLE = 200
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


def value_at(source: Source, span: Span) -> Any:
    """Return the value at `span`, None where it is too long or too deep for a look."""
    length = span.stop - span.start
    if length <= SHORT:
        return _shared_value(source.read(*span), source.nonfinite)
    return value_of(source.read(*span), source.nonfinite) if length <= SLICE_BYTES else None


@functools.lru_cache(maxsize=32)
def _shared_value(text: bytes, nonfinite: bool) -> Any:
    """Decode once what many files have in common, such as `info` and `licenses`."""
    return value_of(text, nonfinite)


def value_of(text: bytes, nonfinite: bool) -> Any:
    """Return the value of JSON, None where it is too deep for a look."""
    with suppress(RecursionError):
        return load(text.replace(NONFINITE, b"NaN") if nonfinite else text)


def _raws(source: Source, span: Span) -> list[msgspec.Raw]:
    return _RAWS.decode(source.array(*span))


def sample_of(source: Source, sections: dict[str, Span], is_array: bool) -> detect.Sample:
    """Return the first records of each section, with `info` and `licenses`."""

    def records(name: str) -> list[dict[str, Any]]:
        section = sections.get(name)
        for span in cut(source, section)[:1]:
            if name == "categories" and span.stop - span.start <= SHARED and not source.nonfinite:
                found = _shared_values(bytes(source.array(*span)))
            else:
                found = _first_values(source, span, sections[name])
            return found if {*map(type, found)} == {dict} else [record for record in found if isinstance(record, dict)]
        return []

    info = value_at(source, sections["info"]) if "info" in sections else None
    licenses = value_at(source, sections["licenses"]) if "licenses" in sections else None
    return detect.Sample(
        frozenset() if is_array else frozenset(sections),
        info if isinstance(info, dict) else {},
        licenses if isinstance(licenses, list) else [],
        records("images"), records("categories"), records("annotations"), is_array,
    )  # fmt: skip


def _first_values(source: Source, span: Span, section: Span) -> list[Any]:
    """Return the first values of an array whose inside begins with `span`."""
    if span.stop - span.start <= SHARED and not source.nonfinite:
        with suppress(msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            found: list[Any] = msgspec.json.decode(source.array(*span))
            return found[:_SAMPLE]
    try:
        raws = _raws(source, span)
    except msgspec.DecodeError:
        raws = _raws(source, cut_exactly(source, section)[0])
    return [value_of(bytes(raw), source.nonfinite) for raw in raws[:_SAMPLE]]


@functools.lru_cache(maxsize=8)
def _shared_values(array: bytes) -> list[Any]:
    """Decode the first records of a section once for all files that have the same one."""
    return [value_of(bytes(raw), False) for raw in _RAWS.decode(array)[:_SAMPLE]]
