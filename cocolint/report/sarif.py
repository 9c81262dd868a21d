"""SARIF 2.1.0, as GitHub's code scanning takes it: rules with their texts, results with whole regions and fingerprints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

import cocolint
from cocolint.model import SOURCE, Severity
from cocolint.report.entries import Entry, Listing, Trouble, exceptions, troubles, uri
from cocolint.report.machine import emit, emit_array, encode
from cocolint.report.style import Style
from cocolint.report.tally import tallies
from cocolint.report.text import plural, short
from cocolint.reported import ExitCode, FindingGroup, Occurrence, Report

if TYPE_CHECKING:
    from cocolint.engine.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}

LONGEST = 1000
"""Characters of a description; GitHub takes 1,024."""


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write one run. Its results come worst first, since GitHub shows 5,000 of them; what is not listed is a notification."""
    listing = Listing(report, style)
    rules = _rules(report)
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    driver = {"name": "cocolint", "version": cocolint.__version__, "rules": rules}
    emit(stream, b'{"$schema":%b,"version":"2.1.0","runs":[{\n"tool":{"driver":%b},\n' % (encode(SCHEMA), encode(driver)))
    emit(stream, b'"columnKind":"unicodeCodePoints",\n"results":')
    emit_array(stream, (_result(entry, places[entry.group.code]) for entry in listing))
    properties = {"omitted": listing.omitted_count, "suppressed": report.suppressed}
    emit(stream, b',\n"invocations":[%b],\n' % encode(_invocation(report, listing)))
    emit(stream, b'"properties":%b}]}\n' % encode(properties))


def _rules(report: Report) -> list[dict[str, Any]]:
    """Return a descriptor of each rule that found something."""
    from cocolint.engine import registry  # imported here, for reports alone have no need of rules

    known = {(rule.code, rule.name): rule for rule in registry.load()} if report.groups else {}
    first: dict[str, FindingGroup] = {}
    for tally in tallies(report):
        first.setdefault(tally.code, tally.groups[0])
    return [_descriptor(group, known.get((group.code, group.name))) for group in first.values()]


def _descriptor(group: FindingGroup, rule: Rule | None) -> dict[str, Any]:
    """Return what is known of a rule, from itself, or from its finding if the rule is one of the user's."""
    own = {title: text for title, text in (("What breaks", group.breaks), ("Hint", group.hint)) if text}
    summary, sections = (rule.summary, rule.sections) if rule else (group.summary, own)
    full = sections.get("What breaks") or summary
    return {
        "id": group.code,
        "name": group.name,
        "shortDescription": {"text": short(summary, LONGEST) or group.name},
        "fullDescription": {"text": short(full, LONGEST) or group.name},
        "help": {"text": "\n\n".join(f"{title}: {short(text, LONGEST)}" for title, text in sections.items()) or group.name},
        "defaultConfiguration": {"level": LEVELS[group.severity]},
        "properties": {"problem.severity": PROBLEMS[group.severity]},
    }


def _result(entry: Entry, place: int) -> dict[str, Any]:
    group, occurrence = entry.group, entry.occurrence
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": uri(group.path)}, "region": _region(occurrence)}
    }
    if occurrence.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": occurrence.pointer, "kind": "value"}]
    return {
        "ruleId": group.code,
        "ruleIndex": place,
        "level": LEVELS[group.severity],
        "message": {"text": _plain(entry.message)},
        "locations": [location],
        "partialFingerprints": {"primaryLocationLineHash": f"{entry.fingerprint}:1"},
    }


def _region(occurrence: Occurrence) -> dict[str, int]:
    """Return where the field begins and ends; if it goes on over several lines, the part on its first line."""
    text = occurrence.source[:SOURCE].decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    line, column = occurrence.line, occurrence.column
    return {"startLine": line, "startColumn": column, "endLine": line, "endColumn": column + max(1, len(text))}


def _plain(text: str) -> str:
    """Return the text without what a reader of SARIF would take for a link."""
    return text.replace("](", "] (")


def _invocation(report: Report, listing: Listing) -> dict[str, Any]:
    return {
        "executionSuccessful": report.exit_code in (ExitCode.OK, ExitCode.FINDINGS),
        "exitCode": int(report.exit_code),
        "toolExecutionNotifications": list(_notifications(report, listing)),
        "toolConfigurationNotifications": list(map(_error, exceptions(report))),
    }


def _notifications(report: Report, listing: Listing) -> Iterator[dict[str, Any]]:
    yield from map(_error, troubles(report))
    if listing.omitted:
        yield {"level": "warning", "message": {"text": _plain(listing.omitted)}}
    by_reason: dict[str, set[str]] = {}
    for skip in report.skips:
        by_reason.setdefault(skip.because, set()).add(skip.code)
    for reason, codes in by_reason.items():
        text = f"{plural(len(codes), 'rule')} skipped: {short(reason)}"
        yield {"level": "note", "message": {"text": _plain(text)}}


def _error(trouble: Trouble) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": {"uri": uri(trouble.path)}}}
    return {"level": "error", "message": {"text": _plain(trouble.message)}, "locations": [place]}
