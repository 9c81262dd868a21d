"""Mending in stages: what a run found is mended, the copies are checked again, until nothing changes any more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from cocolint.config import Settings
from cocolint.engine.fixing import Fixer
from cocolint.engine.registry import Registry
from cocolint.failure import PathError
from cocolint.mend.jobs import FixFailed, NotAsMeant
from cocolint.mend.planning import Checks, Plan
from cocolint.mend.rewriting import Done, Rewriter, Work
from cocolint.mend.splice import Unspliceable
from cocolint.mend.targets import Targets
from cocolint.model import Fix, Severity, Stage, Status
from cocolint.reported import Crash, FindingGroup, Mended, Withdrawn

ROUNDS = 5
"""How often all stages are gone through; what is not mended by then is left as it is."""

_UNVEILING = (Stage.DECODE, Stage.CAST, Stage.SHAPE)
"""Stages that change how a value is written, not what it is: faults that then show were there before."""


class Allowed:
    """Which fixes the settings allow."""

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._unsafe = settings.unsafe_fixes
        self._fixable = _names(registry, settings.fixable)
        self._unfixable = _names(registry, settings.unfixable)
        self._safe = _names(registry, settings.extend_safe_fixes)

    def __call__(self, fixer: Fixer) -> bool:
        """Whether a fix may be made."""
        if fixer.rule in self._unfixable or (self._fixable and fixer.rule not in self._fixable):
            return False
        return fixer.safe or self._unsafe or fixer.rule in self._safe


def _names(registry: Registry, selectors: Iterable[str]) -> set[str]:
    return {rule.name for selector in selectors for rule in registry.select(selector)}


C = TypeVar("C", bound=Checks)


class Rounds(Generic[C]):
    """The mending of what `checks` found.

    Afterwards, `checks` is the last check, `copies` the mended copy of each file that changed, `mended` what was mended by
    file and rule, `ids` the rows, old and new values of the ids that changed by file and section, `refused` the files that
    cannot be mended where they are, `withdrawn` the fixes that would have done harm, and `crashes` those that raised.
    """

    def __init__(self, checks: C, registry: Registry, targets: Targets, settings: Settings) -> None:
        self.checks = checks
        self.copies: dict[str, Path] = {}
        self.mended: dict[tuple[str, str], Mended] = {}
        self.ids: dict[str, dict[str, list[tuple[int, Any, Any]]]] = {}
        self.refused: list[tuple[str, str]] = []
        self.withdrawn: list[Withdrawn] = []
        self.crashes: list[Crash] = []
        self._registry = registry
        self._targets = targets
        self._settings = settings
        self._allowed = Allowed(registry, settings)
        self._barred: set[tuple[str, str]] = set()
        files = {checked.facts.display: checked.document.file for checked in checks.checked}
        for result in checks.results:
            because = targets.refusal(files[result.path]) if result.path in files else ""
            if because and any(self._allowed(fixer) for group in result.groups for fixer in registry.get(group.name).fixers):
                self.refused.append((result.path, because))

    def mend(self) -> None:
        """Go through all stages until nothing changes. Raises `PathError` if a copy cannot be written."""
        for _ in range(ROUNDS):
            if not sum(self._stage(stage) for stage in Stage):
                break
        for result in self.checks.results:
            for group in result.groups:
                group.fix = self._safety_left(group)

    def _safety_left(self, group: FindingGroup) -> Fix | None:
        """Return how safely a finding can be mended that is still there: only fixes that were not allowed may do it."""
        untried = [fixer for fixer in self._registry.get(group.name).fixers if not self._allowed(fixer)]
        return min((Fix.SAFE if fixer.safe else Fix.UNSAFE for fixer in untried), default=None)

    def _stage(self, stage: Stage) -> bool:
        """Mend what this stage can; return whether anything changed."""
        while True:
            try:
                plan = Plan(self.checks, self._registry, self._targets, stage, self._may)
                copies, done = self._written(plan.works)
            except FixFailed as error:
                self._bar_failed(error)
                continue
            if not copies:
                return False
            after = self._again(copies, done)
            guilty = self._worse(after, stage, plan.rules)
            if not guilty:
                self._accept(after, copies, done)
                return True
            for path in copies.values():
                self._targets.drop(path)
            self._withdraw(stage, guilty, plan)

    def _bar_failed(self, error: FixFailed) -> None:
        self._barred |= {(checked.facts.display, error.rule) for checked in self.checks.checked}
        self.crashes.append(Crash(self._registry.get(error.rule).code, error.rule, "the fix", error.error))

    def _may(self, display: str, fixer: Fixer) -> bool:
        return (display, fixer.rule) not in self._barred and self._allowed(fixer)

    def _written(self, works: Mapping[str, Work]) -> tuple[dict[str, Path], dict[str, Done]]:
        copies, done = {}, {}
        for checked in self.checks.checked:
            display = checked.facts.display
            if not works.get(display):
                continue
            path = self._targets.temporary(display)
            following = self.checks.following(checked, path)
            rewriter = Rewriter(checked.document, checked.fixtures, self._settings, following)
            try:
                with path.open("wb") as target:
                    what = rewriter.write(works[display], target)
            except Unspliceable:
                what = None
            except OSError as error:
                raise PathError(f"cannot write a mended copy of '{display}': {error.strerror or error}") from error
            if what is None:
                self._targets.drop(path)
            else:
                copies[display], done[display] = path, what
        return copies, done

    def _again(self, copies: Mapping[str, Path], done: Mapping[str, Done]) -> C:
        return self.checks.again(copies, {display: one.sliced for display, one in done.items() if one.sliced})

    def _worse(self, after: C, stage: Stage, rules: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Return the rules that now fire more often at error than before, by file, where a fix is to blame for it."""
        before, now = _errors(self.checks), _errors(after)
        found = defaultdict(set)
        for (display, name), count in now.items():
            mended = rules.get(display, set()) | rules.get("", set())
            if count <= before[display, name] or name in mended or stage in _UNVEILING:
                continue
            if not mended & self._grounds(name):
                found[display].add(name)
        for result in after.results:
            if result.status is Status.UNREADABLE:
                known = next(one for one in self.checks.results if one.path == result.path)
                if known.status is not Status.UNREADABLE:
                    raise NotAsMeant(f"the mended copy of {result.path} cannot be read: {result.note}")
        return found

    def _grounds(self, name: str) -> set[str]:
        """Return all that a rule requires, directly or not."""
        return {rule.name for rule in self._registry.with_requirements([self._registry.get(name)])}

    def _withdraw(self, stage: Stage, guilty: Mapping[str, set[str]], plan: Plan) -> None:
        """Find out which of the fixes made other rules fire, and bar it from then on."""
        candidates = sorted({rule for rules in plan.rules.values() for rule in rules})
        found = candidates if len(candidates) == 1 else [rule for rule in candidates if self._is_guilty(stage, rule)]
        for rule in found or candidates:
            self._barred |= {(display, rule) for display in self._to_bar(rule, guilty, plan)}
            for display, names in guilty.items():
                code = self._registry.get(rule).code
                self.withdrawn.append(Withdrawn(code, rule, display, f"it would make {', '.join(sorted(names))} fire"))

    def _to_bar(self, rule: str, guilty: Iterable[str], plan: Plan) -> set[str]:
        """Return the files in which a rule is to be mended no more: of a data set all, if its fix is one of them together."""
        worked = {display for display, rules in plan.rules.items() if rule in rules}
        if rule not in plan.of_set:
            return worked.intersection(guilty) or worked
        files = [checked.document.file for checked in self.checks.checked]
        roots = {file.root for file in files if file.display in worked}
        return {file.display for file in files if file.root in roots}

    def _is_guilty(self, stage: Stage, rule: str) -> bool:
        alone = Plan(self.checks, self._registry, self._targets, stage, lambda d, f: f.rule == rule and self._may(d, f))
        copies, done = self._written(alone.works)
        after = self._again(copies, done)
        for path in copies.values():
            self._targets.drop(path)
        return bool(self._worse(after, stage, alone.rules))

    def _accept(self, after: C, copies: Mapping[str, Path], done: Mapping[str, Done]) -> None:
        for display, path in copies.items():
            if display in self.copies:
                self._targets.drop(self.copies[display])
            self.copies[display] = path
            for name, note in done[display].notes.items():
                rule = self._registry.get(name)
                mended = self.mended.setdefault((display, name), Mended(rule.code, name, display))
                mended.count += note.count
                mended.dropped += note.dropped
                mended.fields = tuple(sorted({*mended.fields, *note.fields}))
                mended.changes = (mended.changes + note.changes)[: self._settings.changes]
            for section, changes in done[display].ids.items():
                self.ids.setdefault(display, {}).setdefault(section, []).extend(changes)
        self.checks = after


def _errors(checks: Checks) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for result in checks.results:
        for group in result.groups:
            if group.severity is Severity.ERROR:
                found[result.path, group.name] += group.count
    return found
