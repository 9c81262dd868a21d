"""Running rules on slices and on whole files; a rule that raises does not stop the others."""

from __future__ import annotations

import time
import traceback
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field
from msgspec.structs import replace

from cocolint.engine.dataset import Dataset, Member
from cocolint.engine.requirements import merged
from cocolint.engine.rule import Rule, RuleFunction, Rules, Scope, fixtures_of
from cocolint.failure import Failure
from cocolint.model import AnnotationFile, FileFacts, Finding, Ints
from cocolint.pictures.files import Pictures
from cocolint.pictures.segment_maps import SegmentFolder, SegmentMaps, segment_folder
from cocolint.read.again import Again
from cocolint.read.build import Masks, annotations_of
from cocolint.read.columns import Annotations, Categories, Index
from cocolint.read.document import Document
from cocolint.read.surroundings import Surroundings
from cocolint.reported import Crash

REMOTE = "the file is not on this machine"
"""Why rules are skipped that look around a file."""
ONLY_FAULTS = ("faults",)
"""What rules ask for that say what the schema found, and are not called where it found nothing."""
ONLY_CATEGORIES = ("categories",)
MANY_ROWS = 200_000
"""From so many annotations on it pays to start a process for half of the rules that see a whole file."""
Findings = dict[str, list[Finding]]
Options = Mapping[str, Mapping[str, Any]]


class Absent(Struct, frozen=True):
    """Stands for a fixture that there is nothing for in this run: the rules that ask for it are skipped."""

    because: str


_NO_OPTIONS: Mapping[str, Any] = {}


class Outcome(Struct):
    """What came of running rules: findings, seconds, tracebacks, and why it was skipped, by the rule's name.

    `silent` are rules that need not run: it is known that they find nothing.
    """

    findings: Findings = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    crashes: dict[str, str] = {}
    skipped: dict[str, str] = {}
    silent: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.findings or self.crashes or self.skipped)

    def run(self, rule: Rule, fixtures: Mapping[str, Any], options: Options, signs: RuleFunction | None = None) -> None:
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

    def add(self, other: Outcome, offset: int = 0) -> None:
        """Take over what came of a slice whose first row is `offset`."""
        for name, findings in other.findings.items():
            self.findings[name] += [replace(finding, rows=finding.rows + offset) for finding in findings]
        for name, seconds in other.seconds.items():
            self.seconds[name] += seconds
        self.crashes |= other.crashes
        self.skipped |= other.skipped


Column = npt.NDArray[Any]
Columns = dict[str, Column]


class SliceOutcome(Struct):
    """What came of one slice: its size, its key columns and presence masks, the uses of each category, the rules' outcome.

    `derived` are columns that an index works out of the others, as far as that is done.
    """

    size: int
    keys: Columns
    valid: Columns
    absent: Columns
    category_uses: Ints
    outcome: Outcome
    derived: Columns = {}

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


class Checked(Struct, dict=True):
    """A document whose rules have run; `more` are fixtures of the whole run, `compared` came of rules that compare files.

    `is_judged` tells that what was found in the file alone is judged.
    """

    document: Document
    facts: FileFacts
    index: Index
    rules: Rules
    outcome: Outcome
    more: Mapping[str, Any]
    compared: Outcome = field(default_factory=Outcome)
    is_judged: bool = False

    @cached_property
    def fixtures(self) -> dict[str, Any]:
        """What rules may ask for."""
        document = self.document
        return {
            "index": self.index, "images": document.images, "categories": document.categories, "file": self.facts,
            "again": Again(document), "surroundings": Surroundings(document.file), **self.more,
        }  # fmt: skip

    @cached_property
    def member(self) -> Member:
        """The document as one file of its data set."""
        document = self.document
        pictures = self.more.get("pictures")
        return Member(
            document.file, self.facts, document.images, document.categories, self.index,
            pictures if isinstance(pictures, Pictures) else None,
        )  # fmt: skip

    def compare(self, dataset: Dataset | Absent, truth: Member | Absent, options: Options) -> None:
        """Run the rules that compare the file with others, in the place of what came of that before."""
        self.compared = Outcome()
        self.fixtures.update(dataset=dataset, truth=truth)
        self._run(self.rules.of(Scope.DATASET, bool(self.document.faults)), self.compared, options)

    def check(self, options: Options, before: Checked | None = None, count: int = 1) -> None:
        """Run the rules that see the whole file, but those that would see the same as in the file `before` it was mended.

        `count` processes may do that.
        """
        rules = self.rules.of(Scope.FILE, bool(self.document.faults))
        half: list[Rule] = []
        if count > 1 and len(self.index) >= MANY_ROWS:
            from cocolint.engine import halves  # imported here: most files do without

            half = halves.half_of(rules)
        if not half:
            self._run(rules, self.outcome, options, before)
            return
        with halves.elsewhere(partial(self._apart, half, options, before)) as coming:
            self._run([rule for rule in rules if rule not in half], self.outcome, options, before)
            self.outcome.add(coming.result())

    def _apart(self, rules: Sequence[Rule], options: Options, before: Checked | None) -> Outcome:
        """Return what comes of some rules."""
        outcome = Outcome()
        self._run(rules, outcome, options, before)
        return outcome

    def _sees_the_same(self, rule: Rule, before: Checked) -> bool:
        """Whether a rule that ran before would be given the very same objects."""
        known = self.fixtures.keys() & before.fixtures.keys()
        return rule.name not in before.outcome.crashes and all(
            name in known and self.fixtures[name] is before.fixtures[name] for name in rule.fixtures
        )

    def _run(self, rules: Sequence[Rule], outcome: Outcome, options: Options, before: Checked | None = None) -> None:
        fixtures = dict(self.fixtures)
        faults, categories = self.document.faults, self.document.categories
        said = _said.setdefault(categories, {})
        for rule in rules:
            if rule.name in outcome.silent:
                continue
            found = faults.get(rule.name)
            if rule.fixtures == ONLY_FAULTS and not found:
                continue
            fixtures["faults"] = merged(found) if found else []
            if before and self._sees_the_same(rule, before):
                outcome.take(rule.name, before.outcome)
            elif rule.fixtures == ONLY_CATEGORIES:
                _run_once(rule, categories, said, outcome, options)
            else:
                outcome.run(rule, fixtures, options)
            self.index.let_go()

    @property
    def findings(self) -> Findings:
        """What all rules found."""
        return {**self.outcome.findings, **self.compared.findings}

    @property
    def skipped(self) -> dict[str, str]:
        """Why rules were skipped."""
        return {**self.outcome.skipped, **self.compared.skipped}


