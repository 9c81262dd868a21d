"""What the tests of exports share."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cocolint.checking import NoProgress
from cocolint.export.options import Options
from cocolint.export.run import export
from cocolint.export.tally import Tally

Data = dict[str, Any]


def write_files(folder: Path, files: Mapping[str, Any]) -> Path:
    """Write files into a folder by their paths, as JSON unless they are bytes, and return the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


class Exported:
    """A data set that was exported: its JSON files by path, the paths of all files, and what was counted."""

    def __init__(self, source: Path, target: Path, options: Options) -> None:
        self.tally: Tally = export(str(source), target, options, NoProgress())
        self.folder = target
        self.files = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
        self.data: dict[str, Data] = {
            name: json.loads((target / name).read_bytes()) for name in self.files if name.endswith(".json")
        }

    @property
    def only(self) -> Data:
        """The content of the only annotation file."""
        (data,) = (data for name, data in self.data.items() if name != "dataset_meta.json")
        return data


def exported(folder: Path, files: Mapping[str, Any], **options: Any) -> Exported:
    """Export files that are written below `folder`."""
    return Exported(write_files(folder / "source", files), folder / "target", Options(**options))


def exported_anywhere(files: Mapping[str, Any], **options: Any) -> Exported:
    """Export files in a folder that is gone afterwards: `data` and `tally` stay."""
    with tempfile.TemporaryDirectory() as name:
        return exported(Path(name), files, **options)


def errors_of(result: Exported) -> dict[str, int]:
    """Return the errors that a check of the export finds, by rule."""
    return {name: count for (severity, name), count in (result.tally.faults or {}).items() if severity == "error"}
