"""Runs a reader on files, each in a child process with limits. The reader's own Python runs this: it needs nothing else.

`python worker.py USE` reads a job a line from stdin, and answers a line each on stdout: first the reader's version, or why it
is not there, then for every job what came of it. A job is the object that `readers.py` makes.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
from pathlib import Path
from typing import Any

SECONDS = 6
MEMORY = 3 << 30
TEXT = 160


def answer(job: dict[str, Any], use: Any) -> dict[str, Any]:
    """Return what came of a job: `ok` with the facts, `crash` with the exception, or `killed` with the signal."""
    here, there = os.pipe()
    child = os.fork()
    if not child:
        os.close(here)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (_size() + MEMORY, _size() + MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.write(there, json.dumps(_used(job, use)).encode())
        finally:
            os._exit(0)
    os.close(there)
    text = b""
    while select.select([here], [], [], SECONDS)[0]:
        part = os.read(here, 1 << 16)
        if not part:
            break
        text += part
    else:
        os.kill(child, signal.SIGKILL)
        text = json.dumps({"outcome": "killed", "text": f"no answer after {SECONDS} s"}).encode()
    os.close(here)
    status = os.waitpid(child, 0)[1]
    if text:
        return dict(json.loads(text))
    return {"outcome": "killed", "text": signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "exit"}


def _used(job: dict[str, Any], use: Any) -> dict[str, Any]:
    try:
        return {"outcome": "ok", "facts": use(job)}
    except BaseException as error:  # a panic of Rust code is no Exception
        while error.__cause__:
            error = error.__cause__
        text = " ".join(str(error).split()).replace(job["root"], "...")
        return {"outcome": "crash", "text": f"{type(error).__name__}: {text}"[:TEXT].rstrip(": ")}


def _size() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def main() -> None:
    """Answer the jobs of stdin."""
    sys.path.insert(0, str(Path(__file__).parent / "uses"))
    out = os.fdopen(os.dup(1), "w", buffering=1)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        module = importlib.import_module(sys.argv[1])
    except Exception as error:
        print(json.dumps({"missing": f"{type(error).__name__}: {error}"}), file=out)
        return
    gc.freeze()  # else each collection in a child copies what the reader has imported
    print(json.dumps({"version": module.VERSION}), file=out)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), module.use)), file=out)


if __name__ == "__main__":
    main()
