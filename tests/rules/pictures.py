"""Cases of the rules on the picture files."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.cases import Case, Data
from tests.support.photos import black_png, declared_jpeg, declared_png, encoded, jpeg, noise, png
from tests.support.set_cases import SetCase

A, B = jpeg(seed=1), jpeg(seed=2)
BOTH = {"000001.jpg": A, "000002.jpg": B}
FIRST, SECOND = "/images/0/file_name", "/images/1/file_name"


def with_second(content: bytes, name: str = "000002.jpg") -> Mapping[str, bytes]:
    """Return the pictures of the sound file with other content of the second."""
    return {"000001.jpg": A, name: content}


def many(data: Data) -> Data:
    """Return the file with ten images more."""
    data["images"] += [{"id": i, "width": 640, "height": 480, "file_name": f"{i:06d}.jpg"} for i in range(3, 13)]
    return data


def train(name: str, content: bytes) -> dict[str, bytes | None]:
    """Return the pictures of train and val, with a third one of train."""
    return {
        "images/train/000001.jpg": A, "images/train/000002.jpg": B, f"images/train/{name}": content,
        "images/val/000101.jpg": jpeg(seed=3), "images/val/000102.jpg": jpeg(seed=4),
    }  # fmt: skip


THREE = {"annotations/instances_train.json": {"/images/-": {"id": 3, "width": 640, "height": 480, "file_name": "x.jpg"}}}
SPLITS = {**THREE, "annotations/instances_val.json": {}}
IN_VAL = {"annotations/instances_val.json": 1}

CASES = [
    Case("file-name-prefix-doubled", "the folder of images", fires=2, edit={FIRST: "images/1.jpg", SECOND: "images/2.jpg"},
         files={"pictures/1.jpg": A, "pictures/2.jpg": B}),
    Case("file-name-prefix-doubled", "one of two", fires=1, edit={SECOND: "train/000002.jpg"}, files=BOTH),
    Case("file-name-prefix-doubled", "two folders", fires=1, edit={SECOND: "data/a/b.jpg"},
         files={"000001.jpg": A, "a/b.jpg": B}),
    Case("file-name-prefix-doubled", "the folders are there", edit={FIRST: "images/1.jpg", SECOND: "images/2.jpg"},
         files={"images/1.jpg": A, "images/2.jpg": B}),
    Case("file-name-prefix-doubled", "neither is there", edit={SECOND: "train/000003.jpg"}, files=BOTH,
         also=("image-file-missing",)),
    Case("image-file-missing", "one of two", fires=1, files={"000001.jpg": A}),
    Case("image-file-missing", "all but one", fires=11, change=many, files={"000001.jpg": A}),
    Case("image-file-missing", "in another case", fires=1, files={"000001.jpg": A, "000002.JPG": B}),
    Case("image-file-missing", "both there", files=BOTH),
    Case("image-file-missing", "no pictures at all"),
    Case("image-file-missing", "other pictures", files={"000009.jpg": A}),
    Case("image-file-missing", "images/<subset>", files={f"images/train/{name}": data for name, data in BOTH.items()}),
    Case("image-file-missing", "<subset>", files={f"train/{name}": data for name, data in BOTH.items()}),
    Case("image-file-missing", "backslashes", edit={FIRST: "a\\1.jpg", SECOND: "a\\2.jpg"}, files={"a/1.jpg": A, "a/2.jpg": B}),
    Case("image-file-missing", "no name", edit={SECOND: ""}, files={"000001.jpg": A}, also=("file-name-missing",)),
    Case("image-size-mismatch", "one pixel", fires=1, leaves=1, files=with_second(jpeg(641, 480))),
    Case("image-size-mismatch", "half the size", fires=1, leaves=1, files=with_second(jpeg(320, 240))),
    Case("image-size-mismatch", "exchanged", fires=1, leaves=1, files=with_second(jpeg(480, 640))),
    Case("image-size-mismatch", "without run lengths", fires=1, files={"000001.jpg": jpeg(640, 481), "000002.jpg": B}),
    Case("image-size-mismatch", "boxes lie outside", fires=1, leaves=1, files={"000001.jpg": jpeg(320, 240), "000002.jpg": B}),
    Case("image-size-mismatch", "neither before nor after turning", fires=1, leaves=1,
         files=with_second(jpeg(481, 640, orientation=6))),
    Case("image-size-mismatch", "exchanged, and turned by EXIF", files=with_second(jpeg(480, 640, orientation=6))),
    Case("image-size-mismatch", "upside down", files=with_second(jpeg(orientation=3))),
    Case("image-size-mismatch", "sound", files=BOTH),
    Case("image-size-mismatch", "a large true picture", edit={"/images/0/width": 20_000, "/images/0/height": 20_000},
         files={"000001.jpg": black_png(20_000), "000002.jpg": B}),
    Case("image-exif-orientation", "the size as stored", fires=1, files=with_second(jpeg(orientation=6))),
    Case("image-exif-orientation", "the size after turning", fires=1, files=with_second(jpeg(480, 640, orientation=8))),
    Case("image-exif-orientation", "mirrored and lying", fires=1, files=with_second(jpeg(orientation=5))),
    Case("image-exif-orientation", "a square", fires=1, edit={"/images/0/height": 640},
         files={"000001.jpg": jpeg(640, 640, orientation=7), "000002.jpg": B}),
    Case("image-exif-orientation", "upside down", files=with_second(jpeg(orientation=3))),
    Case("image-exif-orientation", "mirrored", files=with_second(jpeg(orientation=4))),
    Case("image-exif-orientation", "upright", files=with_second(jpeg(orientation=1))),
    Case("image-exif-orientation", "another size", files=with_second(jpeg(320, 240, orientation=6)),
         also=("image-size-mismatch",)),
    Case("image-file-unreadable", "0 bytes", fires=1, files=with_second(b"")),
    Case("image-file-unreadable", "text", fires=1, files=with_second(b"not found\n")),
    Case("image-file-unreadable", "web page", fires=1, files=with_second(b"<!DOCTYPE html>")),
    Case("image-file-unreadable", "git-LFS pointer", fires=1, files=with_second(b"version https://git-lfs.github.com/spec/v1\n")),
    Case("image-file-unreadable", "the start of a JPEG", fires=1, files=with_second(B[:300])),
    Case("image-file-unreadable", "half a JPEG", fires=1, files=with_second(B[: len(B) // 2])),
    Case("image-file-unreadable", "half a PNG", fires=1, files=with_second(png()[:2000])),
    Case("image-file-unreadable", "a PNG of 2**31 px", fires=1, files=with_second(declared_png(65_536, 32_768))),
    Case("image-file-unreadable", "a JPEG of 2**31 px", fires=1, files=with_second(declared_jpeg(65_500, 33_000))),
    Case("image-file-unreadable", "a bomb", fires=1,
         files=with_second(declared_png(40_000, 30_000, bytes(2_000_000)))),
    Case("image-file-unreadable", "sound", files=BOTH),
    Case("image-file-unreadable", "a JPEG with more behind it", files=with_second(B + b"SEFT" * 999)),
    Case("image-file-unreadable", "a PNG with more behind it", files=with_second(png() + b"more")),
    Case("image-file-unreadable", "a PNG called .jpg", files=with_second(png())),
    Case("image-file-unreadable", "a format that is not known", edit={SECOND: "1.dcm"}, files=with_second(b"DICM", "1.dcm")),
    Case("image-file-unreferenced", "one", fires=1, files={**BOTH, "000003.jpg": jpeg(seed=3)}),
    Case("image-file-unreferenced", "many", fires=1, files={**BOTH, **{f"{i}.jpg": jpeg(8, 8, i) for i in range(9)}}),
    Case("image-file-unreferenced", "none", files=BOTH),
    Case("image-file-unreferenced", "masks, notes, and pictures elsewhere",
         files={**BOTH, "000001.png": png(), "read.me": b"", "thumbnails/000001.jpg": jpeg(8, 8)}),
    Case("image-file-unreferenced", "another split names it",
         files={**{f"images/{name}": data for name, data in BOTH.items()}, "images/3.jpg": A, "instances_val.json": b"{}"}),
    Case("image-duplicate-content", "two names", fires=1, files=with_second(A)),
    Case("image-duplicate-content", "other pictures", files=BOTH),
    Case("image-duplicate-content", "equal first and last bytes", files={
         "000001.jpg": declared_png(640, 480, bytes(2000)), "000002.jpg": declared_png(640, 480, b"\1" * 2000)}),
    Case("image-duplicate-content", "one name", edit={SECOND: "000001.jpg"}, files=BOTH, also=("file-name-duplicate",)),
]  # fmt: skip

SET_CASES = [
    SetCase("split-leakage-content", "under another name", SPLITS, IN_VAL, places=train("x.jpg", jpeg(seed=3))),
    SetCase("split-leakage-content", "other pictures", SPLITS, places=train("x.jpg", jpeg(seed=5))),
    SetCase("split-leakage-content", "the same split",
            {**THREE, "annotations/captions_train.json": {}}, places=train("x.jpg", jpeg(seed=3))),
    SetCase("split-leakage-near", "recompressed", SPLITS, IN_VAL,
            places=train("x.jpg", encoded(noise(640, 480, 3), quality=30))),
    SetCase("split-leakage-near", "scaled", SPLITS, IN_VAL, places=train("x.jpg", jpeg(320, 240, 3)),
            also=("image-size-mismatch",)),
    SetCase("split-leakage-near", "other pictures", SPLITS, places=train("x.jpg", jpeg(seed=5))),
    SetCase("split-leakage-near", "nothing to see",
            {**SPLITS, "annotations/instances_val.json": {"/images/1/file_name": "y.jpg"}},
            places={**train("x.jpg", declared_png(640, 480, bytes(640 * 480 * 3 + 480))),
                    "images/val/y.jpg": encoded(noise(640, 480).point([9] * 768), "JPEG")}),
]  # fmt: skip
