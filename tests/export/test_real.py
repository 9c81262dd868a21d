"""Exports of real files: nothing is lost, and other programs read what comes out.

The files are not part of the project, since their licences are mixed.
"""

from __future__ import annotations

import contextlib
import glob
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cocolint.export.options import Layout, Options, SegmentationMode
from cocolint.model import Task
from tests.export.tools import Data, Exported, errors_of

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")

OFFICIAL = ["coco-official__coco-mini", "coco-official__panopticapi-sample"]
OTHERS = [
    "cvat__keypoints-treinar-mmpose", "cvat__logseg", "cvat__tennis-track", "deepsportradar__basketball",
    "dragon-data__voc2coco", "label-studio__img-segmentation", "labeld__white-separator", "labelformat__instance-fixtures",
    "labelme__voc-instances", "lauda__music-manuscripts", "lvis__val-100", "makesense__fish-crustaceans",
    "publaynet__samples", "pycococreator__example", "roboflow__chess-pieces", "roboflow__mocap-keypoints", "taco__official",
]  # fmt: skip
REFUSED_BY_HOTCOCO = {
    "cvat__keypoints-treinar-mmpose", "cvat__logseg", "cvat__tennis-track", "roboflow__chess-pieces",
    "roboflow__mocap-keypoints", "taco__official",
}  # fmt: skip
"""For a year or a license in words, in the source as well."""
SECTIONS = ("images", "annotations", "categories")


def counts(data: Data) -> list[int]:
    return [len(data.get(section, [])) for section in SECTIONS]


def source_counts(name: str) -> list[list[int]]:
    found = []
    for path in (REAL / name).rglob("*.json"):
        data = json.loads(path.read_bytes())
        if isinstance(data, dict) and "images" in data:
            found.append(counts(data))
    return sorted(found)


@pytest.mark.parametrize("name", OFFICIAL + OTHERS)
def test_every_record_is_written(tmp_path: Path, name: str) -> None:
    result = Exported(REAL / name, tmp_path / "out", Options())
    assert sorted(map(counts, result.data.values())) == source_counts(name)
    assert not +result.tally.left_out


@pytest.mark.parametrize("name", OFFICIAL)
@pytest.mark.parametrize("options", [Options(), Options(reindex=True, sort=True)])
def test_official_files_have_no_error_afterwards(tmp_path: Path, name: str, options: Options) -> None:
    result = Exported(REAL / name, tmp_path / "out", options)
    assert errors_of(result) == {}


@pytest.mark.parametrize("layout", list(Layout))
def test_official_instances_suit_every_layout(tmp_path: Path, layout: Layout) -> None:
    options = Options(layout=layout, tasks=(Task.INSTANCES,))
    assert errors_of(Exported(REAL / "coco-official__coco-mini", tmp_path / "out", options)) == {}


def test_official_records_are_the_same_bytes(tmp_path: Path) -> None:
    (source,) = (REAL / "coco-official__coco-mini").rglob("instances_val2017.json")
    result = Exported(source, tmp_path / "out", Options())
    assert result.only == json.loads(source.read_bytes())


@pytest.mark.parametrize("name", ["coco-official__coco-mini", *OTHERS])
@pytest.mark.parametrize("mode", [None, *SegmentationMode])
def test_pycocotools_and_hotcoco_read_them(tmp_path: Path, name: str, mode: SegmentationMode | None) -> None:
    hotcoco = pytest.importorskip("hotcoco")
    from pycocotools.coco import COCO

    result = Exported(REAL / name, tmp_path / "out", Options(segmentation_mode=mode, reindex=True))
    for path, data in result.data.items():
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(str(result.folder / path))
        assert len(coco.getAnnIds()) == len(data["annotations"])
        if name not in REFUSED_BY_HOTCOCO and "captions" not in path:
            assert len(hotcoco.COCO(str(result.folder / path)).get_ann_ids()) == len(data["annotations"])
        for record in coco.loadAnns(coco.getAnnIds())[:200]:
            if record.get("segmentation") and mode:
                rle: Any = coco.annToRLE(record)
                assert rle["size"] == [coco.imgs[record["image_id"]][side] for side in ("height", "width")]


@pytest.mark.parametrize("mode", ["polygons", "mask"])
def test_masks_keep_their_pixels(tmp_path: Path, mode: str) -> None:
    from pycocotools import mask as coder
    from pycocotools.coco import COCO

    (source,) = (REAL / "coco-official__coco-mini").rglob("instances_val2017.json")
    result = Exported(source, tmp_path / "out", Options(segmentation_mode=SegmentationMode(mode)))
    with contextlib.redirect_stdout(io.StringIO()):
        before, after = COCO(str(source)), COCO(str(result.folder / "annotations/instances_val2017.json"))
    added = 0
    for number, record in before.anns.items():
        old, new = (coco.annToRLE(coco.anns[number]) for coco in (before, after))
        assert coder.area(coder.merge([old, new], intersect=True)) == coder.area(old)
        added += int(coder.area(new)) - int(coder.area(old))
        assert after.anns[number]["area"] == coder.area(new)
        assert after.anns[number]["iscrowd"] == record["iscrowd"]
    assert added == result.tally.loss.added


