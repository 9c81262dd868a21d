"""Rows of ids, by an array of rows or by search, are those of a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cocolint.read import columns
from cocolint.read.columns import Ids, Table

EXTREMES = [-(2**63), 2**63 - 1]
numbers = st.integers(-3, 12) | st.sampled_from(EXTREMES)


@example(known=[(-(2**63), True)], wanted=[*EXTREMES, 0], spread=16)
@example(known=[(2**63 - 1, True), (2**63 - 2, True)], wanted=[*EXTREMES, 0], spread=16)
@given(known=st.lists(st.tuples(numbers, st.booleans())), wanted=st.lists(numbers), spread=st.sampled_from([0, 16]))
def test_rows_are_those_of_a_dictionary(known: list[tuple[int, bool]], wanted: list[int], spread: int) -> None:
    rows = {id_: row for row, (id_, is_usable) in enumerate(known) if is_usable}
    ids, usable = np.array([id_ for id_, _ in known], np.int64), np.array([is_usable for _, is_usable in known], bool)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_SPREAD", spread)
        found = Ids(ids, usable).rows_of(np.array(wanted, np.int64))
    assert found.dtype == np.int64
    assert found.tolist() == [rows.get(id_, -1) for id_ in wanted]


@given(files=st.lists(st.lists(numbers)))
def test_ids_are_told_apart_by_file(files: list[list[int]]) -> None:
    ids = np.array([id_ for file in files for id_ in file], np.int64)
    table = Table(len(ids), {}, {})
    assert table.by_file(ids) is ids
    table.starts = [sum(map(len, files[:stop])) for stop in range(len(files) + 1)]
    told = table.by_file(ids).tolist()
    pairs = [(number, id_) for number, file in enumerate(files) for id_ in file]
    assert len(told) == len(pairs)
    assert len({*zip(told, pairs, strict=True)}) == len({*told}) == len({*pairs})
