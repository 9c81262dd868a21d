"""What is counted of a stretch of text, to tell lines and columns in it without reading it again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Tally(NamedTuple):
    """The newlines of a stretch, its bytes that continue a character, and the offset of its last newline, -1 for none."""

    newlines: int
    wide: int
    last: int

    @classmethod
    def of(cls, data: bytes | bytearray, start: int) -> Tally:
        """Count in bytes that begin at the offset `start`."""
        wide = 0 if data.isascii() else int(continuation(data).sum())
        found = data.rfind(b"\n")
        return cls(data.count(b"\n"), wide, start + found if found >= 0 else -1)


def continuation(data: bytes | bytearray) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which bytes continue a character."""
    mask: np.ndarray[Any, np.dtype[np.bool_]] = (np.frombuffer(data, np.uint8) & 0xC0) == 0x80
    return mask
