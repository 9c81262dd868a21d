"""Objects as bytes and back: columns are not copied, nothing but known classes is made, and damage is told."""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cocolint.read.pages import give_back

if TYPE_CHECKING:
    import mmap

_MAGIC = b"cocolint cache 1\n"
_HEAD = len(_MAGIC) + 32
_ALIGNED = 64
_PIECE = 1 << 26
_KNOWN = {
    "builtins": {"frozenset", "set"},
    "cocolint.model": {"FileFacts", "Finding", "Severity", "Task"},
    "cocolint.read.columns": {"Categories", "Ids", "Images"},
    "cocolint.read.slicing": {"Span"},
    "cocolint.read.texts": {"Texts"},
    "msgspec._core": {"UNSET", "UnsetType"},
    "numpy": {"dtype", "ndarray"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
}
"""What entries are made of: a pickle may name any function, and the folder may come with somebody's data set."""


class Damaged(Exception):
    """The bytes are not what was packed."""


def packed(value: Any) -> list[bytes | memoryview]:
    """Return a value as bytes, in parts; the columns among them are not copied."""
    buffers: list[pickle.PickleBuffer] = []
    parts: list[bytes | memoryview] = [pickle.dumps(value, protocol=5, buffer_callback=buffers.append)]
    parts += [buffer.raw() for buffer in buffers]
    sizes = [len(part) for part in parts]
    body: list[bytes | memoryview] = [struct.pack(f"<{len(sizes) + 1}Q", len(sizes), *sizes)]
    place = _HEAD + len(body[0])
    for part in parts:
        body += [bytes(-place % _ALIGNED), part]
        place += -place % _ALIGNED + len(part)
    digest = hashlib.sha256()
    for part in given_back(body):
        digest.update(part)
    return [_MAGIC, digest.digest(), *body]


def given_back(parts: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """Yield the parts; those that lie in mapped files leave the memory after use."""
    for part in parts:
        yield part
        give_back(part)


def unpacked(data: bytes | mmap.mmap) -> Any:
    """Return the value; its arrays are views of `data`. Raises `Damaged`."""
    view = memoryview(data)
    digest = hashlib.sha256()
    for piece in given_back(view[place : place + _PIECE] for place in range(_HEAD, len(view), _PIECE)):
        digest.update(piece)
    if data[: len(_MAGIC)] != _MAGIC or digest.digest() != data[len(_MAGIC) : _HEAD]:
        raise Damaged
    try:
        (count,) = struct.unpack_from("<Q", data, _HEAD)
        sizes = struct.unpack_from(f"<{count}Q", data, _HEAD + 8)
        place = _HEAD + 8 * (count + 1)
        parts = []
        for size in sizes:
            place += -place % _ALIGNED
            parts.append(view[place : place + size])
            place += size
        return _Reader(io.BytesIO(parts[0]), buffers=parts[1:]).load()
    except Exception as error:  # whatever an entry of another state of the program may lead to
        raise Damaged from error


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name not in _KNOWN.get(module, ()):
            raise Damaged(f"{module}.{name}")
        return super().find_class(module, name)
