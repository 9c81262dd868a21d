"""Files mapped into memory, of which no more need stay there than what is just looked at."""

from __future__ import annotations

import mmap
from typing import Any


def pages_of(data: Any) -> mmap.mmap | None:
    """Return the mapped file that an array or a view of bytes is a part of, None if it is in memory for good."""
    while data is not None and not isinstance(data, mmap.mmap):
        data = data.obj if isinstance(data, memoryview) else getattr(data, "base", None)
    return data if hasattr(mmap, "MADV_DONTNEED") else None


def give_back(data: Any) -> None:
    """Let a mapped file go out of memory; what is looked at again is read again."""
    pages = pages_of(data)
    if pages is not None:
        pages.madvise(mmap.MADV_DONTNEED)
