"""The plots of docs/benchmarks.md, as SVG that can be read on light and on dark, the same for the same figures."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from phases import PHASES, phases_of
from tables import MEGABYTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Figures = dict[str, Any]
INK, GRID = "#7a828c", "#7a828c50"
"""In between: a page cannot tell a picture whether it is light or dark just now."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "cocolint", "font.family": "sans-serif", "font.size": 9, "text.parse_math": False,
    "axes.edgecolor": GRID, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID,
    "grid.linewidth": 0.6, "legend.frameon": False, "axes.titlesize": 10, "axes.titlelocation": "left",
}  # fmt: skip
OURS = {"cocolint check -j 2": "#d1242f", "cocolint check -j 1": "#fb8f44"}
OTHERS = [
    "#218bff", "#2da44e", "#a475f9", "#bf8700", "#0aa5a5", "#e85aad", "#6e7781", "#8c6a4f", "#5a7fb5", "#7a9a01", "#b35900",
]  # fmt: skip
MARKERS = "osD^vPX*<>dh"
"""Lines that cross are told by these as well as by their colours, which are seen on light and dark."""
PHASE_COLOURS = {
    "start": "#8c959f", "open": "#218bff", "slices": "#d1242f", "columns": "#fb8f44", "compare": "#a475f9", "report": "#2da44e",
}  # fmt: skip


def drawn(figures: Figures) -> dict[str, str]:
    """Return the plots by name."""
    import matplotlib

    with matplotlib.rc_context(STYLE):
        return {name: _svg(figure) for name, figure in _figures(figures)}


def _figures(figures: Figures) -> Iterator[tuple[str, Figure]]:
    files = [one for one in figures["files"] if one["task"] == figures["files"][0]["task"]]
    yield "seconds", _lines(files, "seconds", 1, "seconds")
    yield "memory", _lines(files, "peak", MEGABYTE, "peak of memory, MB")
    if figures["phases"]:
        yield "phases", _shares([one for one in figures["phases"] if one["jobs"] == 1])


def _lines(files: list[Figures], what: str, unit: float, label: str) -> Figure:
    figure, axes = _new(5.0)
    names = list(dict.fromkeys(name for one in files for name in one["programs"]))
    others = iter(zip(OTHERS, MARKERS[1:], strict=False))
    for name in names:
        known = [one for one in files if what in one["programs"].get(name, {})]
        colour, marker = (OURS[name], "o") if name in OURS else next(others)
        sizes = [one["bytes"] / MEGABYTE for one in known]
        values = [float(np.median(one["programs"][name][what])) / unit for one in known]
        wide = 2.4 if name in OURS else 1.2
        axes.plot(sizes, values, color=colour, marker=marker, markersize=4, linewidth=wide, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("size of the file, MB")
    axes.set_ylabel(label)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.minorticks_off()
    figure.legend(loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _shares(found: list[Figures]) -> Figure:
    figure, axes = _new(1.6 + 0.32 * len(found))
    for row, one in enumerate(found):
        phases = phases_of(one)
        whole, left = sum(phases.values()), 0.0
        for name, seconds in phases.items():
            share = 100 * seconds / whole
            axes.barh(row, share, 0.7, left, color=PHASE_COLOURS[name], linewidth=0, label=PHASES[name] if row == 0 else None)
            left += share
    axes.set_yticks(range(len(found)), [f"{one['bytes'] / MEGABYTE:,.0f} MB" for one in found])
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of the time with -j 1")
    axes.grid(axis="y", visible=False)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return figure


def _new(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure((7.2, height), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Figure) -> str:
    """Return a figure as markup, without the time at which it was drawn."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = re.sub(r"\A.*?(?=<svg)", "", stream.getvalue(), flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*", "font-family: sans-serif", svg)
    return "".join(line.rstrip() + "\n" for line in svg.splitlines())
