"""Write the example data set: pictures of coloured shapes, and annotation files with faults put in on purpose.

`python examples/make.py [FOLDER]` writes the same files every time; FOLDER is this script's own folder unless it is given.
"""

from __future__ import annotations

import json
import math
import random
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Record = dict[str, Any]
Ring = list[tuple[float, float]]
Mask = npt.NDArray[np.bool_]

SEED = 11
WIDTH, HEIGHT = 160, 120
COLUMNS, ROWS = 3, 2
BACKGROUNDS = {"day": (226, 232, 240), "night": (30, 41, 59)}
COLOURS = [(220, 38, 38), (37, 99, 235), (22, 163, 74), (234, 179, 8), (147, 51, 234)]
SHAPES = ["circle", "square", "triangle"]

SILHOUETTE = [
    (0.40, 0.0), (0.60, 0.0), (0.66, 0.12), (0.58, 0.24), (1.0, 0.30), (1.0, 0.40), (0.64, 0.44), (0.60, 0.60), (0.80, 1.0),
    (0.62, 1.0), (0.50, 0.70), (0.38, 1.0), (0.20, 1.0), (0.40, 0.60), (0.36, 0.44), (0.0, 0.40), (0.0, 0.30), (0.42, 0.24),
    (0.34, 0.12),
]  # fmt: skip
POSE = {
    "head": (0.50, 0.12),
    "neck": (0.50, 0.26),
    "left_hand": (0.96, 0.35),
    "right_hand": (0.04, 0.35),
    "hip": (0.50, 0.60),
    "left_foot": (0.71, 0.96),
    "right_foot": (0.29, 0.96),
}
SKELETON = [[1, 2], [2, 3], [2, 4], [2, 5], [5, 6], [5, 7]]


class Picture:
    """A picture that is drawn shape by shape, and its image record."""

    def __init__(self, image_id: int, light: str = "day") -> None:
        self.file_name = f"{image_id:06d}.png"
        self.record: Record = {"id": image_id, "width": WIDTH, "height": HEIGHT, "file_name": self.file_name, "license": 1}
        self.pixels = np.full((HEIGHT, WIDTH, 3), BACKGROUNDS[light], np.uint8)

    def draw(self, ring: Ring, colour: tuple[int, int, int]) -> Mask:
        """Fill a ring and return the pixels that it covers."""
        mask = inside(ring)
        self.pixels[mask] = colour
        return mask

    def write(self, path: Path) -> None:
        """Write the picture as a PNG file."""
        rows = np.concatenate([np.zeros((HEIGHT, 1), np.uint8), self.pixels.reshape(HEIGHT, -1)], axis=1)
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def inside(ring: Ring) -> Mask:
    """Return the pixels of a picture whose centre is inside the ring."""
    y, x = np.mgrid[0.5:HEIGHT, 0.5:WIDTH]
    odd = np.zeros((HEIGHT, WIDTH), bool)
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if y1 != y2:
            odd ^= ((y1 <= y) != (y2 <= y)) & (x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    return odd


def regular(corners: int, x: float, y: float, radius: float, turn: float) -> Ring:
    angles = [turn + 2 * math.pi * i / corners for i in range(corners)]
    return [(round(x + radius * math.cos(a), 1), round(y + radius * math.sin(a), 1)) for a in angles]


def shape(name: str, x: float, y: float, radius: float) -> Ring:
    corners, turn = {"circle": (16, 0.0), "square": (4, math.pi / 4), "triangle": (3, -math.pi / 2)}[name]
    return regular(corners, x, y, radius, turn)


def figure(x: float, y: float, w: float, h: float) -> Ring:
    return [(round(x + w * u, 1), round(y + h * v, 1)) for u, v in SILHOUETTE]


def bounds(ring: Ring) -> list[float]:
    xs, ys = zip(*ring, strict=True)
    return [min(xs), min(ys), round(max(xs) - min(xs), 1), round(max(ys) - min(ys), 1)]


def shoelace(ring: Ring) -> float:
    crosses = (x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True))
    return round(abs(sum(crosses)) / 2, 2)


def annotation(number: int, picture: Picture, category_id: int, ring: Ring) -> Record:
    return {
        "id": number,
        "image_id": picture.record["id"],
        "category_id": category_id,
        "iscrowd": 0,
        "area": shoelace(ring),
        "bbox": bounds(ring),
        "segmentation": [[value for point in ring for value in point]],
    }


def crowd(number: int, picture: Picture, category_id: int, mask: Mask) -> Record:
    flat = mask.ravel(order="F").astype(np.int8)
    edges = np.flatnonzero(np.diff(flat, prepend=0))
    counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    ys, xs = np.nonzero(mask)
    box = [xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1]
    return {
        "id": number,
        "image_id": picture.record["id"],
        "category_id": category_id,
        "iscrowd": 1,
        "area": int(mask.sum()),
        "bbox": [int(value) for value in box],
        "segmentation": {"size": [HEIGHT, WIDTH], "counts": counts},
    }


