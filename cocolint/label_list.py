"""Lists of category names, and ids where they have any, that the categories of a file are compared with."""

from __future__ import annotations

import json
import pkgutil
import re
from pathlib import Path
from typing import Any

from msgspec import Struct

from cocolint.engine.registry import did_you_mean
from cocolint.failure import ConfigError

BUILT_IN = ("coco-80", "coco-panoptic-133", "coco-stuff")
_NUMBERED = re.compile(r"(\d+)[\s:,;]+(.*)")


class LabelList(Struct, frozen=True):
    """The names in their order; `ids` holds the id of each, and is empty where the list has none."""

    name: str
    names: list[str]
    ids: list[int]


def load(given: str) -> LabelList:
    """Return a list that comes with cocolint, or that of a file.

    A file holds one name on each line, with its id before it or not; or it is JSON: an array of names or of objects with
    `name` and perhaps `id`, as CVAT shows them, or an annotation file with `categories`.
    Raises `ConfigError` if there is no such list or it cannot be read.
    """
    if given in BUILT_IN:
        text = (pkgutil.get_data("cocolint", f"label_lists/{given}.txt") or b"").decode()
        return _from_lines(given, text)
    path = Path(given)
    if not path.exists():
        raise ConfigError(f"labels: there is no file '{given}'{did_you_mean(given, BUILT_IN)}; built in: {', '.join(BUILT_IN)}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = _from_json(given, json.loads(text)) if text.lstrip()[:1] in ("[", "{") else _from_lines(given, text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"labels: {given} cannot be read: {error}") from error
    if not found.names:
        raise ConfigError(f"labels: {given} holds no names")
    return found


def _from_lines(given: str, text: str) -> LabelList:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if all(numbered):
        return LabelList(given, [m[2] for m in numbered if m], [int(m[1]) for m in numbered if m])
    return LabelList(given, lines, [])


def _from_json(given: str, data: Any) -> LabelList:
    records = data.get("categories") if isinstance(data, dict) else data
    if not isinstance(records, list):
        raise ValueError("it is neither an array of labels nor has it `categories`")
    if all(isinstance(record, str) for record in records):
        return LabelList(given, records, [])
    if not all(isinstance(record, dict) and isinstance(record.get("name"), str) for record in records):
        raise ValueError("not every label has a name")
    ids = [record.get("id") for record in records]
    of_cvat = any("attributes" in record for record in records)  # its ids are those of a data base
    whole = all(isinstance(id_, int) for id_ in ids) and not of_cvat
    return LabelList(given, [record["name"] for record in records], ids if whole else [])
