"""The phases of a check, as they are called in tables and plots."""

from __future__ import annotations

from typing import Any

Figures = dict[str, Any]
PHASES = {
    "start": "start of Python, imports",
    "open": "open: find the sections, read the small ones",
    "slices": "decode and check rows",
    "of rows": "... of which rules on rows",
    "columns": "check columns",
    "compare": "compare with the other file",
    "report": "report",
}


def phases_of(one: Figures) -> dict[str, float]:
    """Return the seconds of the phases of one check, which follow each other, so that they add up to the whole."""
    inside = one["open"] + one["slices"] + one["compare"]
    return {
        "start": max(0.0, one["whole"] - one["check"] - one["report"]), "open": one["open"], "slices": one["slices"],
        "columns": max(0.0, one["check"] - inside), "compare": one["compare"], "report": one["report"],
    }  # fmt: skip
