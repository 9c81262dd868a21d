"""Which rules run, which findings count, and what the process says in the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from cocolint import discover
from cocolint.config import Settings
from cocolint.engine.registry import Registry
from cocolint.engine.rule import Rule
from cocolint.failure import ConfigError, RuleError
from cocolint.model import AnnotationFile, Severity, Status
from cocolint.profiles import Readers
from cocolint.report.text import plural
from cocolint.reported import ExitCode, FileResult, FindingGroup


class Gate:
    """The choice of rules and severities of one run.

    `rules` are those that run, `chosen` those whose findings are reported: what they require runs as well, in silence.
    Raises `ConfigError` for an unknown profile, and for a selector, a keyword or a severity that fits no rule.
    """

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._readers = Readers(settings.profiles, registry)
        self.registry = registry
        try:
            explicit = self._union([*settings.select, *settings.extend_select])
            base = self._union(settings.select) if settings.select else self._default()
            self._ignored = self._union(settings.ignore)
            chosen = (base | self._union(settings.extend_select)) - self._ignored
            self._per_file = {glob: self._union(rules) for glob, rules in settings.per_file_ignores.items()}
            self._severity = {registry.get(key).name: level for key, level in settings.severity.items()}
        except RuleError as error:
            raise ConfigError(str(error)) from error
        if settings.keyword:
            wanted = keyword_filter(settings.keyword)
            chosen = {rule for rule in chosen if wanted(rule)}
            if not chosen:
                raise ConfigError(f"no selected rule fits -k '{settings.keyword}'")
        self._names: dict[tuple[frozenset[Rule], tuple[str, ...]], frozenset[str]] = {}
        self._only: Mapping[str, Collection[str]] | None = None
        self._explicit = {rule.name for rule in explicit}
        self.chosen = frozenset(chosen)
        self.rules = registry.with_requirements(chosen)

    def narrow(self, failed: Mapping[str, Collection[str]]) -> bool:
        """Report only these rules in these files, if any of them is chosen; return whether that is so."""
        names = {name for rules in failed.values() for name in rules}
        chosen = frozenset(rule for rule in self.chosen if rule.name in names)
        if failed and (chosen or not names):
            self.chosen = chosen
            self.rules = self.registry.with_requirements(chosen)
            self._only = failed
            return True
        return False

    def _union(self, selectors: Iterable[str]) -> set[Rule]:
        return {rule for selector in selectors for rule in self.registry.select(selector)}

    def _default(self) -> set[Rule]:
        """Return what runs unless the user selects: what readers mind, without what compares with labels if there are none."""
        minded = {rule for rule in self.registry if rule.on_by_default or self._readers.mind(rule.name)}
        return {rule for rule in minded if self._settings.labels or "labels" not in rule.fixtures}

    def reported(self, file: AnnotationFile) -> frozenset[str]:
        """Return the names of the rules whose findings in `file` are reported."""
        names = self._names_without(self._globs_for(file.display))
        return names if self._only is None else names & set(self._only.get(discover.whole_of(file.display), ()))

    def _names_without(self, globs: tuple[str, ...]) -> frozenset[str]:
        """Return the names of the chosen rules that none of these globs of the settings ignores: the same for many files."""
        key = self.chosen, globs
        if key not in self._names:
            self._names[key] = frozenset(rule.name for rule in self.chosen - self._ignored - self._ignored_by(globs))
        return self._names[key]

    def _globs_for(self, display: str) -> tuple[str, ...]:
        return tuple(glob for glob in self._per_file if discover.matches(display, glob))

    def _ignored_by(self, globs: Iterable[str]) -> set[Rule]:
        return {rule for glob in globs for rule in self._per_file[glob]}

    def passes(self, groups: Iterable[FindingGroup], file: AnnotationFile) -> list[FindingGroup]:
        """Return the groups that are reported, the worst first, with the severities of the settings and profiles.

        Information is reported only of rules that were asked for.
        """
        names = self.reported(file)
        return self._graded(group for group in groups if group.name in names)

    def passes_unless_ignored(self, groups: Iterable[FindingGroup], file: AnnotationFile) -> list[FindingGroup]:
        """Return the groups of a file that cannot be read: whatever is selected, no gate is green over such a file."""
        ignored = {rule.name for rule in self._ignored | self._ignored_by(self._globs_for(file.display))}
        return self._graded(group for group in groups if group.name not in ignored)

    def _graded(self, groups: Iterable[FindingGroup]) -> list[FindingGroup]:
        kept = []
        for group in groups:
            self._readers.judge(group)
            group.severity = self._severity.get(group.name, group.severity)
            if group.severity is Severity.INFO and group.name not in self._explicit and group.name not in self._severity:
                continue
            kept.append(group)
        return sorted(kept, key=lambda group: (-group.severity, group.code))

    def fails(self, groups: Iterable[FindingGroup]) -> bool:
        """Whether any group is at or above the severity that the settings fail on."""
        return any(group.severity >= self._settings.fail_on for group in groups)

    def enough(self, results: Iterable[FileResult]) -> bool:
        """Whether so many rules failed that the run stops."""
        limit = self._settings.maxfail
        return bool(limit) and sum(self.fails([group]) for result in results for group in result.groups) >= limit

    def notes(self, results: Iterable[FileResult]) -> list[str]:
        """Return what the settings change of the report, as far as it concerns the files of the run."""
        ignored = {result.path: self.chosen & self._ignored_by(self._globs_for(result.path)) for result in results}
        rules = {rule for some in ignored.values() for rule in some}
        found = []
        if rules:
            files = sum(bool(some) for some in ignored.values())
            found.append(f"{plural(len(rules), 'rule')} ignored in {plural(files, 'file')} by per-file-ignores")
        graded = sum(rule.name in self._severity and self._severity[rule.name] is not rule.severity for rule in self.chosen)
        if graded:
            found.append(f"{plural(graded, 'rule')} with another severity")
        return found

    def exit_code(self, results: list[FileResult], broken: bool, is_stale: bool = False) -> ExitCode:
        """Return what the process says.

        `broken` is whether a rule crashed or a path could not be read, `is_stale` whether an exception is no longer needed.
        """
        if broken or not results:
            return ExitCode.UNUSABLE
        failed = is_stale or any(result.status in (Status.FAILED, Status.UNREADABLE) for result in results)
        return ExitCode.FINDINGS if failed and not self._settings.exit_zero else ExitCode.OK


def keyword_filter(expression: str) -> Callable[[Rule], bool]:
    """Return a test for rules whose name or code fits an expression of words with `and`, `or`, `not` and brackets.

    A word fits where it is part of the name or code, in any case. Raises `ConfigError` if the expression is malformed.
    """
    import ast  # imported here: most runs have no expression

    logic = (ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Name, ast.Load)
    tokens = expression.replace("(", " ( ").replace(")", " ) ").split()
    words = [token for token in tokens if token not in ("and", "or", "not", "(", ")")]
    names = {word: f"word_{number}" for number, word in enumerate(dict.fromkeys(words))}
    source = " ".join(names.get(token, token) for token in tokens)
    try:
        tree = ast.parse(source, "-k", "eval")
    except (SyntaxError, ValueError):
        tree = None
    if tree is None or not all(isinstance(node, logic) for node in ast.walk(tree)):
        raise ConfigError(f"-k '{expression}' is not an expression of words, and, or, not and brackets")
    code = compile(tree, "-k", "eval")

    def fits(rule: Rule) -> bool:
        text = f"{rule.name} {rule.code}".lower()
        known: Mapping[str, bool] = {name: word.lower() in text for word, name in names.items()}
        return bool(eval(code, {"__builtins__": {}}, dict(known)))

    return fits
