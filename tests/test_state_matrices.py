"""Decoders with a matrix of state for each head, and others of remote code, against what their authors' code builds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import llmnotes as ln
from llmnotes.weights.sizes import stored_weights

CASES = json.loads((Path(__file__).parent / "data" / "state_matrices.json").read_text())["cases"]
RWKV7 = {
    "model_type": "rwkv7",
    "hidden_size": 2048,
    "num_hidden_layers": 24,
    "vocab_size": 65536,
    "head_dim": 64,
    "decay_low_rank_dim": 96,
    "a_low_rank_dim": 96,
    "v_low_rank_dim": 64,
    "gate_low_rank_dim": 256,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["config"]["model_type"])
@pytest.mark.parametrize("written", ["config", "saved"])
def test_parameters_are_those_that_the_authors_code_instantiates(case, written):
    model = ln.from_config(case[written])
    assert ln.count_params(model).total == case["params"]
    assert not model.warnings


def test_rwkv7_1_5b_holds_what_its_authors_count():
    """1,527,404,544: a test of the tool that publishes RWKV-7's checkpoints names it for `rwkv7-g1j-1.5b`."""
    model = ln.from_config(RWKV7)
    assert ln.count_params(model).total == 1_527_404_544
    # A 64 x 64 matrix for each of 32 heads, and the last input of both parts (mlx_lm/models/rwkv7.py, make_cache).
    cached = [ln.kv_cache(model, n_tokens=n, kv_bits=16, state_bits=32).ideal_bytes for n in (1, 100_000)]
    assert cached == [24 * (32 * 64 * 64 * 4 + 2 * 2048 * 2)] * 2


def test_rwkv6_of_another_shape_under_the_same_name_is_refused():
    """flash-linear-attention's own RWKV-6 has half as wide keys; its file says so."""
    with pytest.raises(ln.ConfigError, match="expand_k"):
        ln.from_config(
            {"model_type": "rwkv6", "hidden_size": 96, "num_hidden_layers": 3, "vocab_size": 211, "expand_k": 0.5}
        )


def test_attention_among_recurrent_layers_has_heads_of_its_own():
    """`attn` of flash-linear-attention: a layer of Llama's attention, `hidden_size` over its heads wide."""
    plain = {"model_type": "gated_deltanet", "hidden_size": 96, "num_hidden_layers": 4, "num_heads": 3, "head_dim": 16}
    plain |= {"vocab_size": 211, "expand_v": 1}
    inside = {"layers": [1, 3], "num_heads": 6, "num_kv_heads": 2, "window_size": 32}
    one, other = ln.from_config(plain), ln.from_config({**plain, "attn": inside})
    recurrent = 4 * 96 * 48 + 2 * 96 * 3 + 2 * 3 + 3 * 48 * 4 + 16 + 48 * 96
    attending = 2 * 96 * 96 + 2 * 96 * 32
    assert ln.count_params(one).total - ln.count_params(other).total == 2 * (recurrent - attending)
    grown = (
        ln.kv_cache(other, n_tokens=32, kv_bits=16).ideal_bytes
        - ln.kv_cache(other, n_tokens=31, kv_bits=16).ideal_bytes
    )
    assert grown == 2 * 2 * 2 * 16 * 2  # two layers, keys and values of two heads of 16, two bytes


OPENELM = {
    "model_type": "openelm",
    "model_dim": 1280,
    "num_transformer_layers": 16,
    "vocab_size": 32000,
    "head_dim": 64,
    "ffn_dim_divisor": 256,
    "num_query_heads": [12] * 5 + [16] * 7 + [20] * 4,
    "num_kv_heads": [3] * 5 + [4] * 7 + [5] * 4,
    "ffn_multipliers": [0.5, 0.73, 0.97, 1.2, 1.43, 1.67, 1.9, 2.13, 2.37, 2.6, 2.83, 3.07, 3.3, 3.53, 3.77, 4.0],
    "share_input_output_layers": True,
}
LLADA_MOE = {
    "model_type": "llada",
    "architectures": ["LLaDAMoEModelLM"],
    "hidden_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
    "vocab_size": 157184,
    "expert_intermediate_size": 1024,
    "dense_intermediate_size": 8192,
    "num_experts": 64,
    "num_experts_per_tok": 8,
    "qk_layernorm": True,
    "moe_layer_freq": [1] * 16,
}
NOMIC_2 = {
    "model_type": "nomic_bert",
    "vocab_size": 250048,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_inner": 3072,
    "n_positions": 2048,
    "type_vocab_size": 1,
    "num_experts": 8,
    "moe_top_k": 2,
    "moe_every_n_layers": 2,
    "num_shared_experts": 0,
    "qkv_proj_bias": True,
    "mlp_fc1_bias": True,
    "mlp_fc2_bias": True,
}
SMALLTHINKER = {
    "model_type": "smallthinker",
    "hidden_size": 1536,
    "num_hidden_layers": 32,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "vocab_size": 151936,
    "moe_num_primary_experts": 32,
    "moe_num_active_primary_experts": 4,
    "moe_ffn_hidden_size": 768,
    "tie_word_embeddings": True,
    "sliding_window_layout": [0] * 32,
    "rope_layout": [1] * 32,
    "sliding_window_size": 4096,
}


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (OPENELM, "0.27"),  # named for its size
        (LLADA_MOE, "7.36"),  # "7.36B total", loaded on meta by somebody else (found 2026-12-02)
        (NOMIC_2, "0.475292928"),  # MTEB's record of the model, n_parameters
        (SMALLTHINKER, "4.0"),  # README of SJTU-IPADS/SmallThinker, opened 2026-12-02
    ],
)
def test_remote_code_counts_what_others_count(config, told):
    total = ln.count_params(ln.from_config(config)).total / 1e9
    assert f"{total:.{len(told) - 2}f}" == told


def test_smallthinker_visits_what_its_authors_say():
    """0.6B, the table of tokens left out (its README)."""
    model = ln.from_config(SMALLTHINKER)
    assert f"{(ln.count_params(model).active - model.vocab_size * model.d_model) / 1e9:.1f}" == "0.6"


def test_the_low_rank_pairs_of_rwkv_are_in_no_mix():
    """llama.cpp's quantizer leaves them as they are (src/llama-quant.cpp, tensor_allows_quantization)."""
    model = ln.from_config(RWKV7)
    pairs = 24 * 2 * 2048 * (96 + 96 + 256) + 23 * 2 * 2048 * 64
    wide = sum(one.n_params for one in stored_weights(model, "Q8_0").groups if one.form in ("F16", "F32"))
    assert 0 < wide - pairs < 0.001 * ln.count_params(model).total  # and vectors
