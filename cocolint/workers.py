"""Processes that share work, and a word for the user when one of them is killed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cocolint.failure import Failure

if TYPE_CHECKING:
    from concurrent.futures import Executor


class WorkerLost(Failure):
    """A worker was killed before it was done."""


@contextmanager
def killed_is_told() -> Iterator[None]:
    """A context in which a killed process raises `WorkerLost`."""
    try:
        yield
    except Exception as error:
        from concurrent.futures import BrokenExecutor  # imported here: it comes with what raises it

        if isinstance(error, BrokenExecutor):
            advice = "fewer at once need less: try --jobs 1"
            raise WorkerLost(f"a worker process was killed, perhaps because memory ran out; {advice}") from None
        raise


@contextmanager
def processes(count: int, start: Callable[..., None], arguments: tuple[Any, ...], forks: bool = True) -> Iterator[Executor]:
    """Yield an executor of `count` processes, each of which calls `start` first. Raises `WorkerLost` if one is killed.

    `forks` tells that processes may be copies of this one, where that is safe at all: threads do not get along with it.
    """
    import multiprocessing  # imported here, as is the next: small files need neither
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context(("fork" if forks else "spawn") if sys.platform == "linux" else None)
    with killed_is_told(), ProcessPoolExecutor(count, context, _begin, (start, *arguments)) as pool:
        yield pool


def _begin(start: Callable[..., None], *arguments: Any) -> None:
    """Begin a worker. When another one is killed it is ended, and must not want to tell that: nobody listens any more."""
    import signal  # imported here, as above

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    start(*arguments)
