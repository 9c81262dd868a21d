"""Stretches are looked at and mended alike with the compiled kernel and without it, and what is not as meant is refused."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cocolint import app, compiled, discover
from cocolint.engine import registry
from cocolint.mend.jobs import Job, NotAsMeant, Stretch, Surround
from cocolint.mend.layout import Extents, Raws, layout_of
from cocolint.mend.records import Mender
from cocolint.mend.splice import Edits
from cocolint.model import Mending, Task
from cocolint.read import build
from cocolint.read.data_sets import Several
from cocolint.read.document import open_document
from cocolint.read.ranges import read_bytes
from cocolint.read.slicing import NotCoco
from cocolint.read.source import Unusable
from cocolint.reported import Report
from tests.mend.test_slices import FIRST
from tests.support.cases import Case
from tests.support.spelling import FIELDS, arrays
from tests.test_real_files import DATA_SETS, REAL

pytestmark = pytest.mark.skipif(compiled.kernel is None, reason="the kernel was not built")
NAMES = ["iscrowd", "area", "segmentation", "bbox"]
NOTHING = build.Masks([], {})


def reads_alike(stretch: bytes, names: list[str]) -> bool:
    """Look at a stretch in both ways, and return whether the kernel took it."""
    reference, ours = Raws(stretch, names), layout_of(stretch, names)
    if not isinstance(ours, Extents):
        return False
    rows = np.arange(len(reference))
    assert len(ours) == len(reference)
    assert np.array_equal(ours.places, reference.places)
    assert list(ours.texts(rows)) == list(reference.texts(rows))
    assert np.array_equal(ours.alike(rows), reference.alike(rows))
    assert np.array_equal(ours.ends(rows), reference.ends(rows))
    assert [ours.text(row) for row in rows.tolist()] == [reference.text(row) for row in rows.tolist()]
    for number in range(len(names)):
        there = rows[[texts[number] is not None for texts in ours.texts(rows) if texts]] if names else rows
        assert np.array_equal(ours.starts_of_value(there, number), reference.starts_of_value(there, number))
    return True


@settings(deadline=None)
@given(array=arrays(list(FIELDS)), names=st.lists(st.sampled_from(list(FIELDS)), unique=True))
def test_any_spelling_is_looked_at_alike(array: bytes, names: list[str]) -> None:
    stretch = array.strip()[1:-1]
    try:
        event(str(reads_alike(stretch, names)))
    except (msgspec.DecodeError, RecursionError):
        assume(False)


@pytest.mark.parametrize("gap", ["", " ", "\n  "])
def test_objects_without_fields_and_without_the_named_ones(gap: str) -> None:
    records = ["{}", f"{{{gap}}}", f'{{"a": "}}, {{"{gap}}}', f'{{{gap}"iscrowd" : [[1, {{"}}": "]"}}]]{gap}}}']
    assert reads_alike(f",{gap}".join(records).encode(), ["iscrowd", "area"])
    assert reads_alike(f",{gap}".join(records).encode(), [])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ('{"area": 1, "area": 2}', "twice"),
        (r'{"\u0061rea": 1}', "escape"),
        ("[1]", "object"),
        ('{"area": [1}', "comma"),
        ('{"area": [1', "bracket"),
        ('{"area": 1} {', "end"),
    ],
)
def test_what_is_not_regular_is_declined(record: str, words: str) -> None:
    assert compiled.kernel is not None
    with pytest.raises(compiled.kernel.Irregular, match=words):
        compiled.kernel.extents_of(b'{"id": 1}, %b' % record.encode(), ["area"])


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
def test_real_files_are_looked_at_alike() -> None:
    taken: Counter[bool] = Counter()
    for file in discover.find([str(REAL / name) for name in DATA_SETS]):
        with suppress(Unusable, NotCoco, Several):
            document = open_document(file)
            for span in document.slices:
                with suppress(msgspec.DecodeError):  # it was cut within a record
                    taken[reads_alike(read_bytes(document.source.data, *span), NAMES)] += 1
    assert taken[True] > 0.8 * taken.total()


def told(report: Report) -> list[Any]:
    """Return what a report tells of what was mended, and of what is left."""
    return [
        report.mended,
        report.withdrawn,
        [(group.path, group.name, group.count, group.finding.message) for group in report.groups],
    ]


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_every_fix_does_the_same_without_the_kernel(case: Case, tmp_path: Any) -> None:
    path = case.write(tmp_path)
    text = path.read_bytes()
    mending = replace(case.settings(tmp_path), mending=Mending.DONE, unsafe_fixes=True)
    report = app.check([str(path)], mending)
    whole = path.read_bytes()
    fresh = app.check([str(path)], case.settings(tmp_path))
    assert told(fresh)[2] == told(report)[2]  # though not all was read again
    path.write_bytes(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "kernel", None)
        assert told(app.check([str(path)], mending)) == told(report)
    assert path.read_bytes() == whole


RECORD = {"id": 1, "image_id": 3, "bbox": [1, 2.50, 3, 4], "note": "a"}


def stretch_of(records: list[dict[str, Any]], style: dict[str, Any]) -> bytes:
    return json.dumps(records, **style).encode()[1:-1]


def mended(rule: str, stretch: bytes, rows: list[int]) -> Stretch | None:
    fixer = registry.load().get(rule).fixers[0]
    images, categories = build.images_of(NOTHING), build.categories_of(NOTHING)
    surround = Surround(images, categories, {"task": Task.INSTANCES, "dialect": ""})
    jobs = [Job(fixer, "iscrowd", np.array(rows), {})]
    return Mender("annotations", surround, None, False).mend(stretch, stretch, jobs)


STYLES = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}])
RECORDS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"id": st.integers(), "iscrowd": st.sampled_from(["0", "1", None, 0]), "note": st.text(max_size=3)}
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(records=RECORDS, style=STYLES, data=st.data(), rule=st.sampled_from(["iscrowd-missing", "iscrowd-type"]))
def test_stretches_are_mended_alike(records: list[Any], style: Any, data: st.DataObject, rule: str) -> None:
    rows = sorted(data.draw(st.lists(st.sampled_from(range(len(records))), min_size=1)))
    stretch = stretch_of(records, style)
    ours = mended(rule, stretch, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "kernel", None)
        assert mended(rule, stretch, rows) == ours


@settings(deadline=None)
@given(place=st.integers(min_value=0), byte=st.sampled_from(b'0123456789{}[],:" .ab'), style=STYLES)
def test_a_wrong_byte_anywhere_is_refused(place: int, byte: int, style: Any) -> None:
    stretch = stretch_of([RECORD, RECORD | {"iscrowd": 1}, RECORD], style)

    def damaged(self: Edits, text: bytes) -> bytes:
        new = bytearray(whole)
        new[place % len(new)] = byte
        assume(new != whole)
        return bytes(new)

    found = mended("iscrowd-missing", stretch, [0, 2])
    assert found and isinstance(found.text, bytes)
    whole = found.text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Edits, "applied_to", damaged)
        with pytest.raises(NotAsMeant):
            mended("iscrowd-missing", stretch, [0, 2])


@pytest.mark.parametrize("edits", [[[2, 1, 0]], [[0, 99, 0]], [[-1, 0, 0]], [[0, 2, 0], [1, 3, 0]], [[0, 0, 1]], [[0, 0, -1]]])
def test_edits_must_be_possible(edits: list[list[int]]) -> None:
    assert compiled.kernel is not None
    with pytest.raises(ValueError, match="range"):
        compiled.kernel.spliced(b"abcdef", np.array(edits, np.int64), [b"x"])


def test_extents_must_fit_the_stretch() -> None:
    assert compiled.kernel is not None
    with pytest.raises(ValueError, match="range"):
        compiled.kernel.alike(b"abc", np.array([[[0, 4]]]), 1, np.zeros(1, np.int64))
    with pytest.raises(ValueError, match="sizes"):
        compiled.kernel.alike(b"abc", np.array([[[0, 3]]]), 2, np.zeros(1, np.int64))
    one = np.array([[0, 3, 2]]), np.zeros((1, 0, 2), np.int64)
    with pytest.raises(ValueError, match="sizes"):
        compiled.kernel.first_difference(b"abc", *one, b"abc", *one, np.zeros(2, np.int64), [b""])
    assert compiled.kernel.first_difference(b"abc", *one, b"ab", *one, np.zeros(1, np.int64), [b""]) == 0
