"""The pictures of the images, and the PNGs of panoptic annotations, copied."""

from __future__ import annotations

import errno
import posixpath
import shutil
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from cocolint.export.options import Options
from cocolint.export.origins import NONE
from cocolint.export.plan import Part, Target
from cocolint.export.tally import Tally
from cocolint.failure import PathError
from cocolint.pictures import image_root
from cocolint.pictures.files import Progress
from cocolint.pictures.folders import Folder
from cocolint.pictures.headers import digest
from cocolint.pictures.segment_maps import segment_folder
from cocolint.read.archive import leads_out

Png = tuple[Part, str]
"""An origin, and the name of a PNG of its panoptic annotations."""

_HOPELESS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
_SAME = frozenset({".jpg", ".jpeg"})
_FLAT = frozenset({".jpg", ".jpeg", ".bmp", ".ppm"})
"""Formats without transparency and palette."""


class _Copy(NamedTuple):
    """One file to copy: where it may lie, the first that is there, and where it goes, relative to the export."""

    places: list[tuple[Folder, str]]
    path: str


def saved_name(name: str, image_ext: str) -> str:
    """Return the name that an image has in the export when pictures are saved, "" for one that leads out of its folder."""
    if not name or leads_out(name) or "\0" in name:
        return ""
    plain = posixpath.normpath(name)
    stem, suffix = posixpath.splitext(plain)
    return f"{stem}{image_ext}" if image_ext and not _is_same(suffix, image_ext) else plain


def _is_same(suffix: str, wanted: str) -> bool:
    return suffix.lower() == wanted.lower() or {suffix.lower(), wanted.lower()} <= _SAME


def copy_images(targets: Sequence[Target], options: Options, into: Path, tally: Tally, progress: Progress) -> None:
    """Copy the pictures of all images. Raises `PathError` if two would be one file, `OSError` if no more can be written."""
    copies = _gathered((_images_of(target, options) for target in targets), tally, "images")
    progress.start("pictures", len(copies), "pictures")
    for copy in copies:
        tally.pictures[f"{_copy(copy, into, options.image_ext)}"] += 1
        progress.advance(1)


def copy_pngs(found: Sequence[tuple[Target, Sequence[Png]]], into: Path, tally: Tally, progress: Progress) -> None:
    """Copy the PNGs of panoptic files into a folder beside each. Raises as `copy_images` does."""
    copies = _gathered((_pngs_of(target, pngs) for target, pngs in found), tally, "PNGs of segments")
    progress.start("PNGs of segments", len(copies), "pictures")
    for copy in copies:
        tally.pictures[f"PNGs of segments {_copy(copy, into, '')}"] += 1
        progress.advance(1)


def _images_of(target: Target, options: Options) -> Iterator[_Copy]:
    for part in target.parts:
        names = part.origin.document.images.file_name
        root = image_root.find(part.origin.file, names, None)
        for row in np.flatnonzero(part.image_ids != NONE).tolist():
            name = saved_name(part.origin.names[row], options.image_ext)
            places = [(root.folder, part.origin.images.values[row])] if root else []
            yield _Copy(places, f"{target.pictures}/{name}" if name else "")


def _pngs_of(target: Target, pngs: Sequence[Png]) -> Iterator[_Copy]:
    folders: dict[int, Folder | None] = {}
    for part, name in pngs:
        if id(part) not in folders:
            found = segment_folder(part.origin.file)
            folders[id(part)] = found.folder if found else None
        folder = folders[id(part)]
        plain = saved_name(name.replace("\\", "/"), "")
        path = f"{target.path.removesuffix('.json')}/{plain}" if plain else ""
        yield _Copy([(folder, name)] if folder else [], path)


def _gathered(lists: Iterator[Iterator[_Copy]], tally: Tally, what: str) -> list[_Copy]:
    """Return the copies to make, those of one file as one. Raises `PathError` if two pictures would be one file."""
    by_path: dict[str, _Copy] = {}
    for copies in lists:
        for copy in copies:
            if not copy.path:
                tally.pictures[f"{what} without a name that stays in their folder"] += 1
                continue
            known = by_path.setdefault(copy.path, copy)
            if known is not copy:
                _refuse_another(known, copy)
                known.places.extend(copy.places)
    return list(by_path.values())


def _refuse_another(known: _Copy, copy: _Copy) -> None:
    for folder, name in copy.places:
        for other, other_name in known.places[:1]:
            if (folder.display, name) == (other.display, other_name):
                continue
            hashes = digest(other, other_name), digest(folder, name)
            if None not in hashes and hashes[0] != hashes[1]:
                places = " and ".join(f"{where.display}/{what}" for where, what in ((other, other_name), (folder, name)))
                raise PathError(f"two pictures would be {copy.path}: {places}")


def _copy(copy: _Copy, into: Path, image_ext: str) -> str:
    """Copy a picture and say what became of it: `copied`, `not found` or `not copied`."""
    path = into / copy.path
    outcome = "not found"
    for folder, name in copy.places:
        try:
            with folder.open(name) as stream:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as out:
                    if image_ext and not _is_same(posixpath.splitext(name)[1], image_ext):
                        out.write(_converted(stream, image_ext))
                    else:
                        shutil.copyfileobj(stream, out, 1 << 20)
            return "copied"
        except (FileNotFoundError, NotADirectoryError):
            continue
        except Exception as error:  # Pillow and the archives raise of all kinds on broken data, and none may end the run
            if isinstance(error, OSError) and error.errno in _HOPELESS:
                raise
            if not isinstance(error, FileExistsError):
                path.unlink(missing_ok=True)
            outcome = "not copied: unreadable, or their name cannot be used"
    return outcome


def _converted(stream: BinaryIO, image_ext: str) -> bytes:
    """Return a picture in another format, its pixels as they are stored, and what EXIF says of them."""
    from PIL import Image

    out = BytesIO()
    with Image.open(stream) as picture:
        exif = picture.info.get("exif")
        flat = picture.convert("RGB") if image_ext.lower() in _FLAT and picture.mode not in ("RGB", "L") else picture
        kind = Image.registered_extensions().get(image_ext.lower())
        flat.save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()
