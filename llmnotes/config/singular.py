"""Families with a block of a kind that no other has."""

from dataclasses import replace

from llmnotes.blocks.attention import MixtureOfHeads, ScoredValuesAttention
from llmnotes.blocks.base import EVERY_TOKEN, Selection, Window
from llmnotes.blocks.composite import ResidualScales, SharedWeights
from llmnotes.blocks.convolved import ConvolvedAttention, RelativeBiasAttention, ResidualConvolution
from llmnotes.blocks.feedforward import (
    BiasedMixtureOfExperts,
    DeepRouterExperts,
    GatedMLP,
    PlainMLP,
    ProductKeyExperts,
    ScaledGatedMLP,
    ScoredSharedExperts,
)
from llmnotes.blocks.lstm import MLSTM
from llmnotes.blocks.rwkv import ChannelMix, TimeMix
from llmnotes.config.common import (
    FULL,
    SLIDING,
    attention,
    context,
    decoder,
    ends,
    every,
    gated_mlp,
    layer,
    note_prediction_modules,
    span_of,
    spec,
)
from llmnotes.config.experts import check_top_k, experts, mlp_kinds
from llmnotes.config.keys import Keys
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec


def jetmoe(keys: Keys) -> ModelSpec:
    """JetMoE: experts in attention too, as many and as often visited as in the feed-forward."""
    keys.ignore("aux_loss_coef", "num_attention_heads", "num_hidden_layers", "glu", "rotary_percent", "bias")
    d_model, n_kv_heads = keys.size("hidden_size"), keys.size("num_key_value_heads")
    head_dim = keys.size("kv_channels", "head_dim", default=128)
    n_experts = keys.size("num_experts", default=8)
    top_k = keys.size("num_experts_per_tok", default=2)
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
        n_ctx=context(keys, "max_position_embeddings"),
    )


def hrm_text(keys: Keys) -> ModelSpec:
    """HRM-Text: two stacks without norm gains, run over and over: the low one several times, then the high one."""
    keys.ignore("L_bp_cycles", "embedding_scale", "prefix_lm", "num_layers_per_stack")
    keys.expect("attention_bias", False)
    high, low = keys.size("H_cycles", default=2), keys.size("L_cycles", default=3)
    n_stored = _stack_depth(keys, high * (low + 1))
    keys.restate(num_key_value_heads=keys.size("num_attention_heads"))
    mixer = attention(keys, gated=True)
    feed_forward = gated_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    stored, again = Layer(mixer, feed_forward, 0), Layer(SharedWeights((mixer,)), SharedWeights((feed_forward,)), 0)
    first_round = [*[stored] * n_stored, *[again] * (n_stored * (low - 1)), *[stored] * n_stored]
    layers = first_round + [again] * (n_stored * (low + 1) * (high - 1))
    keys.warnings.append(
        f"{len(layers)} layers share the weights of {2 * n_stored}: they are stored once, and read by each of these "
        "layers"
    )
    d_model = mixer.d_model
    embedding = replace(ends(keys, d_model, tied=False, norm_params=0), lookup_params=d_model)
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def _stack_depth(keys: Keys, n_runs: int) -> int:
    """Layers that a stack stores: `num_layers_per_stack`; without it `num_hidden_layers` says so."""
    n_layers = keys.n_layers()
    if not keys.has("num_layers_per_stack"):
        keys.assume("num_layers_per_stack = num_hidden_layers (the family's default)")
        return n_layers
    n_stored = keys.n_layers("num_layers_per_stack")
    if n_stored * n_runs != n_layers:
        raise keys.error("num_layers_per_stack", f"times {n_runs} runs it must be num_hidden_layers, {n_layers}")
    return n_stored


def zaya(keys: Keys) -> ModelSpec:
    """ZAYA: attention behind short convolutions, one expert a token behind a router of several layers."""
    keys.ignore("sliding_window", "num_attention_heads_per_layer", "gating", "zaya_use_eda", "zaya_use_mod")
    n_layers = keys.n_layers()
    keys.expect("attention_bias", False)
    keys.expect("num_experts_per_tok", 1)
    plain = attention(keys)
    keys.divides(2, plain.n_kv_heads * plain.head_dim, "num_key_value_heads * head_dim must be even")
    n_experts, width = keys.size("num_experts", default=16), keys.size("router_hidden_size", default=256)
    expert = gated_mlp(keys, "moe_intermediate_size")
    d_model = plain.d_model
    scales = 4 * width  # a bias for each of three layers, the gains of a norm
    first = DeepRouterExperts(d_model, n_experts, 1, expert, n_zero_experts=1, router_scales=scales, router_width=width)
    later = replace(first, router_scales=scales + width)
    keys.warnings.append(
        f"one of the router's {n_experts + 1} choices skips the experts; active parameters and FLOPs are counted as if "
        "a token never took it"
    )
    kinds = keys.words("layer_types", n_layers, ("hybrid", "hybrid_sliding")) or ("hybrid",) * n_layers
    kernels = keys.size("cca_time0", default=2), keys.size("cca_time1", default=2)
    residuals = (ResidualScales(d_model, 8),)
    layers = []
    for index, kind in enumerate(kinds):
        span = span_of(keys, SLIDING if kind == "hybrid_sliding" else FULL)
        seen = replace(plain, span=span, qk_norm_params=plain.n_kv_heads)
        mixer = ConvolvedAttention(**vars(seen), first_kernel=kernels[0], second_kernel=kernels[1])
        one = layer(keys, mixer, later if index else first)
        layers.append(replace(one, extras=residuals))
    norm = params.rms_norm_params(width=d_model)
    head_bias = keys.flag("lm_head_bias", default=False)
    embedding = replace(
        ends(keys, d_model, tied=True, norm_params=norm, head_bias=head_bias), lookup_params=2 * d_model
    )
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def inkling_text(keys: Keys) -> ModelSpec:
    """Inkling: learned biases for distances instead of rotations, short convolutions throughout, windows in most
    layers; the router scores the shared experts too."""
    keys.ignore("logits_mup_width_multiplier", "rms_norm_eps_moe_gate", "log_scaling_n_floor", "log_scaling_alpha")
    keys.ignore(
        "shared_expert_sink", "route_scale", "unpadded_vocab_size", "sliding_window_size", "mtp_local_layer_ids"
    )
    keys.ignore("chain_hidden_post_norm", "mtp_hidden_states_first", "max_position_embeddings", "use_embed_norm")
    keys.expect("tie_word_embeddings", False)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    kernel = keys.size("conv_kernel_size", "sconv_kernel_size", default=4)
    dense = ScaledGatedMLP(d_model, keys.size("dense_intermediate_size", "intermediate_size"))
    routed = _inkling_experts(keys)
    if not keys.has("mlp_layer_types"):
        keys.restate(first_k_dense_replace=keys.count("dense_mlp_idx", default=0))
    keys.ignore("dense_mlp_idx")
    parts = [part if part == routed else dense for part in mlp_kinds(keys, n_layers, routed)]
    extras = (ResidualConvolution(d_model, kernel),) * 2
    mixers = {kind: _inkling_attention(keys, kind, kernel) for kind in ("hybrid", "hybrid_sliding")}
    layers = [
        replace(layer(keys, mixers[kind], part), extras=extras)
        for kind, part in zip(_inkling_kinds(keys, n_layers), parts, strict=True)
    ]
    norms = 2 * params.rms_norm_params(width=d_model)  # one of them behind the token table
    return spec(keys, embedding=ends(keys, d_model, tied=False, norm_params=norms), layers=layers, n_ctx=context(keys))


