"""Findings that somebody looked at and found right, and what else the settings keep out of a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cocolint import app, config
from cocolint.config import Settings
from cocolint.failure import ConfigError
from cocolint.gates import allow
from cocolint.model import Severity
from cocolint.reported import ExitCode
from tests.gates.tools import NAME, faulty, ids, run, write
from tests.support.cases import sound


def allowed(**fields: Any) -> tuple[allow.Allow, ...]:
    return allow.exceptions([{"rule": "B010", "file": NAME, "reason": "drawn so on purpose"} | fields])


def test_records_are_allowed_by_id(tmp_path: Path) -> None:
    write(tmp_path, faulty(17, 18, 99))
    report = run(tmp_path, baseline=None, allow=allowed(ids=[17, 99]))
    assert ids(report) == [18]
    assert report.groups[0].suppressed == report.suppressed == 2
    (one,) = report.files[0].suppressed
    assert (one.because, one.exception) == ("drawn so on purpose", 0)


def test_all_records_are_allowed_where_no_id_is_given(tmp_path: Path) -> None:
    write(tmp_path, faulty(17, 18))
    write(tmp_path, faulty(19), "captions.json")
    report = run(tmp_path, baseline=None, allow=allowed(rule="bbox-out-of-image", file="instances_*.json"))
    assert ids(report) == [19]


def test_panoptic_annotations_are_allowed_by_image(tmp_path: Path) -> None:
    data = sound("panoptic")
    for annotation in data["annotations"]:
        annotation["file_name"] = "../other.png"
    write(tmp_path, data, "panoptic_train.json")
    select = ("panoptic-file-name-outside",)
    before = run(tmp_path, baseline=None, select=select)
    image = data["annotations"][0]["image_id"]
    report = run(tmp_path, baseline=None, select=select, allow=allowed(rule=select[0], file="*.json", ids=[image]))
    assert report.suppressed == 1
    assert sum(group.count for group in before.groups) == 1 + sum(group.count for group in report.groups)


def test_an_exception_that_matches_nothing_any_more_fails(tmp_path: Path) -> None:
    write(tmp_path, sound("instances"))
    report = run(tmp_path, baseline=None, allow=allowed(ids=[17]))
    assert [(stale.code, stale.path) for stale in report.stale] == [("B010", NAME)]
    assert report.exit_code is ExitCode.FINDINGS
    assert run(tmp_path, baseline=None, select=("A",), allow=allowed(ids=[17])).exit_code is ExitCode.OK
    assert run(tmp_path, baseline=None, allow=allowed(file="other/*.json")).exit_code is ExitCode.OK


def test_a_glob_is_judged_only_where_all_files_were_looked_at(tmp_path: Path) -> None:
    path = write(tmp_path, sound("instances"))
    settings = Settings(select=("B010",), allow=allowed(file="*.json"), jobs=1)
    assert not app.check([str(path)], settings).stale
    assert app.check([str(tmp_path)], settings).stale


def test_what_is_allowed_is_not_in_the_baseline(tmp_path: Path) -> None:
    write(tmp_path, faulty(17, 18))
    report = run(tmp_path, write_baseline=True, allow=allowed(ids=[17]))
    assert report.suppressed == 2
    assert "17" not in (tmp_path / "baseline.json").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("allow = 3", "expected an array of tables"),
        ("allow = [3]", "expected a table"),
        ('[[allow]]\nrule = "B010"\nfile = "a.json"', "needs a `reason`"),
        ('[[allow]]\nrule = "B010"\nfile = "a.json"\nreason = " "', "needs a `reason`"),
        ('[[allow]]\nrule = "B010"\nreason = "so"', "needs a `file`"),
        ('[[allow]]\nrule = "B010"\nfile = "a.json"\nreason = "so"\nid = [3]', "unknown key 'id'; did you mean 'ids'"),
        ('[[allow]]\nrule = "B010"\nfile = "a.json"\nreason = "so"\nids = ["3"]', "list of numbers"),
        ('[[allow]]\nrule = "B010"\nfile = "a.json"\nreason = "so"\nids = []', "the list is empty"),
        (f'[[allow]]\nrule = "B010"\nfile = "a.json"\nreason = "so"\nids = [{2**63}]', "64 bits"),
    ],
)
def test_what_is_no_exception_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "cocolint.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        config.load(path)


def test_an_unknown_rule_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="allow: no rule 'bbox-out-of-imag'; did you mean 'bbox-out-of-image'"):
        run(tmp_path, baseline=None, allow=allowed(rule="bbox-out-of-imag"))


def test_ignored_rules_and_other_severities_are_told(tmp_path: Path) -> None:
    write(tmp_path, faulty(17))
    write(tmp_path, faulty(18), "instances_val.json")
    report = run(
        tmp_path, baseline=None, select=("B010", "B011", "B012"), severity={"B010": Severity.ERROR, "A002": Severity.ERROR},
        per_file_ignores={NAME: ("B011", "B012"), "nowhere.json": ("B010",)},
    )  # fmt: skip
    assert report.notes == ["2 rules ignored in 1 file by per-file-ignores", "1 rule with another severity"]
    assert not run(tmp_path, baseline=None).notes
