"""Where the notes of an article stand: beside their sentences where there is room, and at its end otherwise."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.browser.test_every_page import ARTICLES, has_first_turn

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("address", ["http"], indirect=True)]

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOTED = [name for name in ARTICLES if "\n[^" in (DOCS / name).with_suffix(".md").read_text(encoding="utf-8")]
MANY = "zh/audit/which-claims-are-wrong.html"
N_MANY = (DOCS / MANY).with_suffix(".md").read_text(encoding="utf-8").count("\n[^")
# Each note that was moved, in order: its box, and how high its mark stands.
MOVED = """() => [...document.querySelectorAll(".footnote li:not(.ln-stay)")].map((note) => {
  const { left, right, top, bottom } = note.getBoundingClientRect()
  const mark = document.querySelector(`sup[style]:has(> [href="#${note.id}"])`).getBoundingClientRect()
  return { left, right, top, bottom, mark: mark.top }
})"""
EDGES = """() => ({
  text: document.querySelector(".ln-body").getBoundingClientRect().right,
  window: document.documentElement.clientWidth,
  foot: document.querySelector(".ln-foot").getBoundingClientRect().top,
})"""
# What reaches into the margin where the notes stand.
INTRUDERS = """() => {
  const box = (one) => one.getBoundingClientRect()
  const notes = [...document.querySelectorAll(".footnote li:not(.ln-stay)")].map(box)
  const text = document.querySelectorAll(".ln-body :is(p, figure, .ln-scroll, pre, svg, h2, h3)")
  return [...text, ...document.querySelectorAll(".ln-turn, .ln-aside")]
    .filter((one) => !one.closest(".footnote li") && one.checkVisibility())
    .filter((one) => notes.some(({ left, right, top, bottom }) =>
      box(one).right > left && box(one).left < right && box(one).bottom > top && box(one).top < bottom))
    .map((one) => one.outerHTML.slice(0, 100))
}"""
# How far below its mark a note may start: those before it take the room.
LOWEST_PX = 400
WIDTHS = (1220, 1280, 1440, 1920)


# A page or its twin, in turn.
@pytest.mark.parametrize("name", list(filter(has_first_turn, NOTED)))
def test_notes_stand_beside_their_sentences(name: str, address: str, screen: Callable) -> None:
    page = screen(WIDTHS[0], "light").page
    page.goto(address + name)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        moved, edges = page.evaluate(MOVED), page.evaluate(EDGES)
        assert moved
        for note in moved:
            assert edges["text"] < note["left"] < note["right"] <= edges["window"], width
            assert note["mark"] - 1 <= note["top"] <= note["mark"] + LOWEST_PX, width
        assert all(above["bottom"] < below["top"] for above, below in pairwise(moved)), width
        assert moved[-1]["bottom"] < edges["foot"], width
        assert page.evaluate(INTRUDERS) == [], width


@pytest.mark.parametrize(("width", "media"), [(360, "screen"), (1219, "screen"), (1280, "print")])
def test_notes_stand_at_the_end_where_there_is_no_margin(width: int, media: str, address: str, visit: Callable) -> None:
    page = visit(width=width).page
    page.goto(address + MANY)
    page.emulate_media(media=media)
    notes = page.locator(".footnote li")
    heading = page.locator("#sources").bounding_box()
    boxes = [note.bounding_box() for note in notes.all()]
    assert len(boxes) == N_MANY > 10
    assert all(box["y"] > heading["y"] for box in boxes)
    assert all(above["y"] + above["height"] <= below["y"] for above, below in pairwise(boxes))
    assert not page.locator(".ln-moved").is_visible()


def test_a_mark_leads_to_its_note_and_back_by_keyboard(address: str, visit: Callable) -> None:
    page = visit(width=1280).page
    page.goto(address + MANY)
    mark = page.locator(".footnote-ref").first
    mark.press("Enter")
    target = mark.get_attribute("href")
    assert page.evaluate("location.hash") == target
    page.locator(f"[id='{target[1:]}'] .footnote-backref").first.press("Enter")
    assert page.evaluate("location.hash").startswith("#fnref")
