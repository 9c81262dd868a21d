"""Sections as numpy columns: what rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cocolint.model import Bools, Finding, Floats, Ints, Severity, Values
from cocolint.read.details import Details
from cocolint.read.geometry import distinct, starts_of
from cocolint.read.pages import give_back, pages_of

if TYPE_CHECKING:
    import mmap

_SPREAD = 16
"""Ids are taken to lie close together if fewer than so many numbers come to each of them."""
PART_ROWS = 1 << 20
"""So many rows of a large file are looked at together, where more would take too much memory."""


NUMBERS_OF_IMAGES = ("id", "width", "height", "license")
TEXTS_OF_IMAGES = ("file_name", "date_captured", "coco_url")
COLUMNS_OF_IMAGES = (*NUMBERS_OF_IMAGES, *TEXTS_OF_IMAGES, "video")
DERIVED = ("is_boxed", "width", "height", "overshoot")
"""Columns of annotations that are worked out of others when they are asked for."""


class Table:
    """The rows of one section.

    `valid[name]` tells for each row whether the field is there and well typed; `absent[name]` whether it is not there
    at all. A field that is neither was reported by the schema. Row numbers in findings count from `offset`. Where the rows of
    several files are put together, `starts` tells where those of each begin, and the end.
    """

    section = ""
    starts: Sequence[int] = ()

    def __init__(self, size: int, valid: dict[str, Bools], absent: dict[str, Bools], offset: int = 0) -> None:
        self.size = size
        self.offset = offset
        self.valid = valid
        self.absent = absent

    def __len__(self) -> int:
        return self.size

    def has(self, field: str) -> Bools:
        """Return for each row whether `field` is there with a sound value."""
        return self.valid.get(field, np.zeros(self.size, bool))

    def lacks(self, field: str) -> Bools:
        """Return for each row whether `field` is not there at all."""
        return self.absent.get(field, np.ones(self.size, bool))

    def by_file(self, ids: Ints) -> Ints:
        """Return `ids`, one for each row, or other numbers that are equal where these are, and of one file."""
        if not len(self.starts):
            return ids
        known = distinct(ids)
        files = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return files * len(known) + np.searchsorted(known, ids)

    def where(
        self,
        mask: Bools,
        field: str | None,
        message: str,
        *,
        severity: Severity | None = None,
        summary: str | None = None,
        **values: Any,
    ) -> Iterable[Finding]:
        """Yield one finding for the rows of `mask`, if any. `values` are arrays as long as the table."""
        rows = np.flatnonzero(mask)
        if len(rows):
            chosen = {name: np.asarray(column)[rows] for name, column in values.items()}
            yield from self.at(rows, field, message, severity=severity, summary=summary, **chosen)

    def at(
        self,
        rows: Ints | Sequence[int],
        field: str | None,
        message: str,
        *,
        severity: Severity | None = None,
        summary: str | None = None,
        **values: Any,
    ) -> Iterable[Finding]:
        """Yield one finding for `rows`, if any. `values` are arrays as long as `rows`."""
        chosen = np.asarray(rows, np.int64)
        if len(chosen):
            columns: Values = {name: np.asarray(column) for name, column in values.items()}
            yield Finding(message, self.section, chosen + self.offset, field, columns, severity, summary)


class Ids:
    """The rows of the ids of a table. Those that are not `usable` are left out.

    Where ids lie close together, as they mostly do, an array of rows by id is made: a search among millions takes longer.
    """

    def __init__(self, known: Ints, usable: Bools) -> None:
        rows = np.flatnonzero(usable)
        ids = known[rows]
        self._low = int(ids.min(initial=2**63 - 1))
        self._high = int(ids.max(initial=-(2**63)))
        self._by_id: npt.NDArray[np.int32] | None = None
        if 0 <= self._high - self._low < _SPREAD * len(ids) < 2**31:
            self._by_id = np.full(self._high - self._low + 1, -1, np.int32)
            self._by_id[ids - self._low] = rows  # of those with one id, the last one stays
        else:
            self._rows = rows[np.argsort(ids, kind="stable")]
            self._ids = known[self._rows]

    def rows_of(self, wanted: Ints) -> Ints:
        """Return for each of `wanted` the last row with that id, or -1."""
        within = (wanted >= self._low) & (wanted <= self._high)
        if self._by_id is not None:
            place = np.where(within, wanted, self._low) - self._low
            return np.where(within, self._by_id[place].astype(np.int64), -1)
        if not len(self._ids):
            return np.full(len(wanted), -1, np.int64)
        place = np.searchsorted(self._ids, wanted, side="right") - 1
        return np.where(within & (self._ids[place] == wanted), self._rows[place], -1)


class Images(Table):
    """The images: `id`, `width` and `height` in pixels, and `license` (NaN where unknown), `file_name` and `date_captured`.

    The last two are "" where unknown, and so is `coco_url`. `video` is `video_id` or `vid_id`, None where there is neither.
    """

    section = "images"

    def __init__(self, table: dict[str, Any], valid: dict[str, Bools], absent: dict[str, Bools], size: int) -> None:
        super().__init__(size, valid, absent)
        self.id: Ints = table["id"]
        self.width: Floats = table["width"]
        self.height: Floats = table["height"]
        self.license: Floats = table["license"]
        self.file_name: Sequence[str] = table["file_name"]
        self.date_captured: Sequence[str] = table["date_captured"]
        self.coco_url: Sequence[str] = table["coco_url"]
        self.video: list[Any] = table["video"]

    @cached_property
    def names(self) -> str:
        """All file names, a line each, for a first look at all of them at once."""
        return "\n".join(self.file_name)

    @cached_property
    def _ids(self) -> Ids:
        return Ids(self.id, self.has("id"))

    def rows_of(self, ids: Ints) -> Ints:
        """Return the row of each id, -1 where there is no such image."""
        return self._ids.rows_of(ids)


class Categories(Table):
    """The categories: `id`, `name` and `supercategory` ("" where unknown), `keypoints` and `skeleton` (None where unknown)."""

    section = "categories"

    def __init__(self, table: dict[str, Any], valid: dict[str, Bools], absent: dict[str, Bools], size: int) -> None:
        super().__init__(size, valid, absent)
        self.id: Ints = table["id"]
        self.name: list[str] = table["name"]
        self.supercategory: list[str] = table["supercategory"]
        self.keypoints: list[list[str] | None] = table["keypoints"]
        self.skeleton: list[list[list[int]] | None] = table["skeleton"]
        self.is_thing: list[Any] = table["isthing"]

    @cached_property
    def point_count(self) -> Ints:
        """The number K of keypoints of each category, -1 where unknown."""
        return np.array([-1 if names is None else len(names) for names in self.keypoints], np.int64)

    def point_count_of(self, rows: Ints) -> Ints:
        """Return the number K of keypoints of the categories at `rows`, -1 where unknown or where the row is -1."""
        return np.append(self.point_count, -1)[rows]

    @cached_property
    def _ids(self) -> Ids:
        return Ids(self.id, self.has("id"))

    def rows_of(self, ids: Ints) -> Ints:
        """Return the row of each id, -1 where there is no such category."""
        return self._ids.rows_of(ids)


class Index(Table):
    """The key columns of all annotations of a file.

    `id`, `image_id`, `category_id`, `num_keypoints` (-1 where unknown) and `iscrowd` (0 where unknown) are integers;
    `area`, `score` and `bbox` (n, 4) are NaN where unknown; `rotation` is `attributes.rotation` in degrees and `track` a
    number for the track that the attributes name, both 0 where there is none; `ignored` tells an `ignore` that is not 0.
    `image` and `category` are rows of the other tables, -1 where there is no such record. `ring_count` is the number of
    polygon rings, `is_rle` tells a run-length mask, `part_count` is the number of connected parts of a crowd's run-length
    mask (-1 where it was not counted, as only some of each slice are). `mask_bounds` (n, 4) are x1, y1, x2, y2 of the mask;
    `mask_area` is the sum of the shoelace areas of the rings, or the foreground of the runs; both NaN without a mask.
    `mask_height` and `mask_width` are the `size` of a run-length mask, -1 without one. Equal masks and keypoints have an
    equal `digest`, and so have captions that differ in case and outer blanks only, and panoptic annotations of one PNG.
    `keypoint_values` is how many numbers `keypoints` holds. Of keypoints that are as many as the category declares,
    `labelled` counts those with v > 0 and `scored` those whose v is a fraction in (0, 1); `odd_visibility` is the largest v
    that is not 0, 1 or 2, NaN if there is none. `category_uses` tells for each category how many annotations or panoptic
    segments have it.
    """

    section = "annotations"

    def __init__(
        self,
        keys: dict[str, Any],
        valid: dict[str, Bools],
        absent: dict[str, Bools],
        images: Images,
        category_uses: Ints,
        offset: int = 0,
    ) -> None:
        super().__init__(len(keys["id"]), valid, absent, offset)
        self.category_uses = category_uses
        self.keys = keys
        self._images = images
        self.id: Ints = keys["id"]
        self.image_id: Ints = keys["image_id"]
        self.category_id: Ints = keys["category_id"]
        self.iscrowd: Ints = keys["iscrowd"]
        self.area: Floats = keys["area"]
        self.bbox: Floats = keys["bbox"]
        self.num_keypoints: Ints = keys["num_keypoints"]
        self.rotation: Floats = keys["rotation"]
        self.track: Ints = keys["track"]
        self.score: Floats = keys["score"]
        self.ignored: Bools = keys["ignored"]
        self.image: Ints = keys["image"]
        self.category: Ints = keys["category"]
        self.ring_count: Ints = keys["ring_count"]
        self.is_rle: Bools = keys["is_rle"]
        self.part_count: Ints = keys["part_count"]
        self.mask_bounds: Floats = keys["mask_bounds"]
        self.mask_area: Floats = keys["mask_area"]
        self.mask_height: Ints = keys["mask_height"]
        self.mask_width: Ints = keys["mask_width"]
        self.digest: Floats = keys["digest"]
        self.keypoint_values: Ints = keys["keypoint_values"]
        self.labelled: Ints = keys["labelled"]
        self.scored: Ints = keys["scored"]
        self.odd_visibility: Floats = keys["odd_visibility"]

    @property
    def crowd(self) -> Bools:
        """Whether the annotation is marked as a crowd."""
        mask: Bools = self.iscrowd == 1
        return mask

    @property
    def is_polygon(self) -> Bools:
        """Whether the annotation has at least one polygon ring."""
        mask: Bools = self.ring_count > 0
        return mask

    @cached_property
    def is_boxed(self) -> Bools:
        """Whether all four numbers of the box are finite."""
        x, y, w, h = np.isfinite(self.bbox).T  # column by column: a reduction along so short an axis takes six times as long
        mask: Bools = x & y & w & h
        return mask

    @cached_property
    def width(self) -> Floats:
        """The width of each annotation's image, NaN where unknown."""
        return self._of_image(self._images.width)

    @cached_property
    def height(self) -> Floats:
        """The height of each annotation's image, NaN where unknown."""
        return self._of_image(self._images.height)

    @cached_property
    def overshoot(self) -> Floats:
        """How far each box reaches over its image in pixels, negative inside, NaN where unknown."""
        x, y, w, h = self.bbox.T
        with np.errstate(all="ignore"):
            over: Floats = x + w - self.width
            other = y + h - self.height
            np.maximum(over, other, out=over)  # into the same memory: to touch more of it takes longer than to count
            np.maximum(over, np.negative(x, out=other), out=over)
            np.maximum(over, np.negative(y, out=other), out=over)
        return over

    def part(self, rows: slice) -> Index:
        """Return some rows, counted from 0; where they are neighbours, findings name them as rows of the whole."""
        keys, valid, absent = (
            {name: column[rows] for name, column in columns.items()} for columns in (self.keys, self.valid, self.absent)
        )
        return Index(keys, valid, absent, self._images, self.category_uses, self.offset + (rows.start or 0))

    def parts(self) -> Iterator[Index]:
        """Yield all rows, so many neighbours at a time that what is computed of them takes little memory."""
        if self.size <= PART_ROWS:
            yield self
            return
        for start in range(0, self.size, PART_ROWS):
            yield self.part(slice(start, start + PART_ROWS))
            self.let_go()

    def by_image(self, rows: Ints) -> Iterator[Ints]:
        """Yield ascending `rows` in parts of which each has all those of its images, in rising order.

        Parts are about as long as those of `parts`, unless a single image has more rows.
        """
        if len(rows) <= PART_ROWS:
            yield rows
            return
        image = self.image[rows] + 1
        number = (np.cumsum(np.bincount(image)) // PART_ROWS).astype(np.uint16)[image]  # short ones are sorted in linear time
        del image
        starts = starts_of(np.bincount(number))
        order = np.argsort(number, kind="stable")
        for start, stop in pairwise(starts.tolist()):
            if start < stop:
                yield rows[order[start:stop]]
                self.let_go()

    def let_go(self) -> None:
        """Give back the memory of what can be read from disk again, and what was computed of that: in large files only."""
        if self.size <= PART_ROWS:
            return
        for pages in self._pages:
            give_back(pages)
        for name in DERIVED if self._pages else ():
            self.__dict__.pop(name, None)

    @cached_property
    def _pages(self) -> set[mmap.mmap]:
        columns = (column for some in (self.keys, self.valid, self.absent) for column in some.values())
        return {pages for pages in map(pages_of, columns) if pages is not None}

    def _of_image(self, column: Floats) -> Floats:
        if not len(column):
            return np.full(self.size, np.nan)
        return np.where(self.image >= 0, column[self.image], np.nan)


class Annotations(Index):
    """Annotations of one slice: the key columns, and the ragged `rings`, `runs`, `points` and so on that only a slice holds."""

    def __init__(
        self,
        keys: dict[str, Any],
        valid: dict[str, Bools],
        absent: dict[str, Bools],
        images: Images,
        categories: Categories,
        details: Details,
    ) -> None:
        rows = np.concatenate([keys["category"], categories.rows_of(details.segments.category_id)])
        uses = np.bincount(rows[rows >= 0], minlength=len(categories))
        super().__init__(keys, valid, absent, images, uses)
        self.images = images
        self.categories = categories
        self.rings = details.rings
        self.runs = details.runs
        self.points = details.points
        self.segments = details.segments
        self.captions = details.captions
        self.attributes = details.attributes
        self.file_name = details.file_names

    @cached_property
    def point_count(self) -> Ints:
        """The number K of keypoints that the annotation's category declares, -1 where unknown."""
        return self.categories.point_count_of(self.category)
