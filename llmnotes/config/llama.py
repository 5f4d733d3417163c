"""Llama and its relatives: RMSNorm, rotary positions, gated feed-forwards, grouped attention."""

from llmnotes.blocks.attention import Attention
from llmnotes.config.common import (
    FULL,
    SLIDING,
    Norm,
    attention,
    decoder,
    every,
    family_pattern,
    gated_mlp,
    layer,
    no_norm_params,
    note_prediction_modules,
    pattern,
    plain_mlp,
    spaced_pattern,
    span_of,
    window,
)
from llmnotes.config.keys import Keys
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec


def llama(keys: Keys) -> ModelSpec:
    """Llama 1 to 3 and everything published under its name."""
    bias = keys.flag("attention_bias", default=False)
    mlp_bias = keys.flag("mlp_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys, bias=mlp_bias)))


def mistral(keys: Keys) -> ModelSpec:
    """Mistral: a Llama whose layers may share one sliding window."""
    return _uniform(keys, layer(keys, attention(keys, span=window(keys)), gated_mlp(keys)))


def ministral3(keys: Keys) -> ModelSpec:
    """Ministral 3: a Mistral with a head width of its own."""
    return mistral(keys)


def phi3(keys: Keys) -> ModelSpec:
    """Phi-3: fused projections of the same shape, a window in some sizes."""
    return mistral(keys)


def granite(keys: Keys) -> ModelSpec:
    """Granite: a Llama with scaled residuals."""
    return llama(keys)


def seed_oss(keys: Keys) -> ModelSpec:
    """Seed-OSS: biases on query, key and value, another switch for the output's."""
    mixer = attention(
        keys,
        qkv_bias=keys.flag("attention_bias", default=True),
        out_bias=keys.flag("attention_out_bias", default=False),
    )
    keys.ignore("residual_dropout")
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys, bias=keys.flag("mlp_bias", default=False))))


def smollm3(keys: Keys) -> ModelSpec:
    """SmolLM3: a Llama that leaves rotation out in every fourth layer."""
    keys.ignore("no_rope_layers", "no_rope_layer_interval")
    bias = keys.flag("attention_bias", default=False)
    mlp_bias = keys.flag("mlp_bias", default=False)
    n_layers = keys.n_layers()
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind)),
            gated_mlp(keys, bias=mlp_bias),
        )
        for kind in qwen_pattern(keys, n_layers)
    ]
    return decoder(keys, layers, tied=True)


def arcee(keys: Keys) -> ModelSpec:
    """Arcee: a Llama with a plain feed-forward (squared ReLU)."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    feed_forward = plain_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    return _uniform(keys, layer(keys, mixer, feed_forward))


def apertus(keys: Keys) -> ModelSpec:
    """Apertus: a plain feed-forward whose activation has two learned constants; norms on queries and keys."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head")
    return _uniform(keys, layer(keys, mixer, plain_mlp(keys, bias=False, activation_params=2)))


def bitnet(keys: Keys) -> ModelSpec:
    """BitNet: one more norm after attention and one inside the feed-forward."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    norms = 3 * params.rms_norm_params(width=keys.size("hidden_size"))
    norms += params.rms_norm_params(width=keys.size("intermediate_size"))
    return _uniform(keys, Layer(mixer, gated_mlp(keys), norms))


def ernie4_5(keys: Keys) -> ModelSpec:
    """ERNIE 4.5: one switch for every bias."""
    bias = keys.flag("use_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys, bias=bias)), tied=True)


def hunyuan_v1_dense(keys: Keys) -> ModelSpec:
    """Hunyuan: norms on queries and keys."""
    keys.ignore("eod_token_id", "use_qk_norm")
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="head")
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys)))


def glm(keys: Keys) -> ModelSpec:
    """GLM-4 of 2024: biases on query, key and value only."""
    mixer = attention(keys, qkv_bias=keys.flag("attention_bias", default=False))
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys)))


def glm4(keys: Keys) -> ModelSpec:
    """GLM-4 of 2025: norms on both sides of each part."""
    mixer = attention(keys, qkv_bias=keys.flag("attention_bias", default=False))
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys), n_norms=4))


def olmo(keys: Keys) -> ModelSpec:
    """OLMo 1: norms without gains."""
    keys.ignore("clip_qkv")
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys), norm=no_norm_params), norm=no_norm_params)


def olmo2(keys: Keys) -> ModelSpec:
    """OLMo 2: norms over the whole query and key projections."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="projection")
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys)))


def olmo3(keys: Keys) -> ModelSpec:
    """OLMo 3: three layers with a window, then one without."""
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, qk_norm="projection", span=span_of(keys, kind)),
            gated_mlp(keys),
        )
        for kind in family_pattern(keys, n_layers, every(n_layers, 4, FULL, SLIDING))
    ]
    return decoder(keys, layers)


