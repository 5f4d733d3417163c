"""Families of 2026 made of parts that older ones have: windows, sinks, latents and experts in new company."""

from llmnotes.blocks.feedforward import MixtureOfExperts
from llmnotes.config.common import FULL, SLIDING, attention, decoder, every, family_pattern, gated_mlp, layer, span_of
from llmnotes.config.experts import experts, sparse_layers
from llmnotes.config.keys import Keys
from llmnotes.config.latent import deepseek_v3
from llmnotes.spec import ModelSpec


def hyperclovax(keys: Keys) -> ModelSpec:
    """HyperCLOVA X Think: a Granite with a norm behind each part as well, unless switched off."""
    bias = keys.flag("attention_bias", default=False)
    n_norms = 4 if keys.flag("use_post_norm", default=True) else 2
    mixer = attention(keys, qkv_bias=bias, out_bias=bias)
    part = gated_mlp(keys, bias=keys.flag("mlp_bias", default=False))
    return decoder(keys, [layer(keys, mixer, part, n_norms=n_norms)] * keys.n_layers())


def kolibri1(keys: Keys) -> ModelSpec:
    """Kolibri 1: four norms a layer, windows in four layers of five, experts beside a shared one throughout."""
    n_layers = keys.n_layers()
    shared = gated_mlp(keys, "shared_expert_intermediate_size")
    part = experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"), shared=shared)
    kinds = family_pattern(keys, n_layers, every(n_layers, 5, FULL, SLIDING))
    keys.ignore("sliding_window")
    return decoder(
        keys,
        [
            layer(
                keys, attention(keys, qk_norm="head", span=span_of(keys, kind), default_head_dim=128), part, n_norms=4
            )
            for kind in kinds
        ],
    )


def flint(keys: Keys) -> ModelSpec:
    """Flint: a Qwen3 with experts, attention sinks, windows in most layers and one shared expert without a gate."""
    n_layers = keys.n_layers()
    keys.fill(mlp_only_layers=[0, 1][:n_layers])
    keys.ignore("sliding_window")
    bias = keys.flag("attention_bias", default=False)
    shared = gated_mlp(keys, "shared_expert_intermediate_size")
    routed = experts(keys, "num_experts", expert=gated_mlp(keys, "moe_intermediate_size"), shared=shared)
    last = n_layers - 1
    default = tuple(FULL if index in (0, last) or index % 4 == 1 else SLIDING for index in range(n_layers))
    layers = []
    for kind, part in zip(family_pattern(keys, n_layers, default), sparse_layers(keys, n_layers, routed), strict=True):
        mixer = attention(
            keys,
            qkv_bias=bias,
            out_bias=bias,
            qk_norm="head",
            sinks=True,
            span=span_of(keys, kind),
            default_head_dim=128,
        )
        layers.append(layer(keys, mixer, part))
    return decoder(keys, layers)


def granitemoe_swa(keys: Keys) -> ModelSpec:
    """Granite with experts, windows in three layers of four, attention sinks; a shared expert if it has a width."""
    n_layers = keys.n_layers()
    keys.ignore("layer_rope_theta", "sliding_window", "shared_intermediate_size")
    bias = keys.flag("attention_bias", default=False)
    d_shared = keys.count("shared_intermediate_size", default=0)
    shared = gated_mlp(keys, "shared_intermediate_size") if d_shared else None
    part: MixtureOfExperts = experts(keys, "num_local_experts", expert=gated_mlp(keys), shared=shared)
    default = tuple(SLIDING if index % 4 else FULL for index in range(n_layers))
    layers = [
        layer(keys, attention(keys, qkv_bias=bias, out_bias=bias, sinks=True, span=span_of(keys, kind)), part)
        for kind in family_pattern(keys, n_layers, default)
    ]
    return decoder(keys, layers)


def mistral4(keys: Keys) -> ModelSpec:
    """Mistral Small 4: DeepSeek-V3's layers, all of them sparse unless the configuration says."""
    keys.fill(first_k_dense_replace=0)
    keys.ignore("output_router_logits")
    return deepseek_v3(keys)
