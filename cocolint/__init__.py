"""Validates and lints COCO annotation files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cocolint.reported import Report

__version__ = "0.1.0"
__all__ = ["__version__", "check"]


def check(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], **settings: Any) -> Report:
    """Check annotation files and return what was found.

    `paths` are files, folders or globs. `settings` are the fields of `cocolint.config.Settings`, such as
    `select=("B", "A001")` or `jobs=1`; no configuration file is read.
    Raises `cocolint.failure.Failure` if a path does not exist or a setting is wrong. Faulty files raise nothing: they are
    findings.
    """
    from cocolint.app import check as run
    from cocolint.config import Settings

    many = [paths] if isinstance(paths, str | os.PathLike) else paths
    return run([os.fspath(path) for path in many], Settings(**settings))
