"""The way of the data: discover, read, check, gate. Reports are written from what comes out."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from cocolint import config, discover, label_list
from cocolint.config import Settings
from cocolint.engine import pool, registry
from cocolint.engine.dataset import Dataset, Member, truth_of
from cocolint.engine.requirements import Verdicts
from cocolint.engine.rule import Rule, Scope
from cocolint.engine.running import Absent, Checked, Options, Pngs, SliceOutcome, check_document, crashes_of, pngs_of
from cocolint.failure import PathError
from cocolint.gate import Gate
from cocolint.model import (
    AnnotationFile,
    Crash,
    FileFacts,
    FileResult,
    Finding,
    FindingGroup,
    Report,
    Severity,
    Skip,
    Status,
    Task,
)
from cocolint.pictures import image_root
from cocolint.pictures.files import Pictures
from cocolint.read import others
from cocolint.read.document import Document, open_document
from cocolint.read.locate import Locator
from cocolint.read.slicing import NotCoco
from cocolint.read.source import Unusable, size_of
from cocolint.read.structure import BadCut


class Progress(Protocol):
    """Whoever wants to know how far a run is."""

    def start(self, file: str, size: int, unit: str = "") -> None:
        """A file of `size` bytes is about to be read, or so many of another unit are about to be done."""

    def advance(self, size: int) -> None:
        """So many more of them are done."""


class NoProgress:
    """Nobody wants to know."""

    def start(self, file: str, size: int, unit: str = "") -> None:
        """Do nothing."""

    def advance(self, size: int) -> None:
        """Do nothing."""


@dataclass
class _Run:
    """What has come out of a run so far."""

    gate: Gate
    options: Options
    settings: Settings
    fixtures: dict[str, Any]
    progress: Progress
    results: list[FileResult] = field(default_factory=list)
    locators: dict[str, Locator] = field(default_factory=dict)
    crashes: list[Crash] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    steps: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    not_coco: int = 0
    broken: bool = False


def check(paths: Iterable[str], settings: Settings, progress: Progress | None = None) -> Report:
    """Check the files that `paths` stand for.

    Raises `PathError`, `ConfigError` or `RuleError` if the run cannot begin.
    """
    begin = time.perf_counter()
    rules = registry.load(settings.rules_path)
    gate = Gate(settings, rules)
    files = discover.find(paths, settings.exclude, settings.kinds)
    if settings.images_root and not settings.no_images:
        image_root.folder_at(settings.images_root)
    labels = (
        label_list.load(settings.labels) if settings.labels else Absent("there is no list of labels: name it with --labels")
    )
    run = _Run(gate, config.rule_options(settings, rules), settings, {"labels": labels}, progress or NoProgress())
    stopped = False
    for file in files:
        _check_file(run, _as_told(file, settings))
        if gate.enough(run.results):
            stopped = file is not files[-1]
            break
    _compare_files(run)
    for checked in run.checked:
        run.crashes += crashes_of(checked.outcome, checked.rules, checked.facts.display)
        for name, seconds in checked.outcome.seconds.items():
            run.seconds[name] += seconds
    skips = [skip for result in run.results for skip in result.skips]
    return Report(
        run.results, skips, run.crashes, len(gate.chosen), run.not_coco, stopped,
        time.perf_counter() - begin, dict(run.seconds), gate.exit_code(run.results, run.broken or bool(run.crashes)),
        lambda group, limit: run.locators[group.path].occurrences(group.finding, limit),
        dict(run.steps), {rule.code: rule.name for rule in gate.chosen},
    )  # fmt: skip


def _as_told(file: AnnotationFile, settings: Settings) -> AnnotationFile:
    if settings.task:
        file = file._replace(task=settings.task, task_is_told=True)
    return file._replace(dialect=settings.dialect)


def _check_file(run: _Run, file: AnnotationFile) -> None:
    try:
        _read_and_check(run, file)
    except OSError as error:
        run.broken = True
        note = f"cannot be read: {error.strerror or error}"
        run.results.append(FileResult(file.display, file.task, file.subset, "", file.layout, Status.UNREADABLE, note=note))


def _read_and_check(run: _Run, file: AnnotationFile) -> None:
    size = size_of(file)
    run.progress.start(file.display, size)
    begin = time.perf_counter()
    try:
        document = open_document(file)
        opened = time.perf_counter()
        try:
            _check_document(run, document)
        except BadCut:
            _check_document(run, open_document(file, exact=True))
    except NotCoco as reason:
        if not file.named_by_user:
            run.not_coco += 1
            return
        _unusable(run, file, size, Unusable("top-level-missing-images", Finding(str(reason), hint=others.ADVICE)))
    except Unusable as fault:
        if not file.named_by_user and not _meant_as_coco(file, fault):
            run.not_coco += 1
            return
        _unusable(run, file, size, fault)
    else:
        run.steps["open"] += opened - begin
        run.steps["decode and check"] += time.perf_counter() - opened


def _meant_as_coco(file: AnnotationFile, fault: Unusable) -> bool:
    """Whether an unusable file was to be an annotation file, by its name, its place, or the words at its start."""
    is_json = fault.rule == "top-level-not-object"
    if file.follows_pattern or (file.layout != "flat" and not is_json):
        return True
    head = fault.source.read(0, 1 << 20) if fault.source else b""
    return any(word in head for word in (b'"annotations"', b'"images"', b'"categories"', b'"image_id"'))


def _unusable(run: _Run, file: AnnotationFile, size: int, fault: Unusable) -> None:
    """Report a file that has one finding and nothing more to look at."""
    task = file.task or Task.INSTANCES
    facts = FileFacts(file.display, task, file.subset, "", file.layout, True, frozenset(), {})
    rules = [replace(run.gate.registry.get(fault.rule), requires=())]
    groups = run.gate.passes_unless_ignored(Verdicts({fault.rule: [fault.finding]}, facts, rules).groups, file)
    status = Status.UNREADABLE if groups else Status.SKIPPED
    result = FileResult(file.display, file.task, file.subset, "", file.layout, status, bytes=size, note=str(fault))
    result.groups = groups
    result.marks = _marks(rules, groups, [])
    run.locators[file.display] = Locator(file.path, source=fault.source)
    run.results.append(result)


def _check_document(run: _Run, document: Document) -> None:
    rules = [rule for rule in run.gate.rules if document.task in rule.tasks]
    pngs = pngs_of(document, rules, run.settings.no_images)
    slices = _check_slices(run, document, rules, pngs)
    more = {**run.fixtures, "segment_folder": pngs, "pictures": _pictures_of(run, document, rules)}
    if document.file.archive:
        more["surroundings"] = Absent("the file is in an archive")
    checked = check_document(document, slices, rules, run.options, more)
    run.checked.append(checked)
    run.locators[checked.facts.display] = Locator(document.file.path, document)
    run.results.append(_result_of(run, checked))


def _check_slices(run: _Run, document: Document, rules: list[Rule], pngs: Pngs) -> list[SliceOutcome]:
    settings = run.settings
    return pool.check_slices(document, rules, run.options, settings.processes, settings.rules_path, run.progress.advance, pngs)


def _pictures_of(run: _Run, document: Document, rules: list[Rule]) -> Pictures | Absent:
    if not any("pictures" in rule.fixtures for rule in rules):
        return Absent("no rule asks for them")
    if run.settings.no_images:
        return Absent("--no-images")
    root = image_root.find(document.file, document.images.file_name, run.settings.images_root)
    if root is None:
        return Absent("no image root: name one with --images-root")
    return Pictures(root, document.images, run.settings.processes, run.progress)


def _compare_files(run: _Run) -> None:
    """Run the rules that compare files, each data set on its own."""
    told = _ground_truth(run) if any(checked.facts.task.is_results for checked in run.checked) else None
    by_root: dict[Path, list[Checked]] = defaultdict(list)
    for checked in run.checked:
        by_root[checked.document.file.root].append(checked)
    for group in by_root.values():
        members = [_member(checked) for checked in group]
        for place, checked in enumerate(group):
            if not any(rule.scope is Scope.DATASET for rule in checked.rules):
                continue
            dataset = Dataset(members, place)
            truth = (told or truth_of(dataset.me, members)) if checked.facts.task.is_results else None
            checked.fixtures["dataset"] = dataset if len(members) > 1 else Absent("no other file of its data set was checked")
            checked.fixtures["truth"] = truth or Absent("there is no ground truth: name it with --ground-truth")
            checked.run(Scope.DATASET, run.options)
            old = next(number for number, result in enumerate(run.results) if result.path == checked.facts.display)
            run.results[old] = _result_of(run, checked)


def _member(checked: Checked) -> Member:
    document = checked.document
    pictures = checked.fixtures.get("pictures")
    return Member(
        document.file, checked.facts, document.images, document.categories, checked.index,
        pictures if isinstance(pictures, Pictures) else None,
    )  # fmt: skip


def _ground_truth(run: _Run) -> Member | None:
    """Return the file that the user named as ground truth, read but not checked. Raises `PathError` if it cannot be."""
    path = run.settings.ground_truth
    if path is None:
        return None
    file = discover.find([str(path)])[0]
    known = next((checked for checked in run.checked if checked.document.file.path == file.path), None)
    if known:
        return _member(known)
    try:
        document = open_document(file, exact=True)
        return _member(check_document(document, _check_slices(run, document, [], Absent("")), [], {}, {}))
    except (OSError, NotCoco, Unusable) as error:
        raise PathError(f"--ground-truth {path}: {error}") from error


def _result_of(run: _Run, checked: Checked) -> FileResult:
    """Return what came of a file, after requirements and the gate."""
    document, facts, outcome = checked.document, checked.facts, checked.outcome
    file = document.file
    verdicts = Verdicts(outcome.findings, facts, checked.rules, outcome.skipped)
    names = run.gate.reported(file)
    skips = [skip for skip in verdicts.skips if skip.name in names]
    groups = run.gate.passes(verdicts.groups, file)
    return FileResult(
        file.display, document.task, file.subset, document.dialect, file.layout,
        Status.FAILED if run.gate.fails(groups) else Status.PASSED,
        len(document.images), facts.row_counts["annotations"], len(document.categories), size_of(file),
        pictures=pictures.looked_at if isinstance(pictures := checked.fixtures.get("pictures"), Pictures) else 0,
        marks=_marks([rule for rule in checked.rules if rule.name in names], groups, skips), groups=groups, skips=skips,
    )  # fmt: skip


def _marks(rules: Iterable[Rule], groups: Iterable[FindingGroup], skips: Iterable[Skip]) -> list[tuple[str, str]]:
    worst: dict[str, Severity] = {}
    for group in groups:
        worst[group.code] = max(group.severity, worst.get(group.code, Severity.INFO))
    letters = {Severity.ERROR: "F", Severity.WARNING: "W", Severity.INFO: "I"}
    skipped = {skip.code for skip in skips}
    ordered = sorted(rules, key=lambda rule: rule.code)
    return [(r.code, "s" if r.code in skipped else letters[worst[r.code]] if r.code in worst else ".") for r in ordered]
