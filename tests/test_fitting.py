"""What fits: parts that sum to the memory, inverses equal to scanning, and what engines printed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llmnotes as ln
from llmnotes.cost import cost_profile, ideal_cache_bytes, keeping_every_token
from llmnotes.cost.assumptions import Engine, Precision
from llmnotes.cost.inverses import longest_context
from llmnotes.fitting import fit_memory
from llmnotes.units import GIB
from tests.truth.cases import MODELS

SMALL = {name: model for name, model in MODELS.items() if name.startswith("rand")}
small = st.sampled_from(sorted(SMALL)).map(SMALL.__getitem__)
precisions = st.builds(
    Precision, st.sampled_from([4.5, 16]), st.sampled_from([None, 4.25]), st.sampled_from([4, 8, 16]), st.just(32)
)
engines = st.builds(Engine, st.sampled_from([0.9, 1]), st.integers(1, 64), st.sampled_from([1, 16]))


def free(model, memory, n_chips, n_tokens, batch, precision, engine, kind) -> float:
    return getattr(fit_memory(model, memory, n_chips, n_tokens, batch, precision, engine), kind).free_bytes


@given(small, precisions, engines, st.sampled_from([1, 2]), st.integers(0, 300), st.integers(1, 5), st.floats(0.3, 3))
def test_parts_sum_to_the_memory(model, precision, engine, n_chips, n_tokens, batch, scale):
    memory = scale * ln.count_params(model).total
    found = fit_memory(model, memory, n_chips, n_tokens, batch, precision, engine)
    for room in (found.ideal, found.reserved):
        parts = found.overhead_bytes + found.weight_bytes + found.activation_bytes + room.cache_bytes + room.free_bytes
        assert parts == pytest.approx(found.memory_bytes, rel=1e-9)
    assert found.ideal.cache_bytes <= found.reserved.cache_bytes


@settings(max_examples=60)
@given(small, precisions, engines, st.integers(1, 3), st.floats(1, 4), st.sampled_from(["ideal", "reserved"]))
def test_inverses_are_what_scanning_finds(model, precision, engine, batch, scale, kind):
    # A memory in which the weights and a pass leave room for some hundred tokens.
    roomy = fit_memory(model, 1e9, 1, 64, batch, precision, engine)
    memory = (roomy.weight_bytes + roomy.activation_bytes + scale * roomy.ideal.cache_bytes) / engine.usable_share
    n_tokens = 40
    found = getattr(fit_memory(model, memory, 1, n_tokens, batch, precision, engine), kind)
    profile = cost_profile(model) if kind == "ideal" else keeping_every_token(cost_profile(model))
    left = found.free_bytes + found.cache_bytes
    stored = {"kv_bits": precision.cache, "state_bits": precision.state, "page": engine.page}

    def holds(tokens: int) -> bool:
        return ideal_cache_bytes(profile, n_tokens=tokens, batch_size=batch, **stored) <= left

    longest = found.longest_context
    if longest is None:
        assert holds(10**9)
    else:
        # From the first token, or, where recurrent state makes the room long, over its last stretch.
        scanned = max(0, longest - 2000)
        while holds(scanned + 1):
            scanned += 1
        assert longest == scanned
    scanned = 0
    while free(model, memory, 1, n_tokens, scanned + 1, precision, engine, kind) >= 0:
        scanned += 1
    assert found.largest_batch == scanned


@settings(max_examples=40)
@given(small, st.integers(1, 400), st.floats(0.05, 1.5), st.sampled_from(["ideal", "reserved"]))
def test_fewest_chips_are_the_first_even_split_that_holds_it(model, n_tokens, scale, kind):
    precision, engine = Precision(), Engine(prefill_chunk=8)
    memory = scale * 2 * ln.count_params(model).total
    found = getattr(fit_memory(model, memory, 1, n_tokens, 1, precision, engine), kind).fewest_chips
    heads = cost_profile(model).n_query_heads
    counts = [n for n in range(1, 65) if heads % n == 0]
    scanned = [n for n in counts if free(model, memory, n, n_tokens, 1, precision, engine, kind) >= 0]
    assert (found if found is None or found <= 64 else None) == (scanned[0] if scanned else None)


@pytest.mark.parametrize(("gib", "n_blocks"), [(3.81, 1952), (2.89, 1478)])
def test_blocks_of_a_room_are_those_vllm_printed(gib, n_blocks):
    # vllm-project/vllm#10517: Llama-3.1-8B on an RTX 3090, kv_cache_size rounded to 0.01 GiB and "# GPU blocks".
    low, high = (tokens_in("llama-3.1-8b", (gib + edge) * GIB, n_chips=1) for edge in (-0.005, 0.005))
    assert low <= 16 * n_blocks <= high


def test_four_chips_hold_one_kv_head_each_as_vllm_printed():
    # vllm-project/vllm#21348: Qwen3-235B-A22B-FP8 on 4 H100, 8.11 GiB a chip for the cache, 178,880 tokens.
    assert tokens_in("qwen3-235b-a22b", 8.11 * GIB, n_chips=4) == pytest.approx(178_880, rel=0.015)


def tokens_in(model_id: str, room_bytes: float, n_chips: int) -> int:
    """Tokens of one sequence that pages of 16 hold in so many bytes on each chip."""
    asked = {"room_bytes": room_bytes, "n_chips": n_chips, "batch_size": 1, "kv_bits": 16, "page": 16}
    return longest_context(cost_profile(ln.load_model(model_id)), **asked)


def test_room_for_the_cache_is_near_what_vllm_left():
    # vllm-project/vllm#10511: Meta-Llama-3-8B, 79.22 GiB, share 0.90: 53.29 GiB for the cache. What the equation
    # leaves out there: 1.79 GiB outside of torch and 0.42 GiB of sampling.
    found = fit_memory(
        ln.load_model("llama-3-8b"), 79.22 * GIB, 1, 0, 1, Precision(), Engine(usable_share=0.9, prefill_chunk=8192)
    )
    assert found.ideal.free_bytes / GIB == pytest.approx(53.29 + 1.79 + 0.42, abs=0.05)


def test_heads_beyond_the_number_of_kv_heads_are_copied_and_latents_always():
    llama, deepseek = ln.load_model("llama-3.1-70b"), ln.load_model("deepseek-v3")
    at_8, at_16 = (ln.fit(llama, "h100-sxm-80gb", n, n_tokens=8192).ideal.cache_bytes for n in (8, 16))
    assert at_16 == 2 * at_8
    one, eight = (ln.fit(deepseek, "h200-sxm-141gb", n, n_tokens=8192).ideal.cache_bytes for n in (1, 8))
    assert eight == 8 * one


def test_gpt_oss_fits_the_one_80_gb_chip_its_authors_name():
    # arXiv:2508.10925, section 2.1: the larger model on a single 80 GB GPU, the smaller in 16 GB.
    big, small = ln.load_model("gpt-oss-120b"), ln.load_model("gpt-oss-20b")
    assert ln.fit(big, "h100-sxm-80gb", expert_bits=4.25, n_tokens=131_072).ideal.fits
    assert not ln.fit(big, "h100-sxm-80gb", n_tokens=131_072).ideal.fits
    in_16_gb = fit_memory(small, 16e9, 1, 8192, 1, Precision(experts=4.25), Engine())
    assert in_16_gb.ideal.fits


def test_windows_in_every_layer_leave_no_longest_context():
    model = ln.load_model("mistral-7b-v0.1")
    found = ln.fit(model, "h100-sxm-80gb")
    assert found.ideal.longest_context is None
    assert found.reserved.longest_context is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_chips": 0}, "n_chips must be a whole number above 0, not 0"),
        ({"batch_size": 1.5}, "batch_size must be a whole number above 0, not 1.5"),
        ({"n_tokens": -1}, "n_tokens must be a whole number that is not negative, not -1"),
        ({"weight_bits": 0}, "bits must be above 0"),
        ({"engine": Engine(usable_share=1.2)}, "usable_share must be above 0 and at most 1, not 1.2"),
        ({"chip": "h100"}, "no chip 'h100' in the registry; closest: h100-"),
    ],
)
def test_bad_input_names_field_and_value(change, message):
    with pytest.raises(ValueError, match=message):
        ln.fit(ln.load_model("gpt2"), **{"chip": "rtx-4090"} | change)


@pytest.mark.parametrize("memory", [0, -1, float("inf"), float("nan"), 2.0**60])
def test_a_memory_that_no_chip_has_is_refused(memory):
    with pytest.raises(ValueError, match="memory_bytes must be above 0 and below 1 EiB"):
        fit_memory(ln.load_model("gpt2"), memory, 1, 1, 1, Precision(), Engine())


def test_the_largest_memory_is_filled_without_counting_one_by_one():
    model = ln.load_model("gpt2")
    found = fit_memory(model, 2.0**60 - 2**10, 1, 0, 1, Precision(), Engine(usable_share=1))
    # Logits of 50,257 numbers at 32 bits are all that a sequence of no tokens takes.
    assert found.ideal.largest_batch == pytest.approx(2**60 / (4 * 50_257), rel=1e-6)


def test_positions_are_asked_for_where_the_configuration_has_none():
    model = next(model for model in MODELS.values() if model.n_ctx is None)
    with pytest.raises(ValueError, match="give n_tokens"):
        ln.fit(model, "rtx-4090")


def test_logits_of_a_large_batch_outgrow_the_widest_block():
    # GPT-2, 8 tokens a pass: hidden states 2 x 8 x 768 at 16 bits, and 1,000 rows of 50,257 logits at 32.
    found = ln.fit(ln.load_model("gpt2"), "rtx-4090", batch_size=1000, engine=Engine(prefill_chunk=8))
    logits = np.zeros((1000, 50_257), np.float32)
    assert found.activation_bytes == 2 * np.zeros((8, 768), np.float16).nbytes + logits.nbytes
    few = ln.fit(ln.load_model("gpt2"), "rtx-4090", engine=Engine(prefill_chunk=2048))
    assert found.activation_bytes > few.activation_bytes
