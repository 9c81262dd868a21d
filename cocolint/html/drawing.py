"""One finding as a picture: a part of the image with the record over it, in the units of the image's pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from cocolint.html import thumbs
from cocolint.html.views import View, view_of
from cocolint.report.text import short
from cocolint.shapes import Bounds, Joint, Mask, Pixels, Ring, Shapes

WRONG = (255, 45, 45)
CALM = (0, 180, 255)
MASK_SIDES = (280, 140, 70)
"""Of a drawn mask in fields: finer is not seen."""
MASK_BYTES = 6000
MOST_CORNERS = 600
FINEST = 500
"""The places across a drawing that are told apart."""


class Rect(NamedTuple):
    """A rectangle, as the attributes of SVG."""

    x: str
    y: str
    width: str
    height: str
    is_wrong: bool = False


class Dot(NamedTuple):
    """The place of a keypoint, and what it is called."""

    x: str
    y: str
    name: str


class Path(NamedTuple):
    """Closed outlines as the commands of SVG; what is hardly more than a point is `tiny`."""

    commands: str
    is_wrong: bool
    is_tiny: bool


class Drawing(Struct):
    """All that is drawn, the lowest first; numbers are text already. `unit` is about a hundredth of the width.

    `bones` are commands of SVG; `dots` are keypoints that are `seen`, `hidden` or `unlabelled`.
    """

    view: str
    ratio: float
    unit: float
    sheet: Rect | None = None
    picture: str = ""
    part: Rect | None = None
    declared: Rect | None = None
    others: list[Rect] = []
    mask: str = ""
    mask_part: Rect | None = None
    paths: list[Path] = []
    box: Rect | None = None
    bones: str = ""
    dots: dict[str, list[Dot]] = {}
    is_pose_wrong: bool = False
    notes: list[str] = []
    place: Rect | None = None


class Stage(NamedTuple):
    """What a record is drawn on: its picture if at hand, the size that the file says, and boxes around it."""

    picture: Any
    declared: tuple[float, float] | None
    others: list[Bounds]
    most: int


def drawn(shapes: Shapes, stage: Stage, is_whole: bool = False) -> Drawing | None:
    """Return the drawing of a record, None where there is nothing to see. `most` are the bytes for the photograph."""
    real = (float(stage.picture.width), float(stage.picture.height)) if stage.picture else None
    sheet = real or stage.declared
    bounds = None if is_whole else shapes.bounds
    view = view_of(bounds, sheet)
    if view is None or (bounds is None and stage.picture is None and not stage.others):
        return None
    one = Drawing(" ".join(map(_number, view[:4])), view.width / view.height, max(view.width, view.height) / 100)
    if sheet:
        one.sheet = Rect("0", "0", _number(sheet[0]), _number(sheet[1]))
        one.place = None if view.width * view.height > 0.6 * sheet[0] * sheet[1] else _rect(view.bounds, False)
    if stage.picture and (cut := thumbs.jpeg_of(stage.picture, view, stage.most)):
        one.picture, one.part = cut[0], _rect(cut[1].bounds, False)
    if real and stage.declared and real != stage.declared:
        one.declared = _rect((0, 0, *stage.declared), shapes.wrong in ("width", "height"))
        one.notes.append("dashed: the size that the file says")
    one.others = [_rect(other, False) for other in stage.others if _overlap(other, view)]
    _draw(one, shapes, view)
    if bounds and view.is_cut:
        one.notes.append("reaches farther than is shown")
    return one


def _draw(one: Drawing, shapes: Shapes, view: View) -> None:
    if shapes.mask:
        colour = WRONG if shapes.wrong in ("segmentation", "segments_info") else CALM
        one.mask, one.mask_part = _mask(shapes.mask, view, colour), _rect(view.bounds, False)
    one.paths = _paths(shapes.rings, view)
    one.box = _rect(shapes.box, shapes.wrong == "bbox") if shapes.box else None
    one.is_pose_wrong = shapes.wrong in ("keypoints", "num_keypoints", "skeleton")
    one.bones = "".join(f"M{_place(*bone.start[:2])}L{_place(*bone.end[:2])}" for bone in shapes.bones)
    for joint in shapes.joints:
        dot = Dot(_number(joint.x), _number(joint.y), short(joint.name, 60))
        one.dots.setdefault(_kind(joint), []).append(dot)


def _mask(mask: Mask | Pixels, view: View, colour: tuple[int, int, int]) -> str:
    """Return a mask as a picture, coarser where it would take too many bytes: noise does not shrink."""
    picture = ""
    for side in MASK_SIDES:
        scale = side / max(view.width, view.height)
        columns, rows = (max(1, round(length * scale)) for length in (view.width, view.height))
        picture = thumbs.png_of(mask.within(view.bounds, columns, rows), colour, 90)
        if len(picture) <= MASK_BYTES:
            break
    return picture


def _kind(joint: Joint) -> str:
    if joint.visibility <= 0:
        return "unlabelled"
    return "hidden" if joint.visibility == 1 else "seen"


def _paths(rings: Sequence[Ring], view: View) -> list[Path]:
    """Return outlines without the corners that nobody could tell from the one before: so many that the page stays small."""
    finest = max(view.width, view.height) / FINEST
    thinned = [_thinned(ring, finest, view) for ring in rings]
    while sum(map(len, thinned)) > MOST_CORNERS and finest < view.width:
        finest *= 2
        thinned = [_thinned(ring, finest, view) for ring in rings]
    found: dict[tuple[bool, bool], list[str]] = {}
    for ring, corners in zip(rings, thinned, strict=True):
        extent = max(max(axis) - min(axis) for axis in zip(*corners, strict=True))
        kind = ring.is_wrong, len(corners) < 3 or extent < 8 * finest
        found.setdefault(kind, []).append("M" + "L".join(_place(*corner) for corner in corners) + "Z")
    return [Path("".join(commands), *kind) for kind, commands in found.items()]


def _thinned(ring: Ring, finest: float, view: View) -> list[tuple[float, float]]:
    """Return corners that are `finest` apart or more, cut far outside of the view."""
    far = 4 * max(view.width, view.height)
    left, top, right, bottom = view.x - far, view.y - far, view.x + far, view.y + far
    kept: list[tuple[float, float]] = []
    for corner in ring.corners:
        x, y = min(max(corner[0], left), right), min(max(corner[1], top), bottom)
        if not kept or abs(x - kept[-1][0]) >= finest or abs(y - kept[-1][1]) >= finest:
            kept.append((x, y))
    return kept


def _place(x: float, y: float) -> str:
    return f"{_number(x)},{_number(y)}"


def _rect(bounds: Bounds, is_wrong: bool) -> Rect:
    left, top, right, bottom = bounds
    return Rect(_number(left), _number(top), _number(right - left), _number(bottom - top), is_wrong)


def _overlap(bounds: Bounds, view: View) -> bool:
    left, top, right, bottom = view.bounds
    return bounds[0] < right and bounds[2] > left and bounds[1] < bottom and bounds[3] > top


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
