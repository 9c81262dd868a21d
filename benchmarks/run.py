"""Time `cocolint check` beside what else reads annotation files, and print a page of tables.

    python benchmarks/run.py --sizes 2,20,100,430 --publish

needs the extra `bench`. Files are generated once, into --cache, where the figures are kept as well. Times are of whole
processes, taken in turns. With --publish the figures go to benchmarks/figures.json and the pages of docs/ are written from
them; `python benchmarks/pages.py` writes these pages alone.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pages
import parts
from files import say

FINDINGS = 100_000


def figures(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the figures again and again, with one more part each time."""
    sizes = numbers(options.sizes)
    cache, rounds = options.cache, options.rounds
    known: dict[str, Any] = {"about": parts.about(rounds), "files": [], "phases": [], "folders": []}
    for task in options.tasks.split(","):
        for one in parts.of_files(cache, sizes, rounds, task):
            known["files"].append(one)
            yield known
    for name, several in (("phases", parts.of_phases(cache, sizes)), ("folders", parts.of_folders(cache, options.folders))):
        for one in several:
            known[name].append(one)
            yield known
    others: dict[str, Callable[[], Any]] = {
        "start": lambda: parts.of_start(cache, 2 * rounds),
        "findings": lambda: parts.of_findings(cache, rounds, options.findings),
        "fixes": lambda: parts.of_mending(cache, rounds, options.rules),
        "rules": lambda: parts.of_rules(cache, options.rules),
        "splits": lambda: parts.of_splits(cache, options.rules),
        "pictures": lambda: parts.of_pictures(cache, rounds, options.pictures),
        "network": lambda: parts.of_network(cache, [size for size in (1, 20, 100) if size <= max(sizes)]),
        "instructions": lambda: parts.of_instructions(cache),
    }
    for name, part in others.items():
        known[name] = part()
        yield known


def numbers(text: str) -> list[float]:
    return [float(one) for one in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="2,20,100,430", help="megabytes, with commas")
    parser.add_argument("--tasks", default="instances", help="instances, person_keypoints or both, with a comma")
    parser.add_argument("--rounds", type=int, default=5, help="at most; fewer for files of more than 200 MB")
    parser.add_argument("--findings", type=int, default=FINDINGS)
    parser.add_argument("--rules", type=float, default=430, help="megabytes of the file that rules and fixes are timed on")
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--folders", type=lambda text: [int(one) for one in text.split(",")], default=[250, 1000])
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "cocolint-benchmarks")
    parser.add_argument("--publish", action="store_true", help="keep the figures with the project, and write its pages")
    parser.add_argument("--instructions", action="store_true", help="only count instructions, beside those of the page")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else modules that changed are compiled at each start
    if options.instructions:
        known = json.loads(pages.FIGURES.read_text(encoding="utf-8"))["instructions"]
        print("\n".join(pages.changes(known, parts.of_instructions(options.cache))))
        return
    options.cache.mkdir(parents=True, exist_ok=True)
    kept = options.cache / "figures.json"
    for found in figures(options):
        kept.write_text(pages.packed(found), encoding="utf-8")
    say(f"figures are in {kept}")
    print(pages.benchmarks(found))
    if options.publish:
        pages.FIGURES.write_text(pages.packed(found), encoding="utf-8")
        pages.main()


if __name__ == "__main__":
    main()
