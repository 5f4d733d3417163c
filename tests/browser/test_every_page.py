"""What holds on every page, in both schemes and at both widths."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    f"{lang}/{path.relative_to(ROOT / 'docs' / lang).with_suffix('.html').as_posix()}"
    for lang in ("zh", "en")
    for path in (ROOT / "docs" / lang).rglob("*.md")
)
ARTICLES = [page for page in PAGES if page.count("/") == 2]
SCREENS = [(width, scheme) for width in (1280, 360) for scheme in ("light", "dark")]
TALLEST_SHIFT = 0.02
SMALLEST_TEXT_PX = 12
# The aim is 25 kB; five figures, each with two drawings, data and code, take more.
LARGEST_ARTICLE = 31_000
LARGEST_FIRST_VISIT = 150_000

OPEN_FOLDS = "() => document.querySelectorAll('main details').forEach((fold) => { fold.open = true })"
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.outerHTML.slice(0, 120))"""
SHOWN_DRAWINGS = '[...document.querySelectorAll(".ln-drawing svg")].filter((svg) => svg.checkVisibility())'
# Size on the screen: what the drawing says, times how far it was shrunk to fit.
SMALL_TEXT = f"""(smallest) => {SHOWN_DRAWINGS}.flatMap((svg) => {{
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
  const size = (text) => parseFloat(getComputedStyle(text).fontSize) * scale
  return [...svg.querySelectorAll("text")].filter((text) => size(text) < smallest).map((text) => text.textContent)
}})"""
CUT_TEXT = f"""() => {SHOWN_DRAWINGS}.flatMap((svg) => {{
  const box = svg.getBoundingClientRect()
  return [...svg.querySelectorAll("text")].filter((text) => {{
    const own = text.getBoundingClientRect()
    return own.left < box.left - 2 || own.right > box.right + 2
  }}).map((text) => text.textContent)
}})"""


@pytest.mark.parametrize("address", ["http"], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_whole_and_accessible_on_any_screen(
    name: str, address: str, visit: Callable, violations: Callable
) -> None:
    for width, scheme in SCREENS:
        where = f"{name} at {width} px, {scheme}"
        reader = visit(width=width, color_scheme=scheme)
        page = reader.page
        page.goto(address + name)
        assert page.evaluate("() => window.shifted || 0") <= TALLEST_SHIFT, where
        assert page.evaluate(TOO_WIDE) == [], where
        assert page.evaluate(SMALL_TEXT, SMALLEST_TEXT_PX) == [], where
        assert page.evaluate(CUT_TEXT) == [], where
        page.evaluate(OPEN_FOLDS)
        assert page.evaluate(TOO_WIDE) == [], where
        assert violations(page) == [], where
        assert reader.complaints == [], where
        assert reader.elsewhere(address) == [], where
        assert not [url for url in reader.requested if "search" in url], where


@pytest.mark.parametrize("address", ["file"], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_from_the_disk_without_a_complaint(name: str, address: str, visit: Callable) -> None:
    reader = visit()
    reader.page.goto(address + name)
    assert reader.complaints == []
    assert reader.elsewhere(address) == []


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_is_small(name: str, site: Path) -> None:
    assert len(gzip.compress((site / name).read_bytes())) <= LARGEST_ARTICLE


@pytest.mark.parametrize("name", ["zh/index.html", *ARTICLES])
def test_a_first_visit_is_small(name: str, site: Path, http: str, visit: Callable) -> None:
    reader = visit()
    reader.page.goto(http + name, wait_until="networkidle")
    files = {site / url.removeprefix(http) for url in reader.requested if url.startswith(http)}
    sizes = {file.name: len(gzip.compress(file.read_bytes())) for file in files}
    assert sum(sizes.values()) <= LARGEST_FIRST_VISIT, sizes


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "404.html"])
def test_the_pages_at_the_root_are_accessible(
    name: str, scheme: str, site: Path, visit: Callable, violations: Callable
) -> None:
    page = visit(width=360, color_scheme=scheme).page
    # Without its script the chooser stays where it is, as it does for a reader without JavaScript.
    page.set_content(re.sub(r"<script>.*?</script>", "", (site / name).read_text("utf-8"), flags=re.S))
    assert page.locator("a").count() == 2
    assert violations(page) == []
