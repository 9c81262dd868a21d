"""Cases of the rules on the form of segmentations."""

from __future__ import annotations

from tests.rules.polygons import RING, SHORT, rings
from tests.support.cases import COLUMN, REMOVED, Case, Data

OUTLINE = [[RING[i], RING[i + 1]] for i in range(0, len(RING), 2)]


def boxes_only(data: Data) -> Data:
    for annotation in data["annotations"]:
        annotation["segmentation"] = []
        annotation["area"] = annotation["bbox"][2] * annotation["bbox"][3]
    return data


def without_masks(data: Data) -> Data:
    for annotation in boxes_only(data)["annotations"]:
        del annotation["segmentation"]
    return data


CASES = [
    Case("segmentation-missing", "others have masks", fires=1, edit={"/annotations/0/segmentation": REMOVED}),
    Case("segmentation-missing", "a result", 1, {"/1/segmentation": REMOVED}, task="results_segm", leaves=1,
         also=("results-first-item-decides",)),
    Case("segmentation-missing", "boxes only", change=without_masks),
    Case("segmentation-missing", "empty", edit=rings()),
    Case("segmentation-empty", "others have masks", fires=1, edit=rings()),
    Case("segmentation-empty", "an empty ring", fires=1, edit=rings([])),
    Case("segmentation-empty", "boxes only, for information", fires=3, change=boxes_only),
    Case("segmentation-empty", "no key", edit={"/annotations/0/segmentation": REMOVED}),
    Case("segmentation-empty", "an empty ring beside another", edit=rings(RING, []), also=SHORT),
    Case("segmentation-type", "null", fires=1, edit={"/annotations/0/segmentation": None}),
    Case("segmentation-type", "null in a file of stuff", 1, {"/annotations/0/segmentation": None}, task="stuff"),
    Case("segmentation-type", "null in a result", 1, {"/0/segmentation": None}, task="results_segm", leaves=1),
    Case("segmentation-type", "a text", fires=1, edit={"/annotations/0/segmentation": "none"}, leaves=1),
    Case("segmentation-type", "a text in a ring", fires=1, edit=rings(["ten", *RING[1:]]), leaves=1),
    Case("segmentation-type", "a text for a coordinate", fires=1, edit=rings(["10", *RING[1:]])),
    Case("segmentation-type", "whole numbers", edit=rings([int(value) for value in RING])),
    Case("segmentation-flat", "one list", fires=1, edit={"/annotations/0/segmentation": RING}),
    Case("segmentation-flat", "two points", fires=1, edit=rings(10, 20, 110, 70), leaves=1),
    Case("segmentation-flat", "an odd count", fires=1, edit=rings(*RING, 10), leaves=1),
    Case("segmentation-flat", "one ring", edit=rings(RING)),
    Case("segmentation-nested-points", "a ring of pairs", fires=1, edit=rings(OUTLINE)),
    Case("segmentation-nested-points", "pairs instead of rings", fires=1, edit=rings(*OUTLINE)),
    Case("segmentation-nested-points", "two rings of pairs", fires=1, edit=rings(OUTLINE, OUTLINE[:3])),
    Case("segmentation-nested-points", "doubled brackets", fires=1, edit=rings([RING])),
    Case("segmentation-nested-points", "doubled brackets and a ring", fires=1, edit=rings(RING, [RING])),
    Case("segmentation-nested-points", "pairs in doubled brackets", fires=1, edit=rings([OUTLINE]), leaves=1),
    Case("segmentation-nested-points", "two rings in doubled brackets", fires=1, edit=rings([RING, RING]), leaves=1),
    Case("segmentation-nested-points", "with heights", fires=1, edit=rings([[*point, 0] for point in OUTLINE]), leaves=1),
    Case("segmentation-nested-points", "a ring of two pairs", fires=1, edit=rings(OUTLINE, OUTLINE[:2]), leaves=1),
    Case("segmentation-nested-points", "two pairs are no polygon", edit=rings([10, 20], [60, 20]), also=SHORT),
    Case("segmentation-nested-points", "one pair beside rings", edit=rings(RING, RING, [60, 20]), also=SHORT),
    Case("segmentation-rle-in-list", "one mask in a list", fires=1, edit=rings({"size": [480, 640], "counts": [480 * 640]})),
    Case("segmentation-rle-in-list", "a crowd", fires=1, edit={"/annotations/2/segmentation": [COLUMN]}),
    Case("segmentation-rle-in-list", "two masks", fires=1, edit={"/annotations/2/segmentation": [COLUMN, COLUMN]}, leaves=1),
    Case("segmentation-rle-in-list", "no mask", 1, {"/annotations/2/segmentation": [{"size": [480, 640]}]}, leaves=1),
    Case("segmentation-rle-in-list", "a mask"),
]  # fmt: skip
