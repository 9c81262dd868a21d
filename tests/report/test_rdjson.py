"""Diagnostics for reviewdog."""

from __future__ import annotations

from msgspec.structs import replace

from tests.report import parsers
from tests.report.snapshot import printed
from tests.support import reports


def test_a_diagnostic() -> None:
    found = reports.group("B010", "bbox-out-of-image")
    (one,) = parsers.rdjson(printed(reports.report(reports.result(reports.TRAIN, found)), "rdjson"))
    assert one == {
        "message": "bbox-out-of-image: The box reaches over the border of its image: 12.0 px over the image "
        "(/annotations/0/bbox, annotation id=1, image id=1)",
        "location": {"path": reports.TRAIN, "range": {"start": {"line": 9, "column": 17}}},
        "severity": "ERROR",
        "code": {"value": "B010"},
    }


def test_typical() -> None:
    found = parsers.rdjson(printed(reports.typical(), "rdjson"))
    assert [one["code"]["value"] for one in found[:3]] == ["internal-error-P007", "unreadable", "A020"]
    assert found[-1]["message"].startswith("79,218 findings not listed here")


def test_a_column_that_is_no_32_bit_number_is_left_out() -> None:
    found = reports.group("A001", "x")
    far = [replace(row, column=2**31) for row in reports.locate(found, None)]
    report = replace(reports.report(reports.result(reports.TRAIN, found)), occurrences=lambda *_: far)
    (one,) = parsers.rdjson(printed(report, "rdjson"))
    assert one["location"]["range"] == {"start": {"line": 9}}
