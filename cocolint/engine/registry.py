"""Finding the rules: those that come with cocolint, and those in a folder of the user's."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from cocolint.engine.rule import Rule
from cocolint.failure import RuleError


class Registry:
    """All rules of a run, by code and by name.

    Raises `RuleError` where two rules share a code or a name.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: rule.code))
        self._by_key: dict[str, Rule] = {}
        for rule in self.rules:
            for key in (rule.code, rule.name):
                if key in self._by_key:
                    raise RuleError(f"two rules are called '{key}'")
                self._by_key[key] = rule

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def get(self, key: str) -> Rule:
        """Return the rule with the code or name `key`. Raises `RuleError` if there is none."""
        if key not in self._by_key:
            raise RuleError(f"no rule '{key}'{did_you_mean(key, self._by_key)}")
        return self._by_key[key]

    def select(self, selector: str) -> set[Rule]:
        """Return the rules that a code, a prefix of codes, a name or `ALL` stands for. Raises `RuleError` if none."""
        if selector == "ALL":
            return set(self.rules)
        if selector in self._by_key:
            return {self._by_key[selector]}
        chosen = {rule for rule in self.rules if selector and rule.code.startswith(selector)}
        if not chosen:
            raise RuleError(f"no rule or prefix '{selector}'{did_you_mean(selector, self._by_key)}")
        return chosen

    def with_requirements(self, chosen: Iterable[Rule]) -> list[Rule]:
        """Return `chosen` and all that they require, those required first."""
        order: dict[str, Rule] = {}

        def visit(rule: Rule, path: tuple[str, ...]) -> None:
            if rule.name in order:
                return
            if rule.name in path:
                raise RuleError("rules require each other: " + " > ".join((*path, rule.name)))
            for name in rule.requires:
                visit(self.get(name), (*path, rule.name))
            order[rule.name] = rule

        for rule in sorted(chosen, key=lambda rule: rule.code):
            visit(rule, ())
        return list(order.values())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the nearest known word, or "" if none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def load(folder: Path | None = None) -> Registry:
    """Return the built-in rules and those of the modules in `folder`. Raises `RuleError` if one cannot be loaded."""
    package = importlib.import_module("cocolint.rules")
    files = sorted(path for folder in package.__path__ for path in _rule_files(Path(folder)))
    modules = [importlib.import_module(f"cocolint.rules.{path.stem}") for path in files]
    if folder is not None:
        modules += [_load_file(path) for path in _rule_files(folder)]
    return Registry(rule for module in modules for rule in _rules_of(module))


def _rules_of(module: ModuleType) -> Iterator[Rule]:
    for value in vars(module).values():
        if isinstance(value, Rule) and value.function.__module__ == module.__name__:
            yield value


def _rule_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise RuleError(f"rule folder '{folder}' does not exist")
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))


def _load_file(path: Path) -> ModuleType:
    name = f"cocolint_user_rules.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RuleError(f"cannot load rules from '{path}'")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RuleError(f"cannot load rules from '{path}': {type(error).__name__}: {error}") from error
    return module
