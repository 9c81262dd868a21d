"""What rules look at in the columns of a whole file, noted, so that they need not look at the same ones twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from cocolint.model import Bools
from cocolint.read.columns import Index

Seen = set[tuple[str, str]]
"""What was looked at: columns and masks by their kind, `keys`, `valid` or `absent`, and name; all else by "" and its name."""

_DERIVED = {name: one for name, one in vars(Index).items() if isinstance(one, cached_property)}
_SIZES = {"size", "offset"}


class Watched(Index):
    """An index that notes what is looked at while it is watched; what was computed of columns counts as these."""

    def __init__(self, index: Index, seen: Seen | None = None) -> None:
        super().__init__(index.keys, index.valid, index.absent, index._images, index.category_uses, index.offset)
        self._made_of: dict[str, Seen] = {}
        self._seen = seen

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """A context that yields the set of what is looked at in it."""
        state = _state(self)
        before, state["_seen"] = state["_seen"], set()
        try:
            yield state["_seen"]
        finally:
            state["_seen"] = before

    def is_same(self, before: Watched, seen: Seen) -> bool:
        """Whether what was looked at in the index `before` are the very same objects in this one."""
        one, other = _state(self), _state(before)
        return all(one[name] == other[name] for name in _SIZES) and all(
            name in one and name in other and one[name] is other[name]
            if not kind
            else one[kind].get(name) is other[kind].get(name)
            for kind, name in seen
        )

    def has(self, field: str) -> Bools:
        return self._mask("valid", field, super().has)

    def lacks(self, field: str) -> Bools:
        return self._mask("absent", field, super().lacks)

    def part(self, rows: slice) -> Index:
        seen = _state(self).get("_seen")
        with self.watched():  # all columns are cut: those are noted that are looked at in the part
            part = super().part(rows)
        return part if seen is None else Watched(part, seen)

    def let_go(self) -> None:
        with self.watched():  # nothing is told of what it looks at
            super().let_go()

    def _mask(self, kind: str, field: str, of: Any) -> Bools:
        seen = _state(self).get("_seen")
        with self.watched():
            mask: Bools = of(field)
        if seen is not None:
            seen.add((kind, field))
        return mask

    def __getattribute__(self, name: str) -> Any:
        state = _state(self)
        seen: Seen | None = state.get("_seen")
        if seen is None:
            return object.__getattribute__(self, name)
        if name in _DERIVED:
            return self._derived(name, seen)
        if name in state["keys"]:
            seen.add(("keys", name))
        elif name == "__dict__" or (name in state and name not in _SIZES):  # what methods look at is noted in turn
            seen.add(("", name))
        return object.__getattribute__(self, name)

    def _derived(self, name: str, seen: Seen) -> Any:
        """Return what is computed but once. What was computed while nobody watched is computed again: of what, is not known."""
        state = _state(self)
        if name not in state or name not in state["_made_of"]:
            with self.watched() as made_of:
                state[name] = _DERIVED[name].func(self)
            state["_made_of"][name] = made_of
        seen |= state["_made_of"][name]
        return state[name]


def _state(index: Index) -> dict[str, Any]:
    state: dict[str, Any] = object.__getattribute__(index, "__dict__")
    return state
