"""Labels: categories of whole images, with or without a score."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import Faults, FileFacts, Finding, Index, Record, Severity, Stage, Task, rule

from ._repeats import repeats

GEOMETRY = ("bbox", "segmentation", "keypoints")


@rule("L001", "label-score-range", Severity.WARNING, impact=3, requires=["json-nan"], cumulative=True)
def label_score_range(faults: Faults, index: Index) -> Iterable[Finding]:
    """The `score` of an annotation is not a number between 0 and 1.

    What breaks: Datumaro filters by the score, so the annotation passes always or never; a text raises TypeError.
    Definition: `score` is there, in a file of any task but results, and is no number or below 0 or above 1.
    Fix: scale logits or percent to 0 to 1; only a person knows what the numbers are.
    """
    yield from faults
    scored = index.has("score")
    no_number = np.isnan(index.score)
    yield from index.where(scored & no_number, "score", "`score` is not a number")
    outside = scored & ((index.score < 0) | (index.score > 1))
    yield from index.where(outside, "score", "score {score:g}", score=index.score)


@rule("L002", "label-duplicate", Severity.WARNING, impact=3, requires=["annotation-id-duplicate"], tasks={Task.LABELS})
def label_duplicate(index: Index, file: FileFacts) -> Iterable[Finding]:
    """An image has the same label twice.

    What breaks: the image counts twice for the category in training and in statistics.
    Definition: image and category of two annotations are equal; the first one is not reported.
    Fix: drop the later one. Safe where it has no score but that of the first, and neither attributes nor fields that the
    format does not know. Unsafe otherwise: what they say is lost.
    """
    rows, first = repeats(index.has("image_id") & index.has("category_id"), index.category_id, index.image_id)
    has_more = np.full(len(rows), bool(file.unknown_fields.get("annotations")))
    return index.at(
        rows, None, "the same image and category as annotation {first}",
        first=index.id[first], score_of_first=index.score[first], has_more=has_more,
    )  # fmt: skip


@label_duplicate.fix(Stage.DROP, safe=True, reads=["score", "attributes"], drops=True)
def drop_copy(record: Record, score_of_first: float, has_more: bool) -> Record | None:
    """Drop what says nothing that the first one does not say."""
    is_copy = "score" not in record or record["score"] == score_of_first
    return record if has_more or not is_copy or record.get("attributes") else None


@label_duplicate.fix(Stage.DROP, safe=False, drops=True)
def drop_later_label(record: Record) -> None:
    """Drop it, whatever it says."""


@rule("L003", "label-geometry", Severity.INFO, impact=4, tasks={Task.LABELS})
def label_geometry(file: FileFacts) -> Iterable[Finding]:
    """Labels of whole images have boxes, masks or keypoints.

    What breaks: nothing is raised: Datumaro passes over them in a file of labels, so the geometry is lost.
    Definition: one of the first annotations has the key `bbox`, `segmentation` or `keypoints`.
    Fix: name the file `instances_<subset>.json` or `person_keypoints_<subset>.json` if the objects matter. Only a person knows.
    """
    found = [name for name in GEOMETRY if name in file.unknown_fields.get("annotations", ())]
    if found:
        yield Finding(", ".join(f"`{name}`" for name in found) + " in a file of labels", "annotations")
