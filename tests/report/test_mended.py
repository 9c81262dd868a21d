"""What the reports say of mending."""

from __future__ import annotations

from typing import Any

import pytest

from cocolint.model import Mending
from cocolint.reported import ExitCode
from tests.report.snapshot import assert_snapshot, printed
from tests.support import reports


def test_after_mending() -> None:
    assert_snapshot("mended", printed(reports.mended()))


def test_after_mending_with_the_changes() -> None:
    assert_snapshot("mended_changes", printed(reports.mended(), show_fixes=True))


def test_only_what_was_mended() -> None:
    text = printed(reports.mended(fix_only=True))
    assert "bbox-out-of-image" not in text
    assert text.splitlines()[-1] == "DONE · 41.2 s · exit 0"


def test_what_would_be_mended() -> None:
    report = reports.mended(mending=Mending.SHOWN, written=[], exit_code=ExitCode.FINDINGS)
    assert_snapshot("would_be_mended", printed(report))


def test_nothing_to_mend() -> None:
    report = reports.mended(mending=Mending.SHOWN, mended=[], withdrawn=[], not_mended=[], written=[])
    assert printed(report).splitlines()[-2:] == ["nothing would be mended", "DONE · 41.2 s · exit 0"]


@pytest.mark.parametrize("style", [{"quiet": True}, {"output_format": "concise"}])
def test_short_forms_tell_it_too(style: dict[str, Any]) -> None:
    assert "R016  iscrowd-missing · 1,203 records (iscrowd) · 1 taken out · 1 file" in printed(reports.mended(), **style)
