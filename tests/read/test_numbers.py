"""Numbers that the compiled kernel reads have the bits that Python gives them."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from itertools import count, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint import compiled
from cocolint.model import Task
from cocolint.read.regular import RegularReader

pytestmark = pytest.mark.skipif(compiled.kernel is None, reason="the kernel was not built")


@settings(max_examples=500)
@given(number=st.floats(-1e308, 1e308), digits=st.integers(0, 25))
def test_numbers_have_the_bits_of_python(number: float, digits: int) -> None:
    spelt = [repr(number), f"{number:.{digits}e}", f"{number:.{digits}f}" if abs(number) < 1e15 else repr(number)]
    masks = RegularReader(Task.INSTANCES).read(b'[{"keypoints": [%b]}]' % ",".join(spelt).encode())
    assert masks is not None
    wanted = np.array([float(text) if set(text) & set(".e") else float(int(text)) for text in spelt])
    assert masks.ragged()[2].values.tobytes() == wanted.tobytes()


def test_short_numbers_have_the_bits_of_python_and_nothing_else_is_taken_for_one() -> None:
    reader = RegularReader(Task.INSTANCES)
    spelt = ["".join(signs) for length in range(1, 8) for signs in product("09.-e", repeat=length)]
    sound = [text for text in spelt if re.fullmatch(r"-?(0|9[09]*)(\.[09]+)?(e-?[09]+)?", text)]
    within = [text for text in sound if math.isfinite(float(text))]
    for between in (b",", b" ,  "):
        masks = reader.read(b'[{"keypoints": [%b]}]' % between.join(text.encode() for text in within))
        assert masks is not None
        wanted = np.array([float(text) if set(text) & set(".e") else float(int(text)) for text in within])
        assert masks.ragged()[2].values.tobytes() == wanted.tobytes()
    for text in {*spelt} - {*sound}:
        assert reader.read(b'[{"area": %b}]' % text.encode()) is None
    for text in within[:3000]:
        masks = reader.read(b'[{"area":%b}]' % text.encode())
        assert masks is not None
        assert masks.numbers("area").tolist() == [float(text)]


@pytest.mark.parametrize("length", range(1, 9))
def test_all_digits_of_short_numbers_count(length: int) -> None:
    written = [
        f"{number:.{places}f}" for number in range(10**length // 9, 10**length, 10**length // 977 + 1) for places in (0, 1, 2)
    ]
    written += [
        f"{number / 10**places:.{places}f}" for number in range(0, 10**length, 10**length // 977 + 1) for places in (1, 3, 7)
    ]
    masks = RegularReader(Task.INSTANCES).read(b'[{"keypoints": [%b]}]' % ", ".join(written).encode())
    assert masks is not None
    assert masks.ragged()[2].values.tolist() == [float(text) for text in written]


@settings(max_examples=500)
@given(half=st.integers(2**52, 2**53 - 1), places=st.integers(1, 27), off=st.integers(-1, 1))
def test_numbers_beside_the_middle_of_two_floats(half: int, places: int, off: int) -> None:
    """As near to it as 19 digits come: it is decided by what is left over after 63 bits."""
    middle = (2 * half + 1) * 10**places
    mantissa = round(Fraction(middle, 2 ** next(shift for shift in count() if middle < 10**19 << shift))) + off
    text = f"{mantissa}e-{places}"
    masks = RegularReader(Task.INSTANCES).read(b'[{"area": %b}]' % text.encode())
    assert masks is not None
    assert masks.numbers("area").tolist() == [float(text)]
