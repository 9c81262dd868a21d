"""What the user wants of an export, checked before anything is read."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from cocolint.failure import ConfigError
from cocolint.model import Task

TASKS = tuple(task for task in Task if not task.is_results)
_NAME = re.compile(r"[^\s/\\]+")
_SUFFIX = re.compile(r"\.?([0-9A-Za-z]+)")


class Layout(enum.StrEnum):
    """Names and places of files, as one tool wants them."""

    DATUMARO = "datumaro"
    ROBOFLOW = "roboflow"
    MMDET = "mmdet"
    FIFTYONE = "fiftyone"

    @property
    def profile(self) -> str:
        """The profile of who reads the layout."""
        return {Layout.ROBOFLOW: "rfdetr", Layout.MMDET: "mmdetection"}.get(self, str(self))

    @property
    def has_room_for_tasks(self) -> bool:
        """Whether files of several tasks of a subset fit side by side, and pictures of all subsets into one folder."""
        return self in (Layout.DATUMARO, Layout.MMDET)


class SegmentationMode(enum.StrEnum):
    """Which form masks get: `guess` goes by `iscrowd`."""

    GUESS = "guess"
    POLYGONS = "polygons"
    MASK = "mask"


class Filter(Struct, frozen=True):
    """Which records are wanted: names of categories, globs of file names, bounds of `area`; all where there are none."""

    categories: frozenset[str] = frozenset()
    images: tuple[str, ...] = ()
    areas: tuple[tuple[float, float], ...] = ()

    def wants_area(self, area: float) -> bool:
        """Whether an annotation of that area is wanted."""
        return not self.areas or any(least <= area <= most for least, most in self.areas)


class Options(Struct, frozen=True):
    """All that can be said of an export.

    `segmentation_mode` is None where segmentations stay as they are; `split` maps the name of each subset to its share.
    """

    tasks: tuple[Task, ...] = ()
    subsets: tuple[str, ...] = ()
    layout: Layout = Layout.DATUMARO
    rename: bool = True
    segmentation_mode: SegmentationMode | None = None
    crop_covered: bool = False
    reindex: bool = False
    allow_attributes: bool = True
    save_images: bool = False
    merge_images: bool = False
    image_ext: str = ""
    save_dataset_meta: bool = False
    sort: bool = False
    indent: int | None = None
    merge: bool = False
    split: tuple[tuple[str, float], ...] = ()
    seed: int = 0
    filter: Filter = Filter()

    def __post_init__(self) -> None:
        """Raise `ConfigError` for options that do not go together."""
        if self.image_ext and not self.save_images:
            raise ConfigError("--image-ext needs --save-images: without it, names would not fit the pictures")
        if self.merge_images and not self.layout.has_room_for_tasks:
            raise ConfigError(f"--merge-images: the layout {self.layout} has a folder of pictures for each file")
        if self.save_dataset_meta and self.layout is not Layout.DATUMARO:
            raise ConfigError("--save-dataset-meta writes a file that only readers of --layout datumaro know")


def task_of(name: str) -> Task:
    """Return the task of that name. Raises `ConfigError`."""
    if name not in TASKS:
        raise ConfigError(f"--task: there is no task '{name}' to export, but {', '.join(TASKS)}")
    return Task(name)


def layout_of(name: str) -> Layout:
    """Return the layout of that name. Raises `ConfigError`."""
    if name not in list(Layout):
        raise ConfigError(f"--layout: there is no layout '{name}', but {', '.join(Layout)}")
    return Layout(name)


def mode_of(name: str) -> SegmentationMode | None:
    """Return the mode of that name, None for "". Raises `ConfigError`."""
    if name and name not in list(SegmentationMode):
        raise ConfigError(f"--segmentation-mode: there is no mode '{name}', but {', '.join(SegmentationMode)}")
    return SegmentationMode(name) if name else None


def suffix_of(text: str) -> str:
    """Return the ending of pictures with its dot, "" for "". Raises `ConfigError`."""
    match = _SUFFIX.fullmatch(text)
    if text and not match:
        raise ConfigError(f"--image-ext: '{text}' is no ending such as .jpg")
    return f".{match[1]}" if match else ""


def split_of(words: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Return the shares of `train=0.8` and so on. Raises `ConfigError` unless they are positive and sum to 1."""
    shares: dict[str, float] = {}
    for word in words:
        name, _, share = word.partition("=")
        if not _NAME.fullmatch(name) or name in shares:
            raise ConfigError(f"--split: '{word}' is no new name with its share, such as train=0.8")
        shares[name] = _number(share, f"--split: '{word}'")
        if not 0 < shares[name] <= 1:
            raise ConfigError(f"--split: the share of '{name}' is not above 0 and up to 1")
    if shares and abs(sum(shares.values()) - 1) > 1e-6:
        raise ConfigError(f"--split: the shares sum to {sum(shares.values()):g}, not to 1")
    return tuple(shares.items())


def filter_of(words: Iterable[str]) -> Filter:
    """Return the filter that `category=person,dog`, `image=train/*` and `area=100..` make together. Raises `ConfigError`."""
    categories: list[str] = []
    images: list[str] = []
    areas: list[tuple[float, float]] = []
    for word in words:
        key, _, value = word.partition("=")
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not parts or key not in ("category", "image", "area"):
            raise ConfigError(f"--filter: '{word}' is none of category=NAME, image=GLOB and area=LEAST..MOST")
        if key == "category":
            categories += parts
        elif key == "image":
            images += parts
        else:
            areas += [_bounds(part) for part in parts]
    return Filter(frozenset(categories), tuple(images), tuple(areas))


def _bounds(text: str) -> tuple[float, float]:
    least, dots, most = text.partition("..")
    if not dots or not (least or most):
        raise ConfigError(f"--filter: the area '{text}' is no range such as 100.., ..100 or 100..200")
    low = _number(least, f"--filter: area '{text}'") if least else -math.inf
    high = _number(most, f"--filter: area '{text}'") if most else math.inf
    return low, high


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f"{where}: '{text}' is no number")
    return value
