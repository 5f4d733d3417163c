"""Bounds against published throughput: no run beats them, and they grow as runs do."""

import json
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

import llmnotes as ln
from llmnotes.cost import cost_profile
from llmnotes.cost.assumptions import Precision
from llmnotes.cost.intensity import critical_batch
from llmnotes.equations import serving
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.work import Sharing, count, step_terms
from tests.truth.cases import MODELS


def on(chip, n_chips=1, **bits):
    return Setup(find_chip(chip), find_runtime("vllm"), n_chips, Precision(**bits))


def read_bytes(model, chip, **case):
    """Weights that a step reads on one chip."""
    terms = step_terms(count(model), find_chip(chip), Sharing(), precision=Precision(), **case)
    return (terms["weights_16"] + terms["experts_16"]) * find_chip(chip).bandwidth_bytes_per_s


@pytest.fixture(scope="session")
def published(root):
    """Published decode steps, and what is assumed of them."""
    return json.loads((root / "tests/data/decode_points.json").read_text())


@pytest.fixture(scope="session")
def points(published):
    """Published decode steps with the tokens that a sequence holds on average."""
    prompt = published["prompt_tokens_assumed"]
    return [{**point, "n_past": prompt + point["output_tokens"] // 2} for point in published["points"]]


def test_a_tpu_v5e_needs_240_tokens_to_be_busy():
    # Austin et al. 2025, How to Scale Your Model, chapter 7: 1.97e14 FLOP/s and 8.2e11 B/s, "about 240".
    batch = serving.balanced_batch(flops_per_s=1.97e14, bytes_per_s=8.2e11, weight_bits=16)
    assert batch == pytest.approx(240, rel=0.01)


@given(st.integers(1, 400))
def test_a_dense_step_turns_from_reading_to_computing_at_the_balanced_batch(n_tokens):
    chip = find_chip("a100-sxm-80gb")
    peak, bandwidth = chip.peak_flops_per_s["bf16"], chip.bandwidth_bytes_per_s
    n_params = 1e9
    seconds = serving.roofline_seconds(
        n_flops=2 * n_params * n_tokens, n_bytes=2 * n_params, flops_per_s=peak, bytes_per_s=bandwidth
    )
    balanced = serving.balanced_batch(flops_per_s=peak, bytes_per_s=bandwidth, weight_bits=16)
    assert (seconds == 2 * n_params / bandwidth) == (n_tokens <= balanced)


@pytest.mark.parametrize("model", ["llama-3.1-8b", "qwen3-8b", "llama-3.1-70b"])
@pytest.mark.parametrize("n_tokens", [0, 128, 256, 4_096])
def test_critical_batch_is_that_of_one_equation_where_every_weight_is_read(model, n_tokens):
    # b F / (W + b c n) = peak / bandwidth, solved for b; F and c n from other counts than those of `cost.intensity`.
    spec, chip = ln.load_model(model), find_chip("h100-sxm-80gb")
    speeds = {"peak_flops_per_s": chip.peak_flops_per_s["bf16"], "bandwidth_bytes_per_s": chip.bandwidth_bytes_per_s}
    counted = ln.forward_flops(spec, 1, n_past=n_tokens, causal=True)
    weights = read_bytes(spec, chip.id, n_past=0, batch_size=1)
    ours = counted.total * speeds["bandwidth_bytes_per_s"] / speeds["peak_flops_per_s"]
    rest = ours - ln.kv_cache(spec, n_tokens).ideal_bytes
    found = critical_batch(cost_profile(spec), n_tokens=n_tokens, **speeds)
    assert found == (ceil(weights / rest) if rest > 0 else 0)


@pytest.mark.parametrize("model", ["qwen3-30b-a3b", "deepseek-v3", "gpt-oss-20b"])
def test_at_the_critical_batch_of_a_mixture_the_bound_turns_from_reading_to_computing(model):
    chip, spec = find_chip("h100-sxm-80gb"), ln.load_model(model)
    speeds = {"peak_flops_per_s": chip.peak_flops_per_s["bf16"], "bandwidth_bytes_per_s": chip.bandwidth_bytes_per_s}
    found = critical_batch(cost_profile(spec), n_tokens=128, **speeds)

    def computes(batch_size):
        terms = step_terms(count(spec), chip, Sharing(), n_past=128, batch_size=batch_size, precision=Precision())
        read = terms["weights_16"] + terms["experts_16"] + terms["cache"]
        return terms["compute"] + terms["pairs"] >= read

    assert computes(found)
    assert not computes(found - 1)


def test_users_in_flight_are_those_a_clock_counts():
    # One request every 0.4 s, each served for 8 s: at any moment 20 have come and not gone.
    arrivals = [0.4 * n for n in range(1000)]
    present = sum(1 for arrival in arrivals if arrival <= 200 < arrival + 8)
    assert serving.sequences_in_flight(requests_per_s=2.5, seconds_each=8) == present


def test_no_published_step_beats_the_roofline(points):
    assert len(points) > 100
    for point in points:
        found = decode_timing(
            ln.load_model(point["model"]),
            on(point["chip"], point["n_chips"]),
            n_past=point["n_past"],
            batch_size=round(point["batch"]),
        )
        assert 1000 * found.bound < point["step_ms"], point


def test_mixture_of_experts_at_batch_1_is_faster_than_reading_all_experts_allows():
    # Qwen3-30B-A3B in bf16 on one H20, a prompt of 6,144 and an answer of 2,048 tokens: (6144 + 2048) / time = 490.10
    # tokens/s (Qwen documentation, speed benchmark, quoted in sgl-project/sglang#12614; read 2026-11-23).
    model = ln.load_model("qwen3-30b-a3b")
    measured_seconds = (6144 + 2048) / 490.10
    step = decode_timing(model, on("h20-96gb"), n_past=6144 + 1024)
    bound = prefill_timing(model, on("h20-96gb"), n_new=6144).bound + 2048 * step.bound
    assert bound < measured_seconds
    every_expert = 2048 * 2 * ln.count_params(model).total / find_chip("h20-96gb").bandwidth_bytes_per_s
    assert measured_seconds < 0.6 * every_expert
    # What is read is what the authors call activated (3.3 B), without the rows of the table that are looked up.
    looked_up = 151_936 * 2048
    weights = read_bytes(model, "h20-96gb", n_past=6144 + 1024, batch_size=1)
    assert weights / 2 + looked_up == pytest.approx(3.3e9, abs=0.06e9)


def test_mixture_of_experts_at_batch_256_reads_nearly_all_experts(points):
    # The same model on one B200 (ML.ENERGY Leaderboard): a step takes 3.2 times as long with 256 sequences as with 8.
    # A dense model of this size, Qwen3-32B, reads the same weights at both: the rest of its step grows alone.
    model = ln.load_model("qwen3-30b-a3b")
    steps = {
        name: {round(p["batch"]): p for p in points if (p["model"], p["chip"]) == (name, "b200-sxm-180gb")}
        for name in ("qwen3-30b-a3b", "qwen3-32b")
    }

    def bound(name: str, batch: int) -> float:
        n_past = steps[name][batch]["n_past"]
        return decode_timing(ln.load_model(name), on("b200-sxm-180gb"), n_past=n_past, batch_size=batch).bound

    few, many = bound("qwen3-30b-a3b", 8), bound("qwen3-30b-a3b", 256)
    total = 2 * ln.count_params(model).total
    assert 0.35 * total < read_bytes(model, "b200-sxm-180gb", n_past=0, batch_size=8) < 0.5 * total
    assert 0.97 * total < read_bytes(model, "b200-sxm-180gb", n_past=0, batch_size=256) < total
    measured = {n: steps["qwen3-30b-a3b"][n]["step_ms"] for n in (8, 256)}
    # Chosen before comparing: growth within 25 %, throughput under the bound and above a quarter of it.
    assert many / few == pytest.approx(measured[256] / measured[8], rel=0.25)
    assert 0.25 < steps["qwen3-30b-a3b"][256]["tokens_per_s"] * many / 256 < 1
    # From 8 to 32 sequences the mixture doubles its reading, the dense model does not.
    for name, least, most in (("qwen3-30b-a3b", 1.5, 2.5), ("qwen3-32b", 1.0, 1.3)):
        growth = bound(name, 32) / bound(name, 8)
        assert least < growth < most
        assert least < steps[name][32]["step_ms"] / steps[name][8]["step_ms"] < most


@given(st.sampled_from(sorted(MODELS)), st.integers(1, 64), st.integers(1, 2000))
def test_more_sequences_and_longer_ones_never_take_less(name, batch, n_past):
    model = MODELS[name]
    setup = on("h100-sxm-80gb")
    less = decode_timing(model, setup, n_past=n_past, batch_size=batch)
    more = decode_timing(model, setup, n_past=n_past, batch_size=batch + 1)
    # Not by one: where tokens are compressed in groups, the one that completes a group leaves less to read.
    longer = decode_timing(model, setup, n_past=n_past + 128, batch_size=batch)
    assert less.bound <= min(more.bound, longer.bound)
    assert less.expected <= min(more.expected, longer.expected)


def test_half_the_bits_halve_a_step_that_reads():
    model = ln.load_model("llama-3.1-70b")
    full = decode_timing(model, on("h200-sxm-141gb", 2), n_past=8192)
    half = decode_timing(model, on("h200-sxm-141gb", 2, weights=8, cache=8), n_past=8192)
    assert half.bound == full.bound / 2


def test_a_prompt_computes_and_a_step_reads():
    # Pope et al. 2022, arXiv:2211.05102, section 2: prefill is bound by arithmetic, decoding by memory.
    model, setup = ln.load_model("llama-3.1-8b"), on("h100-sxm-80gb")
    flops = ln.forward_flops(model, 8192, causal=True, logits="last").total
    read = read_bytes(model, "h100-sxm-80gb", n_past=8192, batch_size=1)
    assert prefill_timing(model, setup, n_new=8192).bound == pytest.approx(flops / setup.chip.peak_flops_per_s["bf16"])
    kept = ln.kv_cache(model, 8192).ideal_bytes
    assert decode_timing(model, setup, n_past=8192).bound == pytest.approx(
        (read + kept) / setup.chip.bandwidth_bytes_per_s
    )


def test_a_full_batch_on_a_clock_takes_what_the_formulas_say():
    """Steps counted one by one, in whole milliseconds: eight sequences, answers of 40 tokens, none of them waiting."""
    n_sequences, n_output, prompt_ms, step_ms = 8, 40, 300, 25
    now_ms = n_tokens = n_done = 0
    for _ in range(3):  # three batches, each read prompt by prompt and then written together
        now_ms += sum(prompt_ms for _ in range(n_sequences))
        begun_ms, written = now_ms, n_tokens
        for _ in range(n_output):
            now_ms += step_ms
            n_tokens += sum(1 for _ in range(n_sequences))
        rate = serving.tokens_per_second(n_sequences=n_sequences, step_seconds=step_ms / 1000)
        assert rate == pytest.approx((n_tokens - written) / (now_ms - begun_ms) * 1000)
        n_done += n_sequences
    hours = serving.request_hours(
        prompt_seconds=prompt_ms / 1000, step_seconds=step_ms / 1000, n_output=n_output, n_sequences=n_sequences
    )
    assert hours * n_done == pytest.approx(now_ms / 1000 / 3600)
