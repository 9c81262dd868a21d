"""What the documentation says of rules, commands and files is so."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

import cocolint
from cocolint.config import ABOUT, load
from cocolint.engine import registry
from tests.support.cases import sound
from tests.support.checkout import ROOT

PAGES: dict[Path, str] = runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]()
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")] if path.is_file()]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_generated_documentation_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path], "run: python docs/generate.py"


def test_the_picture_shows_what_a_check_prints() -> None:
    picture = (ROOT / "docs" / "check.svg").read_text(encoding="utf-8")
    fresh = runpy.run_path(str(ROOT / "docs" / "generate.py"))["picture"]()
    assert _words(picture) == _words(fresh), "run: python docs/generate.py"
    assert "http" not in picture.replace("http://www.w3.org", "").replace("https://www.textualize.io", "")


def _words(svg: str) -> list[str]:
    return re.findall(r">([^<>]+)</text>", svg)


def test_every_rule_is_in_the_readme() -> None:
    assert [rule.name for rule in registry.load() if f"`{rule.name}`" not in README] == []


def test_every_setting_is_in_the_readme() -> None:
    assert [key for key in ABOUT if f"`{key}`" not in README] == []


def _fenced(language: str) -> str:
    found = re.search(rf"^```{language}\n(.+?)^```", README, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_settings_of_the_readme_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(_fenced("toml"), encoding="utf-8")
    settings = load(path)
    rules = registry.load()
    named = [*settings.extend_select, *settings.ignore, *settings.severity, *settings.rules]
    assert all(rules.select(key) for key in named)
    assert all(set(options) <= set(rules.get(key).options) for key, options in settings.rules.items())


def test_the_rule_of_the_readme_works(tmp_path: Path) -> None:
    (tmp_path / "names.py").write_text(_fenced("python"), encoding="utf-8")
    data = sound("instances")
    data["images"][0]["file_name"] = "first.jpg"
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    report = cocolint.check(path, rules_path=tmp_path, select=("Z",), jobs=1)
    (group,) = report.groups
    assert (group.name, group.count) == ("file-name-not-numbered", 1)
    assert [row.message for row in report.occurrences(group, None)] == ["'first' is not a number"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_ci_runs_the_commands_of_the_readme() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for name, word in {"first command": "cocolint check examples/", "test command": "pytest -n auto"}.items():
        command = re.search(rf"<!-- {name} -->\n```\n(.+)\n```", README)
        assert command is not None
        assert command[1].endswith(word)
        assert f'readme_command "{name}"' in ci
