"""A file, read: its small sections as tables, and the slices of the long one still to be decoded."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from cocolint import schema as schemas
from cocolint.model import AnnotationFile, Finding, Task
from cocolint.read import build, detect, others
from cocolint.read.columns import Annotations, Categories, Images, Table
from cocolint.read.data_sets import faults_of_file, layout_of_part, refuse_several, unusable
from cocolint.read.ranges import Where, array_of, same_bytes
from cocolint.read.regular import regular_reader_of
from cocolint.read.repeated import repeated_keys
from cocolint.read.sample import SHARED, SHORT, sample_of, value_at, value_of
from cocolint.read.slicing import SLICE_BYTES, Layout, NotCoco, Span, cut, cut_exactly, layout_of
from cocolint.read.source import NONFINITE, Source, Unusable, is_utf8
from cocolint.read.structure import JSON_TYPES, BadCut, Faults, RecordReader, Records, judge, reader_of

MANY_SLICES = 16
"""Images in more slices than that, some hundred thousand, have their names and the like packed."""
RECORDS = ("images", "annotations", "categories")
SECTIONS = ("info", "licenses", *RECORDS)


class Document(Struct):
    """What is known of a file before its annotations are decoded.

    `sections` tells where each top-level value lies; for a file whose root is an array, that is `annotations`.
    `slices` cut the records of the annotations. `faults` are findings of the encoding and the structure, by rule.
    `is_proved` is False where the end of the annotations is a guess. `info`, `licenses` and `unknown_fields` are as in
    `FileFacts`. `row_starts` is the first row of each slice and the end, known once the slices are decoded. `tables` holds
    the images and the categories with their own faults, for `open_document`.
    """

    file: AnnotationFile
    source: Source
    task: Task
    dialect: str
    sections: dict[str, Span]
    is_array: bool
    images: Images
    categories: Categories
    slices: list[Span]
    is_proved: bool
    info: Mapping[str, Any]
    licenses: Sequence[Any]
    unknown_fields: Mapping[str, Sequence[str]]
    faults: Faults = {}
    row_starts: list[int] = []
    tables: Mapping[str, tuple[Any, Faults]] = {}

    @property
    def keys(self) -> frozenset[str]:
        """The names of the top-level sections that the file has."""
        return frozenset() if self.is_array else frozenset(self.sections)


def open_document(
    file: AnnotationFile,
    exact: bool = False,
    source: Source | None = None,
    before: Document | None = None,
    *,
    with_images: bool = True,
) -> Document:
    """Read all of a file but its annotations; where these end is only guessed in a large file, unless it must be `exact`.

    One data set of `Several` is read from the `source` that came with it. Of a mended file, sections that are as they were
    `before` are not decoded again. Unless `with_images`, the images are left out. Raises `OSError` if the file cannot be read,
    `Unusable` if it is no JSON, `Several` if it holds an array of data sets, `NotCoco` if the JSON is something else.
    """
    source = source or (Source(file.mended) if file.mended else Source(file.remote or file.path, file.archive))
    layout = None
    try:
        layout = layout_of_part(source, file.part) if file.part else layout_of(source, exact)
        if layout.is_array:
            refuse_several(file, source, layout.sections["annotations"])
        return _document(file, source, layout, before, with_images)
    except NotCoco as reason:
        if file.part is None:
            raise
        raise unusable(file.part, source, "top-level-missing-images", str(reason)) from None
    except Unusable as fault:
        fault.source = source
        raise
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, BadCut):
        if layout is None or layout.is_proved:
            raise
        return open_document(file, exact=True)


def _document(file: AnnotationFile, source: Source, layout: Layout, before: Document | None, with_images: bool) -> Document:
    sections, is_array, repeated, is_proved = layout
    sample = sample_of(source, sections, is_array)
    if is_array:
        _refuse_unless_results(sample, file, is_empty=not cut(source, sections["annotations"]))
    else:
        _refuse_others(sample, source, sections)
    known = file.task if file.task_is_told or (file.task and detect.fits(file.task, sample)) else None
    task = known or detect.task_of(sample)
    faults: Faults = defaultdict(list)
    _merge(faults, faults_of_file(file, source))
    if repeated:
        faults["json-duplicate-key"].append(Finding(f"the top-level key `{repeated}` stands twice"))
    tables: dict[str, tuple[Any, Faults]] = {
        name: before.tables[name] if before and _is_same(before, source, sections, task, name) else read(source, sections, task)
        for name, read in (("images", _images if with_images else _no_images), ("categories", _categories))
    }
    for _, found in tables.values():
        _merge(faults, found)
    _merge(faults, _root_faults(source, sections, task))
    _merge(faults, _nonfinite_elsewhere(source, sections))
    return Document(
        file, source, task, file.dialect or detect.dialect_of(sample), sections, is_array,
        tables["images"][0], tables["categories"][0], cut(source, sections.get("annotations")), is_proved,
        sample.info, sample.licenses, _unknown_fields(sample, task), dict(faults), tables=tables,
    )  # fmt: skip


def _is_same(before: Document, source: Source, sections: Mapping[str, Span], task: Task, name: str) -> bool:
    """Whether a section has the same bytes as before, and they are read in the same way."""
    old, new = before.sections.get(name), sections.get(name)
    if old is None or new is None or (before.task, before.source.nonfinite) != (task, source.nonfinite):
        return False
    return name in before.tables and same_bytes(before.source.data, old, source.data, new)


def _unknown_fields(sample: detect.Sample, task: Task) -> dict[str, list[str]]:
    """Return for each section the keys of the sampled records that the schema of the task does not know."""
    found = {}
    for name, keys in zip(RECORDS, (sample.image_keys, sample.annotation_keys, sample.category_keys), strict=True):
        schema = schemas.record_schema(task, name)
        if schema is not None:
            found[name] = sorted(keys - schema["properties"].keys())
    return found


def _refuse_unless_results(sample: detect.Sample, file: AnnotationFile, is_empty: bool) -> None:
    """Raise `Unusable` for an array at the root, unless it is one of results, or task or name say that it is."""
    if file.task and schemas.is_array(file.task):
        return
    if is_empty and file.named_by_user and (file.task is None or file.subset.endswith("results")):
        return
    content = others.array_named(sample.annotations)
    if content or not detect.looks_like_coco(sample):
        if content not in ("", "of annotations"):
            raise Unusable("top-level-not-object", Finding(f"the root is an array {content}, not COCO", hint=others.ADVICE))
        what = f"the root is an array {content}".rstrip()
        advice = "results are checked as such with `--task results_bbox`, or whichever of their tasks fits"
        raise Unusable("top-level-not-object", Finding(f"{what}, not an object; {advice}"))


def _refuse_others(sample: detect.Sample, source: Source, sections: dict[str, Span]) -> None:
    """Raise `NotCoco` for an object at the root that has nothing of COCO, or is known to be something else."""
    first = next(iter(sections.values()), None)
    is_object = first is not None and source.read(first.start, first.start + 1) == b"{"
    name = others.object_named(sample.keys, value_at(source, first) if first and is_object else None)
    if name:
        raise NotCoco(f"it is {name}, not COCO")
    if not detect.looks_like_coco(sample):
        raise NotCoco("it has neither images nor annotations of COCO")


class SliceReader(Struct, frozen=True):
    """Decodes slices of the annotations of one document to columns; it can be sent to another process.

    `text` is that of a small file, which is not read again.
    """

    where: Where
    task: Task
    nonfinite: bool
    images: Images
    categories: Categories
    text: bytes | None = None

    @classmethod
    def of(cls, document: Document) -> SliceReader:
        """Return the reader of a document's slices."""
        source = document.source
        return cls(source.where, document.task, source.nonfinite, document.images, document.categories, source.text)

    @property
    def _reader(self) -> RecordReader:
        return reader_of(self.task, "annotations", self.nonfinite)

    def read(self, span: Span) -> tuple[Annotations, Faults]:
        """Return the columns and the structural faults of a slice. Raises `BadCut` if it is not whole records of text."""
        array = array_of(self.where, *span) if self.text is None else b"[%b]" % self.text[span.start : span.stop]
        masks, records = decoded(array, self._reader)
        table = build.annotations_of(masks, self.images, self.categories)
        return table, all_faults(table, masks, records, self._reader)


