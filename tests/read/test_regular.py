"""The compiled kernel and the typed decoder give the same columns, to the bit, or the kernel declines."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from cocolint import compiled, discover
from cocolint import schema as schemas
from cocolint.model import Task
from cocolint.read import build
from cocolint.read.data_sets import Several
from cocolint.read.document import SliceReader, open_document
from cocolint.read.geometry import RingShapes, RunShapes, by_owner, decode_counts
from cocolint.read.ranges import array_of
from cocolint.read.regular import RegularReader
from cocolint.read.slicing import NotCoco, Span, address
from cocolint.read.source import Unusable, is_utf8
from cocolint.read.structure import BadCut
from tests.support.cases import sound
from tests.support.checkout import ROOT
from tests.support.columns import content, same
from tests.support.mutations import mutated
from tests.support.spelling import ODD_NUMBERS, STRINGS, TRUTHS, arrays
from tests.test_real_files import DATA_SETS, REAL

pytestmark = pytest.mark.skipif(compiled.kernel is None, reason="the kernel was not built")
TASKS = [task for task in Task if schemas.record_schema(task, "annotations")]
NOTHING = build.Masks([], {})
IMAGES, CATEGORIES = build.images_of(NOTHING), build.categories_of(NOTHING)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slices") / "slice"


def outcome(reader: SliceReader, span: Span) -> Any:
    """Return all that is seen of a slice, None if it is not whole records."""
    try:
        table, faults = reader.read(span)
    except BadCut:
        return None
    return [content(table), dict(faults)]


def reads_alike(reader: SliceReader, span: Span) -> None:
    """Read a slice in both ways."""
    ours = outcome(reader, span)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RegularReader, "read", lambda *_: None)
        reference = outcome(reader, span)
    assert same(ours, reference)


def array_reads_alike(task: Task, array: bytes, file: Path) -> bool:
    """Read an array of records in both ways, and return whether the kernel took it."""
    file.write_bytes(array[1:-1])
    reads_alike(SliceReader(file, task, False, IMAGES, CATEGORIES), Span(0, len(array) - 2))
    return RegularReader(task).read(array) is not None


@pytest.mark.parametrize("task", TASKS)
@SLOW
@given(data=st.data())
def test_any_spelling_reads_alike(task: Task, data: st.DataObject, file: Path) -> None:
    names = schemas.record_type(task, "annotations").__struct_fields__
    event(str(array_reads_alike(task, data.draw(arrays(names)), file)))


@pytest.mark.parametrize("task", TASKS)
def test_damaged_bytes_read_alike(task: Task, file: Path) -> None:
    data = sound(task)
    body = json.dumps(data["annotations"] if isinstance(data, dict) else data).encode()
    chance = random.Random(0)
    counts = Counter(array_reads_alike(task, b"[%b]" % mutated(chance, body[1:-1]), file) for _ in range(400))
    assert counts[True] > 20
    assert counts[False] > 100


@pytest.mark.parametrize("task", TASKS)
def test_sound_records_are_regular(task: Task, file: Path) -> None:
    data = sound(task)
    assert array_reads_alike(task, json.dumps(data["annotations"] if isinstance(data, dict) else data).encode(), file)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the checkout")
def test_real_files_read_alike() -> None:
    taken: Counter[bool] = Counter()
    for found in discover.find([str(REAL / name) for name in DATA_SETS]):
        with suppress(Unusable, NotCoco, Several):
            document = open_document(found)
            reader = SliceReader.of(document)
            for span in document.slices:
                reads_alike(reader, span)
                taken[RegularReader(document.task).read(array_of(document.source.data, *span)) is not None] += 1
    assert taken[True] > 0.8 * taken.total()


@pytest.mark.parametrize(
    ("record", "words", "at"),
    [
        ('{"id": null}', "number", "null"),
        ('{"id": 1.0}', "integer", "1.0"),
        ('{"id": 9223372036854775808}', "64 bits", "9223"),
        ('{"area": 18446744073709551616123}', "64 bits", "1844"),
        ('{"area": 1e999}', "range of floats", "1e999"),
        ('{"area": "1"}', "number", '"1"'),
        ('{"area": true}', "number", "true"),
        ('{"area": 01}', "number", "01"),
        ('{"iscrowd": 2}', "0 or 1", "2"),
        ('{"iscrowd": true}', "number", "true"),
        ('{"bbox": [1, 2, 3]}', "four numbers", "[1, 2, 3]"),
        ('{"bbox": [1, 2, 3, 4, 5]}', "four numbers", "[1, 2"),
        ('{"keypoints": null}', "array", "null"),
        ('{"segmentation": null}', "mask", "null"),
        ('{"segmentation": [1, 2]}', "array", "1, 2]"),
        ('{"segmentation": [[[1]]]}', "number", "[1]"),
        ('{"segmentation": {"size": [1, 2]}}', "counts", "}}"),
        ('{"segmentation": {"size": [1, 2, 3], "counts": []}}', "size", '"size"'),
        ('{"segmentation": {"size": [1, 2], "size": [1, 2], "counts": []}}', "size", '"size"'),
        ('{"segmentation": {"counts": [1], "counts": [1], "size": [1, 2]}}', "twice", '"counts": [1], "s'),
        ('{"segmentation": {"counts": [1.0], "size": [1, 2]}}', "integer", "1.0"),
        ('{"id": 1, "id": 1}', "twice", '"id": 1}'),
        (r'{"\u0069d": 1}', "escape", r'"\u0069d"'),
        ('{"segments_info": [{"id": 1}]}', "missing", "]}]"),
        ('{"segments_info": [1]}', "object", "1"),
        ('{"segments_info": [{"id": 1, "id": 1}]}', "twice", '"id": 1}'),
        ('{"segments_info": [{"bbox": [1, 2, 3, 4.5]}]}', "integer", "4.5"),
        ('{"segments_info": {}}', "array", "{}"),
        ('{"note": [1, 2}', "comma or a bracket", "}"),
        ('{"note": "\x01"}', "control", "\x01"),
        ('{"note": ' + "[" * 61 + "]" * 61 + "}", "deeply", "]" * 61),
        ('{"note": tru}', "value", "}"),
        ('{"id": 1,}', "string", "}"),
        ("1", "object", "1"),
        ("", "object", "]"),
    ],
)
def test_what_is_not_regular_is_declined_and_the_place_is_told(record: str, words: str, at: str) -> None:
    text = f"[{record}]"
    reader = RegularReader(Task.PANOPTIC if "segments_info" in record else Task.PERSON_KEYPOINTS)
    assert compiled.kernel is not None
    with pytest.raises(compiled.kernel.Irregular) as caught:
        compiled.kernel.columns_of(text.encode(), reader._fields, reader._inner)
    place, reason = caught.value.args
    assert words in reason
    assert place == text.rindex(at) - ("deeply" in words)


@pytest.mark.parametrize(
    "around", [b'[{"note": "%b"}]', b'[{"%b": 1}]', b'[{"segmentation": {"size": [1, 1], "%b": 1, "counts": ""}}]']
)
def test_only_utf8_is_taken(around: bytes) -> None:
    reader = RegularReader(Task.INSTANCES)
    edges = [bytes([byte]) for byte in (0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0)]
    for first, second, rest in product(range(0x7F, 0x100), [b"", *edges], [b"", b"\x80", b"\x80\xbf", b"\xc0", b"\xbf\x7f"]):
        characters = bytes([first]) + second + rest
        assert (reader.read(around % characters) is not None) == is_utf8(characters)
        assert reader.read(b'[{"id": 1%b}]' % characters) is None


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_numbers_have_the_bits_of_the_reference(number: str, file: Path) -> None:
    for record in (f'"area": {number}', f'"bbox": [1, {number}, 2, {number}]', f'"segmentation": [[{number}, 1]]'):
        array_reads_alike(Task.INSTANCES, f"[{{{record}}}]".encode(), file)
    array_reads_alike(Task.INSTANCES, f'[{{"id": {number}}}]'.encode(), file)
    array_reads_alike(Task.INSTANCES, f'[{{"note": {number}}}]'.encode(), file)


@pytest.mark.parametrize("text", STRINGS)
def test_strings_read_alike(text: str, file: Path) -> None:
    for record in (f'"note": {text}', f"{text}: 1", f'"segmentation": {{"size": [1, 1], "counts": {text}}}'):
        array_reads_alike(Task.INSTANCES, f"[{{{record}}}]".encode(), file)
    array_reads_alike(Task.CAPTIONS, f'[{{"caption": {text}}}]'.encode(), file)


@pytest.mark.parametrize("value", TRUTHS)
def test_fields_that_may_hold_anything_read_alike(value: str, file: Path) -> None:
    assert array_reads_alike(Task.INSTANCES, f'[{{"ignore": {value}, "score": {value}}}, {{}}]'.encode(), file)


rings = st.lists(st.lists(st.floats(-1e6, 1e6), max_size=30), max_size=5)


@given(rings=rings)
def test_rings_are_measured_alike_but_for_rounding(rings: list[list[float]]) -> None:
    values, lengths = (
        np.array([value for ring in rings for value in ring], np.float64),
        np.array([len(ring) for ring in rings], np.int64),
    )
    ours, reference = both(lambda: RingShapes(values, lengths))
    assert np.array_equal(ours.bounds, reference.bounds, equal_nan=True)
    for ring, one, other in zip(rings, ours.area, reference.area, strict=True):
        assert one == pytest.approx(other, abs=1e-12 * rounding(ring))
    for ring, one, other in zip(rings, ours.digest, reference.digest, strict=True):
        assert one == pytest.approx(other, abs=1e-12 * rounding(ring))


@given(rings=rings, more=st.lists(st.booleans(), min_size=5, max_size=5), behind=st.integers(1, 3))
def test_rings_are_gathered_alike_but_for_rounding(rings: list[list[float]], more: list[bool], behind: int) -> None:
    values = np.array([value for ring in rings for value in ring], np.float64)
    lengths = np.array([len(ring) for ring in rings], np.int64)
    owners = np.cumsum(more[: len(rings)], dtype=np.int64)
    (bounds, *ours), (wanted, *reference) = both(
        lambda: by_owner(RingShapes(values, lengths), owners, int(owners.max(initial=0)) + behind)
    )
    assert np.array_equal(bounds, wanted, equal_nan=True)
    for one, other in zip(ours, reference, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12 * max(map(rounding, rings), default=0.0))


@pytest.mark.parametrize("owner", [-1, 3])
def test_owners_must_be_in_range(owner: int) -> None:
    assert compiled.kernel is not None
    shapes = RingShapes(np.zeros(6), np.array([6]))
    with pytest.raises(ValueError, match="owner"):
        by_owner(shapes, np.array([owner]), 3)


def rounding(ring: list[float]) -> float:
    """Return the largest of the products that are summed."""
    return max((value * value for value in ring), default=0.0)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", range(6))
def test_rings_that_are_not_finite_are_measured_alike(special: float, place: int) -> None:
    values, lengths = np.array([1.0, 2.0, 5.0, 2.0, 5.0, 7.0]), np.array([6])
    values[place] = special
    ours, reference = both(lambda: RingShapes(values, lengths))
    for name in ("bounds", "area", "digest"):
        assert np.array_equal(getattr(ours, name), getattr(reference, name), equal_nan=True)


huge = st.integers(-(2**63), 2**63 - 1)
masks = st.lists(
    st.tuples(st.lists(st.integers(0, 60) | st.integers(-9, 2**40) | huge, max_size=40), st.integers(-1, 50) | huge), max_size=5
)


@example(masks=[([2**63 - 2, 3], 3)])
@given(masks=masks)
def test_runs_are_measured_alike(masks: list[tuple[list[int], int]]) -> None:
    counts = np.array([run for runs, _ in masks for run in runs], np.int64)
    lengths, heights = np.array([len(runs) for runs, _ in masks], np.int64), np.array([height for _, height in masks], np.int64)
    with np.errstate(all="ignore"):
        ours, reference = both(lambda: vars(RunShapes(counts, lengths, heights)))
    assert same(ours, reference)


@given(
    strings=st.lists(st.text(st.characters(min_codepoint=47, max_codepoint=112), max_size=60) | st.text(max_size=9), max_size=5)
)
def test_strings_of_runs_are_decoded_alike(strings: list[str]) -> None:
    ours, reference = both(lambda: decode_counts(strings))
    assert same(ours, reference)


def both(function: Callable[[], Any]) -> tuple[Any, Any]:
    """Call a function with the kernel and without it."""
    ours = function()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "kernel", None)
        return ours, function()


@given(text=st.binary(min_size=1), start=st.integers(0, 5))
def test_the_place_of_bytes_is_told_alike(text: bytes, start: int) -> None:
    start = min(start, len(text) - 1)
    for data in (text, bytearray(text), memoryview(text)[start:]):
        ours, reference = both(partial(address, data))
        assert ours == reference
    assert address(memoryview(text)[start:]) == address(text) + start


@pytest.mark.parametrize("lengths", [[5], [7], [-1, 7], [2**62, 2**62, 2**62, 2**62, 6], []])
def test_lengths_must_fit_the_values(lengths: list[int]) -> None:
    assert compiled.kernel is not None
    count = len(lengths)
    out = np.empty((count, 4)), np.empty(count), np.empty(count)
    sizes = np.array(lengths, np.int64)
    with pytest.raises(ValueError, match="length"):
        compiled.kernel.measure_rings(np.zeros(6), sizes, *out)
    with pytest.raises(ValueError, match="length"):
        compiled.kernel.measure_runs(np.zeros(6, np.int64), sizes, sizes, sizes.copy(), out[1], out[1].copy(), out[0])
    with pytest.raises(ValueError, match="length"):
        compiled.kernel.decode_counts(bytes(6), sizes, np.zeros(6, np.int64), sizes.copy(), sizes.copy())


@pytest.mark.skipif(sys.platform != "linux", reason="systems count the memory of a process in other units")
def test_what_is_declined_leaves_nothing_in_memory() -> None:
    resource = pytest.importorskip("resource")
    record = b'{"id": 1, "area": 1, "bbox": [1, 2, 3, 4], "segmentation": [[%b1, 2]]}' % (b"1, 2, " * 50_000)
    array = b"[%b, {]" % record
    reader = RegularReader(Task.INSTANCES)
    sizes = []
    for _ in range(300):
        assert reader.read(array) is None
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert sizes[-1] - sizes[20] < 20_000  # in KiB; one slice takes 1600


def test_no_byte_is_touched_that_is_not_there(tmp_path: Path) -> None:
    """Samples, whole and damaged, under the sanitizers for addresses and undefined behaviour."""
    pytest.importorskip("Cython")
    built = build_with_sanitizers(tmp_path)
    samples = []
    for task in TASKS:
        data = sound(task)
        text = json.dumps(data["annotations"] if isinstance(data, dict) else data)
        reader = RegularReader(task)
        samples.append([reader._fields, reader._inner, text])
    samples.append([RegularReader(Task.INSTANCES, "images")._fields, [], json.dumps(sound(Task.INSTANCES)["images"] * 2)])
    fields = RegularReader(Task.INSTANCES)._fields
    samples += [[fields, [], f'[{{"area":{number},"segmentation":[[{number}]],"note":{number}}}]'] for number in ODD_NUMBERS]
    samples += [[fields, [], f'[{{"note":{text},{text}:{text}}}]'] for text in STRINGS]
    lines = tmp_path / "samples"
    lines.write_text("\n".join(map(json.dumps, samples)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.sanitized", str(built), str(lines)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "LD_PRELOAD": library("libasan.so"), "PYTHONMALLOC": "malloc", "ASAN_OPTIONS": "detect_leaks=0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    declined, accepted = map(int, done.stdout.split())
    assert declined > 1000
    assert accepted > 1000


def library(name: str) -> str:
    """Return where a library of the compiler lies, "" where it is not there."""
    path = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
    return path if os.path.isabs(path) else ""


def build_with_sanitizers(folder: Path) -> Path:
    """Build the kernel anew. Skips the test where the compiler, or one of its libraries, is missing."""
    if sys.platform != "linux" or not shutil.which("gcc") or not library("libasan.so") or not library("libubsan.so"):
        pytest.skip("needs gcc with libasan and libubsan, on Linux")
    source, built = folder / "_kernel.c", folder / f"_kernel{sysconfig.get_config_var('EXT_SUFFIX')}"
    cython = [sys.executable, "-m", "cython", "-3", str(ROOT / "cocolint" / "_kernel.pyx"), "-o", str(source)]
    flags = ["-O1", "-g", "-fPIC", "-shared", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
    gcc = ["gcc", *flags, f"-I{sysconfig.get_path('include')}", str(source), "-o", str(built)]
    for command in (cython, gcc):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return built
