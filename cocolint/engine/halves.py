"""Rules that see a whole file: of a large one, half of them run in one process more, which is a copy of this one."""

from __future__ import annotations

import gc
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


def half_of(rules: Sequence[Rule]) -> list[Rule]:
    """Return every other one of the rules that may run elsewhere: those that take long stand side by side."""
    if sys.platform != "linux":
        return []
    portable = (rule for rule in rules if _ELSEWHERE.issuperset(rule.fixtures))
    return [rule for rule in portable if rule.fixtures not in (ONLY_CATEGORIES, ONLY_FAULTS)][::2]


@contextmanager
def elsewhere(work: Callable[[], Outcome]) -> Iterator[Future[Outcome]]:
    """A context in which another process works, and what comes of that is waited for. Raises `WorkerLost` if it is killed."""
    with processes(1, _begin, (work,)) as pool:
        yield pool.submit(_outcome)


_work: Callable[[], Outcome]


def _begin(work: Callable[[], Outcome]) -> None:
    global _work
    gc.disable()
    _work = work


def _outcome() -> Outcome:
    return _work()
