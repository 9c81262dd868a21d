"""SARIF as GitHub's code scanning wants it."""

from __future__ import annotations

import gzip
import json

from cocolint.model import Severity
from cocolint.reported import Occurrence
from tests.report import parsers
from tests.report.snapshot import printed
from tests.support import reports


def test_a_result() -> None:
    found = reports.group("B010", "bbox-out-of-image", Severity.WARNING)
    run = parsers.sarif(printed(reports.report(reports.result(reports.TRAIN, found)), "sarif"))
    (result,) = run["results"]
    assert result.pop("partialFingerprints")
    assert result == {
        "ruleId": "B010", "ruleIndex": 0, "level": "warning",
        "message": {
            "text": "The box reaches over the border of its image: 12.0 px over the image "
            "(/annotations/0/bbox, annotation id=1, image id=1)"
        },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": reports.TRAIN},
                "region": {"startLine": 9, "startColumn": 17, "endLine": 9, "endColumn": 34},
            },
            "logicalLocations": [{"fullyQualifiedName": "/annotations/0/bbox", "kind": "value"}],
        }],
    }  # fmt: skip
    assert run["columnKind"] == "unicodeCodePoints"


def test_a_rule_is_described_by_itself() -> None:
    found = reports.group("B010", "bbox-out-of-image", summary="of this file only")
    (rule,) = parsers.sarif(printed(reports.report(reports.result(reports.TRAIN, found)), "sarif"))["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"]) == ("B010", "bbox-out-of-image")
    assert rule["shortDescription"]["text"] == "The box reaches over the border of its image"
    assert "Definition: `max(-x, -y, x + w - W, y + h - H) > tolerance`" in rule["help"]["text"]


def test_a_rule_of_the_user_is_described_by_its_finding() -> None:
    found = reports.group("Z001", "ours", summary="It is ours", breaks="Our training.", hint="Ask us.")
    (rule,) = parsers.sarif(printed(reports.report(reports.result(reports.TRAIN, found)), "sarif"))["tool"]["driver"]["rules"]
    assert (rule["shortDescription"]["text"], rule["fullDescription"]["text"]) == ("It is ours", "Our training.")
    assert rule["help"]["text"] == "What breaks: Our training.\n\nHint: Ask us."


def test_typical() -> None:
    run = parsers.sarif(printed(reports.typical(), "sarif"))
    assert len(run["results"]) == 25_000
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["A020", "C012", "B010", "I030"]
    assert run["properties"] == {"omitted": 79_218, "suppressed": 2}
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    texts = [(one["level"], one["message"]["text"]) for one in invocation["toolExecutionNotifications"]]
    assert texts[:2] == [
        ("error", "internal error in P007 polygon-spike: ValueError: [bold]no[/]"), ("error", "unreadable: Permission denied")
    ]  # fmt: skip
    assert texts[2][1].startswith("79,218 findings not listed here")
    assert texts[3:] == [
        ("note", "2 rules skipped: it needs field-type, which failed"), ("note", "1 rule skipped: no image root"),
    ]  # fmt: skip


def test_findings_are_a_success() -> None:
    found = reports.group("A001", "x")
    run = parsers.sarif(printed(reports.report(reports.result(reports.TRAIN, found)), "sarif"))
    assert run["invocations"] == [
        {"executionSuccessful": True, "exitCode": 1, "toolExecutionNotifications": [], "toolConfigurationNotifications": []}
    ]


def test_a_region_ends_with_the_line() -> None:
    found = reports.group("A001", "x")
    place = Occurrence("/annotations/0/bbox", 3, 5, "", "annotation", 1, None, None, "bbox", "[é,\r\n  2]".encode())
    report = reports.report(reports.result(reports.TRAIN, found), occurrences=lambda *_: [place])
    (result,) = parsers.sarif(printed(report, "sarif"))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 8
    }  # fmt: skip


def test_nothing_is_taken_for_a_link() -> None:
    found = reports.group("A001", "x", message="see [here](http://x)")
    text = printed(reports.report(reports.result(reports.TRAIN, found)), "sarif")
    assert "](" not in json.loads(text)["runs"][0]["results"][0]["message"]["text"]


def test_a_hundred_thousand_findings_fit_into_an_upload() -> None:
    text = printed(reports.report(reports.result(reports.TRAIN, reports.out_of_image(100_000))), "sarif")
    assert len(gzip.compress(text.encode())) < 10_000_000
