"""Stuff: one mask of run lengths for each category of an image, without objects that are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from cocolint.api import (
    Annotations,
    Bools,
    Categories,
    Finding,
    Floats,
    Image,
    Index,
    Ints,
    Record,
    Runs,
    Severity,
    Stage,
    Task,
    rule,
)

from ._repeats import repeats
from ._runs import compressed, rasterised, size_of

STUFF = {Task.STUFF}
MOST_PIXELS = 2**31
"""Of one mask; larger ones are not compared, so that no position overflows."""


@rule("U001", "stuff-category-range", Severity.INFO, impact=3, tasks=STUFF)
def stuff_category_range(categories: Categories) -> Iterable[Finding]:
    """The id of a category is not one of stuff.

    What breaks: evaluation of stuff looks at ids from 92 on only, so the category counts for nothing.
    Definition: `id` is below 92 or above 183: stuff of COCO has 92 to 182, and 183 stands for all things together.
    Fix: give it an id of that range, if the file is to be evaluated as COCO stuff. Only a person knows which.
    """
    outside = categories.has("id") & ((categories.id < 92) | (categories.id > 183))
    return categories.where(outside, "id", "id {id} is not one of stuff", id=categories.id)


@rule("U002", "stuff-one-per-category", Severity.WARNING, impact=3, tasks=STUFF,
      requires=["annotation-id-duplicate", "annotation-duplicate-exact"])  # fmt: skip
def stuff_one_per_category(index: Index) -> Iterable[Finding]:
    """An image has more than one annotation of one category of stuff.

    What breaks: converters and evaluators of stuff take one mask for each category of an image; the others are lost.
    Definition: image and category of two annotations are equal; the first one is not reported.
    Fix: merge the masks into one annotation. Only a person can: parts that were told apart no longer are.
    """
    rows, first = repeats(index.has("image_id") & index.has("category_id"), index.category_id, index.image_id)
    return index.at(rows, None, "the same image and category as annotation {first}", first=index.id[first])


@rule("U003", "stuff-iscrowd", Severity.INFO, impact=3, tasks=STUFF)
def stuff_iscrowd(index: Index) -> Iterable[Finding]:
    """Stuff is marked as a crowd.

    What breaks: evaluation ignores crowds. Stuff is not counted, so there is nothing that a crowd could be of.
    Definition: `iscrowd` is 1 in a file of stuff.
    Fix: set it to 0. Unsafe: Datumaro marks every mask this way and may read it so.
    """
    return index.where(index.crowd, "iscrowd", "iscrowd is 1")


@stuff_iscrowd.fix(Stage.DEFAULT, safe=False, writes=["iscrowd"])
def no_crowd_of_stuff(record: Record) -> Record:
    """Take it for stuff."""
    return record | {"iscrowd": 0}


@rule("U004", "stuff-polygon", Severity.INFO, impact=3, tasks=STUFF)
def stuff_polygon(index: Index) -> Iterable[Finding]:
    """The mask of stuff is a polygon.

    What breaks: evaluators of stuff expect run lengths; polygons cannot hold the holes that stuff has around things.
    Definition: `segmentation` holds at least one ring.
    Fix: turn it into run lengths of the pixels that pycocotools has it cover. Unsafe: pixels lose the outline.
    """
    return index.where(index.is_polygon, "segmentation", "a polygon, not run lengths")


@stuff_polygon.fix(Stage.SHAPE, safe=False, writes=["segmentation"])
def run_lengths_of_stuff(record: Record, image: Image | None) -> Record:
    """Write the runs as text, as official files have it for stuff."""
    runs, size = rasterised(record.get("segmentation"), image), size_of(image)
    return record | {"segmentation": {"counts": compressed(runs), "size": [*size]}} if runs and size else record


@rule("U005", "stuff-overlap", Severity.WARNING, impact=3, requires=["annotation-duplicate-exact", "stuff-one-per-category"],
      tasks=STUFF)  # fmt: skip
def stuff_overlap(annotations: Annotations) -> Iterable[Finding]:
    """Two masks of stuff lie on the same pixels.

    What breaks: a pixel has two classes: the converter to panoptic raises "Segments ... overlap each other"; in a map of
    pixels the later mask hides the other.
    Definition: run-length masks of one image and of equal size have a pixel in common; the later annotation of the two is
    reported. Masks whose runs do not fill their size are left out, and so are two that lie megabytes apart in the file.
    Fix: decide what the pixels are; only a person can.
    """
    runs = annotations.runs
    chosen = _sound(runs) & annotations.has("image_id")[runs.owner]
    spans = _spans(runs, chosen, _images(annotations, runs))
    later, earlier, pixels = _shared(spans)
    total = np.bincount(later, pixels, len(annotations))
    rows = np.flatnonzero(total)
    other = np.zeros(len(annotations), np.int64)
    other[later] = annotations.id[earlier]
    message = "{pixels:.0f} px also belong to other masks of the image, as to annotation {other}"
    yield from annotations.at(rows, "segmentation", message, pixels=total[rows], other=other[rows])


class Spans(NamedTuple):
    """Runs of foreground as stretches of a line on which the images lie one after the other; `owner` is the annotation."""

    owner: Ints
    start: Ints
    stop: Ints


def _sound(runs: Runs) -> Bools:
    """Tell which masks have runs that fill their size exactly."""
    least = np.zeros(len(runs.length), np.int64)
    filled = runs.length > 0
    if filled.any():
        least[filled] = np.minimum.reduceat(runs.counts, runs.start[:-1][filled])
    pixels = runs.height.astype(float) * runs.width
    sound: Bools = (runs.mark == 0) & (least >= 0) & (runs.shapes.total == pixels) & (pixels < MOST_PIXELS)
    return sound


def _images(annotations: Annotations, runs: Runs) -> Ints:
    """Number the images of the masks; masks of one image but of other sizes get a number of their own."""
    named = np.column_stack([annotations.image_id[runs.owner], runs.height, runs.width])
    order = np.lexsort(named.T)
    new = (named[order[1:]] != named[order[:-1]]).any(axis=1)
    numbers = np.zeros(len(named), np.int64)
    numbers[order[1:]] = np.cumsum(new)
    return numbers


def _spans(runs: Runs, chosen: Bools, images: Ints) -> Spans:
    """Return the foreground of the `chosen` masks, ordered by where it starts."""
    place = np.arange(len(runs.counts)) - runs.start[:-1][runs.run_owner]
    shown = (place % 2 == 1) & (runs.counts > 0) & chosen[runs.run_owner]
    mask = runs.run_owner[shown]
    stops = np.cumsum(runs.counts)
    before = np.append(0, stops)[runs.start[:-1]]
    stop = stops[shown] - before[mask] + images[mask] * MOST_PIXELS
    start = stop - runs.counts[shown]
    order = np.argsort(start, kind="stable")
    return Spans(runs.owner[mask][order], start[order], stop[order])


def _shared(spans: Spans) -> tuple[Ints, Ints, Floats]:
    """Return for each stretch that begins within an earlier one the later and the earlier annotation, and the pixels shared."""
    reach = np.maximum.accumulate(spans.stop)[:-1]
    farthest = np.maximum.accumulate(np.where(spans.stop[:-1] == reach, np.arange(len(reach)), 0))
    within = np.flatnonzero(spans.start[1:] < reach)
    one, two = spans.owner[within + 1], spans.owner[farthest[within]]
    pixels = np.minimum(spans.stop[within + 1], reach[within]) - spans.start[within + 1]
    return np.maximum(one, two), np.minimum(one, two), pixels.astype(np.float64)
