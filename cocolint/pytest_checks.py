"""What came of each rule on each file, for the pytest plugin: every file is checked once, when a first item asks."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

import cocolint
from cocolint import app, config, discover
from cocolint.engine import registry
from cocolint.engine.rule import Rule, Scope
from cocolint.gates.gate import Gate
from cocolint.model import AnnotationFile, Status
from cocolint.read.data_sets import Several
from cocolint.read.document import open_document
from cocolint.read.slicing import NotCoco
from cocolint.read.source import Unusable
from cocolint.report.blocks import write_blocks
from cocolint.report.page import Page
from cocolint.report.style import PIPE_WIDTH, Style
from cocolint.report.summary import counts_of
from cocolint.report.text import clean, plural
from cocolint.reported import FileResult, FindingGroup, Report
from cocolint.run import meant_as_coco


class Verdict(NamedTuple):
    """What became of a rule on a file, and what is to be said of it; of what is only warned of, file and line, and column."""

    outcome: str
    text: str
    place: str = ""
    column: int = 0


Verdicts = dict[str, dict[str, Verdict]]
"""By file, as it is displayed, and name of the rule. What passed is left out."""

PASSED = Verdict("passed", "")
OUTCOMES = ("skipped", "xfailed", "warned", "failed")
"""What may become of a rule that did not pass; where there is more than one, the last of them counts."""
ALL_RULES = ""
"""Stands for the rules of a file that could not be read."""
FLAGS = ("keyword", "dialect", "ground_truth", "no_images", "exit_zero")
"""The settings that no configuration file holds, and a test may."""


class Checks:
    """The checks of one pytest session, which was started in `folder`. `width` is that of findings, in columns.

    `shared` is the folder where several processes lay down what they found, "" where there is one process.
    Raises `Failure` for settings that cannot be used.
    """

    width = PIPE_WIDTH

    def __init__(self, folder: Path, shared: str = "") -> None:
        self._folder = folder
        self._shared = shared
        self._owns_shared = False
        self._settings = config.load(config.find_file(folder))
        if shared and not self._settings.jobs:
            self._settings = replace(self._settings, jobs=1)  # a process with threads, as workers have them, does not fork
        rules = registry.load(self._settings.rules_path)
        config.rule_options(self._settings, rules)
        self._gate = Gate(self._settings, rules)
        self._files: list[AnnotationFile] = []
        self._units: dict[str, list[AnnotationFile]] = {}
        self._asked: dict[str, set[str]] = defaultdict(set)
        self._known: Verdicts = {}
        self._failure: Exception | None = None

    @property
    def about(self) -> str:
        """The version, and where the settings come from."""
        path = self._settings.config_file
        return f"{cocolint.__version__}, settings: {clean(os.path.relpath(path, self._folder)) if path else 'default'}"

    def add(self, path: Path, is_named: bool) -> list[AnnotationFile]:
        """Take in a file, or the files of an archive, and return them; none of what the settings exclude."""
        with contextlib.chdir(self._folder):
            found = discover.find([str(path)], self._settings.exclude, self._settings.kinds)
        if not is_named:
            found = [file for file in found if not any(discover.matches(file.display, one) for one in self._settings.exclude)]
        found = [file._replace(named_by_user=is_named and file.archive is None) for file in found]
        self._files += found
        return found

    def rules_for(self, file: AnnotationFile) -> list[tuple[str, str]]:
        """Return code and name of the rules whose findings in a file are reported; none if it is no annotation file.

        Of a file that cannot be used it is the one rule that says so. Raises `OSError` if it cannot be read.
        """
        try:
            tasks = {open_document(file).task}
        except Several as several:
            tasks = {open_document(part, source=several.source).task for part in several.parts}
        except NotCoco:
            return self._one("top-level-missing-images") if file.named_by_user else []
        except Unusable as fault:
            return self._one(fault.rule) if file.named_by_user or meant_as_coco(file, fault) else []
        names = self._gate.reported(file)
        return [(rule.code, rule.name) for rule in self._ordered if rule.name in names and tasks & rule.tasks]

    def _one(self, name: str) -> list[tuple[str, str]]:
        return [(self._gate.registry.get(name).code, name)]

    @property
    def _ordered(self) -> list[Rule]:
        return sorted(self._gate.chosen, key=lambda rule: rule.code)

    def plan(self, asked: Iterable[tuple[str, str]]) -> None:
        """Say which items will ask: file and name of the rule. Files are checked together only where they are compared."""
        for display, name in asked:
            self._asked[display].add(name)
        around = {rule.name for rule in self._gate.chosen if rule.scope is Scope.DATASET or "surroundings" in rule.fixtures}
        with contextlib.chdir(self._folder):
            files = discover.find(_paths_of(self._files), self._settings.exclude)
        data_sets: dict[Path, list[AnnotationFile]] = defaultdict(list)
        for file in files:
            data_sets[file.archive or file.root].append(file)
        for group in data_sets.values():
            are_one = group[0].archive is not None or any(self._asked[file.display] & around for file in group)
            self._units |= {file.display: group if are_one else [file] for file in group}

    def verdict(self, display: str, name: str) -> Verdict:
        """Return what became of a rule on a file. Raises `Failure` if the check cannot begin."""
        if self._failure:
            raise self._failure
        if display not in self._known:
            try:
                self._known |= self._verdicts_on(self._units[display])
            except Exception as error:
                self._failure = error  # so that not each item tries again
                raise
        found = self._known[display]
        if ALL_RULES in found and name not in found:
            is_said = (self._asked[display] & found.keys()) - {ALL_RULES}
            return Verdict("skipped", "the file cannot be read") if is_said else found[ALL_RULES]
        return found.get(name, PASSED)

    def _verdicts_on(self, files: list[AnnotationFile]) -> Verdicts:
        """Check some files, or take what another process found in them: the first one there keeps the others waiting."""
        if not self._shared or not os.path.isdir(self._shared):
            return self._check(files)
        try:
            import fcntl  # imported here: there is none on Windows, where each process checks for itself
        except ImportError:
            return self._check(files)
        name = hashlib.sha256("\0".join(file.display for file in files).encode("utf-8", "surrogateescape")).hexdigest()
        path = Path(self._shared, f"{name}.json")
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                text = json.dumps(self._check(files))
                path.with_suffix(".part").write_text(text, encoding="utf-8")
                path.with_suffix(".part").rename(path)
        found = json.loads(path.read_text(encoding="utf-8"))
        return {display: {name: Verdict(*verdict) for name, verdict in rules.items()} for display, rules in found.items()}

    def _check(self, files: list[AnnotationFile]) -> Verdicts:
        with contextlib.chdir(self._folder):
            report = app.check(_paths_of(files), self._settings)
        style = Style(max_examples=self._settings.max_examples, width=self.width, fail_on=self._settings.fail_on)
        found = _verdicts_of(report, style)
        return {file.display: found.get(file.display, {}) for file in files}

    def share(self) -> str:
        """Return a folder that several processes may share, until `close`."""
        if not self._shared:
            self._shared = tempfile.mkdtemp(prefix="cocolint-")
            self._owns_shared = True
        return self._shared

    def close(self) -> None:
        """Remove what is temporary."""
        if self._owns_shared:
            shutil.rmtree(self._shared, ignore_errors=True)


def _paths_of(files: list[AnnotationFile]) -> list[str]:
    return list(dict.fromkeys(str(file.archive or file.path) for file in files))


def report_on(paths: Iterable[str | os.PathLike[str]], named: dict[str, Any]) -> Report:
    """Check files with the settings of the project and those that are `named`. Raises `Failure`, `TypeError` for a setting
    that is not there."""
    known = {key.replace("-", "_"): key for key in config.ABOUT}
    for name in named:
        if name not in (*known, *FLAGS, "task"):
            raise TypeError(f"there is no setting '{name}'{registry.did_you_mean(name, (*known, *FLAGS, 'task'))}")
    given = {known[name]: value for name, value in named.items() if name in known}
    flags = {name: value for name, value in named.items() if name in FLAGS}
    if "ground_truth" in flags:
        flags["ground_truth"] = Path(flags["ground_truth"])
    return app.check([os.fspath(path) for path in paths], config.resolve(given, flags, named.get("task", ""), [], False))


def text_of(report: Report) -> str:
    """Return the full report. Its first line, which pytest puts into its own summary, says how much was found."""
    from cocolint.report import full

    stream = io.StringIO()
    full.write(report, stream, Style())
    return f"{counts_of(report)}\n{stream.getvalue().rstrip()}"


def _verdicts_of(report: Report, style: Style) -> Verdicts:
    found: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for result in report.files:
        for name, verdict in _verdicts_in(report, result, style):
            found[discover.whole_of(result.path), name].append(verdict)
    for crash in report.crashes:
        found[discover.whole_of(crash.path), crash.name].append(Verdict("failed", f"{crash.code} crashed:\n{crash.error}"))
    for stale in report.stale:
        text = f"{stale.code} in {stale.path}: {clean(stale.because)}"
        for result in report.files:
            if discover.matches(result.path, stale.path):
                found[discover.whole_of(result.path), report.names.get(stale.code, stale.code)].append(Verdict("failed", text))
                break
    verdicts: Verdicts = defaultdict(dict)
    for (display, name), several in found.items():
        worst = max(several, key=lambda verdict: OUTCOMES.index(verdict.outcome))
        texts = [verdict.text for verdict in several if verdict.outcome == worst.outcome]
        verdicts[display][name] = worst._replace(text="\n\n".join(dict.fromkeys(texts)))
    return verdicts


def _verdicts_in(report: Report, result: FileResult, style: Style) -> Iterator[tuple[str, Verdict]]:
    for group in result.groups:
        if group.severity >= style.fail_on:
            yield group.name, Verdict("failed", _block(report, result, group, style))
        else:
            yield group.name, _warning(report, group)
    for one in result.suppressed:
        if one.is_whole:
            yield one.group.name, Verdict("xfailed", f"{plural(one.group.count, 'finding')}: {clean(one.because)}")
    for skip in result.skips:
        yield skip.name, Verdict("skipped", skip.because)
    if result.status is Status.UNREADABLE:
        yield ALL_RULES, Verdict("failed", f"{clean(result.path)}: {clean(result.note)}")
    elif result.status is Status.SKIPPED:
        yield ALL_RULES, Verdict("skipped", clean(result.note))


def _block(report: Report, result: FileResult, group: FindingGroup, style: Style) -> str:
    """Return a finding as the terminal report shows it."""
    stream = io.StringIO()
    write_blocks(Page(stream, style), replace(report, files=[replace(result, groups=[group])]))
    return stream.getvalue().strip("\n")


def _warning(report: Report, group: FindingGroup) -> Verdict:
    place, column = group.path, 0
    for first in report.occurrences(group, 1):
        place, column = f"{group.path}:{first.line}", first.column
    how_many = f" ({group.count:,} of {group.total:,})" if len(group.finding.rows) else ""
    return Verdict("warned", f"{group.code} {group.name}: {clean(group.summary)}{how_many}", clean(place), column)
