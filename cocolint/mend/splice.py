"""From an old and a new value to the bytes that have to change: whatever is equal in both keeps its spelling."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import msgspec
import numpy as np

from cocolint import compiled
from cocolint.model import Ints
from cocolint.read.slicing import address

_KEY = re.compile(rb'\s*,?\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_MANY = 20
"""From so many places on it pays to keep them as an array."""
_LINES = re.compile(rb"\[(\s*)(?:\[(\s*))?")


class Edit(NamedTuple):
    """Put `text` in the place of the bytes from `start` up to `stop`."""

    start: int
    stop: int
    text: bytes


Splice = tuple[int, int, bytes]
"""An edit, or a plain tuple of the same where there are many."""


class Spot(NamedTuple):
    """Where an item or a field lies: `start` is where its key begins, or for an item the value itself."""

    start: int
    value: int
    stop: int


class Unspliceable(Exception):
    """The text cannot be changed without a guess, since a key stands twice."""


class Manner(NamedTuple):
    """How an object is written: what stands before a key, between key and value, and after a comma in a short list."""

    gap: bytes
    colon: bytes
    comma: bytes

    @classmethod
    def of(cls, text: bytes) -> Manner:
        """Return the manner of the object `text`."""
        spots = list(fields_of(text).values())
        if not spots:
            return cls(b"", b": ", b", ")
        first = spots[0]
        colon = text[first.start : first.value].rpartition(b'"')[2]
        comma = text[first.stop : spots[1].start].partition(b",")[2] if len(spots) > 1 else b""
        gap = comma if len(spots) > 1 else text[1 : first.start]
        return cls(gap, colon, b", " if b" " in colon or (comma.startswith(b" ")) else b",")


def load(text: bytes) -> Any:
    """Return the value of a JSON text."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(bytes(text), parse_int=_integer)


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # Python refuses thousands of digits
        return float(digits)


