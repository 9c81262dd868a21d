"""Cases of the rules on files whose boxes count pixels in another way."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.cases import Case, Data, crowded

Change = Callable[[Data], Data]


def wider(count: int, by: tuple[float, float] = (1, 1), of: int = 24) -> Change:
    """Make the boxes of the first `count` of some objects wider and higher than their polygons."""

    def change(_: Data) -> Data:
        data = crowded(of)
        for annotation in data["annotations"][:count]:
            annotation["bbox"][2] += by[0]
            annotation["bbox"][3] += by[1]
        return data

    return change


def starting_at(x: float, y: float, *, images: int = 6, far: float = 0, count: int = 24) -> Change:
    """The first box of some images starts at x, y; others end `far` beyond the right border. The file has no masks."""

    def change(_: Data) -> Data:
        data = crowded(count)
        for number, annotation in enumerate(data["annotations"]):
            left, top, w, h = annotation["bbox"]
            if number < images:
                left, top = x, y
            elif left > 400:
                w = 640 - left + far
            annotation |= {"bbox": [left, top, w, h], "segmentation": [], "area": w * h}
        return data

    return change


def with_rectangles(data: Data) -> Data:
    """Boxes from 1 on, each with the rectangle of its box for a polygon, and a crowd whose runs start with its box."""
    data = starting_at(1, 1)(data)
    for annotation in data["annotations"]:
        x, y, w, h = annotation["bbox"]
        annotation["segmentation"] = [[x, y, x + w, y, x + w, y + h, x, y + h]]
    mask = {"size": [480, 640], "counts": [480 * 2 + 2, 100, 640 * 480 - 480 * 2 - 102]}
    data["annotations"][-1] |= {"iscrowd": 1, "bbox": [2, 2, 1, 100], "segmentation": mask, "area": 100}
    return data


CASES = [
    Case("bbox-inclusive", "all", fires=1, change=wider(24)),
    Case("bbox-inclusive", "83 %", fires=1, change=wider(20)),
    Case("bbox-inclusive", "79 %", change=wider(19)),
    Case("bbox-inclusive", "1.05 px", fires=1, change=wider(24, (1.04, 0.96))),
    Case("bbox-inclusive", "1.06 px", change=wider(24, (1.06, 1))),
    Case("bbox-inclusive", "wider only", change=wider(24, (1, 0))),
    Case("bbox-inclusive", "as their polygons", change=wider(0)),
    Case("bbox-inclusive", "19 boxes", change=wider(19, of=19)),
    Case("bbox-one-based", "from 1 to the border", fires=1, change=starting_at(1, 1)),
    Case("bbox-one-based", "from 1 to 1 beyond the border", fires=1, change=starting_at(1, 1, far=1)),
    Case("bbox-one-based", "with polygons", fires=1, change=with_rectangles),
    Case("bbox-one-based", "from 0", change=starting_at(0, 0)),
    Case("bbox-one-based", "y from 0", change=starting_at(1, 0)),
    Case("bbox-one-based", "from 2", change=starting_at(2, 2)),
    Case("bbox-one-based", "kept 1 px away from all borders", change=starting_at(1, 1, far=-1)),
    Case("bbox-one-based", "in two images only", change=starting_at(1, 1, images=2)),
    Case("bbox-one-based", "18 boxes", change=starting_at(1, 1, count=18)),
]
