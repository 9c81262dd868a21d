"""Damaged bytes."""

from __future__ import annotations

import random


def mutated(random_: random.Random, body: bytes) -> bytes:
    """Return the bytes with some of them changed, taken out or put in: at random places, and most often by those of JSON."""
    changed = bytearray(body)
    for _ in range(random_.randint(1, 3)):
        place = random_.randrange(len(changed) + 1)
        kind = random_.randrange(4)
        if kind == 0:
            changed[place:] = b""
        elif kind == 1:
            del changed[place : place + random_.choice((1, 1, 2, 7, 50))]
        else:
            new = (
                random_.choice(b'[]{},:"\\0123456789-+.eEu \n\x00\x80\xc3\xed\xf0tfn') if kind == 2 else random_.randrange(256)
            )
            changed[place : place + random_.randrange(2)] = bytes([new])
    return bytes(changed)
