"""What an export did, counted for its summary."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from msgspec import Struct, field


class Written(NamedTuple):
    """One annotation file of the export and how many records it holds."""

    path: str
    images: int
    annotations: int
    categories: int


class Loss(Struct):
    """What became of masks that are polygons now: areas are in pixels.

    `before` is the area of the masks, `added` what the polygons cover beyond them, `lost` what they do not cover.
    """

    masks: int = 0
    with_holes: int = 0
    before: int = 0
    added: int = 0
    lost: int = 0


class Tally(Struct):
    """Everything that was written, filled in, left out and converted; `notes` are sentences for the summary."""

    files: list[Written] = []
    filled: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    filtered: Counter[str] = field(default_factory=Counter)
    converted: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    loss: Loss = field(default_factory=Loss)
    pictures: Counter[str] = field(default_factory=Counter)
    notes: list[str] = []
    faults: Counter[tuple[str, str]] | None = None
    """What a check of the result finds, by severity and rule, None where it was not checked."""
