"""Which files of a data set do not go together in their categories. All files are looked at once, not once for each file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from cocolint.api import Categories, Dataset, Member, Task

from ._splits import share_most

Said = Iterable[tuple[Hashable, Hashable]]
"""What categories say: keys, such as ids, with a value that each is given, such as a name."""


def several_lists(dataset: Dataset, **_: Any) -> list[Task]:
    """Return the tasks whose files declare different categories."""
    return dataset.of_all(_with_several_lists)


def _with_several_lists(members: Sequence[Member]) -> list[Task]:
    lists: dict[Task, set[object]] = defaultdict(set)
    for member in members:
        lists[member.facts.task].add(member.class_key)
    return [task for task, keys in lists.items() if len(keys) > 1]


class ClassList:
    """A list of categories, with the first file that declares it: of all files, and of those whose paths tell some split."""

    def __init__(self, categories: Categories) -> None:
        self._names = set(categories.name)
        self._first: dict[tuple[bool, tuple[str, ...] | None], int] = {}

    def add(self, place: int, member: Member) -> None:
        """Note a file that declares it, those before it being noted."""
        is_split = bool(member.place.split)
        for family in (None, member.place.family):
            self._first.setdefault((is_split, family), place)

    def first_beside(self, me: Member) -> int | None:
        """Return the place of the first file that should declare the same categories as `me`, as `_splits` defines it."""
        is_split, family = bool(me.place.split), me.place.family
        keys: list[tuple[bool, tuple[str, ...] | None]] = []
        if is_split:
            keys += [(True, family), (True, ())] if family else [(True, None)]
        if share_most(self._names, {*me.categories.name}):
            keys += [(False, None)] if is_split else [(False, None), (True, None)]
        return min((self._first[key] for key in keys if key in self._first), default=None)


class Claims:
    """What the lists of categories of a data set say: by task and key, the values that a list gives it, and who does.

    Most lists give a key one value.
    """

    def __init__(self, members: Sequence[Member], said_by: Callable[[Categories], Said]) -> None:
        self._said_by = said_by
        self._of_task: dict[Task, dict[Hashable, dict[frozenset[Hashable], list[ClassList]]]] = defaultdict(dict)
        self._lists: Counter[Task] = Counter()
        lists: dict[Hashable, ClassList] = {}
        for place, member in enumerate(members):
            if not len(member.categories):
                continue
            task = member.facts.task
            key = task, member.class_key
            if key not in lists:
                lists[key] = ClassList(member.categories)
                self._lists[task] += 1
                for name, values in self._said_in(member).items():
                    self._of_task[task].setdefault(name, {}).setdefault(frozenset(values), []).append(lists[key])
            lists[key].add(place, member)

    def _said_in(self, member: Member) -> Mapping[Hashable, set[Hashable]]:
        found: dict[Hashable, set[Hashable]] = defaultdict(set)
        for key, value in self._said_by(member.categories):
            found[key].add(value)
        return found

    def keys(self, task: Task) -> Iterable[Any]:
        """Return all that lists of a task say something of, if there are several."""
        return self._of_task[task] if self._lists[task] > 1 else ()

    def against(self, dataset: Dataset) -> list[Member]:
        """Return earlier files that give a key another value than the file does, though both should declare the same.

        There is one of them for each value of the file that is contradicted.
        """
        me = dataset.me
        if self._lists[me.facts.task] < 2:
            return []
        known, first = self._of_task[me.facts.task], _FirstBeside(me, dataset.place)
        found = set()
        for key, values in self._said_in(me).items():
            told = known.get(key, {})
            for value in values if len(told) > 1 else ():
                found.add(first(one for others, lists in told.items() if value not in others for one in lists))
        return [dataset.members[place] for place in sorted(place for place in found if place is not None)]

    def one_with(self, dataset: Dataset, keys: Iterable[Hashable]) -> Member | None:
        """Return a file that says something of one of `keys`, and should declare the same as the file."""
        me = dataset.me
        known, first = self._of_task[me.facts.task], _FirstBeside(me, len(dataset.members))
        found = (first(one for lists in known[key].values() for one in lists) for key in keys)
        places = [place for place in found if place is not None]
        return dataset.members[min(places)] if places else None


class _FirstBeside:
    """Finds among lists of categories one that a file should declare too: the place of the first file that does.

    Only files at places below `stop` count.
    """

    def __init__(self, me: Member, stop: int) -> None:
        self._me = me
        self._stop = stop
        self._known: dict[ClassList, int | None] = {}

    def __call__(self, lists: Iterable[ClassList]) -> int | None:
        for one in lists:
            if one not in self._known:
                self._known[one] = one.first_beside(self._me)
            place = self._known[one]
            if place is not None and place < self._stop:
                return place
        return None
