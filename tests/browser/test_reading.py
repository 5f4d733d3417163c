"""What a reader does: choose a language, switch light and dark, read without JavaScript, print, get lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import lxml.html
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOTH_WAYS

pytestmark = pytest.mark.browser


ARTICLE = "kvcache/how-big-and-why-so-different.html"
PAPER = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize("name", ["index.html", "glossary.html", ARTICLE])
def test_the_language_switch_leads_to_the_same_page(name: str, address: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{address}zh/{name}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("link", name="English", exact=True).click()
    page.wait_for_url(f"{address}en/{name}")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="中文", exact=True).click()
    page.wait_for_url(f"{address}zh/{name}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_reading_time_of_claims_counts_their_cards(lang: str, site: Path) -> None:
    page = lxml.html.parse(site / lang / "audit/claims-readers-meet.html").getroot()
    (said,) = page.find_class("ln-meta")
    minutes = int(re.findall(r"\d+", said.text_content())[0])
    (court,) = page.find_class("ln-court")
    cards = " ".join(one.text_content() for one in court.iterfind(".//li/p") if one.get("class") != "ln-origin")
    # Labels and ids of cards, and longer numbers, are not counted: a fifth of them at most.
    assert minutes >= 0.8 * (len(cards) / 450 if lang == "zh" else len(cards.split()) / 220)


@pytest.mark.parametrize(("locale", "lang"), [("zh-CN", "zh"), ("en-GB", "en"), ("de-DE", "en")])
def test_the_chooser_follows_the_language_of_the_browser(locale: str, lang: str, address: str, visit: Callable) -> None:
    page = visit(locale=locale).page
    page.goto(f"{address}index.html")
    page.wait_for_url(f"{address}{lang}/index.html")


def test_the_chooser_shows_both_languages_without_javascript(address: str, visit: Callable) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(f"{address}index.html")
    page.get_by_role("link", name="中文").click()
    page.wait_for_url(f"{address}zh/index.html")


def test_the_scheme_follows_the_system_until_the_reader_chooses(address: str, visit: Callable) -> None:
    page = visit(color_scheme="dark").page
    page.goto(f"{address}en/{ARTICLE}")
    dark = page.evaluate(PAPER)
    line = page.locator(".ln-wide svg [style*='--ln-ink'], .ln-wide svg [style*='--ln-muted']").first
    drawn_dark = line.evaluate("one => getComputedStyle(one).fill + getComputedStyle(one).stroke")
    page.locator(".ln-scheme").click()
    assert page.evaluate(PAPER) != dark
    assert line.evaluate("one => getComputedStyle(one).fill + getComputedStyle(one).stroke") != drawn_dark
    page.reload()
    assert page.evaluate(PAPER) != dark
    # Then dark as a choice, which stays when the system turns light, and then the system's again.
    page.locator(".ln-scheme").click()
    page.emulate_media(color_scheme="light")
    assert page.evaluate(PAPER) == dark
    page.emulate_media(color_scheme="dark")
    page.locator(".ln-scheme").click()
    page.emulate_media(color_scheme="light")
    assert page.evaluate(PAPER) != dark
    assert page.evaluate("localStorage.getItem('llmnotes.scheme')") is None


def test_the_skip_link_is_the_first_stop_and_leads_to_the_text(address: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{address}en/{ARTICLE}")
    page.keyboard.press("Tab")
    skip = page.locator(".ln-skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_head_stays_in_sight_and_covers_no_anchor(address: str, visit: Callable) -> None:
    page = visit().page
    page.goto(f"{address}en/{ARTICLE}")
    heading = page.locator("main h2[id]").nth(2)
    page.goto(f"{address}en/{ARTICLE}#{heading.get_attribute('id')}")
    head = page.locator(".ln-head").bounding_box()
    place = heading.bounding_box()
    assert head
    assert place
    assert head["y"] == 0
    assert place["y"] >= head["y"] + head["height"]


def test_a_number_says_what_stands_behind_it(address: str, visit: Callable) -> None:
    reader = visit()
    page = reader.page
    page.goto(f"{address}en/params/where-are-seven-billion.html")
    number = page.locator(".ln-claim[data-said]").first
    number.hover()
    tip = page.locator("#ln-term")
    expect(tip).to_contain_text("from ")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    stops = page.locator(".ln-claim[tabindex='0']").count()
    assert 0 < stops < page.locator(".ln-claim[data-said]").count()
    assert reader.complaints == []


# The middle of a text that a drawing shows, on the screen.
MIDDLE = """(drawing, said) => {
  const texts = [...drawing.querySelectorAll("svg text")]
  const text = texts.find((one) => one.textContent === said && one.checkVisibility())
  const { left, right, top, bottom } = text.getBoundingClientRect()
  return [(left + right) / 2, (top + bottom) / 2]
}"""


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pointer_reads_the_row_that_lies_under_it(width: int, address: str, visit: Callable) -> None:
    """Where a drawing names a bar or a place on its axis, the box says that row of the table, and no longer once it is
    redrawn for a reader's own values."""
    reader = visit(width=width)
    page = reader.page
    page.goto(address + "en/" + ARTICLE)
    box = page.locator("#ln-term")
    for figure, named, heading in (("hero", "Llama 3.1 8B", "Llama 3.1 8B"), ("growth", "16K", "16,384")):
        drawing = page.locator(f"#fig-{figure} .ln-drawing")
        drawing.scroll_into_view_if_needed()
        x, y = drawing.evaluate(MIDDLE, named)
        # Along the bar, or up from the axis.
        dx, dy = (60, 0) if figure == "hero" else (0, -60)
        page.mouse.move(x + dx, y + dy)
        expect(box.locator("strong")).to_contain_text(heading)
        row = page.locator(f"#fig-{figure} .ln-data tbody tr", has_text=heading).first
        cells = [cell.strip() for cell in row.locator("th, td").all_text_contents()]
        said = box.locator("strong, span").all_text_contents()
        assert [one.rpartition(": ")[2] for one in said] == cells
        page.mouse.move(1, 1)
        expect(box).to_be_hidden()
        assert page.locator(".ln-row").count() == 0
    panel = page.locator("#fig-growth .ln-panel")
    panel.get_by_label("Bits in the cache").select_option("8")
    expect(panel.locator(".ln-reset")).to_be_enabled()
    drawing.scroll_into_view_if_needed()
    x, y = drawing.evaluate(MIDDLE, named)
    page.mouse.move(x, y - 60)
    expect(box).to_be_hidden()
    assert reader.complaints == []