def equal(old: Any, new: Any) -> bool:
    """Whether two values are written the same: unlike in Python, 1, 1.0 and true differ, and NaN is itself."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(equal(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(equal, old, new))
    return bool(old == new) or (old != old and new != new)


def applied(data: bytes, edits: Iterable[Splice]) -> bytes:
    """Return `data` with `edits`, which ascend and do not overlap."""
    parts: list[bytes] = []
    place = 0
    for start, stop, text in edits:
        parts += [data[place:start], text]
        place = stop
    parts.append(data[place:])
    return b"".join(parts)


class Edits:
    """Edits of one text: of many places, of which many are given the same text."""

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._many: list[Ints] = []
        self._few: list[tuple[int, int, int]] = []

    def put(self, starts: Ints, stops: Ints, text: bytes) -> None:
        """Put `text` in the place of the bytes from each of `starts` up to its stop."""
        if len(starts) < _MANY:
            self.put_all((start, stop, text) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True))
        else:
            self._many.append(np.stack([starts, stops, np.full(len(starts), len(self._texts), np.int64)], 1))
            self._texts.append(text)

    def put_all(self, edits: Iterable[Splice]) -> None:
        """Add edits."""
        for start, stop, text in edits:
            self._few.append((start, stop, len(self._texts)))
            self._texts.append(text)

    def _ascending(self) -> Ints:
        places = np.concatenate([np.array(self._few, np.int64).reshape(-1, 3), *self._many])
        if (np.diff(places[:, 0]) > 0).all():
            return places
        return places[np.lexsort((places[:, 1], places[:, 0]))]

    def listed(self) -> list[Splice]:
        """Return the edits; they ascend."""
        return [(start, stop, self._texts[number]) for start, stop, number in self._ascending().tolist()]

    def applied_to(self, text: bytes) -> bytes:
        """Return `text` with the edits."""
        if compiled.kernel is None:
            return applied(text, self.listed())
        return cast("bytes", compiled.kernel.spliced(text, self._ascending(), self._texts))


def changed(text: bytes, old: Any, new: Any, start: int = 0, comma: bytes = b", ") -> Iterator[Edit]:
    """Yield the edits that make the JSON `text` of `old`, which lies at `start`, one of `new`.

    Raises `Unspliceable` where that would be a guess.
    """
    if equal(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _in_object(text, old, new, start)
        return
    if isinstance(old, list) and isinstance(new, list):
        spots = items_of(text)
        kept = _kept_of(old, new) if len(new) < len(old) else None
        if kept is not None and any(kept):
            yield from without(spots, kept, start)
            return
        if len(old) == len(new):
            for spot, before, after in zip(spots, old, new, strict=True):
                yield from changed(text[spot.value : spot.stop], before, after, start + spot.value, comma)
            return
    yield Edit(start, start + len(text), spelled(new, text, comma))


def _in_object(text: bytes, old: dict[str, Any], new: dict[str, Any], start: int) -> Iterator[Edit]:
    fields = fields_of(text)
    manner = Manner.of(text)
    kept = [name in new for name in fields]
    gone = list(without(list(fields.values()), kept, start))
    inner = [
        edit
        for name, spot in fields.items()
        if name in new
        for edit in changed(text[spot.value : spot.stop], old[name], new[name], start + spot.value, manner.comma)
    ]
    yield from sorted(gone + inner)
    more = {name: value for name, value in new.items() if name not in old}
    if more:
        stop = max((spot.stop for spot in fields.values()), default=1)
        yield Edit(start + stop, start + stop, added(more, manner, text, is_first=not any(kept)))


def added(fields: dict[str, Any], manner: Manner, around: bytes, is_first: bool = False) -> bytes:
    """Return the text of more fields of an object, to be put after its last one. `around` is text in the same style."""
    parts: list[bytes] = []
    for name, value in fields.items():
        key = json.dumps(name, ensure_ascii=around.isascii()).encode()
        head = b"" if is_first and not parts else b"," + manner.gap
        parts.append(head + key + manner.colon + spelled(value, around, manner.comma, literally=True))
    return b"".join(parts)


def appended(inside: bytes, records: Sequence[dict[str, Any]]) -> bytes:
    """Return the inside of an array of objects with more of them at its end, written like the last one."""
    text = b"[%b]" % inside
    spots = items_of(text)
    if not spots:
        return b", ".join(spelled(record, b"{}", b", ") for record in records)
    last = spots[-1]
    model = text[last.start : last.stop]
    around = text[1 : last.start]
    gap = text[spots[-2].stop : last.start] if len(spots) > 1 else b"," + around if around else Manner.of(model).comma
    items = [gap + _object_like(model, record) for record in records]
    return b"".join([text[1 : last.stop], *items, text[last.stop : -1]])


def _object_like(model: bytes, record: dict[str, Any]) -> bytes:
    """Return the text of an object in the manner of the object `model`."""
    manner, spots = Manner.of(model), list(fields_of(model).values())
    opening, closing = (model[1 : spots[0].start], model[spots[-1].stop : -1]) if spots else (b"", b"")
    return b"{%b%b%b}" % (opening, added(record, manner, model, is_first=True), closing)


def without(spots: Sequence[Spot], kept: Sequence[bool], start: int = 0) -> Iterator[Edit]:
    """Yield the edits that take out items or fields together with one comma each."""
    is_first = True
    for place, (spot, is_kept) in enumerate(zip(spots, kept, strict=True)):
        if is_kept:
            is_first = False
        elif not is_first:
            yield Edit(start + spots[place - 1].stop, start + spot.stop, b"")
        else:
            stop = spots[place + 1].start if place + 1 < len(spots) else spot.stop
            yield Edit(start + spot.start, start + stop, b"")


def _kept_of(old: list[Any], new: list[Any]) -> list[bool] | None:
    """Return which items of `old` are those of `new`, None if `new` is not a part of `old` in its order."""
    kept = []
    place = 0
    for item in old:
        is_kept = place < len(new) and equal(item, new[place])
        place += is_kept
        kept.append(is_kept)
    return kept if place == len(new) else None


def spelled(value: Any, like: bytes, comma: bytes, literally: bool = False) -> bytes:
    """Return the JSON text of a value; numbers that stand in the JSON text `like` keep their spelling, unless `literally`."""
    spellings: dict[tuple[type, Any], str] = {}

    def keep(text: str) -> Any:
        number = _integer(text) if text.lstrip("-").isdigit() else float(text)
        spellings.setdefault((type(number), number), text)
        return number

    if not literally:
        json.loads(like, parse_int=keep, parse_float=keep)
    between = comma.decode()
    gaps = [] if literally else _gaps(like)

    def array_of(items: list[Any], is_ascii: bool, depth: int) -> str:
        texts = [text_of(item, is_ascii, depth + 1) for item in items]
        before, end = (gaps[depth + 1], gaps[depth]) if depth + 1 < len(gaps) else ("", "")
        if not before or not texts:
            return f"[{between.join(texts)}]"
        return f"[{before}{(',' + before).join(texts)}{end}]"

    def text_of(item: Any, is_ascii: bool, depth: int = 0) -> str:
        if isinstance(item, list):
            return array_of(item, is_ascii, depth)
        if isinstance(item, dict):
            colon = ": " if comma.endswith(b" ") else ":"
            pairs = (
                json.dumps(key, ensure_ascii=is_ascii) + colon + text_of(inner, is_ascii, len(gaps))
                for key, inner in item.items()
            )
            return f"{{{between.join(pairs)}}}"
        known = spellings.get((type(item), item)) if isinstance(item, int | float) else None
        return known or json.dumps(item, ensure_ascii=is_ascii)

    try:
        return text_of(value, like.isascii()).encode()
    except UnicodeEncodeError:
        return text_of(value, is_ascii=True).encode()


def _gaps(text: bytes) -> list[str]:
    """Return what stands before the end of an array that is written in lines, and before items one and two levels below.

    Nothing is returned for text on one line; a level on one line is "".
    """
    opening = _LINES.match(text)
    if not opening or b"\n" not in opening[0]:
        return []
    end = text[len(text[:-1].rstrip()) : -1].decode()
    first = opening[1].decode()
    second = opening[2]
    unit = first[len(end) :]
    return [end, first, first + unit if second is None else second.decode()]


def items_of(text: bytes | memoryview) -> list[Spot]:
    """Return where the items of the JSON array `text` lie."""
    begin = address(text)
    found = []
    for raw in msgspec.json.decode(text, type=list[msgspec.Raw]):
        start = address(raw) - begin
        found.append(Spot(start, start, start + memoryview(raw).nbytes))
    return found


def fields_of(text: bytes) -> dict[str, Spot]:
    """Return where the fields of the JSON object `text` lie, in their order. Raises `Unspliceable` if a key stands twice."""
    begin = address(text)
    raws = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    found = sorted((address(raw) - begin, memoryview(raw).nbytes, name) for name, raw in raws.items())
    place = 1
    fields = {}
    for value, size, name in found:
        match = _KEY.fullmatch(text, place, value)
        if not match:
            raise Unspliceable
        fields[name] = Spot(match.start(1), value, value + size)
        place = value + size
    return fields
