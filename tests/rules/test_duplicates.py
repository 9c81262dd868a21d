"""Near duplicates against their definition, computed for every pair of boxes."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Severity
from tests.support.cases import Data, sound

RULE = "annotation-near-duplicate"
Box = tuple[float, float, float, float]


def found_in(folder: Path, data: Data) -> dict[int, Severity]:
    """Return the severity of each row that the rule tells."""
    path = folder / "instances_train.json"
    path.write_text(json.dumps(data))
    report = app.check([str(path)], Settings(select=(RULE,), jobs=1))
    assert not report.crashes
    return {row: group.severity for group in report.groups for row in group.finding.rows.tolist()}


def with_boxes(boxes: list[Box]) -> Data:
    template = {**sound("instances")["annotations"][0], "segmentation": [], "area": 100.0}
    return {**sound("instances"), "annotations": [{**template, "id": i + 1, "bbox": box} for i, box in enumerate(boxes)]}


def overlap(one: Box, other: Box) -> float:
    width, height = (max(0.0, min(one[k] + one[k + 2], other[k] + other[k + 2]) - max(one[k], other[k])) for k in (0, 1))
    return width * height / (one[2] * one[3] + other[2] * other[3] - width * height)


@pytest.mark.parametrize("shape", [(40, 40), (300, 12), (12, 300), (3, 3)])
def test_every_pair_is_found(shape: tuple[int, int], tmp_path: Path) -> None:
    dice = random.Random(7)
    boxes: list[Box] = []
    for _ in range(150):
        w, h = (side * dice.uniform(0.9, 1.1) for side in shape)
        x, y = dice.uniform(-20, 200), dice.uniform(-20, 100)
        again = (x + w * dice.uniform(-0.1, 0.1), y + h * dice.uniform(-0.1, 0.1), w * dice.uniform(0.9, 1), h)
        boxes += [(x, y, w, h), again]
    dice.shuffle(boxes)
    best = {row: max((overlap(boxes[row], box) for box in boxes[:row]), default=0) for row in range(len(boxes))}
    expected = {row: Severity.WARNING if iou >= 0.95 else Severity.INFO for row, iou in best.items() if iou >= 0.9}
    assert len(set(expected.values())) == 2
    assert found_in(tmp_path, with_boxes(boxes)) == expected


@pytest.mark.parametrize(("width", "severity"), [(95.0, Severity.WARNING), (94.9, Severity.INFO)])
def test_a_pair_below_the_limit_is_information(width: float, severity: Severity, tmp_path: Path) -> None:
    assert found_in(tmp_path, with_boxes([(10, 20, 100, 50), (10, 20, width, 50)])) == {1: severity}
