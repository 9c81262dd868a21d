"""GitLab's Code Quality report."""

from __future__ import annotations

from tests.report import parsers
from tests.report.snapshot import printed
from tests.support import reports


def test_an_issue() -> None:
    found = reports.group("B010", "bbox-out-of-image")
    (issue,) = parsers.gitlab(printed(reports.report(reports.result(reports.TRAIN, found)), "gitlab"))
    assert issue.pop("fingerprint")
    assert issue == {
        "description": "bbox-out-of-image: The box reaches over the border of its image: 12.0 px over the image "
        "(/annotations/0/bbox, annotation id=1, image id=1)",
        "check_name": "B010 bbox-out-of-image",
        "severity": "major",
        "location": {"path": reports.TRAIN, "lines": {"begin": 9}},
    }


def test_typical() -> None:
    issues = parsers.gitlab(printed(reports.typical(), "gitlab"))
    assert len(issues) == 25_003
    assert [issue["check_name"] for issue in issues[:3]] == [
        "internal-error-P007", "unreadable", "A020 annotation-without-image"
    ]  # fmt: skip
    assert [issue["severity"] for issue in (issues[0], issues[2], issues[6], issues[-1])] == [
        "blocker",
        "major",
        "minor",
        "info",
    ]
    assert issues[-1]["description"].startswith("79,218 findings not listed here: 79,218 of B010")


def test_one_data_set_of_several_is_in_the_file() -> None:
    found = reports.group("A001", "x", path="all.json#1")
    (issue,) = parsers.gitlab(printed(reports.report(reports.result("all.json#1", found)), "gitlab"))
    assert issue["location"]["path"] == "all.json"
