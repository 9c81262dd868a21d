"""What the profiles say is what the readers do, or there is a note on why not."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from cocolint import profiles
from tests.readers import observed
from tests.readers.faults import possible
from tests.readers.observed import FINE
from tests.readers.readers import READERS, Missing, Reader, Session
from tests.support.checkout import ROOT

SEEN = observed.load()
NOTES = observed.notes()


def test_each_reader_that_was_run_has_a_profile_that_says_so() -> None:
    assert {name for name in profiles.names() if profiles.load(name).verified} == set(SEEN)
    assert [name for name, entry in SEEN.items() if profiles.load(name).source != entry.version] == []


@pytest.mark.parametrize("name", SEEN)
def test_where_profile_and_reader_differ_there_is_a_note(name: str) -> None:
    differing = observed.disagreements(profiles.load(name), SEEN[name])
    assert {rule: text for rule, text in differing.items() if rule not in NOTES["*"] | NOTES.get(name, {})} == {}


def test_each_note_is_about_a_difference() -> None:
    differing = {name: observed.disagreements(profiles.load(name), entry) for name, entry in SEEN.items()}
    assert [rule for rule in NOTES["*"] if not any(rule in found for found in differing.values())] == []
    own = {name: notes for name, notes in NOTES.items() if name != "*"}
    assert [(name, rule) for name, notes in own.items() for rule in notes if rule not in differing[name]] == []


def test_the_page_is_current() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "readers.py"))["page"]()
    assert (ROOT / "docs" / "readers.md").read_text(encoding="utf-8") == page, "run: python docs/readers.py"


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_reader_that_is_here_does_what_was_observed(reader: Reader, tmp_path: Path) -> None:
    """Of each rule only the case is tried that stands in the record."""
    recorded = {(rule, one.about): one for rule, levels in SEEN[reader.name].rules.items() for one in levels}
    try:
        with Session(reader, tmp_path, reader.python(None)) as session:
            if session.version != SEEN[reader.name].version:
                pytest.skip(f"{session.version} is here, {SEEN[reader.name].version} was observed")
            differing, tried = {}, set()
            for fault in possible():
                known = recorded.get((fault.rule, fault.about))
                if known is None or not reader.takes(fault) or "no answer" in known.text:
                    continue
                tried.add((fault.rule, fault.about))
                outcome = session.try_out(fault)
                assert outcome is not None
                if (outcome.kind in FINE) != (known.kind in FINE):
                    differing[f"{fault.rule}: {fault.about}"] = f"{outcome.kind} {outcome.text}, not {known.kind}"
    except Missing as reason:
        pytest.skip(f"not here: {reason}")
    assert differing == {}
    assert len(tried) > 0.8 * len(recorded), "the record is old: python docs/readers.py FOLDER"
