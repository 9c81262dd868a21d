"""Cases of the rules on names and places of files."""

from __future__ import annotations

import json

from tests.support.cases import Case
from tests.support.set_cases import SetCase

TRAIN, VAL, PANOPTIC = (f"annotations/{name}.json" for name in ("instances_train", "instances_val", "panoptic_val"))
T, V, TEST = (f"{folder}/_annotations.coco.json" for folder in ("train", "valid", "test"))


def meta(*labels: str) -> dict[str, bytes]:
    return {"dataset_meta.json": json.dumps({"labels": labels}).encode()}


CASES = [
    Case("layout-task-prefix", "no task", fires=1, file_name="train.json"),
    Case("layout-task-prefix", "no subset", fires=1, file_name="instances.json"),
    Case("layout-task-prefix", "another task's name", fires=1, file_name="detections_train.json"),
    Case("layout-task-prefix", "Roboflow's name", fires=1, file_name="_annotations.coco.json"),
    Case("layout-task-prefix", "official", file_name="instances_val2017.json"),
    Case("layout-task-prefix", "official captions", task="captions", file_name="captions_val2014.json"),
    Case("layout-task-prefix", "results", task="results_bbox", file_name="instances_val2014_fakebbox100_results.json"),
    Case("layout-task-prefix", "results of any name", task="results_bbox", file_name="detections.json"),

    Case("layout-subset-default", "a task only", fires=1, file_name="instances.json"),
    Case("layout-subset-default", "an underscore", fires=1, file_name="instances_.json"),
    Case("layout-subset-default", "a subset", file_name="instances_default.json"),
    Case("layout-subset-default", "no task", file_name="detections.json"),
]  # fmt: skip

SET_CASES = [
    SetCase("layout-annotations-dir", "in the root", {"instances_train.json": {}}, {"instances_train.json": 1}),
    SetCase("layout-annotations-dir", "a capital letter", {"Annotations/instances_train.json": {}},
            {"Annotations/instances_train.json": 1}),
    SetCase("layout-annotations-dir", "below it", {"annotations/v1/instances_train.json": {}},
            {"annotations/v1/instances_train.json": 1}),
    SetCase("layout-annotations-dir", "in its place", {TRAIN: {}}),
    SetCase("layout-annotations-dir", "a longer name", {"coco_annotations/instances_train.json": {}}),

    SetCase("layout-subset-year", "a folder without", {"annotations/instances_train2017.json": {}},
            {"annotations/instances_train2017.json": 1}, places={"images/train": None}),
    SetCase("layout-subset-year", "a folder with", {TRAIN: {}}, {TRAIN: 1}, places={"images/train2017": None}),
    SetCase("layout-subset-year", "both", {TRAIN: {}}, places={"images/train2017": None, "images/train": None}),
    SetCase("layout-subset-year", "the same", {"annotations/instances_train2017.json": {}},
            places={"images/train2017": None, "images/val": None}),
    SetCase("layout-subset-year", "a number that is no year", {"annotations/instances_train2.json": {}},
            places={"images/train": None}),

    SetCase("layout-images-dir", "none", {TRAIN: {}, VAL: {}}, {TRAIN: 1}),
    SetCase("layout-images-dir", "told where the name is surely one of annotations", {"annotations/a.json": {}, TRAIN: {}},
            {TRAIN: 1}),
    SetCase("layout-images-dir", "there", {TRAIN: {}}, places={"images": None}),
    SetCase("layout-images-dir", "no `annotations/`", {"instances_train.json": {}}),

    SetCase("layout-panoptic-dir", "another name", {PANOPTIC: {}}, {PANOPTIC: 1}, places={"annotations/masks/1.png": b""}),
    SetCase("layout-panoptic-dir", "another name in the root", {PANOPTIC: {}}, {PANOPTIC: 1},
            places={"panoptic_pngs/1.png": b""}),
    SetCase("layout-panoptic-dir", "an archive", {PANOPTIC: {}}, {PANOPTIC: 1},
            places={"annotations/panoptic_val.zip": b""}),
    SetCase("layout-panoptic-dir", "beside the file", {PANOPTIC: {}},
            places={"annotations/panoptic_val/1.png": b"", "annotations/panoptic_val.zip": b"", "masks/1.png": b""},
            also=("panoptic-png-missing",)),
    SetCase("layout-panoptic-dir", "where detectron2 looks", {PANOPTIC: {}},
            places={"panoptic_val/1.png": b"", "masks/1.png": b""}, also=("panoptic-png-missing",)),
    SetCase("layout-panoptic-dir", "no PNG anywhere", {PANOPTIC: {}}, places={"masks/1.txt": b"", "images/1.png": b""}),

    SetCase("layout-meta-file", "one more class", {TRAIN: {}}, {TRAIN: 1}, places=meta("background", "person", "bicycle")),
    SetCase("layout-meta-file", "one class fewer", {TRAIN: {}}, {TRAIN: 1}, places=meta("person")),
    SetCase("layout-meta-file", "as a map", {TRAIN: {}}, {TRAIN: 1},
            places={"dataset_meta.json": b'{"label_map": {"0": "bicycle", "1": "person"}}'}),
    SetCase("layout-meta-file", "no JSON", {TRAIN: {}}, {TRAIN: 1}, places={"dataset_meta.json": b"{"}),
    SetCase("layout-meta-file", "the same classes", {TRAIN: {}}, places=meta("person", "bicycle")),
    SetCase("layout-meta-file", "more classes behind", {TRAIN: {}}, places=meta("person", "bicycle", "car")),
    SetCase("layout-meta-file", "where Datumaro does not look", {TRAIN: {}},
            places={"annotations/dataset_meta.json": b'{"labels": ["car"]}'}),
    SetCase("layout-meta-file", "no `annotations/`", {"instances_train.json": {}}, places=meta("car")),

    SetCase("layout-roboflow", "no test", {T: {}, V: {}}, {T: 1}),
    SetCase("layout-roboflow", "val for valid", {T: {}, "val/_annotations.coco.json": {}, TEST: {}}, {TEST: 1}),
    SetCase("layout-roboflow", "all three", {T: {}, V: {}, TEST: {}}),
    SetCase("layout-roboflow", "another layout", {TRAIN: {}}),

    SetCase("layout-official", "in `images/`", {TRAIN: {}, VAL: {}}, {TRAIN: 1}, places={"images/train": None, "val": None}),
    SetCase("layout-official", "official", {TRAIN: {}}, places={"train": None}),
    SetCase("layout-official", "another layout", {T: {}}),

    SetCase("layout-macos-junk", "a double of a file", {TRAIN: {}, VAL: {}}, {TRAIN: 1},
            places={"annotations/._instances_train.json": b""}),
    SetCase("layout-macos-junk", "of an archive", {TRAIN: {}}, {TRAIN: 1}, places={"__MACOSX": None}),
    SetCase("layout-macos-junk", "of Windows", {TRAIN: {}}, {TRAIN: 1}, places={"Thumbs.db": b""}),
    SetCase("layout-macos-junk", "hidden files", {TRAIN: {}}, places={".gitignore": b"", "annotations/.hidden.json": b""}),
]  # fmt: skip
