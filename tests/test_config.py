"""Settings from files and from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cocolint import config
from cocolint.engine import registry
from cocolint.failure import ConfigError
from cocolint.gates.allow import Allow
from cocolint.model import Severity, Task

RULES = registry.load()


def loaded(folder: Path, text: str, name: str = "cocolint.toml") -> config.Settings:
    path = folder / name
    path.write_text(text)
    return config.load(path)


def test_every_key_is_read(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        """
        select = ["B"]
        extend-select = ["area-mismatch"]
        ignore = ["B010"]
        exclude = ["old/*"]
        fail-on = "warning"
        max-examples = "none"
        jobs = 2
        rules-path = "lint"
        baseline = "known.json"
        [per-file-ignores]
        "val.json" = ["A"]
        [kinds]
        "points/*.json" = "person_keypoints"
        [severity]
        bbox-out-of-image = "error"
        [rules.bbox-out-of-image]
        tolerance = 2
        [[allow]]
        rule = "B011"
        file = "annotations/*.json"
        ids = [17, 99]
        reason = "the lens hood"
        """,
    )
    assert settings.select == ("B",)
    assert settings.per_file_ignores == {"val.json": ("A",)}
    assert settings.kinds == {"points/*.json": Task.PERSON_KEYPOINTS}
    assert settings.fail_on is Severity.WARNING
    assert settings.max_examples is None
    assert settings.rules_path == tmp_path / "lint"
    assert settings.baseline == tmp_path / "known.json"
    assert settings.allow == (Allow("B011", "annotations/*.json", "the lens hood", (17, 99)),)
    assert settings.severity == {"bbox-out-of-image": Severity.ERROR}
    assert config.rule_options(settings, RULES) == {"bbox-out-of-image": {"tolerance": 2.0}}


def test_pyproject_is_used_if_it_has_the_table(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.cocolint]\njobs = 3\n")
    (inner / "pyproject.toml").write_text("[tool.other]\n")
    path = config.find_file(inner)
    assert path == tmp_path / "pyproject.toml"
    assert config.load(path).jobs == 3


def test_the_nearest_file_wins(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "cocolint.toml").write_text("jobs = 1")
    (tmp_path / "inner" / "cocolint.toml").write_text("jobs = 2")
    assert config.load(config.find_file(tmp_path / "inner")).jobs == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = ['B']", "unknown key 'selct'; did you mean 'select'"),
        ("select = 'B'", "expected a list of strings"),
        ("fail-on = 'fatal'", "expected one of info, warning, error"),
        ("max-examples = -1", "expected a number or 'none'"),
        ("jobs = -1", "expected a number of 0 or more"),
        ("jobs = true", "expected a number of 0 or more"),
        ("[kinds]\n'a' = 'instance'", "no task 'instance'; did you mean 'instances'"),
        ("severity = 3", "expected a table"),
        ("select = [", "cocolint.toml"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("[", r"\[")):
        loaded(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rules.bbox-out-of-imge]\ntolerance = 1", "did you mean 'bbox-out-of-image'"),
        ("[rules.B010]\ntolerence = 1", "unknown option 'tolerence'; did you mean 'tolerance'"),
        ("[rules.B010]\ntolerance = 'wide'", "expected float"),
    ],
)
def test_rule_options_are_checked(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.rule_options(loaded(tmp_path, text), RULES)


def test_the_command_line_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cocolint.toml").write_text("jobs = 2\nfail-on = 'info'\n")
    monkeypatch.chdir(tmp_path)
    settings = config.resolve({"jobs": 5, "fail-on": None}, {}, "", ["max-examples = 7"], isolated=False)
    assert (settings.jobs, settings.fail_on, settings.max_examples) == (5, Severity.INFO, 7)
    assert config.resolve({"jobs": None}, {}, "", [], isolated=True).jobs == 0


ALLOWED = '[[allow]]\nrule = "B011"\nfile = "a.json"\nreason = "so, \\"really\\""\nids = [1]\n'


def test_the_baseline_is_written_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "cocolint.toml").write_text("jobs = 1")
    monkeypatch.chdir(inner)
    settings = config.resolve({}, {"write_baseline": True}, "", [], isolated=False)
    assert settings.baseline == tmp_path / "cocolint-baseline.json"
    assert settings.cache_folder == tmp_path / ".cocolint_cache"
    assert config.resolve({}, {}, "", [], isolated=False).baseline is None
    assert config.resolve({}, {}, "", [], isolated=True).cache_folder == inner / ".cocolint_cache"


def test_shown_settings_can_be_read_back(tmp_path: Path) -> None:
    settings = loaded(tmp_path, 'select = ["B", "A"]\nmax-examples = 3\n[severity]\nB010 = "info"\n' + ALLOWED)
    again = loaded(tmp_path, config.shown(settings))
    assert again == settings


@pytest.mark.parametrize("key", config.ABOUT)
def test_every_key_is_explained(key: str) -> None:
    assert config.ABOUT[key] in config.explain(key)
    assert config.ABOUT[key] in config.explain("")
