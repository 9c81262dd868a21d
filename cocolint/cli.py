"""Options in, exit code out.

Annotations are evaluated here, since typer reads them, and strings would cost it an evaluation each.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from cocolint import __version__

app = typer.Typer(
    help="Validates and lints COCO annotation files.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Selectors = Optional[list[str]]  # noqa: UP045


def _version(wanted: bool) -> None:
    if wanted:
        from cocolint.compiled import kernel

        print(f"cocolint {__version__} ({'Python' if kernel is None else 'compiled'} reader)")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command("check")
def check(
    paths: Annotated[Optional[list[str]], typer.Argument(help="Files, folders, globs or URLs. [default: .]")] = None,  # noqa: UP045
    select: Annotated[Selectors, typer.Option(help="Run these: code, prefix, name or ALL, with commas.")] = None,
    extend_select: Annotated[Selectors, typer.Option(help="Run these in addition.")] = None,
    ignore: Annotated[Selectors, typer.Option(help="Do not run these.")] = None,
    keyword: Annotated[str, typer.Option("-k", metavar="EXPR", help="Of these, run what fits: words, and, or, not.")] = "",
    task: Annotated[str, typer.Option(help="The task of all files, instead of what name and content tell.")] = "",
    dialect: Annotated[
        str, typer.Option(help="Who wrote the files, instead of what their marks tell; coco relaxes nothing.")
    ] = "",
    profile: Annotated[Selectors, typer.Option(help="Who will read the files: severities follow their demands.")] = None,
    labels: Annotated[
        str, typer.Option(help="The categories there should be: FILE, coco-80, coco-panoptic-133, coco-stuff.")
    ] = "",
    ground_truth: Annotated[Optional[Path], typer.Option(help="What results files are compared with.")] = None,  # noqa: UP045
    images_root: Annotated[Optional[Path], typer.Option(help="Folder with the pictures. [default: found]")] = None,  # noqa: UP045
    no_images: Annotated[bool, typer.Option("--no-images", help="Leave the pictures alone.")] = False,
    exclude: Annotated[Selectors, typer.Option(help="Globs of files that are not searched.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended without a change of meaning.")] = False,
    unsafe_fixes: Annotated[bool, typer.Option("--unsafe-fixes", help="Also mend what may change a meaning.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would change, and change nothing.")] = False,
    fix_only: Annotated[bool, typer.Option("--fix-only", help="Mend, and do not report what remains.")] = False,
    show_fixes: Annotated[bool, typer.Option("--show-fixes", help="List the changes that --fix made.")] = False,
    exit_non_zero_on_fix: Annotated[
        bool, typer.Option("--exit-non-zero-on-fix", help="Exit with 1 if anything was mended.")
    ] = False,
    out: Annotated[Optional[Path], typer.Option(help="Folder for mended copies; nothing else is written.")] = None,  # noqa: UP045
    output_format: Annotated[
        str, typer.Option(help="full, concise, json, jsonl, github, gitlab, sarif, junit, rdjson, markdown, html.")
    ] = "",
    reports: Annotated[
        Selectors, typer.Option("--report", metavar="FORMAT=FILE", help="Also write a report to a file; may be repeated.")
    ] = None,
    max_examples: Annotated[str, typer.Option(help="Rows shown of each finding; none for all. [default: 5]")] = "",
    statistics: Annotated[bool, typer.Option("--statistics", help="Only count the findings of each rule.")] = False,
    durations: Annotated[int, typer.Option(help="Show the N slowest rules.", metavar="N", min=0)] = 0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only the findings, a line each.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Also what passed, what was skipped, and why.")] = False,
    color: Annotated[str, typer.Option(help="auto, always or never.")] = "auto",
    fail_on: Annotated[str, typer.Option(help="error, warning or info: what makes the run fail. [default: error]")] = "",
    last_failed: Annotated[
        bool, typer.Option("--lf", "--last-failed", help="Only the rules and files that failed in the last run.")
    ] = False,
    fail_fast: Annotated[bool, typer.Option("-x", help="Stop after the first failed rule: --maxfail 1.")] = False,
    maxfail: Annotated[int, typer.Option(help="Stop after the file in which so many rules failed.", metavar="N", min=0)] = 0,
    baseline: Annotated[Optional[Path], typer.Option(help="Do not report again what this file lists.")] = None,  # noqa: UP045
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="List what is found in the baseline. [default: cocolint-baseline.json]")
    ] = False,
    prune_baseline: Annotated[
        bool, typer.Option("--prune-baseline", help="Take out of the baseline what is no longer found.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 even if there are findings.")] = False,
    jobs: Annotated[Optional[int], typer.Option("-j", "--jobs", help="Processes. [default: the cores]", min=0)] = None,  # noqa: UP045
    executor: Annotated[str, typer.Option(metavar="URL", help="dask://HOST:PORT: a Dask cluster checks large files.")] = "",
    paths_from: Annotated[
        str, typer.Option(metavar="FILE", help="More paths: one a line, or NUL between them; - is standard input.")
    ] = "",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither use nor keep results of unchanged files.")] = False,
    configuration: Annotated[Selectors, typer.Option("--config", help="A TOML file, or a setting as 'key = value'.")] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Read no configuration file.")] = False,
    show_settings: Annotated[bool, typer.Option("--show-settings", help="Print the settings and stop.")] = False,
) -> None:
    """Check annotation files, and mend them with --fix."""
    from msgspec.structs import replace

    from cocolint import app as steps
    from cocolint import config, discover, report
    from cocolint.report.progress import Progress
    from cocolint.report.text import clean
    from cocolint.reported import ExitCode

    given = {
        "select": _split(select), "extend-select": _split(extend_select), "ignore": _split(ignore), "exclude": _split(exclude),
        "fail-on": fail_on or None, "max-examples": max_examples or None, "jobs": jobs,
        "unsafe-fixes": unsafe_fixes or None, "profiles": _split(profile), "labels": labels or None, "images-root": images_root,
        "baseline": baseline, "executor": executor or None,
    }  # fmt: skip
    flags: dict[str, Any] = {
        "keyword": keyword, "exit_zero": exit_zero, "maxfail": 1 if fail_fast else maxfail,
        "dialect": dialect, "ground_truth": ground_truth, "no_images": no_images,
        "mending": config.mending(fix, diff, fix_only, out), "out": out, "fix_only": fix_only,
        "exit_non_zero_on_fix": exit_non_zero_on_fix,
        "write_baseline": write_baseline, "prune_baseline": prune_baseline, "use_cache": not no_cache,
        "last_failed": last_failed,
    }  # fmt: skip
    settings = config.resolve(given, flags, task, configuration or [], isolated)
    if paths_from:
        paths = [*(paths or []), *discover.listed(paths_from)]
    if show_settings:
        print(config.shown(settings))
        return
    style = report.Style.of(settings, output_format, max_examples, statistics, durations, quiet, verbose, color, show_fixes)
    with report.Files(reports or [], style) as files:
        settings = replace(settings, changes=files.changes)
        with Progress() as progress:
            result = steps.check(["."] if paths is None else paths, settings, progress)
        try:
            files.write(result)
        finally:  # what could not be written to a file is not lost
            report.write(result, style, sys.stdout)
    for stale in result.stale:
        print(clean(f"cocolint: {stale.path}: {stale.code} ({stale.gone:,}): {stale.because}"), file=sys.stderr)
    if result.exit_code is not ExitCode.OK:
        raise typer.Exit(int(result.exit_code))


@app.command("export")
def export(
    source: Annotated[str, typer.Argument(metavar="SRC", help="A file, a folder or a .zip, as `check` takes them.")],
    target: Annotated[Path, typer.Argument(metavar="DST", help="A folder that is not there, or empty.")],
    task: Annotated[Selectors, typer.Option(help="Write files of these tasks. [default: those of SRC]")] = None,
    subset: Annotated[Selectors, typer.Option(help="Take these subsets. [default: all]")] = None,
    layout: Annotated[str, typer.Option(help="Names and places: datumaro, roboflow, mmdet or fiftyone.")] = "datumaro",
    rename: Annotated[bool, typer.Option("--rename/--no-rename", help="Call files <task>_<subset>.json.")] = True,
    filters: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--filter", metavar="KEY=VALUE", help="category=NAME, image=GLOB or area=LEAST..MOST."),
    ] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Make one file of several that would get one name.")] = False,
    split: Annotated[Selectors, typer.Option(help="New subsets and their shares: train=0.8,val=0.2.")] = None,
    seed: Annotated[int, typer.Option(help="Another number gives another split.")] = 0,
    segmentation_mode: Annotated[
        str, typer.Option(help="guess (masks for crowds), polygons or mask. [default: as they are]")
    ] = "",
    crop_covered: Annotated[bool, typer.Option("--crop-covered", help="Cut off what later objects cover.")] = False,
    reindex: Annotated[bool, typer.Option("--reindex", help="Number images, annotations and categories from 1.")] = False,
    allow_attributes: Annotated[
        bool, typer.Option("--allow-attributes/--no-allow-attributes", help="Keep `attributes` of annotations.")
    ] = True,
    save_images: Annotated[bool, typer.Option("--save-images", help="Copy the pictures too.")] = False,
    merge_images: Annotated[bool, typer.Option("--merge-images", help="One folder of pictures for all subsets.")] = False,
    image_ext: Annotated[str, typer.Option(help="Write pictures in this format: .jpg, .png.", metavar="EXT")] = "",
    save_dataset_meta: Annotated[bool, typer.Option("--save-dataset-meta", help="Write a dataset_meta.json.")] = False,
    sort: Annotated[bool, typer.Option("--sort", help="Order records by id.")] = False,
    indent: Annotated[Optional[int], typer.Option(help="Spaces for each level of JSON.", metavar="N", min=1, max=16)] = None,  # noqa: UP045
) -> None:
    """Write a data set anew, in the shape that the next tool wants."""
    from cocolint.export import options as wanted
    from cocolint.export import run, summary
    from cocolint.report.progress import Progress

    options = wanted.Options(
        tasks=tuple(dict.fromkeys(map(wanted.task_of, _split(task) or []))), subsets=tuple(_split(subset) or []),
        layout=wanted.layout_of(layout), rename=rename, segmentation_mode=wanted.mode_of(segmentation_mode),
        crop_covered=crop_covered, reindex=reindex, allow_attributes=allow_attributes, save_images=save_images,
        merge_images=merge_images, image_ext=wanted.suffix_of(image_ext), save_dataset_meta=save_dataset_meta, sort=sort,
        indent=indent, merge=merge, split=wanted.split_of(_split(split) or []), seed=seed,
        filter=wanted.filter_of(filters or []),
    )  # fmt: skip
    with Progress() as progress:
        tally = run.export(source, target, options, progress)
    summary.summarize(tally, target, options, sys.stdout)


@app.command("rule")
def rule(
    key: Annotated[str, typer.Argument(help="Code or name; all rules if left out.")] = "",
    output_format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """List all rules, or explain one."""
    from cocolint import config
    from cocolint.engine import registry
    from cocolint.report import rules

    known = registry.load(config.load(config.find_file(Path.cwd())).rules_path)
    rules.write(known, key, output_format, sys.stdout)


@app.command("schema")
def schema(task: Annotated[str, typer.Argument(help="The task; all tasks are listed if left out.")] = "") -> None:
    """Print the JSON Schema of a task, standing on its own."""
    import json

    from cocolint import config
    from cocolint.model import Task
    from cocolint.schema import bundled

    if not task:
        print("\n".join(Task))
        return
    print(json.dumps(bundled(config.task_named(task)), indent=2))


@app.command("init")
def init(
    force: Annotated[bool, typer.Option("--force", help="Write cocolint.toml anew if there is one.")] = False,
) -> None:
    """Write a small configuration and a pre-commit hook for the repository in which one stands."""
    from cocolint import beginning

    for line in beginning.begin(Path.cwd(), force):
        print(line)


@app.command("clean")
def clean() -> None:
    """Remove what earlier runs left in .cocolint_cache."""
    from cocolint import config
    from cocolint.cache import folder

    path = config.load(config.find_file(Path.cwd())).cache_folder
    print(f"removed {path}" if folder.remove(path) else f"nothing to remove: there is no {path}")


@app.command("config")
def config_(key: Annotated[str, typer.Argument(help="A key; all keys if left out.")] = "") -> None:
    """List or explain the keys of the configuration file."""
    from cocolint import config

    print(config.explain(key))


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(metavar="A", help="An annotation file.")],
    new: Annotated[str, typer.Argument(metavar="B", help="Another one, or a later state of it.")],
    output_format: Annotated[str, typer.Option(help="text or json.")] = "text",
    max_examples: Annotated[str, typer.Option(help="Rows shown of each kind; none for all. [default: 5, json: all]")] = "",
) -> None:
    """Tell what differs between two annotation files, apart from order and formatting."""
    from cocolint.compare import shown
    from cocolint.compare.difference import difference

    limit = shown.limit_of(output_format, max_examples)
    found = difference(Path(old), Path(new), limit)
    shown.write(found, sys.stdout, output_format, limit)
    if not found.is_equal:
        raise typer.Exit(1)


@app.command("stats")
def stats(
    paths: Annotated[Optional[list[str]], typer.Argument(help="Files, folders or globs. [default: .]")] = None,  # noqa: UP045
    output_format: Annotated[str, typer.Option(help="text or json.")] = "text",
    top: Annotated[int, typer.Option(help="Classes and values that are listed; 0 for all.", metavar="N", min=0)] = 10,
) -> None:
    """Count what is in annotation files: classes, sizes, crowding, keypoints, attributes."""
    from cocolint import config, stats_shown
    from cocolint.failure import PathError
    from cocolint.report.progress import Progress
    from cocolint.stats import stats as count

    stats_shown.check_format(output_format)
    settings = config.load(config.find_file(Path.cwd()))
    with Progress() as progress:
        found = count(paths or ["."], settings, progress)
    stats_shown.write(found, sys.stdout, output_format, top)
    if found.problems:
        raise PathError("\n".join(found.problems))


@app.command("show")
def show(
    file: Annotated[str, typer.Argument(help="An annotation file.")],
    id_: Annotated[Optional[int], typer.Option("--id", help="Draw the annotation with this id.", metavar="N")] = None,  # noqa: UP045
    image: Annotated[Optional[int], typer.Option(help="Draw all annotations of the image with this id.", metavar="ID")] = None,  # noqa: UP045
    rule: Annotated[str, typer.Option(help="Draw a finding of this rule: its code or name.")] = "",
    out: Annotated[Path, typer.Option("-o", "--out", help="The picture to write, .png or .jpg.")] = Path("out.png"),
    images_root: Annotated[Optional[Path], typer.Option(help="Folder with the pictures. [default: found]")] = None,  # noqa: UP045
) -> None:
    """Draw an annotation, an image with all of its annotations, or a finding."""
    from cocolint import config
    from cocolint import show as shown
    from cocolint.report.page import Page
    from cocolint.report.style import Style

    settings = config.resolve({"images-root": images_root}, {}, "", [], False)
    Page(sys.stdout, Style()).line(shown.show(file, shown.Wanted(id_, image, rule), out, settings))


def _split(values: Selectors) -> list[str] | None:
    if values is None:
        return None
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _leave_out_other_commands(words: list[str]) -> None:
    """Keep of the commands the one that is called: to build them all takes longer than the check of a small file."""
    wanted = "clean" if words in (["--version"], ["-V"]) else "".join(words)
    kept = [command for command in app.registered_commands if command.name == wanted]
    app.registered_commands = kept or app.registered_commands


def main() -> None:
    """Run the program and end the process."""
    import gc
    import signal

    from cocolint.failure import Failure

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that nothing temporary is left behind
    gc.disable()  # rows live in arrays and the process ends soon: collecting would only cost
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nothing here is linear algebra, and idle threads take a core
    _leave_out_other_commands(sys.argv[1:2])
    try:
        app()
    except Failure as error:
        print(f"cocolint: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("cocolint: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception:
        import traceback

        traceback.print_exc()
        print("cocolint: internal error; the fault is cocolint's, not the data's", file=sys.stderr)
        sys.exit(2)
    finally:
        gc.freeze()  # all of it goes with the process: to look for garbage at the end took a sixth of a small check
