"""Mixtures of experts of another shape: beside a dense part, in attention, in a narrower space, of one neuron each."""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.attention import MixtureOfHeads, ScoredValuesAttention
from llmnotes.blocks.base import Block, Selection
from llmnotes.blocks.composite import Parallel, ResidualScales, Resting
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts, PlainMLP, ProductKeyExperts
from llmnotes.config.experts import Moe, by_mlp_types, check_top_k, in_latent_space
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    FULL,
    SLIDING,
    Dense,
    attention,
    decoder,
    gated_mlp,
    layer,
    listed,
    multi_head,
    span_of,
    stack,
)
from llmnotes.config.sliding import fourth_from_the_end
from llmnotes.spec import ModelSpec


def dbrx(keys: Keys) -> ModelSpec:
    """DBRX: norms with gains only; attention and experts have objects of their own in the configuration."""
    inside, heads = keys.inside("ffn_config"), keys.inside("attn_config")
    plain = multi_head(keys)
    n_kv_heads = heads.size("num_key_value_heads")
    heads.divides(n_kv_heads, plain.n_heads, "n_heads must be a multiple of kv_n_heads")
    n_experts, top_k = inside.size("num_experts"), inside.size("num_experts_per_tok")
    check_top_k(inside, "num_experts_per_tok", top_k, n_experts)
    part = MixtureOfExperts(plain.d_model, n_experts, top_k, GatedMLP(plain.d_model, inside.size("ffn_hidden_size")))
    keys.ignore("emb_pdrop", "resid_pdrop")
    return decoder(keys, [layer(keys, replace(plain, n_kv_heads=n_kv_heads), part)] * keys.n_layers())


def jetmoe(keys: Keys) -> ModelSpec:
    """JetMoE: experts in attention too, as many and as often visited as in the feed-forward."""
    keys.ignore("aux_loss_coef", "num_attention_heads", "glu", "rotary_percent", "bias", "num_layers")
    d_model, n_kv_heads = keys.size("hidden_size"), keys.size("num_key_value_heads")
    head_dim = keys.size("kv_channels", "head_dim", default=128)
    n_experts, top_k = keys.size("num_experts", default=8), keys.size("num_experts_per_tok", default=2)
    check_top_k(keys, "num_experts_per_tok", top_k, n_experts)
    mixer = MixtureOfHeads(
        d_model, top_k * n_kv_heads, n_kv_heads, head_dim, head_dim, out_bias=True, n_experts=n_experts, top_k=top_k
    )
    d_ff = keys.size("intermediate_size", "ffn_hidden_size")
    part = MixtureOfExperts(d_model, n_experts, top_k, GatedMLP(d_model, d_ff), out_bias=True)
    return decoder(keys, [layer(keys, mixer, part)] * keys.n_layers(), tied=True)


def doge(keys: Keys) -> ModelSpec:
    """Doge: a learned mask over values, scaled residuals, and, where switched on, experts of one neuron each."""
    keys.ignore("dynamic_mask_ratio", "hidden_bias", "num_experts", "num_experts_per_tok")
    keys.expect("sliding_window")
    bias = keys.flag("attention_bias")
    n_kept = keys.size("keep_window_size", default=2048)
    plain = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=Selection(n_kept))
    dense = gated_mlp(keys, bias="mlp_bias")
    part = _doge_experts(keys, dense) if keys.flag("is_moe") else dense
    one = layer(keys, ScoredValuesAttention(**vars(plain)), part)
    scaled = replace(one, extras=(ResidualScales(dense.d_model, 2),))
    return decoder(keys, [scaled] * keys.n_layers())


def _doge_experts(keys: Keys, shared: GatedMLP) -> ProductKeyExperts:
    n_experts, top_k = keys.size("num_experts", default=16_384), keys.size("num_experts_per_tok", default=64)
    check_top_k(keys, "num_experts_per_tok", top_k, n_experts)
    return ProductKeyExperts(shared.d_model, n_experts, top_k, PlainMLP(shared.d_model, 1), shared)


