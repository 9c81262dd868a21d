"""An array of records is read piece by piece, and what comes of it is the same as if it were read at once."""

from __future__ import annotations

import json
import random
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint import schema as schemas
from cocolint.model import Task
from cocolint.read import build, pieces
from cocolint.read.columns import Annotations
from cocolint.read.document import SliceReader
from cocolint.read.regular import RegularReader
from cocolint.read.slicing import Span
from cocolint.read.structure import BadCut, Faults
from tests.support.cases import sound
from tests.support.columns import content, same
from tests.support.mutations import mutated
from tests.support.spelling import arrays, floats, integers, listed

TASKS = [task for task in Task if schemas.record_schema(task, "annotations")]
NOTHING = build.Masks([], {})
IMAGES, CATEGORIES = build.images_of(NOTHING), build.categories_of(NOTHING)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
WHOLE = 1 << 30
ANNOTATION = {"id": 1, "image_id": 2, "category_id": 3, "area": 4.5, "iscrowd": 0, "bbox": [0, 0.5, 1, 2]}


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RegularReader, "read", lambda *_: None)


def read(task: Task, array: bytes, size: int) -> tuple[Annotations, Faults]:
    """Read an array in pieces of about so many bytes. Raises `BadCut` if it is not whole records."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "PIECE_BYTES", size)
        return SliceReader(Path(), task, False, IMAGES, CATEGORIES, array[1:-1]).read(Span(0, len(array) - 2))


def seen(task: Task, array: bytes, size: int) -> Any:
    """Return all that is seen of an array, None if it is not whole records."""
    try:
        table, faults = read(task, array, size)
    except BadCut:
        return None
    return [content(table), dict(faults)]


def reads_alike(task: Task, array: bytes, size: int) -> bool:
    """Whether an array reads alike in pieces and at once."""
    return same(seen(task, array, size), seen(task, array, WHOLE))


@pytest.mark.parametrize("task", TASKS)
@settings(SLOW, max_examples=50)
@given(data=st.data(), size=st.sampled_from([1, 30, 300]))
def test_any_spelling_reads_alike_in_pieces(task: Task, data: st.DataObject, size: int) -> None:
    array = data.draw(arrays(schemas.record_type(task, "annotations").__struct_fields__))
    assert reads_alike(task, array, size)


@pytest.mark.parametrize("task", TASKS)
def test_damaged_bytes_read_alike_in_pieces(task: Task) -> None:
    data = sound(task)
    body = json.dumps(data["annotations"] if isinstance(data, dict) else data).encode()
    chance = random.Random(0)
    for _ in range(200):
        array = b"[%b]" % mutated(chance, body[1:-1])
        assert reads_alike(task, array, 1)


@SLOW
@given(st.lists(listed(listed(floats | integers)), min_size=1), st.sampled_from([1, 100, WHOLE]))
def test_polygons_hold_the_numbers_of_the_text(polygons: list[str], size: int) -> None:
    records = ",".join([f'{{"segmentation": {text}}}' for text in polygons])
    rings = read(Task.INSTANCES, f"[{records}]".encode(), size)[0].rings
    wanted = [(row, ring) for row, text in enumerate(polygons) for ring in json.loads(text)]
    assert rings.owner.tolist() == [row for row, _ in wanted]
    assert rings.length.tolist() == [len(ring) for _, ring in wanted]
    assert list(map(repr, rings.values.tolist())) == [repr(float(number)) for _, ring in wanted for number in ring]


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 2**70}, {"id": "1"}, {"id": None}, {"id": 1.0}, {"iscrowd": 2}, {"area": None}, {"area": 7}, {"bbox": [1, 2, 3]},
        {"segmentation": []}, {"segmentation": [[]]}, {"segmentation": [1, 2]}, {"segmentation": [[[1, 2]]]},
        {"segmentation": {"size": [2, 2], "counts": [4]}}, {"keypoints": []}, {"keypoints": [1, 2, 2]}, {"score": True},
        {"ignore": True}, {"attributes": {"rotation": 3}}, {"attributes": {"a": [{}, {}, {"b": "}, {"}]}}, {},
    ],
    ids=str,
)  # fmt: skip
def test_one_odd_record_among_others_reads_alike_in_pieces(odd: dict[str, Any]) -> None:
    record = {**ANNOTATION, "segmentation": [[1, 2, 3, 4, 5, 6.25]]}
    array = json.dumps([record, {**record, "keypoints": [1, 2, 0]}, {**record, **odd}, record]).encode()
    assert seen(Task.INSTANCES, array, WHOLE)
    assert all(reads_alike(Task.INSTANCES, array, size) for size in (1, 150, 400))


def test_faults_of_a_later_piece_name_its_records() -> None:
    array = json.dumps([ANNOTATION, ANNOTATION, {**ANNOTATION, "id": "x"}, {**ANNOTATION, "id": "y"}]).encode()
    faults = read(Task.INSTANCES, array, 1)[1]
    assert [one.rows.tolist() for one in chain.from_iterable(faults.values())] == [[2, 3]]


@pytest.mark.parametrize("size", [1, 40, 60])
def test_a_border_within_a_string_is_none(size: int) -> None:
    captions = [f"}}, {{ {'x' * count}}},{{" for count in range(9)]
    array = json.dumps([{"id": 1, "image_id": 1, "caption": caption} for caption in captions]).encode()
    assert read(Task.CAPTIONS, array, size)[0].captions == captions


@pytest.mark.parametrize("blank", ["\v", "\f", "\xa0"])
def test_only_blanks_of_json_are_left_out_between_records(blank: str) -> None:
    assert seen(Task.INSTANCES, b'[{"id": 1},{"id": 2}]', 1)
    assert not seen(Task.INSTANCES, f'[{{"id": 1}}{blank},{blank}{{"id": 2}}]'.encode(), 1)