def decoded(array: bytes | bytearray, reader: RecordReader) -> tuple[build.Masks, Records | None]:
    """Return the fields of the records, and the records, unless they are regular."""
    regular = None if reader.nonfinite else regular_reader_of(reader.task, reader.section).read(array)
    if regular is not None:
        return regular, None
    if not is_utf8(array):
        raise BadCut
    records = reader.read(array)
    return build.Masks(records.pieces, records.broken), records


def _merge(into: Faults, found: Mapping[str, list[Finding]]) -> None:
    for rule, findings in found.items():
        into.setdefault(rule, []).extend(findings)


def _images(source: Source, sections: Mapping[str, Span], task: Task) -> tuple[Images, Faults]:
    reader = reader_of(task, "images", source.nonfinite)
    span = sections.get("images")
    try:
        return _images_in(source, cut(source, span), reader)
    except BadCut:
        if span is None:
            raise
        return _images_in(source, cut_exactly(source, span), reader)


def _no_images(_source: Source, _sections: Mapping[str, Span], task: Task) -> tuple[Images, Faults]:
    return _empty(task), {}


@functools.cache
def _empty(task: Task) -> Images:
    return _images_of(b"[]", reader_of(task, "images"))[0]


def _images_in(source: Source, spans: list[Span], reader: RecordReader) -> tuple[Images, Faults]:
    """Read images slice by slice: the records of all of them together would take many times the memory of the table."""
    is_long = len(spans) > MANY_SLICES
    tables: list[Images] = []
    faults: Faults = {}
    row = 0
    for span in spans:
        table, found = _images_of(source.array(*span), reader)
        if row:
            found = {rule: [replace(one, rows=one.rows + row) for one in some] for rule, some in found.items()}
        _merge(faults, found)
        tables.append(build.packed_images(table) if is_long else table)
        row += len(table)
    return build.joined_images(tables) if tables else _empty(reader.task), faults


