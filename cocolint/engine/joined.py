"""Annotations of many small files in one table: the rules that see slices run once for all of them.

What such a rule finds in two slices is what it finds in both together, so that findings can be told apart by their rows.
Where that is not possible, and where a rule raises, it runs once more for each file alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace

from cocolint.engine.pool import SliceChecker
from cocolint.engine.rule import Rule, Scope
from cocolint.engine.running import NOT_ASKED, Findings, Options, Outcome, SliceOutcome, check_slice
from cocolint.model import Finding, Ints
from cocolint.read import folded
from cocolint.read.build import Masks, annotations_of, part_counts
from cocolint.read.columns import DERIVED, Annotations, Ids, Images, Index
from cocolint.read.details import Runs
from cocolint.read.document import Document, SliceReader, all_faults
from cocolint.read.folded import PartOfIndex, Together
from cocolint.read.geometry import distinct
from cocolint.read.regular import regular_reader_of
from cocolint.read.structure import reader_of

_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_WHOLE = ("caption", "file_name")
"""Fields that say what the digest of an annotation is made of, if any annotation has them."""


class JoinedImages(Images):
    """The images of several documents, one after the other; ids are those of one document each."""

    def __init__(self, documents: Sequence[Document], counts: Sequence[int]) -> None:
        tables = [document.images for document in documents]
        together = folded.joined(tables)
        self.starts = list(accumulate(map(len, tables), initial=0))
        super().__init__(together.columns, together.valid, together.absent, self.starts[-1])
        self._owner = np.repeat(np.arange(len(tables)), np.diff(self.starts))
        self._owner_of_ids = np.repeat(np.arange(len(tables)), counts)

    def rows_of(self, ids: Ints) -> Ints:
        """Return the row of each id, -1 where its document has no such image. Raises `ValueError` for some of them only."""
        if len(ids) != len(self._owner_of_ids):
            raise ValueError("ids without their document")
        known = distinct(np.concatenate([self.id, ids]))
        mine, wanted = (
            owner * len(known) + np.searchsorted(known, some)
            for owner, some in ((self._owner, self.id), (self._owner_of_ids, ids))
        )
        return Ids(mine, self.has("id")).rows_of(wanted)


def outcomes(documents: Sequence[Document], rules: list[Rule], options: Options) -> Iterator[SliceOutcome]:
    """Yield what comes of the only slice of each document; the documents are of one task. Raises `BadCut`."""
    for _, same in groupby(documents, lambda document: id(document.categories)):
        yield from _outcomes(list(same), rules, options)


def _outcomes(documents: list[Document], rules: list[Rule], options: Options) -> Iterator[SliceOutcome]:
    if len(documents) == 1:
        yield _alone(documents[0], rules, options)
        return
    joined = _joined(documents)
    if joined is None:  # the two halves, until those are apart that do not go with the others
        half = len(documents) // 2
        yield from _outcomes(documents[:half], rules, options)
        yield from _outcomes(documents[half:], rules, options)
    else:
        yield from _told_apart(documents, *joined, rules, options)


def _alone(document: Document, rules: list[Rule], options: Options) -> SliceOutcome:
    return SliceChecker(SliceReader.of(document), rules, options, NOT_ASKED)(document.slices[0])


def _joined(documents: Sequence[Document]) -> tuple[JoinedImages, Annotations, Masks, list[int]] | None:
    """Return images and annotations of all documents, and where those of each start; None if they do not go together."""
    texts = [document.source.read(*document.slices[0]) for document in documents]
    masks = regular_reader_of(documents[0].task).read(b"[%b]" % b",".join(texts))
    if masks is None:
        return None
    counts = [len(_RAWS.decode(b"[%b]" % text)) for text in texts]
    if sum(counts) != masks.size:
        return None
    images = JoinedImages(documents, counts)
    table = annotations_of(masks, images, documents[0].categories)
    if any(_is_mixed(masks, name) for name in _WHOLE):
        return None
    table.starts = starts = list(accumulate(counts, initial=0))
    crowds = table.runs.owner[table.crowd[table.runs.owner]]
    for number in distinct(np.searchsorted(starts, crowds, side="right") - 1).tolist():
        rows = slice(starts[number], starts[number + 1])
        table.part_count[rows] = _part_counts(table, rows.start, rows.stop)
    del table.image_id  # equal ids of two documents are two images: rules that ask for it fail here, and see each alone
    return images, table, masks, starts


def _part_counts(table: Annotations, first: int, stop: int) -> Ints:
    """Count the parts of crowds of one document: of how many depends on the others in the table."""
    runs = table.runs
    mine = slice(*np.searchsorted(runs.owner, (first, stop)).tolist())
    counts = runs.counts[runs.start[mine.start] : runs.start[mine.stop]]
    some = Runs(
        runs.owner[mine] - first, runs.height[mine], runs.width[mine], runs.length[mine], counts,
        runs.compressed[mine], runs.mark[mine], runs.text[mine],
    )  # fmt: skip
    return part_counts(stop - first, some, table.crowd[first:stop])


def _is_mixed(masks: Masks, name: str) -> bool:
    valid = masks.valid[name]
    return bool(valid.any() and not valid.all())


def _told_apart(
    documents: Sequence[Document],
    images: JoinedImages,
    table: Annotations,
    masks: Masks,
    starts: list[int],
    rules: list[Rule],
    options: Options,
) -> Iterator[SliceOutcome]:
    faults = all_faults(table, masks, None, reader_of(documents[0].task, "annotations"))
    whole = check_slice(table, faults, rules, options, NOT_ASKED).outcome
    found = _by_document(whole.findings, starts)
    again = [rule for rule in rules if rule.name in whole.crashes or rule.name in found.unclear]
    index = Index(table.keys, table.valid, table.absent, images, table.category_uses)
    index.starts = table.starts
    given = {"index": index, "images": images, "categories": table.categories, "faults": []}
    silent, seconds = _silent(documents, given, {"annotations": starts, "images": images.starts}, rules, options, found.parts)
    numbers = np.repeat(np.arange(len(documents)), np.diff(starts))
    first_images = np.array(images.starts)[numbers]
    keys = {**table.keys, "image": np.where(table.image >= 0, table.image - first_images, -1)}
    together = Together(keys, table.valid, table.absent)
    uses = _category_uses(table, numbers, len(documents))
    for number, document in enumerate(documents):
        outcome = Outcome(found.parts[number], skipped={**whole.skipped}, silent=silent[number])
        outcome.seconds.update({} if number else {**whole.seconds, **seconds})
        if again:
            alone = _alone(document, again, options).outcome
            outcome.findings |= {rule.name: alone.findings[rule.name] for rule in again if rule.name in alone.findings}
            outcome.crashes |= alone.crashes
        rows = slice(starts[number], starts[number + 1])
        mine = PartOfIndex(together, rows.start, rows.stop, document.images, uses[number])
        mine.__dict__.update({name: getattr(index, name)[rows] for name in DERIVED})
        yield SliceOutcome(len(mine), {}, {}, {}, uses[number], outcome, mine)


def _category_uses(table: Annotations, numbers: Ints, count: int) -> Ints:
    """Return for each of `count` documents how many of its annotations and segments have each category."""
    size, segments = len(table.categories), table.segments
    rows = np.concatenate([table.category, table.categories.rows_of(segments.category_id)])
    owners = np.concatenate([numbers, numbers[segments.owner]])
    return np.bincount(owners[rows >= 0] * size + rows[rows >= 0], minlength=count * size).reshape(count, size)


def _silent(
    documents: Sequence[Document],
    given: Mapping[str, Any],
    starts: Mapping[str | None, Sequence[int]],
    rules: list[Rule],
    options: Options,
    faults: Sequence[Findings],
) -> tuple[list[frozenset[str]], dict[str, float]]:
    """Return for each document the rules that, cumulative as they are, find nothing in it, and the seconds to know that.

    A rule that names a row of a document, or more than rows, or is given faults of it, sees it alone.
    """
    heard: list[set[str]] = [{name.removeprefix("faults:") for name in some} for some in faults]
    silent = set()
    whole = Outcome()
    for rule in rules:
        if rule.signs is None or rule.scope is Scope.DATASET:
            continue
        whole.run(rule, given, options, rule.signs)
        found = whole.findings.get(rule.name, [])
        if rule.name in whole.crashes or any(one.section not in starts or not len(one.rows) for one in found):
            continue
        silent.add(rule.name)
        for number in {number for one in found for number in distinct(_numbers(one, starts[one.section])).tolist()}:
            heard[number].add(rule.name)
    quiet = frozenset(silent)
    parts = [
        quiet if quiet.isdisjoint(some) and quiet.isdisjoint(document.faults) else quiet.difference(some, document.faults)
        for some, document in zip(heard, documents, strict=True)
    ]
    return parts, whole.seconds


def _numbers(finding: Finding, starts: Sequence[int]) -> Ints:
    """Return the number of the document that each row of a finding belongs to."""
    return np.searchsorted(starts, finding.rows, side="right") - 1


class _Apart(NamedTuple):
    """The findings of each document by rule, and the rules of which some cannot be told apart."""

    parts: list[dict[str, list[Finding]]]
    unclear: set[str]


def _by_document(findings: Mapping[str, list[Finding]], starts: list[int]) -> _Apart:
    parts: list[dict[str, list[Finding]]] = [defaultdict(list) for _ in starts[1:]]
    unclear = set()
    for name, found in findings.items():
        if any(one.section != "annotations" or not len(one.rows) for one in found):
            unclear.add(name)
            continue
        for one in found:
            numbers = _numbers(one, starts)
            for number in distinct(numbers).tolist():
                mask = numbers == number
                values = {key: column[mask] for key, column in one.values.items()}
                parts[number][name].append(replace(one, rows=one.rows[mask] - starts[number], values=values))
    return _Apart(parts, unclear)
