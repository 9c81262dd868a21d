"""What became of the planted faults in every reader: kept as data, since most readers are too heavy to run with the tests."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cocolint.profiles import Profile
from tests.readers.faults import Fault
from tests.readers.readers import Outcome, Reader, Session

FINE = ("ok", "taken")
FILE = Path(__file__).parent / "observed.json"
WORST = ("ok", "taken", "number", "lost", "crash", "killed")


class Seen(NamedTuple):
    """The worst that became of the faults of one rule: its kind, in which case, and the text; `broken` of `tried` faults.

    `severity` is what cocolint calls these faults without profiles.
    """

    severity: str
    kind: str
    about: str
    text: str
    broken: int
    tried: int


class Observations(NamedTuple):
    """What a reader of some version did with the faults, by rule, once for each severity that its faults have."""

    version: str
    rules: dict[str, list[Seen]]


def observe(reader: Reader, faults: Iterable[Fault], python: str) -> Observations:
    """Run a reader on the faults that it takes. Raises `Missing` if it is not there."""
    tried: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as folder, Session(reader, Path(folder), python) as session:
        for fault in faults:
            if reader.takes(fault) and (outcome := session.try_out(fault)):
                tried[fault.rule][str(fault.severity)].append(outcome)
    return Observations(
        session.version, {rule: [_worst(*entry) for entry in sorted(levels.items())] for rule, levels in tried.items()}
    )


def _worst(severity: str, outcomes: list[Outcome]) -> Seen:
    worst = max(outcomes, key=lambda outcome: WORST.index(outcome.kind))
    broken = sum(outcome.kind not in FINE for outcome in outcomes)
    return Seen(severity, worst.kind, worst.fault.about, worst.text, broken, len(outcomes))


def disagreements(profile: Profile, seen: Observations) -> dict[str, str]:
    """Return where a profile says error and the reader breaks at nothing, or the other way round, by rule.

    Where the profile says nothing of a rule, the severity that its faults have anyway is meant.
    """
    found = {}
    for rule, levels in seen.rules.items():
        word = profile.demands.get(rule)
        for one in [max(levels, key=lambda one: WORST.index(one.kind))] if word else levels:
            said = str(word.severity) if word else one.severity
            if one.kind != "taken" and (said == "error") != (one.kind != "ok"):
                found[rule] = f"{said}, but {one.kind}" + (f": {one.text}" if one.text else "")
    return found


def notes() -> dict[str, dict[str, str]]:
    """Return why profiles and readers disagree, by reader and rule; `*` stands for all readers."""
    return dict(tomllib.loads((Path(__file__).parent / "notes.toml").read_text(encoding="utf-8")))


def load() -> dict[str, Observations]:
    """Return what was observed, by reader."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        reader: Observations(entry["version"], {rule: [Seen(*one) for one in seen] for rule, seen in entry["rules"].items()})
        for reader, entry in data.items()
    }


def save(observations: dict[str, Observations]) -> None:
    """Keep what was observed, a line for each rule."""
    readers = []
    for reader, entry in observations.items():
        lines = [f"{json.dumps(rule)}: {json.dumps(seen)}" for rule, seen in sorted(entry.rules.items())]
        readers.append(
            f'{json.dumps(reader)}: {{"version": {json.dumps(entry.version)}, "rules": {{\n' + ",\n".join(lines) + "}}"
        )
    FILE.write_text("{" + ",\n".join(readers) + "}\n", encoding="utf-8", newline="\n")
