"""Areas: `area` is that of the mask in square pixels, or that of the box where there is no mask."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import (
    ALL_TASKS,
    OBJECT_TASKS,
    Annotations,
    Bools,
    Faults,
    Finding,
    Floats,
    Image,
    Record,
    Severity,
    Stage,
    rule,
)

from ._raster import pixel_counts
from ._shapes import area_of, as_number, is_box, tidy

BINS = np.array([32.0**2, 96.0**2])
BIN_NAMES = np.array(["small", "medium", "large"])
UNSOUND_MASK = (
    "polygon-nonfinite", "polygon-coordinate-huge", "polygon-zero-area", "segmentation-nested-points",
    "polygon-too-few-points", "polygon-first-ring-shape", "polygon-odd-length", "rle-size-type", "rle-counts-sum",
    "rle-counts-negative", "rle-counts-overflow", "rle-counts-string-invalid", "rle-empty",
)  # fmt: skip


def _box_area(annotations: Annotations) -> Floats:
    """The area of each box, NaN where it is unknown or has no extent."""
    w, h = annotations.bbox[:, 2], annotations.bbox[:, 3]
    with np.errstate(all="ignore"):
        return np.where((w > 0) & (h > 0), w * h, np.nan)


def _has_mask(annotations: Annotations) -> Bools:
    return annotations.is_polygon | annotations.is_rle


def _single(annotations: Annotations) -> Bools:
    """Whether an annotation is no crowd; where `iscrowd` is ill-typed, nobody knows."""
    single: Bools = (annotations.iscrowd == 0) & (annotations.has("iscrowd") | annotations.lacks("iscrowd"))
    return single


def _is_near(area: Floats, other: Floats, least: Floats | float, share: float) -> Bools:
    """Whether two areas differ by at most `least` pixels or that share of the other."""
    near: Bools = np.abs(area - other) <= np.maximum(least, share * other)
    return near


def computed(record: Record) -> Record:
    """Compute the area of the mask, or of the box where there is no mask."""
    area = computed_area(record)
    return record if area is None else record | {"area": area}


def computed_area(record: Record) -> float | None:
    """Return the area of the mask, or of the box where there is no mask; None where that is not sound."""
    segmentation, bbox = record.get("segmentation"), record.get("bbox")
    if segmentation in (None, [], [[]]):
        return tidy(bbox[2] * bbox[3]) if is_box(bbox) else None
    area = area_of(segmentation)
    return None if area is None else tidy(area)


@rule("P028", "area-missing", Severity.ERROR, impact=1, tasks=ALL_TASKS, relaxed=["crowdpose", "posetrack"])
def area_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has no `area`.

    What breaks: pycocotools, mmdetection, torchvision's references and nearly all others raise KeyError 'area'.
    Definition: the key is absent in a file of instances or stuff.
    Fix: compute the area of the mask, or of the box where there is none. Safe: nothing else says how large the object is.
    """
    return faults


area_missing.fix(Stage.DERIVE, safe=True, reads=["segmentation", "bbox"], writes=["area"])(computed)


@rule("P029", "area-type", Severity.ERROR, tasks=ALL_TASKS)
def area_type(faults: Faults) -> Iterable[Finding]:
    """The `area` is no number.

    What breaks: COCOeval raises TypeError: '<' not supported.
    Definition: a text, null, a list or anything else that is not a number.
    Fix: write the number without quotes, or compute it anew. Safe: no reader could use what was there.
    """
    return faults


@area_type.fix(Stage.CAST, safe=True, writes=["area"])
def as_it_is_spelled(record: Record) -> Record:
    """Write the number that a text spells."""
    number = as_number(record.get("area"))
    return record if number is None else record | {"area": number}


area_type.fix(Stage.DERIVE, safe=True, reads=["segmentation", "bbox"], writes=["area"])(computed)


@rule("P030", "area-nonpositive", Severity.ERROR, requires=["bbox-degenerate"], tasks=OBJECT_TASKS,
      relaxed=["encord"])  # fmt: skip
def area_nonpositive(annotations: Annotations) -> Iterable[Finding]:
    """The `area` is 0 or less, though the object has an extent.

    What breaks: mmdetection, YOLOX and PaddleDetection drop the object; COCOeval counts it as small, so that AP of medium
    and large is -1.
    Definition: `area` <= 0 while the mask has area, or, without a mask, the box has.
    Fix: compute the area of the mask, or of the box where there is none. Safe: an area of 0 says nothing.
    """
    extent = np.where(_has_mask(annotations), annotations.mask_area, _box_area(annotations))
    with np.errstate(all="ignore"):
        bad = (annotations.area <= 0) & (extent > 0)
    return annotations.where(
        bad, "area", "area {area:.10g}, but the object covers {extent:.1f} px²", area=annotations.area, extent=extent
    )


area_nonpositive.fix(Stage.DERIVE, safe=True, reads=["segmentation", "bbox"], writes=["area"])(computed)


