"""Cases of the rules on the PNGs of panoptic files."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from cocolint.model import Ints
from tests.support.cases import REMOVED, Case
from tests.support.segment_pngs import FIRST, SECOND, beside, channels_of, encoded, painted, saved, written_by_hand

RESULTS = "results_panoptic"
SEGMENT = "/annotations/1/segments_info/0"


def grey(values: Ints, mode: str = "L") -> bytes:
    """Return a picture of one channel, or two."""
    return saved(Image.fromarray(values.astype(np.uint8)).convert(mode))


def sixteen_bits(width: int, height: int, channels: int) -> bytes:
    return written_by_hand(width, height, 16, {1: 0, 3: 2}[channels], (b"\0" + bytes(2 * channels * width)) * height)


def with_colours(small: int, large: int) -> Ints:
    """Return the second picture with unknown ids: `small` ones of 19 pixels, and `large` ones of 20."""
    strange = [(500 + i, 20 * (i % 30), 10 + i // 30, 19, 1) for i in range(small)]
    strange += [(900 + i, 20 * (i % 30), 100 + i // 30, 20, 1) for i in range(large)]
    return painted((1, 0, 0, 640, 1), *strange)


def through_jpeg(ids: Ints) -> bytes:
    jpeg = saved(Image.fromarray(channels_of(ids)), "JPEG")
    return saved(Image.open(io.BytesIO(jpeg)))


def case(rule: str, about: str, fires: int = 0, first: Any = FIRST, second: Any = SECOND, **more: Any) -> Case:
    return Case(rule, about, fires, task="panoptic", files=beside(first, second), **more)


def in_results(rule: str, about: str, fires: int = 0, first: Any = FIRST, second: Any = FIRST, **more: Any) -> Case:
    return Case(rule, about, fires, task=RESULTS, files=beside(first, second, f"{RESULTS}_train"), **more)


CASES = [
    case("panoptic-png-missing", "one of two", 1, second=None),
    in_results("panoptic-png-missing", "one of two", 1, first=None),
    case("panoptic-png-unreadable", "a folder of that name", 1, second=None, edit={"/annotations/1/file_name": "."}),
    case("panoptic-png-missing", "another case", 1, edit={"/annotations/1/file_name": "000002.PNG"}),
    case("panoptic-png-missing", "both are there"),
    case("panoptic-png-missing", "no PNG at all, so no folder", first=None, second=None),
    case("panoptic-png-missing", "leads out, and is not looked for", edit={"/annotations/1/file_name": "../000002.png"}),
    case("panoptic-png-missing", "no name", edit={"/annotations/1/file_name": REMOVED}, also=("panoptic-annotation-shape",)),
    case("panoptic-png-missing", "a second time under a part of the name that is empty",
         edit={"/annotations/1/file_name": "./000002.png"}),
    Case("panoptic-png-unreferenced", "two", 1, task="panoptic", files={
        **beside(FIRST, SECOND), "panoptic_train/{b}.png": b"", "panoptic_train/below/a.PNG": b"",
    }),
    in_results("panoptic-png-unreferenced", "one", 1, edit={"/annotations/1": REMOVED}),
    Case("panoptic-png-unreferenced", "other files", task="panoptic", files={
        **beside(FIRST, SECOND), "panoptic_train/a.jpg": b"", "panoptic_train/._000001.png": b"", "a.png": b"",
    }),
    case("panoptic-png-mode", "greyscale with the ids", 1, second=grey(SECOND)),
    case("panoptic-png-mode", "palette", 1, second=grey(SECOND, "P")),
    case("panoptic-png-mode", "palette whose colours are the ids", 1, edit={f"{SEGMENT}/id": 5},
         second=saved(Image.fromarray(channels_of(5 * SECOND)).quantize(2))),
    case("panoptic-png-mode", "two channels", 1, second=grey(SECOND, "LA")),
    case("panoptic-png-mode", "black and white", 1, second=grey(255 * SECOND, "1")),
    case("panoptic-png-mode", "16-bit greyscale", 1, second=sixteen_bits(640, 480, 1)),
    case("panoptic-png-mode", "16-bit colours", 1, second=sixteen_bits(640, 480, 3)),
    case("panoptic-png-mode", "a fourth channel", 1, second=saved(Image.fromarray(channels_of(SECOND)).convert("RGBA"))),
    in_results("panoptic-png-mode", "greyscale", 1, second=grey(SECOND),
               edit={"/annotations/1/segments_info": [{"id": 1, "category_id": 1}]}),
    case("panoptic-png-mode", "8-bit RGB"),
    case("panoptic-png-mode", "not a picture", second=b"hello", also=("panoptic-png-unreadable",)),
    case("panoptic-png-size", "narrower", 1, second=SECOND[:, :639]),
    case("panoptic-png-size", "turned round", 1, second=SECOND.T),
    case("panoptic-png-size", "the size of the image"),
    case("panoptic-png-size", "the size of the image is not known", second=SECOND[:, :639],
         edit={"/images/1/width": 0}, also=("image-size-missing",)),
    case("panoptic-png-size", "the image is not known", second=SECOND[:, :639], edit={"/annotations/1/image_id": 7},
         also=("annotation-image-id-unknown",)),
    case("panoptic-png-not-json", "one id", 1, second=painted((1, 0, 0, 640, 1), (7, 5, 5, 2, 2))),
    case("panoptic-png-not-json", "no segment at all", 1, edit={"/annotations/1/segments_info": []}),
    case("panoptic-png-not-json", "another id, for which its own is absent", 1, second=painted((2, 0, 0, 640, 1))),
    case("panoptic-png-not-json", "in both pictures", 2,
         painted((1, 10, 20, 100, 50), (65792, 0, 0, 640, 1), (7, 5, 5, 2, 2), (8, 9, 9, 1, 1)),
         painted((1, 0, 0, 640, 1), (7, 5, 5, 2, 2))),
    in_results("panoptic-png-not-json", "one id", 1,
               painted((1, 10, 20, 100, 50), (65792, 0, 0, 640, 1), ((1 << 24) - 1, 5, 5, 2, 2))),
    case("panoptic-png-not-json", "0 is VOID"),
    case("panoptic-png-not-json", "a fourth channel changes no id",
         second=saved(Image.fromarray(channels_of(SECOND)).convert("RGBA"))),
    case("panoptic-png-not-json", "segments that could not be read", edit={f"{SEGMENT}/id": "1"},
         also=("panoptic-segment-fields",)),
    case("panoptic-json-not-png", "one", 1, second=painted()),
    case("panoptic-json-not-png", "two of one annotation", 2, first=painted()),
    in_results("panoptic-json-not-png", "one", 1, painted((1, 10, 20, 100, 50))),
    case("panoptic-json-not-png", "one pixel is enough", second=painted((1, 639, 479, 1, 1))),
    case("panoptic-json-not-png", "0 is told by its range", edit={f"{SEGMENT}/id": 0}, second=painted(),
         also=("panoptic-segment-id-range",)),
    case("panoptic-json-not-png", "a picture that cannot be read", second=b"hello", also=("panoptic-png-unreadable",)),
    case("panoptic-area", "one less", 1, edit={f"{SEGMENT}/area": 639}),
    case("panoptic-area", "one more", 1, edit={f"{SEGMENT}/area": 641}),
    case("panoptic-area", "0, of two segments", 2,
         edit={f"/annotations/0/segments_info/{place}/area": 0 for place in (0, 1)}),
    case("panoptic-area", "exact"),
    case("panoptic-area", "exact, as a float", edit={f"{SEGMENT}/area": 640.0}),
    case("panoptic-area", "of another size", second=SECOND[:, :639], also=("panoptic-png-size",)),
    in_results("panoptic-area", "results have none"),
    case("panoptic-bbox", "exclusive", 1, edit={f"{SEGMENT}/bbox": [0, 0, 639, 0]}),
    case("panoptic-bbox", "one pixel to the right", 1, edit={f"{SEGMENT}/bbox": [1, 0, 640, 1]}),
    case("panoptic-bbox", "exact"),
    case("panoptic-bbox", "of two parts", edit={f"{SEGMENT}/bbox": [3, 4, 97, 96], f"{SEGMENT}/area": 10 * 10 + 7 * 5},
         second=painted((1, 3, 4, 10, 10), (1, 93, 95, 7, 5))),
    in_results("panoptic-bbox", "results have none"),
    case("panoptic-bgr", "both", 2, saved(Image.fromarray(channels_of(FIRST)[..., ::-1])), SECOND << 16),
    in_results("panoptic-bgr", "one", 1, saved(Image.fromarray(channels_of(FIRST)[..., ::-1]))),
    case("panoptic-bgr", "and a grey segment", 1, edit={"/annotations/0/segments_info/0/id": 0x303030},
         first=painted((0x303030, 10, 20, 100, 50), (0x000101, 0, 0, 640, 1))),
    case("panoptic-bgr", "right"),
    case("panoptic-bgr", "grey both ways", edit={f"{SEGMENT}/id": 0x303030}, second=painted((0x303030, 0, 0, 640, 1))),
    case("panoptic-bgr", "one of two unknown ids is known turned round", also=("panoptic-png-not-json",),
         second=painted((1 << 16, 0, 0, 640, 1), (7, 5, 5, 2, 2))),
    case("panoptic-lossy-png", "a JPEG", 1, second=saved(Image.fromarray(channels_of(SECOND)), "JPEG")),
    case("panoptic-lossy-png", "through JPEG", 1, edit={"/annotations/0/segments_info/0/id": 0xC86432},
         first=through_jpeg(painted((0xC86432, 10, 20, 100, 50), (65792, 0, 0, 640, 1)))),
    case("panoptic-lossy-png", "30 colours, half of them small", 1, second=with_colours(15, 15)),
    in_results("panoptic-lossy-png", "30 colours", 1, second=with_colours(30, 0)),
    case("panoptic-lossy-png", "29 colours", second=with_colours(29, 0), also=("panoptic-png-not-json",)),
    case("panoptic-lossy-png", "not half of them small", second=with_colours(15, 16), also=("panoptic-png-not-json",)),
    case("panoptic-lossy-png", "a lower bound of 10", 1, second=with_colours(10, 0), options={"least": 10}),
    case("panoptic-semantic-map", "greyscale", 1, second=grey(187 * SECOND)),
    case("panoptic-semantic-map", "palette", 1, second=grey(187 * SECOND, "P")),
    case("panoptic-semantic-map", "RGB, in red", 1, second=187 * SECOND),
    case("panoptic-semantic-map", "RGB, in red with counts in green", 1,
         first=painted((1 + 256, 10, 20, 50, 50), (1 + 512, 60, 20, 50, 50), (187, 0, 0, 640, 1))),
    case("panoptic-semantic-map", "RGB, all alike", 1, second=187 * 0x010101 * SECOND),
    case("panoptic-semantic-map", "positions from 1", 1, edit={f"{SEGMENT}/id": 5}, second=grey(SECOND)),
    case("panoptic-semantic-map", "one beyond the last position", edit={f"{SEGMENT}/id": 5}, second=grey(2 * SECOND),
         also=("panoptic-png-mode",)),
    in_results("panoptic-semantic-map", "greyscale", 1, second=grey(187 * SECOND)),
    case("panoptic-semantic-map", "a segment has the id of its category", edit={f"{SEGMENT}/id": 187}, second=187 * SECOND),
    case("panoptic-semantic-map", "greyscale with the ids", second=grey(SECOND), also=("panoptic-png-mode",)),
    case("panoptic-semantic-map", "other values", second=grey(9 * SECOND), also=("panoptic-png-mode",)),
    case("panoptic-semantic-map", "one other value", also=("panoptic-png-not-json",),
         second=painted((187, 0, 0, 640, 1), (9, 5, 5, 2, 2))),
    case("panoptic-png-unreadable", "empty", 1, second=b""),
    case("panoptic-png-unreadable", "text", 1, second=b"version https://git-lfs.github.com/spec/v1\n"),
    case("panoptic-png-unreadable", "cut off", 1, second=encoded(SECOND)[:-200]),
    case("panoptic-png-unreadable", "header only", 1, second=encoded(SECOND)[:26]),
    case("panoptic-png-unreadable", "huge", 1, second=written_by_hand(1 << 31, 1, 8, 2, b"")),
    in_results("panoptic-png-unreadable", "noise", 1, second=bytes(range(256))),
    case("panoptic-png-unreadable", "whole"),
    case("panoptic-png-unreadable", "a JPEG is told by panoptic-lossy-png", also=("panoptic-lossy-png",),
         second=saved(Image.fromarray(channels_of(SECOND)), "JPEG")),
]  # fmt: skip
