"""Files with faults, and runs over them with a baseline."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from cocolint import app
from cocolint.config import Settings
from cocolint.reported import Report
from tests.support.cases import sound

Data = dict[str, Any]
NAME = "instances_train.json"


def flat(number: int, image: int = 1) -> Data:
    """Return an annotation with a box over the border of its image, and nothing else that is wrong by default."""
    x = 560.0 + number % 40
    w, h = 120.0, 30.0 + number % 100
    ring = [x, 5.0, x + w, 5.0, x + w, 5.0 + h, x, 5.0 + h]
    return {
        "id": number, "image_id": image, "category_id": 1, "iscrowd": 0, "area": w * h, "bbox": [x, 5.0, w, h],
        "segmentation": [ring],
    }  # fmt: skip


def faulty(*numbers: int) -> Data:
    """Return a sound file with more annotations whose boxes reach over their image."""
    data: Data = sound("instances")
    data["annotations"] += [flat(number) for number in numbers]
    return data


def write(folder: Path, data: Any, name: str = NAME) -> Path:
    path = folder / name
    path.write_text(json.dumps(data))
    return path


def run(folder: Path, **settings: Any) -> Report:
    """Check a folder for boxes over the border, unless something else is selected."""
    settings = {"select": ("bbox-out-of-image",), "baseline": folder / "baseline.json", "jobs": 1, **settings}
    if not settings["baseline"]:
        del settings["baseline"]
    return app.check([str(folder)], Settings(**settings))


def counts(report: Report) -> Counter[str]:
    found: Counter[str] = Counter()
    for group in report.groups:
        found[group.name] += group.count
    return found


def ids(report: Report) -> list[object]:
    """Return the ids of the records that are reported."""
    return [one.id for group in report.groups for one in report.occurrences(group, None)]
