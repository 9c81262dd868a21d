"""Checking the files of one run: each on its own, then against the others of its data set."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct, field
from msgspec.structs import replace

from cocolint import batches, discover
from cocolint.cache.last_failed import Verdict
from cocolint.checking import FileChecker, NoProgress, Progress
from cocolint.config import Settings
from cocolint.engine.dataset import Dataset, Member, truth_of
from cocolint.engine.pool import Processes, Workers
from cocolint.engine.requirements import Verdicts
from cocolint.engine.rule import Rule, Rules
from cocolint.engine.running import Absent, Options, Outcome
from cocolint.engine.whole_file import Checked, check_document, silent_in
from cocolint.failure import PathError
from cocolint.gates.exceptions import Exceptions
from cocolint.gates.gate import Gate
from cocolint.model import AnnotationFile, FileFacts, Finding, Severity, Status, Task
from cocolint.read import others
from cocolint.read.data_sets import Several
from cocolint.read.document import open_document
from cocolint.read.locate import Locator
from cocolint.read.slicing import NotCoco
from cocolint.read.source import Source, Unusable, size_of
from cocolint.reported import FileResult, FindingGroup, Skip

if TYPE_CHECKING:
    from cocolint.cache.results import Place, Results
    from cocolint.engine.following import Following, Sliced


class Run(Struct, dict=True):
    """Files, checked with the same settings, and all that came of it.

    `fixtures` are those of the whole run, `workers` share the slices of large files. `results` come in the order of the files,
    `checked` holds those that could be read. `ran` are for each of them the names of the rules that gave a verdict. `cache`
    holds results of earlier runs, if they may be used. `seconds` are those of rules in other processes. `marks` and `names`
    are what many files have in common.
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
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    marks: dict[Any, list[tuple[str, str]]] = {}
    names: dict[Any, frozenset[str]] = {}
    not_coco: int = 0
    broken: bool = False
    stopped_early: bool = False

    def check(self, files: list[AnnotationFile]) -> None:
        """Check each file on its own, then compare them. Raises `PathError` if the ground truth cannot be read."""
        collecting = gc.isenabled()
        gc.disable()  # of many files much is kept, and would be looked at again and again
        try:
            with closing(self._each(files)) as done:
                for file in done:
                    if self.gate.enough(self.results):
                        self.stopped_early = file is not files[-1]
                        break
            self._compare()
        finally:
            if collecting:
                gc.enable()

    def _each(self, files: list[AnnotationFile]) -> Generator[AnnotationFile]:
        """Check the files, and yield each that is done."""
        shares = isinstance(self.workers, Processes) and self.workers.count > 1 and len(files) >= batches.MANY
        for some, sizes in batches.stretches(files) if shares else [(files, [])]:
            if sizes:
                yield from self._each_of_many(some, sizes)
                continue
            for file in some:
                self._check_file(file)
                yield file

    def _each_of_many(self, files: list[AnnotationFile], sizes: list[int]) -> Generator[AnnotationFile]:
        """Check small files in several processes; those of which nothing comes back are checked here."""
        left = zip(files, sizes, strict=True)
        with closing(batches.shared(files, sizes, self._alone)) as shared:
            for batch in shared:
                for steps, found in ((self.steps, batch.steps), (self.seconds, batch.rules)):
                    for name, seconds in found.items():
                        steps[name] += seconds
                for (file, size), sent in zip(islice(left, len(batch.files)), batch.files, strict=True):
                    if sent is None:
                        self._check_file(file)
                    else:
                        self.progress.start(file.display, size)
                        self._take(batches.received(file, sent, batch, self._alone), at_once=True)
                        self.progress.advance(size)
                    yield file

    def following(self, checked: Checked, copy: Path) -> Following | None:
        """Return who checks the slices of a mended copy while it is written, None where that has to wait."""
        return self._alone.following(checked, copy)

    def again(self, copies: Mapping[str, Path], sliced: Mapping[str, Sliced]) -> Self:
        """Return the run with mended `copies` in the place of some files, which alone are read anew.

        `sliced` is what came of the slices of some of them.
        """
        run = replace(
            self, results=[], checked=[], locators=dict(self.locators), steps=defaultdict(float), progress=NoProgress()
        )
        known = {checked.facts.display: checked for checked in self.checked}
        for result in self.results:
            checked = known.get(result.path)
            if checked is None:
                run.results.append(result)
            elif result.path in copies:
                file = checked.document.file._replace(mended=copies[result.path], named_by_user=True)
                run._check_file(file, checked, sliced.get(result.path))
            else:
                run._take(replace(checked, compared=Outcome()))
        run._compare()
        return run

    @cached_property
    def _alone(self) -> FileChecker:
        """Who checks each file on its own."""
        return FileChecker(
            self.gate.rules, self.options, self.settings, self.fixtures, self.workers, self.progress, self.steps
        )  # fmt: skip

    def _check_file(self, file: AnnotationFile, before: Checked | None = None, sliced: Sliced | None = None) -> None:
        try:
            self._read_and_check(file, before=before, sliced=sliced)
        except OSError as error:
            self.broken = True
            note = f"cannot be read: {error.strerror or error}"
            self.results.append(FileResult(file.display, file.task, file.subset, "", file.layout, Status.UNREADABLE, note=note))

    def _read_and_check(
        self,
        file: AnnotationFile,
        source: Source | None = None,
        before: Checked | None = None,
        sliced: Sliced | None = None,
    ) -> None:
        size = size_of(file)
        self.progress.start(file.display, size)
        begin = time.perf_counter()
        place = self.cache.place_of(file) if self.cache else None
        if place and self._recall(file, place):
            self.progress.advance(size)
            self.steps["look up"] += time.perf_counter() - begin
            return
        try:
            checked = self._alone.check(file, source, before, sliced)
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
            if self.cache and place and isinstance(checked.more["segment_folder"], Absent):
                self.cache.keep(place, checked)
            self._take(checked)

    def _unusable(self, file: AnnotationFile, size: int, fault: Unusable) -> None:
        """Report a file that has one finding and nothing more to look at."""
        task = file.task or Task.INSTANCES
        facts = FileFacts(file.display, task, file.subset, "", file.layout, True, frozenset(), {})
        rules = Rules([replace(self.gate.registry.get(fault.rule), requires=())])
        groups = self.gate.passes_unless_ignored(Verdicts({fault.rule: [fault.finding]}, facts, rules).groups, file)
        status = Status.UNREADABLE if groups else Status.SKIPPED
        result = FileResult(file.display, file.task, file.subset, "", file.layout, status, bytes=size, note=str(fault))
        result.groups = groups
        result.marks = _marks(rules, groups, [])
        self.locators[file.display] = Locator(file.remote or file.path, source=fault.source)
        self.results.append(result)

    def _recall(self, file: AnnotationFile, place: Place) -> bool:
        """Take what came of a file in an earlier run; return whether there was anything."""
        earlier = self.cache.find(place, file) if self.cache else None
        if earlier is None:
            return False
        alone, document = self._alone, earlier.document
        rules = alone.rules_for(document.task)
        pngs = alone.pngs_of(file, document.task)
        if not isinstance(pngs, Absent):
            return False
        more = alone.more(file, pngs, alone.pictures_of(document))
        self._take(earlier.checked(rules, self.options, more, pngs))
        return True

    def _take(self, checked: Checked, at_once: bool = False) -> None:
        """Take note of a file. It is judged when it was compared, or `at_once`, as it has to be if the run may stop here."""
        checked.document.source.let_go()
        self.checked.append(checked)
        self.locators[checked.facts.display] = Locator(checked.document.file.path, checked.document)
        file = checked.document.file
        unjudged = FileResult(file.display, file.task, file.subset, "", file.layout, Status.PASSED)
        checked.is_judged = at_once or bool(self.settings.maxfail)
        self.results.append(self._result_of(checked) if checked.is_judged else unjudged)

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
            silent = silent_in(Dataset(members, 0, known), self.gate.rules, self.options) if len(members) > 1 else frozenset()
            for place, checked in enumerate(group):
                if checked.rules.compare:
                    alone = Absent("no other file of its data set was checked")
                    dataset = Dataset(members, place, known)
                    truth = (told or truth_of(dataset.me, members)) if checked.facts.task.is_results else None
                    checked.compare(
                        dataset if len(members) > 1 else alone,
                        truth or Absent("there is no ground truth: name it with --ground-truth"),
                        self.options,
                        silent,
                    )
                if checked.compared or not checked.is_judged or checked.member.pictures:  # which may be looked at only now
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
            return check_document(document, self._alone.check_slices(document, [], Absent("")), Rules(), {}, {}).member
        except (OSError, NotCoco, Unusable) as error:
            raise PathError(f"--ground-truth {path}: {error}") from error

    def _result_of(self, checked: Checked) -> FileResult:
        """Return what came of a file, after requirements and the gate."""
        document, facts = checked.document, checked.facts
        file = document.file
        verdicts = Verdicts(checked.findings, facts, checked.rules, checked.skipped)
        names = self.gate.reported(file)
        skips = [skip for skip in verdicts.skips if skip.name in names]
        silent = frozenset([*(skip.name for skip in skips), *checked.outcome.crashes])
        self.ran[facts.display] = self.names.setdefault((names, silent), names - silent)
        groups, suppressed, stale = self.exceptions.judge(
            self.gate.passes(verdicts.groups, file), checked, file, self.ran[facts.display]
        )
        pictures = checked.member.pictures
        return FileResult(
            file.display, document.task, file.subset, document.dialect, file.layout,
            Status.FAILED if self.gate.fails(groups) else Status.PASSED,
            len(document.images), facts.row_counts["annotations"], len(document.categories), size_of(file),
            pictures=pictures.looked_at if pictures else 0,
            marks=self._marks_of(checked, names, groups, skips), groups=groups, skips=skips,
            suppressed=suppressed, stale=stale,
        )  # fmt: skip

    def _marks_of(
        self, checked: Checked, names: frozenset[str], groups: list[FindingGroup], skips: list[Skip]
    ) -> list[tuple[str, str]]:
        """Return the marks of a file, the same object for all files of a task with the same marks."""
        key = (
            checked.document.task,
            names,
            frozenset((one.code, one.severity) for one in groups),
            frozenset(s.code for s in skips),
        )
        if key not in self.marks:
            self.marks[key] = _marks([rule for rule in checked.rules if rule.name in names], groups, skips)
        return self.marks[key]


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
