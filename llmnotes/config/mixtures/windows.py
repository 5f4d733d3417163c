"""Mixtures of experts whose layers attend in several ways: in windows or chunks, by other heads, to what is picked."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from llmnotes.blocks.attention import Attention, IndexedAttention
from llmnotes.blocks.base import EVERY_TOKEN, Selection, Span, Window
from llmnotes.config.experts import Moe, by_mlp_types, stepped
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    ATTENTIONS,
    CHUNKED,
    FULL,
    SLIDING,
    Dense,
    attention,
    decoder,
    either,
    every,
    family_pattern,
    layer,
    listed,
    note_prediction_modules,
    numbered,
    pattern,
    span_of,
    stack,
)
from llmnotes.spec import ModelSpec


def laguna(keys: Keys) -> ModelSpec:
    """Laguna: a gate for each head, windows in most layers, more heads there; the balancing bias is a parameter."""
    by_head = keys.raw("gating")[0] in (None, True, "per-head")
    keys.ignore("moe_routed_scaling_factor", "moe_apply_router_weight_on_input", "swa_rope_parameters")
    keys.ignore("moe_router_logit_softcapping", "moe_router_use_sigmoid")
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias")
    kinds = listed()(keys, n_layers)
    each = "num_attention_heads_per_layer"
    heads = keys.indices(each, 100_000) if keys.stated(each) else ()
    if heads and len(heads) != n_layers:
        raise keys.error(each, f"give one number for each of the {n_layers} layers")
    moe = Moe(shared="shared_expert_intermediate_size", router_bias=True, sparse=by_mlp_types(1))
    plain = {
        kind: attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=span_of(keys, kind))
        for kind in dict.fromkeys(kinds)
    }
    layers = []
    for index, (kind, part) in enumerate(zip(kinds, moe(keys, n_layers), strict=True)):
        n_heads = heads[index] if heads else plain[kind].n_heads
        if n_heads == 0 or n_heads % plain[kind].n_kv_heads:
            raise keys.error(each, "each must be a multiple of num_key_value_heads")
        layers.append(
            layer(
                keys,
                replace(
                    plain[kind], n_heads=n_heads, gate_width=n_heads if by_head else n_heads * plain[kind].head_dim
                ),
                part,
            )
        )
    return decoder(keys, layers)


def cohere2_moe(keys: Keys) -> ModelSpec:
    """Command with experts: one norm a layer, windows in three layers of four behind the dense ones."""
    keys.ignore("logit_scale", "prefix_dense_sliding_window_pattern", "sliding_window_pattern", "norm_topk_prob")
    keys.ignore("expert_selection_fn", "shared_expert_combination_strategy", "prefix_dense_intermediate_size")
    n_dense = min(keys.count("first_k_dense_replace"), keys.n_layers()) if keys.has("first_k_dense_replace") else 0
    if n_dense or keys.has("mlp_layer_types"):
        keys.expect("prefix_dense_intermediate_size")

    def kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
        first = keys.size("prefix_dense_sliding_window_pattern", default=1)
        later = keys.size("sliding_window_pattern", default=4)
        return pattern(
            keys, n_layers, every(n_dense, first, FULL, SLIDING) + every(n_layers - n_dense, later, FULL, SLIDING)
        )

    parts = Moe(width="intermediate_size", shared="n_shared_experts", sparse=by_mlp_types())
    return Dense(parts=parts, kinds=kinds, n_norms=1, tied=True)(keys)


def minimax_m3_vl_text(keys: Keys) -> ModelSpec:
    """MiniMax-M3: attention over blocks that an indexer picks, the first layers full and dense; one shared expert."""
    keys.ignore("moe_intermediate_size", "qk_norm_type", "use_gemma_norm", "use_routing_bias", "hidden_act")
    keys.ignore("index_topk_blocks", "index_block_size", "index_n_heads", "index_head_dim", "index_local_blocks")
    keys.ignore("first_k_dense_replace")
    keys.expect("attention_output_gate", False)
    keys.expect("use_qk_norm", True)
    note_prediction_modules(keys)
    n_layers = keys.n_layers()
    sparse = keys.inside("sparse_attention_config")
    sparse_kinds = numbered(sparse, "sparse_attention_freq", n_layers, FULL, "minimax_m3_sparse")
    if sparse_kinds is None:
        keys.stated("layer_types")
    kinds = pattern(keys, n_layers, sparse_kinds or (FULL,) * n_layers, (FULL, "minimax_m3_sparse"))
    by_number = numbered(keys, "moe_layer_freq", n_layers, "dense", "sparse")
    if by_number is None:
        keys.stated("mlp_layer_types")
    keys.restate(mlp_layer_types=list(by_number or ("sparse",) * n_layers))
    plain = attention(keys, qk_norm="head")

    def mixer(kind: str) -> Attention:
        if kind == FULL:
            return plain
        n_blocks = either(keys, sparse, "index_topk_blocks", "sparse_topk_blocks")
        block = either(keys, sparse, "index_block_size", "sparse_block_size")
        return IndexedAttention(
            **vars(replace(plain, span=Selection(n_blocks * block))),
            n_index_heads=either(keys, sparse, "index_n_heads", "sparse_num_index_heads"),
            index_head_dim=either(keys, sparse, "index_head_dim", "sparse_index_dim"),
        )

    n_shared = keys.count("n_shared_experts", default=1)
    keys.config["shared_intermediate_size"] = n_shared * keys.count("shared_intermediate_size", default=0)
    moe = Moe(
        width="intermediate_size",
        shared="shared_intermediate_size",
        sparse=by_mlp_types(),
        dense="dense_intermediate_size",
    )
    return decoder(keys, stack(keys, kinds, mixer, moe(keys, n_layers)))


def mimo_v2_flash(keys: Keys) -> ModelSpec:
    """MiMo-V2: a window in five of six layers, with more KV heads and sinks; values narrower than keys."""
    keys.ignore("attention_value_scale", "swa_rope_theta", "layernorm_epsilon", "attention_chunk_size")
    keys.ignore("sliding_window", "attention_projection_layout", "norm_topk_prob")
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias")
    kinds = numbered(keys, "hybrid_layer_pattern", n_layers, FULL, SLIDING)
    default = tuple(FULL if index == 0 or (index + 1) % 6 == 0 else SLIDING for index in range(n_layers))
    kinds = kinds or family_pattern(keys, n_layers, default)
    sparse = numbered(keys, "moe_layer_freq", n_layers, "dense", "sparse")
    if sparse is not None:
        keys.restate(mlp_layer_types=list(sparse))
    # Counted with the query itself where the published key counts the tokens before it.
    said = "sliding_window_size" in keys.published or not keys.has("sliding_window")
    size = keys.size("sliding_window_size") + 1 if said else keys.size("sliding_window")
    keys.expect("n_shared_experts", 0)

    def mixer(kind: str) -> Attention:
        if kind == FULL:
            return _mimo_attention(keys, "", EVERY_TOKEN, bias, sinks=keys.flag("add_full_attention_sink_bias"))
        sinks = keys.flag("add_swa_attention_sink_bias", default=True)
        return _mimo_attention(keys, "swa_", Window(size), bias, sinks=sinks)

    parts = Moe(sparse=by_mlp_types(1))(keys, n_layers)
    keys.ignore(*(key for key in keys.config if isinstance(key, str) and key.startswith(("swa_", "add_"))))
    note_prediction_modules(keys)
    return decoder(keys, stack(keys, kinds, mixer, parts))


def _mimo_attention(keys: Keys, prefix: str, span: Span, bias: bool, *, sinks: bool) -> Attention:
    n_heads = keys.size(f"{prefix}num_attention_heads", "num_attention_heads")
    if prefix and not keys.has("swa_num_key_value_heads"):
        keys.fill(swa_num_key_value_heads=2 * keys.size("num_key_value_heads"))
    n_kv_heads = keys.size(f"{prefix}num_key_value_heads")
    keys.divides(n_kv_heads, n_heads, f"{prefix}num_attention_heads must be a multiple of {prefix}num_key_value_heads")
    return Attention(
        d_model=keys.size("hidden_size"),
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        head_dim=keys.size(f"{prefix}head_dim", "head_dim"),
        v_head_dim=keys.size(f"{prefix}v_head_dim", "v_head_dim"),
        span=span,
        qkv_bias=bias,
        scalar_params=n_heads if sinks else 0,
    )


def llama4_text(keys: Keys) -> ModelSpec:
    """Llama 4: three layers in chunks of positions, then one over everything; one shared expert."""
    keys.ignore("attn_temperature_tuning", "floor_scale", "attn_scale", "use_qk_norm", "for_llm_compressor")
    keys.ignore("interleave_moe_layer_step", "no_rope_layer_interval", "moe_layers")
    parts = Moe(
        width="intermediate_size", shared="intermediate_size", sparse=_llama4_sparse, dense="intermediate_size_mlp"
    )
    return Dense(kinds=_llama4_kinds, parts=parts)(keys)


def _llama4_sparse(keys: Keys, n_layers: int) -> Sequence[bool]:
    """The layers that `moe_layers` lists, or every `interleave_moe_layer_step`-th."""
    if keys.has("moe_layers"):
        listed_layers = keys.indices("moe_layers", n_layers)
        return tuple(index in listed_layers for index in range(n_layers))
    step = keys.size("interleave_moe_layer_step", default=1)
    return tuple((index + 1) % step == 0 for index in range(n_layers))


def _llama4_kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """Chunks wherever positions are rotated: as `no_rope_layers` says (1: rotated), or three layers out of four."""
    rotated, _ = keys.raw("no_rope_layers")
    keys.ignore("no_rope_layer_interval")
    default = (FULL,) * n_layers
    if keys.has("layer_types"):
        return pattern(keys, n_layers, default, (*ATTENTIONS, CHUNKED))
    if not keys.stated("attention_chunk_size"):
        keys.assume("layer_types is absent; counted without chunks")
    elif not rotated:
        default = every(n_layers, keys.size("no_rope_layer_interval", default=4), FULL, CHUNKED)
    else:
        if not isinstance(rotated, list | tuple) or len(rotated) != n_layers or any(r not in (0, 1) for r in rotated):
            raise keys.error("no_rope_layers", f"give 0 or 1 for each of the {n_layers} layers, or an empty list")
        default = tuple(CHUNKED if rotates else FULL for rotates in rotated)
    return pattern(keys, n_layers, default, (*ATTENTIONS, CHUNKED))


def flint(keys: Keys) -> ModelSpec:
    """Flint: a Qwen3 with experts, attention sinks, windows in most layers and one shared expert without a gate."""
    keys.fill(mlp_only_layers=[0, 1][: keys.n_layers()])
    parts = Moe(shared="shared_expert_intermediate_size", sparse=stepped)
    return Dense(qk_norm="head", sinks=True, kinds=listed(_flint_kinds), parts=parts)(keys)


def _flint_kinds(_keys: Keys, n_layers: int) -> tuple[str, ...]:
    ends_of_model = (0, n_layers - 1)
    return tuple(FULL if index in ends_of_model or index % 4 == 1 else SLIDING for index in range(n_layers))


def beam(keys: Keys) -> ModelSpec:
    """Beam: gated attention with norms on queries and keys, windows in five layers of six, four norms a layer."""
    keys.ignore("rope_parameters", "decoder_sparse_step", "mlp_only_layers", "use_sliding_window", "max_window_layers")
    n_layers = keys.n_layers()
    kinds = family_pattern(keys, n_layers, (*every(n_layers - 1, 6, FULL, SLIDING), FULL))
    row = Dense(qk_norm="head", gate=True)

    def mixer(kind: str) -> Attention:
        plain = row.attention(keys, kind)
        return replace(plain, scalar_params=plain.n_heads)  # a bias of the gate for each head

    parts = Moe(sparse=by_mlp_types(3))(keys, n_layers)
    return decoder(keys, stack(keys, kinds, mixer, parts, n_norms=4))


def step3p5(keys: Keys) -> ModelSpec:
    """Step 3.5 and 3.7: other query heads in the layers with a window, a gate for each head, one shared expert."""
    keys.ignore("moe_router_scaling_factor", "use_moe_router_bias", "swiglu_limits", "swiglu_limits_shared", "gating")
    keys.ignore("per_layer_config", "query_pre_attn_scalar", "n_shared_experts", "use_head_wise_attn_gate")
    keys.ignore(
        "attention_other_setting", "num_sliding_attention_heads", "num_attention_groups", "use_moe", "moe_every_n_layer"
    )
    keys.ignore("moe_layer_offset", "norm_expert_weight", "moe_router_activation", "need_fp32_gate", "use_qk_norm")
    keys.ignore("partial_rotary_factors", "yarn_only_types", "use_rope_layers", "rope_theta", "att_impl_type")
    keys.ignore("scoring_func", "sink", "zero_centered", "max_seq_len")
    if keys.has("num_attention_groups"):
        keys.restate(num_key_value_heads=keys.size("num_attention_groups"))
    n_layers = keys.n_layers()
    more, _ = keys.raw("layer_types")
    if isinstance(more, list | tuple) and len(more) > n_layers:  # those of prediction modules follow
        keys.config["layer_types"] = more[:n_layers]
    kinds = listed()(keys, n_layers)
    windowed = keys.inside("attention_other_setting")
    row = Dense(qk_norm="head")

    def mixer(kind: str) -> Attention:
        plain = row.attention(keys, kind)
        if kind == FULL:
            return replace(plain, gate_width=plain.n_heads)
        n_heads = plain.n_heads
        if keys.has("num_sliding_attention_heads"):
            n_heads = keys.size("num_sliding_attention_heads")
        elif windowed.has("num_attention_heads"):
            n_heads = windowed.size("num_attention_heads")
        keys.divides(plain.n_kv_heads, n_heads, "query heads with a window must be a multiple of num_key_value_heads")
        return replace(plain, n_heads=n_heads, gate_width=n_heads)

    parts = Moe(shared="share_expert_dim", sparse=_step_sparse)(keys, n_layers)
    note_prediction_modules(keys)
    return decoder(keys, stack(keys, kinds, mixer, parts))


def _step_sparse(keys: Keys, n_layers: int) -> Sequence[bool]:
    """`mlp_layer_types`; or `moe_layers_enum`, the layers with experts in a text or list; or all from the fourth."""
    keys.ignore("moe_layers_enum")
    if keys.has("mlp_layer_types") or not keys.has("moe_layers_enum"):
        return by_mlp_types(3)(keys, n_layers)
    named, _ = keys.raw("moe_layers_enum")
    items = named.split(",") if isinstance(named, str) else named
    try:
        sparse = {int(item) for item in items}
    except (TypeError, ValueError):
        raise keys.error("moe_layers_enum", "give layer numbers, in a list or with commas between them") from None
    return tuple(index in sparse for index in range(n_layers))


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "beam": beam,
    "cohere2_moe": cohere2_moe,
    "flint": flint,
    "laguna": laguna,
    "llama4_text": llama4_text,
    "mimo_v2_flash": mimo_v2_flash,
    "minimax_m3_vl_text": minimax_m3_vl_text,
    "step3p5": step3p5,
}
