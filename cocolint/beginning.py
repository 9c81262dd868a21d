"""Setting a repository up: a small configuration and a pre-commit hook, from what lies there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cocolint
from cocolint import discover
from cocolint.config import FILES, find_file
from cocolint.failure import ConfigError, PathError
from cocolint.gates.baseline import write_whole
from cocolint.report.text import clean, plural

HOOK_FILE = ".pre-commit-config.yaml"
_HEAD = 1 << 20
_MOST_FOLDERS = 8
_WORDS = (b'"annotations"', b'"images"')

_CONFIG = """\
# What `cocolint check` does in this repository; `cocolint config` explains every key.
fail-on = "error"
# baseline = "cocolint-baseline.json"  # known findings are not reported again: cocolint check --write-baseline
# exclude = ["old/*"]
"""

_HOOK = f"""\
- repo: local
  hooks:
    - id: cocolint
      name: cocolint
      entry: cocolint check
      language: python
      additional_dependencies: [cocolint=={cocolint.__version__}]
      types: [json]
      files: {{files}}
      require_serial: true
"""

_CI = {
    ".github/workflows": "GitHub Actions: the repository of cocolint is an action, or add a step `cocolint check --no-cache`",
    ".gitlab-ci.yml": "GitLab: docs/gitlab-ci.yml in the repository of cocolint is a job to copy",
}


def begin(root: Path, force: bool) -> Iterator[str]:
    """Write `cocolint.toml` and the hook into `root`; yield what was found and done.

    Nothing that is there is written over, but for `cocolint.toml` with `force`; a hook is added to those there are. Raises
    `PathError` if a file cannot be written.
    """
    files = annotation_files(root)
    folders = [folder for folder, _ in Counter(folder for folder, _ in files).most_common()]
    shown = [clean(folder) for folder in folders[:_MOST_FOLDERS]]
    more = f" and {plural(len(folders) - len(shown), 'more folder')}" if len(folders) > len(shown) else ""
    yield f"annotations: {', '.join(shown)}{more}" if folders else "annotations: no COCO file found here"
    yield _configure(root, force)
    yield _hook(root, files)
    for path, advice in _CI.items():
        if (root / path).exists():
            yield advice
    yield "next: cocolint check"


def annotation_files(root: Path) -> list[tuple[str, str]]:
    """Return folder, relative to `root`, and name of the files below `root` that look like COCO."""
    paths = [
        file.path.relative_to(root)
        for file in discover.find([str(root)])
        if file.follows_pattern or _looks_like_coco(file.path)
    ]
    return [(path.parent.as_posix(), path.name) for path in paths]


def _looks_like_coco(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return all(word in head for word in _WORDS)


def _configure(root: Path, force: bool) -> str:
    path = root / FILES[0]
    try:
        known = find_file(root)
    except ConfigError as error:
        return f"left alone: {error}"
    if known is not None and not (force and known == path):
        return f"left alone: {clean(str(known))} has settings" + ("; --force writes it anew" if known == path else "")
    _write(path, _CONFIG)
    return f"written: {FILES[0]}"


def _hook(root: Path, files: list[tuple[str, str]]) -> str:
    path = root / HOOK_FILE
    entry = _HOOK.format(files=_quoted(_pattern(files)))
    if not path.exists():
        if not (root / ".git").exists():
            return "no hook: this is not the root of a git repository"
        _write(path, "repos:\n" + _indented(entry, 2))
        return f"written: {HOOK_FILE}; `pre-commit install` makes git use it"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return f"left alone: {HOOK_FILE} cannot be read: {error}"
    if re.search(r"\bcocolint\b", text):
        return f"left alone: {HOOK_FILE} has a hook of cocolint"
    added = with_entry(text, entry)
    if added is None:
        return f"left alone: {HOOK_FILE} has no list of repos to add to; this is the entry:\n{entry}".rstrip()
    _write(path, added)
    return f"added: a hook in {HOOK_FILE}"


def with_entry(text: str, entry: str) -> str | None:
    """Return a pre-commit configuration with one more entry at the end of its `repos`; None if they are no plain list."""
    lines = text.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if re.fullmatch(r"repos:\s*(#.*)?\n?", line)), None)
    if start is None or "\t" in text:
        return None
    end = next((n for n in range(start + 1, len(lines)) if re.match(r"[^\s#-]", lines[n])), len(lines))
    first = next((match for line in lines[start + 1 : end] if (match := re.match(r"( *)- ", line))), None)
    if first is None:
        return None
    while not lines[end - 1].strip() or lines[end - 1].startswith("#"):
        end -= 1
    before = "".join(lines[:end])
    gap = "" if before.endswith("\n") else "\n"
    return before + gap + _indented(entry, len(first[1])) + "".join(lines[end:])


def _pattern(files: list[tuple[str, str]]) -> str:
    """Return an expression that fits the paths in the folders of the files; of the topmost folder only the files."""
    parts = dict.fromkeys(f"{re.escape(folder)}/" if folder != "." else f"{re.escape(name)}$" for folder, name in files)
    if not parts or len(parts) > _MOST_FOLDERS or not all(map(str.isprintable, parts)):
        return "(^|/)annotations/"
    return f"^({'|'.join(parts)})" if len(parts) > 1 else f"^{next(iter(parts))}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _indented(text: str, width: int) -> str:
    return "".join(" " * width + line for line in text.splitlines(keepends=True))


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, [text.encode()])
    except OSError as error:
        raise PathError(f"cannot write '{path}': {error.strerror or error}") from error
