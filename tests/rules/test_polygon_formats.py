"""Verdicts on whole files of polygons over many random ones: right files are never accused, wrong ones are always found."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocolint.model import Floats
from tests.rules.test_box_formats import Columns, few, many, random_file

formats: Any = importlib.import_module("cocolint.rules.polygon_formats")
IN_ORDER = (formats.polygon_geographic, formats.polygon_normalized, formats.polygon_xy_swapped)
Mistake = Callable[[Floats, Floats], Floats]


def without_boxes(file: Columns) -> Columns:
    file.bbox = np.full_like(file.bbox, np.nan)
    return file


FORMS = pytest.mark.parametrize("form", [lambda file: file, without_boxes], ids=["boxes", "no boxes"])


def wrong(file: Columns, mistake: Mistake) -> Columns:
    """Rewrite the bounds of the polygons and leave the boxes."""
    file.mask_bounds = mistake(file.mask_bounds, np.column_stack([file.width, file.height] * 2))
    return file


def accused(file: Columns) -> str | None:
    """Return the name of the first rule that condemns the file."""
    return next((rule.name for rule in IN_ORDER if list(rule(file))), None)


def swapped(bounds: Floats, _: Floats) -> Floats:
    return bounds[:, [1, 0, 3, 2]]


def normalized(bounds: Floats, size: Floats) -> Floats:
    return bounds / size


def geographic(bounds: Floats, _: Floats) -> Floats:
    """A field in Australia, by a tenth of a second of arc or so for each pixel."""
    x1, y1, x2, y2 = bounds.T * 3e-5
    return np.column_stack([134.51237 + x1, -25.34251 - y2, 134.51237 + x2, -25.34251 - y1])


MISTAKES = pytest.mark.parametrize(
    ("mistake", "name"),
    [(swapped, "polygon-xy-swapped"), (normalized, "polygon-normalized"), (geographic, "polygon-geographic")],
)


@FORMS
@few
@many
def test_right_files_are_never_accused(form: Any, seed: int, count: int) -> None:
    assert accused(form(random_file(seed, count))) is None


@FORMS
@MISTAKES
@few
@many
def test_wrong_files_are_always_found(form: Any, mistake: Mistake, name: str, seed: int, count: int) -> None:
    assert accused(form(wrong(random_file(seed, count), mistake))) == name


@FORMS
@MISTAKES
@few
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 19))
def test_fewer_than_20_polygons_prove_nothing(form: Any, mistake: Mistake, name: str, seed: int, count: int) -> None:
    assert name
    assert accused(form(wrong(random_file(seed, count), mistake))) is None


@MISTAKES
@few
@many
def test_crowds_are_left_out(mistake: Mistake, name: str, seed: int, count: int) -> None:
    file = random_file(seed, count)
    bounds = file.mask_bounds.copy()
    file = wrong(file, mistake)
    file.crowd = np.arange(count) >= 60
    file.mask_bounds = np.where(file.crowd[:, None], file.mask_bounds, bounds)
    assert accused(file) != name


@pytest.mark.parametrize("seed", range(300))
def test_polygons_drawn_carelessly_are_not_accused(seed: int) -> None:
    file = without_boxes(random_file(seed, 60))
    file.mask_bounds += np.random.default_rng(seed).normal(0, 3, file.mask_bounds.shape)
    assert accused(file) is None


@few
@many
def test_small_images_with_long_decimals_are_not_geographic(seed: int, count: int) -> None:
    file = random_file(seed, count)
    scale = 28 / np.maximum(file.width, file.height)
    file.mask_bounds = file.mask_bounds * scale[:, None] + np.random.default_rng(seed).normal(0, 1, (count, 4))
    file.width, file.height = file.width * scale, file.height * scale
    assert accused(without_boxes(file)) is None


@few
@many
def test_values_that_are_no_pixels_do_no_harm(seed: int, count: int) -> None:
    file = random_file(seed, count)
    broken = np.random.default_rng(seed).choice([np.nan, np.inf, -np.inf, 0.0, -5.0, 1e300], (count, 4))
    file.bbox[::3] = file.mask_bounds[::3] = broken[::3]
    file.width[1::3] = file.height[1::3] = broken[1::3, 0]
    assert accused(file) is None
