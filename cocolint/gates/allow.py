"""Reviewed exceptions: findings that somebody looked at and found right, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct, field

from cocolint.engine.registry import did_you_mean
from cocolint.model import Bools, Ints

_KEYS = ("rule", "file", "ids", "reason")


class Allow(Struct, frozen=True):
    """The findings of `rule` in the files that the glob `file` means, and there on the records with `ids`, or on all."""

    rule: str
    file: str
    reason: str
    ids: tuple[int, ...] = field(default=())

    @property
    def table(self) -> dict[str, Any]:
        """The exception as it stands in the configuration file."""
        return {"rule": self.rule, "file": self.file, "ids": self.ids, "reason": self.reason}

    @property
    def is_of_one_file(self) -> bool:
        """Whether the glob can mean one file only, wherever the run begins."""
        return not any(character in self.file for character in "*?[")

    def covers(self, ids: Ints, known: Bools) -> Bools:
        """Return for each record whether it is meant; `known` tells which have an id."""
        if not self.ids:
            return np.ones(len(ids), bool)
        mask: Bools = known & np.isin(ids, np.array(self.ids, np.int64))
        return mask


def exceptions(value: Any) -> tuple[Allow, ...]:
    """Return the exceptions that an array of tables stands for. Raises `TypeError` or `ValueError` if it is none."""
    if not isinstance(value, list | tuple):
        raise TypeError(f"expected an array of tables, got {value!r}")
    return tuple(one if isinstance(one, Allow) else _exception(one) for one in value)


def _exception(value: Any) -> Allow:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected a table, got {value!r}")
    for key in value:
        if key not in _KEYS:
            raise ValueError(f"unknown key '{key}'{did_you_mean(key, _KEYS)}")
    texts = []
    for key in ("rule", "file", "reason"):
        text = value.get(key)
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"an exception needs a `{key}`: {dict(value)!r}")
        texts.append(text.strip())
    ids = value.get("ids", [])
    if not isinstance(ids, list) or any(isinstance(one, bool) or not isinstance(one, int) for one in ids):
        raise TypeError(f"ids: expected a list of numbers, got {ids!r}")
    if any(abs(one) >= 2**63 for one in ids):
        raise ValueError("ids: a number does not fit into 64 bits")
    if not ids and "ids" in value:
        raise ValueError("ids: the list is empty; leave it out to allow all")
    return Allow(texts[0], texts[1], texts[2], tuple(ids))
