"""Write what the documentation says of rules and settings from themselves: two pages, and parts of the README and tutorial.

`python docs/generate.py` after a change of a rule or a report; a test fails where it was forgotten.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import cocolint
from cocolint import config, profiles
from cocolint.engine import registry
from cocolint.engine.rule import ALL_TASKS, ANNOTATION_TASKS, SECTIONS, Rule
from cocolint.model import Severity, Task
from cocolint.report import Style, write
from cocolint.schema import bundled, record_schema

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))

from examples import Example, examples  # noqa: E402 (beside this file, which tests run from elsewhere)

SAMPLE = "examples/annotations/instances_train.json"
SAMPLE_RULES = ("B", "P")
SAMPLE_WIDTH = 100
PICTURE = ROOT / "docs" / "check.svg"


def pages() -> dict[Path, str]:
    """Return the text that each generated file is to have."""
    rules = list(registry.load())
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    text = _replaced(text, "output", "\n![What `cocolint check` prints](docs/check.svg)\n")
    text = _replaced(text, "rules", f"\n{_table(rules)}\n")
    if "<!-- profiles: begin -->" in text:
        text = _replaced(text, "profiles", f"\n{_profiles()}\n")
    docs = ROOT / "docs"
    tutorial = docs / "tutorial.md"
    return {
        readme: text,
        docs / "rules.md": _reference(rules),
        docs / "settings.md": _settings(),
        docs / "schemas.md": _schemas(),
        tutorial: _replaced(tutorial.read_text(encoding="utf-8"), "tutorial", f"\n```\n{_first_look()}```\n"),
    }


def _first_look() -> str:
    """The table and the verdict of the check that the tutorial begins with."""
    out = io.StringIO()
    with contextlib.chdir(ROOT / "docs" / "tutorial"):
        report = cocolint.check("annotations", jobs=1)
        report.seconds = 0.1
        write(report, Style(width=SAMPLE_WIDTH), out)
    return out.getvalue().partition(" summary ")[2].partition("\n")[2]


def _settings() -> str:
    """The page of all keys of the configuration file."""
    lines = [f"| `{key}` | {text} |" for key, text in config.ABOUT.items()]
    head = "They stand in `cocolint.toml`, or in `pyproject.toml` below `[tool.cocolint]`; the nearest file upwards counts."
    options = "Options of rules are named with each [rule](rules.md); options of the command line go first."
    return "\n".join(["# Settings", "", head, options, "", "| key | meaning |", "|---|---|", *lines, ""])


def _replaced(text: str, part: str, content: str) -> str:
    """Put `content` between the two comments of a part."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    head, rest = text.split(begin)
    return f"{head}{begin}{content}{end}{rest.split(end)[1]}"


def _sample(style: Style) -> str:
    """What a check of one of the examples prints, always with the same time taken."""
    out = io.StringIO()
    with contextlib.chdir(ROOT):
        report = cocolint.check(SAMPLE, select=SAMPLE_RULES, jobs=1)
        report.seconds = 0.1
        write(report, style, out)
    return f"$ cocolint check --select {','.join(SAMPLE_RULES)} {SAMPLE}\n{out.getvalue()}"


