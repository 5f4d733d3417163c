"""Attention behind short convolutions (ZAYA, Inkling)."""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.base import EVERY_TOKEN, Block, Window
from llmnotes.blocks.composite import ResidualScales
from llmnotes.blocks.convolved import (
    ConvolvedAttention,
    FeedForwardConvolution,
    RelativeBiasAttention,
    ResidualConvolution,
    ResidualQuery,
    SinkBiasAttention,
)
from llmnotes.blocks.feedforward import DeepRouterExperts, GatedMLP, ScoredSharedExperts
from llmnotes.config.experts import Moe, by_mlp_types
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    FULL,
    SLIDING,
    attention,
    context,
    ends,
    every,
    gated_mlp,
    layer,
    note_prediction_modules,
    span_of,
    spec,
)
from llmnotes.equations import params
from llmnotes.spec import ModelSpec


def zaya(keys: Keys) -> ModelSpec:
    """ZAYA: attention behind short convolutions, one expert a token behind a router of several layers."""
    keys.ignore("sliding_window", "num_attention_heads_per_layer", "gating", "zaya_use_eda", "zaya_use_mod")
    n_layers = keys.n_layers()
    keys.expect("num_experts_per_tok", 1)
    plain = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias")
    keys.divides(2, plain.n_kv_heads * plain.head_dim, "num_key_value_heads * head_dim must be even")
    n_experts, width = keys.size("num_experts", default=16), keys.size("router_hidden_size", default=256)
    expert = gated_mlp(keys, "moe_intermediate_size")
    d_model = plain.d_model
    scales = 4 * width  # a bias for each of three layers, the gains of a norm
    first = DeepRouterExperts(d_model, n_experts, 1, expert, n_zero_experts=1, scalar_params=scales, router_width=width)
    later = replace(first, scalar_params=scales + width)
    keys.warnings.append(
        f"one of the router's {n_experts + 1} choices skips the experts; active parameters and FLOPs are counted as if "
        "a token never took it"
    )
    keys.stated("layer_types")
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
    head_bias = keys.flag("lm_head_bias")
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
    note_prediction_modules(keys)
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    kernel = keys.size("conv_kernel_size", "sconv_kernel_size", default=4)
    dense = GatedMLP(d_model, keys.size("dense_intermediate_size", "intermediate_size"), scalar_params=1)
    routed = _inkling_experts(keys)
    parts = [routed if sparse else dense for sparse in by_mlp_types()(keys, n_layers)]
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
    plain = replace(Moe(width=width, shared="n_shared_experts").routed(keys), scalar_params=1)
    return ScoredSharedExperts(**vars(plain), n_shared=keys.count("n_shared_experts"))


def inkling2(keys: Keys) -> ModelSpec:
    """Inkling 2: Inkling with sinks and gates, experts throughout, taps of convolutions that the token chooses, and
    parts of a layer that read mixes of earlier sums."""
    keys.ignore("log_scaling_n_floor", "log_scaling_alpha", "qk_l2_clip_threshold", "rel_l2_clip_threshold")
    keys.ignore("route_scale", "mlp_gate_softcap", "mlp_up_softcap", "sliding_window_size", "max_position_embeddings")
    n_layers, d_model = keys.n_layers(), keys.size("hidden_size")
    kernel, size = keys.size("conv_kernel_size", "sconv_kernel_size"), keys.size("n_layers_per_attn_res_block")
    n_messages = _messages(keys, n_layers)
    routed = Moe(width="moe_intermediate_size").routed(keys)
    convolutions = (ResidualConvolution(d_model, kernel), FeedForwardConvolution(d_model, kernel))
    seen = {kind: _inkling_attention(keys, kind, kernel) for kind in ("hybrid", "hybrid_sliding")}
    layers = []
    for index, kind in enumerate(_inkling_kinds(keys, n_layers)):
        windowed = kind == "hybrid_sliding"
        plain = replace(seen[kind], gate_width=seen[kind].n_heads * seen[kind].head_dim, qk_norm_params=0)
        mixer = SinkBiasAttention(**vars(plain), own_taps=not windowed)
        before = -(-index // size) + 1
        queries: list[Block] = [ResidualQuery(d_model, before, 1 if windowed else 3)] if index else []
        queries.append(ResidualQuery(d_model, index // size + 2, of_mlp=True))
        if index == n_layers - 1:
            queries.append(ResidualQuery(d_model, -(-n_layers // size) + 1))
            queries += [ResidualQuery(d_model, 0, n_messages)] if n_messages else []
        scales = mixer.n_heads * (mixer.head_dim + mixer.d_relative)
        one = layer(keys, mixer, routed, n_norms=2 if windowed else 4)
        layers.append(replace(one, norm_params=one.norm_params + scales, extras=(*convolutions, *queries)))
    keys.head_matrix = keys.size("unpadded_vocab_size", default=keys.size("vocab_size")) * d_model
    norms = 2 * params.rms_norm_params(width=d_model)
    return spec(keys, embedding=ends(keys, d_model, tied=False, norm_params=norms), layers=layers, n_ctx=context(keys))


def _messages(keys: Keys, n_layers: int) -> int:
    """Queries by which looped layers read an earlier pass; a file whose layers do run in loops is refused."""
    if not keys.has("loop_num_passes"):
        return 0
    keys.ignore("loop_gate_rank")
    first, end = keys.count("loop_layer_index_start"), keys.count("loop_layer_index_end")
    if first < min(end, n_layers) and keys.size("loop_num_passes") > 1:
        raise keys.error("loop_num_passes", "layers that run in loops are not counted; size it by hand")
    return 4 * max(end - first, 0)


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


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "inkling2_loop_text": inkling2,
    "inkling2_text": inkling2,
    "inkling_text": inkling_text,
    "zaya": zaya,
}
