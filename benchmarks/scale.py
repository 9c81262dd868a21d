"""A model of what a check costs, fitted to figures, and what it says of data sets and machines that were not there."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import scale_text as text
from tables import MEGABYTE, duration, megabytes, number, size, table

ONE, TWO = "cocolint check -j 1", "cocolint check -j 2"
TASK = "instances"
FITTED = 10 * MEGABYTE
"""Costs are fitted to files from this size on: those of smaller ones are the start of Python."""
SHARED = 80 * MEGABYTE
ON_DISK = 1000 * MEGABYTE
"""Files from this size on are shared between processes."""
NOTHING = 1e-9
"""A smaller share of what was measured is an error of rounding."""
BANDWIDTH = 1.25e9
"""Bytes a second that a node gets from the storage: 10 Gbit/s."""
LATENCY = 0.1
"""Seconds that a request waits for its first byte."""
RATE = 5500
"""Requests a second to one prefix of names."""
LISTED = 1000
"""Names in one answer to a request for a list."""
CORES = (1, 2, 16, 64)
NODES = (10, 100)
NODE_CORES = 16
Figures = dict[str, Any]


class Fit(NamedTuple):
    """A cost as `base + per_byte * bytes + per_file * files`; `off` is the largest relative difference to what was seen."""

    base: float
    per_byte: float
    per_file: float
    off: float

    def at(self, bytes_: float, files: float = 0) -> float:
        """Return the cost of so many bytes in so many files."""
        return self.base + self.per_byte * bytes_ + self.per_file * files


def fit(sizes: Sequence[float], measured: Sequence[float], files: Sequence[float] | None = None) -> Fit:
    """Return the least squares of the relative errors. No cost falls with the size: what comes out negative is left out."""
    columns = np.array([np.ones(len(sizes)), sizes, files if files is not None else np.zeros(len(sizes))], float)
    values = np.array(measured, float)
    used = [place for place, column in enumerate(columns) if column.any()]
    while True:
        weighted = (columns[used] / values).T
        scales = np.abs(weighted).max(axis=0)  # bytes and files differ by many powers of ten
        shares = np.linalg.lstsq(weighted / scales, np.ones(len(values)), rcond=None)[0]
        if (shares > NOTHING).all():
            break
        used.pop(int(shares.argmin()))
    costs = np.zeros(3)
    costs[used] = shares / scales
    off = float(np.abs(costs @ columns / values - 1).max())
    base, per_byte, per_file = map(float, costs)
    return Fit(base, per_byte, per_file, off)


class Model(NamedTuple):
    """What is known of one file of polygons, in bytes and seconds.

    `alone` and `shared` are what was measured with one and with two processes, by what it is a measure of. `parallel` is the
    part of one process that more of them share, `serial` the rest; `moving` is what it costs besides to move results, for each
    byte of the file, `results` are their bytes, and `process` the memory of one process more.
    """

    alone: dict[str, Fit]
    shared: dict[str, Fit]
    parallel: Fit
    serial: Fit
    moving: float
    results: Fit
    process: float

    def seconds(self, size_: float, processes: int) -> float:
        """Return how long a check of a file takes with so many processes."""
        if processes == 1 or size_ < SHARED:
            return self.alone["seconds"].at(size_)
        return self.serial.at(size_) + self.moving * size_ + self.parallel.at(size_) / processes

    def memory(self, size_: float, processes: int) -> float:
        """Return the bytes of memory of a check with so many processes."""
        return self.alone["peak"].at(size_) + (processes - 1) * self.process


def model_of(figures: Figures) -> Model:
    """Return the model of one file. There must be two files at least of the size that is shared between processes."""
    files, large = _from(figures, FITTED), _from(figures, SHARED)
    huge = [one for one in files if one["bytes"] >= ON_DISK]
    alone = {what: _fitted(files, ONE, what) for what in ("read", "cpu", "seconds")}
    shared = {what: _fitted(large, TWO, what) for what in ("read", "cpu", "seconds")}
    alone["peak"], shared["peak"] = (_fitted(huge if len(huge) > 1 else large, program, "peak") for program in (ONE, TWO))
    phases = [one for one in figures["phases"] if one["jobs"] == 1 and one["bytes"] >= FITTED]
    sizes = [one["bytes"] for one in files]
    taken = [_value(one, ONE, "seconds") for one in files]
    shares = [one["slices"] / one["whole"] for one in phases]
    extra = statistics.median(_value(one, TWO, "peak") - _value(one, ONE, "peak") for one in large)
    return Model(
        alone, shared,
        fit(sizes, [share * seconds for share, seconds in zip(shares, taken, strict=True)]),
        fit(sizes, [(1 - share) * seconds for share, seconds in zip(shares, taken, strict=True)]),
        sum(max(0.0, _value(one, TWO, "cpu") - _value(one, ONE, "cpu")) for one in large) / sum(one["bytes"] for one in large),
        fit([one["bytes"] for one in large], [one["results"] for one in large]),
        max(0.0, extra),
    )  # fmt: skip


def _from(figures: Figures, least: float) -> list[Figures]:
    return [one for one in figures["files"] if one["task"] == TASK and one["bytes"] >= least]


def _fitted(files: list[Figures], program: str, what: str) -> Fit:
    return fit([one["bytes"] for one in files], [_value(one, program, what) for one in files])


def _value(one: Figures, program: str, what: str) -> float:
    return _plain(one["programs"][program][what])


def folders_of(figures: Figures, jobs: int) -> dict[str, Fit]:
    """Return the costs of folders of small files."""
    found = [one for one in figures["folders"] if one["jobs"] == jobs]
    sizes, counts = [one["bytes"] for one in found], [one["files"] for one in found]
    measured = {what: [_plain(one[what]) for one in found] for what in ("read", "cpu", "seconds", "peak")}
    return {what: fit(sizes, values, counts) for what, values in measured.items()}


def _plain(value: Any) -> float:
    return float(np.median(value))


def shared_part(one: float, two: float) -> float:
    """Return the part of the time that more processes share, by what one takes and what two take."""
    return min(1.0, max(0.0, 2 * (1 - two / one)))


def amdahl(seconds: float, part: float, processes: int) -> float:
    """Return the time of so many processes, of which `part` is shared."""
    return seconds * (1 - part + part / processes)


class Spread(NamedTuple):
    """Small files in an object store, shared out to so many runs on so many nodes: seconds of each thing that takes time."""

    listing: float
    checking: float
    waiting: float
    sending: float
    asking: float

    @property
    def seconds(self) -> float:
        """The time of all: a run checks and waits in turns, while the storage answers all of them."""
        return self.listing + max(self.checking + self.waiting, self.sending, self.asking)


def spread(seconds: float, bytes_: float, files: int, requests: int, nodes: int) -> Spread:
    """Return what it takes to check `files` small files, for which one process takes so many seconds with a disk."""
    runs = nodes * NODE_CORES
    return Spread(
        files / LISTED * LATENCY, seconds / runs, files * requests * LATENCY / runs, bytes_ / (nodes * BANDWIDTH),
        files * requests / RATE,
    )  # fmt: skip


def page(figures: Figures) -> str:
    """Return the page, or a word where there are too few figures for it."""
    if len(_from(figures, SHARED)) < 2 or not figures.get("folders") or not figures.get("network"):
        return f"# Scale\n\n{text.TOO_FEW}"
    model = model_of(figures)
    lines = [text.HEAD, *_measured(figures), *_fits(model, figures), *_checked(model, figures), *_paper(model, figures)]
    return "\n".join(lines).rstrip() + "\n"


def _measured(figures: Figures) -> Iterator[str]:
    yield from (text.MEASURED, "")
    files = _from(figures, 0)
    rows = [
        [f"{title}, `-j {jobs}`", *(number(_value(one, program, what) / unit) for one in files)]
        for what, title, unit in text.QUANTITIES
        for jobs, program in ((1, ONE), (2, TWO))
    ]
    rows.append([text.RESULTS, *(number(one["results"] / MEGABYTE) for one in files)])
    yield from table(["measured, one file", *(megabytes(one["bytes"]) for one in files)], rows)
    several = [one for one in figures["folders"] if one["masks"] == 100]
    rows = [
        [f"{title}, `-j {jobs}`", *(number(_plain(one[what]) / unit) for one in several if one["jobs"] == jobs)]
        for what, title, unit in text.QUANTITIES
        for jobs in (1, 2)
    ]
    heads = [f"{one['files']:,} files, {megabytes(one['bytes'])}" for one in several if one["jobs"] == 1]
    yield from table(["measured, small files", *heads], rows)
    rows = [[megabytes(one["bytes"]), one["requests"], number(one["sent"] / one["bytes"])] for one in figures["network"]]
    yield from (text.NETWORK, "")
    yield from table(["measured, object store", "requests", "bytes sent, × file"], rows)


def _fits(model: Model, figures: Figures) -> Iterator[str]:
    yield from (text.FITS, "")
    units = {what: (title, unit) for what, title, unit in text.QUANTITIES}
    rows = []
    for jobs, fits in ((1, model.alone), (2, model.shared)):
        for what, found in fits.items():
            title, unit = units[what]
            rows.append([f"{title}, `-j {jobs}`", *_terms(found, unit)])
    rows.append([text.RESULTS, *_terms(model.results, MEGABYTE)])
    rows.append(["seconds that processes share", *_terms(model.parallel, 1)])
    rows.append(["seconds that they do not", *_terms(model.serial, 1)])
    rows.append(["CPU seconds more with two, for moving results", "", number(model.moving * 1e9), ""])
    yield from table(["fitted, one file", "a", "b for each GB", "misses by at most"], rows)
    rows = []
    for jobs in (1, 2):
        for what, found in folders_of(figures, jobs).items():
            title, unit = units[what]
            base, per_gigabyte, off = _terms(found, unit)
            per_file = number(found.per_file / unit * 1000)
            rows.append([f"{title}, `-j {jobs}`", base, per_gigabyte, per_file, off])
    yield from table(["fitted, small files", "a", "b for each GB", "c for each 1,000 files", "misses by at most"], rows)


def _terms(found: Fit, unit: float) -> list[str]:
    return [number(found.base / unit), number(found.per_byte / unit * 1e9), f"{100 * found.off:.0f} %"]


def _checked(model: Model, figures: Figures) -> Iterator[str]:
    yield from (text.CHECKED, "")
    rows = []
    for one in _from(figures, SHARED):
        computed, measured = model.seconds(one["bytes"], 2), _value(one, TWO, "seconds")
        difference = f"{100 * (computed / measured - 1):+.0f} %"
        rows.append([megabytes(one["bytes"]), number(measured), number(computed), difference])
    yield from table(["two processes", "measured, s", "computed, s", "difference"], rows)


def _paper(model: Model, figures: Figures) -> Iterator[str]:
    small = [one for one in figures["folders"] if one["masks"] == 100 and one["jobs"] == 1][-1]
    per_file = small["bytes"] / small["files"]
    sa1b = text.SA1B_FILES * per_file
    images = text.OPEN_BOXES * _bytes_per_annotation(figures)
    yield from (text.PAPER.format(per_file=size(per_file)), "")
    yield from table(
        ["data set", "files", "annotations", "bytes", "from"],
        [
            ["SA-1B", f"{text.SA1B_FILES:,}", f"{text.SA1B_MASKS:,}", size(sa1b), text.SA1B_SOURCE],
            ["Open Images, as instances", "1", f"{text.OPEN_BOXES:,}", size(images), text.OPEN_SOURCE],
            ["one file of 8 GB", "1", f"{8e9 / _bytes_per_annotation(figures):,.0f}", "8 GB", "generated"],
        ],
    )
    yield from _large_files(model, {"Open Images": images, "8 GB": 8e9})
    yield from _small_files(figures, sa1b)
    yield text.breaking(_facts(model, figures, sa1b))


def _bytes_per_annotation(figures: Figures) -> float:
    last = _from(figures, 0)[-1]
    return float(last["bytes"] / last["annotations"])


def _large_files(model: Model, sizes: dict[str, float]) -> Iterator[str]:
    yield from (text.LARGE, "")
    rows = []
    for name, bytes_ in sizes.items():
        for cores in CORES:
            time, memory = duration(model.seconds(bytes_, cores)), size(model.memory(bytes_, cores))
            rows.append([name, f"1 machine, {cores} core{'s' * (cores > 1)}", time, "", memory])
        for nodes in NODES:
            seconds = cluster(model, bytes_, nodes)
            parent = size(model.memory(bytes_, 1))
            moved = duration(model.results.at(bytes_) / BANDWIDTH)
            rows.append([name, f"{nodes} nodes with {NODE_CORES} cores", duration(seconds), moved, parent])
    yield from table(["computed", "on", "time", "of which results travel", "memory of the first process"], rows)


def cluster(model: Model, bytes_: float, nodes: int) -> float:
    """Return the seconds of a check of one large file by the workers of a cluster, that read it from an object store."""
    slices = max(model.parallel.at(bytes_) / (nodes * NODE_CORES), bytes_ / (nodes * BANDWIDTH))
    results = model.results.at(bytes_) / BANDWIDTH
    return model.serial.at(bytes_) + model.moving * bytes_ + slices + results


def _small_files(figures: Figures, bytes_: float) -> Iterator[str]:
    one, two = folders_of(figures, 1), folders_of(figures, 2)
    files = text.SA1B_FILES
    seconds = one["seconds"].at(bytes_, files)
    part = shared_part(seconds, two["seconds"].at(bytes_, files))
    memory = two["peak"].at(bytes_, files)
    yield from (text.SMALL.format(part=f"{100 * part:.0f} %"), "")
    rows = []
    for cores in CORES:
        several = one["peak"].at(bytes_ / cores, files / cores)
        apart = [duration(seconds / cores), size(several)]
        rows.append([f"{cores} core{'s' * (cores > 1)}", duration(amdahl(seconds, part, cores)), size(memory), *apart])
    heads = ["one run", "memory", "a run for each core, on its share", "memory of each"]
    yield from table(["computed, SA-1B on a disk", *heads], rows)
    rows = []
    for nodes in NODES:
        found = spread(seconds, bytes_, files, _requests(figures), nodes)
        rows.append([f"{nodes} nodes with {NODE_CORES} cores", *map(duration, (*found, found.seconds))])
    heads = ["list of names", "check", "wait for answers", "bandwidth", "requests a second", "in all"]
    yield from table(["computed, SA-1B in an object store", *heads], rows)


def _requests(figures: Figures) -> int:
    return int(min(figures["network"], key=lambda one: one["bytes"])["requests"])


def _facts(model: Model, figures: Figures, sa1b: float) -> dict[str, str]:
    """Return the numbers that the text names."""
    one, two = folders_of(figures, 1), folders_of(figures, 2)
    each = two["peak"].at(sa1b, text.SA1B_FILES) / text.SA1B_FILES
    columns = model.alone["peak"].per_byte * _bytes_per_annotation(figures)
    return {
        "column": f"{columns:.0f}", "moved": f"{100 * model.results.per_byte:.0f} %",
        "serial": duration(model.serial.at(8e9) + model.moving * 8e9), "requests": str(_requests(figures)),
        "lists": f"{text.SA1B_FILES / LISTED:,.0f}", "listing": duration(text.SA1B_FILES / LISTED * LATENCY),
        "file": f"{1000 * (one['seconds'].per_file + one['seconds'].per_byte * sa1b / text.SA1B_FILES):.1f}",
        "kept": size(two["peak"].at(sa1b, text.SA1B_FILES)),
        "each": f"{each / 1000:.0f}", "held": f"{figures['about']['memory'] / each:,.0f}",
        "memory": f"{figures['about']['memory'] / 2**30:.0f}",
    }  # fmt: skip
