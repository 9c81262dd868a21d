"""The plots of a page, subsets side by side. matplotlib draws them; the page gives them its colours."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from cocolint.html.numbers import Series
from cocolint.html.svg import GRID, INK, SERIES, Sheet
from cocolint.model import Floats
from cocolint.report.text import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLASSES = 30
"""Bars of classes that are drawn."""
JOINTS = 60
FIELDS = 32
"""Fields along each side of a map."""
MAP_COLOUR = (0.16, 0.5, 0.95)
"""Of maps, which are pictures: seen on light and on dark."""
WIDE = 5.4
"""Inches; three plots side by side and more take twice as much."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "cocolint", "font.family": "sans-serif", "font.size": 9, "text.parse_math": False,
    "axes.edgecolor": GRID, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID,
    "grid.linewidth": 0.6, "legend.frameon": False, "axes.titlesize": 9, "axes.titlelocation": "left",
    "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
}  # fmt: skip


class Plot(Struct):
    """One plot as markup, what it shows, how to read it, and its `shape`: `wide`, `tall` or ""."""

    title: str
    note: str
    svg: str
    shape: str


def plots_of(series: Sequence[Series], sheet: Sheet) -> list[Plot]:
    """Return the plots that there is something for."""
    import matplotlib

    with warnings.catch_warnings(), matplotlib.rc_context(_STYLE):
        warnings.simplefilter("ignore")  # names in scripts that the fonts here lack; the reader's browser has them
        return [
            Plot(title, note, sheet.svg(figure, f"{title}. {note}".strip()), _shape(figure))
            for make in (_classes, _per_image, _sizes, _centres, _areas, _joints)
            for title, note, figure in make(series)
        ]


def _shape(figure: Figure) -> str:
    width, height = figure.get_size_inches()
    return "wide" if width > WIDE else "tall" if height > 4 else ""


Made = Iterator[tuple[str, str, Any]]


def _classes(series: Sequence[Series]) -> Made:
    total: Counter[str] = Counter()
    for one in series:
        total.update(one.counts)
    names = [name for name, _ in total.most_common(CLASSES)]
    figure, (axes,) = _figure(1, _room(series) + 0.45 + 0.16 * max(2, len(names)) * (1 + 0.45 * (len(series) - 1)))
    height = 0.8 / len(series)
    for number, one in enumerate(series):
        share = [100 * one.counts[name] / one.objects for name in names]
        places = np.arange(len(names)) + number * height
        axes.barh(places, share, height, align="edge", color=SERIES[number], label=_label(one), linewidth=0)
    axes.set_yticks(np.arange(len(names)) + 0.4, [name if len(name) <= 28 else f"{name[:25]}..." for name in names])
    axes.set_ylim(len(names), -0.2)
    axes.set_xlabel("% of the objects of the file")
    axes.grid(axis="y", visible=False)
    _legend(figure, axes, series)
    more = f" The {CLASSES} most frequent of {len(total):,}; the table below has more." if len(total) > CLASSES else ""
    yield "Objects per class", f"Share of all objects of a file.{more}", figure


def _per_image(series: Sequence[Series]) -> Made:
    shown = [one if len(one.per_image) else None for one in series]
    if not any(shown):
        return
    most = max(float(np.quantile(one.per_image, 0.995)) for one in shown if one)
    step = max(1, round(most / 40))
    edges = np.arange(0, most + 2 * step, step) - 0.5
    figure, (axes,) = _figure(1, 2.2 + _room(series))
    for number, one in enumerate(shown):
        if one:
            _outline(axes, np.minimum(one.per_image, edges[-1] - 0.25), edges, number, _label(one))
    axes.set_xlabel("objects in an image")
    axes.set_ylabel("% of the images")
    _legend(figure, axes, series)
    zeros = [(one, int(np.count_nonzero(one.per_image == 0))) for one in shown if one]
    empty = ", ".join(f"{count:,} of {len(one.per_image):,} in {one.label}" for one, count in zeros if count)
    has_more = any(one.per_image.max() > edges[-1] for one, _ in zeros)
    notes = ["The last bar stands for all that have more."] if has_more else []
    notes += [f"Images without any: {empty}."] if empty else []
    yield "Objects per image", " ".join(notes), figure


