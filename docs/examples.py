"""A faulty and a sound example of each rule, taken from the cases that test it: what the tests see is what readers see."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.cases import Case, sound  # noqa: E402 (tests are no installed package)
from tests.support.set_cases import SetCase  # noqa: E402

SHOWN = 2
LENGTH = 110
_ABSENT = object()

Difference = tuple[str, Any, Any]


class Example(NamedTuple):
    """What a case is about, and its JSON as lines of a diff: `-` faulty, `+` sound; none where lines cannot show it."""

    about: str
    lines: list[str]


def examples() -> dict[str, Example]:
    """Return the example of each rule: of its cases the one with the smallest change."""
    best: dict[str, tuple[int, Example]] = {}
    for case in _cases():
        if not case.fires:
            continue
        size, example = _example(case)
        if case.rule not in best or size < best[case.rule][0]:
            best[case.rule] = size, example
    return {name: example for name, (_, example) in best.items()}


def _cases() -> Iterator[Case | SetCase]:
    for path in sorted((ROOT / "tests" / "rules").glob("*.py")):
        if not path.stem.startswith(("test_", "__")):
            module = importlib.import_module(f"tests.rules.{path.stem}")
            yield from (*getattr(module, "CASES", []), *getattr(module, "SET_CASES", []))


def _example(case: Case | SetCase) -> tuple[int, Example]:
    found = list(_of_set(case) if isinstance(case, SetCase) else _of_file(case))
    lines = [line for pointer, *values in found[:SHOWN] for line in map(_line, "-+", (pointer, pointer), values)]
    more = [f"  and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    size = 100 * len(found) + sum(map(len, lines)) if found else 10_000
    return size, Example(case.about, lines + more)


def _of_file(case: Case) -> Iterator[Difference]:
    faulty = case.data()
    return iter(()) if isinstance(faulty, bytes) else _differences(faulty, sound(case.task), "")


def _of_set(case: SetCase) -> Iterator[Difference]:
    for name in case.files:
        faulty, right = case.data(name)
        for pointer, *values in _differences(faulty, right, ""):
            yield f"{name} {pointer}", *values


def _differences(bad: Any, good: Any, pointer: str) -> Iterator[Difference]:
    """Yield each field of a record in which two files differ, and sections and records that only one has."""
    depth = pointer.count("/")
    both = type(bad) is type(good) and isinstance(bad, dict | list)
    if depth == 3 or not both or (depth == 2 and not isinstance(bad, dict)):
        if bad != good:
            yield pointer, bad, good
        return
    old, new = _children(bad), _children(good)
    for key in dict.fromkeys([*old, *new]):
        yield from _differences(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{pointer}/{key}")


def _children(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, dict) else dict(enumerate(value))


def _line(sign: str, pointer: str, value: Any) -> str:
    text = "(absent)" if value is _ABSENT else json.dumps(value, ensure_ascii=False)
    return f"{sign} {pointer or '/'}: {text if len(text) <= LENGTH else text[: LENGTH - 4] + ' ...'}"
