"""Printed text, compared with a file. `COCOLINT_SNAPSHOTS=write pytest tests/report` writes the files anew."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from cocolint import report as reports
from cocolint.report import Style
from cocolint.reported import Report

FOLDER = Path(__file__).parent / "snapshots"


def printed(report: Report, output_format: str = "full", **style: Any) -> str:
    """Return what a report looks like in plain text, 80 columns wide unless `style` says more."""
    stream = io.StringIO()
    reports.write(report, Style(output_format, **{"width": 80} | style), stream)
    return stream.getvalue()


def assert_snapshot(name: str, text: str) -> None:
    """Compare `text` with the snapshot called `name`, or write that."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("COCOLINT_SNAPSHOTS") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no snapshot {path}; write it with COCOLINT_SNAPSHOTS=write"
    assert text == path.read_text(encoding="utf-8")
