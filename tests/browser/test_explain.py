"""A log pasted into the page: what the package says in Brython is what it says on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from llmnotes.engines.logs.page import answer
from llmnotes.registry import find, model_ids
from tests.browser.conftest import BOTH_WAYS

pytestmark = pytest.mark.browser

LOGS = sorted((Path(__file__).parents[1] / "data" / "logs").glob("*.log"))
ANSWERED = "['ready', 'refused'].includes(document.getElementById('ln-explain').dataset.state)"
LOAD_MS = 120_000


def told(text: str, config: str, lang: str) -> dict:
    """What CPython says."""
    return json.loads(answer(text, config, lang, model_ids(), lambda each: json.dumps(dict(find(each).config))))


def pasted(page: Page, text: str) -> str:
    """Paste a log and return what the page says of it."""
    page.locator("#ln-log").fill(text)
    page.evaluate("document.getElementById('ln-explain').dataset.state = ''")
    page.locator(".ln-explain__go").click()
    page.wait_for_function(ANSWERED, timeout=LOAD_MS)
    return page.locator(".ln-explain__said").text_content() or ""


@BOTH_WAYS
def test_a_pasted_log_is_explained_as_on_the_command_line(lang: str, address: str, visit: Callable) -> None:
    reader = visit()
    reader.page.goto(f"{address}{lang}/explain.html")
    first = LOGS[-1].read_text()
    said = pasted(reader.page, first)
    assert told(first, "", lang)["title"] in said
    # Each language is asked for half of them: the page's Python is slow, and what it reads does not depend on words.
    asked = [[log.read_text(), ""] for log in LOGS[("en", "zh").index(lang) :: 2]]
    asked += [[LOGS[0].read_text(), json.dumps(dict(find("deepseek-v3").config))], ["nothing", ""], [first, "{}"]]
    found = reader.page.evaluate(
        "([asked, lang]) => asked.map(([log, config]) => llmnotes.askLog(log, config, lang))", [asked, lang]
    )
    assert found == [told(log, config, lang) for log, config in asked]


@BOTH_WAYS
def test_the_example_is_a_log_of_the_tests_and_is_explained(lang: str, address: str, visit: Callable) -> None:
    reader = visit()
    reader.page.goto(f"{address}{lang}/explain.html")
    reader.page.locator(".ln-explain__example").click()
    reader.page.wait_for_function(ANSWERED, timeout=LOAD_MS)
    example = reader.page.locator("#ln-log").input_value()
    assert example in {log.read_text() for log in LOGS}
    assert told(example, "", lang)["title"] in (reader.page.locator(".ln-explain__said").text_content() or "")
    assert reader.complaints == []


def test_nothing_of_a_log_leaves_the_page(http: str, visit: Callable) -> None:
    reader = visit()
    sent: list[str] = []
    reader.page.on("request", lambda request: sent.append(request.method + " " + request.url))
    reader.page.goto(f"{http}en/explain.html")
    pasted(reader.page, LOGS[-1].read_text())
    assert sent
    assert all(each.startswith(f"GET {http}") and "?" not in each for each in sent)


def test_a_log_of_another_program_is_refused_in_one_line(address: str, visit: Callable) -> None:
    reader = visit()
    reader.page.goto(f"{address}en/explain.html")
    assert pasted(reader.page, "systemd[1]: Started Session 2.\n").startswith("none of 1 lines")
    assert reader.page.locator(".ln-explain__found").text_content() == ""
