"""What is measured from inside a process: phases of a check, what it asks of a network, and what it sends over one.

`python benchmarks/inside.py phases FOLDER JOBS`, and `network FILE` and `results FILE`. Each prints JSON.
"""

from __future__ import annotations

import io
import json
import pickle
import re
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any


def phases(folder: str, jobs: int) -> dict[str, Any]:
    """Return the seconds of the phases of a check; those of the largest file end with its last slice."""
    from cocolint import app
    from cocolint.config import Settings
    from cocolint.engine import registry
    from cocolint.report import Style, write
    from cocolint.run import NoProgress

    class Clock(NoProgress):
        """Notes when files began, and when something of them was done last."""

        def __init__(self) -> None:
            self.starts: list[tuple[float, int]] = []
            self.last: dict[int, float] = {}

        def start(self, file: str, size: int, unit: str = "") -> None:  # noqa: ARG002 (as it is called)
            self.starts.append((time.perf_counter(), size))

        def advance(self, size: int) -> None:  # noqa: ARG002
            self.last[len(self.starts) - 1] = time.perf_counter()

    imported = time.perf_counter()
    clock = Clock()
    report = app.check([folder], Settings(jobs=jobs, use_cache=False), clock)
    checked = time.perf_counter()
    write(report, Style(width=100), io.StringIO())
    written = time.perf_counter()
    scopes = {rule.name: rule.scope.name for rule in registry.load()}
    rules: dict[str, float] = defaultdict(float)
    for name, seconds in report.seconds_by_rule.items():
        rules[scopes[name]] += seconds
    largest = max(range(len(clock.starts)), key=lambda number: clock.starts[number][1])
    start, size = clock.starts[largest]
    slices = clock.last.get(largest, start) - start - report.seconds_by_step["open"]
    share = size / sum(size for _, size in clock.starts)
    return {
        "open": report.seconds_by_step["open"], "slices": max(slices, 0.0), "rules on rows": rules["SLICE"] * share,
        "compare": rules["DATASET"], "check": checked - imported, "report": written - checked,
    }  # fmt: skip


def network(path: str) -> dict[str, Any]:
    """Return how many requests a check of a file in an object store makes, and how many bytes are sent for them."""
    import os

    import fsspec
    from moto.server import ThreadedMotoServer
    from werkzeug.serving import WSGIRequestHandler

    from cocolint import app
    from cocolint.config import Settings

    size = Path(path).stat().st_size
    asked: list[tuple[str, int]] = []

    def note(handler: WSGIRequestHandler, *_: object) -> None:
        asked_for = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
        sent = int(asked_for[2]) + 1 - int(asked_for[1]) if asked_for else size
        asked.append((handler.command, sent if handler.command == "GET" and ".json" in handler.path else 0))

    WSGIRequestHandler.log_request = note  # type: ignore[method-assign,assignment]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {"endpoint_url": f"http://{host}:{port}", "key": "key", "secret": "secret"}
    fsspec.config.conf["s3"] = options
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    store = fsspec.filesystem("s3", **options)
    store.mkdir("bucket")
    store.put(path, "bucket/instances_train.json")
    asked.clear()
    report = app.check(["s3://bucket/instances_train.json"], Settings(jobs=1, use_cache=False))
    server.stop()
    assert not report.crashes
    assert int(report.exit_code) in (0, 1)
    return {"bytes": size, "requests": len(asked), "sent": sum(sent for _, sent in asked)}


def results(path: str) -> dict[str, Any]:
    """Return how many bytes workers send to the first process where they share no memory with it."""
    from cocolint import app
    from cocolint.config import Settings
    from cocolint.engine import pool

    sent = 0
    check = pool.SliceChecker.__call__

    def counted(checker: pool.SliceChecker, span: Any) -> Any:
        nonlocal sent
        outcome = check(checker, span)
        sent += len(pickle.dumps(outcome.thinned()))
        return outcome

    pool.SliceChecker.__call__ = counted  # type: ignore[method-assign]
    app.check([path], Settings(jobs=1, use_cache=False))
    return {"sent": sent}


def main() -> None:
    what, path, *more = sys.argv[1:]
    print(json.dumps(phases(path, int(more[0])) if what == "phases" else network(path) if what == "network" else results(path)))


if __name__ == "__main__":
    main()
