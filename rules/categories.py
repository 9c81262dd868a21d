"""Categories: their ids, and their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from cocolint.api import (
    Categories,
    Dropped,
    Faults,
    FileFacts,
    Finding,
    Index,
    Member,
    RecordsOf,
    Renumbered,
    Reordered,
    Severity,
    Stage,
    distinct,
    rule,
)

from ._categories import (
    USING_TASKS,
    declared_in,
    first_by_key,
    groups_of,
    is_background,
    made_contiguous,
    order_of,
    renumbered,
    results_of,
)
from ._ids import number_in

_EXACT = 1 << 53
"""Below it a float is one integer only."""


@rule("C001", "category-id-duplicate", Severity.ERROR)
def category_id_duplicate(categories: Categories) -> Iterable[Finding]:
    """A category id stands on more than one category.

    What breaks: pycocotools keeps the last record of the id without a word, so objects get its name; detectron2 counts
    one class too many and maps ids wrongly.
    Definition: the id of an earlier category of the file stands again; the first one is not reported.
    Fix: drop the record if it is equal to the first one; where they differ, only a person can say which is meant. Safe:
    nothing is lost.
    """
    repeats = _repeats(categories)
    names = [categories.name[row] for row in repeats]
    earlier = [categories.name[first] for first in repeats.values()]
    return categories.at(
        list(repeats), "id", "id {id} of {name!r} stands on {earlier!r} before",
        id=categories.id[list(repeats)], name=names, earlier=earlier,
    )  # fmt: skip


def _repeats(categories: Categories) -> dict[int, int]:
    return first_by_key((row, categories.id[row].item()) for row in np.flatnonzero(categories.has("id")).tolist())


@category_id_duplicate.fix(Stage.ID, safe=True)
def without_copies(file: FileFacts, categories: Categories, records_of: RecordsOf) -> Iterator[Dropped]:
    """Drop records that are equal to the first one of their id."""
    records = records_of(file.display, "categories")
    rows = [row for row, first in _repeats(categories).items() if repr(records[row]) == repr(records[first])]
    if rows:
        yield Dropped(file.display, "categories", np.array(rows, np.int64))


@rule("C002", "category-id-zero", Severity.WARNING, impact=1, tasks=USING_TASKS, cumulative=True)
def category_id_zero(index: Index, categories: Categories) -> Iterable[Finding]:
    """A category that annotations use has the id 0.

    What breaks: Datumaro and CVAT take 0 for no label and drop it; PaddleDetection gives 0 to the background;
    Ultralytics' conversion finds no class.
    Definition: a declared category has the id 0, its name is not `background` or `bg`, and at least one annotation uses it.
    Fix: add 1 to all category ids, in every file of the data set and in results, and keep the map. Unsafe: files that are
    not checked along, and models, still count from 0.
    """
    rows = np.flatnonzero(categories.has("id") & (categories.id == 0))[:1]
    uses = index.category_uses[categories.has("id") & (categories.id == 0)].sum()
    if len(rows) and uses and not is_background(categories.name[rows[0]]):
        name = categories.name[rows[0]]
        yield from categories.at(rows, "id", "{name!r} has the id 0; annotations that use it: {uses}", name=[name], uses=[uses])


@category_id_zero.fix(Stage.ID, safe=False)
def counted_from_one(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Add 1 to all ids of the files that share the category, and of their results."""
    for group in groups_of(members):
        known = declared_in(group)
        if min(known) == 0 and any(_uses_zero(member) for member in group):
            yield from renumbered([*group, *results_of(group, members)], {number: number + 1 for number in known})


def _uses_zero(member: Member) -> bool:
    table = member.categories
    return bool(np.any(member.index.category_uses[table.has("id") & (table.id == 0)]))


@rule("C004", "category-id-not-integer", Severity.ERROR)
def category_id_not_integer(faults: Faults) -> Iterable[Finding]:
    """The id of a category is not an integer.

    What breaks: no annotation matches it, so COCOeval gives -1 for every number; detectron2 fails on comparing ids of
    different types.
    Definition: `id` is there and of another JSON type than integer.
    Fix: write the number that the text or float stands for, in annotations too. Safe: only where no other category has
    it, and the text is written as the number is.
    """
    return faults


