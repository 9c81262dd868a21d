"""Settings: what the configuration file and the command line say, in one frozen object."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cocolint import profiles
from cocolint.engine.registry import Registry, did_you_mean
from cocolint.failure import ConfigError, RuleError
from cocolint.gates import allow
from cocolint.model import Mending, Severity, Task
from cocolint.read.detect import DIALECTS, PLAIN

FILES = ("cocolint.toml", "pyproject.toml")
BASELINE = "cocolint-baseline.json"
CACHE = ".cocolint_cache"


class Settings(Struct, frozen=True):
    """All settings of a run, named as in the configuration file, with underscores for hyphens.

    `max_examples` is None for all, and so is `changes`, how many changes of each fix are kept for the report.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    keyword: str = ""
    per_file_ignores: Mapping[str, tuple[str, ...]] = {}
    allow: tuple[allow.Allow, ...] = ()
    baseline: Path | None = None
    write_baseline: bool = False
    prune_baseline: bool = False
    exclude: tuple[str, ...] = ()
    kinds: Mapping[str, Task] = {}
    task: Task | None = None
    dialect: str = ""
    profiles: tuple[str, ...] = ()
    labels: str = ""
    images_root: Path | None = None
    no_images: bool = False
    ground_truth: Path | None = None
    fail_on: Severity = Severity.ERROR
    exit_zero: bool = False
    maxfail: int = 0
    max_examples: int | None = 5
    mending: Mending = Mending.OFF
    out: Path | None = None
    unsafe_fixes: bool = False
    fixable: tuple[str, ...] = ()
    unfixable: tuple[str, ...] = ()
    extend_safe_fixes: tuple[str, ...] = ()
    fix_only: bool = False
    exit_non_zero_on_fix: bool = False
    changes: int | None = 5
    jobs: int = 0
    executor: str = ""
    rules_path: Path | None = None
    severity: Mapping[str, Severity] = {}
    rules: Mapping[str, Mapping[str, Any]] = {}
    config_file: Path | None = None
    use_cache: bool = False
    last_failed: bool = False

    @property
    def cache_folder(self) -> Path:
        """The folder for what one run leaves for the next: beside the configuration file, else where one stands."""
        return (self.config_file.parent if self.config_file else Path.cwd()) / CACHE

    @property
    def processes(self) -> int:
        """How many processes may work at once."""
        if self.jobs:
            return self.jobs
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


ABOUT = {
    "select": "rules to run: codes, prefixes, names or ALL, instead of the default set",
    "extend-select": "rules to run in addition",
    "ignore": "rules not to run",
    "per-file-ignores": "table of globs to rules not to run on those files",
    "allow": "array of tables of findings that were looked at and are right: rule, file (a glob), ids, reason",
    "baseline": "file of findings that are known and not reported again",
    "exclude": "globs of files and folders that are not searched",
    "kinds": "table of globs to the task of files whose name does not tell",
    "profiles": "who will read the files: their demands change severities and options",
    "labels": "list of category names that the files should have: a file, or coco-80, coco-panoptic-133 or coco-stuff",
    "images-root": "folder with the pictures, where it is not found beside the annotations",
    "fail-on": "least severity that makes a run fail: error, warning or info",
    "max-examples": "rows shown of each finding, or none for all",
    "unsafe-fixes": "whether fixes may change a meaning: true or false",
    "fixable": "rules that may be mended, instead of all",
    "unfixable": "rules that are not to be mended",
    "extend-safe-fixes": "rules whose unsafe fixes count as safe",
    "jobs": "processes to use; 0 for as many as there are cores",
    "executor": "dask://HOST:PORT: workers of that Dask cluster check large files, instead of processes here",
    "rules-path": "folder with rule modules of your own",
    "severity": "table of rules to error, warning or info",
    "rules": "table of rules to their options, as rules.B010.tolerance = 2.0",
}
"""The keys of the configuration file."""


def find_file(start: Path) -> Path | None:
    """Return the nearest configuration file upwards from `start`."""
    for folder in (start, *start.parents):
        for name in FILES:
            path = folder / name
            if path.is_file() and (name == "cocolint.toml" or "cocolint" in _toml(path).get("tool", {})):
                return path
    return None


