"""Small pictures inside the page: parts of photographs as JPEG, masks as PNG, both as data URIs."""

from __future__ import annotations

import warnings
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from cocolint.html.views import View
from cocolint.model import Bools
from cocolint.pictures.folders import Folder

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "JPEG2000", "PPM")
LARGEST = 64_000_000
"""In pixels: larger pictures are not decoded."""
SIDES = (560, 480, 400, 320, 256, 208, 160)
"""Of a thumbnail in pixels; the first that fits into the bytes that are left for it is taken."""
QUALITY = 74
TURNED = (5, 6, 7, 8)
"""The orientations of EXIF in which width and height change places."""


def opened(folder: Folder, name: str, declared: tuple[float, float] | None) -> Image | None:
    """Return a picture in colours, None where it cannot be decoded.

    It is turned as EXIF says only if that is what makes it the `declared` size: the annotations were then drawn on it so.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings(), folder.open(name) as stream:
            warnings.simplefilter("ignore")  # Pillow warns of oddities in metadata, and of size, which is looked at here
            picture: Image.Image = Image.open(stream, formats=FORMATS)
            if picture.width * picture.height > LARGEST:
                return None
            is_turned = picture.getexif().get(0x0112) in TURNED
            if is_turned and declared == (picture.height, picture.width) != picture.size:
                picture = ImageOps.exif_transpose(picture)
            return _coloured(picture)
    except Exception:  # Pillow and the archives raise of all kinds on broken data, which other rules tell of
        return None


def _coloured(picture: Image) -> Image:
    """Return the picture in 8-bit colours, without what else its file says: a page that is mailed tells no places."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):  # 16 bits and more, of scanners and cameras
        values = np.asarray(picture, np.float64)
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        picture = Image.fromarray(((values - low) * (255 / max(high - low, 1e-9))).astype(np.uint8))
    coloured = picture.convert("RGB")
    coloured.info.clear()
    return coloured


def jpeg_of(picture: Image, view: View, most: int) -> tuple[str, View] | None:
    """Return a part of a picture as a data URI of about `most` bytes, and where in the picture that part lies.

    None where the view shows nothing of it.
    """
    left, top = max(0, int(view.x)), max(0, int(view.y))
    right, bottom = (int(-(-edge // 1)) for edge in view.bounds[2:])
    right, bottom = min(picture.width, right), min(picture.height, bottom)
    if right <= left or bottom <= top:
        return None
    part = picture.crop((left, top, right, bottom))
    data = b""
    for side in SIDES:
        small = part.copy()
        small.thumbnail((side, side))
        stream = BytesIO()
        small.save(stream, "JPEG", quality=QUALITY)
        data = stream.getvalue()
        if 4 * len(data) <= 3 * most:
            break
    return _uri("image/jpeg", data), View(left, top, right - left, bottom - top)


def png_of(covered: Bools, colour: tuple[int, int, int], opacity: int) -> str:
    """Return what is covered as a data URI of a picture in one colour, with its outline dense and the rest see-through."""
    from PIL import Image

    inner = covered.copy()
    for axis in (0, 1):
        for step in (1, -1):
            inner &= np.roll(covered, step, axis)
    levels = covered.astype(np.uint8) + (covered & ~inner)
    picture = Image.fromarray(levels, "L")
    flat = picture.convert("P")
    flat.putpalette([0, 0, 0, *colour, *colour])
    stream = BytesIO()
    flat.save(stream, "PNG", transparency=bytes([0, opacity, 235]), bits=2, optimize=True)
    return _uri("image/png", stream.getvalue())


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"


def pixels_of(folder: Folder, name: object, segment_id: object) -> Bools | None:
    """Return which pixels of a panoptic PNG are of a segment, None where nothing can be said of it."""
    from PIL import Image

    if not isinstance(name, str) or not isinstance(segment_id, int):
        return None
    try:
        with folder.open(name) as stream:
            picture = Image.open(stream, formats=["PNG"])
            if picture.width * picture.height > LARGEST:
                return None
            channels = np.asarray(picture.convert("RGB"), np.int64)
    except Exception:  # of a broken picture other rules tell
        return None
    covered: Bools = channels @ np.array([1, 1 << 8, 1 << 16]) == segment_id
    return covered
