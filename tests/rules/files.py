"""Cases of the rules on the file as JSON."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable

from tests.support.cases import Case, Data, sound

NAN, INFINITY = float("nan"), float("inf")


def text(edit: Callable[[str], str] = str, encoding: str = "utf-8") -> Callable[[Data], bytes]:
    """Write the data as text that `edit` changes."""
    return lambda data: edit(json.dumps(data, ensure_ascii=False)).encode(encoding)


def put(old: str, new: str) -> Callable[[Data], bytes]:
    """Write the data with the first `old` in the text as `new`."""
    return text(lambda data: data.replace(old, new, 1))


def raw(content: bytes) -> Callable[[Data], bytes]:
    """Write `content` instead of the data."""
    return lambda _: content


def deep(levels: int) -> str:
    """Return arrays in arrays."""
    return "[" * levels + "]" * levels


SOUND = json.dumps(sound("instances")).encode()
NAME = {"/images/0/file_name": "Bäume.jpg"}

CASES = [
    Case("json-syntax", "no JSON at all", fires=1, change=raw(b"images, annotations, categories")),
    Case("json-syntax", "empty", fires=1, change=raw(b"")),
    Case("json-syntax", "blanks", fires=1, change=raw(b" \n" * 100)),
    Case("json-syntax", "trailing comma", fires=1, change=text(lambda data: data[:-2] + ",]}")),
    Case("json-syntax", "Python's quotes", fires=1, change=text(lambda data: data.replace('"', "'"))),
    Case("json-syntax", "a comma less", fires=1, change=put('"images":', '"x": 1 "images":')),
    Case("json-syntax", "damaged gzip", fires=1, file_name="instances_train.json.gz",
         change=lambda _: gzip.compress(SOUND)[:40] + b"\xff" * 40 + gzip.compress(SOUND)[80:]),
    Case("json-syntax", "gzip of nothing", fires=1, file_name="instances_train.json.gz", change=raw(gzip.compress(b""))),
    Case("json-syntax", "indented, with blanks around",
         change=lambda data: b"\n" * 99 + json.dumps(data, indent=1).encode() + b"\n"),
    Case("json-truncated", "in a record", fires=1, change=text(lambda data: data[:-100])),
    Case("json-truncated", "the last bracket", fires=1, change=text(lambda data: data[:-1])),
    Case("json-truncated", "gzip", fires=1, file_name="instances_train.json.gz", change=lambda _: gzip.compress(SOUND)[:-9]),
    Case("json-truncated", "whole gzip", file_name="instances_train.json.gz", change=lambda _: gzip.compress(SOUND)),
    Case("json-encoding", "Latin-1", fires=1, edit=NAME, change=text(encoding="latin-1")),
    Case("json-encoding", "UTF-16 without a mark", fires=1, edit=NAME, change=text(encoding="utf-16-le")),
    Case("json-encoding", "half a pair", fires=1, leaves=1, change=put("000001.jpg", r"\ud83d.jpg")),
    Case("json-encoding", "a pair, and escaped backslashes", change=put("000001.jpg", r"\ud83d\ude00\\ud83d.jpg")),
    Case("json-encoding", "UTF-8", edit=NAME, change=text()),
    Case("json-bom", "UTF-8", fires=1, change=lambda _: codecs.BOM_UTF8 + SOUND),
    Case("json-bom", "UTF-16", fires=1, edit=NAME, change=text(encoding="utf-16")),
    Case("json-bom", "UTF-32", fires=1, edit=NAME, change=text(encoding="utf-32")),
    Case("json-bom", "within a name", change=put("000001.jpg", "\ufeff000001.jpg")),
    Case("json-nan", "bbox", fires=1, edit={"/annotations/0/bbox/0": NAN}),
    Case("json-nan", "infinite area", fires=1, edit={"/annotations/0/area": INFINITY}),
    Case("json-nan", "polygon", fires=1, edit={"/annotations/0/segmentation/0/3": -INFINITY}),
    Case("json-nan", "unknown field", fires=1, leaves=1, edit={"/annotations/0/weight": NAN}),
    Case("json-nan", "once a record", fires=2, leaves=1, edit={"/annotations/0/bbox": [NAN, 1, 1, NAN], "/images/0/x": NAN}),
    Case("json-nan", "info", fires=1, leaves=1, edit={"/info/version": NAN}),
    Case("json-nan", "size", fires=1, leaves=1, edit={"/images/0/width": NAN}),
    Case("json-nan", "text", edit={"/images/0/file_name": 'NaN "NaN", -Infinity.jpg'}),
    Case("json-duplicate-key", "top level", fires=1, change=put('{"info"', '{"images": [], "info"')),
    Case("json-duplicate-key", "image", fires=1, change=put('"width": 640', '"width": 640, "width": 641')),
    Case("json-duplicate-key", "annotation", fires=1, change=put('"iscrowd": 0', '"iscrowd": 1, "iscrowd": 0')),
    Case("json-duplicate-key", "category", fires=1, change=put('"name": "person"', '"name": "x", "name": "person"')),
    Case("json-duplicate-key", "where another record lacks it", fires=1, also=("area-missing",),
         change=text(lambda data: data.replace('"area": 200, ', "").replace('"area"', '"area": 1, "area"', 1))),
    Case("json-duplicate-key", "nested in attributes",
         edit={"/annotations/0/attributes": {"id": 7, "bbox": [{"id": 1}], "area": "id"}, "/images/0/text": '"id": 1, "id"'}),
    Case("json-duplicate-key", "segments", task="panoptic"),
    Case("json-number-overflow", "id beyond 64 bits", fires=1, leaves=1, edit={"/images/1/id": 2**63}, task="image_info"),
    Case("json-number-overflow", "thousands of digits", fires=1, leaves=1,
         change=put('"area": 4375.0', '"area": ' + "1" * 9999)),
    Case("json-number-overflow", "beyond floats", fires=1, leaves=1, change=put('"area": 4375.0', '"area": 1e999')),
    Case("json-number-overflow", "id as a float", fires=1, edit={"/annotations/0/id": 1.0}),
    Case("json-number-overflow", "size beyond 64 bits", fires=1, leaves=1, edit={"/images/1/width": 2**70}, task="image_info"),
    Case("json-number-overflow", "beyond 32 bits, as official crowds", edit={"/annotations/0/id": 900100000001}),
    Case("json-number-overflow", "size as a float", edit={"/images/0/width": 640.0}),
    Case("json-depth-or-size", "deep", fires=1, edit={"/info/x": "deep"}, change=put('"deep"', deep(100_000))),
    Case("json-depth-or-size", "not so deep", edit={"/info/x": "deep"}, change=put('"deep"', deep(64))),
    Case("json-trailing-data", "two documents", fires=1, change=text(lambda data: data + data)),
    Case("json-trailing-data", "JSON Lines", fires=1, change=raw(b'{"image_id": 1}\n{"image_id": 2}\n')),
    Case("json-trailing-data", "one character", fires=1, change=text(lambda data: data + " x")),
    Case("json-trailing-data", "a line break", change=text(lambda data: data + "\r\n")),
    Case("file-compressed-or-html", "git-LFS pointer", fires=1,
         change=raw(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 449392519\n")),
    Case("file-compressed-or-html", "web page", fires=1, change=raw(b"\n<!DOCTYPE html>\n<html></html>")),
    Case("file-compressed-or-html", "zip", fires=1, change=raw(b"PK\x03\x04" + bytes(40))),
    Case("file-compressed-or-html", "gzip without .gz", fires=1, change=lambda _: gzip.compress(SOUND)),
    Case("file-compressed-or-html", "PNG", fires=1, change=raw(b"\x89PNG\r\n\x1a\n" + bytes(40))),
    Case("file-compressed-or-html", "gzip with .gz", file_name="instances_train.json.gz",
         change=lambda _: gzip.compress(SOUND)),
    Case("file-compressed-or-html", "plain with .gz", file_name="instances_train.json.gz", change=raw(SOUND)),
]  # fmt: skip
