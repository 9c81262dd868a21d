"""Formats that are not COCO, by the keys that give them away: a file that was named by mistake is called what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_OBJECTS: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(keys.split()), name)
    for keys, name in (
        ("shapes imagePath", "labelme's file of one image"),
        ("_via_img_metadata", "a project of the VGG Image Annotator"),
        ("attribute metadata view", "a project of the VGG Image Annotator"),
        ("data_units", "a label row of Encord, with its data units"),
        ("data_row projects", "a row of a Labelbox export"),
        ("metadata instances", "SuperAnnotate's file of one image"),
        ("item annotations", "V7 Darwin's file of one image"),
        ("size objects tags", "Supervisely's file of one image"),
        ("classes projectType", "the meta.json of a Supervisely project"),
        ("categories items", "a file of Datumaro's own format"),
        ("samples", "the samples of a FiftyOne data set"),
        ("imgHeight imgWidth objects", "Cityscapes' file of one image"),
        ("openlabel", "an OpenLABEL file"),
        ("type features", "a GeoJSON file"),
        ("$schema properties", "a JSON Schema"),
        ("annotations data predictions", "a task of Label Studio"),
    )
)
DATA_SETS = "of whole data sets, one for each data unit, as Encord exports them"
_ARRAYS: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(keys.split()), name)
    for keys, name in (
        ("images annotations", DATA_SETS),
        ("data_units", "of Encord's label rows, with their data units"),
        ("data_row projects", "of Labelbox's rows"),
        ("Label ID", "of Labelbox's rows"),
        ("annotations data", "of Label Studio's tasks"),
        ("annotation_id annotator", "of Label Studio's tasks, in its short form"),
        ("annotations image", "of CreateML's, with one object per image"),
        ("shapes tracks tags", "of CVAT's, as in its backups"),
        ("attribute_groups name", "of SuperAnnotate's classes"),
        ("file_name annotations", "of detectron2's, with one object per image"),
        ("filename ann", "of MMDetection's old kind, with one object per image"),
        ("name labels", "of BDD100K's or Scalabel's, with one object per image"),
        ("image_id iscrowd", "of annotations"),
        ("image_id id bbox", "of annotations"),
        ("image_id id segmentation", "of annotations"),
        ("image_id id category_id", "of annotations"),
        ("width height file_name", "of images"),
        ("supercategory name", "of categories"),
        ("file_name", "with one object per image"),
    )
)
ADVICE = "name a file whose root is one object with `images`, `annotations` and `categories`, or make one of this"
_VIA_REGIONS = frozenset({"filename", "regions"})


def object_named(keys: frozenset[str], first: Any) -> str:
    """Return what an object at the root is, "" if nothing is known. `first` is the value of its first key."""
    if isinstance(first, dict) and first.keys() >= _VIA_REGIONS:
        return "an export of the VGG Image Annotator"
    return next((name for marks, name in _OBJECTS if marks <= keys), "") if "images" not in keys else ""


def array_named(records: Iterable[Mapping[str, Any]]) -> str:
    """Return what an array at the root is one of, "" if nothing is known, or if it may hold results."""
    seen = frozenset(key for record in records for key in record)
    name = next((name for marks, name in _ARRAYS if marks <= seen), "")
    return "" if "image_id" in seen and seen & {"score", "caption"} else name
