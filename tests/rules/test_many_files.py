"""Rules that compare files: what they find is what comparing each pair finds, and many files take no time of their square."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint import app
from cocolint.api import Member
from cocolint.config import Settings
from cocolint.reported import FileResult
from cocolint.run import Run

ClassList = import_module("cocolint.rules._classes").ClassList
with_the_same_classes = import_module("cocolint.rules._splits").with_the_same_classes
LISTS = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["cat", "dog", "cow", "bus"])), max_size=4, unique=True)
PATHS = ["train", "val", "train_a", "val_a", "val_b", "one", "two", "three"]


def write(folder: Path, subset: str, classes: Iterable[tuple[int, str]], parents: str = "") -> None:
    records = [{"id": number, "name": name, "supercategory": parents} for number, name in classes]
    data = {"images": [], "annotations": [], "categories": records}
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    (folder / "annotations" / f"instances_{subset}.json").write_text(json.dumps(data))


def found(folder: Path, *rules: str) -> dict[str, set[str]]:
    report = app.check([str(folder)], Settings(select=rules, jobs=1))
    assert not report.crashes
    return {Path(file.path).stem.partition("_")[2]: names_of(file) for file in report.files}


def names_of(file: FileResult) -> set[str]:
    return {group.name for group in file.groups}


@settings(max_examples=25, deadline=None)
@given(files=st.dictionaries(st.sampled_from(PATHS), LISTS, min_size=2, max_size=6))
def test_a_contradiction_is_found_where_a_pair_has_one(files: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("set")
    for subset, classes in files.items():
        write(folder, subset, classes)
    told = found(folder, "X001", "X002", "X003")
    expected: dict[str, set[str]] = {subset: set() for subset in files}
    for pair in combinations(sorted(files), 2):
        alone = folder / "-".join(pair)
        for subset in pair:
            write(alone, subset, files[subset])
        for subset, names in found(alone, "X001", "X002", "X003").items():
            expected[subset] |= names
    assert told == expected


@settings(max_examples=25, deadline=None)
@given(files=st.dictionaries(st.sampled_from(PATHS), LISTS, min_size=2, max_size=6))
def test_the_first_file_beside_is_the_first_that_should_declare_the_same(
    files: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("set")
    members: list[Member] = []

    def note(run: Run) -> None:
        members.extend(checked.member for checked in run.checked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "_compare", note)
        for subset, classes in files.items():
            write(folder, subset, classes)
        app.check([str(folder)], Settings(select=("C001",), jobs=1))
    assert len(members) == len(files)
    for me in members:
        for other in members:
            if not len(other.categories) or other.class_key == me.class_key:
                continue
            alike = ClassList(other.categories)
            beside = [one for one in members if one.class_key == other.class_key]
            for place, one in enumerate(beside):
                alike.add(place, one)
            expected = [place for place, one in enumerate(beside) if with_the_same_classes(me, [one])]
            assert alike.first_beside(me) == min(expected, default=None)


@pytest.mark.parametrize("kinds", [2, 1000], ids=["two lists", "a list of its own in each"])
def test_many_files_that_disagree_are_not_compared_one_by_one(
    kinds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    first_beside = ClassList.first_beside

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return first_beside(*arguments)

    monkeypatch.setattr(ClassList, "first_beside", counted)
    counts = []
    for count in (20, 40):
        for number in range(count):
            kind = number % kinds
            classes = [(1, "cat"), (2, "dog"), (3 + kind, "bus"), (2000 + kind, "cow")]
            write(tmp_path / str(count), f"{number:04}", classes, parents=f"p{kind}")
        calls = 0
        assert (
            len(
                [
                    names
                    for names in found(tmp_path / str(count), "X").values()
                    if "categories-inconsistent-across-files" in names
                ]
            )
            > count / 3
        )
        counts.append(calls)
    assert counts[1] < 2.5 * counts[0]
