"""Reports: one result, printed in the format that is asked for; a format that is not asked for is not imported."""

from __future__ import annotations

import importlib
from typing import TextIO

from cocolint.report.files import Files
from cocolint.report.style import WRITERS, Style, default_format, wants_color, width_of
from cocolint.reported import Report

__all__ = ["WRITERS", "Files", "Style", "default_format", "wants_color", "width_of", "write"]


def write(report: Report, style: Style, stream: TextIO) -> None:
    """Print `report` on `stream`. Raises `KeyError` for a format that is not in `WRITERS`, `OSError` if writing fails."""
    module, _, name = WRITERS[style.output_format].partition(":")
    getattr(importlib.import_module(module), name)(report, stream, style)
