"""What is to be done to records: a fix, the rows it is for, and what it may ask for besides the record."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from cocolint.engine.fixing import FIELD, Category, Fixer, Image, Record
from cocolint.model import Ints, Values
from cocolint.read.columns import Categories, Images
from cocolint.reported import Change


class Surround:
    """What the fixes of a file may ask for besides the record: the `image` and `category` it refers to."""

    def __init__(self, images: Images, categories: Categories, facts: Mapping[str, Any]) -> None:
        self._images = images
        self._categories = categories
        self.facts = facts

    def portable(self) -> Surround:
        """Return the part of it that can be sent to other processes."""
        return Surround(self._images, self._categories, {name: self.facts[name] for name in PORTABLE if name in self.facts})

    @cached_property
    def _image_rows(self) -> dict[float, int]:
        rows = np.flatnonzero(self._images.has("id"))
        return dict(zip(self._images.id[rows].tolist(), rows.tolist(), strict=True))

    @cached_property
    def _category_rows(self) -> dict[float, int]:
        rows = np.flatnonzero(self._categories.has("id"))
        return dict(zip(self._categories.id[rows].tolist(), rows.tolist(), strict=True))

    def image(self, record: Record) -> Image | None:
        """Return the image of a record, None where there is none of a known size."""
        row = self._row(self._image_rows, record.get("image_id"))
        if row is None:
            return None
        width, height = float(self._images.width[row]), float(self._images.height[row])
        return Image(int(self._images.id[row]), width, height, self._images.file_name[row]) if width > 0 < height else None

    def category(self, record: Record) -> Category | None:
        """Return the category of a record, None where there is none."""
        row = self._row(self._category_rows, record.get("category_id"))
        if row is None:
            return None
        return Category(int(self._categories.id[row]), self._categories.name[row], self._categories.keypoints[row])

    @staticmethod
    def _row(rows: Mapping[float, int], id_: Any) -> int | None:
        return rows.get(id_) if isinstance(id_, int | float) else None


PORTABLE = ("task", "dialect")
"""The facts of a file that go along to other processes."""

BY_RECORD = {"image": "image_id", "category": "category_id"}
"""What is looked up for each record, and the field that it is looked up by."""


class Job(Struct, frozen=True, dict=True):
    """One fix for some rows of a section, which ascend.

    `values` are those of the finding for each row, `constants` are fixtures that all rows share, `fresh` is the first id
    that is not in use.
    """

    fixer: Fixer
    field: str
    rows: Ints
    values: Values
    fresh: int = 0
    constants: Mapping[str, Any] = {}

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields of a record that the fix sees."""
        looked_up = [name for fixture, name in BY_RECORD.items() if fixture in self.fixer.fixtures]
        named = (self.field if name == FIELD else name for name in (*self.fixer.reads, *self.fixer.writes))
        return tuple(dict.fromkeys(name for name in (*named, *looked_up) if name))

    @property
    def is_of_row(self) -> bool:
        """Whether the fix may do different things with records whose fields are alike."""
        return not {"record", "field", *PORTABLE, *self.constants}.issuperset(self.fixer.fixtures)

    def layers(self) -> Iterator[tuple[Ints, Ints]]:
        """Yield the rows and the place of each among the rows, 0 where that is of no matter; rows found twice come again."""
        rows, places = self.rows, np.arange(len(self.rows))
        while len(rows):
            is_first = np.append(True, rows[1:] != rows[:-1])
            yield rows[is_first], places[is_first] if self.is_of_row else np.zeros(np.count_nonzero(is_first), np.int64)
            rows, places = rows[~is_first], places[~is_first]

    def between(self, first: int, stop: int) -> Job | None:
        """Return the job for the rows from `first` up to `stop`, counted from `first`, None if there are none."""
        low, high = np.searchsorted(self.rows, (first, stop))
        if low == high:
            return None
        values = {name: column[low:high] for name, column in self.values.items()}
        return replace(self, rows=self.rows[low:high] - first, values=values, fresh=self.fresh + int(low))


class Note(Struct):
    """What a fix did: how many records, which fields of them, and some of the changes."""

    count: int = 0
    dropped: int = 0
    fields: set[str] = set()
    changes: list[Change] = []

    def add(self, other: Note, limit: int | None) -> None:
        """Take over what the same fix did elsewhere, with at most `limit` changes."""
        self.count += other.count
        self.dropped += other.dropped
        self.fields |= other.fields
        self.changes = (self.changes + other.changes)[:limit]


class Text(Protocol):
    """A text that lies elsewhere."""

    def __len__(self) -> int:
        """Return its length in bytes."""

    def put(self, target: Path, offset: int, head: bytes) -> None:
        """Have `head` and the text behind it written to a place in `target`."""

    def read(self) -> bytes:
        """Return it."""


class Stretch(NamedTuple):
    """A mended stretch: its text, how many records it has now, a note for each job, and the ids that changed."""

    text: bytes | Text
    size: int
    notes: list[Note]
    ids: list[tuple[int, Any, Any]]


class FixFailed(Exception):
    """A fix raised: a fault of the fix, not of the data. `rule` is the name of its rule, `error` the traceback."""

    def __init__(self, rule: str, error: str) -> None:
        super().__init__(rule, error)
        self.rule = rule
        self.error = error


def guarded(fixer: Fixer) -> Callable[..., Any]:
    """Return the function of a fix, such that it raises nothing but `FixFailed`."""

    def call(**arguments: Any) -> Any:
        try:
            found = fixer.function(**arguments)
            return list(found) if isinstance(found, Iterator) else found
        except Exception as error:
            raise FixFailed(fixer.rule, traceback.format_exc(limit=-3)) from error

    return call


class NotAsMeant(Exception):
    """The mended bytes do not hold what they should: a fault of the program, and nothing is written."""
