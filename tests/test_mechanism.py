"""A mechanism says what leaves it or does not fit, and shows each step alone."""

import re

import pytest
from lxml import etree  # ty: ignore[missing-module-member] - lxml ships no types

from llmnotes.figures import PAPER, PROPERTIES, SERIES, Canvas, Mechanism, Speaker, label
from llmnotes.site.drawing import figure

SVG = "{http://www.w3.org/2000/svg}"


def mechanism(width="wide", lang="en", n_steps=3):
    terms = {"kv-cache": "KV 缓存" if lang == "zh" else "KV cache"}
    return Mechanism(Canvas(width, Speaker(lang, terms.get), n_steps), height=120)


def drawn(one):
    return etree.fromstring(one.svg())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_words_are_those_of_the_language(lang):
    one = mechanism(lang=lang)
    one.box(0, 0, 120, 40, "kv-cache", color=1)
    one.words(300, 60, label(zh="读", en="read"), anchor="middle")
    said = ["".join(text.itertext()) for text in drawn(one).iter(f"{SVG}text")]
    assert said == (["KV 缓存", "读"] if lang == "zh" else ["KV cache", "read"])


def test_long_words_break_within_their_box():
    one = mechanism()
    one.box(0, 0, 90, 80, label(zh="", en="one key and one value"))
    lines = [float(text.get("y")) for text in drawn(one).iter(f"{SVG}text")]
    assert len(lines) > 1
    assert lines == sorted(lines)
    assert 0 < lines[0] < lines[-1] < 80


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda one: one.box(700, 0, 100, 40), "a box from (700, 0) to (800, 40) leaves the drawing"),
        (lambda one: one.box(0, 0, 40, 20, "Supercalifragilistic"), "in a box of 40 × 20"),
        (lambda one: one.words(710, 20, "Llama 3.1 8B"), "the words “Llama 3.1 8B” from (710"),
        (lambda one: one.words(10, 20, "Llama 3.1 8B", anchor="end"), "leaves the drawing"),
        (lambda one: one.arrow(0, 0, 0, 130), "an arrow from (0, 0) to (0, 130) leaves the drawing"),
        (lambda one: one.cells(0, 0, rows=2, columns=2, size=10, filled=[(2, 0)]), "the cell (2, 0) is none of 2 × 2"),
        (lambda one: one.box(0, 0, 40, 20, steps=4), "something is drawn at step 4 of 3"),
        (lambda one: one.box(0, 0, 90, 20, "kv-cashe"), "uses the label 'kv-cashe'"),
    ],
)
def test_what_does_not_fit_is_one_line_with_a_remedy(draw, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        draw(mechanism())
    assert getattr(caught.value, "remedy", "")


def test_each_part_says_at_which_steps_it_is_there():
    one = mechanism()
    one.box(0, 0, 40, 20)
    one.box(50, 0, 40, 20, steps=1)
    one.words(60, 20, "KV", steps=1)
    one.cells(0, 40, rows=1, columns=2, size=20, filled=[(0, 1)], steps=(2, 3))
    one.arrow(0, 90, 100, 90, steps=(1, 2, 3))
    svg = figure.inline(one.svg(), "m-w", PROPERTIES)
    groups = [(group.get("data-steps"), group.get("data-last")) for group in etree.fromstring(svg).iter(f"{SVG}g")]
    assert groups == [("1", None), ("2 3", "")]
    assert "#" not in re.sub(r"&#\d+;", "", svg), "a colour does not follow the scheme"


def test_a_grid_has_each_of_its_cells_once():
    one = mechanism()
    one.cells(0, 0, rows=3, columns=4, size=10, filled=[(0, 1), (2, 3), (0, 1)], color=2)
    squares = {path.get("fill"): re.findall(r"M (\d+) (\d+)", path.get("d")) for path in drawn(one).iter(f"{SVG}path")}
    assert squares[SERIES[2]] == [("10", "0"), ("30", "20")]
    assert len(squares[PAPER]) == 10
    assert len({place for places in squares.values() for place in places}) == 12


def test_it_is_drawn_for_both_widths():
    assert [drawn(mechanism(width)).get("viewBox") for width in ("wide", "narrow")] == ["0 0 720 120", "0 0 340 120"]
