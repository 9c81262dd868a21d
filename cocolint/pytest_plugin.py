"""Annotation files as tests: with `pytest --cocolint` each rule on each file is an item.

Every pytest run loads this module where cocolint is installed: what it needs of cocolint is imported when it is needed.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cocolint.model import AnnotationFile
    from cocolint.pytest_checks import Checks
    from cocolint.reported import Report

ENDINGS = (".json", ".json.gz")
FILTER = f"default::{__name__}.FindingWarning"


class FindingWarning(pytest.PytestWarning):
    """Findings that are not bad enough to make a run fail."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that turns the plugin on."""
    group = parser.getgroup("cocolint", "annotation files of COCO")
    group.addoption("--cocolint", action="store_true", help="check annotation files: each rule on each file is a test")


def pytest_configure(config: pytest.Config) -> None:
    """Collect annotation files, only where it is asked for. Raises `pytest.UsageError` for settings that cannot be used."""
    if config.getoption("--cocolint"):
        config.pluginmanager.register(_Collecting(config), "cocolint-collecting")


@pytest.fixture(scope="session")
def cocolint_check() -> Callable[..., Report]:
    """Check annotation files: `cocolint_check(path, select=["B"], fail_on="warning")` returns the report.

    Settings are called as in the configuration file, with underscores; those of the project's file hold where none is given.
    A finding at or above `fail_on` fails the test, unless `exit_zero=True`.
    """

    def check(*paths: str | os.PathLike[str], **settings: Any) -> Report:
        __tracebackhide__ = True
        from cocolint import pytest_checks
        from cocolint.failure import Failure

        try:
            report = pytest_checks.report_on(paths, settings)
        except Failure as error:
            pytest.fail(f"cocolint: {error}")
        if report.exit_code:
            pytest.fail(pytest_checks.text_of(report), pytrace=False)
        return report

    return check


class _Collecting:
    """The hooks of a run that was asked to check annotation files."""

    def __init__(self, config: pytest.Config) -> None:
        from cocolint import pytest_checks
        from cocolint.failure import Failure

        self._worker = getattr(config, "workerinput", {})
        try:
            self.checks = pytest_checks.Checks(config.invocation_params.dir, self._worker.get("cocolint_folder", ""))
        except Failure as error:
            raise pytest.UsageError(f"cocolint: {error}") from None
        if not any("FindingWarning" in line for line in config.getini("filterwarnings")):
            config.addinivalue_line("filterwarnings", FILTER)  # else `error` would fail what is to pass

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.checks.width = self._worker.get("cocolint_width") or _width(session.config)

    def pytest_report_header(self) -> str:
        return f"cocolint: {self.checks.about}"

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        named = parent.session.isinitpath(file_path)
        if file_path.name.endswith(ENDINGS) or (named and file_path.suffix.lower() == ".zip"):
            files = self.checks.add(file_path, named)
            names = _harmless(file_path, parent.config.rootpath)
            return _File.from_parent(parent, path=file_path, files=files, checks=self.checks, **names) if files else None
        return None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.checks.plan((item.file.display, item.name) for item in session.items if isinstance(item, _Rule))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if isinstance(item, _Rule):
            item.look()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where all of them lay down what they found, so that no file is checked twice."""
        node.workerinput["cocolint_folder"] = self.checks.share()
        node.workerinput["cocolint_width"] = _width(node.config)

    def pytest_unconfigure(self) -> None:
        self.checks.close()


def _width(config: pytest.Config) -> int:
    has_terminal = config.pluginmanager.has_plugin("terminalreporter")
    return config.get_terminal_writer().fullwidth if has_terminal else 80


def _harmless(path: Path, root: Path) -> dict[str, Any]:
    """Return a name and a node id for a file whose own would steer a terminal or a runner, or cannot be written to XML."""
    from cocolint.report.text import clean

    inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    shown = clean(inside)
    if shown.startswith("::"):
        shown = f"\\{shown}"
    return {} if shown == inside else {"name": clean(path.name), "nodeid": shown}


class _File(pytest.File):
    """A file of annotations, or an archive of such `files`."""

    def __init__(self, *, files: list[AnnotationFile], checks: Checks, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.files = files
        self.checks = checks

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        from cocolint.report.text import clean

        for file in self.files:
            if file.archive:
                name = clean(file.path.relative_to(file.archive).as_posix())
                yield _Entry.from_parent(self, name=name, file=file, checks=self.checks)
            else:
                yield from _rules_on(file, self, self.checks)


class _Entry(pytest.Collector):
    """A file of annotations in an archive."""

    def __init__(self, *, file: AnnotationFile, checks: Checks, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.checks = checks

    def collect(self) -> Iterator[pytest.Item]:
        yield from _rules_on(self.file, self, self.checks)


def _rules_on(file: AnnotationFile, parent: pytest.Collector, checks: Checks) -> Iterator[pytest.Item]:
    try:
        rules = checks.rules_for(file)
    except OSError as error:
        raise parent.CollectError(f"{file.display}: cannot be read: {error.strerror or error}") from None
    for code, name in rules:
        yield _Rule.from_parent(parent, name=name, code=code, file=file, checks=checks)


class _Rule(pytest.Item):
    """One rule on one file."""

    def __init__(self, *, code: str, file: AnnotationFile, checks: Checks, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.checks = checks
        self.extra_keyword_matches.add(code)

    def look(self) -> None:
        """Check the file, unless that is done: the time it takes is that of the first rule's setup."""
        from cocolint.failure import Failure

        __tracebackhide__ = True
        try:
            self.verdict = self.checks.verdict(self.file.display, self.name)
        except Failure as error:
            pytest.fail(f"cocolint: {error}", pytrace=False)
        if self.verdict.outcome == "skipped":
            self.add_marker(pytest.mark.skip(reason=self.verdict.text))  # then it is said of the file, not of this line

    def runtest(self) -> None:
        __tracebackhide__ = True
        outcome, text, place, column = self.verdict
        if outcome == "failed":
            pytest.fail(text, pytrace=False)
        if outcome == "xfailed":
            pytest.xfail(text)
        if outcome == "warned":
            warnings.warn_explicit(FindingWarning(text), None, place, column)  # not of the file, which would be read for it

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the item is. Its name stands alone, since pytest makes `::` of dots in it."""
        return self.path, 0, self.name
