"""Notes are numbered as a reader meets them, and say where in the text they belong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from llmnotes.site.markdown import notes

BODY = """# T

| a | b |
|---|---|
| first[^late] | x |

Then[^early], and again[^late].

??? question "Why?"
    Because[^folded], and as before[^early].

[^early]: E.
[^folded]: F.
[^late]: L.
[^unused]: U.
"""


def test_notes_stand_in_the_order_of_their_marks(convert: Callable) -> None:
    page = convert(BODY)
    assert page.xpath("//div[@class='footnote']/ol/li/@id") == ["fn:late", "fn:early", "fn:folded", "fn:unused"]
    marks = page.xpath("//a[@class='footnote-ref']")
    assert [(mark.get("href"), mark.text) for mark in marks] == [
        ("#fn:late", "1"),
        ("#fn:early", "2"),
        ("#fn:late", "1"),
        ("#fn:folded", "3"),
        ("#fn:early", "2"),
    ]


def test_the_first_mark_that_is_always_seen_says_where_a_note_belongs(convert: Callable) -> None:
    page = convert(BODY)
    placed = page.xpath("//sup[@style]")
    assert [mark.get("style") for mark in placed] == ["anchor-name:--r1", "anchor-name:--r2"]
    assert [mark[0].get("href") for mark in placed] == ["#fn:late", "#fn:early"]
    assert page.xpath("//li[@class='ln-stay']/@id") == ["fn:folded", "fn:unused"]


def test_a_note_first_marked_in_a_fold_waits_for_its_mark_and_pushes_none_down(convert: Callable) -> None:
    page = convert("??? question\n    Why[^late]?\n\nNow[^early]. Then[^late].\n\n[^late]: Late.\n[^early]: Early.\n")
    assert page.xpath("//div[@class='footnote']/ol/li/@id") == ["fn:early", "fn:late"]
    assert [mark[0].get("href") for mark in page.xpath("//sup[@style]")] == ["#fn:early", "#fn:late"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_note_leads_back_in_the_language_of_the_page(convert: Callable, lang: str) -> None:
    page = convert(BODY, lang)
    back = page.xpath("//a[@class='footnote-backref']")
    assert len(back) == 6
    assert {link.get("title") for link in back} == {None}
    assert all(link.get("aria-label").startswith(notes.WORDS[lang].split()[0]) for link in back)
    assert page.xpath("//p[@class='ln-moved']/text()") == [notes.MOVED[lang]]


def test_a_note_with_several_marks_says_where_each_way_leads(convert: Callable) -> None:
    ways = convert("One[^a], two[^a].\n\n[^a]: Said.\n", "en").xpath("//a[@class='footnote-backref']")
    assert [(way.get("aria-label"), way.text_content()) for way in ways] == [
        ("Back to place 1 in the text", "↩1"),
        ("Back to place 2 in the text", "↩2"),
    ]


def test_however_many_notes_each_says_where_it_stands(convert: Callable) -> None:
    names = [f"n{number}" for number in range(120)]
    marks, texts = "".join(f"[^{name}]" for name in names), "\n".join(f"[^{name}]: N." for name in names)
    page = convert(f"# T\n\nx{marks}\n\n{texts}\n")
    anchors = page.xpath("//sup[@style]/@style")
    places = page.xpath("//div[@class='footnote']//li/@style")
    assert [anchor.replace("anchor-name", "position-anchor") for anchor in anchors] == places
    assert len(set(places)) == len(names)
