"""Mixtures of experts of 2025 and 2026 over grouped attention: shared experts, the first layers dense."""

from dataclasses import fields, replace
from typing import Any

from llmnotes.blocks.attention import IndexedAttention
from llmnotes.blocks.base import Block, Selection
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.config.common import (
    FULL,
    SLIDING,
    attention,
    decoder,
    either,
    every,
    gated_mlp,
    layer,
    note_prediction_modules,
    numbered,
    pattern,
    span_of,
    window,
)
from llmnotes.config.experts import counted_shared_experts, deepseek_kind_experts, experts, mlp_kinds
from llmnotes.config.keys import Keys
from llmnotes.config.llama import lettered_pattern
from llmnotes.spec import ModelSpec


def exaone_moe(keys: Keys) -> ModelSpec:
    """K-EXAONE: three layers with a window, then one without; norms on queries and keys."""
    keys.fill(sliding_window_pattern=4)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    kinds = lettered_pattern(keys, keys.n_layers())
    parts = mlp_kinds(keys, len(kinds), counted_shared_experts(keys), n_dense=1)
    layers = [
        layer(keys, attention(keys, qk_norm="head", span=span_of(keys, kind)), part)
        for kind, part in zip(kinds, parts, strict=True)
    ]
    return decoder(keys, layers)


def hy_v3(keys: Keys) -> ModelSpec:
    """Hunyuan 3: norms on queries and keys."""
    keys.ignore(
        "enable_moe_fp32_combine",
        "router_scaling_factor",
        "route_norm",
        "expert_hidden_dim",
        "moe_router_use_sigmoid",
        "qk_norm",
    )
    bias = keys.flag("attention_bias", default=False)
    keys.expect("mlp_bias", False)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head")
    parts = mlp_kinds(keys, keys.n_layers(), counted_shared_experts(keys), n_dense=1)
    return decoder(keys, [layer(keys, mixer, part) for part in parts])


