"""What holds on every page, in both schemes and at both widths."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from llmnotes.registry import load_model, model_ids
from llmnotes.site.made.equations.docstrings import MODULES
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    f"{lang}/{path.relative_to(ROOT / 'docs' / lang).with_suffix('.html').as_posix()}"
    for lang in ("zh", "en")
    for path in (ROOT / "docs" / lang).rglob("*.md")
)
ARTICLES = [page for page in PAGES if page.count("/") == 2]
# Where readers come to: what the first visit loads is weighed.
FIRST = {"zh/index.html", *ARTICLES}
FORMULAS = [f"{lang}/formulas/{module}.html" for module in MODULES for lang in ("zh", "en")]
# Pages that the build makes of the registry. Each is looked at in one language on one screen, in turn; a sample that
# holds every kind of block between them is looked at like a page that somebody wrote: minutes instead of an hour.


def covering() -> list[str]:
    """Return few models that between them have every kind of block: each adds the most kinds that are still missing."""
    kinds = {
        model_id: {type(block).__name__ for run in load_model(model_id).census for block in run.layer.blocks}
        for model_id in model_ids()
    }
    missing = set().union(*kinds.values())
    chosen = []
    while missing:
        chosen.append(max(kinds, key=lambda model_id: len(kinds[model_id] & missing)))
        missing -= kinds[chosen[-1]]
    return chosen


SAMPLE = covering()
MODELS = [f"{lang}/models/{model_id}.html" for model_id in model_ids() for lang in ("zh", "en")]
SAMPLED = [f"{lang}/models/{model_id}.html" for model_id in SAMPLE for lang in ("zh", "en")]
REFERENCE = [*FORMULAS, *(name for name in PAGES if name.count("/") == 1)]
# One page of each kind, in both languages: axe is asked about them in both schemes, wide or narrow in turn.
ALL_IN_BOTH_SCHEMES = {
    f"{lang}/{name}.html"
    for lang in ("zh", "en")
    for name in ("index", "question/are-they-related", "models", "models/glm-5.2", "calculator", "formulas/kvcache")
}
LARGEST_MODEL = 10_000
LARGEST_REFERENCE = 60_000
SLUGS = sorted({name.split("/", 1)[1] for name in (*PAGES, *FORMULAS, *SAMPLED)})
TURNS = [(1280, "light"), (360, "dark")]
SCREENS = [(width, scheme) for width in (1280, 360) for scheme in ("light", "dark")]
TALLEST_SHIFT = 0.02
SMALLEST_TEXT_PX = 12
LARGEST_ARTICLE = 25_000
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
  return [...svg.querySelectorAll("text")].filter((text) => text.getClientRects().length).filter((text) => {{
    const own = text.getBoundingClientRect()
    return own.left < box.left - 2 || own.right > box.right + 2
  }}).map((text) => text.textContent)
}})"""

# Two texts of a drawing that share more than a touch of a letter.
OVERLAPPING_TEXT = f"""() => {SHOWN_DRAWINGS}.flatMap((svg) => {{
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() && text.checkVisibility())
  const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()])
  const shared = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low])
  return boxes.flatMap(([said, a], index) => boxes.slice(index + 1)
    .filter(([, b]) => shared(a, b, "left", "right") > 3 && shared(a, b, "top", "bottom") > 4)
    .map(([other]) => `${{said}} | ${{other}}`))
}})"""

# Steps of mechanisms, and what shows one of them wherever there are so many.
STEPS = """() => [...new Set([...document.querySelectorAll(".ln-steps input")].map((one) => one.value))]"""
CHOOSE_STEP = (
    """(step) => document.querySelectorAll(`.ln-steps input[value="${step}"]`).forEach((one) => one.click())"""
)


def has_first_turn(name: str) -> bool:
    """Return whether it is this page, and not its twin, in a turn that passes from language to language."""
    lang, slug = name.split("/", 1)
    return (SLUGS.index(slug) + (lang == "en")) % 2 == 1


