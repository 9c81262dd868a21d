"""What stands behind the findings of one file: its records, its tables, and the pictures where they are at hand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np

from cocolint.config import Settings
from cocolint.engine.dataset import Member
from cocolint.engine.whole_file import Checked
from cocolint.mend.rewriting import records_at
from cocolint.model import Ints
from cocolint.pictures import image_root
from cocolint.pictures.decoding import decoded
from cocolint.pictures.folders import Folder
from cocolint.pictures.segment_maps import SegmentFolder, ids_at, segment_folder
from cocolint.read.archive import Unreadable
from cocolint.read.columns import Categories, Images, Index
from cocolint.shapes import Bounds

OTHERS = 60
"""Boxes of other annotations of an image that are drawn around a finding."""


class Scene:
    """One checked file. Of results, images and categories are those of their ground truth, where there is one."""

    def __init__(self, checked: Checked, settings: Settings) -> None:
        self.document = checked.document
        self.index: Index = checked.index
        truth = checked.fixtures.get("truth")
        member = truth if isinstance(truth, Member) and checked.facts.task.is_results else checked.member
        self.images: Images = member.images
        self.categories: Categories = member.categories
        self._file = member.file
        self._settings = settings
        self._last: tuple[int, Any] = (-1, None)
        self._map: tuple[Any, Ints | None] = (None, None)

    @cached_property
    def folder(self) -> Folder | None:
        """The folder of the pictures."""
        if self._settings.no_images or not any(self.images.file_name):
            return None
        root = image_root.find(self._file, self.images.file_name, self._settings.images_root)
        return root.folder if root else None

    @cached_property
    def segments(self) -> SegmentFolder | None:
        """The folder of the PNGs of a panoptic file."""
        return None if self._settings.no_images else segment_folder(self.document.file)

    def records(self, section: str, rows: Sequence[int]) -> dict[int, Any]:
        """Return the records of a section by their rows, as far as they can be read."""
        wanted = sorted(set(rows))
        try:
            return dict(zip(wanted, records_at(self.document, section, wanted), strict=True))
        except (OSError, ValueError, KeyError, IndexError, RecursionError):
            return {}

    def image_row(self, section: str, row: int, record: Any) -> int:
        """Return the row of the image that a record belongs to, -1 where there is none."""
        if section == "images":
            return row
        if section == "annotations" and row < len(self.index.image) and self.index.image[row] >= 0:
            return int(self.index.image[row])
        image_id = record.get("image_id") if isinstance(record, dict) else None
        if isinstance(image_id, int) and not isinstance(image_id, bool) and abs(image_id) < 1 << 62:
            return int(self.images.rows_of(np.array([image_id]))[0])
        return -1

    def category_row(self, section: str, row: int, record: Any) -> int:
        """Return the row of the category that a record belongs to, -1 where there is none."""
        if section == "categories":
            return row
        category_id = record.get("category_id") if isinstance(record, dict) else None
        if isinstance(category_id, int) and not isinstance(category_id, bool) and abs(category_id) < 1 << 62:
            return int(self.categories.rows_of(np.array([category_id]))[0])
        return -1

    def example_of(self, category: int) -> int | None:
        """Return the row of an annotation of a category, one with labelled keypoints before others; None for none."""
        rows = np.flatnonzero(self.index.category == category)
        return int(rows[np.argmax(self.index.labelled[rows])]) if len(rows) else None

    def size_of(self, image: int) -> tuple[float, float] | None:
        """Return the width and height that the file says of an image; None where it says nothing sound."""
        if image < 0:
            return None
        width, height = float(self.images.width[image]), float(self.images.height[image])
        return (width, height) if 0 < width < 1e6 and 0 < height < 1e6 else None

    def picture(self, image: int) -> Any:
        """Return the decoded picture of an image, None where it is not at hand. The last one is kept."""
        if image < 0 or self.folder is None or not self.images.file_name[image]:
            return None
        if self._last[0] != image:
            self._last = image, None
            with suppress(Unreadable):  # other rules tell of it
                self._last = image, decoded(self.folder, self.images.file_name[image], self.size_of(image))
        return self._last[1]

    def segment_ids(self, annotation: Any) -> Ints | None:
        """Return the id at each pixel of the PNG of a panoptic annotation, None where it is not at hand. The last is kept."""
        name = annotation.get("file_name") if isinstance(annotation, dict) else None
        if self.segments is None or name is None:
            return None
        if self._map[0] != name:
            self._map = name, ids_at(self.segments, annotation)
        return self._map[1]

    def others(self, image: int, but: int) -> list[Bounds]:
        """Return the bounds of the boxes of some other annotations of an image."""
        if image < 0 or not len(self.index):
            return []
        rows: Ints = np.flatnonzero(self.index.image == image)
        boxes = self.index.bbox[rows[rows != but]]
        boxes = boxes[np.isfinite(boxes).all(axis=1) & (np.abs(boxes) < 1e7).all(axis=1)][:OTHERS]
        return [(min(x, x + w), min(y, y + h), max(x, x + w), max(y, y + h)) for x, y, w, h in boxes.tolist()]
