"""What a figure says when a reader changes it is what Python says, for every snippet that has controls."""

from __future__ import annotations

import json
import runpy
from itertools import product

import pytest
from py_mini_racer import MiniRacer

from llmnotes.figures.labels import Speaker
from llmnotes.registry import chip_ids, find_chip, model_ids
from llmnotes.site.figures import figure_files
from llmnotes.site.script import formulas, play_part, playing
from llmnotes.site.snippets import snippet
from llmnotes.site.snippets.labels import Labels
from llmnotes.site.snippets.shown_parts import in_words
from llmnotes.site.snippets.snippet import LANGUAGES

# Kinships that reduce to different coefficients: dense, windows, latent, hybrid, experts, recurrent, learned positions.
MODELS = (
    "llama-3.1-8b",
    "gemma-3-27b",
    "deepseek-v3",
    "deepseek-v4-pro",
    "qwen3-next-80b-a3b",
    "mixtral-8x7b",
    "jamba-v0.1",
    "gpt2",
)
CHIPS = ("h100-sxm-80gb", "rtx-4090")
MOST_STATES = 200


def names_with_play(root):
    return [name for name in snippet.names(root) if "play" in snippet.load(root, name).lines]


def states(play):
    """The controls in every combination of their ends, middle and built value, and a sweep of models."""
    ways = []
    for control in play.controls:
        if control.kind == "model":
            ways.append(MODELS)
        elif control.kind == "chip":
            ways.append(CHIPS)
        elif control.kind == "choice":
            ways.append(control.options)
        else:
            ways.append(sorted({control.low, control.built, control.high}))
    every = [dict(zip((c.name for c in play.controls), values, strict=True)) for values in product(*ways)]
    return every[:: max(1, len(every) // MOST_STATES)]


@pytest.fixture(scope="module")
def page(root):
    """A page that has loaded what figures need."""
    with MiniRacer() as context:
        assets = root / "docs" / "theme" / "assets"
        context.eval((assets / "numbers.js").read_text(encoding="utf-8"))
        context.eval((assets / "evaluate.js").read_text(encoding="utf-8"))
        context.eval(formulas.models_script())
        yield context


def test_the_models_and_chips_of_the_grid_are_registered():
    assert set(MODELS) <= set(model_ids())
    assert set(CHIPS) <= {chip for chip in chip_ids() if "bf16" in find_chip(chip).peak_flops_per_s}


def test_says_in_the_page_what_python_says(page, root):
    different = []
    for name in names_with_play(root):
        module = runpy.run_path(str(root / "snippets" / f"{name}.py"))
        result = module["compute"]()
        for lang in LANGUAGES:
            play = in_words(module["play"](result), Speaker(lang, Labels(root, lang).term))
            data = play_part.page_data(play, {}, lang)
            page.eval(figure_files.script(name, {}, data))
            say = f"(state) => llmnotes.evaluate.texts(llmnotes.figures[{json.dumps(name)}], state, {json.dumps(lang)})"
            # The second language has the numbers of the first: of its words some states tell all.
            cases = states(play)[:: 1 if lang == LANGUAGES[0] else 9]
            in_page = json.loads(page.eval(f"JSON.stringify({json.dumps(cases)}.map({say}))"))
            for state, got in zip(cases, in_page, strict=True):
                expected = playing.texts(play, state, lang)
                different += [] if got == expected else [(name, state, got, expected)]
    assert different == []
