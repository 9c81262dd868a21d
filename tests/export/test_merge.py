"""Several files become one: nothing is lost, and what referred to a record still does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocolint.failure import PathError
from tests.export.tools import Data, errors_of, exported, exported_anywhere
from tests.support.cases import put, sound
from tests.support.strategies import data_sets

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
A, B = "a/instances.json", "b/instances.json"


def meant(data: Data) -> list[tuple[str, str, str]]:
    """Return what each annotation says: the name of its image, the name of its category, its box."""
    images = {image["id"]: image["file_name"] for image in data["images"]}
    categories = {category["id"]: category["name"] for category in data["categories"]}
    return sorted((images[r["image_id"]], categories[r["category_id"]], str(r["bbox"])) for r in data["annotations"])


@QUICK
@given(one=data_sets(), other=data_sets(), prefix=st.sampled_from(["", "x"]), sort=st.booleans(), reindex=st.booleans())
def test_counts_add_up_and_references_hold(one: Data, other: Data, prefix: str, sort: bool, reindex: bool) -> None:
    for image in other["images"]:
        image["file_name"] = prefix + image["file_name"]
        twin = next((i for i in one["images"] if i["file_name"] == image["file_name"]), image)
        image["width"], image["height"] = twin["width"], twin["height"]
    merged = exported_anywhere({A: one, B: other}, merge=True, sort=sort, reindex=reindex).only
    assert meant(merged) == sorted(meant(one) + meant(other))
    assert len(merged["images"]) == len({i["file_name"] for data in (one, other) for i in data["images"]})
    assert len(merged["categories"]) == len({c["name"] for data in (one, other) for c in data["categories"]})
    for section in ("images", "annotations", "categories"):
        ids = [record["id"] for record in merged[section]]
        assert len(set(ids)) == len(ids)
        assert not sort or ids == sorted(ids)
    if not reindex:
        kept = {record["id"] for record in merged["annotations"]}
        assert {record["id"] for record in one["annotations"]} <= kept


def test_only_ids_that_clash_change(tmp_path: Path) -> None:
    one, other = sound("instances"), sound("instances")
    for place, image in enumerate(other["images"]):
        image["file_name"] = f"other{place}.jpg"
    other["images"][1]["id"] = other["annotations"][2]["image_id"] = 77
    other["annotations"][2]["id"] = 99
    other["categories"][1] |= {"name": "car"}
    merged = exported(tmp_path, {A: one, B: other}, merge=True)
    assert [image["id"] for image in merged.only["images"]] == [1, 2, 78, 77]
    assert [(c["id"], c["name"]) for c in merged.only["categories"]] == [(1, "person"), (2, "bicycle"), (3, "car")]
    assert [record["id"] for record in merged.only["annotations"]] == [1, 2, 3, 100, 101, 99]
    assert [record["category_id"] for record in merged.only["annotations"]] == [1, 2, 1, 1, 3, 1]
    assert errors_of(merged) == {}


def test_licenses_stay_with_their_images(tmp_path: Path) -> None:
    one, other = sound("instances"), sound("instances")
    other["licenses"][0]["name"] = "CC0"
    for image in other["images"]:
        image["file_name"] = "b" + image["file_name"]
    merged = exported(tmp_path, {A: one, B: other}, merge=True).only
    names = {license_["id"]: license_["name"] for license_ in merged["licenses"]}
    assert [names[image["license"]] for image in merged["images"]] == ["CC BY 4.0", "CC BY 4.0", "CC0", "CC0"]


def test_files_of_one_name_need_the_option(tmp_path: Path) -> None:
    with pytest.raises(PathError, match=r"2 files of the source would be instances_default: .*--merge"):
        exported(tmp_path, {A: sound("instances"), B: sound("instances")})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_one_name_for_pictures_of_two_sizes_is_refused(tmp_path: Path) -> None:
    other = sound("instances")
    put(other, "/images/0/width", 800)
    with pytest.raises(PathError, match=r"'000001.jpg' has another size in each"):
        exported(tmp_path, {A: sound("instances"), B: other}, merge=True)


def test_one_name_for_two_pictures_is_refused(tmp_path: Path) -> None:
    source = {A: sound("instances"), B: sound("instances"), "a/000001.jpg": b"one", "b/000001.jpg": b"other"}
    with pytest.raises(PathError, match=r"two pictures would be images/default/000001.jpg"):
        exported(tmp_path, source, merge=True, save_images=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_one_category_with_two_lists_of_keypoints_is_refused(tmp_path: Path) -> None:
    other = sound("person_keypoints")
    put(other, "/categories/0/keypoints/0", "chin")
    with pytest.raises(PathError, match="'person' has other keypoints"):
        exported(tmp_path, {A: sound("person_keypoints"), B: other}, merge=True)


def test_files_of_a_split_are_pooled(tmp_path: Path) -> None:
    train, val = sound("instances"), sound("instances")
    for image in val["images"]:
        image["file_name"] = "v" + image["file_name"]
    source = {"annotations/instances_train.json": train, "annotations/instances_val.json": val}
    merged = exported(tmp_path, source, merge=True, split=(("all", 1.0),))
    assert merged.files == ["annotations/instances_all.json"]
    assert len(merged.only["images"]) == 4
