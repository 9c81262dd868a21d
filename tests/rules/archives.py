"""Cases of the rule on zip archives."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

from tests.support.cases import Case, Data

NAME = "set.zip"


def packed(inner: str = "annotations/instances_train.json", **more: bytes) -> Callable[[Data], bytes]:
    """Pack the data into an archive under a name, with more files."""

    def change(data: Data) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(inner, json.dumps(data))
            for name, content in more.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    return change


CASES = [
    Case("archive-unreadable", "cut off", fires=1, file_name=NAME, change=lambda data: packed()(data)[:-99]),
    Case("archive-unreadable", "no archive", fires=1, file_name=NAME, change=lambda _: b"<html>"),
    Case("archive-unreadable", "a name that leads out", fires=1, file_name=NAME, change=packed("../instances_train.json")),
    Case("archive-unreadable", "no JSON", fires=1, file_name=NAME, change=packed("notes.txt")),
    Case("archive-unreadable", "sound", file_name=NAME, change=packed()),
    Case("archive-unreadable", "an archive in it", file_name=NAME, change=packed(inner_zip=b"PK\x03\x04")),
]
