"""Rules on the categories of a file beside a list of names that a labelling task, a model or a paper expects."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import numpy as np

from cocolint.api import Categories, Finding, LabelList, Severity, Task, rule

MANY_CLASSES = frozenset({Task.INSTANCES, Task.LABELS, Task.STUFF, Task.PANOPTIC})
"""Files that should declare all classes: those with keypoints declare persons only."""
NAMED = MANY_CLASSES | {Task.PERSON_KEYPOINTS}


@rule("C030", "category-not-listed", Severity.ERROR, tasks=NAMED)
def category_not_listed(categories: Categories, labels: LabelList) -> Iterable[Finding]:
    """A category is not in the list of labels.

    What breaks: CVAT refuses the import, since an annotation has no label in the task; a model has no class for the
    objects.
    Definition: with `--labels`, the name of a category differs from every name of the list. The nearest name is shown if
    one is alike.
    Fix: correct the name, or add it to the task; only a person knows which.
    """
    rows = [row for row in np.flatnonzero(categories.has("name")).tolist() if categories.name[row] not in labels.names]
    names = [categories.name[row] for row in rows]
    hints = [_nearest(name, labels.names) for name in names]
    return categories.at(rows, "name", "'{name}' is not in the list{hint}", name=names, hint=hints)


@rule("C031", "listed-category-missing", Severity.WARNING, tasks=MANY_CLASSES)
def listed_category_missing(categories: Categories, labels: LabelList) -> Iterable[Finding]:
    """The file lacks a category of the list of labels.

    What breaks: readers number the classes by what the file declares, so that all classes after the missing one get
    another index than the model expects.
    Definition: with `--labels`, no category has that name.
    Fix: declare the category, even if no object has it.
    """
    missing = [name for name in labels.names if name not in set(categories.name)]
    if missing:
        shown = ", ".join(f"'{name}'" for name in missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        text = f"{len(missing)} of {len(labels.names)} listed names are missing: {shown}"
        yield Finding(text.replace("{", "{{").replace("}", "}}"), "categories")


@rule("C032", "category-id-not-listed", Severity.ERROR, tasks=NAMED)
def category_id_not_listed(categories: Categories, labels: LabelList) -> Iterable[Finding]:
    """A category has another id than in the list of labels.

    What breaks: results are matched by id, so that each class is scored against another one.
    Definition: with `--labels` and a list that has ids, the category's name is listed with another id.
    Fix: take over the ids of the list in all files of the data set, and keep the map.
    """
    wanted = dict(zip(labels.names, labels.ids, strict=False))
    rows = np.flatnonzero(categories.has("name") & categories.has("id")).tolist()
    rows = [row for row in rows if wanted.get(categories.name[row], categories.id[row]) != categories.id[row]]
    names = [categories.name[row] for row in rows]
    return categories.at(
        rows, "id", "'{name}' has the id {id}, in the list {wanted}",
        name=names, id=categories.id[rows], wanted=[wanted[name] for name in names],
    )  # fmt: skip


@rule("C033", "categories-order-not-listed", Severity.WARNING, tasks=MANY_CLASSES)
def categories_order_not_listed(categories: Categories, labels: LabelList) -> Iterable[Finding]:
    """The categories stand in another order than in the list of labels.

    What breaks: readers that number the classes by their place, as maskrcnn-benchmark and YOLOX do, give each object
    another class than the model has learnt.
    Definition: with `--labels`, the names that are in both do not follow each other in the same order.
    Fix: sort the categories as in the list.
    """
    places = {name: place for place, name in enumerate(labels.names)}
    shared = [name for name in categories.name if name in places]
    wanted = sorted(shared, key=places.__getitem__)
    wrong = next(((a, b) for a, b in zip(shared, wanted, strict=True) if a != b), None)
    if wrong:
        text = f"'{wrong[0]}' stands where the list has '{wrong[1]}'"
        yield Finding(text.replace("{", "{{").replace("}", "}}"), "categories")


def _nearest(name: str, names: list[str]) -> str:
    folded = {known.casefold(): known for known in names}
    near = difflib.get_close_matches(name.casefold(), folded, 1)
    return f"; nearest is '{folded[near[0]]}'" if near else ""
