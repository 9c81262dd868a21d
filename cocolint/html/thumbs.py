"""Small pictures inside the page: parts of photographs as JPEG, masks as PNG, both as data URIs."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from cocolint.html.views import View
from cocolint.model import Bools

if TYPE_CHECKING:
    from PIL.Image import Image

SIDES = (560, 480, 400, 320, 256, 208, 160)
"""Of a thumbnail in pixels; the first that fits into the bytes that are left for it is taken."""
QUALITY = 74


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
