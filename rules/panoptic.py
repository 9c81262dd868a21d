"""Panoptic segmentation: one annotation for each image, whose `segments_info` describes the segments of a PNG."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from cocolint.api import (
    Annotations,
    Bools,
    Categories,
    Faults,
    FileFacts,
    Finding,
    Image,
    Index,
    Ints,
    Record,
    Reordered,
    SegmentFolder,
    Severity,
    Stage,
    Task,
    distinct,
    leads_out,
    rule,
)
from cocolint.pictures.segment_maps import look_at

from ._segments import ID_LIMIT, PANOPTIC, PANOPTIC_TASKS, areas_in, at_segments, with_segments

_HEX = re.compile("#[0-9A-Fa-f]{6}")
_LAST = re.compile(r"[^/\\:]*\Z")
_SPREAD = 0x9E3779
"""The golden section of 24 bits, odd, so that its products with different numbers differ."""


@rule("N001", "panoptic-annotation-shape", Severity.ERROR, tasks=PANOPTIC_TASKS)
def panoptic_annotation_shape(annotations: Annotations, faults: Faults) -> Iterable[Finding]:
    """A panoptic annotation lacks the name of its PNG or the list of its segments.

    What breaks: panopticapi, DETR and detectron2 raise KeyError 'file_name' or 'segments_info'.
    Definition: `file_name` is absent, empty or no string, or `segments_info` is absent or no array. The annotation needs no
    `id`, and official ones have none; pycocotools cannot load such files.
    Fix: export the annotation again; only its writer knows the segments.
    """
    yield from faults
    empty = annotations.has("file_name") & np.array([not name for name in annotations.file_name], bool)
    yield from annotations.where(empty, "file_name", "`file_name` is empty")


@rule("N002", "panoptic-image-duplicate", Severity.ERROR, impact=3, tasks=PANOPTIC_TASKS)
def panoptic_image_duplicate(index: Index) -> Iterable[Finding]:
    """An image has more than one panoptic annotation.

    What breaks: of results, panopticapi keeps the last one of an image; of ground truth, it counts the image twice.
    Definition: the `image_id` of an earlier annotation of the file stands again; the first one is not reported.
    Fix: paint all segments into one PNG and list them in one annotation, or drop the copy. Only a person knows which.
    """
    rows = np.flatnonzero(index.has("image_id"))
    rows = rows[_again(index.image_id[rows])]
    return index.at(rows, "image_id", "image {image} has an earlier annotation too", image=index.image_id[rows])


@rule("N003", "panoptic-segment-id-duplicate", Severity.ERROR, tasks=PANOPTIC_TASKS, requires=["panoptic-segment-fields"])
def panoptic_segment_id_duplicate(annotations: Annotations) -> Iterable[Finding]:
    """Two segments of an image have the same id.

    What breaks: readers look segments up by id and keep the last one; the category of the others is lost, and their pixels
    count for the wrong segment.
    Definition: the id of an earlier segment of the same annotation stands again; the first one is not reported. Segments of
    different images may have equal ids, as official files show.
    Fix: paint the segment in a colour of its own and write its id, or drop the entry if it is a copy. Only a person can.
    """
    segments = annotations.segments
    return at_segments(annotations, _again(segments.id, segments.owner), "id", "an earlier segment has the id {id} too")


@rule("N004", "panoptic-segment-id-range", Severity.ERROR, tasks=PANOPTIC_TASKS, requires=["panoptic-segment-fields"])
def panoptic_segment_id_range(annotations: Annotations) -> Iterable[Finding]:
    """The id of a segment is not the colour of any pixel.

    What breaks: 0 is VOID, so the pixels of that segment belong to nothing; a negative id, or one that three channels of 8
    bits cannot hold, is in no PNG.
    Definition: `id` is not within 1 to 2**24 - 1.
    Source: panopticapi reads a colour as R + 256 G + 65536 B.
    Fix: choose a free id and paint the segment in its colour. Only a person can.
    """
    ids = annotations.segments.id
    return at_segments(annotations, (ids < 1) | (ids >= ID_LIMIT), "id", "id {id} is not within 1 to 16777215")


@rule("N005", "panoptic-segment-fields", Severity.ERROR, tasks=PANOPTIC_TASKS, requires=["json-nan"])
def panoptic_segment_fields(faults: Faults) -> Iterable[Finding]:
    """A segment lacks a field, or a field of it has the wrong type.

    What breaks: DETR and transformers raise KeyError 'area' or 'iscrowd', Datumaro refuses the item, and panopticapi cannot
    look up a segment without `id` or `category_id`.
    Definition: `id`, `category_id` and `area` must be integers, `bbox` an array of four, `iscrowd` 0 or 1. Results need
    `id` and `category_id` only. Such an annotation is not looked at further.
    Fix: count `area` and `bbox` in the PNG, if that has the id and the size of the image, and write 0 for a missing
    `iscrowd`. Safe: they say nothing else. An `id` or `category_id` only a person knows.
    """
    return faults


@panoptic_segment_fields.fix(Stage.DEFAULT, safe=True, writes=["segments_info"])
def no_crowds(record: Record, task: Task) -> Record:
    """Say of segments without `iscrowd` what readers take them for."""
    if task.is_results:
        return record
    return with_segments(record, lambda one: one | {"iscrowd": 0} if one.get("iscrowd") is None else one)


@panoptic_segment_fields.fix(Stage.DERIVE, safe=True, reads=["file_name"], writes=["segments_info"])
def measured(record: Record, segment_folder: SegmentFolder, image: Image | None, task: Task) -> Record:
    """Measure what has no sound `area` or `bbox`."""
    if task.is_results:
        return record
    areas = areas_in(segment_folder, record.get("file_name"), (image.width, image.height) if image else None)

    def mend(segment: Record) -> Record:
        number = segment.get("id")
        found = areas.get(number) if isinstance(number, int) else None
        if found is None:
            return segment
        bbox, area = segment.get("bbox"), segment.get("area")
        is_box = isinstance(bbox, list) and len(bbox) == 4 and all(map(_is_whole, bbox))
        more = ({} if _is_whole(area) else {"area": found[0]}) | ({} if is_box else {"bbox": found[1:]})
        return segment | more

    return with_segments(record, mend)


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


@rule("N006", "panoptic-category-unknown", Severity.ERROR, tasks=PANOPTIC,
      requires=["top-level-missing-categories", "section-not-array", "panoptic-segment-fields"])  # fmt: skip
def panoptic_category_unknown(annotations: Annotations) -> Iterable[Finding]:
    """A segment has a category that the file does not declare.

    What breaks: detectron2 raises KeyError with the id. The evaluation of panopticapi never counts the segment, and the class
    indices of DETR may not reach so far.
    Definition: `category_id` of a segment is an integer that no category has as its id. Silent where categories whose own
    ids are unusable can explain all unknown ones.
    Fix: declare the category, or correct the id; only a person knows which.
    """
    segments, categories = annotations.segments, annotations.categories
    unknown = categories.rows_of(segments.category_id) < 0
    if len(distinct(segments.category_id[unknown])) <= np.count_nonzero(~categories.has("id")):
        return []
    message = "no category has the id {category}"
    return at_segments(annotations, unknown, "category_id", message, category=segments.category_id[unknown])


@rule("N007", "panoptic-isthing-missing", Severity.ERROR, tasks=PANOPTIC)
def panoptic_isthing_missing(faults: Faults) -> Iterable[Finding]:
    """A category does not say whether it is a thing or stuff.

    What breaks: panopticapi raises KeyError 'isthing' where it splits the score into PQ of things and PQ of stuff, and in
    its converters.
    Definition: `isthing` of a category is absent or null.
    Fix: write 1 for things that can be counted, and 0 for stuff. Only a person knows.
    """
    return faults


@rule("N008", "panoptic-category-color", Severity.WARNING, impact=3, tasks=PANOPTIC, relaxed=["datumaro", "cvat"])
def panoptic_category_color(faults: Faults, categories: Categories) -> Iterable[Finding]:
    """A category has no colour.

    What breaks: the converters and the drawing code of panopticapi raise KeyError 'color'. Its evaluation needs none.
    Definition: `color` is absent, or not an array of three integers.
    Fix: give each category without one a colour `[red, green, blue]` of its own, by its id, and write `#dc143c` as three
    numbers. Safe: it is only painted with. Of anything else a person has to say what it means.
    """
    yield from faults
    yield from categories.where(categories.lacks("color"), None, "`color` is missing")


@panoptic_category_color.fix(Stage.DEFAULT, safe=True, reads=["id"], writes=["color"])
def coloured(record: Record) -> Record:
    """Choose a colour by the id, spread over all colours; equal ones only ids that are 2**24 apart have."""
    number, given = record.get("id"), record.get("color")
    if isinstance(given, str) and _HEX.fullmatch(given):
        return record | {"color": [*bytes.fromhex(given[1:])]}
    if given is not None or not isinstance(number, int) or isinstance(number, bool):
        return record
    return record | {"color": [*((number + 1) * _SPREAD % ID_LIMIT).to_bytes(3, "big")]}


@rule("N019", "panoptic-crowd-stuff", Severity.INFO, impact=4, tasks=PANOPTIC, requires=["panoptic-category-unknown"])
def panoptic_crowd_stuff(annotations: Annotations) -> Iterable[Finding]:
    """A segment of stuff is marked as a crowd.

    What breaks: nothing that is known; a crowd is many things that are not told apart, so the mark means nothing for stuff.
    Definition: `iscrowd` is 1 and the category has `isthing` 0. Silent where the file has no category of things: Datumaro
    writes 0 for all.
    Fix: set `iscrowd` to 0, or `isthing` of the category to 1; only a person knows which.
    """
    segments = annotations.segments
    crowd = (segments.iscrowd == 1) & _is_stuff(annotations)
    message = "a crowd of category {category}, which is stuff"
    return at_segments(annotations, crowd, "iscrowd", message, category=segments.category_id[crowd])


@rule("N020", "panoptic-multi-stuff-segment", Severity.INFO, impact=3, tasks=PANOPTIC,
      requires=["panoptic-category-unknown", "panoptic-segment-id-duplicate"])  # fmt: skip
def panoptic_multi_stuff_segment(annotations: Annotations) -> Iterable[Finding]:
    """An image has two segments of the same stuff.

    What breaks: a model gives one segment for each stuff class of an image, so one of the two is counted as missed.
    Definition: a segment whose category has `isthing` 0 has the category of an earlier segment of the annotation; the first
    one is not reported. Silent where the file has no category of things: Datumaro writes 0 for all.
    Source: panopticapi's converters merge all stuff of one class.
    Fix: paint all pixels of the class with one id and keep one segment. Only a person can.
    """
    segments = annotations.segments
    again = _again(segments.category_id, segments.owner) & _is_stuff(annotations)
    message = "an earlier segment has the category {category} too, which is stuff"
    return at_segments(annotations, again, "category_id", message, category=segments.category_id[again])


@rule("N021", "panoptic-order", Severity.WARNING, tasks=PANOPTIC)
def panoptic_order(index: Index) -> Iterable[Finding]:
    """The annotations are not in the order of the ids of their images.

    What breaks: DETR sorts the images by id and pairs them with the annotations by position: it stops at an assertion on
    the file names, or takes the size of another image.
    Definition: an `image_id` is less than that of the annotation before it.
    Fix: sort the annotations by `image_id`. Safe: their order means nothing else.
    """
    ids = index.image_id[index.has("image_id")]
    falls = np.flatnonzero(np.diff(ids) < 0)
    if len(falls):
        after, before = ids[falls[0] + 1], ids[falls[0]]
        places = "the only such place" if len(falls) == 1 else f"the first of {len(falls)} such places"
        yield Finding(f"image {after} comes after image {before}, {places}", "annotations")


@panoptic_order.fix(Stage.SORT, safe=True)
def by_image(file: FileFacts, index: Index) -> Iterator[Reordered]:
    """Sort by `image_id`, annotations without one last."""
    ids = np.where(index.has("image_id"), index.image_id, np.iinfo(np.int64).max)
    yield Reordered(file.display, "annotations", np.argsort(ids, kind="stable"))


@rule("N023", "panoptic-file-name-outside", Severity.WARNING, tasks=PANOPTIC_TASKS)
def panoptic_file_name_outside(annotations: Annotations) -> Iterable[Finding]:
    r"""The name of a PNG leads out of the folder of PNGs.

    What breaks: the PNG is found on one machine only, archives lose it, and a server may be made to read any of its files.
    Definition: `file_name` begins with `/`, `\` or a drive letter and a colon, or a part of it is `..`. Such a file is never
    opened.
    Fix: write the last part of the name, if the folder has such a PNG. Unsafe: the PNG meant is a guess.
    """
    outside = np.array([leads_out(name) for name in annotations.file_name], bool)
    return annotations.where(outside, "file_name", "it leads out of the folder of PNGs")


@panoptic_file_name_outside.fix(Stage.SHAPE, safe=False, writes=["file_name"])
def within(record: Record, segment_folder: SegmentFolder) -> Record:
    """Keep the last part of the name, if there is such a PNG."""
    name = record.get("file_name")
    if not isinstance(name, str) or not leads_out(name):
        return record
    last = _LAST.findall(name)[0]
    return record | {"file_name": last} if last and not leads_out(last) and look_at(segment_folder, last).there else record


def _again(values: Ints, owner: Ints | None = None) -> Bools:
    """Tell for each value whether it stands before already, among those of the same owner."""
    keys = [values] if owner is None else [values, owner]
    order = np.lexsort(keys)
    same = np.logical_and.reduce([np.diff(key[order]) == 0 for key in keys])
    again = np.zeros(len(values), bool)
    again[order[1:][same]] = True
    return again


def _is_stuff(annotations: Annotations) -> Bools:
    """Tell for each segment whether its category is stuff, False for all where no category is a thing."""
    categories = annotations.categories
    stuff = np.array([*(flag == 0 for flag in categories.is_thing), False], bool)
    if not any(flag == 1 for flag in categories.is_thing):
        stuff[:] = False
    return stuff[categories.rows_of(annotations.segments.category_id)]
