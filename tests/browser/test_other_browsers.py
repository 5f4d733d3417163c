"""Firefox and WebKit show one page of each kind without complaint; search, calculator, figures and languages work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.others import Firefox, Reader

pytestmark = pytest.mark.browser

PAGES = [
    "index.html",
    "kvcache/how-big-and-why-so-different.html",
    "labs/build-a-kv-cache.html",
    "calculator.html",
    "models.html",
    "models/deepseek-v3.html",
    "formulas/kvcache.html",
    "glossary.html",
    "checked.html",
]
CASE = "#m=llama-3.3-70b&n=32k&o=1000&b=1&w=16&k=16&c=rtx-4090&x=2&r=2"
SHOWN = "document.querySelector('h1')?.getClientRects().length > 0"
LOADED = "document.readyState === 'complete'"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_of_each_kind_is_shown_without_complaint(lang: str, reader: Reader, telling: str) -> None:
    found = {}
    for page in PAGES:
        reader.go(f"{telling}{lang}/{page}")
        assert reader.until(f"{LOADED} && {SHOWN}"), page
        found[page] = reader.ask("window.complaints")
        assert reader.ask("document.documentElement.scrollWidth <= innerWidth"), page
    assert {page: said for page, said in found.items() if said} == {}


@pytest.mark.parametrize(("lang", "query"), [("zh", "kv缓存"), ("en", "kvcache")])
def test_search_finds_and_enter_opens(lang: str, query: str, reader: Reader, telling: str) -> None:
    reader.go(f"{telling}{lang}/index.html")
    reader.click(".ln-find")
    reader.write("#ln-search input", query)
    first = reader.until("document.querySelector('#ln-search .ln-search__hits a')?.href")
    assert "kv" in first
    assert reader.ask("window.complaints") == []
    reader.enter("#ln-search input")
    reader.until(f"location.href === {first!r} && {SHOWN}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_calculator_answers_and_the_other_language_shows_the_same_case(
    lang: str, reader: Reader, telling: str
) -> None:
    reader.go(f"{telling}{lang}/calculator.html{CASE}")
    reader.until("document.querySelectorAll('#ln-verdict .ln-way').length === 3")
    reader.write("#ln-model-1", "qwne3 32b")
    reader.enter("#ln-model-1")
    reader.until("document.querySelector('#ln-result thead')?.textContent.includes('Qwen3 32B')")
    reader.until("location.hash.includes('qwen3-32b')")
    assert reader.ask("window.complaints") == []
    reader.click(".ln-other")
    other = {"zh": "/en/", "en": "/zh/"}[lang]
    reader.until(
        f"location.pathname.includes({other!r}) && document.getElementById('ln-model-1')?.value === 'Qwen3 32B'"
    )
    assert reader.ask("document.getElementById('ln-n_chips').value") == "2"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_figure_follows_its_reader(lang: str, reader: Reader, telling: str) -> None:
    reader.go(f"{telling}{lang}/kvcache/how-big-and-why-so-different.html")
    reader.until(f"{LOADED} && !!document.querySelector('.ln-panel [data-control]')")
    said = "document.querySelector('.ln-panel .ln-result').textContent"
    before = reader.ask(said)
    reader.ask(
        """(() => {
          const input = document.querySelector(".ln-panel input[type=range]")
          input.value = input.value === input.max ? input.min : input.max
          input.dispatchEvent(new Event("input", { bubbles: true }))
          return true
        })()"""
    )
    reader.until(f"{said} !== {before!r}")
    assert reader.ask("window.complaints") == []


@pytest.mark.parametrize("reader", ["firefox"], indirect=True)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_axe_finds_nothing_in_firefox(lang: str, reader: Firefox, telling: str, violations: Callable) -> None:
    for page in ("index.html", "kvcache/how-big-and-why-so-different.html", "calculator.html"):
        reader.go(f"{telling}{lang}/{page}")
        reader.until(f"{LOADED} && {SHOWN}")
        assert violations(reader.page) == [], page
