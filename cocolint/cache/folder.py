"""The folder that a run leaves things in for the next one; version control and backups pass it over."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cocolint.failure import PathError

_TAG = "CACHEDIR.TAG"
_FILES = {
    _TAG: "Signature: 8a477f597d28d172789f06886806bc55\n# This folder was made by cocolint; `cocolint clean` removes it.\n",
    ".gitignore": "# made by cocolint\n*\n",
}


LEAST_BYTES = 1_000_000
"""Smaller files are checked sooner than looked up."""


def is_worth_it(paths: Iterable[Path]) -> bool:
    """Whether any of the files is so large that its result is kept."""
    for path in paths:
        with suppress(OSError):
            if os.stat(path).st_size >= LEAST_BYTES:
                return True
    return False


def made(folder: Path) -> Path:
    """Return the folder, which is there from now on. Raises `OSError` if it cannot be made."""
    folder.mkdir(exist_ok=True)
    for name, text in _FILES.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def remove(folder: Path) -> bool:
    """Remove the folder with all that is in it; return whether it was there.

    Raises `PathError` if it is not one that cocolint made, or cannot be removed.
    """
    import shutil  # imported here: only cleaning needs it

    if not folder.is_dir() or folder.is_symlink():
        return False
    if not (folder / _TAG).is_file():
        raise PathError(f"'{folder}' was not made by cocolint: it has no {_TAG}")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise PathError(f"cannot remove '{folder}': {error.strerror or error}") from error
    return True
