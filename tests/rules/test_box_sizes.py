"""Decimals are told from floats, which hold few of them exactly."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocolint.model import Finding

sizes: Any = importlib.import_module("cocolint.rules.box_sizes")
places = st.integers(0, 20_000 * 10**6)


class OneBox:
    """As much of the annotations as the rule asks for."""

    def __init__(self, *bbox: float) -> None:
        self.bbox = np.array([bbox])

    def at(self, rows: Any, *_: Any, **values: Any) -> list[Finding]:
        return [Finding("{value:.10g}", "annotations", rows, "bbox", values)] if len(rows) else []


def is_long(number: float) -> bool:
    return bool(list(sizes.bbox_precision(OneBox(number, 1.5, 2.25, 3))))


@given(millionths=places)
def test_six_decimals_are_not_reported(millionths: int) -> None:
    assert not is_long(float(f"{millionths // 10**6}.{millionths % 10**6:06d}"))


@given(first=places, second=places)
def test_neither_is_the_noise_of_computing_with_them(first: int, second: int) -> None:
    one, other = first / 10**6, second / 10**6
    assert not is_long(abs(one - other))
    assert not is_long(one + other - other)


@given(whole=st.integers(0, 20_000), millionths=st.integers(0, 10**6 - 1), last=st.integers(1, 9))
def test_seven_decimals_are(whole: int, millionths: int, last: int) -> None:
    assert is_long(float(f"{whole}.{millionths:06d}{last}"))


@pytest.mark.parametrize("number", [1 / 3, 0.00000125, 999.99999999 / 7, -12.3456789])
def test_and_so_are_more(number: float) -> None:
    assert is_long(number)
