"""What the page calculates in V8 is what Python calculates: every equation, every registered model, a grid of cases."""

from __future__ import annotations

import inspect
import json
import math
from itertools import product

import pytest
from py_mini_racer import MiniRacer

from llmnotes.cost import cost_profile, costs, growing_bytes_per_token, inverses, parallel
from llmnotes.registry import chip_ids, load_model, model_ids, price_ids
from llmnotes.report import count_params
from llmnotes.site.script import formulas
from tests.site.watched import Watch, watched

LENGTHS = (1, 4097, 131_072, 1_000_003)
STORAGE = [
    {"batch_size": batch, "kv_bits": kv_bits, "state_bits": state_bits}
    for batch, kv_bits, state_bits in product((1, 37), (16, 8, 4.5), (32, 16))
]
PASSES = [
    {"n_new": n_new, "n_past": n_past}
    for n_new, n_past in [(1, 0), (1, 1), (1, 8191), (1, 1_000_003), (2, 5), (777, 1000), (8192, 0), (131_072, 65_536)]
]
WEIGHTS = [
    {"n_tokens": batch, "weight_bits": weights, "expert_bits": experts}
    for batch, (weights, experts) in product((1, 2, 256), ((16, 16), (8.5, 4.25)))
]
CACHES = [{"n_tokens": n, "page": page} | how for n, page, how in product(LENGTHS, (1, 16), STORAGE)]
HEADS = [one | {"n_logits": n_logits} for one, n_logits in product(PASSES, (1, 8192))]
GRID = {
    "border_flops": [{"n_past": one["n_past"]} for one in PASSES],
    "causal_attention_flops": PASSES,
    "causal_attention_share": PASSES,
    "causal_flops": HEADS,
    "compressed_elements": [{"n_tokens": n} for n in LENGTHS],
    "full_attention_flops": PASSES,
    "full_flops": HEADS,
    "growing_bytes_per_token": [{"kv_bits": bits} for bits in (16, 8, 4.5)],
    "ideal_cache_bytes": CACHES,
    "ideal_elements": [{"n_tokens": n, "page": page} for n, page in product(LENGTHS, (1, 16))],
    "linear_flops": [{"n_new": one["n_new"]} for one in PASSES],
    "read_weight_bytes": WEIGHTS,
    "reserved_cache_bytes": CACHES,
    "state_bytes": STORAGE,
    "total_params": [{}],
}
# A power is rounded by each language in its own way.
POWERS = {"read_weight_bytes"}
CALL_ALL = """
function call_all(profile, grid) {
  const results = {};
  for (const [name, cases] of Object.entries(grid)) {
    results[name] = cases.map((named) => globalThis[name](profile, named));
  }
  return results;
}
"""


@pytest.fixture(scope="module")
def v8():
    with MiniRacer() as context:
        context.eval(formulas.script())
        context.eval(CALL_ALL)
        yield context


def test_the_grid_holds_every_equation_over_a_profile():
    assert set(GRID) == {
        equation.__name__
        for equation in formulas.equations()
        if equation.__module__ == costs.__name__ and "profile" in inspect.signature(equation).parameters
    }


@pytest.fixture(scope="module")
def data():
    return json.loads(json.dumps({model_id: formulas.coefficients(model_id) for model_id in model_ids()}))


def test_the_data_holds_every_registered_model(data):
    assert tuple(data) == model_ids()


def plain(named):
    """Keywords with their integers watched; widths of numbers stay as they are."""
    return {name: watched(value) for name, value in named.items()}


@pytest.mark.parametrize("model_id", model_ids())
def test_gives_the_same_numbers_in_v8(v8, data, model_id):
    in_page = json.loads(v8.eval(f"JSON.stringify(call_all({json.dumps(data[model_id])}, {json.dumps(GRID)}))"))
    profile = watched(cost_profile(load_model(model_id)))
    different = []
    for name, cases in GRID.items():
        equation = getattr(costs, name)
        for named, got in zip(cases, in_page[name], strict=True):
            Watch.exact()
            expected = equation(profile, **plain(named))
            same = (
                got == expected if Watch.exact() and name not in POWERS else math.isclose(got, expected, rel_tol=1e-12)
            )
            different += [] if same else [(name, named, got, expected)]
    assert different == []


@pytest.fixture(scope="module")
def page():
    """A page that has loaded both scripts."""
    with MiniRacer() as context:
        context.eval(formulas.formulas_script())
        context.eval(formulas.models_script())
        yield context


def test_hands_the_page_every_equation_by_name(page):
    names = json.loads(page.eval("JSON.stringify(Object.keys(llmnotes.formulas))"))
    assert names == [equation.__name__ for equation in formulas.equations()]


def test_hands_the_page_the_whole_registry(page):
    ids = json.loads(page.eval("JSON.stringify([llmnotes.models, llmnotes.chips, llmnotes.prices].map(Object.keys))"))
    assert ids == [[*model_ids()], [*chip_ids()], [*price_ids()]]


def test_counts_in_the_page_as_the_registry_says(page):
    counts = "(model) => [model.n_params, llmnotes.formulas.total_params(model.profile)]"
    said = json.loads(page.eval(f"JSON.stringify(Object.values(llmnotes.models).map({counts}))"))
    assert [params for params, _ in said] == [params for _, params in said]
    assert [params for params, _ in said] == [count_params(load_model(model_id)).total for model_id in model_ids()]


# Of a model on chips: what each equation is given, beside the coefficients.
CHIP_CASES = [
    {"n_tokens": 8192, "n_past": 8192, "n_chips": 1, "batch_size": 1, "weight_bits": 16, "kv_bits": 16},
    {"n_tokens": 131_075, "n_past": 131_075, "n_chips": 8, "batch_size": 3, "weight_bits": 8.5, "kv_bits": 8},
    {"n_tokens": 1_000_000, "n_past": 999_999, "n_chips": 3, "batch_size": 64, "weight_bits": 4.5, "kv_bits": 16},
]
ENGINE = {"memory_bytes": 85_520_809_984, "usable_share": 0.92, "prefill_chunk": 2048, "room_bytes": 12_345_678_901}
ENGINE |= {"expert_bits": 4.25, "flops_per_s": 989e12, "bytes_per_s": 3.35e12, "n_periods": 7}


def of_chips():
    """The equations over a model on chips, with the names they are given."""
    for module in (parallel, inverses):
        for equation in formulas.equations():
            if equation.__module__ == module.__name__:
                named = inspect.signature(equation).parameters
                yield equation, [*named]


@pytest.mark.parametrize("model_id", model_ids())
def test_costs_the_same_on_chips_in_v8(page, model_id):
    profile = cost_profile(load_model(model_id))
    different = []
    for equation, names in of_chips():
        if equation.__name__ == "longest_context" and growing_bytes_per_token(profile) == 0:
            continue
        for case in CHIP_CASES:
            named = {name: value for name, value in (case | ENGINE).items() if name in names}
            model = f"llmnotes.models[{json.dumps(model_id)}].profile"
            got = page.eval(f"llmnotes.formulas.{equation.__name__}({model}, {json.dumps(named)})")
            expected = equation(profile, **named)
            if not math.isclose(got, expected, rel_tol=1e-12):
                different.append((equation.__name__, named, got, expected))
    assert different == []
