"""The plain data that the steps hand on to each other."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

if TYPE_CHECKING:
    from cocolint.read.remote import Remote

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Values = dict[str, npt.NDArray[np.generic]]

SNIPPET = 100
"""How many characters of a field's text are shown."""

SOURCE = 400
"""How many bytes of a field's text are kept for that."""

NO_ROWS: Ints = np.empty(0, np.int64)


class Mending(enum.Enum):
    """What is done about findings that can be mended: nothing, it is shown, or it is done."""

    OFF = "off"
    SHOWN = "shown"
    DONE = "done"


class Severity(enum.IntEnum):
    """How bad a finding is: what breaks a reader or a number is an error, what may do so is a warning."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Fix(enum.StrEnum):
    """How a fault can be mended: `safe` changes no meaning, `unsafe` may."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Stage(enum.IntEnum):
    """When something is mended: what comes later builds on what came before."""

    DECODE = 1
    CAST = 2
    SHAPE = 3
    DEFAULT = 4
    ID = 5
    DROP = 6
    CLIP = 7
    DERIVE = 8
    SORT = 9


class Task(enum.StrEnum):
    """What an annotation file is for; the value is the prefix of its name and the name of its schema."""

    INSTANCES = "instances"
    PERSON_KEYPOINTS = "person_keypoints"
    CAPTIONS = "captions"
    IMAGE_INFO = "image_info"
    LABELS = "labels"
    STUFF = "stuff"
    PANOPTIC = "panoptic"
    RESULTS_BBOX = "results_bbox"
    RESULTS_SEGM = "results_segm"
    RESULTS_KEYPOINTS = "results_keypoints"
    RESULTS_CAPTIONS = "results_captions"
    RESULTS_STUFF = "results_stuff"
    RESULTS_PANOPTIC = "results_panoptic"

    @property
    def is_results(self) -> bool:
        """Whether files of this task hold what a model predicted."""
        return self.startswith("results_")


class Status(enum.StrEnum):
    """What became of a file in a run."""

    PASSED = "passed"
    FAILED = "failed"
    UNREADABLE = "unreadable"
    SKIPPED = "skipped"


class Part(NamedTuple):
    """One data set of a file that holds an array of them: its number, from 0, and its bytes from `start` up to `stop`."""

    number: int
    start: int
    stop: int


class AnnotationFile(NamedTuple):
    """One file to check, as its path tells.

    `task` is None where the content has to tell it; `task_is_told` means that the user said it, not the name. `root` is the
    folder of the data set that the file is part of. `dialect` is "" where the
    content has to tell it. `leads` marks one file of each data set: findings on the whole of it are reported there.
    `archive` is the zip archive that the file lies in: `path` then goes on from it to the entry. `part` is the one data set
    that is meant, in a file of several; `display` then ends in `#` and its number. `remote` is a file behind a URL: `path` is
    then made of that, and only its names mean anything.
    """

    path: Path
    display: str
    task: Task | None
    subset: str
    layout: str
    follows_pattern: bool
    named_by_user: bool
    task_is_told: bool = False
    root: Path = Path()
    leads: bool = True
    dialect: str = ""
    archive: Path | None = None
    mended: Path | None = None
    part: Part | None = None
    remote: Remote | None = None


class Finding(Struct, frozen=True):
    """One fault as a rule sees it: some rows of one section, or the whole file where `section` is None.

    `rows` are positions in the section. `field` is the JSON pointer below a record, such as `bbox` or `segmentation/0`.
    `message` and `field` are format strings; `values` holds one array per name in them, each as long as `rows`.
    `summary`, `severity` and `hint` replace the rule's own where they are given. `offset` is the byte that a finding without
    rows is about.
    """

    message: str
    section: str | None = None
    rows: Ints = NO_ROWS
    field: str | None = None
    values: Values = {}
    severity: Severity | None = None
    summary: str | None = None
    hint: str | None = None
    offset: int | None = None

    def text(self, position: int) -> tuple[str, str]:
        """Return the JSON pointer and the message of the row at `position` of `rows`."""
        return next(self.texts(np.array([position])))

    def texts(self, positions: Ints) -> Iterator[tuple[str, str]]:
        """Yield the JSON pointer and the message of the rows at `positions` of `rows`; of the whole file if there are none."""
        tail = f"/{self.field}" if self.field else ""
        if not len(self.rows):
            yield (f"/{self.section}" if self.section else "") + tail, self.message.format()
            return
        rows = self.rows[positions].tolist()
        columns = [column[positions].tolist() for column in self.values.values()]
        named = [dict(zip(self.values, values, strict=True)) for values in zip(*columns, strict=True)] or [{}] * len(rows)
        for row, values in zip(rows, named, strict=True):
            below = tail.format(**values) if "{" in tail else tail
            yield f"/{self.section}/{row}{below}", self.message.format(**values)


class FileFacts(Struct, frozen=True):
    """What rules may know of the file itself. `keys` are its top-level keys; `row_counts` the records of each section.

    `info` and `licenses` are these two sections, empty where they are of another type. `unknown_fields` holds for each
    section the keys of its first records that the schema of the task does not know.
    """

    display: str
    task: Task
    subset: str
    dialect: str
    layout: str
    follows_pattern: bool
    keys: frozenset[str]
    row_counts: dict[str, int]
    info: Mapping[str, Any] = MappingProxyType({})
    licenses: Sequence[Any] = ()
    unknown_fields: Mapping[str, Sequence[str]] = MappingProxyType({})
