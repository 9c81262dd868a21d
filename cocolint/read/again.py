"""A second look at some rows of a file: their polygons, runs and keypoints, which the columns of a whole file do not hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from cocolint.model import Ints
from cocolint.read.build import Masks, annotations_of
from cocolint.read.columns import Annotations
from cocolint.read.document import Document
from cocolint.read.structure import reader_of


class Again:
    """Reads chosen annotations of a document once more. `is_asked` tells whether anybody had it do so."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.is_asked = False

    def at(self, rows: Ints) -> Annotations:
        """Return the annotations at `rows`, which ascend; the first of `rows` is row 0 of the table, and so on."""
        document = self._document
        reader = reader_of(document.task, "annotations", document.source.nonfinite)
        records = reader.read(b"[%b]" % b",".join(self._texts(rows)))
        return annotations_of(Masks(records.pieces, records.broken), document.images, document.categories)

    def records(self, rows: Ints) -> list[Any]:
        """Return the annotations at `rows`, which ascend, with all that they hold."""
        return list(map(json.loads, self._texts(rows)))

    def _texts(self, rows: Ints) -> Iterator[bytes]:
        self.is_asked = True
        document = self._document
        for number, span in enumerate(document.slices):
            first, stop = np.searchsorted(rows, document.row_starts[number : number + 2])
            if first < stop:
                raws = msgspec.json.decode(document.source.array(*span), type=list[msgspec.Raw])
                yield from (bytes(raws[row]) for row in (rows[first:stop] - document.row_starts[number]).tolist())
