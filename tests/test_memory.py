"""Bytes of weights, passes and shares against real arrays, a layer that is run, and what was published."""

import tracemalloc

import numpy as np
import pytest

import llmnotes as ln
from llmnotes.cost import cost_profile
from llmnotes.equations import memory
from llmnotes.units import GIB

D, D_FF, N_HEADS, N_KV_HEADS, HEAD_DIM, VOCAB = 40, 112, 5, 1, 8, 700
TINY = {
    "model_type": "llama",
    "hidden_size": D,
    "intermediate_size": D_FF,
    "num_attention_heads": N_HEADS,
    "num_key_value_heads": N_KV_HEADS,
    "head_dim": HEAD_DIM,
    "num_hidden_layers": 2,
    "vocab_size": VOCAB,
    "tie_word_embeddings": True,
}


def test_scales_are_counted_as_a_packed_array_stores_them():
    # 16 groups of 32 numbers at 4 bits, two in a byte, and one 16-bit scale a group: llama.cpp's Q4_0, 4.5 bits.
    packed = np.zeros((16, 32 // 2), np.uint8)
    scales = np.zeros(16, np.float16)
    bits = memory.bits_with_scales(bits=4, group_size=32, scale_bits=16)
    assert bits == 4.5
    assert memory.weight_bytes(n_params=16 * 32, weight_bits=bits) == packed.nbytes + scales.nbytes


@pytest.mark.parametrize(("model_id", "published_gib"), [("gpt-oss-120b", 60.8), ("gpt-oss-20b", 12.8)])
def test_experts_in_mxfp4_give_the_published_checkpoint(model_id, published_gib):
    # arXiv:2508.10925, Table 1 (checkpoint size) and section 2.1 (experts at 4.25 bits, the rest at 16).
    counted = ln.count_params(ln.load_model(model_id))
    experts = counted.components["experts_routed"]
    bits = memory.bits_with_scales(bits=4, group_size=32, scale_bits=8)
    stored = memory.weight_bytes(n_params=experts, weight_bits=bits)
    stored += memory.weight_bytes(n_params=counted.total - experts, weight_bits=16)
    assert stored / GIB == pytest.approx(published_gib, rel=0.005)


@pytest.mark.parametrize(("n_chips", "measured_gib"), [(1, 14.96), (2, 7.48)])
def test_weights_of_a_chip_are_what_vllm_measured(n_chips, measured_gib):
    # vllm-project/vllm#10511, comment of 2024-12-14: Meta-Llama-3-8B, "model weights take".
    weights = memory.weight_bytes(n_params=ln.count_params(ln.load_model("llama-3-8b")).total, weight_bits=16)
    assert memory.share_bytes(total_bytes=weights, n_chips=n_chips) / GIB == pytest.approx(measured_gib, abs=0.006)


@pytest.mark.parametrize("n_heads", [0, 1, 3, 8])
@pytest.mark.parametrize("n_chips", [1, 2, 3, 7, 16])
def test_heads_dealt_out_one_by_one_leave_that_many_on_the_fullest_chip(n_heads, n_chips):
    chips = [0] * n_chips
    for head in range(n_heads):
        chips[head % n_chips] += 1
    assert memory.heads_on_one_chip(n_heads=n_heads, n_chips=n_chips) == max(chips)


def peak_of(run, *arrays) -> int:
    """Most bytes alive while `run` works, its arguments among them."""
    run(*arrays)  # whatever numpy allocates once
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    run(*arrays)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return peak + sum(array.nbytes for array in arrays)


def zeros(*shape: int):
    return np.zeros(shape, np.float16)


def run_attention(stream, normed):
    n = len(stream)
    width = (N_HEADS + N_KV_HEADS) * HEAD_DIM
    query, key, value = zeros(n, N_HEADS * HEAD_DIM), zeros(n, N_KV_HEADS * HEAD_DIM), zeros(n, N_KV_HEADS * HEAD_DIM)
    summed = zeros(n, N_HEADS * HEAD_DIM)
    assert query.shape[1] + key.shape[1] == width
    assert value.shape == key.shape
    return zeros(n, summed.shape[1] * D // summed.shape[1])


def run_mlp(stream, normed):
    gate = normed @ zeros(D, D_FF)
    up = normed @ zeros(D, D_FF)
    product = gate * up
    return product @ zeros(D_FF, D)


def run_head(stream, normed, n_sequences):
    last = normed[-n_sequences:]
    return last.astype(np.float32) @ np.zeros((D, VOCAB), np.float32)


def test_a_pass_takes_what_a_layer_in_numpy_holds_at_its_worst_moment():
    n = 20_000
    profile = cost_profile(ln.from_config(TINY))
    stream, normed = zeros(n, D), zeros(n, D)
    worst = max(peak_of(run, stream, normed) for run in (run_attention, run_mlp))
    counted = memory.pass_bytes(n_tokens=n, d_model=D, widest_block=profile.widest_block)
    # Weights that the run makes on the way, and interpreter objects, are the difference.
    assert counted == pytest.approx(worst, rel=0.002)


def test_attention_is_as_wide_as_the_arrays_it_makes():
    n = 60_000
    stream, normed = zeros(n, D), zeros(n, D)
    width = memory.attention_width(n_heads=N_HEADS, n_kv_heads=N_KV_HEADS, head_dim=HEAD_DIM, v_head_dim=HEAD_DIM)
    counted = memory.pass_bytes(n_tokens=n, d_model=D, widest_block=width)
    assert counted == pytest.approx(peak_of(run_attention, stream, normed), rel=0.002)


def test_a_mixture_is_as_wide_as_the_arrays_its_experts_make():
    n, n_experts, top_k, d_ff = 20_000, 16, 3, 24

    def run(stream, normed):
        scores = normed @ zeros(D, n_experts)
        copies = zeros(n * top_k, 1)
        gate, up = zeros(n * top_k, d_ff), zeros(n * top_k, d_ff)
        outputs = (gate * up) @ zeros(d_ff, D)
        del gate, up, copies  # what follows is no larger than what is gone
        return outputs.reshape(n, top_k, D)[:, 0], scores

    width = memory.experts_width(n_experts=n_experts, top_k=top_k, expert_width=3 * d_ff, d_expert=D)
    stream, normed = zeros(n, D), zeros(n, D)
    inside = peak_of(run, stream, normed) - n * top_k * 2  # `copies` only marks which token is whose
    # The block's own output is added up in place of a gate that is no longer needed, so two streams and not three.
    assert n * (2 * D + width) * 2 == pytest.approx(inside, rel=0.01)


def test_the_head_takes_hidden_states_and_logits_of_last_positions():
    n, n_sequences = 60_000, 300
    stream, normed = zeros(n, D), zeros(n, D)
    peak = peak_of(lambda *both: run_head(*both, n_sequences), stream, normed)
    weights_and_inputs = 4 * D * (VOCAB + n_sequences)
    counted = memory.head_bytes(n_tokens=n, n_sequences=n_sequences, d_model=D, vocab_size=VOCAB)
    assert counted == pytest.approx(peak - weights_and_inputs, rel=0.002)


def test_a_pass_is_less_than_an_engine_measures_and_of_its_order():
    # vllm-project/vllm#10511: Meta-Llama-3-8B, 8,192 tokens at once, "PyTorch activation peak memory 1.26GiB"; that
    # peak holds what sampling adds for 256 sequences, which the equation leaves out.
    profile = cost_profile(ln.load_model("llama-3-8b"))
    counted = memory.pass_bytes(n_tokens=8192, d_model=profile.d_model, widest_block=profile.widest_block)
    assert 0.5 < counted / GIB / 1.26 < 1


def test_the_share_an_engine_may_fill_is_what_vllm_printed():
    # vllm-project/vllm#10511: total_gpu_memory 79.22GiB, gpu_memory_utilization 0.90, can use 71.29GiB.
    overhead = memory.overhead_bytes(memory_bytes=79.22 * GIB, usable_share=0.9)
    assert 79.22 - overhead / GIB == pytest.approx(71.29, abs=0.02)
