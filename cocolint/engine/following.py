"""The slices of a mended copy, each checked as soon as it is written: that of one and the writing of others go together."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import NamedTuple

from cocolint.engine.gathering import Shelf
from cocolint.engine.lending import Sent
from cocolint.engine.pool import Work
from cocolint.engine.running import SliceOutcome
from cocolint.read.columns import Index
from cocolint.read.document import Document
from cocolint.read.slicing import Span
from cocolint.read.source import BLANKS


class Sliced(NamedTuple):
    """The slices of a file, checked before the rest of it was read: where they lie, the rows of each, and what came of all."""

    spans: list[Span]
    sizes: list[int]
    outcome: SliceOutcome

    def belongs_to(self, document: Document, before: Document) -> bool:
        """Whether these are the slices of a document that is read like the one `before` it was mended: all, and no more."""
        section = document.sections.get("annotations")
        if section is None or document.source.data != document.file.mended or document.task != before.task:
            return False
        if document.images is not before.images or document.categories is not before.categories:
            return False
        places = [section.start + 1, *(place for span in self.spans for place in span), section.stop - 1]
        if any(stop < start for start, stop in pairwise(places)):
            return False
        gaps = [document.source.read(*gap).strip(BLANKS) for gap in zip(places[::2], places[1::2], strict=True)]
        return gaps == [b"", *[b","] * (len(self.spans) - 1), b""]

    def put_into(self, document: Document) -> list[SliceOutcome]:
        """Note in a document where its slices lie and which rows they hold; return what came of them."""
        document.slices = self.spans
        document.row_starts = list(accumulate(self.sizes, initial=0))
        return [self.outcome]


class Following:
    """Puts together what comes of the stretches of a copy, in order.

    `work` is what workers are told of the copy; the file `before` it was mended had these columns, in `count` slices.
    """

    def __init__(self, work: Work, before: Index, count: int) -> None:
        self.work = work
        self._shelf = Shelf(count, before)
        self._spans: list[Span] = []
        self._sizes: list[int] = []
        self._is_whole = True

    def take(self, span: Span, desk: int, sent: Sent | None) -> None:
        """Take what came of the next stretch, None if it is not whole records: then nothing comes of all of them."""
        self._is_whole &= sent is not None
        if sent is None or not self._is_whole:
            return
        outcome = self.work.desks.taken(desk, sent) if self.work.desks else sent.outcome
        self._shelf.add(outcome)
        self._spans.append(span)
        self._sizes.append(len(outcome))

    def sliced(self) -> Sliced | None:
        """Return what came of all stretches, None if there was none, or not of all of them."""
        return Sliced(self._spans, self._sizes, self._shelf.outcome()) if self._spans and self._is_whole else None
