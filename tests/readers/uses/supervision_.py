"""supervision: import as a DetectionDataset, and look at every image."""

from __future__ import annotations

from typing import Any

import supervision
from _coco import corners_to_sizes, versions

VERSION = versions("supervision")


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Import with masks."""
    data = supervision.DetectionDataset.from_coco(job["images"], job["truth"])
    seen = [found for _, _, found in data]
    boxes = [box for found in seen for box in corners_to_sizes(found.xyxy)]
    return {"images": len(seen), "objects": sum(map(len, seen)), "boxes": boxes}
