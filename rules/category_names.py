"""Names and parents of categories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cocolint.api import Categories, Dropped, Faults, Finding, Member, Record, Renumbered, Severity, Stage, rule

from ._categories import children, first_by_key, merged, named

_LOOSE_BLANKS = re.compile(r"\A\s|\s\s|\s\Z")
_BLANKS = re.compile(r"\s{2,}")
_SEPARATORS = re.compile(r"[\s_-]+")


@rule("C008", "category-name-missing", Severity.ERROR, impact=3)
def category_name_missing(faults: Faults) -> Iterable[Finding]:
    """A category has no `name`.

    What breaks: readers raise KeyError 'name'; Datumaro refuses the category.
    Definition: the key `name` is absent, or its value is null.
    Fix: write the name; only a person knows it.
    """
    return faults


@rule("C009", "category-name-empty", Severity.ERROR, impact=3)
def category_name_empty(categories: Categories) -> Iterable[Finding]:
    """The name of a category is empty.

    What breaks: tools that find a class by its name, such as mmdetection, cannot find it; charts and label lists show
    nothing.
    Definition: `name` is a string without any character but blanks.
    Fix: write the name; only a person knows it.
    """
    return categories.where(categories.has("name") & ~named(categories), "name", "the name is empty")


@rule("C010", "category-name-type", Severity.ERROR, impact=3)
def category_name_type(faults: Faults) -> Iterable[Finding]:
    """The name of a category is not a string.

    What breaks: tools that compare or sort names raise TypeError; Datumaro refuses the category.
    Definition: `name` is there, not null, and of another JSON type than string.
    Fix: write the name as a string; only a person knows which.
    """
    return faults


@rule("C011", "category-name-duplicate", Severity.WARNING, requires=["category-id-duplicate"])
def category_name_duplicate(categories: Categories) -> Iterable[Finding]:
    """Two categories have the same name.

    What breaks: mmdetection gets both ids for the name, and the list of classes shifts; CVAT merges the labels.
    Definition: the name of an earlier category stands again under a different id; the first one is not reported.
    Fix: give the objects of both the id of the first, in all files of the data set and in results, and drop the other
    record. Unsafe: the two may be meant as different classes. Categories with different keypoints are left alone.
    """
    rows = np.flatnonzero(named(categories)).tolist()
    repeats = first_by_key((row, categories.name[row]) for row in rows)
    pairs = {row: first for row, first in repeats.items() if categories.id[row] != categories.id[first]}
    return _pairs(categories, pairs, "category {id} is called {other!r} too")


@category_name_duplicate.fix(Stage.ID, safe=False)
def merged_by_name(members: Sequence[Member]) -> Iterator[Renumbered | Dropped]:
    """Make one category of those that are called alike."""
    return merged(members, str)


@rule("C012", "category-name-near-duplicate", Severity.WARNING, impact=3,
      requires=["category-id-duplicate", "category-name-duplicate", "category-name-whitespace"])  # fmt: skip
def category_name_near_duplicate(categories: Categories) -> Iterable[Finding]:
    """Two categories have names that differ only in case or in blanks, underscores and hyphens.

    What breaks: one class is split in two, and each half is trained and measured as a class of its own.
    Definition: the names differ, but are equal after folding the case, removing outer blanks, and writing every run of
    blanks, `_` and `-` as one blank.
    Fix: give the objects of both the id of the first, in all files of the data set and in results, and drop the other
    record. Unsafe: the two may be meant as different classes. Categories with different keypoints are left alone.
    """
    rows = np.flatnonzero(named(categories)).tolist()
    rows.sort(key=lambda row: _LOOSE_BLANKS.search(categories.name[row]) is not None)
    repeats = first_by_key((row, _plain(categories.name[row])) for row in rows)
    pairs = {row: first for row, first in sorted(repeats.items()) if categories.name[row] != categories.name[first]}
    return _pairs(categories, pairs, "{name!r} is nearly {other!r}, the name of category {id}")


def _plain(name: str) -> str:
    return _SEPARATORS.sub(" ", name.casefold().strip())


@category_name_near_duplicate.fix(Stage.ID, safe=False)
def merged_nearly(members: Sequence[Member]) -> Iterator[Renumbered | Dropped]:
    """Make one category of those that are nearly called alike."""
    return merged(members, _plain)


@rule("C013", "category-name-whitespace", Severity.WARNING)
def category_name_whitespace(categories: Categories) -> Iterable[Finding]:
    """The name of a category has blanks at an end, or two in a row.

    What breaks: looking the class up by its name fails; mmdetection then drops all its boxes, and may stop with `need at
    least one array to concatenate`.
    Definition: `name` starts or ends with a blank, or holds two blanks in a row.
    Fix: remove the extra blanks. Unsafe: configs and models may use the name as it is.
    """
    loose = named(categories) & np.array([_LOOSE_BLANKS.search(name) is not None for name in categories.name], bool)
    names = [categories.name[row] for row in np.flatnonzero(loose)]
    return categories.at(np.flatnonzero(loose), "name", "{name!r} has extra blanks", name=names)


@category_name_whitespace.fix(Stage.SHAPE, safe=False, writes=["name"])
def without_blanks(record: Record) -> Record:
    """Strip the name, and write one blank for several."""
    name = record.get("name")
    return record | {"name": _BLANKS.sub(" ", name.strip())} if isinstance(name, str) and name.strip() else record


@rule("C014", "category-name-equals-supercategory", Severity.INFO, impact=3, requires=["category-unused-parent"])
def category_name_equals_supercategory(categories: Categories) -> Iterable[Finding]:
    """A category has the name of another one's supercategory.

    What breaks: a class and its own kinds stand side by side, so that an object fits two of them; mmdetection was seen to
    take the parent's id for a class looked up by name.
    Definition: `name` is the `supercategory` of another category. A category may be called like its own: official COCO has
    such a `person`.
    Fix: tell the two names apart; only a person knows what the names are for.
    """
    count = children(categories)
    rows = np.flatnonzero(named(categories) & (count > 0))
    names = [categories.name[row] for row in rows]
    message = "{name!r} is also the supercategory of other categories: {children}"
    return categories.at(rows, "name", message, name=names, children=count[rows])


@rule("C017", "supercategory-missing", Severity.WARNING, relaxed=["lvis", "label-studio", "fiftyone"])
def supercategory_missing(categories: Categories) -> Iterable[Finding]:
    """A category has no `supercategory`.

    What breaks: mmdetection's error analysis and older versions of SAHI raise KeyError 'supercategory'; pycocotools
    cannot look categories up by it.
    Definition: the key is absent. A null counts as there, as labelme and FiftyOne write it.
    Fix: add an empty supercategory. Safe: it says no more than the missing key.
    """
    return categories.where(categories.lacks("supercategory"), None, "`supercategory` is missing")


@supercategory_missing.fix(Stage.DEFAULT, safe=True, writes=["supercategory"])
def empty_parent(record: Record) -> Record:
    """Say that there is none."""
    return record if "supercategory" in record else record | {"supercategory": ""}


@rule("C018", "supercategory-none", Severity.INFO, requires=["category-unused-parent"])
def supercategory_none(categories: Categories) -> Iterable[Finding]:
    """The supercategory of a category is the word `none`.

    What breaks: RF-DETR up to 1.4 reads only classes whose supercategory is not `none`; where all say so, it has no
    class left and fails in CUDA.
    Definition: `supercategory` is the string `none` in any case.
    Fix: write an empty string; a person may name a real parent. Unsafe: tools that know Roboflow's form look for the word.
    """
    none = np.array([parent.casefold() == "none" for parent in categories.supercategory], bool)
    return categories.where(none, "supercategory", "the supercategory is the word `none`")


@supercategory_none.fix(Stage.DEFAULT, safe=False, writes=["supercategory"])
def no_parent(record: Record) -> Record:
    """Leave the word out."""
    parent = record.get("supercategory")
    return record | {"supercategory": ""} if isinstance(parent, str) and parent.casefold() == "none" else record


def _pairs(categories: Categories, pairs: dict[int, int], message: str) -> Iterable[Finding]:
    """Yield a finding for the rows of `pairs` with their names and the `id` and `other` name of the row each belongs to."""
    names, others = ([categories.name[row] for row in rows] for rows in (pairs.keys(), pairs.values()))
    return categories.at(list(pairs), "name", message, name=names, other=others, id=categories.id[list(pairs.values())])
