"""The runs that fixes read and write: they say what the mask code of pycocotools says, and never fail."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask

from cocolint.api import Image

helpers = import_module("cocolint.rules._runs")
RUNS = st.lists(st.integers(0, 200), min_size=1, max_size=30).filter(any)
IMAGE = Image(1, 60, 40, "1.jpg")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(max_codepoint=120), max_size=6)
VALUES = SCALARS | st.lists(SCALARS | st.lists(st.floats(), max_size=8) | st.integers(0, 9), max_size=4)
POINTS = st.lists(st.floats(-20, 80), min_size=6, max_size=20).filter(lambda ring: len(ring) % 2 == 0)


def pixels(runs: list[int]) -> list[bool]:
    return [place % 2 == 1 for place, run in enumerate(runs) for _ in range(run)]


@given(RUNS)
def test_text_is_that_of_pycocotools(runs: list[int]) -> None:
    size = [sum(runs), 1]
    assert helpers.compressed(runs) == mask.frPyObjects({"size": size, "counts": runs}, *size)["counts"].decode()
    assert helpers.runs_of(helpers.compressed(runs), sum(runs)) == runs


@given(RUNS)
def test_joined_runs_are_the_same_pixels(runs: list[int]) -> None:
    joined = helpers.without_empty_runs(runs)
    assert pixels(joined) == pixels(runs)
    assert all(joined[1:])


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_rows_become_columns(height: int, width: int, data: st.DataObject) -> None:
    shown = np.array(data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width)))
    along = np.flatnonzero(np.diff(shown, prepend=not shown[0], append=not shown[-1]))
    runs = [0] * int(shown[0]) + np.diff(along).tolist()
    found = helpers.turned(runs, height, width)
    assert found is not None
    assert pixels(found) == shown.reshape(height, width).ravel(order="F").tolist()


@given(st.lists(POINTS, min_size=1, max_size=3))
def test_polygons_cover_what_they_cover_in_pycocotools(rings: list[list[float]]) -> None:
    covered = mask.merge(mask.frPyObjects(rings, 40, 60))
    runs = helpers.rasterised(rings, IMAGE)
    if runs is None:
        assert not mask.area(covered)
    else:
        assert mask.iou([mask.frPyObjects({"size": [40, 60], "counts": runs}, 40, 60)], [covered], [0]) == 1


@given(VALUES, VALUES)
def test_any_value_is_read(size: Any, counts: Any) -> None:
    found = helpers.Mask.of({"segmentation": {"size": size, "counts": counts}})
    assert found is None or found.runs is None or sum(found.runs) == found.pixels
    assert helpers.rasterised(counts, IMAGE) is None or isinstance(counts, list)
