"""The files that are measured: generated once, into a folder."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import generate
from measure import CHUNK, read_through
from tables import MEGABYTE

BYTES_PER_ANNOTATION = 525


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def generated(cache: Path, annotations: int, task: str = "instances", faults: int = 0) -> Path:
    """Return a generated file of the cache, made if it is not there yet, and read once."""
    path = cache / f"{task}_{annotations}x{faults}.json"
    if not path.exists():
        say(f"generating {path}")
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        generate.write(unfinished, task, annotations, faults=faults)
        unfinished.replace(path)
    read_through(path)
    return path


def of_size(cache: Path, megabytes: float, task: str = "instances") -> Path:
    return generated(cache, round(megabytes * MEGABYTE / BYTES_PER_ANNOTATION), task)


def annotations_in(path: Path) -> int:
    """Return how many annotations a generated file has: they are numbered, and the last one ends it but for the categories."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - CHUNK))
        last = re.findall(rb'"id": (\d+)\}\], "categories"', stream.read())
    return int(last[-1])


def data_set(cache: Path, name: str, train: Path, val: Path) -> Path:
    """Return a folder with two files side by side, as links."""
    folder = cache / name / "annotations"
    folder.mkdir(parents=True, exist_ok=True)
    for source, subset in ((train, "train"), (val, "val")):
        link = folder / f"instances_{subset}.json"
        if not link.exists():
            link.symlink_to(source.absolute())
    return folder


def without_flags(path: Path) -> Path:
    """Return a copy of a generated file in which no annotation has `iscrowd`, made if it is not there yet."""
    copy = path.with_name(f"{path.stem}_flagless.json")
    if not copy.exists():
        copy.write_bytes(re.sub(rb'"iscrowd": [01], ', b"", path.read_bytes()))
    return copy


def pictures(cache: Path, count: int) -> Path:
    """Return an annotation file with `count` small JPEGs beside it, made if they are not there yet."""
    from PIL import Image

    folder = cache / f"pictures_{count}"
    path = folder / "annotations" / "image_info_train.json"
    if not path.exists():
        say(f"generating {count} pictures")
        for part in ("annotations", "images/train"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        names = [f"{number:012d}.jpg" for number in range(count)]
        for number, name in enumerate(names):
            Image.new("RGB", (64, 48), (number % 256, number // 256 % 256, 0)).save(folder / "images" / "train" / name)
        images = [{"id": number, "width": 64, "height": 48, "file_name": name} for number, name in enumerate(names, 1)]
        path.write_text(json.dumps({"info": {}, "licenses": [], "images": images, "categories": []}), encoding="utf-8")
    return path


def masks(cache: Path, files: int, each: int) -> Path:
    """Return a folder of `files` files of one image with `each` masks as run lengths, made if they are not there yet."""
    folder = cache / f"masks_{files}x{each}"
    if not folder.exists():
        say(f"generating {files} files of {each} masks")
        unfinished = folder.with_suffix(".part")
        unfinished.mkdir(parents=True, exist_ok=True)
        generate.write_masks(unfinished, files, each)
        unfinished.replace(folder)
    return folder
