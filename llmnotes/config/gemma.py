"""Gemma: a wide head, tied embeddings, from the second generation on windows and norms on both sides."""

from llmnotes import params
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.config.common import FULL, SLIDING, attention, context, pattern, rms_embedding, span_of, spec
from llmnotes.config.keys import Keys
from llmnotes.spec import Layer, ModelSpec


def gemma(keys: Keys) -> ModelSpec:
    """Gemma 1: full attention throughout."""
    n_layers = keys.n_layers()
    return _gemma(keys, (FULL,) * n_layers, n_norms=2)


def gemma2(keys: Keys) -> ModelSpec:
    """Gemma 2: every other layer has a window, beginning with the first; four norms a layer."""
    n_layers = keys.n_layers()
    default = tuple(FULL if index % 2 else SLIDING for index in range(n_layers))
    return _gemma(keys, pattern(keys, n_layers, default, (FULL, SLIDING)), n_norms=4)


def _gemma(keys: Keys, kinds: tuple[str, ...], *, n_norms: int) -> ModelSpec:
    keys.expect("use_bidirectional_attention", False)
    bias = keys.flag("attention_bias", default=False)
    embedding = rms_embedding(keys, tied=True)
    layers = [
        Layer(
            mixer=attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind), default_head_dim=256),
            feed_forward=GatedMLP(embedding.d_model, keys.size("intermediate_size")),
            norm_params=n_norms * params.rms_norm_params(width=embedding.d_model),
        )
        for kind in kinds
    ]
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))
