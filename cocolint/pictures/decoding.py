"""Pictures decoded for people to look at: in 8-bit colours, turned as the annotations on them are."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from cocolint.pictures.folders import Folder
from cocolint.read.archive import Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "JPEG2000", "PPM")
LARGEST = 64_000_000
"""In pixels: larger pictures are not decoded."""
TURNED = (5, 6, 7, 8)
"""The orientations of EXIF in which width and height change places."""


def decoded(folder: Folder, name: str, declared: tuple[float, float] | None) -> Image:
    """Return a picture in colours. Raises `Unreadable`, which says why, if it cannot be decoded.

    It is turned as EXIF says only if that is what makes it the `declared` size: the annotations were then drawn on it so.
    """
    from PIL import Image, ImageOps  # imported here: not needed where no picture is at hand

    try:
        with warnings.catch_warnings(), folder.open(name) as stream:
            warnings.simplefilter("ignore")  # Pillow warns of oddities in metadata, and of size, which is looked at here
            picture: Image.Image = Image.open(stream, formats=FORMATS)
            if picture.width * picture.height > LARGEST:
                raise Unreadable(f"{picture.width} x {picture.height} px is more than is looked at")
            is_turned = picture.getexif().get(0x0112) in TURNED
            if is_turned and declared == (picture.height, picture.width) != picture.size:
                picture = ImageOps.exif_transpose(picture)
            return _coloured(picture)
    except FileNotFoundError:
        raise Unreadable("no such file") from None
    except Exception as error:  # Pillow and the archives raise of all kinds on broken data
        raise Unreadable(str(error)) from error


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
