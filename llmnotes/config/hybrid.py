"""Hybrids: most layers recurrent, some with attention."""

from collections.abc import Sequence

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block, Window
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.blocks.recurrent import RGLRU, GatedDeltaNet, KimiDeltaAttention, Lightning, ShortConvolution
from llmnotes.config.common import (
    FULL,
    attention,
    decoder,
    either,
    every,
    family_pattern,
    gated_mlp,
    head_shape,
    layer,
    note_prediction_modules,
    numbered,
    pattern,
    spaced_pattern,
)
from llmnotes.config.experts import counted_shared_experts, experts, mlp_kinds, sparse_layers
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.latent import latent_attention
from llmnotes.spec import ModelSpec

LINEAR = "linear_attention"


def qwen3_next(keys: Keys) -> ModelSpec:
    """Qwen3-Next: three gated delta layers, then one of gated attention; experts throughout."""
    n_layers = keys.n_layers()
    feed_forward = experts(
        keys,
        "num_experts",
        expert=gated_mlp(keys, "moe_intermediate_size"),
        shared=gated_mlp(keys, "shared_expert_intermediate_size"),
        shared_gate=True,
    )
    kinds = zip(qwen3_next_kinds(keys, n_layers), sparse_layers(keys, n_layers, feed_forward), strict=True)
    layers = [layer(keys, gated_delta(keys) if kind == LINEAR else gated_attention(keys), part) for kind, part in kinds]
    return decoder(keys, layers)


