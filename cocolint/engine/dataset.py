"""All files of one data set, for the rules that compare them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from msgspec import Struct

from cocolint.discover import Place, place_of
from cocolint.model import AnnotationFile, FileFacts, Task
from cocolint.pictures.files import Pictures
from cocolint.read.columns import Categories, Images, Index

T = TypeVar("T")
_KEYS: WeakKeyDictionary[Categories, tuple[object, ...]] = WeakKeyDictionary()
"""Many files may share one table of categories."""

_TRUTH = {
    Task.RESULTS_BBOX: (Task.INSTANCES, Task.PERSON_KEYPOINTS),
    Task.RESULTS_SEGM: (Task.INSTANCES, Task.PERSON_KEYPOINTS),
    Task.RESULTS_KEYPOINTS: (Task.PERSON_KEYPOINTS,),
    Task.RESULTS_CAPTIONS: (Task.CAPTIONS,),
    Task.RESULTS_STUFF: (Task.STUFF,),
    Task.RESULTS_PANOPTIC: (Task.PANOPTIC,),
}


class Member(Struct, frozen=True, dict=True):
    """One file of a data set: what its path tells, the facts, its tables, and its pictures where they are looked at."""

    file: AnnotationFile
    facts: FileFacts
    images: Images
    categories: Categories
    index: Index
    pictures: Pictures | None = None

    @property
    def display(self) -> str:
        """The path as it is shown."""
        return self.facts.display

    @property
    def class_key(self) -> tuple[object, ...]:
        """The categories in their order; those of files that agree in all of them have an equal key."""
        table = self.categories
        if table not in _KEYS:
            _KEYS[table] = (
                tuple(table.id.tolist()), tuple(table.has("id").tolist()), tuple(table.name), tuple(table.supercategory),
                repr(table.keypoints), repr(table.skeleton),
            )  # fmt: skip
        return _KEYS[table]

    @cached_property
    def place(self) -> Place:
        """The split and the family that its path tells."""
        return place_of(self.file)


class Dataset(Struct, frozen=True):
    """The files of one data set in the order of the run; the rule looks at the one at `place`.

    `known` is what was found out about all of them, shared by the files.
    """

    members: Sequence[Member]
    place: int
    known: dict[Any, Any] = {}

    def of_all(self, what: Callable[[Sequence[Member]], T]) -> T:
        """Return what a function tells of all files. It is called once: what looks at all of them for each takes too long."""
        if what not in self.known:
            self.known[what] = what(self.members)
        found: T = self.known[what]
        return found

    @property
    def me(self) -> Member:
        """The file that the rule looks at."""
        return self.members[self.place]

    @property
    def earlier(self) -> Sequence[Member]:
        """The files before that one: a pair of files is compared once, in the later of the two."""
        return self.members[: self.place]


def truth_of(results: Member, members: Sequence[Member]) -> Member | None:
    """Return the ground truth that belongs to a results file: of a fitting task, and of the subset that its name holds."""
    name = results.file.path.name
    tasks = _TRUTH[results.facts.task]
    fitting = [m for task in tasks for m in members if m.facts.task is task and f"_{m.facts.subset}_" in name]
    return max(fitting, key=lambda member: len(member.facts.subset), default=None)
