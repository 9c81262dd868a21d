"""Annotation files as tests of a pytest run."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import hypothesis
import pytest

from cocolint import app, pytest_checks
from cocolint.engine import registry
from tests.support.cases import put, sound
from tests.support.plugin import OVER, SETTINGS, TWICE, VAL, prepared, write

assert app and pytest_checks and hypothesis and registry.load()  # pytester forgets what a run imports: each would do it anew

pytest_plugins = "pytester"


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    return prepared(pytester.path)


def said(result: pytest.RunResult) -> str:
    return result.stdout.str()


def test_nothing_is_collected_without_the_option(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    result = pytester.runpytest_subprocess("annotations")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_every_rule_on_every_file_is_an_item(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE | OVER)
    write(folder, "annotations/instances_train.json")
    result = pytester.runpytest_subprocess("--cocolint", "annotations", "-v")
    result.assert_outcomes(passed=7, failed=1, skipped=2, warnings=1)
    result.stdout.fnmatch_lines([
        "cocolint: *, settings: cocolint.toml",
        "annotations/instances_train.json::annotation-id-duplicate PASSED*",
        "annotations/instances_val.json::annotation-id-duplicate FAILED*",
        "annotations/instances_val.json::bbox-out-of-image PASSED*",
    ])  # fmt: skip


def test_the_failure_is_the_block_of_the_report(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    result = pytester.runpytest_subprocess("--cocolint", "annotations")
    result.stdout.fnmatch_lines([
        "*__ annotation-id-duplicate __*",
        "A002 error*annotation-id-duplicate · 1 of *",
        f"  --> {VAL}:1:*",
        '    | "id": 1 *',
        "  breaks: *",
        f"FAILED {VAL}::annotation-id-duplicate - *",
    ])  # fmt: skip
    assert "pytest_plugin.py" not in said(result)


def test_a_skipped_rule_says_why(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL)
    result = pytester.runpytest_subprocess("--cocolint", "annotations", "-rs")
    result.stdout.fnmatch_lines([f"SKIPPED [[]1[]] {VAL}*: no image root*"])


def test_lower_findings_are_warnings_that_no_filter_makes_errors(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, OVER)
    pytester.makeini("[pytest]\nfilterwarnings = error")
    result = pytester.runpytest_subprocess("--cocolint", "annotations")
    result.assert_outcomes(passed=3, skipped=2, warnings=1)
    line = next(line for line in said(result).splitlines() if "FindingWarning" in line)
    assert line.startswith(f"  {VAL}:1:")
    assert "bbox-out-of-image" in line
    assert line.endswith("(1 of 3)")


def test_a_user_may_make_them_errors(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, OVER)
    pytester.makeini("[pytest]\nfilterwarnings = error::cocolint.pytest_plugin.FindingWarning")
    pytester.runpytest_subprocess("--cocolint", "annotations").assert_outcomes(passed=2, failed=1, skipped=2)


def test_the_settings_say_what_fails(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "cocolint.toml").write_text(SETTINGS + 'fail-on = "warning"')
    write(folder, VAL, OVER)
    pytester.runpytest_subprocess("--cocolint", "annotations").assert_outcomes(passed=2, failed=1, skipped=2)


def test_what_is_allowed_is_an_expected_failure(pytester: pytest.Pytester, folder: Path) -> None:
    allowed = '[[allow]]\nrule = "annotation-id-duplicate"\nfile = "instances_val.json"\nreason = "two halves of one"'
    (folder / "cocolint.toml").write_text(SETTINGS + allowed)
    write(folder, VAL, TWICE)
    result = pytester.runpytest_subprocess("--cocolint", "annotations", "-rx")
    result.assert_outcomes(passed=2, skipped=2, xfailed=1)
    result.stdout.fnmatch_lines([f"XFAIL {VAL}::annotation-id-duplicate - 1 finding: two halves of one"])


def test_what_the_baseline_knows_is_expected_until_it_is_gone(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    subprocess.run([sys.executable, "-m", "cocolint", "check", "--write-baseline", "annotations"], cwd=folder, check=False)
    (folder / "cocolint.toml").write_text(SETTINGS + 'baseline = "cocolint-baseline.json"')
    pytester.runpytest_subprocess("--cocolint").assert_outcomes(passed=2, skipped=2, xfailed=1)
    write(folder, VAL)
    result = pytester.runpytest_subprocess("--cocolint")
    result.assert_outcomes(passed=2, skipped=2, failed=1)
    assert "--prune-baseline" in said(result)


def test_expressions_choose_by_name_code_and_file(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL)
    write(folder, "annotations/instances_train.json")
    for expression, count in (("bbox-out", 2), ("A002", 2), ("A002 and instances_val", 1), ("not A002", 8)):
        result = pytester.runpytest_subprocess("--cocolint", "--co", "-q", "-k", expression)
        assert said(result).count("::") == count, expression


def test_one_item_can_be_named(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    pytester.runpytest_subprocess("--cocolint", f"{VAL}::annotation-id-duplicate").assert_outcomes(failed=1)


def test_last_failed(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    write(folder, "annotations/instances_train.json")
    pytester.runpytest_subprocess("--cocolint").assert_outcomes(passed=7, failed=1, skipped=2)
    result = pytester.runpytest_subprocess("--cocolint", "--lf", "-v")
    result.assert_outcomes(failed=1)
    assert said(result).count("instances_train") == 0
    write(folder, VAL)
    pytester.runpytest_subprocess("--cocolint", "--lf").assert_outcomes(passed=1)


def test_the_first_failure_may_end_the_run(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, "annotations/instances_train.json", TWICE)
    write(folder, VAL, TWICE)
    pytester.runpytest_subprocess("--cocolint", "-x").assert_outcomes(failed=1)


def test_junit_xml(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    pytester.runpytest_subprocess("--cocolint", "--junit-xml=out.xml")
    case = next(case for case in ET.parse(folder / "out.xml").iter("testcase") if case.find("failure") is not None)
    failure = case.find("failure")
    assert (case.get("classname"), case.get("name")) == ("annotations.instances_val.json", "annotation-id-duplicate")
    assert failure is not None and (failure.text or "").startswith("A002 error")


NOTE = """
from cocolint.api import Dataset, FileFacts, Finding, Index, Severity, rule