@rule(
    "P031", "area-mismatch", Severity.WARNING,
    requires=["bbox-degenerate", "area-nonpositive", "area-normalized", "area-exceeds-image", *UNSOUND_MASK],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def area_mismatch(annotations: Annotations) -> Iterable[Finding]:
    """The `area` is neither that of the mask nor that of the box.

    What breaks: AP of small, medium and large objects: the object is counted in the wrong group where the area crosses
    32² or 96² px².
    Definition: of annotations with a mask and `iscrowd` 0: more than max(0.5 px², 1 %) off the sum of the shoelace areas
    and more than max(1 px², 2 %) off the number of pixels. Whole numbers may be 2 % off the shoelace areas. Run lengths are
    counted; there 0.21 px² for each px around the bounds are free as well. The area of the box, within 1 %, is
    `area-is-bbox-area`. Crowds are left out: official ones differ.
    Tolerance: official files agree with the shoelace areas to 1e-11. Datumaro writes the number of pixels, and run lengths
    made from polygons keep the area of those: the two differ by up to 0.21 times the outline.
    Fix: compute the area of the mask. Unsafe: it changes the metric.
    """
    area, mask = annotations.area, annotations.mask_area
    with np.errstate(all="ignore"):
        off = _single(annotations) & (area > 0) & np.isfinite(mask) & ~_is_near(area, mask, 0.5, 0.01)
        if not off.any():
            return
        whole = area == np.floor(area)
        right = whole & _is_near(area, mask, 1.0, 0.02)
        right |= annotations.is_rle & _is_near(area, mask, np.maximum(1.0, 0.21 * _outline(annotations)), 0.02)
        box = _is_near(area, _box_area(annotations), 0.0, 0.01)
        off &= ~right & ~box
    rows = np.flatnonzero(off & annotations.is_polygon & (area <= _most(annotations)))
    covered = mask.copy()
    covered[rows] = pixels = pixel_counts(annotations, rows)
    with np.errstate(all="ignore"):
        off[rows] = ~_is_near(area[rows], pixels, 1.0, 0.02) & np.isfinite(pixels)
    group, other = np.digitize(covered, BINS), np.digitize(area, BINS)
    message = "area {area:.10g}, but the mask covers {covered:.1f} px²"
    yield from annotations.where(off & (group == other), "area", message, area=area, covered=covered)
    yield from annotations.where(
        off & (group != other), "area", message + ": it is counted as {wrong}, not {right}",
        area=area, covered=covered, wrong=BIN_NAMES[other], right=BIN_NAMES[group],
    )  # fmt: skip


area_mismatch.fix(Stage.DERIVE, safe=False, reads=["segmentation", "bbox"], writes=["area"])(computed)


def _outline(annotations: Annotations) -> Floats:
    """How long the outline of each mask is at least: as long as that of its bounds."""
    left, top, right, bottom = annotations.mask_bounds.T
    outline: Floats = 2 * (right - left + bottom - top)
    return outline


def _most(annotations: Annotations) -> Floats:
    """More than any rasterised mask can cover, by its bounds: beyond it an area is wrong without a look at the pixels."""
    left, top, right, bottom = annotations.mask_bounds.T
    with np.errstate(all="ignore"):
        most: Floats = 1.02 * (right - left + 2) * (bottom - top + 2) + 1
    return most


@rule("P032", "area-is-bbox-area", Severity.INFO, requires=["area-nonpositive", "bbox-degenerate", *UNSOUND_MASK])
def area_is_bbox_area(annotations: Annotations) -> Iterable[Finding]:
    """The `area` is that of the box, though the mask is smaller.

    What breaks: AP of small, medium and large objects: objects are counted as larger than they are. OCHuman, AP-10K,
    Roboflow and many converters write it.
    Definition: `iscrowd` is 0, `area` is within 1 % of w * h, and the mask has less than 95 % of that.
    Fix: compute the area of the mask. Unsafe: it changes the metric.
    """
    box = _box_area(annotations)
    with np.errstate(all="ignore"):
        same = _is_near(annotations.area, box, 0.0, 0.01) & (annotations.mask_area > 0) & (annotations.mask_area < 0.95 * box)
    message = "area {area:.10g} is that of the box, the mask has {covered:.1f} px²"
    return annotations.where(same & _single(annotations), "area", message, area=annotations.area, covered=annotations.mask_area)


area_is_bbox_area.fix(Stage.DERIVE, safe=False, reads=["segmentation", "bbox"], writes=["area"])(computed)


@rule(
    "P033", "area-box-only", Severity.INFO, impact=3, tasks=OBJECT_TASKS,
    requires=["bbox-degenerate", "area-nonpositive", "area-normalized", "area-exceeds-bbox"],
)  # fmt: skip
def area_box_only(annotations: Annotations) -> Iterable[Finding]:
    """The annotation has no mask, and its `area` is not that of the box.

    What breaks: nothing if it is the area of a mask that was left out; else AP of small, medium and large objects.
    Definition: without a mask, `area` is more than 1 % and more than 1 px² off w * h and off (w + 1) * (h + 1).
    Tolerance: writers that count inclusive pixels, such as those for Pascal VOC, arrive at (w + 1) * (h + 1).
    Fix: compute the area of the box where there never was a mask; only a person knows.
    """
    box = _box_area(annotations)
    with np.errstate(all="ignore"):
        inclusive = (annotations.bbox[:, 2] + 1) * (annotations.bbox[:, 3] + 1)
        other = (
            ~_is_near(annotations.area, box, 1.0, 0.01) & ~_is_near(annotations.area, inclusive, 1.0, 0.01) & np.isfinite(box)
        )
    other &= ~_has_mask(annotations) & (annotations.area > 0)
    return annotations.where(other, "area", "area {area:.10g}, but the box has {box:.10g} px²", area=annotations.area, box=box)


@rule(
    "P034", "area-exceeds-bbox", Severity.WARNING, impact=3,
    requires=["bbox-degenerate", "area-exceeds-image"], tasks=OBJECT_TASKS,
)  # fmt: skip
def area_exceeds_bbox(annotations: Annotations) -> Iterable[Finding]:
    """The `area` is larger than the box.

    What breaks: AP of small, medium and large objects; keypoint similarity, which divides by the area.
    Definition: `area` > 1.02 * w * h + 1 and > (w + 1) * (h + 1), for annotations without a mask. With a mask,
    `area-mismatch` says what it is.
    Tolerance: writers that count inclusive pixels, such as those for Pascal VOC, arrive at (w + 1) * (h + 1).
    Fix: compute the area of the box. Unsafe: it changes the metric, and the box may be what is wrong.
    """
    box = _box_area(annotations)
    with np.errstate(all="ignore"):
        inclusive = (annotations.bbox[:, 2] + 1) * (annotations.bbox[:, 3] + 1)
        more = ~_has_mask(annotations) & (annotations.area > np.maximum(1.02 * box + 1, 1.001 * inclusive))
    return annotations.where(more, "area", "area {area:.10g}, but the box has {box:.10g} px²", area=annotations.area, box=box)


area_exceeds_bbox.fix(Stage.DERIVE, safe=False, reads=["segmentation", "bbox"], writes=["area"])(computed)


@rule("P035", "area-exceeds-image", Severity.ERROR, impact=3, requires=["bbox-degenerate"], tasks=OBJECT_TASKS)
def area_exceeds_image(annotations: Annotations) -> Iterable[Finding]:
    """The `area` is larger than the image.

    What breaks: AP of small, medium and large objects; keypoint similarity, which divides by the area.
    Definition: `area` > (W + 1) * (H + 1).
    Tolerance: 1 px a side is what boxes of inclusive pixels can add.
    Fix: compute the area of the mask, or of the box where there is none, if that is in the image. Unsafe: it changes the
    metric, and the image size may be what is wrong.
    """
    with np.errstate(all="ignore"):
        sized = (annotations.width > 0) & (annotations.height > 0)
        more = sized & (annotations.area > (annotations.width + 1) * (annotations.height + 1))
    message = "area {area:.10g}, but the image has {width:g} x {height:g} px"
    return annotations.where(more, "area", message, area=annotations.area, width=annotations.width, height=annotations.height)


@area_exceeds_image.fix(Stage.DERIVE, safe=False, reads=["segmentation", "bbox"], writes=["area"])
def computed_in_image(record: Record, image: Image | None) -> Record:
    """Compute the area, unless the object is as large as it says."""
    area = computed_area(record)
    is_within = area is not None and image is not None and area <= (image.width + 1) * (image.height + 1)
    return record | {"area": area} if is_within else record


@rule(
    "P036", "area-normalized", Severity.ERROR, impact=3, requires=["bbox-degenerate", "area-nonpositive"],
    tasks=OBJECT_TASKS,
)  # fmt: skip
def area_normalized(annotations: Annotations) -> Iterable[Finding]:
    """The `area` is a part of the image, not in square pixels.

    What breaks: every object counts as small, so that AP of medium and large is -1; keypoint similarity, which divides by
    the area, is 0.
    Definition: 0 < `area` <= 1, though both sides of the box are above 2 px and the mask, if there is one, above 4 px².
    Fix: compute the area of the mask, or of the box where there is none. Safe: no object of that extent has so small an area.
    """
    extent = np.where(_has_mask(annotations), annotations.mask_area, _box_area(annotations))
    with np.errstate(all="ignore"):
        small = (
            (annotations.area > 0)
            & (annotations.area <= 1)
            & (np.minimum(annotations.bbox[:, 2], annotations.bbox[:, 3]) > 2)
            & (extent > 4)
        )
    message = "area {area:.6g}, but the object covers {extent:.1f} px²"
    return annotations.where(small, "area", message, area=annotations.area, extent=extent)


area_normalized.fix(Stage.DERIVE, safe=True, reads=["segmentation", "bbox"], writes=["area"])(computed)
