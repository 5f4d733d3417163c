"""The policy of every page: no script but the site's own files, nothing from elsewhere, nothing kept but choices."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')
# Each of the three is refused, or runs, in its own time: what is waited for is one or the other of each.
INJECTED = """() => {
  let refused = 0
  const judged = new Promise((done) => {
    document.addEventListener("securitypolicyviolation", () => { if (++refused === 3) done("") })
    Object.defineProperty(window, "injected", { set: (what) => done(what) })
  })
  const script = document.createElement("script")
  script.textContent = "window.injected = 'a script'"
  document.body.append(script)
  const box = document.createElement("div")
  box.innerHTML = "<img src='data:,' onerror='window.injected = `a handler`'>" +
    "<a id='link' href='javascript:window.injected=`a link`'>x</a>"
  document.body.append(box)
  document.getElementById("link").click()
  return judged
}"""


def policy(page: Path) -> str:
    found = POLICY.search(page.read_text(encoding="utf-8"))
    return found[1] if found else ""


def test_every_page_has_a_policy_and_no_script_of_its_own(site: Path) -> None:
    pages = sorted(site.glob("*/**/*.html"))
    assert len(pages) > 250
    for page in pages:
        text = page.read_text(encoding="utf-8")
        allowed = policy(page)
        assert allowed.startswith("default-src 'none'; script-src 'self'"), page
        assert "unsafe-inline" not in allowed.partition("style-src")[0], page
        assert ("unsafe-eval" in allowed) == (page.name in ("calculator.html", "explain.html", "planner.html")), page
        assert re.findall(r"<script(?![^>]* src=)(?![^>]*text/python)[^>]*>", text) == [], page
        assert re.findall(r"<[^>]+ on[a-z]+=", text) == [], page
        away = re.findall(r'<a [^>]*href="https?://[^>]*>', text)
        assert [one for one in away if "target=" in one and "noopener" not in one] == [], page


@pytest.mark.parametrize("name", ["index.html", "404.html"])
def test_the_pages_at_the_root_allow_their_one_script_by_its_hash(
    name: str, site: Path, visit: Callable, http: str
) -> None:
    assert re.search(r"script-src 'sha256-[\w+/]{43}='", policy(site / name))
    reader = visit(locale="zh-CN")
    reader.page.goto(http + name)
    if name == "index.html":
        reader.page.wait_for_url(f"{http}zh/index.html")
    assert reader.complaints == []


def test_an_injected_script_does_not_run(address: str, visit: Callable) -> None:
    reader = visit()
    reader.page.goto(f"{address}zh/index.html")
    assert reader.page.evaluate(INJECTED) == ""
    assert any("Content Security Policy" in one for one in reader.complaints)


def test_search_works_under_the_policy(address: str, visit: Callable) -> None:
    reader = visit()
    page = reader.page
    page.goto(f"{address}en/index.html")
    page.locator(".ln-find").click()
    page.locator("#ln-search input").fill("gemma-3-27b")
    expect(page.locator("#ln-search .ln-search__hits a").first).to_contain_text("Gemma 3 27B")
    assert reader.complaints == []


def test_nothing_is_kept_but_choices(http: str, visit: Callable) -> None:
    reader = visit()
    page = reader.page
    page.goto(f"{http}zh/models.html")
    page.locator("#ln-filter").fill("qwen")
    assert page.evaluate("() => [Object.keys(localStorage), Object.keys(sessionStorage), document.cookie]") == [
        [],
        [],
        "",
    ]
    page.locator(".ln-scheme").click()
    assert page.evaluate("() => Object.keys(localStorage)") == ["llmnotes.scheme"]


def test_the_table_of_models_filters_and_sorts(address: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{address}en/models.html")
    rows = page.locator(".ln-models tbody tr:visible")
    n_models = rows.count()
    page.locator("#ln-filter").fill("deepseek mla")
    expect(rows).not_to_have_count(n_models)
    assert all("DeepSeek" in text for text in rows.all_text_contents())
    page.locator("#ln-filter").fill("")
    expect(rows).to_have_count(n_models)
    head = page.locator(".ln-models thead th").nth(1)
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    counts = [
        float(value)
        for value in rows.locator("td:nth-child(2)").evaluate_all("all => all.map(one => one.dataset.value)")
    ]
    assert counts == sorted(counts, reverse=True)
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")


def test_the_table_of_models_is_whole_without_javascript(http: str, visit: Callable) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(f"{http}zh/models.html")
    assert page.locator(".ln-models tbody tr:visible").count() > 100
    assert not page.locator(".ln-filter").is_visible()
