"""Hybrids whose other layers are linear: delta rules, lightning attention, gated recurrences, short convolutions."""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block, Window
from llmnotes.blocks.composite import AttentionResidual
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts
from llmnotes.blocks.recurrent import (
    RGLRU,
    GatedDeltaNet,
    KimiDeltaAttention,
    Lightning,
    ShortConvolution,
)
from llmnotes.config.experts import FIRST_DENSE, Moe, by_mlp_types, first_dense, in_latent_space, stepped
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.mla import mla
from llmnotes.config.reading import (
    FULL,
    SLIDING,
    KindRule,
    Parts,
    attention,
    decoder,
    either,
    family_pattern,
    gated_mlp,
    head_shape,
    listed,
    note_prediction_modules,
    nth,
    numbered,
    pattern,
    spaced,
    span_of,
    stack,
)
from llmnotes.equations import params
from llmnotes.spec import ModelSpec

LINEAR, CONV = "linear_attention", "conv"
QWEN_KINDS = spaced("full_attention_interval", 4, FULL, LINEAR)


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


def gated_attention(keys: Keys, _kind: str) -> Attention:
    """The attention layers of Qwen3-Next: norms on queries and keys, and a gate as wide as the output, whose matrix is
    one with that of the queries."""
    plain = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias", qk_norm="head", gated=True)
    return replace(plain, scalar_params=plain.gate_width if plain.qkv_bias else 0)


def delta_hybrid(
    parts: Parts, attending: Callable[[Keys, str], Attention] = gated_attention, kinds: KindRule = QWEN_KINDS
) -> Callable[[Keys], ModelSpec]:
    """A family of gated delta layers with some of attention, over these feed-forwards."""

    def read(keys: Keys) -> ModelSpec:
        keys.ignore("mtp_use_dedicated_embeddings", "mamba_ssm_dtype", "mlp_only_layers", "decoder_sparse_step")
        keys.ignore("linear_a_log_min", "linear_a_log_max", "linear_dt_min", "linear_dt_max", "linear_dt_init_floor")
        keys.ignore("linear_allow_neg_eigval")
        keys.expect("attn_output_gate", True)
        note_prediction_modules(keys)
        n_layers = keys.n_layers()

        def mixer(kind: str) -> Block:
            return gated_delta(keys) if kind == LINEAR else attending(keys, kind)

        return decoder(keys, stack(keys, kinds(keys, n_layers), mixer, parts(keys, n_layers)))

    return read


def _normed_projections(keys: Keys, _kind: str) -> Attention:
    """Attention as in OLMo 2."""
    return attention(keys, qkv_bias="attention_bias", out_bias="attention_bias", qk_norm="projection")