def fill(picture: Picture, first: int, cells: int, rng: random.Random) -> list[Record]:
    """Draw one shape into each of the first cells of a grid and return the annotations."""
    found = []
    for cell in range(cells):
        x = (cell % COLUMNS + 0.5) * WIDTH / COLUMNS + rng.uniform(-4, 4)
        y = (cell // COLUMNS + 0.5) * HEIGHT / ROWS + rng.uniform(-4, 4)
        kind = rng.randrange(len(SHAPES))
        ring = shape(SHAPES[kind], x, y, rng.uniform(13, 21))
        picture.draw(ring, rng.choice(COLOURS))
        found.append(annotation(first + cell, picture, kind + 1, ring))
    return found


def dots(picture: Picture, number: int, rng: random.Random) -> Record:
    """Draw a crowd of small circles along the lower border and return its annotation."""
    covered = np.zeros((HEIGHT, WIDTH), bool)
    for i in range(14):
        ring = regular(8, 10 + 10.5 * i, 100 + rng.uniform(-8, 8), 4, 0.0)
        covered |= picture.draw(ring, COLOURS[1])
    return crowd(number, picture, 1, covered)


def person(picture: Picture, number: int, box: tuple[float, float, float, float], hidden: set[str]) -> Record:
    """Draw a figure and return its annotation; the points in `hidden` are not labelled."""
    x, y, w, h = box
    ring = figure(x, y, w, h)
    picture.draw(ring, COLOURS[number % len(COLOURS)])
    points: list[float] = []
    for name, (u, v) in POSE.items():
        points += [0, 0, 0] if name in hidden else [round(x + w * u), round(y + h * v), 2]
    body = annotation(number, picture, 1, ring)
    return {**body, "num_keypoints": len(POSE) - len(hidden), "keypoints": points}


def file_of(pictures: list[Picture], categories: list[Record], annotations: list[Record], about: str) -> Record:
    return {
        "info": {"description": f"cocolint example: {about}", "version": "1.0", "year": 2025},
        "licenses": [{"id": 1, "name": "Apache-2.0", "url": ""}],
        "images": [picture.record for picture in pictures],
        "categories": categories,
        "annotations": annotations,
    }


def shape_categories() -> list[Record]:
    return [{"id": i, "name": name, "supercategory": "shape"} for i, name in enumerate(SHAPES, 1)]


def train(rng: random.Random) -> tuple[list[Picture], Record]:
    pictures = [Picture(i, "night" if i == 5 else "day") for i in range(1, 7)]
    annotations: list[Record] = []
    for picture, cells in zip(pictures, [4, 3, 5, 4, 3, 4], strict=True):
        annotations += fill(picture, len(annotations) + 1, cells, rng)
    over = shape("circle", 151, 92, 18)
    pictures[1].draw(over, COLOURS[3])
    annotations.append(annotation(len(annotations) + 1, pictures[1], 1, over))
    spoil_train(pictures, annotations)
    return pictures, file_of(pictures, shape_categories(), annotations, "shapes, with faults")


def spoil_train(pictures: list[Picture], annotations: list[Record]) -> None:
    """Put in what exporters and hands do; the circle over the right border of picture 2 is there already."""
    for one in annotations:
        one["id"] -= 1
    annotations[5]["id"] = annotations[4]["id"]
    x, y, w, h = annotations[8]["bbox"]
    annotations[8]["segmentation"] = [[x, y, round(x + w, 1), round(y + h, 1)]]
    del annotations[11]["area"], annotations[14]["area"]
    annotations[17]["iscrowd"] = 1
    night = pictures[4]
    night.record["file_name"] = "night\\" + night.file_name
    night.file_name = f"night/{night.file_name}"


def val(rng: random.Random) -> tuple[list[Picture], Record]:
    pictures = [Picture(7), Picture(8)]
    annotations = fill(pictures[0], 101, 5, rng)
    annotations += fill(pictures[1], 106, 3, rng)
    annotations.append(dots(pictures[1], 109, rng))
    return pictures, file_of(pictures, shape_categories(), annotations, "shapes, nothing is wrong here")


def people() -> tuple[list[Picture], Record]:
    pictures = [Picture(9), Picture(10)]
    annotations = [
        person(pictures[0], 201, (12, 14, 50, 96), set()),
        person(pictures[0], 202, (92, 26, 46, 84), {"right_hand"}),
        person(pictures[1], 203, (50, 8, 56, 106), {"left_foot", "right_foot"}),
    ]
    category = {"id": 1, "name": "person", "supercategory": "being", "keypoints": list(POSE), "skeleton": SKELETON}
    spoil_people(category, annotations)
    return pictures, file_of(pictures, [category], annotations, "people, with faults")


def spoil_people(category: Record, annotations: list[Record]) -> None:
    """Count ids and points from 0, and count the points that are not labelled as well."""
    category["id"] = 0
    category["skeleton"] = [[a - 1, b - 1] for a, b in SKELETON]
    for one in annotations:
        one["category_id"] = 0
    annotations[2]["num_keypoints"] = len(POSE)


def to_json(data: Record) -> str:
    """Return indented JSON in which an array of numbers takes one line."""
    text = json.dumps(data, indent=2)
    return re.sub(r"\[[-\d.,\s]+\]", lambda match: re.sub(r"\s+", " ", match[0]).replace("[ ", "[").replace(" ]", "]"), text)


def write(folder: Path) -> None:
    """Write all annotation files and pictures below `folder`."""
    rng = random.Random(SEED)
    parts = {"instances_train": train(rng), "instances_val": val(rng), "person_keypoints_val": people()}
    for name, (pictures, data) in parts.items():
        path = folder / "annotations" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_json(data) + "\n", encoding="utf-8", newline="\n")
        for picture in pictures:
            picture.write(folder / "images" / name.rpartition("_")[2] / picture.file_name)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
