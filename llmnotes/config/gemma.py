"""Gemma: a wide head, tied embeddings, from the second generation on windows and norms on both sides."""

from llmnotes.config.common import FULL, SLIDING, attention, decoder, every, gated_mlp, layer, pattern, span_of
from llmnotes.config.keys import Keys
from llmnotes.spec import ModelSpec


def gemma(keys: Keys) -> ModelSpec:
    """Gemma 1: full attention throughout."""
    return _gemma(keys, (FULL,) * keys.n_layers(), n_norms=2)


def gemma2(keys: Keys) -> ModelSpec:
    """Gemma 2: every other layer has a window, beginning with the first; four norms a layer."""
    n_layers = keys.n_layers()
    return _gemma(keys, pattern(keys, n_layers, every(n_layers, 2, FULL, SLIDING)), n_norms=4)


def gemma3_text(keys: Keys) -> ModelSpec:
    """Gemma 3: five layers with a window, then one without; norms on queries and keys."""
    n_layers = keys.n_layers()
    interval = keys.size("sliding_window_pattern") if keys.has("sliding_window_pattern") else 6
    kinds = pattern(keys, n_layers, every(n_layers, interval, FULL, SLIDING))
    return _gemma(keys, kinds, n_norms=4, qk_norm="head")


def _gemma(keys: Keys, kinds: tuple[str, ...], *, n_norms: int, qk_norm: str = "none") -> ModelSpec:
    keys.expect("use_bidirectional_attention", False)
    bias = keys.flag("attention_bias", default=False)
    layers = [
        layer(
            keys,
            attention(
                keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind), qk_norm=qk_norm, default_head_dim=256
            ),
            gated_mlp(keys),
            n_norms=n_norms,
        )
        for kind in kinds
    ]
    return decoder(keys, layers, tied=True)
