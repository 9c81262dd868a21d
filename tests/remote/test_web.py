"""Files on web servers: read by ranges, with the same report as on disk; servers that misbehave are told apart."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cocolint import app
from cocolint.failure import Failure, PathError
from cocolint.read import remote
from cocolint.read.remote import RemoteError
from cocolint.reported import ExitCode, Report
from tests.remote.tools import checked, locally, put, settings, small_slices
from tests.remote.web import Site, served

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")
pytestmark = pytest.mark.remote

TRAIN = "annotations/instances_train.json"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(put(tmp_path / "set")) as one:
        yield one


def report_on(url: str) -> Report:
    return app.check([url], settings())


def trouble(url: str) -> str:
    """Return why a file cannot be read, which is all that the report says of it."""
    report = report_on(url)
    assert report.exit_code is ExitCode.UNUSABLE
    (result,) = report.files
    assert not result.groups
    return result.note


@pytest.mark.parametrize("indent", [None, 1])
def test_the_report_is_that_on_the_same_files_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indent: int | None
) -> None:
    folder = put(tmp_path / "set", indent)
    with served(folder) as site:
        small = checked(f"{site.url}/annotations/", f"{site.url}/")
        assert small == locally(folder)
        small_slices(monkeypatch)
        assert checked(f"{site.url}/annotations/", f"{site.url}/") == small == locally(folder)


def test_several_processes_change_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    small_slices(monkeypatch)
    assert checked(f"{site.url}/{TRAIN}", f"{site.url}/", jobs=2) == checked(site.folder / TRAIN, f"{site.folder}/")


def test_a_file_is_read_once_and_by_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "set", None)
    small_slices(monkeypatch)
    size = (folder / TRAIN).stat().st_size
    with served(folder) as site:
        report = report_on(f"{site.url}/{TRAIN}")
        ranges = [stop - start for kind, start, stop in site.requests if kind == "GET"]
        assert max(ranges) < size / 2
        assert size <= sum(ranges) < 1.01 * size
        assert report.groups
        for group in report.groups:
            assert list(report.occurrences(group, None))
        assert sum(stop - start for kind, start, stop in site.requests if kind == "GET") == sum(ranges)


def test_a_file_whose_cuts_are_wrong_is_fetched_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "set")
    path = folder / TRAIN
    data = json.loads(path.read_bytes())
    data["annotations"][7]["area"] = float("nan")
    path.write_text(json.dumps(data))
    small_slices(monkeypatch)
    with served(folder) as site:
        assert checked(f"{site.url}/{TRAIN}", f"{site.url}/") == checked(path, f"{folder}/")
        assert ("GET", 0, path.stat().st_size) in site.requests


def test_gzip_and_other_encodings_are_fetched_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "set")
    text = (folder / TRAIN).read_bytes()
    (folder / TRAIN).unlink()
    (folder / f"{TRAIN}.gz").write_bytes(gzip.compress(text))
    (folder / "annotations" / "instances_test.json").write_bytes(text.decode().encode("utf-16"))
    small_slices(monkeypatch)
    with served(folder) as site:
        assert checked(f"{site.url}/annotations/", f"{site.url}/") == locally(folder)


def test_no_secret_of_a_url_is_shown(site: Site) -> None:
    host = site.url.removeprefix("http://")
    report = report_on(f"http://user:hidden@{host}/{TRAIN}?signature=hidden")
    assert [file.path for file in report.files] == [f"http://user@{host}/{TRAIN}"]
    with pytest.raises(PathError) as caught:
        report_on(f"http://user:hidden@{host}/missing.json?signature=hidden")
    assert "hidden" not in str(caught.value)


def test_urls_that_differ_in_the_query_only_are_refused(site: Site) -> None:
    with pytest.raises(PathError, match="differ only after"):
        app.check([f"{site.url}/{TRAIN}?a", f"{site.url}/{TRAIN}?b"], settings())


def test_a_file_that_is_not_there(site: Site) -> None:
    with pytest.raises(PathError, match="there is no such file"):
        report_on(f"{site.url}/annotations/missing.json")


def test_access_is_forbidden(site: Site) -> None:
    site.status = 403
    with pytest.raises(PathError, match="access is forbidden"):
        report_on(f"{site.url}/{TRAIN}")


def test_a_server_error(site: Site) -> None:
    site.status = 503
    with pytest.raises(PathError, match="the server answers with the error 503"):
        report_on(f"{site.url}/{TRAIN}")


def test_a_server_that_is_not_there(site: Site, tmp_path: Path) -> None:
    with served(tmp_path) as gone:
        url = gone.url
    with pytest.raises(PathError, match="the server cannot be reached"):
        report_on(f"{url}/{TRAIN}")


def test_a_server_that_does_not_answer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SILENCE", 0.2)
    site.is_silent = True
    with pytest.raises(PathError, match="the server does not answer"):
        report_on(f"{site.url}/{TRAIN}")


@pytest.mark.parametrize("after", [1, 5, 9])
def test_a_file_that_changes(site: Site, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    small_slices(monkeypatch)
    site.changes_after = after
    assert "it changed while it was read" in trouble(f"{site.url}/{TRAIN}")


def test_a_small_file_that_changes(site: Site) -> None:
    site.changes_after = 1
    assert "it changed while it was read" in trouble(f"{site.url}/{TRAIN}")


def test_a_file_that_changes_before_findings_are_located(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    small_slices(monkeypatch)
    monkeypatch.setattr(remote, "_KEPT_BYTES", 200_000)
    report = report_on(f"{site.url}/{TRAIN}")
    site.changes_after = 0
    with pytest.raises(RemoteError, match="it changed while it was read") as caught:
        [list(report.occurrences(group, None)) for group in report.groups]
    assert isinstance(caught.value, Failure)


@pytest.mark.parametrize("is_small", [True, False])
def test_a_file_that_ends_early(site: Site, monkeypatch: pytest.MonkeyPatch, is_small: bool) -> None:
    if not is_small:
        small_slices(monkeypatch)
    site.breaks_off_after = 0 if is_small else 3
    assert "it ends early" in trouble(f"{site.url}/{TRAIN}")


def test_a_server_without_ranges_sends_small_files_only(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.knows_ranges = False
    assert checked(f"{site.url}/{TRAIN}", f"{site.url}/") == checked(site.folder / TRAIN, f"{site.folder}/")
    small_slices(monkeypatch)
    assert "the server sends no parts of files" in trouble(f"{site.url}/{TRAIN}")


def test_a_server_that_marks_no_state_is_believed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.tags = False
    small_slices(monkeypatch)
    assert checked(f"{site.url}/{TRAIN}", f"{site.url}/") == checked(site.folder / TRAIN, f"{site.folder}/")
