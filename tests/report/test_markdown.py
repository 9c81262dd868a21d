"""A page of Markdown."""

from __future__ import annotations

from cocolint.model import Mending, Severity
from cocolint.reported import ExitCode
from tests.report import parsers
from tests.report.snapshot import assert_snapshot, printed
from tests.support import reports


def test_typical() -> None:
    text = printed(reports.typical(), "markdown", max_examples=2)
    parsers.markdown(text)
    assert_snapshot("markdown", text)


def test_clean_is_short() -> None:
    assert printed(reports.clean(), "markdown") == "### cocolint: passed\n\nNo findings.\n"


def test_what_was_mended() -> None:
    text = printed(reports.mended(maps=["annotations/instances_train.json.id-map.json"]), "markdown")
    assert_snapshot("markdown_mended", text)


def test_what_would_be_mended() -> None:
    text = printed(reports.mended(mending=Mending.SHOWN, written=[]), "markdown")
    assert text.startswith("### cocolint: would change\n\n1,204 records in 2 files would be mended.\n")
    assert "bbox-out-of-image" not in parsers.markdown(text)


def test_a_page_fits_into_a_comment() -> None:
    groups = [reports.group(f"A{i:03d}", f"rule-{i}", count=50, breaks="what " * 50) for i in range(150)]
    text = printed(reports.report(reports.result(reports.TRAIN, *groups)), "markdown", max_examples=None)
    parsers.markdown(text)
    assert "... 50 more rules." in text
    assert "No room for examples of 1" in text


def test_no_examples_on_request() -> None:
    text = printed(reports.report(reports.result(reports.TRAIN, reports.out_of_image(3))), "markdown", max_examples=0)
    assert ":9:17" not in text
    assert "- ... 3 more" in text


def test_code_stays_code() -> None:
    found = reports.group("C012", "x", Severity.ERROR, message="call it `instances_<a>.json`, not `|`")
    text = printed(reports.report(reports.result(reports.TRAIN, found)), "markdown")
    assert "call it `instances_<a>.json`, not \\`\\|\\`" in text
    assert "call it \ninstances_<a>.json\n, not `|`" in parsers.markdown(text)


def test_a_run_that_was_interrupted() -> None:
    assert printed(reports.report(exit_code=ExitCode.INTERRUPTED), "markdown").startswith("### cocolint: interrupted\n")
