"""Time `cocolint check` beside what else reads annotation files, and print a page of tables.

    python benchmarks/run.py --sizes 20,100,430,860 --output docs/benchmarks.md

needs the extra `bench`. Files are generated once, into --cache. Times are of whole processes, taken in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import generate
from measure import Command, interleaved, output, peak, ratio

BYTES_PER_ANNOTATION = 525
MEGABYTE = 1_000_000
FINDINGS = 100_000
SLOWEST = 12
COCOLINT = str(Path(sys.executable).with_name("cocolint"))
PANLABEL = str(Path(sys.executable).with_name("panlabel"))
LABELLINT = shutil.which("labellint")
"""It wants older packages than the tests, and is timed where it is installed in an environment of its own."""
WITHOUT_KERNEL = "import sys; from cocolint import cli, compiled; compiled.kernel = None; cli.main()"
HOTCOCO = "hotcoco load + healthcheck"
JSON_LOAD = "json.load"
PACKAGES = [
    "cocolint", "faster-coco-eval", "hotcoco", "msgspec", "numpy", "orjson", "panlabel", "pycocotools", "rich",
    "typer",
]  # fmt: skip


def python(code: str, *arguments: str) -> Command:
    return [sys.executable, "-c", code, *arguments]


def check(path: Path, *arguments: str) -> Command:
    return [COCOLINT, "check", "--isolated", "--no-cache", *arguments, str(path)]


def contenders(path: Path) -> dict[str, Command]:
    """Return the commands that are compared on one file, by what they are called in the tables."""
    file = str(path)
    return {
        HOTCOCO: python("import sys, hotcoco; hotcoco.COCO(sys.argv[1]).healthcheck()", file),
        "cocolint check -j 2": check(path, "-j", "2"),
        "cocolint check -j 1": check(path, "-j", "1"),
        "cocolint check -j 2, Python reader": python(WITHOUT_KERNEL, *check(path, "-j", "2")[1:]),
        "panlabel validate": [PANLABEL, "validate", "--format", "coco", file],
        JSON_LOAD: python("import sys, json; json.load(open(sys.argv[1], encoding='utf-8'))", file),
        "orjson.loads": python("import sys, orjson; orjson.loads(open(sys.argv[1], 'rb').read())", file),
        "pycocotools COCO(...)": python("import sys, pycocotools.coco; pycocotools.coco.COCO(sys.argv[1])", file),
        "faster-coco-eval COCO(...)": python("import sys, faster_coco_eval; faster_coco_eval.COCO(sys.argv[1])", file),
    }


def generated(cache: Path, annotations: int, task: str = "instances", faults: int = 0) -> Path:
    """Return a generated file of the cache, made if it is not there yet."""
    path = cache / f"{task}_{annotations}x{faults}.json"
    if not path.exists():
        say(f"generating {path}")
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        generate.write(unfinished, task, annotations, faults=faults)
        unfinished.replace(path)
    path.read_bytes()
    return path


def of_size(cache: Path, megabytes: float, task: str = "instances") -> Path:
    return generated(cache, round(megabytes * MEGABYTE / BYTES_PER_ANNOTATION), task)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    cells = [[str(cell) for cell in row] for row in rows]
    titles = list(head)
    rule = ["---"] + ["---:"] * (len(titles) - 1)
    return ["| " + " | ".join(line) + " |" for line in (titles, rule, *cells)] + [""]


def files_part(cache: Path, sizes: list[float], rounds: int, task: str) -> list[str]:
    """Time and weigh every contender on files of every size."""
    lines = [f"## Files of {task}", ""]
    per_megabyte: dict[str, list[str]] = {}
    for size in sizes:
        path = of_size(cache, size, task)
        megabytes = path.stat().st_size / MEGABYTE
        commands = contenders(path)
        say(f"timing {path.name}")
        taken = interleaved(commands, rounds)
        say(f"weighing {path.name}")
        memory = {name: peak(command) for name, command in commands.items()}
        rows = []
        for name, times in taken.items():
            median = statistics.median(times)
            per_megabyte.setdefault(name, []).append(f"{1000 * median / megabytes:.1f}")
            ratios = [f"{ratio(taken, name, other):.2f}" for other in (HOTCOCO, JSON_LOAD)]
            rows.append([name, f"{median:.2f}", *ratios, f"{memory[name] / MEGABYTE:.0f}"])
        lines += [f"{megabytes:.0f} MB:", ""]
        lines += table(["process", "seconds", "× hotcoco", "× json.load", "peak MB"], rows)
    lines += ["Milliseconds per MB, to see whether the cost grows with the size only:", ""]
    return lines + table(["process", *(f"{size:g} MB" for size in sizes)], ([n, *row] for n, row in per_megabyte.items()))


def start_part(cache: Path, rounds: int) -> list[str]:
    """Time what a user waits for when there is next to nothing to check."""
    small = of_size(cache, 0.02)
    name = f"cocolint check, {small.stat().st_size / 1000:.0f} KB"
    imports = "import typer", "import numpy, rich, typer, msgspec"
    pairs: list[tuple[str, Command, str, Command]] = [
        ("cocolint --version", [COCOLINT, "--version"], imports[0], python(imports[0])),
        (name, check(small), imports[1], python(imports[1])),
    ]
    if LABELLINT:
        pairs.append((name, check(small), "labellint scan", [LABELLINT, "scan", str(small)]))
    rows = []
    for name, command, other, beside in pairs:
        say(f"timing {name}")
        taken = interleaved({"ours": command, "beside": beside}, rounds)
        seconds = [f"{1000 * statistics.median(taken[which]):.0f}" for which in ("ours", "beside")]
        rows.append([f"`{name}`", seconds[0], f"`{other}`", seconds[1], f"{ratio(taken, 'ours', 'beside'):.2f}"])
    return ["## Start", "", *table(["process", "ms", "beside", "ms", "ratio"], rows)]


def findings_part(cache: Path, rounds: int, findings: int) -> list[str]:
    """Time a file with many findings of one rule beside the same file without them."""
    clean, faulty = generated(cache, findings), generated(cache, findings, faults=findings)
    commands = {
        "no finding": check(clean, "-j", "2"),
        "full": check(faulty, "-j", "2"),
        "json": check(faulty, "-j", "2", "--output-format", "json"),
    }
    say(f"timing {findings} findings")
    taken = interleaved(commands, rounds)
    rows = []
    for name, times in taken.items():
        more = statistics.median(a - b for a, b in zip(times, taken["no finding"], strict=True))
        rows.append([name, f"{statistics.median(times):.2f}", f"{more:+.2f}", printed(commands[name], name)])
    lines = [f"## {findings:,} findings of one rule", "", f"In a file of {faulty.stat().st_size / MEGABYTE:.0f} MB.", ""]
    return lines + table(["output", "seconds", "more than without", "printed"], rows)


def printed(command: Command, form: str) -> str:
    text = output(command)
    if form != "json":
        return f"{text.count(chr(10))} lines"
    groups = json.loads(text)["findings"]
    return " + ".join(f"{len(group['occurrences']):,} of {group['count']:,} {group['name']}" for group in groups)


def mending_part(cache: Path, rounds: int, megabytes: float) -> list[str]:
    """Time a fix of every annotation of a file beside the check of the same file alone."""
    path = without_flags(of_size(cache, megabytes))
    commands = {
        "check": check(path, "-j", "2"),
        "check --fix": check(path, "-j", "2", "--fix", "--out", str(cache / "mended")),
    }
    say(f"timing fixes of {path.name}")
    taken = interleaved(commands, rounds)
    memory = {name: f"{peak(command) / MEGABYTE:.0f}" for name, command in commands.items()}
    rows = [
        [name, f"{statistics.median(times):.2f}", f"{ratio(taken, name, 'check'):.2f}", memory[name]]
        for name, times in taken.items()
    ]
    title = f"Every annotation of a file of {path.stat().st_size / MEGABYTE:.0f} MB lacks `iscrowd`, which is added:"
    return ["## Fixes", "", title, "", *table(["process", "seconds", "× check", "peak MB"], rows)]


def without_flags(path: Path) -> Path:
    """Return a copy of a generated file in which no annotation has `iscrowd`, made if it is not there yet."""
    copy = path.with_name(f"{path.stem}_flagless.json")
    if not copy.exists():
        copy.write_bytes(re.sub(rb'"iscrowd": [01], ', b"", path.read_bytes()))
    return copy


def rules_part(cache: Path, megabytes: float) -> list[str]:
    """Print the share that each rule has of a check in one process."""
    path = of_size(cache, megabytes)
    say(f"timing rules on {path.name}")
    code = (
        "import sys, json, cocolint; r = cocolint.check(sys.argv[1], jobs=1); print(json.dumps([r.seconds, r.seconds_by_rule]))"
    )
    whole, seconds = json.loads(output(python(code, str(path))))
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    rows = [[name, f"{1000 * taken:.0f}", f"{100 * taken / whole:.1f} %"] for name, taken in ordered[:SLOWEST]]
    rest = sum(taken for _, taken in ordered[SLOWEST:])
    rows.append([f"{len(ordered) - SLOWEST} others together", f"{1000 * rest:.0f}", f"{100 * rest / whole:.1f} %"])
    lines = ["## Rules", "", f"Default rules on {path.stat().st_size / MEGABYTE:.0f} MB, `-j 1`, {whole:.2f} s in all:", ""]
    return lines + table(["rule", "ms", "share of the run"], rows)


def pictures_part(cache: Path, rounds: int, count: int) -> list[str]:
    """Time the look at pictures, beside the same check that leaves them alone."""
    path = generated_pictures(cache, count)
    commands = {"with": check(path, "-j", "2"), "without": check(path, "-j", "2", "--no-images")}
    say(f"timing {count} pictures")
    taken = interleaved(commands, rounds)
    more = statistics.median(a - b for a, b in zip(taken["with"], taken["without"], strict=True))
    head = ["pictures", "seconds more than with `--no-images`", "pictures a second"]
    return ["## Pictures", "", *table(head, [[f"{count:,}", f"{more:.2f}", f"{count / more:,.0f}"]])]


def generated_pictures(cache: Path, count: int) -> Path:
    """Return an annotation file with `count` small JPEGs beside it, made if they are not there yet."""
    from PIL import Image

    folder = cache / f"pictures_{count}"
    path = folder / "annotations" / "image_info_train.json"
    if not path.exists():
        say(f"generating {count} pictures")
        for part in ("annotations", "images/train"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        names = [f"{number:012d}.jpg" for number in range(count)]
        for number, name in enumerate(names):
            Image.new("RGB", (64, 48), (number % 256, number // 256 % 256, 0)).save(folder / "images" / "train" / name)
        images = [{"id": number, "width": 64, "height": 48, "file_name": name} for number, name in enumerate(names, 1)]
        path.write_text(json.dumps({"info": {}, "licenses": [], "images": images, "categories": []}), encoding="utf-8")
    return path


def splits_part(cache: Path, megabytes: float) -> list[str]:
    """Print what the rules that compare files cost, beside reading the files."""
    folder = cache / f"splits_{megabytes:g}" / "annotations"
    folder.mkdir(parents=True, exist_ok=True)
    for source, name in ((of_size(cache, megabytes), "train"), (of_size(cache, megabytes / 20), "val")):
        link = folder / f"instances_{name}.json"
        if not link.exists():
            link.symlink_to(source)
    say("timing rules that compare files")
    code = (
        "import sys, json, cocolint; from cocolint.engine import registry; r = cocolint.check(sys.argv[1]);"
        "names = [rule.name for rule in registry.load() if rule.scope.name == 'DATASET'];"
        "print(json.dumps([sum(f.images for f in r.files), sum(r.seconds_by_step.values()),"
        " sum(r.seconds_by_rule.get(n, 0) for n in names)]))"
    )
    images, reading, comparing = json.loads(output(python(code, str(folder))))
    rows = [[f"{images:,}", f"{reading:.2f}", f"{comparing:.2f}"]]
    return ["## Files of a data set", "", *table(["images", "reading and checking, s", "comparing, s"], rows)]


def machine() -> list[str]:
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = next((line.partition(": ")[2] for line in described.splitlines() if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    cores = len(os.sched_getaffinity(0))
    return [
        f"{date.today().isoformat()}, {platform.system()} {platform.machine()}, {cores} cores ({model or 'unknown'}), "
        f"{memory:.0f} GiB, Python {platform.python_version()};",
        f"{packages}.",
        "",
    ]


def page(options: argparse.Namespace) -> Iterable[list[str]]:
    yield [
        "# Benchmarks",
        "",
        "Written by `benchmarks/run.py`. Times are medians of whole processes, start of Python included, run in turns so that",
        "a busy machine slows all of them; a ratio is the median of the ratios within a turn. Memory is the peak of the",
        "proportional set size, summed over all processes, from a run of its own. Files are generated by",
        f"`benchmarks/generate.py`. {options.rounds} turns.",
        "",
        *machine(),
    ]
    for task in options.tasks.split(","):
        yield files_part(options.cache, [float(size) for size in options.sizes.split(",")], options.rounds, task)
    yield start_part(options.cache, 4 * options.rounds)
    yield findings_part(options.cache, options.rounds, options.findings)
    yield mending_part(options.cache, options.rounds, options.rules)
    yield rules_part(options.cache, options.rules)
    yield splits_part(options.cache, options.rules)
    yield pictures_part(options.cache, options.rounds, options.pictures)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="20,100,430,860", help="megabytes, with commas")
    parser.add_argument("--tasks", default="instances", help="instances, person_keypoints or both, with a comma")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--findings", type=int, default=FINDINGS)
    parser.add_argument("--rules", type=float, default=430, help="megabytes of the file that rules and fixes are timed on")
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "cocolint-benchmarks")
    parser.add_argument("--output", type=Path, help="write the page to this file as well")
    options = parser.parse_args()
    lines: list[str] = []
    for part in page(options):
        print("\n".join(part), flush=True)
        lines += part
    if options.output:
        options.output.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
