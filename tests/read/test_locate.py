"""Lines and columns by offset, over the borders of the pieces in which a file is looked at."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint.read import locate, ranges


def plainly(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.sampled_from("ab\né𝄞字 "), min_size=1, max_size=60), piece=st.integers(1, 9), data=st.data())
def test_positions_agree_with_counting(text: str, piece: int, data: st.DataObject) -> None:
    indexes = sorted(data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=8)))
    offsets = np.array([len(text[:index].encode()) for index in indexes])
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(locate, "_CHUNK", piece)
        path = Path(folder) / "text"
        path.write_bytes(text.encode())
        wanted = [plainly(text, index) for index in indexes]
        assert list(locate.Lines(path).positions(offsets)) == wanted
        lines, half = locate.Lines(path), len(offsets) // 2
        assert [list(lines.positions(some)) for some in (offsets[:half], offsets, offsets[half:])] == [
            wanted[:half],
            wanted,
            wanted[half:],
        ]
    assert list(locate.positions_in(text.encode(), offsets)) == [plainly(text, index) for index in indexes]


def test_a_file_is_looked_at_as_far_as_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "_CHUNK", 10)
    read: list[int] = []

    def noted(where: Path, start: int, stop: int) -> bytes:
        read.append(stop)
        return ranges.read_bytes(where, start, stop)

    monkeypatch.setattr(locate, "read_bytes", noted)
    (tmp_path / "text").write_bytes(b"123\n" * 100)
    lines = locate.Lines(tmp_path / "text")
    assert list(lines.positions(np.array([25]))) == [(7, 2)]
    assert max(read) == 30
    assert list(lines.positions(np.array([399]))) == [(100, 4)]
    assert max(read) == 400
