"""sahi: load, and cut the images into slices with their annotations."""

from __future__ import annotations

from typing import Any

from _coco import versions
from sahi.slicing import slice_coco
from sahi.utils.coco import Coco

VERSION = versions("sahi")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Slice with slices as large as an image, so that nothing is cut."""
    coco = Coco.from_coco_dict_or_path(job["truth"])
    read = sum(len(image.annotations) for image in coco.images)
    sliced, _ = slice_coco(
        job["truth"], job["images"], "", output_dir=None, slice_height=480, slice_width=640, verbose=False, min_area_ratio=0
    )
    return {"images": len(coco.images), "objects": min(read, len(sliced["annotations"]))}
