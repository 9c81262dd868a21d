"""A Dask cluster of three worker processes on loopback, and workers that are killed."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.engine import pool
from cocolint.failure import ConfigError, Failure
from cocolint.read.ranges import Where
from cocolint.workers import WorkerLost
from tests.remote.tools import checked, put, settings, small_slices
from tests.remote.web import served

distributed = pytest.importorskip("distributed")
pytest.importorskip("aiohttp")
pytestmark = pytest.mark.remote

TRAIN = "annotations/instances_train.json"
KILLS_ITS_PROCESS = """
import os, signal
from pathlib import Path
from cocolint.api import *

@rule("X901", "killer", Severity.ERROR)
def killer(annotations: Annotations):
    \"\"\"It ends its process, the first time or each time, unless it is that of the test.\"\"\"
    if os.getpid() != {here}:
        try:
            os.close(os.open({marker!r}, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            {again}
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    yield from annotations.where(annotations.id == 5, "id", "five")
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    one = distributed.LocalCluster(n_workers=3, threads_per_worker=1, processes=True, dashboard_address=":0")
    yield one
    with suppress(KeyError):  # Dask looks for a worker that was killed
        one.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_slices(monkeypatch)
    return put(tmp_path / "set")


def executor(cluster: Any) -> str:
    return str(cluster.scheduler_address).replace("tcp://", "dask://")


def killer(folder: Path, again: str) -> Path:
    """Write a rule that kills its process the first time; what it does later is Python."""
    rules = folder / "rules"
    rules.mkdir()
    text = KILLS_ITS_PROCESS.format(marker=str(folder / "killed"), again=again, here=os.getpid())
    (rules / "killer.py").write_text(text)
    return rules


def test_the_report_is_that_of_one_process(cluster: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = checked(folder / TRAIN, f"{folder}/")
    assert checked(folder / TRAIN, f"{folder}/", executor=executor(cluster)) == expected
    monkeypatch.chdir(folder)
    assert checked(TRAIN, "", executor=executor(cluster)) == expected
    with served(folder) as site:
        assert checked(f"{site.url}/{TRAIN}", f"{site.url}/", executor=executor(cluster)) == expected


def test_a_worker_that_is_killed_changes_nothing(cluster: Any, folder: Path) -> None:
    rules = killer(folder, "pass")
    workers = set(cluster.scheduler.workers)
    found = checked(folder / TRAIN, f"{folder}/", executor=executor(cluster), rules_path=rules)
    assert (folder / "killed").exists()
    assert workers - set(cluster.scheduler.workers)
    assert found == checked(folder / TRAIN, f"{folder}/", rules_path=rules)
    cluster.wait_for_workers(3)


def test_a_process_that_is_killed_is_told(folder: Path) -> None:
    rules = killer(folder, "pass")
    with pytest.raises(WorkerLost, match="a worker process was killed"):
        app.check([str(folder / TRAIN)], settings(jobs=2, rules_path=rules))


def test_workers_have_the_same_version(cluster: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cocolint.engine import cluster as module

    monkeypatch.setattr(module, "__version__", "99.0")
    with pytest.raises(Failure, match=r"the worker tcp://.* has .*, not 99.0: workers need the same version"):
        app.check([str(folder / TRAIN)], settings(executor=executor(cluster)))


def test_workers_have_cocolint(cluster: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cocolint.engine import cluster as module

    monkeypatch.setattr(module, "PACKAGE", "cocolint-that-is-not-there")
    with pytest.raises(Failure, match=r"has PackageNotFoundError: .* workers need the same version"):
        app.check([str(folder / TRAIN)], settings(executor=executor(cluster)))


def test_workers_see_the_file(cluster: Any, folder: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")  # which each process has one of its own of
    memory.pipe_file("/instances_train.json", (folder / TRAIN).read_bytes())
    with pytest.raises(Failure, match=r"the worker tcp://.* has there is no such file"):
        app.check(["memory://instances_train.json"], settings(executor=executor(cluster)))
    memory.store.clear()


def test_what_is_a_copy_here_is_checked_here(cluster: Any, folder: Path) -> None:
    import gzip

    path = folder / "annotations" / "instances_test.json.gz"
    path.write_bytes(gzip.compress((folder / TRAIN).read_bytes()))
    assert checked(path, f"{folder}/", executor=executor(cluster)) == checked(path, f"{folder}/")


def test_there_is_no_scheduler(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cocolint.engine import cluster as module

    monkeypatch.setattr(module, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begin = time.monotonic()
        with pytest.raises(Failure, match="there is no Dask scheduler at "):
            app.check([str(folder / TRAIN)], settings(executor=f"dask://127.0.0.1:{silent.getsockname()[1]}"))
        assert time.monotonic() - begin < 10


def test_there_are_no_workers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cocolint.engine import cluster as module

    monkeypatch.setattr(module, "PATIENCE", 1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(Failure, match="has no workers"),
    ):
        app.check([str(folder / TRAIN)], settings(executor=executor(empty)))


@pytest.mark.parametrize("address", ["dask://", "dask://host", "tcp://host:1", "host:1", "dask://host:1/x"])
def test_a_malformed_address(address: str) -> None:
    from cocolint import config

    with pytest.raises(ConfigError, match="executor: expected dask://HOST:PORT"):
        config.resolve({"executor": address}, {}, "", [], True)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cocolint.engine.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"--executor needs Dask: pip install \"cocolint\[dask\]\""):
        app.check([], settings(executor="dask://127.0.0.1:1"))


def test_any_executor_will_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Threads:
        is_here = False

        def desks(self, where: Where) -> None: ...

        def executor(self, work: pool.Work, most: int) -> AbstractContextManager[Executor]:
            return ThreadPoolExecutor(min(2, most), initializer=pool.begin, initargs=(work,))

    def threads(_: Settings) -> AbstractContextManager[pool.Workers]:
        from contextlib import nullcontext

        return nullcontext(Threads())

    expected = checked(folder / TRAIN, f"{folder}/")
    monkeypatch.setattr(app, "_workers", threads)
    assert checked(folder / TRAIN, f"{folder}/") == expected


def test_workers_that_are_killed_again_and_again(cluster: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = killer(folder, "os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    with pytest.raises(WorkerLost, match="workers of the cluster were killed"):
        app.check([str(folder / TRAIN)], settings(executor=executor(cluster), rules_path=rules))
