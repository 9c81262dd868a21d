"""What comes of a run: the findings of each file, what was mended, and the report that is made of it all."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from cocolint.model import SNIPPET, SOURCE, Finding, Fix, Mending, Severity, Status, Task


class Demand(Struct, frozen=True):
    """What a profile says of a rule: how bad its faults are for that reader, and what its user meets."""

    profile: str
    severity: Severity
    rule: str
    effect: str


class FindingGroup(Struct):
    """One rule's finding in one file, with all that a report says of it.

    `total` is the number of records of the section, `suppressed` the rows left out as allowed, `related` the names of
    rules whose findings on the same rows were folded into this one. `profiles` are the words of the active profiles that
    call it an error or a warning.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    breaks: str
    hint: str
    fix: Fix | None
    path: str
    finding: Finding
    total: int
    suppressed: int = 0
    related: list[str] = []
    profiles: list[Demand] = []

    @property
    def count(self) -> int:
        """How many records, or 1 for a fact about the whole file."""
        return max(1, len(self.finding.rows))


class Skip(Struct, frozen=True):
    """A rule that did not run on a file, or on any file where `path` is None, and why."""

    code: str
    name: str
    path: str | None
    because: str


class Suppressed(Struct, frozen=True):
    """Rows of a finding that are kept out of the report: by the baseline, or by a reviewed exception with its reason.

    `exception` is the number of that exception in the settings, None for the baseline. `is_whole` tells that no row of the
    finding is left in the report.
    """

    group: FindingGroup
    because: str
    exception: int | None
    is_whole: bool


class Stale(Struct, frozen=True):
    """What was suppressed once and is no longer there: `gone` findings of a rule in a file, or in those that a glob means."""

    code: str
    path: str
    gone: int
    because: str


class Crash(Struct, frozen=True):
    """A rule that raised: a fault of the rule, not of the data."""

    code: str
    name: str
    path: str
    error: str

    @property
    def last_line(self) -> str:
        """What the rule raised, without where."""
        return self.error.strip().rpartition("\n")[2]


class _Missing:
    """Stands for a value that is not there."""

    def __repr__(self) -> str:
        return "absent"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING = _Missing()


class Change(Struct, frozen=True):
    """One field of one record, mended. `old` is the whole record and `new` MISSING where `field` is "": it was dropped.

    `rule` is the name of the rule that was mended, `kind` and `id` name the record. Fields that were not there, or no longer
    are, are MISSING.
    """

    rule: str
    kind: str
    id: object
    field: str
    old: object
    new: object


class Mended(Struct):
    """What was mended of one rule in one file: how many records, `dropped` of them, which fields, and some of the changes."""

    code: str
    name: str
    path: str
    count: int = 0
    dropped: int = 0
    fields: tuple[str, ...] = ()
    changes: list[Change] = []


class Withdrawn(Struct, frozen=True):
    """A fix that was not made in a file, and why."""

    code: str
    name: str
    path: str
    because: str


class Occurrence(Struct, frozen=True):
    """One row of a finding, found in the file: `line` and `column` count from 1, columns in characters.

    `kind` and `id` name the record (`annotation`, 12), `image_id` the image it belongs to; None where there is none.
    `value` is what the field holds if it is short, `key` its name, and `source` the beginning of its text in the file.
    """

    pointer: str
    line: int
    column: int
    message: str
    kind: str | None
    id: object
    image_id: object
    value: object
    key: str
    source: bytes

    @property
    def snippet(self) -> str:
        """The field as it stands in the file, on one line and cut to fit."""
        text = " ".join(self.source.decode("utf-8", "replace").split())
        whole = len(text) <= SNIPPET and len(self.source) < SOURCE
        cut = text if whole else text[: SNIPPET - 4].rstrip() + " ..."
        return f'"{self.key}": {cut}' if self.key else cut


class FileResult(Struct):
    """What came of one file. `marks` holds for each rule that was to run its code and one of `.FWIs`: clean, error,
    warning, info, skipped. `pictures` are the picture files that were looked at. `note` says why a file is unreadable or
    skipped. `suppressed` is what is kept out of `groups`, `stale` what no longer needs to be."""

    path: str
    task: Task | None
    subset: str
    dialect: str
    layout: str
    status: Status
    images: int = 0
    annotations: int = 0
    categories: int = 0
    bytes: int = 0
    pictures: int = 0
    note: str = ""
    marks: list[tuple[str, str]] = []
    groups: list[FindingGroup] = []
    skips: list[Skip] = []
    suppressed: list[Suppressed] = []
    stale: list[Stale] = []


class ExitCode(enum.IntEnum):
    """What the process says to its caller."""

    OK = 0
    FINDINGS = 1
    UNUSABLE = 2
    INTERRUPTED = 130


class Report(Struct):
    """All that a run found out. `seconds_by_rule` is the time spent in each rule, by name, summed over processes.

    `occurrences` finds rows in the file, at most `limit` of them (all where it is None). `seconds_by_step` is the time from
    the start to the end of each step, `names` the name of each rule that was to run, by code. With `mending`, `files` are as
    they are afterwards; `mended` is what was or would be mended, `withdrawn` the fixes that would have done harm,
    `not_mended` the files left alone, with the reason, `written` the files written, and `maps` those with old and new ids.
    `stale` are exceptions that no longer match anything, `notes` what else the settings keep out of the report. `run` is
    what it all came of, for reports that show records and pictures; None for a report made by hand.
    """

    files: list[FileResult]
    skips: list[Skip]
    crashes: list[Crash]
    rule_count: int
    not_coco: int
    stopped_early: bool
    seconds: float
    seconds_by_rule: dict[str, float]
    exit_code: ExitCode
    occurrences: Callable[[FindingGroup, int | None], list[Occurrence]]
    seconds_by_step: dict[str, float] = {}
    names: dict[str, str] = {}
    mended: list[Mended] = []
    withdrawn: list[Withdrawn] = []
    not_mended: list[tuple[str, str]] = []
    written: list[str] = []
    maps: list[str] = []
    mending: Mending = Mending.OFF
    fix_only: bool = False
    stale: list[Stale] = []
    notes: list[str] = []
    run: Any = None

    @property
    def is_fix_only(self) -> bool:
        """Whether only what is mended is of interest, not what remains."""
        return self.fix_only or self.mending is Mending.SHOWN

    @property
    def groups(self) -> list[FindingGroup]:
        """The finding groups of all files."""
        return [group for result in self.files for group in result.groups]

    @property
    def suppressed(self) -> int:
        """How many findings the baseline and the reviewed exceptions keep out of the report."""
        whole = [one.group for result in self.files for one in result.suppressed if one.is_whole]
        return sum(group.count + group.suppressed for group in whole) + sum(group.suppressed for group in self.groups)

    def count(self, severity: Severity) -> int:
        """How many findings of exactly that severity there are."""
        return sum(group.count for group in self.groups if group.severity is severity)

    def fixable(self, fix: Fix) -> int:
        """How many findings can be mended with that safety."""
        return sum(group.count for group in self.groups if group.fix is fix)
