"""What is counted of annotation files, and how it is printed."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocolint import stats
from cocolint.checking import NoProgress
from cocolint.config import Settings
from cocolint.failure import PathError
from cocolint.stats import FileStats, Stats
from cocolint.stats_shown import histogram, write
from tests.support.cases import put, sound

REAL = Path(__file__).parents[2] / "shared" / "data" / "real"


def save(folder: Path, task: str, edit: dict[str, Any] | None = None, name: str = "") -> Path:
    data = sound(task)
    for pointer, value in (edit or {}).items():
        put(data, pointer, value)
    path = folder / (name or f"{task}_val.json")
    path.write_text(json.dumps(data))
    return path


def counted(path: Path, jobs: int = 1) -> Stats:
    return stats.stats([str(path)], Settings(jobs=jobs), NoProgress())


def one(path: Path) -> FileStats:
    return counted(path).files[0]


def text(found: Stats, width: int, encoding: str = "utf-8", top: int = 10) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    os.environ["COLUMNS"] = str(width)
    write(found, stream, "text", top)
    return raw.getvalue().decode(encoding)


@pytest.fixture(autouse=True)
def columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_annotations_are_counted(tmp_path: Path) -> None:
    file = one(save(tmp_path, "instances"))
    assert (file.images, file.annotations, file.objects, file.crowds) == (2, 3, 3, 1)
    assert (file.polygons, file.masks) == (2, 1)
    assert dict(zip([name for _, name in file.classes], file.uses.tolist(), strict=True)) == {"person": 2, "bicycle": 1}
    assert file.per_image.tolist() == [2, 1]


def test_sizes_have_the_borders_of_coco(tmp_path: Path) -> None:
    areas = {"/annotations/0/area": 1023.9, "/annotations/1/area": 1024, "/annotations/2/area": 9216}
    assert one(save(tmp_path, "instances", areas)).sizes.tolist() == [1, 1, 1, 0]
    assert one(save(tmp_path, "instances", areas | {"/annotations/0/area": 9215.9})).sizes.tolist() == [0, 2, 1, 0]


def test_an_area_that_is_not_told_is_that_of_the_mask_or_the_box(tmp_path: Path) -> None:
    data = sound("instances")
    for annotation in data["annotations"]:
        del annotation["area"]
    data["annotations"][0]["segmentation"] = []
    data["annotations"][0]["bbox"] = [0, 0, 96, 96]
    data["annotations"][1] |= {"segmentation": [], "bbox": "none"}
    (tmp_path / "a.json").write_text(json.dumps(data))
    assert one(tmp_path / "a.json").sizes.tolist() == [1, 0, 1, 1]  # the crowd covers 200 px


def test_images_without_objects(tmp_path: Path) -> None:
    file = one(save(tmp_path, "instances", {"/annotations/2/image_id": 1}))
    assert (file.empty, file.per_image.tolist()) == (1, [3, 0])


def test_objects_of_no_image_and_no_category(tmp_path: Path) -> None:
    file = one(save(tmp_path, "instances", {"/annotations/2/image_id": 99, "/annotations/1/category_id": 99}))
    assert file.per_image.tolist() == [1 + 1, 0]
    assert file.uses.sum() == 2


def test_visibility_is_counted_for_each_joint(tmp_path: Path) -> None:
    file = one(save(tmp_path, "person_keypoints"))
    assert file.joints[0].tolist() == [[1, 0, 2, 0], [1, 2, 0, 0], [3, 0, 0, 0], [3, 0, 0, 0]]


def test_scores_in_the_place_of_visibility(tmp_path: Path) -> None:
    points = [1, 1, 0.5, 2, 2, 2, 0, 0, 0, 0, 0, 0]
    file = one(save(tmp_path, "person_keypoints", {"/annotations/0/keypoints": points}))
    assert file.joints[0][0].tolist() == [1, 0, 1, 1]
    assert "other" in text(Stats([file]), 80)


def test_keypoints_that_do_not_fit_the_category_are_left_out(tmp_path: Path) -> None:
    file = one(save(tmp_path, "person_keypoints", {"/annotations/0/keypoints": [1, 1, 2]}))
    assert file.joints[0].sum(axis=1).tolist() == [2] * 4


def test_attributes(tmp_path: Path) -> None:
    edit = {"/annotations/0/attributes": {"occluded": True, "id": "1"}, "/annotations/1/attributes": {"occluded": 1, "id": [1]}}
    file = one(save(tmp_path, "instances", edit))
    assert {name: dict(attribute.values) for name, attribute in file.attributes.items()} == {
        "occluded": {"true": 1, "1": 1}, "id": {'"1"': 1, "[1]": 1}
    }  # fmt: skip


def test_identifiers_do_not_fill_the_memory(tmp_path: Path) -> None:
    data = sound("instances")
    like = data["annotations"][0]
    data["annotations"] = [{**like, "id": i, "attributes": {"name": f"n{i}"}} for i in range(1, 2001)]
    (tmp_path / "a.json").write_text(json.dumps(data))
    found = counted(tmp_path / "a.json")
    assert (len(found.files[0].attributes["name"].values), found.files[0].attributes["name"].beyond) == (1000, 1000)
    assert "... at least 990 more values" in text(found, 80)


def test_segments_are_the_objects_of_panoptic_files(tmp_path: Path) -> None:
    segments = [len(annotation["segments_info"]) for annotation in sound("panoptic")["annotations"]]
    file = one(save(tmp_path, "panoptic"))
    assert (file.annotations, file.objects) == (len(segments), sum(segments))
    assert file.uses.sum() == sum(segments)
    assert sorted(file.per_image.tolist(), reverse=True)[: len(segments)] == sorted(segments, reverse=True)


def test_results_have_no_images(tmp_path: Path) -> None:
    file = one(save(tmp_path, "results_bbox"))
    images = [result["image_id"] for result in sound("results_bbox")]
    assert (file.images, file.empty, file.objects) == (0, 0, len(images))
    assert sorted(file.per_image.tolist()) == sorted(images.count(image) for image in set(images))


def test_each_data_set_of_an_array_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([sound("instances"), sound("captions")]))
    assert [file.path.rpartition("#")[2] for file in counted(tmp_path / "a.json").files] == ["0", "1"]


def test_several_processes_count_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = sound("person_keypoints")
    like = data["annotations"]
    data["annotations"] = [
        {**like[i % 3], "id": i, "category_id": 1, "attributes": {"lot": i % 7}} for i in range(1, 1000)
    ]  # fmt: skip
    path = tmp_path / "person_keypoints_val.json"
    path.write_text(json.dumps(data))
    alone = io.StringIO()
    write(counted(path), alone, "json", 0)
    monkeypatch.setattr("cocolint.read.slicing.SLICE_BYTES", 20_000)
    monkeypatch.setattr(stats, "PARALLEL_BYTES", 0)
    together = io.StringIO()
    write(counted(path, jobs=2), together, "json", 0)
    assert json.loads(together.getvalue()) == json.loads(alone.getvalue())


def test_a_border_within_a_string_is_no_border(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, "captions", {"/annotations/0/caption": "}, {" * 50})
    monkeypatch.setattr("cocolint.read.slicing.SLICE_BYTES", 20)
    assert one(path).annotations == len(sound("captions")["annotations"])


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=60))
def test_every_image_is_in_one_bin(per_image: list[int]) -> None:
    bins = histogram(np.array(per_image))
    assert sum(part.images for part in bins) == len(per_image)
    assert bins[0][:2] == (0, 0)
    assert all(before.most < after.least <= after.most for before, after in itertools.pairwise(bins))
    assert bins[-1].images


def test_few_objects_are_counted_one_by_one() -> None:
    assert [tuple(part) for part in histogram(np.array([5, 5, 7]))] == [(0, 0, 0), (5, 5, 2), (6, 6, 0), (7, 7, 1)]


TEXT = """\
instances_val.json
  instances · val · coco · 2 images · 3 annotations

  classes: 2
    person   2  66.7 %  ████████████████████████████████████████
    bicycle  1  33.3 %  ████████████████████

  sizes
    small, below 32 x 32  1  33.3 %  ████████████████████
    medium                1  33.3 %  ████████████████████
    large, from 96 x 96   1  33.3 %  ████████████████████
    polygons 2 · run lengths 1 · no mask 0 · crowds 1

  objects per image: median 1.5, mean 1.5, most 2; 0 images without any
    0  0   0.0 %
    1  1  50.0 %  ████████████████████████████████████████
    2  1  50.0 %  ████████████████████████████████████████
