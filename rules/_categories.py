"""What the rules on categories share, and how a fix changes them in all files of a data set at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cocolint.api import OBJECT_TASKS, Bools, Categories, Dropped, Index, Ints, Member, Renumbered, Task
from cocolint.engine.dataset import truth_of

USING_TASKS = OBJECT_TASKS | {Task.LABELS, Task.PANOPTIC}
"""The tasks whose annotations or segments name a category each, so that it can be told which categories are used."""


@lru_cache(maxsize=16)
def named(categories: Categories) -> Bools:
    """Tell for each category whether it has a name of more than blanks."""
    return np.array([bool(name.strip()) for name in categories.name], bool)


def is_background(name: str) -> bool:
    """Whether a category of that name stands for what is no object."""
    return name.strip(" _").casefold() in ("background", "bg")


@lru_cache(maxsize=16)
def children(categories: Categories) -> Ints:
    """Return for each category how many others have its name as their `supercategory`."""
    parents = Counter(categories.supercategory)
    pairs = zip(categories.name, categories.supercategory, strict=True)
    return np.array([parents[name] - (name == parent) for name, parent in pairs], np.int64)


def unused(rows: Ints, index: Index, categories: Categories) -> Ints:
    """Return those of `rows` that surely no annotation uses: nothing is sure where one has no usable `category_id`."""
    if not len(rows) or not len(index) or not (index.has("category_id") | index.has("segments_info")).all():
        return rows[:0]
    used = frozenset(categories.id[index.category_uses > 0].tolist())
    return np.array([row for row in rows if categories.has("id")[row] and int(categories.id[row]) not in used], np.int64)


def first_by_key(keys: Iterable[tuple[int, object]]) -> dict[int, int]:
    """Return for each row whose key an earlier row has that earlier row."""
    first: dict[object, int] = {}
    return {row: first[key] for row, key in keys if first.setdefault(key, row) != row}


class Pair(NamedTuple):
    """A category as other files know it."""

    id: int
    name: str


def usable(categories: Categories) -> Ints:
    """Return the categories that have both an id and a name."""
    return np.flatnonzero(categories.has("id") & categories.has("name"))


def pairs_of(categories: Categories) -> list[Pair]:
    """Return the id and name of each category that has both."""
    return [Pair(int(categories.id[row]), categories.name[row]) for row in usable(categories).tolist()]


# ---- all files of a data set


def groups_of(members: Sequence[Member]) -> list[list[Member]]:
    """Return the files that declare categories, those together that give an id the same name."""
    groups: list[tuple[set[Pair], list[Member]]] = []
    for member in members:
        pairs = set(pairs_of(member.categories))
        if not pairs:
            continue
        kin = [group for group in groups if group[0] & pairs]
        groups = [group for group in groups if group not in kin]
        groups.append((pairs.union(*(known for known, _ in kin)), [m for _, some in kin for m in some] + [member]))
    return [[member for member in members if member in some] for _, some in groups]


def results_of(group: Sequence[Member], members: Sequence[Member]) -> list[Member]:
    """Return the results whose categories are those of a group of files: by their ground truth, or as there is no other."""
    declared = declared_in(group)
    only = all(member in group for member in members if len(member.categories))
    found = []
    for member in members:
        if member.facts.task.is_results:
            truth = truth_of(member, members)
            used = member.index.category_id[member.index.has("category_id")]
            if (truth in group if truth else only) and declared.issuperset(used.tolist()):
                found.append(member)
    return found


def renumbered(members: Sequence[Member], ids: Mapping[int, int], highest: int = 0) -> Iterator[Renumbered]:
    """Yield new ids of categories for each file.

    Ids that nothing declares stay apart: one that is a new id now gets another, above the `highest` one in use, so that no
    object finds a category by it.
    """
    declared = declared_in(members)
    taken = [new for new in ids.values() if new not in declared]
    free = max([highest, *declared, *ids, *ids.values()]) + 1
    whole = {**ids, **{old: new for new, old in enumerate(dict.fromkeys(taken), free)}}
    for member in members:
        yield Renumbered(member.display, "categories", whole)


def declared_in(members: Iterable[Member]) -> set[int]:
    """Return the ids of all categories of some files."""
    return {number for member in members for number in member.categories.id[member.categories.has("id")].tolist()}


def made_contiguous(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Yield new ids from 1 on, in the order of the old ones, for each group of files.

    Not where another file has one of the names under another id: which of the two ids is right comes first.
    """
    for group in groups_of(members):
        names = {pair.name for member in group for pair in pairs_of(member.categories)}
        if any(names.intersection(member.categories.name) for member in members if member not in group):
            continue
        ids = {old: new for new, old in enumerate(sorted(declared_in(group)), 1)}
        if any(old != new for old, new in ids.items()) and all(member.categories.has("id").all() for member in group):
            yield from renumbered([*group, *results_of(group, members)], ids)


