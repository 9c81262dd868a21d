"""Running the rules that see a whole file, in one process or two, and those that compare it with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from cocolint.engine.dataset import Dataset, Member
from cocolint.engine.requirements import merged
from cocolint.engine.rule import ONLY_CATEGORIES, ONLY_FAULTS, Rule, Rules, Scope
from cocolint.engine.running import Absent, Columns, Findings, Options, Outcome, SliceOutcome
from cocolint.engine.watching import Seen, Watched
from cocolint.model import FileFacts, Finding
from cocolint.pictures.files import Pictures
from cocolint.read.again import Again
from cocolint.read.build import Masks, annotations_of
from cocolint.read.columns import Categories, Index
from cocolint.read.document import Document
from cocolint.read.surroundings import Surroundings
from cocolint.reported import Crash

_AGAIN = "", "again"
"""Stands for a second look at some rows among what a rule looked at."""
MANY_ROWS = 200_000
"""From so many annotations on it pays to start a process for a share of the rules that see a whole file."""


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

    def compare(
        self, dataset: Dataset | Absent, truth: Member | Absent, options: Options, silent: frozenset[str] = frozenset()
    ) -> None:
        """Run the rules that compare the file with others, but the `silent` ones, in the place of what came of that before."""
        self.compared = Outcome(silent=silent)
        self.fixtures.update(dataset=dataset, truth=truth)
        self._run(self._due(Scope.DATASET, self.compared, options), self.compared, options)

    def check(self, options: Options, before: Checked | None = None, count: int = 1) -> None:
        """Run the rules that see the whole file, but those that would see the same as in the file `before` it was mended.

        `count` processes may do that.
        """
        rules = self._due(Scope.FILE, self.outcome, options)
        apart: list[Rule] = []
        if count > 1 and len(self.index) >= MANY_ROWS:
            from cocolint.engine import shares  # imported here: most files do without

            apart = [rule for rule in shares.portable(rules) if not (before and self._sees_the_same(rule, before))]
        if len(apart) < 2:
            self._run(rules, self.outcome, options, before)
            return
        here = [rule for rule in rules if rule not in apart]
        with shares.shared(apart, partial(self._run, outcome=Outcome(), options=options, before=before)) as (left, others):
            self._run(chain(here, left), self.outcome, options, before)
            self.outcome.add(others())

    def _due(self, scope: Scope, outcome: Outcome, options: Options) -> list[Rule]:
        """Return the rules of a scope that are to run, and note those that are skipped."""
        absent = tuple([(name, one.because) for name, one in self.fixtures.items() if isinstance(one, Absent)])
        quiet = _said_of(self.document.categories, options).quiet
        due = self.rules.due(scope, bool(self.document.faults), len(self.index), absent, outcome.silent, quiet)
        outcome.skipped.update(due.skipped)
        return due.rules

    def _sees_the_same(self, rule: Rule, before: Checked) -> bool:
        """Whether a rule that ran before would look at the very same objects."""
        return rule.name not in before.outcome.crashes and all(
            self._is_same(name, rule, before, before.outcome.seen.get(rule.name)) for name in rule.fixtures
        )

    def _is_same(self, name: str, rule: Rule, before: Checked, seen: Seen | None) -> bool:
        """Whether a fixture is the same as before, as far as a rule looked at it."""
        if name == "faults":
            return not (self.document.faults.get(rule.name) or before.document.faults.get(rule.name))
        if name == "again" and seen is not None:
            return _AGAIN not in seen
        if name == "index" and seen is not None and isinstance(self.index, Watched) and isinstance(before.index, Watched):
            return self.index.is_same(before.index, seen)
        return name in self.fixtures and name in before.fixtures and self.fixtures[name] is before.fixtures[name]

    def _watch(self, rule: Rule, fixtures: Mapping[str, Any], outcome: Outcome, options: Options) -> None:
        """Run a rule, and note what it looks at if that is watched."""
        if not isinstance(self.index, Watched):
            outcome.run(rule, fixtures, options)
            return
        again: Again = fixtures["again"]
        again.is_asked = False
        with self.index.watched() as seen:
            outcome.run(rule, fixtures, options)
        outcome.seen[rule.name] = {*seen, _AGAIN} if again.is_asked else seen

    def _run(self, rules: Iterable[Rule], outcome: Outcome, options: Options, before: Checked | None = None) -> Outcome:
        """Run rules, and return the outcome with what came of them."""
        fixtures = dict(self.fixtures)
        faults, categories = self.document.faults, self.document.categories
        for rule in rules:
            found = faults.get(rule.name)
            if rule.fixtures == ONLY_FAULTS and not found:
                continue
            fixtures["faults"] = merged(found) if found else []
            if before and self._sees_the_same(rule, before):
                outcome.take(rule.name, before.outcome)
            elif rule.fixtures == ONLY_CATEGORIES:
                _run_once(rule, categories, outcome, options)
            else:
                self._watch(rule, fixtures, outcome, options)
            self.index.let_go()
        return outcome

    @property
    def findings(self) -> Findings:
        """What all rules found."""
        return {**self.outcome.findings, **self.compared.findings}

    @property
    def skipped(self) -> dict[str, str]:
        """Why rules were skipped."""
        return {**self.outcome.skipped, **self.compared.skipped}


class _Said(Struct):
    """What rules found in categories that many files may share, with the options of a run; `quiet` ones found nothing."""

    options: Options
    found: dict[Rule, list[Finding]] = {}
    quiet: frozenset[str] = frozenset()


_said: WeakKeyDictionary[Categories, _Said] = WeakKeyDictionary()


def _said_of(categories: Categories, options: Options) -> _Said:
    known = _said.get(categories)
    if known is None or known.options is not options:
        known = _said[categories] = _Said(options)
    return known


def _run_once(rule: Rule, categories: Categories, outcome: Outcome, options: Options) -> None:
    """Run a rule that sees nothing but categories, unless it has seen the same ones: for all files of one list, once."""
    said = _said_of(categories, options)
    if rule not in said.found:
        alone = Outcome()
        alone.run(rule, {"categories": categories}, options)
        if alone.crashes:
            outcome.add(alone)
            return
        said.found[rule] = alone.findings.get(rule.name, [])
        said.quiet |= set() if said.found[rule] else {rule.name}
        outcome.seconds[rule.name] += alone.seconds[rule.name]
    found = said.found[rule]
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
    watches: bool = False,
) -> Checked:
    """Run the rules that see the whole file, whose `slices` have come to one outcome, if there are any.

    `more` are fixtures of the whole run; `before` is what came of a file before it was mended. `count` processes may do that.
    `watches` tells to note what the rules look at, since the file may be mended.
    """
    outcome, index = slices[0].outcome if slices else Outcome(), _index_of(document, slices[0] if slices else None)
    for name in [name for name in outcome.findings if name.startswith("faults:")]:
        document.faults.setdefault(name.removeprefix("faults:"), []).extend(outcome.findings.pop(name))
    index = Watched(index) if watches else index
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


def silent_in(dataset: Dataset, rules: Sequence[Rule], options: Options) -> frozenset[str]:
    """Return the rules that compare files, but find nothing in any file of a data set."""
    signs = Outcome()
    rules = [rule for rule in rules if rule.signs and rule.scope is Scope.DATASET]
    for rule in rules:
        signs.run(rule, {"dataset": dataset}, options, rule.signs)
    return frozenset(rule.name for rule in rules).difference(signs.findings, signs.crashes)


def _index_of(document: Document, found: SliceOutcome | None) -> Index:
    if found is None:
        empty = annotations_of(Masks([], {}), document.images, document.categories)
        return Index(empty.keys, empty.valid, empty.absent, document.images, empty.category_uses)
    if found.index is not None:
        return found.index
    keys, valid, absent = (_widened(columns, len(found)) for columns in (found.keys, found.valid, found.absent))
    return Index(keys, valid, absent, document.images, found.category_uses)


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
