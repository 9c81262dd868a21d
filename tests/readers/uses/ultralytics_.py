"""ultralytics: convert to YOLO label files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from _coco import versions
from _torchvision import *  # noqa: F403 (makes torchvision importable)
from ultralytics.data.converter import convert_coco

VERSION = versions("ultralytics")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Count the lines of the label files; the ids of the categories stay as they are."""
    keypoints = job["task"] == "person_keypoints"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        convert_coco(
            str(Path(job["truth"]).parent), str(out), use_segments=not keypoints, use_keypoints=keypoints, cls91to80=False
        )
        lines = [line.split() for path in out.rglob("labels/**/*.txt") for line in path.read_text().splitlines()]
    return {"objects": sum(line[0].isdigit() for line in lines)}
