"""Rules that see a whole file: of a large one, a process more, which is a copy of this one, takes its share of them."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cocolint.engine.rule import ONLY_CATEGORIES, ONLY_FAULTS, Rule
from cocolint.engine.running import Outcome
from cocolint.workers import processes

if TYPE_CHECKING:
    from concurrent.futures import Future

_ELSEWHERE = frozenset({"index", "images", "categories", "file", "faults", "again"})
"""What is the same in a copy of this process; the other fixtures look around, and remember."""
_NUMBER_BYTES = 2


def portable(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules that may run elsewhere, and are worth it."""
    if sys.platform != "linux":
        return []
    return [
        rule for rule in rules if _ELSEWHERE.issuperset(rule.fixtures) and rule.fixtures not in (ONLY_CATEGORIES, ONLY_FAULTS)
    ]


@contextmanager
def shared(
    rules: Sequence[Rule], run: Callable[[Iterator[Rule]], Outcome]
) -> Iterator[tuple[Iterator[Rule], Callable[[], Outcome]]]:
    """A context in which another process runs rules, one after the other, and so may this one.

    The rules that are left are given out to whichever asks; with them comes what to call for the outcome of the others.
    Raises `WorkerLost` if the process is killed.
    """
    left, filled = os.pipe()  # one rule's number is read by one process only, whoever comes first
    try:
        with os.fdopen(filled, "wb") as numbers:
            numbers.write(b"".join(number.to_bytes(_NUMBER_BYTES, "little") for number in range(len(rules))))
        taken = _taken(rules, left)
        with processes(1, _begin, (lambda: run(taken),)) as pool:
            coming: Future[Outcome] = pool.submit(_outcome)
            try:
                yield taken, coming.result
            finally:
                for _ in taken:  # if this process gives up, so does the other
                    pass
    finally:
        os.close(left)


def _taken(rules: Sequence[Rule], left: int) -> Iterator[Rule]:
    while number := os.read(left, _NUMBER_BYTES):
        yield rules[int.from_bytes(number, "little")]


_work: Callable[[], Outcome]


def _begin(work: Callable[[], Outcome]) -> None:
    global _work
    gc.disable()
    _work = work


def _outcome() -> Outcome:
    return _work()
