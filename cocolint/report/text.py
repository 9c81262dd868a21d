"""Text for people: numbers in words, and strings of the data made harmless."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cocolint.reported import Occurrence

LONGEST = 300
"""Characters of a message or a name that are shown; the data may hold megabytes."""

ELLIPSIS = "..."

COMMAND = re.compile(r"##(?=\w*\[)")
"""What begins a command to a runner: `##[` to GitHub and Azure, `##vso[` to Azure, `##teamcity[` to TeamCity."""


def clean(text: str) -> str:
    """Return `text` with each character that does not show, or steers a terminal, written as its escape sequence.

    That covers line breaks, C0 and C1 controls, bidi overrides, lone surrogates and invisible characters. The marks of commands
    that runners look for anywhere in a line, such as `##[` and `##vso[`, are broken up.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return COMMAND.sub(r"##\\", text) if "##" in text else text


def shown(value: object) -> str:
    """Return a value of the data as JSON would write it, cut short."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, TypeError, RecursionError):
        text = str(type(value).__name__)
    return short(text, 40)


def short(text: str, longest: int = LONGEST) -> str:
    """Return the harmless text, cut to `longest` characters."""
    cut_early = clean(text[: longest + 1])
    return cut_early if len(cut_early) <= longest else cut_early[: longest - len(ELLIPSIS)] + ELLIPSIS


def whom(occurrence: Occurrence) -> Iterator[str]:
    """Yield the pointer of an occurrence, its record and the image of that, as far as there are such."""
    if occurrence.pointer:
        yield occurrence.pointer
    if occurrence.kind and occurrence.id is not None:
        yield f"{occurrence.kind} id={shown(occurrence.id)}"
    if occurrence.image_id is not None and occurrence.kind != "image":
        yield f"image id={shown(occurrence.image_id)}"


def cells(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int) -> str:
    """Return the harmless text, cut to `width` columns."""
    text = clean(text[: width * 2])
    if cells(text) <= width:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, max(0, width - len(ELLIPSIS))) + ELLIPSIS


def pad(text: str, width: int) -> str:
    """Return `text` filled with spaces to `width` columns."""
    return text + " " * (width - cells(text))


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: `1 error`, `1,204 errors`, `2 categories`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def noun_of(section: str) -> str:
    """Return what one record of a section is called."""
    return section[:-3] + "y" if section.endswith("ies") else section.removesuffix("s")


def percent(part: int, whole: int) -> str:
    """Return the share with one decimal, never rounded to nothing or to all."""
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return "100 %" if share == 100 else f"{share:.1f} %"


def size(count: int) -> str:
    """Return a number of bytes in the unit that fits it."""
    if count < 1000:
        return plural(count, "byte")
    amount = float(count)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.5 or unit == "GB":
            break
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"


def duration(seconds: float) -> str:
    """Return a time in the unit that fits it."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
