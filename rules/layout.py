"""Names and places of the files of a data set."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from cocolint.api import Categories, FileFacts, Finding, Severity, Surroundings, Task, rule

from ._splits import literal

_TASKS = "instances|person_keypoints|captions|labels|image_info|panoptic|stuff"
_WITHOUT_SUBSET = re.compile(rf"({_TASKS})_?\.json(\.gz)?")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_MASKS = re.compile("panoptic|mask|seg", re.IGNORECASE)
_JUNK = re.compile(r"__MACOSX|Thumbs\.db|\._.*", re.IGNORECASE)
_LATER_PART = re.compile(r"#[1-9]\d*\Z")
"""Of several data sets in a file: its name is told once."""
_WANTED = ("train", "valid", "test")
_SUBSET = re.compile(r"(?:trainval|train|valid|val|test|dev)\d*(?![a-z])")


@rule("X015", "layout-task-prefix", Severity.WARNING, impact=2)
def layout_task_prefix(file: FileFacts) -> Iterable[Finding]:
    """The file is not named by the pattern `<task>_<subset>.json`.

    What breaks: Datumaro and CVAT tell the task by the name and stop with "couldn't match this file with any of these
    tasks"; training scripts look for `instances_train.json`.
    Definition: the name is not `<task>_<subset>.json` with one of the tasks instances, person_keypoints, captions, labels,
    image_info, panoptic and stuff. Files of results have names of their own and are left alone.
    Fix: rename it, or let `cocolint export` write a copy that is called so. Nothing in a COCO file refers to its name, except
    for panoptic, whose PNG folder is called alike.
    """
    if not file.follows_pattern and not _LATER_PART.search(file.display):
        subset = file.subset if file.subset != "default" else _subset_in(file.display)
        name = f"{file.task}_{subset}.json".replace("{", "{{").replace("}", "}}")
        yield Finding(f"the name is not `<task>_<subset>.json`: call it `{name}`")


def _subset_in(path: str) -> str:
    """Return the word for a subset in a file's name or else in that of its folder, "default" if there is none."""
    folder, _, name = path.lower().rpartition("/")
    words = (_SUBSET.search(part) for part in (name, folder.rpartition("/")[2]))
    return next((word.group() for word in words if word), "default")


@rule("X014", "layout-annotations-dir", Severity.INFO)
def layout_annotations_dir(surroundings: Surroundings) -> Iterable[Finding]:
    """The file does not lie in a folder `annotations/`.

    What breaks: Datumaro stops with "should be under the directory which is named annotations", and CVAT, which reads
    archives with it, does the same.
    Definition: the name of the file's folder does not end in `annotations`, in small letters.
    Fix: move it, or let `cocolint export` write a copy there. Nothing in a COCO file refers to its place, except for panoptic,
    whose PNG folder moves along.
    """
    folder = surroundings.path.parent.name
    if not folder.endswith("annotations"):
        yield Finding(literal(f"its folder is `{folder}/`, not `annotations/`"))


@rule("X016", "layout-subset-default", Severity.INFO, impact=3)
def layout_subset_default(file: FileFacts) -> Iterable[Finding]:
    """The name tells a task but no subset.

    What breaks: Datumaro does not find `instances.json`, since it looks for an underscore, and has no name for the subset of
    `instances_.json`.
    Definition: the name is `<task>.json` or `<task>_.json`.
    Fix: rename it by its subset, `default` if there is one only, or let `cocolint export` write a copy that is called so.
    Nothing in a COCO file refers to its name.
    """
    match = _WITHOUT_SUBSET.fullmatch(file.display.rpartition("/")[2])
    if match:
        yield Finding(f"the subset is missing: call it `{match[1]}_default.json`, or by its subset")


@rule("X017", "layout-subset-year", Severity.INFO, impact=3)
def layout_subset_year(file: FileFacts, surroundings: Surroundings) -> Iterable[Finding]:
    """The name of the subset and of its folder of images differ in the year.

    What breaks: Datumaro looks for the images in `images/<subset>/`, and where there is no such folder in `images/` itself,
    so that it finds none.
    Definition: there is no `images/<subset>/`, but a folder that is called alike but for a year at the end, such as
    `images/train/` for `instances_train2017.json`.
    Fix: give both the same name. Only a person can say which is meant.
    """
    folders = surroundings.image_folders
    if not file.follows_pattern or file.subset in folders:
        return
    alike = sorted(name for name in folders if _YEAR.sub("", name) == _YEAR.sub("", file.subset))
    if alike:
        yield Finding(literal(f"the subset is `{file.subset}`, the folder `images/{alike[0]}/`"))


@rule("X018", "layout-images-dir", Severity.INFO)
def layout_images_dir(file: FileFacts, surroundings: Surroundings) -> Iterable[Finding]:
    """There is no folder `images/` beside `annotations/`.

    What breaks: Datumaro stops with DatasetImportError "there should exist a directory for images".
    Definition: the folder that holds `annotations/` has no folder `images`. Told once for a data set.
    Source: official COCO has `train2017/` and `val2017/` beside `annotations/`, so this is no fault by itself.
    Fix: put the images into `images/<subset>/`, or let `cocolint export --save-images` write a copy. Other readers look for
    them elsewhere.
    """
    if surroundings.leads and file.layout == "coco" and not surroundings.has_folder("images"):
        yield Finding("there is no `images/` beside `annotations/`")


