"""A new split of the images: pictures that belong together stay together, and every class is spread over the subsets."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from cocolint.export.origins import NONE, Origin
from cocolint.export.plan import Part, Target
from cocolint.failure import ConfigError
from cocolint.model import Ints
from cocolint.report.text import plural

Shares = Sequence[tuple[str, float]]
_ROBOFLOW = re.compile(r"(.+)\.rf\.[0-9A-Za-z]{16,}\.[A-Za-z]+")
_ALMOST = 1e-9


def cut(targets: Sequence[Target], shares: Shares, seed: int) -> list[Target]:
    """Return for each file one for each subset. Images of one name go the same way in all files. Raises `ConfigError`."""
    groups = _groups(targets)
    classes: dict[int, Counter[object]] = defaultdict(Counter)
    for target in targets:
        for part in target.parts:
            _count_classes(target, part, groups, classes)
    images = Counter(groups.values())
    subset_of = assign(images, classes, shares, seed)
    empty = {name for name, _ in shares} - set(subset_of.values())
    if empty:
        kinds = plural(len(images), "group")
        raise ConfigError(f"--split: the images belong together in {kinds}, which leaves none for '{min(empty)}'")
    return [
        replace(
            target,
            subset=name,
            parts=[_of_subset(part, name, name == shares[0][0], groups, subset_of) for part in target.parts],
        )
        for target in targets
        for name, _ in shares
    ]


def assign(images: Mapping[int, int], classes: Mapping[int, Mapping[object, int]], shares: Shares, seed: int) -> dict[int, str]:
    """Return the subset of each group, given how many images and how many objects of each class it has.

    A subset gets no further group once it has its share of the images. So none is further off than the sizes of the
    largest group for each other subset.
    """
    total: Counter[object] = Counter()
    for counts in classes.values():
        total.update(counts)
    rarest = {group: min(counts, key=lambda c: (total[c], str(c))) for group, counts in classes.items() if counts}
    order = sorted(images)
    chance = random.Random(seed)
    chance.shuffle(order)
    order.sort(key=lambda group: (-images[group], total[rarest[group]] if group in rarest else float("inf")))
    open_images = {name: share * sum(images.values()) for name, share in shares}
    open_objects = {name: {c: share * count for c, count in total.items()} for name, share in shares}
    found = {}
    for group in order:
        wanted = rarest.get(group)
        names = [name for name, still in open_images.items() if still > _ALMOST] or list(open_images)
        need = {name: (open_objects[name].get(wanted, 0.0), open_images[name]) for name in names}
        best = max(need.values())
        name = chance.choice([name for name in names if need[name] == best])
        found[group] = name
        open_images[name] -= images[group]
        for class_, count in classes.get(group, {}).items():
            open_objects[name][class_] -= count
    return found


def _groups(targets: Sequence[Target]) -> dict[str, int]:
    """Return the number of the group of each image, by its key."""
    union = _Union()
    for target in targets:
        for part in target.parts:
            for row in np.flatnonzero(part.image_ids != NONE).tolist():
                union.number(_key(part.origin, row))
    for origin in {id(part.origin): part.origin for target in targets for part in target.parts}.values():
        for row, token in _tokens(origin):
            key = _key(origin, row)
            if key in union:
                union.join(key, token)
    return {key: union.root(number) for key, number in union.numbers.items() if not key.startswith(_TOKEN)}


_TOKEN = "\0"


class _Union:
    """Keys that form groups, pair by pair."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._parent: list[int] = []

    def __contains__(self, key: str) -> bool:
        return key in self.numbers

    def number(self, key: str) -> int:
        found = self.numbers.setdefault(key, len(self._parent))
        if found == len(self._parent):
            self._parent.append(found)
        return found

    def root(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, one: str, other: str) -> None:
        ends = sorted((self.root(self.number(one)), self.root(self.number(other))))
        self._parent[ends[1]] = ends[0]


def _key(origin: Origin, row: int) -> str:
    """Return what tells a picture from others: its name, or else the file and the id."""
    return origin.names[row] or f"/{origin.file.display}/{origin.images.ids[row]}"


def _tokens(origin: Origin) -> Iterator[tuple[int, str]]:
    """Yield for rows of images what those of one group have in common: photo, video or address."""
    table = origin.document.images
    addresses = Counter(table.coco_url)
    for row, (name, video, url) in enumerate(zip(origin.names, table.video, table.coco_url, strict=True)):
        match = _ROBOFLOW.fullmatch(name) if ".rf." in name else None
        if match:
            yield row, f"{_TOKEN}photo {match[1]}"
        if video is not None:
            yield row, f"{_TOKEN}video {origin.file.root} {video!r}"
        if url and 2 * addresses[url] <= len(table):
            yield row, f"{_TOKEN}address {url.partition('?')[0]}"


def _count_classes(target: Target, part: Part, groups: Mapping[str, int], into: dict[int, Counter[object]]) -> None:
    origin = part.origin
    group_of = np.array(
        [groups.get(_key(origin, row), -1) if id_ != NONE else -1 for row, id_ in enumerate(part.image_ids.tolist())] + [-1]
    )
    category_of: Ints = np.append(part.category_ids, NONE)[origin.category_rows]
    group: Ints = group_of[origin.image_rows]
    chosen = (group >= 0) & (category_of != NONE)
    pairs, counts = np.unique(np.column_stack([group[chosen], category_of[chosen]]), axis=0, return_counts=True)
    for (number, category), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        into[number][target.task, category] += count


def _of_subset(part: Part, name: str, is_first: bool, groups: Mapping[str, int], subset_of: Mapping[int, str]) -> Part:
    here = [
        id_ != NONE and subset_of[groups[_key(part.origin, row)]] == name for row, id_ in enumerate(part.image_ids.tolist())
    ]
    own = replace(
        part, image_ids=np.where(here, part.image_ids, NONE), unwanted=part.unwanted & is_first, counts_strays=is_first
    )  # fmt: skip
    own.writes_image = part.writes_image & here
    own.writes_category = part.writes_category
    return own
