"""What a page expects of an engine, in V8, is what Python expects: models, chips, engines and batches."""

from __future__ import annotations

import json
from itertools import product

import pytest
from py_mini_racer import MiniRacer

from llmnotes.cost.assumptions import Precision
from llmnotes.registry import chip_ids, find_chip, load_model
from llmnotes.site.script import formulas
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.runtimes import RUNTIMES
from llmnotes.timing.work import UnknownPeak

MODELS = ("llama-3.1-8b", "gpt-oss-120b", "deepseek-v3.2", "deepseek-v4-flash", "qwen3.6-35b-a3b", "jamba-v0.1")
CHIPS = ("b200-sxm-180gb", "rtx-4090", "ryzen-ai-max-395-128gb", "m3-max-128gb", "rtx-3060")
BITS = ((16, 16), (8.5, 4.25), (6.2, 4.5), (4.9, 4.9))
KEYS = ("bound", "expected", "low", "high")
TIMED = """
function timed(cases) {
  return cases.map(([kind, model, settings]) => llmnotes.timed(kind, llmnotes.models[model], settings))
}
"""


@pytest.fixture(scope="module")
def v8(root):
    with MiniRacer() as context:
        context.eval(formulas.formulas_script())
        context.eval(formulas.models_script())
        context.eval((root / "docs/theme/assets/calculator/cost.js").read_text())
        context.eval(TIMED)
        yield context


def cases(chips=CHIPS, models=MODELS, bits=BITS):
    for engine, chip, model_id, (weights, experts), (batch, n_chips) in product(
        RUNTIMES, chips, models, bits, ((1, 1), (37, 4))
    ):
        yield {
            "engine": engine, "chip": chip, "model": model_id, "read_bits": weights, "expert_bits": experts,
            "batch_size": batch, "n_chips": n_chips, "n_tokens": 20_000, "n_output": 700, "kv_bits": 8.5,
        }  # fmt: skip


def expected(kind, case):
    setup = Setup(
        find_chip(case["chip"]),
        RUNTIMES[case["engine"]],
        case["n_chips"],
        Precision(case["read_bits"], case["expert_bits"], case["kv_bits"]),
    )
    model = load_model(case["model"])
    if kind == "decode":
        return decode_timing(model, setup, n_past=case["n_tokens"], batch_size=case["batch_size"])
    try:
        return prefill_timing(model, setup, n_new=case["n_tokens"] - case["n_output"])
    except UnknownPeak:
        return None


def compared(v8, some):
    asked = [(kind, case["model"], case) for case in some for kind in ("decode", "prefill")]
    there = json.loads(v8.eval(f"JSON.stringify(timed({json.dumps(asked)}))"))
    for (kind, _, case), found in zip(asked, there, strict=True):
        here = expected(kind, case)
        assert (found is None) == (here is None), case
        if here is None:
            continue
        assert [found[key] for key in KEYS] == pytest.approx([getattr(here, key) for key in KEYS], rel=1e-12), case
        assert found["parts"] == pytest.approx(dict(here.parts), rel=1e-12)
        assert found["scope"] == here.scope


def test_every_engine_on_chips_of_every_class(v8):
    compared(v8, list(cases()))


def test_every_chip_of_the_registry(v8):
    compared(v8, list(cases(chips=chip_ids(), models=("gpt-oss-120b",), bits=((4.9, 4.25),))))


def test_the_page_offers_the_engines_that_are_known(root):
    form = (root / "docs/theme/calculator.html").read_text()
    assert all(f'("{engine}", ' in form for engine in RUNTIMES)
