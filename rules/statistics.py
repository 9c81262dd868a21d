"""Statistics: what the numbers of a whole file say of it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

import numpy as np

from cocolint.api import (
    OBJECT_TASKS,
    Categories,
    FileFacts,
    Finding,
    Images,
    Index,
    Ints,
    Severity,
    Task,
    rule,
)

COUNTED_TASKS = OBJECT_TASKS | {Task.LABELS}
"""The tasks whose annotations name a category each."""

_DATE = re.compile(r"(\d{4})[-/.:](\d{1,2})[-/.:](\d{1,2})(?!\d)")


@rule("D002", "class-imbalance", Severity.INFO, impact=3, tasks=COUNTED_TASKS)
def class_imbalance(index: Index, categories: Categories, *, factor: int = 1000) -> Iterable[Finding]:
    """One category has many times the objects of another.

    What breaks: a model learns the rare class badly, and few objects of it make its score jump.
    Definition: the largest number of annotations of a category exceeds `factor` times the smallest, among those in use.
    Source: official COCO has 1,300 times as many persons as hair driers, so this is no fault by itself.
    Fix: gather more of the rare class, or sample it more often. Only a person can.
    """
    counts = _per_category(index, categories)
    used = np.flatnonzero(counts)
    if len(used) and counts.max() > factor * counts[used].min():
        often, seldom = int(counts.argmax()), int(used[counts[used].argmin()])
        parts = [f"{categories.name[row]!r} has {counts[row]:,}" for row in (often, seldom)]
        text = f"{parts[0]} annotations, {parts[1]}: {counts[often] // counts[seldom]:,} times as many"
        yield Finding(text.replace("{", "{{").replace("}", "}}"), "categories")


@rule("D003", "class-rare", Severity.INFO, impact=3, tasks=COUNTED_TASKS)
def class_rare(index: Index, categories: Categories, *, few: int = 10, least: int = 1000) -> Iterable[Finding]:
    """A category has hardly any objects.

    What breaks: a model cannot learn the class, and its score hangs on single objects.
    Definition: fewer than `few` annotations use the category, but at least one does.
    Tolerance: silent in files with fewer than `least` annotations, where few of a class prove nothing.
    Fix: gather more, or merge the class with another. Only a person can.
    """
    counts = _per_category(index, categories)
    rare = (counts > 0) & (counts < few) & (len(index) >= least)
    return categories.where(
        rare, None, "{name!r} is rare; annotations that use it: {count}", name=categories.name, count=counts
    )


@rule("D005", "score-in-ground-truth", Severity.INFO, impact=3, tasks=OBJECT_TASKS)
def score_in_ground_truth(index: Index) -> Iterable[Finding]:
    """An annotation has a score, as predictions have.

    What breaks: labels of a model that pass for truth: whatever is trained or measured on them learns its mistakes.
    Definition: `score` is a number, in a file of objects that is not one of results. Files of labels have it by design.
    Fix: review the annotations and drop the score, or name the file as results. Only a person knows.
    """
    return index.where(~np.isnan(index.score), "score", "score {score:g}", score=index.score)


@rule("D007", "image-object-count-outlier", Severity.INFO, impact=3, tasks=OBJECT_TASKS, requires=["annotation-count-outlier"])
def image_object_count_outlier(images: Images, index: Index, *, deviations: float = 6.0) -> Iterable[Finding]:
    """An image has far more objects than the others.

    What breaks: nothing by itself. Annotations of several images may have gone to one, as ids that clash make them do.
    Definition: the number of its annotations is more than `deviations` standard deviations above the mean of the images
    that have any.
    Tolerance: the deviation counts for no less than the root of the mean, as chance alone spreads a count.
    Source: official COCO has such images, so this is no fault by itself.
    Fix: look at the image. Only a person can.
    """
    counts = np.bincount(index.image[index.image >= 0], minlength=len(images))
    some = counts[counts > 0]
    if not len(some):
        return []
    mean = float(some.mean())
    limit = mean + deviations * max(float(some.std()), mean**0.5)
    return images.where(counts > limit, None, f"{{count}} annotations, {mean:.1f} in the mean", count=counts)


@rule("D008", "date-future", Severity.INFO, impact=4)
def date_future(file: FileFacts, images: Images) -> Iterable[Finding]:
    """A date lies in the future.

    What breaks: nothing that is known. The clock of a camera or computer was wrong, or a placeholder was left in.
    Definition: `date_created` of `info`, or `date_captured` of an image, begins with a year, month and day after today; or
    `year` of `info` is a number after this year. Dates in any other form are not looked at.
    Tolerance: a day, for clocks of other time zones.
    Fix: write the right date, or leave it out. Only a person knows it.
    """
    latest = datetime.date.today() + datetime.timedelta(days=1)
    year = file.info.get("year")
    if isinstance(year, int) and year > latest.year:
        yield Finding(f"`year` is {year}", "info", field="year")
    if _is_after(str(file.info.get("date_created")), latest):
        yield Finding("`date_created` is after today", "info", field="date_created")
    rows = [row for row, text in enumerate(images.date_captured) if _is_after(text, latest)]
    dates = [images.date_captured[row] for row in rows]
    yield from images.at(rows, "date_captured", "captured {date}", date=dates)


def _is_after(text: str, latest: datetime.date) -> bool:
    found = _DATE.match(text)
    return found is not None and tuple(map(int, found.groups())) > (latest.year, latest.month, latest.day)


def _per_category(index: Index, categories: Categories) -> Ints:
    return np.bincount(index.category[index.category >= 0], minlength=len(categories))
