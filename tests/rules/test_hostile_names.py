"""Names that mean to break a report or a rule: escapes, markup, formats, a million characters, in every place of a data set."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.report import Style, write
from tests.support.set_cases import sound_part

EVIL = "\x1b[31m\x07<script>alert(1)</script>[bold]{0}{name}%s::error::\u202e\ud7ff\n"


@pytest.mark.parametrize(
    "name", [EVIL, "A" * 1_000_000, "", " ", "../../etc/passwd", "a" * 300 + ".jpg"], ids=lambda n: repr(n)[:12]
)
def test_no_name_breaks_a_rule_or_a_report(name: str, tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    for number, subset in enumerate(("train", "val")):
        data: Any = sound_part("instances", number)
        data["categories"][number] |= {"name": name, "supercategory": name}
        data["images"][0]["file_name"] = name
        (tmp_path / "annotations" / f"instances_{subset}.json").write_text(json.dumps(data))
    (tmp_path / "labels.txt").write_text(f"person\n{name.strip()}x\n", encoding="utf-8")
    settings = Settings(select=("ALL",), labels=str(tmp_path / "labels.txt"), images_root=tmp_path, jobs=1)
    report = app.check([str(tmp_path / "annotations")], settings)
    assert not report.crashes
    for output_format in ("full", "concise", "json", "jsonl", "github"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        write(report, Style(output_format), stream)
        stream.flush()
        text = stream.buffer.getvalue()
        assert b"\x1b[31m" not in text
        assert b"\x07" not in text
