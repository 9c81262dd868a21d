"""Decoded records become columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from cocolint.model import Bools, Floats, Ints
from cocolint.read.columns import NUMBERS_OF_IMAGES, TEXTS_OF_IMAGES, Annotations, Categories, Images
from cocolint.read.details import Details, Points, Rings, Runs, Segments
from cocolint.read.geometry import by_owner
from cocolint.read.parts import count_parts
from cocolint.read.pieces import Column, Numbers, Piece
from cocolint.read.ragged import places, runs_of, segments_of

UNSET = msgspec.UNSET
INT64 = range(-(2**63), 2**63)
LARGEST_SIZE = 2**31 - 1
"""Of a mask, in pixels; the sizes of larger ones are not kept for a whole file."""
_COUNTED = 20
"""Of how many crowds of a slice the parts are counted: enough for a median, too few to be felt."""
_MANY = 0.1
"""Below this share of crowds in a slice nobody asks for their parts."""


class Masks:
    """The presence of each field while a table is built.

    `broken` holds for each field the rows whose value the schema refused.
    """

    def __init__(self, pieces: Sequence[Piece], broken: dict[str, set[int]]) -> None:
        self.size = sum(piece.size for piece in pieces)
        self.broken = broken
        self.valid: dict[str, Bools] = {}
        self.absent: dict[str, Bools] = {}
        self.overflow: dict[str, list[int]] = {}
        self._pieces = pieces
        names = pieces[0].columns if pieces else {}
        self._columns = {name: _joined([piece.columns[name] for piece in pieces]) for name in names}

    def column(self, name: str) -> list[Any]:
        """Return the values of a field, UNSET where there is none, and note which rows have one."""
        size = self.size
        values = self._columns.get(name, [])
        values = (values.tolist() if isinstance(values, np.ndarray) else values) or [UNSET] * size
        self._note(name, np.ones(size, bool))
        if self._nowhere(values):
            self._note(name, np.zeros(size, bool))
        elif UNSET in values:
            self._note(name, np.fromiter((value is not UNSET for value in values), bool, size))
        return values

    def integers(self, name: str, default: int) -> Ints:
        """Return a field as 64-bit integers; rows without one hold `default`, and larger ones are noted as overflow."""
        everywhere = self._array(name)
        if everywhere is not None:
            return everywhere
        values = self.column(name)
        if self._nowhere(values):
            return np.full(len(values), default, np.int64)
        large = [row for row, value in enumerate(values) if value is not UNSET and value not in INT64]
        if large:
            self.overflow[name] = large
            self.valid[name][large] = False
        valid = self.valid[name].tolist()
        return np.array([value if ok else default for value, ok in zip(values, valid, strict=True)], np.int64)

    @staticmethod
    def _nowhere(values: list[Any]) -> bool:
        return bool(values) and values[0] is UNSET and values.count(UNSET) == len(values)

    def _note(self, name: str, valid: Bools) -> None:
        absent = ~valid
        if name in self.broken:
            absent[list(self.broken[name])] = False
        self.valid[name], self.absent[name] = valid, absent

    def numbers(self, name: str) -> Floats:
        """Return a field as floats, NaN where there is none."""
        everywhere = self._array(name)
        if everywhere is not None:
            return everywhere.astype(np.float64, copy=False)
        values = self.column(name)
        if self._nowhere(values):
            return np.full(len(values), np.nan)
        return np.array([as_float(value) for value in values], np.float64)

    def boxes(self, name: str) -> Floats:
        """Return a field of four numbers as floats, NaN where there is none."""
        everywhere = self._array(name)
        if everywhere is not None:
            return everywhere
        values = self.column(name)
        if self._nowhere(values):
            return np.full((len(values), 4), np.nan)
        unknown = (float("nan"),) * 4
        flat = [as_float(v) for box in values for v in (unknown if box is UNSET else box)]
        return np.array(flat, np.float64).reshape(-1, 4)

    def _array(self, name: str) -> npt.NDArray[Any] | None:
        """Return a field of numbers that every row has, None for others."""
        values = self._columns.get(name)
        if not isinstance(values, np.ndarray):
            return None
        self._note(name, np.ones(self.size, bool))
        return values

    def loose_numbers(self, name: str) -> Floats:
        """Return a field that may hold anything as floats, NaN where it is no number."""
        everywhere = self._array(name)
        if everywhere is not None:
            return everywhere.astype(np.float64, copy=False)
        values = self.column(name)
        if self._nowhere(values):
            return np.full(len(values), np.nan)
        return np.fromiter(map(as_float, values), np.float64, len(values))

    def sizes(self, name: str) -> Floats:
        """Return a field of integers as floats; rows without one hold NaN, and so do larger ones, noted as overflow."""
        column = self.numbers(name)
        large = np.flatnonzero(np.abs(column) >= 2.0**63)
        if len(large):
            self.overflow[name] = large.tolist()
            self.valid[name][large] = False
            column[large] = np.nan
        return column

    def flags(self, name: str) -> Bools:
        """Return whether a field is there and neither 0, false, null nor empty."""
        values = self.column(name)
        return np.zeros(len(values), bool) if self._nowhere(values) else np.fromiter(map(bool, values), bool, len(values))

    def ragged(self) -> tuple[Rings, Runs, Points]:
        """Return the polygons, the run-length masks and the keypoints."""
        segmentations, keypoints = self.column("segmentation"), self.column("keypoints")
        ring_count, point_count = self._lengths(segmentations), self._lengths(keypoints)
        runs = runs_of(segmentations, self.valid["segmentation"] & (ring_count < 0))
        ring_count = ring_count.clip(0)
        rings, points = (Numbers.joined([getattr(piece, name) for piece in self._pieces]) for name in ("rings", "points"))
        owner = np.repeat(np.arange(self.size), ring_count)
        return Rings(owner, places(ring_count), rings.length, rings.values), runs, Points(point_count.clip(0), points.values)

    def _lengths(self, values: list[Any]) -> Ints:
        """Return the lengths that are in the place of arrays, -1 for other values."""
        if self._nowhere(values):
            return np.full(len(values), -1)
        return np.array([value if type(value) is int else -1 for value in values], np.int64)

    def segments(self) -> Segments:
        """Return the panoptic segments."""
        values = self.column("segments_info")
        return segments_of(() if self._nowhere(values) else values)

    def count_texts(self) -> int:
        """Return how many values of all fields are strings."""
        lists = [values for values in self._columns.values() if isinstance(values, list)]
        return sum(list(map(type, values)).count(str) for values in lists)

    def texts(self, name: str) -> list[str]:
        """Return a field as strings, "" where there is none."""
        values = self.column(name)
        if self._nowhere(values):
            return [""] * len(values)
        if {*map(type, values)} == {str}:
            return values
        return [value if isinstance(value, str) else "" for value in values]


def _joined(parts: Sequence[Column]) -> Column:
    """Return the values of a field of some pieces, as an array if all of them are arrays."""
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts)
    return [*chain.from_iterable(part.tolist() if isinstance(part, np.ndarray) else part for part in parts)]


def as_float(value: Any) -> float:
    """Return a number as a float, infinite beyond the range of floats, NaN if it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def images_of(masks: Masks) -> Images:
    """Build the images table."""
    table: dict[str, Any] = {
        "id": masks.integers("id", -1),
        "width": masks.sizes("width"),
        "height": masks.sizes("height"),
        "license": masks.numbers("license"),
        "video": _videos(masks),
    }
    table |= {name: masks.texts(name) for name in TEXTS_OF_IMAGES}
    return Images(table, masks.valid, masks.absent, masks.size)


