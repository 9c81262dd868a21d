"""Profiles: who will read the files, and how bad each fault is for that reader.

A profile is data, `profiles/<name>.toml`. Its tables `error`, `warning` and `info` say of rules, by name, what their faults do
to the reader, as its user meets it; `options` sets options of rules to what the reader tolerates. A profile changes how bad a
finding is, never what the rule means. With `extends` it takes over what is an error or a warning for another reader that it is
built on; what that one does not mind stays its own affair.

The severity of a finding is the worst that an active profile says; a profile that says nothing of the rule stands for the
severity that the finding has without profiles. So one profile is enough to raise it, but only all together lower it. What a
dialect relaxes does not count against the word of a reader. A rule that is off by default runs where an active profile calls
its faults an error or a warning. Severities and options that the user sets go before all profiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cocolint.engine.registry import Registry, did_you_mean
from cocolint.failure import ConfigError, RuleError
from cocolint.model import Severity
from cocolint.reported import Demand, FindingGroup

FOLDER = Path(__file__).parent / "profiles"
KEYS = {"description", "source", "verified", "extends", "options", *map(str, Severity)}


class Profile(Struct, frozen=True):
    """One reader: what it says of rules, by their names.

    `source` is what the words rest on; `verified` whether they were compared with what the reader really does.
    """

    name: str
    description: str
    source: str
    verified: bool
    demands: Mapping[str, Demand]
    options: Mapping[str, Mapping[str, Any]]

    def unknown(self, registry: Registry) -> list[str]:
        """Return the rules and options that this profile names and that do not exist."""
        known = {rule.name: rule for rule in registry}
        wrong = [name for name in {**self.demands, **self.options} if name not in known]
        options = ((name, option) for name, table in self.options.items() for option in table if name in known)
        return wrong + [f"{name}.{option}" for name, option in options if option not in known[name].options]


def names() -> list[str]:
    """Return the names of all profiles."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def meant_by(name: str) -> list[str]:
    """Return the profiles that a name stands for: `pycocotools` means those of all its metrics."""
    return [known for known in names() if known == name or known.startswith(f"{name}-")] or [name]


@cache
def load(name: str) -> Profile:
    """Return the profile with that name. Raises `ConfigError` if there is none, `ValueError` if it is malformed."""
    import tomllib  # imported here: most runs have no profile

    known = names()
    if name not in known:
        raise ConfigError(f"no profile '{name}'{did_you_mean(name, known)}; there are {', '.join(known)}")
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    if table.keys() - KEYS:
        raise ValueError(f"profile {name}: unknown keys {sorted(table.keys() - KEYS)}")
    own = [Demand(name, level, rule, text) for level in Severity for rule, text in table.get(str(level), {}).items()]
    if len({demand.rule for demand in own}) < len(own):
        raise ValueError(f"profile {name}: a rule has two severities")
    base = load(table["extends"]) if "extends" in table else None
    taken = [replace(d, profile=name) for d in base.demands.values() if d.severity > Severity.INFO] if base else []
    options = {**(base.options if base else {}), **table.get("options", {})}
    return Profile(name, table["description"], table["source"], table["verified"], {d.rule: d for d in [*taken, *own]}, options)


def about() -> dict[str, str]:
    """Return what each profile stands for, by its name."""
    return {name: load(name).description for name in names()}


def demands_on(rule: str) -> list[Demand]:
    """Return what all profiles say of a rule, the worst first."""
    said = (load(name).demands.get(rule) for name in names())
    return sorted((demand for demand in said if demand), key=lambda demand: -demand.severity)


class Readers:
    """The active profiles of a run, in the order in which they were named.

    Raises `ConfigError` for an unknown profile, `RuleError` where a profile names a rule or option that does not exist.
    """

    def __init__(self, wanted: Iterable[str], registry: Registry) -> None:
        self._profiles = [load(name) for name in dict.fromkeys(name for given in wanted for name in meant_by(given))]
        for profile in self._profiles:
            if wrong := profile.unknown(registry):
                raise RuleError(f"internal error: profile {profile.name} names {', '.join(wrong)}, which do not exist")

    def mind(self, rule: str) -> bool:
        """Whether the faults of a rule are an error or a warning for any active profile."""
        return any(demand.severity > Severity.INFO for demand in self._said(rule))

    def _said(self, rule: str) -> list[Demand]:
        return [profile.demands[rule] for profile in self._profiles if rule in profile.demands]

    def judge(self, group: FindingGroup) -> None:
        """Give a group the severity that the active profiles say, and note whom of them it breaks."""
        said = self._said(group.name)
        levels = [demand.severity for demand in said]
        if len(said) < len(self._profiles) or not said:
            levels.append(group.severity)
        group.severity = max(levels)
        group.profiles = [demand for demand in said if demand.severity > Severity.INFO]

    def options(self, given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return the options that the active profiles set, by rule, without those `given` by the user.

        Raises `ConfigError` where two profiles want different values: which one is stricter cannot be told in general.
        """
        found: dict[str, dict[str, Any]] = {}
        for profile in self._profiles:
            for rule, table in profile.options.items():
                for option, value in table.items():
                    if option in given.get(rule, {}):
                        continue
                    if found.setdefault(rule, {}).setdefault(option, value) != value:
                        raise ConfigError(
                            f"profiles {', '.join(p.name for p in self._profiles)} differ in {rule}.{option}: "
                            f"set rules.{rule}.{option} yourself"
                        )
        return found