def measure(reader: Visit, where: str) -> None:
    """Assert what can be measured of a page as it is shown."""
    page = reader.page
    assert page.evaluate(TOO_WIDE) == [], where
    assert page.evaluate(SMALL_TEXT, SMALLEST_TEXT_PX) == [], where
    for step in [None, *page.evaluate(STEPS)]:
        page.evaluate(CHOOSE_STEP, step)
        assert page.evaluate(CUT_TEXT) == [], f"{where}, step {step}"
        assert page.evaluate(OVERLAPPING_TEXT) == [], f"{where}, step {step}"
    page.evaluate(OPEN_FOLDS)
    assert page.evaluate(TOO_WIDE) == [], where


def look(name: str, width: int, scheme: str, address: str, screen: Callable) -> Visit:
    """Return a page that was opened on a screen, with all its folds open, and assert what can be measured there."""
    where = f"{name} at {width} px, {scheme}"
    reader = screen(width, scheme)
    reader.arrive(address + name)
    assert reader.shifted() <= TALLEST_SHIFT, where
    measure(reader, where)
    return reader


def behind(reader: Visit, address: str) -> list[str]:
    """Return what went wrong behind a page, and what it asked for that it should not."""
    return [
        *reader.complaints,
        *reader.elsewhere(address),
        *(url for url in reader.requested if "search" in url),
    ]


def first_visit(reader: Visit, address: str, site: Path) -> dict[str, int]:
    """Return what a page asked for until it was there, with the size of each file as it is sent."""
    files = {site / url.removeprefix(address) for url in reader.requested_first if url.startswith(address)}
    return {file.name: len(gzip.compress(file.read_bytes())) for file in files}


def ask_everywhere(name: str, address: str, site: Path, screen: Callable, violations: Callable) -> None:
    """Assert that a page is whole at both widths, that axe finds nothing in it, and that a first visit is small.

    A page and its twin have the same structure: one of them is opened wide and light, the other narrow and dark, in
    turn, each is asked about there, and is turned to the other width. One page of each kind is asked in both schemes.
    """
    opened, turned = TURNS[:: 1 if has_first_turn(name) else -1]
    reader = look(name, *opened, address, screen)
    if name in FIRST:
        assert sum((sizes := first_visit(reader, address, site)).values()) <= LARGEST_FIRST_VISIT, sizes
    kinds = ("colours", "layout", "targets") if opened[0] < turned[0] else ("colours", "layout")
    assert violations(reader.page, *kinds) == [], f"{name}, {opened}"
    reader.turn(*turned)
    measure(reader, f"{name}, turned to {turned}")
    if name in ALL_IN_BOTH_SCHEMES:
        reader.turn(opened[0], turned[1])
        assert violations(reader.page, "colours") == [], f"{name} at {opened[0]} px, {turned[1]}"
    assert behind(reader, address) == [], name


@pytest.mark.parametrize("address", ["http"], indirect=True)
@pytest.mark.parametrize("name", [*PAGES, *FORMULAS])
def test_every_page_is_whole_and_accessible_on_any_screen(
    name: str, address: str, site: Path, screen: Callable, violations: Callable
) -> None:
    ask_everywhere(name, address, site, screen, violations)


@pytest.mark.parametrize("address", ["http"], indirect=True)
@pytest.mark.parametrize("name", SAMPLED)
def test_a_page_of_each_kind_of_model_is_whole_and_accessible_on_any_screen(
    name: str, address: str, site: Path, screen: Callable, violations: Callable
) -> None:
    ask_everywhere(name, address, site, screen, violations)


# Models outside the sample, every fifth of them looked at whole and the others where a long number breaks out first.
OTHERS = [model_id for model_id in model_ids() if model_id not in SAMPLE]


