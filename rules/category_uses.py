"""Categories that nothing uses, and the background among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cocolint.api import Categories, Dropped, Finding, Index, Ints, Member, Severity, Stage, rule

from ._categories import USING_TASKS, children, is_background, named, unused, without_unused


@rule("C003", "category-id-zero-unused", Severity.INFO, impact=3, tasks=USING_TASKS,
      requires=["category-unused-parent", "category-extra-background"])  # fmt: skip
def category_id_zero_unused(index: Index, categories: Categories) -> Iterable[Finding]:
    """A category with the id 0 is declared, and nothing uses it.

    What breaks: heads in the manner of DETR get one class too many.
    Definition: a category has the id 0, the file has annotations, and none of them uses it.
    Fix: remove the category from all files of the data set, unless one of them uses it. Unsafe: class counts change, and
    files that are not checked along may use it.
    """
    rows = _zero(index, categories)
    names = [categories.name[row] for row in rows]
    return categories.at(rows, "id", "{name!r} has the id 0 and is not used", name=names)


def _zero(index: Index, categories: Categories) -> Ints:
    rows = np.flatnonzero(categories.has("id") & (categories.id == 0))[:1]
    return unused(rows, index, categories)


@category_id_zero_unused.fix(Stage.DROP, safe=False)
def without_zero(members: Sequence[Member]) -> Iterator[Dropped]:
    """Remove the category from all files."""
    return without_unused(members, lambda member: _zero(member.index, member.categories))


def parents(categories: Categories) -> Iterable[Finding]:
    """Name categories that are the parents of others."""
    return categories.where(named(categories) & (children(categories) > 0), None, "a parent")


@rule("C015", "category-unused-parent", Severity.WARNING, requires=["category-id-off-by-one"], tasks=USING_TASKS,
      cumulative=parents)  # fmt: skip
def category_unused_parent(index: Index, categories: Categories) -> Iterable[Finding]:
    """A category is only the parent of others, and no annotation uses it.

    What breaks: the model gets one class too many, and where classes are counted by position all others shift by one.
    Definition: the file has annotations, none of them uses the category, and its name is the `supercategory` of another
    category.
    Source: Roboflow writes such a category with the id 0.
    Fix: remove the category from all files of the data set, unless one of them uses it. Unsafe: class counts change, and
    files that are not checked along may use it.
    """
    rows = _parents(index, categories)
    names = [categories.name[row] for row in rows]
    message = "{name!r} is not used, and is the supercategory of other categories: {children}"
    return categories.at(rows, None, message, name=names, children=children(categories)[rows])


def _parents(index: Index, categories: Categories) -> Ints:
    return unused(np.flatnonzero(named(categories) & (children(categories) > 0)), index, categories)


@category_unused_parent.fix(Stage.DROP, safe=False)
def without_parents(members: Sequence[Member]) -> Iterator[Dropped]:
    """Remove the categories from all files."""
    return without_unused(members, lambda member: _parents(member.index, member.categories))


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
    rows = unused(np.arange(len(categories)), index, categories)
    return categories.at(rows, None, "{name!r} is not used", name=[categories.name[row] for row in rows])


@rule("C020", "category-extra-background", Severity.INFO, impact=3)
def category_extra_background(categories: Categories) -> Iterable[Finding]:
    """The background is declared as a category of its own.

    What breaks: detection models have a background of their own, so they get one class too many, and where classes are
    counted by position all others shift by one.
    Definition: the name is `background` or `bg` in any case, with or without underscores around it.
    Fix: remove the category from all files of the data set; where annotations have it, a person has to. Unsafe: class counts
    change, and files that are not checked along may use it.
    """
    rows = _backgrounds(categories)
    return categories.at(rows, "name", "{name!r} is declared", name=[categories.name[row] for row in rows])


def _backgrounds(categories: Categories) -> Ints:
    return np.array([row for row, name in enumerate(categories.name) if is_background(name)], np.int64)


@category_extra_background.fix(Stage.DROP, safe=False)
def without_background(members: Sequence[Member]) -> Iterator[Dropped]:
    """Remove the category from all files."""
    return without_unused(members, lambda member: unused(_backgrounds(member.categories), member.index, member.categories))
