"""Results of earlier runs are used where nothing changed, and nowhere else."""

from __future__ import annotations

import datetime
import io
import json
import os
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

import cocolint
from cocolint import app
from cocolint.cache import content, results
from cocolint.cache.packing import Damaged, packed, unpacked
from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.model import Mending, Severity
from cocolint.report import Style, write
from cocolint.reported import Report
from tests.support.cases import crowded, put, sound
from tests.support.segment_pngs import FIRST, SECOND, beside

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the annotations, beside which the cache is; of files of any size results are kept."""
    monkeypatch.setattr("cocolint.cache.folder.LEAST_BYTES", 0)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "annotations").mkdir()
    return tmp_path


def put_file(folder: Path, data: Any, name: str = "instances_train.json") -> Path:
    path = folder / "annotations" / name
    path.write_text(json.dumps(data))
    return path


def check(folder: Path, **settings: Any) -> Report:
    chosen = {"select": ("ALL",), "jobs": 1, "use_cache": True, **settings}
    return app.check([str(folder)], Settings(**chosen))


def text_of(report: Report, output_format: str = "json") -> bytes:
    """Return the report, but for the time it took."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    write(replace(report, seconds=0.0), Style(output_format=output_format, verbose=True), stream)
    stream.seek(0)
    return stream.read().encode()


def was_looked_up(report: Report) -> bool:
    return "look up" in report.seconds_by_step and "open" not in report.seconds_by_step


def entries(folder: Path) -> list[Path]:
    return sorted((folder / ".cocolint_cache").glob("*.result"))


def over(number: int = 1) -> Any:
    data = sound("instances")
    put(data, "/annotations/0/bbox", [600.0, 20.0, 100.0 + number, 50.0])
    put(data, "/annotations/1/id", 1)
    return data


def test_an_unchanged_file_is_looked_up_and_the_report_is_the_same(folder: Path) -> None:
    put_file(folder, over())
    first, second = check(folder), check(folder)
    assert (was_looked_up(first), was_looked_up(second)) == (False, True)
    assert len(first.groups) > 3
    for output_format in ("json", "full"):
        plain = text_of(check(folder, use_cache=False), output_format)
        assert text_of(first, output_format) == text_of(second, output_format) == plain


def test_a_file_of_many_slices_is_looked_up(folder: Path) -> None:
    data = crowded(40_000)
    put(data, "/annotations/39999/id", 1)
    put_file(folder, data)
    first, second = check(folder, select=("A",)), check(folder, select=("A",))
    assert was_looked_up(second)
    assert text_of(first) == text_of(second)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
@pytest.mark.parametrize(
    "name",
    [
        "taco__official",
        "coco-official__panopticapi-sample",
        "mmpose__keypoint-samples",
        "sahi__terrain",
        "encord__legacy-export",
    ],
)
def test_reports_on_real_files_are_the_same_bytes(folder: Path, name: str) -> None:
    chosen: dict[str, Any] = {"select": ("ALL",), "jobs": 1}
    plain = text_of(app.check([str(REAL / name)], Settings(**chosen)))
    for _ in range(2):
        assert text_of(app.check([str(REAL / name)], Settings(**chosen, use_cache=True))) == plain
    assert entries(folder)


def test_one_byte_makes_another_file_whatever_its_time_says(folder: Path) -> None:
    path = put_file(folder, over(1))
    before = check(folder)
    stat = path.stat()
    put_file(folder, over(2))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    after = check(folder)
    assert path.stat().st_size == stat.st_size
    assert not was_looked_up(after)
    assert text_of(after) != text_of(before)


@pytest.mark.parametrize(
    "settings",
    [
        {"rules": {"bbox-out-of-image": {"tolerance": 2.0}}},
        {"dialect": "cvat"},
        {"task": "person_keypoints", "told": True},
        {"select": ("B",)},
    ],
)
def test_settings_that_rules_see_make_another_result(folder: Path, settings: dict[str, Any]) -> None:
    from cocolint.model import Task

    put_file(folder, over())
    check(folder)
    if settings.pop("told", False):
        settings["task"] = Task(settings["task"])
    after = check(folder, **settings)
    assert not was_looked_up(after)
    assert text_of(after) == text_of(check(folder, **settings, use_cache=False))