# Where the point of a row is, on the screen: as the drawing says, or at the mark of the same place.
POINT = """(drawing, at) => {
  const told = drawing.dataset.points, mark = drawing.querySelectorAll("use")[at]
  const [x, y] = told === "marks" ? [mark.x.baseVal.value, mark.y.baseVal.value] : told.split(" ")[at].split(",")
  const point = new DOMPoint(x, y).matrixTransform(drawing.getScreenCTM())
  return [point.x, point.y]
}"""


@pytest.mark.parametrize(
    ("page_of", "figure", "at", "heading"),
    [
        ("serving/why-replies-slow-down", "roofline", 3, "H100"),
        ("calculator", "lengths", 0, "MiniMind2"),
        ("measured", "peaks", 94, "95"),
    ],
)
def test_the_pointer_reads_the_point_that_is_nearest(
    page_of: str, figure: str, at: int, heading: str, address: str, visit: Callable
) -> None:
    """On a scatter the box says the row whose point is near, and nothing where none is."""
    reader = visit()
    page = reader.page
    page.goto(f"{address}en/{page_of}.html")
    box, drawing = page.locator("#ln-term"), page.locator(f"#fig-{figure} .ln-drawing svg:visible")
    rows = page.locator(f"#fig-{figure} .ln-data tbody tr")
    drawing.scroll_into_view_if_needed()
    drawing.hover(position={"x": 3, "y": 3})
    expect(box).to_be_hidden()
    x, y = drawing.evaluate(POINT, at)
    page.mouse.move(x, y)
    expect(box.locator("strong")).to_contain_text(heading)
    said = box.locator("strong, span").all_text_contents()
    told = [one.rpartition(": ")[2] for one in said]
    assert told == [cell.strip() for cell in rows.nth(at).locator("th, td").all_text_contents()]
    assert reader.complaints == []


