"""Figures of matplotlib as SVG that may stand inside a page: no ids that clash, no style of its own, colours of the page."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, GRID, PAPER = "#0a0b01", "#0a0b02", "#0a0b03"
SERIES = ("#0a0c01", "#0a0c02", "#0a0c03", "#0a0c04")
VARIABLES = {
    INK: "var(--ink)",
    GRID: "var(--line)",
    PAPER: "var(--card)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, 1)},
}
"""Colours that stand for those of the page, which differ by light and dark."""

_DROPPED = frozenset({"metadata", "style", "title"})
_FONT = re.compile(r"font: (?:[\w.]+ )*?([\d.]+px) [^;]*")


class Sheet(Struct):
    """Turns figures into SVG, and gathers what they have in `style` as rules of one style sheet: pages allow no other."""

    _classes: dict[str, str] = {}
    _count: int = 0

    @property
    def css(self) -> str:
        """The rules of all figures so far."""
        return "".join(f".{name}{{{style}}}\n" for style, name in self._classes.items())

    def svg(self, figure: Figure, title: str) -> str:
        """Return a figure as markup; `title` says what it shows to those who cannot see it."""
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        root = ElementTree.fromstring(stream.getvalue())
        self._count += 1
        self._clean(root)
        root.attrib = {"viewBox": root.attrib["viewBox"], "class": "plot", "role": "img", "aria-label": title}
        return ElementTree.tostring(root, encoding="unicode")

    def _clean(self, element: ElementTree.Element) -> None:
        element.tag = _local(element.tag)
        element.attrib = dict(filter(None, (self._attribute(element.tag, *pair) for pair in element.attrib.items())))
        for child in list(element):
            if _local(child.tag) in _DROPPED:
                element.remove(child)
            else:
                self._clean(child)

    def _attribute(self, tag: str, name: str, value: str) -> tuple[str, str] | None:
        name = _local(name)
        if name == "id" and tag == "g":
            return None
        if name == "id":
            return name, f"plot{self._count}-{value}"
        if name == "style":
            return "class", self._class(value)
        if name == "href" and value.startswith("#"):
            return name, f"#plot{self._count}-{value[1:]}"
        return name, value.replace("url(#", f"url(#plot{self._count}-")

    def _class(self, style: str) -> str:
        for colour, variable in VARIABLES.items():
            style = style.replace(colour, variable)
        style = _FONT.sub(r"font-size: \1", style)
        return self._classes.setdefault(style, f"p{len(self._classes)}")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