def test_settings_that_rules_do_not_see_are_applied_to_the_same_result(folder: Path) -> None:
    put_file(folder, over())
    check(folder)
    settings: dict[str, Any] = {
        "severity": {"B010": Severity.ERROR}, "per_file_ignores": {"*.json": ("A002",)}, "fail_on": Severity.WARNING,
    }  # fmt: skip
    after = check(folder, **settings)
    assert was_looked_up(after)
    assert text_of(after) == text_of(check(folder, **settings, use_cache=False))


def test_another_version_makes_another_result(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_file(folder, over())
    check(folder)
    monkeypatch.setattr(cocolint, "__version__", "0.0.0")
    assert not was_looked_up(check(folder))


def test_other_code_makes_another_result(folder: Path) -> None:
    own = folder / "lint"
    own.mkdir()
    text = (
        "from cocolint.api import Annotations, Severity, rule\n\n\n"
        '@rule("Z001", "ours-all", Severity.WARNING)\n'
        'def ours_all(annotations: Annotations):\n    """All."""\n'
        '    return annotations.where(annotations.id > 0, None, "one")\n'
    )
    (own / "ours.py").write_text(text)
    put_file(folder, over())
    assert not was_looked_up(check(folder, rules_path=own))
    assert was_looked_up(check(folder, rules_path=own))
    (own / "ours.py").write_text(text.replace("> 0", "> 2"))
    assert not was_looked_up(check(folder, rules_path=own))
    before = content.digest_of_code(own)
    (own / "_helper.py").write_text("")
    assert content.digest_of_code(own) != before


def test_what_is_around_the_file_is_looked_at_each_time(folder: Path) -> None:
    put_file(folder, over())
    names = {"image-file-missing", "image-size-mismatch"}
    assert names & {group.name for group in check(folder).groups} == set()
    (folder / "images" / "train").mkdir(parents=True)
    picture = folder / "images" / "train" / "000001.jpg"
    Image.new("RGB", (640, 480)).save(picture)
    report = check(folder)
    assert was_looked_up(report)
    assert names & {group.name for group in report.groups} == {"image-file-missing"}
    Image.new("RGB", (320, 200)).save(picture)
    report = check(folder)
    assert names & {group.name for group in report.groups} == names
    assert text_of(report) == text_of(check(folder, use_cache=False))


def test_other_files_of_the_data_set_are_compared_each_time(folder: Path) -> None:
    put_file(folder, over())
    check(folder)
    put_file(folder, over(), "instances_val.json")
    check(folder)
    report = check(folder)
    assert was_looked_up(report)
    assert "split-leakage-file" in {group.name for group in report.groups}
    assert text_of(report) == text_of(check(folder, use_cache=False))


def test_panoptic_pngs_are_looked_at_each_time(folder: Path) -> None:
    data = sound("panoptic")
    put_file(folder, data, "panoptic_train.json")
    select = ("N",)
    assert text_of(check(folder, select=select)) == text_of(check(folder, select=select))
    assert entries(folder)
    for name, png in beside(FIRST, SECOND).items():
        (folder / "annotations" / name).parent.mkdir(exist_ok=True)
        (folder / "annotations" / name).write_bytes(png)
    for _ in range(2):
        report = check(folder, select=select)
        assert not was_looked_up(report)
        assert not report.groups
    (folder / "annotations" / "panoptic_train" / data["annotations"][0]["file_name"]).unlink()
    report = check(folder, select=select)
    assert "panoptic-png-missing" in {group.name for group in report.groups}
    assert text_of(report) == text_of(check(folder, select=select, use_cache=False))


def test_labels_are_compared_each_time(folder: Path) -> None:
    put_file(folder, over())
    labels = folder / "labels.txt"
    labels.write_text("person\nbicycle\n")
    before = check(folder, labels=str(labels))
    labels.write_text("cat\ndog\n")
    after = check(folder, labels=str(labels))
    assert was_looked_up(after)
    assert text_of(after) == text_of(check(folder, labels=str(labels), use_cache=False)) != text_of(before)


def test_the_date_counts_where_a_rule_may_ask_for_it() -> None:
    rules = registry.load()
    assert results._today([rules.get("date-future")]) == datetime.date.today().isoformat()
    assert results._today([rules.get("bbox-out-of-image"), rules.get("annotation-id-duplicate")]) == ""


def test_a_file_that_is_not_read_as_it_is_is_not_kept(folder: Path) -> None:
    (folder / "annotations" / "instances_train.json").write_text(json.dumps(over()).replace("640", "NaN"))
    check(folder)
    assert not entries(folder)


def test_mending_begins_anew(folder: Path) -> None:
    put_file(folder, over())
    check(folder)
    report = check(folder, mending=Mending.SHOWN)
    assert not was_looked_up(report)
    assert report.mended


@pytest.mark.parametrize("place", [0, 20, 60, 400, -1])
def test_a_damaged_entry_is_passed_over_and_replaced(folder: Path, place: int) -> None:
    put_file(folder, over())
    plain = text_of(check(folder))
    (entry,) = entries(folder)
    data = bytearray(entry.read_bytes())
    data[place] ^= 1
    entry.write_bytes(data)
    report = check(folder)
    assert not was_looked_up(report)
    assert text_of(report) == plain
    assert was_looked_up(check(folder))


@pytest.mark.parametrize("size", [0, 10, 49, 100])
def test_a_cut_entry_is_passed_over(folder: Path, size: int) -> None:
    put_file(folder, over())
    check(folder)
    (entry,) = entries(folder)
    os.truncate(entry, size)
    assert not was_looked_up(check(folder))


def test_a_foreign_entry_is_passed_over(folder: Path) -> None:
    put_file(folder, over())
    check(folder)
    (entry,) = entries(folder)
    foreigners: list[Any] = ["text", [], (1, 2, 3), ({"task": 3}, 1, {}, {}, {}, None, {})]
    for foreign in foreigners:
        entry.write_bytes(b"".join(packed(foreign)))
        assert not was_looked_up(check(folder))


class _Trap:
    def __reduce__(self) -> Any:
        return os.system, ("echo trapped > trapped",)


def test_nothing_is_called_that_an_entry_names(folder: Path) -> None:
    data = b"".join(packed(_Trap()))
    with pytest.raises(Damaged):
        unpacked(data)
    assert not (folder / "trapped").exists()
    pickle.loads(pickle.dumps(_Trap()))
    assert (folder / "trapped").exists(), "the trap would have worked"


def test_the_oldest_entries_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        put_file(folder, over(number))
        check(folder)
        newest = max(entries(folder), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (number, number))
    sizes = sorted(path.stat().st_size for path in entries(folder))
    monkeypatch.setattr(results, "MOST_BYTES", sizes[-1] * 3)
    put_file(folder, over(0))
    assert was_looked_up(check(folder)), "what is used is not old"
    put_file(folder, over(5))
    check(folder)
    assert len(entries(folder)) == 3
    for number, kept in ((0, True), (3, True), (1, False)):
        put_file(folder, over(number))
        assert was_looked_up(check(folder)) is kept


def test_a_folder_that_cannot_be_written_does_not_matter(folder: Path) -> None:
    put_file(folder, over())
    plain = text_of(check(folder, use_cache=False))
    (folder / ".cocolint_cache").write_text("a file")
    assert text_of(check(folder)) == plain


def test_a_file_that_changes_while_it_is_checked_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put_file(folder, over(1))

    def and_change(*arguments: Any) -> Any:
        found = content.digest_of_file(*arguments)
        put_file(folder, over(12345))
        return found

    monkeypatch.setattr(results, "digest_of_file", and_change)
    check(folder)
    assert path.exists()
    assert not entries(folder)


def test_the_digest_is_the_same_by_one_thread_or_many(folder: Path) -> None:
    path = folder / "data"
    path.write_bytes(random.Random(0).randbytes(3_500_000))
    assert content.digest_of_file(path, 3_500_000, 1) == content.digest_of_file(path, 3_500_000, 4)
    assert content.digest_of_file(path, 3_499_999, 1) != content.digest_of_file(path, 3_500_000, 1)
