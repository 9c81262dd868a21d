"""Picture files as bytes: sound ones, and such as come from cut downloads, full disks and bad intentions."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

ORIENTATION = 0x0112


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """Return a picture of coloured blocks."""
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((width, height))


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """Return a picture in a format of Pillow's."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def jpeg(width: int = 640, height: int = 480, seed: int = 0, orientation: int = 0) -> bytes:
    """Return a JPEG, with EXIF where there is an orientation."""
    exif = Image.Exif()
    if orientation:
        exif[ORIENTATION] = orientation
    return encoded(noise(width, height, seed), exif=exif)


def png(width: int = 640, height: int = 480, seed: int = 0) -> bytes:
    """Return a PNG."""
    return encoded(noise(width, height, seed), "PNG")


def declared_png(width: int, height: int, data: bytes = b"", depth: int = 8, colour: int = 2) -> bytes:
    """Return a PNG whose header declares any size, with `data` for its pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(data)) + _chunk(b"IEND", b"")


def black_png(side: int) -> bytes:
    """Return a large true picture in few bytes: black, with one bit for each pixel."""
    return declared_png(side, side, bytes(side * (1 + (side + 7) // 8)), 1, 0)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def declared_jpeg(width: int, height: int) -> bytes:
    """Return a small JPEG whose header declares any size."""
    data = bytearray(jpeg(16, 16))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)
