"""Zip archives of data sets: what keeps an annotation file in one from being read."""

from __future__ import annotations

from collections.abc import Iterable

from cocolint.api import ALL_TASKS, Faults, Finding, Severity, rule


@rule("F011", "archive-unreadable", Severity.ERROR, impact=2, tasks=ALL_TASKS)
def archive_unreadable(faults: Faults) -> Iterable[Finding]:
    """A zip archive, or the annotation file in it, cannot be read or is not safe to read.

    What breaks: the archive cannot be unpacked, or unpacking it fills the disk or writes over files elsewhere.
    Definition: its directory or the entry is damaged, most often because the download was cut off; the entry is encrypted;
    an entry has an absolute name or a part `..`; an entry of more than 100 MB, or all JSON together, unpacks to more than 200
    times its size; or there is no JSON in it. Archives in the archive are not searched.
    Fix: download or pack it again, without a password, or unpack it by hand and check the folder. Only a person can.
    """
    return faults
