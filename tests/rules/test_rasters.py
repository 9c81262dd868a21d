"""Rules that rasterise look at few rings only: they must find the same as a look at all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask

from cocolint import app
from cocolint.config import Settings
from tests.support.cases import sound

SIDE = 120
Ring = list[float]


def scribble(rng: np.random.Generator) -> Ring:
    """Some points in any order."""
    return [float(value) for value in rng.uniform(5, rng.uniform(8, SIDE - 5), 2 * int(rng.integers(4, 8)))]


def star(rng: np.random.Generator) -> Ring:
    """Some points around a middle, in order."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 30)))
    radii = rng.uniform(0.1, 1, len(angles)) * rng.uniform(1, 50)
    points = 60 + np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]
    return [float(value) for value in points.ravel()]


def sliver(rng: np.random.Generator) -> Ring:
    """A line of any direction, up to one and a half pixels wide."""
    x, y = rng.uniform(20, 60, 2)
    angle, length, width = rng.uniform(0, 2 * np.pi), rng.uniform(1, 20), rng.uniform(0.05, 1.5)
    if rng.random() < 0.7:
        angle = rng.integers(0, 4) * np.pi / 2
    along, across = np.array([np.cos(angle), np.sin(angle)]) * length, np.array([-np.sin(angle), np.cos(angle)]) * width
    corners = np.array([x, y]) + np.array([[0, 0], along, along + across, across])
    return [float(value) for value in corners.ravel()]


def shoelace(ring: Ring) -> float:
    x, y = np.array(ring[::2]), np.array(ring[1::2])
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def outline(ring: Ring) -> float:
    points = np.array(ring).reshape(-1, 2)
    return float(np.hypot(*(np.roll(points, -1, axis=0) - points).T).sum())


def pixels(rings: list[Ring]) -> int:
    return int(mask.area(mask.merge(mask.frPyObjects(rings, SIDE, SIDE))))


def file_of(polygons: list[list[Ring]]) -> dict[str, Any]:
    data: dict[str, Any] = sound("instances")
    data["images"] = [{"id": 1, "width": SIDE, "height": SIDE, "file_name": "1.jpg"}]
    data["annotations"] = []
    for number, rings in enumerate(polygons, start=1):
        x, y = [v for ring in rings for v in ring[::2]], [v for ring in rings for v in ring[1::2]]
        box = [min(x), min(y), max(x) - min(x), max(y) - min(y)]
        data["annotations"].append(
            {"id": number, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": box, "segmentation": rings,
             "area": sum(map(shoelace, rings)) or 1}
        )  # fmt: skip
    return data


def reported(rule: str, polygons: list[list[Ring]], tmp_path: Path) -> list[int]:
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(file_of(polygons)))
    report = app.check([str(path)], Settings(select=(rule,), jobs=1))
    assert not report.crashes
    return sorted(row for group in report.groups if group.name == rule for row in group.finding.rows.tolist())


@pytest.mark.parametrize("seed", range(6))
def test_all_loops_that_cancel_out_are_found(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    rings = [make(rng) for make in (scribble, star, sliver) for _ in range(200)]
    wrong = [
        row for row, ring in enumerate(rings)
        if shoelace(ring) < 0.5 * pixels([ring]) and pixels([ring]) - shoelace(ring) > outline(ring) / 2
    ]  # fmt: skip
    assert len(wrong) > 20
    assert reported("polygon-bowtie-area", [[ring] for ring in rings], tmp_path) == wrong


@pytest.mark.parametrize("seed", range(6))
def test_all_empty_masks_are_found(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    polygons = [[sliver(rng) for _ in range(1 + row % 3)] for row in range(300)] + [[star(rng)] for _ in range(100)]
    empty = [row for row, rings in enumerate(polygons) if not pixels(rings)]
    assert len(empty) > 10
    assert reported("mask-empty-raster", polygons, tmp_path) == empty


@pytest.mark.parametrize("seed", range(6))
def test_all_rings_within_others_are_found(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    polygons = [[star(rng), *(sliver(rng) for _ in range(row % 3)), star(rng)] for row in range(300)]
    nested = [row for row, rings in enumerate(polygons) if any(holds(a, b) for a in rings for b in rings if a is not b)]
    assert len(nested) > 10
    crossed = reported("polygon-bowtie-area", polygons, tmp_path)
    assert reported("polygon-ring-nested", polygons, tmp_path) == [row for row in nested if row not in crossed]


def holds(outer: Ring, inner: Ring) -> bool:
    points = list(zip(inner[::2], inner[1::2], strict=True))
    return shoelace(inner) < shoelace(outer) and all(is_inside(x, y, outer) for x, y in points)


def is_inside(x: float, y: float, ring: Ring) -> bool:
    corners = list(zip(ring[::2], ring[1::2], strict=True))
    inside = False
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside
