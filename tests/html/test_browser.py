"""The page in a real browser: no errors, nothing of the data runs, filters, tables, keyboard and looks work."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cocolint.model import Severity
from tests.html.conftest import HOSTILE, Browser, annotation, checked, faulty, page_of, written
from tests.support import reports

selenium = pytest.importorskip("selenium")
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


def visible(chrome: Chrome, selector: str) -> list[str]:
    """Return the ids of the elements that are not hidden."""
    script = "return [...document.querySelectorAll(arguments[0])].filter(e => !e.closest('[hidden]')).map(e => e.id)"
    found: list[str] = chrome.execute_script(script, selector)
    return found


def errors(chrome: Chrome) -> list[object]:
    log: list[dict[str, object]] = chrome.get_log("browser")  # type: ignore[no-untyped-call]
    return [entry for entry in log if entry["level"] in ("SEVERE", "WARNING")]


def test_it_renders_without_errors_and_nothing_of_the_data_runs(browser: Browser, page: str) -> None:
    chrome = browser(page)
    assert errors(chrome) == []
    assert chrome.title == "cocolint: failed"
    assert chrome.find_elements(By.TAG_NAME, "img") == []
    assert len(chrome.find_elements(By.TAG_NAME, "script")) == 1
    names = [option.text for option in Select(chrome.find_element(By.ID, "class")).options]
    assert HOSTILE in names
    assert (
        chrome.execute_script("return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length")
        == 0
    )


def test_the_policy_stops_what_is_slipped_in(browser: Browser, page: str) -> None:
    slipped = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    chrome = browser(page.replace("</main>", f"{slipped}</main>"))
    assert chrome.title == "cocolint: failed"
    assert errors(chrome)


def test_filters_by_rule_level_file_class_and_words(browser: Browser, page: str) -> None:
    chrome = browser(page)
    everything = visible(chrome, ".card")
    assert len(everything) > 8
    rule = Select(chrome.find_element(By.ID, "rule"))
    rule.select_by_value("K010-warning")
    assert visible(chrome, ".card") == ["K010-warning"]
    assert "1 of" in chrome.find_element(By.ID, "shown").text
    chrome.find_element(By.CSS_SELECTOR, "#filters [type=reset]").click()
    time.sleep(0.1)
    assert visible(chrome, ".card") == everything
    for level in ("warning", "info"):
        chrome.find_element(By.CSS_SELECTOR, f"[value={level}]").click()
    assert visible(chrome, ".card") == [one for one in everything if one.endswith("-error")]
    chrome.find_element(By.CSS_SELECTOR, "[value=warning]").click()
    Select(chrome.find_element(By.ID, "file")).select_by_visible_text("person_keypoints_train.json")
    assert "K010-warning" in visible(chrome, ".card")
    assert "A010-error" not in visible(chrome, ".card")
    examples = "return [...document.querySelectorAll('.example')].filter(e => !e.closest('[hidden]')).map(e => e.dataset.file)"
    assert len(set(chrome.execute_script(examples))) == 1
    chrome.find_element(By.CSS_SELECTOR, "#filters [type=reset]").click()
    time.sleep(0.1)
    Select(chrome.find_element(By.ID, "class")).select_by_visible_text("person")
    assert "K010-warning" in visible(chrome, ".card")
    assert "R018-warning" not in visible(chrome, ".card")
    chrome.find_element(By.ID, "text").send_keys("no such words")
    assert visible(chrome, ".card") == []
    assert chrome.find_element(By.ID, "nothing").is_displayed()


def test_a_link_to_a_hidden_rule_shows_it(browser: Browser, page: str) -> None:
    chrome = browser(page)
    Select(chrome.find_element(By.ID, "rule")).select_by_value("K010-warning")
    chrome.find_element(By.CSS_SELECTOR, "#rules a[href='#A010-error']").click()
    time.sleep(0.2)
    assert "A010-error" in visible(chrome, ".card")


def test_tables_are_sorted_by_number_and_by_name(browser: Browser, page: str) -> None:
    chrome = browser(page)
    column = "return [...document.querySelectorAll('#rules tbody tr')].map(r => r.cells[arguments[0]].textContent)"
    heads = chrome.find_elements(By.CSS_SELECTOR, "#rules .sort")
    for press in ("descending", "ascending"):
        heads[3].click()
        counts = [int(text.replace(",", "")) for text in chrome.execute_script(column, 3)]
        assert counts == sorted(counts, reverse=press == "descending")
        assert chrome.find_elements(By.CSS_SELECTOR, "#rules th")[3].get_attribute("aria-sort") == press
    heads[0].click()
    codes = chrome.execute_script(column, 0)
    assert codes == sorted(codes)
    assert len(codes) == len(set(codes)) > 8


def test_it_is_used_without_a_mouse(browser: Browser, page: str) -> None:
    chrome = browser(page)
    ActionChains(chrome).send_keys(Keys.TAB).perform()
    assert chrome.switch_to.active_element.text == "Skip to the findings"
    ActionChains(chrome).send_keys("/").perform()
    assert chrome.switch_to.active_element.get_attribute("id") == "text"
    ActionChains(chrome).send_keys("bbox-out-of-image").perform()
    assert "B010-warning" in visible(chrome, ".card")
    zoom = chrome.find_element(By.CSS_SELECTOR, "#B010-warning .zoom")
    chrome.execute_script("arguments[0].focus()", zoom)
    ActionChains(chrome).send_keys(Keys.ENTER).perform()
    large = chrome.find_element(By.ID, "large")
    assert large.get_attribute("open")
    first = large.find_element(By.CSS_SELECTOR, ".message").text
    ActionChains(chrome).send_keys(Keys.ARROW_LEFT).perform()
    assert large.find_element(By.CSS_SELECTOR, ".message").text != first
    ActionChains(chrome).send_keys(Keys.ARROW_RIGHT).perform()
    assert large.find_element(By.CSS_SELECTOR, ".message").text == first
    ActionChains(chrome).send_keys(Keys.ESCAPE).perform()
    assert not large.get_attribute("open")
    assert chrome.switch_to.active_element == zoom
    sort = chrome.find_elements(By.CSS_SELECTOR, "#rules .sort")[3]
    chrome.execute_script("arguments[0].focus()", sort)
    ActionChains(chrome).send_keys(Keys.SPACE).perform()
    assert chrome.find_elements(By.CSS_SELECTOR, "#rules th")[3].get_attribute("aria-sort") == "descending"


def test_light_and_dark_follow_the_system_until_told(browser: Browser, page: str) -> None:
    chrome = browser(page)
    background = "return getComputedStyle(document.body).backgroundColor"
    seen = []
    for scheme in ("light", "dark"):
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        seen.append(chrome.execute_script(background))
    light, dark = seen
    assert light != dark
    button = chrome.find_element(By.ID, "theme")
    button.click()
    assert (button.text, chrome.execute_script(background)) == ("Theme: light", light)
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    button.click()
    assert (button.text, chrome.execute_script(background)) == ("Theme: dark", dark)
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert chrome.execute_script(background) == "rgb(255, 255, 255)"
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    button.click()


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_window(browser: Browser, page: str, width: int) -> None:
    chrome = browser(page)
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert chrome.execute_script(script) == 0
    finally:
        chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_marks_can_be_hidden_to_see_the_picture(browser: Browser, page: str) -> None:
    chrome = browser(page)
    box = chrome.find_element(By.CSS_SELECTOR, ".card .box.wrong")
    assert box.is_displayed()
    chrome.find_element(By.ID, "marks").click()
    assert not box.is_displayed()


def test_a_hundred_thousand_findings_stay_quick(browser: Browser) -> None:
    severities = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    groups = [reports.group(f"A{n:03}", f"rule-{n}", severities[n % 3], count=1000, path=f"{n % 40}.json") for n in range(200)]
    results = [reports.result(f"{n}.json", *groups[n::40]) for n in range(40)]
    chrome = browser(page_of(reports.report(*results, occurrences=reports.locate)))
    paint = "return performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)"
    painted = WebDriverWait(chrome, 10).until(lambda _: chrome.execute_script(paint))
    assert painted[0] < 3000  # a tenth of it where nothing else runs
    script = (
        "const begin = performance.now(); const text = document.getElementById('text'); text.value = 'rule-17';"
        "text.dispatchEvent(new Event('input', {bubbles: true})); document.body.offsetHeight; return performance.now() - begin"
    )
    assert chrome.execute_script(script) < 1500
    assert len(visible(chrome, ".card")) == 11


def test_a_finding_on_one_file_has_no_file_filter(browser: Browser, tmp_path: Path) -> None:
    data = faulty()
    data["annotations"] = [annotation(1, bbox=[630, 10, 40, 40])]
    chrome = browser(page_of(checked(written(tmp_path, instances_train=data))))
    assert chrome.find_elements(By.ID, "file") == []
    assert errors(chrome) == []
    chrome.find_element(By.ID, "text").send_keys("bbox")
    assert visible(chrome, ".card")