@pytest.mark.parametrize("address", ["http"], indirect=True)
@pytest.mark.parametrize("index", range(0, len(OTHERS), 5))
def test_every_fifth_page_of_a_model_is_whole_and_accessible(
    index: int, address: str, screen: Callable, violations: Callable
) -> None:
    lang = ("zh", "en")[index % 2]
    # The screen moves on by one more after each round, so that each language meets each.
    size = SCREENS[(index + index // len(SCREENS)) % len(SCREENS)]
    reader = look(f"{lang}/models/{OTHERS[index]}.html", *size, address, screen)
    assert violations(reader.page, "layout", "targets") == []
    assert behind(reader, address) == []


@pytest.mark.parametrize("address", ["file"], indirect=True)
@pytest.mark.parametrize("index", [index for index in range(len(OTHERS)) if index % 5])
def test_every_page_of_a_model_fits_a_phone(index: int, address: str, screen: Callable) -> None:
    reader = screen(360, "light")
    reader.page.goto(f"{address}{('zh', 'en')[index % 2]}/models/{OTHERS[index]}.html")
    reader.page.evaluate(OPEN_FOLDS)
    assert reader.page.evaluate(TOO_WIDE) == []
    assert behind(reader, address) == []


WRONG = {
    "too wide": (TOO_WIDE, 'document.querySelector("main").style.width = "3000px"'),
    "small": (SMALL_TEXT, f"{SHOWN_DRAWINGS}[0].querySelector('text').style.fontSize = '3px'"),
    "cut": (CUT_TEXT, f"{SHOWN_DRAWINGS}[0].querySelector('text').setAttribute('transform', 'translate(-2000 0)')"),
    "overlapping": (
        OVERLAPPING_TEXT,
        f"{SHOWN_DRAWINGS}[0].querySelectorAll('text').forEach((one) => one.after(one.cloneNode(true)))",
    ),
}


def test_what_is_looked_for_is_seen(http: str, visit: Callable, violations: Callable) -> None:
    """Each thing that must not be is done to a good page: what finds nothing anywhere must find it here."""
    reader = visit(color_scheme="light")
    page = reader.page
    for name, (probe, wrong) in WRONG.items():
        reader.arrive(f"{http}en/kvcache/how-big-and-why-so-different.html")
        assert page.evaluate(probe, SMALLEST_TEXT_PX) == [], name
        page.evaluate(f"() => {{ {wrong} }}")
        assert page.evaluate(probe, SMALLEST_TEXT_PX), name
    reader.arrive(f"{http}en/contributing.html")
    assert reader.shifted() <= TALLEST_SHIFT
    page.evaluate("document.querySelector('main').insertAdjacentHTML('afterbegin', '<p style=\"height: 20rem\">x</p>')")
    reader.settle()
    assert reader.shifted() > TALLEST_SHIFT
    page.evaluate(
        "document.querySelector('h1').insertAdjacentHTML('afterend', '<p style=\"color: #bbb\">Pale words</p><img>')"
    )
    assert [said.partition(":")[0] for said in violations(page, "colours")] == ["color-contrast"]
    assert [said.partition(":")[0] for said in violations(page, "layout")] == ["image-alt"]
    assert behind(reader, http) == []
    page.evaluate("console.error('odd')")
    page.evaluate("fetch('http://elsewhere.example/search').catch(() => 0)")
    assert len(behind(reader, http)) >= 3


def test_pages_of_models_and_reference_pages_are_small(site: Path) -> None:
    for limit, names in (
        (LARGEST_MODEL, MODELS),
        (LARGEST_REFERENCE, REFERENCE),
    ):
        sizes = {name: len(gzip.compress((site / name).read_bytes())) for name in names}
        assert {name: size for name, size in sizes.items() if size > limit} == {}


@pytest.mark.parametrize("address", ["file"], indirect=True)
# A page or its twin, in turn.
@pytest.mark.parametrize("name", list(filter(has_first_turn, PAGES)))
def test_every_page_opens_from_the_disk_without_a_complaint(name: str, address: str, screen: Callable) -> None:
    reader = screen(1280, "light")
    reader.page.goto(address + name)
    reader.settle()
    assert reader.complaints == []
    assert reader.elsewhere(address) == []


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_is_small(name: str, site: Path) -> None:
    assert len(gzip.compress((site / name).read_bytes())) <= LARGEST_ARTICLE


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
