"""Annotations and what they refer to."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import Finding, Fix, Index, Severity, rule


@rule("A002", "annotation-id-duplicate", Severity.ERROR, impact=1, fix=Fix.SAFE)
def annotation_id_duplicate(index: Index) -> Iterable[Finding]:
    """An annotation id stands on more than one annotation.

    What breaks: detectron2 and mmdetection assert that ids are unique; pycocotools keeps the last record only; Datumaro
    merges the objects.
    Definition: the id of an earlier annotation of the file stands again; the first one is not reported.
    Fix: give the later ones fresh ids. Safe: nothing refers to annotation ids.
    """
    usable = np.flatnonzero(index.has("id"))
    _, first = np.unique(index.id[usable], return_index=True)
    again = np.ones(len(usable), bool)
    again[first] = False
    rows = usable[again]
    return index.at(rows, "id", "id {id} stands on an earlier annotation too", id=index.id[rows])
