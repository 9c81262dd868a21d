"""Fixes on real files: nothing safe remains, no other byte changes, and what loaded before loads after."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import hotcoco
import msgspec
import pytest
from pycocotools import mask as masks
from pycocotools.coco import COCO

from cocolint import app
from cocolint.config import Settings
from cocolint.mend.targets import MAP_SUFFIX
from cocolint.model import Fix, Mending, Status
from cocolint.reported import Mended, Report
from tests.test_real_files import DATA_SETS, REAL

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
SECTIONS = ("images", "annotations", "categories")
UNVEILED = {"coco-annotator__label-studio-sdk-input": {"area-mismatch"}}
"""Rules that find something as soon as values are of the right type."""


def mended_copy(name: str, out: Path, unsafe: bool = False) -> Report:
    settings = Settings(mending=Mending.DONE, out=out, unsafe_fixes=unsafe, changes=None, jobs=1)
    return app.check([str(REAL / name)], settings)


@pytest.mark.parametrize("name", DATA_SETS)
def test_safe_fixes(name: str, tmp_path: Path) -> None:
    before = app.check([str(REAL / name)], Settings(jobs=1))
    report = mended_copy(name, tmp_path / "out")
    assert not report.crashes
    assert not report.withdrawn
    assert not report.fixable(Fix.SAFE)
    known = {(group.path, group.name) for group in before.groups}
    assert {name for path, name in {(group.path, group.name) for group in report.groups} - known} == UNVEILED.get(name, set())
    again = app.check([str(tmp_path / "out")], Settings(mending=Mending.SHOWN, jobs=1))
    assert {(one.name) for one in again.mended} == set()
    for result in before.files:
        if result.status is not Status.UNREADABLE and not result.path.endswith(".gz"):
            old = Path(result.path)
            mended = [one for one in report.mended if one.path == result.path]
            _assert_same_but(old, tmp_path / "out" / old.resolve().relative_to(REAL.resolve() / name), mended)


def _assert_same_but(old: Path, new: Path, mended: list[Mended]) -> None:
    """Compare the text of two files value by value, but for the fields that were mended, and records that were dropped."""
    if not mended:
        assert old.read_bytes() == new.read_bytes()
        return
    fields = {field for one in mended for field in one.fields}
    ours, theirs = (_texts(path.read_bytes(), fields) for path in (old, new))
    assert ours.keys() == theirs.keys()
    dropped = sum(one.dropped for one in mended)
    for name, texts in ours.items():
        if name in fields:
            assert sorted(texts) == sorted(theirs[name])
        elif dropped:
            rest = iter(texts)
            assert all(text in rest for text in theirs[name])
            dropped -= len(texts) - len(theirs[name])
        else:
            assert texts == theirs[name]
    assert dropped == 0


def _texts(data: bytes, fields: set[str]) -> dict[str, list[Any]]:
    """Return all text of a file but that of `fields`, by section, a text for each value."""
    try:
        root = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return {"": [_record(raw, fields) for raw in msgspec.json.decode(data, type=list[msgspec.Raw])]}
    found: dict[str, list[Any]] = {}
    for name, raw in root.items():
        if name in SECTIONS and bytes(raw).startswith(b"["):
            found[name] = [_record(item, fields) for item in msgspec.json.decode(raw, type=list[msgspec.Raw])]
        elif name not in fields:
            found[name] = [bytes(raw)]
    return found


def _record(raw: msgspec.Raw, fields: set[str]) -> list[tuple[str, bytes]]:
    record = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    return [(name, bytes(value)) for name, value in record.items() if name not in fields]


@pytest.mark.parametrize("name", DATA_SETS)
def test_readers_see_the_same(name: str, tmp_path: Path) -> None:
    """What pycocotools and hotcoco loaded before they load after, with the same boxes, masks and classes."""
    report = mended_copy(name, tmp_path / "out")
    for new in sorted((tmp_path / "out").rglob("*.json")):
        if new.name.endswith(MAP_SUFFIX):
            continue
        old = REAL / name / new.relative_to(tmp_path / "out")
        if old.read_bytes() == new.read_bytes():
            continue
        fields = {field for one in report.mended if one.path.endswith(old.name) for field in one.fields}
        ours = _objects(old, fields)
        assert ours is None or ours == _objects(new, fields)
        assert _hotcoco_loads(new) or not _hotcoco_loads(old)


def _objects(path: Path, mended: set[str]) -> dict[str, set[Any]] | None:
    """Return the objects of each image as pycocotools sees them, None if it cannot load the file.

    Each is a class, a box and a mask, the last two only if no fix was to change them.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(path)
    except (KeyError, TypeError, AssertionError):
        return None
    found: dict[str, set[Any]] = {}
    for annotation in coco.dataset.get("annotations", []):
        image = coco.imgs.get(annotation.get("image_id"), {})
        category = coco.cats.get(annotation.get("category_id"), {}).get("name")
        box = None if "bbox" in mended else json.dumps(annotation.get("bbox"))
        mask = None if "segmentation" in mended else _mask(annotation.get("segmentation"), image)
        name = None if mended & {"file_name", "image_id"} else image.get("file_name")
        found.setdefault(str(name), set()).add((category, box, mask))
    return found


def _mask(segmentation: Any, image: dict[str, Any]) -> str:
    """Return what decides the pixels of a mask; the file's own text where the mask is not known to be sound."""
    rings = segmentation if isinstance(segmentation, list) else []
    is_sound = all(isinstance(ring, list) and len(ring) >= 6 and all(0 <= x < 1e4 for x in ring) for ring in rings)
    if rings and is_sound and image.get("width") and image.get("height"):
        runs = masks.merge(masks.frPyObjects(rings, image["height"], image["width"]))
        return str(runs["counts"])
    return json.dumps(segmentation)


def _hotcoco_loads(path: Path) -> bool:
    try:
        hotcoco.COCO(str(path))
    except Exception:
        return False
    return True
