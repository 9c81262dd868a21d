"""Rows that say what an earlier row said."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cocolint.api import Bools, Ints


def repeats(among: Bools, *columns: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Return the rows of `among`, ascending, whose values in all columns stand on an earlier one too, and the first of those.

    NaN equals nothing.
    """
    rows = np.flatnonzero(among)
    if not len(rows):
        return rows, rows
    order = rows[np.lexsort([column[rows] for column in columns])]
    same = np.logical_and.reduce([column[order[1:]] == column[order[:-1]] for column in columns])
    starts = np.flatnonzero(np.append(True, ~same))
    firsts = order[np.repeat(starts, np.diff(np.append(starts, len(order))))]
    later, first = order[order != firsts], firsts[order != firsts]
    by_row = np.argsort(later)
    return later[by_row], first[by_row]
