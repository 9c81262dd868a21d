"""How an annotation, image or category of a task is made of the record of the source.

A record that needs no change is given back as it stands; of another one, only the values that change are written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from cocolint.export import masks
from cocolint.export.masks import is_number
from cocolint.export.options import Options, SegmentationMode
from cocolint.export.origins import NONE, ids_of
from cocolint.export.plan import Part
from cocolint.export.tally import Tally
from cocolint.model import Task
from cocolint.read.source import NONFINITE

OBJECTS = frozenset({Task.INSTANCES, Task.PERSON_KEYPOINTS, Task.STUFF})
Changes = dict[str, bytes | None]
"""New values by key, as they are written; None takes the key out."""

encode = msgspec.json.encode


class Seen(msgspec.Struct, gc=False):
    """The fields of an annotation that an export looks at."""

    id: Any = None
    image_id: Any = None
    category_id: Any = None
    bbox: Any = None
    area: Any = None
    iscrowd: Any = None
    segmentation: msgspec.Raw = msgspec.Raw()
    keypoints: msgspec.Raw = msgspec.Raw()
    num_keypoints: Any = None
    caption: Any = None
    file_name: Any = None
    segments_info: msgspec.Raw = msgspec.Raw()
    attributes: msgspec.Raw = msgspec.Raw()


class Row(NamedTuple):
    """An annotation of the source: the part and its row in it, as it stands, and what is seen of it, None if nothing."""

    part: Part
    number: int
    raw: msgspec.Raw
    seen: Seen | None


class LeftOut(Exception):
    """A record that cannot be written; the message says why."""


class Unwanted(Exception):
    """A record that a filter leaves out, or that belongs to another file."""


Covered = Callable[[Part, int], masks.Rle | None]
"""What later objects leave of the mask of an annotation, None where it stays as it is."""


class Annotations:
    """Makes the annotations of one task."""

    def __init__(self, task: Task, options: Options, tally: Tally, covered: Covered | None = None) -> None:
        self._task = task
        self._options = options
        self._tally = tally
        self._covered = covered
        self._written = 0

    def make(self, row: Row) -> bytes | None:
        """Return the record as it is to be written, None where it is left out; why is counted."""
        try:
            changes = self._changes(row)
        except LeftOut as reason:
            self._tally.left_out[f"annotations: {reason}"] += 1
            return None
        except Unwanted:
            return None
        self._written += 1
        if self._options.reindex and self._task is not Task.PANOPTIC:
            changes["id"] = b"%d" % self._written
        return spliced(row.raw, changes) if changes else bytes(row.raw)

    def _changes(self, row: Row) -> Changes:
        seen = row.seen
        image = int(row.part.origin.image_rows[row.number])
        if image < 0 and not row.part.counts_strays:
            raise Unwanted
        if seen is None:
            raise LeftOut("not an object, or a number in it is out of range")
        changes: Changes = {}
        self._refer(row, seen, changes)
        if row.part.origin.document.source.nonfinite and NONFINITE in bytes(row.raw):
            raise LeftOut("a value is NaN or infinite")
        if self._task in OBJECTS:
            self._object(row, seen, changes)
        elif self._task is Task.CAPTIONS and not isinstance(seen.caption, str):
            raise LeftOut("no caption")
        elif self._task is Task.PANOPTIC:
            self._segments(row, seen, changes)
        if len(seen.attributes) and not self._options.allow_attributes:
            changes["attributes"] = None
            self._tally.converted["annotations without their attributes"] += 1
        return changes

    def _refer(self, row: Row, seen: Seen, changes: Changes) -> None:
        """Set the ids of the annotation, its image and its category."""
        part, origin = row.part, row.part.origin
        image = int(origin.image_rows[row.number])
        if image < 0:
            raise LeftOut("their image is not in the file")
        new = int(part.image_ids[image])
        if new == NONE:
            self._tally.filtered["annotations"] += bool(part.unwanted[image])
            raise Unwanted
        _put(changes, "image_id", new, seen.image_id)
        if self._task not in (Task.CAPTIONS, Task.PANOPTIC):
            _put(changes, "category_id", self._category(part, int(origin.category_rows[row.number])), seen.category_id)
        if self._task is not Task.PANOPTIC:
            _put(changes, "id", int(part.annotation_ids[row.number]), seen.id)

    def _category(self, part: Part, row: int) -> int:
        if row < 0:
            raise LeftOut("their category is not in the file")
        if part.unwanted_categories[row]:
            self._tally.filtered["annotations"] += 1
            raise Unwanted
        return int(part.category_ids[row])

    def _object(self, row: Row, seen: Seen, changes: Changes) -> None:
        mask, reason = _mask_of(seen.segmentation) if self._needs_mask(seen) else (None, "")
        points = self._keypoints(seen, changes)
        is_runs = isinstance(mask, masks.Runs)
        left = self._covered(row.part, row.number) if self._covered and mask else None
        if left:
            mask = self._crop(left, changes)
        if not _is_box(seen.bbox) and "bbox" not in changes:
            box = mask.bbox() if mask else _bounds_of(points)
            if box is None:
                raise LeftOut("no bbox and no segmentation" + (f" ({reason})" if reason else ""))
            changes["bbox"] = encode(box)
            self._tally.filled["bbox"] += 1
        if not is_number(seen.area) and "area" not in changes:
            box = _decoded(changes.get("bbox")) or seen.bbox
            changes["area"] = encode(round(mask.area() if mask else float(box[2] * box[3]), 6))
            self._tally.filled["area"] += 1
        area = _decoded(changes.get("area")) if "area" in changes else seen.area
        if not self._options.filter.wants_area(area):
            self._tally.filtered["annotations"] += 1
            raise Unwanted
        self._crowd(seen, changes)
        if _is_null(seen.segmentation):
            changes["segmentation"] = b"[]"
            self._tally.filled["segmentation"] += 1
        elif reason and self._options.segmentation_mode:
            self._tally.kept[f"segmentations: {reason}"] += 1
        elif mask:
            self._shape(row, seen, mask, is_runs, left is not None, changes)

    def _needs_mask(self, seen: Seen) -> bool:
        if not len(seen.segmentation):
            return False
        is_known = _is_box(seen.bbox) and is_number(seen.area)
        return not is_known or self._covered is not None or self._options.segmentation_mode is not None

    def _keypoints(self, seen: Seen, changes: Changes) -> list[Any]:
        """Return the keypoints, where the task has them; count them where their number is missing."""
        if self._task is not Task.PERSON_KEYPOINTS:
            if len(seen.keypoints) and self._task is Task.INSTANCES:
                changes |= self._without_keypoints(seen)
            return []
        points = _decoded(seen.keypoints)
        if not isinstance(points, list) or len(points) % 3 or not all(map(is_number, points)):
            raise LeftOut("no keypoints")
        if type(seen.num_keypoints) is not int:
            changes["num_keypoints"] = b"%d" % sum(visibility > 0 for visibility in points[2::3])
            self._tally.filled["num_keypoints"] += 1
        return points

    def _without_keypoints(self, seen: Seen) -> Changes:
        if _is_null(seen.keypoints) or bytes(seen.keypoints) == b"[]":
            return {}
        self._tally.converted["annotations without their keypoints"] += 1
        return {"keypoints": None, "num_keypoints": None}

    def _crowd(self, seen: Seen, changes: Changes) -> None:
        if seen.iscrowd is None:
            changes["iscrowd"] = b"0"
            self._tally.filled["iscrowd"] += 1
        elif isinstance(seen.iscrowd, bool):
            changes["iscrowd"] = b"%d" % seen.iscrowd
            self._tally.converted["iscrowd written as a number"] += 1

    def _crop(self, left: masks.Rle, changes: Changes) -> masks.Mask | None:
        mask = masks.parsed(masks.runs_of(left))
        if mask:
            changes["bbox"], changes["area"] = encode(mask.bbox()), encode(mask.area())
            self._tally.converted["masks cropped to what later objects leave of them"] += 1
        return mask

    def _shape(self, row: Row, seen: Seen, mask: masks.Mask, was_runs: bool, is_new: bool, changes: Changes) -> None:
        """Write the mask in the form that is wanted, where it has another one or `is_new`; where one is, count its pixels."""
        mode = self._options.segmentation_mode
        wants_runs = {
            None: was_runs,
            SegmentationMode.GUESS: bool(row.seen and row.seen.iscrowd),
            SegmentationMode.MASK: True,
            SegmentationMode.POLYGONS: False,
        }[mode]
        if mode is None and not is_new:
            return
        try:
            rle = mask.rle(*size_of(row))
        except masks.Unsound as reason:
            self._tally.kept[f"segmentations: {reason}"] += 1
            return
        if wants_runs != was_runs or is_new:
            rings, rle = (None, rle) if wants_runs else masks.polygons_of(rle, self._tally.loss)
            changes["segmentation"] = encode(masks.runs_of(rle) if rings is None else rings)
        if wants_runs != was_runs:
            self._tally.converted["polygons written as masks" if wants_runs else "masks written as polygons"] += 1
        area = masks.pixel_count(rle)
        if mode is not None and ("area" in changes or seen.area != area):
            changes["area"] = b"%d" % area

    def _segments(self, row: Row, seen: Seen, changes: Changes) -> None:
        """Set the categories of the segments of a panoptic annotation."""
        if not isinstance(seen.file_name, str):
            raise LeftOut("no file_name")
        try:
            segments = msgspec.json.decode(seen.segments_info, type=list[dict[str, msgspec.Raw]])
        except (msgspec.DecodeError, RecursionError):
            raise LeftOut("no segments_info") from None
        part = row.part
        new = []
        for segment in segments:
            old = _decoded(segment.get("category_id"))
            place = int(part.origin.categories.rows.rows_of(ids_of([old]))[0])
            if place < 0:
                self._tally.left_out["segments: their category is not in the file"] += 1
            else:
                number = int(part.category_ids[place])
                new.append(
                    segment if number == old and type(old) is int else {**segment, "category_id": msgspec.Raw(b"%d" % number)}
                )
        if len(new) < len(segments) or any(one is not two for one, two in zip(new, segments, strict=True)):
            changes["segments_info"] = b"[" + b", ".join(_joined(segment) for segment in new) + b"]"


def size_of(row: Row) -> tuple[int, int]:
    """Return height and width of the image of an annotation, 0 where they are unknown or no whole numbers."""
    images = row.part.origin.document.images
    place = row.part.origin.image_rows[row.number]
    height, width = float(images.height[place]), float(images.width[place])
    return (int(height), int(width)) if height.is_integer() and width.is_integer() else (0, 0)


def mask_of(seen: Seen) -> masks.Mask | None:
    """Return the mask of an annotation, None where it has none or an unsound one."""
    return _mask_of(seen.segmentation)[0]


def _mask_of(segmentation: msgspec.Raw) -> tuple[masks.Mask | None, str]:
    try:
        return masks.parsed(msgspec.json.decode(segmentation)) if len(segmentation) else None, ""
    except masks.Unsound as reason:
        return None, str(reason)
    except (msgspec.DecodeError, RecursionError):
        return None, "a number is out of range, or the segmentation is nested too deeply"


def _bounds_of(points: list[Any]) -> list[float] | None:
    """Return the box around the keypoints that are labelled, None if there are none."""
    seen = [(x, y) for x, y, visibility in zip(points[::3], points[1::3], points[2::3], strict=True) if visibility > 0]
    if not seen:
        return None
    xs, ys = zip(*seen, strict=True)
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def _is_null(raw: msgspec.Raw) -> bool:
    return len(raw) == 4 and bytes(raw) == b"null"


def _is_box(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(map(is_number, value))


def _decoded(raw: msgspec.Raw | bytes | None) -> Any:
    """Return the value of a field, None where there is none or one that cannot be decoded."""
    try:
        return msgspec.json.decode(raw) if raw is not None and len(raw) else None
    except (msgspec.DecodeError, RecursionError):
        return None


def _put(changes: Changes, key: str, new: int, old: Any) -> None:
    if type(old) is not int or old != new:
        changes[key] = b"%d" % new


def spliced(raw: msgspec.Raw, changes: Mapping[str, bytes | None]) -> bytes:
    """Return a record with some values changed, all others as they stand, in their order; new keys come last."""
    fields: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    return _joined({key: value for key, value in {**fields, **changes}.items() if value is not None})


def _joined(fields: Mapping[str, Any]) -> bytes:
    return b"{" + b", ".join(encode(key) + b": " + bytes(value) for key, value in fields.items()) + b"}"
