"""Write a COCO-like annotation file of any size, the same bytes for the same arguments.

The distributions follow COCO 2017 train: about 7 objects an image, 45 polygon numbers an object, 1 % crowds, two decimals.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Record = dict[str, Any]

CATEGORIES = [i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)]
KEYPOINTS = [
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
]  # fmt: skip
SKELETON = [[16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9], [8, 10]]
OBJECTS_PER_IMAGE = 860_001 / 118_287
CROWD_SHARE = 0.01
MEAN_VERTICES = 22.5
UNKNOWN_CATEGORY = 999


def images(count: int, rng: np.random.Generator) -> list[Record]:
    widths = rng.choice([640, 480, 500, 427, 612], count)
    heights = rng.choice([480, 640, 427, 375, 612], count)
    return [
        {
            "license": int(i % 8 + 1),
            "file_name": f"{i + 1:012d}.jpg",
            "coco_url": f"http://images.example/train/{i + 1:012d}.jpg",
            "height": int(heights[i]),
            "width": int(widths[i]),
            "date_captured": "2013-11-14 11:18:45",
            "id": i + 1,
        }
        for i in range(count)
    ]


def categories(task: str) -> list[Record]:
    if task == "person_keypoints":
        return [{"supercategory": "person", "id": 1, "name": "person", "keypoints": KEYPOINTS, "skeleton": SKELETON}]
    return [{"supercategory": f"group {i // 10}", "id": i, "name": f"thing {i}"} for i in CATEGORIES]


def polygon(width: int, height: int, rng: np.random.Generator) -> Floats:
    """One star-shaped ring of shape (vertices, 2), inside the image, in hundredths of a pixel."""
    vertices = max(4, int(rng.exponential(MEAN_VERTICES - 4)) + 4)
    radius = np.clip(rng.lognormal(3.4, 0.9), 3, min(width, height) / 2.2)
    centre = rng.uniform(radius, [width - radius, height - radius])
    angles = (np.arange(vertices) + rng.uniform(0, 0.9, vertices)) * 2 * np.pi / vertices  # all around: it never crosses itself
    radii = radius * rng.uniform(0.75, 1.0, vertices)
    ring = centre + np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
    inside: Floats = np.round(np.clip(ring, 0, [width, height]), 2)
    return inside


def shoelace(ring: Floats) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def crowd(width: int, height: int, rng: np.random.Generator) -> Record:
    """A crowd mask: uncompressed runs, column by column, one run of foreground in each of some columns."""
    left = int(rng.integers(0, width // 2))
    columns = int(rng.integers(10, width // 4))
    top, run = int(rng.integers(1, height // 2)), int(rng.integers(8, height // 3))
    counts = [left * height + top, run]
    for _ in range(columns - 1):
        counts += [height - run, run]
    counts.append(width * height - sum(counts))
    box = [left, top, columns - 1, run - 1]
    return {
        "segmentation": {"counts": counts, "size": [height, width]},
        "area": columns * run,
        "iscrowd": 1,
        "bbox": box,
    }


def single(width: int, height: int, rng: np.random.Generator) -> Record:
    ring = polygon(width, height, rng)
    low, high = ring.min(axis=0), ring.max(axis=0)
    box = [round(float(v), 2) for v in (*low, *(high - low))]
    if min(box[2:]) <= 0 or shoelace(ring) < 1:
        return single(width, height, rng)
    return {"segmentation": [ring.ravel().tolist()], "area": shoelace(ring), "iscrowd": 0, "bbox": box}


def pose(annotation: Record, rng: np.random.Generator) -> Record:
    x, y, w, h = annotation["bbox"]
    visible = rng.integers(0, 3, len(KEYPOINTS)) if not annotation["iscrowd"] else np.zeros(len(KEYPOINTS), int)
    points = rng.uniform([x, y], [x + w, y + h], (len(KEYPOINTS), 2)).astype(int) * (visible > 0)[:, None]
    flat = np.column_stack([points, visible]).ravel().tolist()
    return {"num_keypoints": int((visible > 0).sum()), "keypoints": flat}


def objects(task: str, records: list[Record], count: int, rng: np.random.Generator) -> Iterator[Record]:
    owners = np.sort(rng.integers(0, len(records), count))
    for i, owner in enumerate(owners):
        image = records[owner]
        shape = crowd if rng.random() < CROWD_SHARE else single
        body = shape(image["width"], image["height"], rng)
        if task == "person_keypoints":
            body |= pose(body, rng)
        category = 1 if task == "person_keypoints" else int(rng.choice(CATEGORIES))
        yield {**body, "image_id": image["id"], "category_id": category, "id": i + 1}


def write(path: Path, task: str, count: int, seed: int = 0, faults: int = 0) -> None:
    """Write `count` annotations to `path`; the category of the first `faults` of them is not declared."""
    rng = np.random.default_rng(seed)
    records = images(max(1, round(count / OBJECTS_PER_IMAGE)), rng)
    head = {
        "info": {"description": "Generated", "version": "1.0", "year": 2017, "date_created": "2017/09/01"},
        "licenses": [{"url": "", "id": i, "name": f"License {i}"} for i in range(1, 9)],
        "images": records,
    }
    with path.open("w", encoding="utf-8") as out:
        out.write(json.dumps(head)[:-1] + ', "annotations": [')
        body = objects(task, records, count, rng)
        separator = ""
        for annotation in islice(body, faults):
            out.write(separator + json.dumps(annotation | {"category_id": UNKNOWN_CATEGORY}))
            separator = ", "
        for annotation in body:
            out.write(separator + json.dumps(annotation))
            separator = ", "
        out.write('], "categories": ' + json.dumps(categories(task)) + "}")


def masks(image: Record, count: int, first: int, rng: np.random.Generator) -> Iterator[Record]:
    """Yield masks as compressed run lengths, with the fields of the files of SA-1B and those that COCO wants besides."""
    from pycocotools import mask as coder  # it is wanted for these only

    height, width = image["height"], image["width"]
    for number in range(count):
        runs = coder.frPyObjects([single(width, height, rng)["segmentation"][0]], height, width)[0]
        box = coder.toBbox(runs).tolist()
        yield {
            "bbox": box,
            "area": int(coder.area(runs)),
            "segmentation": {"size": [height, width], "counts": runs["counts"].decode()},
            "predicted_iou": float(rng.uniform(0.88, 1)),
            "point_coords": [[float(box[0] + box[2] / 2), float(box[1] + box[3] / 2)]],
            "crop_box": [0.0, 0.0, float(width), float(height)],
            "stability_score": float(rng.uniform(0.95, 1)),
            "iscrowd": 0,
            "category_id": 1,
            "image_id": image["id"],
            "id": first + number,
        }


def write_masks(folder: Path, files: int, each: int, seed: int = 0) -> None:
    """Write files of one image each with `each` masks."""
    rng = np.random.default_rng(seed)
    for number in range(1, files + 1):
        image = {"id": number, "width": 2250, "height": 1500, "file_name": f"sa_{number}.jpg"}
        data = {
            "info": {"description": "Generated"},
            "licenses": [],
            "images": [image],
            "annotations": list(masks(image, each, number * each, rng)),
            "categories": [{"id": 1, "name": "object", "supercategory": "object"}],
        }
        (folder / f"instances_{number:08d}.json").write_text(json.dumps(data), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--annotations", type=int, default=36_781)
    parser.add_argument("--task", choices=["instances", "person_keypoints"], default="instances")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=int, default=0, help="so many annotations of a category that is not declared")
    options = parser.parse_args()
    write(options.path, options.task, options.annotations, options.seed, options.faults)


if __name__ == "__main__":
    main()
