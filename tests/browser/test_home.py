"""Home says whether a model fits and hands its choice to the calculator; the cheat sheet prints on one page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from llmnotes import fit, load_model, units
from llmnotes.site.text import nav, pages
from llmnotes.weights.sizes import memory_precision, stored_weights

pytestmark = pytest.mark.browser

LANGUAGES = ("zh", "en")
VERDICTS = {"zh": ("装不下，还差 {}", "装得下，还剩 {}"), "en": ("does not fit", "fits")}
CASES = [("llama3.1 8b", "llama-3.1-8b", "rtx-4090", "32k"), ("千问3 32b", "qwen3-32b", "rtx-4090", "8192")]


def left(model_id: str, chip: str, n_tokens: int) -> float:
    """Return the bytes that a card has left, or lacks, by the package."""
    model = load_model(model_id)
    bits = memory_precision(stored_weights(model))
    return fit(model, chip, weight_bits=bits.weights, expert_bits=bits.experts, n_tokens=n_tokens).ideal.free_bytes


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("typed", "model_id", "chip", "length"), CASES)
def test_what_home_says_is_what_the_calculator_says(
    typed: str, model_id: str, chip: str, length: str, lang: str, address: str, visit: Callable
) -> None:
    reader = visit()
    page = reader.page
    page.goto(f"{address}{lang}/index.html")
    field = page.locator("#ln-ask-model")
    field.fill(typed)
    field.press("Enter")
    page.locator("#ln-ask-chip").select_option(chip)
    page.locator("#ln-ask-n").fill(length)
    free = left(model_id, chip, units.parse_tokens(length))
    size = units.format_bytes(abs(free), lang)
    verdict = page.locator("#ln-ask-verdict")
    expect(verdict).to_contain_text(load_model(model_id).name)
    expect(verdict).to_contain_text(VERDICTS[lang][free >= 0].format(size))
    expect(verdict).to_contain_text(size)
    said = verdict.inner_text().strip()
    page.locator(".ln-ask__go a").click()
    page.wait_for_url("**/calculator.html#*")
    for line in filter(None, map(str.strip, said.splitlines())):
        expect(page.locator("#ln-verdict")).to_contain_text(line)
    assert reader.complaints == []


def test_a_length_that_cannot_be_read_is_said_and_leaves_no_answer(http: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{http}en/index.html")
    expect(page.locator("#ln-ask-verdict")).to_contain_text("Llama 3.1 8B")
    page.locator("#ln-ask-n").fill("long")
    expect(page.locator("#ln-ask-wrong")).to_contain_text("128k")
    expect(page.locator("#ln-ask-verdict")).not_to_contain_text("Llama 3.1 8B")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_without_a_script_has_a_way_to_the_calculator(lang: str, http: str, visit: Callable) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(f"{http}{lang}/index.html")
    expect(page.locator("#ln-ask")).to_be_hidden()
    page.locator(".ln-scriptless a").click()
    page.wait_for_url(f"{http}{lang}/calculator.html")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_names_every_page_of_the_navigation(lang: str, root: Path) -> None:
    home = next(page for page in pages.load(root) if page.lang == lang and page.slug == "index")
    linked = set(re.findall(r"\]\(([^)#]+)", home.body))
    assert [file for file in nav.listed(root, lang) or [] if file != "index.md" and file not in linked] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_cheat_sheet_is_one_side_of_a4(lang: str, http: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{http}{lang}/cheatsheet.html")
    # The paper that readers choose, and the one that the page asks for.
    for options in ({"format": "A4"}, {"prefer_css_page_size": True}):
        assert len(PdfReader(io.BytesIO(page.pdf(print_background=True, **options))).pages) == 1, options


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_way_on_home_leads_to_a_calculator_where_it_fits(lang: str, http: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{http}{lang}/index.html")
    ways = page.locator("#ln-ask-verdict .ln-way")
    expect(ways.first).to_be_visible()
    for index in range(ways.count()):
        ways.nth(index).click()
        page.wait_for_url("**/calculator.html#*")
        expect(page.locator("#ln-verdict .ln-verdict__yes")).to_be_visible()
        page.go_back()
        expect(ways.first).to_be_visible()
