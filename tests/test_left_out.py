"""Which known faults have no rule, and why: a fault that is in neither list was forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cocolint.engine import registry

NAMES = {rule.name for rule in registry.load()}
KNOWN_FAULTS = Path(__file__).parents[2] / "shared" / "catalogue.md"

LEFT_OUT = {
    "annotation-coverage": "`image-without-annotations` says it",
    "annotation-same-instance-multi-record": "`track-frame-duplicate` says it; no other field tells which parts are one object",
    "cvat-frame-match": "the names of the frames are known to the CVAT task only",
    "cvat-label-not-in-task": "`category-not-listed` says it, given the labels of the task",
    "iscrowd-area": "official crowds have areas that differ by up to 28 %",
    "layout-mmdet": "the layout of `layout-official`",
    "mean-objects-per-image": "`image-object-count-outlier` says it",
    "num-keypoints-zero": "nearly half of the persons of official COCO have none",
    "polygon-orientation": "official polygons run both ways",
    "results-int64": "`json-number-overflow` says it",
}


def test_what_is_left_out_is_no_rule() -> None:
    assert not LEFT_OUT.keys() & NAMES


@pytest.mark.skipif(not KNOWN_FAULTS.is_file(), reason="the list of known faults is not beside the checkout")
def test_every_known_fault_is_a_rule_or_left_out_on_purpose() -> None:
    covered = NAMES | LEFT_OUT.keys()
    missing = [choices for choices in _faults(KNOWN_FAULTS.read_text(encoding="utf-8")) if not covered & choices]
    assert missing == []


def _faults(text: str) -> Iterator[set[str]]:
    """Yield the names that each fault may have: of `a-b` / `-c` the second is `a-c` or `a-b-c`."""
    faults = text.partition("\n### 2.1")[2].partition("\n## 3")[0]
    for line in faults.splitlines():
        if line.startswith("| `"):
            first, *others = re.findall(r"`([a-z0-9-]+)`", line.split("|")[1])
            parts = first.split("-")
            beginnings = ["-".join(parts[:count]) for count in range(1, len(parts) + 1)]
            yield {first}
            yield from ({name} | {start + "-" + name.lstrip("-") for start in beginnings} for name in others)
    statistics = faults.partition("### 2.13")[2].partition("### 2.14")[0]
    yield from ({name} for name in re.findall(r"`([a-z]+(?:-[a-z]+)+)", statistics))
