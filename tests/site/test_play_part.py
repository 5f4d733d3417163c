"""A part `play` that does not fit its snippet stops the build: what is wrong, where, and what mends it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from llmnotes import figures
from llmnotes.cost.coefficients import CostProfile
from llmnotes.figures import play
from llmnotes.site.script import play_part
from llmnotes.site.script.play_part import PlayError
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.problem import SiteError


def squared(*, n_tokens: int) -> int:
    return n_tokens * n_tokens


def elements(profile: CostProfile, *, n_tokens: int) -> int:
    return profile.growing_elements * n_tokens


def listed(*, n_tokens: int) -> int:
    return len([n_tokens])


def counted(*, batch_size: int = 1) -> int:
    return batch_size


def area(*, square: int) -> int:
    return square + 1


def shifted(*, n_tokens: int) -> int:
    return n_tokens - 1


def made(**changes):
    """What fits: a curve, a dot and a number over one slider, but for what is changed."""
    parts: dict[str, Any] = {
        "controls": [play.tokens(4096, low=1024, high=8192)],
        "marks": {"own": play.Curve(squared, over="n_tokens"), "here": play.Dot("n_tokens", squared)},
        "numbers": {"square": play.Number(squared, "exact")},
        "sentence": "{{n_tokens}}: {{square}}",
    }
    return play.Play(**(parts | changes))


def drawn(height=lambda n: n * n):
    fig, ax = figures.new_figure("wide")
    ax.plot([1024, 8192], [height(1024), height(8192)], gid="own")
    ax.plot([4096], [4096 * 4096], "o", gid="here")
    return fig


def test_says_and_draws_what_its_formulas_give():
    data = play_part.page_data(made(), {"square": "16,777,216"}, "en")
    assert data["said"] == "4K: 16,777,216"
    play_part.check_drawn(made(), drawn(), "en")


def test_a_formula_builds_on_a_value_wherever_it_is_asked():
    # (n - 1)² + 1 as number, along a curve and with n fixed, each by another way to the same value.
    built_on = made(
        values={"square": (squared, {"n_tokens": shifted})},
        marks=play.curves("n_tokens", own=area),
        numbers={"area": play.Number(area, "exact"), "ten": play.Number(area, "exact", fixed={"n_tokens": 10})},
        sentence="{{area}}, {{ten}}",
    )
    assert play_part.page_data(built_on, {}, "en")["said"] == f"{4095**2 + 1:,}, 82"
    fig, ax = figures.new_figure("wide")
    ax.plot([1024, 8192], [1023**2 + 1, 8191**2 + 1], gid="own")
    ax.plot([4096], [4095**2 + 1], "o", gid="here")
    play_part.check_drawn(built_on, fig, "en")


@pytest.mark.parametrize(
    ("changes", "message", "remedy"),
    [
        ({"controls": [play.tokens(3000)]}, "stops at 3000, no power of two", "use slider"),
        ({"controls": [play.tokens(4096), play.tokens(8192)]}, "two controls 'n_tokens'", "another name"),
        ({"controls": [play.slider("share", 1, low=0, high=2)]}, "'share' has no label", r"label=text"),
        ({"controls": [play.choice("kv_bits", 5, options=[16])]}, "5 is none of its options", "add it"),
        (
            {"marks": {"own": play.Curve(elements, over="n_tokens")}},
            "elements takes a profile",
            r"add the control model",
        ),
        (
            {"marks": {"own": play.Curve(squared, over="n")}},
            "runs over 'n', which its formula does not take",
            "n_tokens",
        ),
        (
            {"marks": {"own": play.Curve(squared, over="n_tokens", fixed={"n_tokens": 8})}},
            "runs over 'n_tokens', which its formula does not take",
            "n_tokens",
        ),
        ({"marks": {"here": play.Dot("n_users", squared)}}, "lies at 'n_users', which no control gives", "n_tokens"),
        ({"numbers": {"square": play.Number(squared, "litres")}}, "has the unit 'litres'", "use one of bytes"),
        ({"numbers": {"square": play.Number(lambda: 1, "exact")}}, "for a formula", "written with def"),
        ({"numbers": {"square": play.Number(listed, "exact")}}, "cannot be emitted as JavaScript", "plain arithmetic"),
        ({"controls": [], "marks": {}}, "takes n_tokens, which nothing gives", "add a control"),
        ({"values": {"square": squared}}, "no formula takes the value 'square'", "take it out"),
        ({"values": {"n_tokens": squared}}, "'n_tokens' builds on itself", "take what controls give"),
        (
            {"values": {"n_tokens": area, "square": listed}},
            "the value 'n_tokens' builds on itself",
            "take what controls give",
        ),
        (
            {"numbers": {"area": play.Number(area, "exact")}, "values": {"square": elements}},
            "elements takes a profile",
            "add the control model",
        ),
        (
            {"controls": [play.tokens(4096)], "values": {"n_tokens": counted}},
            "'n_tokens' is a value, and a control gives it too",
            "another name",
        ),
        ({"sentence": "{{cube}}"}, "uses {{cube}}, which is neither control nor number", "controls give"),
        (
            {"numbers": {"square": play.Words(squared, yes="{{cube}}", no="none")}},
            "uses {{cube}}, which is neither control nor number",
            "controls give",
        ),
    ],
)
def test_refuses_what_does_not_hold_together(changes, message, remedy):
    with pytest.raises(PlayError, match=re.escape(message)) as raised:
        play_part.page_data(made(**changes), {}, "en")
    assert re.search(remedy, raised.value.remedy)


@pytest.mark.parametrize(("built", "said"), [(1, "none"), (3, "2 more")])
def test_one_of_two_texts_may_name_a_number(built, said):
    numbers = {
        "less": play.Number(shifted, "exact"),
        "told": play.Words(shifted, yes="{{less}} more", no="none"),
    }
    controls = [play.Control("n_tokens", "slider", built, low=1, high=4, label="n")]
    data = play_part.page_data(made(controls=controls, marks={}, numbers=numbers, sentence="{{told}}"), {}, "en")
    assert data["said"] == said


def test_refuses_a_number_that_is_not_the_claim_of_its_name():
    with pytest.raises(PlayError, match="“16,777,216” as built, and the claim of this name “16”"):
        play_part.page_data(made(), {"square": "16"}, "en")


def test_refuses_a_drawing_that_its_formulas_do_not_give():
    with pytest.raises(PlayError, match=r"'own' was drawn with y at 1024 = 2048, where its formula gives 1048576"):
        play_part.check_drawn(made(), drawn(lambda n: 2 * n), "en")


def test_refuses_a_mark_that_is_not_drawn():
    with pytest.raises(PlayError, match="names the mark 'bar', which is not drawn") as raised:
        play_part.check_drawn(made(marks={"bar": play.Bar(squared)}), drawn(), "en")
    assert raised.value.remedy == "drawn are here, own; give the artist gid='bar'"


@pytest.mark.site
def test_the_build_names_the_snippet_and_the_line_of_play(tmp_path, write_snippet):
    part = (
        "def play(result):\n    from llmnotes.figures.play import Play, tokens\n"
        '    return Play(controls=[tokens(4096)], sentence="{{none}}")'
    )
    file = write_snippet(tmp_path, play=part)
    line = file.read_text(encoding="utf-8").splitlines().index("def play(result):") + 1
    with pytest.raises(SiteError) as raised:
        Runner(tmp_path).prepare(["kvcache/how-long/growth"])
    (problem,) = {(one.place, one.line) for one in raised.value.problems}
    assert problem == ("snippets/kvcache/how-long/growth.py", line)
