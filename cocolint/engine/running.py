"""Running rules, and those that see slices on a slice; a rule that raises does not stop the others."""

from __future__ import annotations

import time
import traceback
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy.typing as npt
from msgspec import Struct, field
from msgspec.structs import replace

from cocolint.engine.rule import Rule, Scope, Signs, fixtures_of
from cocolint.engine.watching import Seen
from cocolint.failure import Failure
from cocolint.model import AnnotationFile, Finding, Ints
from cocolint.pictures.segment_maps import SegmentFolder, SegmentMaps, segment_folder
from cocolint.read.columns import Annotations, Index

REMOTE = "the file is not on this machine"
"""Why rules are skipped that look around a file."""
Findings = dict[str, list[Finding]]
Options = Mapping[str, Mapping[str, Any]]


class Absent(Struct, frozen=True):
    """Stands for a fixture that there is nothing for in this run: the rules that ask for it are skipped."""

    because: str


_NO_OPTIONS: Mapping[str, Any] = {}


class Outcome(Struct):
    """What came of running rules: findings, seconds, tracebacks, and why it was skipped, by the rule's name.

    `silent` are rules that need not run: it is known that they find nothing. `seen` is what rules that see the whole file
    looked at in the index, if that is watched.
    """

    findings: Findings = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    crashes: dict[str, str] = {}
    skipped: dict[str, str] = {}
    silent: frozenset[str] = frozenset()
    seen: dict[str, Seen] = {}

    def __bool__(self) -> bool:
        return bool(self.findings or self.crashes or self.skipped)

    def run(self, rule: Rule, fixtures: Mapping[str, Any], options: Options, signs: Signs | None = None) -> None:
        """Run one rule, or only look for signs of what it finds; if that raises, keep the traceback and go on."""
        given = [fixtures[name] for name in (fixtures_of(signs) if signs else rule.fixtures)]
        for one in given:
            if isinstance(one, Absent):
                self.skipped[rule.name] = one.because
                return
        begin = time.perf_counter()
        try:
            found = list((signs or rule.function)(*given, **options.get(rule.name, _NO_OPTIONS)))
            if found:
                self.findings[rule.name] += found
        except Failure:  # what it asked for could not be had
            raise
        except Exception:
            self.crashes.setdefault(rule.name, traceback.format_exc(limit=-3))
        self.seconds[rule.name] += time.perf_counter() - begin

    def take(self, name: str, before: Outcome) -> None:
        """Take over what came of a rule before."""
        if name in before.findings:
            self.findings[name] += before.findings[name]
        if name in before.skipped:
            self.skipped[name] = before.skipped[name]
        if name in before.seen:
            self.seen[name] = before.seen[name]

    def add(self, other: Outcome, offset: int = 0) -> None:
        """Take over what came of a slice whose first row is `offset`."""
        for name, findings in other.findings.items():
            self.findings[name] += [replace(finding, rows=finding.rows + offset) for finding in findings]
        for name, seconds in other.seconds.items():
            self.seconds[name] += seconds
        self.crashes |= other.crashes
        self.skipped |= other.skipped
        self.seen |= other.seen


Column = npt.NDArray[Any]
Columns = dict[str, Column]


class SliceOutcome(Struct):
    """What came of one slice: its size, its key columns and presence masks, the uses of each category, the rules' outcome.

    `index` holds these columns where they are among those of other files.
    """

    size: int
    keys: Columns
    valid: Columns
    absent: Columns
    category_uses: Ints
    outcome: Outcome
    index: Index | None = None

    def __len__(self) -> int:
        return self.size

    def thinned(self) -> SliceOutcome:
        """Return the same with the first row only of columns with one value all over: there are many slices of large files."""
        masks = _thinned(self.valid), _thinned(self.absent)
        return SliceOutcome(self.size, _thinned(self.keys), *masks, self.category_uses, self.outcome)


def _thinned(columns: Columns) -> Columns:
    return {name: column[:1].copy() if _is_constant(column) else column for name, column in columns.items()}


def _is_constant(column: Column) -> bool:
    """Whether all rows of a column of single values have the same bytes."""
    if column.ndim > 1 or not len(column):
        return False
    bits = column.view(f"u{column.itemsize}")
    return bool((bits == bits[0]).all())


Pngs = SegmentFolder | Absent


NOT_ASKED = Absent("no rule asks for it")


def pngs_of(file: AnnotationFile, no_images: bool) -> Pngs:
    """Return the folder of the PNGs of a panoptic file, or why there is none to look at."""
    if no_images:
        return Absent("--no-images")
    if file.remote:
        return Absent(REMOTE)
    return segment_folder(file) or Absent("there is no folder of PNGs called like the file")


def check_slice(
    table: Annotations, faults: Mapping[str, list[Finding]], rules: Iterable[Rule], options: Options, pngs: Pngs
) -> SliceOutcome:
    """Run the slice rules on a slice; its structural faults are findings of the rules that the schema names."""
    outcome = Outcome()
    maps = SegmentMaps(table, pngs) if isinstance(pngs, SegmentFolder) else pngs
    for name, findings in faults.items():
        outcome.findings[f"faults:{name}"] += findings
    fixtures: dict[str, Any] = {"annotations": table, "segment_maps": maps}
    for rule in rules:
        if rule.scope is Scope.SLICE:
            fixtures["faults"] = faults.get(rule.name, [])
            outcome.run(rule, fixtures, options)
    return SliceOutcome(len(table), table.keys, table.valid, table.absent, table.category_uses, outcome)