def test_a_figure_can_be_carried_away(http: str, visit: Callable) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).page
    page.goto(f"{http}en/{ARTICLE}")
    figure = page.locator(".ln-figure:has(.ln-drawing)").first
    figure.locator(".ln-data summary").click()
    for name, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as started:
            figure.get_by_role("button", name=name, exact=True).click()
        assert started.value.path().read_bytes().startswith(begins)
    figure.get_by_role("button", name="Copy BibTeX").click()
    expect(figure.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("@misc{llmnotes-")


@BOTH_WAYS
def test_everything_is_there_without_javascript(lang: str, address: str, visit: Callable) -> None:
    with_script, without = visit(), visit(java_script_enabled=False)
    said = []
    for reader in (with_script, without):
        reader.page.goto(f"{address}{lang}/{ARTICLE}")
        main = reader.page.locator("main")
        counts = [main.locator(one).count() for one in (".ln-claim", ".katex", ".ln-figure svg", "table", "details")]
        said.append((main.locator("p, td, h1, h2, h3").all_text_contents(), counts))
    assert said[0] == said[1]
    assert min(said[1][1]) > 0
    page = without.page
    fold = page.locator("main details.ln-data").first
    fold.locator("summary").click()
    expect(fold.locator("table")).to_be_visible()
    assert not page.locator(".ln-find").is_visible()
    assert not page.locator(".ln-scheme").is_visible()


def test_a_phone_shows_the_drawing_made_for_it(http: str, visit: Callable) -> None:
    for width, shown, hidden in ((1280, "wide", "narrow"), (360, "narrow", "wide")):
        page = visit(width=width).page
        page.goto(f"{http}zh/{ARTICLE}")
        expect(page.locator(f".ln-{shown} svg").first).to_be_visible()
        expect(page.locator(f".ln-{hidden} svg").first).not_to_be_visible()


def test_a_phone_reaches_every_page_by_the_menu(http: str, visit: Callable) -> None:
    page = visit(width=360, java_script_enabled=False).page
    page.goto(f"{http}en/index.html")
    page.locator(".ln-menu summary").click()
    page.locator(".ln-menu a", has_text="Memory").click()
    page.wait_for_url(f"{http}en/{ARTICLE}")


def test_what_is_printed_is_whole(http: str, visit: Callable) -> None:
    page = visit(width=720, color_scheme="dark").page
    page.goto(f"{http}en/{ARTICLE}")
    dark = page.evaluate(PAPER)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(PAPER) != dark
    figures = page.locator("main .ln-figure").all()
    assert figures
    for figure in figures:
        expect(figure.locator("table")).to_be_visible()
    cut = """() => [...document.querySelectorAll("main :is(.ln-scroll, pre, svg, .ln-bars th)")].filter((one) =>
      one.checkVisibility() && getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.outerHTML.slice(0, 100))"""
    assert page.evaluate(cut) == []
    expect(page.locator(".ln-head")).not_to_be_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("main details[open]").count() == 0


@pytest.mark.parametrize("lost", ["zh/nowhere/at/all.html", "en/nowhere.html", "404.html"])
def test_a_lost_reader_finds_home_from_any_depth(lost: str, http: str, visit: Callable) -> None:
    page = visit(locale="zh-CN").page
    answer = page.goto(http + lost)
    assert answer.status == (200 if lost == "404.html" else 404)
    lang = "en" if lost.startswith("en/") else "zh"
    first = page.locator("main a").first
    expect(first).to_have_attribute("hreflang", "zh-Hans" if lang == "zh" else "en")
    first.click()
    page.wait_for_url(f"{http}{lang}/index.html")


def test_code_can_be_copied(http: str, visit: Callable) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).page
    page.goto(f"{http}en/{ARTICLE}")
    block = page.locator("main .highlight:visible").first
    block.hover()
    block.locator(".ln-copy").click()
    expect(block.locator(".ln-copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == block.locator("code").text_content()


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])
def test_cards_of_claims_are_chosen_by_verdict_and_topic(address: str, visit: Callable, scripted: bool) -> None:
    page = visit(java_script_enabled=scripted).page
    page.goto(f"{address}en/audit/claims-readers-meet.html")
    cards, seen = page.locator(".ln-court li"), page.locator(".ln-court li:visible")
    expect(seen).to_have_count(cards.count())
    page.locator('[name="ln-verdict"][value="correct"]').check()
    right = page.locator('.ln-court li[data-verdict="correct"]')
    assert 0 < right.count() < cards.count()
    expect(seen).to_have_count(right.count())
    page.locator('[name="ln-topic"][value="weights"]').check()
    both = page.locator('.ln-court li[data-verdict="correct"][data-topic="weights"]')
    assert 0 < both.count() < right.count()
    expect(seen).to_have_count(both.count())
