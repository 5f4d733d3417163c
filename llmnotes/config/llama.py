"""Llama and its relatives: RMSNorm, rotary positions, gated feed-forwards, grouped attention."""

from llmnotes import params
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.config.common import FULL, SLIDING, attention, context, pattern, rms_embedding, span_of, spec, window
from llmnotes.config.keys import Keys
from llmnotes.spec import Layer, ModelSpec


def llama(keys: Keys) -> ModelSpec:
    """Llama 1 to 3 and everything published under its name."""
    bias = keys.flag("attention_bias", default=False)
    mlp_bias = keys.flag("mlp_bias", default=False)
    return _dense(keys, attention(keys, qkv_bias=bias, out_bias=bias), mlp_bias=mlp_bias)


def mistral(keys: Keys) -> ModelSpec:
    """Mistral: a Llama whose layers may share one sliding window."""
    return _dense(keys, attention(keys, span=window(keys)))


def phi3(keys: Keys) -> ModelSpec:
    """Phi-3: fused projections of the same shape, a window in some sizes."""
    return _dense(keys, attention(keys, span=window(keys)))


def qwen2(keys: Keys) -> ModelSpec:
    """Qwen2 and 2.5: biases on query, key and value only; windows in upper layers where switched on."""
    n_layers = keys.n_layers()
    embedding = rms_embedding(keys, tied=False)
    layers = [
        Layer(
            mixer=attention(keys, qkv_bias=True, span=span_of(keys, kind)),
            feed_forward=GatedMLP(embedding.d_model, keys.size("intermediate_size")),
            norm_params=2 * params.rms_norm_params(width=embedding.d_model),
        )
        for kind in qwen_pattern(keys, n_layers)
    ]
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def qwen3(keys: Keys) -> ModelSpec:
    """Qwen3: norms on queries and keys of every head, no biases, a head width of its own."""
    n_layers = keys.n_layers()
    embedding = rms_embedding(keys, tied=False)
    layers = [
        Layer(
            mixer=qwen3_attention(keys, kind),
            feed_forward=GatedMLP(embedding.d_model, keys.size("intermediate_size")),
            norm_params=2 * params.rms_norm_params(width=embedding.d_model),
        )
        for kind in qwen_pattern(keys, n_layers)
    ]
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def qwen3_attention(keys: Keys, kind: str):
    """Grouped attention with one norm for queries and one for keys, shared by all heads."""
    bias = keys.flag("attention_bias", default=False)
    head_dim = keys.size("head_dim", default=128)
    return attention(
        keys,
        qkv_bias=bias,
        out_bias=bias,
        span=span_of(keys, kind),
        qk_norm_params=2 * params.rms_norm_params(width=head_dim),
        default_head_dim=128,
    )


def qwen_pattern(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """Which layers have a window: as published, or all from `max_window_layers` on where that is switched on."""
    switched_on = keys.flag("use_sliding_window") if keys.has("use_sliding_window") else False
    first = keys.count("max_window_layers") if keys.has("max_window_layers") else n_layers
    keys.ignore("sliding_window")
    sliding = switched_on and keys.has("sliding_window")
    default = tuple(SLIDING if sliding and index >= first else FULL for index in range(n_layers))
    return pattern(keys, n_layers, default, (FULL, SLIDING))


def _dense(keys: Keys, mixer, *, mlp_bias: bool = False) -> ModelSpec:
    embedding = rms_embedding(keys, tied=False)
    layer = Layer(
        mixer=mixer,
        feed_forward=GatedMLP(embedding.d_model, keys.size("intermediate_size"), bias=mlp_bias),
        norm_params=2 * params.rms_norm_params(width=embedding.d_model),
    )
    return spec(keys, embedding=embedding, layers=[layer] * keys.n_layers(), n_ctx=context(keys))
