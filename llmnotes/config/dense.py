"""Dense decoders with RMSNorm, rotary positions and grouped attention: Llama and what differs from it in a switch.

A family that is a row here needs nothing else: `"my_model": Dense(qk_norm="head")` and its files are read.
"""

from collections.abc import Callable
from dataclasses import replace

from llmnotes.blocks.attention import DifferentialAttention
from llmnotes.blocks.composite import SharedWeights
from llmnotes.config.keys import Keys
from llmnotes.config.reading import (
    FULL,
    SLIDING,
    Dense,
    attention,
    by_switch,
    context,
    decoder,
    ends,
    every,
    gated_mlp,
    layer,
    no_norm_params,
    numbered,
    one_window,
    pattern,
    plain_mlp,
    spec,
)
from llmnotes.equations import params
from llmnotes.spec import Layer, ModelSpec


def bitnet(keys: Keys) -> ModelSpec:
    """BitNet: one more norm after attention and one inside the feed-forward."""
    mixer = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias")
    norms = 3 * params.rms_norm_params(width=keys.size("hidden_size"))
    norms += params.rms_norm_params(width=keys.size("intermediate_size"))
    return decoder(keys, [Layer(mixer, gated_mlp(keys), norms)] * keys.n_layers())


def diffllama(keys: Keys) -> ModelSpec:
    """DiffLlama: a Llama whose attention is the difference of two."""
    keys.ignore("lambda_std_dev")
    plain = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias")
    keys.divides(2, plain.n_kv_heads, "num_key_value_heads must be even, since values are cut in two halves")
    return decoder(keys, [layer(keys, DifferentialAttention(**vars(plain)), gated_mlp(keys))] * keys.n_layers())


def hyperclovax(keys: Keys) -> ModelSpec:
    """HyperCLOVA X Think: a Granite with a norm behind each part as well, unless switched off."""
    n_norms = 4 if keys.flag("use_post_norm", default=True) else 2
    return Dense(mlp="mlp_bias", n_norms=n_norms)(keys)


def hrm_text(keys: Keys) -> ModelSpec:
    """HRM-Text: two stacks without norm gains, run over and over: the low one several times, then the high one."""
    keys.ignore("L_bp_cycles", "embedding_scale", "prefix_lm", "num_layers_per_stack")
    keys.expect("attention_bias", False)
    high, low = keys.size("H_cycles", default=2), keys.size("L_cycles", default=3)
    n_stored = _stack_depth(keys, high * (low + 1))
    keys.restate(num_key_value_heads=keys.size("num_attention_heads"))
    mixer, feed_forward = attention(keys, gated=True), gated_mlp(keys, bias="mlp_bias")
    stored, again = Layer(mixer, feed_forward, 0), Layer(SharedWeights((mixer,)), SharedWeights((feed_forward,)), 0)
    first_round = [*[stored] * n_stored, *[again] * (n_stored * (low - 1)), *[stored] * n_stored]
    layers = first_round + [again] * (n_stored * (low + 1) * (high - 1))
    keys.warnings.append(
        f"{len(layers)} layers share the weights of {2 * n_stored}: they are stored once, and read by each of these "
        "layers"
    )
    d_model = mixer.d_model
    embedding = replace(ends(keys, d_model, tied=False, norm_params=0), lookup_params=d_model)
    return spec(keys, embedding=embedding, layers=layers, n_ctx=context(keys))


def _stack_depth(keys: Keys, n_runs: int) -> int:
    """Layers that a stack stores: `num_layers_per_stack`; without it `num_hidden_layers` says so."""
    n_layers = keys.n_layers()
    if not keys.has("num_layers_per_stack"):
        keys.assume("num_layers_per_stack = num_hidden_layers (the family's default)")
        return n_layers
    n_stored = keys.n_layers("num_layers_per_stack")
    if n_stored * n_runs != n_layers:
        raise keys.error("num_layers_per_stack", f"times {n_runs} runs it must be num_hidden_layers, {n_layers}")
    return n_stored


def nanochat(keys: Keys) -> ModelSpec:
    """nanochat: norms without gains, a plain feed-forward (squared ReLU)."""
    mixer = attention(keys, qkv_bias="attention_bias", out_bias="attention_bias")
    one = layer(keys, mixer, plain_mlp(keys), norm=no_norm_params)
    return decoder(keys, [one] * keys.n_layers(), norm=no_norm_params)


def _without_rope(keys: Keys, n_layers: int) -> tuple[str, ...]:
    """`layer_types`, or, where `use_sliding_window` is on, a window in the layers that do not rotate positions."""
    keys.ignore("no_rope_layers", "no_rope_layer_interval", "sliding_window")
    if keys.has("layer_types") or not keys.on("use_sliding_window") or not keys.has("sliding_window"):
        return pattern(keys, n_layers, (FULL,) * n_layers)
    rotated = numbered(keys, "no_rope_layers", n_layers, SLIDING, FULL)
    return rotated or every(n_layers, keys.size("no_rope_layer_interval", default=4), SLIDING, FULL)


FAMILIES: dict[str, Callable[[Keys], ModelSpec]] = {
    "apertus": Dense(qk_norm="head", gated=False, scalar_params=2),  # an activation with two learned constants
    "arcee": Dense(mlp="mlp_bias", gated=False),
    "bitnet": bitnet,
    "cohere": Dense(qk_norm="every head", qk_norm_if="use_qk_norm", n_norms=1, tied=True, ignore="logit_scale"),
    "diffllama": diffllama,
    "ernie4_5": Dense(qkv="use_bias", mlp="use_bias", tied=True),
    "glm": Dense(out=False),
    "glm4": Dense(out=False, n_norms=4),
    "granite": Dense(mlp="mlp_bias"),
    "helium": Dense(out=False, mlp="mlp_bias"),
    "hrm_text": hrm_text,
    "hunyuan_v1_dense": Dense(qk_norm="head", ignore="eod_token_id use_qk_norm"),
    "hyperclovax": hyperclovax,
    "internlm3": Dense(qkv="attention_bias qkv_bias", mlp="mlp_bias bias"),
    "iquestcoder": Dense(mlp="mlp_bias", ignore="clip_qkv"),
    "llama": Dense(mlp="mlp_bias"),
    "mimo": Dense(qkv=True, out=False, kinds=by_switch, ignore="attention_bias"),
    "ministral3": Dense(qkv=False, kinds=one_window),
    "mistral": Dense(qkv=False, kinds=one_window),
    "nanochat": nanochat,
    "olmo": Dense(norm=no_norm_params, ignore="clip_qkv"),
    "olmo2": Dense(qk_norm="projection"),
    "phi3": Dense(qkv=False, kinds=one_window),
    "qwen2": Dense(qkv=True, out=False, kinds=by_switch),
    "qwen3": Dense(qk_norm="head", kinds=by_switch),
    "seed_oss": Dense(out="attention_out_bias", mlp="mlp_bias", ignore="residual_dropout"),
    "smollm3": Dense(mlp="mlp_bias", kinds=_without_rope, tied=True, ignore="max_window_layers"),
}
