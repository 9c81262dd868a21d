"""A web server on loopback, which may misbehave."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Site:
    """Files below a folder. The flags say what is wrong with the server; `requests` are the ranges that were asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.requests: list[tuple[str, int, int]] = []
        self.knows_ranges = True
        self.tags = True
        self.changes_after: int | None = None
        self.breaks_off_after: int | None = None
        self.is_silent = False
        self.status = 200

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        path = self.folder / handler.path.partition("?")[0].lstrip("/")
        if self.is_silent:
            time.sleep(2)
        if self.status != 200 or not path.exists():
            return _send(handler, 404 if self.status == 200 else self.status, b"", {})
        if path.is_dir():
            page = "".join(f'<a href="{one.name}{"/" * one.is_dir()}">x</a>' for one in sorted(path.iterdir()))
            return _send(handler, 200, page.encode(), {"Content-Type": "text/html"})
        data = path.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
        gets = sum(kind == "GET" for kind, _, _ in self.requests)
        changed = self.changes_after is not None and gets >= self.changes_after
        headers = {"ETag": '"2"' if changed else '"1"'} if self.tags else {}
        start, stop, status = 0, len(data), 200
        if asked and self.knows_ranges:
            start, stop, status = int(asked[1]), min(int(asked[2]) + 1, len(data)), 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        self.requests.append((handler.command, start, stop))
        if self.breaks_off_after is not None and gets >= self.breaks_off_after:
            handler.close_connection = True
            return _send(handler, status, data[start : (start + stop) // 2], headers, stop - start)
        return _send(handler, status, data[start:stop], headers)


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str], length: int = -1) -> None:
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(length if length >= 0 else len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command == "GET":
        handler.wfile.write(body)


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """Serve a folder as long as the context lasts."""
    site = Site(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.answer(self)

        def do_HEAD(self) -> None:
            site.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has gone away, as it may
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
