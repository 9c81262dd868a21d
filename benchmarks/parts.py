"""The parts of a run: each measures one thing and returns plain figures, which `pages.py` and `plots.py` show."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import files
import measure
import programs
from files import say
from measure import Failed, Taken
from programs import COCOLINT, Command, Earlier, check, python, without_kernel
from tables import MEGABYTE

Figures = dict[str, Any]
SLOWEST = 12
PACKAGES = ["cocolint", "faster-coco-eval", "hotcoco", "msgspec", "numpy", "orjson", "pycocotools", "rich", "typer"]
BESIDE = 1.0
"""Megabytes of the file that phases are measured beside, so that there is something to compare."""
COUNTED = 2.0
"""Megabytes of the file that instructions are counted on."""
INSIDE = str(Path(__file__).with_name("inside.py"))


def about(rounds: int) -> Figures:
    """Return where and with what it is measured."""
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = next((line.partition(": ")[2] for line in described.splitlines() if line.startswith("model name")), "")
    here = {name: version(name) for name in PACKAGES}
    found = {one.package: _version(one) for one in programs.INSTALLED if one.found}
    return {
        "date": date.today().isoformat(), "system": f"{platform.system()} {platform.machine()}", "rounds": rounds,
        "cores": len(os.sched_getaffinity(0)), "model": model or "unknown", "memory": _memory(),
        "python": platform.python_version(), "packages": {**here, **found},
        "missing": [one.name for one in programs.INSTALLED if not one.found],
    }  # fmt: skip


def _version(one: programs.Installed) -> str:
    interpreter = str(Path(one.found or "").with_name("python"))
    code = f"from importlib.metadata import version; print(version({one.package!r}))"
    try:
        return measure.output([interpreter, "-c", code]).strip()
    except (Failed, OSError):
        return "of unknown version"


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def of_files(cache: Path, sizes: list[float], rounds: int, task: str) -> Iterator[Figures]:
    """Time and weigh every contender on files of every size, as far as it goes; yield the figures of each file."""
    earlier: dict[str, Earlier] = {}
    for megabytes in sorted(sizes):
        path = files.of_size(cache, megabytes, task)
        size = path.stat().st_size
        say(f"timing {path.name}")
        commands = programs.contenders(path)
        reasons = {name: programs.why_not(earlier.get(name), size, _memory()) for name in commands}
        reasons |= dict.fromkeys(programs.OURS, "")
        runs = {name: command for name, command in commands.items() if not reasons[name]}
        taken = measure.interleaved(runs, programs.rounds_for(size, rounds), programs.PATIENCE, programs.OURS, path)
        say(f"weighing {path.name}")
        shown: Figures = {}
        for name in commands:
            found = taken.get(name, reasons[name])
            if isinstance(found, str):
                shown[name] = {"not_run": found}
                continue
            shown[name] = {**_summed(found), "peak": measure.peak(runs[name])}
            earlier[name] = Earlier(size, statistics.median(shown[name]["seconds"]), shown[name]["peak"])
        sent = json.loads(measure.output([sys.executable, INSIDE, "results", str(path)]))["sent"]
        yield {"task": task, "bytes": size, "annotations": files.annotations_in(path), "results": sent, "programs": shown}


def _summed(taken: list[Taken]) -> Figures:
    return {
        "seconds": [round(one.seconds, 4) for one in taken],
        "cpu": round(statistics.median(one.cpu for one in taken), 4),
        "read": min(one.read for one in taken),
    }


def of_phases(cache: Path, sizes: list[float]) -> Iterator[Figures]:
    """Return the phases of our own checks of a data set of two files, one of them small."""
    beside = files.of_size(cache, BESIDE)
    for megabytes in sorted(sizes):
        folder = files.data_set(cache, f"beside_{megabytes:g}", files.of_size(cache, megabytes), beside)
        size = sum(path.stat().st_size for path in folder.iterdir())
        for jobs in (1, 2):
            say(f"phases of {megabytes:g} MB, -j {jobs}")
            runs = [_phases(folder, jobs) for _ in range(programs.rounds_for(size, 3))]
            yield {"bytes": size, "jobs": jobs, **min(runs, key=lambda one: one["whole"])}


def _phases(folder: Path, jobs: int) -> Figures:
    begin = time.perf_counter()
    found = json.loads(measure.output([sys.executable, INSIDE, "phases", str(folder), str(jobs)]))
    return {"whole": time.perf_counter() - begin, **found}


def of_start(cache: Path, rounds: int) -> list[Figures]:
    """Time what a user waits for when there is next to nothing to check."""
    small = files.of_size(cache, 0.02)
    name = f"cocolint check, {small.stat().st_size / 1000:.0f} KB"
    imports = "import typer", "import numpy, rich, typer, msgspec"
    pairs: list[tuple[str, Command, str, Command]] = [
        ("cocolint --version", [COCOLINT, "--version"], imports[0], python(imports[0])),
        (name, check(small), imports[1], python(imports[1])),
    ]
    pairs += [(name, check(small), one.name, one.command(one.found, small)) for one in programs.INSTALLED if one.found]
    rows = []
    for ours, command, other, beside in pairs:
        say(f"timing {ours} beside {other}")
        taken = measure.seconds({"ours": command, "beside": beside}, rounds)
        rows.append({"ours": ours, "beside": other, "seconds": [taken["ours"], taken["beside"]]})
    return rows


def of_findings(cache: Path, rounds: int, count: int) -> Figures:
    """Time a file with many findings of one rule beside the same file without them."""
    clean, faulty = files.generated(cache, count), files.generated(cache, count, faults=count)
    commands = {
        "no finding": check(clean, "-j", "2"),
        "full": check(faulty, "-j", "2"),
        "json": check(faulty, "-j", "2", "--output-format", "json"),
    }
    say(f"timing {count} findings")
    taken = measure.seconds(commands, rounds)
    rows = {name: {"seconds": times, "printed": _printed(commands[name], name)} for name, times in taken.items()}
    return {"count": count, "bytes": faulty.stat().st_size, "outputs": rows}


def _printed(command: Command, form: str) -> str:
    text = measure.output(command)
    if form != "json":
        return f"{text.count(chr(10))} lines"
    groups = json.loads(text)["findings"]
    return " + ".join(f"{len(group['occurrences']):,} of {group['count']:,} {group['name']}" for group in groups)


def of_mending(cache: Path, rounds: int, megabytes: float) -> Figures:
    """Time a fix of every annotation of a file beside the check of the same file alone."""
    path = files.without_flags(files.of_size(cache, megabytes))
    commands = {
        "check": check(path, "-j", "2"),
        "check --fix": check(path, "-j", "2", "--fix", "--out", str(cache / "mended")),
    }
    say(f"timing fixes of {path.name}")
    taken = measure.seconds(commands, rounds)
    rows = {name: {"seconds": times, "peak": measure.peak(commands[name])} for name, times in taken.items()}
    return {"bytes": path.stat().st_size, "processes": rows}


def of_rules(cache: Path, megabytes: float) -> Figures:
    """Return the seconds of each rule in a check in one process."""
    path = files.of_size(cache, megabytes)
    say(f"timing rules on {path.name}")
    code = (
        "import sys, json, cocolint; r = cocolint.check(sys.argv[1], jobs=1); print(json.dumps([r.seconds, r.seconds_by_rule]))"
    )
    whole, seconds = json.loads(measure.output(python(code, str(path))))
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    rest = sum(taken for _, taken in ordered[SLOWEST:])
    return {
        "bytes": path.stat().st_size, "whole": whole, "slowest": dict(ordered[:SLOWEST]),
        "others": len(ordered[SLOWEST:]), "rest": rest,
    }  # fmt: skip


def of_splits(cache: Path, megabytes: float) -> Figures:
    """Return what the rules that compare files cost, beside reading the files."""
    pair = files.of_size(cache, megabytes), files.of_size(cache, megabytes / 20)
    folder = files.data_set(cache, f"splits_{megabytes:g}", *pair)
    say("timing rules that compare files")
    code = (
        "import sys, json, cocolint; from cocolint.engine import registry; r = cocolint.check(sys.argv[1]);"
        "names = [rule.name for rule in registry.load() if rule.scope.name == 'DATASET'];"
        "print(json.dumps([sum(f.images for f in r.files), sum(r.seconds_by_step.values()),"
        " sum(r.seconds_by_rule.get(n, 0) for n in names)]))"
    )
    images, reading, comparing = json.loads(measure.output(python(code, str(folder))))
    return {"images": images, "reading": reading, "comparing": comparing}


def of_pictures(cache: Path, rounds: int, count: int) -> Figures:
    """Time the look at pictures, beside the same check that leaves them alone."""
    path = files.pictures(cache, count)
    commands = {"with": check(path, "-j", "2"), "without": check(path, "-j", "2", "--no-images")}
    say(f"timing {count} pictures")
    return {"count": count, **measure.seconds(commands, rounds)}


def of_folders(cache: Path, counts: list[int]) -> Iterator[Figures]:
    """Measure folders of small files with few and with many masks as run lengths, one image each."""
    for count in counts:
        for each in (10, 100):
            folder = files.masks(cache, count, each)
            size = sum(path.stat().st_size for path in folder.iterdir())
            for jobs in (1, 2):
                say(f"{count} files of {each} masks, -j {jobs}")
                command = check(folder, "--no-images", "--ignore", "iscrowd-0-rle", "-j", str(jobs))
                measure.run(command)
                found = {**_summed([measure.run(command)]), "peak": measure.peak(command)}
                yield {"files": count, "masks": each, "bytes": size, "jobs": jobs, **found}


def of_network(cache: Path, sizes: list[float]) -> list[Figures]:
    """Return what checks of files in an object store on this machine ask for; nothing where its packages are missing."""
    rows = []
    for megabytes in sizes:
        say(f"requests for {megabytes:g} MB")
        path = files.of_size(cache, megabytes)
        try:
            rows.append(json.loads(measure.output([sys.executable, INSIDE, "network", str(path)])))
        except Failed as reason:
            say(f"left out: {reason}")
    return rows


def of_instructions(cache: Path) -> Figures:
    """Count the instructions of short runs, which do not depend on how busy the machine is."""
    which = measure.counter()
    path, small = files.of_size(cache, COUNTED), files.of_size(cache, 0.02)
    megabytes = f"{path.stat().st_size / MEGABYTE:.0f} MB"
    commands: dict[str, Command] = {
        "cocolint --version": [COCOLINT, "--version"],
        "cocolint check, 25 KB": check(small, "-j", "1"),
        f"cocolint check, {megabytes}": check(path, "-j", "1"),
        f"cocolint check, {megabytes}, Python reader": without_kernel(path, "-j", "1"),
        f"cocolint check --output-format json, {megabytes}": check(path, "-j", "1", "--output-format", "json"),
        f"json.load, {megabytes}": programs.contenders(path)[programs.JSON_LOAD],
        f"hotcoco load + healthcheck, {megabytes}": programs.contenders(path)[programs.HOTCOCO],
    }
    counts = {}
    for name, command in commands.items() if which else ():
        say(f"counting instructions of {name}")
        counts[name] = measure.instructions(command, which)
    return {"counter": which, "python": platform.python_version(), "numpy": version("numpy"), "counts": counts}
