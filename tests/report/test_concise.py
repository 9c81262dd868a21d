"""One line per group."""

from __future__ import annotations

from cocolint.model import Fix
from tests.report.snapshot import assert_snapshot, printed
from tests.support import reports


def test_typical() -> None:
    assert_snapshot("concise", printed(reports.typical(), "concise"))


def test_a_star_marks_a_safe_fix() -> None:
    found = reports.group("A001", "annotation-id-missing", fix=Fix.SAFE, field="id", message="no id", path=reports.VAL)
    first, closing = printed(reports.report(reports.result(reports.VAL, found)), "concise").splitlines()
    assert first == "annotations/instances_val.json:9:17: A001 [*] annotation-id-missing: no id"
    assert closing.startswith("FAILED")


def test_clean_is_one_line() -> None:
    assert printed(reports.clean(), "concise") == "PASSED · no findings · 41.2 s · exit 0\n"
