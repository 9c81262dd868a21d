"""What there is to draw of a record, for whatever draws it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocolint.shapes import Pixels, mask_of, pixels_of, shapes_of


@given(st.integers(1, 9), st.integers(1, 9), st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_runs_are_drawn_as_they_fill_columns(height: int, width: int, counts: list[int]) -> None:
    mask = mask_of({"size": [height, width], "counts": counts})
    assert mask is not None
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)[: height * width]
    full = np.zeros(height * width, bool)
    full[: len(flat)] = flat
    laid_out = full.reshape(width, height).T
    assert (mask.within((0, 0, width, height), width, height) == laid_out).all()
    wider = mask.within((-2, -1, width + 2, height + 1), width + 4, height + 2)
    assert (wider[1:-1, 2:-2] == laid_out).all()
    assert wider.sum() == laid_out.sum()
    assert (Pixels(laid_out).within((-2, -1, width + 2, height + 1), width + 4, height + 2) == wider).all()
    inside = mask.bounds
    if laid_out.any() and sum(counts) <= height * width:
        expected = Pixels(laid_out).bounds
        assert inside is not None
        assert expected is not None
        assert inside == expected


def test_compressed_runs_are_drawn_too() -> None:
    mask = mask_of({"size": [480, 640], "counts": "bm^1T3l;000^ek7"})
    assert mask is not None
    assert mask.bounds is not None
    assert mask.bounds == (100, 50, 103, 150)


@pytest.mark.parametrize("size", [[0, 5], [1 << 50, 1 << 50], [-1, 5], [True, 5], [5], "5x5", [5, None], [1e300, 1e300]])
def test_masks_of_no_size_are_not_drawn(size: Any) -> None:
    assert mask_of({"size": size, "counts": [1, 2]}) is None


def test_runs_too_long_for_the_mask_are_cut() -> None:
    mask = mask_of({"size": [4, 4], "counts": [2, 10**30]})
    assert mask is not None
    assert mask.within((0, 0, 4, 4), 4, 4).sum() == 14


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [2, 3], "counts": [6.5]}, {"size": [2, 3], "counts": [-1, 7]}, {"size": [2, 3], "counts": "\x01"},
        {"size": [2, 3], "counts": None}, {"size": [2, 3], "counts": []}, {"size": [2**40, 2**40], "counts": [2**80]}, [[1]],
    ],
)  # fmt: skip
def test_a_mask_that_is_none_is_left_out(segmentation: Any) -> None:
    assert mask_of(segmentation) is None


def test_only_what_is_sound_is_drawn() -> None:
    rings = shapes_of({"segmentation": [[0, 0, 1, 0, 1, 1, 9], [0, 0], ["a"] * 6, None]}).rings
    assert [ring.corners for ring in rings] == [[(0, 0), (1, 0), (1, 1)], [(0, 0)]]
    assert [ring.corners for ring in shapes_of({"segmentation": [0, 0, 1, 0, 1, 1]}).rings] == [[(0, 0), (1, 0), (1, 1)]]
    assert shapes_of({"keypoints": [1, 2, 2, None, 0, 0]}).joints == []
    assert shapes_of({"bbox": [5, 5, -2, 3]}).box == (3, 5, 5, 8)
    assert shapes_of([1]).bounds is None


def test_edges_that_lead_nowhere_are_left_out() -> None:
    pose = {"keypoints": [1, 1, 2, 5, 5, 1, 9, 9, 0]}
    (bone,) = shapes_of(pose, skeleton=[[1, 2], [0, 1], [2, 4], [1, 3], "x", [1], [True, 2]]).bones
    assert (bone.start[:2], bone.end[:2]) == ((1, 1), (5, 5))


def test_a_segment_is_what_has_its_id() -> None:
    ids = np.array([[0, 7, 7], [9, 9, 7]])
    segment = pixels_of(ids, {"id": 7})
    assert segment is not None
    assert segment.bounds == (1, 0, 3, 2)
    assert segment.within((0, 0, 3, 2), 3, 2).tolist() == [[False, True, True], [False, False, True]]
    for fields in ({"id": True}, {"id": 0}, {"id": "7"}, {"id": 1 << 24}, {}, None):
        assert pixels_of(ids, fields) is None
    missing = pixels_of(ids, {"id": 8})
    assert missing is not None
    assert missing.bounds is None
