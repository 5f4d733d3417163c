"""Gemma: a wide head, tied embeddings, from the second generation on windows and norms on both sides."""

from typing import Any

from llmnotes.blocks.attention import Attention, KeysAsValuesAttention, SharedKVAttention
from llmnotes.blocks.base import Block
from llmnotes.blocks.composite import AlternatingUpdates, LowRankPath, Parallel
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts
from llmnotes.config.common import (
    FULL,
    SLIDING,
    attention,
    context,
    decoder,
    every,
    family_pattern,
    gated_mlp,
    layer,
    spaced_pattern,
    span_of,
    spec,
)
from llmnotes.config.experts import check_top_k
from llmnotes.config.keys import Keys
from llmnotes.equations import params
from llmnotes.spec import Embedding, Layer, ModelSpec


def gemma(keys: Keys) -> ModelSpec:
    """Gemma 1: full attention throughout."""
    return _gemma(keys, (FULL,) * keys.n_layers(), n_norms=2)


def gemma2(keys: Keys) -> ModelSpec:
    """Gemma 2: every other layer has a window, beginning with the first; four norms a layer."""
    n_layers = keys.n_layers()
    return _gemma(keys, family_pattern(keys, n_layers, every(n_layers, 2, FULL, SLIDING)), n_norms=4)


def vaultgemma(keys: Keys) -> ModelSpec:
    """VaultGemma: a Gemma 2 with two norms a layer."""
    n_layers = keys.n_layers()
    return _gemma(keys, family_pattern(keys, n_layers, every(n_layers, 2, FULL, SLIDING)), n_norms=2)


def gemma3_text(keys: Keys) -> ModelSpec:
    """Gemma 3: five layers with a window, then one without; norms on queries and keys."""
    keys.fill(num_attention_heads=8, num_key_value_heads=4, head_dim=256, vocab_size=262_208)
    n_layers = keys.n_layers()
    kinds = spaced_pattern(keys, n_layers, "sliding_window_pattern", 6, FULL, SLIDING)
    return _gemma(keys, kinds, n_norms=4, qk_norm="head")


def _gemma(keys: Keys, kinds: tuple[str, ...], *, n_norms: int, qk_norm: str = "none") -> ModelSpec:
    keys.expect("use_bidirectional_attention", False)
    bias = keys.flag("attention_bias", default=False)
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind), qk_norm=qk_norm),
            gated_mlp(keys),
            n_norms=n_norms,
        )
        for kind in kinds
    ]
    return decoder(keys, layers, tied=True)


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
    layers = []
    for index, kind in enumerate(kinds):
        mixer = attention(keys, span=span_of(keys, kind), qk_norm="head")
        if index >= first_borrower:
            mixer = _borrowing(mixer)
        layers.append(Layer(mixer, GatedMLP(d_model, widths[index]), norms, extras))
    projections = n_layers * p * d_model + 2 * (n_streams - 1) * d_model * d_model
    return _per_layer_embedding(keys, layers, projections)


def gemma4_unified_text(keys: Keys) -> ModelSpec:
    """Gemma 4 unified: a Gemma 4 without tables for each layer and without experts, whatever its keys say."""
    keys.config = {**keys.config, "hidden_size_per_layer_input": 0, "enable_moe_block": False}
    keys.ignore("num_experts", "top_k_experts", "moe_intermediate_size", "vocab_size_per_layer_input")
    return gemma4_text(keys)


def gemma4_text(keys: Keys) -> ModelSpec:
    """Gemma 4: wider heads without a window, values that may be the keys, experts beside a dense feed-forward."""
    keys.expect("use_bidirectional_attention", False, "vision")
    keys.expect("attention_bias", False)
    n_layers = keys.n_layers()
    d_model = keys.size("hidden_size")
    p = keys.count("hidden_size_per_layer_input", default=256)
    kinds = family_pattern(keys, n_layers, every(n_layers, 6, FULL, SLIDING))
    kinds = (*kinds[:-1], FULL)
    n_norms, feed_forward = _gemma4_feed_forward(keys)
    doubled = keys.flag("use_double_wide_mlp", default=False)
    wide = GatedMLP(d_model, 2 * keys.size("intermediate_size")) if doubled else feed_forward
    first_borrower = _first_borrower(keys, kinds, default=0)
    extras = (LowRankPath(d_model, p),) if p else ()
    norms = n_norms * params.rms_norm_params(width=d_model)
    mixers = {kind: _gemma4_attention(keys, kind) for kind in (FULL, SLIDING)}
    layers = []
    for index, kind in enumerate(kinds):
        mixer: Block = mixers[kind]
        borrows = index >= first_borrower
        if borrows:
            mixer = _borrowing(mixers[kind])
        layers.append(Layer(mixer, wide if borrows else feed_forward, norms, extras))
    if not p:
        keys.ignore("vocab_size_per_layer_input")
        return decoder(keys, layers, tied=True)
    return _per_layer_embedding(keys, layers, n_layers * p * d_model)


def _gemma4_attention(keys: Keys, kind: str) -> Attention:
    """Layers without a window have wider heads, and may have other KV heads and one projection for keys and values."""
    keys.ignore("global_head_dim", "num_global_key_value_heads", "attention_k_eq_v")
    one = attention(keys, span=span_of(keys, kind), qk_norm="head")
    if kind == SLIDING:
        return one
    width = keys.size("global_head_dim", default=512)
    shared = keys.flag("attention_k_eq_v", default=False)
    n_kv_heads = keys.size("num_global_key_value_heads") if shared and keys.stated("num_global_key_value_heads") else 0
    shape: dict[str, Any] = {
        "d_model": one.d_model,
        "n_heads": one.n_heads,
        "n_kv_heads": n_kv_heads or one.n_kv_heads,
        "head_dim": width,
        "v_head_dim": width,
        "qk_norm_params": 2 * params.rms_norm_params(width=width),
    }
    return KeysAsValuesAttention(**shape) if shared else Attention(**shape)


def _gemma4_feed_forward(keys: Keys) -> tuple[int, Block]:
    """Norms of a layer and its feed-forward: dense, or dense and experts side by side."""
    dense = gated_mlp(keys)
    keys.ignore("num_experts", "top_k_experts", "moe_intermediate_size")
    if not keys.flag("enable_moe_block", default=False):
        return 4, dense
    d_model, n_experts = dense.d_model, keys.size("num_experts")
    top_k = keys.size("top_k_experts")
    check_top_k(keys, "top_k_experts", top_k, n_experts)
    routed = MixtureOfExperts(
        d_model,
        n_experts,
        top_k,
        expert=gated_mlp(keys, "moe_intermediate_size"),
        router_scales=d_model + n_experts,
    )
    return 7, Parallel((dense, routed))


def _borrowing(mixer: Attention) -> SharedKVAttention:
    return SharedKVAttention(
        d_model=mixer.d_model,
        n_heads=mixer.n_heads,
        n_kv_heads=mixer.n_kv_heads,
        head_dim=mixer.head_dim,
        v_head_dim=mixer.v_head_dim,
        span=mixer.span,
        qk_norm_params=mixer.qk_norm_params // 2,
    )


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
        tied=keys.flag("tie_word_embeddings", default=True),
        norm_params=params.rms_norm_params(width=d_model) + params.rms_norm_params(width=p),
        project_params=projections,
        lookup_params=rows * len(layers) * p,
    )
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))
