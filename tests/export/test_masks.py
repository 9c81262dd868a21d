"""Polygons and masks turned into each other: what holds for all shapes, and unsound input never reaches the mask code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coder

from cocolint.export import masks
from cocolint.export.covered import left_of
from cocolint.export.options import Filter, SegmentationMode
from cocolint.export.tally import Loss
from cocolint.failure import Failure
from tests.export.tools import Data, errors_of, exported
from tests.support.cases import COLUMN, MASK, sound

QUICK = settings(max_examples=100, deadline=None)
TRAIN = "annotations/instances_train.json"
PIXELS = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1))


def rle_of(pixels: Any) -> masks.Rle:
    rle: masks.Rle = coder.encode(np.asfortranarray(pixels))
    return rle


@QUICK
@given(PIXELS)
def test_polygons_of_a_mask_cover_it_and_fill_its_holes_only(pixels: Any) -> None:
    pytest.importorskip("cv2")
    loss = Loss()
    rings, covered = masks.polygons_of(rle_of(pixels), loss)
    assert loss.lost == 0
    assert bool(loss.with_holes) == bool(loss.added)
    if rings:
        shape = masks.parsed(rings)
        assert isinstance(shape, masks.Polygons)
        back = masks.pixels_of(shape.rle(*pixels.shape))
        assert (back >= pixels).all()
        assert (back == masks.pixels_of(covered)).all()
        assert int(back.sum()) == int(pixels.sum()) + loss.added


@QUICK
@given(PIXELS)
def test_runs_measure_what_the_mask_code_measures(pixels: Any) -> None:
    rle = rle_of(pixels)
    for value in (masks.runs_of(rle), {**rle, "counts": rle["counts"].decode()}):
        runs = masks.parsed(value)
        assert runs is not None
        assert runs.area() == pixels.sum()
        assert runs.bbox() == coder.toBbox(rle).tolist() or not pixels.any()
        assert runs.rle(*pixels.shape) == rle
    assert (masks.pixels_of(rle) == pixels).all()


@QUICK
@given(st.lists(arrays(np.uint8, (4, 4), elements=st.integers(0, 1)), min_size=1, max_size=5))
def test_what_is_left_of_a_mask_is_covered_by_no_later_one_that_takes_from_it(layers: list[Any]) -> None:
    bottom, *later = map(rle_of, layers)
    left = left_of(bottom, later)
    if left is None:
        return
    pixels = masks.pixels_of(left)
    assert 0 < pixels.sum() < layers[0].sum()
    assert (pixels <= layers[0]).all()
    assert not any((pixels & top).any() for top in layers[1:] if not (top <= layers[0]).all())


HUGE = 1e30


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2, 3, 4]], [[1, 2, 3, 4, 5, 6, 7]], [1, 2, 3, 4, 5, 6], [["1", 2, 3, 4, 5, 6]], [[1, 2, 3, 4, 5, True]],
        [[0, 0, HUGE, 0, 5, 5]], [[0, 0, float("inf"), 0, 5, 5]], "x", 7, {}, {"size": [2, 2]}, {"size": [2, 2], "counts": 7},
        {"size": [2, 2], "counts": [5]}, {"size": [2, 2], "counts": [-1, 5]}, {"size": [2, 2], "counts": [2, 2.5]},
        {"size": [2, -2], "counts": [4]}, {"size": [2, "2"], "counts": [4]}, {"size": [2, 2], "counts": "~~"},
        {"size": [2, 2], "counts": "b'04'"}, {"size": [2**40, 2**40], "counts": [2**61, 2**61]}, [[[1, 2], [3, 4], [5, 6]]],
    ],
)  # fmt: skip
def test_unsound_segmentations_are_refused(value: Any) -> None:
    with pytest.raises(masks.Unsound):
        masks.parsed(value)


@pytest.mark.parametrize(
    ("ring", "size"),
    [
        ([0, 0, 1e6, 0, 5, 5], (480, 640)), ([0, 0, 9, 0, 9, 9], (0, 640)), ([0, 0, 9, 0, 9, 9], (50_000, 50_000)),
        ([0, 0, 600, 0] * 2000, (480, 640)),
    ],
)  # fmt: skip
def test_polygons_that_cost_too_much_are_not_drawn(ring: list[float], size: tuple[int, int]) -> None:
    polygons = masks.parsed([ring])
    assert polygons is not None
    with pytest.raises(masks.Unsound):
        polygons.rle(*size)


def forms(result: Any) -> list[str]:
    return ["mask" if isinstance(record["segmentation"], dict) else "polygons" for record in result.only["annotations"]]


def mixed() -> Data:
    """Return a file with a crowd and a single object of each form."""
    data: Data = sound("instances")
    data["annotations"].append(
        {**data["annotations"][2], "id": 4, "iscrowd": 0, "segmentation": MASK, "area": 300, "bbox": [100, 50, 3, 100]}
    )
    data["annotations"].append({**data["annotations"][0], "id": 5, "iscrowd": 1, "bbox": [10.0, 20.0, 100.0, 50.0]})
    return data


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        (None, "polygons polygons mask mask polygons"),
        (SegmentationMode.GUESS, "polygons polygons mask polygons mask"),
        (SegmentationMode.POLYGONS, "polygons polygons polygons polygons polygons"),
        (SegmentationMode.MASK, "mask mask mask mask mask"),
    ],
)
def test_modes(tmp_path: Path, mode: SegmentationMode | None, wanted: str) -> None:
    pytest.importorskip("cv2")
    result = exported(tmp_path, {TRAIN: mixed()}, segmentation_mode=mode)
    assert forms(result) == wanted.split()
    for old, new in zip(mixed()["annotations"], result.only["annotations"], strict=True):
        assert {**new, "segmentation": 0} == {**old, "segmentation": 0}
        assert pixels_of(new) == pytest.approx(pixels_of(old), abs=1)
    assert errors_of(result) == {}


def pixels_of(record: Data) -> float:
    mask = masks.parsed(record["segmentation"])
    assert mask is not None
    return float(coder.area(mask.rle(480, 640)))


def test_holes_are_counted(tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    data = sound("instances")
    pixels = np.zeros((480, 640), np.uint8)
    pixels[10:20, 10:20] = 1
    pixels[12:15, 12:15] = 0
    data["annotations"][2]["segmentation"] = masks.runs_of(rle_of(pixels))
    result = exported(tmp_path, {TRAIN: data}, segmentation_mode=SegmentationMode.POLYGONS)
    assert result.tally.loss == Loss(masks=1, with_holes=1, before=91, added=9, lost=0)
    assert result.only["annotations"][2]["segmentation"] == [[10, 10, 10, 20, 20, 20, 20, 10]]


def test_what_cannot_be_converted_stays_and_is_counted(tmp_path: Path) -> None:
    data = sound("instances")
    data["annotations"][0]["segmentation"] = [[1, 2, 3, 4]]
    data["annotations"][1]["segmentation"][0][0] = 1e8
    result = exported(tmp_path, {TRAIN: data}, segmentation_mode=SegmentationMode.MASK)
    assert forms(result) == ["polygons", "polygons", "mask"]
    assert sum(result.tally.kept.values()) == 2


def test_covered_parts_are_cropped(tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    data = sound("instances")
    lower, upper = data["annotations"][0], data["annotations"][1]
    lower |= {"segmentation": [[0, 0, 100, 0, 100, 100, 0, 100]], "bbox": [0, 0, 100, 100], "area": 10000}
    upper |= {"segmentation": [[50, -10, 150, -10, 150, 110, 50, 110]], "bbox": [50, 0, 100, 110], "area": 11000}
    result = exported(tmp_path, {TRAIN: data}, crop_covered=True).only["annotations"]
    assert result[0]["segmentation"] == [[0, 0, 0, 100, 50, 100, 50, 0]]
    assert (result[0]["bbox"], result[0]["area"]) == ([0, 0, 50, 100], 5000)
    assert result[1:] == data["annotations"][1:]
    as_masks = exported(tmp_path / "2", {TRAIN: data}, crop_covered=True, segmentation_mode=SegmentationMode.MASK)
    assert pixels_of(as_masks.only["annotations"][0]) == 5000


def test_what_is_filtered_covers_nothing(tmp_path: Path) -> None:
    data = sound("instances")
    data["annotations"][1] |= {"segmentation": [[60, -10, 150, -10, 150, 110, 60, 110]]}
    result = exported(tmp_path, {TRAIN: data}, crop_covered=True, filter=Filter(frozenset({"person"})))
    assert result.only["annotations"] == [data["annotations"][0], data["annotations"][2]]


def test_without_opencv_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    data = sound("instances")
    assert data["annotations"][2]["segmentation"] == COLUMN
    with pytest.raises(Failure, match=r"pip install 'cocolint\[export\]'"):
        exported(tmp_path, {TRAIN: data}, segmentation_mode=SegmentationMode.POLYGONS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]
