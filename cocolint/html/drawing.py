"""One finding as a picture: a part of the image with the record over it, in the units of the image's pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from cocolint.html import thumbs
from cocolint.html.masks import Mask, Pixels
from cocolint.html.shapes import Joint, Shapes
from cocolint.html.views import Bounds, View, view_of
from cocolint.model import Bools
from cocolint.report.text import short

WRONG = (255, 45, 45)
CALM = (0, 180, 255)
MASK_SIDE = 280
"""Of a drawn mask in fields: finer is not seen."""
FINEST = 500
"""The places across a drawing that are told apart."""


class Rect(NamedTuple):
    """A rectangle, as the attributes of SVG."""

    x: str
    y: str
    width: str
    height: str
    is_wrong: bool = False


class Line(NamedTuple):
    """A line from one place to another."""

    x1: str
    y1: str
    x2: str
    y2: str


class Dot(NamedTuple):
    """A keypoint; `kind` is `seen`, `hidden` or `unlabelled`."""

    x: str
    y: str
    kind: str
    name: str


class Path(NamedTuple):
    """A closed outline as the commands of SVG."""

    commands: str
    is_wrong: bool


@dataclass
class Drawing:
    """All that is drawn, the lowest first; numbers are text already. `unit` is about a hundredth of the width."""

    view: str
    ratio: float
    unit: float
    sheet: Rect | None = None
    picture: str = ""
    part: Rect | None = None
    declared: Rect | None = None
    others: list[Rect] = field(default_factory=list)
    mask: str = ""
    mask_part: Rect | None = None
    paths: list[Path] = field(default_factory=list)
    box: Rect | None = None
    bones: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    is_pose_wrong: bool = False
    notes: list[str] = field(default_factory=list)
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
    _draw(one, shapes, stage, view)
    if bounds and view.is_cut:
        one.notes.append("reaches farther than is shown")
    return one


def _draw(one: Drawing, shapes: Shapes, stage: Stage, view: View) -> None:
    finest = max(view.width, view.height) / FINEST
    if shapes.mask:
        colour = WRONG if shapes.wrong in ("segmentation", "segments_info") else CALM
        one.mask, one.mask_part = thumbs.png_of(_covered(shapes.mask, view), colour, 90), _rect(view.bounds, False)
    one.paths = [Path(_commands(ring.corners, finest, view), ring.is_wrong) for ring in shapes.rings]
    one.box = _rect(shapes.box, shapes.wrong == "bbox") if shapes.box else None
    one.is_pose_wrong = shapes.wrong in ("keypoints", "num_keypoints", "skeleton")
    one.bones = [Line(*map(_number, (*bone.start[:2], *bone.end[:2]))) for bone in shapes.bones]
    one.dots = [Dot(_number(joint.x), _number(joint.y), _kind(joint), short(joint.name, 60)) for joint in shapes.joints]


def _covered(mask: Mask | Pixels, view: View) -> Bools:
    scale = MASK_SIDE / max(view.width, view.height)
    columns, rows = (max(1, round(side * scale)) for side in (view.width, view.height))
    return mask.within(view, columns, rows)


def _kind(joint: Joint) -> str:
    if joint.visibility <= 0:
        return "unlabelled"
    return "hidden" if joint.visibility == 1 else "seen"


def _commands(corners: Iterable[tuple[float, float]], finest: float, view: View) -> str:
    """Return an outline without the corners that nobody could tell from the one before, cut far outside of the view."""
    room = np.array([view.width, view.height]) * 4
    low, high = np.array(view.bounds[:2]) - room, np.array(view.bounds[2:]) + room
    points = np.clip(np.array(list(corners)), low, high)
    kept = [points[0]]
    for point in points[1:]:
        if np.abs(point - kept[-1]).max() >= finest:
            kept.append(point)
    return "M" + "L".join(f"{_number(x)},{_number(y)}" for x, y in kept) + "Z"


def _rect(bounds: Bounds, is_wrong: bool) -> Rect:
    left, top, right, bottom = bounds
    return Rect(_number(left), _number(top), _number(right - left), _number(bottom - top), is_wrong)


def _overlap(bounds: Bounds, view: View) -> bool:
    left, top, right, bottom = view.bounds
    return bounds[0] < right and bounds[2] > left and bounds[1] < bottom and bounds[3] > top


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
