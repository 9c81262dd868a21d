"""What the rules on panoptic files share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cocolint.api import Annotations, Bools, Finding, Ints, Record, SegmentFolder, Task
from cocolint.pictures.segment_maps import look_at

PANOPTIC = frozenset({Task.PANOPTIC})
PANOPTIC_TASKS = PANOPTIC | {Task.RESULTS_PANOPTIC}
ID_LIMIT = 1 << 24
"""The first number that three channels of 8 bits cannot hold."""


def at_segments(annotations: Annotations, rows: Ints | Bools, field: str, message: str, **values: Any) -> Iterable[Finding]:
    """Yield one finding for the segments at `rows`, at a field of each. `values` are arrays as long as `rows`."""
    segments = annotations.segments
    named: dict[str, Any] = {"place": segments.place[rows], "id": segments.id[rows], **values}
    return annotations.at(segments.owner[rows], f"segments_info/{{place}}/{field}", message, **named)


def with_segments(record: Record, mend: Callable[[Record], Record | None]) -> Record:
    """Return a panoptic annotation with `mend` done to each of its segments that is an object; None drops one."""
    segments = record.get("segments_info")
    if not isinstance(segments, list):
        return record
    mended = [mend(segment) if isinstance(segment, dict) else segment for segment in segments]
    return record | {"segments_info": [segment for segment in mended if segment is not None]}


def areas_in(folder: SegmentFolder, name: Any, size: tuple[float, float] | None) -> dict[int, list[int]]:
    """Return pixels, x, y, width and height of each id in a PNG; nothing where it has no ids or is of another size."""
    picture = look_at(folder, name) if isinstance(name, str) else None
    if picture is None or not picture.has_ids or (size and size != (picture.width, picture.height)):
        return {}
    return {number: rest for number, *rest in picture.areas.tolist()}
