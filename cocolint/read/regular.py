"""Slices whose records are regular, read by the compiled kernel in one pass: the columns are those of the typed decoder."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from cocolint import compiled
from cocolint import schema as schemas
from cocolint.model import Bools, Floats, Ints, Task
from cocolint.read.build import UNSET, Masks
from cocolint.read.details import Points, Rings, Runs, Segments
from cocolint.read.geometry import distinct
from cocolint.read.ragged import FURTHEST, joined_runs, places

_MASKS = {"segmentation": "mask", "compressed_rle": "compressed mask"}
_LOOSE = {"score": "loose number", "ignore": "truth"}
"""Fields that may hold anything, of which only this is of use."""
_FOUR = msgspec.Meta(min_length=4, max_length=4)
_KINDS: dict[Any, str] = {
    int: "integer", Literal[0, 1]: "flag", float: "number", list[float]: "numbers",
    Annotated[list[float], _FOUR]: "box", Annotated[list[int], _FOUR]: "integer box",
    int | None: "integer or null", str: "text", str | None: "text or null", str | int | None: "text or null",
}  # fmt: skip
_INTEGERS = dict.fromkeys(("integer", "flag", "numbers", "records"), np.dtype(np.int64))
_FLOATS = dict.fromkeys(("number", "integer or null", "loose number", "truth"), np.dtype(np.float64))
_BOXES = {"box": np.dtype((np.float64, 4)), "integer box": np.dtype((np.int64, 4))}
_TYPES: dict[str, Any] = {**_INTEGERS, **_FLOATS, **_BOXES}
"""What stands for each record; of arrays of numbers and records, that is how many there are."""
_TEXTS = msgspec.json.Decoder(list[str])
_TEXTUAL = ("text", "text or null")
Fields = list[tuple[str, str]]


class RegularReader:
    """Reads annotations or images of files of one task."""

    def __init__(self, task: Task, section: str = "annotations") -> None:
        schema = schemas.record_schema(task, section) or {}
        types = {name: schemas.field_type(task, section, name) for name in schema.get("properties", {})}
        self._fields: Fields = []
        self._inner: Fields = []
        for name, type_ in types.items():
            definition = schema["properties"][name].get("$ref", "").rpartition("/")[2]
            kind = _MASKS.get(definition) or _KINDS.get(type_) or _LOOSE.get(name, "other")
            if name == "segments_info":
                kind, self._inner = "records", _fields_within(type_)
            self._fields.append((name, kind))
        self._decoders = [msgspec.json.Decoder(list[type_]) for type_ in types.values()]  # type: ignore[valid-type]

    def read(self, array: bytes | bytearray) -> Masks | None:
        """Return the fields of a JSON array of records; None if they are not regular, or there is no kernel."""
        if compiled.kernel is None:
            return None
        try:
            columns, flat, inner = compiled.kernel.columns_of(array, self._fields, self._inner)
            ragged = {name: np.frombuffer(column, np.int64) for name, column in flat.items()}
            noted = ragged["texts"].reshape(-1, 2)
            texts = _TEXTS.decode(_joined(array, noted[:, 0], noted[:, 1]))
            others = self._others(array, ragged)
        except (compiled.kernel.Irregular, msgspec.DecodeError, RecursionError):
            return None
        there = {name: ragged["present"] >> place & 1 == 1 for place, (name, _) in enumerate(self._fields)}
        arrays = _arrays(self._fields, columns)
        named = {name: columns[name] for name, kind in self._fields if kind in _TEXTUAL}
        return _Regular(there, arrays, _arrays(self._inner, inner), ragged, texts, named, others)

    def _others(self, array: bytes | bytearray, ragged: Mapping[str, Ints]) -> dict[str, list[Any]]:
        """Decode the values of the fields that the kernel does not know, all those of a field at once."""
        others = {}
        noted = ragged["others"].reshape(-1, 4)
        for place in distinct(noted[:, 0]).tolist():
            rows, starts, stops = noted[noted[:, 0] == place, 1:].T
            values = self._decoders[place].decode(_joined(array, starts, stops))
            column = [UNSET] * len(ragged["present"])
            for row, value in zip(rows.tolist(), values, strict=True):
                column[row] = value
            others[self._fields[place][0]] = column
        return others


@functools.cache
def regular_reader_of(task: Task, section: str = "annotations") -> RegularReader:
    """Return the reader of annotations or images of a task, which is made once."""
    return RegularReader(task, section)


def _joined(array: bytes | bytearray, starts: Ints, stops: Ints) -> bytes:
    return b"[%b]" % b",".join([array[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)])


def _fields_within(type_: Any) -> Fields:
    """Return the fields of the records in an array, all of which are required."""
    return [(field.name, _KINDS[field.type]) for field in msgspec.structs.fields(get_args(type_)[0])]


def _arrays(fields: Fields, columns: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    return {name: np.frombuffer(columns[name], _TYPES[kind]) for name, kind in fields if kind in _TYPES}


class _Regular(Masks):
    """The fields of one slice as the kernel hands them out; `segments` are the columns of panoptic ones.

    `texts` are the strings of runs, `named` those of fields, all of them as one text.
    """

    def __init__(
        self,
        there: Mapping[str, Bools],
        arrays: dict[str, npt.NDArray[Any]],
        segments: Mapping[str, npt.NDArray[Any]],
        ragged: Mapping[str, Ints],
        texts: Sequence[str],
        named: Mapping[str, Any],
        others: dict[str, list[Any]],
    ) -> None:
        super().__init__([], {})
        self.size = len(ragged["present"])
        self._there = there
        self._arrays = arrays
        self._segments = segments
        self._ragged = ragged
        self._texts = texts
        self._named = named
        self._others = others

    def _look_for(self, name: str) -> Bools:
        """Note which rows have a field, and return that."""
        there = self._there.get(name, np.zeros(self.size, bool))
        self._note(name, there)
        return there

    def column(self, name: str) -> list[Any]:
        self._look_for(name)
        return self._others.get(name) or [UNSET] * self.size

    def integers(self, name: str, default: int) -> Ints:
        known = self._known(name, default)
        return super().integers(name, default) if known is None else known

    def numbers(self, name: str) -> Floats:
        if name in self._arrays:
            self._arrays[name] = self._arrays[name].astype(np.float64, copy=False)
        known = self._known(name, np.nan)
        return super().numbers(name) if known is None else known

    def loose_numbers(self, name: str) -> Floats:
        known = self._known(name, np.nan)
        return super().loose_numbers(name) if known is None else known

    def flags(self, name: str) -> Bools:
        known = self._known(name, 0)
        return super().flags(name) if known is None else known != 0

    def boxes(self, name: str) -> Floats:
        known = self._known(name, np.nan)
        return super().boxes(name) if known is None else known

    def texts(self, name: str) -> list[str]:
        if name not in self._named:
            return super().texts(name)
        if not self._look_for(name).any():
            return [""] * self.size
        return _TEXTS.decode(b"".join([b"[", memoryview(self._named[name])[:-1], b"]"]))

    def _known(self, name: str, default: float) -> npt.NDArray[Any] | None:
        """Return a field that the kernel knows, with `default` in the rows that have none."""
        values = self._arrays.get(name)
        if values is None:
            return None
        there = self._look_for(name)
        if not there.all():
            values[~there] = default
        return values

    def ragged(self) -> tuple[Rings, Runs, Points]:
        for name in ("segmentation", "keypoints"):
            self._look_for(name)
        flat = self._ragged
        owner = flat["ring_owner"]
        rings = Rings(
            owner, places(np.bincount(owner, minlength=self.size)), flat["ring_length"], flat["ring_values"].view(np.float64)
        )
        compressed = flat["run_length"] < 0
        size = flat["run_size"].clip(-FURTHEST, FURTHEST).reshape(-1, 2)
        runs = joined_runs(flat["run_owner"], size, flat["run_length"], flat["run_counts"], compressed, self._texts)
        length = self._arrays.get("keypoints", np.zeros(self.size, np.int64))
        return rings, runs, Points(length, flat["point_values"].view(np.float64))

    def segments(self) -> Segments:
        self._look_for("segments_info")
        counts = self._arrays.get("segments_info", np.zeros(self.size, np.int64))
        total = int(counts.sum())
        columns = {
            name: self._segments[name].clip(-FURTHEST, FURTHEST) if name in self._segments else np.full(total, -1)
            for name in ("id", "category_id", "area", "iscrowd")
        }
        bbox = self._segments["bbox"].astype(np.float64) if "bbox" in self._segments else np.full((total, 4), np.nan)
        return Segments(np.repeat(np.arange(self.size), counts), places(counts), bbox=bbox, **columns)