def without_unused(members: Sequence[Member], chosen: Callable[[Member], Ints]) -> Iterator[Dropped]:
    """Yield the records of categories that `chosen` finds unused in some file, for all files, unless another one uses them."""
    for group in groups_of(members):
        pairs = {Pair(int(m.categories.id[row]), m.categories.name[row]) for m in group for row in chosen(m).tolist()}
        users = [*group, *(member for member in members if member.facts.task.is_results)]
        pairs = {pair for pair in pairs if not any(_may_use(member, pair) for member in users)}
        for member in group:
            table = member.categories
            rows = [r for r in np.flatnonzero(table.has("id")).tolist() if (int(table.id[r]), table.name[r]) in pairs]
            if rows:
                yield Dropped(member.display, "categories", np.array(rows, np.int64))


def _may_use(member: Member, pair: Pair) -> bool:
    """Whether something in a file has the id of a category, which in a file with categories must be the same one."""
    table, index = member.categories, member.index
    if len(table) and pair not in pairs_of(table):
        return False
    if not (index.has("category_id") | index.has("segments_info")).all():
        return True
    if not len(table):
        return bool(np.any(index.category_id == pair.id))
    return bool(np.any(index.category_uses[table.has("id") & (table.id == pair.id)]))


def merged(members: Sequence[Member], key: Callable[[str], str]) -> Iterator[Renumbered | Dropped]:
    """Yield one id for categories whose names have the same `key` in some file, and the records that are then too many.

    Of the ids of such names the first one stays.
    """
    for group in groups_of(members):
        ids = _targets(group, key)
        if ids:
            yield from renumbered([*group, *results_of(group, members)], ids)
        for member in group:
            taken, rows = declared_in([member]) - ids.keys(), []
            for row, number in enumerate(member.categories.id.tolist()):
                target = ids.get(number) if member.categories.has("id")[row] else None
                if target in taken:
                    rows.append(row)
                elif target is not None:
                    taken.add(target)
            if rows:
                yield Dropped(member.display, "categories", np.array(rows, np.int64))


def _targets(group: Sequence[Member], key: Callable[[str], str]) -> dict[int, int]:
    """Return for each id that is to be given up the one to take; none where ids or keypoints contradict each other."""
    first: dict[str, int] = {}
    names: dict[int, set[str]] = {}
    points: dict[str, set[str]] = {}
    is_double: set[str] = set()
    for member in group:
        table = member.categories
        seen: set[str] = set()
        for row in np.flatnonzero(named(table) & table.has("id")).tolist():
            name, number = key(table.name[row]), int(table.id[row])
            is_double |= {name} & seen
            seen.add(name)
            first.setdefault(name, number)
            names.setdefault(number, set()).add(name)
            points.setdefault(name, set()).add(repr(table.keypoints[row]))
    return {
        number: first[name]
        for number, (name, *others) in names.items()
        if name in is_double and number != first[name] and not others and len(names[first[name]]) == len(points[name]) == 1
    }


def order_of(categories: Categories) -> Ints:
    """Return the rows by rising id, those without a usable one last."""
    return np.argsort(np.where(categories.has("id"), categories.id, np.iinfo(np.int64).max), kind="stable")
