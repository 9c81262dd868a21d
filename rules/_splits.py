"""Which files of a data set belong together, and which are other splits of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from cocolint.api import Bools, Dataset, Images, Ints, Member


def other_splits(dataset: Dataset) -> list[Member]:
    """Return the earlier files of the other splits: of each split those of the same task, or else the first one."""
    return _other_splits(dataset, dataset.place)


def several_splits(dataset: Dataset, **_: Any) -> set[str]:
    """Return the splits that paths tell, nothing if that is one: then no file has another split."""
    splits = {member.place.split for member in dataset.members} - {""}
    return splits if len(splits) > 1 else set()


def all_other_splits(dataset: Dataset) -> list[Member]:
    """Return the same of all files, not only of the earlier ones."""
    return _other_splits(dataset, len(dataset.members))


def _other_splits(dataset: Dataset, stop: int) -> list[Member]:
    me, members = dataset.me, dataset.members
    found: list[Member] = []
    for split, places in _rivals(me, dataset.of_all(_by_family)).items():
        rivals = [members[place] for place in places if place < stop] if split != me.place.split else []
        found += [other for other in rivals if other.facts.task is me.facts.task] or rivals[:1]
    return found


def _rivals(me: Member, known: Mapping[tuple[str, ...], Mapping[str, list[int]]]) -> dict[str, list[int]]:
    """Return the places of all files that may be kin of `me`, by split, in the order of the first of each."""
    if not me.place.split:
        return {}
    families = [me.place.family, ()] if me.place.family else known
    places: dict[str, list[int]] = defaultdict(list)
    for family in families:
        for split, some in known.get(family, {}).items():
            places[split] += some
    return dict(sorted(((split, sorted(some)) for split, some in places.items()), key=lambda item: item[1][0]))


def _by_family(members: Sequence[Member]) -> dict[tuple[str, ...], dict[str, list[int]]]:
    """Return the places of the files by family and split. Results are of none.

    Folds of a cross-validation, and years of official files, are families of their own: they share images.
    """
    found: dict[tuple[str, ...], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, member in enumerate(members):
        if member.place.split and not member.facts.task.is_results:
            found[member.place.family][member.place.split].append(place)
    return found


def _may_be_kin(one: Member, other: Member) -> bool:
    families = one.place.family, other.place.family
    return families[0] == families[1] or not all(families)


def families_of(members: Sequence[Member]) -> list[list[Member]]:
    """Return the files that may be parts of one data set, each data set on its own. Results are of none."""
    truths = [member for member in members if not member.facts.task.is_results]
    families = dict.fromkeys(member.place.family for member in truths)
    if () in families:
        return [truths]
    return [[member for member in truths if member.place.family == family] for family in families]


def with_the_same_classes(me: Member, members: Iterable[Member]) -> list[Member]:
    """Return those of `members` that should declare the same categories as `me`.

    They are of its task, and either other parts of it by their paths, or, where these do not tell, share more than half of
    the names of the shorter list.
    """
    same_task = [other for other in members if other is not me and other.facts.task is me.facts.task and len(other.categories)]
    return [other for other in same_task if are_parts_of_one(me, other) or _may_be_parts_of_one(me, other)]


def are_parts_of_one(one: Member, other: Member) -> bool:
    """Whether the paths of two files tell that they are parts of one data set, such as `train` and `val`."""
    return bool(one.place.split and other.place.split) and _may_be_kin(one, other)


def _may_be_parts_of_one(one: Member, other: Member) -> bool:
    paths_tell = one.place.split and other.place.split
    return not paths_tell and share_most({*one.categories.name}, {*other.categories.name})


def share_most(names: Set[str], others: Set[str]) -> bool:
    """Whether more than half of the names of the shorter list are in both."""
    return 2 * len(names & others) > min(len(names), len(others))


def highest_id(members: Iterable[Member], section: str) -> int:
    """Return the highest id in a section of some files, declared or referred to; 0 if there is none."""
    columns = []
    for member in members:
        index, images = member.index, member.images
        if section == "images":
            columns += [images.id[images.has("id")], index.image_id[index.has("image_id")]]
        else:
            columns.append(index.id[index.has("id")])
    return max([0, *(int(column.max()) for column in columns if len(column))])


def file_names(images: Images) -> Sequence[str]:
    """Return the file names with forward slashes and without a leading `./`."""
    names = images.file_name
    if any("\\" in name or name.startswith("./") for name in names):
        return [name.replace("\\", "/").removeprefix("./") for name in names]
    return names


def rows_of_one_id(images: Images, others: Images) -> tuple[Ints, Ints]:
    """Return the rows here and there of images with one id."""
    here, there = np.flatnonzero(images.has("id")), np.flatnonzero(others.has("id"))
    _, mine, theirs = np.intersect1d(images.id[here], others.id[there], return_indices=True)
    return here[mine], there[theirs]


def are_renamed(images: Images, others: Images, mine: Ints, theirs: Ints) -> Bools:
    """Return for which pairs of rows both files give a file name, and not the same."""
    here, there = file_names(images), file_names(others)
    pairs = ((here[row], there[other]) for row, other in zip(mine.tolist(), theirs.tolist(), strict=True))
    return np.fromiter((bool(name and theirs) and name != theirs for name, theirs in pairs), bool, len(mine))


def are_resized(images: Images, others: Images, mine: Ints, theirs: Ints) -> Bools:
    """Return for which pairs of rows both files give a size, and not the same."""
    with np.errstate(invalid="ignore"):
        wider: Bools = np.abs(images.width[mine] - others.width[theirs]) > 0
        higher: Bools = np.abs(images.height[mine] - others.height[theirs]) > 0
    return wider | higher


def literal(text: str) -> str:
    """Return text that stands for itself in the message of a finding."""
    return text.replace("{", "{{").replace("}", "}}")
