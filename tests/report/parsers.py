"""Each format for platforms, read as its readers do: with its published schema, a parser, or the fields that are documented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt

TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "integer", "minimum": 1}
SMALL = NUMBER | {"maximum": 2**31 - 1}


def exactly(optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these keys and no others."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


GITLAB = {
    "type": "array",
    "items": exactly(
        description=TEXT, check_name=TEXT, fingerprint={"type": "string", "pattern": "^[0-9a-f]{32}$"},
        severity={"enum": ["info", "minor", "major", "critical", "blocker"]},
        location=exactly(path=TEXT, lines=exactly(begin=NUMBER)),
    ),
}  # fmt: skip
"""The fields in "Implement a custom tool" of GitLab's page on code quality."""

RDJSON = exactly(
    source=exactly(name=TEXT),
    diagnostics={
        "type": "array",
        "items": exactly(
            message=TEXT, severity={"enum": ["ERROR", "WARNING", "INFO"]}, code=exactly(value=TEXT),
            location=exactly(("range",), path=TEXT, range=exactly(start=exactly(("column",), line=SMALL, column=SMALL))),
        ),
    },
)  # fmt: skip
"""The messages of proto/rdf/reviewdog.proto in reviewdog/reviewdog, as far as they are used; no other key is known there."""


def gitlab(text: str) -> list[dict[str, Any]]:
    """Return the issues, whose fingerprints must differ: GitLab drops the second of two."""
    assert not text.startswith("\ufeff")
    issues: list[dict[str, Any]] = json.loads(text)
    jsonschema.validate(issues[:300], GITLAB)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    return issues


def rdjson(text: str) -> list[dict[str, Any]]:
    """Return the diagnostics."""
    data = json.loads(text)
    diagnostics: list[dict[str, Any]] = data["diagnostics"]
    jsonschema.validate(data | {"diagnostics": diagnostics[:300]}, RDJSON)
    return diagnostics


def sarif(text: str) -> dict[str, Any]:
    """Return the one run, which must have all that GitHub asks for."""
    data = json.loads(text)
    schema = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    (run,) = data["runs"]
    results = run["results"]
    jsonschema.Draft4Validator(schema).validate(data | {"runs": [run | {"results": results[:100]}]})
    assert len(results) <= 25_000
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["help"]["text"]
        assert all(0 < len(rule[key]["text"]) <= 1024 for key in ("shortDescription", "fullDescription"))
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert region.keys() == {"startLine", "startColumn", "endLine", "endColumn"}
        assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])
    prints = {result["partialFingerprints"]["primaryLocationLineHash"] for result in results}
    assert len(prints) == len(results)
    return dict(run)


def junit(text: str) -> Any:
    """Return the suites, whose test cases must differ in name or class: GitLab drops the second of two."""
    junitparser = pytest.importorskip("junitparser")
    suites = junitparser.JUnitXml.fromstring(text.encode())
    for suite in suites:
        cases = list(suite)
        assert suite.tests == len(cases)
        assert len({(case.classname, case.name) for case in cases}) == len(cases)
        told = [type(result).__name__ for case in cases for result in case.result]
        assert (told.count("Failure"), told.count("Error"), told.count("Skipped")) == (
            suite.failures, suite.errors, suite.skipped,
        )  # fmt: skip
    return suites


def markdown(text: str) -> str:
    """Return the words of a page that fits into a comment; its only HTML folds examples up."""
    assert len(text) < 65_536
    words = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        assert token.type != "html_block" or _folds(token.content), token.content
        for child in token.children or []:
            assert child.type in ("text", "code_inline", "softbreak"), child
            words.append(child.content)
    return "\n".join(words)


def _folds(html: str) -> bool:
    return html.startswith(("<details><summary>", "</details>")) and html.count("<") <= 4
