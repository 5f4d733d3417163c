"""Mixtures of experts over grouped attention: which layers have experts, what they share, and each family as a row."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from llmnotes.blocks.attention import Attention, IndexedAttention, MixtureOfHeads, ScoredValuesAttention
from llmnotes.blocks.base import EVERY_TOKEN, Block, Selection, Span, Window
from llmnotes.blocks.composite import Parallel, ResidualScales, Resting
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts, PlainMLP, ProductKeyExperts
from llmnotes.config.experts import (
    BY_TYPE,
    DEEPSEEK,
    FIRST_DENSE,
    Moe,
    by_mlp_types,
    check_top_k,
    first_dense,
    in_latent_space,
    stepped,
)
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    ATTENTIONS,
    CHUNKED,
    FULL,
    SLIDING,
    Dense,
    attention,
    by_switch,
    decoder,
    either,
    every,
    family_pattern,
    first_of,
    gated_mlp,
    layer,
    listed,
    multi_head,
    note_prediction_modules,
    nth,
    numbered,
    one_window,
    pattern,
    span_of,
    stack,
)
from llmnotes.config.sliding import fourth_from_the_end, lettered
from llmnotes.equations import params
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


def ernie4_5_moe(keys: Keys) -> ModelSpec:
    """ERNIE 4.5 with experts in a stretch of layers; the balancing bias is a parameter here."""
    keys.ignore("moe_capacity", "moe_norm_min", "moe_use_aux_free", "moe_gate")
    parts = Moe(shared="n_shared_experts", router_bias=True, bias="use_bias", sparse=_stretch)
    return Dense(qkv="use_bias", parts=parts, tied=True, head_bias="use_bias")(keys)


def _stretch(keys: Keys, n_layers: int) -> Sequence[bool]:
    """Every `moe_layer_interval`-th layer from `moe_layer_start_index` to `moe_layer_end_index`."""
    first, interval = keys.count("moe_layer_start_index", default=1), keys.size("moe_layer_interval", default=1)
    last, _ = keys.raw("moe_layer_end_index")
    last = n_layers - 1 if last in (None, -1) else keys.count("moe_layer_end_index")
    return tuple((index + 1) % interval == 0 and first <= index <= last for index in range(n_layers))


def hunyuan_v1_moe(keys: Keys) -> ModelSpec:
    """Hunyuan with experts, one shared; numbers may be given once or for each layer."""
    keys.ignore("eod_token_id", "use_qk_norm", "n_shared_experts", "moe_intermediate_size", "use_mixed_mlp_moe")
    keys.expect("use_cla", False)
    n_layers = keys.n_layers()
    for name in ("num_experts", "num_experts_per_tok"):
        keys.config[name] = _one_for_all(keys, name, n_layers)
    return Dense(qk_norm="head", parts=Moe(width="intermediate_size", shared="intermediate_size"))(keys)


def _one_for_all(keys: Keys, name: str, n_layers: int) -> int:
    """A number, or a list that gives every layer the same one."""
    value, _ = keys.raw(name)
    if not isinstance(value, list | tuple):
        return keys.size(name)
    if len(value) != n_layers or any(item != value[0] for item in value):
        raise keys.error(name, f"only one number, or {n_layers} equal ones, is understood")
    return Keys({name: value[0]}, keys.name).size(name)


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


def hy_v3(keys: Keys) -> ModelSpec:
    """Hunyuan 3: norms on queries and keys; where no shared expert is counted, one of the dense width is built."""
    none = keys.has("n_shared_experts") and keys.count("n_shared_experts") == 0
    shared = "intermediate_size" if none else "n_shared_experts"
    parts = Moe(shared=shared, bias="mlp_bias", sparse=by_mlp_types(1))
    return Dense(qk_norm="head", parts=parts, ignore=HY_V3)(keys)


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


def bailing_moe(keys: Keys) -> ModelSpec:
    """Ling 1.5 and 2: DeepSeek's layers over grouped attention, norms on queries and keys from 2 on."""
    keys.ignore("norm_head", "norm_softmax", "moe_router_enable_expert_bias", "router_dtype", "score_function")
    keys.ignore("moe_router_topk_scaling_factor", "use_rmsnorm", "num_routed_experts", "multi_gate", "routed_scaling")
    keys.ignore("moe_shared_expert_intermediate_size", "mtp_loss_scaling_factor", "embedding_dropout", "output_dropout")
    keys.ignore("moe_router_enable_shared_expert", "sliding_window", "use_sliding_window", "max_window_layers")
    keys.ignore("scale_attn_weights", "use_qk_norm")
    both = keys.flag("use_bias")
    qkv = both or keys.flag("use_qkv_bias")
    parts = Moe(shared="n_shared_experts", bias=both, sparse=first_dense, expert_bias=both)
    return Dense(qkv=qkv, out=both, qk_norm="head" if keys.on("use_qk_norm") else "none", parts=parts)(keys)


