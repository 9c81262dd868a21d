"""The compiled reader, where it was built: `kernel` is None where it was not, and Python reads everything."""

from __future__ import annotations

from types import ModuleType

kernel: ModuleType | None
try:
    from cocolint import _kernel as kernel
except ImportError:
    kernel = None