def solar_open(keys: Keys) -> ModelSpec:
    """Solar Open: experts in every layer."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias)
    parts = mlp_kinds(keys, keys.n_layers(), deepseek_kind_experts(keys))
    return decoder(keys, [layer(keys, mixer, part) for part in parts])


def afmoe(keys: Keys) -> ModelSpec:
    """Trinity: gated attention, windows in most layers, norms on both sides; the balancing bias is a parameter."""
    keys.ignore("mup_enabled", "route_scale", "route_norm", "score_func", "load_balance_coeff", "use_grouped_mm")
    keys.ignore("num_expert_groups", "num_limited_groups", "rope_scaling", "n_group", "topk_group")
    n_layers = keys.n_layers()
    keys.restate(first_k_dense_replace=keys.count("num_dense_layers", default=1))
    interval = keys.size("global_attn_every_n_layers", default=4)
    bias = keys.flag("attention_bias", default=False)
    kinds = pattern(keys, n_layers, every(n_layers, interval, FULL, SLIDING))
    parts = mlp_kinds(keys, n_layers, replace(counted_shared_experts(keys), router_bias=True))
    layers = []
    for kind, part in zip(kinds, parts, strict=True):
        mixer = attention(
            keys,
            qkv_bias=bias,
            out_bias=bias,
            qk_norm="head",
            gated=True,
            span=span_of(keys, kind),
        )
        layers.append(layer(keys, mixer, part, n_norms=4))
    return decoder(keys, layers)


def laguna(keys: Keys) -> ModelSpec:
    """Laguna: a gate for each head, windows in most layers, more heads there; the balancing bias is a parameter."""
    keys.ignore(
        "gating",
        "moe_routed_scaling_factor",
        "moe_apply_router_weight_on_input",
        "norm_topk_prob",
        "swa_rope_parameters",
    )
    keys.ignore("moe_router_logit_softcapping", "sliding_window", "moe_router_use_sigmoid")
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    keys.stated("layer_types")
    kinds = pattern(keys, n_layers, (FULL,) * n_layers)
    each = "num_attention_heads_per_layer"
    heads = keys.indices(each, 100_000) if keys.stated(each) else ()
    if heads and len(heads) != n_layers:
        raise keys.error("num_attention_heads_per_layer", f"give one number for each of the {n_layers} layers")
    routed = experts(
        keys,
        "num_experts",
        expert=gated_mlp(keys, "moe_intermediate_size"),
        shared=gated_mlp(keys, "shared_expert_intermediate_size"),
        router_bias=True,
    )
    parts = mlp_kinds(keys, n_layers, routed, n_dense=1)
    layers = []
    for index, (kind, part) in enumerate(zip(kinds, parts, strict=True)):
        mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=span_of(keys, kind))
        n_heads = heads[index] if heads else mixer.n_heads
        if n_heads == 0 or n_heads % mixer.n_kv_heads:
            raise keys.error("num_attention_heads_per_layer", "each must be a multiple of num_key_value_heads")
        layers.append(layer(keys, replace(mixer, n_heads=n_heads, gate_width=n_heads), part))
    return decoder(keys, layers)


def mellum(keys: Keys) -> ModelSpec:
    """Mellum 2: norms on queries and keys, windows where `layer_types` says, none shared."""
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    keys.ignore("sliding_window")
    keys.stated("layer_types")
    kinds = pattern(keys, n_layers, (FULL,) * n_layers)
    parts = mlp_kinds(keys, n_layers, experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size")))
    layers = []
    for kind, part in zip(kinds, parts, strict=True):
        mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head", span=span_of(keys, kind))
        layers.append(layer(keys, mixer, part))
    return decoder(keys, layers)


def flex_olmo(keys: Keys) -> ModelSpec:
    """FlexOlmo: an OLMo 2 whose experts were trained apart."""
    keys.ignore("clip_qkv")
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="projection")
    one = layer(keys, mixer, experts(keys, "num_experts", expert=gated_mlp(keys)))
    return decoder(keys, [one] * keys.n_layers())


def granitemoeshared(keys: Keys) -> ModelSpec:
    """Granite with experts and a shared one."""
    bias = keys.flag("attention_bias", default=False)
    shared = gated_mlp(keys, "shared_intermediate_size")
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, span=window(keys))
    one = layer(keys, mixer, experts(keys, "num_experts", expert=gated_mlp(keys), shared=shared))
    return decoder(keys, [one] * keys.n_layers())


def cohere2_moe(keys: Keys) -> ModelSpec:
    """Command with experts: one norm a layer, windows in three layers of four behind the dense ones."""
    keys.ignore("logit_scale", "prefix_dense_sliding_window_pattern", "sliding_window_pattern", "norm_topk_prob")
    keys.ignore("expert_selection_fn", "shared_expert_combination_strategy", "prefix_dense_intermediate_size")
    n_layers = keys.n_layers()
    n_dense = min(keys.count("first_k_dense_replace"), n_layers) if keys.has("first_k_dense_replace") else 0
    if n_dense or keys.has("mlp_layer_types"):
        keys.expect("prefix_dense_intermediate_size")
    first = keys.size("prefix_dense_sliding_window_pattern", default=1)
    later = keys.size("sliding_window_pattern", default=4)
    default = every(n_dense, first, FULL, SLIDING) + every(n_layers - n_dense, later, FULL, SLIDING)
    bias = keys.flag("attention_bias", default=False)
    n_shared = keys.count("n_shared_experts", default=0)
    expert = gated_mlp(keys)
    shared = GatedMLP(expert.d_model, n_shared * expert.d_ff) if n_shared else None
    parts = mlp_kinds(keys, n_layers, experts(keys, "num_experts", expert=expert, shared=shared))
    layers = []
    for kind, part in zip(pattern(keys, n_layers, default), parts, strict=True):
        mixer = attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind))
        layers.append(layer(keys, mixer, part, n_norms=1))
    return decoder(keys, layers, tied=True)


def minimax_m3_vl_text(keys: Keys) -> ModelSpec:
    """MiniMax-M3: attention over blocks that an indexer picks, the first layers full and dense; one shared expert."""
    keys.ignore("intermediate_size", "moe_intermediate_size", "qk_norm_type", "use_gemma_norm", "use_routing_bias")
    keys.ignore("index_topk_blocks", "index_block_size", "index_n_heads", "index_head_dim")
    keys.ignore("index_local_blocks", "shared_intermediate_size", "dense_intermediate_size", "hidden_act")
    keys.expect("attention_output_gate", False)
    keys.expect("use_qk_norm", True)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    keys.ignore("num_nextn_predict_layers")
    n_layers = keys.n_layers()
    sparse = keys.inside("sparse_attention_config")
    sparse_kinds = numbered(sparse, "sparse_attention_freq", n_layers, FULL, "minimax_m3_sparse")
    if sparse_kinds is None:
        keys.stated("layer_types")
    kinds = pattern(keys, n_layers, sparse_kinds or (FULL,) * n_layers, (FULL, "minimax_m3_sparse"))
    parts_by_number = numbered(keys, "moe_layer_freq", n_layers, "dense", "sparse")
    if parts_by_number is None:
        keys.stated("mlp_layer_types")
    keys.restate(mlp_layer_types=list(parts_by_number or ("sparse",) * n_layers))
    keys.ignore("first_k_dense_replace")
    plain = attention(keys, qk_norm="head")
    shape: dict[str, Any] = {field.name: getattr(plain, field.name) for field in fields(plain)}
    mixers: dict[str, Block] = {FULL: plain}
    if set(kinds) != {FULL}:
        shape["span"] = Selection(
            either(keys, sparse, "index_topk_blocks", "sparse_topk_blocks")
            * either(keys, sparse, "index_block_size", "sparse_block_size")
        )
        mixers["minimax_m3_sparse"] = IndexedAttention(
            **shape,
            n_index_heads=either(keys, sparse, "index_n_heads", "sparse_num_index_heads"),
            index_head_dim=either(keys, sparse, "index_head_dim", "sparse_index_dim"),
        )
    d_model = keys.size("hidden_size")
    routed = experts(
        keys,
        "num_experts",
        expert=gated_mlp(keys),
        shared=GatedMLP(d_model, keys.count("n_shared_experts", default=1) * keys.size("shared_intermediate_size")),
    )
    named = keys.words("mlp_layer_types", n_layers, ("dense", "sparse")) or ()
    dense = gated_mlp(keys, "dense_intermediate_size") if "dense" in named else routed
    layers = [
        layer(keys, mixers[kind], dense if name == "dense" else routed) for kind, name in zip(kinds, named, strict=True)
    ]
    return decoder(keys, layers)
