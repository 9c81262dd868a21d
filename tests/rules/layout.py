"""Cases of the rules on names and places of files."""

from __future__ import annotations

from tests.support.cases import Case

CASES = [
    Case("layout-task-prefix", "no task", fires=1, file_name="train.json"),
    Case("layout-task-prefix", "no subset", fires=1, file_name="instances.json"),
    Case("layout-task-prefix", "another task's name", fires=1, file_name="detections_train.json"),
    Case("layout-task-prefix", "Roboflow's name", fires=1, file_name="_annotations.coco.json"),
    Case("layout-task-prefix", "official", file_name="instances_val2017.json"),
    Case("layout-task-prefix", "official captions", task="captions", file_name="captions_val2014.json"),
    Case("layout-task-prefix", "results", task="results_bbox", file_name="instances_val2014_fakebbox100_results.json"),
    Case("layout-task-prefix", "results of any name", task="results_bbox", file_name="detections.json"),
]
