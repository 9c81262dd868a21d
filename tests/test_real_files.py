"""Files of 25 producers, where they lie beside the checkout: nothing crashes, official files are quiet, known defects are told.

They are not part of the project, since their licences are mixed.
"""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Severity
from cocolint.reported import Report

REAL = Path(__file__).parents[2] / "shared" / "data" / "real"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
DATA_SETS = sorted(path.name for path in REAL.iterdir() if path.is_dir()) if REAL.is_dir() else []

DEFECTS: dict[str, dict[str, int]] = {
    "coco-annotator__label-studio-sdk-input": {"iscrowd-type": 2, "bbox-vs-segmentation": 1},
    "coco-official__coco-mini": {"caption-whitespace": 115},
    "coco-official__cocoapi-results": {"caption-whitespace": 145},
    "cvat__keypoints-treinar-mmpose": {"split-leakage-file": 699},
    "cvat__logseg": {"iscrowd-on-single-object": 2, "categories-subset-across-files": 1},
    "cvat__object-detection-metrics": {"score-in-ground-truth": 452, "annotation-id-zero": 1, "category-id-zero": 1},
    "cvat__tennis-track": {"track-in-attributes": 1},
    "datumaro__openvino-assets": {
        "skeleton-zero-based": 4,
        "annotation-id-zero": 2,
        "panoptic-png-size": 1,
        "image-duplicate-content": 2,
    },
    "deepsportradar__basketball": {"iscrowd-0-rle": 2495, "category-id-zero": 3},
    "dragon-data__voc2coco": {"category-id-zero": 2, "top-level-missing-info": 2, "top-level-missing-licenses": 2},
    "encord__legacy-export": {"keypoints-null": 3, "annotation-id-zero": 2},
    "label-studio__img-segmentation": {"file-name-backslash": 136, "bbox-negative-origin": 5, "supercategory-missing": 5},
    "labeld__white-separator": {
        "bbox-out-of-image": 84,
        "bbox-negative-origin": 90,
        "bbox-slightly-outside": 6,
        "area-is-bbox-area": 225,
    },
    "labelbox__sdk-assets": {"panoptic-category-color": 133},
    "labelme__voc-instances": {"category-extra-background": 1, "area-mismatch": 3},
    "lauda__music-manuscripts": {"bbox-degenerate": 2},
    "lvis__val-100": {"bbox-vs-segmentation": 13, "iscrowd-missing": 977, "category-unused": 1040},
    "makesense__fish-crustaceans": {"split-leakage-file": 9, "annotation-id-zero": 2},
    "mmpose__keypoint-samples": {
        "num-keypoints-missing": 17,
        "num-keypoints-mismatch": 4,
        "keypoints-area-missing": 19,
        "skeleton-index-range": 1,
        "bbox-missing": 5,
        "area-is-bbox-area": 5,
        "iscrowd-0-rle": 5,
        "licenses-type": 2,
    },
    "pycococreator__example": {"bbox-vs-segmentation": 1},
    "roboflow__chess-pieces": {"annotation-duplicate-exact": 1, "category-unused-parent": 3},
    "roboflow__mocap-keypoints": {"num-keypoints-missing": 192, "category-unused-parent": 1},
    "sahi__terrain": {"area-mismatch": 68, "categories-inconsistent-across-files": 3, "image-file-missing": 1},
    "superannotate__vector-annotation": {"bbox-vs-segmentation": 1},
    "supervisely-converter__single": {
        "bool-as-int": 2,
        "section-not-array": 1,
        "bbox-degenerate": 1,
        "area-nonpositive": 1,
        "num-keypoints-mismatch": 1,
        "category-id-unknown": 1,
    },
    "taco__official": {
        "annotation-id-duplicate": 2,
        "bbox-negative-origin": 1,
        "bbox-slightly-outside": 6,
        "area-mismatch": 1,
        "polygon-bowtie-area": 2,
    },
    "v7__darwin-py-convert": {"file-name-missing": 1, "area-nonpositive": 1},
    "via__example-data": {"segmentation-flat": 18, "annotation-image-id-type": 18, "category-id-duplicate": 15},
}


@functools.cache
def report_on(name: str, select: tuple[str, ...] = ()) -> Report:
    return app.check([str(REAL / name)], Settings(select=select, jobs=1))


def counts(report: Report) -> Counter[str]:
    found: Counter[str] = Counter()
    for group in report.groups:
        found[group.name] += group.count
    return found


@pytest.mark.parametrize("name", DATA_SETS)
def test_no_rule_crashes_and_every_row_is_found(name: str) -> None:
    report = report_on(name, ("ALL",))
    assert not report.crashes
    for group in report.groups:
        assert len(report.occurrences(group, None)) == group.count


@pytest.mark.parametrize("name", [name for name in DATA_SETS if name.startswith("coco-official__")])
def test_official_files_give_no_error_and_no_warning_but_true_ones(name: str) -> None:
    report = report_on(name)
    true = {"layout-task-prefix", "top-level-missing-info", "top-level-missing-licenses"}
    if name == "coco-official__panopticapi-sample":
        true.add("annotation-id-zero")  # its converter counts from 0, and COCOeval never matches that one
    assert {group.name for group in report.groups} <= true
    assert all(group.severity is Severity.WARNING for group in report.groups)


@pytest.mark.parametrize("name", DEFECTS)
def test_known_defects_are_told_with_their_count(name: str) -> None:
    found = counts(report_on(name, ("ALL",)))
    assert {rule: found[rule] for rule in DEFECTS[name]} == DEFECTS[name]


def test_files_of_other_formats_are_skipped() -> None:
    assert report_on("superannotate__vector-annotation").not_coco == 10