Said = dict[Rule, tuple[Mapping[str, Any] | None, list[Finding]]]
_said: WeakKeyDictionary[Categories, Said] = WeakKeyDictionary()
"""What rules said of categories that many files may share, with the options of the rule."""


def _run_once(rule: Rule, categories: Categories, known: Said, outcome: Outcome, options: Options) -> None:
    """Run a rule that sees nothing but categories, unless it has seen the same ones: for all files of one list, once."""
    mine = options.get(rule.name)
    if rule not in known or known[rule][0] is not mine:
        alone = Outcome()
        alone.run(rule, {"categories": categories}, options)
        if alone.crashes:
            outcome.add(alone)
            return
        known[rule] = mine, alone.findings.get(rule.name, [])
        outcome.seconds[rule.name] += alone.seconds[rule.name]
    found = known[rule][1]
    if found:
        outcome.findings[rule.name] += [replace(one, rows=one.rows.copy(), values=dict(one.values)) for one in found]


def check_document(
    document: Document,
    slices: list[SliceOutcome],
    rules: Rules,
    options: Options,
    more: Mapping[str, Any],
    before: Checked | None = None,
    count: int = 1,
) -> Checked:
    """Run the rules that see the whole file, whose `slices` have come to one outcome, if there are any.

    `more` are fixtures of the whole run; `before` is what came of a file before it was mended. `count` processes may do that.
    """
    outcome, index = slices[0].outcome if slices else Outcome(), _index_of(document, slices[0] if slices else None)
    for name in [name for name in outcome.findings if name.startswith("faults:")]:
        document.faults.setdefault(name.removeprefix("faults:"), []).extend(outcome.findings.pop(name))
    checked = Checked(document, facts_of(document, len(index)), index, rules, outcome, more)
    checked.check(options, before, count)
    return checked


def facts_of(document: Document, count: int) -> FileFacts:
    """Return what rules may know of a file with so many annotations."""
    file = document.file
    return FileFacts(
        file.display, document.task, file.subset, document.dialect, file.layout, file.follows_pattern, document.keys,
        {"images": len(document.images), "categories": len(document.categories), "annotations": count},
        document.info, document.licenses, document.unknown_fields,
    )  # fmt: skip


def _index_of(document: Document, found: SliceOutcome | None) -> Index:
    if found is None:
        empty = annotations_of(Masks([], {}), document.images, document.categories)
        return Index(empty.keys, empty.valid, empty.absent, document.images, empty.category_uses)
    keys, valid, absent = (_widened(columns, len(found)) for columns in (found.keys, found.valid, found.absent))
    index = Index(keys, valid, absent, document.images, found.category_uses)
    index.__dict__.update(found.derived)
    return index


def _widened(columns: Columns, size: int) -> Columns:
    """Return columns with all their rows, of which there may be only one where they are alike."""
    if {*map(len, columns.values())} <= {size}:
        return columns
    return {
        name: column if len(column) == size else np.broadcast_to(column, (size, *column.shape[1:]))
        for name, column in columns.items()
    }


def crashes_of(checked: Checked) -> list[Crash]:
    """Return the rules that raised, with what they raised."""
    crashes = {**checked.outcome.crashes, **checked.compared.crashes}
    by_name = {rule.name: rule for rule in checked.rules} if crashes else {}
    return [Crash(by_name[name].code, name, checked.facts.display, text) for name, text in crashes.items()]