def picture() -> str:
    """Return a picture of what a check prints in a terminal, as SVG that loads nothing from elsewhere."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=SAMPLE_WIDTH, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text.from_ansi(_sample(Style(width=SAMPLE_WIDTH, color=True, max_examples=1))))
    svg = re.sub(r" *@font-face \{.*?\}\n", "", console.export_svg(title="cocolint", unique_id="cocolint"), flags=re.DOTALL)
    return "".join(line.rstrip() + "\n" for line in svg.splitlines())


def _schemas() -> str:
    """The page of all tasks with what their files must hold."""
    lines = []
    for task in Task:
        schema = bundled(task)
        root = ", ".join(f"`{name}`" for name in schema.get("required", [])) or "an array"
        record = record_schema(task, "annotations") or {}
        fields = ", ".join(f"`{name}`" for name in record.get("required", [])) or "-"
        lines.append(f"| `{task}` | {schema['title']} | {root} | {fields} |")
    head = "`cocolint schema TASK` prints the JSON Schema (draft 2020-12) of a task, for editors and validators of any kind."
    more = "They describe structure only: types, required keys, shapes of arrays. What goes beyond it is a matter of the"
    table = ["| task | files | must have | each annotation must have |", "|---|---|---|---|", *lines]
    return "\n".join(["# Schemas", "", head, f"{more} [rules](rules.md).", "", *table, ""])


def _families(rules: Iterable[Rule]) -> Iterable[tuple[str, list[Rule]]]:
    """The rules of each module in `rules/`, with what its docstring calls them."""
    by_module: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.code):
        by_module.setdefault(rule.function.__module__, []).append(rule)
    for module, family in by_module.items():
        title = (sys.modules[module].__doc__ or module).partition("\n")[0]
        yield title.partition(":")[0].rstrip(".").replace("`", ""), family


def _table(rules: list[Rule]) -> str:
    lines = []
    for title, family in _families(rules):
        lines += ["", f"<details><summary>{_prose(title)} ({len(family)})</summary>", ""]
        lines += ["| code | name | level | fix | finds |", "|---|---|---|---|---|"]
        lines += [_row(rule) for rule in family]
        lines += ["", "</details>"]
    return "\n".join([*lines, ""])


def _row(rule: Rule) -> str:
    link = f"[{rule.code}](docs/rules.md#{rule.code.lower()}-{rule.name})"
    cells = [link, f"`{rule.name}`", _level(rule), rule.safety or "", _prose(rule.summary)]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _profiles() -> str:
    known = [profiles.load(name) for name in profiles.names()]
    lines = ["| profile | reader | errors | checked against it |", "|---|---|---|---|"]
    for one in known:
        errors = sum(demand.severity is Severity.ERROR for demand in one.demands.values())
        lines.append(f"| `{one.name}` | {_prose(one.description)} | {errors} | {'yes' if one.verified else 'no'} |")
    return "\n".join(lines)


def _level(rule: Rule) -> str:
    return str(rule.severity) if rule.on_by_default else f"{rule.severity}, off"


def _reference(rules: list[Rule]) -> str:
    shown = examples()
    running = sum(rule.on_by_default for rule in rules)
    lines = [
        "# Rules",
        "",
        f"{len(rules)} rules, of which {running} run by default. `cocolint rule NAME` says the same in the",
        "terminal. This page is written by `docs/generate.py` from the rules themselves.",
    ]
    for title, family in _families(rules):
        lines += ["", f"## {_prose(title)}"]
        for rule in family:
            lines += ["", f"### {rule.code} {rule.name}", "", *_article(rule, shown.get(rule.name))]
    return "\n".join(lines) + "\n"


def _article(rule: Rule, example: Example | None) -> Iterable[str]:
    yield f"{_prose(rule.summary)}."
    for title in SECTIONS:
        if title in rule.sections:
            yield ""
            yield f"**{title}:** {_prose(rule.sections[title])}"
    if example:
        fenced = ["**Example**, faulty and sound:", "", "```diff", *example.lines, "```"]
        yield from ("", *fenced) if example.lines else ("", f"**Example:** {_prose(example.about)}.")
    yield ""
    yield f"- level: {_level(rule)}"
    if rule.safety:
        yield f"- fix: {rule.safety}"
    yield f"- tasks: {_tasks(rule)}"
    if rule.requires:
        yield f"- not where these found something: {', '.join(f'`{name}`' for name in rule.requires)}"
    if rule.relaxed:
        yield f"- information only in files of: {', '.join(rule.relaxed)}"
    for name, default in rule.options.items():
        yield f"- option: `{name} = {default!r}`"
    demands = profiles.demands_on(rule.name)
    for level in sorted({demand.severity for demand in demands}, reverse=True):
        yield f"- {level} with profile: {', '.join(demand.profile for demand in demands if demand.severity is level)}"


def _tasks(rule: Rule) -> str:
    known = {ALL_TASKS: "all", ANNOTATION_TASKS: "all but results"}
    return known.get(rule.tasks) or ", ".join(sorted(rule.tasks))


def _prose(text: str) -> str:
    """Escape what Markdown would take for HTML, but not in code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def main() -> None:
    for path, text in {**pages(), PICTURE: picture()}.items():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
