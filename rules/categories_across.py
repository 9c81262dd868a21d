"""Categories of several files: what the splits of one data set must agree on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cocolint.api import (
    Added,
    Categories,
    Dataset,
    Finding,
    Member,
    RecordsOf,
    Renumbered,
    Reordered,
    Severity,
    Stage,
    rule,
)

from ._categories import Pair, order_of, pairs_of, renumbered, results_of, usable
from ._classes import Claims, Said, several_lists
from ._splits import are_parts_of_one, literal, with_the_same_classes

_SHOWN = 3
"""So many names are shown in a message."""


@rule(
    "X001", "categories-inconsistent-across-files", Severity.ERROR, impact=1, requires=["category-id-duplicate"],
    cumulative=several_lists,
)  # fmt: skip
def categories_inconsistent_across_files(dataset: Dataset, categories: Categories) -> Iterable[Finding]:
    """A category has another id, or an id another name, than in another file of the data set.

    What breaks: a model that learned from one file is scored on the other with its classes mixed up: AP near 0 with perfect
    boxes, and no error. detectron2 stops with "Attribute 'thing_classes' ... cannot be set to a different value".
    Definition: of two files of one task, one gives an id that both declare another name, or a name that both declare another
    id. Each row is told once. A warning where the paths do not tell that both files are parts of one data set, such as
    `train` and `val`, and only most of the names of one are in the other too.
    Fix: write one table of names and ids into all files, by which the first one counts, give every annotation and result the
    new id, and keep the map. Unsafe: files that are not checked along, and models, still count by the old ids.
    """
    told: set[int] = set()
    for other in dataset.of_all(_ids_and_names).against(dataset):
        names, ids = _tables(other.categories)
        renamed, moved = [], []
        for row in usable(categories).tolist():
            name, number = categories.name[row], int(categories.id[row])
            if row in told:
                continue
            if names.get(number, [name]).count(name) == 0:
                renamed.append((row, names[number][0]))
            elif ids.get(name, [number]).count(number) == 0:
                moved.append((row, ids[name][0]))
        told |= {row for row, _ in renamed} | {row for row, _ in moved}
        severity = _severity(dataset, other)
        yield from _differing(categories, renamed, "name", "id {id} is {name!r}, and {theirs!r} in {file}", other, severity)
        yield from _differing(categories, moved, "id", "{name!r} has the id {id}, and {theirs} in {file}", other, severity)


def _ids_and_names(members: Sequence[Member]) -> Claims:
    def said_by(categories: Categories) -> Said:
        for number, name in pairs_of(categories):
            yield ("id", number), name
            yield ("name", name), number

    return Claims(members, said_by)


@categories_inconsistent_across_files.fix(Stage.ID, safe=False)
def one_table(members: Sequence[Member], records_of: RecordsOf) -> Iterator[Renumbered | Added]:
    """Give each name the id that it has first, and declare all names everywhere."""
    for group in _groups(members, with_the_same_classes):
        table = _table_of(group)
        if table is None:
            continue
        records = {
            pair.name: record | {"id": table[pair.name]}
            for member in reversed(group)
            for pair, record in _declared(member, records_of)
        }
        for member in group:
            names = {pair.name for pair in pairs_of(member.categories)}
            ids = {pair.id: table[pair.name] for pair in pairs_of(member.categories)}
            if any(old != new for old, new in ids.items()):
                yield from renumbered([member, *results_of([member], members)], ids, max(table.values()))
            lacking = [record for name, record in records.items() if name not in names]
            if lacking:
                yield Added(member.display, "categories", sorted(lacking, key=lambda record: record["id"]))


def _table_of(group: Sequence[Member]) -> dict[str, int] | None:
    """Return an id for each name, None where a file cannot be mended: it has an id or a name twice, or without the other."""
    table: dict[str, int] = {}
    taken = {pair.id for member in group for pair in pairs_of(member.categories)}
    given: set[int] = set()
    free = max(taken) + 1
    for member in group:
        pairs = pairs_of(member.categories)
        if len(member.categories) != len(pairs) or not len(pairs) == len(dict(pairs)) == len({pair.name for pair in pairs}):
            return None
        for number, name in pairs:
            if name not in table:
                table[name] = number if number not in given else free
                free += number in given
                given.add(table[name])
    return table


def _declared(member: Member, records_of: RecordsOf) -> Iterator[tuple[Pair, dict[str, Any]]]:
    records = records_of(member.display, "categories")
    rows = usable(member.categories).tolist()
    return zip(pairs_of(member.categories), (records[row] for row in rows), strict=True)


@rule(
    "X002", "categories-order-across-files", Severity.WARNING, impact=1, requires=["category-id-duplicate"],
    cumulative=several_lists,
)  # fmt: skip
def categories_order_across_files(dataset: Dataset, categories: Categories) -> Iterable[Finding]:
    """The same categories stand in another order than in another file of the data set.

    What breaks: maskrcnn-benchmark, PaddleDetection and older mmdetection number the classes by their place in the list, so
    that a model trained with one file gets an AP near 0 with the other, and no error.
    Definition: two files of one task declare the same ids with the same names, in different orders.
    Fix: sort the list by id in all files. Safe: the order carries no meaning; but a model that was trained with the old
    order keeps to it.
    """
    for other in dataset.of_all(_orders).against(dataset):
        mine, theirs = pairs_of(categories), pairs_of(other.categories)
        if mine != theirs and sorted(mine) == sorted(theirs):
            place = next(place for place, pair in enumerate(mine) if pair != theirs[place])
            yield Finding(
                literal(f"{mine[place][1]!r} stands where {other.display} has {theirs[place][1]!r}, at place {place + 1}"),
                "categories",
            )
            return


def _orders(members: Sequence[Member]) -> Claims:
    return Claims(members, lambda categories: [(tuple(sorted(pairs_of(categories))), tuple(pairs_of(categories)))])


@categories_order_across_files.fix(Stage.SORT, safe=True)
def sorted_everywhere(members: Sequence[Member]) -> Iterator[Reordered]:
    """Sort the lists by id."""
    for group in _groups(members, with_the_same_classes):
        orders = {tuple(pairs_of(member.categories)) for member in group}
        for member in group if len(orders) > 1 else ():
            rows = order_of(member.categories)
            if np.any(np.diff(rows) != 1):
                yield Reordered(member.display, "categories", rows)


@rule("X003", "categories-subset-across-files", Severity.ERROR, requires=["category-id-duplicate"], cumulative=several_lists)
def categories_subset_across_files(dataset: Dataset, categories: Categories) -> Iterable[Finding]:
    """The file declares fewer categories than another file of the data set.

    What breaks: detectron2, RF-DETR and YOLOX number the classes that a file declares from 0, so the numbers of two files
    mean different classes.
    Definition: another file of the same task declares a category whose id and name are both unknown here. Only what is
    declared counts: a split need not use every class. Reported in the file that has fewer. A warning where the paths do not
    tell that both files are parts of one data set.
    Fix: add the missing declarations, if no ids and names of the files contradict each other. Safe: a category without
    annotations changes no label. Unsafe where the paths do not tell that both files are parts of one data set.
    """
    declared = dataset.of_all(_declarations)
    known = declared.keys(dataset.me.facts.task)
    if not known or not len(usable(categories)):
        return
    ids, names = set(categories.id[usable(categories)].tolist()), set(categories.name)

    def are_lacking(pairs: Iterable[Pair]) -> list[Pair]:
        return [pair for pair in pairs if pair.id not in ids and pair.name not in names]

    other = declared.one_with(dataset, are_lacking(known))
    if other:
        lacking = [pair.name for pair in are_lacking(pairs_of(other.categories))]
        shown = ", ".join(map(repr, lacking[:_SHOWN])) + (", ..." if len(lacking) > _SHOWN else "")
        yield Finding(
            literal(f"{len(lacking)} of the {len(other.categories)} categories of {other.display} are missing: {shown}"),
            "categories", severity=_severity(dataset, other),
        )  # fmt: skip


def _declarations(members: Sequence[Member]) -> Claims:
    return Claims(members, lambda categories: ((pair, True) for pair in pairs_of(categories)))


@categories_subset_across_files.fix(Stage.DEFAULT, safe=True)
def declared_in_parts(members: Sequence[Member], records_of: RecordsOf) -> Iterator[Added]:
    """Declare in each part of a data set what the others declare."""
    return _completed(members, records_of, _parts_among)


@categories_subset_across_files.fix(Stage.DEFAULT, safe=False)
def declared_everywhere(members: Sequence[Member], records_of: RecordsOf) -> Iterator[Added]:
    """Declare in each file what others of mostly the same classes declare."""
    return _completed(members, records_of, with_the_same_classes)


def _parts_among(me: Member, members: Sequence[Member]) -> list[Member]:
    return [other for other in with_the_same_classes(me, members) if are_parts_of_one(me, other)]


Kin = Callable[[Member, Sequence[Member]], list[Member]]


def _completed(members: Sequence[Member], records_of: RecordsOf, kin: Kin) -> Iterator[Added]:
    for member in members:
        mine = pairs_of(member.categories)
        ids, names = {pair.id for pair in mine}, {pair.name for pair in mine}
        lacking: list[dict[str, Any]] = []
        others = kin(member, members) if mine else []
        if _contradict([member, *others]):
            continue
        for other in others:
            for pair, record in _declared(other, records_of):
                if pair.id not in ids and pair.name not in names:
                    lacking.append(record)
                    ids.add(pair.id)
                    names.add(pair.name)
        if lacking:
            yield Added(member.display, "categories", lacking)


def _contradict(members: Iterable[Member]) -> bool:
    """Whether some id has two names, or some name two ids."""
    pairs = {pair for member in members for pair in pairs_of(member.categories)}
    return not len(pairs) == len({pair.id for pair in pairs}) == len({pair.name for pair in pairs})


@rule("X004", "supercategory-differs", Severity.INFO, impact=4, requires=["categories-inconsistent-across-files"])
def supercategory_differs(dataset: Dataset, categories: Categories) -> Iterable[Finding]:
    """A category has another supercategory, or other keypoints, than in another file of the data set.

    What breaks: what groups classes by their parent counts them differently in each file; of keypoints only one file's names
    and limbs are used.
    Definition: the same id and name, but another `supercategory`, `keypoints` or `skeleton` than in another file of the same
    task. The absence of one of them is no difference.
    Fix: write the same record into both files. Only a person can say which is the right one.
    """
    told: set[int] = set()
    for other in dataset.of_all(_details).against(dataset):
        rows = {pair: row for row, pair in zip(usable(other.categories).tolist(), pairs_of(other.categories), strict=True)}
        found = []
        for row, pair in zip(usable(categories).tolist(), pairs_of(categories), strict=True):
            field = _differing_field(categories, row, other.categories, rows[pair]) if pair in rows else None
            if field and row not in told:
                found.append((row, field))
                told.add(row)
        yield from categories.at(
            [row for row, _ in found], None, "`{what}` of {name!r} is another one in {file}",
            what=[field for _, field in found], name=[categories.name[row] for row, _ in found],
            file=[other.display] * len(found),
        )  # fmt: skip


def _details(members: Sequence[Member]) -> Claims:
    def said_by(categories: Categories) -> Said:
        for row, pair in zip(usable(categories).tolist(), pairs_of(categories), strict=True):
            for field, value in _details_of(categories, row).items():
                if value:
                    yield (pair, field), repr(value)

    return Claims(members, said_by)


def _severity(dataset: Dataset, other: Member) -> Severity | None:
    return None if are_parts_of_one(dataset.me, other) else Severity.WARNING


def _differing(
    categories: Categories, found: Sequence[tuple[int, object]], field: str, message: str, other: Member,
    severity: Severity | None,
) -> Iterable[Finding]:  # fmt: skip
    rows = [row for row, _ in found]
    return categories.at(
        rows, field, message, severity=severity, id=[categories.id[row] for row in rows],
        name=[categories.name[row] for row in rows], theirs=[theirs for _, theirs in found], file=[other.display] * len(rows),
    )  # fmt: skip


def _differing_field(mine: Categories, row: int, theirs: Categories, other: int) -> str | None:
    here, there = _details_of(mine, row), _details_of(theirs, other)
    return next((field for field in here if here[field] and there[field] and here[field] != there[field]), None)


def _details_of(categories: Categories, row: int) -> dict[str, Any]:
    return {
        "supercategory": categories.supercategory[row],
        "keypoints": categories.keypoints[row],
        "skeleton": categories.skeleton[row],
    }


def _groups(members: Sequence[Member], kin: Kin) -> list[list[Member]]:
    """Return the files that declare categories, those together that should declare the same ones."""
    groups: list[list[Member]] = []
    for member in members:
        if len(member.categories):
            near = [group for group in groups if kin(member, group)]
            groups = [group for group in groups if group not in near]
            groups.append([*(one for group in near for one in group), member])
    return [[member for member in members if member in group] for group in groups]


def _tables(categories: Categories) -> tuple[Mapping[int, list[str]], Mapping[str, list[int]]]:
    """Return the names of each id and the ids of each name: in a faulty file there may be several."""
    names: dict[int, list[str]] = defaultdict(list)
    ids: dict[str, list[int]] = defaultdict(list)
    for number, name in pairs_of(categories):
        names[number].append(name)
        ids[name].append(number)
    return names, ids
