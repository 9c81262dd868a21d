"""The rules that found something, each with what the page says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct

from cocolint.html.paths import Paths
from cocolint.html.samples import Example, Sampler, shares
from cocolint.html.scene import Scene
from cocolint.report.tally import Tally, tallies
from cocolint.report.text import clean, noun_of, percent, plural, short
from cocolint.reported import FindingGroup, Report

FILES = 30
"""Files of a rule that are listed."""
SAYINGS = 3
"""Texts of a rule that are shown where its groups differ."""
CLASSES = 400
"""Classes that one can filter by: those with the most findings."""


class Place(Struct):
    """What a rule found in one file."""

    path: str
    count: int
    extent: str


class Shown(Struct):
    """An example, with the numbers of its file and its classes in the filters."""

    example: Example
    file: int
    classes: list[int]


class Card(Struct):
    """One rule at one severity. `files` and `classes` are numbers in the filters."""

    code: str
    name: str
    severity: str
    fix: str
    count: int
    file_count: int
    summaries: list[str]
    breaks: list[str]
    demands: list[tuple[str, str]]
    hints: list[str]
    related: list[str]
    suppressed: int
    places: list[Place]
    examples: list[Shown]
    files: list[int]
    classes: list[int] = []

    @property
    def anchor(self) -> str:
        """Its id in the page."""
        return f"{self.code}-{self.severity}"


class Cards(Struct):
    """All rules that found something, worst first, and the names that one can filter by."""

    cards: list[Card]
    files: list[str]
    classes: list[str]
    shown: int

    @property
    def has_grey(self) -> bool:
        """Whether an example is drawn without its picture."""
        return any(
            shown.example.drawing and not shown.example.drawing.picture for card in self.cards for shown in card.examples
        )


def cards_of(report: Report, scenes: Mapping[str, Scene], paths: Paths, limit: int | None) -> Cards:
    """Return the cards of a report, with at most `limit` examples of each rule and file."""
    found = tallies(report)
    wanted = shares(found, limit)
    count = sum(wanted.values())
    sampler = Sampler(report, scenes, paths, count)
    named = list(dict.fromkeys(group.path for tally in found for group in tally.groups))
    numbers = {path: number for number, path in enumerate(named)}
    by_class: dict[str, dict[int, int]] = {}
    cards = []
    for place, tally in enumerate(found):
        examples = [
            (example, numbers[group.path])
            for group in tally.groups
            if id(group) in wanted
            for example in sampler.examples(group, wanted[id(group)])
        ]
        for group in tally.groups:
            for name, number in _classes(group, scenes.get(group.path)).items():
                of_rule = by_class.setdefault(name, {})
                of_rule[place] = of_rule.get(place, 0) + number
        shown = [Shown(example, file, []) for example, file in examples]
        cards.append(_card(tally, shown, paths, sorted({numbers[group.path] for group in tally.groups})))
    classes = _number_classes(cards, by_class)
    return Cards(cards, [paths.shown(path) for path in named], classes, count)


def _number_classes(cards: list[Card], by_class: Mapping[str, Mapping[int, int]]) -> list[str]:
    """Give the most frequent classes numbers, in the order of their names, and tell the cards."""
    frequent = sorted(by_class, key=lambda name: -sum(by_class[name].values()))[:CLASSES]
    names = sorted(frequent, key=str.casefold)
    for number, name in enumerate(names):
        for place in by_class[name]:
            cards[place].classes.append(number)
    numbers = {name: number for number, name in enumerate(names)}
    for card in cards:
        for shown in card.examples:
            shown.classes = [numbers[name] for name in shown.example.names if name in numbers]
    return names


def _classes(group: FindingGroup, scene: Scene | None) -> dict[str, int]:
    """Return how many of the findings of a group are of each class."""
    finding = group.finding
    if scene is None or not len(finding.rows) or finding.section not in ("annotations", "categories"):
        return {}
    rows = finding.rows
    if finding.section == "annotations":
        rows = scene.index.category[rows]
    known = scene.categories if finding.section == "categories" else scene.document.categories
    rows, counts = np.unique(rows[(rows >= 0) & (rows < len(known))], return_counts=True)
    found: dict[str, int] = {}
    for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
        name = short(known.name[row], 80)
        found[name] = found.get(name, 0) + count
    return found


def _card(tally: Tally, examples: list[Shown], paths: Paths, files: list[int]) -> Card:
    groups = tally.groups
    demands = {demand.profile: demand.effect for group in groups for demand in group.profiles}
    return Card(
        tally.code, short(tally.name, 120), str(tally.severity), str(tally.fix or ""), tally.count, tally.files,
        _distinct(group.summary for group in groups), _distinct(group.breaks for group in groups),
        [(short(name), short(effect, 600)) for name, effect in demands.items()], _distinct(group.hint for group in groups),
        sorted({clean(name) for group in groups for name in group.related}), sum(group.suppressed for group in groups),
        _places(groups, paths)[:FILES], examples, files,
    )  # fmt: skip


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(short(text, 900) for text in texts if text))[:SAYINGS]


def _places(groups: Sequence[FindingGroup], paths: Paths) -> list[Place]:
    by_path: dict[str, list[FindingGroup]] = {}
    for group in groups:
        by_path.setdefault(group.path, []).append(group)
    return [
        Place(paths.shown(path), sum(group.count for group in found), _extent(found[0]) if len(found) == 1 else "")
        for path, found in by_path.items()
    ]


def _extent(group: FindingGroup) -> str:
    section = group.finding.section
    if section is None or not len(group.finding.rows):
        return "the file"
    noun = noun_of(section)
    if group.total >= group.count > 0:
        return f"of {plural(group.total, noun)} ({percent(group.count, group.total)})"
    return f"in {plural(group.total, noun)}"
