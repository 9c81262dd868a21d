"""One record, one image or one finding of an annotation file, drawn: what to draw, and where it stands."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from cocolint import app, discover
from cocolint.config import Settings
from cocolint.drawing import Drawn, Scene, draw
from cocolint.engine import pool
from cocolint.engine.rule import Rules
from cocolint.engine.running import Absent
from cocolint.engine.whole_file import Checked, check_document
from cocolint.failure import ConfigError, Failure, PathError
from cocolint.model import AnnotationFile, Ints
from cocolint.pictures import image_root
from cocolint.pictures.decoding import decoded
from cocolint.pictures.segment_maps import ids_at, segment_folder
from cocolint.read.archive import Unreadable
from cocolint.read.document import Document, open_document
from cocolint.read.slicing import NotCoco, cut_exactly
from cocolint.read.source import Unusable
from cocolint.read.structure import BadCut
from cocolint.report.text import clean, plural, short
from cocolint.shapes import Pixels, pixels_of, shapes_of

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_INT64 = range(-(2**63), 2**63)


class Wanted(NamedTuple):
    """What is to be drawn: the annotation with an `id`, all those of the `image` with an id, or a finding of a `rule`."""

    id: int | None
    image: int | None
    rule: str


class Subject(NamedTuple):
    """What was found to draw: `rows` of annotations, the row of their image, or -1, and `lines` that say what it is."""

    rows: Ints
    image: int
    lines: list[str]


def show(path: str, wanted: Wanted, out: Path, settings: Settings) -> str:
    """Draw what is wanted of the file at `path`, write it to `out`, and return a line that says what is on it.

    Raises `Failure` if there is nothing of the kind, or the file cannot be read or written.
    """
    if sum((wanted.id is not None, wanted.image is not None, bool(wanted.rule))) != 1:
        raise ConfigError("say what to draw: one of --id, --image and --rule")
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"-o {out}: a picture ends in {', '.join(SUFFIXES)}")
    file = _file_at(path)
    checked = _read(file, settings)
    subject = _of_rule(checked, path, wanted.rule, settings) if wanted.rule else _of_ids(checked, wanted)
    picture, name, note = _picture_of(checked, subject.image, settings, out)
    found = list(_records(checked, subject.rows, settings))
    records = [_drawn(record, mask, checked, number) for number, (record, mask) in enumerate(found)]
    captions = [short(str(record["caption"])) for record, _ in found if isinstance(record, dict) and "caption" in record]
    if records and not captions and not any(one.shapes.bounds for one in records):
        note = f"{note}; " * bool(note) + "no box, mask or keypoints that could be drawn"
    lines = [*subject.lines, *captions, *([name] if name else []), *([note] if note else [])]
    _write(draw(Scene(picture, _size_of(checked, subject.image), records, lines)), out)
    return " · ".join([f"{out}: {subject.lines[0]}", *([name] if name else []), *([note] if note else [])])


def _file_at(path: str) -> AnnotationFile:
    if os.path.isdir(path):
        raise PathError(f"'{clean(path)}' is a folder: name an annotation file")
    files = discover.find([path])
    if len(files) != 1:
        raise PathError(f"'{clean(path)}' stands for {len(files)} files: name one")
    return files[0]


def _read(file: AnnotationFile, settings: Settings) -> Checked:
    """Read a file and run no rule. Raises `PathError` if that cannot be done."""
    try:
        document = open_document(file)
        try:
            return _indexed(document, settings)
        except BadCut:
            document = open_document(file, exact=True)
            document.slices = cut_exactly(document.source, document.sections["annotations"])
            return _indexed(document, settings)
    except (NotCoco, Unusable) as fault:
        raise PathError(f"{clean(file.display)}: {clean(str(fault))}") from None
    except OSError as error:
        raise PathError(f"{clean(file.display)}: cannot be read: {error.strerror or error}") from None


def _indexed(document: Document, settings: Settings) -> Checked:
    slices = pool.check_slices(document, [], {}, pool.Processes(settings.processes), None, lambda _: None, Absent(""))
    return check_document(document, slices, Rules(), {}, {})


def _of_ids(checked: Checked, wanted: Wanted) -> Subject:
    index, display = checked.index, clean(checked.facts.display)
    if wanted.image is not None:
        rows = np.flatnonzero(index.has("image_id") & (index.image_id == _within(wanted.image)))
        image = int(checked.document.images.rows_of(np.array([_within(wanted.image)]))[0])
        if image < 0 and not len(rows):
            raise Failure(f"{display}: no image has the id {wanted.image}")
        return Subject(rows, image, [f"image id={wanted.image} with {plural(len(rows), 'annotation')}"])
    rows = np.flatnonzero(index.has("id") & (index.id == _within(wanted.id or 0)))
    if not len(rows):
        hint = "; panoptic ones are drawn with --image" if index.size and not index.has("id").any() else ""
        raise Failure(f"{display}: no annotation has the id {wanted.id}{hint}")
    lines = [_title(checked, int(rows[0]))]
    if len(rows) > 1:
        lines.append(f"the first of {len(rows)} annotations with this id")
    return Subject(rows[:1], int(index.image[rows[0]]), lines)


def _within(id_: int) -> int:
    """Return an id as it is, or, where no id of a table can be so large, one that none has."""
    return id_ if id_ in _INT64 else _INT64.start


def _of_rule(checked: Checked, path: str, rule: str, settings: Settings) -> Subject:
    """Return the records of the first finding of a rule. Raises `Failure` if it found nothing that can be drawn."""
    chosen = replace(settings, select=(rule,), extend_select=(), ignore=(), per_file_ignores={}, allow=(), baseline=None)
    report = app.check([path], chosen)
    display = clean(checked.facts.display)
    for skip in report.skips:
        raise Failure(f"{display}: {skip.name} was skipped: {skip.because}")
    if not report.groups:
        raise Failure(f"{display}: {rule} finds nothing there")
    drawable = (group for group in report.groups if group.finding.section in ("annotations", "images") and group.count)
    group = next((group for group in drawable if len(group.finding.rows)), None)
    if group is None:
        section = report.groups[0].finding.section
        what = f"`{section}`" if section else "the file as a whole"
        raise Failure(f"{display}: what {report.groups[0].name} finds is about {what}, which cannot be drawn")
    row = int(group.finding.rows[0])
    message = group.finding.text(0)[1]
    lines = [f"{group.code} {group.name}, 1 of {group.count:,}", short(message)]
    if group.finding.section == "images":
        image_id = checked.document.images.id[row]
        rows = np.flatnonzero(checked.index.image == row)
        return Subject(rows, row, [*lines, f"image id={image_id} with {plural(len(rows), 'annotation')}"])
    return Subject(group.finding.rows[:1], int(checked.index.image[row]), [*lines, _title(checked, row)])


def _title(checked: Checked, row: int) -> str:
    index = checked.index
    known = f"id={index.id[row]}" if index.has("id")[row] else f"row={row}"
    image = f"image id={index.image_id[row]}" if index.has("image_id")[row] else "no image"
    return " · ".join([f"annotation {known}", _category(checked, int(index.category[row])), image])


def _category(checked: Checked, row: int) -> str:
    return short(checked.document.categories.name[row] or "unnamed", 40) if row >= 0 else "no known category"


def _records(checked: Checked, rows: Ints, settings: Settings) -> Iterator[tuple[Any, Pixels | None]]:
    """Yield annotations with all that they hold; of panoptic ones, their segments, with their pixels if those are at hand."""
    folder = None if settings.no_images else segment_folder(checked.document.file)
    for record in checked.fixtures["again"].records(rows):
        segments = record.get("segments_info") if isinstance(record, dict) else None
        if not isinstance(segments, list):
            yield record, None
            continue
        ids = ids_at(folder, record) if folder else None
        for segment in segments:
            yield segment, pixels_of(ids, segment)


def _drawn(record: Any, mask: Pixels | None, checked: Checked, number: int) -> Drawn:
    categories = checked.document.categories
    id_ = record.get("category_id") if isinstance(record, dict) else None
    row = int(categories.rows_of(np.array([id_]))[0]) if isinstance(id_, int) and id_ in _INT64 else -1
    shapes = shapes_of(record, skeleton=categories.skeleton[row] if row >= 0 else None)
    shapes.mask = shapes.mask or mask
    return Drawn(shapes, _category(checked, row) if row >= 0 else "", number)


def _size_of(checked: Checked, image: int) -> tuple[float, float] | None:
    """Return width and height that the file tells of an image; None where it does not."""
    images = checked.document.images
    size = (float(images.width[image]), float(images.height[image])) if image >= 0 else (0.0, 0.0)
    return size if min(size) >= 1 else None


def _picture_of(checked: Checked, image: int, settings: Settings, out: Path) -> tuple[Image | None, str, str]:
    """Return the picture of an image, what it is called, and what is to be said: mostly why there is none.

    Raises `PathError` if `out` is that picture.
    """
    images, file = checked.document.images, checked.document.file
    if image < 0:
        return None, "", "the file has no such image"
    name = images.file_name[image]
    root = image_root.find(file, images.file_name, settings.images_root)
    if root is None or not name:
        return None, short(name), "no picture at hand: --images-root names their folder"
    told = _size_of(checked, image)
    try:
        picture = decoded(root.folder, name, told)
    except Unreadable as error:
        return None, short(name), f"no picture: {short(str(error), 100)}"
    source = Path(root.folder.display, name)
    if out.exists() and source.exists() and out.samefile(source):
        raise PathError(f"'{clean(str(out))}' is the picture itself: name another file with -o")
    note = ""
    if told and told != picture.size:
        note = f"the picture is {picture.width} x {picture.height}, the file says {told[0]:g} x {told[1]:g}"
    return picture, short(f"{root.folder.display}/{name}"), note


def _write(picture: Image, out: Path) -> None:
    """Write a picture in one step. Raises `PathError` if that cannot be done."""
    if out.exists() and not out.is_file():
        raise PathError(f"cannot write '{clean(str(out))}': it is no file")
    temporary = ""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".cocolint-", suffix=out.suffix.lower(), dir=out.parent)
        mask = os.umask(0)
        os.umask(mask)
        with os.fdopen(handle, "wb") as stream:
            picture.save(stream, {".png": "PNG", ".webp": "WEBP"}.get(out.suffix.lower(), "JPEG"))
            stream.flush()
            os.fchmod(stream.fileno(), 0o666 & ~mask)
            os.fsync(stream.fileno())
        os.replace(temporary, out)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise PathError(f"cannot write '{clean(str(out))}': {error.strerror or error}") from None
