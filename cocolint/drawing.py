"""Records drawn on a picture: boxes, polygons, masks, keypoints with their skeleton."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cocolint.shapes import Bounds, Shapes, around

Point = tuple[float, float]
Colour = tuple[int, int, int]

LEAST, MOST = 800, 1600
"""The longer side of what is drawn, in pixels: smaller pictures are enlarged, larger ones made smaller."""
LARGEST_SCALE = 20
SMALLEST, LARGEST = 64.0, 1e6
"""The side of a ground for records of an image whose size nobody tells, in its pixels."""
NARROWEST = 480
"""In pixels, of the lines below the picture."""
MARGIN = 0.5
"""What lies outside of the image is shown up to so many of its sides."""
FONT = 15
GROUND, OUTSIDE, PAPER, INK = (200, 200, 200), (120, 120, 120), (255, 255, 255), (20, 20, 20)
FILL = 90
"""Of 255: how dense the colour of a mask is."""


class Drawn(NamedTuple):
    """A record, what to write beside it, and its number."""

    shapes: Shapes
    label: str
    number: int


class Scene(NamedTuple):
    """What is drawn on which `picture`, None for a plain ground; `size` is width and height as told, `lines` go below."""

    picture: Image.Image | None
    size: tuple[float, float] | None
    records: Sequence[Drawn]
    lines: Sequence[str]


def draw(scene: Scene) -> Image.Image:
    """Return the picture with all that can be drawn of the records."""
    bounds = around(found for record in scene.records if (found := record.shapes.bounds))
    width, height = scene.picture.size if scene.picture else scene.size or _extent(bounds)
    frame = _frame(bounds, width, height)
    wide, high = frame[2] - frame[0], frame[3] - frame[1]
    scale = min(LARGEST_SCALE, max(1.0, LEAST / max(wide, high)), MOST / max(wide, high))
    sheet = _Sheet(frame, scale)
    sheet.ground(scene.picture, width, height)
    for record in sorted(scene.records, key=lambda one: -_area(one.shapes.box)):
        sheet.shape(record)
    for record in scene.records:
        sheet.outline(record)
    return _with_lines(sheet.image, scene.lines)


def _area(box: Bounds | None) -> float:
    return (box[2] - box[0]) * (box[3] - box[1]) if box else 0.0


def _extent(bounds: Bounds | None) -> tuple[float, float]:
    """Return a size that holds all that is drawn, for an image whose size nobody tells."""
    width, height = (max(SMALLEST, bounds[side] * 1.1) if bounds else SMALLEST for side in (2, 3))
    return min(LARGEST, width), min(LARGEST, height)


def _frame(bounds: Bounds | None, width: float, height: float) -> Bounds:
    """Return the image, and around it as much as is needed to show what lies outside, within limits."""
    if bounds is None:
        return 0.0, 0.0, width, height
    over = -bounds[0] / width, -bounds[1] / height, (bounds[2] - width) / width, (bounds[3] - height) / height
    left, top, right, bottom = (min(MARGIN, side + 0.02) if side > 0 else 0.0 for side in over)
    return -left * width, -top * height, width * (1 + right), height * (1 + bottom)


class _Sheet:
    """A picture of a `frame` in coordinates of the image, each `scale` pixels long."""

    def __init__(self, frame: Bounds, scale: float) -> None:
        self._left, self._top = frame[:2]
        self._scale = scale
        size = max(1, round((frame[2] - frame[0]) * scale)), max(1, round((frame[3] - frame[1]) * scale))
        self.image = Image.new("RGB", size, OUTSIDE)
        self._font = _font()

    def ground(self, picture: Image.Image | None, width: float, height: float) -> None:
        """Lay the picture down, or a plain ground of that size."""
        left, top = self._at((0, 0))
        size = max(1, round(width * self._scale)), max(1, round(height * self._scale))
        if picture is None:
            self.image.paste(GROUND, (round(left), round(top), round(left) + size[0], round(top) + size[1]))
        else:
            self.image.paste(picture.resize(size), (round(left), round(top)))

    def shape(self, record: Drawn) -> None:
        """Fill the polygons or the mask of a record."""
        layer = Image.new("L", self.image.size, 0)
        pen = ImageDraw.Draw(layer)
        for ring in record.shapes.rings:
            if len(ring.corners) > 2:
                pen.polygon(list(map(self._at, ring.corners)), fill=FILL)
        self._mask(layer, record.shapes)
        self.image.paste(_colour(record.number), (0, 0), layer)

    def _mask(self, layer: Image.Image, shapes: Shapes) -> None:
        """Fill the mask, as far as it is on the sheet, pixel by pixel of the sheet."""
        bounds = shapes.mask.bounds if shapes.mask else None
        if not shapes.mask or not bounds:
            return
        left, top = (max(0, int(edge)) for edge in self._at(bounds[:2]))
        edges = zip(self._at(bounds[2:]), self.image.size, strict=True)
        right, bottom = (min(side, int(edge) + 1) for edge, side in edges)
        if right > left and bottom > top:
            part = *self._from(left, top), *self._from(right, bottom)
            covered = shapes.mask.within(part, right - left, bottom - top)
            layer.paste(Image.fromarray(covered * np.uint8(FILL)), (left, top))

    def outline(self, record: Drawn) -> None:
        """Draw the box, the lines of polygons, the keypoints and the label of a record."""
        pen = ImageDraw.Draw(self.image)
        shapes, colour = record.shapes, _colour(record.number)
        for ring in shapes.rings:
            corners = list(map(self._at, ring.corners))
            pen.line([*corners, corners[0]], fill=colour, width=2)
            if len(corners) < 3:
                self._dots(pen, corners, colour)
        if shapes.box:
            pen.rectangle([self._at(shapes.box[:2]), self._at(shapes.box[2:])], outline=colour, width=2)
        self._pose(pen, shapes, colour)
        bounds = shapes.box or shapes.bounds
        if record.label and bounds:
            self._label(pen, self._at(bounds[:2]), record.label, colour)

    def _dots(self, pen: ImageDraw.ImageDraw, corners: Sequence[Point], colour: Colour) -> None:
        for corner in corners:
            pen.circle(corner, 3, fill=colour)

    def _pose(self, pen: ImageDraw.ImageDraw, shapes: Shapes, colour: Colour) -> None:
        for bone in shapes.bones:
            pen.line([self._at(bone.start[:2]), self._at(bone.end[:2])], fill=colour, width=3)
        for joint in shapes.joints:
            if joint.visibility > 0:
                is_seen = joint.visibility > 1
                fill, line = (colour, INK) if is_seen else (PAPER, colour)
                pen.circle(self._at(joint[:2]), 4, fill=fill, outline=line)

    def _label(self, pen: ImageDraw.ImageDraw, corner: Point, text: str, colour: Colour) -> None:
        text = _printable(text, self._font)
        width, height = pen.textlength(text, self._font), FONT + 4
        x = min(max(0.0, corner[0]), max(0.0, self.image.width - width - 4))
        y = min(max(0.0, corner[1] - height), self.image.height - height)
        pen.rectangle((x, y, x + width + 4, y + height), fill=colour)
        pen.text((x + 2, y + 1), text, fill=PAPER if sum(colour) < 380 else INK, font=self._font)

    def _at(self, point: Sequence[float]) -> Point:
        """Return where a point of the image is on the sheet; what lies far outside is brought nearer."""
        far = 4.0 * max(self.image.size)
        x, y = (point[0] - self._left) * self._scale, (point[1] - self._top) * self._scale
        return min(max(x, -far), far), min(max(y, -far), far)

    def _from(self, x: float, y: float) -> Point:
        """Return which point of the image is at a place on the sheet."""
        return x / self._scale + self._left, y / self._scale + self._top


def _colour(number: int) -> Colour:
    """Return a colour that differs from those of the numbers around."""
    red, green, blue = colorsys.hsv_to_rgb((0.97 + number * 0.618) % 1, 0.9, 0.95 if number % 2 else 0.8)
    return round(red * 255), round(green * 255), round(blue * 255)


def _font() -> Any:
    return ImageFont.load_default(FONT)


def _printable(text: str, font: Any) -> str:
    """Return what the font can draw: without FreeType there are only the letters of Latin-1."""
    return text if isinstance(font, ImageFont.FreeTypeFont) else text.encode("latin-1", "replace").decode("latin-1")


def _with_lines(image: Image.Image, lines: Sequence[str]) -> Image.Image:
    font = _font()
    pen = ImageDraw.Draw(image)
    width = max(NARROWEST, image.width)
    wrapped = [part for line in lines for part in _wrapped(_printable(line, font), pen, font, width - 16)]
    high = (FONT + 6) * len(wrapped) + 12
    sheet = Image.new("RGB", (width, image.height + high), PAPER)
    sheet.paste(image)
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(wrapped):
        pen.text((8, image.height + 6 + number * (FONT + 6)), line, fill=INK, font=font)
    return sheet


def _wrapped(text: str, pen: ImageDraw.ImageDraw, font: Any, width: float) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and pen.textlength(longer, font) > width:
            yield line
            longer = word
        line = longer
    yield line
