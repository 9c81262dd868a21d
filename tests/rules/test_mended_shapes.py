"""What the fixes of boxes, polygons and areas make of records: right values, and nothing that raises."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pycocotools import mask

from cocolint import app
from cocolint.engine import registry
from cocolint.engine.fixing import Fixer, Image, Record
from cocolint.model import Mending, Task
from tests.rules import box_formats, box_pixels, polygon_formats
from tests.support.cases import COLUMN, MASK, Case

shapes: Any = import_module("cocolint.rules._shapes")
RULES = {rule.name: rule for rule in registry.load()}
IMAGE = Image(1, 640.0, 480.0, "1.jpg")
GIVEN = {"image": IMAGE, "task": Task.INSTANCES, "is_whole": True, "are_many": False}
FIXERS = [
    fixer
    for rule in RULES.values()
    for fixer in rule.fixers
    if rule.code[0] in "BP" and fixer.is_of_record and {*fixer.fixtures} <= {"record", *GIVEN}
]
FIELDS = ("bbox", "segmentation", "area", "num_keypoints")
RING = [10, 20, 60, 20, 110, 45, 110, 70, 10, 70]


def call(fixer: Fixer, record: Record) -> Any:
    seen = {"id", "image_id", *fixer.reads, *fixer.writes}
    fixtures = {name: GIVEN[name] for name in fixer.fixtures if name != "record"}
    return fixer.function(record={name: value for name, value in record.items() if name in seen}, **fixtures)


def mended(rule: str, **record: Any) -> Any:
    """Return what the first fix that changes the record makes of its fields."""
    for fixer in RULES[rule].fixers:
        after = call(fixer, record)
        if after is None or any(record.get(name) != value for name, value in after.items()):
            return after and {**record, **after}
    return record


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("bbox-missing", {"segmentation": [RING, [5, 30, 8, 30, 8, 40]]}, [5.0, 20.0, 105.0, 50.0]),
        ("bbox-missing", {"segmentation": MASK}, [100.0, 50.0, 3.0, 100.0]),
        ("bbox-missing", {"segmentation": COLUMN}, [1.0, 0.0, 1.0, 200.0]),
        ("bbox-missing", {"segmentation": [[0.123, 0.128, 9.999, 0.128, 9.999, 7.5]]}, [0.12, 0.13, 9.88, 7.37]),
        ("bbox-length", {"bbox": [10, 20, 110, 25, 105, 70, 5, 65]}, [5.0, 20.0, 105.0, 50.0]),
        ("bbox-type", {"bbox": ["10", " 20.50", "1e2", 50]}, [10, 20.5, 100.0, 50]),
        ("bbox-type", {"bbox": {"left": 1, "top": 2, "right": 11, "bottom": 22.5}}, [1, 2, 10, 20.5]),
        ("bbox-type", {"bbox": [[1, 2, 3, 4]]}, [1, 2, 3, 4]),
        ("bbox-degenerate", {"bbox": [110, 20, -100, 50]}, [10, 20, 100, 50]),
        ("bbox-degenerate", {"bbox": [110.5, 70.25, -100.5, -50.25]}, [10.0, 20.0, 100.5, 50.25]),
        ("bbox-out-of-image", {"bbox": [600, 20, 100, 50]}, [600, 20, 40, 50]),
        ("bbox-out-of-image", {"bbox": [600.1, 450.0, 100.0, 50.0]}, [600.1, 450.0, 39.9, 30.0]),
        ("bbox-negative-origin", {"bbox": [-5.5, -3, 700.0, 600]}, [0.0, 0, 640.0, 480]),
        ("bbox-slightly-outside", {"bbox": [0.123456789, 20, 640, 5.123456789]}, [0.123456789, 20, 639.876543, 5.123456789]),
        ("bbox-fully-outside", {"bbox": [700, 20, 9, 9], "segmentation": [RING]}, [10.0, 20.0, 100.0, 50.0]),
    ],
)
def test_box(rule: str, before: Record, after: list[float]) -> None:
    assert json.dumps(mended(rule, **before)["bbox"]) == json.dumps(after)


@pytest.mark.parametrize(
    ("area", "segmentation", "after"),
    [
        (5000, [], 2000),
        (5010.0, [], 2000),
        (4375, [], 4375),
        (5000, [[600, 20, 700, 20, 700, 70, 600, 70]], 5000),
        (5000, [[600, 20, 700, 20, 700, 70]], 2000),
        ("5000", [], "5000"),
    ],
)
def test_area_follows_the_box_that_it_was_that_of(area: Any, segmentation: Any, after: Any) -> None:
    before = {"bbox": [600, 20, 100, 50], "area": area, "segmentation": segmentation}
    assert mended("bbox-out-of-image", **before)["area"] == after


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("segmentation-flat", RING, [RING]),
        ("segmentation-nested-points", [[10, 20], [60, 20], [60, 45]], [[10, 20, 60, 20, 60, 45]]),
        ("segmentation-nested-points", [[[10, 20], [60, 20], [60, 45]], RING], [[10, 20, 60, 20, 60, 45], RING]),
        ("segmentation-nested-points", [[RING]], [RING]),
        ("segmentation-rle-in-list", [MASK], MASK),
        ("segmentation-type", [["10", 20, "60.5", 20, 60, 45]], [[10, 20, 60.5, 20, 60, 45]]),
        ("polygon-too-few-points", [[], [1, 2, 3, 4], RING, [1, 2, 3, 4, 5]], [RING]),
        ("polygon-too-few-points", [[1, 2, 3, 4]], []),
        ("polygon-odd-length", [[*RING, 9], RING], [RING, RING]),
        ("polygon-zero-area", [[1, 1, 5, 5, 9, 9], RING], [RING]),
        ("polygon-closed", [[*RING, 10, 20, 10, 20]], [RING]),
        ("polygon-duplicate-vertices", [[10, 20, *RING[:4], *RING[2:]]], [RING]),
        ("polygon-out-of-image", [[-10, 20, 50, 20, 50, 60, -10, 60], RING], [[0, 20, 50, 20, 50, 60, 0, 60], RING]),
        (
            "polygon-out-of-image",
            [[600.5, 10.0, 700.5, 10.0, 600.5, 110.0]],
            [[600.5, 10.0, 640.0, 10.0, 640.0, 70.5, 600.5, 110.0]],
        ),
    ],
)
def test_rings(rule: str, before: Any, after: Any) -> None:
    assert json.dumps(mended(rule, segmentation=before)["segmentation"]) == json.dumps(after)


def test_huge_coordinate_is_cut_at_the_box() -> None:
    ring = [10, 20, 99000, 20, 99000, 70, 10, 70]
    assert mended("polygon-coordinate-huge", bbox=[10, 20, 100, 50], segmentation=[ring], area=5000) == {
        "bbox": [10, 20, 100, 50], "segmentation": [[10, 20, 110, 20, 110, 70, 10, 70]], "area": 5000,
    }  # fmt: skip


def test_objects_with_keypoints_are_kept() -> None:
    assert mended("bbox-degenerate", bbox=[0, 0, 0, 0], num_keypoints=0) is None
    assert mended("bbox-degenerate", bbox=[0, 0, 0, 0], num_keypoints=3) == {"bbox": [0, 0, 0, 0], "num_keypoints": 3}


def test_many_boxes_outside_are_kept(tmp_path: Path) -> None:
    def outside(count: int, of: int) -> Case:
        def move(_: Record) -> Record:
            data = box_formats.file(box_formats.right, of)({})
            for annotation in data["annotations"][:count]:
                annotation["bbox"][0] += 700
            return data

        return Case("bbox-fully-outside", "many", change=move)

    assert len(fix(outside(19, 80), tmp_path)) == 61
    assert len(fix(outside(20, 80), tmp_path)) == 80
    assert len(fix(outside(20, 200), tmp_path)) == 180


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("-3.50", -3.5), ("1e2", 100.0), ("0x10", None), ("1_000", None), ("", None), ("nan", None), ("1e999", None)],
)
def test_numbers_in_quotes(text: str, number: float | None) -> None:
    assert shapes.as_number(text) == number
    assert type(shapes.as_number(text)) is type(number)


FORMATS: list[Any] = [
    ("bbox-xyxy", box_formats.corners, 24),
    ("bbox-cxcywh", box_formats.centres, 24),
    ("bbox-normalized", box_formats.normalized, 24),
    ("bbox-normalized", box_formats.extent_normalized, 24),
    ("bbox-percent", box_formats.percent, 60),
    ("bbox-per-mille", box_formats.per_mille, 60),
]


def fix(case: Case, folder: Path) -> list[Record]:
    path = case.write(folder)
    app.check([str(path)], replace(case.settings(folder), mending=Mending.DONE, unsafe_fixes=True, fixable=(case.rule,)))
    found: list[Record] = json.loads(path.read_bytes())["annotations"]
    return found


@pytest.mark.parametrize(("rule", "convert", "count"), FORMATS)
def test_converted_boxes_are_those_that_were_meant(rule: str, convert: Any, count: int, tmp_path: Path) -> None:
    meant = Case(rule, "right", change=box_formats.file(box_formats.right, count)).data()["annotations"]
    cut_by = {"bbox-percent": (640.0, 1e9), "bbox-per-mille": (640.0, 480.0)}.get(rule, (1e9, 1e9))
    found = fix(Case(rule, "converted", change=box_formats.file(convert, count)), tmp_path)
    for one, other in zip(found, meant, strict=True):
        x, y, w, h = other["bbox"]
        reach = [640 - x if cut_by[0] < 1e9 and x >= 450 else w, 480 - y if cut_by[1] < 1e9 and y >= 270 else h]
        assert one["bbox"] == pytest.approx([x, y, *reach], abs=0.011)


@pytest.mark.parametrize(("rule", "convert"), [("polygon-xy-swapped", "swapped"), ("polygon-normalized", "normalized")])
def test_converted_polygons_are_those_that_were_meant(rule: str, convert: str, tmp_path: Path) -> None:
    meant = Case(rule, "right", change=polygon_formats.file(polygon_formats.right)).data()["annotations"]
    found = fix(Case(rule, "converted", change=polygon_formats.file(getattr(polygon_formats, convert))), tmp_path)
    for one, other in zip(found, meant, strict=True):
        assert one["segmentation"][0] == pytest.approx(other["segmentation"][0], abs=0.0051)


def test_shifted_polygons_keep_to_their_boxes(tmp_path: Path) -> None:
    found = fix(Case("bbox-one-based", "polygons", change=box_pixels.with_rectangles), tmp_path)
    for one in found[:-1]:
        assert shapes.bounds_of(one["segmentation"])[:2] == tuple(one["bbox"][:2])
    assert found[0]["bbox"][:2] == [0, 0]
    assert found[-1]["bbox"] == [2, 2, 1, 100]


ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.integers(-9, 700) | st.sampled_from(["", "7", "1e9", "x"])
NUMBERS = st.lists(st.integers(-20, 700) | st.floats(-20, 700), max_size=12)
RUNS = st.fixed_dictionaries(
    {"size": st.just([8, 9]), "counts": st.lists(st.integers(0, 40), max_size=6) | st.text(max_size=5)}
)
SHAPED = NUMBERS | st.lists(NUMBERS, max_size=3) | RUNS | st.lists(RUNS, max_size=2)
ANYTHING = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.sampled_from(["size", "counts", "x"]), inner),
    max_leaves=12,
)
RECORDS = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, SHAPED | ANYTHING))


@given(RECORDS)
def test_no_fix_raises_or_writes_what_json_cannot_hold(record: Record) -> None:
    for fixer in FIXERS:
        after = call(fixer, record)
        assert after is None or after.keys() - record.keys() <= {*fixer.writes}
        for name in fixer.writes if after else ():
            if name in after and after[name] is not record.get(name):
                json.dumps(after[name], allow_nan=False)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=9), st.integers(1, 12))
def test_runs_are_measured_as_by_the_mask_code(runs: list[int], height: int) -> None:
    width = sum(runs) // height + 1
    runs = [*runs, height * width - sum(runs)]
    encoded = mask.frPyObjects({"size": [height, width], "counts": runs}, height, width)
    for counts in (runs, encoded["counts"].decode()):
        segmentation = {"size": [height, width], "counts": counts}
        area = int(mask.area(encoded))
        assert shapes.area_of(segmentation) == (area or None)
        if area:
            left, top, right, bottom = shapes.bounds_of(segmentation)
            assert [left, top, right - left, bottom - top] == mask.toBbox(encoded).tolist()


COORDINATES = st.integers(-50, 150)


@given(st.lists(COORDINATES, min_size=6, max_size=24).filter(lambda ring: len(ring) % 2 == 0))
def test_cut_polygon_lies_in_its_frame_and_covers_what_it_did(ring: list[int]) -> None:
    record = {"segmentation": [ring]}
    after = shapes.cut(record, (0, 0, 100, 100))
    assert after == shapes.cut(after, (0, 0, 100, 100))
    if after != record:
        left, top, right, bottom = shapes.bounds_of(after["segmentation"])
        assert 0 <= left < right <= 100
        assert 0 <= top < bottom <= 100
        frame = [50, 50, 150, 50, 150, 150, 50, 150]
        whole = mask.merge(mask.frPyObjects([[value + 50 for value in ring], frame], 200, 200), intersect=True)
        part = mask.merge(mask.frPyObjects(after["segmentation"], 100, 100))
        assert int(mask.area(part)) == pytest.approx(int(mask.area(whole)), abs=3 * len(ring))


@given(st.tuples(*[st.floats(-1e6, 1e6)] * 4))
def test_box_between_two_corners(corners: tuple[float, float, float, float]) -> None:
    box = shapes.box_between(*corners)
    left, top, right, bottom = corners
    if box is None:
        assert min(right - left, bottom - top) < 1e-5
    else:
        assert min(box[2:]) > 0
        assert [box[0], box[1], box[0] + box[2], box[1] + box[3]] == pytest.approx(corners, abs=0.011)
