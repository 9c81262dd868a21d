"""Names that are there twice, found by numbers made of them and by their endings, are those found by looking at each."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cocolint.read.build import Masks, images_of
from cocolint.read.columns import Images
from cocolint.read.texts import Texts

rules: Any = import_module("cocolint.rules.file_names")
FOLDERS = ["", "a/", "a\\", "./", "//", "/", "\n"]
STEMS = ["", "1", "2", ".jpg", "1.jpg"]
parts = st.sampled_from(FOLDERS), st.sampled_from(STEMS), st.sampled_from([".jpg"] * 4 + ["", ".png"])
names = st.lists(st.tuples(*parts).map("".join), max_size=6)


def images_named(file_names: list[str], packed: bool) -> Images:
    images = images_of(Masks([], {}))
    images.file_name = Texts(file_names) if packed else file_names
    images.size = len(file_names)
    return images


def repeated(file_names: list[str], key: Any) -> list[tuple[int, int]]:
    """Return the rows of names whose key is that of an earlier one, with the first of these."""
    is_odd = any(mark in name for mark in ("\\", "./", "//") for name in file_names)
    keys = [key(rules._normal(name) if is_odd else name) for name in file_names]
    return [(row, keys.index(one)) for row, one in enumerate(keys) if one and keys.index(one) < row]


@given(file_names=names, packed=st.booleans())
def test_names_and_stems_that_repeat_are_found(file_names: list[str], packed: bool) -> None:
    for rule, key in ((rules.file_name_duplicate, str), (rules.file_name_stem_duplicate, rules._stem)):
        found = list(rule(images_named(file_names, packed)))
        rows = [
            (row, first) for one in found for row, first in zip(one.rows.tolist(), one.values["first"].tolist(), strict=True)
        ]
        assert rows == repeated(file_names, key)
