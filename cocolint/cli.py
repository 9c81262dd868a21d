"""Options in, exit code out."""

from __future__ import annotations

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

Selectors = Optional[list[str]]  # noqa: UP045 (read at run time by typer)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"cocolint {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def check(
    paths: Annotated[Optional[list[str]], typer.Argument(help="Files, folders or globs. [default: .]")] = None,  # noqa: UP045
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
    output_format: Annotated[str, typer.Option(help="full, concise, json, jsonl or github.")] = "",
    max_examples: Annotated[str, typer.Option(help="Rows shown of each finding; none for all. [default: 5]")] = "",
    statistics: Annotated[bool, typer.Option("--statistics", help="Only count the findings of each rule.")] = False,
    durations: Annotated[int, typer.Option(help="Show the N slowest rules.", metavar="N", min=0)] = 0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only the findings, a line each.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Also what passed, what was skipped, and why.")] = False,
    color: Annotated[str, typer.Option(help="auto, always or never.")] = "auto",
    fail_on: Annotated[str, typer.Option(help="error, warning or info: what makes the run fail. [default: error]")] = "",
    fail_fast: Annotated[bool, typer.Option("-x", help="Stop after the first failed rule: --maxfail 1.")] = False,
    maxfail: Annotated[int, typer.Option(help="Stop after the file in which so many rules failed.", metavar="N", min=0)] = 0,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 even if there are findings.")] = False,
    jobs: Annotated[Optional[int], typer.Option("-j", "--jobs", help="Processes. [default: the cores]", min=0)] = None,  # noqa: UP045
    configuration: Annotated[Selectors, typer.Option("--config", help="A TOML file, or a setting as 'key = value'.")] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Read no configuration file.")] = False,
    show_settings: Annotated[bool, typer.Option("--show-settings", help="Print the settings and stop.")] = False,
) -> None:
    """Check annotation files."""
    from cocolint import app as steps
    from cocolint import config, report
    from cocolint.model import ExitCode
    from cocolint.report.progress import Progress

    given = {
        "select": _split(select), "extend-select": _split(extend_select), "ignore": _split(ignore), "exclude": _split(exclude),
        "fail-on": fail_on or None, "max-examples": max_examples or None, "jobs": jobs,
        "profiles": _split(profile), "labels": labels or None, "images-root": images_root,
    }  # fmt: skip
    flags: dict[str, Any] = {
        "keyword": keyword, "exit_zero": exit_zero, "maxfail": 1 if fail_fast else maxfail,
        "dialect": dialect, "ground_truth": ground_truth, "no_images": no_images,
    }  # fmt: skip
    settings = config.resolve(given, flags, task, configuration or [], isolated)
    if show_settings:
        print(config.shown(settings))
        return
    style = report.Style.of(settings, output_format, max_examples, statistics, durations, quiet, verbose, color)
    with Progress() as progress:
        result = steps.check(paths or ["."], settings, progress)
    report.write(result, style, sys.stdout)
    if result.exit_code is not ExitCode.OK:
        raise typer.Exit(int(result.exit_code))


@app.command()
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


@app.command()
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


@app.command("config")
def config_(key: Annotated[str, typer.Argument(help="A key; all keys if left out.")] = "") -> None:
    """List or explain the keys of the configuration file."""
    from cocolint import config

    print(config.explain(key))


def _split(values: Selectors) -> list[str] | None:
    if values is None:
        return None
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def main() -> None:
    """Run the program and end the process."""
    import gc

    from cocolint.failure import Failure

    gc.disable()  # rows live in arrays and the process ends soon: collecting would only cost
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nothing here is linear algebra, and idle threads take a core
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
