"""A data set with pictures and faults of all kinds, its page, and a browser to look at that."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.reported import Report
from tests.support import photos

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

Data = dict[str, Any]
HOSTILE = "<script>alert(1)</script>"
WIDTH, HEIGHT = 640, 480


def annotation(number: int, **changes: Any) -> Data:
    """Return a sound annotation of a square."""
    x, y = 20 + 40 * (number % 12), 30 + 20 * (number % 17)
    return {
        "id": number, "image_id": 1 + number % 3, "category_id": 1 + number % 2, "iscrowd": 0, "area": 1600.0,
        "bbox": [x, y, 40, 40], "segmentation": [[x, y, x + 40, y, x + 40, y + 40, x, y + 40]], **changes,
    }  # fmt: skip


def faulty() -> Data:
    """Return instances with a fault of each kind that is drawn in a way of its own."""
    faults: list[Data] = [
        {"bbox": [620, 30, 90, 40]},
        {"bbox": [1e12, 30, 90, 40]},
        {"bbox": [100, 100, -30, 50]},
        {"segmentation": [[100, 100, 120]]},
        {"segmentation": {"size": [HEIGHT, WIDTH], "counts": [1000, 500, 200]}},
        {"segmentation": {"size": [HEIGHT, WIDTH], "counts": "~~~"}},
        {"segmentation": {"size": [HEIGHT, WIDTH], "counts": [48000, 9000, 250200]}, "iscrowd": 0},
        {"iscrowd": 1},
        {"category_id": 77},
        {"image_id": 99},
        {"area": 5e6},
        {"bbox": "no box", "segmentation": {"size": "no", "counts": {}}},
    ]
    annotations = [annotation(number, **fault) for number, fault in enumerate(faults, 1)]
    annotations += [annotation(number) for number in range(20, 40)]
    names = ["1.jpg", "2.jpg", 'a"><img src=x onerror=alert(2)>.jpg']
    return {
        "info": {},
        "licenses": [],
        "images": [{"id": n, "file_name": name, "width": WIDTH, "height": HEIGHT} for n, name in enumerate(names, 1)],
        "categories": [
            {"id": 1, "name": HOSTILE, "supercategory": "x"},
            {"id": 2, "name": "$x^2$ \u202e 猫", "supercategory": "x"},
        ],
        "annotations": annotations,
    }


def poses() -> Data:
    """Return keypoints of which one lies outside, with an edge too many and a hostile name."""
    points = [150, 110, 2, 140, 105, 2, 160, 105, 1, 950, 150, 2, 30, 30, 0]
    pose = annotation(1, image_id=1, category_id=1, keypoints=points, num_keypoints=5, bbox=[130, 90, 80, 200])
    data = faulty()
    data["images"] = data["images"][:1]
    data["categories"] = [
        {
            "id": 1, "name": "person", "supercategory": "x", "skeleton": [[1, 2], [1, 3], [4, 5], [5, 9]],
            "keypoints": ["nose", f"</title>{HOSTILE}", "eye", "hand", "foot"],
        }
    ]  # fmt: skip
    data["annotations"] = [pose]
    return data


def written(folder: Path, **files: Data) -> Path:
    """Write annotation files by their names, and two of three pictures, to a folder."""
    (folder / "annotations").mkdir()
    (folder / "images" / "train").mkdir(parents=True)
    for name, data in files.items():
        (folder / "annotations" / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    for number in (1, 2):
        (folder / "images" / "train" / f"{number}.jpg").write_bytes(photos.jpeg(WIDTH, HEIGHT, number))
    return folder


def page_of(report: Report, **style: Any) -> str:
    """Return the page of a report. The test is skipped where a package is missing that makes it."""
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    from cocolint.html.page import write
    from cocolint.report import Style

    stream = io.StringIO()
    write(report, stream, Style("html", **style))
    return stream.getvalue()


def checked(folder: Path, **settings: Any) -> Report:
    """Return what comes of checking a folder with all rules but those on info."""
    return app.check([str(folder)], Settings(jobs=1, **settings))


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a faulty data set with hostile names."""
    folder = written(tmp_path_factory.mktemp("set"), instances_train=faulty(), person_keypoints_train=poses())
    return page_of(checked(folder))


Browser = Callable[[str], "Chrome"]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Open a page in Chromium; skipped where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no Chromium and chromedriver here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    folder = tmp_path_factory.mktemp("browser")
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder / 'profile'}", "--window-size=1280,900",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))

    def open_(text: str) -> Chrome:
        path = folder / "page.html"
        path.write_text(text, encoding="utf-8")
        chrome.get_log("browser")
        chrome.get(path.as_uri())
        return chrome  # type: ignore[no-any-return]

    try:
        yield open_
    finally:
        chrome.quit()
