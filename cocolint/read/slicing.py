"""Where the sections of a file lie, and how the long one is cut into slices of whole records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from cocolint import compiled
from cocolint.model import Finding
from cocolint.read.remote import Remote
from cocolint.read.source import Source, Unusable, is_utf8, syntax_fault

SLICE_BYTES = 1 << 22
GUESS_BYTES = 8_000_000
"""From this size on it pays to leave the annotations out of the first pass."""
_LONGEST_OPENING = 1 << 12
_IMAGES = b'"images"'
_BESIDE_IMAGES = 1 << 16
"""So many bytes the sections between annotations and images may take: those of categories, info and licenses."""
_OPENING = re.compile(rb'"annotations"\s*:\s*\[')
_OPENING_OF_IMAGES = re.compile(rb'"images"\s*:\s*\[')
_CLOSING = re.compile(rb'\]\s*,\s*"(?:categories|licenses|info|images|type|annotations)"\s*:')
BORDER = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*\{")
"""What looks like the border of two records."""
KEY = re.compile(rb'[\s,{]*"((?:[^"\\]|\\.)*)"\s*:\s*')


class Span(NamedTuple):
    """Bytes of the data from `start` up to `stop`."""

    start: int
    stop: int


class Layout(NamedTuple):
    """The top-level values: where each lies, whether the root is an array, and a key that stands twice, or ""."""

    sections: dict[str, Span]
    is_array: bool
    repeated_key: str
    is_proved: bool = True


class NotCoco(Exception):
    """The content has nothing of an annotation file."""


def layout_of(source: Source, exact: bool) -> Layout:
    """Find the top-level values. Raises `Unusable` if the data is not JSON, or neither object nor array.

    In a large file, where the annotations end is guessed unless it must be `exact`: the guess is right if all slices of
    them turn out to be whole records, and UTF-8.
    """
    guess = _guess(source) if source.size >= GUESS_BYTES and not exact else None
    if guess:
        return guess
    source.check_encoding()
    while True:
        try:
            return _on_deep_stack(100, lambda: _spans(memoryview(source.mapped())[source.start :], source.start))
        except RecursionError:
            raise Unusable("json-depth-or-size", Finding("the JSON is nested too deeply to be read")) from None
        except msgspec.DecodeError as error:
            problem = str(error)
        if not source.repair(problem):
            raise syntax_fault(source, problem)


def _guess(source: Source) -> Layout | None:
    """Find the top-level values of the file without the inside of `annotations`, and of many images before them.

    None if that is no object of its own.
    """
    if source.head().startswith(b"["):
        return None
    place = source.find(b'"annotations"')
    key = _OPENING.match(source.read(place, place + _LONGEST_OPENING)) if place >= 0 else None
    if not key:
        return None
    gaps = _gap_of_images(source, place)
    stop = _end_of_annotations(source, place + key.end(), bool(gaps))
    if stop < 0:
        return None
    gaps["annotations"] = Span(place + key.end(), stop)
    borders = [source.start, *(border for gap in gaps.values() for border in gap), source.size]
    around = b"".join(source.read(*borders[part : part + 2]) for part in range(0, len(borders), 2))
    if not is_utf8(around):
        return None
    try:
        found = _on_deep_stack(100, lambda: _spans(memoryview(around), source.start))
    except (msgspec.DecodeError, RecursionError, Unusable):
        return None
    sections = {name: Span(*(_moved(place, gaps) for place in span)) for name, span in found.sections.items()}
    if any(sections.get(name) != (gap.start - 1, gap.stop + 1) for name, gap in gaps.items()):
        return None
    return Layout(sections, False, found.repeated_key, is_proved=False)


def _moved(place: int, gaps: Mapping[str, Span]) -> int:
    """Return where something lies that lies at `place` when the gaps are left out."""
    for gap in gaps.values():
        if place > gap.start:
            place += gap.stop - gap.start
    return place


def _gap_of_images(source: Source, stop: int) -> dict[str, Span]:
    """Return the inside of the images that take long to be read, by their name, if they and little else are before `stop`."""
    if stop - source.start <= SLICE_BYTES:
        return {}
    key = _OPENING_OF_IMAGES.search(source.read(source.start, source.start + SLICE_BYTES))
    if not key:
        return {}
    inside = source.start + key.end()
    begin = max(inside, stop - _BESIDE_IMAGES)
    closing = _CLOSING.search(source.read(begin, stop + _LONGEST_OPENING))
    return {"images": Span(inside, begin + closing.start())} if closing else {}


def _end_of_annotations(source: Source, inside: int, are_last: bool) -> int:
    """Return where the array of annotations probably ends that begins before `inside`, -1 if it does nowhere.

    They `are_last` where the images are before them.
    """
    begin = max(inside, _begin_of_tail(source, inside, are_last))
    tail = source.read(begin, source.size)
    closing = _CLOSING.search(tail)
    end = closing.start() if closing else tail.rfind(b"]")
    return begin + end if end >= 0 else -1


def _begin_of_tail(source: Source, inside: int, are_last: bool) -> int:
    """Return a place near the end of the annotations: of the file, or of what is before images that follow."""
    last = source.size - SLICE_BYTES
    if are_last or isinstance(source.where, Remote) or _IMAGES in source.read(source.start, inside):
        return last
    for begin in range(last, source.size // 2, -SLICE_BYTES):
        images = source.read(begin, begin + SLICE_BYTES + len(_IMAGES)).rfind(_IMAGES)
        if images >= 0:
            return min(last, begin + images - _BESIDE_IMAGES)
    return last


def _on_deep_stack(frames: int, function: Callable[[], Layout]) -> Layout:
    """Call `function` below as many more frames, so that what nests too deeply for any later step fails here."""
    return _on_deep_stack(frames - 1, function) if frames else function()


def _spans(view: memoryview, start: int) -> Layout:
    try:
        raws = msgspec.json.decode(view, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        whole = msgspec.json.decode(view, type=msgspec.Raw)
        span = span_of(whole, view, start)
        if bytes(view[span.start - start : span.start - start + 1]) != b"[":
            raise Unusable("top-level-not-object", Finding("the root is a single value, not an object")) from None
        return Layout({"annotations": span}, True, "")
    begin = start - address(view)
    spans = {name: Span(begin + (place := address(raw)), begin + place + memoryview(raw).nbytes) for name, raw in raws.items()}
    return Layout(spans, False, _hidden_key(spans, view, start))


def layout_within(source: Source, span: Span) -> Layout:
    """Find the top-level values of an object that is a part of the data, known to be JSON."""
    return _spans(memoryview(source.mapped())[span.start : span.stop], span.start)


def span_of(raw: msgspec.Raw, view: memoryview, start: int) -> Span:
    """Return where a value of the `view` lies in the data, of which the view begins at `start`."""
    offset = address(raw) - address(view)
    return Span(start + offset, start + offset + memoryview(raw).nbytes)


def address(data: Any) -> int:
    """Return where the bytes of a buffer lie in memory."""
    if compiled.kernel is None:
        return int(np.frombuffer(data, np.uint8).__array_interface__["data"][0])
    place: int = compiled.kernel.address_of(data)
    return place


def _hidden_key(spans: dict[str, Span], view: memoryview, start: int) -> str:
    """Return a key whose value was overwritten by a later one: between the values kept there is more than one key."""
    place = start
    for span in sorted(spans.values()):
        gap = bytes(view[place - start : min(span.start, place + 65536) - start])
        match = KEY.match(gap)
        if match and place + match.end() != span.start:
            return match.group(1).decode("utf-8", "replace").replace("{", "{{").replace("}", "}}")
        place = span.stop
    return ""


def cut(source: Source, section: Span | None) -> list[Span]:
    """Cut the inside of an array into slices at places that look like the border of two records.

    A border may be within a string or a nested array; then one of its two slices is no array, which `SliceReader` tells.
    """
    if section is None or source.read(section.start, section.start + 1) != b"[":
        return []
    start, stop = section.start + 1, section.stop - 1
    slices = []
    while start < stop:
        end, following = stop, stop
        if stop - start > SLICE_BYTES:
            match = _next_border(source, start + SLICE_BYTES, stop)
            if match:
                end, following = match
        slices.append(Span(start, end))
        start = following
    if len(slices) == 1 and not source.read(*slices[0]).strip():
        return []
    return slices


def _next_border(source: Source, start: int, stop: int) -> tuple[int, int] | None:
    window = 1 << 16
    while start < stop:
        match = BORDER.search(source.read(start, min(start + window, stop)))
        if match:
            return start + match.start() + 1, start + match.end() - 1
        start += window // 2
        window = min(window * 2, SLICE_BYTES)
    return None


def cut_exactly(source: Source, section: Span) -> list[Span]:
    """Cut an array into slices between records, by looking at every record."""
    view = memoryview(source.mapped())[section.start : section.stop]
    slices: list[Span] = []
    for raw in msgspec.json.decode(view, type=list[msgspec.Raw]):
        span = span_of(raw, view, section.start)
        if slices and span.stop - slices[-1].start <= SLICE_BYTES:
            slices[-1] = Span(slices[-1].start, span.stop)
        else:
            slices.append(span)
    return slices
