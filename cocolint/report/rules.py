"""What `cocolint rule` prints: the list of the rules, or the explanation of one, from their docstrings."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterable
from typing import Any, TextIO

import msgspec

from cocolint import profiles
from cocolint.engine.registry import Registry
from cocolint.engine.rule import ALL_TASKS, ANNOTATION_TASKS, Rule
from cocolint.failure import ConfigError
from cocolint.model import Severity
from cocolint.report.machine import emit
from cocolint.report.page import Page, Piece, widths_of
from cocolint.report.style import Style, wants_color, width_of
from cocolint.report.tally import STYLES

IMPACTS = {1: "frequent and severe", 2: "frequent or severe", 3: "occasional", 4: "rare or mild"}


def write(registry: Registry, key: str, output_format: str, stream: TextIO) -> None:
    """Explain the rule with the code or name `key`, or list the rules of a prefix, all where `key` is empty.

    `output_format` is `text` or `json`. On a terminal too narrow for them, the list leaves the summaries out.
    Raises `RuleError` if there is no such rule, `ConfigError` for another format.
    """
    if output_format not in ("text", "json"):
        raise ConfigError(f"no format '{output_format}' for rules; there are text, json")
    chosen = sorted(registry.select(key or "ALL"), key=lambda rule: rule.code)
    exact = len(chosen) == 1 and key in (chosen[0].code, chosen[0].name)
    if output_format == "json":
        described = [describe(rule) for rule in chosen]
        emit(stream, msgspec.json.format(msgspec.json.encode(described[0] if exact else described), indent=2) + b"\n")
        return
    page = Page(stream, Style(color=wants_color("auto", stream), width=width_of(stream)))
    if exact:
        _write_explanation(page, chosen[0])
    else:
        _write_list(page, chosen, cut=stream.isatty())


def describe(rule: Rule) -> dict[str, Any]:
    """Return all that is known of a rule, as JSON takes it."""
    return {
        "code": rule.code,
        "name": rule.name,
        "family": family(rule),
        "severity": str(rule.severity),
        "impact": rule.impact,
        "fix": rule.safety,
        "default": rule.on_by_default,
        "summary": rule.summary,
        "sections": rule.sections,
        "options": [{"name": name, "type": kind, "default": default} for name, kind, default in options(rule)],
        "requires": list(rule.requires),
        "tasks": sorted(rule.tasks),
        "relaxed": list(rule.relaxed),
        "profiles": [
            {"name": demand.profile, "severity": str(demand.severity), "effect": demand.effect}
            for demand in profiles.demands_on(rule.name)
        ],
    }


def family(rule: Rule) -> str:
    """Return the name of the family, which is that of the module."""
    return rule.function.__module__.rpartition(".")[2]


def options(rule: Rule) -> list[tuple[str, str, object]]:
    """Return name, type and default of each option."""
    parameters = inspect.signature(rule.function).parameters
    listed = []
    for name, default in rule.options.items():
        annotation = parameters[name].annotation
        kind = annotation if isinstance(annotation, str) else type(default).__name__
        listed.append((name, kind, default))
    return listed


def _write_list(page: Page, rules: Iterable[Rule], cut: bool) -> None:
    rows: list[list[Piece]] = [["code", "name", "severity", "fix", "on", "summary"]]
    titles = {}
    for letters, group in itertools.groupby(rules, key=_letters):
        members = list(group)
        titles[len(rows)] = f"{letters}: {', '.join(dict.fromkeys(map(family, members)))}"
        rows += map(_row, members)
    if cut and sum(widths_of(rows)) + 2 * len(rows[0]) > page.width:
        rows = [row[:-1] for row in rows]
    page.table(rows, titles=titles)
    page.line()
    page.line("on: whether it runs by default · explain one: cocolint rule CODE")


def _letters(rule: Rule) -> str:
    letters = re.match(r"\D*", rule.code)
    return letters[0] if letters else ""


def _row(rule: Rule) -> list[Piece]:
    on = "yes" if rule.on_by_default else "no"
    return [(rule.code, STYLES[rule.severity]), rule.name, str(rule.severity), str(rule.safety or "-"), on, rule.summary]


def _write_explanation(page: Page, rule: Rule) -> None:
    page.line((rule.code, STYLES[rule.severity]), "  ", (rule.name, "bold"))
    page.line()
    page.prose(f"{rule.summary}.")
    for title, text in rule.sections.items():
        page.line()
        page.prose(text, label=(f"{title}:", "bold"))
    page.line()
    for label, value in _facts(rule):
        page.prose(value, label=(f"{label:8}", "bold"))
    if rule.options:
        page.line()
        page.line(("Options", "bold"), " in the configuration, as ", f"rules.{rule.code}.NAME")
        page.table([[name, kind, f"default {default}"] for name, kind, default in options(rule)], indent=2)
    _write_profiles(page, rule)


def _write_profiles(page: Page, rule: Rule) -> None:
    demands = profiles.demands_on(rule.name)
    minded = [demand for demand in demands if demand.severity > Severity.INFO]
    if not demands:
        return
    page.line()
    page.line(("Profiles", "bold"), ", given as --profile NAME")
    for demand in minded:
        label: Piece = (f"{demand.profile} ({demand.severity}):", STYLES[demand.severity])
        page.prose(demand.effect, indent=2, label=label)
    if indifferent := [demand.profile for demand in demands if demand not in minded]:
        page.prose(", ".join(indifferent), indent=2, label="information only:")


def _facts(rule: Rule) -> Iterable[tuple[str, str]]:
    how = "on by default" if rule.on_by_default else f"off by default: --extend-select {rule.code}"
    if rule.severity is Severity.INFO:
        how += " shows it"
    yield "Severity", f"{rule.severity}, {how}"
    yield "Impact", f"{rule.impact} ({IMPACTS.get(rule.impact, 'unknown')})"
    yield "Fix", str(rule.safety or "none")
    yield "Tasks", _tasks(rule)
    if rule.requires:
        yield "Requires", ", ".join(rule.requires)
    if rule.relaxed:
        yield "Relaxed", f"information only in files of {', '.join(rule.relaxed)}"


def _tasks(rule: Rule) -> str:
    if rule.tasks == ALL_TASKS:
        return "all"
    if rule.tasks == ANNOTATION_TASKS:
        return "all but results"
    return ", ".join(sorted(rule.tasks))
