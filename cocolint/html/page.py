"""The html report: everything in one file, which loads nothing and sends nothing."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TextIO

from msgspec import Struct

import cocolint
from cocolint.model import Fix, Mending, Severity, Status
from cocolint.report.machine import emit
from cocolint.report.style import Style
from cocolint.report.text import clean, duration, plural, short, size
from cocolint.reported import ExitCode, FileResult, Report

if TYPE_CHECKING:
    from cocolint.html.numbers import Series
    from cocolint.html.paths import Paths
    from cocolint.html.scene import Scene

FILES = 500
"""Files that the table of files lists: those with the most findings."""
CLASSES = 300
"""Classes that the table of classes lists."""
REMARKS = 100
"""Lines of a list of what did not run."""


class FileRow(Struct):
    """One file in the table of files."""

    path: str
    task: str
    subset: str
    status: str
    note: str
    images: int
    annotations: int
    categories: int
    errors: int
    warnings: int
    infos: int


def write(report: Report, stream: TextIO, style: Style) -> None:
    """Write the page. Raises `ConfigError` where a package is missing that it is made with."""
    from cocolint.html import needed

    needed.check()
    emit(stream, _page(report, style).encode("utf-8", "backslashreplace"))


def _page(report: Report, style: Style) -> str:
    from cocolint.html.cards import Cards, cards_of
    from cocolint.html.numbers import series_of
    from cocolint.html.paths import Paths
    from cocolint.html.plots import plots_of
    from cocolint.html.svg import Sheet

    scenes = _scenes(report)
    paths = Paths(result.path for result in report.files)
    found = Cards([], [], [], 0) if report.is_fix_only else cards_of(report, scenes, paths, style.max_examples)
    series = series_of(report.run.checked if report.run else [])
    sheet = Sheet()
    plots = plots_of(series, sheet) if series else []
    return _rendered(
        sheet.css,
        {
            "version": cocolint.__version__,
            "when": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
            "verdict": _verdict(report),
            "tiles": _tiles(report),
            "folder": paths.folder,
            "remarks": list(_remarks(report)),
            "found": found,
            "all": sum(group.count for group in report.groups),
            "rows": _file_rows(report, paths),
            "hidden_files": max(0, len(report.files) - FILES),
            "plots": plots,
            "series": series,
            "left_out": _left_out(report, series),
            "classes": _class_rows(series),
            "class_count": len({name for one in series for name in one.counts}),
            "mended": [
                (one.code, short(one.name), paths.shown(one.path), one.count, one.dropped) for one in report.mended[:FILES]
            ],
            "mending": report.mending.value,
            "crashes": [
                (one.code, short(one.name), paths.shown(one.path), short(one.last_line)) for one in report.crashes[:REMARKS]
            ],
            "stale": [
                (one.code, paths.shown(one.path), plural(one.gone, "finding"), short(one.because))
                for one in report.stale[:REMARKS]
            ],
            "stale_count": len(report.stale),
            "skips": _skips(report, paths),
            "duration": duration(report.seconds),
            "exit_code": int(report.exit_code),
        },
    )


def _scenes(report: Report) -> dict[str, Scene]:
    from cocolint.html.scene import Scene

    if report.run is None:
        return {}
    return {checked.facts.display: Scene(checked, report.run.settings) for checked in report.run.checked}


def _rendered(css: str, context: dict[str, Any]) -> str:
    from jinja2 import DictLoader, Environment, StrictUndefined
    from markupsafe import Markup

    texts = {one.name: one.read_text("utf-8") for one in files("cocolint.html").joinpath("assets").iterdir() if one.is_file()}
    css, script = texts["page.css"] + css, texts["page.js"]
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(css)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    environment = Environment(
        loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"plural": plural, "number": lambda value: f"{value:,}"}
    page = environment.get_template("page.html.j2")
    plots = [(plot.title, plot.note, Markup(plot.svg), plot.shape) for plot in context.pop("plots")]
    return page.render(css=Markup(css), script=Markup(script), policy=policy, plots=plots, **context)


def _hash(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _verdict(report: Report) -> str:
    if report.exit_code is ExitCode.INTERRUPTED:
        return "interrupted"
    bad = any(result.status in (Status.FAILED, Status.UNREADABLE) for result in report.files)
    return "failed" if bad or report.exit_code is not ExitCode.OK else "passed"


def _tiles(report: Report) -> list[tuple[str, str, str]]:
    """Return the numbers at the top: what is counted, how many, and the class of the tile."""
    tasks = Counter(str(result.task) for result in report.files if result.task)
    subsets = sorted({clean(result.subset) for result in report.files if result.subset})
    return [
        ("errors", f"{report.count(Severity.ERROR):,}", "error"),
        ("warnings", f"{report.count(Severity.WARNING):,}", "warning"),
        ("infos", f"{report.count(Severity.INFO):,}", "info"),
        ("files", f"{len(report.files):,}", ""),
        ("images", f"{sum(result.images for result in report.files):,}", ""),
        ("annotations", f"{sum(result.annotations for result in report.files):,}", ""),
        ("tasks", _some(sorted(tasks)) or "-", "words"),
        ("subsets", _some(subsets) or "-", "words"),
    ]


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - 4:,} more" if len(words) > 5 else ""
    return ", ".join(short(word, 40) for word in words[: 4 if more else 5]) + more


def _remarks(report: Report) -> list[str]:
    found = []
    if report.not_coco:
        found.append(f"{plural(report.not_coco, 'JSON file')} passed over: not COCO")
    if report.stopped_early:
        found.append("stopped early: not all files were checked")
    if report.suppressed:
        found.append(f"{report.suppressed:,} suppressed by the baseline or by reviewed exceptions")
    safe, unsafe = report.fixable(Fix.SAFE), report.fixable(Fix.UNSAFE)
    if (safe or unsafe) and report.mending is Mending.OFF:
        found.append(f"can be mended: {safe:,} with --fix, {unsafe:,} more with --unsafe-fixes")
    found.append(f"{size(sum(result.bytes for result in report.files))} of annotation files")
    return found + list(map(clean, report.notes))


def _file_rows(report: Report, paths: Paths) -> list[FileRow]:
    rows = [_file_row(result, paths) for result in report.files]
    if len(rows) > FILES:
        rows = sorted(rows, key=lambda row: (-row.errors, -row.warnings, -row.infos))[:FILES]
    return rows


def _file_row(result: FileResult, paths: Paths) -> FileRow:
    counts: Counter[Severity] = Counter()
    for group in result.groups:
        counts[group.severity] += group.count
    return FileRow(
        paths.shown(result.path), str(result.task or ""), short(result.subset, 60), str(result.status), short(result.note),
        result.images, result.annotations, result.categories,
        counts[Severity.ERROR], counts[Severity.WARNING], counts[Severity.INFO],
    )  # fmt: skip


def _left_out(report: Report, series: Sequence[Series]) -> str:
    from cocolint.html.numbers import has_objects

    if not series:
        return ""
    checked = sum(map(has_objects, report.run.checked))
    return f"The {len(series)} files with the most objects, of {checked:,}." if checked > len(series) else ""


def _class_rows(series: Sequence[Series]) -> list[tuple[str, list[int]]]:
    total: Counter[str] = Counter()
    for one in series:
        total.update(one.counts)
    return [(name, [one.counts[name] for one in series]) for name, _ in total.most_common(CLASSES)]


def _skips(report: Report, paths: Paths) -> list[tuple[str, str]]:
    """Return why rules or files were left out, and which."""
    reasons: dict[str, set[str]] = {}
    for skip in report.skips:
        reasons.setdefault(clean(skip.because), set()).add(skip.code)
    found = [(because, ", ".join(sorted(codes))) for because, codes in reasons.items()]
    found += [(f"not mended: {clean(one.because)}", f"{one.code} in {paths.shown(one.path)}") for one in report.withdrawn]
    found += [(f"not mended: {clean(because)}", paths.shown(path)) for path, because in report.not_mended]
    return found[:REMARKS]
