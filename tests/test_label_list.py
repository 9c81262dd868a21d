"""Lists of labels are read from lines and from JSON, and a list that is none gives a message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cocolint import label_list
from cocolint.failure import ConfigError
from cocolint.label_list import LabelList

FORMS = [
    ("person\ntraffic light\n", [], "lines"),
    ("1 person\n10 traffic light\n", [1, 10], "lines with ids"),
    ("1: person\r\n10: traffic light\r\n", [1, 10], "lines with ids and colons"),
    ("\ufeffperson\ntraffic light", [], "lines behind a byte order mark"),
    (json.dumps(["person", "traffic light"]), [], "an array of names"),
    (json.dumps([{"name": "person", "id": 1}, {"name": "traffic light", "id": 10}]), [1, 10], "an array of objects"),
    (json.dumps([{"name": n, "id": 990, "attributes": []} for n in ("person", "traffic light")]), [], "labels of a CVAT task"),
    (json.dumps({"categories": [{"id": 1, "name": "person"}, {"id": 10, "name": "traffic light"}]}), [1, 10], "a COCO file"),
]


@pytest.mark.parametrize(("text", "ids", "about"), FORMS, ids=[form[2] for form in FORMS])
def test_forms(text: str, ids: list[int], about: str, tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_text(text, encoding="utf-8")
    assert label_list.load(str(path)) == LabelList(str(path), ["person", "traffic light"], ids)


@pytest.mark.parametrize(
    "content", [b"", b"[", b'{"a": 1}', b"[1]", b'[{"id": 1}]', b"\xff\xfe\xff", b"[" * 100_000], ids=lambda c: repr(c[:10])
)
def test_a_list_that_cannot_be_read_gives_a_message(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="labels"):
        label_list.load(str(path))


def test_an_unknown_list_gives_a_hint() -> None:
    with pytest.raises(ConfigError, match="did you mean 'coco-80'"):
        label_list.load("coco-81")


@pytest.mark.parametrize(
    ("name", "count", "last"), [("coco-80", 80, 90), ("coco-panoptic-133", 133, 200), ("coco-stuff", 92, 183)]
)
def test_built_in_lists(name: str, count: int, last: int) -> None:
    found = label_list.load(name)
    assert len(found.names) == len(set(found.names)) == len(set(found.ids)) == count
    assert max(found.ids) == last
