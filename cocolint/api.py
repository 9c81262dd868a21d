"""All that a rule module imports."""

from __future__ import annotations

from cocolint.engine.dataset import Dataset, Member
from cocolint.engine.rule import ALL_TASKS, ANNOTATION_TASKS, OBJECT_TASKS, rule
from cocolint.label_list import LabelList
from cocolint.model import Bools, FileFacts, Finding, Fix, Floats, Ints, Severity, Task
from cocolint.pictures.files import Pictures
from cocolint.pictures.segment_maps import SegmentFolder, SegmentMaps
from cocolint.read.again import Again
from cocolint.read.archive import leads_out
from cocolint.read.columns import Annotations, Categories, Images, Index, Points, Rings, Runs, Segments
from cocolint.read.geometry import distinct, median
from cocolint.read.surroundings import Surroundings

Faults = list[Finding]
"""The fixture `faults`: what the schema found for the rule that asks."""

Truth = Member
"""The fixture `truth`: the file of ground truth that a results file belongs to."""

__all__ = [
    "ALL_TASKS", "ANNOTATION_TASKS", "OBJECT_TASKS", "Again", "Annotations", "Bools", "Categories", "Dataset",
    "Faults", "FileFacts", "Finding", "Fix", "Floats", "Images", "Index", "Ints", "LabelList", "Member", "Pictures", "Points",
    "Rings", "Runs",    "SegmentFolder", "SegmentMaps", "Segments", "Severity", "Surroundings", "Task", "Truth",
    "distinct", "leads_out", "median", "rule",
]  # fmt: skip
