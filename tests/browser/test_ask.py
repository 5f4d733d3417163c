"""An exercise grades itself: numbers of the reader's own, a hint for a known mistake, progress that stays here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOTH_WAYS

pytestmark = pytest.mark.browser

ARTICLE = "kvcache/how-big-and-why-so-different.html"
# Two cases of the exercise, as its link names them.
HERE, THERE = "#ask.exercise=0", "#ask.exercise=5"
SAID = {
    "en": {"unit": "3.5 GiB", "heads": "the 32 query heads", "right": "Right: 1.12 GiB", "once": "1 of 1"},
    "zh": {"unit": "3.5 GiB", "heads": "你数的是 32 个查询头", "right": "对，是 1.12 GiB", "once": "1 道"},
}


@BOTH_WAYS
def test_an_exercise_grades_itself_by_keyboard(lang: str, address: str, visit: Callable, violations: Callable) -> None:
    reader, said = visit(width=360), SAID[lang]
    page = reader.page
    page.goto(f"{address}{lang}/{ARTICLE}{HERE}")
    box = page.locator(".ln-exercise")
    field, heard = box.get_by_role("textbox"), box.locator(".ln-exercise__said")
    expect(box.locator("summary")).to_contain_text("Qwen3 8B")
    for typed, answered in (("1.12", said["unit"]), ("4.5 GiB", said["heads"]), ("1.125 GiB", said["right"])):
        field.fill(typed)
        field.press("Enter")
        expect(heard).to_contain_text(answered)
    expect(heard).to_contain_text(said["once"])
    expect(heard).to_have_attribute("aria-live", "polite")
    # The fold that stands there without a script says the same.
    box.locator("summary").press("Enter")
    expect(box.locator("details p [data-ask=answer]")).to_have_text("1.12 GiB")
    # What was solved is there again, and gone when the reader says so.
    page.reload()
    expect(box).to_have_class("ln-exercise ln-exercise--ready ln-exercise--done")
    field.fill("1.125 GiB")
    field.press("Enter")
    heard.get_by_role("button").press("Enter")
    expect(box).to_have_class("ln-exercise ln-exercise--ready")
    assert page.evaluate("localStorage.getItem('llmnotes.exercises')") is None
    assert reader.complaints == []
    assert reader.elsewhere(address) == []
    field.fill("4.5 GiB")
    field.press("Enter")
    expect(heard).to_contain_text(said["heads"])
    assert violations(page) == []


@pytest.mark.parametrize("address", ["http"], indirect=True)
def test_numbers_are_a_reader_s_own_and_a_link_shares_them(address: str, visit: Callable) -> None:
    drawn = set()
    for _ in range(4):
        page = visit().page
        page.goto(f"{address}en/{ARTICLE}#exercises")
        box = page.locator(".ln-exercise--ready")
        box.wait_for()
        drawn.add(box.locator("summary").inner_text())
    # Of 64 cases, four readers draw the same one once in a quarter of a million.
    assert len(drawn) > 1
    box.get_by_role("button").nth(1).press("Enter")
    expect(box.get_by_role("textbox")).to_be_focused()
    asked = box.locator("summary").inner_text()
    link = box.get_by_role("link").evaluate("(link) => link.href")
    friend = visit().page
    friend.goto(link)
    expect(friend.locator(".ln-exercise--ready summary")).to_have_text(asked)
    other = HERE if link.endswith(THERE) else THERE
    friend.evaluate(f"location.hash = '{other}'")
    expect(friend.locator(".ln-exercise summary")).not_to_have_text(asked)


@pytest.mark.parametrize("address", ["http"], indirect=True)
def test_without_a_script_the_folded_answer_stands(address: str, visit: Callable) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(f"{address}en/{ARTICLE}")
    box = page.locator(".ln-exercise")
    expect(box.locator("summary")).to_contain_text("Qwen3 8B")
    expect(box.locator("form")).to_have_count(0)
    box.locator("summary").click()
    expect(box.locator("details p")).to_contain_text("1.12 GiB")
