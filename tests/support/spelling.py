"""Annotations as text: every spelling of a value that JSON allows, and some that it does not."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

ODD_NUMBERS = (
    "-0", "-0.0", "0.0", "1E5", "1e+05", "12e-1", "-0e5", "0e999", "1e-400", "1e400", "-1e999", "1e22", "1e23", "3e-22",
    "7e-23", "9007199254740992", "9007199254740993", "9007199254740993.0", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "1" * 30, "1" * 400,
    "0." + "3" * 17, "0." + "3" * 18, "0." + "3" * 40, "123456789012345678.9", "1.7976931348623157e308",
    "1.7976931348623159e308", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "0.000000000000000000001",
    "1e99999999999", "01", "-", "1.", ".5", "+1", "1e", "1e+", "NaN", "0x1", "1_0",
)  # fmt: skip
"""The last ones are no JSON."""
STRINGS = (
    '""', '"a"', r'"\\"', r'"\""', r'"\/\b\f\n\r\t"', r'"\u0041"', r'"\ud83d\ude00"', r'"\ud83d"', r'"\ude00"', r'"\ud83dx"',
    r'"\ude00\ude00"', r'"\ud83d\u0041"', r'"\x"', r'"\u12g4"', '"\x01"', '"\x7f"', '"é漢😀"', '"\u2028"',
    "'a'", '"[{]}"', '"a', "\\u0041", '"oPV1a0X\\\\l`0"', '"\u00ff"', r'"\u00e9"',
)  # fmt: skip
"""The ends of ranges are among them: halves of pairs, controls, characters of two, three and four bytes."""
TRUTHS = ("0", "1", "-0", "0.0", "0.1", "1e-400", "false", "true", "null", '""', '"0"', "[ ]", "[0]", "{}", '{"a":0}')
BLANKS = ("", " ", "\n", "\r\n\t  ")

odd = st.sampled_from(ODD_NUMBERS)
integers = st.integers(-3, 700).map(str)
plain = st.integers(0, 10**7).map(lambda number: repr(number / 100)) | integers | st.integers(-(2**70), 2**70).map(str)
floats = st.floats(allow_nan=False, allow_infinity=False).map(repr)
numbers = plain | floats | st.integers(0, 40).flatmap(lambda pick: odd if pick < 12 else plain)
texts = st.sampled_from(STRINGS[:6]) | st.text(max_size=6).map(lambda text: json.dumps(text, ensure_ascii=False))


def spaced(parts: st.SearchStrategy[list[str]], ends: str) -> st.SearchStrategy[str]:
    """Join values to an array or an object, often with blanks between them."""

    def join(values: list[str], before: str, after: str) -> str:
        return ends[0] + before + f"{after},{before}".join(values) + after + ends[1]

    blank = st.sampled_from(BLANKS[:1] * 3 + BLANKS)
    return st.builds(join, parts, blank, blank)


def listed(items: st.SearchStrategy[str], **sizes: Any) -> st.SearchStrategy[str]:
    """Draw an array of items."""
    return spaced(st.lists(items, **sizes), "[]")


def objects(fields: Mapping[str, st.SearchStrategy[str]], extra: st.SearchStrategy[list[str]]) -> st.SearchStrategy[str]:
    """Draw an object with some of the fields, in any order, and with `extra` pairs of a key and a value."""

    def pairs(chosen: dict[str, str], more: list[str], shuffled: random.Random) -> list[str]:
        every = [f'"{name}"{":" if shuffled.random() < 0.5 else " : "}{value}' for name, value in chosen.items()] + more
        if shuffled.random() < 0.3:
            shuffled.shuffle(every)
        return every

    drawn = st.builds(pairs, st.fixed_dictionaries({}, optional=dict(fields)), extra, st.randoms(use_true_random=False))
    return spaced(drawn, "{}")


words = st.sampled_from(["true", "false", "null", "nul", "True"])
anything = st.recursive(
    numbers | texts | words | st.sampled_from(STRINGS),
    lambda inner: listed(inner, max_size=3) | spaced(st.lists(st.builds("{}:{}".format, texts, inner), max_size=3), "{}"),
    max_leaves=6,
)
deep = st.integers(1, 90).map(lambda levels: "[" * levels + "]" * levels)
strangers = st.lists(st.builds("{}:{}".format, texts | st.sampled_from(STRINGS), anything | deep), max_size=2)
nothing: st.SearchStrategy[list[str]] = st.just([])


def often(usual: st.SearchStrategy[str], other: st.SearchStrategy[str] = anything) -> st.SearchStrategy[str]:
    """Draw what is usual, and once in a while anything else."""
    return st.integers(0, 60).flatmap(lambda pick: other if pick == 0 else usual)


few = st.integers(0, 30).flatmap(lambda pick: strangers if pick == 0 else nothing)
polygons = listed(listed(numbers, max_size=8), max_size=3)
size = often(listed(integers, min_size=2, max_size=2))
rle = objects({"size": size, "counts": listed(integers | odd, max_size=5) | texts | st.just('"oPV1a0X\\\\l`0"')}, few)
whole_rle = st.builds('{{"size":{},"counts":{}}}'.format, size, listed(integers, max_size=5) | texts | st.sampled_from(STRINGS))
SEGMENT = {
    **dict.fromkeys(("id", "category_id", "area"), often(integers, numbers)),
    "iscrowd": often(st.sampled_from(["0", "1"])),
    "bbox": often(listed(integers, min_size=4, max_size=4), listed(numbers, max_size=5)),
}
segments = often(
    objects(
        {},
        st.builds(
            lambda pairs, more: [*pairs, *more],
            st.tuples(*(st.builds('"{}":{}'.format, st.just(name), value) for name, value in SEGMENT.items())).map(list),
            few,
        ),
    ),
    objects(SEGMENT, strangers),
)
FIELDS: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("id", "image_id", "category_id", "num_keypoints"), often(integers, numbers)),
    "iscrowd": often(st.sampled_from(["0", "1"])),
    "area": often(numbers),
    "score": often(numbers, numbers | texts | words | st.sampled_from(["[]", "{}", "[0.5]"])),
    "bbox": often(listed(numbers, min_size=4, max_size=4)),
    "segmentation": often(polygons | whole_rle, rle | anything),
    "keypoints": often(listed(numbers, max_size=9)),
    **dict.fromkeys(("caption", "file_name"), often(texts)),
    "ignore": often(
        st.sampled_from(["0", "1", "-0", "0.0", "1e-400", "false", "true", "null", '""', '"0"', "[ ]", "[0]", "{}"])
    ),
    "attributes": often(
        st.sampled_from(['{"rotation":30.5}', '{"track_id": 4, "occluded":false}', '{"rotation":-0}', '{"a":{"b":[1e3,null]}}'])
    ),
    "segments_info": often(listed(segments, max_size=3)),
    **dict.fromkeys(("width", "height"), often(integers, numbers)),
    "license": often(integers | st.just("null"), numbers),
    **dict.fromkeys(("coco_url", "flickr_url", "date_captured", "image_title"), often(texts | st.just("null"))),
    "video_id": texts | integers,
    "face_box": often(listed(numbers, min_size=4, max_size=4)),
    "lefthand_kpts": often(listed(integers, min_size=63, max_size=63)),
    "foot_valid": often(st.sampled_from(["true", "false"])),
}


def arrays(names: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Draw an array of records with some of the fields of these `names`, most of them as they should be."""
    records = objects({name: FIELDS[name] for name in names if name in FIELDS}, few)
    return listed(records, min_size=1, max_size=4).map(lambda text: text.encode("utf-8", "replace"))
