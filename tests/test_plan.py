"""Plans: what they promise holds when it is computed again, and nothing on the list is beaten."""

import json

import pytest

from llmnotes import load_model
from llmnotes.registry import chip_ids, find_chip
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.formats import precision_of
from llmnotes.timing.plan import Need, NoPlan, pareto, plan, rents
from llmnotes.timing.runtimes import find_runtime

NEED = Need(n_prompt=2048, n_output=256, n_users=32, first_token_s=2, tokens_per_s=20)
FEW = {"h100-sxm-80gb": 2.29, "b200-sxm-180gb": 4.89, "l40s-48gb": 0.86}


@pytest.fixture(scope="module")
def options():
    return plan(load_model("llama-3.1-8b"), NEED, prices=FEW, forms=("bf16", "fp8"), counts=(1, 2))


def test_every_option_meets_the_need_when_it_is_computed_again(options):
    model = load_model("llama-3.1-8b")
    for one in options:
        setup = Setup(find_chip(one.chip), find_runtime(one.engine), one.n_chips, precision_of(model, one.form))
        step = decode_timing(model, setup, n_past=2048 + 128, batch_size=one.batch_size)
        prompt = prefill_timing(model, setup, n_new=2048)
        waits = step.expected + one.batch_size * prompt.expected / 256
        assert 1 / waits == pytest.approx(one.tokens_per_s[0])
        assert one.tokens_per_s[0] >= 20
        assert one.first_token_s[0] <= 2
        assert one.batch_size * one.n_replicas >= 32
        assert one.usd_per_hour == pytest.approx(FEW[one.chip] * one.all_chips)


def test_one_more_sequence_would_miss_it(options):
    model = load_model("llama-3.1-8b")
    one = next(one for one in options if one.batch_size < 32)
    setup = Setup(find_chip(one.chip), find_runtime(one.engine), one.n_chips, precision_of(model, one.form))
    more = one.batch_size + 1
    step = decode_timing(model, setup, n_past=2048 + 128, batch_size=more)
    waits = step.expected + more * prefill_timing(model, setup, n_new=2048).expected / 256
    assert 1 / waits < 20


def test_nothing_kept_is_beaten_and_everything_dropped_is(options):
    kept = pareto(options)
    merits = lambda one: (-one.usd_per_hour, one.tokens_per_s[0], -one.first_token_s[0])  # noqa: E731
    for one in options:
        beaten = any(all(a >= b for a, b in zip(merits(other), merits(one), strict=True)) for other in kept)
        assert beaten, one
    for one in kept:
        others = [other for other in kept if other is not one]
        assert not any(all(a >= b for a, b in zip(merits(other), merits(one), strict=True)) for other in others)


def test_more_users_cost_no_less_and_sure_plans_cost_no_less():
    model = load_model("llama-3.1-8b")
    few = plan(model, NEED, prices=FEW, forms=("fp8",), counts=(1,))[0]
    many = plan(model, Need(2048, 256, 320, 2, 20), prices=FEW, forms=("fp8",), counts=(1,))[0]
    sure = plan(model, NEED, prices=FEW, forms=("fp8",), counts=(1,), sure=True)[0]
    assert many.usd_per_hour >= few.usd_per_hour
    assert sure.usd_per_hour >= few.usd_per_hour
    assert sure.tokens_per_s[1] >= 20


def test_a_need_that_nothing_meets_says_what_comes_closest():
    with pytest.raises(NoPlan, match=r"closest: .* tokens/s"):
        plan(load_model("llama-3.1-405b"), Need(2048, 256, 1, 2, 5000), prices=FEW, forms=("fp8",))
    with pytest.raises(NoPlan, match="no chip holds"):
        plan(load_model("llama-3.1-405b"), NEED, prices={"l40s-48gb": 1}, forms=("bf16",), counts=(1,))


def test_rents_are_of_chips_of_the_registry():
    assert set(rents()) <= set(chip_ids())
    assert all(0.1 < price < 20 for price in rents().values())


def run(capsys, *words):
    from llmnotes.cli import main

    status = main(["plan", *words])
    streams = capsys.readouterr()
    return status, streams.out, streams.err


def test_the_verb_prints_the_pareto_set(capsys):
    words = ["llama-3.1-8b", "--price", "h100-sxm-80gb=2.5", "--weights", "fp8", "--users", "8"]
    status, out, _ = run(capsys, *words, "--json")
    found = json.loads(out)
    assert status == 0
    assert found["usd_per_hour_of_a_chip"] == {"h100-sxm-80gb": 2.5}
    assert all(one["usd_per_hour"] % 2.5 == 0 for one in found["pareto"])
    for lang in ("en", "zh"):
        status, out, _ = run(capsys, *words, "--lang", lang)
        assert status == 0
        assert "h100-sxm-80gb" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--price", "h100=2"], "h100-sxm-80gb"),
        (["--price", "h100-sxm-80gb"], "=2.29"),
        (["--speed", "100000"], "closest"),
        (["--engine", "lama"], "vllm"),
    ],
)
def test_bad_words_end_with_status_2_and_a_remedy(capsys, words, said):
    status, out, err = run(capsys, "llama-3.1-8b", *words)
    assert status == 2
    assert out == ""
    assert said in err


def test_cards_without_a_link_of_their_own_pay_for_the_bus():
    model, precision = load_model("llama-3.3-70b"), precision_of(load_model("llama-3.3-70b"), "awq")
    seconds = {}
    for chip in ("rtx-4090", "h100-sxm-80gb"):
        setup = Setup(find_chip(chip), find_runtime("vllm"), 4, precision)
        seconds[chip] = prefill_timing(model, setup, n_new=4096).collectives
    assert seconds["rtx-4090"] > 5 * seconds["h100-sxm-80gb"] > 0


def test_a_form_is_planned_only_where_a_chip_multiplies_in_it():
    found = plan(load_model("llama-3.1-8b"), NEED, prices={"a40-48gb": 0.4, "b200-sxm-180gb": 4.89})
    assert {one.form for one in found if one.chip == "a40-48gb"} <= {"bf16", "awq"}
    assert "nvfp4" in {one.form for one in found if one.chip == "b200-sxm-180gb"}
