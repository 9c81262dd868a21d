"""PNGs of panoptic files, painted from rectangles, and PNGs that Pillow would not write."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from cocolint.model import Ints


def painted(*rectangles: tuple[int, int, int, int, int], width: int = 640, height: int = 480) -> Ints:
    """Return the ids of all pixels (height, width): 0, but for rectangles of id, x, y, width, height."""
    ids = np.zeros((height, width), np.int64)
    for number, x, y, w, h in rectangles:
        ids[y : y + h, x : x + w] = number
    return ids


def channels_of(ids: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return red, green and blue (height, width, 3) of ids."""
    return np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)


def encoded(ids: Ints) -> bytes:
    """Return the PNG of ids."""
    return saved(Image.fromarray(channels_of(ids)))


def saved(image: Image.Image, kind: str = "PNG") -> bytes:
    """Return the bytes of a picture."""
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def written_by_hand(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """Return a PNG of one chunk for each part; `rows` are the bytes of its pixels with the filter byte of each row."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


FIRST = painted((1, 10, 20, 100, 50), (65792, 0, 0, 640, 1))
SECOND = painted((1, 0, 0, 640, 1))
"""The segments of the two images of `sound("panoptic")`; in sound results, both images have those of the first."""


def beside(first: Ints | bytes | None, second: Ints | bytes | None, folder: str = "panoptic_train") -> dict[str, bytes]:
    """Return the PNGs of the two images of a sound file by their paths; None for no file."""
    named = {f"{folder}/00000{number}.png": png for number, png in ((1, first), (2, second))}
    return {name: png if isinstance(png, bytes) else encoded(png) for name, png in named.items() if png is not None}