def ernie4_5_vl_moe_text(keys: Keys) -> ModelSpec:
    """ERNIE 4.5 VL: experts for text beside as many for images, which rest while a text is read."""
    keys.ignore("moe_norm_min", "moe_capacity", "moe_use_aux_free", "moe_gate", "rope_parameters", "freq_allocation")
    keys.ignore(
        "moe_layer_start_index", "moe_layer_end_index", "moe_layer_interval", "moe_group", "moe_num_attn_experts"
    )
    keys.ignore("moe_multimodal_start_index")
    counts = keys.config.get("num_experts")
    if isinstance(counts, list | tuple) and len(counts) == 2 and counts[0] == counts[1]:  # as its authors' code has it
        keys.config["num_experts"] = counts[0]
    keys.fill(moe_intermediate_size=[1536, 512])
    widths, name = keys.raw("moe_intermediate_size")
    if not isinstance(widths, list | tuple) or len(widths) != 2:
        raise keys.error(name, "give two widths, of an expert for text and of one for images")
    text, image = (Keys({name: width}, keys.name).size(name) for width in widths)
    keys.config[name] = text
    keys.filled.discard(name)
    bias = "use_bias"
    row = Moe(shared="n_shared_experts", router_bias=True, bias=bias, sparse=by_mlp_types(1))
    parts = []
    for part in row(keys, keys.n_layers()):
        if isinstance(part, MixtureOfExperts):
            other = replace(part, expert=replace(part.expert, d_ff=image), shared=None)
            parts.append(Parallel((part, Resting((other,)))))
        else:
            parts.append(part)
    return Dense(qkv=bias, parts=lambda _keys, _n: parts, tied=True)(keys)


def muse_spark_text(keys: Keys) -> ModelSpec:
    """Muse Spark: a Muse Glimmer with experts in a narrower space, gates where a layer adds to the stream."""
    keys.ignore("layer_rope_theta", "qk_scale_factor", "output_multiplier", "residual_gate_temperature")
    keys.ignore("post_norm_eps", "routed_scaling_factor")
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    kinds = listed(fourth_from_the_end)(keys, n_layers)
    width = keys.size("moe_hidden_size")
    parts = [
        in_latent_space(part, width, n_norms=2) if isinstance(part, MixtureOfExperts) else part
        for part in Moe(sparse=by_mlp_types())(keys, n_layers)
    ]
    row = Dense(gate=True)
    layers = stack(keys, kinds, lambda kind: row.attention(keys, kind), parts, n_norms=3)
    gates = (ResidualScales(d_model, 2),)
    return decoder(keys, [replace(one, extras=gates) for one in layers])


def grok(keys: Keys) -> ModelSpec:
    """Grok: four norms a layer; Grok 2 has a dense part beside its experts."""
    keys.ignore(*GROK.split())
    keys.ignore("intermediate_size", "moe_intermediate_size")
    if not keys.on("residual_moe"):
        return Dense(parts=Moe(width="intermediate_size"), n_norms=4, tied=True)(keys)
    dense = gated_mlp(keys)

    def parts(keys: Keys, n_layers: int) -> list[Block]:
        return [Parallel((dense, experts)) for experts in Moe()(keys, n_layers)]

    return Dense(parts=parts, n_norms=4)(keys)


def arctic(keys: Keys) -> ModelSpec:
    """Arctic: experts in every so many layers, beside them a dense part as wide as the model, with a norm of its own.

    Source: configuration_arctic.py and modeling_arctic.py beside Snowflake/snowflake-arctic-instruct.
    """
    keys.ignore(
        "moe_train_capacity_factor", "moe_eval_capacity_factor", "enable_expert_tensor_parallelism", "use_residual"
    )
    keys.ignore("moe_min_capacity", "moe_token_dropping", "quantization")
    n_layers, step = keys.n_layers(), keys.size("moe_layer_frequency", default=2)
    sparse = [(index + 1) % step == 0 for index in range(n_layers)]
    beside = keys.flag("parallel_attn_mlp_res")
    parts: list[Block] = list(Moe(width="intermediate_size", sparse=lambda _keys, _n: sparse)(keys, n_layers))
    d_model = keys.size("hidden_size")
    if beside:
        narrow = GatedMLP(d_model, d_model)
        parts = [Parallel((narrow, part)) if yes else part for yes, part in zip(sparse, parts, strict=True)]
    span = span_of(keys, SLIDING if keys.stated("sliding_window") else FULL)
    mixer = attention(keys, span=span)
    layers = [
        layer(keys, mixer, part, n_norms=3 if yes and beside else 2) for yes, part in zip(sparse, parts, strict=True)
    ]
    return decoder(keys, layers)


GROK = (
    "attn_output_multiplier max_attn_value embedding_multiplier_scale output_multiplier_scale attn_logit_softcapping "
    "router_logit_softcapping final_logit_softcapping"
)

FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "arctic": arctic,
    "dbrx": dbrx,
    "doge": doge,
    "ernie4_5_vl_moe_text": ernie4_5_vl_moe_text,
    "grok-1": grok,
    "jetmoe": jetmoe,
    "muse_spark_text": muse_spark_text,
}
