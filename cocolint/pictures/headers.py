"""What the first and the last bytes of a picture tell, whatever it is. Hardly any pixel is ever decoded."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from cocolint.pictures.folders import Folder
from cocolint.read.archive import Unreadable
from cocolint.read.source import kind_of

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

SUFFIXES = frozenset("jpg jpeg jpe jfif png gif bmp dib tif tiff webp ppm pgm pbm pnm jp2 j2k".split())
"""The endings of names whose files are judged. Other formats may be sound though Pillow does not know them."""

LARGEST = 1 << 30
"""In pixels: OpenCV reads no larger picture."""
_BOMB = 200
"""So many pixels in each byte are no photograph."""
_IMPOSSIBLE = 10_000
"""More pixels in each byte than JPEG, PNG and GIF can pack: deflate, the best of them, takes 1032 bytes, 8256 px, for one."""
_DECODED = 64_000_000
"""In pixels: larger pictures are not decoded for a look at their content."""
_FIRST = 1 << 14
_LONGEST = 1 << 24
"""Headers end before: the profiles and previews in them have segments of at most 64 KiB, of which there are a few."""
_LAST = 1 << 10
_CHUNK = 1 << 20
_ORIENTATION = 0x0112
_SIDE = 32
"""Of the small grey picture that the look of a picture is told from."""

_READERS = (
    (b"\xff\xd8\xff", "Jpeg"),
    (b"\x89PNG\r\n\x1a\n", "Png"),
    (b"GIF8", "Gif"),
    (b"BM", "Bmp"),
    (b"II*\0", "Tiff"),
    (b"MM\0*", "Tiff"),
    (b"II+\0", "Tiff"),
    (b"MM\0+", "Tiff"),
    (b"RIFF", "WebP"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "Jpeg2K"),
    (b"\xff\x4f\xff\x51", "Jpeg2K"),
    *((b"P%d" % kind, "Ppm") for kind in range(1, 7)),
)
"""Pillow's modules by the first bytes of what they read: `Image.open` tries many, and refuses large true pictures."""
_PACKED = frozenset({"Jpeg", "Png", "Gif"})


class Header(NamedTuple):
    """What is known of one picture.

    `there` tells whether the file exists, `size` is in bytes, `width` and `height` in pixels as stored, 0 where unknown.
    `orientation` is that of EXIF, 1 where there is none. `check` is a sum over the first and the last bytes. `problem` says
    why the file is of no use, "" if nothing speaks against it.
    """

    there: bool
    size: int = 0
    width: int = 0
    height: int = 0
    format: str = ""
    orientation: int = 1
    check: int = 0
    problem: str = ""


MISSING = Header(False)


def look(folder: Folder, name: str) -> Header:
    """Return what a file of the folder is. Any file will do."""
    try:
        size = folder.size_of(name)
        if size is None:
            return MISSING
        if not size:
            return Header(True, problem="0 bytes")
        with folder.open(name) as stream:
            return _header(stream, size, name)
    except Unreadable as error:
        return Header(True, problem=str(error))
    except OSError as error:
        return Header(True, problem=f"cannot be read: {error.strerror or error}")
    except Exception as error:  # Pillow and the archives raise of all kinds on broken data, and none may end the run
        return Header(True, problem=f"damaged: {error}")


def _header(stream: BinaryIO, size: int, name: str) -> Header:
    first = stream.read(_FIRST)
    kind = _kind(first)
    is_judged = name.rpartition(".")[2].lower() in SUFFIXES
    last = first[-_LAST:] if size <= len(first) else _end(stream, size)
    check = zlib.crc32(last, zlib.crc32(first[:_LAST]))
    if not kind:
        problem = f"not a picture but {kind_of(first) or 'something else'}" if is_judged else ""
        return Header(True, size, check=check, problem=problem)
    try:
        picture, scan = _opened(kind, first, stream)
    except (SyntaxError, OSError, ValueError, EOFError) as error:
        return Header(True, size, check=check, problem=f"its header is damaged or cut off: {error}" if is_judged else "")
    width, height = picture.size
    known = Header(True, size, width, height, picture.format or kind, _orientation(picture), check)
    pixels = width * height
    if pixels > (LARGEST if kind not in _PACKED else min(LARGEST, _IMPOSSIBLE * size)) and pixels > _BOMB * size:
        return known._replace(problem=f"declares {width} x {height} px in {size:,} bytes: not decoded")
    ends = _ENDS.get(kind)
    if ends and not ends(stream, last, scan):
        return known._replace(problem=f"cut off after {size:,} bytes")
    return known


