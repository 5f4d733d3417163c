"""Training against published runs, and activations against the arrays that a layer keeps."""

import numpy as np
import pytest

import llmnotes as ln
from llmnotes.equations import training

GPT3 = {
    "model_type": "gpt2",
    "vocab_size": 50_257,
    "n_positions": 2048,
    "n_embd": 12_288,
    "n_layer": 96,
    "n_head": 96,
}


@pytest.mark.parametrize(
    ("n_params", "n_tokens", "published", "tolerance"),
    [
        (174.6e9, 300e9, 3.14e23, 0.002),  # GPT-3, arXiv:2005.14165, table D.1
        (405e9, 15.6e12, 3.8e25, 0.003),  # Llama 3.1 405B, arXiv:2407.21783, section 1
        (70e9, 1.4e12, 5.76e23, 0.025),  # Chinchilla on Gopher's budget, counted finer: arXiv:2203.15556, section 3.4
    ],
    ids=["GPT-3", "Llama 3.1 405B", "Chinchilla"],
)
def test_six_n_d_is_near_the_published_compute(n_params, n_tokens, published, tolerance):
    assert training.training_flops_6nd(n_params=n_params, n_tokens=n_tokens) == pytest.approx(published, rel=tolerance)


@pytest.mark.parametrize("context", [256, 2048, 32_768])
def test_with_attention_it_is_three_forward_passes_counted_layer_by_layer(context):
    model = ln.from_config(GPT3)
    forward = ln.forward_flops(model, n_new=context, causal=True)
    weights = sum(block.token_matrices() for layer in model.layers for block in layer.blocks)
    counted = training.training_flops_6nd(n_params=weights, n_tokens=context)
    counted += training.training_attention_flops(n_layers=96, attention_width=12_288, context=context, n_tokens=context)
    # The causal average of a short context is (n + 1) / 2 and not n / 2.
    assert counted == pytest.approx(3 * (forward.linear + forward.attention), rel=1e-4)


@pytest.mark.parametrize(
    ("shards", "published_gb"),
    [
        ({}, 120),
        ({"optimizer_shards": 64}, 31.4),
        ({"optimizer_shards": 64, "gradient_shards": 64}, 16.6),
        ({"optimizer_shards": 64, "gradient_shards": 64, "weight_shards": 64}, 1.9),
    ],
    ids=["none", "stage 1", "stage 2", "stage 3"],
)
def test_state_is_what_zero_prints_for_7_5_billion_parameters_on_64_chips(shards, published_gb):
    # Rajbhandari et al. 2019, arXiv:1910.02054, figure 1.
    found = training.training_state_bytes(n_params=7.5e9, **shards)
    assert found / 1e9 == pytest.approx(published_gb, abs=0.06)


def kept_arrays(s: int, b: int, h: int, a: int):
    """What the authors list layer part by part (arXiv:2205.05198, section 4.1): scores' arrays, and the others."""
    half, mask = np.float16, np.bool_
    scores = [np.zeros((b, a, s, s), half), np.zeros((b, a, s, s), mask), np.zeros((b, a, s, s), half)]
    attention = [np.zeros((s, b, h), half) for _ in ("input of Q, K, V", "Q", "K", "V", "input of the output matrix")]
    mlp = [np.zeros((s, b, h), half), np.zeros((s, b, 4 * h), half), np.zeros((s, b, 4 * h), half)]
    dropout = [np.zeros((s, b, h), mask) for _ in ("after attention", "after the feed-forward")]
    norms = [np.zeros((s, b, h), half) for _ in ("first", "second")]
    return scores, [*attention, *mlp, *dropout, *norms]


def bytes_of(arrays) -> int:
    return sum(array.nbytes for array in arrays)


def test_activations_are_the_arrays_a_layer_keeps():
    shape = {"n_tokens": 7, "batch_size": 3, "d_model": 10}
    scores, others = kept_arrays(7, 3, 10, 5)
    assert training.layer_activation_bytes(**shape, n_heads=5) == bytes_of(scores) + bytes_of(others)
    assert training.layer_activation_bytes_selective(**shape) == bytes_of(others)
    assert training.layer_activation_bytes_full(**shape) == np.zeros((7, 3, 10), np.float16).nbytes


def test_tensor_parallelism_alone_leaves_norms_inputs_and_dropout_whole():
    shape = {"n_tokens": 7, "batch_size": 3, "d_model": 10}
    scores, others = kept_arrays(7, 3, 10, 5)
    attention, mlp, dropout, norms = others[:5], others[5:8], others[8:10], others[10:]
    whole = bytes_of([attention[0], mlp[0], *dropout, *norms])
    split = bytes_of([*attention[1:], *mlp[1:], *scores])
    found = training.layer_activation_bytes_tensor_parallel(**shape, n_heads=5, n_chips=4)
    assert found == pytest.approx(whole + split / 4, rel=1e-12)


@pytest.mark.parametrize(
    ("d_model", "n_heads", "published_term", "published_saving"),
    [(12_288, 96, 80, 0.70), (20_480, 128, 64, 0.65)],
    ids=["GPT-3", "MT-NLG"],
)
def test_selective_recomputation_saves_what_its_authors_print(d_model, n_heads, published_term, published_saving):
    # Korthikanti et al. 2022, arXiv:2205.05198, section 5: 5as/h is 80 and 64; 70 % and 65 % less memory.
    shape = {"n_tokens": 2048, "batch_size": 1, "d_model": d_model}
    all_kept = training.layer_activation_bytes(**shape, n_heads=n_heads)
    selective = training.layer_activation_bytes_selective(**shape)
    assert (all_kept - selective) / (2048 * d_model) == pytest.approx(published_term)
    assert 1 - selective / all_kept == pytest.approx(published_saving, abs=0.01)


def test_recomputation_adds_one_forward_pass_of_three():
    assert training.recomputed_flops(flops=3 * 5.0) == 4 * 5.0


@pytest.mark.parametrize("utilization", [0.38, 0.43])
def test_llama_3_1_405b_took_little_more_than_its_utilization_allows(utilization):
    # arXiv:2407.21783, table 4: 38 to 43 % of 989 TFLOP/s; model card of Llama 3.1: 30.84 million H100 hours in all,
    # restarts and annealing included.
    flops = training.training_flops_6nd(n_params=405e9, n_tokens=15.6e12)
    seconds = training.training_seconds(flops=flops, n_chips=16_384, flops_per_s=989e12, utilization=utilization)
    assert 0.78 < 16_384 * seconds / 3600 / 30.84e6 < 1
