"""Files in an object store: moto's S3 server on loopback, asked over the network for real ranges."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cocolint import app
from cocolint.failure import PathError
from cocolint.reported import ExitCode
from tests.remote.tools import AROUND, AtFirstSlice, checked, data_set, locally, put, settings, small_slices

pytest.importorskip("s3fs")
pytest.importorskip("moto.server")
pytestmark = pytest.mark.remote

TRAIN = "annotations/instances_train.json"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A file system with an empty bucket; processes that are started find the same server."""
    import fsspec

    options = {"endpoint_url": endpoint, "key": "key", "secret": "secret"}
    monkeypatch.setitem(fsspec.config.conf, "s3", options)
    monkeypatch.setenv("FSSPEC_S3", json.dumps(options))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = fsspec.filesystem("s3", **options)
    store.mkdir("bucket")
    yield store
    store.rm("bucket", recursive=True)


def test_the_report_is_that_on_the_same_files_on_disk(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "set")
    s3.put(f"{folder}/annotations", "bucket/set/", recursive=True)
    small_slices(monkeypatch)
    expected = locally(folder)
    assert checked("s3://bucket/set", "s3://bucket/set/") == expected
    assert checked("s3://bucket/set/annotations/*.json", "s3://bucket/set/") == expected
    assert checked("s3://bucket/set/annotations/", "s3://bucket/set/", jobs=2) == expected


def test_no_rule_runs_in_a_copy_of_a_process_that_has_a_connection(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cocolint.engine import shares, whole_file

    def refuse(*_: object) -> None:
        raise AssertionError

    folder = put(tmp_path / "set")
    s3.put(f"{folder}/annotations", "bucket/set/", recursive=True)
    expected = locally(folder)
    monkeypatch.setattr(whole_file, "MANY_ROWS", 1)
    monkeypatch.setattr(shares, "shared", refuse)
    assert checked("s3://bucket/set", "s3://bucket/set/", jobs=2) == expected


def test_the_command_reads_large_files_in_several_processes(s3: Any, tmp_path: Path) -> None:
    path = tmp_path / "instances_train.json"
    path.write_text(json.dumps(data_set(38_000)))
    assert path.stat().st_size > 8_000_000
    s3.put(str(path), "bucket/instances_train.json")

    def run(name: str) -> str:
        options = ["--no-images", "--no-cache", "-j2", "--output-format=json", f"--ignore={','.join(AROUND)}", "--isolated"]
        command = [sys.executable, "-m", "cocolint", "check", name, *options]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ})
        assert (done.returncode, done.stderr) == (1, "")
        return re.sub(r'"seconds":\s*[\d.]+', '"seconds": 0', done.stdout)

    assert run("s3://bucket/instances_train.json").replace("s3://bucket/", "") == run(path.name)


def test_a_file_that_changes(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "set")
    s3.put(str(folder / TRAIN), "bucket/instances_train.json")
    small_slices(monkeypatch)
    other = (folder / TRAIN).read_bytes().replace(b"600.0", b"601.0")
    progress = AtFirstSlice(lambda: s3.pipe_file("bucket/instances_train.json", other))
    report = app.check(["s3://bucket/instances_train.json"], settings(), progress)
    assert report.exit_code is ExitCode.UNUSABLE
    assert [(file.note, file.groups) for file in report.files] == [("cannot be read: it changed while it was read", [])]


@pytest.mark.parametrize("url", ["s3://bucket/missing.json", "s3://bucket/missing/", "s3://none/a.json", "s3://bucket/*.json"])
def test_what_is_not_there(s3: Any, url: str) -> None:
    with pytest.raises(PathError, match="there is no such"):
        app.check([url], settings())
