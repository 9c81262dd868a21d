"""Counts of annotation files, printed: tables and bars for people, one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TextIO

import cocolint
from cocolint.failure import ConfigError
from cocolint.model import Ints
from cocolint.read.geometry import median
from cocolint.report.page import Page, Piece, style_of, text_of, widths_of
from cocolint.report.style import Style, wants_color, width_of
from cocolint.report.text import clean, fit, percent, plural
from cocolint.stats import SIZES, VISIBILITY, FileStats, Stats

FORMATS = ("text", "json")
NAME = 28
"""Columns for a name, at most; in a narrow terminal a quarter of it."""
BAR = 40
"""Columns for a bar, at most."""
FEW = 10
"""Objects of an image; up to so many are counted one by one."""
EDGES = ("small, below 32 x 32", "medium", "large, from 96 x 96", "unknown")


class Bin(NamedTuple):
    """How many `images` have from `least` to `most` objects."""

    least: int
    most: int
    images: int


def check_format(output_format: str) -> None:
    """Raise `ConfigError` if there is no such format."""
    if output_format not in FORMATS:
        raise ConfigError(f"no output format '{output_format}'; there are {', '.join(FORMATS)}")


def write(stats: Stats, stream: TextIO, output_format: str, top: int) -> None:
    """Write the counts as text or JSON. `top` is how many classes, and values of an attribute, are listed; 0 for all."""
    if output_format == "json":
        json.dump(_report(stats), stream, indent=2)
        stream.write("\n")
        return
    page = Page(stream, Style(color=wants_color("auto", stream), width=width_of(stream)))
    sheet = _Sheet(page, top, _block_of(stream))
    if len(stats.files) > 1:
        sheet.overview(stats.files)
    for number, file in enumerate(stats.files):
        if number or len(stats.files) > 1:
            page.line()
        sheet.file(file)
    if stats.not_coco:
        page.line()
        page.line(f"{plural(stats.not_coco, 'JSON file')} passed over: not COCO")


def _block_of(stream: TextIO) -> str:
    try:
        "█".encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "█"


class _Sheet:
    """Writes tables with bars on a page."""

    def __init__(self, page: Page, top: int, block: str) -> None:
        self._page = page
        self._top = top
        self._block = block
        self._name_width = min(NAME, page.width // 4)

    def overview(self, files: Sequence[FileStats]) -> None:
        """Write one line for each file."""
        head: list[Piece] = [(word, "bold") for word in ("", "images", "empty", "objects", "classes", "median per image")]
        rows: list[list[Piece]] = [head]
        for file in files:
            counts = (file.images, file.empty, file.objects, int((file.uses > 0).sum()))
            rows.append([file.path, *(f"{count:,}" for count in counts), _typical(file)])
        width = max(8, self._page.width - sum(widths_of(rows)[1:]) - 2 * 5)
        self._page.table([[(_tail(text_of(row[0]), width), style_of(row[0])), *row[1:]] for row in rows], right=range(1, 6))

    def file(self, file: FileStats) -> None:
        """Write all of one file."""
        self._page.line((file.path, "bold"))
        facts = [
            str(file.task),
            file.subset,
            file.dialect,
            plural(file.images, "image"),
            plural(file.annotations, "annotation"),
        ]
        if file.objects != file.annotations:
            facts.append(plural(file.objects, "segment"))
        self._page.flow(facts, " · ")
        if file.objects:
            self._classes(file)
            if self._has_shapes(file):
                self._bars("sizes", [(edge, int(n)) for edge, n in zip(EDGES, file.sizes, strict=True) if n], file.objects)
                self._shapes(file)
        self._crowding(file)
        self._joints(file)
        self._attributes(file)

    @staticmethod
    def _has_shapes(file: FileStats) -> bool:
        return bool(file.sizes[:3].any())

    def _classes(self, file: FileStats) -> None:
        if not file.classes:
            return
        order = sorted(range(len(file.classes)), key=lambda row: -file.uses[row])
        used = [row for row in order if file.uses[row]]
        listed = used[: self._top or None]
        rows = [(file.classes[row][1] or f"id {file.classes[row][0]}", int(file.uses[row])) for row in listed]
        unused = f", {len(order) - len(used):,} without objects" if len(order) > len(used) else ""
        self._bars(f"classes: {len(file.classes):,}{unused}", rows, int(file.uses.sum()))
        if len(used) > len(listed):
            rest = int(file.uses.sum()) - sum(count for _, count in rows)
            self._page.line(f"    ... {len(used) - len(listed):,} more with {plural(rest, 'object')}. All: --top 0")

    def _shapes(self, file: FileStats) -> None:
        rest = file.annotations - file.polygons - file.masks
        kinds = [f"polygons {file.polygons:,}", f"run lengths {file.masks:,}", f"no mask {rest:,}"]
        crowds = f"crowds {file.crowds:,}"
        self._page.flow([*kinds, crowds] if file.objects == file.annotations else [crowds], " · ", indent=4)

    def _crowding(self, file: FileStats) -> None:
        if not len(file.per_image):
            return
        most = int(file.per_image.max())
        title = f"objects per image: median {_typical(file)}, mean {file.per_image.mean():.3g}, most {most:,}"
        if file.images:
            title += f"; {plural(file.empty, 'image')} without any"
        rows = [
            (f"{one.least:,}" if one.least == one.most else f"{one.least:,} to {one.most:,}", one.images)
            for one in histogram(file.per_image)
        ]
        self._bars(title, rows, len(file.per_image))

    def _joints(self, file: FileStats) -> None:
        for row, counts in sorted(file.joints.items()):
            names = file.points[row] or []
            people = int(counts[0].sum())
            words = VISIBILITY if counts[:, -1].any() else VISIBILITY[:-1]
            table: list[list[Piece]] = [["", *((word, "dim") for word in words), ("labelled", "dim")]]
            for name, values in zip(names, counts.tolist(), strict=True):
                numbers = [f"{value:,}" for value in values[: len(words)]]
                table.append([fit(str(name), self._name_width), *numbers, percent(people - values[0], people)])
            labelled = [0, *(people - counts[:, 0]).tolist()]
            self._heading(f"keypoints of {fit(file.classes[row][1], NAME)}: {plural(people, 'object')}")
            self._page.table(self._with_bars(table, labelled, people), right=range(1, len(words) + 2), indent=4)

    def _attributes(self, file: FileStats) -> None:
        for name, attribute in file.attributes.items():
            there = attribute.values.total() + attribute.beyond
            rows = attribute.values.most_common(self._top or None)
            rest = len(attribute.values) - len(rows)
            self._bars(f"attribute {fit(name, NAME)}: {there:,} of {file.annotations:,}", rows, there)
            if rest or attribute.beyond:
                more = "at least " if attribute.beyond else ""
                self._page.line(f"    ... {more}{plural(rest, 'more value')}" + ("" if attribute.beyond else ". All: --top 0"))

    def _bars(self, title: str, rows: Sequence[tuple[str, int]], whole: int) -> None:
        """Write a title, and a line for each of some parts of a whole, with a bar as long as the part is large."""
        self._heading(title)
        table: list[list[Piece]] = [[fit(name, self._name_width), f"{count:,}", percent(count, whole)] for name, count in rows]
        if table:
            counts = [count for _, count in rows]
            self._page.table(self._with_bars(table, counts, max(counts)), right=(1, 2), indent=4)

    def _heading(self, title: str) -> None:
        head, colon, tail = title.partition(": ")
        self._page.line()
        self._page.prose(tail, indent=2, label=(head + colon.strip(), "bold"))

    def _with_bars(self, table: list[list[Piece]], counts: Sequence[int], whole: int) -> list[list[Piece]]:
        """Return a table with one more column of bars, that of `whole` as long as there is room."""
        width = max(0, min(BAR, self._page.width - sum(widths_of(table)) - 2 * len(table[0]) - 4))
        lengths = [min(width, max(bool(count), round(width * count / max(1, whole)))) for count in counts]
        return [[*row, (self._block * length, "cyan")] for row, length in zip(table, lengths, strict=True)]


def _tail(path: str, width: int) -> str:
    """Return the end of a path, where files differ."""
    text = clean(path)
    return text if len(text) <= width else "..." + text[3 - width :]


def _typical(file: FileStats) -> str:
    return f"{median(file.per_image):g}" if len(file.per_image) else "-"


def histogram(per_image: Ints) -> list[Bin]:
    """Return how many images have none, 1, 2, 3 to 4, 5 to 8 objects, and so on; where none has many, each number by itself.

    Of the first bins that are empty only that for none is kept.
    """
    bins = list(_bins(per_image, per_image.max() if len(per_image) else -1))
    first = next((place for place, one in enumerate(bins) if place and one.images), 1)
    return bins[:1] + bins[first:]


def _bins(per_image: Ints, largest: int) -> Iterator[Bin]:
    least, most = 0, 0
    while least <= largest:
        yield Bin(least, most, int(((per_image >= least) & (per_image <= most)).sum()))
        least, most = most + 1, most + 1 if largest <= FEW else max(1, 2 * most)


def _report(stats: Stats) -> dict[str, Any]:
    return {
        "version": 1,
        "tool": {"name": "cocolint", "version": cocolint.__version__},
        "files": list(map(_entry, stats.files)),
        "not_coco": stats.not_coco,
        "problems": stats.problems,
    }


def _entry(file: FileStats) -> dict[str, Any]:
    per_image = file.per_image
    return {
        "path": file.path,
        "task": str(file.task),
        "subset": file.subset,
        "dialect": file.dialect,
        "images": file.images,
        "empty_images": file.empty,
        "annotations": file.annotations,
        "objects": file.objects,
        "crowds": file.crowds,
        "polygons": file.polygons,
        "masks": file.masks,
        "classes": [
            {"id": id_, "name": name, "objects": uses}
            for (id_, name), uses in zip(file.classes, file.uses.tolist(), strict=True)
        ],
        "sizes": dict(zip(SIZES, file.sizes.tolist(), strict=True)),
        "objects_per_image": {
            "median": median(per_image) if len(per_image) else None,
            "mean": float(per_image.mean()) if len(per_image) else None,
            "max": int(per_image.max()) if len(per_image) else None,
            "histogram": [one._asdict() for one in histogram(per_image)],
        },
        "keypoints": [
            {
                "class": file.classes[row][0],
                "joints": [
                    {"name": name, **dict(zip(_keys(), values, strict=True))}
                    for name, values in zip(file.points[row] or [], counts.tolist(), strict=True)
                ],
            }
            for row, counts in sorted(file.joints.items())
        ],
        "attributes": {
            name: {"values": dict(attribute.values.most_common()), "beyond": attribute.beyond}
            for name, attribute in file.attributes.items()
        },
    }


def _keys() -> list[str]:
    return [word.replace(" ", "_") for word in VISIBILITY]
