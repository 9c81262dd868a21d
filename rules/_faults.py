"""Findings of the schema, put in order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from msgspec.structs import replace

from cocolint.api import Faults, Finding


def once_for_each_record(faults: Faults) -> Iterable[Finding]:
    """Yield the findings, by field, without the records that an earlier one names: two fields are at fault together."""
    seen: set[int] = set()
    for fault in sorted(faults, key=lambda fault: fault.field or ""):
        rows = [row for row in fault.rows.tolist() if row not in seen]
        seen.update(rows)
        if rows:
            yield replace(fault, rows=np.array(rows))
