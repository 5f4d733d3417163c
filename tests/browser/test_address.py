"""The address holds what a reader changed in figures, and gives way to the anchors of headings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

ARTICLE = "en/kvcache/how-big-and-why-so-different.html"
MINE = """localStorage.setItem("llmnotes.model", '{"id": "qwen3-32b", "name": "Qwen3 32B"}')"""


def opened(reader: Visit, address: str) -> Page:
    page = reader.page
    page.goto(address)
    return page


def test_what_was_changed_is_restored_from_the_address(address: str, visit: Callable) -> None:
    reader = visit()
    page = opened(reader, address + ARTICLE)
    before = page.evaluate("history.length")
    figure = page.locator("#fig-growth")
    figure.get_by_label("Context (tokens)").press("ArrowLeft")
    figure.get_by_label("Bits in the cache").select_option("8")
    expect(page).to_have_url(address + ARTICLE + "#growth.n_tokens=65536&growth.kv_bits=8")
    assert page.evaluate("history.length") == before
    said = figure.locator(".ln-result").inner_text()
    other = visit()
    page = opened(other, reader.page.url)
    figure = page.locator("#fig-growth")
    expect(figure.locator(".ln-result")).to_have_text(said)
    expect(figure.get_by_label("Bits in the cache")).to_have_value("8")
    expect(figure.get_by_label("Context (tokens)")).to_have_attribute("aria-valuetext", "64K")
    expect(figure).to_be_in_viewport()
    figure.locator(".ln-reset").click()
    expect(page).to_have_url(address + ARTICLE)
    assert reader.complaints + other.complaints == []


def test_a_model_in_the_address_wins_over_the_remembered_one_until_the_reader_chooses(
    address: str, visit: Callable
) -> None:
    reader = visit()
    reader.page.add_init_script(MINE)
    page = opened(reader, f"{address}{ARTICLE}#growth.model=gpt2")
    result = page.locator("#fig-growth .ln-result")
    expect(result).to_contain_text("GPT-2 small")
    page.locator("#fig-growth .ln-pick").click()
    page.locator("#ln-picker input").fill("qwen3 14b")
    page.keyboard.press("Enter")
    expect(result).to_contain_text("Qwen3 14B")
    expect(page).to_have_url(f"{address}{ARTICLE}#growth.model=qwen3-14b")
    assert reader.complaints == []


@pytest.mark.parametrize(
    "hash",
    ["#growth.n_tokens=-7&growth.kv_bits=5&growth.model=__proto__", "#growth.n_tokens=x", "#=", "#none.n_tokens=1"],
)
def test_what_the_address_cannot_mean_changes_nothing(hash: str, http: str, visit: Callable) -> None:
    reader = visit()
    page = opened(reader, http + ARTICLE)
    said = page.locator("#fig-growth .ln-result").inner_text()
    page = opened(reader, f"{http}{ARTICLE}?again{hash}")
    # What a figure answers with has come, so the address has been read; a name that no figure has brings only models.
    if "growth" in hash:
        page.wait_for_function("() => llmnotes.figures && Object.keys(llmnotes.figures).length")
    else:
        page.wait_for_function("() => llmnotes.models")
    reader.settle()
    expect(page.locator("#fig-growth .ln-result")).to_have_text(said)
    expect(page.locator("#fig-growth .ln-reset")).to_be_disabled()
    assert reader.complaints == []


def test_an_anchor_leads_to_its_heading_and_the_way_back_to_what_was_shown(address: str, visit: Callable) -> None:
    reader = visit()
    reader.page.add_init_script(MINE)
    page = opened(reader, f"{address}{ARTICLE}#limits")
    expect(page.locator("#limits")).to_be_in_viewport()
    expect(page.locator("#fig-growth .ln-result")).to_contain_text("Qwen3 32B")
    assert page.evaluate("location.hash") == "#limits"
    page.locator("#fig-growth").get_by_label("Bits in the cache").select_option("4")
    expect(page).to_have_url(f"{address}{ARTICLE}#growth.model=qwen3-32b&growth.kv_bits=4")
    said = page.locator("#fig-growth .ln-result").inner_text()
    page.locator(".ln-contents a[href$='#exercises']").click()
    expect(page).to_have_url(f"{address}{ARTICLE}#exercises")
    page.go_back()
    expect(page).to_have_url(f"{address}{ARTICLE}#growth.model=qwen3-32b&growth.kv_bits=4")
    expect(page.locator("#fig-growth .ln-result")).to_have_text(said)
    assert reader.complaints == []