def _inkling_experts(keys: Keys) -> ScoredSharedExperts:
    width = "intermediate_size" if keys.has("dense_intermediate_size") else "moe_intermediate_size"
    expert = gated_mlp(keys, width)
    n_shared = keys.size("n_shared_experts", default=2)
    shared = GatedMLP(expert.d_model, n_shared * expert.d_ff)
    plain = replace(experts(keys, "num_experts", expert=expert, shared=shared), router_scales=1)
    return ScoredSharedExperts(**vars(plain), n_shared=n_shared)


def _inkling_attention(keys: Keys, kind: str, kernel: int) -> RelativeBiasAttention:
    windowed = kind == "hybrid_sliding"
    inside = "swa_" if windowed else ""
    n_heads, n_kv_heads = keys.size(f"{inside}num_attention_heads"), keys.size(f"{inside}num_key_value_heads")
    keys.divides(n_kv_heads, n_heads, f"{inside}num_attention_heads must be a multiple of {inside}num_key_value_heads")
    head_dim = keys.size(f"{inside}head_dim", default=128)
    size = keys.size("sliding_window_size", default=512)
    return RelativeBiasAttention(
        keys.size("hidden_size"),
        n_heads,
        n_kv_heads,
        head_dim,
        head_dim,
        span=Window(size) if windowed else EVERY_TOKEN,
        qk_norm_params=2 * params.rms_norm_params(width=head_dim),
        d_relative=keys.size("d_rel", default=16),
        extent=size if windowed else keys.size("rel_extent", default=1024),
        conv_kernel=kernel,
    )


def _inkling_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`; or `local_layer_ids`, the layers with a window; or five of six layers with one."""
    kinds = keys.words("layer_types", n_layers, ("hybrid", "hybrid_sliding"))
    local = keys.indices("local_layer_ids", n_layers)
    if kinds is not None:
        return kinds
    if keys.has("local_layer_ids"):
        return tuple("hybrid_sliding" if index in local else "hybrid" for index in range(n_layers))
    keys.assume("layer_types = [5 × hybrid_sliding, 1 × hybrid, …] (the family's default)")
    return every(n_layers, 6, "hybrid", "hybrid_sliding")


def xlstm(keys: Keys) -> ModelSpec:
    """xLSTM 7B: no attention but a matrix of memory for each head."""
    keys.ignore(
        "norm_eps", "norm_reduction_force_float32", "chunkwise_kernel", "sequence_kernel", "step_kernel", "mode"
    )
    keys.ignore("return_last_states", "autocast_kernel_dtype", "eps", "inference_state_dtype", "gate_soft_cap")
    keys.ignore("output_logit_soft_cap", "weight_mode", "max_inference_chunksize", "mlstm_round_up_to_multiple_of")
    keys.ignore("hidden_size", "num_hidden_layers")
    keys.expect("use_bias", False)
    keys.expect("add_out_norm", True)
    keys.expect("tie_word_embeddings", False)
    keys.restate(hidden_size=keys.size("hidden_size"))
    d_model, n_heads = keys.size("hidden_size"), keys.size("num_attention_heads", default=8)
    keys_of_heads, values_of_heads = (
        keys.divides(n_heads, int(keys.number(name, default) * d_model), f"{name} times hidden_size")
        for name, default in (("qk_dim_factor", 0.5), ("v_dim_factor", 1.0))
    )
    mixer = MLSTM(d_model, n_heads, keys_of_heads, values_of_heads, keys.size("chunk_size", default=64))
    multiple = keys.size("ffn_round_up_to_multiple_of", default=64)
    d_ff = int((keys.number("ffn_proj_factor", 2.667) * d_model + multiple - 1) // multiple) * multiple
    one = layer(keys, mixer, GatedMLP(d_model, d_ff))
    return decoder(keys, [one] * keys.n_layers("num_hidden_layers"))
