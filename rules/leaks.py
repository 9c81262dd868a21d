"""Images that stand in two splits of a data set, so that a model is scored on what it has learned by heart."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from cocolint.api import Bools, Dataset, Finding, Images, Index, Ints, Member, Severity, Task, rule

from ._splits import are_resized, file_names, other_splits, several_splits

_LAST_NUMBER = re.compile(r"\d+(?=\D*\Z)")
_FRAME = re.compile(r"\d+\D*\Z")
_ROBOFLOW = re.compile(r"(.+)\.rf\.[0-9A-Za-z]{16,}\.[A-Za-z]+")

_WHOLE = 0.9
"""A box over more than this share of its image is put on any picture."""


@rule("X005", "split-leakage-file", Severity.ERROR, requires=["file-name-duplicate"], cumulative=several_splits)
def split_leakage_file(dataset: Dataset, images: Images) -> Iterable[Finding]:
    """The image stands in two splits.

    What breaks: the model is tested on what it has learned, and the score is too high.
    Definition: an image of the same size has the same `file_name` in a file of another split (train, val, test), and where
    both have annotations, at least half of the boxes or captions of one are found on the other. Where there is nothing to
    compare, the name decides: a warning, unless names just count, as `000001.jpg` does in every folder. A warning as well
    where none of the two splits is train.
    Tolerance: boxes are equal if they round to the same pixels; a box over 90 % of the image is left out.
    Fix: leave it in one split. Only a person can say in which.
    """
    told = np.zeros(len(images), bool)
    for other in other_splits(dataset):
        mine, theirs = _of_one_name(images, other.images)
        fresh = ~told[mine]
        mine, theirs = mine[fresh], theirs[fresh]
        if not len(mine):
            continue
        evidence = _compare(dataset.me, other, mine, theirs)
        alike, by_name = evidence.equal, ~evidence.is_decidable
        if (evidence.is_decidable & ~alike).sum() > alike.sum():
            by_name[:] = False
        elif not alike.any():
            by_name &= ~_just_count(images, other.images, mine)
        trained_on = "train" in (dataset.me.place.split, other.place.split)
        for chosen, is_sure, how in (
            (alike, trained_on, "with the same annotations"),
            (by_name, trained_on and alike.any(), "with the same name and size"),
        ):
            rows = mine[chosen]
            told[rows] = True
            yield from images.at(
                rows, "file_name", "{name!r} stands in {file} too, {how}", severity=None if is_sure else Severity.WARNING,
                name=[images.file_name[row] for row in rows], file=[other.display] * len(rows), how=[how] * len(rows),
            )  # fmt: skip


@rule("X008", "split-leakage-group", Severity.WARNING, requires=["split-leakage-file"], cumulative=several_splits)
def split_leakage_group(dataset: Dataset, images: Images) -> Iterable[Finding]:
    """Another picture of the same source stands in another split.

    What breaks: copies of one photo and frames of one video look alike, so the model is tested on what it has nearly learned,
    and the score is too high.
    Definition: an image of another split has the same source: the part before `.rf.` of names that Roboflow gives to
    augmented copies, the same `coco_url`, or the same `video_id` (`vid_id`) and the same name before the frame number. Not
    looked at are sources that stand twice where nothing is augmented, that is outside of train, names that just count, and an
    address that is given to several images of a file.
    Fix: keep all pictures of one source in one split. Only a person can say in which.
    """
    told = np.zeros(len(images), bool)
    for other in other_splits(dataset):
        for sources, message in (
            (_roboflow_sources, "{source!r} is the source of an image in {file} too"),
            (_addresses, "an image in {file} has the same `coco_url`"),
            (_videos, "frames of the same video stand in {file} too"),
        ):
            found = sources(dataset.me, other)
            rows = [row for row, source in enumerate(found) if source and not told[row]]
            told[rows] = True
            yield from images.at(
                rows, "file_name", message, source=[found[row] for row in rows], file=[other.display] * len(rows)
            )


def _of_one_name(images: Images, others: Images) -> tuple[Ints, Ints]:
    """Return the rows here and there of images with one name and, as far as is known, one size."""
    here, there = file_names(images), file_names(others)
    shared = (set(here) & set(there)) - {""}
    row_there = {name: row for row, name in enumerate(there) if name in shared} if shared else {}
    mine = np.array([row for row, name in enumerate(here) if name in row_there], np.int64)
    theirs = np.array([row_there[here[row]] for row in mine.tolist()], np.int64)
    alike = ~are_resized(images, others, mine, theirs)
    return mine[alike], theirs[alike]


class _Evidence(NamedTuple):
    """For each pair of images whether both have something to compare, and whether that is equal."""

    is_decidable: Bools
    equal: Bools


def _compare(me: Member, other: Member, mine: Ints, theirs: Ints) -> _Evidence:
    decidable, equal = np.zeros(len(mine), bool), np.zeros(len(mine), bool)
    if len({member.facts.task is Task.CAPTIONS for member in (me, other)}) == 2:
        return _Evidence(decidable, equal)
    marks = _marks_by_pair(me, mine), _marks_by_pair(other, theirs)
    for pair in marks[0].keys() & marks[1].keys():
        here, there = marks[0][pair], marks[1][pair]
        decidable[pair] = True
        equal[pair] = 2 * len(here & there) >= min(len(here), len(there))
    return _Evidence(decidable, equal)


def _marks_by_pair(member: Member, rows: Ints) -> dict[int, set[tuple[float, ...]]]:
    """Return what tells one picture from another: the boxes in whole pixels, or the captions, by the number of the pair."""
    index = member.index
    pair_of_image = np.full(len(member.images) + 1, -1)
    pair_of_image[rows] = np.arange(len(rows))
    pair = pair_of_image[index.image]
    if member.facts.task is Task.CAPTIONS:
        columns, usable = index.digest[:, None], index.has("caption")
    else:
        columns, usable = np.round(index.bbox), _is_telling(index)
    found: dict[int, set[tuple[float, ...]]] = defaultdict(set)
    chosen = np.flatnonzero((pair >= 0) & usable)
    for number, mark in zip(pair[chosen].tolist(), columns[chosen].tolist(), strict=True):
        found[number].add(tuple(mark))
    return found


def _is_telling(index: Index) -> Bools:
    with np.errstate(all="ignore"):
        part: Bools = index.bbox[:, 2] * index.bbox[:, 3] <= _WHOLE * index.width * index.height
    return part


def _just_count(images: Images, others: Images, rows: Ints) -> Bools:
    """Return for which of `rows` the name is one of a row of numbers that starts anew in both files."""
    here, there = file_names(images), file_names(others)
    counted = _counted_patterns(here) & _counted_patterns(there)
    return np.array([_pattern_of(here[row])[0] in counted for row in rows], bool)


def _counted_patterns(names: Iterable[str]) -> set[tuple[str, str]]:
    """Return the patterns of names whose numbers begin at 0 or 1 and leave out no more than one in ten."""
    numbers: dict[tuple[str, str], set[int]] = defaultdict(set)
    for name in names:
        pattern, number = _pattern_of(name)
        numbers[pattern].add(number)
    return {pattern for pattern, seen in numbers.items() if min(seen) in (0, 1) and 0.9 * (max(seen) + 1) <= len(seen) + 1}


def _pattern_of(name: str) -> tuple[tuple[str, str], int]:
    """Return a name without its last number, and that number, -1 if there is none."""
    stem, dot, _ = name.rpartition(".")
    match = _LAST_NUMBER.search(stem if dot else name)
    if match is None:
        return (name, ""), -1
    return (name[: match.start()], name[match.end() :]), int(match.group())


def _roboflow_sources(me: Member, other: Member) -> list[str]:
    """Return for each image the name of the photo that it was made of, where an image of the other file was made of it too.

    "" otherwise, and where the name need not be that of one photo.
    """
    here, there = ([_roboflow_source(name) for name in file_names(member.images)] for member in (me, other))
    shared = (set(here) & set(there)) - {""}
    if not shared:
        return []
    for member, sources in ((me, here), (other, there)):
        if member.place.split != "train":
            shared -= {source for source, count in Counter(sources).items() if count > 1}
    counted = _counted_patterns(filter(None, here)) & _counted_patterns(filter(None, there))
    return [source if source in shared and _pattern_of(source)[0] not in counted else "" for source in here]


def _roboflow_source(name: str) -> str:
    match = _ROBOFLOW.fullmatch(name) if ".rf." in name else None
    return match[1] if match else ""


def _addresses(me: Member, other: Member) -> list[str]:
    """Return for each image the address that one image of the other file has too, and no second image of this one."""
    here, there = ([url.partition("?")[0] for url in member.images.coco_url] for member in (me, other))
    shared = (set(here) & set(there)) - {""}
    if not shared:
        return []
    counts = [Counter(urls) for urls in (here, there)]
    return [url if url in shared and counts[0][url] == counts[1][url] == 1 else "" for url in here]


def _videos(me: Member, other: Member) -> list[str]:
    """Return for each frame the video and the beginning of its name, where a frame of the other file has both too.

    Numbers of videos may start anew in each file. So the beginning must be that of one video only, and of several videos.
    """
    here, there = _frames(me.images), _frames(other.images)
    shared = (set(here) & set(there)) - {("", "")}
    if not shared:
        return []
    videos_of: dict[str, set[str]] = defaultdict(set)
    for video, beginning in set(here) | set(there):
        videos_of[beginning].add(video)
    if len(set().union(*videos_of.values()) - {""}) < 2:
        return []
    telling = {frame for frame in shared if frame[1] and len(videos_of[frame[1]]) == 1}
    return [f"{video} {beginning}" if (video, beginning) in telling else "" for video, beginning in here]


def _frames(images: Images) -> list[tuple[str, str]]:
    if images.video.count(None) == len(images):
        return []
    return [
        ("", "") if video is None else (repr(video), _FRAME.sub("", name))
        for video, name in zip(images.video, file_names(images), strict=True)
    ]
