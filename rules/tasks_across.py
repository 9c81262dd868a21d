"""Files of several tasks in one data set: instances, captions and so on of the same images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cocolint.api import Dataset, Finding, Images, Index, Ints, Member, Renumbered, Severity, Stage, Task, rule

from ._splits import are_renamed, are_resized, highest_id, literal, rows_of_one_id

_ONE_OF_THESE = frozenset({Task.INSTANCES, Task.LABELS, Task.PANOPTIC, Task.PERSON_KEYPOINTS, Task.STUFF})
"""Datumaro takes annotations of one of these tasks only."""


def several_tasks(dataset: Dataset, **_: Any) -> set[Task]:
    """Return the tasks of the files, nothing if that is one."""
    tasks = {member.facts.task for member in dataset.members}
    return tasks if len(tasks) > 1 else set()


@rule("X011", "images-differ-between-tasks", Severity.ERROR, requires=["image-id-duplicate"], cumulative=several_tasks)
def images_differ_between_tasks(dataset: Dataset, images: Images) -> Iterable[Finding]:
    """The same image id is another picture in the file of another task.

    What breaks: who takes boxes from one file and captions from the other joins those of different pictures by the id.
    Definition: files `<task>_<subset>.json` of two tasks and one subset give an image id another `file_name`, or another
    `width` or `height`. Each image is told once.
    Fix: give both files the images of one list. Only a person can say which is right.
    """
    told = np.zeros(len(images), bool)
    for other in _of_other_tasks(dataset):
        mine, theirs = rows_of_one_id(images, other.images)
        renamed = are_renamed(images, other.images, mine, theirs)
        resized = are_resized(images, other.images, mine, theirs)
        for chosen, field, message in (
            (renamed, "file_name", "id {id} is {name!r}, and {theirs!r} in {file}"),
            (resized & ~renamed, "width", "id {id} has another size in {file}"),
        ):
            pairs = np.flatnonzero(chosen & ~told[mine])
            rows = mine[pairs]
            told[rows] = True
            yield from images.at(
                rows, field, message, id=images.id[rows], name=[images.file_name[row] for row in rows],
                theirs=[other.images.file_name[row] for row in theirs[pairs]], file=[other.display] * len(rows),
            )  # fmt: skip


@rule("X012", "annotation-id-clash-between-tasks", Severity.INFO, requires=["annotation-id-duplicate"])
def annotation_id_clash_between_tasks(dataset: Dataset, index: Index) -> Iterable[Finding]:
    """An annotation id stands for something on another image in the file of another task.

    What breaks: Datumaro takes the id for the number of a group, so that a caption and a box become one object; after a
    merge of the files ids are not unique.
    Definition: files `<task>_<subset>.json` of two tasks and one subset use an annotation id on different images. Told once
    for a file.
    Source: official instances and person_keypoints share the ids of the same objects, which is no clash; their captions are
    numbered on their own, and do clash.
    Fix: give the annotations new ids in the later file, and those of the same id and image in the files of other tasks along
    with them, and keep the map. Unsafe: what is not checked along may refer to the old ids.
    """
    for other in _of_other_tasks(dataset):
        here, there = np.flatnonzero(index.has("id")), np.flatnonzero(other.index.has("id"))
        ids, mine, theirs = np.intersect1d(index.id[here], other.index.id[there], return_indices=True)
        clashes = ids[index.image_id[here[mine]] != other.index.image_id[there[theirs]]]
        if len(clashes):
            text = f"{len(clashes):,} of {len(index):,} ids, such as {clashes[0]}, stand for another image in {other.display}"
            yield Finding(literal(text), "annotations")
            return


@annotation_id_clash_between_tasks.fix(Stage.ID, safe=False)
def objects_told_apart(members: Sequence[Member]) -> Iterator[Renumbered]:
    """Give annotations a new id where an earlier file has theirs on another image: the same one in all files."""
    free = highest_id(members, "annotations") + 1
    named = [member for member in members if member.facts.follows_pattern and not member.facts.task.is_results]
    for subset in dict.fromkeys((member.facts.subset, member.place) for member in named):
        group = [member for member in named if (member.facts.subset, member.place) == subset]
        objects = [_objects_in(member) for member in group]
        if any(len(np.unique(one[:, 0])) < len(one) for one in objects):
            continue
        known, first, inverse = np.unique(np.concatenate(objects), axis=0, return_index=True, return_inverse=True)
        order = np.lexsort([first, known[:, 0]])
        is_later = np.zeros(len(known), bool)
        is_later[order[1:]] = known[order[1:], 0] == known[order[:-1], 0]
        new = known[:, 0].copy()
        new[is_later] = np.arange(free, free + np.count_nonzero(is_later))
        free += int(np.count_nonzero(is_later))
        stops = np.cumsum([len(one) for one in objects])
        for member, one, places in zip(group, objects, np.split(inverse.ravel(), stops[:-1]), strict=True):
            moved = is_later[places]
            if moved.any():
                ids = dict(zip(one[moved, 0].tolist(), new[places[moved]].tolist(), strict=True))
                yield Renumbered(member.display, "annotations", ids)


def _objects_in(member: Member) -> Ints:
    """Return the id and the image of each annotation that has an id (n, 2)."""
    index = member.index
    return np.column_stack([index.id, index.image_id])[index.has("id")]


@rule("X013", "task-conflict", Severity.INFO)
def task_conflict(dataset: Dataset) -> Iterable[Finding]:
    """The data set has files of several tasks, of which Datumaro reads one.

    What breaks: Datumaro, and CVAT with it, takes the task that comes first in the alphabet, and leaves the files of the
    others out with a warning.
    Definition: files `<task>_<subset>.json` of two or more of instances, labels, panoptic, person_keypoints and stuff. Told
    once for a data set.
    Fix: import each task from a folder of its own. Only a person can say which are wanted.
    """
    tasks = sorted(dataset.of_all(_tasks) & _ONE_OF_THESE)
    if len(tasks) > 1 and all(member.facts.task.is_results for member in dataset.earlier):
        yield Finding(f"Datumaro reads the files of {tasks[0]} and leaves out those of {', '.join(tasks[1:])}")


@rule("X023", "layout-mixed-json", Severity.INFO, impact=3)
def layout_mixed_json(dataset: Dataset) -> Iterable[Finding]:
    """Files of other tasks lie beside one of instances.

    What breaks: the converter of Ultralytics reads every `*.json` of the folder as instances, and stops at captions with
    KeyError 'bbox'.
    Definition: the folder of the file holds annotations of instances and of another task, results included. Told once for a
    folder.
    Fix: copy what is to be converted to a folder of its own. Only a person can say what is.
    """
    tasks, first = dataset.of_all(_by_folder)[dataset.me.file.path.parent]
    if Task.INSTANCES in tasks and len(tasks) > 1 and dataset.place <= first:
        yield Finding(f"files of {', '.join(sorted(tasks - {Task.INSTANCES}))} lie beside those of instances")


def _by_folder(members: Sequence[Member]) -> dict[Path, tuple[set[Task], int]]:
    """Return for each folder the tasks of its files, and the place of the first that holds no results."""
    tasks: dict[Path, set[Task]] = defaultdict(set)
    first: dict[Path, int] = {}
    for place, member in enumerate(members):
        folder = member.file.path.parent
        tasks[folder].add(member.facts.task)
        if not member.facts.task.is_results:
            first.setdefault(folder, place)
    return {folder: (found, first.get(folder, len(members))) for folder, found in tasks.items()}


def _tasks(members: Sequence[Member]) -> set[Task]:
    """Return the tasks of the files that are named after theirs."""
    return {member.facts.task for member in members if member.facts.follows_pattern}


def _of_other_tasks(dataset: Dataset) -> list[Member]:
    """Return the earlier files of other tasks of the same subset."""
    me = dataset.me
    if not me.facts.follows_pattern:
        return []
    places = dataset.of_all(_by_subset).get((me.facts.subset, me.place), [])
    others = [dataset.members[place] for place in places if place < dataset.place]
    return [other for other in others if other.facts.task is not me.facts.task]


def _by_subset(members: Sequence[Member]) -> dict[object, list[int]]:
    """Return the places of the files that are named after their task and subset, but for results."""
    found: dict[object, list[int]] = defaultdict(list)
    for place, member in enumerate(members):
        if member.facts.follows_pattern and not member.facts.task.is_results:
            found[member.facts.subset, member.place].append(place)
    return found
