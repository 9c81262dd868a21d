"""What is drawn of a record: whatever its fields hold, something sound comes out, and sound fields are drawn where they lie."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cocolint.html.drawing import FINEST, MOST_CORNERS, Stage, drawn
from cocolint.html.views import view_of
from cocolint.shapes import Shapes, shapes_of

NUMBERS = st.one_of(st.integers(-(10**30), 10**30), st.floats(), st.integers(-50, 700))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=9), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=20,
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "bbox": st.one_of(JSON, st.lists(NUMBERS, min_size=4, max_size=4)),
        "segmentation": st.one_of(
            JSON,
            st.lists(st.lists(NUMBERS, max_size=20), max_size=4),
            st.fixed_dictionaries({"size": st.one_of(JSON, st.lists(NUMBERS, max_size=3)), "counts": JSON}),
            st.fixed_dictionaries({"size": st.just([48, 64]), "counts": st.one_of(st.lists(NUMBERS), st.text())}),
        ),
        "keypoints": st.one_of(JSON, st.lists(NUMBERS, max_size=12)),
    },
)
POINTERS = [[], ["bbox"], ["segmentation"], ["segmentation", "0"], ["keypoints"]]
SHEETS = st.one_of(st.none(), st.tuples(st.floats(1, 9000), st.floats(1, 9000)))


def numbers_in(value: Any) -> list[float]:
    """Return every number that a drawing would write into SVG."""
    return [float(word) for word in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?|nan|inf", str(value))]


@given(
    st.one_of(JSON, RECORDS),
    st.sampled_from([[], ["bbox"], ["segmentation"], ["segmentation", "0"], ["keypoints"]]),
    JSON,
    SHEETS,
)
def test_any_record_can_be_drawn(record: Any, pointer: list[str], skeleton: Any, sheet: tuple[float, float] | None) -> None:
    shapes = shapes_of(record, pointer, ["nose"], skeleton)
    one = drawn(shapes, Stage(None, sheet, [], 1000))
    if one is None:
        return
    _, _, width, height = map(float, one.view.split())
    assert width > 0
    assert height > 0
    for rect in filter(None, (one.box, one.mask_part, one.sheet, one.place)):
        assert float(rect.width) >= 0
        assert float(rect.height) >= 0
    written = [one.box, one.bones, one.dots, [path.commands for path in one.paths]]
    assert all(math.isfinite(number) and abs(number) < 1e9 for number in numbers_in(written))


@given(st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4), st.floats(1, 9000), st.floats(1, 9000))
@example([5000.0, 20.0, 5120.0, 120.0], 640.0, 427.0)
@example([-1e9, -1e9, 1e9, 1e9], 1.0, 1.0)
@example([0.0, 1.0, 0.0, -1.0], 1.0, 1.0)
def test_a_view_is_near_its_image(corners: list[float], width: float, height: float) -> None:
    bounds = (
        min(corners[0], corners[2]),
        min(corners[1], corners[3]),
        max(corners[0], corners[2]),
        max(corners[1], corners[3]),
    )
    view = view_of(bounds, (width, height))
    assert view is not None
    assert view.width > 0
    assert view.height > 0
    for start, length, side in ((view.x, view.width, width), (view.y, view.height, height)):
        assert start >= -1.06 * side
        assert start + length <= 2.06 * side
    near = 1e-12 * max(width, height)  # numbers of a view are sums, which are rounded
    ends = view.x + view.width + near, view.y + view.height + near
    shows_all = bounds[0] >= view.x - near and bounds[1] >= view.y - near and bounds[2] <= ends[0] and bounds[3] <= ends[1]
    assert shows_all or view.is_cut


@pytest.mark.parametrize(
    "bounds", [(10, 10, 60, 60), (-30, 5, 50, 50), (600, 400, 700, 470), (0, 0, 640, 427), (300, 200, 301, 201)]
)
def test_what_lies_in_or_near_the_image_is_shown_whole(bounds: tuple[float, float, float, float]) -> None:
    view = view_of(bounds, (640, 427))
    assert view is not None
    assert not view.is_cut
    assert view.x <= bounds[0] < bounds[2] <= view.x + view.width
    assert view.y <= bounds[1] < bounds[3] <= view.y + view.height


def test_the_wrong_ring_is_marked_alone() -> None:
    rings = [[0, 0, 50, 0, 50, 50], [60, 60, 90, 60, 90, 90]]
    shapes = shapes_of({"segmentation": rings}, ["segmentation", "1"], [], None)
    assert [ring.is_wrong for ring in shapes.rings] == [False, True]
    one = drawn(shapes, Stage(None, (100, 100), [], 1000))
    assert one is not None
    assert [(path.is_wrong, path.is_tiny) for path in one.paths] == [(False, False), (True, False)]


def test_a_ring_that_is_hardly_there_is_drawn_so_that_it_is_seen() -> None:
    one = drawn(shapes_of({"segmentation": [[10, 10, 10.1]]}, ["segmentation", "0"], [], None), Stage(None, (99, 99), [], 1))
    assert one is not None
    assert [(path.is_wrong, path.is_tiny) for path in one.paths] == [(True, True)]


def test_long_outlines_are_thinned() -> None:
    turn = np.linspace(0, 2 * math.pi, 60_000)
    ring = np.column_stack([300 + 200 * np.cos(turn), 300 + 200 * np.sin(turn)]).ravel().tolist()
    one = drawn(shapes_of({"segmentation": [ring] * 3}, [], [], None), Stage(None, (640, 640), [], 1000))
    assert one is not None
    corners = sum(path.commands.count(",") for path in one.paths)
    assert FINEST / 10 < corners <= MOST_CORNERS


def test_keypoints_are_told_apart_by_their_visibility() -> None:
    points = [10, 10, 2, 20, 20, 1, 0, 0, 0, 30, 30, 0]
    shapes = shapes_of({"keypoints": points}, ["keypoints"], ["a", "b", "c", "d"], [[1, 2], [1, 4], [1, 9], [0, 1], "no"])
    one = drawn(shapes, Stage(None, (99, 99), [], 1))
    assert one is not None
    assert {kind: [dot.name for dot in dots] for kind, dots in one.dots.items()} == {
        "seen": ["a"],
        "hidden": ["b"],
        "unlabelled": ["d"],
    }
    assert one.bones == "M10,10L20,20"
    assert one.is_pose_wrong


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn(Shapes("bbox"), Stage(None, (640, 480), [], 1)) is None
    assert drawn(shapes_of({"bbox": [1, 2, 3, 4]}, [], [], None), Stage(None, None, [], 1)) is not None
