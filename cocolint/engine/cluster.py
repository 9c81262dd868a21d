"""Slices checked by the workers of a Dask cluster, through its own executor."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import CancelledError, Client, KilledWorker, WorkerPlugin
from distributed.comm.core import CommClosedError

from cocolint import __version__
from cocolint.engine.pool import Processes, Work, begin, end
from cocolint.failure import Failure
from cocolint.read.ranges import Where
from cocolint.read.remote import Remote
from cocolint.workers import WorkerLost

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from types import TracebackType
    from typing import Self

FAREWELL = 2
"""So many seconds they may take to forget what they were told."""
TRIES = 3
PACKAGE = "cocolint"
PATIENCE = 6
"""So many seconds the scheduler may take to answer, and a first worker to be there."""


class Cluster:
    """The workers of the cluster whose scheduler listens at `HOST:PORT`. A context: the connection is closed when it ends.

    Raises `Failure` if there is no scheduler, or no worker, or one without this version of cocolint.
    """

    is_here = False

    def __init__(self, address: str, here: Processes) -> None:
        self._here = here
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said below
        self._client = _connected(address)
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE)
            self._ask(metadata.version, PACKAGE, wanted=__version__, what="workers need the same version of cocolint")
        except TimeoutError:
            self._client.close()
            raise Failure(f"--executor: the Dask scheduler at {address} has no workers") from None
        except Failure:
            self._client.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def desks(self, where: Where) -> None:
        """Return nothing: workers of a cluster share no memory."""

    @contextmanager
    def executor(self, work: Work, most: int) -> Iterator[Executor]:
        """Yield the executor of the cluster; what is a copy on this machine is checked by processes here.

        Raises `Failure` if a worker does not see the same files, or too many of them are killed.
        """
        if work.is_copy:
            with self._here.executor(work, most) as pool:
                yield pool
            return
        work = _absolute(work)
        size = work.reader.where.stat().st_size
        self._ask(size_seen, work.reader.where, wanted=size, what="workers read the file themselves, at the same path or URL")
        if work.folder is not None:
            self._ask(Path.is_dir, work.folder, wanted=True, what=f"workers need the folder of rules '{work.folder}' too")
        try:
            self._tell(work)
            with self._client.get_executor() as pool:
                yield pool
        except KilledWorker as error:
            raise WorkerLost(f"workers of the cluster were killed, perhaps because memory ran out ({error.task})") from None
        except (CommClosedError, CancelledError) as error:
            raise Failure(f"--executor: the Dask cluster went away ({_first_line(error)})") from None
        finally:
            with suppress(Exception):  # whatever Dask raises of a worker that dies just now
                forget = self._client.scheduler.unregister_worker_plugin
                self._client.sync(forget, name=work.key, callback_timeout=FAREWELL)

    def _tell(self, work: Work) -> None:
        """Tell all workers what to do; once more if one goes away at that moment, since others may not have heard then."""
        for _ in range(TRIES):
            try:
                self._client.register_plugin(_Told(work), name=work.key)
            except (OSError, KeyError) as error:  # Dask looks for a worker that is gone
                last = error
            else:
                return
        raise Failure(f"--executor: the workers cannot be told what to do ({_first_line(last)})")

    def _ask(self, question: Callable[..., Any], *arguments: Any, wanted: Any, what: str) -> None:
        """Ask every worker, and raise `Failure` for the first with an answer that is not `wanted`."""
        answers = self._client.run(question, *arguments, on_error="return")
        for worker, answer in answers.items():
            if isinstance(answer, OSError):
                continue  # it went away, and is replaced by one that is told on its own
            if isinstance(answer, Exception) or answer != wanted:
                found = _first_line(answer) if isinstance(answer, Exception) else answer
                raise Failure(f"--executor: the worker {worker} has {found}, not {wanted}: {what}")


def _connected(address: str) -> Any:
    """Return a client. Raises `Failure` in time, which Dask does not where something listens and says nothing."""
    found: list[Any] = []

    def connect() -> None:
        client: Any = Client  # it has no types
        try:
            found.append(client(f"tcp://{address}", timeout=PATIENCE, set_as_default=False))
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(PATIENCE + 1)
    if not found or isinstance(found[0], Exception):
        reason = _first_line(found[0]) if found else "something listens there, but does not answer"
        raise Failure(f"--executor: there is no Dask scheduler at {address} ({reason})")
    return found[0]


class _Told(WorkerPlugin):
    """Tells each worker what to do, also one that comes later in the place of another."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def setup(self, worker: object) -> None:  # noqa: ARG002 (as Dask calls it)
        begin(self._work)

    def teardown(self, worker: object) -> None:  # noqa: ARG002
        end(self._work)


def size_seen(where: Where) -> int | str:
    """Return the size of a file as a worker sees it, or why it does not."""
    try:
        if isinstance(where, Remote):
            where.check()
        return where.stat().st_size
    except OSError as error:
        return error.strerror or str(error)


def _absolute(work: Work) -> Work:
    """Return work whose paths mean the same in any folder."""
    from msgspec.structs import replace

    where = work.reader.where
    reader = work.reader if isinstance(where, Remote) else replace(work.reader, where=where.absolute())
    return work._replace(reader=reader, folder=work.folder and work.folder.absolute())


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