@rule("Z001", "noted", Severity.ERROR)
def noted(index: Index, file: FileFacts):
    \"\"\"A note.\"\"\"
    with open("checked.txt", "a") as stream:
        stream.write(file.display + "\\n")
    return []

@rule("Z002", "compared", Severity.ERROR)
def compared(file: FileFacts, dataset: Dataset):
    \"\"\"A comparison.\"\"\"
    yield Finding(f"{len(dataset.members)} files are compared")
"""


@pytest.fixture
def noting(folder: Path) -> Path:
    """A folder where a rule notes which files are checked, and a file after the other."""
    (folder / "own").mkdir()
    (folder / "own" / "rules.py").write_text(NOTE)
    (folder / "cocolint.toml").write_text('jobs = 1\nrules-path = "own"\nselect = ["Z", "A"]')
    for subset in ("train", "val", "test"):
        write(folder, f"annotations/instances_{subset}.json", TWICE if subset == "val" else None)
    return folder


def checked(folder: Path) -> list[str]:
    path = folder / "checked.txt"
    return sorted(path.read_text().split()) if path.exists() else []


ALL = [f"annotations/instances_{subset}.json" for subset in ("test", "train", "val")]


def test_each_file_is_checked_once(pytester: pytest.Pytester, noting: Path) -> None:
    result = pytester.runpytest_subprocess("--cocolint", "annotations")
    assert checked(noting) == ALL
    result.stdout.fnmatch_lines(["*3 files are compared*"])


def test_nothing_is_checked_to_collect(pytester: pytest.Pytester, noting: Path) -> None:
    pytester.runpytest_subprocess("--cocolint", "annotations", "--co")
    assert checked(noting) == []


def test_only_what_is_asked_for_is_checked(pytester: pytest.Pytester, noting: Path) -> None:
    pytester.runpytest_subprocess("--cocolint", "annotations", "-k", "A002 and val").assert_outcomes(failed=1)
    assert checked(noting) == [VAL]


def test_files_are_compared_even_if_one_item_is_chosen(pytester: pytest.Pytester, noting: Path) -> None:
    result = pytester.runpytest_subprocess("--cocolint", "annotations", "-k", "compared and val")
    assert checked(noting) == ALL
    result.stdout.fnmatch_lines(["*3 files are compared*"])


def test_each_file_is_checked_once_by_several_processes(pytester: pytest.Pytester, noting: Path) -> None:
    pytest.importorskip("xdist")
    alone = pytester.runpytest_subprocess("--cocolint", "annotations").parseoutcomes()
    (noting / "checked.txt").unlink()
    result = pytester.runpytest_subprocess("--cocolint", "annotations", "-n", "2")
    counts = {word: count for word, count in result.parseoutcomes().items() if word != "warnings"}
    assert counts == {word: count for word, count in alone.items() if word != "warnings"}
    assert checked(noting) == ALL
    result.stdout.fnmatch_lines(["A002 error*", "*3 files are compared*"])


def test_a_run_without_a_terminal(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    assert pytester.runpytest_subprocess("--cocolint", "annotations", "-p", "no:terminal").ret == pytest.ExitCode.TESTS_FAILED


def test_warnings_come_from_other_processes_too(pytester: pytest.Pytester, folder: Path) -> None:
    pytest.importorskip("xdist")
    write(folder, VAL, OVER)
    result = pytester.runpytest_subprocess("--cocolint", "annotations", "-n", "1")
    result.assert_outcomes(passed=3, skipped=2, warnings=1)
    result.stdout.fnmatch_lines(["*FindingWarning: B010 bbox-out-of-image: *"])


def test_a_broken_file_is_one_failure(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / VAL).write_text('{"images": [, "annotations": []}')
    result = pytester.runpytest_subprocess("--cocolint", "annotations")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED {VAL}::json-syntax - *"])


def test_a_file_that_breaks_after_it_was_collected_is_not_passed(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL)
    pytester.makeconftest("""
        import pathlib
        def pytest_runtestloop():
            pathlib.Path("annotations/instances_val.json").write_text('{"annotations": [,]}')
    """)
    pytester.runpytest_subprocess("--cocolint", "annotations").assert_outcomes(failed=1, skipped=4)
    write(folder, VAL)
    result = pytester.runpytest_subprocess("--cocolint", "annotations", "-k", "A002")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{VAL}: *"])


def test_other_json_is_passed_over_unless_it_is_named(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL)
    (folder / "package.json").write_text('{"name": "x"}')
    (folder / "broken.json").write_text("{")
    assert "package" not in said(pytester.runpytest_subprocess("--cocolint", "--co", "-q"))
    result = pytester.runpytest_subprocess("--cocolint", "package.json", "broken.json")
    result.assert_outcomes(failed=2)


def test_excluded_files_are_not_collected(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "cocolint.toml").write_text(SETTINGS + 'exclude = ["*_val.json"]')
    write(folder, VAL)
    assert pytester.runpytest("--cocolint").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert pytester.runpytest("--cocolint", VAL).ret == pytest.ExitCode.OK


def test_files_in_an_archive(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        archive.write(folder / VAL, VAL)
    result = pytester.runpytest("--cocolint", "set.zip", "-v")
    result.assert_outcomes(passed=2, failed=1, skipped=2)
    result.stdout.fnmatch_lines([f"set.zip::{VAL}::annotation-id-duplicate FAILED*"])


def test_an_array_of_data_sets_is_one_file(pytester: pytest.Pytester, folder: Path) -> None:
    bad = sound("instances")
    put(bad, "/annotations/1/id", 1)
    (folder / VAL).write_text(json.dumps([sound("instances"), bad]))
    result = pytester.runpytest("--cocolint", VAL, "-k", "A002")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"  --> {VAL}#1:1:*"])


def test_settings_that_cannot_be_used(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "cocolint.toml").write_text("selct = []")
    result = pytester.runpytest("--cocolint")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: cocolint: *unknown key 'selct'; did you mean 'select'?"])


def test_what_stops_a_check_is_said_and_not_tried_again(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "cocolint.toml").write_text(SETTINGS + 'images-root = "nowhere"')
    write(folder, VAL)
    result = pytester.runpytest("--cocolint")
    result.assert_outcomes(errors=5)
    result.stdout.fnmatch_lines(["cocolint: --images-root *nowhere: no such folder"])


def test_a_rule_that_raises_fails(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "rules.py").write_text(NOTE.replace("return []", "return 1 / 0"))
    (folder / "cocolint.toml").write_text('jobs = 1\nrules-path = "own"\nselect = ["Z001", "A002"]')
    write(folder, VAL)
    result = pytester.runpytest("--cocolint")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["Z001 crashed:", "*ZeroDivisionError*"])


def test_the_fixture_returns_the_report(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, OVER)
    pytester.makepyfile("""
        def test_sound(cocolint_check):
            report = cocolint_check("annotations/instances_val.json")
            assert [group.name for group in report.groups] == ["bbox-out-of-image"]

        def test_lenient(cocolint_check):
            assert cocolint_check("annotations", fail_on="warning", exit_zero=True).groups

        def test_chosen(cocolint_check):
            assert not cocolint_check("annotations", select=["A"], ignore=["A001"], fail_on="info").groups
    """)
    pytester.runpytest().assert_outcomes(passed=3)


def test_the_fixture_fails_with_the_report(pytester: pytest.Pytester, folder: Path) -> None:
    write(folder, VAL, TWICE)
    pytester.makepyfile('def test_data(cocolint_check): cocolint_check("annotations")')
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "1 error, 0 warnings in 1 of 1 file", "A002 error*", "*FAILED*exit 1*", "FAILED *::test_data - Failed: 1 error*"
    ])  # fmt: skip
    assert "pytest_plugin.py" not in said(result)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('"nowhere.json"', "Failed: cocolint: no such file or folder: 'nowhere.json'"),
        ('"annotations", selekt=["A"]', "TypeError: *no setting 'selekt'; did you mean 'select'?"),
        ('"annotations", select=["nothing"]', "Failed: cocolint: *no rule or prefix 'nothing'*"),
        ('"annotations", fail_on="often"', "Failed: cocolint: *fail-on: expected one of info, warning, error*"),
    ],
)
def test_the_fixture_says_what_is_wrong_with_a_call(pytester: pytest.Pytester, folder: Path, call: str, message: str) -> None:
    write(folder, VAL)
    pytester.makepyfile(f"def test_data(cocolint_check):\n    cocolint_check({call})")
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f">*cocolint_check({call.replace('[', '[[]')})", f"E *{message}"])


def test_the_plugin_costs_next_to_nothing_unless_it_is_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.partition(".")[0] == "cocolint"}
            assert ours <= {"cocolint", "cocolint.pytest_plugin"}
            assert not {"numpy", "msgspec", "jsonschema"} & sys.modules.keys()
    """)
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)
