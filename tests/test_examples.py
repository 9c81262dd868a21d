"""The example data set: made by its script, and faulty in just the ways that it tells of."""

from __future__ import annotations

import contextlib
import io
import json
import re
import runpy
import zlib
from pathlib import Path

import hotcoco
import pytest
from pycocotools.coco import COCO

import cocolint

EXAMPLES = Path(__file__).parent.parent / "examples"
FAULTS = {
    "instances_train.json": {
        "annotation-id-duplicate": 1,
        "annotation-id-zero": 1,
        "area-missing": 2,
        "bbox-out-of-image": 1,
        "file-name-backslash": 1,
        "iscrowd-polygon": 1,
        "polygon-too-few-points": 1,
    },
    "instances_val.json": {},
    "person_keypoints_val.json": {"category-id-zero": 1, "num-keypoints-mismatch": 1, "skeleton-zero-based": 1},
}


def test_what_the_readme_says_of_others() -> None:
    path = EXAMPLES / "annotations" / "instances_train.json"
    health = hotcoco.COCO(str(path)).healthcheck()
    told = {entry["code"] for level in ("errors", "warnings") for entry in health[level]}
    assert told == {"duplicate_ann_id", "bbox_out_of_bounds", "low_instance_category"}
    with contextlib.redirect_stdout(io.StringIO()):
        assert len(COCO(path).anns) == len(json.loads(path.read_bytes())["annotations"]) - 1
    assert len(FAULTS[path.name]) == 7


def _made(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.suffix in {".json", ".png"}]
    return {path.relative_to(folder).as_posix(): _comparable(path) for path in files}


def _comparable(path: Path) -> bytes:
    """The bytes of a file; of a picture without its compression, in which versions of zlib differ."""
    content = path.read_bytes()
    if path.suffix == ".json":
        return content
    head, _, rest = content.partition(b"IDAT")
    return head[:-4] + zlib.decompress(rest[:-16])


def test_the_script_writes_what_is_there(tmp_path: Path) -> None:
    runpy.run_path(str(EXAMPLES / "make.py"))["write"](tmp_path)
    assert _made(tmp_path) == _made(EXAMPLES)


@pytest.mark.parametrize("name", FAULTS)
def test_just_the_intended_rules_fire(name: str) -> None:
    report = cocolint.check(EXAMPLES / "annotations" / name, jobs=1)
    assert not report.crashes
    assert {group.name: group.count for group in report.groups} == FAULTS[name]


def test_a_folder_with_faults_fails() -> None:
    report = cocolint.check(EXAMPLES, jobs=1)
    assert report.exit_code == 1
    assert [Path(result.path).name for result in report.files] == sorted(FAULTS)


def test_the_readme_names_the_faults() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for name, faults in FAULTS.items():
        section = re.split(r"^## ", text, flags=re.MULTILINE)
        told = next(part for part in section if part.startswith(name))
        assert set(re.findall(r"^\| `([\w-]+)` \|", told, flags=re.MULTILINE)) == set(faults)
