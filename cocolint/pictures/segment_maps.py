"""The PNGs of panoptic files, in which the colour of a pixel is the id of its segment: R + 256 G + 65536 B."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cocolint.model import AnnotationFile, Bools, Floats, Ints
from cocolint.pictures.folders import Folder
from cocolint.pictures.image_root import folder_above
from cocolint.read.archive import leads_out
from cocolint.read.build import digest_of
from cocolint.read.columns import Annotations, Ids

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 89_478_485
"""Larger pictures are not decoded: from here on Pillow suspects a bomb, and one takes 360 MB."""
ID_LIMIT = 1 << 24
MOST_COLOURS = 1_000_000
"""A picture with more colours is no map of segments; so many take 50 MB."""
MOST_STRANGERS = 1000
"""So many areas of a picture that are of no segment are kept: a lossy one has one for nearly every pixel."""
_BAND = 1 << 20
"""How many pixels are looked at together."""
_HEADER = struct.Struct(">16xIIBB")
_COLOURS = {0: "greyscale", 2: "RGB", 3: "palette", 4: "greyscale with alpha", 6: "RGBA"}
_WITH_IDS = frozenset({"8-bit RGB", "8-bit RGBA"})
_NOTHING: Ints = np.empty((0, 6), np.int64)


class SegmentFolder(Struct, frozen=True):
    """The folder with the PNGs of one annotation file, on disk or in an archive."""

    folder: Folder

    @property
    def display(self) -> str:
        """The folder as it is shown."""
        return self.folder.display

    def unlisted(self, digests: Floats) -> list[str]:
        """Return the PNGs that no annotation names, given the digests of their names."""
        listed = frozenset(digests.tolist())
        return sorted(name for name in _pngs_in(self.folder) if digest_of(name) not in listed)


def segment_folder(file: AnnotationFile) -> SegmentFolder | None:
    """Return the folder with the PNGs of an annotation file, None where no place for it holds any.

    It is called like the file without `.json`, and lies in a folder of its own name, as archives are often unpacked,
    beside the file, in `annotations/`, or beside `annotations/`.
    """
    stem = file.path.name.removesuffix(".gz").removesuffix(".json")
    home = folder_above(file, 0)
    places = [f"{stem}/{stem}", stem, f"annotations/{stem}"]
    folders = [home.below(place) for place in places] if home else []
    if file.path.absolute().parent.name == "annotations" and (above := folder_above(file, 1)):
        folders.append(above.below(stem))
    return next((SegmentFolder(folder) for folder in folders if any(_pngs_in(folder))), None)


def _pngs_in(folder: Folder) -> Iterator[str]:
    return (name for name in folder.names() if name.lower().endswith(".png") and not name.startswith("."))


class Picture(NamedTuple):
    """What is known of one PNG: whether it is `there`, its size in pixels, and its `mode`, such as `8-bit RGB`.

    `problem` says why it could not be decoded, "" if it was. `areas` (n, 6) holds for each value of its pixels but 0 the
    value, how many pixels have it, and the bounds of these as x, y, width and height. Where the values are places in a
    `palette`, 0 is among them, and `palette` holds the ids that its colours stand for.
    """

    there: bool
    problem: str = ""
    mode: str = ""
    width: int = 0
    height: int = 0
    areas: Ints = _NOTHING
    palette: Ints = _NOTHING[:, 0]

    @property
    def has_ids(self) -> bool:
        """Whether it was decoded, and its red, green and blue are of 8 bits each."""
        return self.mode in _WITH_IDS and not self.problem

    def coloured(self, ids: Ints) -> Picture:
        """Return the picture without its palette: with its colours for values if half of them or more are `ids`."""
        if not len(self.palette):
            return self
        values = self.areas[:, 0]
        if _are_colours(values, self.palette, ids):
            values = self.palette[values]
        areas = np.column_stack([values, self.areas[:, 1:]])
        return self._replace(areas=areas[values != 0], palette=_NOTHING[:, 0])

    def thinned(self, ids: Ints) -> Picture:
        """Return the picture with all areas of `ids` and no more than so many others, spread evenly over their sizes."""
        strangers = np.flatnonzero(~np.isin(self.areas[:, 0], ids, kind="sort"))
        if len(strangers) <= MOST_STRANGERS:
            return self
        by_size = strangers[np.argsort(self.areas[strangers, 1], kind="stable")]
        keep = np.ones(len(self.areas), bool)
        keep[strangers] = False
        keep[by_size[np.linspace(0, len(by_size) - 1, MOST_STRANGERS).astype(np.int64)]] = True
        return self._replace(areas=self.areas[keep])


class SegmentMaps:
    """The PNGs of the annotations of one slice, decoded when a rule first looks at them.

    `named`, `there`, `problem`, `mode`, `size` and `has_ids` are as long as the annotations. `named` tells which have a
    `file_name` that stays in the folder: no other is opened. `has_ids` tells which pictures have the channels that ids
    are made of; of the others the first channel is looked at.
    """

    def __init__(self, annotations: Annotations, folder: SegmentFolder) -> None:
        self.folder = folder
        self._segments = annotations.segments
        self._names = annotations.file_name
        self.named: Bools = annotations.has("file_name") & ~np.array([leads_out(name) for name in self._names], bool)

    @cached_property
    def _pictures(self) -> list[Picture]:
        segments, start = self._segments, np.searchsorted(self._segments.owner, np.arange(len(self._names) + 1))
        return [
            self._look_at(name, segments.id[start[row] : start[row + 1]]) if inside else Picture(False)
            for row, (name, inside) in enumerate(zip(self._names, self.named.tolist(), strict=True))
        ]

    def _look_at(self, name: str, ids: Ints) -> Picture:
        return look_at(self.folder, name).coloured(ids).thinned(ids)

    @cached_property
    def there(self) -> Bools:
        """Whether the file exists."""
        return np.array([picture.there for picture in self._pictures], bool)

    @cached_property
    def problem(self) -> list[str]:
        """Why a file that is there could not be decoded, "" where it could."""
        return [picture.problem for picture in self._pictures]

    @cached_property
    def mode(self) -> list[str]:
        """Depth and colours, such as `8-bit RGB`; "" where unknown."""
        return [picture.mode for picture in self._pictures]

    @cached_property
    def size(self) -> Ints:
        """Width and height (n, 2) in pixels, 0 where unknown."""
        return np.array([picture[3:5] for picture in self._pictures], np.int64).reshape(-1, 2)

    @cached_property
    def has_ids(self) -> Bools:
        """Whether the picture was decoded, and its red, green and blue are of 8 bits each."""
        return np.array([picture.has_ids for picture in self._pictures], bool)

    @cached_property
    def owner(self) -> Ints:
        """For each area of a picture, the row of its annotation. An area is all pixels of one value but 0, which is VOID."""
        return np.repeat(np.arange(len(self._pictures)), [len(picture.areas) for picture in self._pictures])

    @cached_property
    def _areas(self) -> Ints:
        return np.concatenate([_NOTHING, *(picture.areas for picture in self._pictures)])

    @property
    def id(self) -> Ints:
        """For each area the value of its pixels: the id of a segment where `has_ids`."""
        return self._areas[:, 0]

    @property
    def pixels(self) -> Ints:
        """For each area how many pixels it has."""
        return self._areas[:, 1]

    @property
    def bounds(self) -> Ints:
        """For each area x, y, width and height (n, 4) of its pixels; one pixel is 1 wide."""
        return self._areas[:, 2:]

    @cached_property
    def known(self) -> Ints:
        """For each area the place in `segments` of the segment with that id, -1 where the annotation has none."""
        return self.segments_of(self.owner, self.id)

    def segments_of(self, owner: Ints, ids: Ints) -> Ints:
        """Return the place in `segments` of the segment of an annotation with an id, -1 where there is none."""
        return _places(self._segments.owner, self._segments.id, owner, ids)

    @cached_property
    def seen(self) -> Ints:
        """For each of `segments` the place of the area with its id, -1 where the picture has none."""
        return _places(self.owner, self.id, self._segments.owner, self._segments.id)


def _places(owner: Ints, ids: Ints, wanted_owner: Ints, wanted_ids: Ints) -> Ints:
    usable = (ids > 0) & (ids < ID_LIMIT)
    wanted = np.where((wanted_ids > 0) & (wanted_ids < ID_LIMIT), wanted_owner * ID_LIMIT + wanted_ids, -1)
    return Ids(owner * ID_LIMIT + ids, usable).rows_of(wanted)


def look_at(folder: SegmentFolder, name: str) -> Picture:
    """Return what a file of the folder holds, whatever it is."""
    try:
        with folder.folder.open(name) as stream:
            return _decoded(stream)
    except (FileNotFoundError, NotADirectoryError):
        return Picture(False)
    except OSError as error:
        return Picture(True, f"cannot be read: {error.strerror or error}")


def ids_at(folder: SegmentFolder, annotation: dict[str, Any]) -> Ints | None:
    """Return the id at each pixel (height, width) of the PNG of a panoptic annotation, None where that cannot be decoded."""
    from PIL import Image

    name, segments = annotation.get("file_name"), annotation.get("segments_info")
    some = [one.get("id") for one in segments if isinstance(one, dict)] if isinstance(segments, list) else []
    known: Ints = np.array([id_ for id_ in some if isinstance(id_, int) and 0 < id_ < ID_LIMIT], np.int64)
    if not isinstance(name, str) or leads_out(name):
        return None
    try:
        with folder.folder.open(name) as stream, Image.open(stream, formats=["PNG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            values = _values(image).reshape(image.height, image.width)
            if image.mode == "P" and _are_colours(np.unique(values), palette := _ids_of_palette(image), known):
                values = palette[values]
    except Exception:  # of a broken picture rules tell
        return None
    return values


def _are_colours(values: Ints, palette: Ints, ids: Ints) -> bool:
    """Whether the values of a picture stand for the colours of its `palette`: half of these or more are `ids`."""
    colours = palette[values]
    return bool(2 * np.count_nonzero(np.isin(colours, ids)) >= np.count_nonzero(colours))


def _decoded(stream: BinaryIO) -> Picture:
    head = stream.read(_HEADER.size)
    if head.startswith(b"\xff\xd8\xff"):
        return Picture(True, "a JPEG picture, not a PNG", "JPEG")
    if len(head) < _HEADER.size or not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Picture(True, "not a PNG" if head else "the file is empty")
    width, height, depth, colour = _HEADER.unpack(head)
    mode = f"{depth}-bit {_COLOURS.get(colour, 'picture of an unknown kind')}"
    if width * height > MOST_PIXELS:
        return Picture(True, f"{width} x {height} px is more than is looked at", mode, width, height)
    stream.seek(0)
    try:
        areas, palette = _areas_of(stream, (width, height))
    except Exception as error:  # the decoder raises of all kinds on a broken picture, and none may end the run
        return Picture(True, f"cannot be decoded: {error}", mode, width, height)
    return Picture(True, "", mode, width, height, areas, palette)


def _areas_of(stream: BinaryIO, size: tuple[int, int]) -> tuple[Ints, Ints]:
    """Return the areas of a picture, and the ids that the colours of its palette stand for."""
    from PIL import Image  # imported here: only panoptic files with their pictures need it

    with Image.open(stream, formats=["PNG"]) as image:
        if image.size != size:
            raise ValueError("it declares two sizes")
        width, height = size
        rows = max(1, _BAND // width)
        areas = _NOTHING
        for top in range(0, height, rows):
            runs = _runs(image, top, min(top + rows, height))
            areas = _gathered(np.concatenate([areas, runs]))
            if len(areas) > MOST_COLOURS:
                raise ValueError(f"it has more than {MOST_COLOURS:,} colours")
        palette = _ids_of_palette(image) if image.mode == "P" else _NOTHING[:, 0]
    areas[:, 4:] -= areas[:, 2:4]
    return areas, palette


def _ids_of_palette(image: Image) -> Ints:
    channels = np.array(image.getpalette(), np.int64)
    ids = np.zeros(256, np.int64)  # a pixel may be a place beyond the end of the palette
    ids[: len(channels) // 3] = channels[::3] | channels[1::3] << 8 | channels[2::3] << 16
    return ids


def _runs(image: Image, top: int, bottom: int) -> Ints:
    """Return value, length, left, top, right and bottom of each run of equal pixels in a row, for rows `top` up to `bottom`."""
    values = _values(image.crop((0, top, image.width, bottom)))
    begins = np.empty(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    begins[:: image.width] = True
    start = np.flatnonzero(begins)
    length = np.diff(start, append=len(values))
    y, x = np.divmod(start, image.width)
    y += top
    runs: Ints = np.column_stack([values[start].astype(np.int64), length, x, y, x + length, y + 1])
    return runs if image.mode == "P" else runs[runs[:, 0] != 0]


def _values(image: Image) -> npt.NDArray[Any]:
    """Return the ids of all pixels, or the first channel of a picture that has none."""
    if image.mode in ("RGB", "RGBA"):
        packed = image.tobytes("raw", "RGBX" if image.mode == "RGB" else "RGBA")
        return np.frombuffer(packed, "<u4") & np.uint32(ID_LIMIT - 1)
    return np.asarray(image).reshape(image.height * image.width, -1)[:, 0]


def _gathered(runs: Ints) -> Ints:
    """Return the runs with all of one value together: their lengths summed, their bounds around all."""
    runs = runs[np.argsort(runs[:, 0], kind="stable")]
    first = np.flatnonzero(np.diff(runs[:, 0], prepend=-1))
    reductions = (np.add, np.minimum, np.minimum, np.maximum, np.maximum)
    columns = [function.reduceat(runs[:, place], first) for place, function in enumerate(reductions, 1)]
    return np.column_stack([runs[first, 0], *columns])