def exaone4(keys: Keys) -> ModelSpec:
    """EXAONE 4: windows as `sliding_window_pattern` says, norms on queries and keys."""
    layers = [
        layer(keys, attention(keys, qk_norm="head", span=span_of(keys, kind)), gated_mlp(keys))
        for kind in lettered_pattern(keys, keys.n_layers())
    ]
    return decoder(keys, layers)


def lettered_pattern(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`; or `sliding_window_pattern`, an interval or letters (L a window, G none) to repeat."""
    default = (FULL,) * n_layers
    keys.ignore("sliding_window_pattern", "sliding_window")
    if keys.has("sliding_window_pattern") and keys.stated("sliding_window"):
        value, _ = keys.raw("sliding_window_pattern")
        if isinstance(value, str) and value and set(value) <= {"L", "G"}:
            default = tuple(FULL if value[index % len(value)] == "G" else SLIDING for index in range(n_layers))
        else:
            default = every(n_layers, keys.size("sliding_window_pattern"), FULL, SLIDING)
    elif keys.has("sliding_window"):
        keys.stated("layer_types")
    return pattern(keys, n_layers, default)


def qwen2(keys: Keys) -> ModelSpec:
    """Qwen2 and 2.5: biases on query, key and value only; windows in upper layers where switched on."""
    n_layers = keys.n_layers()
    layers = [
        layer(keys, attention(keys, qkv_bias=True, span=span_of(keys, kind)), gated_mlp(keys))
        for kind in qwen_pattern(keys, n_layers)
    ]
    return decoder(keys, layers)


def mimo(keys: Keys) -> ModelSpec:
    """MiMo-7B: a Qwen2 with a prediction module."""
    keys.expect("attention_bias", True)
    note_prediction_modules(keys, "num_nextn_predict_layers")
    return qwen2(keys)


def qwen3(keys: Keys) -> ModelSpec:
    """Qwen3: norms on queries and keys of every head, no biases, a head width of its own."""
    n_layers = keys.n_layers()
    layers = [layer(keys, qwen3_attention(keys, kind), gated_mlp(keys)) for kind in qwen_pattern(keys, n_layers)]
    return decoder(keys, layers)


def qwen3_attention(keys: Keys, kind: str) -> Attention:
    """Grouped attention with one norm for queries and one for keys, shared by all heads."""
    bias = keys.flag("attention_bias", default=False)
    span = span_of(keys, kind)
    return attention(keys, qkv_bias=bias, out_bias=bias, span=span, qk_norm="head")


def qwen_pattern(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """Which layers have a window: as published, or all from `max_window_layers` on where that is switched on."""
    keys.ignore("use_sliding_window", "max_window_layers", "sliding_window")
    if keys.has("layer_types"):
        return pattern(keys, n_layers, ())
    if keys.has("sliding_window"):
        keys.stated("use_sliding_window")
    switched_on = keys.has("use_sliding_window") and keys.flag("use_sliding_window")
    sliding = switched_on and keys.stated("sliding_window")
    first = keys.count("max_window_layers") if sliding and keys.stated("max_window_layers") else n_layers
    return tuple(SLIDING if sliding and index >= first else FULL for index in range(n_layers))


def cohere(keys: Keys) -> ModelSpec:
    """Command R: one norm a layer, attention and feed-forward side by side, the head tied and scaled."""
    keys.ignore("logit_scale")
    bias = keys.flag("attention_bias", default=False)
    qk_norm = "every head" if keys.flag("use_qk_norm", default=False) else "none"
    mixer = attention(keys, qkv_bias=bias, out_bias=bias, qk_norm=qk_norm)
    return _uniform(keys, layer(keys, mixer, gated_mlp(keys), n_norms=1), tied=True)


def cohere2(keys: Keys) -> ModelSpec:
    """Command R7B and A: three layers with a window, then one without."""
    return _cohere2(keys, spaced_pattern(keys, keys.n_layers(), "sliding_window_pattern", 4, FULL, SLIDING))


def cohere_compass_text(keys: Keys) -> ModelSpec:
    """North Micro Vision: Command R7B's layers, windows only where `layer_types` says."""
    keys.ignore("pooling", "sliding_window", "sliding_window_pattern")
    n_layers = keys.n_layers()
    keys.stated("layer_types")
    return _cohere2(keys, pattern(keys, n_layers, (FULL,) * n_layers))


def _cohere2(keys: Keys, kinds: tuple[str, ...]) -> ModelSpec:
    keys.ignore(
        "logit_scale", "order_of_interleaved_layers", "rotary_pct", "position_embedding_type", "use_gated_activation"
    )
    keys.ignore("use_parallel_block", "use_parallel_embedding", "use_embedding_sharing")
    bias = keys.flag("attention_bias", default=False)
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind)),
            gated_mlp(keys),
            n_norms=1,
        )
        for kind in kinds
    ]
    return decoder(keys, layers, tied=True)


def _uniform(keys: Keys, one: Layer, *, tied: bool = False, norm: Norm = params.rms_norm_params) -> ModelSpec:
    """A decoder of equal layers."""
    return decoder(keys, [one] * keys.n_layers(), tied=tied, norm=norm)