def load(path: Path | None) -> Settings:
    """Return the settings of a configuration file, the defaults where there is none. Raises `ConfigError`."""
    if path is None:
        return Settings()
    table = _toml(path)
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("cocolint", {})
    values = {key: _value(key, value, path) for key, value in table.items()}
    for key in ("rules-path", "images-root", "baseline"):
        if values.get(key) is not None:
            values[key] = path.parent / values[key]
    named = {key.replace("-", "_"): value for key, value in values.items()}
    return replace(Settings(config_file=path), **named)


def resolve(
    given: Mapping[str, Any], flags: Mapping[str, Any], task: str, configuration: list[str], isolated: bool
) -> Settings:
    """Return the settings of the configuration file with those of the command line over them.

    `given` holds values by key of the file, None where the command line says nothing; `flags` are fields that no file
    sets; `configuration` names a file, or gives settings as `key = value`. Raises `ConfigError`.
    """
    files = [text for text in configuration if "=" not in text]
    if len(files) > 1:
        raise ConfigError("--config: more than one file")
    path = Path(files[0]) if files else None if isolated else find_file(Path.cwd())
    settings = load(path)
    folder = path.parent if path else Path()
    inline = [text for text in configuration if "=" in text]
    table = _parsed("\n".join(inline), "--config") if inline else {}
    table |= {key: value for key, value in given.items() if value is not None}
    values = {key.replace("-", "_"): _value(key, value, "command line") for key, value in table.items()}
    dialect = flags.get("dialect")
    if dialect and dialect not in (PLAIN, *DIALECTS):
        raise ConfigError(f"no dialect '{dialect}'{did_you_mean(dialect, DIALECTS)}; there are {PLAIN}, {', '.join(DIALECTS)}")
    settings = replace(settings, **values, **flags, task=task_named(task) if task else None)
    if settings.baseline is None and (settings.write_baseline or settings.prune_baseline):
        settings = replace(settings, baseline=folder / BASELINE)
    _refuse_contradictions(settings)
    return settings


def _refuse_contradictions(settings: Settings) -> None:
    if settings.last_failed and not settings.use_cache:
        raise ConfigError("--lf looks into the cache: leave out --no-cache")
    if settings.write_baseline and settings.prune_baseline:
        raise ConfigError("--write-baseline prunes as well: leave out --prune-baseline")
    if (settings.write_baseline or settings.prune_baseline) and settings.mending is not Mending.OFF:
        raise ConfigError("a baseline is written of what there is: mend in a run of its own")


def mending(fix: bool, diff: bool, fix_only: bool, out: Path | None) -> Mending:
    """Return what the options of the command line say is to be done. Raises `ConfigError` where they contradict."""
    if out is not None and not (fix or fix_only):
        raise ConfigError("--out is for mended copies: add --fix")
    if out is not None and diff:
        raise ConfigError("--diff writes nothing: leave out --out")
    if diff:
        return Mending.SHOWN
    return Mending.DONE if fix or fix_only else Mending.OFF


def explain(key: str) -> str:
    """Return what a key of the configuration file means, or all keys with their meaning. Raises `ConfigError`."""
    if key and key not in ABOUT:
        raise ConfigError(f"unknown key '{key}'{did_you_mean(key, ABOUT)}")
    listed = {name: text for name, text in ABOUT.items() if key in ("", name)}
    if key == "profiles":
        listed |= profiles.about()
    width = max(map(len, ABOUT | listed))
    return "\n".join(f"{name:{width}}  {text}" for name, text in listed.items())


def _toml(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _parsed(text: str, where: str) -> dict[str, Any]:
    import tomllib  # imported here: many runs have no configuration

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: {error}") from error


def _value(key: str, value: Any, path: Path | str) -> Any:
    if key not in ABOUT:
        raise ConfigError(f"{path}: unknown key '{key}'{did_you_mean(key, ABOUT)}")
    try:
        return _CONVERT[key](value)
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigError(f"{path}: {key}: {error}") from error


def words(value: Any) -> tuple[str, ...]:
    """Return a list of strings as a tuple. Raises `TypeError` for anything else."""
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"expected a list of strings, got {value!r}")
    return tuple(value)


