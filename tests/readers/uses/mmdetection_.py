"""mmdetection: its training set with boxes and masks, and its COCO metric."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from _coco import OBJECTS, corners_to_sizes, load, named, versions
from _mm import torch
from mmcv.transforms import LoadImageFromFile
from mmdet.datasets import CocoDataset
from mmdet.datasets.transforms import LoadAnnotations
from mmdet.evaluation.metrics import CocoMetric
from mmengine.registry import init_default_scope

VERSION = versions("mmdet")
init_default_scope("mmdet")
FILTER = {"filter_empty_gt": True, "min_size": 32}


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Load all that a detector with masks is trained on, then evaluate boxes."""
    meta = {"classes": tuple(job["classes"])}
    data = CocoDataset(ann_file=job["truth"], data_prefix={"img": job["images"]}, metainfo=meta, filter_cfg=FILTER)
    load_image = LoadImageFromFile()
    load_annotations = LoadAnnotations(with_bbox=True, with_mask=True)
    boxes: list[Any] = []
    objects = 0
    for place in range(len(data)):
        info = data.get_data_info(place)
        out = load_annotations(load_image(info))
        boxes += corners_to_sizes(out["gt_bboxes"].tensor)
        objects += int((~out["gt_ignore_flags"]).sum())
    return {"images": len(data), "objects": objects, "boxes": boxes, "numbers": _evaluate(job, meta)}


def _evaluate(job: dict[str, Any], meta: dict[str, Any]) -> dict[str, float]:
    metric = CocoMetric(ann_file=job["truth"], metric="bbox")
    metric.dataset_meta = meta
    by_image = defaultdict(list)
    for found in load(job["results"]):
        by_image[found["image_id"]].append(found)
    test = CocoDataset(ann_file=job["truth"], data_prefix={"img": job["images"]}, metainfo=meta, test_mode=True)
    for place in range(len(test)):
        info = test.get_data_info(place)
        here = [found for found in by_image[info["img_id"]] if found["category_id"] in test.cat2label]
        sizes = np.array([found["bbox"] for found in here], float).reshape(-1, 4)
        corners = torch.tensor(np.hstack([sizes[:, :2], sizes[:, :2] + sizes[:, 2:]]))
        predicted = {
            "bboxes": corners,
            "scores": torch.tensor([found["score"] for found in here]),
            "labels": torch.tensor([test.cat2label[found["category_id"]] for found in here]),
        }
        sample = {"img_id": info["img_id"], "ori_shape": (info["height"], info["width"]), "pred_instances": predicted}
        metric.process({}, [sample])
    return named(OBJECTS, metric.evaluate(len(test)).values())
