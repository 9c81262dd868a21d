"""Cases of the rules on files of several tasks."""

from __future__ import annotations

from tests.support.set_cases import SetCase

INSTANCES, POINTS, CAPTIONS, LABELS = (
    f"annotations/{task}_train.json" for task in ("instances", "person_keypoints", "captions", "labels")
)

SET_CASES = [
    SetCase("images-differ-between-tasks", "another name", {CAPTIONS: {"/images/0/file_name": "x.jpg"}, INSTANCES: {}},
            {INSTANCES: 1}),
    SetCase("images-differ-between-tasks", "another size",
            {CAPTIONS: {"/images/0/height": 481}, INSTANCES: {}}, {INSTANCES: 1}),
    SetCase("images-differ-between-tasks", "each row once",
            {CAPTIONS: {}, INSTANCES: {}, POINTS: {"/images/1/file_name": "x.jpg"}}, {POINTS: 1}),
    SetCase("images-differ-between-tasks", "the same", {CAPTIONS: {}, INSTANCES: {}, POINTS: {}}),
    SetCase("images-differ-between-tasks", "written with a backslash",
            {CAPTIONS: {"/images/0/file_name": "a/1.jpg"}, INSTANCES: {"/images/0/file_name": "a\\1.jpg"}}),
    SetCase("images-differ-between-tasks", "no size is another rule's", {CAPTIONS: {"/images/0/height": None}, INSTANCES: {}},
            also=("image-size-missing",)),
    SetCase("images-differ-between-tasks", "a subset of one name in the folder of another split",
            {"train/annotations/captions_x.json": {}, "train/annotations/instances_x.json": {},
             "val/annotations/instances_x.json": {"/images/0/id": 1, "/annotations/0/image_id": 1,
                                                  "/annotations/1/image_id": 1}}),
    SetCase("images-differ-between-tasks", "another subset",
            {CAPTIONS: {}, "annotations/instances_val.json": {"/images/0/id": 1, "/annotations/0/image_id": 1,
                                                              "/annotations/1/image_id": 1}}),

    SetCase("annotation-id-clash-between-tasks", "a caption of another image",
            {CAPTIONS: {"/annotations/0/image_id": 2}, INSTANCES: {}}, {INSTANCES: 1}),
    SetCase("annotation-id-clash-between-tasks", "the same image", {CAPTIONS: {}, INSTANCES: {}, POINTS: {}}),
    SetCase("annotation-id-clash-between-tasks", "another subset",
            {CAPTIONS: {}, "annotations/instances_val.json": {"/annotations/0/id": 1}}),

    SetCase("task-conflict", "two tasks", {INSTANCES: {}, POINTS: {}}, {INSTANCES: 1}),
    SetCase("task-conflict", "told once", {INSTANCES: {}, LABELS: {}, POINTS: {}}, {INSTANCES: 1}),
    SetCase("task-conflict", "captions are read along", {CAPTIONS: {}, INSTANCES: {}}),
    SetCase("task-conflict", "two subsets", {INSTANCES: {}, "annotations/instances_val.json": {}}),
    SetCase("task-conflict", "names that Datumaro does not read",
            {"instances_train.json": {}, "train_labels.json": lambda data: {
                **data, "annotations": [{"id": 1001, "image_id": 101, "category_id": 1}]}}),

    SetCase("layout-mixed-json", "captions beside instances", {CAPTIONS: {}, INSTANCES: {}}, {CAPTIONS: 1}),
    SetCase("layout-mixed-json", "captions in another folder",
            {INSTANCES: {}, "captions/captions_train.json": {}, "annotations/instances_val.json": {}}),
    SetCase("layout-mixed-json", "no instances", {CAPTIONS: {}, POINTS: {}}),
]  # fmt: skip