def _kind(first: bytes) -> str:
    return next((kind for mark, kind in _READERS if first.startswith(mark)), "")


def _end(stream: BinaryIO, size: int) -> bytes:
    stream.seek(size - _LAST)
    return stream.read(_LAST)


def _opened(kind: str, first: bytes, stream: BinaryIO) -> tuple[ImageFile, int]:
    """Return the picture with its header read, and where that ended."""
    reader = _reader(kind)
    if kind != "Jpeg":
        stream.seek(0)
        return reader(stream), stream.tell()
    begin = BytesIO(first)
    try:
        return reader(begin), begin.tell()
    except (SyntaxError, OSError):
        if len(first) < _FIRST:
            raise
    stream.seek(0)
    begin = BytesIO(stream.read(_LONGEST))  # all of a file without a header would take Pillow minutes
    return reader(begin), begin.tell()


def _reader(kind: str) -> Callable[[BinaryIO], ImageFile]:
    reader: Callable[[BinaryIO], ImageFile] = getattr(importlib.import_module(f"PIL.{kind}ImagePlugin"), f"{kind}ImageFile")
    return reader


def _orientation(picture: ImageFile) -> int:
    """Return the orientation that EXIF tells, 1 where it tells none that there is."""
    if "exif" not in picture.info or picture.format == "TIFF":  # Pillow turns TIFF itself
        return 1
    try:
        told = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # whatever is wrong in EXIF, the picture is as good
        return 1
    return told if told in range(1, 9) else 1


def _jpeg_ends(stream: BinaryIO, last: bytes, scan: int) -> bool:
    """Whether a JPEG is whole: it has the mark of the end, or can be decoded without."""
    if last.rstrip(b"\0\r\n ").endswith(b"\xff\xd9"):
        return True
    stream.seek(scan)
    before = b""
    while chunk := stream.read(_CHUNK):
        if b"\xff\xd9" in before + chunk:  # cameras put more behind it
            return True
        before = chunk[-1:]
    stream.seek(0)
    picture = _reader("Jpeg")(stream)
    picture.draft("L", (1, 1))  # an eighth of the size
    try:
        picture.load()
    except OSError:
        return False
    return True


def _png_ends(stream: BinaryIO, last: bytes, _scan: int) -> bool:
    """Whether a PNG is whole: one chunk after the other leads to the last."""
    if last.endswith(b"IEND\xaeB`\x82"):
        return True
    place = 8
    while True:
        stream.seek(place)
        start = stream.read(8)
        if len(start) < 8:
            return False
        if start[4:] == b"IEND":
            return True
        place += 12 + int.from_bytes(start[:4])


_ENDS: dict[str, Callable[[BinaryIO, bytes, int], bool]] = {"Jpeg": _jpeg_ends, "Png": _png_ends}


def looks(folder: Folder, name: str) -> int | None:
    """Return 64 bits that pictures that look alike have in common, but for a few; None where there is nothing to see.

    They tell where the 64 lowest frequencies of the picture are above their median.
    """
    import numpy as np

    try:
        with folder.open(name) as stream:
            kind = _kind(stream.read(_FIRST))
            stream.seek(0)
            picture = _reader(kind)(stream)
            picture.draft("L", (2 * _SIDE, 2 * _SIDE))
            if picture.width * picture.height > _DECODED:
                return None
            grey = np.asarray(picture.convert("L").resize((_SIDE, _SIDE)), np.float64)
    except Exception:  # what cannot be decoded is told by other rules
        return None
    if grey.std() < 2:
        return None
    waves = np.cos(np.pi / _SIDE * np.outer(np.arange(8), np.arange(_SIDE) + 0.5))
    low = (waves @ grey @ waves.T).ravel()
    return int.from_bytes(np.packbits(low > np.median(low[1:])))


def digest(folder: Folder, name: str) -> bytes | None:
    """Return a hash of the content of a file, None if it cannot be read."""
    from hashlib import blake2b

    state = blake2b(digest_size=16)
    try:
        with folder.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                state.update(chunk)
    except Exception:  # what cannot be read is told by other rules
        return None
    return state.digest()
