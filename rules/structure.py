"""The shape of the JSON: top-level keys, records, and the types of fields."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

from cocolint.api import ALL_TASKS, FIELD, Faults, FileFacts, Finding, Record, Severity, Stage, Task, rule

from ._ids import number_in
from ._shapes import as_number, is_number

KNOWN_KEYS = frozenset({
    "info", "licenses", "images", "annotations", "categories", "type", "segment_info", "scene_annotations",
    "scene_categories", "videos", "tracks",
})  # fmt: skip
"""The five sections of COCO, and the keys that official files and known dialects add to them."""

SECTIONS = ("images", "annotations", "categories")

TEXTS = frozenset({"file_name", "supercategory", "image_title"})
"""Fields of text; the other fields that `field-type` tells of hold integers, or arrays of numbers."""

_ARRAY = re.compile(r"\[[\[\]\s\d.,eE+-]*\]")
_PRINTED = re.compile(r"(?:(?:np|numpy)\.\w+|array|tensor)\((.*?)(?:,\s*(?:dtype|device|requires_grad)=[^\[\]]*)?\)", re.DOTALL)


@rule("S001", "top-level-not-object", Severity.ERROR, impact=2, tasks=ALL_TASKS)
def top_level_not_object(faults: Faults) -> Iterable[Finding]:
    """The root of the file is not an object.

    What breaks: pycocotools asserts "annotation file format <class 'list'> not supported"; Datumaro refuses the file.
    Definition: the root is a single value, or an array that is not one of results. Annotations with `iscrowd` and without
    `score` are no results. An array of whole data sets, as Encord exports them, is read one by one: there it is a warning.
    Fix: name the task, such as `--task results_bbox`, if the file holds results; else export one object with `images`,
    `annotations` and `categories`. Only a person can.
    """
    return faults


@rule("S002", "top-level-missing-images", Severity.ERROR, impact=2)
def top_level_missing_images(faults: Faults) -> Iterable[Finding]:
    """The file has no `images`.

    What breaks: pycocotools loads it and then knows no image; detectron2, mmdetection and CVAT find nothing to train on.
    Definition: the top-level key `images` is absent.
    Fix: export the file again with its images; their sizes and names stand nowhere else. Only a person can.
    """
    return faults


@rule("S003", "top-level-missing-annotations", Severity.ERROR, impact=2)
def top_level_missing_annotations(faults: Faults) -> Iterable[Finding]:
    """The file has no `annotations`.

    What breaks: detectron2 takes it for a test set and skips the metric without a word; pycocotools finds no annotations.
    Definition: the top-level key `annotations` is absent in a file of any task but image_info, which rightly has none.
    Fix: add `"annotations": []`. Unsafe: they may have got lost on the way. Call the file `image_info_<subset>.json` if it is
    to have none.
    """
    return faults


@top_level_missing_annotations.fix(Stage.DEFAULT, safe=False)
def no_annotations(root: Record) -> Record:
    """Say that there are none."""
    return {**root, "annotations": []} if "annotations" not in root else root


@rule("S019", "image-info-without-annotations", Severity.INFO, impact=3, tasks=[Task.IMAGE_INFO])
def image_info_without_annotations(file: FileFacts) -> Iterable[Finding]:
    """A file of image_info has no `annotations`.

    What breaks: Datumaro raises MissingFieldError: Missing annotation field 'annotations'. Other readers want none.
    Definition: the top-level key `annotations` is absent in a file of image_info.
    Source: official files of image_info have none, so this is no fault by itself.
    Fix: add `"annotations": []`. Safe: it says nothing that was not so before.
    """
    return _missing(file, "annotations")


@image_info_without_annotations.fix(Stage.DEFAULT, safe=True)
def empty_annotations(root: Record) -> Record:
    """Say that there are none."""
    return {**root, "annotations": []} if "annotations" not in root else root


@rule("S004", "top-level-missing-categories", Severity.ERROR, impact=2)
def top_level_missing_categories(faults: Faults) -> Iterable[Finding]:
    """The file has no `categories`.

    What breaks: pycocotools raises KeyError 'categories' in `loadRes`, and AP is -1 without them.
    Definition: the top-level key `categories` is absent in a file of a task that needs it; captions and image_info do not.
    Fix: add the list with the id and name of every category in use. Only a person knows the names.
    """
    return faults


@rule("S005", "top-level-missing-info", Severity.WARNING, impact=2)
def top_level_missing_info(file: FileFacts) -> Iterable[Finding]:
    """The file has no `info`.

    What breaks: Datumaro's streaming import, which CVAT is built on, raises "Cannot find the info section"; its normal
    import needs none. `COCO.info()` raises KeyError.
    Definition: the top-level key `info` is absent.
    Fix: add `"info": {}`. Safe: it says nothing that was not so before.
    """
    return _missing(file, "info")


@top_level_missing_info.fix(Stage.DEFAULT, safe=True)
def empty_info(root: Record) -> Record:
    """Say nothing of the data set."""
    return {**root, "info": {}} if "info" not in root else root


@rule("S006", "top-level-missing-licenses", Severity.WARNING, relaxed=["encord", "label-studio"])
def top_level_missing_licenses(file: FileFacts) -> Iterable[Finding]:
    """The file has no `licenses`.

    What breaks: Datumaro's streaming import, which CVAT is built on, raises "Cannot find the licenses section"; its normal
    import needs none.
    Definition: the top-level key `licenses` is absent.
    Fix: add `"licenses": []`. Safe: it says nothing that was not so before.
    """
    return _missing(file, "licenses")


@top_level_missing_licenses.fix(Stage.DEFAULT, safe=True)
def no_licenses(root: Record) -> Record:
    """Say nothing of licenses."""
    return {**root, "licenses": []} if "licenses" not in root else root


def _missing(file: FileFacts, key: str) -> Iterable[Finding]:
    if key not in file.keys:
        yield Finding(f"the file has no `{key}`")


@rule("S007", "top-level-unknown-key", Severity.INFO, impact=3)
def top_level_unknown_key(file: FileFacts) -> Iterable[Finding]:
    """A top-level key is not one of COCO's.

    What breaks: Datumaro's streaming parser stops with "Unknown key". Other readers pass over it.
    Definition: a key other than `info`, `licenses`, `images`, `annotations` and `categories`, and other than those of known
    dialects: `type`, `segment_info`, `scene_annotations`, `scene_categories`, `videos`, `tracks`.
    Fix: drop it for readers that stop at it. Unsafe: what it holds is lost.
    """
    unknown = sorted(file.keys - KNOWN_KEYS)
    if unknown:
        names = ", ".join(f"`{name}`" for name in unknown)
        yield Finding(names.replace("{", "{{").replace("}", "}}"))


@top_level_unknown_key.fix(Stage.DROP, safe=False)
def without_unknown(root: Record) -> Record:
    """Keep what COCO knows."""
    return {name: value for name, value in root.items() if name in KNOWN_KEYS}


@rule("S008", "section-not-array", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def section_not_array(faults: Faults) -> Iterable[Finding]:
    """A section is not an array.

    What breaks: readers go over the keys of an object as if they were records, and raise TypeError for null.
    Definition: `images`, `annotations` or `categories` is an object, null, a string or a number. Of `licenses`,
    `licenses-type` says it.
    Fix: write an empty array for null. Safe: null holds nothing. Put an object with an `id` into an array, and take the values
    of an object of objects, with its keys for ids where these are missing. Unsafe: the keys are lost.
    """
    return faults


@section_not_array.fix(Stage.SHAPE, safe=True)
def nothing_as_array(root: Record) -> Record:
    """Write no records as an array without any."""
    return {name: [] if value is None and name in SECTIONS else value for name, value in root.items()}


@section_not_array.fix(Stage.SHAPE, safe=False)
def in_an_array(root: Record) -> Record:
    """Make an array of the records that there are."""
    return {name: _records_in(value) if name in SECTIONS else value for name, value in root.items()}


def _records_in(value: Any) -> Any:
    """Return an array of the records that an object is or holds; anything else as it is."""
    if not isinstance(value, dict):
        return value
    if "id" in value or not value:
        return [value] if value else []
    if not all(isinstance(record, dict) for record in value.values()):
        return value
    numbers = {key: number_in(key) for key in value}
    return [
        record if "id" in record or numbers[key] is None else {"id": numbers[key], **record} for key, record in value.items()
    ]


@rule("S018", "licenses-type", Severity.WARNING, impact=3, tasks=ALL_TASKS)
def licenses_type(faults: Faults) -> Iterable[Finding]:
    """The licenses are no array of objects.

    What breaks: hotcoco refuses the file; hardly any other reader looks at them.
    Definition: `licenses` is an object, a string or a number, or an array with something else than objects. It may be null.
    Fix: put an object with an `id` or a `name` into an array, and write an empty array for an empty text or object. Safe:
    nothing is lost. For the rest, only a person knows the terms.
    """
    return faults


@licenses_type.fix(Stage.SHAPE, safe=True)
def licenses_in_an_array(root: Record) -> Record:
    """Make an array of a single license, or of nothing."""
    old = root.get("licenses")
    if old in ("", {}):
        return {**root, "licenses": []}
    return {**root, "licenses": [old]} if isinstance(old, dict) and ("id" in old or "name" in old) else root


@rule("S009", "item-not-object", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def item_not_object(faults: Faults) -> Iterable[Finding]:
    """A record is not an object.

    What breaks: readers raise TypeError or AttributeError at it.
    Definition: an item of a section, or of an array of data sets, is null, a string, a number or an array.
    Fix: drop it. Unsafe: what it stood for may get lost.
    """
    return faults


@item_not_object.fix(Stage.DROP, safe=False, drops=True)
def without_item(record: Any) -> Any:
    """Keep objects only."""
    return record if isinstance(record, dict) else None


@rule("S010", "field-missing", Severity.ERROR, impact=1, tasks=ALL_TASKS, requires=["item-not-object"])
def field_missing(faults: Faults) -> Iterable[Finding]:
    """A record lacks a field that it must have.

    What breaks: readers raise KeyError, or skip the record without a word, as Datumaro does.
    Definition: a required field of the task's schema is absent and no rule of its own stands for that field.
    Fix: export the file again with it, or add it. Only a person knows the value.
    """
    return faults


@rule("S011", "field-type", Severity.ERROR, impact=1, tasks=ALL_TASKS, requires=["json-nan"])
def field_type(faults: Faults) -> Iterable[Finding]:
    """A field has a value of the wrong type.

    What breaks: it depends on the field: TypeError in Python, a refused file in strict readers, and ids of two types never
    match each other.
    Definition: the value is not of the type in the task's schema, and no rule of its own stands for that field.
    Fix: write "12" as a number where one is due, and an integer as text. Safe: nothing is lost. For the rest, only a person
    can.
    """
    return faults


@field_type.fix(Stage.CAST, safe=True, writes=[FIELD])
def in_its_type(record: Record, field: str) -> Record:
    """Write the same value in the type that is due."""
    value = record.get(field)
    if field in TEXTS:
        return record | {field: str(value)} if type(value) is int else record
    cast = _numbers_in(value) if isinstance(value, list) else number_in(value)
    return record if cast is None else record | {field: cast}


def _numbers_in(values: list[Any]) -> list[Any] | None:
    """Return an array with the numbers that its texts spell; None if there are other texts or none at all."""
    cast = [_numbers_in(value) if isinstance(value, list) else as_number(value) for value in values]
    return None if None in cast else cast


@rule("S012", "field-null", Severity.ERROR, impact=2, tasks=ALL_TASKS)
def field_null(faults: Faults) -> Iterable[Finding]:
    """A field that must have a value is null.

    What breaks: Python raises TypeError at the first comparison, such as '<' with NoneType; others skip the record.
    Definition: null where the task's schema wants a value, and no rule of its own stands for that field.
    Fix: as for a missing field: give it its value. Only a person knows it.
    """
    return faults


@rule("S014", "info-types", Severity.INFO, impact=4, tasks=ALL_TASKS)
def info_types(faults: Faults) -> Iterable[Finding]:
    """A descriptive field has an unusual type.

    What breaks: hotcoco stops at a text where it wants a number, and the other way round; FiftyOne at an `info` that is a
    list. No other reader is known to mind.
    Definition: a field of `info` or of a license, or the license, URLs or date of an image, is of a type other than writers
    in use give it. Empty strings, null and dates in any form are fine, though hotcoco refuses `year: ""` and
    `date_captured: 0`, which Datumaro and CVAT write.
    Fix: write a number for `year` and a license id, and text for the rest. Only a person can.
    """
    return faults


@rule("S016", "bool-as-int", Severity.WARNING, impact=3, tasks=ALL_TASKS, relaxed=["posetrack"])
def bool_as_int(faults: Faults) -> Iterable[Finding]:
    """A flag is true or false where COCO has 1 or 0.

    What breaks: strict readers, such as those in Rust or C++, refuse it. In Python it passes for 1 or 0.
    Definition: `iscrowd` or `isthing` is a boolean.
    Fix: write 1 for true and 0 for false. Safe: it is what readers make of it.
    """
    return faults


@bool_as_int.fix(Stage.CAST, safe=True, writes=[FIELD])
def as_number_of_flag(record: Record, field: str) -> Record:
    """Write the flag, or the flags of the segments, as numbers."""
    value = record.get(field)
    if isinstance(value, list):
        return record | {field: [_with_crowd_as_number(item) for item in value]}
    return record | {field: int(value)} if isinstance(value, bool) else record


def _with_crowd_as_number(segment: Any) -> Any:
    is_odd = isinstance(segment, dict) and isinstance(segment.get("iscrowd"), bool)
    return {**segment, "iscrowd": int(segment["iscrowd"])} if is_odd else segment


@rule("S017", "numpy-repr", Severity.ERROR, impact=2, tasks=ALL_TASKS)
def numpy_repr(faults: Faults) -> Iterable[Finding]:
    """An array was written as the text that Python prints for it.

    What breaks: readers raise "string indices must be integers"; a run-length string with `b'` in front decodes to garbage,
    or kills the process in pycocotools.
    Definition: a string that begins with `array`, `tensor`, `np.`, `b'` or `[` stands where an array is due.
    Fix: write the numbers that the text holds. Safe: they are the same; not where the text leaves out some of them. Else
    export the file again with `tolist()`, and bytes with `decode()`.
    """
    return faults


@numpy_repr.fix(Stage.SHAPE, safe=True, writes=[FIELD])
def as_printed(record: Record, field: str) -> Record:
    """Read the array or the number again."""
    value = record.get(field)
    parsed = _parsed(value.strip()) if isinstance(value, str) else None
    return record if parsed is None else record | {field: parsed}


def _parsed(text: str) -> Any:
    """Return the array of numbers, or the number, that Python printed so; None where that is something else."""
    printed = _PRINTED.fullmatch(text)
    inner = printed[1].strip() if printed else text
    if not _ARRAY.fullmatch(inner):
        return as_number(inner) if printed else None
    if "," not in inner:
        inner = re.sub(r"(?<=[\d.\]])\s+(?=[\d\[-])", ", ", inner)
    try:
        found = ast.literal_eval(inner)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if _is_numbers(found) else None


def _is_numbers(value: Any) -> bool:
    return all(map(_is_numbers, value)) if isinstance(value, list) else is_number(value)
