"""What a rule is: a function with a code, a name, a severity and a docstring in sections."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from msgspec import Struct

from cocolint.engine.fixing import Fixer, fixer_of
from cocolint.model import Finding, Fix, Severity, Stage, Task

SECTIONS = ("What breaks", "Definition", "Tolerance", "Source", "Fix")
OBJECT_TASKS = frozenset({Task.INSTANCES, Task.PERSON_KEYPOINTS, Task.STUFF})
ANNOTATION_TASKS = frozenset(task for task in Task if not task.is_results)
ALL_TASKS = frozenset(Task)

RuleFunction = Callable[..., Iterable[Finding]]
Signs = Callable[..., Iterable[Any]]


class Scope(enum.IntEnum):
    """How much of a run a rule sees at once; it follows from the fixtures that the rule asks for."""

    SLICE = 1
    FILE = 2
    DATASET = 3


FIXTURES = {
    "annotations": Scope.SLICE,
    "segment_maps": Scope.SLICE,
    "index": Scope.FILE,
    "images": Scope.FILE,
    "categories": Scope.FILE,
    "faults": Scope.FILE,
    "file": Scope.FILE,
    "again": Scope.FILE,
    "surroundings": Scope.FILE,
    "pictures": Scope.FILE,
    "segment_folder": Scope.FILE,
    "labels": Scope.FILE,
    "dataset": Scope.DATASET,
    "truth": Scope.DATASET,
}


ONLY_FAULTS = ("faults",)
"""What rules ask for that say what the schema found, and are not called where it found nothing."""
ONLY_CATEGORIES = ("categories",)
OF_SEVERAL = frozenset({"index", "images", "categories", "faults"})
"""What there is of several files put together."""
OF_DATASET = frozenset({"dataset"})


def fixtures_of(function: Signs) -> tuple[str, ...]:
    """Return the names of the fixtures that a function asks for."""
    code = function.__code__  # inspect.signature would cost a small file's whole check
    return code.co_varnames[: code.co_argcount]


class Rule(Struct, frozen=True, eq=False, dict=True):
    """A rule: the function with what its decorator says of it.

    Raises `TypeError` where a parameter is neither a known fixture nor a keyword-only option with a default.
    """

    code: str
    name: str
    severity: Severity
    function: RuleFunction
    impact: int
    requires: tuple[str, ...]
    tasks: frozenset[Task]
    relaxed: tuple[str, ...]
    signs: Signs | None = None
    least: int = 0
    fixers: list[Fixer] = []

    def __post_init__(self) -> None:
        code = self.function.__code__
        unset = set(code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]) - self.options.keys()
        for name in (*self.fixtures, *sorted(unset)):
            if name not in FIXTURES or name in unset:
                raise TypeError(
                    f"{self.name}: '{name}' is neither a fixture ({', '.join(FIXTURES)}) nor an option with a default"
                )
        if self.signs:
            known = OF_DATASET if self.scope is Scope.DATASET else OF_SEVERAL
            if not known.issuperset(fixtures_of(self.signs)):
                raise TypeError(f"{self.name}: what is cumulative can ask for {', '.join(sorted(known))} only")

    @cached_property
    def fixtures(self) -> tuple[str, ...]:
        """The names of the fixtures that the function asks for."""
        return fixtures_of(self.function)

    @property
    def options(self) -> dict[str, Any]:
        """The options with their defaults."""
        return dict(self.function.__kwdefaults__ or {})

    @cached_property
    def scope(self) -> Scope:
        """The smallest scope that all fixtures agree with."""
        if "annotations" in self.fixtures:
            return Scope.SLICE
        return max((FIXTURES[name] for name in self.fixtures), default=Scope.FILE)

    @property
    def safety(self) -> Fix | None:
        """How safely it can be mended at best; None where only a person can."""
        if not self.fixers:
            return None
        return Fix.SAFE if any(fixer.safe for fixer in self.fixers) else Fix.UNSAFE

    def fix(
        self, stage: Stage, *, safe: bool, reads: Sequence[str] = (), writes: Sequence[str] = (), drops: bool = False
    ) -> Callable[[Callable[..., Any]], Fixer]:
        """Make a function a way to mend what this rule finds.

        `safe` where no reader can see a change of meaning. `writes` are the fields it may change, `drops` tells that it may
        drop a record. Of several ways the first that changes something is taken, the safe ones first.
        """

        def decorate(function: Callable[..., Any]) -> Fixer:
            fixer = fixer_of(self.name, function, stage, safe, reads, writes, drops)
            self.fixers.append(fixer)
            self.fixers.sort(key=lambda one: not one.safe)
            return fixer

        return decorate

    @property
    def on_by_default(self) -> bool:
        """Errors and warnings of impact 1 to 3 are on."""
        return self.severity >= Severity.WARNING and self.impact <= 3

    @cached_property
    def summary(self) -> str:
        """The first paragraph of the docstring, without its full stop."""
        return self._paragraphs[0].rstrip(".")

    @cached_property
    def sections(self) -> dict[str, str]:
        """The docstring's sections by title, such as `What breaks` and `Fix`."""
        found = {}
        for paragraph in self._paragraphs[1:]:
            title, colon, text = paragraph.partition(": ")
            if colon and title in SECTIONS:
                found[title] = text
        return found

    @cached_property
    def _paragraphs(self) -> list[str]:
        text = inspect.cleandoc(self.function.__doc__ or self.name)
        starts = "|".join(SECTIONS)
        blocks = re.split(rf"\n\s*\n|\n(?=(?:{starts}): )", text)
        return [re.sub(r"\s+", " ", block).strip() for block in blocks]

    def __call__(self, *args: Any, **kwargs: Any) -> Iterator[Finding]:
        return iter(self.function(*args, **kwargs))


