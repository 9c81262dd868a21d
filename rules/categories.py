"""Categories: their ids, names and parents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from cocolint.api import OBJECT_TASKS, Bools, Categories, Faults, Finding, Fix, Index, Ints, Severity, Task, distinct, rule

USING_TASKS = OBJECT_TASKS | {Task.LABELS, Task.PANOPTIC}
"""The tasks whose annotations or segments name a category each, so that it can be told which categories are used."""

_LOOSE_BLANKS = re.compile(r"\A\s|\s\s|\s\Z")
_SEPARATORS = re.compile(r"[\s_-]+")


@rule("C001", "category-id-duplicate", Severity.ERROR, fix=Fix.SAFE)
def category_id_duplicate(categories: Categories) -> Iterable[Finding]:
    """A category id stands on more than one category.

    What breaks: pycocotools keeps the last record of the id without a word, so objects get its name; detectron2 counts
    one class too many and maps ids wrongly.
    Definition: the id of an earlier category of the file stands again; the first one is not reported.
    Fix: drop the copy where the two records are equal; where they differ, only a person can say which is meant. Safe:
    only equal records are dropped.
    """
    usable = np.flatnonzero(categories.has("id"))
    repeats = _repeats((row, categories.id[row].item()) for row in usable.tolist())
    names = [categories.name[row] for row in repeats]
    earlier = [categories.name[first] for first in repeats.values()]
    return categories.at(
        list(repeats), "id", "id {id} of {name!r} stands on {earlier!r} before",
        id=categories.id[list(repeats)], name=names, earlier=earlier,
    )  # fmt: skip


@rule("C002", "category-id-zero", Severity.WARNING, impact=1, tasks=USING_TASKS, fix=Fix.UNSAFE)
def category_id_zero(index: Index, categories: Categories) -> Iterable[Finding]:
    """A category that annotations use has the id 0.

    What breaks: Datumaro and CVAT take 0 for no label and drop it; PaddleDetection gives 0 to the background;
    Ultralytics' conversion finds no class.
    Definition: a declared category has the id 0, its name is not `background` or `bg`, and at least one annotation uses it.
    Fix: shift all category ids by 1 in every file of the data set and in results. Unsafe: other files and model heads
    still count from 0.
    """
    rows = _rows_of_zero(categories)
    uses = index.category_uses[categories.has("id") & (categories.id == 0)].sum()
    if len(rows) and uses and not _is_background(categories.name[rows[0]]):
        name = categories.name[rows[0]]
        yield from categories.at(rows, "id", "{name!r} has the id 0; annotations that use it: {uses}", name=[name], uses=[uses])


@rule("C003", "category-id-zero-unused", Severity.INFO, impact=3, tasks=USING_TASKS, fix=Fix.UNSAFE,
      requires=["category-unused-parent", "category-extra-background"])  # fmt: skip
def category_id_zero_unused(index: Index, categories: Categories) -> Iterable[Finding]:
    """A category with the id 0 is declared, and nothing uses it.

    What breaks: heads in the manner of DETR get one class too many.
    Definition: a category has the id 0, the file has annotations, and none of them uses it.
    Fix: remove the category. Unsafe: another file of the data set may use it.
    """
    rows = _unused(_rows_of_zero(categories), index, categories)
    names = [categories.name[row] for row in rows]
    return categories.at(rows, "id", "{name!r} has the id 0 and is not used", name=names)


@rule("C004", "category-id-not-integer", Severity.ERROR, fix=Fix.SAFE)
def category_id_not_integer(faults: Faults) -> Iterable[Finding]:
    """The id of a category is not an integer.

    What breaks: no annotation matches it, so COCOeval gives -1 for every number; detectron2 fails on comparing ids of
    different types.
    Definition: `id` is there and of another JSON type than integer.
    Fix: write the number that the text or float stands for. Safe: only where nothing is lost by it.
    """
    return faults


@rule("C005", "category-id-negative", Severity.ERROR)
def category_id_negative(categories: Categories) -> Iterable[Finding]:
    """The id of a category is below 0.

    What breaks: tools that take the id, or the id minus 1, for a place in the list of classes count from its end, or fail.
    Definition: `id` is an integer below 0.
    Fix: give the category a free id from 1 on, in every file of the data set; only a person can see them all.
    """
    return categories.where(categories.has("id") & (categories.id < 0), "id", "id {id} is negative", id=categories.id)


@rule("C006", "category-ids-not-contiguous", Severity.INFO, requires=["category-id-huge", "category-id-out-of-range"],
      fix=Fix.UNSAFE)  # fmt: skip
def category_ids_not_contiguous(categories: Categories) -> Iterable[Finding]:
    """The category ids leave gaps, or do not start at 1.

    What breaks: DETR, its port in transformers and RF-DETR take the id for the class index and need room up to the
    largest one; detectron2 warns and renumbers.
    Definition: the ids are neither 1 to n nor 0 to n - 1 for n different ids; a start at 0 is told by the rules on id 0.
    Source: official COCO has 80 classes with ids from 1 to 90, so this is no fault by itself.
    Fix: renumber from 1 in all files of the data set, and keep the map. Unsafe: other files and models still use the
    old ids.
    """
    ids = distinct(categories.id)
    if not len(ids) or not categories.has("id").all() or ids[0] < 0:
        return
    if ids[0] > 1 or ids[-1] - ids[0] != len(ids) - 1:
        yield Finding(f"ids from {ids[0]} to {ids[-1]} for {len(ids)} categories", "categories")


@rule("C007", "category-id-huge", Severity.WARNING, impact=3, fix=Fix.UNSAFE)
def category_id_huge(categories: Categories, *, factor: int = 10, least: int = 1000) -> Iterable[Finding]:
    """The largest category id is far above the number of categories.

    What breaks: FiftyOne before 0.24 filled the gaps between ids until memory ran out; heads that take the id for the
    class index get as many outputs.
    Definition: the largest id exceeds `factor` times the number of categories, and exceeds `least`.
    Tolerance: 10 times and 1000 leave room for the gaps of official COCO, where 92 stuff classes reach to 183.
    Fix: renumber from 1 in all files of the data set, and keep the map. Unsafe: other files and models still use the
    old ids.
    """
    ids = categories.id[categories.has("id")]
    if len(ids) and ids.max() > max(factor * len(categories), least):
        yield Finding(f"ids reach {ids.max()} for {len(categories)} categories", "categories")


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
    return categories.where(categories.has("name") & ~_named(categories), "name", "the name is empty")


@rule("C010", "category-name-type", Severity.ERROR, impact=3)
def category_name_type(faults: Faults) -> Iterable[Finding]:
    """The name of a category is not a string.

    What breaks: tools that compare or sort names raise TypeError; Datumaro refuses the category.
    Definition: `name` is there, not null, and of another JSON type than string.
    Fix: write the name as a string; only a person knows which.
    """
    return faults


@rule("C011", "category-name-duplicate", Severity.WARNING, requires=["category-id-duplicate"], fix=Fix.UNSAFE)
def category_name_duplicate(categories: Categories) -> Iterable[Finding]:
    """Two categories have the same name.

    What breaks: mmdetection gets both ids for the name, and the list of classes shifts; CVAT merges the labels.
    Definition: the name of an earlier category stands again under a different id; the first one is not reported.
    Fix: merge the ids, or tell the names apart. Unsafe: the two may be meant as different classes.
    """
    rows = np.flatnonzero(_named(categories)).tolist()
    repeats = _repeats((row, categories.name[row]) for row in rows)
    pairs = {row: first for row, first in repeats.items() if categories.id[row] != categories.id[first]}
    return _pairs(categories, pairs, "category {id} is called {other!r} too")


@rule("C012", "category-name-near-duplicate", Severity.WARNING, impact=3, fix=Fix.UNSAFE,
      requires=["category-id-duplicate", "category-name-duplicate", "category-name-whitespace"])  # fmt: skip
def category_name_near_duplicate(categories: Categories) -> Iterable[Finding]:
    """Two categories have names that differ only in case or in blanks, underscores and hyphens.

    What breaks: one class is split in two, and each half is trained and measured as a class of its own.
    Definition: the names differ, but are equal after folding the case, removing outer blanks, and writing every run of
    blanks, `_` and `-` as one blank.
    Fix: merge the two categories in all files of the data set. Unsafe: the two may be meant as different classes.
    """
    rows = np.flatnonzero(_named(categories)).tolist()
    rows.sort(key=lambda row: _LOOSE_BLANKS.search(categories.name[row]) is not None)
    repeats = _repeats((row, _SEPARATORS.sub(" ", categories.name[row].casefold().strip())) for row in rows)
    pairs = {row: first for row, first in sorted(repeats.items()) if categories.name[row] != categories.name[first]}
    return _pairs(categories, pairs, "{name!r} is nearly {other!r}, the name of category {id}")


@rule("C013", "category-name-whitespace", Severity.WARNING, fix=Fix.UNSAFE)
def category_name_whitespace(categories: Categories) -> Iterable[Finding]:
    """The name of a category has blanks at an end, or two in a row.

    What breaks: looking the class up by its name fails; mmdetection then drops all its boxes, and may stop with `need at
    least one array to concatenate`.
    Definition: `name` starts or ends with a blank, or holds two blanks in a row.
    Fix: remove the extra blanks in all files of the data set. Unsafe: configs and models may use the name as it is.
    """
    loose = _named(categories) & np.array([_LOOSE_BLANKS.search(name) is not None for name in categories.name], bool)
    names = [categories.name[row] for row in np.flatnonzero(loose)]
    return categories.at(np.flatnonzero(loose), "name", "{name!r} has extra blanks", name=names)


@rule("C014", "category-name-equals-supercategory", Severity.INFO, impact=3, requires=["category-unused-parent"])
def category_name_equals_supercategory(categories: Categories) -> Iterable[Finding]:
    """A category has the name of another one's supercategory.

    What breaks: a class and its own kinds stand side by side, so that an object fits two of them; mmdetection was seen to
    take the parent's id for a class looked up by name.
    Definition: `name` is the `supercategory` of another category. A category may be called like its own: official COCO has
    such a `person`.
    Fix: tell the two names apart; only a person knows what the names are for.
    """
    children = _children(categories)
    rows = np.flatnonzero(_named(categories) & (children > 0))
    names = [categories.name[row] for row in rows]
    message = "{name!r} is also the supercategory of other categories: {children}"
    return categories.at(rows, "name", message, name=names, children=children[rows])


@rule("C015", "category-unused-parent", Severity.WARNING, requires=["category-id-off-by-one"], tasks=USING_TASKS,
      fix=Fix.UNSAFE)  # fmt: skip
def category_unused_parent(index: Index, categories: Categories) -> Iterable[Finding]:
    """A category is only the parent of others, and no annotation uses it.

    What breaks: the model gets one class too many, and where classes are counted by position all others shift by one.
    Definition: the file has annotations, none of them uses the category, and its name is the `supercategory` of another
    category.
    Source: Roboflow writes such a category with the id 0.
    Fix: remove the category from all files of the data set. Unsafe: another file may use it, and class counts change.
    """
    children = _children(categories)
    rows = _unused(np.flatnonzero(_named(categories) & (children > 0)), index, categories)
    names = [categories.name[row] for row in rows]
    message = "{name!r} is not used, and is the supercategory of other categories: {children}"
    return categories.at(rows, None, message, name=names, children=children[rows])


@rule(
    "C016", "category-unused", Severity.INFO, impact=3, tasks=USING_TASKS,
    requires=["category-id-off-by-one", "category-unused-parent", "category-id-zero-unused", "category-extra-background"],
)  # fmt: skip
def category_unused(index: Index, categories: Categories) -> Iterable[Finding]:
    """A category is declared, and no annotation uses it.

    What breaks: nothing by itself: a split may lack a class. A model gets an output that this file never trains.
    Definition: the file has annotations, and none of them has the category's id.
    Fix: annotate such objects, or remove the category from all files of the data set, never from one. Only a person can.
    """
    rows = _unused(np.arange(len(categories)), index, categories)
    return categories.at(rows, None, "{name!r} is not used", name=[categories.name[row] for row in rows])


@rule("C017", "supercategory-missing", Severity.WARNING, fix=Fix.SAFE, relaxed=["lvis", "label-studio", "fiftyone"])
def supercategory_missing(categories: Categories) -> Iterable[Finding]:
    """A category has no `supercategory`.

    What breaks: mmdetection's error analysis and older versions of SAHI raise KeyError 'supercategory'; pycocotools
    cannot look categories up by it.
    Definition: the key is absent. A null counts as there, as labelme and FiftyOne write it.
    Fix: add an empty supercategory. Safe: it says no more than the missing key.
    """
    return categories.where(categories.lacks("supercategory"), None, "`supercategory` is missing")


@rule("C018", "supercategory-none", Severity.INFO, requires=["category-unused-parent"], fix=Fix.UNSAFE)
def supercategory_none(categories: Categories) -> Iterable[Finding]:
    """The supercategory of a category is the word `none`.

    What breaks: RF-DETR up to 1.4 reads only classes whose supercategory is not `none`; where all say so, it has no
    class left and fails in CUDA.
    Definition: `supercategory` is the string `none` in any case.
    Fix: name a real parent, or leave the string empty. Unsafe: tools that know Roboflow's form look for the word.
    """
    none = np.array([parent.casefold() == "none" for parent in categories.supercategory], bool)
    return categories.where(none, "supercategory", "the supercategory is the word `none`")


@rule("C019", "categories-not-sorted", Severity.WARNING, fix=Fix.SAFE)
def categories_not_sorted(categories: Categories) -> Iterable[Finding]:
    """The categories are not in the order of their ids.

    What breaks: YOLOX sorts the ids but takes the names in the order of the file, so names are wrong; PaddleDetection and
    maskrcnn-benchmark number classes by the order of the file.
    Definition: of two neighbouring ids, the larger stands first; of an id that stands twice the first place counts.
    Fix: sort by id. Safe: the order of the list carries no meaning; but a model trained on the old order will differ.
    """
    ids, first = np.unique(categories.id[categories.has("id")], return_index=True)
    early = np.flatnonzero(np.diff(first) < 0)
    if len(early):
        low, high = ids[early[0]], ids[early[0] + 1]
        yield Finding(f"id {high} stands before id {low}, the first of {len(early)} such pairs", "categories")


@rule("C020", "category-extra-background", Severity.INFO, impact=3, fix=Fix.UNSAFE)
def category_extra_background(categories: Categories) -> Iterable[Finding]:
    """The background is declared as a category of its own.

    What breaks: detection models have a background of their own, so they get one class too many, and where classes are
    counted by position all others shift by one.
    Definition: the name is `background` or `bg` in any case, with or without underscores around it.
    Fix: remove the category from all files of the data set. Unsafe: the ids of the others may have to move, and other files
    and models still use the old ones.
    """
    rows = [row for row, name in enumerate(categories.name) if _is_background(name)]
    return categories.at(rows, "name", "{name!r} is declared", name=[categories.name[row] for row in rows])


def _repeats(keys: Iterable[tuple[int, object]]) -> dict[int, int]:
    """Return for each row whose key an earlier row has that earlier row."""
    first: dict[object, int] = {}
    return {row: first[key] for row, key in keys if first.setdefault(key, row) != row}


def _pairs(categories: Categories, pairs: dict[int, int], message: str) -> Iterable[Finding]:
    """Yield a finding for the rows of `pairs` with their names and the `id` and `other` name of the row each belongs to."""
    names, others = ([categories.name[row] for row in rows] for rows in (pairs.keys(), pairs.values()))
    return categories.at(list(pairs), "name", message, name=names, other=others, id=categories.id[list(pairs.values())])


def _children(categories: Categories) -> Ints:
    """Return for each category how many others have its name as their `supercategory`."""
    parents = Counter(categories.supercategory)
    pairs = zip(categories.name, categories.supercategory, strict=True)
    return np.array([parents[name] - (name == parent) for name, parent in pairs], np.int64)


def _named(categories: Categories) -> Bools:
    """Tell for each category whether it has a name of more than blanks."""
    return np.array([bool(name.strip()) for name in categories.name], bool)


def _rows_of_zero(categories: Categories) -> Ints:
    return np.flatnonzero(categories.has("id") & (categories.id == 0))[:1]


def _is_background(name: str) -> bool:
    return name.strip(" _").casefold() in ("background", "bg")


def _unused(rows: Ints, index: Index, categories: Categories) -> Ints:
    """Return those of `rows` that surely no annotation uses: nothing is sure where one has no usable `category_id`."""
    if not len(rows) or not len(index) or not (index.has("category_id") | index.has("segments_info")).all():
        return rows[:0]
    used = frozenset(categories.id[index.category_uses > 0].tolist())
    return np.array([row for row in rows if categories.has("id")[row] and int(categories.id[row]) not in used], np.int64)
