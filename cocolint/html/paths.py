"""Paths without the folders that all of them have in common, so that there is room for what differs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from cocolint.report.text import clean


class Paths:
    """The files of a report. `folder` is where all of them lie, "" where that is nowhere in particular."""

    def __init__(self, paths: Iterable[str]) -> None:
        parts = [path.split("/")[:-1] for path in paths]
        same = takewhile(lambda level: len(set(level)) == 1, zip(*parts, strict=False))
        self._folder = "".join(f"{level[0]}/" for level in same)
        self.folder = clean(self._folder)

    def shown(self, path: str) -> str:
        """Return a path as it counts from the folder, harmless."""
        return clean(path.removeprefix(self._folder))
