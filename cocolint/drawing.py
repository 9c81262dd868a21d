"""Records drawn on a picture: boxes, polygons, run-length masks, keypoints with their skeleton."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cocolint.read.geometry import decode_counts

Point = tuple[float, float]
Bounds = tuple[float, float, float, float]
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
MOST_PIXELS = 1 << 26
"""Of a mask that is laid out pixel by pixel."""
FONT = 15
GROUND, OUTSIDE, PAPER, INK = (200, 200, 200), (120, 120, 120), (255, 255, 255), (20, 20, 20)
FILL = 90
"""Of 255: how dense the colour of a mask is."""


class Drawn(NamedTuple):
    """A record as it stands in the file, what to write beside it, the edges of its skeleton, and its number."""

    fields: dict[str, Any]
    label: str
    skeleton: Sequence[Any]
    number: int


class Scene(NamedTuple):
    """What is drawn on which `picture`, None for a plain ground; `size` is width and height as told, `lines` go below."""

    picture: Image.Image | None
    size: tuple[float, float] | None
    records: Sequence[Drawn]
    lines: Sequence[str]


def draw(scene: Scene) -> Image.Image:
    """Return the picture with all that can be drawn of the records; what is broken is left out."""
    bounds = [bound for record in scene.records for bound in _bounds_of(record.fields)]
    width, height = scene.picture.size if scene.picture else scene.size or _extent(bounds)
    frame = _frame(bounds, width, height)
    wide, high = frame[2] - frame[0], frame[3] - frame[1]
    scale = min(LARGEST_SCALE, max(1.0, LEAST / max(wide, high)), MOST / max(wide, high))
    sheet = _Sheet(frame, scale)
    sheet.ground(scene.picture, width, height)
    for record in sorted(scene.records, key=lambda one: -_area(one.fields)):
        sheet.shape(record)
    for record in scene.records:
        sheet.outline(record)
    return _with_lines(sheet.image, scene.lines)


def has_shape(record: Drawn) -> bool:
    """Whether there is anything of a record that can be drawn."""
    return any(_bounds_of(record.fields)) or mask_of(record.fields.get("segmentation")) is not None


def _extent(bounds: Sequence[Bounds]) -> tuple[float, float]:
    """Return a size that holds all bounds, for an image whose size nobody tells."""
    width, height = (max([SMALLEST, *(one[side] * 1.1 for one in bounds)]) for side in (2, 3))
    return min(LARGEST, width), min(LARGEST, height)


def _frame(bounds: Sequence[Bounds], width: float, height: float) -> Bounds:
    """Return the image, and around it as much as is needed to show what lies outside, within limits."""
    over = [
        max([0.0, *(-one[0] for one in bounds)]) / width, max([0.0, *(-one[1] for one in bounds)]) / height,
        max([0.0, *(one[2] - width for one in bounds)]) / width, max([0.0, *(one[3] - height for one in bounds)]) / height,
    ]  # fmt: skip
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
        for ring in rings_of(record.fields.get("segmentation")):
            pen.polygon([self._at(point) for point in ring], fill=FILL)
        mask = mask_of(record.fields.get("segmentation"))
        if mask is not None:
            left, top = self._at((0, 0))
            most = math.ceil(max(self.image.size) / self._scale)
            pixels = Image.fromarray(mask[:most, :most] * np.uint8(FILL))
            size = max(1, round(pixels.width * self._scale)), max(1, round(pixels.height * self._scale))
            layer.paste(pixels.resize(size, Image.Resampling.NEAREST), (round(left), round(top)))
        self.image.paste(_colour(record.number), (0, 0), layer)

    def outline(self, record: Drawn) -> None:
        """Draw the box, the lines of polygons, the keypoints and the label of a record."""
        pen = ImageDraw.Draw(self.image)
        colour = _colour(record.number)
        for ring in rings_of(record.fields.get("segmentation")):
            pen.line([self._at(point) for point in (*ring, ring[0])], fill=colour, width=2)
        box = box_of(record.fields.get("bbox"))
        if box:
            corners = [self._at(box[:2]), self._at(box[2:])]
            pen.rectangle(
                [*map(min, zip(*corners, strict=True)), *map(max, zip(*corners, strict=True))], outline=colour, width=2
            )
        self._pose(pen, record, colour)
        bounds = [box] if box else list(_bounds_of(record.fields))
        if record.label and bounds:
            self._label(pen, self._at(bounds[0][:2]), record.label, colour)

    def _pose(self, pen: ImageDraw.ImageDraw, record: Drawn, colour: Colour) -> None:
        points = points_of(record.fields.get("keypoints"))
        for first, second in edges_of(record.skeleton, len(points)):
            if points[first][2] > 0 and points[second][2] > 0:
                pen.line([self._at(points[first][:2]), self._at(points[second][:2])], fill=colour, width=3)
        for x, y, visibility in points:
            if visibility > 0:
                centre = self._at((x, y))
                is_seen = visibility > 1
                pen.circle(centre, 4, fill=colour if is_seen else PAPER, outline=INK if is_seen else colour)

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


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(_float(value))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def box_of(bbox: Any) -> Bounds | None:
    """Return the corners of a box; None if it is not four numbers."""
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(is_number, bbox)):
        return None
    x, y, width, height = map(float, bbox)
    return x, y, x + width, y + height


def rings_of(segmentation: Any) -> list[list[Point]]:
    """Return the points of each polygon ring that has three or more, an odd number at the end left out."""
    rings = segmentation if isinstance(segmentation, list) else []
    if rings and all(map(is_number, rings)):
        rings = [rings]
    sound = [ring for ring in rings if isinstance(ring, list) and len(ring) >= 6 and all(map(is_number, ring))]
    return [[(float(x), float(y)) for x, y in zip(ring[::2], ring[1::2], strict=False)] for ring in sound]


def mask_of(segmentation: Any) -> Any:
    """Return a run-length mask as an array (height, width) of 0 and 1; None where its runs do not fill its size."""
    size = segmentation.get("size") if isinstance(segmentation, dict) else None
    if not isinstance(size, list) or len(size) != 2 or not all(is_number(side) and side >= 1 for side in size):
        return None
    height, width = int(size[0]), int(size[1])
    runs = segmentation.get("counts")
    if isinstance(runs, str):
        values, _, mark = decode_counts([runs])
        runs = [] if mark[0] else values.tolist()
    if not isinstance(runs, list) or not all(is_number(run) and run >= 0 and run == int(run) for run in runs):
        return None
    if height * width > MOST_PIXELS or sum(map(int, runs)) != height * width:
        return None
    shown = np.repeat(np.arange(len(runs)) % 2, np.array(runs, np.int64)).astype(np.uint8)
    return np.ascontiguousarray(shown.reshape(width, height).T)


def points_of(keypoints: Any) -> list[tuple[float, float, float]]:
    """Return x, y and v of each keypoint; none unless all are numbers in threes."""
    if not isinstance(keypoints, list) or len(keypoints) % 3 or not all(map(is_number, keypoints)):
        return []
    return [(float(x), float(y), float(v)) for x, y, v in zip(*(keypoints[place::3] for place in range(3)), strict=True)]


def edges_of(skeleton: Iterable[Any], count: int) -> Iterator[tuple[int, int]]:
    """Yield the edges between `count` points, counted from 0; those that lead elsewhere are left out."""
    for edge in skeleton:
        if isinstance(edge, list) and len(edge) == 2 and all(isinstance(end, int) and 1 <= end <= count for end in edge):
            yield edge[0] - 1, edge[1] - 1


def _bounds_of(fields: dict[str, Any]) -> Iterator[Bounds]:
    box = box_of(fields.get("bbox"))
    if box:
        yield min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
    seen = [point[:2] for point in points_of(fields.get("keypoints")) if point[2] > 0]
    for points in (*rings_of(fields.get("segmentation")), *([seen] if seen else [])):
        xs, ys = zip(*points, strict=True)
        yield min(xs), min(ys), max(xs), max(ys)


def _area(fields: dict[str, Any]) -> float:
    box = box_of(fields.get("bbox"))
    return abs((box[2] - box[0]) * (box[3] - box[1])) if box else 0.0