"""


def test_the_sheet_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = save(tmp_path, "instances")
    printed = text(counted(Path(path.name)), 80)
    assert printed.replace("█" * 40, "█" * 20) == TEXT.replace("█" * 40, "█" * 20)


def test_what_is_not_listed_is_told(tmp_path: Path) -> None:
    path = save(tmp_path, "instances")
    assert "    ... 1 more with 1 object. All: --top 0\n" in text(counted(path), 80, top=1)
    assert "--top" not in text(counted(path), 80, top=0)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_fit(tmp_path: Path, width: int) -> None:
    save(tmp_path, "person_keypoints", {"/categories/0/name": "n" * 90})
    save(tmp_path, "instances", {"/annotations/0/attributes": {"a" * 90: "v" * 90}})
    lines = text(counted(tmp_path), width).splitlines()
    assert max(len(line) for line in lines if "/" not in line) <= width


def test_a_stream_without_blocks(tmp_path: Path) -> None:
    assert "####" in text(counted(save(tmp_path, "instances")), 80, "ascii")


def test_text_of_the_data_is_harmless(tmp_path: Path) -> None:
    nasty = "\x1b[31m\n::error::"
    edit = {"/categories/0/name": nasty, "/annotations/0/attributes": {nasty: nasty}}
    printed = text(counted(save(tmp_path, "instances", edit)), 80)
    assert "\x1b" not in printed
    assert not any(line.lstrip().startswith("::") for line in printed.splitlines())


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cocolint", "stats", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_json_holds_everything(tmp_path: Path) -> None:
    save(tmp_path, "person_keypoints")
    ended = run(tmp_path, "--output-format", "json", "--top", "1")
    file = json.loads(ended.stdout)["files"][0]
    assert ended.returncode == 0
    assert (file["path"], file["task"], file["images"], file["empty_images"]) == (
        "person_keypoints_val.json", "person_keypoints", 2, 0
    )  # fmt: skip
    assert file["keypoints"][0]["joints"][0] == {"name": "nose", "not_labelled": 1, "hidden": 0, "visible": 2, "other": 0}
    assert file["objects_per_image"]["histogram"][1] == {"least": 1, "most": 1, "images": 1}


def test_other_json_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    save(tmp_path, "instances")
    (tmp_path / "package.json").write_text('{"name": "x"}')
    ended = run(tmp_path)
    assert ended.returncode == 0
    assert "1 JSON file passed over: not COCO" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.json"], "no such file or folder: 'nowhere.json'"),
        (["broken.json"], "broken.json: "),
        (["other.json"], "other.json: it has neither images nor annotations of COCO"),
        (["empty"], "no annotation file among 'empty'"),
        (["instances_val.json", "--output-format", "xml"], "no output format 'xml'; there are text, json"),
    ],
)
def test_bad_input_ends_with_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    save(tmp_path, "instances")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"a": 1}')
    ended = run(tmp_path, *arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"cocolint: {message}")


def test_what_can_be_read_is_counted_all_the_same(tmp_path: Path) -> None:
    save(tmp_path, "instances")
    (tmp_path / "instances_train.json").write_text("{")
    ended = run(tmp_path)
    assert ended.returncode == 2
    assert "instances · val" in ended.stdout
    assert ended.stderr.startswith("cocolint: instances_train.json: ")


def test_paths_without_an_annotation_file(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="no annotation file among"):
        counted(tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
def test_real_files_are_counted_as_they_are() -> None:
    folder = REAL / "coco-official__coco-mini" / "annotations"
    for path in sorted(folder.glob("*.json")):
        data = json.loads(path.read_bytes())
        file = one(path)
        assert (file.images, file.annotations) == (len(data["images"]), len(data["annotations"]))
        assert file.empty == len(data["images"]) - len({one["image_id"] for one in data["annotations"]})
        assert file.crowds == sum(one.get("iscrowd", 0) for one in data["annotations"])
