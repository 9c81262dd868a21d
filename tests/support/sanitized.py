"""Run by a test in a process of its own: samples, whole and damaged, through a kernel that was built with sanitizers.

Arguments: the built module, and a file of samples, each a line of JSON: the fields, the inner fields, and an array as text.
No numpy is used, since every allocation counts.
"""

from __future__ import annotations

import array
import importlib.machinery
import importlib.util
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.mutations import mutated

SECONDS = 15


def load(path: str) -> Any:
    loader = importlib.machinery.ExtensionFileLoader("cocolint._kernel", path)
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def mend(kernel: Any, names: list[str], stretch: bytes) -> None:
    """Find records, and put something behind each of them and in the place of all values that were looked for."""
    try:
        records, values = kernel.extents_of(stretch, names)
    except kernel.Irregular as reason:
        assert 0 <= reason.args[0] <= len(stretch)
        return
    records, values = array.array("q", bytes(records)), array.array("q", bytes(values))
    count = len(records) // 3
    kernel.alike(stretch, values, len(names), integers(count))
    if any(end == start + 1 for start, end in zip(records[::3], records[2::3], strict=True)):
        return  # nothing can be put behind the last field of an empty object
    spots = [(end, end, 0) for end in records[2::3]] + [
        (values[place], values[place + 1], 1) for place in range(0, len(values), 2) if values[place] >= 0
    ]
    edits = array.array("q", [number for spot in sorted(spots) for number in spot])
    new = kernel.spliced(stretch, edits, [b', "more": [{"\\"": "]"}]', b"[0]"])
    new_records, new_values = kernel.extents_of(new, names)
    kinds = array.array("q", [0] * count)
    extents = array.array("q", bytes(new_records)), array.array("q", bytes(new_values))
    before = stretch, records, values
    assert kernel.first_difference(*before, new, *extents, kinds, [b', "more": [{"\\"": "]"}]']) == -1
    assert kernel.first_difference(*before, new, *extents, kinds, [b', "more": [{"\\"": "}"}]']) == 0
    kernel.first_difference(*before, new[: len(new) // 2], *extents, kinds, [b"", b""])
    kernel.first_difference(new, *extents, *before, array.array("q", [-1] * count), [])


def read(kernel: Any, fields: list[tuple[str, str]], inner: list[tuple[str, str]], text: bytes) -> bool:
    """Read an array, touch all that comes of it, and tell whether the kernel took it."""
    mend(kernel, [name for name, _ in fields], text[1:-1])
    try:
        columns, ragged, within = kernel.columns_of(bytearray(text), fields, inner)
    except kernel.Irregular as reason:
        assert 0 <= reason.args[0] <= len(text)
        return False
    for column in [*columns.values(), *ragged.values(), *within.values()]:
        sum(memoryview(column))
    lengths, values = array.array("q", bytes(ragged["ring_length"])), array.array("d", bytes(ragged["ring_values"]))
    kernel.measure_rings(values, lengths, *numbers(len(lengths), 4, 1, 1))
    decode_and_measure(kernel, text)
    return True


def decode_and_measure(kernel: Any, text: bytes) -> None:
    """Take any bytes for strings of runs, in pieces of any size, and for runs that are measured."""
    sizes = array.array("q", [len(text) // 3, 0, len(text) - len(text) // 3])
    runs, lengths, marks = integers(len(text)), integers(3), integers(3)
    total = kernel.decode_counts(text, sizes, runs, lengths, marks)
    assert total == sum(lengths)
    for counts in (runs[:total], array.array("q", text[: len(text) // 8 * 8])):
        lengths = array.array("q", [0, len(counts) // 2, len(counts) - len(counts) // 2])
        for height in (-1, 0, 1, 7, 2**40, 2**63 - 1):
            heights = array.array("q", [height] * 3)
            kernel.measure_runs(counts, lengths, heights, integers(3), *numbers(3, 1, 1, 4))


def integers(size: int) -> array.array[int]:
    return array.array("q", bytes(8 * size))


def numbers(count: int, *widths: int) -> list[array.array[float]]:
    return [array.array("d", bytes(8 * count * width)) for width in widths]


def main(module: str, samples: str) -> None:
    kernel = load(module)
    lines = [json.loads(line) for line in Path(samples).read_text(encoding="utf-8").splitlines()]
    chance = random.Random(0)
    counts = [0, 0]
    end = time.monotonic() + SECONDS
    for fields, inner, text in lines:
        counts[read(kernel, fields, inner, text.encode())] += 1
    while time.monotonic() < end:
        for fields, inner, text in lines:
            counts[read(kernel, fields, inner, mutated(chance, text.encode()))] += 1
    print(*counts)


if __name__ == "__main__":
    main(*sys.argv[1:])
