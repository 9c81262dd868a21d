"""What goes where: the files of the export, and which records of which origins each of them takes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from cocolint import discover
from cocolint.export.options import Layout, Options
from cocolint.export.origins import NONE, Origin
from cocolint.failure import ConfigError, PathError
from cocolint.model import Bools, Ints, Task

SOURCES = {
    Task.INSTANCES: (Task.PERSON_KEYPOINTS, Task.STUFF),
    Task.PERSON_KEYPOINTS: (Task.INSTANCES,),
    Task.STUFF: (Task.INSTANCES,),
    Task.IMAGE_INFO: tuple(task for task in Task if not task.is_results and task is not Task.IMAGE_INFO),
}
"""From files of which other tasks one of a task can be made, the first one that is there."""

_SPLIT = re.compile("train|val|test")
_ROBOFLOW = {"train": "train", "val": "valid", "test": "test"}


class Part(Struct):
    """What a file takes from one origin: the new id of each image, category and annotation, `NONE` for what it leaves.

    `writes_image` and `writes_category` tell which records are written: of those that several origins share, only one is.
    `unwanted` are the images, `unwanted_categories` the categories that a filter leaves out. `licenses` are new ids.
    `counts_strays` tells whether annotations without an image are counted here, and not in another file of a split.
    """

    origin: Origin
    image_ids: Ints
    category_ids: Ints
    annotation_ids: Ints
    unwanted: Bools
    unwanted_categories: Bools
    writes_image: Bools
    writes_category: Bools
    licenses: dict[int, int] = {}
    counts_strays: bool = True


class Target(Struct):
    """One annotation file of the export. `path` and `pictures`, the folder of its images, are relative and have slashes."""

    task: Task
    subset: str
    parts: list[Part]
    path: str = ""
    pictures: str = ""

    @property
    def display(self) -> str:
        """The files that it is made of, for messages."""
        return " and ".join(part.origin.file.display for part in self.parts)


def targets(origins: Sequence[Origin], options: Options) -> list[Target]:
    """Return the files to be made, without their paths. Raises `PathError` and `ConfigError` where that cannot be."""
    wanted = _of_subsets(origins, options.subsets)
    tasks = options.tasks or tuple(dict.fromkeys(origin.task for origin in wanted))
    by_name: dict[tuple[Task, str], list[Origin]] = defaultdict(list)
    for task in tasks:
        found = {origin.subset: _sources(wanted, task, origin.subset, bool(options.tasks)) for origin in wanted}
        if not any(found.values()):
            raise PathError(f"--task {task}: nothing in the source can be written as {task}")
        for subset, some in found.items():
            if some:
                by_name[task, "" if options.split else subset] += some
    for (task, subset), some in by_name.items():
        if len(some) > 1 and not options.merge:
            files = ", ".join(origin.file.display for origin in some)
            name = f"{task}_{subset}" if subset else f"{task} before the split"
            raise PathError(f"{len(some)} files of the source would be {name}: {files}; make them one with --merge")
    _check_filter(wanted, options, tasks)
    return [Target(task, subset, [_part(origin, options) for origin in some]) for (task, subset), some in by_name.items()]


def _of_subsets(origins: Sequence[Origin], subsets: Sequence[str]) -> list[Origin]:
    known = dict.fromkeys(origin.subset for origin in origins)
    for subset in subsets:
        if subset not in known:
            raise ConfigError(f"--subset: there is no subset '{subset}' in the source, but {', '.join(known)}")
    for subset in known:
        if subset.strip(".") == "" or "\0" in subset:
            raise PathError(f"the subset '{subset}' cannot be the name of a folder")
    return [origin for origin in origins if not subsets or origin.subset in subsets]


def _sources(origins: Iterable[Origin], task: Task, subset: str, is_told: bool) -> list[Origin]:
    """Return the files of a task and subset; those of another task only where the user asks for this one."""
    here = [origin for origin in origins if origin.subset == subset]
    tasks = (task, *SOURCES.get(task, ())) if is_told else (task,)
    tries = ([origin for origin in here if origin.task is source] for source in tasks)
    return next((found for found in tries if found), [])


def _check_filter(origins: Sequence[Origin], options: Options, tasks: Sequence[Task]) -> None:
    wanted = options.filter
    names = {name for origin in origins for name in origin.categories.values}
    unknown = sorted(wanted.categories - names)
    if unknown:
        raise ConfigError(f"--filter: there is no category '{unknown[0]}' in the source")
    if Task.PANOPTIC in tasks and (wanted.categories or wanted.areas):
        raise ConfigError("--filter by category or area: segments of panoptic files cannot leave their PNG; use --task")


def _part(origin: Origin, options: Options) -> Part:
    wanted = options.filter
    no_image = np.array([bool(wanted.images) and not _is_meant(name, wanted.images) for name in origin.names], bool)
    no_category = np.array(
        [bool(wanted.categories) and name not in wanted.categories for name in origin.categories.values], bool
    )
    image_ids = np.where(no_image, NONE, origin.images.ids)
    category_ids = np.where(no_category, NONE, origin.categories.ids)
    return Part(
        origin, image_ids, category_ids, origin.annotation_ids.copy(), no_image, no_category,
        image_ids != NONE, category_ids != NONE,
    )  # fmt: skip


def _is_meant(name: str, globs: Iterable[str]) -> bool:
    return any(discover.matches(name, pattern) for pattern in globs)


def place(found: Sequence[Target], options: Options) -> None:
    """Give each file its path and its folder of pictures. Raises `PathError` if two would have one."""
    for target in found:
        name = _name(target, options)
        target.path, target.pictures = _places(target, name, options, len({other.subset for other in found}) > 1)
    for path, count in Counter(target.path for target in found).items():
        if count > 1:
            files = ", ".join(target.display for target in found if target.path == path)
            more = "" if options.layout.has_room_for_tasks else "; it has room for one task: name it with --task"
            raise PathError(f"{count} files would be {path} in the layout {options.layout}: {files}{more}")


def _name(target: Target, options: Options) -> str:
    if options.rename or options.split or len(target.parts) > 1:
        return f"{target.task}_{target.subset}.json"
    return target.parts[0].origin.file.path.name.removesuffix(".gz")


def _places(target: Target, name: str, options: Options, has_subsets: bool) -> tuple[str, str]:
    subset = target.subset
    if options.layout is Layout.DATUMARO:
        return f"annotations/{name}", "images" if options.merge_images else f"images/{subset}"
    if options.layout is Layout.MMDET:
        return f"annotations/{name}", "images" if options.merge_images else subset
    if options.layout is Layout.ROBOFLOW:
        folder = _roboflow_folder(subset)
        return f"{folder}/_annotations.coco.json", folder
    above = f"{subset}/" if has_subsets else ""
    return f"{above}labels.json", f"{above}data"


def _roboflow_folder(subset: str) -> str:
    split = _SPLIT.search(subset.lower())
    return _ROBOFLOW[split[0]] if split else "train" if subset == "default" else subset
