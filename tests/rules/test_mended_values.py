"""What fixes of masks, keypoints, captions and labels write: a silent rule alone would not tell that it is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pycocotools import mask

from cocolint import app
from cocolint.model import Mending
from tests.rules.captions import caption
from tests.rules.counts import BACKSLASH, pairs
from tests.rules.keypoints import NUMBER, POINTS, SEEN, UNSEEN
from tests.rules.masks import COMPRESSED, CROWD, PIXELS, SIZE, block, compressed, torn, uncompressed
from tests.rules.poses import labelled
from tests.support.cases import COLUMN, REMOVED, Case, sound

BLOCK = [100, 50, 60, 40]
COLUMNS = {"size": SIZE, "counts": block(100, 50, 160, 90, by_rows=False)}
FLAG = "/annotations/0/iscrowd"
RING = "/annotations/0/segmentation"

OUTCOMES: list[tuple[str, str, dict[str, Any], str, Any]] = [
    ("rle-keys", "instances", {f"{CROWD}/size": REMOVED}, CROWD, COLUMN),
    ("rle-size-type", "instances", {f"{CROWD}/size": ["480", "640"]}, CROWD, COLUMN),
    ("rle-size-type", "instances", {f"{CROWD}/size": [640]}, CROWD, COLUMN),
    ("rle-size-order", "instances", {f"{CROWD}/size": [640, 480]}, CROWD, COLUMN),
    ("rle-size-mismatch", "instances", {f"{CROWD}/size": [479, 640]}, CROWD, COLUMN),
    ("rle-counts-sum", "instances", uncompressed([480, 200, PIXELS]), CROWD, COLUMN),
    ("rle-counts-sum", "instances", uncompressed([480, 200, PIXELS - 680, 5, 5]), CROWD, COLUMN),
    ("rle-counts-sum", "instances", uncompressed([480, 200]), CROWD, COLUMN),
    ("rle-counts-float", "instances", uncompressed(["480", 200.0, "306520"]), CROWD, COLUMN),  # type: ignore[list-item]
    ("rle-zero-run-inside", "instances", uncompressed([480, 100, 0, 100, PIXELS - 680]), CROWD, COLUMN),
    ("rle-zero-run-inside", "instances", compressed("P?T300hZ[9"), f"{CROWD}/counts", COMPRESSED),
    ("rle-row-major", "instances", torn(BLOCK, by_rows=True), CROWD, COLUMNS),
    ("rle-start-length-pairs", "instances", pairs(BLOCK, by_rows=True), CROWD, COLUMNS),
    ("rle-start-length-pairs", "instances", pairs(BLOCK, by_rows=False), CROWD, COLUMNS),
    ("rle-counts-string-invalid", "instances", compressed("UD9YNmha\nWzk="), f"{CROWD}/counts", COMPRESSED),
    ("rle-bytes-repr", "instances", {**BACKSLASH, **compressed("b'\\\\1X6\\\\h[9'")}, f"{CROWD}/counts", "\\1X6\\h[9"),
    ("iscrowd-type", "instances", {FLAG: "0"}, FLAG, 0),
    ("iscrowd-type", "instances", {FLAG: "True"}, FLAG, 1),
    ("keypoints-missing", "person_keypoints", {"/annotations/2/keypoints": REMOVED}, "/annotations/2/keypoints", UNSEEN * 4),
    ("keypoints-no-visibility", "person_keypoints", {POINTS: [60, 45, 35, 0, 0, 0, 0, 7]}, POINTS,
     [60, 45, 2, 35, 0, 2, 0, 0, 0, 0, 7, 2]),
    ("keypoints-null", "person_keypoints", {NUMBER: None}, NUMBER, 2),
    ("keypoint-visibility-value", "person_keypoints", {f"{POINTS}/2": 3, f"{POINTS}/11": -1}, POINTS, SEEN + UNSEEN * 2),
    ("keypoint-v0-nonzero", "person_keypoints", {f"{POINTS}/9": 4.0}, POINTS, SEEN + UNSEEN * 2),
    ("keypoint-v-positive-at-origin", "person_keypoints", {POINTS: [0, 0, 2, *SEEN[3:], *UNSEEN * 2]}, NUMBER, 1),
    ("keypoint-out-of-image", "person_keypoints", {f"{POINTS}/0": 650}, POINTS, UNSEEN + SEEN[3:] + UNSEEN * 2),
    ("keypoint-out-of-image", "person_keypoints", {f"{POINTS}/0": 650}, NUMBER, 1),
    ("num-keypoints-missing", "person_keypoints", {NUMBER: REMOVED}, NUMBER, 2),
    ("num-keypoints-mismatch", "person_keypoints", {NUMBER: 0}, NUMBER, 2),
    ("keypoints-area-missing", "person_keypoints", {"/annotations/0/area": REMOVED}, "/annotations/0/area", 4375.0),
    ("keypoints-area-missing", "person_keypoints", {"/annotations/0/area": REMOVED, RING: []}, "/annotations/0/area", 5000.0),
    ("keypoints-normalized", "person_keypoints", labelled([0.5, 0.25, 2], [0.1, 0.999, 1], [1.0005, 0, 2]), POINTS,
     [320.0, 120.0, 2, 64.0, 479.52, 1, 640.0, 0, 2, *UNSEEN]),
    ("skeleton-zero-based", "person_keypoints", {"/categories/0/skeleton": [[0, 1], [1, 3]]}, "/categories/0/skeleton",
     [[1, 2], [2, 4]]),
    ("skeleton-duplicate-edge", "person_keypoints", {"/categories/0/skeleton": [[1, 2], [2, 1], [2, 4], [1, 2]]},
     "/categories/0/skeleton", [[1, 2], [2, 4]]),
    ("caption-whitespace", "captions", caption(" A\n  dog. "), "/annotations/0/caption", "A dog."),
    ("caption-control-chars", "captions", caption("It\x00 isn\x92t\x81"), "/annotations/0/caption", "It isn’t"),
    ("caption-mojibake", "captions", caption("A woman â€œin” a cafÃ©"), "/annotations/0/caption", "A woman “in” a café"),
    ("caption-mojibake", "captions", caption("isnâ\x80\x99t"), "/annotations/0/caption", "isn’t"),
    ("caption-mojibake", "captions", caption("ðŸ˜€ cafÃƒÂ©"), "/annotations/0/caption", "😀 café"),
]  # fmt: skip


CROWDPOSE = {"/images/0/crowdIndex": 0.5}
LATER_LABEL = {"/annotations/1/category_id": 1}

SAFELY: list[tuple[str, str, dict[str, Any], bool]] = [
    ("iscrowd-type", "instances", {FLAG: "0"}, True),
    ("iscrowd-type", "instances", {FLAG: None}, False),
    ("keypoints-missing", "person_keypoints", {"/annotations/2/keypoints": REMOVED}, True),
    ("keypoints-missing", "person_keypoints", {POINTS: REMOVED, NUMBER: REMOVED}, False),
    ("keypoints-missing", "person_keypoints", {"/annotations/2/keypoints": REMOVED, "/annotations/2/num_keypoints": 3}, False),
    ("keypoints-null", "person_keypoints", {NUMBER: None}, True),
    ("keypoints-null", "person_keypoints", {POINTS: None}, False),
    ("num-keypoints-missing", "person_keypoints", {NUMBER: REMOVED, **CROWDPOSE}, False),
    ("num-keypoints-mismatch", "person_keypoints", {NUMBER: 4}, True),
    ("num-keypoints-mismatch", "person_keypoints", {NUMBER: 4, **CROWDPOSE}, False),
    ("skeleton-zero-based", "person_keypoints", {"/categories/0/skeleton": [[0, 1]]}, True),
    ("skeleton-zero-based", "person_keypoints", {"/categories/0/skeleton": [[0, 1]], "/categories/0/keypoints": []}, False),
    ("label-duplicate", "labels", {**LATER_LABEL, "/annotations/1/score": REMOVED}, True),
    ("label-duplicate", "labels", {**LATER_LABEL, "/annotations/0/score": 0.75}, True),
    ("label-duplicate", "labels", LATER_LABEL, False),
    ("label-duplicate", "labels", {**LATER_LABEL, "/annotations/1/score": REMOVED, "/annotations/1/by": "me"}, False),
    (
        "label-duplicate",
        "labels",
        {**LATER_LABEL, "/annotations/1/score": REMOVED, "/annotations/1/attributes": {"a": 1}},
        False,
    ),
]


def mended(rule: str, task: str, edit: dict[str, Any], folder: Path, unsafe: bool = True) -> Any:
    case = Case(rule, "", task=task, edit=edit)
    path = case.write(folder)
    settings = replace(case.settings(folder), mending=Mending.DONE, unsafe_fixes=unsafe, fixable=(rule,))
    assert not app.check([str(path)], settings).crashes
    return json.loads(path.read_bytes())


def at(data: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/"):
        data = data[int(part) if part.isdigit() else part]
    return data


@pytest.mark.parametrize(("rule", "task", "edit", "pointer", "value"), OUTCOMES)
def test_outcome(rule: str, task: str, edit: dict[str, Any], pointer: str, value: Any, tmp_path: Path) -> None:
    found = at(mended(rule, task, edit, tmp_path), pointer)
    assert found == value
    assert json.dumps(found) == json.dumps(value) or isinstance(value, dict)


def test_a_polygon_becomes_the_pixels_it_covers(tmp_path: Path) -> None:
    rings = sound("instances")["annotations"][0]["segmentation"]
    covered = mask.merge(mask.frPyObjects(rings, *SIZE))
    found = at(mended("iscrowd-polygon", "instances", {FLAG: 1}, tmp_path), RING)
    assert mask.frPyObjects(found, *SIZE) == covered
    stuff = {"/annotations/0/segmentation": rings, "/annotations/0/bbox": [10, 20, 100, 50]}
    found = at(mended("stuff-polygon", "stuff", stuff, tmp_path), RING)
    assert found == {"size": SIZE, "counts": covered["counts"].decode()}


@pytest.mark.parametrize(("rule", "task", "edit", "is_safe"), SAFELY)
def test_only_what_is_proven_is_safe(rule: str, task: str, edit: dict[str, Any], is_safe: bool, tmp_path: Path) -> None:
    before = Case(rule, "", task=task, edit=edit).data()
    assert (mended(rule, task, edit, tmp_path, unsafe=False) != before) is is_safe
    assert mended(rule, task, edit, tmp_path) != before
