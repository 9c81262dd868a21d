"""Ranges of large files, which the system is not to keep in memory, are read like those of others."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cocolint.read import ranges

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be asked for it")
TEXT = bytes(range(256)) * 40


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that is taken for a large one."""
    monkeypatch.setattr(ranges, "LARGE", 0)
    path = tmp_path / "large"
    path.write_bytes(TEXT)
    return path


def instead(monkeypatch: pytest.MonkeyPatch, read: Callable[[int, memoryview, int], int]) -> list[int]:
    """Have something else read; return the list to which the flags are added that it is given."""
    given: list[int] = []

    def preadv(file: int, buffers: Sequence[memoryview], place: int, flags: int) -> int:
        given.append(flags)
        return read(file, buffers[0], place)

    monkeypatch.setattr(os, "preadv", preadv)
    return given


@pytest.mark.parametrize("span", [(0, 10_240), (0, 0), (1, 2), (4095, 4097), (100, 10_240)])
def test_what_is_there_is_read(large: Path, span: tuple[int, int]) -> None:
    assert ranges.array_of(large, *span) == b"[%b]" % TEXT[slice(*span)]


def test_parts_are_put_together(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = instead(monkeypatch, lambda _, view, place: _copied(view, place))
    assert ranges.array_of(large, 5, 300) == b"[%b]" % TEXT[5:300]
    assert given == [ranges.RWF_DONTCACHE] * 43


def _copied(view: memoryview, place: int) -> int:
    size = min(7, len(view))
    view[:size] = TEXT[place : place + size]
    return size


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL])
def test_a_system_that_does_not_know_how_reads_as_ever(large: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, "no")

    given = instead(monkeypatch, refuse)
    assert ranges.array_of(large, 5, 9000) == b"[%b]" % TEXT[5:9000]
    assert given


def test_other_errors_are_told(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "broken")

    instead(monkeypatch, fail)
    with pytest.raises(OSError, match="broken"):
        ranges.array_of(large, 0, 10)


def test_a_file_that_has_become_shorter_is_told(large: Path) -> None:
    with pytest.raises(OSError, match="changed"):
        ranges.array_of(large, 0, len(TEXT) + 1)


def test_small_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = instead(monkeypatch, lambda *_: 0)
    path = tmp_path / "small"
    path.write_bytes(TEXT)
    assert ranges.array_of(path, 0, 9) == b"[%b]" % TEXT[:9]
    assert not given
