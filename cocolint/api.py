"""All that a rule module imports."""

from __future__ import annotations

from cocolint.engine.dataset import Dataset, Member
from cocolint.engine.fixing import (
    FIELD,
    SECTION,
    Added,
    Category,
    Dropped,
    Image,
    Recoded,
    Record,
    RecordsOf,
    Renumbered,
    Reordered,
)
from cocolint.engine.rule import ALL_TASKS, ANNOTATION_TASKS, OBJECT_TASKS, rule
from cocolint.label_list import LabelList
from cocolint.model import Bools, FileFacts, Finding, Floats, Ints, Severity, Stage, Task
from cocolint.pictures.files import Pictures
from cocolint.pictures.segment_maps import SegmentFolder, SegmentMaps
from cocolint.read.again import Again
from cocolint.read.archive import leads_out
from cocolint.read.columns import Annotations, Categories, Images, Index
from cocolint.read.details import Points, Rings, Runs, Segments
from cocolint.read.geometry import distinct, median
from cocolint.read.surroundings import Surroundings

Faults = list[Finding]
"""The fixture `faults`: what the schema found for the rule that asks."""

Truth = Member
"""The fixture `truth`: the file of ground truth that a results file belongs to."""

__all__ = [
    "ALL_TASKS", "ANNOTATION_TASKS", "FIELD", "OBJECT_TASKS", "SECTION", "Added", "Again", "Annotations", "Bools", "Categories",
    "Category", "Dataset", "Dropped", "Faults", "FileFacts", "Finding", "Floats", "Image", "Images", "Index", "Ints",
    "LabelList", "Member", "Pictures", "Points", "Recoded", "Record", "RecordsOf", "Renumbered", "Reordered", "Rings", "Runs",
    "SegmentFolder", "SegmentMaps", "Segments", "Severity", "Stage", "Surroundings", "Task", "Truth", "distinct", "leads_out",
    "median", "rule",
]  # fmt: skip
