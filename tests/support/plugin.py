"""Folders with settings and annotation files, for runs of pytest inside of tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.cases import put, sound

TWICE = {"/annotations/1/id": 1}
OVER = {"/annotations/0/bbox": [600.0, 20.0, 100.0, 50.0]}
VAL = "annotations/instances_val.json"
SETTINGS = """
jobs = 1
select = ["annotation-id-duplicate", "bbox-out-of-image", "image-file-missing", "json-syntax", "split-leakage-file"]
"""


def prepared(folder: Path) -> Path:
    """Return the folder, with settings, where data sets may be written."""
    (folder / "annotations").mkdir()
    (folder / "cocolint.toml").write_text(SETTINGS)
    return folder


def write(folder: Path, name: str, edit: dict[str, Any] | None = None) -> None:
    """Write a sound data set with an edit into a folder."""
    data = sound("instances")
    for image in data["images"]:  # no image stands in two splits
        image["file_name"] = Path(name).stem + image["file_name"]
    for pointer, value in (edit or {}).items():
        put(data, pointer, value)
    (folder / name).write_text(json.dumps(data))
