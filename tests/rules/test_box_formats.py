"""Verdicts on whole files over many random ones: right files are never accused, wrong ones are always found."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint.model import Floats

formats: Any = importlib.import_module("cocolint.rules.box_formats")
pixels: Any = importlib.import_module("cocolint.rules.box_pixels")
IN_ORDER = (
    formats.bbox_normalized, formats.bbox_xyxy, formats.bbox_cxcywh, formats.bbox_percent, formats.bbox_per_mille,
    pixels.bbox_inclusive, pixels.bbox_one_based,
)  # fmt: skip
many = given(seed=st.integers(0, 2**32 - 1), count=st.integers(200, 400))
few = settings(max_examples=60, deadline=None)


class Columns(SimpleNamespace):
    """As much of an index as these rules look at."""

    def __len__(self) -> int:
        return len(self.bbox)

    def parts(self) -> list[Columns]:
        return [self]

    def let_go(self) -> None:
        pass


def random_file(seed: int, count: int) -> Columns:
    """Return what the rules read of a right file: boxes of 8 px to the whole image, a fifth of the sides at a border."""
    rng = np.random.default_rng(seed)
    size = rng.integers(240, 2000, (count, 2)).astype(float)
    extent = np.maximum(8, size * rng.uniform(0.02, 1, (count, 2)) ** 2)
    room = size - extent
    origin = room * np.where(rng.random((count, 2)) < 0.2, rng.integers(0, 2, (count, 2)), rng.random((count, 2)))
    bbox = np.hstack([origin, extent])
    return Columns(
        bbox=bbox, mask_bounds=np.hstack([origin, origin + extent]), area=extent.prod(axis=1) * rng.uniform(0.4, 1, count),
        width=size[:, 0], height=size[:, 1], crowd=np.zeros(count, bool), is_polygon=np.ones(count, bool),
        image=rng.integers(0, max(1, count // 5), count),
    )  # fmt: skip


def without_masks(file: Columns) -> Columns:
    file.mask_bounds = np.full_like(file.mask_bounds, np.nan)
    file.is_polygon[:] = False
    return file


def box_areas(file: Columns) -> Columns:
    file.area = file.bbox[:, 2:].prod(axis=1)
    return without_masks(file)


def accused(file: Columns) -> str | None:
    """Return the name of the first rule that condemns the file."""
    return next((rule.name for rule in IN_ORDER if list(rule(file))), None)


def corners(bbox: Floats, _: Floats) -> Floats:
    return np.hstack([bbox[:, :2], bbox[:, :2] + bbox[:, 2:]])


def centres(bbox: Floats, _: Floats) -> Floats:
    return np.hstack([bbox[:, :2] + bbox[:, 2:] / 2, bbox[:, 2:]])


def normalized(bbox: Floats, size: Floats) -> Floats:
    return bbox / np.hstack([size, size])


def normalized_centres(bbox: Floats, size: Floats) -> Floats:
    return normalized(centres(bbox, size), size)


def normalized_corners(bbox: Floats, size: Floats) -> Floats:
    return normalized(corners(bbox, size), size)


def extent_normalized(bbox: Floats, size: Floats) -> Floats:
    return np.hstack([bbox[:, :2], normalized(bbox, size)[:, 2:]])


def percent(bbox: Floats, size: Floats) -> Floats:
    return normalized(bbox, size) * 100


def per_mille(bbox: Floats, size: Floats) -> Floats:
    return normalized(bbox, size) * 1000


def one_based(bbox: Floats, _: Floats) -> Floats:
    return np.hstack([bbox[:, :2] + 1, bbox[:, 2:]])


FORMS = pytest.mark.parametrize("form", [lambda file: file, without_masks, box_areas], ids=["masks", "boxes", "box areas"])
Form = Callable[[Columns], Columns]
Mistake = Callable[[Floats, Floats], Floats]


@FORMS
@few
@many
def test_right_files_are_never_accused(form: Form, seed: int, count: int) -> None:
    assert accused(form(random_file(seed, count))) is None


@pytest.mark.parametrize(
    ("mistake", "name"),
    [
        (corners, "bbox-xyxy"),
        (centres, "bbox-cxcywh"),
        (normalized, "bbox-normalized"),
        (normalized_centres, "bbox-normalized"),
        (normalized_corners, "bbox-normalized"),
        (extent_normalized, "bbox-normalized"),
        (percent, "bbox-percent"),
        (one_based, "bbox-one-based"),
    ],
)
@FORMS
@few
@many
def test_wrong_files_are_always_found(mistake: Mistake, name: str, form: Form, seed: int, count: int) -> None:
    file = form(random_file(seed, count))
    file.bbox = mistake(file.bbox, np.column_stack([file.width, file.height]))
    assert accused(file) == name


@pytest.mark.parametrize("mistake", [corners, centres, normalized, extent_normalized, percent, per_mille, one_based])
@few
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 19))
def test_fewer_than_20_boxes_prove_nothing(mistake: Mistake, seed: int, count: int) -> None:
    file = random_file(seed, count)
    file.bbox = mistake(file.bbox, np.column_stack([file.width, file.height]))
    assert accused(file) is None


@pytest.mark.parametrize("mistake", [corners, centres, normalized, extent_normalized, percent, per_mille, one_based])
@few
@many
def test_crowds_are_left_out(mistake: Mistake, seed: int, count: int) -> None:
    file = random_file(seed, count)
    wrong = mistake(file.bbox, np.column_stack([file.width, file.height]))
    file.crowd = np.arange(count) >= 60
    file.bbox = np.where(file.crowd[:, None], wrong, file.bbox)
    assert accused(file) is None


@pytest.mark.parametrize("seed", range(300))
def test_boxes_drawn_carelessly_are_not_accused(seed: int) -> None:
    file = without_masks(random_file(seed, 60))
    drawn = corners(file.bbox, file.bbox) + np.random.default_rng(seed).normal(0, 3, file.bbox.shape)
    file.bbox = np.hstack([drawn[:, :2], drawn[:, 2:] - drawn[:, :2]])
    assert accused(file) is None


@few
@many
def test_values_that_are_no_pixels_do_no_harm(seed: int, count: int) -> None:
    file = random_file(seed, count)
    broken = np.random.default_rng(seed).choice([np.nan, np.inf, -np.inf, 0.0, -5.0, 1e300], (count, 4))
    for column in (file.bbox, file.mask_bounds):
        column[::3] = broken[::3]
    for column in (file.area, file.width, file.height):
        column[1::3] = broken[1::3, 0]
    assert accused(file) is None


@few
@many
def test_inclusive_boxes_are_found_by_their_polygons(seed: int, count: int) -> None:
    file = random_file(seed, count)
    file.bbox += np.array([0, 0, 1, 1])
    assert accused(file) == "bbox-inclusive"


@few
@many
def test_thousandths_are_found_where_images_are_smaller(seed: int, count: int) -> None:
    file = without_masks(random_file(seed, 2 * count))
    file.width, file.height = file.width / 2.1, file.height / 2.1
    file.bbox = per_mille(file.bbox / 2.1, np.column_stack([file.width, file.height]))
    assert accused(file) == "bbox-per-mille"


@few
@many
def test_images_made_smaller_are_no_thousandths(seed: int, count: int) -> None:
    file = without_masks(random_file(seed, count))
    longer = np.maximum(file.width, file.height)
    file.bbox = file.bbox / longer[:, None] * 1000
    file.width, file.height = file.width / longer * 640, file.height / longer * 640
    assert accused(file) is None


def test_where_both_readings_fit_nothing_is_told() -> None:
    both, neither = np.array([True, True, False, False]), np.array([True, False, True, False])
    counted = formats.vote(both, neither)
    assert (counted.votes, counted.voters) == (1, 3)
