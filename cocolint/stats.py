"""What is in annotation files, counted: classes, sizes, crowding, keypoints and attributes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct, field

from cocolint import discover
from cocolint.checking import Progress
from cocolint.config import Settings
from cocolint.engine.pool import PARALLEL_BYTES
from cocolint.failure import PathError
from cocolint.model import AnnotationFile, Floats, Ints, Task
from cocolint.read.columns import Annotations, Categories
from cocolint.read.data_sets import Several
from cocolint.read.document import Document, SliceReader, open_document
from cocolint.read.slicing import NotCoco, Span, cut_exactly
from cocolint.read.source import Source, Unusable, size_of
from cocolint.read.structure import BadCut
from cocolint.report.text import clean, shown
from cocolint.workers import processes

SMALL, LARGE = 32**2, 96**2
"""In square pixels: COCO calls objects below the first small, from the second on large."""
SIZES = ("small", "medium", "large", "unknown")
VISIBILITY = ("not labelled", "hidden", "visible", "other")
MOST_VALUES = 1_000
"""Distinct values of an attribute that are counted one by one; those of an identifier would fill the memory."""


class Attribute(Struct):
    """The values of one attribute, as JSON writes them, and how often each stands; those beyond are only counted."""

    values: Counter[str] = field(default_factory=Counter)
    beyond: int = 0

    def add(self, other: Attribute) -> None:
        """Take over what another slice holds."""
        self.beyond += other.beyond
        for value, count in other.values.items():
            if value in self.values or len(self.values) < MOST_VALUES:
                self.values[value] += count
            else:
                self.beyond += count


Attributes = dict[str, Attribute]


class Slice(NamedTuple):
    """What is counted of one slice.

    `objects` are annotations, or the segments of panoptic ones. `image` is for each of them the row of its image, or its
    `image_id` in a file without images; objects of no image are left out. `uses` counts the objects of each category,
    `sizes` those of each of `SIZES`. `joints` holds for the row of a category K rows of counts by `VISIBILITY`.
    """

    annotations: int
    objects: int
    image: Ints
    uses: Ints
    sizes: Ints
    crowds: int
    polygons: int
    masks: int
    joints: dict[int, Ints]
    attributes: Attributes


class FileStats(Struct):
    """What is counted of one file, as in `Slice`. `images` is 0 where the file has none, as results have.

    `per_image` counts the objects of each image, those without any included; in a file without images only those that
    objects name. `classes` are id and name of each category.
    """

    path: str
    task: Task
    subset: str
    dialect: str
    images: int
    classes: list[tuple[int, str]]
    points: list[list[str] | None]
    uses: Ints
    per_image: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    annotations: int = 0
    objects: int = 0
    sizes: Ints = field(default_factory=lambda: np.zeros(len(SIZES), np.int64))
    crowds: int = 0
    polygons: int = 0
    masks: int = 0
    joints: dict[int, Ints] = {}
    attributes: Attributes = {}

    @property
    def empty(self) -> int:
        """How many images have no object."""
        return int((self.per_image == 0).sum())

    def add(self, part: Slice) -> None:
        """Take over what is counted of a slice; of `per_image` see `count_images`."""
        self.annotations += part.annotations
        self.objects += part.objects
        self.uses = self.uses + part.uses
        self.sizes = self.sizes + part.sizes
        self.crowds += part.crowds
        self.polygons += part.polygons
        self.masks += part.masks
        for row, counts in part.joints.items():
            self.joints[row] = self.joints.get(row, np.zeros_like(counts)) + counts
        for name, values in part.attributes.items():
            self.attributes.setdefault(name, Attribute()).add(values)

    def count_images(self, named: Ints) -> None:
        """Count how often each image is named."""
        self.per_image = np.bincount(named, minlength=self.images) if self.images else np.unique(named, return_counts=True)[1]


class Stats(Struct):
    """The files that could be read, how many JSON files were passed over, and of those that could not be read why."""

    files: list[FileStats] = []
    not_coco: int = 0
    problems: list[str] = []


def stats(paths: Iterable[str], settings: Settings, progress: Progress) -> Stats:
    """Count what is in the files that `paths` stand for. Raises `PathError` if there is no annotation file among them."""
    found = Stats()
    for file in discover.find(paths, settings.exclude, settings.kinds):
        progress.start(file.display, size_of(file))
        _add(found, file, settings.processes, progress, None)
    if not found.files and not found.problems:
        raise PathError(f"no annotation file among {', '.join(map(repr, paths))}")
    return found


def _add(found: Stats, file: AnnotationFile, jobs: int, progress: Progress, source: Source | None) -> None:
    try:
        found.files.append(_counted(file, jobs, progress, source))
    except NotCoco as reason:
        if file.named_by_user:
            found.problems.append(f"{clean(file.display)}: {reason}")
        found.not_coco += not file.named_by_user
    except Several as several:
        for part in several.parts:
            _add(found, part, jobs, progress, several.source)
    except Unusable as fault:
        if file.named_by_user or file.follows_pattern or file.layout != "flat":
            found.problems.append(f"{clean(file.display)}: {clean(str(fault))}")
        else:
            found.not_coco += 1
    except OSError as error:
        found.problems.append(f"{clean(file.display)}: cannot be read: {error.strerror or error}")


def _counted(file: AnnotationFile, jobs: int, progress: Progress, source: Source | None) -> FileStats:
    document = open_document(file, source=source)
    try:
        return _joined(document, jobs, progress)
    except BadCut:  # the guess where slices end was wrong
        document = open_document(file, exact=True, source=source)
        document.slices = cut_exactly(document.source, document.sections["annotations"])
        return _joined(document, jobs, progress)


def _joined(document: Document, jobs: int, progress: Progress) -> FileStats:
    file, categories = document.file, document.categories
    whole = FileStats(
        file.display, document.task, file.subset, document.dialect, len(document.images),
        list(zip(categories.id.tolist(), categories.name, strict=True)), categories.keypoints,
        np.zeros(len(categories), np.int64),
    )  # fmt: skip
    named = [np.empty(0, np.int64)]
    for span, part in zip(document.slices, _slices(document, jobs), strict=True):
        whole.add(part)
        named.append(part.image)
        progress.advance(span.stop - span.start)
    whole.count_images(np.concatenate(named))
    return whole


def _slices(document: Document, jobs: int) -> Iterator[Slice]:
    reader = SliceReader.of(document)
    if jobs == 1 or len(document.slices) == 1 or document.source.size < PARALLEL_BYTES:
        yield from (_count(reader, span) for span in document.slices)
        return
    with processes(min(jobs, len(document.slices)), _start_worker, (reader,)) as pool:
        yield from pool.map(_count_in_worker, document.slices)


_reader: SliceReader


def _start_worker(reader: SliceReader) -> None:
    global _reader
    _reader = reader


def _count_in_worker(span: Span) -> Slice:
    return _count(_reader, span)


def _count(reader: SliceReader, span: Span) -> Slice:
    """Count what is in a slice. Raises `BadCut` if it is not whole records."""
    table, _ = reader.read(span)
    segments = table.segments
    panoptic = len(segments.owner) > 0
    owner = segments.owner if panoptic else np.arange(len(table))
    image = table.image[owner] if len(table.images) else table.image_id[owner]
    area = np.where(segments.area > 0, segments.area, np.nan) if panoptic else _areas(table)
    crowd = segments.iscrowd == 1 if panoptic else table.crowd
    return Slice(
        len(table), len(owner), image[table.image[owner] >= 0] if len(table.images) else image[table.has("image_id")[owner]],
        table.category_uses, _sizes(area), int(crowd.sum()), int(table.is_polygon.sum()), int(table.is_rle.sum()),
        _joints(table, table.categories), _attributes(table.attributes),
    )  # fmt: skip


def _areas(table: Annotations) -> Floats:
    """Return the area of each annotation; where the file does not tell it, that of the mask, or else of the box."""
    area = np.where(np.isfinite(table.area), table.area, table.mask_area)
    with np.errstate(all="ignore"):
        return np.where(np.isfinite(area), area, table.bbox[:, 2] * table.bbox[:, 3])


def _sizes(area: Floats) -> Ints:
    known = area[np.isfinite(area)]
    small, large = int((known < SMALL).sum()), int((known >= LARGE).sum())
    return np.array([small, len(known) - small - large, large, len(area) - len(known)])


def _joints(table: Annotations, categories: Categories) -> dict[int, Ints]:
    """Count the visibility of each joint, where an annotation has as many keypoints as its category declares."""
    expected = table.point_count
    owner, place, points = table.points.triplets((expected > 0) & (table.points.length == 3 * expected))
    whole = np.isin(points[:, 2], (0, 1, 2))
    visibility = np.where(whole, points[:, 2], len(VISIBILITY) - 1).astype(np.int64)
    found = {}
    for row in np.unique(table.category[owner]).tolist():
        mine = table.category[owner] == row
        size = int(categories.point_count[row]) * len(VISIBILITY)
        counts = np.bincount(place[mine] * len(VISIBILITY) + visibility[mine], minlength=size)
        found[row] = counts.reshape(-1, len(VISIBILITY))
    return found


def _attributes(values: list[Any]) -> Attributes:
    found: Attributes = {}
    for attributes in values:
        for name, value in attributes.items() if isinstance(attributes, dict) else ():
            known = found.setdefault(name, Attribute())
            text = _text(value) if isinstance(value, str | int | float) else shown(value)
            if text in known.values or len(known.values) < MOST_VALUES:
                known.values[text] += 1
            else:
                known.beyond += 1
    return found


@lru_cache(maxsize=4096, typed=True)
def _text(value: str | float) -> str:
    return shown(value)
