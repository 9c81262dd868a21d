"""What an export did, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from cocolint.export.options import Options
from cocolint.export.tally import Loss, Tally
from cocolint.report.text import clean, percent, plural

_FAULTS = 8
"""Rules that are named; a check names all."""


def summarize(tally: Tally, target: Path, options: Options, out: TextIO) -> None:
    """Write the summary of an export to `target`."""
    for line in _lines(tally, target, options):
        out.write(clean(line) + "\n")


def _lines(tally: Tally, target: Path, options: Options) -> Iterator[str]:
    yield f"{target}: {plural(len(tally.files), 'annotation file')} in the layout {options.layout}"
    width = max((len(file.path) for file in tally.files), default=0)
    for file in tally.files:
        counts = (file.images, "image"), (file.annotations, "annotation"), (file.categories, "category")
        yield f"  {file.path:<{width}}  " + ", ".join(plural(*count) for count in counts)
    yield from _counts("pictures", tally.pictures)
    yield from _counts("filled in", tally.filled)
    yield from _counts("converted", tally.converted)
    yield from _losses(tally.loss)
    yield from _counts("not converted", tally.kept)
    yield from _counts("filtered", tally.filtered)
    yield from _counts("left out", tally.left_out)
    yield from tally.notes
    yield from _check(tally, target, options)


def _counts(title: str, counts: Counter[str]) -> Iterator[str]:
    some = [f"{what} ({count:,})" for what, count in counts.items() if count]
    if some:
        yield f"{title}: {', '.join(some)}"


def _losses(loss: Loss) -> Iterator[str]:
    if loss.with_holes:
        yield f"holes: {loss.with_holes:,} of {plural(loss.masks, 'mask')} had some, and polygons cannot hold them"
    if loss.added or loss.lost:
        share = percent(loss.added + loss.lost, max(1, loss.before))
        yield f"area: polygons cover {loss.added:,} px more and {loss.lost:,} px less than the masks ({share})"


def _check(tally: Tally, target: Path, options: Options) -> Iterator[str]:
    if tally.faults is None:
        return
    command = f"cocolint check {target} --profile {options.layout.profile}"
    errors = {name: count for (severity, name), count in tally.faults.items() if severity == "error"}
    others = sum(count for (severity, _), count in tally.faults.items() if severity != "error")
    if not errors:
        yield f"checked: no errors, {plural(others, 'warning')} ({command})"
        return
    some = ", ".join(f"{name} ({count:,})" for name, count in list(errors.items())[:_FAULTS])
    more = f" and {len(errors) - _FAULTS:,} more" if len(errors) > _FAULTS else ""
    yield f"faults of the source are left: {some}{more}; {plural(others, 'warning')} ({command})"
