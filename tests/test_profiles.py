"""Profiles: what they do to severities and options, and that each of them fits the rules."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cocolint import app, config, profiles
from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.failure import ConfigError, RuleError
from cocolint.gates.gate import Gate
from cocolint.model import Severity
from cocolint.report import Style, write
from cocolint.report.rules import write as explain_rule
from cocolint.reported import Report
from tests.support.cases import put, sound

RULES = registry.load()
OVER = {"/annotations/0/bbox": [600.0, 20.0, 100.0, 50.0]}

MADE = {
    "strict": """
        description = "says all is an error"
        source = "made up"
        verified = false
        [error]
        bbox-out-of-image = "ValueError: out"
        bbox-subpixel = "drops it"
        iscrowd-missing = "KeyError"
        [options]
        bbox-out-of-image.tolerance = 0
        """,
    "lax": """
        description = "minds little"
        source = "made up"
        verified = false
        [warning]
        annotation-id-zero = "may be lost"
        [info]
        bbox-out-of-image = "clips it"
        annotation-id-duplicate = "reads no ids"
        """,
    "laxer": """
        description = "built on lax"
        source = "made up"
        verified = false
        extends = "lax"
        [options]
        bbox-out-of-image.tolerance = 5.0
        """,
    "lost": """
        description = "names what is not there"
        source = "made up"
        verified = false
        [error]
        bbox-of-nothing = "?"
        [options]
        bbox-out-of-image.tolerances = 1.0
        """,
}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    for name, text in MADE.items():
        (folder / f"{name}.toml").write_text(text)
    monkeypatch.setattr(profiles, "FOLDER", folder)
    profiles.load.cache_clear()


@pytest.fixture(autouse=True)
def forgotten() -> Any:
    yield
    profiles.load.cache_clear()


def run(folder: Path, edit: dict[str, Any], **settings: Any) -> Report:
    data = sound("instances")
    for pointer, value in edit.items():
        put(data, pointer, value)
    (folder / "instances_train.json").write_text(json.dumps(data))
    return app.check([str(folder / "instances_train.json")], Settings(jobs=1, **settings))


def severities(report: Report) -> dict[str, Severity]:
    return {group.name: group.severity for group in report.groups}


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("names", "severity"),
    [
        ((), Severity.WARNING),
        (("strict",), Severity.ERROR),
        (("lax",), None),
        (("lax", "strict"), Severity.ERROR),
        (("lax", "laxer"), Severity.WARNING),
    ],
)
def test_the_worst_of_what_the_profiles_say_counts(tmp_path: Path, names: tuple[str, ...], severity: Severity | None) -> None:
    assert severities(run(tmp_path, OVER, profiles=names)).get("bbox-out-of-image") is severity


@pytest.mark.usefixtures("made")
def test_a_profile_switches_rules_on_but_not_off(tmp_path: Path) -> None:
    small = {"/annotations/0/bbox": [10.0, 20.0, 100.0, 0.5]}
    assert "bbox-subpixel" not in severities(run(tmp_path, small))
    assert severities(run(tmp_path, small, profiles=("strict",)))["bbox-subpixel"] is Severity.ERROR
    assert {rule.name for rule in Gate(Settings(profiles=("lax",)), RULES).rules} >= {"bbox-out-of-image"}
    chosen = Gate(Settings(profiles=("strict",), select=("A",)), RULES).chosen
    assert {rule.code[0] for rule in chosen} == {"A"}


@pytest.mark.usefixtures("made")
def test_what_is_lowered_is_shown_where_it_was_asked_for(tmp_path: Path) -> None:
    report = run(tmp_path, OVER, profiles=("lax",), extend_select=("bbox-out-of-image",))
    assert severities(report)["bbox-out-of-image"] is Severity.INFO
    assert report.groups[0].profiles == []


@pytest.mark.usefixtures("made")
def test_the_users_severity_goes_first(tmp_path: Path) -> None:
    report = run(tmp_path, OVER, profiles=("strict",), severity={"B010": Severity.WARNING})
    assert severities(report)["bbox-out-of-image"] is Severity.WARNING


@pytest.mark.usefixtures("made")
def test_a_reader_counts_more_than_a_dialect(tmp_path: Path) -> None:
    data = sound("instances")
    for annotation in data["annotations"]:
        del annotation["iscrowd"]
    path = tmp_path / "instances_val.json"
    path.write_text(json.dumps(data))
    settings = Settings(jobs=1, dialect="lvis")
    assert "iscrowd-missing" not in severities(app.check([str(path)], settings))
    read = app.check([str(path)], replace(settings, profiles=("strict",)))
    assert severities(read)["iscrowd-missing"] is Severity.ERROR


@pytest.mark.usefixtures("made")
def test_a_finding_names_the_profiles_that_it_breaks(tmp_path: Path) -> None:
    (group,) = (group for group in run(tmp_path, OVER, profiles=("lax", "strict")).groups if group.code == "B010")
    assert [(demand.profile, demand.severity, demand.effect) for demand in group.profiles] == [
        ("strict", Severity.ERROR, "ValueError: out")
    ]


@pytest.mark.usefixtures("made")
def test_reports_name_them(tmp_path: Path) -> None:
    report = run(tmp_path, OVER, profiles=("strict",))
    text, data = io.StringIO(), io.StringIO()
    write(report, Style(width=100), text)
    assert "\n  breaks: strict: ValueError: out\n" in text.getvalue()
    assert "albumentations" not in text.getvalue()
    write(report, Style(output_format="json"), data)
    (finding,) = (one for one in json.loads(data.getvalue())["findings"] if one["rule"] == "B010")
    assert finding["profiles"] == [{"name": "strict", "severity": "error", "effect": "ValueError: out"}]


@pytest.mark.usefixtures("made")
def test_the_explanation_of_a_rule_names_them() -> None:
    out = io.StringIO()
    explain_rule(RULES, "bbox-out-of-image", "text", out)
    assert "\n  strict (error): ValueError: out\n" in out.getvalue()
    assert "\n  information only: lax\n" in out.getvalue()


@pytest.mark.usefixtures("made")
def test_options_come_from_the_profile_and_the_user_goes_first() -> None:
    assert config.rule_options(Settings(profiles=("strict",)), RULES) == {"bbox-out-of-image": {"tolerance": 0.0}}
    own = Settings(profiles=("strict", "laxer"), rules={"B010": {"tolerance": 2.0}})
    assert config.rule_options(own, RULES) == {"bbox-out-of-image": {"tolerance": 2.0}}
    with pytest.raises(ConfigError, match=r"set rules\.bbox-out-of-image\.tolerance"):
        config.rule_options(Settings(profiles=("strict", "laxer")), RULES)


@pytest.mark.usefixtures("made")
def test_only_what_the_other_minds_is_taken_over() -> None:
    demands = profiles.load("laxer").demands
    assert set(demands) == {"annotation-id-zero"}
    assert demands["annotation-id-zero"].profile == "laxer"


@pytest.mark.usefixtures("made")
def test_mistakes_are_named() -> None:
    with pytest.raises(ConfigError, match="no profile 'strickt'; did you mean 'strict'"):
        Gate(Settings(profiles=("strickt",)), RULES)
    with pytest.raises(RuleError, match=r"internal error: profile lost names bbox-of-nothing, bbox-out-of-image.tolerances"):
        Gate(Settings(profiles=("lost",)), RULES)
    twofold = MADE["lost"].replace("[options]", "[info]\nbbox-of-nothing = '!'\n[options]")
    (profiles.FOLDER / "twofold.toml").write_text(twofold)
    with pytest.raises(ValueError, match="two severities"):
        profiles.load("twofold")


@pytest.mark.parametrize("name", profiles.names())
def test_a_profile_fits_the_rules(name: str) -> None:
    profile = profiles.load(name)
    assert profile.unknown(RULES) == []
    assert all(demand.effect and not demand.effect.removesuffix("...").endswith(".") for demand in profile.demands.values())
    config.rule_options(Settings(profiles=(name,)), RULES)


def test_a_reader_of_several_metrics_is_meant_with_all_of_them() -> None:
    by_metric = [f"pycocotools-{metric}" for metric in ("bbox", "keypoints", "segm")]
    assert profiles.meant_by("pycocotools") == by_metric
    assert profiles.meant_by("pycocotools-segm") == ["pycocotools-segm"]


def test_profiles_are_listed() -> None:
    listed = config.explain("profiles")
    assert [name for name in profiles.names() if f"\n{name} " not in listed] == []
