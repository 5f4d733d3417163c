"""Further kin of Llama: dense decoders that differ in a switch or in the pattern of their windows."""

from dataclasses import replace

from llmnotes.blocks.attention import Attention, DifferentialAttention
from llmnotes.config.common import (
    FULL,
    SLIDING,
    attention,
    decoder,
    family_pattern,
    gated_mlp,
    layer,
    no_norm_params,
    pattern,
    plain_mlp,
    span_of,
)
from llmnotes.config.keys import Keys
from llmnotes.config.llama import llama
from llmnotes.equations import params
from llmnotes.spec import ModelSpec


def helium(keys: Keys) -> ModelSpec:
    """Helium: a Llama with a head width of its own."""
    keys.fill(head_dim=128)
    return llama(keys)


def iquestcoder(keys: Keys) -> ModelSpec:
    """IQuest-Coder: a Llama with a head width of its own."""
    keys.ignore("clip_qkv")
    keys.fill(head_dim=128)
    return llama(keys)


def internlm3(keys: Keys) -> ModelSpec:
    """InternLM3: a Llama with one switch for the biases of query, key, value and another for all."""
    mixer = attention(keys, qkv_bias=keys.flag("qkv_bias", default=False), out_bias=keys.flag("bias", default=False))
    one = layer(keys, mixer, gated_mlp(keys, bias=keys.flag("bias", default=False)))
    return decoder(keys, [one] * keys.n_layers())


def ministral(keys: Keys) -> ModelSpec:
    """Ministral 8B: windows as `layer_types` says, or in every layer."""
    n_layers = keys.n_layers()
    kind = SLIDING if keys.stated("sliding_window") else FULL
    return _patterned(keys, pattern(keys, n_layers, (kind,) * n_layers))


def cwm(keys: Keys) -> ModelSpec:
    """Code World Model: one layer without a window, then three with one."""
    keys.fill(head_dim=128)
    return _patterned(keys, family_pattern(keys, keys.n_layers(), _first_of_four(keys)))


def granite_swa(keys: Keys) -> ModelSpec:
    """Granite with windows: one layer without, then three with one; attention sinks."""
    n_layers = keys.n_layers()
    bias = keys.flag("attention_bias", default=False)
    feed_forward = gated_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    layers = [
        layer(
            keys,
            attention(keys, qkv_bias=bias, out_bias=bias, span=span_of(keys, kind), sinks=True),
            feed_forward,
        )
        for kind in family_pattern(keys, n_layers, _first_of_four(keys))
    ]
    return decoder(keys, layers, tied=True)


def nanochat(keys: Keys) -> ModelSpec:
    """nanochat: norms without gains, a plain feed-forward (squared ReLU)."""
    bias = keys.flag("attention_bias", default=False)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    one = layer(keys, mixer, plain_mlp(keys, bias=False), norm=no_norm_params)
    return decoder(keys, [one] * keys.n_layers(), norm=no_norm_params)


def jais2(keys: Keys) -> ModelSpec:
    """Jais 2: LayerNorm, a plain feed-forward, biases everywhere."""
    bias = keys.flag("attention_bias", default=True)
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    feed_forward = plain_mlp(keys, bias=keys.flag("mlp_bias", default=True))
    one = layer(keys, mixer, feed_forward, norm=params.layer_norm_params)
    return decoder(keys, [one] * keys.n_layers(), norm=params.layer_norm_params)


def diffllama(keys: Keys) -> ModelSpec:
    """DiffLlama: a Llama whose attention is the difference of two."""
    keys.ignore("lambda_std_dev")
    bias = keys.flag("attention_bias", default=False)
    plain = attention(keys, qkv_bias=bias, out_bias=bias)
    keys.divides(2, plain.n_kv_heads, "num_key_value_heads must be even, since values are cut in two halves")
    mixer = DifferentialAttention(**vars(plain))
    return decoder(keys, [layer(keys, mixer, gated_mlp(keys))] * keys.n_layers())


def _first_of_four(keys: Keys) -> tuple[str, ...]:
    return tuple(SLIDING if index % 4 else FULL for index in range(keys.n_layers()))


def _patterned(keys: Keys, kinds: tuple[str, ...]) -> ModelSpec:
    """A Llama whose layers have windows or not."""
    bias = keys.flag("attention_bias", default=False)
    plain: Attention = attention(keys, qkv_bias=bias, out_bias=bias)
    feed_forward = gated_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    return decoder(keys, [layer(keys, replace(plain, span=span_of(keys, kind)), feed_forward) for kind in kinds])
