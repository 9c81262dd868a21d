"""The PNGs of panoptic files against their `segments_info`: the colour of a pixel is the id of its segment."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import Annotations, Bools, Finding, Index, Ints, Record, SegmentFolder, SegmentMaps, Severity, Stage, rule

from ._segments import ID_LIMIT, PANOPTIC, PANOPTIC_TASKS, at_segments, with_segments

OTHER_IDS = ("panoptic-semantic-map", "panoptic-bgr", "panoptic-lossy-png", "panoptic-png-not-json")
"""Each says of a PNG that its colours are not those of the segments, so that there is no use in measuring them."""

_SHOWN = 3


@rule("N009", "panoptic-png-missing", Severity.ERROR, impact=1, tasks=PANOPTIC_TASKS)
def panoptic_png_missing(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """The PNG of an annotation does not exist.

    What breaks: panopticapi, DETR and detectron2 raise FileNotFoundError at it, in the middle of a run.
    Definition: the folder of PNGs exists, and has no regular file called `file_name`. It is called like the JSON file without
    `.json`, holds at least one PNG, and lies beside the file, in a folder of its own name, in `annotations/`, or beside
    `annotations/`. Without such a folder the rule is skipped, as all rules on PNGs are.
    Fix: unpack the archive of PNGs again, which is often cut off, or correct the name. Only a person can.
    """
    folder = np.full(len(annotations), segment_maps.folder.display)
    missing = segment_maps.named & ~segment_maps.there
    return annotations.where(missing, "file_name", "no such file in {folder}", folder=folder)


@rule("N010", "panoptic-png-unreferenced", Severity.INFO, impact=4, tasks=PANOPTIC_TASKS)
def panoptic_png_unreferenced(index: Index, segment_folder: SegmentFolder) -> Iterable[Finding]:
    """The folder of PNGs holds some that no annotation names.

    What breaks: nothing; what they show is not used. It can be the sign of a JSON file that was cut.
    Definition: a `.png` in the folder, or below it, is the `file_name` of no annotation.
    Fix: add the annotations, or remove the files. Only a person can.
    """
    names = segment_folder.unlisted(index.digest)
    if names:
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        text = f"PNGs that no annotation names: {len(names)}, {shown}"
        yield Finding(text.replace("{", "{{").replace("}", "}}"), "annotations")


@rule("N011", "panoptic-png-mode", Severity.ERROR, tasks=PANOPTIC_TASKS, requires=["panoptic-semantic-map"])
def panoptic_png_mode(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """The PNG is not in 8-bit RGB.

    What breaks: `rgb2id` of panopticapi needs red, green and blue: it raises TypeError on one channel or a palette, and
    IndexError on two. Of 16 bits readers keep the upper 8, so all small ids become 0.
    Definition: the header of the PNG says another depth than 8 bits, or greyscale or a palette. RGBA is a warning: readers
    pass over the fourth channel. What its values mean is judged by `panoptic-semantic-map`.
    Fix: write the PNG anew, with each id as R + 256 G + 65536 B. Only a person can say whether a palette's colours or its
    positions are the ids.
    """
    modes = np.array(segment_maps.mode)
    readable = ~np.array([bool(problem) for problem in segment_maps.problem], bool)
    rgba = modes == "8-bit RGBA"
    wrong = readable & segment_maps.there & (modes != "8-bit RGB")
    for chosen, severity in ((wrong & ~rgba, None), (wrong & rgba, Severity.WARNING)):
        yield from annotations.where(chosen, "file_name", "the PNG is {mode}", severity=severity, mode=modes)


@rule("N012", "panoptic-png-size", Severity.ERROR, tasks=PANOPTIC, requires=["panoptic-png-unreadable"])
def panoptic_png_size(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """The PNG has another size than its image.

    What breaks: masks do not lie over the picture: DETR and detectron2 fail to stack the two, or learn from shifted masks.
    Definition: width or height of the PNG differs from that of the image record, where that is known and above 0.
    Fix: export the PNG again in the size of the image. Resized without interpolation, its ids stay. Only a person can.
    """
    width, height = segment_maps.size.T
    known = (width > 0) & (annotations.width > 0) & (annotations.height > 0)
    differs = (width != annotations.width) | (height != annotations.height)
    return annotations.where(
        known & differs, "file_name", "the PNG has {width} x {height} px, the image {wanted:g} x {high:g}",
        width=width, height=height, wanted=annotations.width, high=annotations.height,
    )  # fmt: skip


@rule("N013", "panoptic-png-not-json", Severity.ERROR, impact=1, tasks=PANOPTIC_TASKS,
      requires=OTHER_IDS[:3])  # fmt: skip
def panoptic_png_not_json(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """The PNG has pixels of a segment that `segments_info` does not list.

    What breaks: panopticapi raises KeyError "is presented in PNG and not presented in JSON" for results; of ground truth,
    these pixels belong to nothing, and unlike VOID they count against the results that cover them.
    Definition: a colour of the PNG other than 0, which is VOID, is the `id` of no segment of the annotation. No more than
    1,000 are counted.
    Source: R + 256 G + 65536 B, as panopticapi reads colours.
    Fix: list the segment, or paint its pixels with 0. Only a person can: its category is nowhere else.
    """
    unknown = segment_maps.known < 0
    count = _per_annotation(annotations, segment_maps, unknown)
    rows = np.flatnonzero(_judged(annotations, segment_maps) & (count > 0))
    largest = np.zeros((len(annotations), 2), np.int64)
    order = np.argsort(np.where(unknown, segment_maps.pixels, 0), kind="stable")
    largest[segment_maps.owner[order]] = np.column_stack([segment_maps.id, segment_maps.pixels])[order]
    return annotations.at(
        rows, "file_name", "ids in the PNG that are not in segments_info: {count}, the largest {id} with {pixels} px",
        count=count[rows], id=largest[rows, 0], pixels=largest[rows, 1],
    )  # fmt: skip


@rule("N014", "panoptic-json-not-png", Severity.ERROR, impact=1, tasks=PANOPTIC_TASKS, requires=OTHER_IDS)
def panoptic_json_not_png(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """A segment has no pixel in the PNG.

    What breaks: panopticapi raises KeyError "presented in JSON and not presented in PNG" for results; in ground truth such a
    segment can never be matched and counts as missed. DETR makes a box of 1e8 from the empty mask.
    Definition: `id` is within 1 to 2**24 - 1, and no pixel has its colour. Where the PNG has unknown ids as well, only
    `panoptic-png-not-json` is told.
    Fix: drop the segment from `segments_info`; a person may paint it instead. Unsafe: the object is lost.
    """
    segments = annotations.segments
    possible = (segments.id > 0) & (segments.id < ID_LIMIT)
    rows = np.flatnonzero(segment_maps.has_ids[segments.owner] & possible & (segment_maps.seen < 0))
    return at_segments(annotations, rows, "id", "no pixel has the id {id}")


@panoptic_json_not_png.fix(Stage.DROP, safe=False, writes=["segments_info"])
def without_segment(record: Record, id: int) -> Record:
    """Leave the segment out."""
    return with_segments(record, lambda segment: None if segment.get("id") == id else segment)


@rule("N015", "panoptic-area", Severity.WARNING, tasks=PANOPTIC,
      requires=[*OTHER_IDS, "panoptic-png-size", "panoptic-segment-id-duplicate"])  # fmt: skip
def panoptic_area(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """The `area` of a segment is not its number of pixels.

    What breaks: the panoptic quality takes this area for the union, so the IoU of the segment is wrong, and it may be matched
    or missed wrongly.
    Definition: `area` differs from the count of pixels in its colour.
    Source: equal in all official files.
    Fix: count again. Safe: the value stands for nothing else.
    """
    rows, areas = _both(annotations, segment_maps)
    given, counted = annotations.segments.area[rows], segment_maps.pixels[areas]
    wrong = given != counted
    message = "area {given}, but {counted} px have the id {id}"
    return at_segments(annotations, rows[wrong], "area", message, given=given[wrong], counted=counted[wrong])


@panoptic_area.fix(Stage.DERIVE, safe=True, writes=["segments_info"])
def counted_area(record: Record, id: int, counted: int) -> Record:
    """Write how many pixels there are."""
    return with_segments(record, lambda segment: segment | {"area": counted} if segment.get("id") == id else segment)


@rule("N016", "panoptic-bbox", Severity.WARNING, tasks=PANOPTIC, relaxed=["datumaro", "cvat"],
      requires=[*OTHER_IDS, "panoptic-png-size", "panoptic-segment-id-duplicate"])  # fmt: skip
def panoptic_bbox(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """The `bbox` of a segment is not where its pixels are.

    What breaks: detection heads that are trained along with the panoptic ones learn from wrong boxes.
    Definition: `bbox` is not `[left, top, right - left + 1, bottom - top + 1]` of the pixels in its colour. Datumaro leaves
    out the 1, by design.
    Source: equal in all official files.
    Fix: measure it again. Safe: the value stands for nothing else.
    """
    rows, areas = _both(annotations, segment_maps)
    given, measured = annotations.segments.bbox[rows], segment_maps.bounds[areas]
    wrong = (given != measured).any(axis=1)
    x, y, w, h = measured[wrong].T
    message = "the pixels with the id {id} have the bbox [{x}, {y}, {w}, {h}]"
    return at_segments(annotations, rows[wrong], "bbox", message, x=x, y=y, w=w, h=h)


@panoptic_bbox.fix(Stage.DERIVE, safe=True, writes=["segments_info"])
def measured_bbox(record: Record, id: int, x: int, y: int, w: int, h: int) -> Record:
    """Write where the pixels are."""
    return with_segments(record, lambda segment: segment | {"bbox": [x, y, w, h]} if segment.get("id") == id else segment)


@rule("N017", "panoptic-bgr", Severity.ERROR, impact=3, tasks=PANOPTIC_TASKS, requires=["panoptic-segment-fields"])
def panoptic_bgr(
    annotations: Annotations, segment_maps: SegmentMaps, *, unknown: float = 0.5, left: float = 0.01
) -> Iterable[Finding]:
    """The PNG was written with red and blue exchanged.

    What breaks: no id of the PNG is in `segments_info`, and the other way round; OpenCV writes such files where its order of
    channels is forgotten.
    Definition: 50 % or more of the colours are of no segment as they stand, and no more than 1 % with red and blue
    exchanged.
    Tolerance: greys are the same both ways, and some official categories are painted grey.
    Fix: write the PNG again with red first. Only a person can: the JSON file cannot mend it.
    """
    ids = segment_maps.id
    turned = (ids & 0xFF) << 16 | ids & 0xFF00 | ids >> 16
    total = _per_annotation(annotations, segment_maps, ids > 0)
    before = _per_annotation(annotations, segment_maps, segment_maps.known < 0)
    after = _per_annotation(annotations, segment_maps, segment_maps.segments_of(segment_maps.owner, turned) < 0)
    wrong = (total > 0) & (before >= unknown * total) & (after <= left * total)
    return annotations.where(
        _judged(annotations, segment_maps) & wrong, "file_name",
        "with red and blue exchanged {after} of {total} ids are unknown, as it stands {before}",
        total=total, before=before, after=after,
    )  # fmt: skip


@rule("N018", "panoptic-lossy-png", Severity.ERROR, impact=3, tasks=PANOPTIC_TASKS, requires=["panoptic-bgr"])
def panoptic_lossy_png(
    annotations: Annotations, segment_maps: SegmentMaps, *, least: int = 30, few: int = 20, share: float = 0.5
) -> Iterable[Finding]:
    """The PNG was compressed with loss, or resized with interpolation.

    What breaks: mixed colours are ids of segments that do not exist, along every border or everywhere.
    Definition: the file is a JPEG, whatever its name; or at least 30 of its colours are of no segment, and half of them or
    more have fewer than 20 pixels.
    Tolerance: official PNGs that went through JPEG, or through a resize that interpolates, have 90 to 30,000 such colours,
    most of them of a few pixels; in the PNG of another image less than a third are that small.
    Fix: make the PNG anew from its source, without loss and with nearest neighbours. Only a person can.
    """
    strange = segment_maps.known < 0
    count = _per_annotation(annotations, segment_maps, strange)
    small = _per_annotation(annotations, segment_maps, strange & (segment_maps.pixels < few))
    mixed = _judged(annotations, segment_maps) & (count >= least) & (small >= share * count)
    jpeg = np.array([mode == "JPEG" for mode in segment_maps.mode], bool)
    yield from annotations.where(jpeg, "file_name", "the file is a JPEG picture")
    message = "{small} of {count} colours of no segment have fewer than {few} px"
    limit = np.full(len(annotations), few)
    yield from annotations.where(mixed, "file_name", message, small=small, count=count, few=limit)


@rule("N022", "panoptic-semantic-map", Severity.ERROR, impact=3, tasks=PANOPTIC_TASKS, requires=["panoptic-segment-fields"])
def panoptic_semantic_map(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """The PNG holds category ids or positions instead of ids of segments: it is a semantic map, not a panoptic one.

    What breaks: nothing in it is found under the ids in `segments_info`; objects of one category cannot be told apart.
    Definition: some value is the id of no segment, and all values are category ids of the annotation's segments. In RGB,
    the red channel holds them, and green counts the objects, as in panopticapi's two-channel form, or all three are
    alike. In one channel, they may also be positions in `segments_info`, counted from 0 or from 1.
    Fix: export a panoptic PNG, or convert the two-channel form with `2channels2panoptic_coco_format.py` of panopticapi. Only a
    person can.
    """
    ids, owner = segment_maps.id, segment_maps.owner
    red, green, blue = ids & 0xFF, ids >> 8 & 0xFF, ids >> 16
    colour = segment_maps.has_ids[owner]
    in_red = colour & ((blue == 0) | ((red == green) & (green == blue)))
    classes = _is_category(annotations, owner, ids) | (in_red & _is_category(annotations, owner, red))
    listed = np.bincount(annotations.segments.owner, minlength=len(annotations))
    places = ~colour & (ids <= listed[owner])
    foreign = annotations.has("segments_info") & (_per_annotation(annotations, segment_maps, segment_maps.known < 0) > 0)
    wrong = foreign & (_per_annotation(annotations, segment_maps, ~classes) == 0)
    yield from annotations.where(wrong, "file_name", "its values are category ids, not ids of segments")
    wrong = foreign & ~wrong & (_per_annotation(annotations, segment_maps, ~places) == 0)
    yield from annotations.where(wrong, "file_name", "its values are positions in segments_info, not ids of segments")


@rule("N024", "panoptic-png-unreadable", Severity.ERROR, tasks=PANOPTIC_TASKS, requires=["panoptic-lossy-png"])
def panoptic_png_unreadable(annotations: Annotations, segment_maps: SegmentMaps) -> Iterable[Finding]:
    """The PNG of an annotation cannot be read.

    What breaks: readers raise UnidentifiedImageError or "image file is truncated" at it, in the middle of a run.
    Definition: the file is empty, not a PNG, cut off or damaged, or it declares more than 89,478,485 pixels: from there on
    Pillow warns of a decompression bomb, and it is not decoded here.
    Fix: unpack or export it again. Only a person can.
    """
    problems = segment_maps.problem
    rows = [row for row, problem in enumerate(problems) if problem]
    return annotations.at(rows, "file_name", "{problem}", problem=[problems[row] for row in rows])


def _per_annotation(annotations: Annotations, maps: SegmentMaps, areas: Bools) -> Ints:
    """How many of the chosen areas each annotation has."""
    return np.bincount(maps.owner[areas], minlength=len(annotations))


def _judged(annotations: Annotations, maps: SegmentMaps) -> Bools:
    """Tell which annotations have both a list of segments and a PNG with ids."""
    return maps.has_ids & annotations.has("segments_info")


def _both(annotations: Annotations, maps: SegmentMaps) -> tuple[Ints, Ints]:
    """Return the segments that have pixels, and the area of each."""
    rows = np.flatnonzero(maps.has_ids[annotations.segments.owner] & (maps.seen >= 0))
    return rows, maps.seen[rows]


def _is_category(annotations: Annotations, owner: Ints, values: Ints) -> Bools:
    """Tell for each value whether a segment of its owner has it as `category_id`."""
    segments = annotations.segments
    possible = (segments.category_id > 0) & (segments.category_id < ID_LIMIT)
    known = (segments.owner * ID_LIMIT + segments.category_id)[possible]
    mask: Bools = np.isin(owner * ID_LIMIT + values, known, kind="sort")
    return mask
