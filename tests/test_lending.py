"""Columns that are laid on a desk come as they were, whatever fits there and whatever does not."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocolint.engine import lending
from cocolint.engine.lending import Desks, Sent, handed_over
from cocolint.engine.running import Outcome, SliceOutcome
from cocolint.read.slicing import SLICE_BYTES, Span
from tests.support.columns import same

LARGE = SLICE_BYTES // 8
shapes = st.sampled_from([(0,), (1,), (600,), (601,), (700, 4), (LARGE // 2,), (LARGE // 4, 2), (LARGE,), (LARGE + 1,)])
types = st.sampled_from([np.int64, np.float64, np.int8, np.bool_])
columns = st.dictionaries(st.sampled_from(["id", "bbox", "area", "iscrowd"]), st.tuples(shapes, types), max_size=4)


def outcome_of(*kinds: dict[str, Any], seed: int = 0) -> SliceOutcome:
    dice = np.random.default_rng(seed)
    made = [{name: dice.integers(0, 99, shape).astype(type_) for name, (shape, type_) in kind.items()} for kind in kinds]
    return SliceOutcome(1, made[0], made[1], made[2], np.array([seed]), Outcome())


@settings(deadline=None)
@given(keys=columns, valid=columns, absent=columns)
def test_columns_come_as_they_were(keys: dict[str, Any], valid: dict[str, Any], absent: dict[str, Any]) -> None:
    one = outcome_of(keys, valid, absent)
    desks = Desks(2)
    sent = desks.laid(1, Sent(one, None))
    other = desks.taken(1, sent)
    for kind in ("keys", "valid", "absent"):
        assert same(getattr(other, kind), getattr(one, kind))
    assert all(getattr(one, kind)[name].nbytes >= lending._SMALL for kind, name, *_ in sent.places)


def numbered(span: Span) -> SliceOutcome:
    return outcome_of({"id": ((700,), np.int64)}, {}, {}, seed=span.start)


@pytest.mark.parametrize(("slow_there", "slow_here"), [(0.0, 0.0), (0.002, 0.0), (0.0, 0.002)])
def test_outcomes_come_in_order_and_no_desk_is_taken_too_soon(slow_there: float, slow_here: float) -> None:
    spans = [Span(number, number + 1) for number in range(200)]
    desks = Desks(3)
    made = Counter[str]()

    def there(span: Span, desk: int) -> Sent:
        time.sleep(slow_there)
        made["there"] += 1
        return desks.laid(desk, Sent(numbered(span), None))

    def here(span: Span) -> SliceOutcome:
        time.sleep(slow_here)
        made["here"] += 1
        return numbered(span)

    with ThreadPoolExecutor(4) as pool:
        for span, outcome in zip(spans, handed_over(pool, there, here, spans, desks), strict=True):
            assert same(outcome.keys, numbered(span).keys)
    assert made.total() == len(spans)
    assert made["there"] >= len(desks)


def test_few_outcomes_are_held_while_one_is_waited_for() -> None:
    waits = threading.Event()
    here = Counter[int]()

    def there(span: Span, _: int) -> Sent:
        assert waits.wait(60)
        return Sent(numbered(span), None)

    def checked(span: Span) -> SliceOutcome:
        here[span.start] += 1
        if here.total() == lending._HELD:
            threading.Timer(0.2, waits.set).start()
        return numbered(span)

    spans = [Span(number, number + 1) for number in range(300)]
    with ThreadPoolExecutor(1) as pool:
        coming = handed_over(pool, there, checked, spans, Desks(3))
        assert same(next(coming).keys, numbered(spans[0]).keys)
        assert here.total() == lending._HELD
        assert len(list(coming)) == 299


class Failing:
    """A pool of whose calls the first one fails, and no other begins."""

    def __init__(self) -> None:
        self.futures: list[Future[Sent]] = []

    def submit(self, *_: Any) -> Future[Sent]:
        self.futures.append(Future())
        if len(self.futures) == 1:
            self.futures[0].set_exception(ZeroDivisionError())
        return self.futures[-1]


def test_what_is_no_longer_wanted_is_cancelled() -> None:
    pool: Any = Failing()
    with pytest.raises(ZeroDivisionError):
        list(handed_over(pool, lambda *_: Sent(numbered(Span(0, 1)), None), numbered, [Span(0, 1)] * 9, Desks(3)))
    assert [future.cancelled() for future in pool.futures] == [False, True, True]