_MOST_KEPT = 1000


class Due(NamedTuple):
    """Rules that are to run on a file, and why others are skipped, by name."""

    rules: list[Rule]
    skipped: dict[str, str]


class Rules(list[Rule]):
    """Rules that run on one file after the other, those first that others require."""

    def due(
        self, scope: Scope, with_faults: bool, count: int, absent: tuple[tuple[str, str], ...], *silent: frozenset[str]
    ) -> Due:
        """Return those of a scope that are to run on a file with `count` annotations: the same for many files.

        Unless `with_faults` those are left out that say nothing but what the schema found, and so are the `silent` ones.
        `absent` are the fixtures that there is nothing for, with the reason.
        """
        key = scope, with_faults, sum(least <= count for least in self._leasts), absent, silent
        if key not in self._due:
            if len(self._due) >= _MOST_KEPT:
                self._due.clear()
            rules = [
                rule
                for rule in self
                if rule.scope is scope
                and (with_faults or rule.fixtures != ONLY_FAULTS)
                and rule.least <= count
                and not any(rule.name in names for names in silent)
            ]
            reasons = dict(absent)
            because = [next((reasons[name] for name in rule.fixtures if name in reasons), None) for rule in rules]
            told = list(zip(rules, because, strict=True))
            self._due[key] = Due(
                [rule for rule, why in told if why is None], {rule.name: why for rule, why in told if why is not None}
            )
        return self._due[key]

    def touched(self, names: frozenset[str], is_whole: bool) -> list[Rule]:
        """Return the rules of these names with those that it matters to that they found something: the same for many files.

        To those that require one of them it only matters if `is_whole`, that a whole file may be condemned, or if one of the
        names in turn requires them.
        """
        key = names, is_whole
        if key not in self._touched:
            if len(self._touched) >= _MOST_KEPT:
                self._touched.clear()
            above, below = set(names), set(names)
            for rule in self:
                if not above.isdisjoint(rule.requires):
                    above.add(rule.name)
            for rule in reversed(self):
                if rule.name in below:
                    below.update(rule.requires)
            self._touched[key] = [rule for rule in self if rule.name in above and (is_whole or rule.name in below)]
        return self._touched[key]

    @cached_property
    def _touched(self) -> dict[tuple[frozenset[str], bool], list[Rule]]:
        return {}

    @cached_property
    def compare(self) -> bool:
        """Whether any of them compares files."""
        return any(rule.scope is Scope.DATASET for rule in self)

    @cached_property
    def _due(self) -> dict[object, Due]:
        return {}

    @cached_property
    def _leasts(self) -> list[int]:
        return sorted({rule.least for rule in self})


def rule(
    code: str,
    name: str,
    severity: Severity,
    *,
    impact: int = 2,
    requires: Iterable[str] = (),
    tasks: Iterable[Task] = ANNOTATION_TASKS,
    relaxed: Iterable[str] = (),
    cumulative: bool | Signs = False,
    least: int = 0,
) -> Callable[[RuleFunction], Rule]:
    """Make a rule of a function.

    `impact` is 1 (frequent and severe) to 4 (rare or mild). Rows that a rule in `requires` condemned are left out here,
    and where it condemned the whole file, this rule is skipped. `relaxed` names dialects that leave the thing out by
    design: there the finding is information only. `cumulative` tells of a rule of whole files that more records never
    silence it: where it names none of a file's rows among those of several files put together, it finds nothing in that
    file, and need not look at each of many small ones. Or it is a function like a rule of which that is so: where it finds
    nothing, neither does the rule. Of a rule that compares files it is one that looks at the data set, the same for all of
    them. Of a file with fewer than `least` annotations a rule of whole files says nothing.
    """

    def decorate(function: RuleFunction) -> Rule:
        signs = function if cumulative is True else cumulative or None
        return Rule(code, name, severity, function, impact, tuple(requires), frozenset(tasks), tuple(relaxed), signs, least)

    return decorate
