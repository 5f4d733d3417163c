"""Dense decoders whose layers differ in what they look at: windows in some, everything in others; Gemma."""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.attention import Attention, KeysAsValuesAttention, SharedKVAttention
from llmnotes.blocks.base import Block
from llmnotes.blocks.composite import AlternatingUpdates, LowRankPath, Parallel
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts
from llmnotes.config.experts import Moe
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    FULL,
    SLIDING,
    Dense,
    attention,
    context,
    decoder,
    every,
    family_pattern,
    first_of,
    gated_mlp,
    listed,
    nth,
    numbered,
    one_window,
    pattern,
    spaced,
    span_of,
    spec,
    tie,
)
from llmnotes.equations import params
from llmnotes.spec import Embedding, Layer, ModelSpec


def lettered(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`; or `sliding_window_pattern`, an interval or letters (L a window, G none) to repeat."""
    default = (FULL,) * n_layers
    keys.ignore("sliding_window_pattern", "sliding_window")
    if keys.has("layer_types"):
        return pattern(keys, n_layers, ())
    if keys.has("sliding_window_pattern") and keys.stated("sliding_window"):
        value, _ = keys.raw("sliding_window_pattern")
        if isinstance(value, str) and value and set(value) <= {"L", "G"}:
            return tuple(FULL if value[index % len(value)] == "G" else SLIDING for index in range(n_layers))
        return every(n_layers, keys.size("sliding_window_pattern"), FULL, SLIDING)
    if keys.has("sliding_window"):
        keys.stated("layer_types")
    return default


def gemma3_text(keys: Keys) -> ModelSpec:
    """Gemma 3: five layers with a window, then one without; norms on queries and keys."""
    if keys.on("use_bidirectional_attention"):
        _both_ways(keys)
    return Dense(qk_norm="head", kinds=spaced("sliding_window_pattern", 6), n_norms=4, tied=True)(keys)


def _both_ways(keys: Keys) -> None:
    """A model that reads a text from both ends: half of its window lies before the token."""
    keys.warnings.append("this model reads a text both ways, as an encoder; FLOPs are counted as of one that writes it")
    if keys.has("sliding_window"):
        keys.config["sliding_window"] = keys.size("sliding_window") // 2 + 1


def gemma3n_text(keys: Keys) -> ModelSpec:
    """Gemma 3n: several residual streams, a low-rank path beside attention, an embedding for each layer; upper layers
    read the cache of lower ones."""
    keys.ignore("activation_sparsity_pattern", "altup_active_idx", "altup_coef_clip", "altup_correct_scale")
    n_layers = keys.n_layers()
    d_model = keys.size("hidden_size")
    n_streams = keys.size("altup_num_inputs", default=4)
    p = keys.size("hidden_size_per_layer_input", default=256)
    kinds = family_pattern(keys, n_layers, every(n_layers, 5, FULL, SLIDING))
    extras = (
        AlternatingUpdates(d_model, n_streams),
        LowRankPath(d_model, keys.size("laurel_rank", default=64)),
        LowRankPath(d_model, p),
    )
    norms = 4 * params.rms_norm_params(width=d_model)
    widths = _widths(keys, n_layers)
    first_borrower = _first_borrower(keys, kinds, default=15)
    bias = keys.flag("attention_bias")
    layers = []
    for index, kind in enumerate(kinds):
        mixer = attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind), qk_norm="head")
        if index >= first_borrower:
            mixer = _borrowing(mixer)
        layers.append(Layer(mixer, GatedMLP(d_model, widths[index]), norms, extras))
    projections = n_layers * p * d_model + 2 * (n_streams - 1) * d_model * d_model
    return _per_layer_embedding(keys, layers, projections)


def gemma4_unified_text(keys: Keys) -> ModelSpec:
    """Gemma 4 unified: a Gemma 4 without tables for each layer and without experts, whatever its keys say."""
    keys.config |= {"hidden_size_per_layer_input": 0, "enable_moe_block": False}
    keys.ignore("num_experts", "top_k_experts", "moe_intermediate_size", "vocab_size_per_layer_input")
    return gemma4_text(keys)


def gemma4_text(keys: Keys) -> ModelSpec:
    """Gemma 4: wider heads without a window, values that may be the keys, experts beside a dense feed-forward."""
    keys.expect("use_bidirectional_attention", False, "vision", "all")
    if keys.config.get("use_bidirectional_attention") == "all":
        _both_ways(keys)
    n_layers = keys.n_layers()
    d_model = keys.size("hidden_size")
    p = keys.count("hidden_size_per_layer_input", default=256)
    kinds = family_pattern(keys, n_layers, every(n_layers, 6, FULL, SLIDING))
    kinds = (*kinds[:-1], FULL)
    n_norms, feed_forward = _gemma4_feed_forward(keys)
    doubled = keys.flag("use_double_wide_mlp")
    wide = GatedMLP(d_model, 2 * keys.size("intermediate_size")) if doubled else feed_forward
    first_borrower = _first_borrower(keys, kinds, default=0)
    extras = (LowRankPath(d_model, p),) if p else ()
    norms = n_norms * params.rms_norm_params(width=d_model)
    own = keys.inside("per_layer_config").inside(str(kinds.index(FULL)))
    mixers = {kind: _gemma4_attention(keys, kind, own) for kind in (FULL, SLIDING)}
    layers = []
    for index, kind in enumerate(kinds):
        borrows = index >= first_borrower
        mixer: Block = _borrowing(mixers[kind]) if borrows else mixers[kind]
        layers.append(Layer(mixer, wide if borrows else feed_forward, norms, extras))
    if not p:
        keys.ignore("vocab_size_per_layer_input")
        return decoder(keys, layers, tied=True)
    return _per_layer_embedding(keys, layers, n_layers * p * d_model)


def _gemma4_attention(keys: Keys, kind: str, own: Keys) -> Attention:
    """Layers without a window have wider heads, and may have other KV heads and one projection for keys and values.

    Args:
        keys: The configuration.
        kind: With or without a window.
        own: What `per_layer_config` says of a layer without one: files that transformers saved since 5.24 have it in
            the place of `global_head_dim` and `num_global_key_value_heads`.
    """
    keys.ignore("global_head_dim", "num_global_key_value_heads", "attention_k_eq_v")
    bias = keys.flag("attention_bias")
    one = attention(keys, span=span_of(keys, kind), qkv_bias=bias, out_bias=bias, qk_norm="head")
    if kind == SLIDING:
        return one
    width = own.size("head_dim") if own.has("head_dim") else keys.size("global_head_dim", default=512)
    shared = keys.flag("attention_k_eq_v")
    n_kv_heads = own.size("num_key_value_heads") if own.has("num_key_value_heads") else 0
    if not n_kv_heads and shared and keys.stated("num_global_key_value_heads"):
        n_kv_heads = keys.size("num_global_key_value_heads")
    one = replace(
        one,
        n_kv_heads=n_kv_heads or one.n_kv_heads,
        head_dim=width,
        v_head_dim=width,
        qk_norm_params=2 * params.rms_norm_params(width=width),
    )
    return KeysAsValuesAttention(**vars(one)) if shared else one


def _gemma4_feed_forward(keys: Keys) -> tuple[int, Block]:
    """Norms of a layer and its feed-forward: dense, or dense and experts side by side."""
    dense = gated_mlp(keys)
    keys.ignore("num_experts", "top_k_experts", "moe_intermediate_size")
    if not keys.flag("enable_moe_block"):
        return 4, dense
    d_model, n_experts = dense.d_model, keys.size("num_experts")
    top_k = keys.size("top_k_experts")
    if top_k > n_experts:
        raise keys.error("top_k_experts", f"there are only {n_experts} experts; check both values")
    expert = gated_mlp(keys, "moe_intermediate_size")
    routed = MixtureOfExperts(d_model, n_experts, top_k, expert, scalar_params=d_model + n_experts)
    return 7, Parallel((dense, routed))


def _borrowing(mixer: Attention) -> SharedKVAttention:
    shape = {name: value for name, value in vars(mixer).items() if name != "qk_norm_params"}
    return SharedKVAttention(**shape, qk_norm_params=mixer.qk_norm_params // 2)


def _first_borrower(keys: Keys, kinds: tuple[str, ...], *, default: int) -> int:
    """The first layer that reads the cache of an earlier one of its kind."""
    first = len(kinds) - keys.count("num_kv_shared_layers", default=default)
    if first <= 0 or set(kinds[first:]) - set(kinds[:first]):
        raise keys.error(
            "num_kv_shared_layers", "every kind of layer needs one of its kind before it that keeps a cache"
        )
    return first


def _widths(keys: Keys, n_layers: int) -> tuple[int, ...]:
    """`intermediate_size`, one number for all layers or one for each."""
    value, name = keys.raw("intermediate_size")
    if not isinstance(value, list | tuple):
        return (keys.size("intermediate_size"),) * n_layers
    if len(value) != n_layers:
        raise keys.error(name, f"give one number, or one for each of the {n_layers} layers")
    return tuple(Keys({name: item}, keys.name).size(name) for item in value)


def _per_layer_embedding(keys: Keys, layers: list[Layer], projections: int) -> ModelSpec:
    """Ends of a model that looks up one more narrow embedding for each layer."""
    d_model = keys.size("hidden_size")
    p = keys.size("hidden_size_per_layer_input", default=256)
    rows = keys.size("vocab_size_per_layer_input", default=262_144)
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=tie(keys, default=True),
        norm_params=params.rms_norm_params(width=d_model) + params.rms_norm_params(width=p),
        project_params=projections,
        lookup_params=rows * len(layers) * p,
    )
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def fourth_from_the_end(_keys: Keys, n_layers: int) -> tuple[str, ...]:
    """Full attention in every fourth layer, counted back from the last."""
    return tuple(SLIDING if (n_layers - 1 - index) % 4 else FULL for index in range(n_layers))


COHERE2 = (
    "logit_scale order_of_interleaved_layers rotary_pct position_embedding_type use_gated_activation "
    "use_parallel_block use_parallel_embedding use_embedding_sharing"
)


def smallthinker(keys: Keys) -> ModelSpec:
    """SmallThinker: experts in every layer, a window in those that `sliding_window_layout` marks.

    Source: configuration_smallthinker.py beside PowerInfer/SmallThinker-4BA0.6B-Instruct.
    """
    keys.ignore("rope_layout", "moe_primary_router_apply_softmax", "model_name", "sliding_window_pattern")
    keys.ignore("moe_enable_early_router", "sliding_window_size", "moe_num_secondary_experts")
    n_layers = keys.n_layers()
    keys.expect("moe_layer_layout", [1] * n_layers)
    keys.expect("moe_enable_secondary_experts", False)
    if keys.has("sliding_window_size"):
        keys.restate(sliding_window=keys.size("sliding_window_size"))

    def kinds(keys: Keys, n_layers: int) -> tuple[str, ...]:
        keys.ignore("sliding_window")
        return numbered(keys, "sliding_window_layout", n_layers, FULL, SLIDING) or (FULL,) * n_layers

    return Dense(qkv=False, kinds=kinds, parts=Moe(width="moe_ffn_hidden_size"), tied=True)(keys)


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "cohere2": Dense(kinds=spaced("sliding_window_pattern", 4), n_norms=1, tied=True, ignore=COHERE2),
    "cohere_compass_text": Dense(kinds=listed(), n_norms=1, tied=True, ignore=f"{COHERE2} pooling"),
    "cwm": Dense(kinds=listed(first_of(4)), mlp="mlp_bias"),
    "exaone4": Dense(qkv=False, qk_norm="head", kinds=lettered),
    "gemma": Dense(tied=True, ignore="use_bidirectional_attention"),
    "gemma2": Dense(kinds=listed(nth(2)), n_norms=4, tied=True, ignore="use_bidirectional_attention"),
    "gemma3_text": gemma3_text,
    "gemma3n_text": gemma3n_text,
    "gemma4_text": gemma4_text,
    "gemma4_unified_text": gemma4_unified_text,
    "granite_swa": Dense(kinds=listed(first_of(4)), mlp="mlp_bias", sinks=True, tied=True),
    "ministral": Dense(qkv=False, kinds=listed(one_window)),
    "muse_glimmer_text": Dense(
        kinds=listed(fourth_from_the_end),
        gate=True,
        n_norms=4,
        ignore="layer_rope_theta qk_scale_factor output_multiplier post_norm_eps",
    ),
    "olmo3": Dense(qk_norm="projection", kinds=listed(nth(4))),
    "vaultgemma": Dense(kinds=listed(nth(2)), tied=True),
    "smallthinker": smallthinker,
}
