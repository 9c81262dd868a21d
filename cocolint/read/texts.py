"""Many strings as one: the names of millions of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np

from cocolint.read.geometry import starts_of

_AT_ONCE = 1 << 14


class Texts(Sequence[str]):
    """Strings in order, each made when it is asked for: a list would take some 60 bytes more for each."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._text = "".join(texts)
        self._starts = starts_of(np.fromiter(map(len, texts), np.int64, len(texts)))

    @classmethod
    def joined(cls, parts: Sequence[Texts]) -> Texts:
        """Return the strings of all parts in order."""
        whole = cls([])
        whole._text = "".join(part._text for part in parts)
        whole._starts = starts_of(np.concatenate([np.diff(part._starts) for part in parts]))
        return whole

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        one = range(len(self))[place]  # counts from the end as well, and raises IndexError
        return self._text[self._starts[one] : self._starts[one + 1]]

    def __iter__(self) -> Iterator[str]:
        for begin in range(0, len(self), _AT_ONCE):
            for start, stop in pairwise(self._starts[begin : begin + _AT_ONCE + 1].tolist()):
                yield self._text[start:stop]
