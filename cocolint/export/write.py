"""Annotation files, written record by record: of the annotations no more than a slice is held at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import numpy as np

from cocolint.export.covered import Covers
from cocolint.export.merge import licenses_of
from cocolint.export.options import Options
from cocolint.export.origins import many
from cocolint.export.pictures import Png, saved_name
from cocolint.export.plan import Part, Target
from cocolint.export.records import OBJECTS, Annotations, Changes, Row, Seen, encode, spliced
from cocolint.export.tally import Tally, Written
from cocolint.model import Ints, Task
from cocolint.pictures.files import Progress
from cocolint.read.ranges import array_of
from cocolint.read.source import NONFINITE

_BATCH = 4096
"""Annotations that are read together out of their order."""
_WITHOUT_CATEGORIES = frozenset({Task.CAPTIONS, Task.IMAGE_INFO})
_KNOWN = frozenset({"info", "licenses", "images", "annotations", "categories"})


class _Record(NamedTuple):
    """A record of a small section: its id in the export, and as it is written."""

    id: int
    raw: bytes


class _Printer:
    """Writes an object of sections."""

    def __init__(self, stream: BinaryIO, indent: int | None) -> None:
        self._stream = stream
        self._indent = indent
        self._margin = b" " * (indent or 0)
        self._first = True

    def value(self, name: str, raw: bytes) -> None:
        """Write a section that is no array of records."""
        self._key(name)
        self._stream.write(self._shaped(raw, 1))

    def records(self, name: str, records: Iterable[bytes]) -> int:
        """Write an array of records, each on lines of its own, and return how many there are."""
        self._key(name)
        count = 0
        self._stream.write(b"[")
        for raw in records:
            self._stream.write((b",\n" if count else b"\n") + self._margin * 2 + self._shaped(raw, 2))
            count += 1
        self._stream.write(b"\n" + self._margin + b"]" if count else b"]")
        return count

    def end(self) -> None:
        """Write the end of the object."""
        self._stream.write(b"\n}\n")

    def _key(self, name: str) -> None:
        self._stream.write((b"{\n" if self._first else b",\n") + self._margin + encode(name) + b": ")
        self._first = False

    def _shaped(self, raw: bytes, depth: int) -> bytes:
        if self._indent is None:
            return raw
        text = msgspec.json.format(raw, indent=self._indent)
        return text.replace(b"\n", b"\n" + self._margin * depth)


def write(path: Path, target: Target, options: Options, tally: Tally, progress: Progress) -> list[Png]:
    """Write one annotation file and return the PNGs that it names. Raises `OSError`."""
    pngs: list[Png] = []
    with path.open("xb", buffering=1 << 20) as stream:
        printer = _Printer(stream, options.indent)
        for name, raw in _head(target, tally):
            printer.value(name, raw)
        categories = 0
        own = list(_ordered(_categories(target, tally), options))
        if own or target.task not in _WITHOUT_CATEGORIES:
            categories = printer.records("categories", own)
        images = printer.records("images", _ordered(_images(target, options, tally), options))
        annotations = printer.records("annotations", _annotations(target, options, tally, progress, pngs))
        printer.end()
    tally.files.append(Written(target.path, images, annotations, categories))
    return pngs


def _ordered(records: Iterable[_Record], options: Options) -> Iterator[bytes]:
    ordered = sorted(records, key=lambda record: record.id) if options.sort else records
    return (record.raw for record in ordered)


def _head(target: Target, tally: Tally) -> Iterator[tuple[str, bytes]]:
    """Yield the sections that are neither images, annotations nor categories."""
    for name, empty in (("info", {}), ("licenses", [])):
        raw = _licenses(target) if name == "licenses" and len(target.parts) > 1 else _sound(target.parts[0], name)
        if raw is None or not isinstance(msgspec.json.decode(raw), type(empty)):
            tally.filled[name] += 1
            raw = encode(empty)
        yield name, raw
    if _is_whole(target):
        yield from ((name, raw) for name in _others(target.parts[0]) if (raw := _sound(target.parts[0], name)) is not None)
    else:
        for part in target.parts:
            for name in _others(part):
                tally.left_out[f"top-level `{name}`: it may refer to records that are left out or have new ids"] += 1


def _others(part: Part) -> list[str]:
    return [name for name in part.origin.document.sections if name not in _KNOWN]


def _is_whole(target: Target) -> bool:
    """Whether a file takes all records of one origin with the ids that they have."""
    part, origin = target.parts[0], target.parts[0].origin
    pairs = (part.image_ids, origin.images.ids), (part.category_ids, origin.categories.ids)
    return len(target.parts) == 1 and target.task is origin.task and all(np.array_equal(*pair) for pair in pairs)


def _sound(part: Part, name: str) -> bytes | None:
    """Return a section as it stands, None where there is none or it holds what is not JSON."""
    raw = part.origin.section(name)
    return None if raw is None or (part.origin.document.source.nonfinite and NONFINITE in raw) else raw


def _licenses(target: Target) -> bytes:
    found: dict[int, dict[str, Any]] = {}
    for part in target.parts:
        for license_ in licenses_of(part.origin):
            number = part.licenses[license_["id"]]
            found.setdefault(number, {**license_, "id": number})
    return encode(list(found.values()))


def _images(target: Target, options: Options, tally: Tally) -> Iterator[_Record]:
    for part in target.parts:
        for row in np.flatnonzero(part.writes_image).tolist():
            raw, changes = part.origin.images.raws[row], _id_of(part.image_ids[row], part.origin.images.raws[row])
            if options.save_images:
                name, old = saved_name(part.origin.names[row], options.image_ext), part.origin.images.values[row]
                if name and name != old:
                    changes["file_name"] = encode(name)
                    tally.converted["file names of images"] += 1
            changes |= _license_of(part, raw)
            yield _Record(int(part.image_ids[row]), spliced(raw, changes) if changes else bytes(raw))


def _categories(target: Target, tally: Tally) -> Iterator[_Record]:
    for part in target.parts:
        for row in np.flatnonzero(part.writes_category).tolist():
            raw = part.origin.categories.raws[row]
            changes = _id_of(part.category_ids[row], raw)
            fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            wanted: dict[str, Any] = {"supercategory": ""}
            if target.task is Task.PERSON_KEYPOINTS:
                wanted |= {"keypoints": [], "skeleton": []}
            elif part.origin.task is Task.PERSON_KEYPOINTS:
                changes |= dict.fromkeys({"keypoints", "skeleton"} & fields.keys())
            for name, empty in wanted.items():
                if name not in fields or bytes(fields[name]) == b"null":
                    changes[name] = encode(empty)
                    tally.filled[f"{name} of categories"] += 1
            yield _Record(int(part.category_ids[row]), spliced(raw, changes) if changes else bytes(raw))


class _Numbered(msgspec.Struct):
    id: Any = None
    license: Any = None


def _license_of(part: Part, raw: msgspec.Raw) -> Changes:
    if not part.licenses:
        return {}
    old = msgspec.json.decode(raw, type=_Numbered).license
    new = part.licenses.get(old, old) if type(old) is int else old
    return {} if new == old else {"license": encode(new)}


def _id_of(new: Any, raw: msgspec.Raw) -> Changes:
    old = msgspec.json.decode(raw, type=_Numbered).id
    return {} if type(old) is int and old == new else {"id": b"%d" % new}


def _annotations(target: Target, options: Options, tally: Tally, progress: Progress, pngs: list[Png]) -> Iterator[bytes]:
    if target.task is Task.IMAGE_INFO:
        return
    covers = Covers(target.parts) if options.crop_covered and target.task in OBJECTS else None
    maker = Annotations(target.task, options, tally, covers)
    progress.start(target.path, sum(len(part.annotation_ids) for part in target.parts), "annotations")
    for row in _rows(target, options, progress):
        made = maker.make(row)
        if made is None:
            continue
        if target.task is Task.PANOPTIC and row.seen:
            pngs.append((row.part, row.seen.file_name))
        yield made


def _rows(target: Target, options: Options, progress: Progress) -> Iterator[Row]:
    order = _order(target) if options.sort and target.task is not Task.PANOPTIC else None
    batches = _in_file_order(target) if order is None else _in_order(target, order)
    for batch in batches:
        yield from batch
        progress.advance(len(batch))


def _order(target: Target) -> Ints | None:
    """Return the places of the annotations of all parts by id, None where they stand in that order."""
    ids = np.concatenate([part.annotation_ids for part in target.parts])
    return None if (np.diff(ids) > 0).all() else np.argsort(ids, kind="stable")


def _in_file_order(target: Target) -> Iterator[list[Row]]:
    for part in target.parts:
        number = 0
        for span in part.origin.document.slices:
            batch = _decoded([part], array_of(part.origin.document.source.data, *span), range(number, 2**62))
            number += len(batch)
            yield batch


def _in_order(target: Target, order: Ints) -> Iterator[list[Row]]:
    starts = np.cumsum([0, *(len(part.annotation_ids) for part in target.parts)])
    for first in range(0, len(order), _BATCH):
        places = order[first : first + _BATCH]
        owners = np.searchsorted(starts, places, side="right") - 1
        parts = [target.parts[owner] for owner in owners.tolist()]
        numbers = (places - starts[owners]).tolist()
        pieces = []
        for part, number in zip(parts, numbers, strict=True):
            start, stop = part.origin.spans[number].tolist()
            pieces.append(part.origin.data[start:stop])
        yield _decoded(parts, b"[" + b",".join(pieces) + b"]", numbers)


def _decoded(parts: list[Part], array: bytes | bytearray, numbers: Iterable[int]) -> list[Row]:
    """Return the annotations of an array with their parts, or the only part, and their numbers in it."""
    raws = msgspec.json.decode(array, type=list[msgspec.Raw])
    owners = parts * len(raws) if len(parts) == 1 else parts
    return list(map(Row, owners, numbers, raws, many(array, Seen)))
