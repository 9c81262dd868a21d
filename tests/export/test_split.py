"""A new split: what belongs together stays together, nothing is lost, and the shares are as wanted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint.export.split import assign
from cocolint.failure import ConfigError
from tests.export.tools import Data, exported, exported_anywhere
from tests.support.cases import crowded, sound

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
SHARES = (("train", 0.7), ("val", 0.2), ("test", 0.1))
HASH = "0123456789abcdef0123456789abcdef"


@st.composite
def marked(draw: st.DrawFn) -> Data:
    """Draw a data set whose images belong to videos, are copies of photos, or stand alone."""
    data = crowded(draw(st.integers(40, 120)))
    for place, image in enumerate(data["images"]):
        kind = draw(st.sampled_from(["alone", "alone", "video", "photo"]))
        if kind == "video":
            image["video_id"] = draw(st.integers(0, 5))
        if kind == "photo":
            image["file_name"] = f"photo{draw(st.integers(0, 5))}.rf.{place:016x}.jpg"
    for record in data["annotations"]:
        record["image_id"] = draw(st.sampled_from(data["images"]))["id"]
    return data


def group_of(image: Data) -> Any:
    if "video_id" in image:
        return "video", image["video_id"]
    return image["file_name"].partition(".rf.")[0]


@QUICK
@given(data=marked(), seed=st.integers(0, 3))
def test_every_image_is_in_one_split_and_every_group_too(data: Data, seed: int) -> None:
    groups = Counter(map(group_of, data["images"]))
    shares = (("a", 0.6), ("b", 0.4))
    try:
        result = exported_anywhere({"instances_all.json": data}, split=shares, seed=seed)
    except ConfigError:
        assert max(groups.values()) >= 0.6 * len(data["images"])
        return
    parts = list(result.data.values())
    assert sorted(image["id"] for part in parts for image in part["images"]) == sorted(i["id"] for i in data["images"])
    assert sorted(r["id"] for part in parts for r in part["annotations"]) == sorted(r["id"] for r in data["annotations"])
    homes = [{group_of(image) for image in part["images"]} for part in parts]
    assert not homes[0] & homes[1]
    for part in parts:
        assert {record["image_id"] for record in part["annotations"]} <= {image["id"] for image in part["images"]}
    again = exported_anywhere({"instances_all.json": data}, split=shares, seed=seed)
    assert again.data == result.data


@QUICK
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=200),
    objects=st.lists(st.dictionaries(st.integers(0, 5), st.integers(1, 4)), min_size=200, max_size=200),
    seed=st.integers(0, 9),
)
def test_shares_are_met_up_to_the_largest_groups(sizes: list[int], objects: list[dict[object, int]], seed: int) -> None:
    images, classes = dict(enumerate(sizes)), dict(enumerate(objects[: len(sizes)]))
    found = assign(images, classes, SHARES, seed)
    assert found.keys() == images.keys()
    for name, share in SHARES:
        count = sum(images[group] for group, home in found.items() if home == name)
        assert abs(count - share * sum(sizes)) <= (len(SHARES) - 1) * max(sizes)


def test_rare_classes_are_spread() -> None:
    classes: dict[int, dict[object, int]] = {group: {"rare": 1} if group < 10 else {"common": 1} for group in range(1000)}
    for seed in range(5):
        found = assign(dict.fromkeys(range(1000), 1), classes, SHARES, seed)
        assert Counter(found[group] for group in range(10)) == {"train": 7, "val": 2, "test": 1}


def test_another_seed_gives_another_split(tmp_path: Path) -> None:
    splits = [exported(tmp_path / str(seed), {"x.json": crowded(400)}, split=SHARES, seed=seed).data for seed in (1, 2)]
    assert splits[0] != splits[1]


def test_all_tasks_are_split_alike_and_checked_without_leaks(tmp_path: Path) -> None:
    data = crowded(200)
    captions = sound("captions") | {"images": data["images"]}
    captions["annotations"] = [{"id": i["id"], "image_id": i["id"], "caption": "A."} for i in data["images"]]
    source = {"annotations/instances_all.json": data, "annotations/captions_all.json": captions}
    result = exported(tmp_path, source, split=SHARES)
    for name, _ in SHARES:
        pair = (result.data[f"annotations/{task}_{name}.json"]["images"] for task in ("instances", "captions"))
        assert next(pair) == next(pair)
    assert not [name for _, name in result.tally.faults or () if "leakage" in name]


def test_what_is_left_out_or_filtered_is_counted_once(tmp_path: Path) -> None:
    data = crowded(100)
    data["annotations"][3]["image_id"] = 10**6
    result = exported(tmp_path, {"x.json": data}, split=SHARES)
    assert result.tally.left_out["annotations: their image is not in the file"] == 1
    assert sum(len(part["annotations"]) for part in result.data.values()) == 99


def test_one_group_cannot_be_split(tmp_path: Path) -> None:
    data = crowded(40)
    for image in data["images"]:
        image["video_id"] = 1
    with pytest.raises(ConfigError, match="the images belong together in 1 group, which leaves none for"):
        exported(tmp_path, {"x.json": data}, split=(("a", 0.5), ("b", 0.5)))


def test_copies_of_a_photo_are_known_by_name(tmp_path: Path) -> None:
    data = crowded(80)
    for place, image in enumerate(data["images"]):
        image["file_name"] = f"p{place // 4}.rf.{HASH[place % 4 :]}.jpg"
    result = exported(tmp_path, {"x.json": data}, split=(("a", 0.5), ("b", 0.5)))
    homes = [{image["file_name"].partition(".rf.")[0] for image in part["images"]} for part in result.data.values()]
    assert not homes[0] & homes[1]
    assert [len(home) for home in homes] in ([2, 3], [3, 2])
