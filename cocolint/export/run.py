"""The way of an export: files opened, targets planned, ids settled, everything written beside the target and moved there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from cocolint import app
from cocolint.config import Settings
from cocolint.export import merge, pictures, plan, split, write
from cocolint.export.options import Layout, Options
from cocolint.export.origins import NONE, opened
from cocolint.export.plan import Target
from cocolint.export.tally import Tally
from cocolint.failure import Failure, PathError
from cocolint.pictures.files import Progress
from cocolint.report.text import clean


def export(source: str, target: Path, options: Options, progress: Progress) -> Tally:
    """Write the annotation files that `source` stands for as a data set in the new folder `target`.

    Raises `Failure` where that cannot be; then nothing is written.
    """
    try:
        tally = _exported(source, target, options, progress)
    except Failure as error:
        raise type(error)(clean(str(error))) from error
    _check(target, options, tally)
    return tally


def _exported(source: str, target: Path, options: Options, progress: Progress) -> Tally:
    _check_place(source, target)
    tally = Tally()
    found = opened(source, progress)
    tally.notes += found.notes
    targets = _planned(plan.targets(found.origins, options), options, tally)
    with _folder_beside(target) as folder:
        _write(targets, options, folder, tally, progress)
    return tally


def _planned(targets: list[Target], options: Options, tally: Tally) -> list[Target]:
    for one in targets:
        merge.settle(one, tally)
        _count(one, tally)
    if options.split:
        targets = split.cut(targets, options.split, options.seed)
    if options.reindex:
        merge.renumber(targets)
    elif options.save_dataset_meta:
        numbers: dict[str, int] = {}
        for one in targets:
            merge.number_categories(one, numbers)
    plan.place(targets, options)
    return targets


def _count(target: Target, tally: Tally) -> None:
    for part in target.parts:
        tally.left_out.update(part.origin.images.faults + part.origin.categories.faults)
        tally.filtered["images"] += int(part.unwanted.sum())
        tally.filtered["categories"] += int(part.unwanted_categories.sum())


def _write(targets: Sequence[Target], options: Options, folder: Path, tally: Tally, progress: Progress) -> None:
    if options.layout is Layout.DATUMARO:
        (folder / "images").mkdir()
    pngs = []
    for one in targets:
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        pngs.append((one, write.write(path, one, options, tally, progress)))
    if any(named for _, named in pngs):
        pictures.copy_pngs(pngs, folder, tally, progress)
    if options.save_images:
        pictures.copy_images(targets, options, folder, tally, progress)
    if options.save_dataset_meta:
        labels = _labels(targets)
        (folder / "dataset_meta.json").write_bytes(msgspec.json.format(msgspec.json.encode({"labels": labels}), indent=2))


def _labels(targets: Sequence[Target]) -> list[str]:
    """Return the names of the categories in the order of their ids."""
    names: dict[int, str] = {}
    for target in targets:
        for part in target.parts:
            for row in np.flatnonzero(part.category_ids != NONE).tolist():
                names[int(part.category_ids[row])] = part.origin.categories.values[row]
    return [names[number] for number in sorted(names)]


def _check_place(source: str, target: Path) -> None:
    if os.path.lexists(target) and not target.is_dir():
        raise PathError(f"'{target}' is there already, and no folder")
    if target.is_dir() and any(target.iterdir()):
        raise PathError(f"'{target}' is not empty")
    if os.path.isdir(source) and Path(os.path.realpath(target)).is_relative_to(os.path.realpath(source)):
        raise PathError(f"'{target}' lies in the source '{source}'")


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """Give a folder to write into, which becomes `target` in the end, or is removed if anything goes wrong."""
    made = None
    try:
        parent = Path(os.path.realpath(target)).parent
        parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".cocolint", dir=parent))
        made.chmod(0o777 & ~_umask())
        yield made
        _sync(made)
        if target.is_dir():
            target.rmdir()
        os.replace(made, os.path.realpath(target))
    except OSError as error:
        raise Failure(f"cannot write '{target}': {error.strerror or error}") from error
    finally:
        if made:
            shutil.rmtree(made, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(folder: Path) -> None:
    for path in folder.rglob("*.json"):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _check(target: Path, options: Options, tally: Tally) -> None:
    """Count what a check of the result finds: faults of the source that an export does not mend."""
    report = app.check([str(target)], Settings(profiles=(options.layout.profile,)))
    tally.faults = Counter()
    for group in report.groups:
        tally.faults[str(group.severity), group.name] += group.count
