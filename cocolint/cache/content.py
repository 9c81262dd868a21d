"""Digests of what a result depends on: the content of a file, and the code that looks at it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from cocolint.read.ranges import read_bytes

_CHUNK = 1 << 20
_PACKAGES = ("cocolint", "cocolint.rules", "cocolint.schemas")
_SUFFIXES = frozenset({".py", ".pyd", ".so", ".json", ".toml", ".txt"})


def digest_of_file(path: Path, size: int, jobs: int) -> bytes:
    """Return a digest of the first `size` bytes of a file. Raises `OSError`.

    Chunks are hashed by several threads, and then their digests: SHA-256 is the fastest where the processor has it built in.
    """

    def chunk(start: int) -> bytes:
        return hashlib.sha256(read_bytes(path, start, min(start + _CHUNK, size))).digest()

    starts = range(0, size, _CHUNK)
    if jobs == 1 or len(starts) < 2:
        return hashlib.sha256(b"".join(map(chunk, starts))).digest()
    from concurrent.futures import ThreadPoolExecutor  # imported here: small files do without

    with ThreadPoolExecutor(min(jobs, len(starts))) as pool:
        return hashlib.sha256(b"".join(pool.map(chunk, starts))).digest()


def digest_of_code(rules_path: Path | None) -> bytes:
    """Return a digest of all that cocolint consists of, and of the folder of the user's own rules."""
    state = hashlib.sha256()
    for package in _PACKAGES:
        _add(state, sorted(path for folder in import_module(package).__path__ for path in Path(folder).rglob("*")))
    if rules_path is not None:
        _add(state, sorted(rules_path.rglob("*.py")))
    return state.digest()


def _add(state: hashlib._Hash, paths: Iterable[Path]) -> None:
    for path in paths:
        if path.suffix in _SUFFIXES and path.is_file():
            content = path.read_bytes()
            state.update(f"{path.name} {len(content)}\n".encode())
            state.update(content)
