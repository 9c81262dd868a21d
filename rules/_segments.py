"""What the rules on panoptic files share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cocolint.api import Annotations, Bools, Finding, Ints, Task

PANOPTIC = frozenset({Task.PANOPTIC})
PANOPTIC_TASKS = PANOPTIC | {Task.RESULTS_PANOPTIC}
ID_LIMIT = 1 << 24
"""The first number that three channels of 8 bits cannot hold."""


def at_segments(annotations: Annotations, rows: Ints | Bools, field: str, message: str, **values: Any) -> Iterable[Finding]:
    """Yield one finding for the segments at `rows`, at a field of each. `values` are arrays as long as `rows`."""
    segments = annotations.segments
    named: dict[str, Any] = {"place": segments.place[rows], "id": segments.id[rows], **values}
    return annotations.at(segments.owner[rows], f"segments_info/{{place}}/{field}", message, **named)