@pytest.mark.parametrize("task", ["instances", "person_keypoints", "captions", "labels", "stuff", "panoptic"])
def test_datumaro_exports_the_same(tmp_path: Path, task: str) -> None:
    datumaro = pytest.importorskip("datumaro")
    source = REAL / "datumaro__openvino-assets" / "coco_dataset" / f"coco_{task}"
    ours = Exported(source, tmp_path / "ours", Options(save_images=True))
    for folder in (source, ours.folder):
        data = datumaro.Dataset.import_from(str(folder), f"coco_{task}")
        data.export(str(tmp_path / folder.name), "coco", tasks=[task], reindex=False)
    for path in glob.glob(f"{tmp_path}/{source.name}/annotations/*.json"):
        theirs = json.loads(Path(path).read_bytes())
        again = json.loads((tmp_path / "ours" / "annotations" / Path(path).name).read_bytes())
        assert theirs == again if task != "panoptic" else counts(theirs) == counts(again)


@pytest.mark.parametrize("task", ["instances", "person_keypoints", "captions"])
def test_datumaro_exports_the_same_of_official_files(tmp_path: Path, task: str) -> None:
    datumaro = pytest.importorskip("datumaro")
    chosen = Options(tasks=(Task(task),), segmentation_mode=SegmentationMode.GUESS)
    ours = Exported(REAL / "coco-official__coco-mini", tmp_path / "ours", chosen)
    datumaro.Dataset.import_from(str(ours.folder), f"coco_{task}").export(
        str(tmp_path / "theirs"), "coco", tasks=[task], reindex=False
    )
    for name, data in ours.data.items():
        other = json.loads((tmp_path / "theirs" / name).read_bytes())
        assert meant(data) == meant(other)
        if task != "captions":
            areas = sorted(with_areas(other))
            assert len(areas) > 100
            assert sorted(with_areas(data, rounding=np.float32)) == areas


def with_areas(data: Data, rounding: Any = None) -> list[tuple[Any, ...]]:
    """Return of each annotation what tells it from the others, and its area: that of its polygons rounded, where asked for.

    Datumaro keeps coordinates in 32 bits, by which a pixel now and then changes sides.
    """
    from pycocotools import mask as coder

    images = {image["id"]: image for image in data["images"]}
    found = []
    for record in data["annotations"]:
        image, area = images[record["image_id"]], record["area"]
        if rounding and isinstance(record["segmentation"], list):
            rings = [np.array(ring, rounding).astype(float).tolist() for ring in record["segmentation"]]
            exact, rounded = (
                int(coder.area(coder.merge(coder.frPyObjects(some, image["height"], image["width"]))))
                for some in (record["segmentation"], rings)
            )
            assert area == exact
            area = rounded
        box = tuple(round(float(value), 2) for value in record["bbox"])
        found.append((image["file_name"], record["iscrowd"], box, area))
    return found


def meant(data: Data) -> tuple[list[str], list[str], list[Any]]:
    """Return file names, names of categories, and of each annotation what both programs should agree on."""
    images = {image["id"]: image["file_name"] for image in data["images"]}
    names = {category["id"]: category["name"] for category in data.get("categories", [])}
    records = [
        (images[record["image_id"]], names.get(record.get("category_id")), record.get("caption"), record.get("keypoints"),
         record.get("iscrowd"), [round(value, 2) for value in record.get("bbox", [])])
        for record in data["annotations"]
    ]  # fmt: skip
    return sorted(images.values()), sorted(names.values()), sorted(records, key=str)


@pytest.mark.parametrize("name", ["labelme__voc-instances", "sahi__terrain"])
def test_supervision_reads_them(tmp_path: Path, name: str) -> None:
    supervision = pytest.importorskip("supervision")
    source = REAL / name if name.startswith("labelme") else REAL / name / "terrain1_coco.json"
    result = Exported(source, tmp_path / "out", Options(layout=Layout.ROBOFLOW, save_images=True))
    truth = result.folder / "train" / "_annotations.coco.json"
    data = supervision.DetectionDataset.from_coco(str(truth.parent), str(truth))
    assert sum(len(found) for _, _, found in data) == len(result.only["annotations"])


def test_fiftyone_reads_them(tmp_path: Path) -> None:
    importer = pytest.importorskip("fiftyone.utils.coco").COCODetectionDatasetImporter
    result = Exported(REAL / "labelme__voc-instances", tmp_path / "out", Options(layout=Layout.FIFTYONE, save_images=True))
    with importer(dataset_dir=str(result.folder), label_types=["detections"]) as samples:
        found = [len(label.detections) for _, _, label in samples]
    assert sum(found) == len(result.only["annotations"])
