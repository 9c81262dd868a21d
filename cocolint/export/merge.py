"""Ids of the files that become one: categories are one by name, images by file name; other ids change where they clash."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from cocolint.export.origins import NONE, Origin
from cocolint.export.plan import Part, Target
from cocolint.export.tally import Tally
from cocolint.failure import PathError
from cocolint.model import Ints, Task


def settle(target: Target, tally: Tally) -> None:
    """Give the records of all parts of a file ids that do not clash. Raises `PathError` where they contradict each other."""
    if len(target.parts) > 1:
        _settle_categories(target)
        _settle_images(target)
        _settle_licenses(target)
    if target.task not in (Task.PANOPTIC, Task.IMAGE_INFO):
        _settle_annotations(target, tally)


def renumber(targets: Sequence[Target]) -> None:
    """Number images and categories from 1: images over all files, those of one name in several tasks of a subset as one.

    Categories of one name are one in all files. Annotations are numbered when they are written.
    """
    images: dict[tuple[str, str, int], int] = {}
    categories: dict[str, int] = {}
    for target in targets:
        new: dict[int, int] = {}
        seen: Counter[str] = Counter()
        for part in target.parts:
            for row in np.flatnonzero(part.image_ids != NONE).tolist():
                old, name = int(part.image_ids[row]), part.origin.names[row]
                if old not in new:
                    key = (target.subset, name or f"/{old}", seen[name])
                    seen[name] += bool(name)
                    new[old] = images.setdefault(key, len(images) + 1)
            part.image_ids = _mapped(part.image_ids, new)
        number_categories(target, categories)


def number_categories(target: Target, numbers: dict[str, int]) -> None:
    """Number the categories of a file from 1; `numbers` are those of names in files before it, and grow."""
    new: dict[int, int] = {}
    own: Counter[str] = Counter()
    for part in target.parts:
        for row in np.flatnonzero(part.category_ids != NONE).tolist():
            old, name = int(part.category_ids[row]), part.origin.categories.values[row]
            if old not in new:
                own[name] += 1
                key = name if own[name] == 1 else f"{name}/{own[name]}"
                new[old] = numbers.setdefault(key, len(numbers) + 1)
        part.category_ids = _mapped(part.category_ids, new)


def _mapped(ids: Ints, new: dict[int, int]) -> Ints:
    return np.array([new.get(old, NONE) for old in ids.tolist()], np.int64)


class _Numbers:
    """Ids in use; a new record keeps its own if it is free, and gets the next one above all otherwise."""

    def __init__(self, ids: Iterable[Ints]) -> None:
        self._used: set[int] = set()
        self._next = _above(np.concatenate([*ids, np.zeros(1, np.int64)]))

    def take(self, wanted: int) -> int:
        if wanted in self._used:
            wanted, self._next = self._next, self._next + 1
        self._used.add(wanted)
        return wanted


def _above(ids: Ints) -> int:
    """Return the first number above all ids, that does not go beyond 64 bits."""
    usable = ids[(ids != NONE) & (ids < 2**62)]
    return int(usable.max(initial=0)) + 1


def _settle_categories(target: Target) -> None:
    numbers = _Numbers(part.category_ids for part in target.parts)
    known: dict[str, tuple[int, Any, Origin]] = {}
    for part in target.parts:
        for row in np.flatnonzero(part.category_ids != NONE).tolist():
            name = part.origin.categories.values[row]
            points = _points_of(part.origin.categories.raws[row])
            if name and name in known:
                id_, other, origin = known[name]
                if points and other and points != other:
                    files = f"{origin.file.display} and {part.origin.file.display}"
                    raise PathError(f"the category '{name}' has other keypoints in each of {files}: they cannot be one")
                part.category_ids[row], part.writes_category[row] = id_, False
                continue
            part.category_ids[row] = numbers.take(int(part.category_ids[row]))
            known[name] = int(part.category_ids[row]), points, part.origin


def _points_of(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw).get("keypoints")


def _settle_images(target: Target) -> None:
    numbers = _Numbers(part.image_ids for part in target.parts)
    known: dict[str, tuple[int, Part, int]] = {}
    for part in target.parts:
        fresh: dict[str, tuple[int, Part, int]] = {}
        for row in np.flatnonzero(part.image_ids != NONE).tolist():
            name = part.origin.names[row]
            if name and name in known:
                id_, other, there = known[name]
                _refuse_other_size(name, (other.origin, there), (part.origin, row))
                part.image_ids[row], part.writes_image[row] = id_, False
                continue
            part.image_ids[row] = numbers.take(int(part.image_ids[row]))
            fresh.setdefault(name, (int(part.image_ids[row]), part, row))
        known |= fresh


def _refuse_other_size(name: str, *places: tuple[Origin, int]) -> None:
    sizes = [(o.document.images.width[row], o.document.images.height[row]) for o, row in places]
    if any(abs(one - other) > 0 for one, other in zip(*sizes, strict=True)):
        files = " and ".join(origin.file.display for origin, _ in places)
        raise PathError(f"the image '{name}' has another size in each of {files}: these are two pictures of one name")


def _settle_licenses(target: Target) -> None:
    known: dict[str, int] = {}
    used: set[int] = set()
    for part in target.parts:
        for license_ in licenses_of(part.origin):
            old = license_["id"]
            text = json.dumps({**license_, "id": 0}, sort_keys=True)
            if text not in known:
                known[text] = old if old not in used else max(used) + 1
                used.add(known[text])
            part.licenses[old] = known[text]


def licenses_of(origin: Origin) -> list[dict[str, Any]]:
    """Return the licenses of a file that have a number."""
    found = origin.document.licenses
    return [one for one in found if isinstance(one, dict) and isinstance(one.get("id"), int)]


def _settle_annotations(target: Target, tally: Tally) -> None:
    ids = np.concatenate([part.annotation_ids for part in target.parts])
    _, first = np.unique(ids, return_index=True)
    again = np.ones(len(ids), bool)
    again[first] = False
    missing = ids == NONE
    again &= ~missing
    new = np.flatnonzero(missing | again)
    ids[new] = _above(ids) + np.arange(len(new))
    tally.filled["id of annotations"] += int(missing.sum())
    tally.converted["new id for annotations whose id stands on an earlier one"] += int(again.sum())
    stops = np.cumsum([len(part.annotation_ids) for part in target.parts])
    for part, own in zip(target.parts, np.split(ids, stops[:-1]), strict=True):
        part.annotation_ids = own