def packed_images(images: Images) -> Images:
    """Return the table with its strings in the form in which they take the least memory."""
    from cocolint.read.texts import Texts  # imported here, as is the next: few files have as many images

    for name in TEXTS_OF_IMAGES:
        setattr(images, name, Texts(getattr(images, name)))
    return images


def joined_images(tables: Sequence[Images]) -> Images:
    """Return one table of all rows of at least one; all strings are packed, or none."""
    if len(tables) == 1:
        return tables[0]
    from cocolint.read.texts import Texts

    columns = {name: [getattr(table, name) for table in tables] for name in (*NUMBERS_OF_IMAGES, *TEXTS_OF_IMAGES, "video")}
    joined: dict[str, Any] = {name: np.concatenate(columns[name]) for name in NUMBERS_OF_IMAGES}
    for name in (*TEXTS_OF_IMAGES, "video"):
        parts = columns[name]
        joined[name] = Texts.joined(parts) if isinstance(parts[0], Texts) else [*chain.from_iterable(parts)]
    valid, absent = (
        {name: np.concatenate([masks[name] for masks in parts]) for name in parts[0]}
        for parts in ([table.valid for table in tables], [table.absent for table in tables])
    )
    return Images(joined, valid, absent, sum(map(len, tables)))


def _videos(masks: Masks) -> list[Any]:
    """Return `video_id`, or PoseTrack's name for it, None where there is neither."""
    videos, others = masks.column("video_id"), masks.column("vid_id")
    if not (masks.valid["video_id"].any() or masks.valid["vid_id"].any()):
        return [None] * masks.size
    values = [other if video is UNSET else video for video, other in zip(videos, others, strict=True)]
    return [None if value is UNSET else value for value in values]


def categories_of(masks: Masks) -> Categories:
    """Build the categories table."""
    table: dict[str, Any] = {"id": masks.integers("id", -1)}
    for name in ("name", "supercategory"):
        table[name] = masks.texts(name)
    for name in ("keypoints", "skeleton", "isthing"):
        table[name] = [None if value is UNSET else value for value in masks.column(name)]
    return Categories(table, masks.valid, masks.absent, masks.size)


