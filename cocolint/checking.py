"""One file on its own: it is read, and the rules run that look at no other annotation file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from cocolint.config import Settings
from cocolint.engine import pool
from cocolint.engine.lending import desks_for
from cocolint.engine.pool import Processes, Workers
from cocolint.engine.rule import Rule, Rules
from cocolint.engine.running import NOT_ASKED, REMOTE, Absent, Options, Pngs, SliceOutcome, pngs_of
from cocolint.engine.whole_file import Checked, check_document
from cocolint.model import AnnotationFile, Mending, Task
from cocolint.pictures import image_root
from cocolint.pictures.files import Pictures
from cocolint.read.columns import Index
from cocolint.read.document import Document, SliceReader, open_document
from cocolint.read.source import Source
from cocolint.read.structure import BadCut

if TYPE_CHECKING:
    from cocolint.engine.following import Following, Sliced

_NO_PICTURES = Absent("no rule asks for them")
_NOT_WANTED = Absent("--no-images")
_UNNAMED = Absent(f"{REMOTE}: name the folder of its pictures with --images-root")
_NO_ROOT = Absent("no image root: name one with --images-root")


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


class FileChecker(Struct):
    """Checks files with the same settings.

    `fixtures` are those of the whole run, `workers` share the slices of large files. `steps` are the seconds of each step.
    `by_task`, `asked` and `bases` are what many files have in common: the rules, what they ask for, and the folders around.
    """

    rules: list[Rule]
    options: Options
    settings: Settings
    fixtures: Mapping[str, Any]
    workers: Workers
    progress: Progress
    steps: dict[str, float]
    by_task: dict[Task, Rules] = {}
    asked: dict[tuple[str, ...], bool] = {}
    bases: image_root.Bases = {}

    def check(
        self,
        file: AnnotationFile,
        source: Source | None = None,
        before: Checked | None = None,
        sliced: Sliced | None = None,
    ) -> Checked:
        """Return what comes of a file, or of one data set of several in `source`; `before` it was mended, that was known.

        Of a mended one, what comes of its slices may be known. Raises what `open_document` raises.
        """
        begin = time.perf_counter()
        document = open_document(file, source=source, before=before.document if before else None)
        opened = time.perf_counter()
        try:
            known = sliced.put_into(document) if sliced and before and sliced.belongs_to(document, before.document) else None
            checked = self.checked(document, known, before)
        except BadCut:
            checked = self.checked(open_document(file, exact=True, source=source))
        checked.document.source.check_unchanged()
        self.steps["open"] += opened - begin
        self.steps["decode and check"] += time.perf_counter() - opened
        return checked

    def checked(self, document: Document, slices: list[SliceOutcome] | None = None, before: Checked | None = None) -> Checked:
        """Return what comes of a document, of which the slices may be known. Raises `BadCut`."""
        rules = self.rules_for(document.task)
        pngs = self.pngs_of(document.file, document.task)
        if slices is None:
            slices = self.check_slices(document, rules, pngs, before.index if before else None)
        more = self.more(document.file, pngs, self.pictures_of(document))
        is_local = isinstance(self.workers, Processes) and not document.file.remote
        count = self.settings.processes if is_local else 1  # threads of a network do not get along with copies of a process
        watches = self.settings.mending is not Mending.OFF
        return check_document(document, slices, rules, self.options, more, before, count, watches)

    def following(self, checked: Checked, copy: Path) -> Following | None:
        """Return who checks the slices of a mended copy while it is written, None where that has to wait."""
        document, source = checked.document, checked.document.source
        if (
            not isinstance(self.workers, Processes)
            or self.workers.is_here
            or source.nonfinite
            or source.data != source.original
        ):
            return None
        from cocolint.engine.following import Following  # imported here: most runs mend nothing

        reader = SliceReader(copy, document.task, False, document.images, document.categories)
        pngs, folder = self.pngs_of(document.file, document.task), self.settings.rules_path
        desks = desks_for(self.workers.count, forks=True)
        work = pool.work_of(reader, checked.rules, self.options, desks, folder, pngs, is_copy=True)
        return Following(work, checked.index, len(document.slices))

    def check_slices(
        self, document: Document, rules: list[Rule], pngs: Pngs, before: Index | None = None
    ) -> list[SliceOutcome]:
        """Return what comes of the slices of a document; `before` it was mended, it had these columns."""
        folder, advance = self.settings.rules_path, self.progress.advance
        return pool.check_slices(document, rules, self.options, self.workers, folder, advance, pngs, before)

    def rules_for(self, task: Task) -> Rules:
        """Return the rules for a task: the same object for all files of it."""
        if task not in self.by_task:
            self.by_task[task] = Rules(rule for rule in self.rules if task in rule.tasks)
        return self.by_task[task]

    def pngs_of(self, file: AnnotationFile, task: Task) -> Pngs:
        """Return the folder of the PNGs of a panoptic file, or why rules that ask for them are skipped."""
        return pngs_of(file, self.settings.no_images) if self._asks(task, "segment_maps", "segment_folder") else NOT_ASKED

    def _asks(self, task: Task, *fixtures: str) -> bool:
        """Whether a rule for a task, or a fix if there are to be any, asks for one of some fixtures."""
        if (task, *fixtures) not in self.asked:
            rules = self.rules_for(task)
            mends = self.settings.mending is not Mending.OFF and "pictures" in fixtures
            asking = (one for rule in rules for one in (rule, *(rule.fixers if mends else ())))
            self.asked[task, *fixtures] = any(not {*fixtures}.isdisjoint(one.fixtures) for one in asking)
        return self.asked[task, *fixtures]

    def more(self, file: AnnotationFile, pngs: Pngs, pictures: Pictures | Absent) -> dict[str, Any]:
        """Return the fixtures that are not of the annotation file alone."""
        more = {**self.fixtures, "segment_folder": pngs, "pictures": pictures}
        if file.archive:
            more["surroundings"] = Absent("the file is in an archive")
        if file.remote:
            more["surroundings"] = Absent(REMOTE)
        return more

    def pictures_of(self, document: Document) -> Pictures | Absent:
        """Return the pictures of a document, or why rules that ask for them are skipped."""
        if not self._asks(document.task, "pictures"):
            return _NO_PICTURES
        if self.settings.no_images:
            return _NOT_WANTED
        if document.file.remote and self.settings.images_root is None:
            return _UNNAMED
        root = image_root.find(document.file, document.images.file_name, self.settings.images_root, self.bases)
        return _NO_ROOT if root is None else Pictures(root, document.images, self.settings.processes, self.progress)