def qwen3_next_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`, or attention in every `full_attention_interval`-th layer."""
    return spaced_pattern(keys, n_layers, "full_attention_interval", 4, FULL, LINEAR)


def gated_delta(keys: Keys) -> GatedDeltaNet:
    """The recurrent layers of Qwen3-Next."""
    return GatedDeltaNet(
        d_model=keys.size("hidden_size"),
        n_key_heads=keys.size("linear_num_key_heads"),
        key_head_dim=keys.size("linear_key_head_dim"),
        n_value_heads=keys.size("linear_num_value_heads"),
        value_head_dim=keys.size("linear_value_head_dim"),
        conv_kernel=keys.size("linear_conv_kernel_dim"),
    )


def gated_attention(keys: Keys) -> Attention:
    """The attention layers of Qwen3-Next: norms on queries and keys, and a gate as wide as the output."""
    bias = keys.flag("attention_bias", default=False)
    return attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", gated=True)


def minimax(keys: Keys) -> ModelSpec:
    """MiniMax-01 and M1: lightning attention, softmax attention in one of eight layers; experts throughout."""
    keys.ignore(*(f"{part}_{end}_factor" for part in ("full_attn", "linear_attn", "mlp") for end in ("alpha", "beta")))
    keys.ignore("router_jitter_noise", "sliding_window", "postnorm", "layernorm_full_attention_alpha")
    n_layers = keys.n_layers()
    n_heads, _, head_dim = head_shape(keys)
    d_model = keys.size("hidden_size")
    recurrent = Lightning(d_model, n_heads, head_dim, keys.size("block_size", default=256))
    feed_forward = experts(keys, "num_experts", expert=gated_mlp(keys))
    kinds = numbered(keys, "attn_type_list", n_layers, LINEAR, FULL)
    if kinds is None:
        kinds = family_pattern(keys, n_layers, every(n_layers, 2, LINEAR, FULL), (FULL, LINEAR))
    layers = [
        layer(keys, recurrent if kind == LINEAR else attention(keys), feed_forward)
        for kind in pattern(keys, n_layers, kinds, (FULL, LINEAR))
    ]
    return decoder(keys, layers)


def recurrent_gemma(keys: Keys) -> ModelSpec:
    """RecurrentGemma: two recurrent layers, then one whose attention has a window."""
    keys.ignore(
        "logits_soft_cap", "w_init_variance_scale", "final_w_init_variance_scale", "embeddings_scale_by_sqrt_dim"
    )
    n_layers = keys.n_layers()
    d_model = keys.size("hidden_size")
    n_heads, n_kv_heads, head_dim = head_shape(keys)
    bias = keys.flag("attention_bias", default=False)
    lru_width = keys.size("lru_width", default=d_model, why="as hidden_size")
    keys.divides(n_heads, lru_width, "lru_width must be a multiple of num_attention_heads")
    recurrent = RGLRU(d_model, lru_width, n_heads, keys.size("conv1d_width", default=4))
    span = Window(keys.size("attention_window_size", default=2048))
    attending = Attention(d_model, n_heads, n_kv_heads, head_dim, head_dim, span, qkv_bias=bias, out_bias=True)
    d_ff = keys.divides(2, keys.size("intermediate_size"), "intermediate_size counts gate and up together")
    kinds, name = keys.raw("block_types", "_block_types")
    kinds = ("recurrent", "attention") if kinds is None else kinds
    if not isinstance(kinds, list | tuple) or not kinds or any(k not in ("recurrent", "attention") for k in kinds):
        raise keys.error(name, "give a list of recurrent and attention")
    one = {"recurrent": recurrent, "attention": attending}
    feed_forward = GatedMLP(d_model, d_ff, bias=True)
    layers = [layer(keys, one[kinds[index % len(kinds)]], feed_forward) for index in range(n_layers)]
    return decoder(keys, layers, tied=True)


def qwen3_5_text(keys: Keys) -> ModelSpec:
    """Qwen3.5, dense: Qwen3-Next's mixers."""
    keys.ignore("mtp_use_dedicated_embeddings", "mamba_ssm_dtype", "mlp_only_layers")
    keys.expect("attn_output_gate", True)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    n_layers = keys.n_layers()
    feed_forward = gated_mlp(keys)
    kinds = qwen3_next_kinds(keys, n_layers)
    layers = [layer(keys, gated_delta(keys) if k == LINEAR else gated_attention(keys), feed_forward) for k in kinds]
    return decoder(keys, layers)


def qwen3_5_moe_text(keys: Keys) -> ModelSpec:
    """Qwen3.5 with experts: one shared behind a gate, in every layer."""
    keys.ignore("mtp_use_dedicated_embeddings", "mamba_ssm_dtype")
    keys.expect("attn_output_gate", True)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    return qwen3_next(keys)


def olmo_hybrid(keys: Keys) -> ModelSpec:
    """OLMo Hybrid: three gated delta layers, then one of attention as in OLMo 2."""
    keys.ignore("linear_a_log_min", "linear_a_log_max", "linear_dt_min", "linear_dt_max", "linear_dt_init_floor")
    keys.ignore("linear_allow_neg_eigval")
    bias = keys.flag("attention_bias", default=False)
    feed_forward = gated_mlp(keys)
    layers = []
    for kind in qwen3_next_kinds(keys, keys.n_layers()):
        attending = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="projection")
        layers.append(layer(keys, gated_delta(keys) if kind == LINEAR else attending, feed_forward))
    return decoder(keys, layers)


def kimi_linear(keys: Keys) -> ModelSpec:
    """Kimi Linear: three layers of Kimi Delta Attention, then one of latent attention without positions."""
    for name in ("attn_res_block_size", "moe_latent_size", "routed_expert_hidden_size", "latent_moe_use_norm"):
        keys.expect(name, False)
    keys.expect("hidden_act", "silu")
    keys.ignore("mla_use_nope", "moe_renormalize", "moe_router_activation_func", "num_expert_group", "use_grouped_topk")
    keys.ignore("num_nextn_predict_layers", "max_position_embeddings")
    n_layers = keys.n_layers()
    d_model = keys.size("hidden_size")
    inside = keys.inside("linear_attn_config")
    recurrent = KimiDeltaAttention(
        d_model,
        n_heads=either(keys, inside, "linear_num_heads", "num_attention_heads"),
        head_dim=either(keys, inside, "linear_head_dim", "head_dim"),
        conv_kernel=either(keys, inside, "linear_conv_kernel_dim", "short_conv_kernel_size"),
    )
    mixer = latent_attention(keys)
    parts = mlp_kinds(keys, n_layers, counted_shared_experts(keys))
    layers = [
        layer(keys, recurrent if kind == LINEAR else mixer, part)
        for kind, part in zip(_kimi_kinds(keys, inside, n_layers), parts, strict=True)
    ]
    return decoder(keys, layers)


def _kimi_kinds(keys: Keys, inside: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`, or two lists of layers counted from 1."""
    if keys.has("layer_types"):
        return pattern(keys, n_layers, (), (FULL, LINEAR))
    full = inside.indices("full_attn_layers", n_layers + 1)
    delta = inside.indices("kda_layers", n_layers + 1)
    if sorted(full + delta) != list(range(1, n_layers + 1)):
        raise ConfigError(
            f"{keys.name}: full_attn_layers and kda_layers of linear_attn_config must name each of the {n_layers} "
            "layers once, counted from 1"
        )
    return tuple(FULL if index + 1 in full else LINEAR for index in range(n_layers))


def lfm2(keys: Keys) -> ModelSpec:
    """LFM2: gated short convolutions, attention in some layers."""
    n_layers = keys.n_layers()
    feed_forward = GatedMLP(keys.size("hidden_size"), _lfm2_width(keys))
    return _lfm2(keys, [feed_forward] * n_layers)


def lfm2_moe(keys: Keys) -> ModelSpec:
    """LFM2 with experts, the first layers dense."""
    keys.ignore("use_expert_bias")
    n_layers = keys.n_layers()
    n_dense = min(keys.count("num_dense_layers", default=2), n_layers)
    feed_forward = experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"))
    dense = gated_mlp(keys)
    return _lfm2(keys, [dense] * n_dense + [feed_forward] * (n_layers - n_dense))


def _lfm2(keys: Keys, parts: Sequence[Block]) -> ModelSpec:
    keys.ignore("block_dim", "block_norm_eps", "block_use_swiglu", "block_use_xavier_init", "conv_dim", "conv_dim_out")
    keys.ignore(
        "conv_use_xavier_init", "full_attn_idxs", "theta", "num_attention_heads", "block_mlp_init_scale", "use_pos_enc"
    )
    keys.ignore("block_out_init_scale", "tie_word_embeddings")
    n_layers = len(parts)
    if keys.has("tie_word_embeddings"):
        keys.restate(tie_word_embeddings=keys.flag("tie_word_embeddings"))
    attending = range(n_layers)
    if keys.has("full_attn_idxs"):
        attending = keys.indices("full_attn_idxs", n_layers)
    else:
        keys.stated("layer_types")
    default = tuple(FULL if index in attending else "conv" for index in range(n_layers))
    recurrent = ShortConvolution(
        keys.size("hidden_size"), keys.size("conv_L_cache", default=3), keys.flag("conv_bias", default=False)
    )
    layers = [
        layer(keys, attention(keys, qk_norm="head") if kind == FULL else recurrent, part)
        for kind, part in zip(pattern(keys, n_layers, default, (FULL, "conv")), parts, strict=True)
    ]
    return decoder(keys, layers, tied=True)


def _lfm2_width(keys: Keys) -> int:
    """The width that is used: two thirds of the published one, times a factor, up to a round number."""
    published = keys.size("block_ff_dim", "intermediate_size")
    keys.ignore("intermediate_size", "block_multiple_of", "block_ffn_dim_multiplier")
    if not keys.flag("block_auto_adjust_ff_dim", default=True):
        return published
    width = 2 * published // 3
    if keys.has("block_ffn_dim_multiplier"):
        width = int(keys.number("block_ffn_dim_multiplier", 1.0) * width)
    multiple = keys.size("block_multiple_of", default=256)
    return max(1, (width + multiple - 1) // multiple) * multiple
