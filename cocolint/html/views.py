"""Which part of a picture is shown, so that what is wrong is large and still has its surroundings."""

from __future__ import annotations

from typing import NamedTuple

from cocolint.shapes import Bounds

MARGIN = 0.35
LEAST = 48.0
"""In pixels: less is not shown, since nobody would recognise it."""
BEYOND = 0.3
"""How much is shown beyond the border of an image, as a share of its side, towards what is too far off to be shown."""
RATIO = 4 / 3
"""Width to height of a view, where the image allows it: drawings have that shape on the page."""
LARGEST = 1e7


class View(NamedTuple):
    """A rectangle of the image in pixels, and whether what it is to show reaches farther."""

    x: float
    y: float
    width: float
    height: float
    is_cut: bool = False

    @property
    def bounds(self) -> Bounds:
        """Left, top, right and bottom."""
        return self.x, self.y, self.x + self.width, self.y + self.height


def view_of(bounds: Bounds | None, sheet: tuple[float, float] | None) -> View | None:
    """Return what to show of a `sheet` (width and height, if known) for something with `bounds`; None for nothing at all."""
    if bounds is None:
        return View(0, 0, *sheet) if sheet else None
    left, right = _span(bounds[0], bounds[2])
    top, bottom = _span(bounds[1], bounds[3])
    left, right = _at_least(left, right, max(LEAST, (bottom - top) * RATIO))
    top, bottom = _at_least(top, bottom, (right - left) / RATIO)
    if sheet:
        left, right = _inside(left, right, sheet[0], -bounds[0], bounds[2] - sheet[0])
        top, bottom = _inside(top, bottom, sheet[1], -bounds[1], bounds[3] - sheet[1])
    if right - left < 1 or bottom - top < 1:
        return View(0, 0, *sheet, is_cut=True) if sheet else None
    is_cut = bounds[0] < left or bounds[1] < top or bounds[2] > right or bounds[3] > bottom
    return View(left, top, right - left, bottom - top, is_cut)


def _span(low: float, high: float) -> tuple[float, float]:
    low, high = max(-LARGEST, min(low, LARGEST)), min(LARGEST, max(high, -LARGEST))
    margin = MARGIN * (high - low)
    return low - margin, high + margin


def _at_least(low: float, high: float, least: float) -> tuple[float, float]:
    missing = max(0.0, least - (high - low)) / 2
    return low - missing, high + missing


def _inside(low: float, high: float, side: float, before: float, after: float) -> tuple[float, float]:
    """Shift or cut a stretch to the image, and to what reaches so many pixels `before` and `after` it."""
    first, last = -_beyond(before, side), side + _beyond(after, side)
    if low < first:
        low, high = first, min(last, max(high, first + (high - low)))
    if high > last:
        low, high = max(first, last - (high - low)), last
    return low, high


def _beyond(over: float, side: float) -> float:
    if over <= 0:
        return 0.0
    return over + 0.05 * side if over <= side else BEYOND * side
