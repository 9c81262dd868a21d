"""mmpose: its training set of keypoints, top-down, and COCOeval of keypoints as its metric uses it."""

from __future__ import annotations

from typing import Any

import numpy as np
from _coco import POINTS, named, versions
from _mm import torch  # noqa: F401
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.datasets.transforms import LoadImage
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

VERSION = versions("mmpose", "xtcocotools")


class Points(BaseCocoStyleDataset):  # type: ignore[misc]
    """A data set with the keypoints of the sound file."""


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Read the persons that a model is trained on, then evaluate."""
    count = job["points"]
    info = {
        "dataset_name": "points", "paper_info": {}, "joint_weights": [1.0] * count, "sigmas": [0.05] * count,
        "keypoint_info": {i: {"name": str(i), "id": i, "color": [0, 0, 0], "type": "", "swap": ""} for i in range(count)},
        "skeleton_info": {},
    }  # fmt: skip
    data = Points(ann_file=job["truth"], data_prefix={"img": job["images"]}, metainfo=info)
    load_image = LoadImage()
    rows = [load_image(data.get_data_info(place)) for place in range(len(data))]
    assert all(row["keypoints"].shape == (1, count, 2) for row in rows), "keypoints of another shape"
    truth = COCO(job["truth"])
    run = COCOeval(truth, truth.loadRes(job["results"]), "keypoints", np.full(count, 0.05))
    run.evaluate()
    run.accumulate()
    run.summarize()
    return {"objects": len(rows), "numbers": named(POINTS, run.stats)}