def _sizes(series: Sequence[Series]) -> Made:
    if not any(len(one.sides) for one in series):
        return
    scales = [np.sqrt(one.sides.prod(axis=1)) for one in series]
    everything = np.concatenate(scales)
    low, high = np.quantile(everything, [0.001, 0.999])
    edges = np.geomspace(max(low * 0.8, 0.1), max(high * 1.25, 1.0), 41)
    figure, (axes,) = _figure(1, 2.2 + _room(series))
    for number, (one, scale) in enumerate(zip(series, scales, strict=True)):
        if len(scale):
            _outline(axes, np.clip(scale, edges[0], edges[-1] * 0.999), edges, number, _label(one))
    axes.set_xscale("log")
    _plain_ticks(axes, edges[0], edges[-1])
    for border in (32, 96):
        axes.axvline(border, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xlabel("square root of width x height, px")
    axes.set_ylabel("% of the boxes")
    _legend(figure, axes, series)
    yield "Box sizes", "Dashed: 32 and 96 px, where COCO's small, medium and large begin and end.", figure


def _centres(series: Sequence[Series]) -> Made:
    def draw(axes: Axes, one: Series) -> None:
        inside = one.centres[((one.centres >= 0) & (one.centres <= 1)).all(axis=1)]
        counts = np.histogram2d(inside[:, 1], inside[:, 0], FIELDS, [[0, 1], [0, 1]])[0]
        _map(axes, counts, (0, 1, 1, 0))
        axes.set_xticks([0, 0.5, 1], ["left", "", "right"])
        axes.set_yticks([0, 0.5, 1], ["top", "", "bottom"])

    shown = [one for one in series if len(one.centres)]
    if shown:
        yield "Box centres", "Where in their images the middles of boxes lie; the stronger, the more.", _maps(shown, draw)


def _areas(series: Sequence[Series]) -> Made:
    shown = [one for one in series if len(one.areas)]
    if not shown:
        return
    logs = np.log10(np.maximum(np.concatenate([one.areas for one in shown]), 1))
    high = float(np.ceil(np.quantile(logs, 0.9999) + 1e-9))

    def draw(axes: Axes, one: Series) -> None:
        values = np.clip(np.log10(np.maximum(one.areas, 1)), 0, high)
        counts = np.histogram2d(values[:, 1], values[:, 0], FIELDS, [[0, high], [0, high]])[0]
        _map(axes, counts[::-1], (0, high, 0, high))
        axes.plot([0, high], [0, high], color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
        ticks = np.arange(0, high + 0.5, 1 if high <= 4 else 2)
        axes.set_xticks(ticks, [_power(tick) for tick in ticks])
        axes.set_yticks(ticks, [_power(tick) for tick in ticks])
        axes.set_xlabel("box, px²")
        axes.set_ylabel("mask, px²")

    note = "On the dashed line a mask fills its box; nothing should lie above it."
    yield "Mask area against box area", note, _maps(shown, draw)


def _joints(series: Sequence[Series]) -> Made:
    titles = list(dict.fromkeys(title for one in series for title in one.joints))[:3]
    for title in titles:
        shown = [one for one in series if title in one.joints]
        length = max(len(one.joints[title]) for one in shown)
        figure, all_axes = _figure(len(shown), 0.8 + 0.15 * min(length, JOINTS))
        for axes, one in zip(all_axes, shown, strict=True):
            _stack(axes, one.joints[title][:JOINTS])
            axes.set_title(one.label)
        for before, (axes, one) in pairwise(zip(all_axes, shown, strict=True)):
            if _names(before[1].joints[title]) == _names(one.joints[title]):
                axes.set_yticklabels([])
        handles, labels = all_axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=3)
        few = [f"{one.read:,} of {one.poses:,} annotations of {one.label}" for one in shown if one.read < one.poses]
        note = f"Counted in {' and '.join(few)}." if few else "Share of the annotations."
        yield f"Keypoints of {title}", note, figure


def _names(joints: Sequence[tuple[str, int, int, int]]) -> list[str]:
    return [joint[0] for joint in joints]


def _stack(axes: Axes, joints: Sequence[tuple[str, int, int, int]]) -> None:
    counts = np.array([joint[1:] for joint in joints], float)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    begin = np.zeros(len(joints))
    for level, (label, colour) in enumerate((("visible", SERIES[0]), ("hidden", SERIES[1]), ("not labelled", GRID))):
        share = shares[:, 2 - level]
        axes.barh(np.arange(len(joints)), share, 0.75, begin, color=colour, label=label, linewidth=0)
        begin += share
    axes.set_yticks(np.arange(len(joints)), _names(joints))
    axes.set_ylim(len(joints) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xlabel("%")
    axes.grid(visible=False)


def _maps(shown: Sequence[Series], draw: Callable[[Axes, Series], None]) -> Figure:
    figure, all_axes = _figure(len(shown), 2.7)
    for axes, one in zip(all_axes, shown, strict=True):
        draw(axes, one)
        axes.set_title(one.label)
        axes.grid(visible=False)
    return figure


def _map(axes: Axes, counts: Floats, extent: tuple[float, float, float, float]) -> None:
    """Draw counts as a picture: clear where there is nothing, and never faint where there is something."""
    strength = np.sqrt(counts / max(counts.max(), 1))
    alpha = np.where(counts > 0, 0.2 + 0.8 * strength, 0)
    picture = np.concatenate([np.broadcast_to(MAP_COLOUR, (*counts.shape, 3)), alpha[:, :, None]], axis=2)
    axes.imshow(picture, extent=extent, aspect="equal", interpolation="nearest")


def _outline(axes: Axes, values: Any, edges: Floats, number: int, label: str) -> None:
    counts = np.histogram(values, edges)[0]
    share = 100 * counts / max(counts.sum(), 1)
    axes.stairs(share, edges, color=SERIES[number], linewidth=1.6, label=label)
    axes.stairs(share, edges, fill=True, color=SERIES[number], alpha=0.12, linewidth=0)


def _plain_ticks(axes: Axes, low: float, high: float) -> None:
    ticks = [tick for power in range(-1, 7) for tick in (10.0**power, 3 * 10.0**power) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
    axes.set_xticks([], minor=True)


def _power(value: float) -> str:
    """Return a power of ten in the fewest characters: 100, 10k, 1M."""
    thousands, rest = divmod(int(value), 3)
    return f"{10**rest}{('', 'k', 'M', 'G', 'T')[min(thousands, 4)]}"


def _label(one: Series) -> str:
    return f"{one.label} ({plural(one.objects, 'object')})"


def _columns(series: Sequence[Series]) -> int:
    return 1 if len(series) > 2 or any(len(one.label) > 12 for one in series) else 2


def _room(series: Sequence[Series]) -> float:
    """Return how high the legend is in inches."""
    return 0.2 * -(-len(series) // _columns(series))


def _legend(figure: Figure, axes: Axes, series: Sequence[Series]) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=_columns(series))


def _figure(columns: int, height: float) -> tuple[Figure, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure((WIDE if columns < 3 else 2 * WIDE, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])
