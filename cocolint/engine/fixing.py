"""What a fix is: a function on its rule, with its stage, its safety and the fields it touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from cocolint.model import Ints, Stage

FIELD = "<field>"
"""In `reads` and `writes` of a fix: the field that the finding is about."""


Record = dict[str, Any]


class Image(Struct, frozen=True):
    """What a fix may know of the image of an annotation; the size in pixels."""

    id: int
    width: float
    height: float
    file_name: str


class Category(Struct, frozen=True):
    """What a fix may know of the category of an annotation; `keypoints` is None where it declares none."""

    id: int
    name: str
    keypoints: list[str] | None


class Renumbered(Struct, frozen=True):
    """New ids for records of a `section` of the file shown as `file`, and for all that refers to them."""

    file: str
    section: str
    ids: Mapping[Any, int]


class Reordered(Struct, frozen=True):
    """The records of a `section` of the file shown as `file` in the order of `rows`."""

    file: str
    section: str
    rows: Ints


class Added(Struct, frozen=True):
    """More records for a section of the file shown as `file`."""

    file: str
    section: str
    records: Sequence[Record]


class Dropped(Struct, frozen=True):
    """The records at `rows` of a section of the file shown as `file`, to be taken out."""

    file: str
    section: str
    rows: Ints


class Recoded(Struct, frozen=True):
    """The file shown as `file` as UTF-8 without a mark; bytes that are not UTF-8 are read as `encoding`."""

    file: str
    encoding: str


class Fixer(Struct, frozen=True, eq=False):
    """One way to mend what a rule finds; which of three forms it has follows from its parameters.

    - `record` is a record of the section of the finding, with the fields that `reads` and `writes` name. It is
      changed and returned, or returned as it is where it cannot be mended this way, or None is returned to drop it.
    - `root` is the object at the root, with `SECTION` for each section of records. It is changed and returned.
    - a function with neither yields what to do with whole sections: `Renumbered`, `Reordered`, `Added`, `Dropped` or
      `Recoded`.

    Further parameters are fixtures by name: the values of the finding's row; `field`; `fresh_id`, an id that is not in use;
    `image` and `category` of a record; whatever rules may ask for; and for a function without a record `found`, the records
    that were found, `members`, all files of the data set, and `records_of`, which returns the records of a section.
    """

    rule: str
    function: Callable[..., Any]
    fixtures: tuple[str, ...]
    stage: Stage
    safe: bool
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    drops: bool

    @property
    def is_of_record(self) -> bool:
        """Whether it mends record by record."""
        return "record" in self.fixtures

    @property
    def is_of_root(self) -> bool:
        """Whether it mends the object at the root."""
        return "root" in self.fixtures

    def __reduce__(self) -> tuple[Any, ...]:
        name = self.rule, getattr(self.function, "__name__", "")
        return (_known, name) if _KNOWN.get(name) is self else (Fixer, astuple(self))


_KNOWN: dict[tuple[str, str], Fixer] = {}
"""The fixes of rules by the names of rule and function, as which they are sent to other processes."""


def _known(rule: str, name: str) -> Fixer:
    return _KNOWN[rule, name]


def fixer_of(
    rule: str, function: Callable[..., Any], stage: Stage, safe: bool, reads: Sequence[str], writes: Sequence[str], drops: bool
) -> Fixer:
    """Return the fix that a function is."""
    code = function.__code__
    fixtures = code.co_varnames[: code.co_argcount]
    fixer = Fixer(rule, function, fixtures, stage, safe, tuple(reads), tuple(writes), drops)
    _KNOWN[rule, function.__name__] = fixer
    return fixer


RecordsOf = Callable[[str, str], list[Any]]
"""The fixture `records_of`: from a file, as it is shown, and the name of a section to all records of it."""

SECTION = object()
"""Stands for the array of records of a section in the object at the root."""
