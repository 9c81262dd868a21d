"""Requirements, isolation, rules of the user's own, and slices in other processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.api import Dataset, Index
from cocolint.config import Settings
from cocolint.engine import pool, registry
from cocolint.engine.rule import Rules, Scope, rule
from cocolint.failure import RuleError
from cocolint.model import AnnotationFile, Finding, Severity
from cocolint.read import slicing
from cocolint.read.document import open_document
from cocolint.reported import ExitCode
from tests.support.cases import crowded, sound

OWN = '''
from cocolint.api import Annotations, Severity, rule


@rule("Z001", "bbox-odd-width", Severity.WARNING)
def bbox_odd_width(annotations: Annotations, *, divisor: int = 2):
    """The width is not even.

    What breaks: our tiler.
    Definition: width modulo `divisor` is not 0.
    Fix: redraw the box. Only a person can.
    """
    return annotations.where(annotations.bbox[:, 2] % divisor != 0, "bbox", "{width:g} wide", width=annotations.bbox[:, 2])


@rule("Z002", "always-raises", Severity.WARNING)
def always_raises(annotations: Annotations):
    """This rule is broken."""
    raise ValueError("{broken} [bold]")
'''


@pytest.fixture
def own_rules(tmp_path: Path) -> Path:
    folder = tmp_path / "lint"
    folder.mkdir()
    (folder / "ours.py").write_text(OWN)
    return folder


@pytest.fixture
def annotation_file(tmp_path: Path) -> Path:
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(sound("instances")))
    return path


def test_rules_of_the_users_own_run_with_their_options(own_rules: Path, annotation_file: Path) -> None:
    settings = Settings(select=("Z001",), rules_path=own_rules, rules={"Z001": {"divisor": 3}})
    report = app.check([str(annotation_file)], settings)
    assert [(group.code, group.count) for group in report.groups] == [("Z001", 2)]
    assert report.groups[0].finding.text(0)[1] == "100 wide"


def test_a_rule_that_raises_is_isolated(own_rules: Path, annotation_file: Path) -> None:
    report = app.check([str(annotation_file)], Settings(select=("Z",), rules_path=own_rules, rules={"Z001": {"divisor": 3}}))
    assert [crash.name for crash in report.crashes] == ["always-raises"]
    assert "ValueError" in report.crashes[0].error
    assert report.exit_code is ExitCode.UNUSABLE
    assert [group.code for group in report.groups] == ["Z001"]


@pytest.mark.parametrize("text", ["def broken(:", "import nothing_of_that_name"])
def test_a_rule_folder_that_cannot_be_loaded_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(RuleError, match=r"bad\.py"):
        registry.load(tmp_path)
    with pytest.raises(RuleError, match="does not exist"):
        registry.load(tmp_path / "nowhere")


def test_two_rules_of_one_code_are_refused(own_rules: Path) -> None:
    (own_rules / "again.py").write_text(OWN.replace("Z001", "B010"))
    with pytest.raises(RuleError, match="two rules are called"):
        registry.load(own_rules)


def test_scope_follows_from_the_fixtures() -> None:
    @rule("Z1", "z-one", Severity.INFO)
    def by_slice(annotations: object) -> list[Finding]:
        return []

    @rule("Z2", "z-two", Severity.INFO)
    def by_file(index: object, images: object) -> list[Finding]:
        return []

    assert by_slice.scope is Scope.SLICE
    assert by_file.scope is Scope.FILE


def test_an_unknown_fixture_is_refused() -> None:
    with pytest.raises(TypeError, match="'boxes' is neither a fixture"):

        @rule("Z3", "z-three", Severity.INFO)
        def wrong(boxes: object) -> list[Finding]:
            return []


def faulty(path: Path) -> None:
    data = crowded(4000)
    for number in range(0, 4000, 7):
        data["annotations"][number]["bbox"] = [600.0, 20.0, 100.0, 50.0]
        data["annotations"][number]["attributes"] = {"text": "a },{ b", "parts": [{"a": 1}, {"a": 2}]}
    data["annotations"][1234]["area"] = "12"
    data["annotations"][3999]["id"] = 1
    path.write_text(json.dumps(data))


def summary(path: Path, jobs: int) -> list[tuple[str, str, list[int]]]:
    report = app.check([str(path)], Settings(jobs=jobs, select=("ALL",)))
    assert not report.crashes
    return [(group.name, group.finding.message, group.finding.rows.tolist()) for group in report.groups]


def test_slices_and_processes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "instances_train.json"
    faulty(path)
    whole = summary(path, 1)
    assert {name for name, _, _ in whole} >= {"annotation-id-duplicate", "bbox-out-of-image", "area-type"}
    monkeypatch.setattr(slicing, "SLICE_BYTES", 50_000)
    assert summary(path, 1) == whole
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)
    assert summary(path, 2) == whole


def test_cuts_within_nested_records_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = crowded(200)
    for annotation in data["annotations"]:
        annotation["parts"] = [{"a": number, "text": "}, {"} for number in range(40)]
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data))
    whole = summary(path, 1)
    monkeypatch.setattr(slicing, "SLICE_BYTES", 3_000)
    assert summary(path, 1) == whole


def everything(path: Path) -> object:
    sampled = ("field-unknown",)  # a rule that looks at the first slice alone
    report = app.check([str(path)], Settings(jobs=1, select=("ALL",), ignore=sampled))
    assert not report.crashes
    places = [(o.line, o.column, o.pointer, o.message) for group in report.groups for o in report.occurrences(group, None)]
    return [
        (result.status, result.images, result.annotations, result.categories, result.note) for result in report.files
    ], places


TRAPS = [
    '{"images": [], "annotations": [{"id": 1, "bbox": [1, 2, 3, 4], "categories": [1]}], "categories": []}',
    '{"images": [], "annotations": [{"id": 1, "x": [1], "info": {}}]}',
    '{"info": {"annotations": []}, "images": [], "annotations": [{"id": 1}], "categories": []}',
    '{"annotations": [{"id": 1}, {"id": 2}], "images": [{"id": 1}], "categories": [{"id": 1}]}',
    '{"images": [], "annotations": [{"id": 1},, {"id": 2}], "categories": []}',
    '{"images": [], "annotations": [{"id": 1} {"id": 2}], "categories": []}',
    '{"images": [], "annotations": [{"id": NaN}], "categories": []}',
    '{"images": [], "annotations": [{"id": 1, "t": "\\ud800"}], "categories": []}',
    '{"images": [], "annotations": [{"id": 1, "t": "], \\"categories\\": ["}], "categories": []}',
    '{"images": [], "annotations": [' + "[" * 5000 + "]" * 5000 + '], "categories": []}',
    '{"images": [], "annotations": [{"id": 1}], "annotations": [{"id": 2}], "categories": []}',
    '{"images": [], "annotations": {"a": []}, "categories": []}',
    '{"images": [], "annotations": [{"id": 1}], "categories": []} ]',
    '{"images": [], "annotations": [{"id": 1}, {"id": 2',
    '{"images": [], "annotations": [], "categories": []}',
    '{"images": [], "annotations": [  ]}',
    '[{"image_id": 1, "annotations": [1]}]',
]


SOUND_IMAGES = ", ".join(f'{{"id": {number}, "width": 9, "height": 9, "file_name": "{number}.jpg"}}' for number in range(20))
TRAPS += [
    text.replace("IMAGES", SOUND_IMAGES)
    for text in [
        '{"images": [IMAGES], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES], "categories": [{"id": 1, "keypoints": ["a"]}], "info": {}, "annotations": [{"id": 1}]}',
        '{"info": {"images": [1, 2], "annotations": [3]}, "images": [IMAGES], "annotations": [{"id": 1}]}',
        '{"images": [{"id": 77, "x": [1], "annotations": [2]}, IMAGES], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, {"id": 77, "x": [1], "annotations": [2]}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, {"id": 77, "x": [1], "info": {}}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, {"id": 77, "x": "], \\"info\\": "}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, {"id": 77, "x": "}, {"}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, {"id": 77, "x": [{"id": 1}, {"id": 2}]}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, {"id": NaN}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, {"id": 77, "x": "\\ud800"}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES,, {"id": 77}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES {"id": 77}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, 7, null], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, {"id": 77}, ], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES, ' + "[" * 5000 + "]" * 5000 + '], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES], "images": [{"id": 77}], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES], "annotations": [{"id": 1}], "images": [{"id": 77}]}',
        '{"images": [IMAGES}, "annotations": [{"id": 1}]}',
        '{"images": [IMAGES]], "annotations": [{"id": 1}]}',
        '{"images": [IMAGES], "annotations": [{"id": 1}]',
        '{"images": {"a": [IMAGES]}, "annotations": [{"id": 1}]}',
        '{"x": [IMAGES], "images": [], "annotations": [{"id": 1}]}',
        '[{"images": [IMAGES], "annotations": [{"id": 1}]}]',
    ]
]


@pytest.mark.parametrize("size", [20, 300, 1 << 22])
@pytest.mark.parametrize("text", TRAPS)
def test_a_guess_at_the_layout_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, size: int) -> None:
    path = tmp_path / "instances_train.json"
    path.write_text(text)
    monkeypatch.setattr(slicing, "SLICE_BYTES", size)
    exact = everything(path)
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    assert everything(path) == exact


def test_a_guess_at_the_layout_holds_for_sound_and_faulty_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "instances_train.json"
    faulty(path)
    whole = summary(path, 1)
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    monkeypatch.setattr(slicing, "SLICE_BYTES", 50_000)
    assert summary(path, 1) == whole


@pytest.mark.parametrize("row", [0, 150, 299])
@pytest.mark.parametrize(
    "record",
    [
        b'{"id": 1, "caption": "B\xe4ume"}',
        b'{"id": 1, "note": "B\xe4ume"}',
        b'{"id": 1, "note": ["a", {"b\xe4": 1}]}',
        b'{"id": 1, "B\xe4ume": 1}',
        b'{"id": 1, "note": "B\xc3},{\xa4ume"}',
        b'{"id": 1, "note": "\xed\xa0\x80"}',
    ],
)
def test_bytes_that_are_not_utf8_are_found_in_every_slice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: bytes, row: int
) -> None:
    records = [b'{"id": %d, "note": "B\xc3\xa4ume"}' % number for number in range(300)]
    records[row] = record
    path = tmp_path / "captions_train.json"
    path.write_bytes(b'{"images": [], "annotations": [' + b", ".join(records) + b'], "categories": []}')
    exact = everything(path)
    assert "is not UTF-8" in str(exact)
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    for size in (100, 1 << 22):
        monkeypatch.setattr(slicing, "SLICE_BYTES", size)
        assert everything(path) == exact


@pytest.mark.parametrize("name", [b'"B\xe4ume"', b'"B\xc3},{\xa4ume"', b'["\xe4"]'])
@pytest.mark.parametrize("size", [50, 1 << 22])
def test_bytes_that_are_not_utf8_are_found_in_every_slice_of_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: bytes, size: int
) -> None:
    records = [b'{"id": %d, "width": 9, "height": 9, "file_name": "B\xc3\xa4ume"}' % number for number in range(40)]
    records[20] = b'{"id": 1, "x": %b}' % name
    path = tmp_path / "instances_train.json"
    path.write_bytes(b'{"images": [' + b", ".join(records) + b'], "annotations": [{"id": 1}], "categories": []}')
    monkeypatch.setattr(slicing, "SLICE_BYTES", size)
    exact = everything(path)
    assert "is not UTF-8" in str(exact)
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    assert everything(path) == exact


def test_many_images_are_left_out_of_the_first_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "instances_train.json"
    path.write_text(f'{{"info": {{}}, "images": [{SOUND_IMAGES}], "annotations": [{{"id": 1}}], "categories": []}}')
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    monkeypatch.setattr(slicing, "SLICE_BYTES", 100)
    looked_at: list[int] = []
    spans = slicing._spans

    def noted(view: memoryview, start: int) -> slicing.Layout:
        looked_at.append(len(view))
        return spans(view, start)

    monkeypatch.setattr(slicing, "_spans", noted)
    assert len(open_document(AnnotationFile(path, path.name, None, "train", "flat", True, True)).images) == 20
    assert looked_at == [len('{"info": {}, "images": [], "annotations": [], "categories": []}')]


def test_text_beyond_ascii_leaves_the_guess_at_the_layout_standing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(sound("instances") | {"info": {"description": "Bäume"}}, ensure_ascii=False))
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    file = AnnotationFile(path, path.name, None, "train", "flat", True, True)
    assert not open_document(file).is_proved


@pytest.mark.parametrize("images", [1, 100])
def test_images_may_follow_the_annotations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: int) -> None:
    data = dict(sorted(sound("instances").items()))
    data["annotations"] = [{**data["annotations"][0], "id": number + 1} for number in range(400)]
    data["images"] += [{**data["images"][0], "id": 100 + number, "file_name": f"{number}.jpg"} for number in range(images)]
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data))
    exact = everything(path)
    for name, size in (("GUESS_BYTES", 0), ("SLICE_BYTES", 2000), ("_BESIDE_IMAGES", 2000)):
        monkeypatch.setattr(slicing, name, size)
    file = AnnotationFile(path, path.name, None, "train", "flat", True, True)
    assert not open_document(file).is_proved
    assert len(open_document(file).images) == len(data["images"])
    assert everything(path) == exact


def test_a_rule_runs_where_there_is_something_to_say() -> None:
    def told(index: Index) -> list[Finding]:
        return []

    def compared(dataset: Dataset, labels: Any) -> list[Finding]:
        return []

    always = rule("Z003", "always", Severity.WARNING)(told)
    of_many = rule("Z004", "of-many", Severity.WARNING, least=20)(told)
    of_several = rule("Z005", "of-several", Severity.WARNING)(compared)
    rules = Rules([always, of_many, of_several])
    assert rules.due(Scope.FILE, False, 20, ()).rules == [always, of_many]
    assert rules.due(Scope.FILE, False, 19, ()).rules == [always]
    assert rules.due(Scope.FILE, False, 20, (), frozenset(), frozenset({"always"})).rules == [of_many]
    assert rules.due(Scope.DATASET, False, 0, ()) == ([of_several], {})
    absent = (("labels", "no labels"), ("dataset", "no other file"))
    assert rules.due(Scope.DATASET, False, 0, absent) == ([], {"of-several": "no other file"})


def test_signs_for_a_data_set_are_looked_for_in_it_alone() -> None:
    def signs(dataset: Dataset, index: Index) -> list[Finding]:
        return []

    def compared(dataset: Dataset) -> list[Finding]:
        return []

    with pytest.raises(TypeError, match="can ask for dataset only"):
        rule("Z003", "compared", Severity.WARNING, cumulative=signs)(compared)


def test_signs_that_raise_silence_no_rule(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"instances_{name}.json").write_text(json.dumps(sound("instances")))
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.py").write_text(
        "from cocolint.api import Dataset, Finding, Severity, rule\n\n\n"
        "def raising(dataset: Dataset):\n    raise ValueError\n\n\n"
        "def none(dataset: Dataset):\n    return []\n\n\n"
        "def always(dataset: Dataset):\n    yield Finding('seen')\n\n\n"
        "for number, signs in enumerate((raising, none)):\n"
        "    globals()[f'rule{number}'] = rule(f'MINE{number}', signs.__name__, Severity.ERROR, cumulative=signs)(always)\n"
    )
    report = app.check([str(tmp_path)], Settings(select=("raising", "none"), rules_path=tmp_path / "rules", jobs=1))
    assert [[group.name for group in file.groups] for file in report.files] == [["raising"], ["raising"]]
    assert not report.crashes
