"""The page as text: it stands on its own, says what it leaves out, and data stays data."""

from __future__ import annotations

import hashlib
import io
import re
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.failure import ConfigError
from cocolint.html import needed, samples
from cocolint.html.page import write
from cocolint.model import Mending
from cocolint.report import Style
from cocolint.reported import ExitCode
from tests.html.conftest import HOSTILE, annotation, checked, faulty, page_of, written
from tests.report.test_hostile import NASTY, nasty_report
from tests.support import reports

EXAMPLE = '<figure class="example'
VOID = {"meta", "link", "br", "img", "input", "rect", "image", "path", "use"}


class Outline(HTMLParser):
    """Every element with its attributes, and whether all are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def assert_alone(text: str) -> None:
    """Nothing is loaded, no element or attribute but those of the template runs or styles anything."""
    outline = Outline(text)
    assert outline.count("script") == outline.count("style") == 1
    assert not {"iframe", "object", "embed", "link", "base", "img"} & {tag for tag, _ in outline.elements}
    for _, attributes in outline.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "action")]
        for name in ("href", "xlink:href"):
            link = attributes.get(name) or "#"
            assert link.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,"))


def test_it_stands_on_its_own(page: str) -> None:
    assert_alone(page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src &#39;none&#39;" in policy[1]
    for tag in ("style", "script"):
        text = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert text
        assert b64encode(hashlib.sha256(text[1].encode()).digest()).decode() in policy[1]


def test_names_of_the_data_are_text(page: str) -> None:
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "猫" in page


@pytest.mark.parametrize("text", NASTY)
def test_no_text_of_a_report_becomes_markup(text: str) -> None:
    shown = page_of(nasty_report(text))
    assert_alone(shown)
    assert all(char.isprintable() or char == "\n" for char in shown)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_it_is_utf_8_whatever_the_stream_is(encoding: str) -> None:
    pytest.importorskip("jinja2")
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    write(nasty_report("猫 \ud800"), stream, Style("html"))
    assert "猫" in raw.getvalue().decode("utf-8")


def test_findings_have_pictures_with_the_wrong_part_marked(page: str) -> None:
    assert page.count('class="drawing"') >= 12
    assert "data:image/jpeg;base64," in page
    for mark in ('class="box wrong"', 'class="ring wrong', 'class="mask"', 'class="pose wrong"'):
        assert mark in page
    assert "reaches farther than is shown" in page


def test_it_tells_of_what_breaks_and_what_to_do(page: str) -> None:
    for words in ("bbox-out-of-image", "What breaks", "What to do", "instances_train.json"):
        assert words in page


def test_it_says_that_it_holds_samples_and_how_to_get_all(tmp_path: Path) -> None:
    data = faulty()
    data["annotations"] = [annotation(number, bbox=[630, 10, 40, 40]) for number in range(1, 2001)]
    text = page_of(checked(written(tmp_path, instances_train=data)))
    shown = text.count(EXAMPLE)
    assert f"Shown are {shown} of" in text
    assert "--report json=report.json" in text
    assert shown < 60
    assert len(text) < 1_000_000


def test_examples_are_shared_out_evenly() -> None:
    groups = [reports.group(f"A{number:03}", f"rule-{number}", count=50) for number in range(90)]
    from cocolint.report.tally import tallies

    found = samples.shares(tallies(reports.report(reports.result("a.json", *groups))), 5)
    assert sum(found.values()) == samples.MOST
    assert set(found.values()) == {2, 3}
    assert len(found) == 90


def test_many_files_with_one_rule_stay_few_examples() -> None:
    results = [reports.result(f"{n}.json", reports.group("A001", "rule", count=9, path=f"{n}.json")) for n in range(800)]
    text = page_of(reports.report(*results, occurrences=reports.locate))
    assert text.count(EXAMPLE) == 5 * samples.FILES
    assert "300 more files" in text
    assert "770 more files" in text


def test_the_page_of_a_large_report_is_small(tmp_path: Path) -> None:
    data = faulty()
    data["annotations"] = [
        {
            **annotation(number),
            "bbox": [630, 10, 40 + number % 7, 40],
            "area": 1.0,
            "iscrowd": number % 2,
            "category_id": number % 5,
        }
        for number in range(1, 401)
    ]
    files = {f"instances_train{number}": data for number in range(12)}
    text = page_of(checked(written(tmp_path, **files), images_root=tmp_path / "images" / "train"), max_examples=None)
    assert text.count(EXAMPLE) == samples.MOST
    assert len(text.encode()) < 3_000_000


def test_without_findings_it_says_so(tmp_path: Path) -> None:
    data = faulty()
    data["annotations"] = [annotation(number) for number in range(1, 30)]
    data["categories"] = [{"id": n, "name": name, "supercategory": "x"} for n, name in ((1, "cat"), (2, "dog"))]
    data["images"] = [*data["images"][:2], {**data["images"][1], "id": 3, "file_name": "2.jpg"}]
    text = page_of(checked(written(tmp_path, instances_train=data), select=("B",)))
    assert "There are none." in text
    assert "Objects per class" in text


def test_a_dry_mend_shows_what_would_be_mended(tmp_path: Path) -> None:
    folder = written(tmp_path, instances_train=faulty())
    text = page_of(checked(folder, mending=Mending.SHOWN, unsafe_fixes=True))
    assert "Would be mended" in text
    assert 'class="card' not in text


def test_pictures_are_left_alone_if_so_told(tmp_path: Path) -> None:
    text = page_of(checked(written(tmp_path, instances_train=faulty()), no_images=True))
    assert "data:image/jpeg" not in text
    assert 'class="drawing"' in text


def test_a_missing_package_is_told_before_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needed, "PACKAGES", ("jinja2", "no_such_package"))
    with pytest.raises(ConfigError, match=r"no_such_package: pip install 'cocolint\[html\]'"):
        Style.of(Settings(), "html", "", False, 0, False, False, "never")


def test_unreadable_files_are_in_the_page(tmp_path: Path) -> None:
    (tmp_path / "instances_train.json").write_text('{"images": [', encoding="utf-8")
    report = app.check([str(tmp_path / "instances_train.json")], Settings())
    text = page_of(report)
    assert report.exit_code is ExitCode.FINDINGS
    assert 'class="badge unreadable"' in text
    assert_alone(text)
