"""Families with a block of a kind that no other has."""

from dataclasses import replace

from llmnotes import params
from llmnotes.blocks.attention import MixtureOfHeads, ScoredValuesAttention
from llmnotes.blocks.base import Selection
from llmnotes.blocks.composite import ResidualScales
from llmnotes.blocks.feedforward import BiasedMixtureOfExperts, GatedMLP, PlainMLP, ProductKeyExperts
from llmnotes.blocks.rwkv import ChannelMix, TimeMix
from llmnotes.config.common import attention, context, decoder, ends, gated_mlp, layer, spec
from llmnotes.config.experts import check_top_k
from llmnotes.config.keys import Keys
from llmnotes.spec import Layer, ModelSpec


def jetmoe(keys: Keys) -> ModelSpec:
    """JetMoE: experts in attention too, as many and as often visited as in the feed-forward."""
    keys.ignore("aux_loss_coef", "num_attention_heads", "num_layers", "glu", "rotary_percent", "bias")
    d_model, n_kv_heads = keys.size("hidden_size"), keys.size("num_key_value_heads")
    head_dim = keys.size("kv_channels", "head_dim", default=128)
    n_experts = keys.size("num_local_experts", "moe_num_experts", default=8)
    top_k = keys.size("num_experts_per_tok", "moe_top_k", default=2)
    check_top_k(keys, "num_experts_per_tok", top_k, n_experts)
    mixer = MixtureOfHeads(
        d_model, top_k * n_kv_heads, n_kv_heads, head_dim, head_dim, out_bias=True, n_experts=n_experts, top_k=top_k
    )
    part = BiasedMixtureOfExperts(d_model, n_experts, top_k, gated_mlp(keys, "intermediate_size", "ffn_hidden_size"))
    return decoder(keys, [layer(keys, mixer, part)] * keys.n_layers(), tied=True)


def doge(keys: Keys) -> ModelSpec:
    """Doge: a learned mask over values, scaled residuals, and, where switched on, experts of one neuron each."""
    keys.ignore("dynamic_mask_ratio", "hidden_bias", "num_experts", "num_experts_per_tok", "is_moe")
    keys.expect("sliding_window")
    bias = keys.flag("attention_bias", default=False)
    n_kept = keys.size("keep_window_size", default=2048)
    plain = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=Selection(n_kept))
    dense = gated_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    part = _doge_experts(keys, dense) if keys.flag("is_moe", default=False) else dense
    one = layer(keys, ScoredValuesAttention(**vars(plain)), part)
    scaled = replace(one, extras=(ResidualScales(dense.d_model, 2),))
    return decoder(keys, [scaled] * keys.n_layers())


def _doge_experts(keys: Keys, shared: GatedMLP) -> ProductKeyExperts:
    n_experts = keys.size("num_experts", default=16_384)
    top_k = keys.size("num_experts_per_tok", default=64)
    check_top_k(keys, "num_experts_per_tok", top_k, n_experts)
    return ProductKeyExperts(shared.d_model, n_experts, top_k, PlainMLP(shared.d_model, 1), shared)


def rwkv(keys: Keys) -> ModelSpec:
    """RWKV-4: no attention; a norm more in front of the first layer."""
    keys.ignore("rescale_every", "attention_hidden_size", "intermediate_size")
    d_model = keys.size("hidden_size")
    keys.expect("attention_hidden_size", d_model)
    d_ff = keys.size("intermediate_size", default=4 * d_model, why="four times hidden_size")
    norm = params.layer_norm_params(width=d_model)
    one = Layer(TimeMix(d_model), ChannelMix(d_model, d_ff), 2 * norm)
    return spec(
        keys,
        embedding=ends(keys, d_model, tied=False, norm_params=2 * norm),
        layers=[one] * keys.n_layers(),
        n_ctx=context(keys, "context_length", "max_position_embeddings"),
    )
