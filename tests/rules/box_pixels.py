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
    Case("bbox-one-based", "from 0", change=starting_at(0, 0)),
    Case("bbox-one-based", "y from 0", change=starting_at(1, 0)),
    Case("bbox-one-based", "from 2", change=starting_at(2, 2)),
    Case("bbox-one-based", "kept 1 px away from all borders", change=starting_at(1, 1, far=-1)),
    Case("bbox-one-based", "in two images only", change=starting_at(1, 1, images=2)),
    Case("bbox-one-based", "18 boxes", change=starting_at(1, 1, count=18)),
]
