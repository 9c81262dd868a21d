"""What the formats for platforms share: fair shares, fingerprints that outlive an edit, paths as URIs."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocolint.model import Severity
from cocolint.report import Style
from cocolint.report.entries import MOST, Fingerprints, Listing, sentence, shares, uri
from cocolint.reported import Occurrence
from tests.support import reports

COUNTS = st.lists(st.integers(0, 1_000), max_size=30)
FOUND = reports.group("B010", "bbox-out-of-image")


def occurrence(pointer: str, id_: object, line: int = 1) -> Occurrence:
    return Occurrence(pointer, line, 1, "", "annotation", id_, None, None, "", b"")


@given(COUNTS, st.integers(0, 2_000))
def test_shares_are_as_large_as_can_be(counts: list[int], most: int) -> None:
    taken = shares(counts, most)
    assert all(0 <= one <= count for one, count in zip(taken, counts, strict=True))
    assert sum(taken) == min(most, sum(counts)) or len(counts) > most


@given(COUNTS, st.integers(30, 2_000))
def test_no_group_is_drowned(counts: list[int], most: int) -> None:
    taken = shares(counts, most)
    assert all(one >= min(count, most // len(counts)) for one, count in zip(taken, counts, strict=True))


def test_of_too_many_groups_the_first_are_listed() -> None:
    assert shares([5, 5, 5], 2) == [1, 1, 0]


def test_what_is_not_listed_is_told() -> None:
    groups = [reports.out_of_image(100_000), reports.group("A020", "annotation-without-image", count=3)]
    listing = Listing(reports.report(reports.result(reports.TRAIN, *groups)), Style())
    codes = [entry.group.code for entry in listing]
    assert (codes[:3], len(codes)) == (["A020"] * 3, MOST)
    assert listing.omitted_count == 75_003
    assert listing.omitted == ("75,003 findings not listed here: 75,003 of B010 bbox-out-of-image; the format json lists all")


def test_many_rules_that_are_not_listed_are_counted() -> None:
    groups = [reports.group(f"A{i:03d}", f"rule-{i}", count=2) for i in range(12)]
    listing = Listing(reports.report(reports.result(reports.TRAIN, *groups)), Style(machine_examples=1))
    assert listing.omitted.startswith("12 findings not listed here: 1 of A000 rule-0, ")
    assert ", and of 2 more rules; " in listing.omitted


def test_nothing_to_tell_where_all_is_listed() -> None:
    assert Listing(reports.report(reports.result(reports.TRAIN, FOUND)), Style()).omitted == ""


@given(st.one_of(st.integers(), st.text(), st.floats(allow_nan=False)), st.integers(0, 99), st.integers(0, 99))
def test_a_record_is_known_again_wherever_it_moves(id_: object, old: int, new: int) -> None:
    before = Fingerprints().of(FOUND, occurrence(f"/annotations/{old}/bbox", id_, line=old + 1))
    after = Fingerprints().of(FOUND, occurrence(f"/annotations/{new}/bbox", id_, line=new + 1))
    assert before == after


def test_in_an_array_of_data_sets_too() -> None:
    one = Fingerprints().of(FOUND, occurrence("/0/annotations/3/segmentation/1", 7))
    other = Fingerprints().of(FOUND, occurrence("/0/annotations/4/segmentation/1", 7))
    assert one == other != Fingerprints().of(FOUND, occurrence("/0/annotations/4/segmentation/2", 7))


def test_another_record_rule_or_file_is_another_finding() -> None:
    found = [FOUND, reports.group("B011", "x"), reports.group("B010", "bbox-out-of-image", path=reports.VAL)]
    kinds = [Fingerprints().of(group, occurrence("/annotations/0/bbox", id_)) for group in found for id_ in (1, "1", None)]
    assert len(set(kinds)) == 9


def test_alike_findings_are_numbered() -> None:
    known = Fingerprints()
    twice = [known.of(FOUND, occurrence(f"/annotations/{row}/bbox", 7)) for row in (0, 1, 2)]
    assert len(set(twice)) == 3
    again = Fingerprints()
    assert [again.of(FOUND, occurrence(f"/annotations/{row}/bbox", 7)) for row in (5, 6, 7)] == twice


def test_a_message_that_repeats_the_summary_is_left_out() -> None:
    found = reports.group("S006", "x", count=0, summary="The file has no `licenses`")
    place = Occurrence("", 1, 1, "the file has no `licenses`", None, None, None, None, "", b"")
    assert sentence(found, place) == "The file has no `licenses`"
    (row,) = reports.locate(FOUND, None)
    about = "(/annotations/0/bbox, annotation id=1, image id=1)"
    assert sentence(FOUND, row) == f"The box reaches over the border of its image: 12.0 px over the image {about}"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("annotations/val.json", "annotations/val.json"),
        ("a b#c?.json#0", "a%20b%23c%3F.json"),
        ("c:d.json", "c%3Ad.json"),
        ("/data/é.json", "file:///data/%C3%A9.json"),
        ("\udcff.json", "%FF.json"),
        ("../\ud800.json", "../%ED%A0%80.json"),
    ],
)
def test_paths_as_uris(path: str, address: str) -> None:
    assert uri(path) == address


@given(st.binary(min_size=1).map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_no_byte_of_a_name_is_lost(path: str) -> None:
    name = path.lstrip("/") + "."
    assert unquote_to_bytes(uri(name)) == name.encode("utf-8", "surrogateescape")


def test_worst_first() -> None:
    groups = [reports.group(f"A00{level}", "x", level) for level in Severity]
    listing = Listing(reports.report(reports.result(reports.TRAIN, *groups)), Style())
    assert [entry.group.severity for entry in listing] == sorted(Severity, reverse=True)
