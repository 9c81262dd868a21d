"""Ranges of the bytes of a file."""

from __future__ import annotations

from pathlib import Path

from cocolint.read.remote import Remote
from cocolint.read.tally import Tally

CHUNK = 1 << 22
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
        stream.seek(start)
        done = 0
        while done < len(view):
            size = stream.readinto(view[done:])
            if not size:
                raise OSError("the file changed while it was read")
            done += size
    buffer[0], buffer[-1] = b"["[0], b"]"[0]
    if isinstance(path, Remote):
        path.tallies[start, stop] = Tally.of(buffer, start - 1)
    return buffer
