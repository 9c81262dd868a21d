"""What objects leave of others below them: in each image, a later annotation lies over an earlier one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import msgspec
import numpy as np

from cocolint.export import masks
from cocolint.export.origins import NONE
from cocolint.export.plan import Part
from cocolint.export.records import Row, Seen, mask_of, size_of
from cocolint.model import Ints

_IMAGES = 64
"""Of so many images the masks are kept: annotations of an image mostly stand together."""
_ALMOST = 0.001
"""Shares that differ by less are equal."""


class Covers:
    """Crops the masks of one file.

    As Datumaro has it, an object wholly inside another one takes nothing from it, since polygons have no holes, and an object
    wholly behind another one stays as it is, since that must be a mistake.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = list(parts)
        images = [_images_of(part) for part in self._parts]
        self._image: Ints = np.concatenate([*images, np.empty(0, np.int64)])
        self._start = np.cumsum([0, *map(len, images)])
        self._order = np.argsort(self._image, kind="stable")
        self._sorted = self._image[self._order]
        self._rles: OrderedDict[int, dict[int, masks.Rle | None]] = OrderedDict()

    def __call__(self, part: Part, number: int) -> masks.Rle | None:
        """Return what is left of an annotation's mask, None where nothing is taken from it."""
        place = int(self._start[next(i for i, one in enumerate(self._parts) if one is part)]) + number
        image = int(self._image[place])
        first, stop = np.searchsorted(self._sorted, image), np.searchsorted(self._sorted, image, side="right")
        found = self._rles.setdefault(image, {})
        if len(self._rles) > _IMAGES:
            self._rles.popitem(last=False)
        later = [other for other in self._order[first:stop].tolist() if other >= place]
        for other in later:
            if other not in found:
                found[other] = self._rle(other)
        bottom = found[place]
        return left_of(bottom, [rle for other in later[1:] if (rle := found[other])]) if bottom else None

    def _rle(self, place: int) -> masks.Rle | None:
        number = int(np.searchsorted(self._start, place, side="right")) - 1
        part, row = self._parts[number], place - int(self._start[number])
        start, stop = part.origin.spans[row].tolist()
        raw = msgspec.Raw(part.origin.data[start:stop])
        try:
            seen = msgspec.json.decode(raw, type=Seen)
            mask = mask_of(seen)
            return mask.rle(*size_of(Row(part, row, raw, seen))) if mask else None
        except (msgspec.DecodeError, RecursionError, masks.Unsound):
            return None


def _images_of(part: Part) -> Ints:
    """Return the image of each annotation, `NONE` for those that are not written."""
    images, categories = np.append(part.image_ids, NONE), np.append(part.category_ids, NONE)
    is_left = categories[part.origin.category_rows] == NONE
    return np.where(is_left, NONE, images[part.origin.image_rows])


def left_of(bottom: masks.Rle, later: Sequence[masks.Rle]) -> masks.Rle | None:
    """Return the pixels of a mask that no later one covers, None where it stays as it is."""
    from pycocotools import mask

    size = int(mask.area(bottom))
    shares = mask.iou(list(later), [bottom], [0])[:, 0] if later and size else []
    tops = []
    for top, share in zip(later, shares, strict=bool(size)):
        ratio = int(mask.area(top)) / size
        if share <= 0 or abs(ratio - share) < _ALMOST:
            continue
        if abs(1 / ratio - share) < _ALMOST:
            return None
        tops.append(top)
    if not tops:
        return None
    left = masks.pixels_of(bottom) & ~masks.pixels_of(mask.merge(tops))
    found: masks.Rle = mask.encode(np.asfortranarray(left))
    return found if left.any() else None
