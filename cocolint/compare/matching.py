"""Which record of one file is which of the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cocolint.compare.opened import Field, Records, have_images
from cocolint.model import Bools, Ints

_ODD = np.int64(0x2545F4914F6CDD1D)


class Matched(NamedTuple):
    """Pairs of rows in the order of the old file, and the rows that have no partner.

    `is_same` tells the pairs that are the same byte for byte.
    """

    old: Ints
    new: Ints
    is_same: Bools
    removed: Ints
    added: Ints

    @property
    def order_differs(self) -> bool:
        """Whether the records that both files have stand in another order."""
        return bool(np.any(np.diff(self.new) < 0))


def match(old: Records, new: Records) -> Matched:
    """Find the partner of each record: by its bytes, then its key, then by all but its key.

    Where several records have a key, or have none, those of equal content are partners, then the first left with the
    first left.
    """
    matching = _Matching(old, new)
    matching.same_bytes()
    matching.same_key_and_content()
    matching.same_key()
    matching.same_but_for(lambda _: "id")
    if have_images(old.name):
        matching.same_but_for(lambda record: None if "id" in record else "image_id")
    return matching.result()


class _Matching:
    """The rows of both files that have no partner yet, and the pairs found so far, a part for each step."""

    def __init__(self, old: Records, new: Records) -> None:
        self._old, self._new = old, new
        self._left_old: Ints = np.arange(len(old))
        self._left_new: Ints = np.arange(len(new))
        self._pairs: list[tuple[Ints, Ints]] = []

    def same_bytes(self) -> None:
        self._pair(self._old.digest, self._new.digest)

    def same_key_and_content(self) -> None:
        """Pair by key; where it stands several times in a file, by content too."""
        keys = self._keys()
        repeated = np.union1d(*map(_repeated, keys))
        both = zip((self._old, self._new), (self._left_old, self._left_new), keys, strict=True)
        self._pair(*(key * _ODD ^ _content(records, left, np.isin(key, repeated)) for records, left, key in both))

    def same_key(self) -> None:
        self._pair(*self._keys())

    def same_but_for(self, field: Field) -> None:
        """Pair by content without the field whose name `field` returns for a record."""
        if len(self._left_old) and len(self._left_new):
            self._pair(self._old.digests(self._left_old, field), self._new.digests(self._left_new, field))

    def result(self) -> Matched:
        old, new = (np.concatenate(rows) for rows in zip(*self._pairs, strict=True))
        is_same = np.arange(len(old)) < len(self._pairs[0][0])
        order = np.argsort(old)
        return Matched(old[order], new[order], is_same[order], self._left_old, self._left_new)

    def _keys(self) -> tuple[Ints, Ints]:
        return self._old.key[self._left_old], self._new.key[self._left_new]

    def _pair(self, old: Ints, new: Ints) -> None:
        """Pair rows that are left: the first of each number in `old` with its first in `new`, and so on."""
        ours, theirs = _paired(old, new)
        self._pairs.append((self._left_old[ours], self._left_new[theirs]))
        self._left_old = np.delete(self._left_old, ours)
        self._left_new = np.delete(self._left_new, theirs)


def _paired(old: Ints, new: Ints) -> tuple[Ints, Ints]:
    by_old, by_new = np.argsort(old, kind="stable"), np.argsort(new, kind="stable")
    ours, theirs = old[by_old], new[by_new]
    occurrence = np.arange(len(ours)) - np.searchsorted(ours, ours)
    partner = np.searchsorted(theirs, ours) + occurrence
    found = partner < np.searchsorted(theirs, ours, side="right")
    return by_old[found], by_new[partner[found]]


def _repeated(keys: Ints) -> Ints:
    values, counts = np.unique(keys, return_counts=True)
    return values[counts > 1]


def _content(records: Records, rows: Ints, wanted: Bools) -> Ints:
    """Return a digest of the records that are wanted, 0 for the others."""
    found = np.zeros(len(rows), np.int64)
    found[wanted] = records.digests(rows[wanted])
    return found
