"""Tables of Markdown, and numbers as they stand in them."""

from __future__ import annotations

from collections.abc import Iterable

MEGABYTE = 1_000_000


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Return the lines of a table, with a blank one behind."""
    cells = [[str(cell) for cell in row] for row in rows]
    titles = list(head)
    rule = ["---"] + ["---:"] * (len(titles) - 1)
    return ["| " + " | ".join(line) + " |" for line in (titles, rule, *cells)] + [""]


def megabytes(size: float) -> str:
    """Return a size in bytes as it is called in headings."""
    return f"{size / MEGABYTE:,.0f} MB"


def number(value: float) -> str:
    """Return a number with three digits that count, and all that stand before the point."""
    shown = float(f"{value:.3g}")
    return f"{value:,.0f}" if abs(shown) >= 100 else f"{shown:#.3g}".rstrip(".") if shown else "0"


def duration(seconds: float) -> str:
    """Return seconds in the unit that a person would use."""
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{number(seconds / unit)} {name}"
    return f"{number(seconds / 86_400)} days"


def size(count: float) -> str:
    """Return bytes in the unit that a person would use."""
    for limit, unit, name in ((1e6, 1e3, "KB"), (1e9, 1e6, "MB"), (1e12, 1e9, "GB")):
        if count < limit:
            return f"{number(count / unit)} {name}"
    return f"{number(count / 1e12)} TB"
