"""Mixtures of experts over attention whose layers differ: windows or chunks in most, everything in some."""

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN, Span, Window
from llmnotes.blocks.feedforward import MixtureOfExperts
from llmnotes.config.common import (
    ATTENTIONS,
    CHUNKED,
    FULL,
    SLIDING,
    attention,
    decoder,
    every,
    family_pattern,
    gated_mlp,
    layer,
    numbered,
    pattern,
    span_of,
)
from llmnotes.config.experts import experts, mlp_kinds
from llmnotes.config.keys import Keys
from llmnotes.spec import ModelSpec


def gpt_oss(keys: Keys) -> ModelSpec:
    """gpt-oss: windows in every other layer, attention sinks, biases everywhere, the router's too."""
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=True)
    feed_forward = experts(keys, "num_experts", expert=gated_mlp(keys, bias=True), router_bias=True)
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind), sinks=True),
            feed_forward,
        )
        for kind in family_pattern(keys, n_layers, every(n_layers, 2, FULL, SLIDING))
    ]
    return decoder(keys, layers)


def mimo_v2_flash(keys: Keys) -> ModelSpec:
    """MiMo-V2-Flash: a window in five of six layers, with more KV heads and sinks; values narrower than keys."""
    keys.ignore(
        "attention_value_scale", "swa_rope_theta", "layernorm_epsilon", "attention_chunk_size", "sliding_window"
    )
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    kinds = numbered(keys, "hybrid_layer_pattern", n_layers, FULL, SLIDING)
    default = tuple(FULL if index == 0 or (index + 1) % 6 == 0 else SLIDING for index in range(n_layers))
    kinds = kinds or family_pattern(keys, n_layers, default)
    sparse = numbered(keys, "moe_layer_freq", n_layers, "dense", "sparse")
    if sparse is not None:
        keys.restate(mlp_layer_types=list(sparse))
    # Counted with the query itself where the published key counts the tokens before it.
    size = keys.size("sliding_window_size") + 1 if keys.has("sliding_window_size") else keys.size("sliding_window")
    full = _mimo_attention(keys, "", EVERY_TOKEN, bias, sinks=keys.flag("add_full_attention_sink_bias", default=False))
    windowed = _mimo_attention(
        keys, "swa_", Window(size), bias, sinks=keys.flag("add_swa_attention_sink_bias", default=True)
    )
    parts = mlp_kinds(keys, n_layers, _unshared_experts(keys), n_dense=1)
    layers = [layer(keys, full if kind == FULL else windowed, part) for kind, part in zip(kinds, parts, strict=True)]
    return decoder(keys, layers)


def _mimo_attention(keys: Keys, prefix: str, span: Span, bias: bool, *, sinks: bool) -> Attention:
    if prefix:
        for name in ("swa_num_attention_heads", "swa_num_key_value_heads", "swa_head_dim", "swa_v_head_dim"):
            keys.stated(name)
    n_heads = keys.size(f"{prefix}num_attention_heads", "num_attention_heads")
    n_kv_heads = keys.size(f"{prefix}num_key_value_heads", "num_key_value_heads")
    keys.divides(n_kv_heads, n_heads, f"{prefix}num_attention_heads must be a multiple of {prefix}num_key_value_heads")
    return Attention(
        d_model=keys.size("hidden_size"),
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        head_dim=keys.size(f"{prefix}head_dim", "head_dim"),
        v_head_dim=keys.size(f"{prefix}v_head_dim", "v_head_dim"),
        span=span,
        qkv_bias=bias,
        sink_params=n_heads if sinks else 0,
    )


def _unshared_experts(keys: Keys) -> MixtureOfExperts:
    keys.expect("n_shared_experts", 0)
    return experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"))


def llama4_text(keys: Keys) -> ModelSpec:
    """Llama 4: three layers in chunks of positions, then one over everything; one shared expert."""
    n_layers = keys.n_layers()
    keys.ignore("attn_temperature_tuning", "floor_scale", "attn_scale", "use_qk_norm", "for_llm_compressor")
    bias = keys.flag("attention_bias", default=False)
    expert = gated_mlp(keys)
    feed_forward = experts(keys, "num_experts", expert=expert, shared=expert)
    keys.ignore("interleave_moe_layer_step")
    if keys.has("moe_layers"):
        sparse = keys.indices("moe_layers", n_layers)
    else:
        step = keys.size("interleave_moe_layer_step", default=1)
        sparse = tuple(range(step - 1, n_layers, step))
    keys.ignore("intermediate_size_mlp", "no_rope_layer_interval")
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind)),
            feed_forward if index in sparse else gated_mlp(keys, "intermediate_size_mlp"),
        )
        for index, kind in enumerate(_llama4_kinds(keys, n_layers))
    ]
    return decoder(keys, layers)


def _llama4_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """Chunks wherever positions are rotated: as `no_rope_layers` says (1: rotated), or three layers out of four."""
    rotated, _ = keys.raw("no_rope_layers")
    keys.ignore("no_rope_layer_interval")
    if keys.has("layer_types") or not keys.stated("attention_chunk_size"):
        default = (FULL,) * n_layers
    elif not rotated:
        default = every(n_layers, keys.size("no_rope_layer_interval", default=4), FULL, CHUNKED)
    else:
        if not isinstance(rotated, list | tuple) or len(rotated) != n_layers or any(r not in (0, 1) for r in rotated):
            raise keys.error("no_rope_layers", f"give 0 or 1 for each of the {n_layers} layers, or an empty list")
        default = tuple(CHUNKED if rotates else FULL for rotates in rotated)
    return pattern(keys, n_layers, default, (*ATTENTIONS, CHUNKED))
