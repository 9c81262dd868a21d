"""Cases of the rules on bounding boxes."""

from __future__ import annotations

from tests.support.cases import REMOVED, Case

CASES = [
    Case("bbox-missing", "no key", fires=1, edit={"/annotations/0/bbox": REMOVED}),
    Case("bbox-missing", "captions need none", task="instances"),
    Case("bbox-out-of-image", "over the right border", fires=1, edit={"/annotations/0/bbox": [600.0, 20.0, 100.0, 50.0]}),
    Case("bbox-out-of-image", "within the tolerance", edit={"/annotations/0/bbox": [540.5, 20.0, 100.0, 50.0]}),
]
