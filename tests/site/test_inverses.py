"""Longest context, largest batch, fewest chips: one answer, by `fit`, calculator, figure and model page."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from py_mini_racer import MiniRacer

from llmnotes import fit, load_model
from llmnotes.cost import cost_profile
from llmnotes.registry import find_chip, model_ids
from llmnotes.site.made.models.facts import CARDS, facts
from llmnotes.site.script import formulas
from llmnotes.site.snippets import snippet
from llmnotes.weights.sizes import memory_precision

BATCHES, LENGTHS = (1, 7), (4096, 131_072)
ASK = """
llmnotes.tries = (model, chip, settings) => {
  const given = { n_output: 1, rent: 1, chip, expert_bits: 0, price: "", ...settings }
  const all = llmnotes.held(llmnotes.models[model], llmnotes.stored(llmnotes.models[model], given))
  const room = ({ longest, batch, fewest }) => [longest === Infinity ? null : longest, batch, fewest || null]
  return JSON.stringify({ ideal: room(all.ideal), reserved: room(all.reserved) })
}
"""


@pytest.fixture(scope="module")
def calculator(root):
    """The script of the calculator, with the equations and models of the site."""
    with MiniRacer() as v8:
        v8.eval("globalThis.llmnotes = {}")
        v8.eval(formulas.formulas_script())
        v8.eval(formulas.models_script())
        v8.eval((root / "docs/theme/assets/calculator/cost.js").read_text(encoding="utf-8"))
        v8.eval(ASK)
        yield v8


@pytest.fixture(scope="module")
def figure(root):
    """The functions of the figure “your model on your card”."""
    names: dict = {}
    exec(snippet.load(root, "memory/will-it-fit/yours").source, names)
    return names


def of_fit(model, chip, n_chips, weight_bits, kv_bits, n_tokens, batch):
    found = fit(model, chip, n_chips, weight_bits, kv_bits, n_tokens, batch)
    return {
        kind: [room.longest_context, room.largest_batch, room.fewest_chips]
        for kind, room in (("ideal", found.ideal), ("reserved", found.reserved))
    }


@pytest.mark.parametrize("model_id", model_ids())
def test_calculator_and_fit_answer_alike(calculator, model_id):
    model = load_model(model_id)
    cases = product(("rtx-4090", "h200-sxm-141gb"), (1, 8), ((16, 16), (4.5, 8)), LENGTHS, BATCHES)
    for chip, n_chips, (weight_bits, kv_bits), n_tokens, batch in cases:
        settings = {"n_chips": n_chips, "weight_bits": weight_bits, "kv_bits": kv_bits}
        settings |= {"n_tokens": n_tokens, "batch_size": batch}
        asked = ", ".join(map(json.dumps, (model_id, chip, settings)))
        said = json.loads(calculator.eval(f"llmnotes.tries({asked})"))
        assert said == of_fit(model, chip, n_chips, weight_bits, kv_bits, n_tokens, batch), (chip, settings)


@pytest.mark.parametrize("model_id", model_ids())
def test_the_figure_answers_like_fit(figure, model_id):
    model = load_model(model_id)
    for chip, bits, batch in product(("rtx-4090", "h200-sxm-141gb"), (16, 4.5), BATCHES):
        found = fit(model, chip, 1, bits, 16, 4096, batch).ideal
        asked = {"memory_bytes": find_chip(chip).memory_bytes, "weight_bits": bits, "batch_size": batch, "kv_bits": 16}
        if found.longest_context is None:
            with pytest.raises(ValueError, match="stops growing"):
                figure["longest"](cost_profile(model), **asked)
        else:
            assert figure["longest"](cost_profile(model), **asked) == found.longest_context


@pytest.mark.parametrize("model_id", model_ids())
def test_the_page_of_a_model_answers_like_fit(model_id):
    page = facts(model_id)
    placed = iter(page.placed)
    for chip, stored in product(CARDS, page.stored):
        one = next(placed)
        assert (one.chip.id, one.stored) == (chip, stored)
        precision = memory_precision(stored)
        asked: dict[str, Any] = {"weight_bits": precision.weights, "expert_bits": precision.experts}
        asked["n_tokens"] = page.tokens_to_fit
        assert one.n_chips == fit(page.spec, chip, **asked).ideal.fewest_chips
        if one.n_chips is not None:
            longest = fit(page.spec, chip, one.n_chips, **asked).ideal.longest_context
            known = [limit for limit in (longest, page.spec.n_ctx) if limit is not None]
            assert one.longest == (min(known) if known else None)
