"""What a reader changes: a figure follows, the site remembers the model, a term explains itself, all by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import CUT_TEXT, OVERLAPPING_TEXT, TALLEST_SHIFT

pytestmark = pytest.mark.browser

ARTICLE = "en/kvcache/how-big-and-why-so-different.html"
# Longer than any delay of the page, on a clock that the test turns.
FOREVER_MS = 10_000
PATHS = "(figure) => [...figure.querySelectorAll('svg path, svg use')].map((one) => one.outerHTML).join()"


def choose(page: Page, text: str) -> None:
    page.locator("#ln-picker input").fill(text)
    page.keyboard.press("Enter")


def test_a_figure_follows_its_controls_and_goes_back(address: str, visit: Callable, violations: Callable) -> None:
    reader = visit(width=360)
    page = reader.page
    page.goto(address + ARTICLE)
    figure = page.locator("#fig-growth")
    result = figure.locator(".ln-result")
    said, drawn = result.inner_text(), figure.evaluate(PATHS)
    expect(figure.locator(".ln-reset")).to_be_disabled()
    figure.get_by_label("Context (tokens)").press("ArrowLeft")
    expect(result).to_contain_text("64K tokens")
    expect(result).to_contain_text("8 GiB")
    figure.get_by_label("Bits in the cache").select_option("8")
    expect(result).to_contain_text("4 GiB")
    assert figure.evaluate(PATHS) != drawn
    expect(figure.locator(".ln-built")).to_contain_text(said)
    figure.locator(".ln-reset").press("Enter")
    expect(result).to_have_text(said)
    assert figure.evaluate(PATHS) == drawn
    assert reader.complaints == []
    assert reader.elsewhere(address) == []
    figure.get_by_label("Context (tokens)").press("ArrowLeft")
    expect(result).to_contain_text("64K tokens")
    assert violations(page) == []


def test_the_reader_s_model_is_remembered_and_explains_every_page(
    address: str, visit: Callable, violations: Callable
) -> None:
    reader = visit()
    page = reader.page
    page.goto(address + ARTICLE)
    page.get_by_role("button", name="Explain with my model").press("Enter")
    expect(page.locator("#ln-picker input")).to_be_focused()
    choose(page, "qwen3 32b")
    result = page.locator("#fig-growth .ln-result")
    expect(result).to_contain_text("Qwen3 32B")
    page.goto(f"{address}en/index.html")
    expect(page.get_by_role("button", name="Explain with my model: Qwen3 32B")).to_be_visible()
    page.goto(address + ARTICLE)
    expect(result).to_contain_text("Qwen3 32B, 128K tokens")
    expect(page.locator("#fig-growth .ln-wide [data-mark='own-label']")).to_have_text("Qwen3 32B")
    page.locator("#fig-growth .ln-reset").click()
    expect(result).to_contain_text("Llama 3.1 8B")
    page.reload()
    expect(result).to_contain_text("Llama 3.1 8B")
    assert reader.complaints == []
    page.locator("#fig-growth .ln-pick").click()
    expect(page.locator("#ln-picker")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("address", ["http"], indirect=True)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("model", ["Nemotron 3 Ultra", "GPT-2 small", "Llama 2 7B"])
def test_no_label_meets_another_whatever_the_model(model: str, width: int, address: str, visit: Callable) -> None:
    page = visit(width=width).page
    page.goto(address + ARTICLE)
    page.locator("#fig-growth .ln-pick").click()
    choose(page, model)
    expect(page.locator("#fig-growth .ln-result")).to_contain_text(model)
    assert page.evaluate(OVERLAPPING_TEXT) == []
    assert page.evaluate(CUT_TEXT) == []


@pytest.mark.parametrize("address", ["http"], indirect=True)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "name",
    [ARTICLE, "zh/question/in-ten-minutes.html", "en/question/in-ten-minutes.html", "zh/memory/will-it-fit.html"],
)
def test_nothing_moves_when_a_remembered_model_comes_in(name: str, width: int, address: str, visit: Callable) -> None:
    reader = visit(width=width)
    page = reader.page
    page.add_init_script("""localStorage.setItem("llmnotes.model", '{"id": "deepseek-v3", "name": "DeepSeek-V3"}')""")
    reader.arrive(address + name)
    expect(page.locator(".ln-own--chosen")).to_have_count(1)
    expect(page.locator("html")).not_to_have_class(re.compile("ln-waits"))
    reader.settle()
    if "in-ten-minutes" in name:
        expect(page.locator(".ln-mine").first).to_be_visible()
    assert reader.shifted() <= TALLEST_SHIFT


def test_a_model_that_is_no_longer_registered_is_forgotten(address: str, visit: Callable) -> None:
    reader = visit()
    page = reader.page
    page.goto(address + ARTICLE)
    page.evaluate("""() => localStorage.setItem("llmnotes.model", '{"id": "gone", "name": "Gone 1B"}')""")
    page.reload()
    expect(page.get_by_role("button", name="Explain with my model", exact=True)).to_be_visible()
    expect(page.locator("#fig-growth .ln-result")).to_contain_text("Llama 3.1 8B")
    assert reader.complaints == []


def test_without_javascript_there_are_no_controls_but_the_result(address: str, visit: Callable) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(address + ARTICLE)
    expect(page.locator("#fig-growth .ln-controls")).to_be_hidden()
    expect(page.locator("#fig-growth .ln-result")).to_contain_text("16 GiB")
    expect(page.locator(".ln-own")).to_be_hidden()


def test_a_term_explains_itself_on_focus_and_hover_and_is_put_away(
    address: str, visit: Callable, violations: Callable
) -> None:
    reader = visit(width=360)
    page = reader.page
    page.clock.install()
    page.goto(address + ARTICLE)
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    link = page.locator("main a[href*='glossary.html#kv-cache']").first
    meaning = page.get_by_role("tooltip")
    # A pointer that only passes asks nothing; one that stays may go on to what it is told.
    link.hover()
    page.mouse.move(0, 0)
    page.clock.run_for(FOREVER_MS)
    expect(meaning).to_be_hidden()
    link.hover()
    page.clock.run_for(FOREVER_MS)
    expect(meaning).to_contain_text("The keys and values")
    meaning.hover()
    page.clock.run_for(FOREVER_MS)
    expect(meaning).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.run_for(FOREVER_MS)
    expect(meaning).to_be_hidden()
    link.hover()
    page.clock.run_for(FOREVER_MS)
    expect(meaning).to_be_visible()
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    assert len([url for url in reader.requested if url.endswith("terms.js")]) == 1


def test_a_term_reached_by_keyboard_explains_itself_wherever_the_page_has_scrolled(
    address: str, visit: Callable, violations: Callable
) -> None:
    reader = visit(width=360)
    page = reader.page
    page.goto(address + ARTICLE)
    # Only what a keyboard reaches explains itself on focus. The last such link lies far below: focus scrolls to it.
    page.keyboard.press("Tab")
    link = page.locator("main a[href*='glossary.html#']").last
    link.focus()
    meaning = page.get_by_role("tooltip")
    expect(meaning).to_be_visible()
    assert page.evaluate("scrollY") > 900
    reader.settle()
    page.evaluate("scrollBy(0, 60)")
    reader.settle()
    expect(meaning).to_be_visible()
    there, box = link.bounding_box(), meaning.bounding_box()
    assert there
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    apart = max(box["y"] - there["y"] - there["height"], there["y"] - box["y"] - box["height"])
    assert apart < there["height"], "it does not stand by its link"
    assert reader.complaints == []  # before axe, which asks for more than a file may
    assert violations(page) == []
    page.keyboard.press("Tab")
    expect(meaning).to_be_hidden()
