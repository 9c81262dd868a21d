"""Ranges of the bytes of a file."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cocolint.read.remote import Remote
from cocolint.read.tally import Tally

CHUNK = 1 << 22
LARGE = 1 << 30
"""Slices of files from this size on are not kept by the system, unless they were there before: it would have to find memory
for all of them, and would let go what other programs need."""
RWF_DONTCACHE = 0x80
"""The flag of Linux 6.14 for that; Python has no name for it."""
Where = Path | Remote
"""Where bytes come from: both are opened and measured in the same way."""


def read_bytes(path: Where, start: int, stop: int) -> bytes:
    """Return the bytes of a file from `start` to `stop`."""
    with path.open("rb") as stream:
        stream.seek(start)
        return stream.read(stop - start)


def same_bytes(one: Where, span: tuple[int, int], other: Where, other_span: tuple[int, int]) -> bool:
    """Whether a part of a file has the same bytes as a part of another."""
    size = span[1] - span[0]
    return size == other_span[1] - other_span[0] and all(
        read_bytes(one, span[0] + place, span[0] + min(place + CHUNK, size))
        == read_bytes(other, other_span[0] + place, other_span[0] + min(place + CHUNK, size))
        for place in range(0, size, CHUNK)
    )


def array_of(path: Where, start: int, stop: int) -> bytearray:
    """Return the bytes of a file from `start` to `stop` in brackets."""
    buffer = bytearray(stop - start + 2)
    with path.open("rb", buffering=0) as stream, memoryview(buffer)[1:-1] as view:
        read = _reader(stream, path)
        done = 0
        while done < len(view):
            size = read(view[done:], start + done)
            if not size:
                raise OSError("the file changed while it was read")
            done += size
    buffer[0], buffer[-1] = b"["[0], b"]"[0]
    if isinstance(path, Remote):
        path.tallies[start, stop] = Tally.of(buffer, start - 1)
    return buffer


def _reader(stream: Any, path: Where) -> Callable[[memoryview, int], int]:
    """Return what reads from an open file, at a place, as many bytes as it can at once."""

    def plain(view: memoryview, place: int) -> int:
        stream.seek(place)
        return int(stream.readinto(view))

    def uncached(view: memoryview, place: int) -> int:
        try:
            return os.preadv(stream.fileno(), [view], place, RWF_DONTCACHE)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # which an older system says, or its file system
                raise
            return plain(view, place)

    is_large = sys.platform == "linux" and isinstance(path, Path) and os.fstat(stream.fileno()).st_size >= LARGE
    return uncached if is_large else plain
