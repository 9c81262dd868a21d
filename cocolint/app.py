"""The way of the data: discover, check, mend, gate. Reports are written from what comes out."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from cocolint import config, discover, label_list
from cocolint.cache import last_failed
from cocolint.cache.folder import is_worth_it
from cocolint.cache.last_failed import LastFailed
from cocolint.checking import NoProgress, Progress
from cocolint.config import Settings
from cocolint.engine import registry
from cocolint.engine.pool import Processes, Workers
from cocolint.engine.running import Absent
from cocolint.engine.whole_file import crashes_of
from cocolint.failure import ConfigError, PathError
from cocolint.gates.exceptions import Exceptions
from cocolint.gates.gate import Gate
from cocolint.model import AnnotationFile, Mending
from cocolint.pictures import image_root
from cocolint.reported import ExitCode, Report
from cocolint.run import Run
from cocolint.workers import killed_is_told


def check(paths: Iterable[str], settings: Settings, progress: Progress | None = None) -> Report:
    """Check the files that `paths` stand for, and mend them if the settings say so.

    Raises `PathError`, `ConfigError` or `RuleError` if the run cannot begin, or if mended files cannot be written.
    """
    with _workers(settings) as workers:
        return _check(list(paths), settings, workers, progress or NoProgress())


def _workers(settings: Settings) -> AbstractContextManager[Workers]:
    """Return who checks the slices of large files. Raises `Failure` if they are not there."""
    here = Processes(settings.processes)
    if not settings.executor:
        return nullcontext(here)
    try:
        from cocolint.engine.cluster import Cluster  # imported here: most runs do without
    except ModuleNotFoundError as error:
        if error.name != "distributed":
            raise
        raise ConfigError('--executor needs Dask: pip install "cocolint[dask]"') from None
    return Cluster(settings.executor.removeprefix("dask://"), here)


def _check(given: list[str], settings: Settings, workers: Workers, progress: Progress) -> Report:
    begin = time.perf_counter()
    rules = registry.load(settings.rules_path)
    gate = Gate(settings, rules)
    exceptions = Exceptions(settings, rules, all(map(os.path.isdir, given)))
    found = discover.find(given, settings.exclude, settings.kinds, may_be_remote=True)
    files = [_as_told(file, settings) for file in found if not exceptions.is_baseline(file)]
    _refuse_to_mend(files, settings)
    files, note = _narrowed(files, settings, gate) if settings.last_failed else (files, [])
    if settings.images_root and not settings.no_images:
        image_root.folder_at(settings.images_root)
    no_labels = Absent("there is no list of labels: name it with --labels")
    labels = label_list.load(settings.labels) if settings.labels else no_labels
    run = Run(gate, exceptions, config.rule_options(settings, rules), settings, {"labels": labels}, workers, progress)
    keeps = settings.use_cache and settings.mending is Mending.OFF  # what is mended is another file a moment later
    if keeps and is_worth_it(file.path for file in files):
        from cocolint.cache.results import Results  # imported here: small files do without

        run.cache = Results(settings.cache_folder, gate.rules, run.options, settings.rules_path, settings.processes)
    run.check(files)
    if settings.write_baseline or settings.prune_baseline:
        run.renew_baseline()
    report = _report_of(run)
    if settings.mending is not Mending.OFF:
        report = _mended(run, files, given)
    if settings.use_cache:
        LastFailed.load(settings.cache_folder).update(run.verdicts(files, report.files))
    report.notes += note
    report.seconds = time.perf_counter() - begin
    return report


def _refuse_to_mend(files: Iterable[AnnotationFile], settings: Settings) -> None:
    remote = next((file for file in files if file.remote), None)
    if remote and settings.mending is not Mending.OFF:
        raise PathError(f"'{remote.display}' is not on this machine: only files on its disk are mended, so download it first")


def _narrowed(files: list[AnnotationFile], settings: Settings, gate: Gate) -> tuple[list[AnnotationFile], list[str]]:
    """Return the files in which rules failed in the last run, and a word on it; all files if none did."""
    failed = LastFailed.load(settings.cache_folder).rules_in(files)
    if not gate.narrow(failed):
        return files, ["nothing failed in the last run: all rules ran"]
    return last_failed.narrowed(files, failed, gate.registry), ["only what failed in the last run"]


def _as_told(file: AnnotationFile, settings: Settings) -> AnnotationFile:
    if settings.task:
        file = file._replace(task=settings.task, task_is_told=True)
    return file._replace(dialect=settings.dialect)


def _mended(run: Run, files: Sequence[AnnotationFile], paths: Sequence[str]) -> Report:
    """Mend what the run found, and write it unless it is only to be shown; report what remains."""
    from cocolint.mend.rounds import Rounds  # imported here, as is the next: most runs mend nothing
    from cocolint.mend.targets import Targets

    settings = run.settings
    with Targets(files, paths, settings.out, is_dry=settings.mending is Mending.SHOWN) as targets:
        rounds = Rounds(run, run.gate.registry, targets, settings)
        with killed_is_told():
            rounds.mend()
        written: dict[str, Path] = {}
        maps: list[Path] = []
        if settings.mending is Mending.DONE:
            written, maps = targets.commit(rounds.copies, rounds.ids)
            for checked in rounds.checks.checked:
                if checked.facts.display in rounds.copies:
                    checked.document.source.move(written[checked.facts.display])
    report = _report_of(rounds.checks if settings.mending is Mending.DONE else run)
    report.mending, report.fix_only = settings.mending, settings.fix_only
    report.mended = list(rounds.mended.values())
    report.withdrawn = rounds.withdrawn
    report.not_mended = rounds.refused
    report.written = [os.path.relpath(path) for path in written.values()]
    report.maps = [os.path.relpath(path) for path in maps]
    report.crashes += rounds.crashes
    report.exit_code = _exit_code(report, settings)
    return report


def _exit_code(report: Report, settings: Settings) -> ExitCode:
    """Return what a run that mends says in the end."""
    if report.crashes:
        return ExitCode.UNUSABLE
    if report.exit_code is ExitCode.UNUSABLE or settings.exit_zero:
        return report.exit_code
    if settings.mending is Mending.SHOWN or (settings.exit_non_zero_on_fix and report.mended):
        return ExitCode.FINDINGS if report.mended else ExitCode.OK
    return ExitCode.OK if settings.fix_only else report.exit_code


def _report_of(run: Run) -> Report:
    crashes = [crash for checked in run.checked for crash in crashes_of(checked)]
    seconds: dict[str, float] = defaultdict(float, run.seconds)
    for checked in run.checked:
        for outcome in (checked.outcome, checked.compared):
            for name, time_ in outcome.seconds.items():
                seconds[name] += time_
    skips = [skip for result in run.results for skip in result.skips]
    stale = run.exceptions.stale(run.results, run.ran)
    return Report(
        run.results, skips, crashes, len(run.gate.chosen), run.not_coco, run.stopped_early, 0.0, dict(seconds),
        run.gate.exit_code(run.results, run.broken or bool(crashes), bool(stale)),
        lambda group, limit: run.locators[group.path].occurrences(group.finding, limit),
        dict(run.steps), {rule.code: rule.name for rule in run.gate.chosen},
        stale=stale, notes=[*run.gate.notes(run.results), *run.exceptions.notes()],
        run=run,
    )  # fmt: skip
