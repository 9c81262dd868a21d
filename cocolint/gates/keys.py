"""What a baseline calls the records of findings: names that stay when other records come, go or move."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from cocolint.engine.whole_file import Checked
from cocolint.model import Bools, Ints
from cocolint.read.columns import Categories, Images, Index, Table
from cocolint.read.locate import KINDS
from cocolint.reported import FindingGroup

FILE = "file"
"""The kind of a finding without rows: it is about the file as a whole."""

_NUMBERED = re.compile(r"(?P<kind>[a-z-]+):(?P<first>-?\d{1,19})(?:-(?P<last>-?\d{1,19}))?(?P<field>/.*)?", re.DOTALL)
_FEWEST = 3
"""So many neighbouring numbers are written as a range."""
_MOST_OF_FILE = 10_000
_BIGGEST = 2**63 - 1


class Keys(NamedTuple):
    """The names of the rows of some findings, one after the other: the name is a kind and a number.

    `kinds` are the kinds with the field that the finding is about, as `annotation/bbox`; `kind` is an index of them. A record
    that has no id is a kind of its own, with the number 0.
    """

    kinds: list[str]
    kind: Ints
    number: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def at(self, mask: Bools) -> Keys:
        """Return the names of some rows."""
        return Keys(self.kinds, self.kind[mask], self.number[mask])


def keys_of(groups: Sequence[FindingGroup], checked: Checked, with_field: bool) -> Keys:
    """Return the names of all rows of the groups of one file; of one that has no rows there is one.

    Most rules look at one field; those of which many look at several are told apart `with_field`.
    """
    kinds: dict[str, int] = {}
    parts = [part for group in groups for part in _parts(group, checked, f"/{_field_of(group)}" if with_field else "", kinds)]
    empty = np.empty(0, np.int64)
    return Keys(
        list(kinds),
        np.concatenate([empty, *(part[0] for part in parts)]),
        np.concatenate([empty, *(part[1] for part in parts)]),
    )


def _field_of(group: FindingGroup) -> str:
    return (group.finding.field or "").partition("/")[0]


def _parts(group: FindingGroup, checked: Checked, tail: str, kinds: dict[str, int]) -> Iterator[tuple[Ints, Ints]]:
    """Yield kinds and numbers of the rows of a group; new kinds are added to `kinds`."""

    def place(kind: str) -> int:
        return kinds.setdefault(kind + tail if len(tail) > 1 else kind, len(kinds))

    finding = group.finding
    rows = finding.rows
    if not len(rows):
        yield np.array([kinds.setdefault(FILE, len(kinds))]), np.zeros(1, np.int64)
        return
    table = table_of(checked, finding.section)
    kind = np.full(len(rows), place(KINDS.get(finding.section or "", f"{finding.section}-row")))
    if table is None:
        yield kind, rows
        return
    number = table.id[rows]
    known = table.has("id")[rows]
    if not known.all():
        if table is checked.index:
            of_image = ~known & table.has("image_id")[rows]
            kind[of_image] = place("annotation-of-image")
            number = np.where(of_image, checked.index.image_id[rows], number)
            known = known | of_image
        for position in np.flatnonzero(~known).tolist():
            kind[position] = place(_named(table, int(rows[position])))
        number = np.where(known, number, 0)
    yield kind, number


def table_of(checked: Checked, section: str | None) -> Images | Categories | Index | None:
    """Return the table of a section, None for one that is not of records with ids."""
    document = checked.document
    tables: dict[str, Images | Categories | Index] = {
        "images": document.images, "categories": document.categories, "annotations": checked.index,
    }  # fmt: skip
    return tables.get(section or "")


def _named(table: Table, row: int) -> str:
    """Return what a record without an id is called."""
    if isinstance(table, Images):
        return f"image named {table.file_name[row]}"
    return f"category named {table.name[row]}" if isinstance(table, Categories) else "annotation without id"


class Spans(Struct, frozen=True):
    """Numbers of one kind as stretches from `first` to `last`; a number in two stretches stands for two findings."""

    first: Ints
    last: Ints

    def times(self, numbers: Ints) -> Ints:
        """Return how many findings each of `numbers` stands for."""
        return np.searchsorted(self.first, numbers, side="right") - np.searchsorted(self.last, numbers, side="left")

    @property
    def total(self) -> int:
        """How many findings all of them stand for."""
        return sum(last - first + 1 for first, last in zip(self.first.tolist(), self.last.tolist(), strict=True))


Known = dict[str, Spans]
"""The keys of one rule in one file, by kind."""


def spans_of(keys: Keys) -> Known:
    """Return names as stretches, in the one way there is to write them."""
    order = np.argsort(keys.kind, kind="stable")
    borders = np.searchsorted(keys.kind[order], np.arange(len(keys.kinds) + 1))
    parts = np.split(keys.number[order], borders[1:-1])
    return {kind: _stretches(numbers) for kind, numbers in zip(keys.kinds, parts, strict=True) if len(numbers)}


def _stretches(numbers: Ints) -> Spans:
    distinct, times = np.unique(numbers, return_counts=True)
    firsts, lasts = [], []
    for layer in range(1, int(times.max()) + 1):
        these = distinct[times >= layer]
        breaks = np.flatnonzero(np.diff(these) != 1)
        first, last = these[np.append(0, breaks + 1)], these[np.append(breaks, len(these) - 1)]
        short = last - first + 1 < _FEWEST
        inside = np.repeat(short, last - first + 1)
        firsts += [first[~short], these[inside]]
        lasts += [last[~short], these[inside]]
    return Spans(np.sort(np.concatenate(firsts)), np.sort(np.concatenate(lasts)))


def written(known: Known) -> list[str]:
    """Return the keys as text, sorted by kind and number; those of whole files are left out."""
    found = []
    for kind in sorted(known.keys() - {FILE}):
        name, slash, field = kind.partition("/")
        if not _is_numbered(kind):
            found += [kind] * known[kind].total
            continue
        for first, last in sorted(zip(known[kind].first.tolist(), known[kind].last.tolist(), strict=True)):
            found.append(f"{name}:{first}{f'-{last}' if last > first else ''}{slash}{field}")
    return found


def _is_numbered(kind: str) -> bool:
    return " " not in kind.partition("/")[0]


def parsed(texts: Iterable[str], of_file: int) -> Known:
    """Return the keys that are written as `texts`, and `of_file` for findings without rows. Raises `ValueError`."""
    stretches: dict[str, list[tuple[int, int]]] = {}
    for text in texts:
        match = _NUMBERED.fullmatch(text)
        if match is None:
            stretches.setdefault(text, []).append((0, 0))
            continue
        first = int(match["first"])
        last = int(match["last"] or first)
        if not -_BIGGEST - 1 <= first <= last <= _BIGGEST:
            raise ValueError(f"'{text}' is no range of ids")
        stretches.setdefault(match["kind"] + (match["field"] or ""), []).append((first, last))
    if of_file:
        stretches[FILE] = [(0, 0)] * min(of_file, _MOST_OF_FILE)
    return {
        kind: Spans(
            np.sort(np.array([pair[0] for pair in pairs], np.int64)), np.sort(np.array([p[1] for p in pairs], np.int64))
        )
        for kind, pairs in stretches.items()
    }


def digest_of(known: Known) -> str:
    """Return a digest of keys that are too many to be written."""
    import hashlib  # imported here: few baselines are that large

    of_file = known[FILE].total if FILE in known else 0
    lines = "\n".join([*written(known), str(of_file)])
    return "sha256:" + hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def covered(keys: Keys, known: Known) -> Bools:
    """Return for each row whether a key of `known` stands for it; of rows with one name the first ones come first."""
    order = np.lexsort((np.arange(len(keys)), keys.number, keys.kind))
    kind, number = keys.kind[order], keys.number[order]
    starts = np.append(True, (np.diff(kind) != 0) | (np.diff(number) != 0))[: len(keys)]
    first_of = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    rank = np.arange(len(keys)) - first_of
    allowed = np.zeros(len(keys), np.int64)
    borders = np.searchsorted(kind, np.arange(len(keys.kinds) + 1))
    for place, name in enumerate(keys.kinds):
        if name in known:
            here = slice(*borders[place : place + 2].tolist())
            allowed[here] = known[name].times(number[here])
    mask = np.zeros(len(keys), bool)
    mask[order] = rank < allowed
    return mask
