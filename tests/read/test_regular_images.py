"""The compiled kernel and the typed decoder give the same images, to the bit, or the kernel declines."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings

from cocolint import compiled
from cocolint import schema as schemas
from cocolint.model import Task
from cocolint.read import build
from cocolint.read.document import all_faults, decoded
from cocolint.read.regular import RegularReader
from cocolint.read.structure import BadCut, reader_of
from tests.support.cases import sound
from tests.support.columns import same
from tests.support.mutations import mutated
from tests.support.spelling import STRINGS, arrays

pytestmark = pytest.mark.skipif(compiled.kernel is None, reason="the kernel was not built")
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def images_of(array: bytes) -> Any:
    """Return all that is seen of images, None if they are no array of records."""
    reader = reader_of(Task.INSTANCES, "images")
    try:
        masks, records = decoded(array, reader)
    except (BadCut, UnicodeDecodeError):
        return None
    table = build.images_of(masks)
    return [vars(table), dict(all_faults(table, masks, records, reader))]


def images_read_alike(array: bytes) -> bool:
    """Read an array of images in both ways, and return whether the kernel took it."""
    ours = images_of(array)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RegularReader, "read", lambda *_: None)
        assert same(ours, images_of(array))
    return RegularReader(Task.INSTANCES, "images").read(array) is not None


@SLOW
@given(array=arrays(schemas.record_type(Task.INSTANCES, "images").__struct_fields__))
def test_images_of_any_spelling_read_alike(array: bytes) -> None:
    event(str(images_read_alike(array)))


def test_damaged_images_read_alike() -> None:
    body = json.dumps(sound(Task.INSTANCES)["images"] * 3).encode()
    chance = random.Random(0)
    counts = Counter(images_read_alike(b"[%b]" % mutated(chance, body[1:-1])) for _ in range(400))
    assert counts[True] > 20
    assert counts[False] > 100


@pytest.mark.parametrize(
    "fields",
    [
        '"id": 1, "width": 640, "height": 9007199254740993, "file_name": "a.jpg", "license": null',
        '"license": -9007199254740993, "coco_url": null, "date_captured": null, "flickr_url": "x", "image_title": "é"',
        r'"file_name": "\u00e9\ud83d\ude00\n,\"", "coco_url": "", "video_id": [1], "vid_id": null',
        "",
    ],
)
def test_fields_of_images_are_regular(fields: str) -> None:
    assert images_read_alike(f'[{{"id": 7}}, {{{fields}}}]'.encode())


@pytest.mark.parametrize("fields", ['"width": 1.0', '"license": "MIT"', '"file_name": null', '"date_captured": 20131114'])
def test_other_fields_of_images_are_for_the_schema(fields: str) -> None:
    assert not images_read_alike(f"[{{{fields}}}]".encode())


@pytest.mark.parametrize("text", STRINGS)
def test_strings_of_images_read_alike(text: str) -> None:
    for name in ("file_name", "coco_url"):
        images_read_alike(f'[{{"{name}": {text}}}, {{"{name}": "a"}}]'.encode())