def _images_of(array: bytes | bytearray, reader: RecordReader) -> tuple[Images, Faults]:
    masks, records = decoded(array, reader)
    table = build.images_of(masks)
    return table, all_faults(table, masks, records, reader)


def _categories(source: Source, sections: Mapping[str, Span], task: Task) -> tuple[Categories, Faults]:
    span = sections.get("categories")
    if span and span.stop - span.start <= SHARED:
        return _shared_categories(source.read(*span), task, source.nonfinite)
    reader = reader_of(task, "categories", source.nonfinite)
    return _categories_of(_records(source, span, reader), reader)


@functools.lru_cache(maxsize=8)
def _shared_categories(text: bytes, task: Task, nonfinite: bool) -> tuple[Categories, Faults]:
    """Read categories once for all files that declare the same ones in the same words: mostly all of a data set."""
    reader = reader_of(task, "categories", nonfinite)
    return _categories_of(reader.read(text) if text.startswith(b"[") else Records([], {}, {}), reader)


def _categories_of(records: Records, reader: RecordReader) -> tuple[Categories, Faults]:
    masks = build.Masks(records.pieces, records.broken)
    table = build.categories_of(masks)
    return table, all_faults(table, masks, records, reader)


def _records(source: Source, span: Span | None, reader: RecordReader) -> Records:
    if span is None or source.read(span.start, span.start + 1) != b"[":
        return Records([], {}, {})
    return reader.read(source.read(*span))


def all_faults(table: Table, masks: build.Masks, records: Records | None, reader: RecordReader) -> Faults:
    """Add to the faults of the records what only the columns show: fields that are absent, too large, or there twice.

    Regular records need not be given: they have no faults of their own, and nothing twice.
    """
    faults: Faults = defaultdict(list)
    _merge(faults, records.faults if records else {})
    for name in reader.fields - masks.absent.keys():
        masks.column(name)
    for name in schemas.required_fields(reader.task, reader.section):
        absent = masks.absent[name]
        if absent.any():
            rule = schemas.rule_when_missing(reader.task, reader.section, name)
            faults[rule] += table.at(np.flatnonzero(absent), None, f"`{name}` is missing")
    for name, rows in masks.overflow.items():
        faults["json-number-overflow"] += table.at(rows, name, f"`{name}` does not fit into 64 bits")
    if records is None:
        return faults
    present = {name: int(np.count_nonzero(masks.valid[name])) for name in reader.fields}
    for name, repeated in repeated_keys(records.array, present, _least_quotes(table, masks)).items():
        faults["json-duplicate-key"] += table.at(repeated, name, f"`{name}` stands twice")
    return faults


def _least_quotes(table: Table, masks: build.Masks) -> int:
    """Return how many quotation marks the values of a table hold at least."""
    if isinstance(table, Annotations):
        return 4 * len(table.runs.owner) + 2 * int(table.runs.compressed.sum())
    return 2 * masks.count_texts()


def _root_faults(source: Source, sections: dict[str, Span], task: Task) -> Faults:
    """Judge the root by the schema, with every long section reduced to its type."""
    faults: Faults = defaultdict(list)
    root = schemas.bundled(task)
    for name in SECTIONS:
        schema = schemas.section_schema(task, name)
        if schema is None or schemas.is_array(task):
            continue
        if name not in sections:
            if name in root.get("required", []):
                faults[schemas.missing_rule(schema)].append(Finding(f"the file has no `{name}`"))
            continue
        text = _shallow(source, sections[name], name)
        look = _shared_fault_in if len(text) <= SHORT else _fault_in
        rule, message = look(text, source.nonfinite, task, name)
        if rule:
            faults[rule].append(Finding(message, name))
    return faults


def _shallow(source: Source, span: Span, name: str) -> bytes:
    """Return the text of a section; of one that holds records only its kind, of one that is too long for a look `null`."""
    first = source.read(span.start, span.start + 1)
    if name in RECORDS and first in b"[{":
        return b"[]" if first == b"[" else b"{}"
    return source.read(*span) if span.stop - span.start <= SLICE_BYTES else b"null"


def _fault_in(text: bytes, nonfinite: bool, task: Task, name: str) -> tuple[str, str]:
    """Return the rule that minds the value of a section, and its message; "" and "" if none does."""
    value = value_of(text, nonfinite)
    if schemas.fits(value, task, name):
        return "", ""
    verdict = judge(value, schemas.section_schema(task, name) or {}, schemas.bundled(task))
    return verdict.rule, verdict.message or f"expected an array, got {JSON_TYPES[type(value)]}"


_shared_fault_in = functools.lru_cache(maxsize=64)(_fault_in)
"""Many files have the same `info` and `licenses`."""


def _nonfinite_elsewhere(source: Source, sections: dict[str, Span]) -> Faults:
    """Find NaN and infinities in the sections that are not read record by record."""
    faults: Faults = defaultdict(list)
    for name, span in sections.items() if source.nonfinite else ():
        text = source.read(*span)
        if NONFINITE in text and not (name in RECORDS and text.startswith(b"[")):
            faults["json-nan"].append(Finding("NaN or Infinity is not JSON", field=name))
    return faults