def annotations_of(masks: Masks, images: Images, categories: Categories) -> Annotations:
    """Build the annotations table of one slice."""
    size = masks.size
    keys: dict[str, Any] = {name: masks.integers(name, -1) for name in ("id", "image_id", "category_id", "num_keypoints")}
    keys["iscrowd"] = masks.integers("iscrowd", 0).astype(np.int8)
    keys["area"] = masks.numbers("area")
    keys["bbox"] = masks.boxes("bbox")
    keys["score"] = masks.loose_numbers("score")
    keys["ignored"] = masks.flags("ignore")
    keys["image"] = np.where(masks.valid["image_id"], images.rows_of(keys["image_id"]), -1)
    keys["category"] = np.where(masks.valid["category_id"], categories.rows_of(keys["category_id"]), -1)
    attributes = masks.column("attributes")
    keys["rotation"] = _rotations(attributes, masks.valid["attributes"])
    keys["track"] = _tracks(attributes, masks.valid["attributes"])
    rings, runs, points = masks.ragged()
    keys["ring_count"] = np.bincount(rings.owner, minlength=size).astype(np.int32)
    keys["is_rle"] = np.bincount(runs.owner, minlength=size) > 0
    keys["part_count"] = part_counts(size, runs, keys["iscrowd"] == 1)
    keys |= _mask_keys(size, rings, runs, points) | _point_keys(points, categories.point_count_of(keys["category"]))
    captions, file_names = masks.texts("caption"), masks.texts("file_name")
    if masks.valid["caption"].any():
        keys["digest"] = np.array([digest_of(text.strip().casefold()) for text in captions], np.float64)
    if masks.valid["file_name"].any():
        keys["digest"] = np.array([digest_of(name) for name in file_names], np.float64)
    details = Details(rings, runs, points, masks.segments(), captions, attributes, file_names)
    return Annotations(keys, masks.valid, masks.absent, images, categories, details)


def _rotations(values: Sequence[Any], there: Bools) -> Floats:
    out = np.zeros(len(values))
    for row in np.flatnonzero(there).tolist():
        if "rotation" in values[row]:
            angle = as_float(values[row]["rotation"])
            out[row] = 0 if np.isnan(angle) else angle
    return out


def _tracks(values: Sequence[Any], there: Bools) -> Ints:
    """Return `track_id` of the attributes, or Encord's name of a track, as a number; 0 where there is neither."""
    out = np.zeros(len(values), np.int64)
    for row in np.flatnonzero(there).tolist():
        track = values[row].get("track_id", values[row].get("encord_track_uuid"))
        if track is not None:
            out[row] = digest_of(repr(track)) or 1
    return out


def digest_of(text: str) -> int:
    """Return a number that equal texts share in every process."""
    from hashlib import blake2b  # imported here: most files have neither captions nor tracks

    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=6).digest())


def part_counts(size: int, runs: Runs, crowd: Bools) -> Ints:
    """Count the parts of some of the crowds of a slice; -1 for the other annotations."""
    out = np.full(size, -1, np.int64)
    crowds = np.flatnonzero(crowd[runs.owner])
    chosen = crowds[:_COUNTED] if len(crowds) > _MANY * size else crowds[:0]
    for mask in chosen:
        run = slice(runs.start[mask], runs.start[mask + 1])
        out[runs.owner[mask]] = count_parts(runs.counts[run], int(runs.height[mask]), int(runs.width[mask]))
    return out


def _mask_keys(size: int, rings: Rings, runs: Runs, points: Points) -> dict[str, Any]:
    bounds, area, digest = by_owner(rings.shapes, rings.owner, size)
    height, width = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    if len(runs.owner):
        height[runs.owner], width[runs.owner] = np.clip(runs.height, -1, LARGEST_SIZE), np.clip(runs.width, -1, LARGEST_SIZE)
        bounds[runs.owner], area[runs.owner] = runs.shapes.bounds, runs.shapes.area
        digest[runs.owner] = runs.shapes.digest
    if len(points.values):
        owner = np.repeat(np.arange(size), points.length)
        place = np.arange(len(points.values)) - points.start[:-1][owner]
        with np.errstate(all="ignore"):
            digest += np.bincount(owner, points.values * (place + 0.5), size)
    return {"mask_bounds": bounds, "mask_area": area, "mask_height": height, "mask_width": width, "digest": digest}


def _point_keys(points: Points, expected: Ints) -> dict[str, Any]:
    """Look at v of every keypoint, where there are as many as the category declares, or it declares none."""
    size = len(expected)
    if not len(points.values):
        none = np.zeros(size, np.int32)
        return {"keypoint_values": none, "labelled": none, "scored": none, "odd_visibility": np.full(size, np.nan)}
    owner, _, values = points.triplets((expected <= 0) | (points.length == 3 * expected))
    visibility = values[:, 2]
    with np.errstate(invalid="ignore"):
        odd = (visibility != 0) & (visibility != 1) & (visibility != 2)
        scored = odd & (visibility > 0) & (visibility < 1)
        largest = np.full(size, np.nan)
        np.fmax.at(largest, owner[odd], visibility[odd])
    return {
        "keypoint_values": points.length.astype(np.int32),
        "labelled": np.bincount(owner[visibility > 0], minlength=size).astype(np.int32),
        "scored": np.bincount(owner[scored], minlength=size).astype(np.int32),
        "odd_visibility": largest,
    }
