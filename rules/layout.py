"""Names and places of the files of a data set."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cocolint.api import FileFacts, Finding, Fix, Severity, rule

_SUBSET = re.compile(r"(?:trainval|train|valid|val|test|dev)\d*(?![a-z])")


@rule("X015", "layout-task-prefix", Severity.WARNING, impact=2, fix=Fix.SAFE)
def layout_task_prefix(file: FileFacts) -> Iterable[Finding]:
    """The file is not named by the pattern `<task>_<subset>.json`.

    What breaks: Datumaro and CVAT tell the task by the name and stop with "couldn't match this file with any of these
    tasks"; training scripts look for `instances_train.json`.
    Definition: the name is not `<task>_<subset>.json` with one of the tasks instances, person_keypoints, captions, labels,
    image_info, panoptic and stuff. Files of results have names of their own and are left alone.
    Fix: rename it. Safe: nothing in a COCO file refers to its name, except for panoptic, whose PNG folder is called alike.
    """
    if not file.follows_pattern:
        subset = file.subset if file.subset != "default" else _subset_in(file.display)
        name = f"{file.task}_{subset}.json".replace("{", "{{").replace("}", "}}")
        yield Finding(f"the name is not `<task>_<subset>.json`: call it `{name}`")


def _subset_in(path: str) -> str:
    """Return the word for a subset in a file's name or else in that of its folder, "default" if there is none."""
    folder, _, name = path.lower().rpartition("/")
    words = (_SUBSET.search(part) for part in (name, folder.rpartition("/")[2]))
    return next((word.group() for word in words if word), "default")
