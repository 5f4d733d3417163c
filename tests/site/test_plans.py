"""What the planner's page finds, in V8, is what Python finds: options, Pareto set, and what comes closest."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from py_mini_racer import MiniRacer

from llmnotes.registry import load_model
from llmnotes.site.script import formulas
from llmnotes.timing.plan import COUNTS, ENGINES, Need, NoPlan, pareto, plan, rents
from llmnotes.weights.served import forms_of

SCRIPTS = ("calculator/cost", "planner/plan")
FOUND = """
function found(id, need, sure, engines) {
  const P = llmnotes.plans
  const given = { prices: llmnotes.rents, forms: P.forms[id], counts: P.counts, engines, kv_bits: 16, sure }
  const { options, closest } = llmnotes.plan(id, need, given)
  const at = llmnotes.pareto(options).map((one) => options.indexOf(one))
  return JSON.stringify({ options, pareto: at, closest })
}
"""
CHAT = Need(n_prompt=4096, n_output=512, n_users=64, first_token_s=2, tokens_per_s=20)
NEEDS = {
    "chat": ("llama-3.3-70b", CHAT, False, ENGINES),
    "experts, latent attention": ("deepseek-v3", CHAT, False, ENGINES),
    "own form, at the slow end": ("gpt-oss-120b", Need(9000, 300, 7, 0.5, 40), True, ENGINES),
    "windows and long prompts": ("gemma-3-27b", Need(100_000, 1, 5, 300, 0.01), False, ENGINES),
    "an engine never measured": ("qwen3.6-35b-a3b", Need(2048, 256, 3, 1, 50), False, ("sglang",)),
    "latents of many tokens": ("kimi-k2.6", Need(67_000, 400, 64, 60, 10), False, ENGINES),
    "copies of few heads": ("qwen3-235b-a22b", Need(32_000, 4000, 40, 20, 10), False, ("vllm", "sglang")),
    "compressed past": ("deepseek-v4-flash", Need(300_000, 9999, 33, 600, 10), False, ENGINES),
}
SHOWN = (
    "chip", "n_chips", "n_groups", "n_stages", "n_context", "n_replicas", "form", "engine", "batch_size",
    "usd_per_hour", "usd_per_million", "tokens_per_s", "first_token_s", "scope", "sure",
)  # fmt: skip


@pytest.fixture(scope="module")
def v8(root):
    with MiniRacer() as context:
        for script in (formulas.formulas_script(), formulas.models_script(), formulas.plans_script()):
            context.eval(script)
        for name in SCRIPTS:
            context.eval((root / f"docs/theme/assets/{name}.js").read_text(encoding="utf-8"))
        context.eval(FOUND)
        yield context


def there(v8, model_id, need, sure, engines):
    asked = ", ".join(json.dumps(each) for each in (model_id, asdict(need), sure, engines))
    return json.loads(v8.eval(f"found({asked})"))


@pytest.mark.parametrize("name", NEEDS)
def test_the_page_finds_what_python_finds(v8, name):
    model_id, need, sure, engines = NEEDS[name]
    here = plan(load_model(model_id), need, sure=sure, engines=engines)
    found = there(v8, model_id, need, sure, engines)
    assert len(found["options"]) == len(here) > 0
    for mine, other in zip(here, found["options"], strict=True):
        for key in SHOWN:
            value = getattr(mine, key)
            value = list(value) if isinstance(value, tuple) else value
            expected = value if isinstance(value, str) else pytest.approx(value, rel=1e-12)
            assert other[key] == expected, (key, mine)
    assert [here[at] for at in found["pareto"]] == pareto(here)


def test_what_comes_closest_is_the_same(v8):
    need = Need(2048, 256, 1, 2, 5000)
    closest = there(v8, "llama-3.1-405b", need, True, ENGINES)["closest"]
    with pytest.raises(NoPlan) as refused:
        plan(load_model("llama-3.1-405b"), need)
    assert f"{closest['n_chips']} × {closest['chip']} in {closest['form']} gives" in str(refused.value)
    said = f"{1 / closest['each']['high']:.3g} tokens/s, the first after {closest['first']['high']:.3g} s"
    assert said in str(refused.value)


def test_the_page_knows_forms_and_rents_of_the_package(v8):
    assert json.loads(v8.eval("JSON.stringify(llmnotes.rents)")) == rents()
    known = json.loads(v8.eval("JSON.stringify(llmnotes.plans)"))
    assert known["counts"] == list(COUNTS)
    forms = forms_of(load_model("deepseek-v3"))
    stored = {form: [bits.weights, bits.expert_bits, bits.held_bits] for form, bits in forms.items()}
    assert known["forms"]["deepseek-v3"] == stored