def severity(value: Any) -> Severity:
    """Return the severity with that name. Raises `ValueError` if there is none."""
    names = {str(level): level for level in Severity}
    if value not in names:
        raise ValueError(f"expected one of {', '.join(names)}, got {value!r}")
    return names[value]


def examples(value: Any) -> int | None:
    """Return a number of examples, None for `none`: all of them. Raises `ValueError`."""
    if value == "none":
        return None
    if isinstance(value, bool) or not str(value).isdigit():
        raise ValueError(f"expected a number or 'none', got {value!r}")
    return int(value)


def task_named(value: str) -> Task:
    """Return the task with that name. Raises `ConfigError` if there is none."""
    try:
        return Task(value)
    except ValueError:
        raise ConfigError(f"no task '{value}'{did_you_mean(str(value), Task)}; there are {', '.join(Task)}") from None


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"expected a number of 0 or more, got {value!r}")
    return value


def _executor(value: Any) -> str:
    if value != "" and not re.fullmatch(r"dask://[^/\s]+:\d+", str(value)):
        raise ValueError(f"expected dask://HOST:PORT, got {value!r}")
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, got {value!r}")
    return value


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected a table, got {value!r}")
    return value


_CONVERT: dict[str, Any] = {
    "select": words,
    "extend-select": words,
    "ignore": words,
    "per-file-ignores": lambda value: {glob: words(rules) for glob, rules in _table(value).items()},
    "allow": allow.exceptions,
    "baseline": Path,
    "exclude": words,
    "kinds": lambda value: {glob: task_named(task) for glob, task in _table(value).items()},
    "profiles": words,
    "labels": str,
    "images-root": Path,
    "fail-on": severity,
    "max-examples": examples,
    "unsafe-fixes": _flag,
    "fixable": words,
    "unfixable": words,
    "extend-safe-fixes": words,
    "jobs": _count,
    "executor": _executor,
    "rules-path": Path,
    "severity": lambda value: {rule: severity(level) for rule, level in _table(value).items()},
    "rules": lambda value: {rule: _table(options) for rule, options in _table(value).items()},
}


def rule_options(settings: Settings, registry: Registry) -> dict[str, dict[str, Any]]:
    """Return the options of each rule by its name: those of the settings, and below them those of the active profiles.

    Raises `ConfigError` for an unknown rule or option, or a wrong type.
    """
    by_name: dict[str, dict[str, Any]] = {}
    for key, options in settings.rules.items():
        try:
            rule = registry.get(key)
        except RuleError as error:
            raise ConfigError(f"rules: {error}") from error
        for name, value in options.items():
            if name not in rule.options:
                raise ConfigError(f"rules.{key}: unknown option '{name}'{did_you_mean(name, rule.options)}")
            default = rule.options[name]
            by_name.setdefault(rule.name, {})[name] = _like(default, value, f"rules.{key}.{name}")
    for key, options in profiles.Readers(settings.profiles, registry).options(by_name).items():
        known = registry.get(key).options
        for name, value in options.items():
            by_name.setdefault(key, {})[name] = _like(known[name], value, f"profiles: {key}.{name}")
    return by_name


def _like(default: Any, value: Any, where: str) -> Any:
    """Return `value` as the type of `default`; a whole number will do for a float."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise ConfigError(f"{where}: expected {type(default).__name__}, got {value!r}")
    return value


def shown(settings: Settings) -> str:
    """Return the settings as TOML-like lines, with the file they come from."""
    lines = [f"# from {settings.config_file}" if settings.config_file else "# no configuration file: defaults"]
    for key in ABOUT:
        value = getattr(settings, key.replace("-", "_"))
        unset = value is None and key != "max-examples"
        lines.append(f"# {key} is not set" if unset else f"{key} = {_toml_text(value)}")
    return "\n".join(lines)


def _toml_text(value: Any) -> str:
    if value is None:
        return '"none"'
    if isinstance(value, allow.Allow):
        return _toml_text({key: item for key, item in value.table.items() if item})
    if isinstance(value, bool | int) and not isinstance(value, Severity):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_text(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f'"{key}" = {_toml_text(item)}' for key, item in value.items()) + "}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
