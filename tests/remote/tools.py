"""Data sets to be read over the network, and what is compared: the whole report as JSON."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from cocolint import app, checking
from cocolint.config import Settings
from cocolint.engine import pool, registry
from cocolint.read import remote, slicing, source
from cocolint.report import Style, write
from tests.support.cases import sound

AROUND = tuple(rule.name for rule in registry.load() if "surroundings" in rule.fixtures)
"""The rules that look at folders, which are skipped for remote files."""


def data_set(count: int) -> dict[str, Any]:
    """Return the content of a file with faults in several of its slices and sections, and with text beyond ASCII."""
    data: dict[str, Any] = sound("instances")
    first = data["annotations"][0]
    data["info"]["description"] = "Bäume 字"
    data["images"][1]["height"] = 0
    data["annotations"] = []
    for number in range(count):
        annotation = first | {"id": number + 1, "note": "Ä 𝄞 b"}
        if number % 500 == 7:
            annotation["bbox"] = [600.0, 20.0, 100.0, 50.0]
        data["annotations"].append(annotation)
    data["annotations"][count // 2]["area"] = "12"
    data["annotations"][-1]["id"] = 1
    return data


def put(folder: Path, indent: int | None = 1) -> Path:
    """Write a data set of two files to a folder."""
    annotations = folder / "annotations"
    annotations.mkdir(parents=True)
    for subset, count in (("train", 1000), ("val", 30)):
        text = json.dumps(data_set(count), indent=indent, ensure_ascii=False)
        (annotations / f"instances_{subset}.json").write_text(text, encoding="utf-8")
    return folder


def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have small files read in the way of large ones."""
    monkeypatch.setattr(slicing, "SLICE_BYTES", 70_000)
    monkeypatch.setattr(slicing, "GUESS_BYTES", 0)
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(source, "WHOLE_BYTES", 0)
    monkeypatch.setattr(remote, "_LEAST", 1_000)
    monkeypatch.setattr(source, "CHUNK", 50_000)


def settings(**changes: Any) -> Settings:
    """Return settings under which a remote file and the same on disk are to be reported alike."""
    plain: dict[str, Any] = {"jobs": 1, "select": ("ALL",), "ignore": AROUND, "no_images": True}
    return Settings(**plain | changes)


def checked(path: str | os.PathLike[str], prefix: str, progress: checking.Progress | None = None, **changes: Any) -> str:
    """Return the report on a path as JSON, with `prefix` taken off the paths in it."""
    report = app.check([os.fspath(path)], settings(**changes), progress)
    assert not report.crashes
    report.seconds = 0.0
    out = io.StringIO()
    write(report, Style("json", max_examples=None), out)
    assert json.loads(out.getvalue())["findings"]
    return out.getvalue().replace(prefix, "")


def locally(folder: Path, **changes: Any) -> str:
    """Return the report on the annotations in a folder as JSON."""
    return checked(folder / "annotations", f"{folder.as_posix()}/", **changes)


class AtFirstSlice(checking.NoProgress):
    """Does something as soon as the first slice is done."""

    def __init__(self, what: Any) -> None:
        self._what = what

    def advance(self, size: int) -> None:  # noqa: ARG002
        """Do it, once."""
        what, self._what = self._what, lambda: None
        what()
