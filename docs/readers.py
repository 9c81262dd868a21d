"""Write docs/readers.md: what readers of COCO files do with planted faults, and what their profiles say of them.

`python docs/readers.py` writes the page from what was observed. `python docs/readers.py FOLDER [PROFILE ...]` observes first:
`FOLDER/<profile>/` is the virtual environment that a reader is installed in; without it, the Python that runs is tried.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cocolint import profiles  # noqa: E402 (the root of the project is not on the path before)
from tests.readers import observed  # noqa: E402
from tests.readers.extra import LEFT_OUT  # noqa: E402
from tests.readers.faults import faults  # noqa: E402
from tests.readers.readers import READERS, Missing  # noqa: E402

PAGE = ROOT / "docs" / "readers.md"
HEAD = """# What breaks which reader

A profile says what a fault does to one reader: `cocolint check --profile NAME`. What the profiles say is compared with what
the readers do. Into small sound files a fault is planted, one for each case of a rule in `tests/rules/` in which cocolint
finds that rule and nothing else. Each file goes through the reader, from loading to evaluating, importing or converting,
in a process of its own with limits of time and memory. A metric is given what a perfect model would find.

Written by `docs/readers.py` from `tests/readers/observed.json`.

## Readers that were run

*rules*: how many rules had faults that could be given to the reader. *broken*: at how many of them it crashed, was killed,
lost something or gave another number.

| profile | run | rules | broken | differs from the profile |
|---|---|---|---|---|
"""
TABLE = """
## Faults and readers

In each cell first what the profile, or without a word of it the rule, calls the fault: **E**rror, **W**arning or
**I**nformation; then the worst that became of it:

- *ok*: nothing;
- *taken*: it was read as it stands, and that it means something wrong could only show in a metric;
- *AP*: another number came out, or a box moved;
- *lost*: less was read than there is;
- *crash*: an exception;
- *killed*: a signal, or no answer within seconds.

Only an error should stand beside the last four. Where it does not, or stands beside the others, the cell is marked with `!`,
and the reason is given below.

"""
WORDS = {"number": "AP"}


def main() -> None:
    """Observe if there is a folder with readers, and write the page."""
    if len(sys.argv) > 1:
        observe(Path(sys.argv[1]), sys.argv[2:])
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


def observe(folder: Path, names: list[str]) -> None:
    """Run the readers on the faults, and keep what became of them."""
    planted = faults()
    seen = observed.load() if observed.FILE.exists() else {}
    for reader in READERS:
        if names and reader.name not in names:
            continue
        try:
            seen[reader.name] = observed.observe(reader, planted, reader.python(folder))
            print(f"{reader.name}: {len(seen[reader.name].rules)} rules")
        except Missing as reason:
            print(f"{reader.name}: {reason}")
    observed.save({reader.name: seen[reader.name] for reader in READERS if reader.name in seen})


def page() -> str:
    """Return the text of the page."""
    seen = observed.load()
    return HEAD + "\n".join([*_readers(seen), TABLE + "\n".join(_table(seen)), *_differences(seen), *_rest(), ""])


def _readers(seen: dict[str, observed.Observations]) -> Iterator[str]:
    for name, entry in seen.items():
        broken = sum(any(one.broken for one in levels) for levels in entry.rules.values())
        differs = len(observed.disagreements(profiles.load(name), entry))
        yield f"| `{name}` | {entry.version} | {len(entry.rules)} | {broken} | {differs or ''} |"


def _table(seen: dict[str, observed.Observations]) -> Iterator[str]:
    yield "| fault | " + " | ".join(seen) + " |"
    yield "|---" * (len(seen) + 1) + "|"
    differing = {name: observed.disagreements(profiles.load(name), entry) for name, entry in seen.items()}
    for rule in sorted({rule for entry in seen.values() for rule in entry.rules}):
        cells = [_cell(name, rule, entry.rules.get(rule, []), rule in differing[name]) for name, entry in seen.items()]
        yield f"| `{rule}` | " + " | ".join(cells) + " |"


def _cell(profile: str, rule: str, levels: list[observed.Seen], differs: bool) -> str:
    if not levels:
        return ""
    word = profiles.load(profile).demands.get(rule)
    worst = max(levels, key=lambda one: observed.WORST.index(one.kind))
    severity = str(word.severity) if word else max((one.severity for one in levels), key=["info", "warning", "error"].index)
    return f"{severity[0].upper()} {WORDS.get(worst.kind, worst.kind)}{' !' if differs else ''}"


def _differences(seen: dict[str, observed.Observations]) -> Iterator[str]:
    notes = observed.notes()
    yield from ("", "## Where profile and reader differ", "", "| fault | says, but | with | because |", "|---|---|---|---|")
    same: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for name, entry in seen.items():
        for rule, text in observed.disagreements(profiles.load(name), entry).items():
            note = notes.get(name, {}).get(rule) or notes["*"].get(rule, "?")
            same[rule, note].append((name, text))
    for (rule, note), found in sorted(same.items()):
        yield f"| `{rule}` | {found[0][1]} | {', '.join(f'`{name}`' for name, _ in found)} | {note} |"


def _rest() -> Iterator[str]:
    yield from ("", "## Rules that were left out", "")
    yield from (f"- `{rule}`: {reason}." for rule, reason in sorted(LEFT_OUT.items()))
    yield "- All that are not in the table: a file alone does not show their faults, or only together with others."
    yield from ("", "## Profiles that were not compared", "")
    for name in profiles.names():
        profile = profiles.load(name)
        if not profile.verified:
            yield f"- `{name}`: {profile.source}."


if __name__ == "__main__":
    main()
