"""Lines of styled text on a stream: the one place where text for people is printed, and made harmless."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from cocolint.report.style import Style
from cocolint.report.text import cells, clean

Piece = str | tuple[str, str]
"""A text, or a text with the name of a rich style."""

PROSE_WIDTH = 120
NO_TITLES: Mapping[int, str] = {}
ASCII = str.maketrans({"·": "-"})


class Page:
    """Writes lines of at most `width` columns where their parts allow it; colours only where `style` says so."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        self.style = style
        self.width = style.width
        self._encoding = stream.encoding or "utf-8"
        self._print = _painter(stream) if style.color else _plain(stream)

    def line(self, *pieces: Piece) -> None:
        """Write one line. Where it starts like a command to GitHub's runners, a backslash is put before it."""
        harmless = [(self._harmless(text_of(piece)), style_of(piece)) for piece in pieces]
        if "".join(text for text, _ in harmless).lstrip().startswith("::"):
            harmless.insert(0, ("\\", ""))
        self._print(harmless)

    def command(self, text: str) -> None:
        """Write a line that is to be a command."""
        self._print([(self._harmless(text), "")])

    def prose(self, text: str, indent: int = 0, label: Piece = "", style: str = "") -> None:
        """Write a paragraph, wrapped, its further lines below the text that follows `label`."""
        start = indent + (cells(text_of(label)) + 1 if label else 0)
        width = max(20, min(self.width, PROSE_WIDTH) - start)
        first, *rest = textwrap.wrap(clean(text), width, break_on_hyphens=False) or [""]
        self.line(" " * indent, label, " " if label else "", (first, style))
        for part in rest:
            self.line(" " * start, (part, style))

    def flow(self, items: Iterable[Piece], separator: str = " ", indent: int = 2) -> None:
        """Write items one after the other, in as many lines as they need; only an item wider than a line is broken."""
        for line in self._filled(items, separator, self.width - indent):
            if len(line) == 1:
                self.prose(text_of(line[0]), indent, style=style_of(line[0]))
            else:
                self.line(" " * indent, *joined(line, separator))

    @staticmethod
    def _filled(items: Iterable[Piece], separator: str, width: int) -> Iterator[list[Piece]]:
        line: list[Piece] = []
        used = 0
        for item in items:
            wide = cells(clean(text_of(item))) + len(separator)
            if line and used + wide > width + len(separator):
                yield line
                line, used = [], 0
            line.append(item)
            used += wide
        if line:
            yield line

    def table(
        self,
        rows: Sequence[Sequence[Piece]],
        right: Iterable[int] = (),
        indent: int = 0,
        titles: Mapping[int, str] = NO_TITLES,
    ) -> None:
        """Write rows in columns two spaces apart.

        The columns numbered in `right` are flush right; `titles` are set above the rows with those numbers.
        """
        widths = widths_of(rows)
        for number, row in enumerate(rows):
            if number in titles:
                self.line()
                self.line((titles[number], "bold"))
            aligned = [_aligned(piece, width, i in right) for i, (piece, width) in enumerate(zip(row, widths, strict=True))]
            self.line(" " * indent, *joined(aligned, "  "))

    def bar(self, title: str) -> None:
        """Write a title in the middle of a bar."""
        self.line((f" {title} ".center(min(self.width, PROSE_WIDTH), "="), "bold"))

    def _harmless(self, text: str) -> str:
        text = clean(text)
        try:
            text.encode(self._encoding)
        except (UnicodeEncodeError, LookupError):
            return text.translate(ASCII).encode("ascii", "backslashreplace").decode()
        return text


def text_of(piece: Piece) -> str:
    """Return the text of a piece."""
    return piece if isinstance(piece, str) else piece[0]


def style_of(piece: Piece) -> str:
    """Return the style of a piece."""
    return "" if isinstance(piece, str) else piece[1]


def joined(pieces: Sequence[Piece], separator: str) -> list[Piece]:
    """Return the pieces with the separator between them."""
    return [part for piece in pieces for part in (separator, piece)][1:]


def widths_of(rows: Sequence[Sequence[Piece]]) -> list[int]:
    """Return the width of each column of a table."""
    return [max(cells(clean(text_of(piece))) for piece in column) for column in zip(*rows, strict=True)]


def _aligned(piece: Piece, width: int, right: bool) -> Piece:
    text = clean(text_of(piece))
    space = " " * (width - cells(text))
    return (space + text if right else text + space), style_of(piece)


def _plain(stream: TextIO) -> Callable[[list[tuple[str, str]]], None]:
    def write(pieces: list[tuple[str, str]]) -> None:
        stream.write("".join(text for text, _ in pieces).rstrip() + "\n")

    return write


def _painter(stream: TextIO) -> Callable[[list[tuple[str, str]]], None]:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, color_system="standard", no_color=False)

    def write(pieces: list[tuple[str, str]]) -> None:
        text = Text.assemble(*pieces)
        text.rstrip()
        console.print(text, soft_wrap=True)

    return write
