"""Checking the files of one run: each on its own, then against the others of its data set."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from msgspec import Struct, field
from msgspec.structs import replace

from cocolint import discover
from cocolint.cache.last_failed import Verdict
from cocolint.config import Settings
from cocolint.engine import pool
from cocolint.engine.dataset import Dataset, Member, truth_of
from cocolint.engine.pool import Workers
from cocolint.engine.requirements import Verdicts
from cocolint.engine.rule import Rule, Scope
from cocolint.engine.running import REMOTE, Absent, Checked, Options, Outcome, Pngs, SliceOutcome, check_document, pngs_of
from cocolint.failure import PathError
from cocolint.gates.exceptions import Exceptions
from cocolint.gates.gate import Gate
from cocolint.model import AnnotationFile, FileFacts, Finding, Mending, Severity, Status, Task
from cocolint.pictures import image_root
from cocolint.pictures.files import Pictures
from cocolint.read import others
from cocolint.read.data_sets import Several
from cocolint.read.document import Document, open_document
from cocolint.read.locate import Locator
from cocolint.read.slicing import NotCoco
from cocolint.read.source import Source, Unusable, size_of
from cocolint.read.structure import BadCut
from cocolint.reported import FileResult, FindingGroup, Skip

if TYPE_CHECKING:
    from cocolint.cache.results import Place, Results


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


class Run(Struct):
    """Files, checked with the same settings, and all that came of it.

    `fixtures` are those of the whole run, `workers` share the slices of large files. `results` come in the order of the files,
    `checked` holds those that could be read. `ran` are for each of them the names of the rules that gave a verdict. `cache`
    holds results of earlier runs, if they may be used.
    """

    gate: Gate
    exceptions: Exceptions
    options: Options
    settings: Settings
    fixtures: Mapping[str, Any]
    workers: Workers
    progress: Progress
    cache: Results | None = None
    results: list[FileResult] = []
    locators: dict[str, Locator] = {}
    checked: list[Checked] = []
    ran: dict[str, frozenset[str]] = {}
    steps: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    not_coco: int = 0
    broken: bool = False
    stopped_early: bool = False

    def check(self, files: list[AnnotationFile]) -> None:
        """Check each file on its own, then compare them. Raises `PathError` if the ground truth cannot be read."""
        for file in files:
            self._check_file(file)
            if self.gate.enough(self.results):
                self.stopped_early = file is not files[-1]
                break
        self._compare()

    def again(self, copies: Mapping[str, Path]) -> Self:
        """Return the run with mended `copies` in the place of some files, which alone are read anew."""
        run = replace(
            self, results=[], checked=[], locators=dict(self.locators), steps=defaultdict(float), progress=NoProgress()
        )
        known = {checked.facts.display: checked for checked in self.checked}
        for result in self.results:
            checked = known.get(result.path)
            if checked is None:
                run.results.append(result)
            elif result.path in copies:
                run._check_file(checked.document.file._replace(mended=copies[result.path], named_by_user=True), checked)
            else:
                run.checked.append(alone := replace(checked, compared=Outcome()))
                run.results.append(run._result_of(alone))
        run._compare()
        return run

    def _check_file(self, file: AnnotationFile, before: Checked | None = None) -> None:
        try:
            self._read_and_check(file, before=before)
        except OSError as error:
            self.broken = True
            note = f"cannot be read: {error.strerror or error}"
            self.results.append(FileResult(file.display, file.task, file.subset, "", file.layout, Status.UNREADABLE, note=note))

    def _read_and_check(self, file: AnnotationFile, source: Source | None = None, before: Checked | None = None) -> None:
        size = size_of(file)
        self.progress.start(file.display, size)
        begin = time.perf_counter()
        place = self.cache.place_of(file) if self.cache else None
        if place and self._recall(file, place):
            self.progress.advance(size)
            self.steps["look up"] += time.perf_counter() - begin
            return
        try:
            document = open_document(file, source=source, before=before.document if before else None)
            opened = time.perf_counter()
            try:
                self._check_document(document, place, before)
            except BadCut:
                self._check_document(open_document(file, exact=True, source=source), place)
        except NotCoco as reason:
            if not file.named_by_user:
                self.not_coco += 1
                return
            fault = Unusable("top-level-missing-images", Finding(str(reason), hint=others.ADVICE))
            self._unusable(file, size, fault)
        except Several as several:
            for part in several.parts:
                self._read_and_check(part, several.source)
        except Unusable as fault:
            if not file.named_by_user and not meant_as_coco(file, fault):
                self.not_coco += 1
                return
            self._unusable(file, size, fault)
        else:
            self.steps["open"] += opened - begin
            self.steps["decode and check"] += time.perf_counter() - opened

    def _unusable(self, file: AnnotationFile, size: int, fault: Unusable) -> None:
        """Report a file that has one finding and nothing more to look at."""
        task = file.task or Task.INSTANCES
        facts = FileFacts(file.display, task, file.subset, "", file.layout, True, frozenset(), {})
        rules = [replace(self.gate.registry.get(fault.rule), requires=())]
        groups = self.gate.passes_unless_ignored(Verdicts({fault.rule: [fault.finding]}, facts, rules).groups, file)
        status = Status.UNREADABLE if groups else Status.SKIPPED
        result = FileResult(file.display, file.task, file.subset, "", file.layout, status, bytes=size, note=str(fault))
        result.groups = groups
        result.marks = _marks(rules, groups, [])
        self.locators[file.display] = Locator(file.remote or file.path, source=fault.source)
        self.results.append(result)

    def _check_document(self, document: Document, place: Place | None, before: Checked | None = None) -> None:
        rules = self._rules_for(document)
        pngs = pngs_of(document, rules, self.settings.no_images)
        slices = self._check_slices(document, rules, pngs)
        checked = check_document(document, slices, rules, self.options, self._more(document, rules, pngs), before)
        document.source.check_unchanged()
        if self.cache and place and isinstance(pngs, Absent):
            self.cache.keep(place, checked)
        self._take(checked)

    def _recall(self, file: AnnotationFile, place: Place) -> bool:
        """Take what came of a file in an earlier run; return whether there was anything."""
        earlier = self.cache.find(place, file) if self.cache else None
        if earlier is None:
            return False
        rules = self._rules_for(earlier.document)
        pngs = pngs_of(earlier.document, rules, self.settings.no_images)
        if not isinstance(pngs, Absent):
            return False
        self._take(earlier.checked(rules, self.options, self._more(earlier.document, rules, pngs), pngs))
        return True

    def _rules_for(self, document: Document) -> list[Rule]:
        return [rule for rule in self.gate.rules if document.task in rule.tasks]

    def _more(self, document: Document, rules: list[Rule], pngs: Pngs) -> dict[str, Any]:
        """Return the fixtures that are not of the annotation file alone."""
        more = {**self.fixtures, "segment_folder": pngs, "pictures": self._pictures_of(document, rules)}
        if document.file.archive:
            more["surroundings"] = Absent("the file is in an archive")
        if document.file.remote:
            more["surroundings"] = Absent(REMOTE)
        return more

    def _take(self, checked: Checked) -> None:
        self.checked.append(checked)
        self.locators[checked.facts.display] = Locator(checked.document.file.path, checked.document)
        self.results.append(self._result_of(checked))

    def _check_slices(self, document: Document, rules: list[Rule], pngs: Pngs) -> list[SliceOutcome]:
        folder, advance = self.settings.rules_path, self.progress.advance
        return pool.check_slices(document, rules, self.options, self.workers, folder, advance, pngs)

    def _pictures_of(self, document: Document, rules: list[Rule]) -> Pictures | Absent:
        mends = self.settings.mending is not Mending.OFF
        if not any("pictures" in one.fixtures for rule in rules for one in (rule, *(rule.fixers if mends else ()))):
            return Absent("no rule asks for them")
        if self.settings.no_images:
            return Absent("--no-images")
        if document.file.remote and self.settings.images_root is None:
            return Absent(f"{REMOTE}: name the folder of its pictures with --images-root")
        root = image_root.find(document.file, document.images.file_name, self.settings.images_root)
        if root is None:
            return Absent("no image root: name one with --images-root")
        return Pictures(root, document.images, self.settings.processes, self.progress)

    def _compare(self) -> None:
        """Run the rules that compare files, each data set on its own."""
        told = self._ground_truth() if any(checked.facts.task.is_results for checked in self.checked) else None
        places = self._places()
        by_root: dict[Path, list[Checked]] = defaultdict(list)
        for checked in self.checked:
            by_root[checked.document.file.root].append(checked)
        for group in by_root.values():
            members = [checked.member for checked in group]
            known: dict[Any, Any] = {}
            for place, checked in enumerate(group):
                if not any(rule.scope is Scope.DATASET for rule in checked.rules):
                    continue
                alone = Absent("no other file of its data set was checked")
                dataset = Dataset(members, place, known)
                truth = (told or truth_of(dataset.me, members)) if checked.facts.task.is_results else None
                checked.compare(
                    dataset if len(members) > 1 else alone,
                    truth or Absent("there is no ground truth: name it with --ground-truth"),
                    self.options,
                )
                if checked.compared:
                    self.results[places[checked.facts.display]] = self._result_of(checked)

    def verdicts(
        self, files: Iterable[AnnotationFile], results: Iterable[FileResult]
    ) -> Iterator[tuple[AnnotationFile, Verdict]]:
        """Yield for each of the files that were checked what came of it, or of all data sets in it."""
        by_path: dict[str, list[FileResult]] = defaultdict(list)
        for result in results:
            by_path[discover.whole_of(result.path)].append(result)
        for file in files:
            parts = by_path.get(file.display)
            if parts:
                judged = set.intersection(*(set(self.ran.get(part.path, ())) for part in parts))
                failed = {group.name for part in parts for group in part.groups if self.gate.fails([group])}
                yield file, Verdict(judged, failed, any(part.status is Status.UNREADABLE for part in parts))

    def renew_baseline(self) -> None:
        """Write what was found to the baseline, and judge by that from then on. Raises `PathError`."""
        places = self._places()
        found = [(places[checked.facts.display], checked) for checked in self.checked]
        self.exceptions.renew((self.results[place], checked, self.ran[checked.facts.display]) for place, checked in found)
        for place, checked in found:
            self.results[place] = self._result_of(checked)

    def _places(self) -> dict[str, int]:
        """Return where the result of each file is."""
        return {result.path: place for place, result in enumerate(self.results)}

    def _ground_truth(self) -> Member | None:
        """Return the file that the user named as ground truth, read but not checked. Raises `PathError` if it cannot be."""
        path = self.settings.ground_truth
        if path is None:
            return None
        file = discover.find([str(path)])[0]
        known = next((checked for checked in self.checked if checked.document.file.path == file.path), None)
        if known:
            return known.member
        try:
            document = open_document(file, exact=True)
            return check_document(document, self._check_slices(document, [], Absent("")), [], {}, {}).member
        except (OSError, NotCoco, Unusable) as error:
            raise PathError(f"--ground-truth {path}: {error}") from error

    def _result_of(self, checked: Checked) -> FileResult:
        """Return what came of a file, after requirements and the gate."""
        document, facts = checked.document, checked.facts
        file = document.file
        verdicts = Verdicts(checked.findings, facts, checked.rules, checked.skipped)
        names = self.gate.reported(file)
        skips = [skip for skip in verdicts.skips if skip.name in names]
        self.ran[facts.display] = names - {skip.name for skip in skips} - checked.outcome.crashes.keys()
        groups, suppressed, stale = self.exceptions.judge(
            self.gate.passes(verdicts.groups, file), checked, file, self.ran[facts.display]
        )
        pictures = checked.member.pictures
        return FileResult(
            file.display, document.task, file.subset, document.dialect, file.layout,
            Status.FAILED if self.gate.fails(groups) else Status.PASSED,
            len(document.images), facts.row_counts["annotations"], len(document.categories), size_of(file),
            pictures=pictures.looked_at if pictures else 0,
            marks=_marks([rule for rule in checked.rules if rule.name in names], groups, skips), groups=groups, skips=skips,
            suppressed=suppressed, stale=stale,
        )  # fmt: skip


def meant_as_coco(file: AnnotationFile, fault: Unusable) -> bool:
    """Whether an unusable file was to be an annotation file, by its name, its place, or the words at its start."""
    is_json = fault.rule == "top-level-not-object"
    if file.follows_pattern or (file.layout != "flat" and not is_json):
        return True
    head = fault.source.read(0, 1 << 20) if fault.source else b""
    return any(word in head for word in (b'"annotations"', b'"images"', b'"categories"', b'"image_id"'))


def _marks(rules: Iterable[Rule], groups: Iterable[FindingGroup], skips: Iterable[Skip]) -> list[tuple[str, str]]:
    worst: dict[str, Severity] = {}
    for group in groups:
        worst[group.code] = max(group.severity, worst.get(group.code, Severity.INFO))
    letters = {Severity.ERROR: "F", Severity.WARNING: "W", Severity.INFO: "I"}
    skipped = {skip.code for skip in skips}
    ordered = sorted(rules, key=lambda rule: rule.code)
    return [(r.code, "s" if r.code in skipped else letters[worst[r.code]] if r.code in worst else ".") for r in ordered]
