"""Bounding boxes: `[x, y, width, height]` in pixels."""

from __future__ import annotations

from collections.abc import Iterable

from cocolint.api import OBJECT_TASKS, Annotations, Faults, Finding, Fix, Severity, rule


@rule("B001", "bbox-missing", Severity.ERROR, impact=1, fix=Fix.SAFE)
def bbox_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has no `bbox`.

    What breaks: pycocotools raises KeyError 'bbox'; mmpose skips the person; Datumaro refuses the item.
    Definition: the key `bbox` is absent in a file of instances or person_keypoints.
    Fix: take the bounds of the segmentation where it is sound. Safe: nothing else says where the object is.
    """
    return faults


@rule("B010", "bbox-out-of-image", Severity.WARNING, impact=1, tasks=OBJECT_TASKS, fix=Fix.UNSAFE)
def bbox_out_of_image(annotations: Annotations, *, tolerance: float = 1.0) -> Iterable[Finding]:
    """The box reaches over the border of its image.

    What breaks: albumentations raises ValueError; YOLOX and PaddleDetection clip the corner first and then add the
    width, so the box is silently shifted.
    Definition: `max(-x, -y, x + w - W, y + h - H) > tolerance`, in pixels.
    Tolerance: 1 px is the most that the inclusive/exclusive and 0/1-based conventions can explain.
    Fix: clip the box to the image. Unsafe: it changes the geometry.
    """
    over = annotations.overshoot
    return annotations.where(over > tolerance, "bbox", "{over:.1f} px over the image", over=over)
