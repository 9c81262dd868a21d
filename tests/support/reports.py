"""Reports made by hand, to be printed: what a run would hand on, without a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from cocolint.model import Finding, Fix, Mending, Severity, Status, Task
from cocolint.reported import (
    MISSING,
    Change,
    Crash,
    ExitCode,
    FileResult,
    FindingGroup,
    Mended,
    Occurrence,
    Report,
    Skip,
    Withdrawn,
)

TRAIN = "annotations/instances_train.json"
VAL = "annotations/instances_val.json"


def group(code: str, name: str, severity: Severity = Severity.ERROR, count: int = 1, **changes: Any) -> FindingGroup:
    """Return a group of `count` annotations, 0 for a fact about the whole file."""
    finding = changes.pop("finding", None) or Finding(
        changes.pop("message", "12.0 px over the image"),
        changes.pop("section", "annotations" if count else None),
        np.arange(count, dtype=np.int64) * 3,
        changes.pop("field", "bbox" if count else None),
    )
    plain: dict[str, Any] = {
        "summary": "The box reaches over the border of its image",
        "breaks": "",
        "hint": "",
        "fix": None,
        "path": TRAIN,
        "total": 860_001,
    }
    return FindingGroup(code, name, severity, finding=finding, **plain | changes)


def out_of_image(count: int = 104_213, **changes: Any) -> FindingGroup:
    """Return a group as the most frequent rule makes it, with all its texts."""
    return group(
        "B010",
        "bbox-out-of-image",
        Severity.WARNING,
        count,
        fix=Fix.UNSAFE,
        breaks="albumentations raises ValueError; YOLOX and PaddleDetection clip the corner first and then add the width, so "
        "the box is silently shifted.",
        hint="clip the box to the image. Unsafe: it changes the geometry.",
        **changes,
    )


def locate(found: FindingGroup, limit: int | None) -> list[Occurrence]:
    """Stand in for the reader: every record takes one line of the file."""
    finding = found.finding
    if finding.section is None:
        return [Occurrence(pointer, 1, 1, message, None, None, None, None, "", b"") for pointer, message in [finding.text(0)]][
            :limit
        ]
    kind = {"annotations": "annotation", "images": "image", "categories": "category"}[finding.section]
    shown = finding.rows[:limit]
    value, text = ([604, 12, 48, 30], "[604, 12, 48, 30]") if finding.field == "bbox" else (99, "99")
    return [
        Occurrence(
            pointer, 9 + row, 17, message, kind, row + 1, row // 7 + 1 if kind == "annotation" else None, value,
            finding.field or "id", text.encode(),
        )
        for row, (pointer, message) in zip(shown.tolist(), finding.texts(np.arange(len(shown))), strict=True)
    ]  # fmt: skip


def result(path: str = TRAIN, *groups: FindingGroup, **changes: Any) -> FileResult:
    """Return what came of a file, by its name the training file, with marks for rules of nine families."""
    status = Status.FAILED if any(one.severity is Severity.ERROR for one in groups) else Status.PASSED
    train = "train" in path
    plain: dict[str, Any] = {
        "task": Task.INSTANCES,
        "subset": "train" if train else "val",
        "dialect": "coco",
        "layout": "coco",
        "status": status,
        "images": 118_287 if train else 5_000,
        "annotations": 860_001 if train else 36_781,
        "categories": 80,
        "bytes": 448_000_000 if train else 20_000_000,
        "marks": marks(*groups),
    }
    return FileResult(path, groups=list(groups), **plain | changes)


def marks(*groups: FindingGroup) -> list[tuple[str, str]]:
    """Return a mark for each of 119 rules, clean but for those of `groups`."""
    sizes = {"A": 16, "B": 14, "C": 15, "F": 9, "I": 16, "K": 18, "P": 14, "R": 11, "S": 6}
    clean = {f"{family}{number:03d}": "." for family, size in sizes.items() for number in range(1, size + 1)}
    letters = {Severity.ERROR: "F", Severity.WARNING: "W", Severity.INFO: "I"}
    return list((clean | {one.code: letters[one.severity] for one in groups}).items())


def report(*files: FileResult, **changes: Any) -> Report:
    """Return the report of a run over `files`, whose exit code follows from their status."""
    failed = any(one.status is Status.FAILED for one in files)
    plain: dict[str, Any] = {
        "skips": [],
        "crashes": [],
        "rule_count": 119,
        "not_coco": 0,
        "stopped_early": False,
        "seconds": 41.23,
        "seconds_by_rule": {"bbox-out-of-image": 1.23, "annotation-id-duplicate": 0.5, "bbox-missing": 0.001},
        "exit_code": ExitCode.FINDINGS if failed else ExitCode.OK,
        "occurrences": locate,
        "seconds_by_step": {"read": 30.0, "check": 9.5, "gate": 0.01},
    }
    return Report(files=list(files), **plain | changes)


def typical() -> Report:
    """Return a report with something of everything."""
    groups = [
        out_of_image(),
        group(
            "A020", "annotation-without-image", count=3, field="image_id", message="no image has id 99",
            summary="The annotation names an image that is not in the file", hint="remove them, or add the images",
            breaks="pycocotools raises KeyError in loadImgs.", related=["bbox-out-of-image", "polygon-out-of-image"],
        ),
        group(
            "C012", "category-id-zero", count=0, severity=Severity.ERROR, message="80 categories, the first has id 0",
            summary="Category ids start at 0", suppressed=2,
        ),
        group(
            "I030", "image-ids-unsorted", Severity.INFO, 1, section="images", total=118_287, field=None,
            message="id 7 stands after id 9", summary="The images are not in the order of their ids",
        ),
    ]  # fmt: skip
    return report(
        result(TRAIN, *groups, marks=[*marks(*groups), ("K001", "s"), ("K002", "s")]),
        result(VAL, bytes=20_400_000),
        result(
            "annotations/broken.json", task=None, dialect="", subset="", images=0, annotations=0, bytes=12,
            status=Status.UNREADABLE, note="Permission denied", marks=[],
        ),
        skips=[
            Skip("A010", "area-vs-segmentation", TRAIN, "it needs field-type, which failed"),
            Skip("A011", "area-vs-bbox", TRAIN, "it needs field-type, which failed"),
            Skip("I018", "image-file-missing", None, "no image root"),
        ],
        crashes=[Crash("P007", "polygon-spike", TRAIN, "Traceback:\n  File 'spike.py', line 9\nValueError: [bold]no[/]")],
        not_coco=2,
        exit_code=ExitCode.UNUSABLE,
    )  # fmt: skip


def clean() -> Report:
    """Return a report of three files in which nothing is wrong."""
    return report(result(), result(VAL), result("annotations/person_keypoints_val.json", task=Task.PERSON_KEYPOINTS))


def mended(**changes: Any) -> Report:
    """Return a report of a run that mended two rules, held one fix back and left a file alone."""
    crowds = [
        Change("iscrowd-missing", "annotation", 1, "iscrowd", MISSING, 0),
        Change("iscrowd-missing", "annotation", "two", "iscrowd", True, 1),
        Change("iscrowd-missing", "annotation", 3, "", {"id": 3}, MISSING),
    ]
    size = Change("image-size-type", "image", 7, "width", "640", 640)
    plain: dict[str, Any] = {
        "mending": Mending.DONE,
        "mended": [
            Mended("R016", "iscrowd-missing", TRAIN, 1_203, 1, ("iscrowd",), crowds),
            Mended("I020", "image-size-type", VAL, 1, 0, ("width",), [size]),
        ],
        "withdrawn": [Withdrawn("B011", "bbox-slightly-outside", VAL, "it would make bbox-degenerate fire")],
        "not_mended": [("annotations/old.json.gz", "it is compressed")],
        "written": [TRAIN, VAL],
    }
    return report(result(TRAIN, out_of_image(3)), result(VAL), **plain | changes)
