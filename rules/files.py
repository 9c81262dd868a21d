"""The file as JSON: found by the reader before any record is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cocolint.api import ALL_TASKS, FIELD, Faults, FileFacts, Finding, Recoded, Record, Severity, Stage, rule

from ._shapes import area_of, box_of, is_box, is_number, tidy

CODE_PAGE = "cp1252"
"""What most programs on Windows in Western Europe and America write."""
_EXACT = 2**53
"""Up to here a float holds every integer."""
_AGREE = 2
"""In pixels: so far may what is left of a box be from the bounds of the mask."""
_MEASURED = ("bbox", "segmentation", "keypoints", "area", "score")


@rule("F001", "json-syntax", Severity.ERROR, impact=2, tasks=ALL_TASKS)
def json_syntax(faults: Faults) -> Iterable[Finding]:
    """The file is not one JSON value.

    What breaks: every reader; Python raises JSONDecodeError.
    Definition: the bytes do not follow the grammar of RFC 8259; an empty file and damaged gzip data count too. The literals
    NaN and Infinity have a rule of their own.
    Fix: mend the text at the line and byte given, or export the file again. Only a person can.
    """
    return faults


@rule("F002", "json-truncated", Severity.ERROR, impact=2, tasks=ALL_TASKS)
def json_truncated(faults: Faults) -> Iterable[Finding]:
    """The file ends in the middle of its JSON.

    What breaks: every reader; the message is about a missing comma or quote and looks like a bug of the reader.
    Definition: the text is sound JSON up to its last byte, and the outermost value is still open there.
    Fix: download or export the file again and compare its size with the original's. What is missing cannot be made up.
    """
    return faults


@rule("F003", "json-encoding", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def json_encoding(faults: Faults) -> Iterable[Finding]:
    r"""The text is not UTF-8.

    What breaks: Python raises UnicodeDecodeError, or with the code page of a Windows machine reads other names, so that no
    image is found under them.
    Definition: a byte sequence that is not UTF-8, a file in UTF-16 or UTF-32, or a `\u` escape that is half of a surrogate
    pair. The other rules see a question mark or U+FFFD in its place.
    Source: RFC 8259, section 8.1.
    Fix: read the bytes that are not UTF-8 as Windows-1252 and write UTF-8; a file in UTF-16 or UTF-32 is written anew.
    Unsafe: that encoding is a guess. Half of a pair is left to a person.
    """
    return faults


@json_encoding.fix(Stage.DECODE, safe=False)
def as_utf_8(file: FileFacts) -> Iterable[Recoded]:
    """Take the bytes for those of Windows."""
    yield Recoded(file.display, CODE_PAGE)


@rule("F004", "json-bom", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def json_bom(faults: Faults) -> Iterable[Finding]:
    """The file starts with a byte order mark.

    What breaks: Python's json raises "Unexpected UTF-8 BOM", and Rust's serde refuses the file too.
    Definition: the first bytes are EF BB BF, or the mark of UTF-16 or UTF-32.
    Source: RFC 8259, section 8.1.
    Fix: write the file as UTF-8 without a mark. Safe: the text stays the same.
    """
    return faults


@json_bom.fix(Stage.DECODE, safe=True)
def without_mark(file: FileFacts) -> Iterable[Recoded]:
    """Leave the mark out."""
    yield Recoded(file.display, "")


@rule("F005", "json-nan", Severity.ERROR, impact=2, tasks=ALL_TASKS)
def json_nan(faults: Faults) -> Iterable[Finding]:
    """A number is written as NaN or Infinity, which JSON does not have.

    What breaks: browsers, Rust, databases and orjson refuse the file. Python reads it: then a NaN in a box counts as a match
    in COCOeval, and one in a polygon eats memory until the process is killed.
    Definition: the literals NaN, Infinity or -Infinity outside of a string.
    Source: RFC 8259, section 6.
    Fix: take `bbox` and `area` of an annotation from its sound segmentation. Safe: where what is left of the box agrees
    with it. Else take the area from the box, or drop an annotation that has no number in its box, mask, keypoints, area or
    score. Unsafe: the object gets lost. Anywhere else, only a person knows the value.
    """
    return faults


@json_nan.fix(Stage.SHAPE, safe=True, reads=["segmentation"], writes=["bbox", "area"])
def measured(record: Record) -> Record:
    """Measure the mask again."""
    bbox, segmentation = record.get("bbox"), record.get("segmentation")
    changed = dict(record)
    if _is_odd(bbox):
        box = box_of(segmentation)
        if box is None or not isinstance(bbox, list) or len(bbox) != 4:
            return record
        if any(is_number(old) and abs(old - new) > _AGREE for old, new in zip(bbox, box, strict=True)):
            return record
        changed["bbox"] = box
    if _is_odd(record.get("area")):
        area = area_of(segmentation)
        return record if area is None else changed | {"area": tidy(area)}
    return changed


@json_nan.fix(Stage.DROP, safe=False, reads=["image_id", "segmentation", "keypoints", "score"], writes=["bbox", "area"],
              drops=True)  # fmt: skip
def unmeasured(record: Record) -> Record | None:
    """Drop what cannot be measured; objects without a mask have the area of their box."""
    if "image_id" not in record:
        return record
    odd = [name for name in _MEASURED if _is_odd(record.get(name))]
    bbox = record.get("bbox")
    if odd == ["area"] and not record.get("segmentation") and is_box(bbox):
        return record | {"area": tidy(bbox[2] * bbox[3])}
    return None if odd else record


def _is_odd(value: Any) -> bool:
    """Whether a value is, or holds, NaN."""
    if isinstance(value, list):
        return any(map(_is_odd, value))
    if isinstance(value, dict):
        return any(map(_is_odd, value.values()))
    return isinstance(value, float) and value != value


@rule("F006", "json-duplicate-key", Severity.WARNING, impact=3, tasks=ALL_TASKS)
def json_duplicate_key(faults: Faults) -> Iterable[Finding]:
    """A key stands twice in one object.

    What breaks: nothing is raised. Most parsers take the last value, some the first, so two tools read two different files.
    Definition: a top-level key, or a field that the format knows in an image, a category or an annotation, stands more
    than once. Keys in nested objects and unknown fields are not looked at.
    Source: RFC 8259, section 4.
    Fix: take out the value that was not meant. Only a person knows which.
    """
    return faults


@rule("F007", "json-number-overflow", Severity.WARNING, impact=3, tasks=ALL_TASKS)
def json_number_overflow(faults: Faults) -> Iterable[Finding]:
    """A number does not fit into its type: an integer beyond 64 bits, or an id written as a float.

    What breaks: readers in Rust, C++ and databases overflow or refuse the file; Python's `%012d` and a lookup by text fail
    for the id 1.0.
    Definition: an integer outside -2**63 to 2**63 - 1, a number beyond the range of 64-bit floats, or an id such as 1.0.
    Fix: write an id such as 1.0 as an integer. Safe: 1.0 and 1 are the same id. Numbers that are too large are left to a
    person.
    """
    return faults


@json_number_overflow.fix(Stage.CAST, safe=True, writes=[FIELD])
def whole(record: Record, field: str) -> Record:
    """Write the id as the integer that it is."""
    value = record.get(field)
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return record | {field: int(value)}
    return record


@rule("F008", "json-depth-or-size", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def json_depth_or_size(faults: Faults) -> Iterable[Finding]:
    """The file is larger, or nested deeper, than many readers can take.

    What breaks: Python raises RecursionError or MemoryError; parsers with 32-bit offsets stop at 2 GiB.
    Definition: nested so deeply that the JSON cannot be read, about 900 levels; or more than 2 GiB, which is information.
    Fix: split the file, or flatten what is nested. Only a person can.
    """
    return faults


@rule("F009", "json-trailing-data", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def json_trailing_data(faults: Faults) -> Iterable[Finding]:
    """More text follows the JSON value.

    What breaks: every reader; Python raises "Extra data".
    Definition: anything but blanks after the end of the first value: two documents one after the other, or JSON Lines.
    Fix: keep one value, or write one object with `images`, `annotations` and `categories`. Only a person can.
    """
    return faults


@rule("F010", "file-compressed-or-html", Severity.ERROR, impact=3, tasks=ALL_TASKS)
def file_compressed_or_html(faults: Faults) -> Iterable[Finding]:
    """The file is something else under a JSON name: an archive, a web page, a git-LFS pointer, a picture.

    What breaks: every reader; Python raises "Expecting value: line 1 column 1".
    Definition: its first bytes are those of zip, gzip (unless the name ends in .gz), bzip2, xz, zstd, PDF, PNG, JPEG, a `<`,
    or `version https://git-lfs`.
    Fix: unpack it, run `git lfs pull`, or download the file itself instead of the page about it. Only a person can.
    """
    return faults
