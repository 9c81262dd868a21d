"""Slices of a mended copy are checked while it is written: what comes of them is trusted only where it is of this copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.engine import pool
from cocolint.engine.following import Sliced
from cocolint.mend import slices
from cocolint.mend.jobs import NotAsMeant
from cocolint.model import Mending
from cocolint.read import slicing
from cocolint.read.ranges import read_bytes
from cocolint.run import Run
from tests.support.cases import crowded

again = Run.again
FIX = Settings(mending=Mending.DONE, unsafe_fixes=True, jobs=2)


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SLICE_BYTES", 300)
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(slices, "PARALLEL_BYTES", 0)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """The copies whose slices are checked after they are written; None stands for the file itself."""
    found: list[Path | None] = []
    check_slices = pool.check_slices

    def note(document: Any, *arguments: Any) -> Any:
        found.append(document.file.mended)
        return check_slices(document, *arguments)

    monkeypatch.setattr(pool, "check_slices", note)
    return found


def written(folder: Path, **faults: Any) -> Path:
    """Write a file of 40 annotations, of which every third lacks `iscrowd`; `faults` are fields of the first image."""
    data = crowded(40)
    for annotation in data["annotations"][::3]:
        del annotation["iscrowd"]
    data["images"][0] |= faults
    path = folder / "instances_train.json"
    path.write_text(json.dumps(data))
    return path


def test_slices_are_not_checked_twice(tmp_path: Path, checked: list[Path | None]) -> None:
    path = written(tmp_path)
    assert [one.count for one in app.check([str(path)], FIX).mended] == [14]
    assert checked == [None]
    assert path.read_text().count('"iscrowd": 0') == 40


def test_slices_are_checked_anew_where_images_are_mended_as_well(tmp_path: Path, checked: list[Path | None]) -> None:
    path = written(tmp_path, width="640")
    assert len(app.check([str(path)], FIX).mended) == 2
    assert checked[0] is None
    assert len(checked) > 1


@pytest.mark.parametrize("change", [(b"]", b', {"id": 99}]'), (b"}, {", b"};, {"), (b"[{", b"[1, {"), (b'"width"', b'"wid7h"')])
def test_a_copy_that_is_not_what_was_checked_is_checked_anew(
    change: tuple[bytes, bytes], tmp_path: Path, checked: list[Path | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(run: Run, copies: Mapping[str, Path], sliced: Mapping[str, Sliced]) -> Run:
        assert sliced
        for display, copy in copies.items():
            begin, (_, stop) = sliced[display].spans[0].start, sliced[display].spans[-1]
            first = sliced[display].spans[0].stop
            text, old = copy.read_bytes(), change[0]
            place = {b"]": text.index(b"]", stop), b"}, {": first - 1, b"[{": begin - 1, b'"width"': text.index(b'"width"')}[
                old
            ]
            assert text[place:].startswith(old)
            copy.write_bytes(text[:place] + change[1] + text[place + len(old) :])
        return again(run, copies, sliced)

    monkeypatch.setattr(Run, "again", damaged)
    path = written(tmp_path)
    before = path.read_bytes()
    if change[0] == b"}, {":
        with pytest.raises(NotAsMeant):
            app.check([str(path)], FIX)
        assert path.read_bytes() == before
    else:
        app.check([str(path)], FIX)
        assert checked[0] is None
        assert len(checked) > 1


def test_a_copy_that_holds_something_else_than_was_mended_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(
        slices, "read_bytes", lambda one, *span: read_bytes(one, *span).replace(b"}", b"|", one != path.resolve())
    )
    with pytest.raises(NotAsMeant):
        app.check([str(path)], FIX)
    assert path.read_bytes() == before


def test_stretches_are_written_whole_in_small_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    text = path.read_bytes()
    app.check([str(path)], FIX)
    mended = path.read_bytes()
    path.write_bytes(text)
    monkeypatch.setattr(slices, "_PIECE", 7)
    app.check([str(path)], FIX)
    assert path.read_bytes() == mended


@pytest.mark.parametrize("is_out", [False, True])
def test_memory_is_given_back_only_of_a_file_that_is_replaced(
    is_out: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.txt"

    def note(path: Path, start: int, stop: int) -> None:
        with told.open("a") as stream:
            stream.write(f"{path.name}\n")

    monkeypatch.setattr(slices, "_let_go", note)
    folder = tmp_path / "data"
    folder.mkdir()
    path = written(folder)
    app.check([str(path)], Settings(mending=Mending.DONE, jobs=2, out=tmp_path / "out" if is_out else None))
    assert (path.name in told.read_text().splitlines()) is not is_out
