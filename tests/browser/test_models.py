"""The table of all models and the page of each: read without moving a table, and a step away from the calculator."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOTH_WAYS
from tests.browser.test_every_page import SAMPLE

pytestmark = pytest.mark.browser

MOVED = """() => [...document.querySelectorAll(".ln-scroll")].filter((box) => box.scrollWidth > box.clientWidth)
  .map((box) => `${box.ariaLabel}: ${box.scrollWidth} of ${box.clientWidth}`)"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_of_all_models_fits_beside_nothing_and_still_sorts_and_filters(
    lang: str, http: str, visit: Callable
) -> None:
    page = visit().page
    page.goto(f"{http}{lang}/models.html")
    assert page.evaluate(MOVED) == []
    table = page.locator("table.ln-models")
    table.locator("thead button").nth(4).click()
    sizes = table.locator("tbody td:nth-child(5)").evaluate_all("(cells) => cells.map((cell) => +cell.dataset.value)")
    assert sizes == sorted(sizes, reverse=True)
    page.locator("#ln-filter").fill("deepseek mla")
    names = table.locator("tbody tr:visible th").all_text_contents()
    assert "DeepSeek-V3" in names
    assert all("DeepSeek" in name for name in names)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_table_about_a_model_has_to_be_moved_on_a_phone(lang: str, http: str, visit: Callable) -> None:
    page = visit(width=360).page
    for model_id in SAMPLE:
        page.goto(f"{http}{lang}/models/{model_id}.html")
        assert page.evaluate(MOVED) == [], model_id


@BOTH_WAYS
def test_a_model_and_the_calculator_lead_to_each_other(lang: str, address: str, visit: Callable) -> None:
    reader = visit()
    page = reader.page
    page.goto(f"{address}{lang}/models/gpt-oss-120b.html")
    page.locator("main a[href*='calculator.html#']").click()
    named = page.locator("#ln-result thead a")
    expect(named).to_have_text(["gpt-oss-120b"])
    named.click()
    expect(page.locator("h1")).to_have_text("gpt-oss-120b")
    assert reader.complaints == []