def minicpm(keys: Keys) -> ModelSpec:
    """MiniCPM 1, 2 and 4: a Llama with everything scaled, or a Mixtral where `num_experts` is above 0."""
    keys.ignore("scale_emb", "scale_depth", "dim_model_base", "mup_denominator", "sparse_config", "use_sparse")
    many = keys.has("num_experts") and keys.count("num_experts") > 0
    return Dense(parts=Moe(width="intermediate_size") if many else None, tied=True)(keys)


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
AFMOE = "mup_enabled route_scale route_norm score_func load_balance_coeff use_grouped_mm num_expert_groups"
HY_V3 = "enable_moe_fp32_combine router_scaling_factor route_norm expert_hidden_dim moe_router_use_sigmoid qk_norm"
MINIMAX_M2 = "qk_norm_type use_routing_bias shared_intermediate_size attn_type_list use_qk_norm"

FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "afmoe": Dense(
        qk_norm="head",
        gate=True,
        n_norms=4,
        kinds=lambda keys, n: pattern(
            keys, n, every(n, keys.size("global_attn_every_n_layers", default=4), FULL, SLIDING)
        ),
        parts=Moe(shared="n_shared_experts", router_bias=True, sparse=by_mlp_types(1)),
        ignore=f"{AFMOE} num_limited_groups rope_scaling n_group topk_group global_attn_every_n_layers",
    ),
    "arctic": arctic,
    "aria_text": Dense(
        parts=Moe(width="intermediate_size", shared="n_shared_experts", bias="mlp_bias"),
        ignore="moe_z_loss_coeff moe_aux_loss_coeff",
    ),
    "bailing_moe": bailing_moe,
    "beam": beam,
    "cohere2_moe": cohere2_moe,
    "dbrx": dbrx,
    "deepseek": Dense(parts=DEEPSEEK),
    "deepseek_ocr2_text": Dense(parts=BY_TYPE, ignore="topk_method"),
    "doge": doge,
    "ernie4_5_vl_moe_text": ernie4_5_vl_moe_text,
    "dots1": Dense(qk_norm="head", kinds=by_switch, parts=DEEPSEEK),
    "ernie4_5_moe": ernie4_5_moe,
    "exaone_moe": Dense(qkv=False, qk_norm="head", kinds=lettered, parts=FIRST_DENSE),
    "flex_olmo": Dense(qk_norm="projection", parts=Moe(width="intermediate_size"), ignore="clip_qkv"),
    "flint": flint,
    "glm4_moe": Dense(out=False, qk_norm="head", qk_norm_if="use_qk_norm", parts=DEEPSEEK),
    "glm4v_moe_text": Dense(out=False, parts=DEEPSEEK, ignore="use_qk_norm"),
    "gpt_oss": Dense(
        sinks=True,
        kinds=listed(nth(2)),
        parts=Moe(width="intermediate_size", expert_bias=True, router_bias=True),
    ),
    "granitemoe": Dense(parts=Moe(width="intermediate_size")),
    "granitemoe_swa": Dense(
        sinks=True,
        kinds=listed(first_of(4)),
        parts=Moe(width="intermediate_size", shared="shared_intermediate_size"),
    ),
    "granitemoeshared": Dense(
        kinds=one_window, parts=Moe(width="intermediate_size", shared="shared_intermediate_size")
    ),
    "grok-1": grok,
    "hunyuan_v1_moe": hunyuan_v1_moe,
    "hy_v3": hy_v3,
    "jetmoe": jetmoe,
    "kolibri1": Dense(
        qkv=False,
        qk_norm="head",
        n_norms=4,
        kinds=listed(nth(5)),
        parts=Moe(shared="shared_expert_intermediate_size"),
    ),
    "laguna": laguna,
    "llama4_text": llama4_text,
    "mellum": Dense(qk_norm="head", kinds=listed(), parts=Moe(sparse=by_mlp_types())),
    "mimo_v2_flash": mimo_v2_flash,
    "minicpm": minicpm,
    "minimax_m2": Dense(
        qkv=False, qk_norm="projection", kinds=one_window, parts=Moe(width="intermediate_size"), ignore=MINIMAX_M2
    ),
    "minimax_m3_vl_text": minimax_m3_vl_text,
    "mixtral": Dense(qkv=False, kinds=one_window, parts=Moe(width="intermediate_size")),
    "muse_spark_text": muse_spark_text,
    "olmoe": Dense(qk_norm="projection", parts=Moe(width="intermediate_size"), ignore="clip_qkv"),
    "phimoe": Dense(
        kinds=one_window,
        parts=Moe(width="intermediate_size"),
        norm=params.layer_norm_params,
        head_bias="lm_head_bias",
        ignore="input_jitter_noise",
    ),
    "qwen2_moe": Dense(
        qkv="qkv_bias",
        out=False,
        kinds=by_switch,
        parts=Moe(shared="shared_expert_intermediate_size", shared_gate=True, sparse=stepped),
    ),
    "qwen3_moe": Dense(
        qk_norm="head",
        kinds=by_switch,
        parts=Moe(sparse=stepped),
        ignore="use_qk_norm shared_expert_intermediate_size",
    ),
    "solar_open": Dense(out=False, parts=BY_TYPE),
    "step3p5": step3p5,
}
