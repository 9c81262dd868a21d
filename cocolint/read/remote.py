"""A file behind a URL, read by ranges of bytes in one state: one that changes meanwhile is not read on.

fsspec finds the storage; it is imported when the first URL is given.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cocolint.failure import ConfigError, PathError
from cocolint.read.tally import Tally

if TYPE_CHECKING:
    from typing import Self

    from _typeshed import WriteableBuffer

WHOLE_BYTES = 8_000_000
"""Smaller files are fetched at once."""
SILENCE = 30.0
"""So many seconds a web server may take to connect, and between two pieces of an answer."""

_LEAST = 1 << 16
"""A request for less takes as long as one for so many bytes, and what follows is often wanted next."""
_KEPT_BYTES = 1 << 26
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*(?=@)")
_TAGS = (
    "ETag", "etag", "VersionId", "generation", "blob_id",
    "Last-Modified", "LastModified", "last_modified", "updated", "mtime", "created",
)  # fmt: skip
_WEB = frozenset({"http", "https"})
_IN_EXTRA = frozenset({*_WEB, "s3", "s3a"})


def is_url(text: str) -> bool:
    """Whether a path is a URL."""
    return _URL.match(text) is not None


def shown(url: str) -> str:
    """Return a URL as it may be printed: without a password, and without the query of a web address, often a signature."""
    url = _PASSWORD.sub(r"\1", url)
    return url.partition("#")[0].partition("?")[0] if urlsplit(url).scheme.lower() in _WEB else url


class RemoteError(PathError, OSError):
    """A remote file cannot be read, or not in the state in which it was found; `strerror` says why."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)

    def __str__(self) -> str:
        return f"'{self.args[0]}': {self.args[1]}"


class State(NamedTuple):
    """What tells one state of a file from another: its size in bytes and a mark of the storage, "" where it sets none."""

    st_size: int
    tag: str


class Remote:
    """A file behind a URL, which is opened and measured like a path.

    Of the bytes that were read some stay in memory, but not in workers, which get a copy. `tallies` are those of the
    stretches that were read by `array_of`. Raises `RemoteError` wherever the file cannot be read in the state in which it was
    found, `ConfigError` if a package is missing.
    """

    def __init__(self, url: str, state: State | None = None) -> None:
        from threading import local  # imported here: files on disk do without

        self.url = url
        self.display = shown(url)
        self.tallies: dict[tuple[int, int], Tally] = {}
        self._most = 0 if state else _KEPT_BYTES
        self._kept: dict[int, bytes] = {}
        self._streams = local()
        if state:
            self.__dict__["_state"] = state

    def __reduce__(self) -> tuple[type[Self], tuple[str, State]]:
        return type(self), (self.url, self.stat())

    def stat(self) -> State:
        """Return the state of the file when it was first asked for."""
        return self._state

    def check(self) -> None:
        """Raise `RemoteError` if the file is not as it was."""
        if self._now() != self._state:
            raise self._changed()

    def open(self, mode: str = "rb", buffering: int = -1) -> io.RawIOBase:  # noqa: ARG002 (as a path is opened)
        """Return a stream of the bytes; what is asked of it is asked of the storage."""
        return _Stream(self)

    def range(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to `stop`, or to the end of the file."""
        parts = []
        place, stop = start, min(stop, self._state.st_size)
        while place < stop:
            begin, data = self._piece_at(place, stop)
            parts.append(data[place - begin : stop - begin])
            place += len(parts[-1])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def fetch(self, target: Path) -> None:
        """Copy the whole file to the disk."""
        filesystem, path = self._storage
        with _Told(self):
            filesystem.get_file(path, str(target))
        if target.stat().st_size != self._state.st_size:
            raise self._ended(target.stat().st_size)
        self.check()

    @cached_property
    def _storage(self) -> tuple[Any, str]:
        return storage_of(self.url)

    @cached_property
    def _state(self) -> State:
        return self._now()

    def _now(self) -> State:
        filesystem, path = self._storage
        with _Told(self):
            filesystem.invalidate_cache()
            info = filesystem.info(path)
        if info.get("type") == "directory":
            raise RemoteError(self.display, "it is a folder")
        if info.get("size") is None:
            raise RemoteError(self.display, "the server does not tell the size of the file: download it first")
        return State(info["size"], next((str(info[name]) for name in _TAGS if info.get(name)), ""))

    def _piece_at(self, place: int, stop: int) -> tuple[int, bytes]:
        """Return bytes in which `place` lies, and where they begin; up to `stop` if they are not there yet."""
        for begin, data in self._kept.items():
            if begin <= place < begin + len(data):
                return begin, data
        stop = min([stop, *(begin for begin in self._kept if begin > place)])
        if self._most:
            stop = min(max(stop, place + _LEAST), self._state.st_size)
        data = self._asked(place, stop)
        if len(data) <= self._most:
            while sum(map(len, self._kept.values())) > self._most - len(data):
                del self._kept[next(iter(self._kept))]
            self._kept[place] = data
        return place, data

    def _asked(self, start: int, stop: int) -> bytes:
        """Ask the storage for a range, in a way that tells whether the file is still the same."""
        filesystem, path = self._storage
        with _Told(self):
            if _WEB.intersection(_protocols(filesystem)):
                data = self._from_web(filesystem, path, start, stop)
            else:
                stream = self._opened(filesystem, path)
                stream.seek(start)
                data = bytes(stream.read(stop - start))
                if "s3" not in _protocols(filesystem):  # s3fs asks for the state in which the file was opened
                    self.check()
        if len(data) != stop - start:
            raise self._ended(start + len(data))
        return data

    def _opened(self, filesystem: Any, path: str) -> Any:
        """Return a stream of this thread."""
        if not hasattr(self._streams, "one"):
            self._streams.one = filesystem.open(path, "rb", cache_type="none")
            self.check()
        return self._streams.one

    def _from_web(self, filesystem: Any, path: str, start: int, stop: int) -> bytes:
        from fsspec.asyn import sync

        data: bytes = sync(filesystem.loop, self._part_from_web, filesystem, path, start, stop)
        return data

    async def _part_from_web(self, filesystem: Any, path: str, start: int, stop: int) -> bytes:
        session = await filesystem.set_session()
        options = dict(filesystem.kwargs)
        headers = {**options.pop("headers", {}), "Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        async with session.get(filesystem.encode_url(path), headers=headers, **options) as answer:
            if answer.status == 416:
                raise self._changed()
            answer.raise_for_status()
            if answer.status != 206:
                raise RemoteError(self.display, "the server sends no parts of files (HTTP range requests): download it first")
            tag, known = next((answer.headers[name] for name in _TAGS if name in answer.headers), ""), self._state
            size = answer.headers.get("Content-Range", "").rpartition("/")[2]
            if tag != known.tag or (size.isdigit() and int(size) != known.st_size):
                raise self._changed()
            data: bytes = await answer.read()
            return data

    def _changed(self) -> RemoteError:
        return RemoteError(self.display, "it changed while it was read")

    def _ended(self, place: int) -> RemoteError:
        return RemoteError(self.display, f"it ends early: {place:,} of {self._state.st_size:,} bytes came")


class _Stream(io.RawIOBase):
    """A place in a remote file."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        above = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._remote.stat().st_size}[whence]
        self._place = above + offset
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._remote.range(self._place, self._place + len(view))
        view[: len(data)] = data
        self._place += len(data)
        return len(data)


class _Told:
    """A context in which whatever a storage raises becomes a `RemoteError`."""

    def __init__(self, remote: Remote) -> None:
        self._url, self._shown = remote.url, remote.display

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, RemoteError | ConfigError):
            raise RemoteError(self._shown, reason_of(error).replace(self._url, self._shown)) from None


