"""What the readers have in common that load and evaluate with pycocotools, or with something that has its interface."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np


def versions(*packages: str) -> str:
    """Return names and versions of installed packages."""
    return ", ".join(f"{package} {metadata.version(package)}" for package in packages)


BY_SIZE = ("small", "medium", "large")
OBJECTS = (
    "AP",
    "AP50",
    "AP75",
    *(f"AP {size}" for size in BY_SIZE),
    "AR1",
    "AR10",
    "AR100",
    *(f"AR {size}" for size in BY_SIZE),
)
POINTS = ("AP", "AP50", "AP75", "AP medium", "AP large", "AR", "AR50", "AR75", "AR medium", "AR large")


def evaluate(coco_class: Any, eval_class: Any, job: dict[str, Any], kind: str) -> dict[str, float]:
    """Return the numbers that COCOeval prints for the results of a job."""
    truth = coco_class(job["truth"])
    return scores(truth, truth.loadRes(job["results"]), eval_class, kind, job["points"])


def scores(truth: Any, found: Any, eval_class: Any, kind: str, points: int = 0) -> dict[str, float]:
    """Return the numbers that COCOeval prints, by name."""
    run = eval_class(truth, found, kind)
    if kind == "keypoints":
        run.params.kpt_oks_sigmas = np.full(points, 0.05)
    run.evaluate()
    run.accumulate()
    run.summarize()
    return named(POINTS if kind == "keypoints" else OBJECTS, run.stats)


def named(names: Iterable[str], numbers: Iterable[Any]) -> dict[str, float]:
    """Return numbers by name, rounded."""
    return {name: round(float(number), 4) for name, number in zip(names, numbers, strict=False)}


def load(path: str) -> Any:
    """Return the content of a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def corners_to_sizes(boxes: Iterable[Any]) -> list[list[float]]:
    """Return [x, y, w, h] for each [x1, y1, x2, y2]."""
    return [[float(x1), float(y1), float(x2 - x1), float(y2 - y1)] for x1, y1, x2, y2 in boxes]
