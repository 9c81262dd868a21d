"""What ids that nothing declares tell of the mistake behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from cocolint.api import Bools, Ints, distinct

OFFICIAL_IDS = frozenset(range(1, 91)) - {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
"""The ids of the 80 classes of official COCO."""


def explained(unknown: Ints, usable: Bools) -> bool:
    """Whether there are no more different `unknown` ids than records whose own id is not `usable`."""
    return len(distinct(unknown)) <= int(np.count_nonzero(~usable))


def mistake_in(used: frozenset[int], declared: frozenset[int]) -> str:
    """Say how the `used` ids, of which some are not declared, came to be, or "" if nothing is proven."""
    positions = frozenset(range(len(declared)))
    if declared == OFFICIAL_IDS and (used <= positions or used <= frozenset(range(1, 81))):
        return f"ids are positions in the list of 80 classes, counted from {_base_of_80(used)}"
    if {i + 1 for i in used} <= declared and min(used) == min(declared) - 1:
        return "every id is 1 too small"
    if {i - 1 for i in used} <= declared and max(used) == max(declared) + 1:
        return "every id is 1 too large"
    if used <= positions and not declared <= positions:
        return "ids are positions in the list of categories, counted from 0"
    return ""


def meant_by(used: frozenset[int], declared: frozenset[int], is_sorted: bool) -> dict[int, int]:
    """Return the declared id that each of the `used` ids stands for by that mistake; nothing where that is open.

    `is_sorted` tells that the categories stand in the order of their ids, without which positions tell nothing.
    """
    mistake = mistake_in(used, declared)
    if mistake.endswith("too small"):
        return {old: old + 1 for old in used}
    if mistake.endswith("too large"):
        return {old: old - 1 for old in used}
    base = mistake.rpartition(" ")[2]
    if not mistake or not is_sorted or mistake.endswith("0 or 1"):
        return {}
    return {place: new for place, new in enumerate(sorted(declared), int(base)) if place in used}


def number_in(text: Any) -> int | None:
    """Return the id that a text spells as JSON would, None for anything else. It is one that all readers hold exactly."""
    if isinstance(text, str) and text.isdecimal() and text.isascii() and len(text) < 16 and str(int(text)) == text:
        return int(text)
    return None


def _base_of_80(used: frozenset[int]) -> str:
    if 0 in used:
        return "0"
    return "1" if 80 in used else "0 or 1"
