"""Search finds Chinese and English words in either edition, over http and from the disk, and costs nothing before."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BOTH_WAYS

pytestmark = pytest.mark.browser

WORDS = [
    *(("zh", word) for word in ("上下文长度", "注意力", "KV 缓存", "attention", "FlashAttention", "tokens")),
    *(("en", word) for word in ("attention", "FlashAttention", "tokens", "KV cache", "context length")),
]


def hits(page: Page) -> list[str]:
    """Return the titles of the pages found."""
    return page.locator("#ln-search .ln-search__hits li > a:first-child strong").all_inner_texts()


@BOTH_WAYS
def test_words_are_found(lang: str, address: str, visit: Callable) -> None:
    reader = visit()
    page = reader.page
    # Home asks for the names of models, which its own field finds; this page has no such field.
    page.goto(f"{address}{lang}/glossary.html")
    reader.settle()
    asked = {url.rpartition("/")[2] for url in reader.requested}
    assert not asked & {"texts.js", "search.js", "minisearch.js", "names.js"}, "asked for before search was opened"
    page.locator(".ln-find").click()
    state = page.locator("#ln-search .ln-search__state")
    for word in (word for of, word in WORDS if of == lang):
        page.locator("#ln-search input").fill("")
        page.locator("#ln-search input").fill(word)
        expect(state, word).to_have_text(re.compile(r"\d"))
        assert hits(page), word
        assert page.locator("#ln-search .ln-search__hits mark").count(), word
    page.locator("#ln-search input").fill("qqzzqq")
    expect(page.locator("#ln-search .ln-search__hits li")).to_have_count(0)
    expect(state).not_to_have_text("")
    assert reader.complaints == []
    assert reader.elsewhere(address) == []


@BOTH_WAYS
def test_enter_opens_the_first_hit(lang: str, address: str, visit: Callable) -> None:
    reader = visit()
    page = reader.page
    page.goto(f"{address}{lang}/index.html")
    page.keyboard.press("/")
    page.keyboard.type("kvcache")
    expect(page.locator("#ln-search .ln-search__state")).to_have_text(re.compile(r"\d"))
    first = page.locator("#ln-search .ln-search__hits a").first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(first or "")
    assert not page.url.endswith("index.html")
    expect(page.locator("#ln-search")).not_to_be_visible()
    assert reader.complaints == []


def test_hits_stand_in_groups_and_models_come_first_only_where_one_is_meant(http: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{http}en/index.html")
    page.locator(".ln-find").click()
    groups = page.locator("#ln-search .ln-search__kind")
    page.locator("#ln-search input").fill("flash attention")
    expect(groups.first).to_have_text("Articles")
    page.locator("#ln-search input").fill("Qwen/Qwen3-32B")
    expect(groups.first).to_have_text("Models")
    expect(page.locator("#ln-search .ln-search__hits a").first).to_contain_text("Qwen3 32B")


def test_the_keyboard_walks_through_the_hits_and_leaves(http: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{http}zh/index.html")
    page.keyboard.press("Control+k")
    page.locator("#ln-search input").fill("注意力")
    expect(page.locator("#ln-search .ln-search__hits a").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#ln-search .ln-search__hits a").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#ln-search input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#ln-search")).not_to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens_is_accessible_too(scheme: str, http: str, visit: Callable, violations: Callable) -> None:
    page = visit(width=360, color_scheme=scheme).page
    page.goto(f"{http}zh/index.html")
    page.locator(".ln-menu summary").click()
    assert violations(page) == []
    page.locator(".ln-find").click()
    page.locator("#ln-search input").fill("注意力")
    expect(page.locator("#ln-search .ln-search__hits a").first).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("() => document.querySelector('dialog').scrollWidth <= innerWidth")
