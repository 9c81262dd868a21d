"""Files too large for memory: their columns wait on disk, rules look at some rows at a time, and nothing else differs."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cocolint import app
from cocolint.config import Settings
from cocolint.engine import gathering
from cocolint.engine.gathering import gathered
from cocolint.engine.running import Outcome, SliceOutcome
from cocolint.model import Finding
from cocolint.read import columns, document, slicing
from cocolint.read.build import Masks, annotations_of, categories_of, images_of
from cocolint.read.columns import Index
from cocolint.read.texts import Texts
from cocolint.report import Style, write
from cocolint.reported import Report
from tests.rules.test_cases import CASES
from tests.support.cases import Case, Data, put, sound

REAL = Path(__file__).parents[2] / "shared" / "data" / "real"
DATA_SETS = sorted(path.name for path in REAL.iterdir() if path.is_dir()) if REAL.is_dir() else []


def enlarge(patch: pytest.MonkeyPatch) -> None:
    """Take every file for a large one: its columns go to disk, few rows are looked at together, its names are packed."""
    patch.setattr(gathering, "MOST_BYTES", 0)
    patch.setattr(columns, "PART_ROWS", 3)
    patch.setattr(document, "MANY_SLICES", 0)


def report_on(path: Path, chosen: Settings) -> str:
    return text_of(app.check([str(path)], chosen))


def text_of(report: Report) -> str:
    """Return the report, but for the time it took."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    write(replace(report, seconds=0.0), Style(output_format="json"), stream)
    stream.seek(0)
    return stream.read()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reports_are_the_same(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SLICE_BYTES", 600)
    path = case.write(tmp_path)
    plain = report_on(path, case.settings(tmp_path))
    enlarge(monkeypatch)
    assert report_on(path, case.settings(tmp_path)) == plain


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
@pytest.mark.parametrize("name", DATA_SETS)
def test_reports_on_real_files_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SLICE_BYTES", 20_000)
    chosen = Settings(select=("ALL",), jobs=1, no_images=True)
    plain = report_on(REAL / name, chosen)
    enlarge(monkeypatch)
    monkeypatch.setattr(columns, "PART_ROWS", 100)
    assert report_on(REAL / name, chosen) == plain


def shuffled(seed: int, count: int) -> Data:
    """Return a file of boxes many of which overlap or are copies, in any order of images."""
    dice = random.Random(seed)
    data: Data = sound("instances")
    template = {**data["annotations"][0], "segmentation": []}
    data["images"] = [{**data["images"][0], "id": number, "file_name": f"{number}.jpg"} for number in range(5)]
    data["annotations"] = []
    for number in range(count):
        box = [dice.randint(-1, 9), dice.randint(0, 9), dice.randint(150, 160), dice.randint(20, 21)]
        image, category = dice.choice([0, 1, 2, 3, 4, 77]), dice.choice([1, 2])
        data["annotations"].append(
            {
                **template,
                "id": dice.randint(1, 4 * count),
                "bbox": box,
                "image_id": image,
                "category_id": category,
                "area": number,
            }
        )
    return data


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 150), rows=st.integers(1, 60))
def test_parts_of_any_size_find_the_same(seed: int, count: int, rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "instances_train.json"
        path.write_text(json.dumps(shuffled(seed, count)))
        patch.setattr(slicing, "SLICE_BYTES", 2000)
        chosen = Settings(select=("ALL",), jobs=1)
        plain = report_on(path, chosen)
        patch.setattr(gathering, "MOST_BYTES", 0)
        patch.setattr(columns, "PART_ROWS", rows)
        assert report_on(path, chosen) == plain


@given(image=st.lists(st.integers(-1, 9), max_size=60), rows=st.integers(1, 20), chosen=st.data())
def test_parts_by_image_hold_each_row_once_and_all_of_an_image(image: list[int], rows: int, chosen: st.DataObject) -> None:
    some = np.array(sorted(chosen.draw(st.sets(st.integers(0, len(image) - 1)) if image else st.just(set()))), np.int64)
    nothing = Masks([], {})
    empty = annotations_of(nothing, images_of(nothing), categories_of(nothing))
    keys = {**empty.keys, "id": np.arange(len(image)), "image": np.array(image, np.int64)}
    index = Index(keys, {}, {}, empty.images, empty.category_uses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "PART_ROWS", rows)
        parts = [part.tolist() for part in index.by_image(some)]
    assert all(part == sorted(part) for part in parts)
    assert sorted(row for part in parts for row in part) == some.tolist()
    homes = [{image[row] for row in part} for part in parts]
    assert sum(map(len, homes)) == len(set().union(*homes))


@given(st.lists(st.text(max_size=5)), st.lists(st.text(max_size=5)))
def test_packed_texts_are_a_list(one: list[str], other: list[str]) -> None:
    whole, texts = one + other, Texts.joined([Texts(one), Texts(other)])
    assert [*texts] == whole == [texts[place] for place in range(len(whole))] == texts[:]
    assert texts[1:5] == whole[1:5]
    assert texts[::-2] == whole[::-2]
    assert len(texts) == len(whole)
    with pytest.raises(IndexError):
        texts[len(whole)]


def slices(count: int, rows: int) -> Iterator[SliceOutcome]:
    """Yield the outcomes of slices, one row of each with a finding: a column of numbers, one of pairs, two that hardly vary."""
    for number in range(count):
        start = number * rows
        outcome = Outcome()
        outcome.findings["a-rule"].append(Finding("it", "annotations", np.array([1])))
        keys = {
            "id": np.arange(start, start + rows), "bbox": np.full((rows, 2), number / 3), "same": np.full(rows, np.nan),
            "late": np.full(rows, number == count - 1),
        }  # fmt: skip
        yield SliceOutcome(rows, keys, {"id": np.ones(rows, bool)}, {}, np.array([rows]), outcome).thinned()


@pytest.mark.parametrize("most", [0, 100, 200, 300, 1 << 28])
@pytest.mark.parametrize(("count", "rows"), [(1, 1), (1, 5), (5, 1), (7, 4)])
def test_columns_in_memory_and_on_disk_hold_what_came(
    count: int, rows: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_BYTES", most)
    one, sizes = gathered(slices(count, rows), count)
    assert (sizes, len(one), one.category_uses.tolist()) == ([rows] * count, count * rows, [count * rows])
    assert one.keys["id"].tolist() == [*range(count * rows)]
    assert one.keys["bbox"].tolist() == [[number / 3] * 2 for number in range(count) for _ in range(rows)]
    late = np.broadcast_to(one.keys["late"], count * rows)
    assert late.tolist() == [number == count - 1 for number in range(count) for _ in range(rows)]
    assert np.isnan(one.keys["same"]).all()
    assert one.valid["id"].all()
    assert [finding.rows.tolist() for finding in one.outcome.findings["a-rule"]] == [[i * rows + 1] for i in range(count)]


small = st.lists(st.sampled_from([0.0, -0.0, 1.0, np.nan]), max_size=12)


@given(
    parts=st.lists(small, min_size=1, max_size=6),
    before=small,
    share=st.integers(0, 70),
    most=st.sampled_from([0, 90, 1 << 28]),
)
def test_a_column_before_serves_again_where_it_is_the_same(
    parts: list[list[float]], before: list[float], share: int, most: int
) -> None:
    whole = np.array([value for part in parts for value in part], np.float64)
    known = np.concatenate([whole[:share], np.array(before)])
    if len({*known.view(np.int64).tolist()}) == 1:
        known = np.broadcast_to(known[:1], known.shape)  # as columns are that hold one value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "MOST_BYTES", most)
        came = [SliceOutcome(len(part), {"id": np.array(part, float)}, {}, {}, np.array([0]), Outcome()) for part in parts]
        nothing = Masks([], {})
        images = images_of(nothing)
        table = annotations_of(nothing, images, categories_of(nothing))
        index = Index({**table.keys, "id": known}, {}, {}, images, np.array([0]))
        one, sizes = gathered([piece.thinned() for piece in came], len(came), index)
    column = one.keys["id"]
    assert sizes == [len(part) for part in parts]
    assert column.tobytes() == whole.tobytes()
    if known.tobytes() == whole.tobytes() and len(whole) > 1 and not most:
        assert column is known


def test_memory_does_not_grow_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_BYTES", 1_000_000)
    tracemalloc.start()
    try:
        one, _ = gathered(slices(200, 20_000), 200)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < (one.keys["id"].nbytes + one.keys["bbox"].nbytes) / 30


def crowd(count: int) -> Data:
    data: Data = sound("instances")
    data["annotations"] = [{**data["annotations"][0], "id": number + 1} for number in range(count)]
    put(data, f"/annotations/{count - 1}/id", 1)
    return data


def run(path: Path, tmp: Path, *, most: int = 10**9) -> subprocess.CompletedProcess[str]:
    """Check a file, taken for a large one, by a program that may write files of at most `most` bytes."""
    code = (
        "import resource, sys; from cocolint.engine import gathering; gathering.MOST_BYTES = 0;"
        "from cocolint.read import slicing; slicing.SLICE_BYTES = 20_000; from cocolint import cli;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); sys.exit(cli.main())"
    )
    command = [sys.executable, "-c", code, "check", "--isolated", "--no-cache", "--select", "A002", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(tmp)})


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits")
def test_a_full_disk_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    path, folder = tmp_path / "instances_train.json", tmp_path / "tmp"
    path.write_text(json.dumps(crowd(3000)))
    folder.mkdir()
    full = run(path, folder, most=10_000)
    assert full.returncode == 2
    assert f"takes room in '{folder}'" in full.stderr
    assert "TMPDIR" in full.stderr
    assert "Traceback" not in full.stderr
    enough = run(path, folder)
    assert enough.returncode == 1
    assert "annotation-id-duplicate" in enough.stdout
    assert not [*folder.iterdir()]


def test_results_of_large_files_are_kept_and_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cocolint.cache.folder.LEAST_BYTES", 0)
    monkeypatch.setattr("cocolint.cache.results._MAPPED_BYTES", 0)
    monkeypatch.setattr(slicing, "SLICE_BYTES", 5_000)
    monkeypatch.chdir(tmp_path)
    enlarge(monkeypatch)
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(crowd(300)))
    chosen = Settings(select=("A",), jobs=1)
    plain = report_on(path, chosen)
    first, second = (app.check([str(path)], replace(chosen, use_cache=True)) for _ in range(2))
    assert ("open" in first.seconds_by_step, "open" in second.seconds_by_step) == (True, False)
    assert text_of(first) == text_of(second) == plain
