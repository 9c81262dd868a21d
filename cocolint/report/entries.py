"""What the formats for platforms share: which findings they list, what each says, and by what it is known again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from cocolint.discover import whole_of
from cocolint.model import Status
from cocolint.report.style import Style
from cocolint.report.tally import tallies
from cocolint.report.text import plural, short, whom
from cocolint.reported import FindingGroup, Occurrence, Report, Stale

MOST = 25_000
"""Findings that are listed: GitHub rejects a SARIF run with more, and no other reader gains by more."""

RULES = 10
"""Rules that are named where some of their findings are not listed."""


class Entry(NamedTuple):
    """One finding that is listed."""

    group: FindingGroup
    occurrence: Occurrence
    fingerprint: str

    @property
    def message(self) -> str:
        """What is wrong with which record, on one harmless line."""
        return sentence(self.group, self.occurrence)


class Trouble(NamedTuple):
    """A file that could not be read, a rule that raised, an exception that is no longer needed: what no finding tells."""

    name: str
    path: str
    message: str

    @property
    def fingerprint(self) -> str:
        """The same in every run."""
        return _digest(self.name, self.path)


class Listing:
    """The findings of a report that are listed, worst first: at most `MOST`, and of each group at most what `style` says.

    Where there are more, small groups are listed whole and the others share what is left. `omitted` says in one sentence how
    many are not listed, "" if all are.
    """

    def __init__(self, report: Report, style: Style) -> None:
        self._report = report
        self._groups = [group for tally in tallies(report) for group in tally.groups]
        limit = style.machine_examples
        counts = [group.count if limit is None else min(limit, group.count) for group in self._groups]
        self._shares = shares(counts, MOST)
        self.omitted = self._omitted()

    def __iter__(self) -> Iterator[Entry]:
        known = Fingerprints()
        for group, share in zip(self._groups, self._shares, strict=True):
            for occurrence in self._report.occurrences(group, share) if share else ():
                yield Entry(group, occurrence, known.of(group, occurrence))

    @property
    def omitted_count(self) -> int:
        """How many findings are not listed."""
        return sum(group.count for group in self._groups) - sum(self._shares)

    def _omitted(self) -> str:
        rest: Counter[str] = Counter()
        for group, share in zip(self._groups, self._shares, strict=True):
            rest[f"{group.code} {group.name}"] += group.count - share
        left_out = [(name, count) for name, count in rest.most_common() if count]
        if not left_out:
            return ""
        named = ", ".join(f"{count:,} of {short(name)}" for name, count in left_out[:RULES])
        more = f", and of {plural(len(left_out) - RULES, 'more rule')}" if len(left_out) > RULES else ""
        return f"{plural(self.omitted_count, 'finding')} not listed here: {named}{more}; the format json lists all"


class Fingerprints:
    """By what a finding is known again in a later run: the rule, the file, the record's id and the field, but not the line.

    A record without id is known by its place. Of findings that are alike in all of that, the second and later are numbered.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, group: FindingGroup, occurrence: Occurrence) -> str:
        """Return 32 hexadecimal digits that no other finding of this run has."""
        if occurrence.kind is None or occurrence.id is None:
            record: tuple[object, ...] = (occurrence.pointer,)
        else:
            record = (occurrence.kind, occurrence.id, _field(group, occurrence.pointer))
        digest = _digest(group.code, group.path, *record)
        self._seen[digest] += 1
        number = self._seen[digest]
        return digest if number == 1 else _digest(digest, number)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _field(group: FindingGroup, pointer: str) -> str:
    """Return the part of a pointer below the record."""
    below = pointer.partition(f"/{group.finding.section}/")[2]
    return below.partition("/")[2]


def shares(counts: Sequence[int], most: int) -> list[int]:
    """Return how much of each count is taken, `most` in all: the small ones whole, of the others equal parts.

    Where there are more counts than `most`, the first ones get one each.
    """
    if len(counts) > most:
        return [min(1, count) if place < most else 0 for place, count in enumerate(counts)]
    taken = [0] * len(counts)
    left = most
    for done, place in enumerate(sorted(range(len(counts)), key=counts.__getitem__)):
        taken[place] = min(counts[place], left // (len(counts) - done))
        left -= taken[place]
    return taken


def sentence(group: FindingGroup, occurrence: Occurrence) -> str:
    """Return on one harmless line what is wrong with which record."""
    message = message_of(group, occurrence)
    said = f"{short(group.summary)}: {message}" if message else short(group.summary)
    return f"{said}{record_of(occurrence)}"


def message_of(group: FindingGroup, occurrence: Occurrence) -> str:
    """Return what the message of a row adds to the summary of its group, "" if it says the same."""
    return short(occurrence.message) if occurrence.message.casefold() != group.summary.casefold() else ""


def record_of(occurrence: Occurrence) -> str:
    """Return in brackets the pointer and the record of a row, "" if it has none."""
    about = ", ".join(short(part) for part in whom(occurrence))
    return f" ({about})" if about else ""


def troubles(report: Report) -> Iterator[Trouble]:
    """Yield the rules that raised, and the files that could not even be opened."""
    for crash in report.crashes:
        what = f"internal error in {short(crash.code)} {short(crash.name)}: {short(crash.last_line)}"
        yield Trouble(f"internal-error-{crash.code}", crash.path, what)
    for result in report.files:
        if result.status is Status.UNREADABLE and not result.groups:
            yield Trouble("unreadable", result.path, f"unreadable: {short(result.note)}")


def exceptions(report: Report) -> Iterator[Trouble]:
    """Yield the exceptions that are no longer needed, each rule of a path once: they make a run fail."""
    by_place: dict[tuple[str, str], list[Stale]] = {}
    for stale in report.stale:
        by_place.setdefault((stale.code, stale.path), []).append(stale)
    for (code, path), some in by_place.items():
        reasons = "; ".join(dict.fromkeys(short(stale.because) for stale in some))
        what = f"no longer needed: {short(code)} ({plural(sum(stale.gone for stale in some), 'finding')}): {short(reasons)}"
        yield Trouble(f"no-longer-needed-{code}", path, what)


def uri(path: str) -> str:
    """Return a path as a URI: relative as it is, with a scheme if absolute, all but plain characters escaped."""
    whole = whole_of(path)
    try:
        data = whole.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = whole.encode("utf-8", "surrogatepass")
    return f"file://{quote(data)}" if whole.startswith("/") else quote(data)
