"""Reports that look the same everywhere: a fixed version, and nothing of the caller's terminal."""

from __future__ import annotations

import pytest

import cocolint


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cocolint, "__version__", "1.2.3")
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
