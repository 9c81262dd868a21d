"""Cases of the rules on file names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.cases import REMOVED, Case, Data


def named(*names: Any) -> Callable[[Data], Data]:
    """Give the images these file names, with as many images as names."""

    def change(data: Data) -> Data:
        first = data["images"][0]
        data["images"] = [{**first, "id": i + 1, "file_name": name} for i, name in enumerate(names)]
        return data

    return change


def served(*pairs: tuple[Any, Any]) -> Callable[[Data], Data]:
    """Give the images these pairs of `file_name` and `coco_url`, with as many images as pairs."""

    def change(data: Data) -> Data:
        data = named(*(name for name, _ in pairs))(data)
        for image, (_, url) in zip(data["images"], pairs, strict=True):
            image["coco_url"] = url
        return data

    return change


CASES = [
    Case("file-name-missing", "absent", fires=1, leaves=1, edit={"/images/0/file_name": REMOVED}),
    Case("file-name-missing", "null", fires=1, leaves=1, edit={"/images/0/file_name": None}),
    Case("file-name-missing", "empty", fires=2, leaves=2, edit={"/images/0/file_name": "", "/images/1/file_name": ""}),
    Case("file-name-missing", "the URL tells it", fires=3, task="image_info", change=served(
         (None, "http://a.org/val/1.jpg"), ("", "https://a.org/a/b%20c.png?size=1/x.gif"), (None, "bucket/3.JPG"))),
    Case("file-name-missing", "the URL does not tell it", fires=4, leaves=4, task="image_info", change=served(
         (None, "http://a.org/image?id=1.jpg"), (None, ""), (None, 1), ("", "http://a.org/jpg")), also=("info-types",)),
    Case("file-name-missing", "number", edit={"/images/0/file_name": 1}, also=("field-type",)),
    Case("file-name-duplicate", "equal", fires=1, edit={"/images/1/file_name": "000001.jpg"}),
    Case("file-name-duplicate", "equal paths", fires=3, task="image_info",
         change=named("a/b.jpg", "a\\b.jpg", "./a//b.jpg", "a/./b.jpg")),
    Case("file-name-duplicate", "with annotations on both", fires=1, edit={"/images/1/file_name": "./000001.jpg"}),
    Case("file-name-duplicate", "other sizes", fires=1, leaves=1, task="image_info",
         edit={"/images/1/file_name": "000001.jpg", "/images/1/width": 641}),
    Case("file-name-duplicate", "the same record twice", task="image_info", also=("image-id-duplicate",),
         change=lambda data: {**data, "images": [data["images"][0]] * 2}),
    Case("file-name-duplicate", "other folder, other case", task="image_info",
         change=named("a/b.jpg", "b.jpg", "b.JPG", "/b.jpg", "a./b.jpg")),
    Case("file-name-backslash", "folder", fires=1, edit={"/images/0/file_name": "images\\1.jpg"}),
    Case("file-name-backslash", "doubled", fires=2,
         edit={"/images/0/file_name": "a\\\\b\\1.jpg", "/images/1/file_name": "a\\2/3.jpg"}),
    Case("file-name-backslash", "an absolute path", edit={"/images/0/file_name": "C:\\images\\1.jpg"}),
    Case("file-name-backslash", "slash", edit={"/images/0/file_name": "images/1.jpg"}),
    Case("file-name-absolute", "each kind", fires=5, task="image_info",
         change=named("/data/1.jpg", "C:\\data\\2.jpg", "d:/3.jpg", "~/4.jpg", "\\\\server\\5.jpg")),
    Case("file-name-absolute", "no name of a picture", fires=3, leaves=3, task="image_info",
         change=named("/", "/data/1", "~")),
    Case("file-name-absolute", "relative", task="image_info",
         change=named("data/1.jpg", "a~/2.jpg", "C-3.jpg", "./4.jpg", "ab:5.jpg")),
    Case("file-name-parent", "each kind", fires=3, task="image_info", change=named("../1.jpg", "a/../2.jpg", "..\\3.jpg")),
    Case("file-name-parent", "dots in names", task="image_info", change=named("a..b.jpg", "..a/2.jpg", "3...jpg")),
    Case("file-name-url", "each kind", fires=4, task="image_info",
         change=named("http://a.org/1.jpg", "s3://a/2.jpg", "file:/3.jpg", "HTTPS://a.org/../4.jpg")),
    Case("file-name-url", "no name of a picture", fires=2, leaves=2, task="image_info",
         change=named("http://a.org/", "http://a.org/picture?id=1.jpg")),
    Case("file-name-url", "colons in names", task="image_info", change=named("12:30:05.jpg", "a b:/1.jpg", "C:/3.jpg")),
    Case("file-name-stem-duplicate", "another ending", fires=2, task="image_info", change=named("1.jpg", "1.png", "1")),
    Case("file-name-stem-duplicate", "in one folder", fires=1, task="image_info", change=named("a\\1.jpg", "./a/1.png")),
    Case("file-name-stem-duplicate", "frames counted after a dot", fires=1, task="image_info", change=named("a.001", "a.002")),
    Case("file-name-stem-duplicate", "equal names are told as such", task="image_info", change=named("1.jpg", "1.jpg"),
         also=("file-name-duplicate",)),
    Case("file-name-stem-duplicate", "other folders, other names", task="image_info",
         change=named("1.jpg", "a/1.png", "1.a.jpg", ".jpg", ".png", "b.c/1", "b.d/1", "b/.x", "b/.y")),
    Case("file-name-case-clash", "upper and lower", fires=2, task="image_info",
         change=named("a/1.jpg", "A/1.jpg", "c.jpg", "C.jpg")),
    Case("file-name-case-clash", "of the ending alone is told by the stem", task="image_info", change=named("1.jpg", "1.JPG")),
    Case("file-name-case-clash", "a difference", task="image_info", change=named("a.jpg", "B.jpg", "A1.jpg")),
    Case("file-name-case-clash", "equal names are told as such", task="image_info", change=named("a.jpg", "a.jpg"),
         also=("file-name-duplicate",)),
    Case("file-name-basename-duplicate", "in other folders", fires=2, task="image_info",
         change=named("a/1.jpg", "b\\1.jpg", "1.jpg")),
    Case("file-name-basename-duplicate", "equal names are told as such", task="image_info", change=named("a/1.jpg", "a//1.jpg"),
         also=("file-name-duplicate",)),
    Case("file-name-basename-duplicate", "all differ", task="image_info",
         change=named("a/1.jpg", "a/2.jpg", "b/3.jpg", "a.jpg")),
    Case("file-name-whitespace-or-control", "each kind", fires=4, task="image_info",
         change=named(" 1.jpg", "2.jpg\n", "3\t.jpg", "cafe\u0301.jpg")),
    Case("file-name-whitespace-or-control", "inside, and composed", task="image_info",
         change=named("a b.jpg", "caf\u00e9.jpg")),
    Case("file-name-extension", "each kind", fires=4, task="image_info",
         change=named("1", "2.jpg.json", "a.jpg/3", "4.mp4")),
    Case("file-name-extension", "pictures", task="image_info", change=named("1.JPG", "2.tiff", "3.a.webp", "a\\4.png")),
    Case("file-name-extension", "a URL is told as such", task="image_info", change=named("http://a.org/1", "2.jpg")),
    Case("file-name-extension", "no name is told as such", task="image_info", change=named("", "2.jpg"),
         also=("file-name-missing",)),
]  # fmt: skip