@rule("X019", "layout-panoptic-dir", Severity.WARNING, tasks=[Task.PANOPTIC])
def layout_panoptic_dir(surroundings: Surroundings) -> Iterable[Finding]:
    """The PNG files do not lie where the name of the file says.

    What breaks: panopticapi and Datumaro take the path of the JSON file without `.json` for the folder, and find no file.
    Definition: there is no folder named as the file without `.json`, neither beside it nor beside `annotations/`, where
    detectron2 looks, but an archive of that name, or a folder of PNG files whose name speaks of masks.
    Fix: rename the folder, or unpack the archive. Nothing in a COCO file refers to the folder.
    """
    stem = surroundings.path.name.partition(".json")[0]
    if surroundings.has_folder(stem) or stem in surroundings.beside.folders:
        return
    if f"{stem}.zip" in surroundings.beside.files | surroundings.around.files:
        yield Finding(literal(f"`{stem}.zip` is not unpacked"))
        return
    masks = sorted(folder for folder in surroundings.png_folders if _MASKS.search(folder.rpartition("/")[2]))
    if masks:
        yield Finding(literal(f"the PNG files are looked for in `{stem}/`, and seem to lie in `{masks[0]}/`"))


@rule("X020", "layout-meta-file", Severity.WARNING, impact=3, requires=["category-id-duplicate"])
def layout_meta_file(file: FileFacts, surroundings: Surroundings, categories: Categories) -> Iterable[Finding]:
    """A `dataset_meta.json` declares other classes than the file.

    What breaks: Datumaro ignores `categories` where that file lies beside `annotations/`, and takes the category id 1 for
    its first class, 2 for the second and so on, so that objects get wrong names.
    Definition: the folder that holds `annotations/` has a `dataset_meta.json`, and a category of the file has an id that is
    not the place of its name in there, counted from 1.
    Fix: remove it, or list in it the classes by their ids. Only a person can say whether it is needed.
    """
    labels = surroundings.meta_labels if file.layout == "coco" else None
    if labels is None:
        return
    for row in np.flatnonzero(categories.has("id") & categories.has("name")).tolist():
        number, name = int(categories.id[row]), categories.name[row]
        given = labels[number - 1] if 0 < number <= len(labels) else None
        if given != name:
            told = repr(given) if given is not None else "nothing"
            yield Finding(literal(f"id {number} is {name!r} here, and {told} in `dataset_meta.json`"))
            return


@rule("X021", "layout-roboflow", Severity.INFO)
def layout_roboflow(file: FileFacts, surroundings: Surroundings) -> Iterable[Finding]:
    """The folders of a Roboflow export are not `train/`, `valid/` and `test/`.

    What breaks: RF-DETR looks for exactly these three, and raises FileNotFoundError.
    Definition: the file is an `_annotations.coco.json`, and one of the three has none beside it. Told once for a data set.
    Fix: rename `val/` to `valid/`, or let `cocolint export --layout roboflow` write a copy; a missing split has to be made,
    with `--split`. Nothing in a COCO file refers to its folder.
    """
    if file.layout != "roboflow" or not surroundings.leads:
        return
    found = surroundings.roboflow_folders
    missing = [name for name in _WANTED if name not in found]
    if missing:
        others = sorted(found.difference(_WANTED))
        rest = f"; there is `{others[0]}/`" if others else ""
        yield Finding(literal(f"no annotations in {', '.join(f'`{name}/`' for name in missing)}{rest}"))


@rule("X022", "layout-official", Severity.INFO, impact=3)
def layout_official(file: FileFacts, surroundings: Surroundings) -> Iterable[Finding]:
    """There is no folder of images named as the subset beside `annotations/`.

    What breaks: the default paths of detectron2, mmdetection, YOLOX and DETR, which are those of official COCO, such as
    `annotations/instances_train2017.json` with `train2017/`.
    Definition: the file is `annotations/<task>_<subset>.json`, and the folder that holds `annotations/` has no `<subset>/`.
    Fix: rename or link the folder, set the path in the configuration of the reader, or let `cocolint export --layout mmdet
    --save-images` write a copy.
    """
    if file.layout == "coco" and file.follows_pattern and not surroundings.has_folder(file.subset):
        yield Finding(literal(f"there is no `{file.subset}/` beside `annotations/`"))


@rule("X024", "layout-macos-junk", Severity.INFO, impact=4)
def layout_macos_junk(surroundings: Surroundings) -> Iterable[Finding]:
    """Files that macOS or Windows left lie in the data set.

    What breaks: readers that take every `*.json` or every picture of a folder stop at one that is none.
    Definition: `__MACOSX`, `Thumbs.db`, or a name that begins with `._`, in the folder of the file or in the one that holds
    `annotations/`. Told once for a data set.
    Fix: remove them. They hold nothing of the data set.
    """
    places = (surroundings.beside, surroundings.around) if surroundings.leads else ()
    junk = sorted({name for place in places for name in place.files | place.folders if _JUNK.fullmatch(name)})
    if junk:
        yield Finding(literal(f"{len(junk)} such files or folders, `{junk[0]}` first"))