def olmo_hybrid(keys: Keys) -> ModelSpec:
    """OLMo Hybrid: three gated delta layers, then one of attention as in OLMo 2."""
    n_heads = keys.size("num_attention_heads")
    keys.fill(linear_num_key_heads=n_heads, linear_num_value_heads=n_heads)
    if not keys.has("linear_key_head_dim"):
        keys.fill(linear_key_head_dim=max(1, 3 * keys.size("hidden_size") // (4 * keys.size("linear_num_key_heads"))))
    keys.fill(linear_value_head_dim=2 * keys.size("linear_key_head_dim"))
    return delta_hybrid(dense_parts, _normed_projections)(keys)


def dense_parts(keys: Keys, n_layers: int) -> list[Block]:
    """The same gated feed-forward in every layer."""
    return [gated_mlp(keys)] * n_layers


ENDS = ("alpha", "beta")


def minimax(keys: Keys) -> ModelSpec:
    """MiniMax-01 and M1: lightning attention, softmax attention in one of eight layers; experts throughout."""
    keys.ignore(*(f"{part}_{end}_factor" for part in ("full_attn", "linear_attn", "mlp") for end in ENDS))
    keys.ignore(*(f"layernorm_{part}_{end}" for part in ("full_attention", "linear_attention", "mlp") for end in ENDS))
    keys.ignore("router_jitter_noise", "sliding_window", "postnorm", "shared_moe_mode")
    keys.expect("shared_intermediate_size", 0)
    n_layers = keys.n_layers()
    n_heads, _, head_dim = head_shape(keys)
    recurrent = Lightning(keys.size("hidden_size"), n_heads, head_dim, keys.size("block_size", default=256))
    kinds = numbered(keys, "attn_type_list", n_layers, LINEAR, FULL)
    if kinds is None:
        kinds = listed(nth(2, LINEAR, FULL), options=(FULL, LINEAR))(keys, n_layers)
    kinds = pattern(keys, n_layers, kinds, (FULL, LINEAR))
    parts = Moe(width="intermediate_size")(keys, n_layers)
    return decoder(keys, stack(keys, kinds, lambda kind: recurrent if kind == LINEAR else attention(keys), parts))


def recurrent_gemma(keys: Keys) -> ModelSpec:
    """RecurrentGemma: two recurrent layers, then one whose attention has a window."""
    keys.ignore("logits_soft_cap", "w_init_variance_scale", "final_w_init_variance_scale")
    keys.ignore("embeddings_scale_by_sqrt_dim", "layers_block_type")
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    n_heads, n_kv_heads, head_dim = head_shape(keys)
    lru_width = keys.size("lru_width", default=d_model, why="as hidden_size")
    keys.divides(n_heads, lru_width, "lru_width must be a multiple of num_attention_heads")
    recurrent = RGLRU(d_model, lru_width, n_heads, keys.size("conv1d_width", default=4))
    span = Window(keys.size("attention_window_size", default=2048))
    bias = keys.flag("attention_bias")
    attending = Attention(d_model, n_heads, n_kv_heads, head_dim, head_dim, span, qkv_bias=bias, out_bias=True)
    d_ff = keys.divides(2, keys.size("intermediate_size"), "intermediate_size counts gate and up together")
    turn, name = keys.raw("block_types", "_block_types")
    turn = ("recurrent",) * 2 + ("attention",) if turn is None else turn
    if not isinstance(turn, list | tuple) or not turn or any(k not in ("recurrent", "attention") for k in turn):
        raise keys.error(name, "give a list of recurrent and attention")
    one: dict[str, Block] = {"recurrent": recurrent, "attention": attending}
    kinds = [turn[index % len(turn)] for index in range(n_layers)]
    parts = [GatedMLP(d_model, d_ff, bias=True)] * n_layers
    return decoder(keys, stack(keys, kinds, one.__getitem__, parts), tied=True)


def kimi_linear(keys: Keys) -> ModelSpec:
    """Kimi Linear: three layers of Kimi Delta Attention, then one of latent attention without positions; Kimi K3 with
    experts in a narrower space, gated attention and residual sums that later layers mix anew."""
    keys.ignore("mla_use_nope", "moe_renormalize", "moe_router_activation_func", "num_expert_group", "use_grouped_topk")
    keys.ignore("num_nextn_predict_layers", "activation_situ_beta", "activation_situ_linear_beta", "moe_layer_freq")
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    inside = keys.inside("linear_attn_config")
    full_rank = inside.on("use_full_rank_gate")
    recurrent = KimiDeltaAttention(
        d_model,
        n_heads=either(keys, inside, "linear_num_heads", "num_attention_heads"),
        head_dim=either(keys, inside, "linear_head_dim", "head_dim"),
        conv_kernel=either(keys, inside, "linear_conv_kernel_dim", "short_conv_kernel_size"),
        full_rank_gates=int(full_rank),
        decay_by_channel=full_rank,
    )
    kinds = _kimi_kinds(keys, inside, n_layers)
    plain = mla(keys)
    if keys.on("mla_use_output_gate"):
        plain = replace(plain, gate_width=plain.n_heads * plain.v_head_dim)
    parts = [_in_latent_space(keys, part) for part in FIRST_DENSE(keys, n_layers)]
    layers = stack(keys, kinds, lambda kind: recurrent if kind == LINEAR else plain, parts)
    if not keys.has("attn_res_block_size"):
        return decoder(keys, layers)
    size = keys.size("attn_res_block_size")
    mixed = [
        replace(one, extras=(AttentionResidual(d_model, index // size + 2),) * 2) for index, one in enumerate(layers)
    ]
    model = decoder(keys, mixed)  # one more mix behind the last layer
    gains = params.rms_norm_params(width=d_model)
    ends = replace(model.embedding, norm_params=model.embedding.norm_params + gains, lookup_params=d_model)
    return replace(model, embedding=ends)


def _in_latent_space(keys: Keys, part: Block) -> Block:
    """Experts that work in a space of `routed_expert_hidden_size`, if that is given."""
    if not isinstance(part, MixtureOfExperts) or not keys.has("routed_expert_hidden_size"):
        return part
    normed = keys.flag("latent_moe_use_norm", default=True)
    return in_latent_space(part, keys.size("routed_expert_hidden_size"), n_norms=int(normed))


def _every_fourth_but_the_first(_keys: Keys, n_layers: int) -> tuple[str, ...]:
    return tuple(FULL if index and index % 4 == 0 else LINEAR for index in range(n_layers))


def _kimi_kinds(keys: Keys, inside: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`, or two lists of layers counted from 1."""
    if keys.has("layer_types"):
        return pattern(keys, n_layers, (), (FULL, LINEAR))
    if not inside.has("full_attn_layers") and not inside.has("kda_layers"):
        return listed(_every_fourth_but_the_first)(keys, n_layers)
    full = inside.indices("full_attn_layers", n_layers + 1)
    delta = inside.indices("kda_layers", n_layers + 1)
    if sorted(full + delta) != list(range(1, n_layers + 1)):
        raise ConfigError(
            f"{keys.name}: full_attn_layers and kda_layers of linear_attn_config must name each of the {n_layers} "
            "layers once, counted from 1"
        )
    return tuple(FULL if index + 1 in full else LINEAR for index in range(n_layers))


def bailing_hybrid(keys: Keys) -> ModelSpec:
    """Ling 3: layers of Kimi Delta Attention with full gates, then one of latent attention; experts behind.

    Ling 2.5 has the same name and lightning attention in these layers, which is another count.
    """
    keys.expect("no_kda_lora", True)
    architectures, _ = keys.raw("architectures")
    delta = {"short_conv_kernel_size", "kda_lower_bound", "kda_safe_gate", "no_kda_lora"} & set(keys.published)
    if "BailingMoeV2_5" in str(architectures) or ("group_norm_size" in keys.published and not delta):
        raise keys.error(
            "model_type", "Ling 2.5 and Ring 2.5 (lightning attention) are not read, Ling 3 is; size it by hand"
        )
    keys.ignore("kda_safe_gate", "kda_lower_bound", "mtp_loss_scaling_factor", "moe_renormalize", "num_expert_group")
    keys.ignore("linear_attn_norm_type", "use_qk_norm", "score_function")
    keys.ignore("linear_head_dim", "linear_num_heads", "linear_conv_kernel_dim", "max_position_embeddings")
    n_layers = keys.n_layers()
    note_prediction_modules(keys)
    n_heads, width = keys.size("num_attention_heads"), keys.size("head_dim", default=128)
    recurrent = KimiDeltaAttention(
        keys.size("hidden_size"),
        n_heads=keys.size("linear_num_heads", default=n_heads, why="as num_attention_heads"),
        head_dim=keys.size("linear_head_dim", default=width, why="as head_dim"),
        conv_kernel=keys.size("linear_conv_kernel_dim", "short_conv_kernel_size", default=4),
        full_rank_gates=2,
    )
    plain = mla(keys)
    attending = replace(plain, gate_width=plain.n_heads)
    kinds = spaced("layer_group_size", 6, FULL, LINEAR)(keys, n_layers)
    parts = Moe(shared="n_shared_experts", sparse=by_mlp_types(2))(keys, n_layers)
    return decoder(keys, stack(keys, kinds, lambda kind: attending if kind == FULL else recurrent, parts))


LFM2 = (
    "block_dim block_norm_eps block_use_swiglu block_use_xavier_init conv_dim conv_dim_out conv_use_xavier_init theta "
    "full_attn_idxs block_mlp_init_scale use_pos_enc block_out_init_scale use_expert_bias num_heads"
)


def lfm2(parts: Parts) -> Callable[[Keys], ModelSpec]:
    """A family of gated short convolutions with attention in some layers (LFM2), over these feed-forwards."""

    def read(keys: Keys) -> ModelSpec:
        keys.ignore(*LFM2.split())
        n_layers = keys.n_layers()
        if keys.has("full_attn_idxs"):
            attending = keys.indices("full_attn_idxs", n_layers)
            default = tuple(FULL if index in attending else CONV for index in range(n_layers))
            kinds = pattern(keys, n_layers, default, (FULL, CONV))
        else:
            kinds = listed(options=(FULL, CONV))(keys, n_layers)
        recurrent = ShortConvolution(
            keys.size("hidden_size"), keys.size("conv_L_cache", default=3), keys.flag("conv_bias")
        )

        def mixer(kind: str) -> Block:
            return attention(keys, qk_norm="head") if kind == FULL else recurrent

        return decoder(keys, stack(keys, kinds, mixer, parts(keys, n_layers)), tied=True)

    return read


def _lfm2_dense(keys: Keys, n_layers: int) -> list[Block]:
    """Feed-forwards of the width that is used: two thirds of the published one times a factor, rounded up."""
    width = keys.size("block_ff_dim", "intermediate_size")
    keys.ignore("intermediate_size", "block_multiple_of", "block_ffn_dim_multiplier")
    if keys.flag("block_auto_adjust_ff_dim", default=True):
        width = 2 * width // 3
        if keys.has("block_ffn_dim_multiplier"):
            width = int(keys.number("block_ffn_dim_multiplier", 1.0) * width)
        multiple = keys.size("block_multiple_of", default=256)
        width = max(1, (width + multiple - 1) // multiple) * multiple
    return [GatedMLP(keys.size("hidden_size"), width)] * n_layers


def lfm3(keys: Keys) -> ModelSpec:
    """LFM3: gated short convolutions, windows and full attention in turn; a gate for each head, norms on both sides."""
    n_layers = keys.n_layers()
    gated = keys.flag("use_attention_gate", default=True)
    n_norms = 4 if keys.flag("use_sandwich_norm", default=True) else 2
    recurrent = ShortConvolution(keys.size("hidden_size"), keys.size("conv_L_cache", default=7), keys.flag("conv_bias"))
    rule = {2: FULL, 0: SLIDING}
    default = tuple(rule.get(index % 4, CONV) if index else CONV for index in range(n_layers))
    keys.fill(sliding_window=256)

    def mixer(kind: str) -> Block:
        if kind == CONV:
            return recurrent
        bias = keys.flag("attention_bias")
        plain = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=span_of(keys, kind))
        return replace(plain, gate_width=plain.n_heads if gated else 0)

    kinds = family_pattern(keys, n_layers, default, (FULL, SLIDING, CONV))
    return decoder(keys, stack(keys, kinds, mixer, dense_parts(keys, n_layers), n_norms=n_norms), tied=True)


def _three_kinds(_keys: Keys, n_layers: int) -> tuple[str, ...]:
    turn = (LINEAR, SLIDING, LINEAR, FULL, SLIDING)
    return tuple(turn[index % 5] for index in range(n_layers))


def _normed_heads(keys: Keys, kind: str) -> Attention:
    """Attention as in Qwen3, with a window in some layers."""
    bias = keys.flag("attention_bias")
    return attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=span_of(keys, kind))


NEXT_EXPERTS = Moe(shared="shared_expert_intermediate_size", shared_gate=True, sparse=stepped)

FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "bailing_hybrid": bailing_hybrid,
    "kimi_linear": kimi_linear,
    "lara_mini": delta_hybrid(
        Moe(shared="shared_expert_intermediate_size"),
        _normed_heads,
        listed(_three_kinds, options=(LINEAR, SLIDING, FULL)),
    ),
    "lfm2": lfm2(_lfm2_dense),
    "lfm2_moe": lfm2(Moe(sparse=first_dense)),
    "lfm3": lfm3,
    "minimax": minimax,
    "olmo_hybrid": olmo_hybrid,
    "qwen3_5_moe_text": delta_hybrid(NEXT_EXPERTS),
    "qwen3_5_text": delta_hybrid(dense_parts),
    "qwen3_next": delta_hybrid(NEXT_EXPERTS),
    "recurrent_gemma": recurrent_gemma,
}
