"""Which findings the page shows, and each of them as text and picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from cocolint.html.drawing import Drawing, Stage, drawn
from cocolint.html.paths import Paths
from cocolint.html.scene import Scene
from cocolint.report.tally import Tally
from cocolint.report.text import short, whom
from cocolint.reported import FindingGroup, Occurrence, Report
from cocolint.shapes import Shapes, pixels_of, shapes_of

MOST = 200
"""Findings that are shown one by one."""
FILES = 6
"""Files of one rule of which some are shown."""
BYTES = 1_300_000
"""Of all photographs in the page together."""
LARGEST = 30_000
"""Bytes of one photograph."""


class Example(Struct):
    """One finding: what is said of it, where it is, and its picture. `names` are those of its classes."""

    message: str
    where: str
    about: list[str]
    file_name: str
    names: list[str]
    snippet: str
    drawing: Drawing | None


def shares(tallies: Sequence[Tally], limit: int | None) -> dict[int, int]:
    """Return how many findings of each group are shown, by its `id()`: of each rule one first, then a second, and so on."""
    taken: dict[int, int] = {}
    left = MOST
    for turn in range(1, (MOST if limit is None else limit) + 1):
        before = left
        for group in (group for tally in tallies for group in tally.groups[:FILES]):
            if left and group.count >= turn:
                taken[id(group)] = turn
                left -= 1
        if left == before:
            break
    return taken


class Sampler:
    """Makes the examples of a report. `scenes` are the files by their paths; of others there is only text."""

    def __init__(self, report: Report, scenes: Mapping[str, Scene], paths: Paths, count: int) -> None:
        self._paths = paths
        self._report = report
        self._scenes = scenes
        self._most = min(LARGEST, BYTES // max(1, count))

    def examples(self, group: FindingGroup, count: int) -> list[Example]:
        """Return the first `count` findings of a group."""
        found = self._report.occurrences(group, count)
        finding, scene = group.finding, self._scenes.get(group.path)
        if scene is None or finding.section is None or not len(finding.rows):
            return [self._example(group, occurrence) for occurrence in found]
        rows = np.sort(finding.rows, kind="stable")[:count].tolist()
        records = scene.records(finding.section, rows)
        return [
            self._drawn(scene, group, occurrence, row, records.get(row)) for occurrence, row in zip(found, rows, strict=False)
        ]

    def _drawn(self, scene: Scene, group: FindingGroup, occurrence: Occurrence, row: int, record: Any) -> Example:
        section = group.finding.section or ""
        one = self._example(group, occurrence)
        pointer = occurrence.pointer.partition(f"/{section}/{row}")[2].split("/")[1:]
        target, place = record, row
        if section == "categories":
            example = scene.example_of(row)
            if example is None:
                return one
            section, place = "annotations", example
            target = scene.records(section, [place]).get(place)
        segment = _segment(target, pointer)
        category = scene.category_row(section, place, segment or target)
        if category >= 0:
            one.names = [short(scene.categories.name[category], 80)]
        image = scene.image_row(section, place, target)
        if image >= 0:
            one.file_name = short(scene.images.file_name[image], 160)
        one.drawing = self._drawing(scene, section, place, (target, segment), pointer, image, category)
        return one

    def _drawing(
        self, scene: Scene, section: str, row: int, found: tuple[Any, Any], pointer: list[str], image: int, category: int
    ) -> Drawing | None:  # fmt: skip
        record, segment = found
        is_image = section == "images"
        names = scene.categories.keypoints[category] if category >= 0 else None
        edges = scene.categories.skeleton[category] if category >= 0 else None
        if is_image:
            shapes = Shapes(pointer[0] if pointer else "")
        else:
            shapes = shapes_of(segment or record, pointer, names or [], edges)
        if segment:
            shapes.mask = pixels_of(scene.segment_ids(record), segment)
        others = scene.others(image, -1 if is_image else row)
        return drawn(shapes, Stage(scene.picture(image), scene.size_of(image), others, self._most), is_whole=is_image)

    def _example(self, group: FindingGroup, occurrence: Occurrence) -> Example:
        return Example(
            short(occurrence.message), f"{self._paths.shown(group.path)}:{occurrence.line}:{occurrence.column}",
            _about(occurrence), "", [], short(occurrence.snippet, 160) if occurrence.key or not occurrence.kind else "", None,
        )  # fmt: skip


def _segment(record: Any, pointer: Sequence[str]) -> dict[str, Any] | None:
    """Return the panoptic segment that a pointer leads to, None where it leads elsewhere."""
    if len(pointer) < 2 or pointer[0] != "segments_info" or not pointer[1].isdecimal() or not isinstance(record, dict):
        return None
    segments = record.get("segments_info")
    if not isinstance(segments, list) or int(pointer[1]) >= len(segments):
        return None
    segment = segments[int(pointer[1])]
    return segment if isinstance(segment, dict) else None


def _about(occurrence: Occurrence) -> list[str]:
    """Return the record of an occurrence and the image of that; the pointer where there is no record with an id."""
    found = list(map(short, whom(occurrence)))
    return found[1:] if len(found) > 1 and occurrence.pointer else found