@category_id_not_integer.fix(Stage.CAST, safe=True)
def whole_numbers(file: FileFacts, categories: Categories, found: list[Any]) -> Iterator[Renumbered]:
    """Write ids such as "1" and 1.0 as 1, with all that refers to them."""
    ids: dict[Any, int] = {}
    taken = set(categories.id[categories.has("id")].tolist())
    for record in found:
        old = record.get("id") if isinstance(record, dict) else None
        new = _whole(old)
        if new is not None and new not in taken:
            ids[old] = new
            taken.add(new)
    if ids:
        yield Renumbered(file.display, "categories", ids)


def _whole(value: Any) -> int | None:
    """Return the integer that a text or a float stands for exactly, None if there is none."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT else number_in(value)


@rule("C005", "category-id-negative", Severity.ERROR)
def category_id_negative(categories: Categories) -> Iterable[Finding]:
    """The id of a category is below 0.

    What breaks: tools that take the id, or the id minus 1, for a place in the list of classes count from its end, or fail.
    Definition: `id` is an integer below 0.
    Fix: give the category a free id from 1 on, in every file of the data set; a person has to, who can see them all.
    """
    return categories.where(categories.has("id") & (categories.id < 0), "id", "id {id} is negative", id=categories.id)


@rule("C006", "category-ids-not-contiguous", Severity.INFO, requires=["category-id-huge", "category-id-out-of-range"])
def category_ids_not_contiguous(categories: Categories) -> Iterable[Finding]:
    """The category ids leave gaps, or do not start at 1.

    What breaks: DETR, its port in transformers and RF-DETR take the id for the class index and need room up to the
    largest one; detectron2 warns and renumbers.
    Definition: the ids are neither 1 to n nor 0 to n - 1 for n different ids; a start at 0 is told by the rules on id 0.
    Source: official COCO has 80 classes with ids from 1 to 90, so this is no fault by itself.
    Fix: renumber from 1 in all files of the data set and in results, and keep the map. Unsafe: files that are not checked
    along, and models, still use the old ids.
    """
    ids = distinct(categories.id)
    if not len(ids) or not categories.has("id").all() or ids[0] < 0:
        return
    if ids[0] > 1 or ids[-1] - ids[0] != len(ids) - 1:
        yield Finding(f"ids from {ids[0]} to {ids[-1]} for {len(ids)} categories", "categories")


@category_ids_not_contiguous.fix(Stage.ID, safe=False)
def without_gaps(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Renumber from 1 in all files."""
    return made_contiguous(members)


@rule("C007", "category-id-huge", Severity.WARNING, impact=3)
def category_id_huge(categories: Categories, *, factor: int = 10, least: int = 1000) -> Iterable[Finding]:
    """The largest category id is far above the number of categories.

    What breaks: FiftyOne before 0.24 filled the gaps between ids until memory ran out; heads that take the id for the
    class index get as many outputs.
    Definition: the largest id exceeds `factor` times the number of categories, and exceeds `least`.
    Tolerance: 10 times and 1000 leave room for the gaps of official COCO, where 92 stuff classes reach to 183.
    Fix: renumber from 1 in all files of the data set and in results, and keep the map. Unsafe: files that are not checked
    along, and models, still use the old ids.
    """
    ids = categories.id[categories.has("id")]
    if len(ids) and ids.max() > max(factor * len(categories), least):
        yield Finding(f"ids reach {ids.max()} for {len(categories)} categories", "categories")


category_id_huge.fix(Stage.ID, safe=False)(without_gaps.function)


@rule("C019", "categories-not-sorted", Severity.WARNING)
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


@categories_not_sorted.fix(Stage.SORT, safe=True)
def in_order(file: FileFacts, categories: Categories) -> Iterator[Reordered]:
    """Sort by id."""
    yield Reordered(file.display, "categories", order_of(categories))