_REASONS = (
    ({"PermissionError"}, "access is forbidden"),
    ({"FileExpired"}, "it changed while it was read"),
    ({"TimeoutError"}, "the server does not answer"),
    ({"ClientPayloadError", "IncompleteReadError"}, "it ends early: the server broke off"),
    ({"ClientConnectionError", "EndpointConnectionError"}, "the server cannot be reached"),
    ({"FileNotFoundError"}, "there is no such file"),
)
"""What the classes of errors mean that storages raise; packages have their own, which are not imported for this."""
_ANSWERS = {401: "access is forbidden", 403: "access is forbidden", 404: "there is no such file"}


def reason_of(error: BaseException) -> str:
    """Say in a few words why a storage gave nothing."""
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    status = next((status for one in chain if isinstance(status := getattr(one, "status", None), int)), None)
    if status:
        return _ANSWERS.get(status, f"the server answers with the error {status}")
    kinds = {kind.__name__ for one in chain for kind in type(one).__mro__}
    known = next((reason for names, reason in _REASONS if names & kinds), "")
    return known or str(chain[-1]).partition("\n")[0] or type(chain[-1]).__name__


def storage_of(url: str) -> tuple[Any, str]:
    """Return the file system of fsspec for a URL, and the path in it. Raises `ConfigError` if a package is missing."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise ConfigError(f"'{shown(url)}' needs fsspec: pip install \"cocolint[remote]\"") from None
    protocol = url.partition("://")[0].lower()
    try:
        filesystem, path = url_to_fs(url, **_options(protocol))
    except ImportError as error:
        advice = 'pip install "cocolint[remote]"' if protocol in _IN_EXTRA else str(error)
        raise ConfigError(f"'{shown(url)}' needs a package that is not there: {advice}") from None
    except Exception as error:
        raise PathError(f"'{shown(url)}': {str(error).replace(url, shown(url))}") from None
    return filesystem, path


def files_at(url: str) -> tuple[str, list[str]] | None:
    """Return the URL of a folder and the paths of all files below it, or of those that fit a glob; None for one file.

    On the web, which knows no folders, it is a URL that ends in a slash: its page is searched for links. There are no globs.
    """
    filesystem, path = storage_of(url)
    is_glob = "*" in path and not _WEB.intersection(_protocols(filesystem))
    with _Told(Remote(url)):
        if not is_glob and not url.endswith("/") and filesystem.info(path)["type"] != "directory":
            return None
        found = filesystem.glob(path) if is_glob else filesystem.find(path)
    if not found:
        raise PathError(f"'{shown(url)}': there is no such folder, or nothing in it")
    folder, above = (one.partition("*")[0].rpartition("/")[0] if is_glob else one.rstrip("/") for one in (url, path))
    return folder, [name.removeprefix(f"{above}/") for name in found if name.startswith(f"{above}/")]


def _options(protocol: str) -> Mapping[str, Any]:
    if protocol not in _WEB:
        return {}
    from aiohttp import ClientTimeout

    return {"timeout": ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)}


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
